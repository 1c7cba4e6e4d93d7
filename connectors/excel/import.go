package excel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// Import cuts a file into one event per row. Of a transcript the row of a conversation's first message holds what the customer says in
// all of them, and the others say where it is.
func (s *source) Import(ctx context.Context, f connectors.Upload, l connectors.Layout, emit func(connectors.ImportRow) error) error {
	id := f.SHA256
	if id == "" {
		var err error
		if id, err = hashFile(f.Path); err != nil {
			return err
		}
	}
	file, err := open(f)
	if err != nil {
		return err
	}
	defer file.Close()
	for _, sheet := range l.Sheets {
		if sheet.Skip {
			continue
		}
		talks, err := s.gather(ctx, file, sheet)
		if err != nil {
			return err
		}
		cut := cutter{sheet: sheet, talks: talks, id: id[:min(len(id), 32)] + ":" + strconv.Itoa(sheet.Index) + ":", emit: emit,
			encoder: newEncoder(f.Name, sheet.Name, l.Defaults, sheet.Columns)}
		if err := cut.run(ctx, file); err != nil {
			return err
		}
	}
	return nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", &lead.Error{Kind: lead.KindInternal, Code: "file_unreadable", Message: "the uploaded file cannot be read", Hint: "upload it again", Err: err}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", &lead.Error{Kind: lead.KindInternal, Code: "file_unreadable", Message: "the uploaded file cannot be read", Hint: "upload it again", Err: err}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// cutter makes the events of one sheet.
type cutter struct {
	sheet   connectors.SheetLayout
	id      string
	encoder *encoder
	emit    func(connectors.ImportRow) error
	shared  spans
	talks   *transcript // nil when the sheet is none
}

func (c *cutter) run(ctx context.Context, file *spreadsheet.File) error {
	if c.sheet.Index < 0 || c.sheet.Index >= len(file.Sheets()) {
		return lead.Invalid("no_such_sheet", fmt.Sprintf("the file has no sheet %d", c.sheet.Index+1), "inspect the file again")
	}
	var err error
	if c.shared, err = findSpans(ctx, file, c.sheet); err != nil {
		return err
	}
	rows, err := file.Rows(ctx, c.sheet.Index)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row := rows.Row()
		if row.Number <= c.sheet.HeaderRow {
			continue
		}
		if err := c.row(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *cutter) row(row spreadsheet.Row) error {
	if !slices.ContainsFunc(row.Cells, func(cell spreadsheet.Cell) bool { return !blank(cell) }) {
		return nil
	}
	above := c.shared.reach(row)
	c.encode(row, above, 0)
	for limit := firstLimit; len(c.encoder.buf) > maxBody && limit > 0; limit /= 2 {
		c.encode(row, above, limit)
	}
	return c.emit(connectors.ImportRow{Sheet: c.sheet.Index, Number: row.Number, Event: connectors.Event{
		ID: c.id + strconv.Itoa(row.Number), Body: c.encoder.body(), ContentType: contentType}})
}

// A row that is larger than maxBody does not fit into a record of the broker. Rather than to lose it, its long texts are
// cut, to firstLimit bytes or to the half of it, until it fits; the draft says so, and the file has them still.
const (
	maxBody    = 400 << 10
	firstLimit = 16 << 10
)

// encode makes the body of a row, with what cells above hold for it too. limit 0 cuts nothing.
func (c *cutter) encode(row spreadsheet.Row, above []span, limit int) {
	c.encoder.begin(row, limit)
	for i, cell := range row.Cells {
		for len(above) > 0 && above[0].column <= i {
			if above[0].column < i || blank(cell) {
				c.encoder.cell(above[0].column, above[0].cell, true)
			}
			above = above[1:]
		}
		if !blank(cell) {
			c.encoder.cell(i, cell, false)
		}
	}
	for _, one := range above {
		c.encoder.cell(one.column, one.cell, true)
	}
	var extra []byte
	if c.talks != nil {
		extra = c.talks.extra(row.Number)
	}
	c.encoder.end(extra)
}

// blank holds for a cell in which nothing can be seen.
func blank(c spreadsheet.Cell) bool {
	if c.Kind != spreadsheet.Text {
		return c.Kind == spreadsheet.Blank
	}
	first, _ := utf8.DecodeRuneInString(c.Text)
	return c.Text == "" || unseen(first) && tidy(c.Text) == ""
}
