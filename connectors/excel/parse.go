package excel

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// fieldNotes is the field under which a draft carries what could not be used of its row, for people.
const fieldNotes = "import_notes"

// Codes of rows whose only contact cannot be read.
const (
	codeLost       = "excel_lost_digits"
	codeUncomputed = "formula_not_computed"
	codeErrorCell  = "excel_error_value"
)

// Parse reads the draft of one row. A row that is no lead (a repeated header, a total, the example of our template, a
// hidden row of a source that skips them) is an error with the code no_lead that says which.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	body, err := decodeBody(raw.Body)
	if err != nil {
		return nil, err
	}
	if body.Hidden && s.skipHidden {
		return nil, noLead("the row is hidden in the file, and this source skips hidden rows")
	}
	r := reading{source: s, body: &body}
	if body.Part != nil {
		return nil, body.Part.refused()
	}
	r.cells()
	if body.Talk != nil {
		d, err := r.talk()
		if err != nil {
			return nil, err
		}
		return []lead.Draft{d}, nil
	}
	if why := r.noLead(); why != "" {
		return nil, noLead(why)
	}
	r.contacts()
	if err := r.hopeless(); err != nil {
		return nil, err
	}
	return []lead.Draft{r.draft()}, nil
}

// value is what one cell gives to the draft.
type value struct {
	field string // of the draft; "" = kept under name
	name  string // of the column
	text  string
	sure  float64
}

// reading is one row on its way to a draft.
type reading struct {
	*source
	body   *rowBody
	values []value
	dated  []string // event times, in the order of the columns
	notes  []string
	lost   []lostContact
}

// lostContact is a contact of the row that cannot be read.
type lostContact struct{ code, field, column string }

// cells reads the cells one by one.
func (r *reading) cells() {
	r.values = make([]value, 0, len(r.body.Columns))
	for i := range r.body.Columns {
		c := &r.body.Columns[i]
		field, sure := r.target(c)
		if field == connectors.FieldIgnore {
			continue
		}
		name := cellName(c)
		text, code, why := read(c, field)
		if why != "" {
			r.notes = append(r.notes, name+": "+why)
			if isContact(field) {
				r.lost = append(r.lost, lostContact{code, field, name})
			}
		}
		if c.Cut {
			r.notes = append(r.notes, name+": the row is too large, and this text was cut")
		}
		if text == "" {
			continue
		}
		if isDate(field) || field == "" {
			text = orderDate(text, cmp.Or(orderOf(c.Order), r.order))
		}
		if field == connectors.FieldEventTime {
			r.dated = append(r.dated, text)
			continue
		}
		r.values = append(r.values, value{field: field, name: name, text: text, sure: sure})
	}
}

// target is the field of a cell: the mapping of the source as it is now, else what was decided at the upload.
func (r *reading) target(c *cellBody) (field string, sure float64) {
	field, sure = strings.TrimSpace(c.Field), c.Sure
	if r.mapped && c.Header != "" && r.mapper.Mapped(c.Header) {
		field, sure = r.mapper.Field(c.Header), sureMapping
	}
	if transcriptColumns[field] { // no field of a draft: for people, under its header
		return "", 0
	}
	return field, sure
}

// cellName names a column for people, and is the field of what nobody knows. It is never the name of a known field.
func cellName(c *cellBody) string {
	name := strings.ToValidUTF8(tidy(c.Header), "\ufffd")
	if name == "" || known[name] {
		return strings.TrimSpace("column " + letters(min(max(c.Index, 0), 1<<20)) + " " + name)
	}
	return name
}

func isContact(field string) bool {
	return field == lead.FieldPhone || field == lead.FieldEmail || field == lead.FieldExternalID
}

func isDate(field string) bool {
	return field == connectors.FieldEventTime || field == lead.FieldConsentAt
}

