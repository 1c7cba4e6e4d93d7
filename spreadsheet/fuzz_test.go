package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// small limits make a fuzzer find them.
var small = Limits{MaxInflated: 4 << 20, MaxRows: 1000, MaxColumns: 64, MaxText: 4 << 20, MaxStringMemory: 1}

// FuzzWorkbook reads any bytes as a file: no panic, and an error is one that a person can read.
func FuzzWorkbook(f *testing.F) {
	f.Add(workbookOf(data(`<row r="1"><c r="A1" t="s"><v>0</v></c><c s="0"><v>45292</v></c></row>`)).sharing("<si><t>a</t></si>").styled("yyyy").zip(f))
	f.Add(workbookOf(oneCell).zip(f))
	f.Add([]byte("a,b\n1,\"2\n"))
	f.Add([]byte("<table><tr><th colspan=2 rowspan=3>a<td x:num=1>1E+10<table><tr><td>b</td></tr></table></table><style>"))
	for _, sample := range binarySamples(f) {
		f.Add(sample)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := openBytes(t, content, Options{Limits: small, TempDir: t.TempDir()})
		if err != nil {
			require.NotEmpty(t, code(err), "%v", err)
			return
		}
		for _, sheet := range file.Sheets() {
			_, err := collect(file, sheet.Index)
			if err != nil {
				require.NotEmpty(t, code(err), "%v", err)
			}
			if _, err := file.Merged(t.Context(), sheet.Index); err != nil {
				require.NotEmpty(t, code(err), "%v", err)
			}
		}
	})
}

// FuzzSheet reads any text as the XML of a sheet. Whatever encoding/xml takes for a well-formed worksheet is read to its end without loss, or refused aloud; and
// the scanner sees the same elements and the same text.
func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		oneCell, `<sheetData><row r="2" hidden="1"><c r="B2" t="str"><f>A1</f><v>a&amp;b<![CDATA[c]]></v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>`,
		`<sheetData><row><c t="inlineStr"><is><r><t> x </t></r><rPh><t>y</t></rPh></is></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row></sheetData>`,
		`<!-- a --><x:sheetData xmlns:x='u'><?pi?><x:row/></x:sheetData>`,
	} {
		f.Add("<worksheet>" + s + "</worksheet>")
	}
	f.Add("<:></:>")
	f.Add("<a:b:c :d=''/>")
	f.Fuzz(func(t *testing.T, content string) {
		rows, err := readSheet(content)
		if err != nil {
			require.NotEmpty(t, code(err), "%v", err)
		}
		theirs, wellFormed := byTheBook(content)
		ours, scanErr := byScanner(content)
		if wellFormed && scanErr == nil {
			require.Equal(t, theirs, ours)
		}
		if err == nil {
			require.NoError(t, scanErr, "%d rows came of a broken document", rows)
		}
	})
}

// readSheet reads the XML of a sheet, with no workbook around it.
func readSheet(content string) (n int, err error) {
	s, err := newScanner(strings.NewReader(content))
	if err != nil {
		return 0, err
	}
	limits := small.withDefaults()
	w := &workbook{container: &container{limits: limits}, ranges: map[int][]Range{}, styles: []style{{code: "yyyy", date: true}}}
	reader := &sheetReader{book: w, text: textReader{scanner: s, limits: limits}}
	for row := (Row{}); ; n++ {
		row.Cells = row.Cells[:0]
		if err := reader.next(&row); err != nil {
			if errors.Is(err, errEnd) {
				return n, nil
			}
			return n, err
		}
	}
}

// FuzzParts reads any texts as the parts that describe a workbook.
func FuzzParts(f *testing.F) {
	plain := workbookOf(data(`<row r="1"><c r="A1" t="s" s="0"><v>0</v></c></row>`)).sharing("<si><t>a</t><rPh><t>b</t></rPh></si>").styled("yyyy")
	part := map[string]string{}
	for _, e := range plain {
		part[e[0]] = e[1]
	}
	f.Add(part["xl/workbook.xml"], part["xl/_rels/workbook.xml.rels"], part["xl/styles.xml"], part["xl/sharedStrings.xml"])
	f.Fuzz(func(t *testing.T, main, relations, styles, strings string) {
		w := plain.with("xl/workbook.xml", main).with("xl/_rels/workbook.xml.rels", relations).with("xl/styles.xml", styles).with("xl/sharedStrings.xml", strings)
		if _, err := read(t, w.zip(t), Options{Limits: small, TempDir: t.TempDir()}); err != nil {
			require.NotEmpty(t, code(err), "%v", err)
		}
	})
}

