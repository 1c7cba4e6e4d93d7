package labelled

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

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

// readTable reads CSV with a header. The separator (comma, semicolon, tab or bar) is the one that the header holds most of;
// bytes that are not UTF-8 are taken as GB18030. Short rows are filled up, cells beyond the header and empty rows are left out.
func readTable(r io.Reader) (*table, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, &lead.Error{Kind: lead.KindInvalid, Code: "csv_unreadable", Message: "the file cannot be read", Err: err}
	}
	if len(raw) > maxBytes {
		return nil, &lead.Error{Kind: lead.KindTooLarge, Code: "csv_too_large", Message: "the file is larger than 512 MB",
			Hint: "measure a sample of it: whole groups of duplicates, not every n-th row"}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
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