// read is the text of a cell as its column wants it; why says what is wrong with it.
func read(c *cellBody, field string) (text, code, why string) {
	text = strings.ToValidUTF8(tidy(c.Value), "\ufffd")
	switch c.Kind {
	case kindError:
		return "", codeErrorCell, "the cell holds the error " + clip(text, sampleRunes)
	case kindUncomputed:
		return "", codeUncomputed, "the formula has no result in the file"
	case kindDate, kindBool:
		return text, "", ""
	}
	if errorTexts[text] {
		return "", codeErrorCell, "the cell holds the error " + text
	}
	number := c.Kind == kindNumber
	switch {
	case text == "":
		return "", "", ""
	case isDate(field):
		if date, ok := serialDate(text); ok {
			return date, "", ""
		}
		if clock, ok := serialClock(text); ok {
			return clock, "", ""
		}
		return text, "", ""
	case !mayBeDamaged(text) && c.Format == "":
		return text, "", ""
	case runs[field] || field == "" && (number || idHeader(c.Header)):
		digits, lost := wholeNumber(text, number)
		if lost || idHeader(c.Header) && zeroedIDCard(digits) {
			return "", codeLost, "the spreadsheet has lost the last digits of this number; they cannot be restored"
		}
		if field == "" && number && digits == text {
			return shownNumber(text, c.Format), "", ""
		}
		return digits, "", ""
	case number:
		return shownNumber(text, c.Format), "", ""
	}
	return text, "", ""
}

// runs are fields that hold a run of digits or a word, never a quantity.
var runs = map[string]bool{lead.FieldPhone: true, lead.FieldExternalID: true, lead.FieldQQ: true, lead.FieldWechat: true}

// errorTexts are what a CSV holds where the sheet had an error.
var errorTexts = map[string]bool{"#N/A": true, "#REF!": true, "#VALUE!": true, "#NAME?": true, "#DIV/0!": true, "#NULL!": true,
	"#NUM!": true, "#SPILL!": true, "#CALC!": true, "#GETTING_DATA": true}

// mayBeDamaged is a quick look that spares most cells the careful one: nothing but digits, and few of them, or no digit at
// the beginning, is what somebody typed.
func mayBeDamaged(text string) bool {
	if text[0] < '0' || text[0] > '9' {
		return text[0] == '-' || text[0] == '.'
	}
	return len(text) > exactDigits || !isDigits(text)
}

