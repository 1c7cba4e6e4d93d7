package excel

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-json" // decodes a row in a third of the time of encoding/json

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// contentType is that of every event.
const contentType = "application/vnd.leadhub.row+json"

// rowBody is the body of an event: what stood in one row, word for word, and what its columns were taken for. Everything
// that Parse needs is in it.
type rowBody struct {
	File     string            `json:"file"`
	Sheet    string            `json:"sheet"`
	Row      int               `json:"row"` // as the program that made the file shows it
	Hidden   bool              `json:"hidden,omitempty"`
	Defaults map[string]string `json:"defaults,omitempty"` // of the upload
	Notes    []string          `json:"notes,omitempty"`    // what the reader had to mend in this row
	Columns  []cellBody        `json:"columns"`            // those that are not blank
	Talk     *talk             `json:"talk,omitempty"`     // of a transcript: the conversation that this row stands for
	Part     *part             `json:"part,omitempty"`     // of a transcript: why it stands for none
}

// cellBody is one cell.
type cellBody struct {
	Index  int     `json:"index"`
	Header string  `json:"header,omitempty"`
	Field  string  `json:"field,omitempty"`
	How    string  `json:"how,omitempty"`
	Sure   float64 `json:"sure,omitempty"`
	Order  string  `json:"order,omitempty"` // of dates: Column.Format
	Value  string  `json:"value"`           // a date as 2026-01-02 15:04:05, a number as the file holds it
	Kind   string  `json:"kind,omitempty"`  // one of the words of kinds; a text when ""
	Format string  `json:"format,omitempty"`
	Merged bool    `json:"merged,omitempty"` // the cell spans this row; its value stands in a row above
	Cut    bool    `json:"cut,omitempty"`    // the row was too large, the rest of the text stands in the file alone
}

// Words of cellBody.Kind.
const (
	kindNumber     = "number"
	kindDate       = "date"
	kindBool       = "bool"
	kindError      = "error"
	kindUncomputed = "uncomputed"
)

var kinds = map[spreadsheet.Kind]string{
	spreadsheet.Number: kindNumber, spreadsheet.Date: kindDate, spreadsheet.Bool: kindBool,
	spreadsheet.Error: kindError, spreadsheet.Uncomputed: kindUncomputed,
}

func decodeBody(b []byte) (rowBody, error) {
	var body rowBody
	if err := json.Unmarshal(b, &body); err != nil {
		return body, &lead.Error{Kind: lead.KindInvalid, Code: "bad_row", Message: "this is not a row of an imported file", Err: err,
			Hint: "rows of spreadsheets come from an import: upload the file"}
	}
	return body, nil
}

// encoder writes the bodies of one sheet's rows. What is the same in every row is encoded once: a row of twelve columns
// is twelve copies and twelve values.
type encoder struct {
	head    []byte   // `{"file":…,"sheet":…,"row":`
	tail    []byte   // `,"defaults":{…}` or nothing
	columns [][]byte // `{"index":…,"value":` by column
	buf     []byte
	limit   int
}

func newEncoder(file, sheet string, defaults map[string]string, columns []connectors.Column) *encoder {
	e := &encoder{}
	e.head = appendJSON(append(e.head, `{"file":`...), file)
	e.head = appendJSON(append(e.head, `,"sheet":`...), sheet)
	e.head = append(e.head, `,"row":`...)
	if len(defaults) > 0 {
		if b, err := json.Marshal(defaults); err == nil { // a map of strings always marshals
			e.tail = append(append(e.tail, `,"defaults":`...), b...)
		}
	}
	for i, c := range columns {
		e.columns = append(e.columns, columnHead(i, c))
	}
	return e
}

func columnHead(index int, c connectors.Column) []byte {
	b := strconv.AppendInt([]byte(`{"index":`), int64(index), 10)
	str := func(name, value string) {
		if value != "" {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = appendJSON(b, value)
		}
	}
	str("header", c.Header)
	str("field", c.Field)
	str("how", c.How)
	if c.Sure > 0 {
		b = strconv.AppendFloat(append(b, `,"sure":`...), c.Sure, 'g', 3, 64)
	}
	str("order", c.Format)
	return append(b, `,"value":`...)
}

// begin starts a row. Texts of more than limit bytes will be cut, none when it is 0.
func (e *encoder) begin(row spreadsheet.Row, limit int) {
	e.limit = limit
	e.buf = strconv.AppendInt(append(e.buf[:0], e.head...), int64(row.Number), 10)
	if row.Hidden {
		e.buf = append(e.buf, `,"hidden":true`...)
	}
	e.buf = append(e.buf, e.tail...)
	for i, n := range row.Notices {
		if i == 0 {
			e.buf = append(e.buf, `,"notes":[`...)
		} else {
			e.buf = append(e.buf, ',')
		}
		e.buf = appendJSON(e.buf, n.Message)
	}
	if len(row.Notices) > 0 {
		e.buf = append(e.buf, ']')
	}
	e.buf = append(e.buf, `,"columns":[`...)
}

func (e *encoder) cell(index int, c spreadsheet.Cell, merged bool) {
	for index >= len(e.columns) { // wider than anything that Inspect saw
		e.columns = append(e.columns, columnHead(len(e.columns), connectors.Column{}))
	}
	if e.buf[len(e.buf)-1] != '[' {
		e.buf = append(e.buf, ',')
	}
	value, cut := c.Text, false
	if c.Kind == spreadsheet.Date {
		value = civil(c.Time)
	}
	if e.limit > 0 && len(value) > e.limit {
		value, cut = strings.ToValidUTF8(value[:e.limit], ""), true
	}
	e.buf = appendJSON(append(e.buf, e.columns[index]...), value)
	if c.Kind != spreadsheet.Text {
		e.buf = append(append(append(e.buf, `,"kind":"`...), kinds[c.Kind]...), '"')
	}
	if c.Format != "" {
		e.buf = appendJSON(append(e.buf, `,"format":`...), c.Format)
	}
	if merged {
		e.buf = append(e.buf, `,"merged":true`...)
	}
	if cut {
		e.buf = append(e.buf, `,"cut":true`...)
	}
	e.buf = append(e.buf, '}')
}

// end closes the row, with a member more where it is of a transcript.
func (e *encoder) end(extra []byte) { e.buf = append(append(append(e.buf, ']'), extra...), '}') }

// body returns the body of the row that was ended; it is the caller's to keep.
func (e *encoder) body() []byte { return bytes.Clone(e.buf) }

// appendJSON appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD, as in encoding/json.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[from:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= utf8.RuneSelf:
			b = append(b, `\ufffd`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
