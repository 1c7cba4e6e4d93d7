package spreadsheet

import (
	"fmt"
	"strconv"
)

// binaryRows reads the cells of one sheet, which stand row by row.
type binaryRows struct {
	*recordReader
	book    *binaryBook
	texts   textCursor
	current int // row whose cells are being collected, from 0
	hidden  [1 << 16 / 8]byte
	arena   []byte
	spans   []span
	total   int64
	ended   bool
}

var biffErrors = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

func (r *binaryRows) close() error { return nil }

func (r *binaryRows) next(row *Row) error {
	r.arena, r.spans = r.arena[:0], r.spans[:0]
	for {
		if r.ended {
			return errEnd
		}
		if err := r.recordReader.next(); err != nil {
			return err
		}
		d := r.data()
		switch r.id {
		case recordEOF:
			r.ended = true
			if len(row.Cells) > 0 {
				return r.give(row)
			}
		case recordRow:
			n := d.u16()
			if d.take(10); d.u8()&0x20 != 0 {
				r.hidden[n/8] |= 1 << (n % 8)
			}
		case recordFormula, recordMulRK, recordRString, recordLabelSST, recordNumber, recordLabel, recordBoolErr, recordRK:
			if n := int(d.u16()); n != r.current {
				if n < r.current {
					return refuse("rows_unordered", "the rows of the workbook are not in order", saveAsXLSX)
				}
				r.current = n
				if len(row.Cells) > 0 {
					r.unread = true
					return r.give(row)
				}
			}
			row.Number, row.Hidden = r.current+1, r.hidden[r.current/8]&(1<<(r.current%8)) != 0
			if err := r.cells(row, d); err != nil {
				return err
			}
		}
		if d.short {
			return damaged("a record of the sheet is too short", nil)
		}
	}
}

// give is the row that was collected.
func (r *binaryRows) give(row *Row) error {
	if r.total += int64(len(r.arena)); r.total > r.book.limits.MaxText {
		return bomb("the cells of a sheet hold far more text together than the file could")
	}
	texts := string(r.arena)
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Text = texts[r.spans[i].from:r.spans[i].to]; c.Kind == Date {
			var ok bool
			if c.Time, ok = serialTime(c.Number, r.book.date1904); !ok {
				c.Kind = Number
			}
		}
	}
	return nil
}

// cells takes the cells of one record, whose row is read.
func (r *binaryRows) cells(row *Row, d *recordData) error {
	column := int(d.u16())
	if r.id == recordMulRK {
		for ; len(d.b) >= 8; column++ { // the last two bytes are the last column
			style := d.u16()
			if err := r.number(row, column, style, rkNumber(d.u32()), false); err != nil {
				return err
			}
		}
		return nil
	}
	style := d.u16()
	switch r.id {
	case recordRK:
		return r.number(row, column, style, rkNumber(d.u32()), false)
	case recordNumber:
		return r.number(row, column, style, d.f64(), false)
	case recordBoolErr:
		value, isError := d.u8(), d.u8()
		return r.boolOrError(row, column, style, value, isError == 1, false)
	case recordLabel, recordRString:
		return r.text(row, column, style, d.text(int(d.u16())), false)
	case recordLabelSST:
		index := d.u32()
		from := len(r.arena)
		text, ok, err := r.texts.appendText(r.arena, int(index))
		if err != nil {
			return err
		}
		if !ok {
			return damaged(fmt.Sprintf("cell %s refers to a text that is not there", cellName(row.Number, column)), nil)
		}
		r.arena = text
		return r.put(row, Cell{Kind: Text}, column, style, from)
	}
	return r.formula(row, column, style, d)
}

// formula takes the cached result of a formula (MS-XLS 2.4.127): a number, or what the last two bytes being FFFF says.
func (r *binaryRows) formula(row *Row, column int, style uint16, d *recordData) error {
	result := d.take(8)
	flags := d.u16()
	if result[6] != 0xFF || result[7] != 0xFF {
		n := (&recordData{b: result}).f64()
		if n == 0 && flags&2 != 0 { // to be computed when it is opened, by a writer that does not compute
			return r.put(row, Cell{Kind: Uncomputed, Formula: true}, column, style, len(r.arena))
		}
		return r.number(row, column, style, n, true)
	}
	switch result[0] {
	case 0: // a STRING record holds it, behind those that may share the formula
		for range 3 {
			if err := r.recordReader.next(); err != nil {
				return err
			}
			if r.id == recordEOF {
				break
			}
			if r.id == recordString {
				s := continued{recordReader: r.recordReader, b: r.body}
				text, err := s.richText(r.book.limits.MaxCellChars)
				if err != nil {
					return err
				}
				return r.text(row, column, style, text, true)
			}
		}
		return damaged(fmt.Sprintf("the result of the formula in cell %s is missing", cellName(row.Number, column)), nil)
	case 1:
		return r.boolOrError(row, column, style, result[2], false, true)
	case 2:
		return r.boolOrError(row, column, style, result[2], true, true)
	}
	return nil // an empty text
}

func (r *binaryRows) number(row *Row, column int, style uint16, n float64, formula bool) error {
	from := len(r.arena)
	format := byte('f')
	if n >= 1e21 || n <= -1e21 {
		format = 'E'
	}
	r.arena = strconv.AppendFloat(r.arena, n, format, -1, 64)
	return r.put(row, Cell{Kind: Number, Number: n, Formula: formula}, column, style, from)
}

func (r *binaryRows) boolOrError(row *Row, column int, style uint16, value byte, isError, formula bool) error {
	cell, text := Cell{Kind: Bool, Text: "FALSE", Formula: formula}, "FALSE"
	switch {
	case isError:
		cell.Kind, text = Error, biffErrors[value]
		if text == "" {
			text = "#ERR!"
		}
	case value != 0:
		cell.Number, text = 1, "TRUE"
	}
	from := len(r.arena)
	r.arena = append(r.arena, text...)
	return r.put(row, cell, column, style, from)
}

func (r *binaryRows) text(row *Row, column int, style uint16, text []byte, formula bool) error {
	from := len(r.arena)
	r.arena = append(r.arena, text...)
	return r.put(row, Cell{Kind: Text, Formula: formula}, column, style, from)
}

// put sets a cell whose text stands in the arena from from.
func (r *binaryRows) put(row *Row, cell Cell, column int, xf uint16, from int) error {
	if len(r.arena) == from && cell.Kind != Uncomputed {
		return nil
	}
	switch {
	case column >= r.book.limits.MaxColumns:
		return tooManyColumns(row.Number, r.book.limits.MaxColumns)
	case len(r.arena) > r.book.limits.MaxRowBytes:
		return rowTooLarge(row.Number, r.book.limits.MaxRowBytes)
	}
	if int(xf) < len(r.book.styles) {
		st := r.book.styles[xf]
		if cell.Format = st.code; cell.Kind == Number && st.date {
			cell.Kind = Date
		}
	}
	for len(row.Cells) <= column {
		row.Cells, r.spans = append(row.Cells, Cell{}), append(r.spans, span{})
	}
	if row.Cells[column].Kind != Blank {
		return damaged(fmt.Sprintf("it holds cell %s twice", cellName(row.Number, column)), nil)
	}
	row.Cells[column], r.spans[column] = cell, span{from, len(r.arena)}
	return nil
}
