package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// webPage is a web page with tables, which many systems export under the name .xls. As Excel shows it, all its tables are one sheet, one
// below the other; a table in a cell is text of that cell. Cells are texts, as in a CSV.
type webPage struct {
	file    *os.File
	size    int64
	charset charset
	limits  Limits
}

// declaredCharset is what a page says of its encoding. It is asked only where the bytes leave doubt: pages are often wrong about it.
var declaredCharset = regexp.MustCompile(`(?i)charset\s*=\s*["']?([\w-]+)`)

func openWebPage(file *os.File, size int64, head []byte, o Options) (*webPage, error) {
	c, err := detectCharset(file, size)
	if err != nil {
		return nil, err
	}
	if len(c.notices) > 0 {
		if m := declaredCharset.FindSubmatch(head); m != nil {
			if said, err := namedCharset(string(m[1]), head); err == nil {
				c = said
			}
		}
	}
	return &webPage{file: file, size: size, charset: c, limits: o.Limits}, nil
}

func (w *webPage) sheets() []Sheet { return []Sheet{{}} }

func (w *webPage) close() error { return nil }

func (w *webPage) rows(ctx context.Context, _ int) (source, error) {
	tokens := html.NewTokenizer(w.charset.reader(w.file, w.size))
	tokens.SetMaxBuf(maxTag)
	return &pageRows{webPage: w, ctx: ctx, tokens: tokens}, nil
}

func (w *webPage) merged(ctx context.Context, _ int) ([]Range, error) {
	src, err := w.rows(ctx, 0)
	if err != nil {
		return nil, err
	}
	rows := src.(*pageRows)
	var row Row
	for err == nil {
		row.Cells = row.Cells[:0]
		err = rows.next(&row)
	}
	if !errors.Is(err, errEnd) {
		return nil, err
	}
	return rows.ranges, nil
}

// pageRows reads the rows of all tables of a page.
type pageRows struct {
	*webPage
	ctx    context.Context
	tokens *html.Tokenizer
	read   int // tokens

	tables int    // that were begun
	depth  int    // of tables in each other
	mute   string // the element whose text is not shown

	number int   // of the row
	inRow  bool  // a row was begun, and not handed over
	begun  bool  // the row that the last token began is not in row yet
	hidden bool  // of the row that was begun
	held   []int // by column, the last row that a cell above reaches into
	column int   // of the next cell
	at     int   // column of the cell that is open

	inCell   bool
	exact    string // what a cell of Excel says that it holds, where it shows less
	text     []byte
	rowBytes int
	total    int64
	ranges   []Range
}

func (p *pageRows) close() error { return nil }

// next reads the next row with a value in it. It answers errEnd when every table of the page was closed.
func (p *pageRows) next(row *Row) error {
	for {
		if p.begun {
			p.beginRow(row)
		}
		ended, err := p.step(row)
		if err != nil {
			return err
		}
		if ended && len(row.Cells) > 0 {
			return nil
		}
	}
}

func (p *pageRows) beginRow(row *Row) {
	p.begun, p.inRow, p.column, p.rowBytes = false, true, 0, 0
	p.number++
	row.Number, row.Hidden, row.Cells = p.number, p.hidden, row.Cells[:0]
}

