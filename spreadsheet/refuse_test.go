package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// oneCell is a sheet with the value 1 in A1.
const oneCell = `<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`

func TestEveryBadFileIsRefusedWithASentenceAndAWayOut(t *testing.T) {
	plain := workbookOf(oneCell).sharing("<si><t>a</t></si>")
	sheet := func(xml string) []byte { return plain.with("xl/worksheets/sheet1.xml", xml).zip(t) }
	in := func(s string) []byte { return sheet("<worksheet>" + s + "</worksheet>") }
	row := func(s string) []byte { return in(data(`<row r="1">` + s + `</row>`)) }
	for name, c := range map[string]struct {
		content []byte
		code    string
	}{
		"empty file":                       {nil, "empty_file"},
		"PDF":                              {[]byte("%PDF-1.7\n..."), "wrong_type"},
		"PNG":                              {[]byte("\x89PNG\r\n\x1a\n0000"), "wrong_type"},
		"web page without a table":         {[]byte("\ufeff \n<HTML><body><p>登录已过期</p></body></html>"), "html_table"},
		"web page cut short in a table":    {[]byte("<table><tr><td>1</td></tr><tr><td>2"), "truncated_file"},
		"web page cut short in a script":   {[]byte("<table><tr><td>1</td></tr></table><script>"), "truncated_file"},
		"web page with a tag of megabytes": {[]byte("<table><tr><td style='" + strings.Repeat("x", 2<<20) + "'>1</td></tr></table>"), "damaged_file"},
		"web page with a text too long":    {[]byte("<table><tr><td>" + strings.Repeat("长 ", 40_000) + "</td></tr></table>"), "text_too_long"},
		"web page of a thousand columns":   {[]byte("<table><tr><td colspan=1000>1</td><td>2</td></tr></table>"), "too_many_columns"},
		"JSON":                             {[]byte(`[{"name":"林晓"}]`), "wrong_type"},
		"vCards":                           {[]byte("BEGIN:VCARD\r\nVERSION:3.0\r\n"), "wrong_type"},
		"web archive":                      {[]byte("MIME-Version: 1.0\nContent-Type: multipart/related"), "html_table"},
		"XML spreadsheet 2003":             {[]byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`), "xml_spreadsheet"},
		"other XML":                        {[]byte(`<?xml version="1.0"?><a/>`), "wrong_type"},
		"random bytes":                     {bytes.Repeat([]byte{1, 2, 3, 0xfe, 5, 6}, 1000), "wrong_type"},
		"BIFF4 without a container":        {[]byte("\x09\x04\x06\x00\x00\x00\x10\x00"), "wrong_type"},
		"other zip":                        {parts{{"a.txt", "x"}}.zip(t), "wrong_type"},
		"Word document":                    {parts{{"_rels/.rels", rels(relTo("r", "officeDocument", "word/document.xml"))}, {"word/document.xml", "<x/>"}}.zip(t), "wrong_type"},
		"binary workbook":                  {parts{{"_rels/.rels", rels(relTo("r", "officeDocument", "xl/workbook.bin"))}, {"xl/workbook.bin", "x"}}.zip(t), "wrong_type"},
		"OpenDocument":                     {parts{{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, {"content.xml", "<x/>"}}.zip(t), "wrong_type"},
		"zip cut short":                    {plain.zip(t)[:700], "truncated_file"},
		"zip without its directory":        {[]byte("PK\x03\x04 and nothing else"), "truncated_file"},
		"password on the zip":              {flagged(t, plain.zip(t)), "encrypted_file"},
		"two entries of one name":          {append(plain, [2]string{"XL/Workbook.xml", "<workbook/>"}).zip(t), "duplicate_part"},
		"path out of the archive":          {append(plain, [2]string{"../../etc/passwd", "x"}).zip(t), "unsafe_path"},
		"path with a drive":                {append(plain, [2]string{`C:\windows\x`, "x"}).zip(t), "unsafe_path"},
		"no sheets":                        {plain.with("xl/workbook.xml", "<workbook><sheets/></workbook>").zip(t), "no_sheets"},
		"sheet part missing":               {plain.edit(t, "xl/_rels/workbook.xml.rels", "sheet1.xml", "sheet7.xml").zip(t), "damaged_file"},
		"sheet is a chart":                 {sheet("<chartsheet/>"), "damaged_file"},
		"no rows element":                  {in(""), "damaged_file"},
		"rows not closed":                  {sheet(`<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>`), "truncated_file"},
		"sheet not closed":                 {sheet(`<worksheet>` + oneCell), "truncated_file"},
		"cell not closed":                  {sheet(`<worksheet><sheetData><row r="1"><c r="A1"><v>1`), "truncated_file"},
		"tag not closed":                   {sheet(`<worksheet><sheetData><row r="1"><c r="A1`), "truncated_file"},
		"empty sheet part":                 {sheet(""), "truncated_file"},
		"tags crossed":                     {row(`<c r="A1"><v>1</c></v>`), "damaged_file"},
		"end tag too many":                 {sheet(`<worksheet>` + oneCell + `</row></worksheet>`), "damaged_file"},
		"two roots":                        {sheet(`<worksheet>` + oneCell + `</worksheet><worksheet/>`), "damaged_file"},
		"text behind the root":             {sheet(`<worksheet>` + oneCell + `</worksheet>more`), "damaged_file"},
		"attribute without quotes":         {row(`<c r=A1><v>1</v></c>`), "damaged_file"},
		"attribute without a value":        {row(`<c r><v>1</v></c>`), "damaged_file"},
		"nested a thousand deep":           {in(data(strings.Repeat("<x>", 1000) + strings.Repeat("</x>", 1000))), "damaged_file"},
		"tag of two megabytes":             {row(`<c r="` + strings.Repeat("A", 2<<20) + `"/>`), "damaged_file"},
		"comment not closed":               {sheet(`<worksheet>` + oneCell + `</worksheet><!-- `), "truncated_file"},
		"CDATA not closed":                 {sheet(`<worksheet><sheetData><row r="1"><c r="A1" t="str"><v><![CDATA[ ]] `), "truncated_file"},
		"document type":                    {sheet(`<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>` + oneCell + `</worksheet>`), "xml_doctype"},
		"document type in the strings":     {workbookOf(oneCell).with("xl/sharedStrings.xml", `<!DOCTYPE sst><sst/>`).zip(t), "xml_doctype"},
		"XML in another encoding":          {sheet(`<?xml version="1.0" encoding="GBK"?><worksheet>` + oneCell + `</worksheet>`), "unsupported_encoding"},
		"row number zero":                  {in(data(`<row r="0"><c><v>1</v></c></row>`)), "damaged_file"},
		"row number absurd":                {in(data(`<row r="99999999999999999999"><c><v>1</v></c></row>`)), "damaged_file"},
		"cell reference absurd":            {row(`<c r="12"><v>1</v></c>`), "damaged_file"},
		"cell twice":                       {row(`<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>`), "damaged_file"},
		"row twice":                        {in(data(`<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>`)), "damaged_file"},
		"row twice, rows out of order":     {in(data(`<row r="9"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row><row r="9"><c><v>3</v></c></row>`)), "damaged_file"},
		"row number beyond all programs":   {in(data(`<row r="16777217"><c><v>1</v></c></row>`)), "damaged_file"},
		"two values in a cell":             {row(`<c r="A1"><v>1</v><v>2</v></c>`), "damaged_file"},
		"a number of a million digits":     {row(`<c r="A1"><v>` + strings.Repeat("1", 100_000) + `</v></c>`), "text_too_long"},
		"shared string out of range":       {row(`<c r="A1" t="s"><v>1</v></c>`), "damaged_file"},
		"shared string of a negative":      {row(`<c r="A1" t="s"><v>-1</v></c>`), "damaged_file"},
		"shared string that is no number":  {row(`<c r="A1" t="s"><v>x</v></c>`), "damaged_file"},
		"shared strings missing":           {workbookOf(data(`<row r="1"><c t="s"><v>0</v></c></row>`)).zip(t), "damaged_file"},
		"value in column XFD":              {row(`<c r="XFD1"><v>1</v></c>`), "too_many_columns"},
		"a text of a million characters":   {row(`<c r="A1" t="str"><v>` + strings.Repeat("长", 1_000_000) + `</v></c>`), "text_too_long"},
		"a text one character too long":    {row(`<c r="A1" t="inlineStr"><is><t>` + strings.Repeat("长", 32_768) + `</t></is></c>`), "text_too_long"},
		"one megabyte shared by all cells": {workbookOf(data(strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 12_000))).sharing("<si><t>" + strings.Repeat("x", 1<<20) + "</t></si>").zip(t), "text_too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := read(t, c.content, Options{})
			require.Equal(t, c.code, code(err), "%d rows, %v", len(rows), err)
			e := lead.AsError(err)
			require.Contains(t, []lead.Kind{lead.KindInvalid, lead.KindTooLarge}, e.Kind)
			require.NotEmpty(t, e.Message)
			require.NotEmpty(t, e.Hint)
		})
	}
}

