package excel

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/spreadsheet"
)

// Result writes the rows again with what became of each. All sheets go into one table, with the name of the sheet in front
// when there are several; a header of two rows becomes one. Read again, it has the same columns.
func (s *source) Result(ctx context.Context, f connectors.Upload, l connectors.Layout, lang string, w io.Writer,
	outcome func(sheet, row int) (connectors.RowOutcome, bool)) error {
	file, err := open(f)
	if err != nil {
		return err
	}
	defer file.Close()
	t := newResultTable(l, lang)
	out, err := spreadsheet.NewWriter(w, t.title, t.columns(), "")
	if err != nil {
		return err
	}
	for _, sheet := range l.Sheets {
		if sheet.Skip {
			continue
		}
		if err := t.sheet(ctx, file, sheet, outcome, out.Write); err != nil {
			_ = out.Close() // for its temporary files; what it wrote is worth nothing
			return err
		}
	}
	return out.Close()
}

// resultTable joins the columns of all sheets by their headers.
type resultTable struct {
	title   string
	lang    string
	own     []string
	several bool
	headers []string
	at      map[string]int // column of the result by key
	width   int            // before our own columns
	row     []string
}

func newResultTable(l connectors.Layout, lang string) *resultTable {
	t := &resultTable{lang: lang, title: "Result", own: ownHeaders[1], at: map[string]int{}}
	if lang == "zh" {
		t.title, t.own = "结果", ownHeaders[0]
	}
	read := slices.DeleteFunc(slices.Clone(l.Sheets), func(s connectors.SheetLayout) bool { return s.Skip })
	if t.several = len(read) > 1; t.several {
		t.headers = append(t.headers, sheetHeader(lang))
	}
	for _, s := range read {
		t.places(s)
	}
	t.width = len(t.headers)
	return t
}

func (t *resultTable) columns() []spreadsheet.Column {
	cols := make([]spreadsheet.Column, 0, t.width+len(t.own))
	for _, h := range t.headers {
		cols = append(cols, spreadsheet.Column{Header: h})
	}
	for i, h := range t.own {
		width := 16.0
		if i == len(t.own)-1 {
			width = 60
		}
		cols = append(cols, spreadsheet.Column{Header: h, Width: width})
	}
	return cols
}

// places returns where the columns of a sheet go, -1 for our own columns of an earlier result.
func (t *resultTable) places(s connectors.SheetLayout) []int {
	own := ownAt(s.Columns)
	seen := map[string]int{}
	to := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		if own >= 0 && i >= own && i < own+len(t.own) || c.Header == sheetHeader("zh") || c.Header == sheetHeader("en") {
			to[i] = -1
			continue
		}
		header := c.Header
		if header == "" {
			header = fieldLabel(c.Field, t.lang)
		}
		if header == "" {
			header = "column " + letters(i) // as Parse calls it
		}
		seen[header]++
		key := header + "\x00" + strconv.Itoa(seen[header])
		at, ok := t.at[key]
		if !ok {
			at = len(t.headers)
			t.at[key] = at
			t.headers = append(t.headers, header)
		}
		to[i] = at
	}
	return to
}

func (t *resultTable) sheet(ctx context.Context, file *spreadsheet.File, s connectors.SheetLayout,
	outcome func(sheet, row int) (connectors.RowOutcome, bool), write func([]string) error) error {
	shared, err := findSpans(ctx, file, s)
	if err != nil {
		return err
	}
	rows, err := file.Rows(ctx, s.Index)
	if err != nil {
		return err
	}
	defer rows.Close()
	to := t.places(s)
	for rows.Next() {
		row := rows.Row()
		if row.Number <= s.HeaderRow || !slices.ContainsFunc(row.Cells, func(c spreadsheet.Cell) bool { return !blank(c) }) {
			continue
		}
		above := shared.reach(row)
		became, ok := outcome(s.Index, row.Number)
		if !ok {
			continue
		}
		if err := write(t.fill(s, row, above, to, became)); err != nil {
			return err
		}
	}
	return rows.Err()
}

// fill makes one row. Cells that are further right than any column of the layout go behind our own.
func (t *resultTable) fill(s connectors.SheetLayout, row spreadsheet.Row, above []span, to []int, became connectors.RowOutcome) []string {
	t.row = append(t.row[:0], make([]string, t.width)...)
	t.row = append(t.row, became.Status, became.Lead, became.Detail)
	if t.several {
		t.row[0] = s.Name
	}
	for _, one := range above {
		if at := to[one.column]; at >= 0 {
			t.row[at] = rewritten(one.cell)
		}
	}
	for i, c := range row.Cells {
		switch {
		case blank(c):
		case i >= len(to):
			t.row = append(t.row, rewritten(c))
		case to[i] >= 0:
			t.row[to[i]] = rewritten(c)
		}
	}
	return t.row
}

// rewritten is a cell as a text that is read again as the same. A number that has lost digits must not pass for a whole one, now
// that it becomes a text.
func rewritten(c spreadsheet.Cell) string {
	switch c.Kind {
	case spreadsheet.Uncomputed:
		return ""
	case spreadsheet.Number:
		digits, lost := wholeNumber(c.Text, true)
		switch {
		case lost:
			return strconv.FormatFloat(c.Number, 'E', exactDigits-1, 64)
		case digits == c.Text:
			return shownNumber(c.Text, c.Format)
		}
		return digits
	case spreadsheet.Date:
		return civil(c.Time)
	}
	return c.Text
}
