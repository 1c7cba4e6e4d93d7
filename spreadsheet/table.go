package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// table is a CSV: one sheet.
type table struct {
	file      *os.File
	size      int64
	charset   charset
	delimiter byte
	sepLine   bool // the first line says sep= and is not a record
	limits    Limits
}

func openTable(file *os.File, size int64, c charset, o Options) (*table, error) {
	t := &table{file: file, size: size, charset: c, limits: o.Limits}
	sample := make([]byte, delimiterSample)
	n, err := io.ReadFull(t.open(), sample)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, internal("the uploaded file could not be read", err)
	}
	sample = sample[:n]
	t.delimiter, t.sepLine = sepLine(sample)
	switch {
	case o.Delimiter >= ' ' && o.Delimiter < 0x7f && o.Delimiter != '"', o.Delimiter == '\t':
		t.delimiter = byte(o.Delimiter)
	case o.Delimiter != 0:
		return nil, refuse("bad_delimiter", "this character cannot separate fields", "choose a comma, a semicolon, a tab or a bar")
	case !t.sepLine:
		t.delimiter = detectDelimiter(sample, err != nil, o.Name)
	}
	return t, nil
}

// open returns the file from its first character, in UTF-8.
func (t *table) open() io.Reader { return t.charset.reader(t.file, t.size) }

func (t *table) sheets() []Sheet { return []Sheet{{}} }

func (t *table) merged(context.Context, int) ([]Range, error) { return nil, nil }

func (t *table) close() error { return nil }

func (t *table) rows(ctx context.Context, _ int) (source, error) {
	return &tableReader{table: t, ctx: ctx, r: t.open(), buf: make([]byte, 128<<10), line: 1,
		parser: recordParser{delimiter: t.delimiter, maxBytes: t.limits.maxCellBytes()}}, nil
}

// tableReader reads the records of a CSV. Memory is bounded by MaxRowBytes, whatever the lines are like.
type tableReader struct {
	*table
	ctx      context.Context
	r        io.Reader
	buf      []byte
	pos, end int
	atEOF    bool
	nul      bool // NUL bytes were dropped since the last row

	parser recordParser
	record int // number of the record before
	line   int // where the next record begins
}

func (t *tableReader) close() error { return nil }

func (t *tableReader) next(row *Row) error {
	for {
		n, err := t.parse()
		if err != nil {
			return err
		}
		row.Line = t.line
		t.line += countLines(t.buf[t.pos : t.pos+n])
		first := t.pos == 0 && row.Line == 1
		t.pos += n
		if first && t.sepLine {
			continue
		}
		t.record++
		row.Number = t.record
		if err := t.give(row); err != nil || len(row.Cells) > 0 {
			return err
		}
	}
}

// parse has the parser split the next record, and returns its length.
func (t *tableReader) parse() (int, error) {
	for {
		if t.pos < t.end {
			if n := t.parser.parse(t.buf[t.pos:t.end], t.atEOF); n > 0 {
				return n, nil
			}
		} else if t.atEOF {
			return 0, errEnd
		}
		if err := t.fill(); err != nil {
			return 0, err
		}
	}
}

// fill reads more, moving what is unread to the front, and doubling the buffer when that fills half of it.
func (t *tableReader) fill() error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if t.end-t.pos > t.limits.MaxRowBytes {
		return rowTooLarge(t.record+1, t.limits.MaxRowBytes)
	}
	if t.pos > 0 {
		copy(t.buf, t.buf[t.pos:t.end])
		t.end -= t.pos
		t.pos = 0
	}
	if t.end > len(t.buf)/2 {
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	n, err := io.ReadAtLeast(t.r, t.buf[t.end:], 1)
	if errors.Is(err, io.EOF) {
		t.atEOF = true
		t.end = len(bytes.TrimRight(t.buf[:t.end], "\x1a")) // the end mark of DOS
		return nil
	}
	if err != nil {
		return internal("the uploaded file could not be read", err)
	}
	read := t.buf[t.end : t.end+n]
	kept := withoutNUL(read)
	t.nul = t.nul || len(kept) < n
	t.end += len(kept)
	return nil
}

// give makes cells of the fields.
func (t *tableReader) give(row *Row) error {
	text := t.parser.text
	if !t.charset.valid {
		text = t.repair(row, text)
	}
	if t.parser.mended {
		row.notice("broken_quote", fmt.Sprintf("row %d has a quotation mark that does not belong to a pair", row.Number),
			"check that its cells are in the right columns")
	}
	if t.nul {
		t.nul = false
		row.notice("nul_bytes", fmt.Sprintf("NUL bytes before or in row %d were dropped", row.Number), "export the file again if texts look wrong")
	}
	fields := t.parser.fields
	last := len(fields)
	for last > 0 && fields[last-1].from == fields[last-1].to {
		last--
	}
	row.Cells = row.Cells[:0]
	if last == 0 && !t.parser.overflow {
		return nil
	}
	if last > t.limits.MaxColumns || t.parser.overflow {
		return tooManyColumns(row.Number, t.limits.MaxColumns)
	}
	if len(text) > t.limits.MaxRowBytes {
		return rowTooLarge(row.Number, t.limits.MaxRowBytes)
	}
	texts := string(text)
	for column, f := range fields[:last] {
		if f.from == f.to {
			row.Cells = append(row.Cells, Cell{})
			continue
		}
		if n := f.to - f.from; n > t.limits.MaxCellChars && utf16Len(text[f.from:f.to]) > t.limits.MaxCellChars {
			return textTooLong("cell "+cellName(row.Number, column), t.limits.MaxCellChars)
		}
		cell := Cell{Kind: Text, Text: texts[f.from:f.to]}
		if cell.Text[0] == '=' {
			cell = textFormula(cell)
		}
		row.Cells = append(row.Cells, cell)
	}
	return nil
}

// textFormula takes ="0755", by which exports keep Excel from dropping the zero, for what Excel shows.
func textFormula(c Cell) Cell {
	if inner, ok := strings.CutPrefix(c.Text, `="`); ok {
		if inner, ok := strings.CutSuffix(inner, `"`); ok && !strings.Contains(inner, `"`) {
			c.Text, c.Formula = inner, true
			if inner == "" {
				c.Kind = Blank
			}
		}
	}
	return c
}

// repair replaces bytes that are not UTF-8, field by field, and tells of rows that have characters which could not be read.
func (t *tableReader) repair(row *Row, text []byte) []byte {
	if !utf8.Valid(text) {
		var repaired []byte
		for i, f := range t.parser.fields {
			from := len(repaired)
			repaired = append(repaired, validUTF8(text[f.from:f.to])...)
			t.parser.fields[i] = span{from, len(repaired)}
		}
		text = repaired
	}
	if bytes.Contains(text, []byte("\uFFFD")) {
		row.notice("broken_encoding", fmt.Sprintf("row %d has characters that could not be read as %s", row.Number, t.charset.name),
			"save the file as CSV UTF-8 or as .xlsx, or choose its encoding by hand")
	}
	return text
}

func countLines(record []byte) int {
	n := bytes.Count(record, []byte{'\n'})
	if bytes.IndexByte(record, '\r') < 0 {
		return n
	}
	return n + bytes.Count(record, []byte{'\r'}) - bytes.Count(record, []byte("\r\n"))
}