// flagged marks the entries of an archive as encrypted.
func flagged(t *testing.T, archive []byte) []byte {
	out := bytes.Clone(archive)
	marked := 0
	for i := 0; i+10 < len(out); i++ {
		if bytes.HasPrefix(out[i:], []byte("PK\x01\x02")) {
			out[i+8] |= 1
			marked++
		}
	}
	require.Positive(t, marked)
	return out
}

func TestNoPrefixOfAWorkbookIsTakenForTheWhole(t *testing.T) {
	archive := workbookOf(data(strings.Repeat(`<row><c><v>1</v></c></row>`, 100))).zip(t)
	for n := 3; n < len(archive); n += 5 { // "PK" alone is a text
		_, err := read(t, archive[:n], Options{})
		require.NotEmpty(t, code(err), "%d of %d bytes", n, len(archive))
	}
}

func TestNoSheetCutShortEndsSilently(t *testing.T) {
	whole := `<?xml version="1.0"?><worksheet>` + data(`<row r="1"><c r="A1" t="str"><v>a &amp; b</v></c></row>`, `<row r="2"><c r="A2"><v>2</v></c></row>`) + `<mergeCells/></worksheet>`
	for n := range len(whole) {
		_, err := read(t, workbookOf("").with("xl/worksheets/sheet1.xml", whole[:n]).zip(t), Options{})
		require.NotEmpty(t, code(err), "%q", whole[:n])
	}
}

