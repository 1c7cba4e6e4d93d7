package excel

import (
	"context"
	"slices"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// span is a cell that several rows share: one company beside three of its people.
type span struct {
	first, last, column int
	cell                spreadsheet.Cell // of the first row, once it was read
}

// personal are fields that are never taken from the row above, even out of a cell that both rows share: two people must not
// become one.
var personal = map[string]bool{lead.FieldPhone: true, lead.FieldEmail: true, lead.FieldName: true, lead.FieldFamilyName: true,
	lead.FieldGivenName: true, lead.FieldWechat: true, lead.FieldQQ: true, lead.FieldExternalID: true, connectors.FieldIgnore: true}

// spans are the shared cells of one sheet, in the order of their first rows.
type spans struct {
	ahead []span // those that begin further down
	open  []span // those that reach into the rows that come
}

// findSpans finds the cells that several rows below the header share.
func findSpans(ctx context.Context, file *spreadsheet.File, sheet connectors.SheetLayout) (spans, error) {
	if file.Format() == spreadsheet.CSV || file.Format() == spreadsheet.TSV {
		return spans{}, nil
	}
	merged, err := file.Merged(ctx, sheet.Index)
	if err != nil {
		return spans{}, err
	}
	var s spans
	for _, m := range merged {
		if m.FirstRow <= sheet.HeaderRow || m.LastRow == m.FirstRow || m.FirstColumn != m.LastColumn || m.FirstColumn >= len(sheet.Columns) ||
			personal[sheet.Columns[m.FirstColumn].Field] {
			continue
		}
		s.ahead = append(s.ahead, span{first: m.FirstRow, last: m.LastRow, column: m.FirstColumn})
	}
	slices.SortFunc(s.ahead, func(a, b span) int { return a.first - b.first })
	return s, nil
}

// reach remembers the shared cells that begin in a row, and returns those that reach into it from above, by column.
func (s *spans) reach(row spreadsheet.Row) []span {
	s.open = slices.DeleteFunc(s.open, func(one span) bool { return one.last < row.Number })
	var reach []span
	for _, one := range s.open {
		if !blank(one.cell) {
			reach = append(reach, one)
		}
	}
	for len(s.ahead) > 0 && s.ahead[0].first <= row.Number {
		one := s.ahead[0]
		s.ahead = s.ahead[1:]
		if one.first == row.Number && one.column < len(row.Cells) {
			one.cell = row.Cells[one.column]
			s.open = append(s.open, one)
		}
	}
	slices.SortFunc(reach, func(a, b span) int { return a.column - b.column })
	return reach
}
