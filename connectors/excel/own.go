package excel

import "github.com/leadhub/leadhub/connectors"

// ownHeaders are the headers of the columns that result files have beside those of the original: the status, the number
// of the lead, and what it was joined with or why it was rejected. A corrected result file that is uploaded again is read
// as if they were not there.
var ownHeaders = [][]string{{"状态", "线索编号", "说明"}, {"Status", "Lead number", "Details"}}

// ownAt is the first of our own columns, -1 when there are none: one of their headers alone may be anybody's.
func ownAt(cols []connectors.Column) int {
	for i := range cols {
		for _, own := range ownHeaders {
			if i+len(own) <= len(cols) && cols[i].Header == own[0] && cols[i+1].Header == own[1] && cols[i+2].Header == own[2] {
				return i
			}
		}
	}
	return -1
}

// ownColumns marks our own columns as not to be read.
func ownColumns(cols []connectors.Column) {
	at := ownAt(cols)
	if at < 0 {
		return
	}
	for i := range ownHeaders[0] {
		c := &cols[at+i]
		c.Field, c.How, c.Sure = connectors.FieldIgnore, howAlias, sureMapping
	}
	if c := &cols[0]; c.Header == sheetHeader("zh") || c.Header == sheetHeader("en") {
		c.Field, c.How, c.Sure = connectors.FieldIgnore, howAlias, sureMapping
	}
}

// sheetHeader is the header of the column that says, in a result file of several sheets, which sheet a row is of.
func sheetHeader(lang string) string {
	if lang == "zh" {
		return "所在工作表"
	}
	return "Original sheet"
}