// step reads one token. It reports whether the row came to its end.
func (p *pageRows) step(row *Row) (ended bool, err error) {
	if p.read++; p.read%1024 == 0 {
		if err := p.ctx.Err(); err != nil {
			return false, err
		}
	}
	switch kind := p.tokens.Next(); kind {
	case html.ErrorToken:
		return false, p.end()
	case html.TextToken:
		if p.inCell && p.mute == "" {
			return false, p.say(p.tokens.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := p.tokens.TagName()
		return p.start(row, string(name), more)
	case html.EndTagToken:
		name, _ := p.tokens.TagName()
		return p.stop(row, string(name))
	}
	return false, nil
}

// end tells why there are no more tokens.
func (p *pageRows) end() error {
	switch err := p.tokens.Err(); {
	case errors.Is(err, html.ErrBufferExceeded):
		return damaged("it has a tag or a text that is too long", nil)
	case !errors.Is(err, io.EOF):
		return internal("the uploaded file could not be read", err)
	case p.depth > 0 || p.mute != "":
		return truncated("a table is not closed")
	case p.tables == 0:
		return refuse("html_table", "the file is a web page without a table", saveAsXLSX)
	}
	return errEnd
}

// muted are elements whose text nobody sees.
var muted = map[string]bool{"script": true, "style": true, "title": true}

func (p *pageRows) start(row *Row, name string, more bool) (ended bool, err error) {
	switch {
	case p.mute != "":
	case muted[name]:
		p.mute = name
	case name == "table":
		if p.depth++; p.depth == 1 {
			p.tables++
			p.held = p.held[:0]
		}
	case p.depth == 1 && name == "tr":
		ended, err = p.finishRow(row) // the end tag may be left out
		p.begun, p.hidden = true, strings.Contains(strings.ReplaceAll(p.attributes(more)["style"], " ", ""), "display:none")
	case p.depth == 1 && (name == "td" || name == "th"):
		if !p.inRow { // its start tag was left out
			p.hidden = false
			p.beginRow(row)
		}
		if err = p.finishCell(row); err == nil {
			p.place(row, p.attributes(more))
		}
	case p.inCell && (name == "br" || name == "p" || name == "div" || name == "li" || name == "tr"):
		p.parted('\n')
	case p.inCell && (name == "td" || name == "th"):
		p.parted(' ')
	}
	return ended, err
}

func (p *pageRows) stop(row *Row, name string) (ended bool, err error) {
	switch {
	case p.mute != "":
		if name == p.mute {
			p.mute = ""
		}
	case name == "table" && p.depth > 0:
		if p.depth--; p.depth == 0 {
			return p.finishRow(row)
		}
	case p.depth == 1 && name == "tr":
		return p.finishRow(row)
	case p.depth == 1 && (name == "td" || name == "th"):
		return false, p.finishCell(row)
	}
	return false, nil
}

func (p *pageRows) attributes(more bool) map[string]string {
	if !more {
		return nil
	}
	out := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = p.tokens.TagAttr()
		switch string(key) {
		case "colspan", "rowspan", "style", "x:num":
			out[string(key)] = strings.ToLower(string(value))
		}
	}
	return out
}

// place begins a cell in the first column that no cell above reaches into.
func (p *pageRows) place(row *Row, attributes map[string]string) {
	span := func(name string, most int) int {
		n, err := strconv.Atoi(strings.TrimSpace(attributes[name]))
		if err != nil || n < 1 {
			return 1
		}
		return min(n, most)
	}
	for p.column < len(p.held) && p.held[p.column] >= p.number {
		p.column++
	}
	p.at = p.column
	at, wide, high := p.at, span("colspan", 1000), span("rowspan", 65534) // as HTML bounds them
	if wide > 1 || high > 1 {
		if len(p.ranges) < maxMerged {
			p.ranges = append(p.ranges, Range{FirstRow: p.number, FirstColumn: at, LastRow: p.number + high - 1, LastColumn: at + wide - 1})
		}
		for c := at; high > 1 && c < min(at+wide, p.limits.MaxColumns); c++ {
			for len(p.held) <= c {
				p.held = append(p.held, 0)
			}
			p.held[c] = p.number + high - 1
		}
	}
	p.inCell, p.exact, p.text = true, attributes["x:num"], p.text[:0]
	for len(row.Cells) < min(at, p.limits.MaxColumns) {
		row.Cells = append(row.Cells, Cell{})
	}
	p.column = at + wide
	if at < p.limits.MaxColumns {
		row.Cells = append(row.Cells, Cell{})
	}
}

// say adds text to the cell, with its white space as a browser shows it.
func (p *pageRows) say(text []byte) error {
	for len(text) > 0 {
		space := 0
		for space < len(text) && strings.IndexByte(" \t\r\n\f", text[space]) >= 0 {
			space++
		}
		if space > 0 {
			p.parted(' ')
			text = text[space:]
			continue
		}
		end := bytes.IndexAny(text, " \t\r\n\f")
		if end < 0 {
			end = len(text)
		}
		p.text = append(p.text, text[:end]...)
		text = text[end:]
	}
	if len(p.text) > p.limits.maxCellBytes() {
		return textTooLong(fmt.Sprintf("a cell of row %d", p.number), p.limits.MaxCellChars)
	}
	return nil
}

func (p *pageRows) parted(by byte) {
	switch n := len(p.text); {
	case n == 0:
	case p.text[n-1] == ' ' || p.text[n-1] == '\n':
		if by == '\n' {
			p.text[n-1] = by
		}
	default:
		p.text = append(p.text, by)
	}
}

func (p *pageRows) finishCell(row *Row) error {
	if !p.inCell {
		return nil
	}
	p.inCell = false
	text := string(bytes.TrimRight(validUTF8(p.text), " \n"))
	if p.exact != "" && strings.ContainsAny(text, "eE") { // 1.38E+10 is shown, 13800138000 is held
		if _, ok := parseNumber(p.exact); ok {
			text = p.exact
		}
	}
	p.rowBytes += len(text)
	p.total += int64(len(text))
	switch {
	case text == "":
		return nil
	case p.rowBytes > p.limits.MaxRowBytes:
		return rowTooLarge(p.number, p.limits.MaxRowBytes)
	case p.total > p.limits.MaxText:
		return bomb("the cells of a sheet hold far more text together than the file could")
	case p.at >= p.limits.MaxColumns && strings.TrimSpace(text) != "":
		return tooManyColumns(p.number, p.limits.MaxColumns)
	case p.at >= p.limits.MaxColumns:
		return nil
	case len(p.text) > p.limits.MaxCellChars && utf16Len(p.text) > p.limits.MaxCellChars:
		return textTooLong(fmt.Sprintf("a cell of row %d", p.number), p.limits.MaxCellChars)
	}
	cell := Cell{Kind: Text, Text: text}
	if text[0] == '=' {
		cell = textFormula(cell)
	}
	row.Cells[len(row.Cells)-1] = cell
	return nil
}

// finishRow cuts blanks off the end of the row, and reports whether anything stands in it.
func (p *pageRows) finishRow(row *Row) (ended bool, err error) {
	if !p.inRow {
		return false, nil
	}
	if err := p.finishCell(row); err != nil {
		return false, err
	}
	p.inRow = false
	for len(row.Cells) > 0 && row.Cells[len(row.Cells)-1].Kind == Blank {
		row.Cells = row.Cells[:len(row.Cells)-1]
	}
	return len(row.Cells) > 0, nil
}
