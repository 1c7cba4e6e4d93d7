package spreadsheet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
)

// sheetReader reads one worksheet part row by row.
type sheetReader struct {
	book  *workbook
	sheet int
	part  io.ReadCloser
	text  textReader
	texts textCursor

	inData bool // between <sheetData> and </sheetData>
	ended  bool // </sheetData> was seen, or the empty <sheetData/>
	ranges []Range

	lastRow int
	rows    rowSet
	column  int // of the cell before
	arena   []byte
	spans   []span // of the row's cells in arena
	total   int64  // text handed out
}

type span struct{ from, to int }

func (w *workbook) openSheet(ctx context.Context, sheet int, texts *textStore) (*sheetReader, error) {
	part := w.sheetParts[sheet]
	if part == "" {
		return nil, damaged(fmt.Sprintf("sheet %q is missing in it", w.list[sheet].Name), nil)
	}
	r, err := w.open(ctx, part)
	if err != nil {
		return nil, err
	}
	scanner, err := newScanner(r)
	if err != nil {
		_ = r.Close() // err is the one to tell
		return nil, err
	}
	return &sheetReader{book: w, sheet: sheet, part: r,
		text: textReader{scanner: scanner, limits: w.limits}, texts: textCursor{store: texts}}, nil
}

func (s *sheetReader) close() error { return s.part.Close() }

// next reads the next row with a value in it. It answers errEnd when the sheet was complete to its last byte.
func (s *sheetReader) next(row *Row) error {
	for {
		if !s.inData {
			if err := s.enterData(); err != nil {
				return err
			}
		}
		t, err := s.text.next()
		switch {
		case err != nil:
			return err
		case t == tokenStart && s.text.is("row"):
			if err := s.readRow(row); err != nil || len(row.Cells) > 0 {
				return err
			}
		case t == tokenStart:
			err = s.text.skip()
		case t == tokenEnd:
			s.inData, s.ended = false, true
		}
		if err != nil {
			return err
		}
	}
}

// enterData moves behind the next <sheetData>, or through the rest of the sheet.
func (s *sheetReader) enterData() error {
	for {
		t, err := s.text.next()
		switch {
		case err != nil:
			return err
		case t == tokenEOF:
			return s.finished()
		case t != tokenStart:
			continue
		case s.text.depth() == 1:
			if !s.text.is("worksheet") {
				return damaged("a sheet is not a worksheet", nil)
			}
		case s.text.depth() == 2 && s.text.is("sheetData"):
			s.inData = true
			return nil
		case s.text.depth() == 2 && s.text.is("mergeCells"): // its children follow
		case s.text.depth() == 3 && s.text.is("mergeCell"):
			if err := s.mergeCell(); err != nil {
				return err
			}
		default:
			if err := s.text.skip(); err != nil {
				return err
			}
		}
	}
}

// finished answers errEnd: the scanner has seen the root closed, and the archive's reader its checksum.
func (s *sheetReader) finished() error {
	if !s.ended {
		return damaged("a sheet has no rows element", nil)
	}
	s.book.found.Lock()
	defer s.book.found.Unlock()
	s.book.ranges[s.sheet] = s.ranges
	return errEnd
}

// skipRows passes over all rows, for the sake of what stands behind them.
func (s *sheetReader) skipRows() error {
	for {
		if err := s.enterData(); err != nil {
			return err
		}
		if err := s.text.skip(); err != nil {
			return err
		}
		s.inData, s.ended = false, true
	}
}

func (s *sheetReader) mergeCell() error {
	first, last, found := bytes.Cut(s.text.attr("ref"), []byte(":"))
	if !found {
		last = first
	}
	r1, c1, ok1 := parseRef(first)
	r2, c2, ok2 := parseRef(last)
	if !ok1 || !ok2 || r1 == 0 || r2 == 0 || c1 < 0 || c2 < 0 {
		return nil // drawn wrong by its writer; no cell depends on it
	}
	if len(s.ranges) == maxMerged {
		return damaged("it has too many merged cells", nil)
	}
	s.ranges = append(s.ranges, Range{FirstRow: min(r1, r2), FirstColumn: min(c1, c2), LastRow: max(r1, r2), LastColumn: max(c1, c2)})
	return nil
}

