package excel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// How much of a sheet Inspect reads, and how much of it is shown.
const (
	inspectRows = 5000 // for hidden rows, damaged cells and the order of dates
	shownRows   = 5
)

// Inspect proposes how to read a file. It reads the first 5,000 rows of every sheet.
func (s *source) Inspect(ctx context.Context, f connectors.Upload) (connectors.Layout, error) {
	file, err := open(f)
	if err != nil {
		return connectors.Layout{}, err
	}
	defer file.Close()
	l := connectors.Layout{Format: string(file.Format()), Encoding: file.Encoding()}
	for _, n := range file.Notices() {
		l.Notices = append(l.Notices, readerNotice(n))
	}
	for _, sheet := range file.Sheets() {
		row, chosen := f.HeaderRows[sheet.Index]
		if !chosen {
			row = findHeader
		}
		one, notices, err := s.inspectSheet(ctx, file, sheet, row)
		if err != nil {
			return connectors.Layout{}, err
		}
		l.Sheets = append(l.Sheets, one)
		l.Notices = append(l.Notices, notices...)
	}
	return l, nil
}

func open(f connectors.Upload) (*spreadsheet.File, error) {
	return spreadsheet.Open(f.Path, spreadsheet.Options{Name: f.Name})
}

// survey is what the first rows of a sheet hold.
type survey struct {
	lines     []line // the first ones, with their cells
	dates     []dateEvidence
	rows      int
	hidden    int
	more      bool // there are rows that were not read
	damage    map[spreadsheet.Kind]int
	rowNotice map[string]spreadsheet.Notice
}