// idHeader holds for columns of numbers that name something: a card, an account, an order.
func idHeader(header string) bool {
	name := connectors.Fold(header)
	for _, word := range idWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

var idWords = folded("身份证 证件号 卡号 账号 编号 单号 信用代码 税号 idcard idnumber idno passport cardno accountno orderno")

// contacts parts a name from a phone that stands in the same cell. A column of phones gives up a name always, as no number is read with
// one before it; whose name it is, is kept where the row has another name.
func (r *reading) contacts() {
	at := func(field string) int {
		return slices.IndexFunc(r.values, func(v value) bool { return v.field == field })
	}
	if i := at(lead.FieldName); i >= 0 && at(lead.FieldPhone) < 0 {
		if lookAt(r.values[i].text, false) == looksPhone { // and no name at all
			r.values[i].field = lead.FieldPhone
		} else if name, phone, ok := parted(r.values[i].text); ok {
			r.values[i].text = name
			r.values = append(r.values, value{field: lead.FieldPhone, name: r.values[i].name, text: phone, sure: r.values[i].sure})
		}
		return
	}
	named := at(lead.FieldName) >= 0
	for i := range r.values { // those that are appended are no phones
		v := &r.values[i]
		if v.field != lead.FieldPhone {
			continue
		}
		if !named && isPersonName(v.text) { // no number at all
			v.field, named = lead.FieldName, true
			continue
		}
		name, phone, ok := parted(v.text)
		if !ok {
			continue
		}
		v.text = phone
		beside := value{field: lead.FieldName, name: v.name, text: name, sure: v.sure}
		switch {
		case !named:
			named = true
		case r.has(name):
			continue
		default:
			beside.field = ""
		}
		r.values = append(r.values, beside)
	}
}

// has reports whether the row says this text in a cell of its own.
func (r *reading) has(text string) bool {
	return slices.ContainsFunc(r.values, func(v value) bool { return v.text == text })
}

// hopeless is the reason to reject the row: its only contact cannot be read. Any other row goes on, without that value.
func (r *reading) hopeless() error {
	if len(r.lost) == 0 || slices.ContainsFunc(r.values, func(v value) bool { return isContact(v.field) }) {
		return nil
	}
	first := r.lost[0]
	e := &lead.Error{Kind: lead.KindInvalid, Code: first.code}
	for _, l := range r.lost {
		if !slices.Contains(e.Fields, l.field) {
			e.Fields = append(e.Fields, l.field)
		}
	}
	switch first.code {
	case codeLost:
		e.Message = "the spreadsheet has lost digits of the only contact in this row"
		e.Hint = "format the column as text in the original list, enter the number again, and upload the corrected row"
	case codeUncomputed:
		e.Message = "the only contact in this row is a formula whose result the file does not hold"
		e.Hint = "open the file in Excel or WPS, save it, and upload it again"
	default:
		e.Message = "the only contact in this row is a cell with an error like #N/A"
		e.Hint = "correct the cell and upload the row again"
	}
	if !strings.ContainsAny(first.column, "0123456789@") { // what was taken for a header may be somebody's number
		e.Message += ", in column " + clip(first.column, sampleRunes)
	}
	return e
}

// draft puts the values where they belong. Of a field that a person has one of, the surest column counts and the others
// are kept under their headers.
func (r *reading) draft() lead.Draft {
	var d lead.Draft
	slices.SortStableFunc(r.values, func(a, b value) int { return cmp.Compare(b.sure, a.sure) })
	for _, v := range r.values {
		switch {
		case v.field == "":
			d.Add(v.name, v.text)
		case many[v.field] || d.First(v.field) == "":
			d.Add(v.field, v.text)
		case d.First(v.field) != v.text:
			d.Add(v.name, v.text)
		}
	}
	d.EventTime = joinTimes(r.dated)
	for i, note := range r.body.Notes {
		if i < 5 {
			r.notes = append(r.notes, strings.ToValidUTF8(note, "\ufffd"))
		}
	}
	for _, note := range r.notes[:min(len(r.notes), 10)] {
		d.Add(fieldNotes, note)
	}
	for _, name := range slices.Sorted(maps.Keys(r.body.Defaults)) {
		field, value := strings.TrimSpace(name), r.body.Defaults[name]
		if field != "" && strings.TrimSpace(d.First(field)) == "" {
			d.Add(field, strings.ToValidUTF8(value, "\ufffd"))
		}
	}
	r.mapper.AddDefaults(&d)
	return d
}

// many are fields of which a person can have several.
var many = map[string]bool{lead.FieldPhone: true, lead.FieldEmail: true, lead.FieldMessage: true, lead.FieldProduct: true, lead.FieldTag: true,
	lead.FieldWechat: true, lead.FieldQQ: true, lead.FieldConsentPurpose: true}

// known are the fields of a Draft, which no header may pass for.
var known = func() map[string]bool {
	m := map[string]bool{fieldNotes: true, connectors.FieldEventTime: true}
	for _, f := range append([]string{
		lead.FieldName, lead.FieldFamilyName, lead.FieldGivenName, lead.FieldHonorific, lead.FieldPhone, lead.FieldEmail, lead.FieldCompany,
		lead.FieldTitle, lead.FieldCountry, lead.FieldProvince, lead.FieldCity, lead.FieldDistrict, lead.FieldAddress, lead.FieldMessage,
		lead.FieldProduct, lead.FieldBudget, lead.FieldTag, lead.FieldLanguage, lead.FieldWechat, lead.FieldQQ, lead.FieldExternalID,
		lead.FieldReferrer, lead.FieldOwnerHint, lead.FieldConsent, lead.FieldConsentText, lead.FieldConsentVersion, lead.FieldConsentPurpose,
		lead.FieldConsentAt, lead.FieldUTMSource, lead.FieldUTMMedium, lead.FieldUTMCampaign, lead.FieldUTMTerm, lead.FieldUTMContent,
		lead.FieldUTMID, lead.FieldPage, lead.FieldReferrerURL, lead.FieldLanding}, lead.ClickIDFields...) {
		m[f] = true
	}
	return m
}()
