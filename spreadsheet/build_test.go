package spreadsheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/leadhub/leadhub/lead"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/htmlindex"
)

// parts are the entries of a workbook under construction, in order.
type parts [][2]string

const (
	nsMain = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	nsRel  = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relURI = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// workbookOf makes a workbook of one sheet, "线索", of the XML between <worksheet> and </worksheet>.
func workbookOf(sheet string) parts {
	return parts{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", rels(`<Relationship Id="rId1" Type="` + relURI + `/officeDocument" Target="xl/workbook.xml"/>`)},
		{"xl/workbook.xml", `<workbook ` + nsMain + ` ` + nsRel + `><sheets><sheet name="线索" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", rels(relTo("rId1", "worksheet", "worksheets/sheet1.xml"), relTo("rId2", "sharedStrings", "sharedStrings.xml"),
			relTo("rId3", "styles", "styles.xml"))},
		{"xl/worksheets/sheet1.xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" + `<worksheet ` + nsMain + `>` + sheet + `</worksheet>`},
	}
}

func rels(list ...string) string {
	return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + strings.Join(list, "") + `</Relationships>`
}

func relTo(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + relURI + `/` + kind + `" Target="` + target + `"/>`
}

// with replaces an entry, or adds it.
func (p parts) with(name, content string) parts {
	out := parts{}
	found := false
	for _, e := range p {
		if e[0] == name {
			e[1], found = content, true
		}
		out = append(out, e)
	}
	if !found {
		out = append(out, [2]string{name, content})
	}
	return out
}

// edit replaces a text in an entry; it must be there.
func (p parts) edit(t testing.TB, name, old, new string) parts {
	for _, e := range p {
		if e[0] == name {
			require.Contains(t, e[1], old)
			return p.with(name, strings.ReplaceAll(e[1], old, new))
		}
	}
	require.Fail(t, "no entry "+name)
	return nil
}

// sharing adds a table of shared strings, of the XML of its si elements.
func (p parts) sharing(si ...string) parts {
	return p.with("xl/sharedStrings.xml", fmt.Sprintf(`<sst %s count="%d">%s</sst>`, nsMain, len(si), strings.Join(si, "")))
}

// styled adds cell formats, one for each number format.
func (p parts) styled(codes ...string) parts {
	var formats, xfs strings.Builder
	for i, c := range codes {
		var escaped bytes.Buffer
		for _, r := range c {
			if r == '"' {
				escaped.WriteString("&quot;")
			} else {
				escaped.WriteRune(r)
			}
		}
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, escaped.String())
		fmt.Fprintf(&xfs, `<xf numFmtId="%d" xfId="0"/>`, 164+i)
	}
	return p.with("xl/styles.xml", `<styleSheet `+nsMain+`><numFmts>`+formats.String()+`</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>`+
		xfs.String()+`</cellXfs></styleSheet>`)
}

func (p parts) zip(t testing.TB) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range p {
		f, err := w.Create(e[0])
		require.NoError(t, err)
		_, err = f.Write([]byte(e[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// data wraps rows as sheetData.
func data(rows ...string) string { return "<sheetData>" + strings.Join(rows, "") + "</sheetData>" }

// openBytes opens a file of these bytes.
func openBytes(t testing.TB, content []byte, o Options) (*File, error) {
	path := filepath.Join(t.TempDir(), "upload")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	f, err := Open(path, o)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, f.Close()) })
	}
	return f, err
}

// collect reads all rows of a sheet, keeping their cells.
func collect(f *File, sheet int) ([]Row, error) {
	rows, err := f.Rows(context.Background(), sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r := rows.Row()
		r.Cells = append([]Cell(nil), r.Cells...)
		out = append(out, r)
	}
	return out, rows.Err()
}

// read opens the bytes and reads their first sheet; an error may come from either.
func read(t testing.TB, content []byte, o Options) ([]Row, error) {
	f, err := openBytes(t, content, o)
	if err != nil {
		return nil, err
	}
	return collect(f, 0)
}

func mustRead(t testing.TB, content []byte) []Row {
	rows, err := read(t, content, Options{})
	require.NoError(t, err)
	return rows
}

// texts are the texts of rows, cells joined by a bar.
func texts(rows []Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		cells := make([]string, len(r.Cells))
		for j, c := range r.Cells {
			cells[j] = c.Text
		}
		out[i] = strings.Join(cells, "|")
	}
	return out
}

// encode returns text in another character set.
func encode(t testing.TB, name, text string) []byte {
	enc, err := htmlindex.Get(name)
	require.NoError(t, err)
	b, err := enc.NewEncoder().Bytes([]byte(text))
	require.NoError(t, err)
	return b
}

// benchText is text number i, some of them long.
func benchText(i int) string { return strings.Repeat(strconv.Itoa(i)+"号", 1+i%97) }

func itoa(i int) string { return strconv.Itoa(i) }

func filesIn(t testing.TB, dir string) []os.DirEntry {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	return entries
}

// code is the code of a *lead.Error; "" for none.
func code(err error) string {
	var e *lead.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func binarySamples(t testing.TB) [][]byte {
	var out [][]byte
	paths, err := filepath.Glob("testdata/*.xls")
	require.NoError(t, err)
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		out = append(out, b)
	}
	return out
}