func TestABrokenChecksumIsAnErrorAfterTheRows(t *testing.T) {
	archive := workbookOf(oneCell).zip(t)
	zr, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	for _, f := range zr.File {
		if f.Name == "xl/worksheets/sheet1.xml" {
			var crc [4]byte
			binary.LittleEndian.PutUint32(crc[:], f.CRC32)
			require.Positive(t, bytes.Count(archive, crc[:]))
			archive = bytes.ReplaceAll(archive, crc[:], []byte{1, 2, 3, 4})
		}
	}
	_, err = read(t, archive, Options{})
	require.Equal(t, "damaged_file", code(err))
	require.ErrorIs(t, err, zip.ErrChecksum)
}

func TestWhatInflatesTooMuchIsStopped(t *testing.T) {
	blanks := strings.Repeat(" ", 1<<20)
	bombXML := "<worksheet>" + strings.Repeat(blanks, 40) + oneCell + "</worksheet>"
	archive := workbookOf("").with("xl/worksheets/sheet1.xml", bombXML).zip(t)
	require.Less(t, len(archive), 100_000)
	_, err := read(t, archive, Options{})
	require.Equal(t, "zip_bomb", code(err), "by ratio")

	_, err = read(t, archive, Options{Limits: Limits{MaxRatio: 1 << 20, MaxInflated: 30 << 20}})
	require.Equal(t, "zip_bomb", code(err), "by size")

	rows, err := read(t, archive, Options{Limits: Limits{MaxRatio: 1 << 20}})
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func TestTheSizesAnArchiveDeclaresAreNotBelieved(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range workbookOf("<!--" + strings.Repeat(" ", 40<<20) + "-->" + oneCell) {
		f, err := w.Create(e[0])
		require.NoError(t, err)
		_, err = f.Write([]byte(e[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	archive := b.Bytes()
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], 40<<20)
	directory := bytes.Index(archive, []byte("PK\x01\x02"))
	for i := directory; i < len(archive); i++ { // every entry says that it is 100 bytes long
		if bytes.HasPrefix(archive[i:], []byte("PK\x01\x02")) {
			binary.LittleEndian.PutUint32(archive[i+24:], 100)
		}
	}
	_, err := read(t, archive, Options{})
	require.NotEmpty(t, code(err))
}

func TestAReadPartIsCountedOnce(t *testing.T) {
	f, err := openBytes(t, workbookOf("<!--"+strings.Repeat("0123456789", 20_000)+"-->"+oneCell).zip(t), Options{Limits: Limits{MaxInflated: 300_000}})
	require.NoError(t, err)
	for range 5 {
		_, err := collect(f, 0)
		require.NoError(t, err)
	}
}

func TestTooManyEntriesAreNotEvenListed(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 70_000 { // more than the 16 bits of the directory's count
		_, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%064d", i)})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	_, err := read(t, b.Bytes(), Options{})
	require.Equal(t, "zip_bomb", code(err))

	_, err = read(t, workbookOf(oneCell).zip(t), Options{Limits: Limits{MaxEntries: 3}})
	require.Equal(t, "zip_bomb", code(err))
}

func TestLimitsThatAreSetHold(t *testing.T) {
	w := workbookOf(data(strings.Repeat(`<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>`, 10))).sharing("<si><t>" + strings.Repeat("字", 1000) + "</t></si>").zip(t)
	for want, l := range map[string]Limits{
		"file_too_large": {MaxFileBytes: 100}, "too_many_rows": {MaxRows: 9}, "too_many_columns": {MaxColumns: 1}, "text_too_long": {MaxCellChars: 999},
		"row_too_large": {MaxRowBytes: 5999}, "zip_bomb": {MaxText: 59_999}, "": {MaxRows: 10, MaxColumns: 2, MaxCellChars: 1000, MaxRowBytes: 6000, MaxText: 60_000},
	} {
		_, err := read(t, w, Options{Limits: l})
		require.Equal(t, want, code(err), "%+v: %v", l, err)
	}
	csv := []byte(strings.Repeat(strings.Repeat("字", 1000)+","+strings.Repeat("字", 1000)+"\n", 10))
	for want, l := range map[string]Limits{
		"file_too_large": {MaxFileBytes: 100}, "too_many_rows": {MaxRows: 9}, "too_many_columns": {MaxColumns: 1}, "text_too_long": {MaxCellChars: 999},
		"row_too_large": {MaxRowBytes: 5999}, "": {MaxRows: 10, MaxColumns: 2, MaxCellChars: 1000, MaxRowBytes: 6001},
	} {
		_, err := read(t, csv, Options{Limits: l})
		require.Equal(t, want, code(err), "%+v: %v", l, err)
	}
}

func TestAFewBytesThatNameAFarRowCostNothing(t *testing.T) {
	rows := strings.Repeat(`<row r="1048576"/>`, 1000) + `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`
	allocated := testing.Benchmark(func(b *testing.B) {
		f, err := openBytes(b, workbookOf(data(rows)).zip(b), Options{})
		require.NoError(b, err)
		for b.Loop() {
			got, err := collect(f, 0)
			require.NoError(b, err)
			require.Len(b, got, 1)
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(1<<20))
}

func TestMacrosAndLinksAreIgnoredAndSaid(t *testing.T) {
	w := workbookOf(oneCell).edit(t, "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>`+
		relTo("x1", "externalLink", "externalLinks/1.xml")+relTo("x2", "externalLink", "externalLinks/2.xml")+`</Relationships>`).with("xl/vbaProject.bin", "\x01\x02")
	f, err := openBytes(t, w.zip(t), Options{Name: "名单.xlsm"})
	require.NoError(t, err)
	codes := []string{}
	for _, n := range f.Notices() {
		codes = append(codes, n.Code)
	}
	require.Equal(t, []string{"macros_ignored", "external_links_ignored"}, codes)
}

func TestTheContentDecidesNotTheName(t *testing.T) {
	f, err := openBytes(t, []byte("a,b\n1,2\n"), Options{Name: "名单.XLS"})
	require.NoError(t, err)
	require.Equal(t, CSV, f.Format())
	require.Equal(t, "name_disagrees", f.Notices()[0].Code)

	f, err = openBytes(t, workbookOf(oneCell).zip(t), Options{Name: "list.csv"})
	require.NoError(t, err)
	require.Equal(t, XLSX, f.Format())
	require.Equal(t, "name_disagrees", f.Notices()[0].Code)
}

func TestAFileThatIsNotThereIsNotThePersonsFault(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "gone"), Options{})
	require.Equal(t, lead.KindInternal, lead.AsError(err).Kind)
	require.ErrorIs(t, err, os.ErrNotExist)
}
