package labelled

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/leadhub/leadhub/lead"
)

// Limits of a file: the whole of it is held in memory.
const (
	maxBytes   = 512 << 20
	maxColumns = 512
	maxCell    = 4096 // bytes; the rest of a longer cell is not looked at
)

// table is a CSV file: cells are trimmed, every row has as many cells as the header.
type table struct {
	header []string
	rows   [][]string
}

// readTable reads CSV with a header. The separator (comma, semicolon, tab or bar) is the one that the header holds most of.
// Bytes that are not UTF-8 are taken as UTF-16 when they begin with its mark, as Windows-1252 when single ones stand between
// letters, and as GB18030 otherwise. Short rows are filled up, cells beyond the header and empty rows are left out.
func readTable(r io.Reader) (*table, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, &lead.Error{Kind: lead.KindInvalid, Code: "csv_unreadable", Message: "the file cannot be read", Err: err}
	}
	if len(raw) > maxBytes {
		return nil, &lead.Error{Kind: lead.KindTooLarge, Code: "csv_too_large", Message: "the file is larger than 512 MB",
			Hint: "measure a sample of it: whole groups of duplicates, not every n-th row"}
	}
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) { // what Excel calls Unicode text
		raw, _ = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(raw) // what is no text becomes U+FFFD
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	switch {
	case utf8.Valid(raw):
	case western(raw):
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	default:
		if raw, err = simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err != nil {
			return nil, &lead.Error{Kind: lead.KindInvalid, Code: "csv_encoding", Message: "the file is neither UTF-8 nor GB18030",
				Hint: "save it as UTF-8", Err: err}
		}
	}
	c := csv.NewReader(bytes.NewReader(raw))
	c.Comma, c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = separator(raw), true, -1, true
	t := &table{}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &lead.Error{Kind: lead.KindInvalid, Code: "csv_malformed", Message: "the file is not CSV", Err: err}
		}
		if err := t.add(record); err != nil {
			return nil, err
		}
	}
	if t.header == nil {
		return nil, lead.Invalid("csv_empty", "the file has no header", "the first row must name the columns")
	}
	return t, nil
}

func (t *table) cells(column int) []string {
	out := make([]string, len(t.rows))
	for r, row := range t.rows {
		out[r] = row[column]
	}
	return out
}

func (t *table) add(record []string) error {
	cells := make([]string, max(len(t.header), 1))
	if t.header == nil {
		cells = make([]string, len(record))
	}
	said := false
	for i, v := range record[:min(len(record), len(cells))] {
		if len(v) > maxCell {
			v = strings.ToValidUTF8(v[:maxCell], "")
		}
		cells[i] = strings.Clone(strings.TrimSpace(v))
		said = said || cells[i] != ""
	}
	switch {
	case !said:
		return nil
	case t.header != nil:
		t.rows = append(t.rows, cells)
		return nil
	case len(cells) > maxColumns:
		return lead.Invalid("csv_too_wide", "the file has more than 512 columns", "leave out those that say nothing of a person")
	}
	t.header = cells
	return nil
}

// western reports whether bytes beyond ASCII mostly stand alone between letters, as in Müller; Chinese ones come in pairs.
func western(raw []byte) bool {
	alone, pairs := 0, 0
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] < 0x80:
		case i+1 < len(raw) && raw[i+1] >= 0x80:
			pairs++
			i++
		default:
			alone++
		}
	}
	return alone > pairs
}

func separator(raw []byte) rune {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, s := range []rune{';', '\t', '|'} {
		if n := bytes.Count(line, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}