// byTheBook is what encoding/xml sees: elements by local name, and the text inside the root.
func byTheBook(content string) (string, bool) {
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(content))
	depth, roots := 0, 0
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out.String(), depth == 0 && roots == 1
		}
		if err != nil {
			return "", false
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			out.WriteString("<" + t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space == "" {
					out.WriteString(" " + a.Name.Local + "=" + a.Value)
				}
			}
			out.WriteString(">")
		case xml.EndElement:
			depth--
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			if depth > 0 {
				out.Write(t)
			}
		}
	}
}

func byScanner(content string) (string, error) {
	var out strings.Builder
	s, err := newScanner(iotestReader{strings.NewReader(content)})
	if err != nil {
		return "", err
	}
	var raw []byte
	flush := func() {
		out.Write(resolveEntities(raw))
		raw = raw[:0]
	}
	for {
		t, err := s.next()
		if err != nil {
			return "", err
		}
		if t != tokenText {
			flush()
		}
		switch t {
		case tokenEOF:
			return out.String(), nil
		case tokenStart:
			out.WriteString("<" + string(s.name))
			for _, a := range s.attrs {
				if len(local(a.name)) == len(a.name) {
					out.WriteString(" " + string(a.name) + "=" + string(resolveEntities(bytes.Clone(a.value))))
				}
			}
			out.WriteString(">")
		case tokenEnd:
			out.WriteString("</" + string(s.name) + ">")
		case tokenText:
			raw = append(raw, s.text...)
		case tokenCDATA:
			out.Write(bytes.ReplaceAll(s.text, []byte("\r\n"), []byte("\n")))
		}
	}
}

// iotestReader hands out one byte at a time, so that every token is cut somewhere.
type iotestReader struct{ r io.Reader }

func (r iotestReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 1)]) }

// FuzzCSV finds what encoding/csv finds, wherever that accepts the file; the parser's answer does not depend on where the reads fall.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\n\"x\ny\",z", "a,\"b\nc,d\n", "\n\n,\n", "a,b\"c\n", "sep=,\nx", "\"\",\"\"\n\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		whole, mended := parseAll(t, content, len(content))
		bytewise, _ := parseAll(t, content, 1)
		require.Equal(t, whole, bytewise)
		if strings.Contains(strings.ReplaceAll(content, "\r\n", ""), "\r") || !utf8.ValidString(content) {
			return // encoding/csv knows no CR alone
		}
		r := csv.NewReader(strings.NewReader(content))
		r.FieldsPerRecord = -1
		theirs, err := r.ReadAll()
		if err != nil || strings.Count(content, "\n") >= maxQuotedLines {
			return
		}
		require.False(t, mended, "a proper file was mended")
		ours := [][]string{}
		for _, record := range whole {
			if len(record) > 1 || record[0] != "" || record == nil {
				ours = append(ours, record)
			}
		}
		kept := [][]string{}
		for _, record := range theirs {
			if len(record) > 1 || record[0] != "" {
				kept = append(kept, record)
			}
		}
		require.Equal(t, kept, ours)
	})
}

// parseAll splits a text into records, handing the parser step more bytes whenever it asks.
func parseAll(t *testing.T, content string, step int) (records [][]string, mended bool) {
	p := recordParser{delimiter: ',', maxBytes: 1 << 20}
	data, have := []byte(content), min(step, len(content))
	for pos := 0; pos < len(data); {
		n := 0
		if pos < have {
			n = p.parse(data[pos:have], have == len(data))
		}
		if n == 0 {
			require.Less(t, have, len(data), "the parser wants more at the end")
			have = min(have+step, len(data))
			continue
		}
		record := []string{}
		for _, f := range p.fields {
			record = append(record, string(p.text[f.from:f.to]))
		}
		records, mended = append(records, record), mended || p.mended
		pos += n
	}
	return records, mended
}
