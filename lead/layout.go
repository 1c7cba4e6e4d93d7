package lead

// Layout says how to read a file.
type Layout struct {
	Format   string        `json:"format"`             // xlsx, csv, tsv, xls
	Encoding string        `json:"encoding,omitempty"` // of text files: UTF-8, GB18030 …
	Sheets   []SheetLayout `json:"sheets"`
	// Defaults fill fields that a row leaves empty, before those of the source: what a person says of the whole file
	// (utm_campaign, 展会名称, referred_by).
	Defaults map[string]string `json:"defaults,omitempty"`
	Notices  []Notice          `json:"notices,omitempty"` // what people should know before they start
}

// SheetLayout says how to read one sheet.
type SheetLayout struct {
	Index     int        `json:"index"`
	Name      string     `json:"name"`
	Hidden    bool       `json:"hidden,omitempty"`
	Skip      bool       `json:"skip,omitempty"` // not read: empty, no contact in it, or a person said so
	HeaderRow int        `json:"header_row"`     // 1-based, the last one of a header of several rows; rows up to it are not imported. 0 when there is none
	Columns   []Column   `json:"columns"`
	Sample    [][]string `json:"sample,omitempty"` // the first rows, as text, for people
	// Fingerprint is the same for every sheet with these headers, whatever the file: what a person corrected once can be
	// remembered by it. "" when there is no header.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Column says what one column means.
type Column struct {
	Index   int      `json:"index"` // from 0
	Header  string   `json:"header"`
	Field   string   `json:"field"`         // of the Draft; "" = kept under its header, FieldIgnore = dropped
	How     string   `json:"how,omitempty"` // person, remembered, mapping, alias, similar, content; "" = not known
	Sure    float64  `json:"sure"`          // 0 to 1
	Samples []string `json:"samples,omitempty"`
	// Format is what was decided from the whole column: the order of dates that can be read in several ways, "dmy", "mdy"
	// or "ymd"; "" when every date says it by itself, or when nobody can tell.
	Format string `json:"format,omitempty"`
}

// Notice is one thing people should know about a file.
type Notice struct {
	Code  string `json:"code"`
	Sheet string `json:"sheet,omitempty"`
	Text  Text   `json:"text"`
}

// Text is a text for people in both languages.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}