// readRow reads the row just started. Trailing blanks are cut; a row of blanks has no cells.
func (s *sheetReader) readRow(row *Row) error {
	row.Number = s.lastRow + 1
	row.Hidden = false
	for _, a := range s.text.attrs {
		switch string(a.name) {
		case "r":
			n, err := strconv.Atoi(string(a.value))
			if err != nil || n < 1 || n > maxRowNumber {
				return damaged("a row has no proper number", fmt.Errorf("r=%.20q", a.value))
			}
			row.Number = n
		case "hidden":
			row.Hidden = isTrue(a.value)
		}
	}
	s.lastRow, s.column = row.Number, -1
	row.Cells, s.spans, s.arena = row.Cells[:0], s.spans[:0], s.arena[:0]
	for depth := s.text.depth(); ; {
		t, err := s.text.next()
		switch {
		case err != nil:
			return err
		case t == tokenEnd && s.text.depth() < depth:
			s.total += int64(len(s.arena))
			if s.total > s.book.limits.MaxText {
				return bomb("the cells of a sheet hold far more text together than the file could")
			}
			if len(row.Cells) > 0 && !s.rows.add(row.Number) {
				return damaged(fmt.Sprintf("it holds row %d twice", row.Number), nil)
			}
			s.give(row)
			return nil
		case t == tokenStart && s.text.is("c"):
			err = s.readCell(row)
		case t == tokenStart:
			err = s.text.skip()
		}
		if err != nil {
			return err
		}
	}
}

// rowSet holds the numbers of the rows that were read: rows come in any order, and two of one number would be taken for one. It costs
// a bit per row up to the last, 2 MB at most.
type rowSet []uint64

// add reports whether the number is new.
func (s *rowSet) add(number int) bool {
	word, bit := number/64, uint64(1)<<(number%64)
	if grow := word + 1 - len(*s); grow > 0 {
		*s = append(*s, make([]uint64, grow)...)
	}
	fresh := (*s)[word]&bit == 0
	(*s)[word] |= bit
	return fresh
}

// give hands the texts of the row over as parts of one string, and makes numbers and dates of them.
func (s *sheetReader) give(row *Row) {
	texts := string(s.arena)
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind == Blank {
			continue
		}
		c.Text = texts[s.spans[i].from:s.spans[i].to]
		if c.Kind == Number || (c.Kind == Date && c.Time.IsZero()) { // an ISO date has its time
			c.resolveNumber(s.book.date1904)
		}
	}
}

// rawCell is a cell as its element says.
type rawCell struct {
	kind    string // attribute t
	style   int
	formula bool
	value   bool // there was a v or an is
}

// readCell reads the cell just started, and puts it into its column.
func (s *sheetReader) readCell(row *Row) error {
	raw := rawCell{kind: "n", style: -1}
	column := s.column + 1
	for _, a := range s.text.attrs {
		switch string(a.name) {
		case "r":
			_, c, ok := parseRef(a.value)
			if !ok || c < 0 {
				return damaged("a cell has no proper reference", fmt.Errorf("r=%.20q", a.value))
			}
			column = c
		case "t":
			raw.kind = cellType(a.value)
		case "s":
			raw.style, _ = strconv.Atoi(string(a.value)) // without a known style it is General
		}
	}
	s.column = column
	s.text.row, s.text.column = row.Number, column
	from := len(s.arena)
	for depth := s.text.depth(); ; {
		t, err := s.text.next()
		if err != nil {
			return err
		}
		if t == tokenEnd && s.text.depth() < depth {
			break
		}
		if t != tokenStart {
			continue
		}
		isValue, isInline := s.text.is("v"), s.text.is("is")
		switch {
		case (isValue || isInline) && raw.value:
			return damaged(fmt.Sprintf("cell %s has two values", cellName(row.Number, column)), nil)
		case isValue:
			err = s.readValue(row, &raw, column)
		case isInline:
			raw.value, raw.kind = true, "inlineStr"
			var b []byte
			b, err = s.text.richText()
			s.arena = append(s.arena, b...)
		default:
			raw.formula = raw.formula || s.text.is("f")
			err = s.text.skip()
		}
		if err != nil {
			return err
		}
	}
	return s.place(row, raw, column, from)
}