// surveyed reads the first rows of a sheet.
func surveyed(ctx context.Context, file *spreadsheet.File, sheet int) (*survey, error) {
	rows, err := file.Rows(ctx, sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	v := &survey{damage: map[spreadsheet.Kind]int{}, rowNotice: map[string]spreadsheet.Notice{}}
	for rows.Next() {
		if v.rows == inspectRows {
			v.more = true
			return v, nil
		}
		v.add(rows.Row())
	}
	return v, rows.Err()
}

func (v *survey) add(row spreadsheet.Row) {
	v.rows++
	if row.Hidden {
		v.hidden++
	}
	for _, n := range row.Notices {
		v.rowNotice[n.Code] = n
	}
	for len(v.dates) < len(row.Cells) {
		v.dates = append(v.dates, dateEvidence{})
	}
	for i, c := range row.Cells {
		switch c.Kind {
		case spreadsheet.Text:
			if len(c.Text) > 0 && len(c.Text) < 80 {
				v.dates[i].text(tidy(c.Text))
			}
		case spreadsheet.Date:
			v.dates[i].cell(c.Time)
		case spreadsheet.Error, spreadsheet.Uncomputed:
			v.damage[c.Kind]++
		}
	}
	if len(v.lines) < headerWithin+contentRows {
		v.lines = append(v.lines, line{row.Number, shortened(row.Cells)})
	}
}

// shortened copies cells without the rest of long texts: what is kept of a sheet must not grow with what somebody wrote into it.
func shortened(cells []spreadsheet.Cell) []spreadsheet.Cell {
	const most = 256 // bytes
	out := slices.Clone(cells)
	for i := range out {
		if text := out[i].Text; len(text) > most {
			out[i].Text = strings.ToValidUTF8(strings.Clone(text[:most]), "")
		}
	}
	return out
}

// findHeader asks inspectSheet to look for the header, instead of taking the one that a person chose.
const findHeader = -1

func (s *source) inspectSheet(ctx context.Context, file *spreadsheet.File, sheet spreadsheet.Sheet, headerRow int) (connectors.SheetLayout, []connectors.Notice, error) {
	out := connectors.SheetLayout{Index: sheet.Index, Name: sheet.Name, Hidden: sheet.Hidden, Columns: []connectors.Column{}}
	v, err := surveyed(ctx, file, sheet.Index)
	if err != nil {
		return out, nil, err
	}
	n := notices{sheet: sheet.Name}
	if sheet.Hidden {
		out.Skip = true
		n.tell("hidden_sheet", connectors.Text{EN: "The sheet is hidden. It is not read unless you choose it.", ZH: "该工作表被隐藏，除非您选择，否则不读取。"})
	}
	finder := headerFinder{mapper: s.mapper, lines: v.lines}
	var h header
	if headerRow == findHeader {
		h = finder.find()
	} else if h, err = finder.at(headerRow); err != nil {
		return out, nil, err
	}
	out.HeaderRow = h.row
	data := v.lines[h.data:]
	if len(data) == 0 {
		out.Skip = true
		n.tell("empty_sheet", connectors.Text{EN: "The sheet holds no rows to import.", ZH: "该工作表没有可导入的行。"})
	}
	width := len(h.names)
	for _, l := range data {
		width = max(width, len(l.cells))
	}
	d := decider{mapper: s.mapper, header: h, content: contents(data, width), tell: n.tell}
	out.Columns = d.columns(width)
	for i := range out.Columns {
		s.orderOfColumn(&out.Columns[i], v, n.tell)
	}
	if r := rolesOf(out.Columns); r.conversation >= 0 && r.message >= 0 && len(r.senders) > 0 && len(r.buyers) == 0 && len(data) > 0 {
		out.Skip = true
		n.tell("no_contact", connectors.Text{
			EN: "This is a transcript, but no column was recognised as the buyer. Say which column it is, or leave the sheet out.",
			ZH: "这是聊天记录，但未识别出买家列。请指定是哪一列，或不导入该工作表。"})
	} else if len(data) > 0 && !r.whole() && !hasContact(out.Columns, d.content) {
		out.Skip = true
		n.tell("no_contact", connectors.Text{
			EN: "No column was recognised as a phone, an email or an id. Say which column it is, or leave the sheet out.",
			ZH: "未识别出电话、邮箱或编号列。请指定是哪一列，或不导入该工作表。"})
	}
	n.survey(v, h, len(data) > 0, s.skipHidden)
	out.Sample = shown(data)
	out.Fingerprint = fingerprint(h, out.Columns)
	return out, n.list, nil
}

func contents(data []line, width int) []content {
	list := make([]content, width)
	for _, l := range data[:min(len(data), contentRows)] {
		for i, c := range l.cells {
			list[i].add(c, shownCell(c))
		}
	}
	return list
}

// shownCell is the text of a cell as people see it.
func shownCell(c spreadsheet.Cell) string {
	switch c.Kind {
	case spreadsheet.Blank:
		return ""
	case spreadsheet.Date:
		return civil(c.Time)
	}
	return tidy(c.Text)
}

// orderOfColumn decides how the dates of a column are read, where it holds any.
func (s *source) orderOfColumn(c *connectors.Column, v *survey, tell func(string, connectors.Text)) {
	if c.Index >= len(v.dates) || v.dates[c.Index].texts == 0 {
		return
	}
	switch c.Field {
	case connectors.FieldEventTime, lead.FieldConsentAt:
	case "": // kept for people: no reason to bother them
		tell = func(string, connectors.Text) {}
	default:
		return
	}
	orderColumn(c, &v.dates[c.Index], s.order, tell)
}

// hasContact reports whether anybody in the sheet can be reached: a phone may stand beside the name, too.
func hasContact(cols []connectors.Column, values []content) bool {
	for i, c := range cols {
		if isContact(c.Field) || c.Field == lead.FieldName && values[i].counts[looksBoth] > 0 {
			return true
		}
	}
	return false
}

func shown(data []line) [][]string {
	var out [][]string
	for _, l := range data[:min(len(data), shownRows)] {
		row := make([]string, len(l.cells))
		for i, c := range l.cells {
			row[i] = clip(shownCell(c), sampleRunes)
		}
		out = append(out, row)
	}
	return out
}

// fingerprint is of the names of the columns in their order, without those that we added ourselves.
func fingerprint(h header, cols []connectors.Column) string {
	if h.row == 0 {
		return ""
	}
	own := ownAt(cols)
	var names []string
	for i, c := range cols {
		if own >= 0 && i >= own && i < own+len(ownHeaders[0]) || i >= len(h.names) {
			continue
		}
		names = append(names, connectors.Fold(c.Header))
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:16])
}