// cellType returns the constant for a value of the attribute t, to keep strings off the heap.
func cellType(t []byte) string {
	switch string(t) {
	case "s":
		return "s"
	case "str":
		return "str"
	case "inlineStr":
		return "inlineStr"
	case "b":
		return "b"
	case "e":
		return "e"
	case "d":
		return "d"
	}
	return "n"
}

// readValue reads the v just started into the arena, as text.
func (s *sheetReader) readValue(row *Row, raw *rawCell, column int) error {
	b, err := s.text.value()
	if err != nil {
		return err
	}
	raw.value = true
	if raw.kind == "str" || raw.kind == "inlineStr" {
		b, err = s.text.finish()
		s.arena = append(s.arena, b...)
		return err
	}
	b = validUTF8(bytes.TrimSpace(b))
	if len(b) > s.book.limits.MaxCellChars {
		return s.text.tooLong()
	}
	if raw.kind != "s" || len(b) == 0 {
		s.arena = append(s.arena, b...)
		return nil
	}
	index, err := strconv.Atoi(string(b))
	ok := err == nil
	if ok {
		s.arena, ok, err = s.texts.appendText(s.arena, index)
		if err != nil {
			return err
		}
	}
	if !ok {
		return damaged(fmt.Sprintf("cell %s refers to a text that is not there", cellName(row.Number, column)), nil)
	}
	return nil
}

// place appends the cell whose text stands in the arena from from.
func (s *sheetReader) place(row *Row, raw rawCell, column, from int) error {
	cell := Cell{Formula: raw.formula, Kind: Text}
	st := style{}
	if raw.style >= 0 && raw.style < len(s.book.styles) {
		st = s.book.styles[raw.style]
		cell.Format = st.code
	}
	text := s.arena[from:]
	if len(s.arena) > s.book.limits.MaxRowBytes {
		return rowTooLarge(row.Number, s.book.limits.MaxRowBytes)
	}
	switch {
	case len(text) == 0 && raw.formula && (raw.kind != "str" || !raw.value):
		cell.Kind = Uncomputed
	case len(text) == 0:
		return nil
	case raw.kind == "n":
		if cell.Kind = Number; st.date {
			cell.Kind = Date
		}
	case raw.kind == "e":
		cell.Kind = Error
	case raw.kind == "b":
		cell.Kind = Bool
		if isTrue(text) {
			cell.Number = 1
			s.arena = append(s.arena[:from], "TRUE"...)
		} else {
			s.arena = append(s.arena[:from], "FALSE"...)
		}
	case raw.kind == "d":
		if at, ok := parseISODate(string(text)); ok {
			cell.Kind, cell.Time = Date, at
		}
	}
	if column >= s.book.limits.MaxColumns {
		if cell.Kind == Text && len(bytes.TrimSpace(text)) == 0 {
			return nil // a space that somebody left far on the right
		}
		return tooManyColumns(row.Number, s.book.limits.MaxColumns)
	}
	return s.put(row, cell, column, span{from, len(s.arena)})
}

// put sets a cell that may stand left of cells already read; two in one place would mean to lose one.
func (s *sheetReader) put(row *Row, cell Cell, column int, where span) error {
	for len(row.Cells) <= column {
		row.Cells = append(row.Cells, Cell{})
		s.spans = append(s.spans, span{})
	}
	if row.Cells[column].Kind != Blank {
		return damaged(fmt.Sprintf("it holds cell %s twice", cellName(row.Number, column)), nil)
	}
	row.Cells[column], s.spans[column] = cell, where
	return nil
}
