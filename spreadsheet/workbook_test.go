package spreadsheet

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACellIsReadAsItWasTyped(t *testing.T) {
	shared := []string{
		"<si><t>王小明</t></si>",
		`<si><t xml:space="preserve">  kept  </t></si>`,
		"<si><r><rPr><b/></rPr><t>bold</t></r><r><t xml:space=\"preserve\"> and plain</t></r></si>",
		"<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh><phoneticPr fontId=\"1\"/></si>",
		"<si><t>a&amp;b &lt;c&gt; &quot;d&quot; &apos;e&apos; &#20013;&#x56FD;</t></si>",
		"<si><t>line_x000D_\nnext _x005F_x000D_ _x4E2D_ _xD83D__xDE00_ _xZZZZ_</t></si>",
		"<si><t>x<![CDATA[<b>&amp;]]>&amp;y</t></si>",
		"<si><t>one\r\ntwo\rthree</t></si>",
		"<si><t/></si>",
		"<si><t>a<!-- comment -->b<?pi?>c</t></si>",
	}
	for name, c := range map[string]struct {
		cell string
		want Cell
	}{
		"shared string":                  {`<c r="A1" t="s"><v>0</v></c>`, Cell{Kind: Text, Text: "王小明"}},
		"spaces are kept":                {`<c r="A1" t="s"><v>1</v></c>`, Cell{Kind: Text, Text: "  kept  "}},
		"rich text":                      {`<c r="A1" t="s"><v>2</v></c>`, Cell{Kind: Text, Text: "bold and plain"}},
		"phonetic guides are no text":    {`<c r="A1" t="s"><v>3</v></c>`, Cell{Kind: Text, Text: "東京"}},
		"entities":                       {`<c r="A1" t="s"><v>4</v></c>`, Cell{Kind: Text, Text: `a&b <c> "d" 'e' 中国`}},
		"escapes of SpreadsheetML":       {`<c r="A1" t="s"><v>5</v></c>`, Cell{Kind: Text, Text: "line\r\nnext _x000D_ 中 😀 _xZZZZ_"}},
		"CDATA is verbatim":              {`<c r="A1" t="s"><v>6</v></c>`, Cell{Kind: Text, Text: "x<b>&amp;&y"}},
		"line ends of XML":               {`<c r="A1" t="s"><v>7</v></c>`, Cell{Kind: Text, Text: "one\ntwo\nthree"}},
		"comments inside a text":         {`<c r="A1" t="s"><v>9</v></c>`, Cell{Kind: Text, Text: "abc"}},
		"white space around an index":    {`<c r="A1" t="s"><v> 0 </v></c>`, Cell{Kind: Text, Text: "王小明"}},
		"inline string":                  {`<c r="A1" t="inlineStr"><is><t>in &amp; line</t></is></c>`, Cell{Kind: Text, Text: "in & line"}},
		"inline rich text":               {`<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>z</t></rPh></is></c>`, Cell{Kind: Text, Text: "ab"}},
		"text of a formula":              {`<c r="A1" t="str"><f>B1&amp;C1</f><v>&lt;x&gt; _x000A_</v></c>`, Cell{Kind: Text, Text: "<x> \n", Formula: true}},
		"number":                         {`<c r="A1"><v>13800138000</v></c>`, Cell{Kind: Number, Text: "13800138000", Number: 13800138000}},
		"number as it is written":        {`<c r="A1" t="n"><v>1.3800138E+10</v></c>`, Cell{Kind: Number, Text: "1.3800138E+10", Number: 13800138000}},
		"digits beyond a float":          {`<c r="A1"><v>110101199003075123</v></c>`, Cell{Kind: Number, Text: "110101199003075123", Number: 110101199003075123}},
		"negative number":                {`<c r="A1"><v>-0.5</v></c>`, Cell{Kind: Number, Text: "-0.5", Number: -0.5}},
		"what strconv alone would take":  {`<c r="A1"><v>0x1p-2</v></c>`, Cell{Kind: Text, Text: "0x1p-2"}},
		"text without its type":          {`<c r="A1"><v>NaN</v></c>`, Cell{Kind: Text, Text: "NaN"}},
		"true":                           {`<c r="A1" t="b"><v>1</v></c>`, Cell{Kind: Bool, Text: "TRUE", Number: 1}},
		"false":                          {`<c r="A1" t="b"><v>0</v></c>`, Cell{Kind: Bool, Text: "FALSE"}},
		"error":                          {`<c r="A1" t="e"><f>VLOOKUP(1,2,3)</f><v>#N/A</v></c>`, Cell{Kind: Error, Text: "#N/A", Formula: true}},
		"formula with its result":        {`<c r="A1"><f>1+1</f><v>2</v></c>`, Cell{Kind: Number, Text: "2", Number: 2, Formula: true}},
		"shared formula with its result": {`<c r="A1"><f t="shared" si="0"/><v>2</v></c>`, Cell{Kind: Number, Text: "2", Number: 2, Formula: true}},
		"formula never computed":         {`<c r="A1"><f>1+1</f></c>`, Cell{Kind: Uncomputed, Formula: true}},
		"formula with an empty value":    {`<c r="A1"><f>1+1</f><v></v></c>`, Cell{Kind: Uncomputed, Formula: true}},
		"formula of text, not computed":  {`<c r="A1" t="str"><f>A2</f></c>`, Cell{Kind: Uncomputed, Formula: true}},
		"NUL":                            {"<c r=\"A1\" t=\"str\"><v>a\x00b&#0;c_x0000_d</v></c>", Cell{Kind: Text, Text: "abcd"}},
		"ISO date":                       {`<c r="A1" t="d"><v>2024-01-31T15:04:05</v></c>`, Cell{Kind: Date, Text: "2024-01-31T15:04:05", Time: time.Date(2024, 1, 31, 15, 4, 5, 0, time.UTC)}},
		"unknown style":                  {`<c r="A1" s="99"><v>7</v></c>`, Cell{Kind: Number, Text: "7", Number: 7}},
		"no reference":                   {`<c t="s"><v>0</v></c>`, Cell{Kind: Text, Text: "王小明"}},
		"prefix bound to the namespace":  {`<x:c r="A1" t="s"><x:v>0</x:v></x:c>`, Cell{Kind: Text, Text: "王小明"}},
		"lower case reference":           {`<c r="a1"><v>1</v></c>`, Cell{Kind: Number, Text: "1", Number: 1}},
		"single quotes, odd spaces":      {"<c\n r = 'A1'\tt='s' ><v >0</v\n></c >", Cell{Kind: Text, Text: "王小明"}},
		"elements of extensions":         {`<c r="A1"><extLst><ext><v>9</v></ext></extLst><v>1</v></c>`, Cell{Kind: Number, Text: "1", Number: 1}},
		"bytes that are not UTF-8":       {"<c r=\"A1\" t=\"str\"><v>a\xffb</v></c>", Cell{Kind: Text, Text: "a\uFFFDb"}},
		"greater-than in an attribute":   {`<c r="A1" ph="a>b"><v>1</v></c>`, Cell{Kind: Number, Text: "1", Number: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, workbookOf(data(`<row r="1">`+c.cell+`</row>`)).sharing(shared...).styled("General").zip(t))
			require.Len(t, rows, 1)
			require.Equal(t, []Cell{c.want}, rows[0].Cells)
		})
	}
}

func TestBlankCellsAndRowsAreNotThere(t *testing.T) {
	for name, row := range map[string]string{
		"no cells":              `<row r="1"/>`,
		"formatted cells":       `<row r="1"><c r="A1" s="0"/><c r="XFD1" s="0"/></row>`,
		"empty shared string":   `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`,
		"empty inline string":   `<row r="1"><c r="A1" t="inlineStr"><is><t></t></is></c></row>`,
		"a space in column XFD": `<row r="1"><c r="XFD1" t="inlineStr"><is><t xml:space="preserve"> </t></is></c></row>`,
		"formula of empty text": `<row r="1"><c r="A1" t="str"><f>""</f><v></v></c></row>`,
	} {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, workbookOf(data(row, `<row r="2"><c r="B2"><v>1</v></c><c r="D2" s="0"/></row>`)).sharing("<si><t/></si>").styled("General").zip(t))
			require.Len(t, rows, 1)
			require.Equal(t, 2, rows[0].Number)
			require.Equal(t, []Kind{Blank, Number}, kinds(rows[0]))
		})
	}
}

func kinds(r Row) []Kind {
	out := make([]Kind, len(r.Cells))
	for i, c := range r.Cells {
		out[i] = c.Kind
	}
	return out
}

func TestRowsAndCellsAreWhereTheyBelong(t *testing.T) {
	rows := mustRead(t, workbookOf(data(
		`<row><c><v>1</v></c><c><v>2</v></c></row>`,
		`<row r="5" hidden="1"><c r="C5"><v>3</v></c><c><v>4</v></c><c r="A5"><v>0</v></c></row>`,
		`<row><c><v>6</v></c></row>`,
		`<row r="1000000"><c r="AB1000000"><v>7</v></c></row>`,
	)).zip(t))
	require.Equal(t, []string{"1|2", "0||3|4", "6", strings.Repeat("|", 27) + "7"}, texts(rows))
	numbers, hidden := []int{}, []bool{}
	for _, r := range rows {
		numbers, hidden = append(numbers, r.Number), append(hidden, r.Hidden)
	}
	require.Equal(t, []int{1, 5, 6, 1_000_000}, numbers)
	require.Equal(t, []bool{false, true, false, false}, hidden)
}

func TestADateIsANumberWhoseFormatSaysSo(t *testing.T) {
	day := func(y int, m time.Month, d, hh, mm, ss int) time.Time {
		return time.Date(y, m, d, hh, mm, ss, 0, time.UTC)
	}
	for _, c := range []struct {
		format, serial string
		want           time.Time
	}{
		{"yyyy-mm-dd", "45292", day(2024, 1, 1, 0, 0, 0)},
		{`yyyy"年"m"月"d"日"`, "45292", day(2024, 1, 1, 0, 0, 0)},
		{`yyyy年m月d日`, "45292", day(2024, 1, 1, 0, 0, 0)},
		{`[$-804]上午/下午h"时"mm"分";@`, "45292.75", day(2024, 1, 1, 18, 0, 0)},
		{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, "45292", day(2024, 1, 1, 0, 0, 0)},
		{`[DBNum1][$-804]yyyy"年"m"月"`, "45292", day(2024, 1, 1, 0, 0, 0)},
		{"[$-411]ggge年", "45292", day(2024, 1, 1, 0, 0, 0)},
		{"[h]:mm", "1.5", day(1900, 1, 1, 12, 0, 0)},
		{"[Red]yyyy/m/d;@", "45292", day(2024, 1, 1, 0, 0, 0)},
		{"h:mm AM/PM", "0.25", day(1899, 12, 31, 6, 0, 0)},
		{"aaaa", "45292", day(2024, 1, 1, 0, 0, 0)},
		{"m/d/yy h:mm", "59", day(1900, 2, 28, 0, 0, 0)},
		{"m/d/yy h:mm", "60", day(1900, 2, 28, 0, 0, 0)},
		{"m/d/yy h:mm", "61", day(1900, 3, 1, 0, 0, 0)},
		{"m/d/yy h:mm", "1", day(1900, 1, 1, 0, 0, 0)},
		{"yyyy", "2958465", day(9999, 12, 31, 0, 0, 0)},
		{"yyyy-mm-dd hh:mm:ss", "45292.999999999", day(2024, 1, 2, 0, 0, 0)},
		{"yyyy-mm-dd hh:mm:ss", "45322.62783564815", day(2024, 1, 31, 15, 4, 5)},
	} {
		rows := mustRead(t, workbookOf(data(`<row r="1"><c r="A1" s="0"><v>`+c.serial+`</v></c></row>`)).styled(c.format).zip(t))
		require.Equal(t, Date, rows[0].Cells[0].Kind, c.format)
		require.Equal(t, c.want, rows[0].Cells[0].Time, "%s in %s", c.serial, c.format)
		require.Equal(t, c.serial, rows[0].Cells[0].Text)
		require.Equal(t, c.format, rows[0].Cells[0].Format)
	}
	for _, c := range [][2]string{
		{"General", "45292"}, {"[Red]General", "45292"}, {"G/通用格式", "45292"}, {"0.00E+00", "45292"}, {"[Red]#,##0.00", "45292"}, {"@", "45292"},
		{`0"days"`, "45292"}, {`0\d`, "45292"}, {"_d0", "45292"}, {`#,##0.00"元"`, "45292"}, {"[颜色3]0", "45292"}, {"[>=100]0;[Blue]0.0", "45292"},
		{"[$€-407]0", "45292"}, {`"unclosed yy`, "45292"}, {"0[h", "45292"},
		{"yyyy-mm-dd", "-1"}, {"yyyy-mm-dd", "2958466"}, {"yyyy-mm-dd", "1e300"},
	} {
		rows := mustRead(t, workbookOf(data(`<row r="1"><c r="A1" s="0"><v>`+c[1]+`</v></c></row>`)).styled(c[0]).zip(t))
		require.Equal(t, Number, rows[0].Cells[0].Kind, c[0])
	}
}

func TestBuiltInFormatsAreDatesByNumber(t *testing.T) {
	for id := range 60 {
		want := (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
		styles := makeStyles([]int{id}, nil)
		require.Equal(t, want, styles[0].date, "format %d", id)
	}
}

func TestAWorkbookOf1904CountsFromThere(t *testing.T) {
	w := workbookOf(data(`<row r="1"><c r="A1" s="0"><v>43830</v></c></row>`)).styled("yyyy-mm-dd").edit(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="1"/><sheets>`)
	require.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), mustRead(t, w.zip(t))[0].Cells[0].Time)
}

func TestSheetsAreListedAsTheTabsAre(t *testing.T) {
	w := workbookOf(data(`<row r="1"><c r="A1"><v>1</v></c></row>`)).
		with("xl/workbook.xml", `<workbook `+nsMain+` `+nsRel+`><sheets><sheet name="A &amp; B" r:id="rId1"/><sheet name="Chart" r:id="rId9"/>`+
			`<sheet name="hid" state="hidden" r:id="rId5"/><sheet name="very" state="veryHidden" r:id="rId6"/></sheets></workbook>`).
		with("xl/_rels/workbook.xml.rels", rels(relTo("rId1", "worksheet", "worksheets/sheet1.xml"), relTo("rId9", "chartsheet", "chartsheets/sheet1.xml"),
			relTo("rId5", "worksheet", "/xl/worksheets/sheet2.xml"), relTo("rId6", "worksheet", "worksheets/gone.xml"))).
		with("xl/worksheets/sheet2.xml", `<worksheet `+nsMain+`>`+data(`<row r="1"><c r="A1"><v>2</v></c></row>`)+`</worksheet>`)
	f, err := openBytes(t, w.zip(t), Options{})
	require.NoError(t, err)
	require.Equal(t, []Sheet{{0, "A & B", false}, {1, "hid", true}, {2, "very", true}}, f.Sheets())
	rows, err := collect(f, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"2"}, texts(rows))
	_, err = collect(f, 2)
	require.Equal(t, "damaged_file", code(err), "a sheet that is listed and missing")
	_, err = collect(f, 3)
	require.Equal(t, "no_such_sheet", code(err))
}

func TestWorkbooksOfOtherWritersAreRead(t *testing.T) {
	row := `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`
	plain := workbookOf(data(row)).sharing("<si><t>王小明</t></si>").styled("General")
	for name, w := range map[string]parts{
		"Excel": plain,
		"absolute targets": plain.edit(t, "xl/_rels/workbook.xml.rels", `Target="`, `Target="/xl/`).
			edit(t, "_rels/.rels", `Target="xl`, `Target="/xl`),
		"dotted targets":    plain.edit(t, "xl/_rels/workbook.xml.rels", `Target="`, `Target="../xl/./`),
		"backslashes":       plain.edit(t, "xl/_rels/workbook.xml.rels", `worksheets/`, `worksheets\`),
		"other case":        plain.edit(t, "xl/_rels/workbook.xml.rels", `sharedStrings.xml`, `SharedStrings.xml`),
		"percent encoding":  plain.edit(t, "xl/_rels/workbook.xml.rels", `sheet1.xml`, `sheet%31.xml`),
		"no root relations": plain.with("_rels/.rels", rels()),
		"strict namespaces": plain.edit(t, "xl/_rels/workbook.xml.rels", relURI, "http://purl.oclc.org/ooxml/officeDocument/relationships").
			edit(t, "_rels/.rels", relURI, "http://purl.oclc.org/ooxml/officeDocument/relationships").
			edit(t, "xl/worksheets/sheet1.xml", nsMain, `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`),
		"prefixes": plain.with("xl/worksheets/sheet1.xml", `<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c></x:row></x:sheetData></x:worksheet>`).
			with("xl/sharedStrings.xml", `<x:sst xmlns:x="urn:x"><x:si><x:t>王小明</x:t></x:si></x:sst>`).
			edit(t, "xl/workbook.xml", "r:id", "rel:id"),
		"byte order mark":  plain.edit(t, "xl/worksheets/sheet1.xml", `<?xml`, "\ufeff<?xml"),
		"UTF-16":           plain.with("xl/worksheets/sheet1.xml", "\xff\xfe"+string(encode(t, "utf-16le", `<?xml version="1.0" encoding="UTF-16"?><worksheet>`+data(row)+`</worksheet>`))),
		"indented":         plain.with("xl/worksheets/sheet1.xml", "<worksheet>\n  <sheetData>\n    <row r=\"1\">\n      <c r=\"A1\" t=\"s\">\n        <v>0</v>\n      </c>\n    </row>\n  </sheetData>\n</worksheet>\n"),
		"extensions":       plain.edit(t, "xl/worksheets/sheet1.xml", "<sheetData>", `<sheetPr/><dimension ref="A1"/><mc:AlternateContent><mc:Choice><sheetData/></mc:Choice></mc:AlternateContent><sheetData>`),
		"wrong dimension":  plain.edit(t, "xl/worksheets/sheet1.xml", "<sheetData>", `<dimension ref="A1:XFD1048576"/><sheetData>`),
		"comments, PIs":    plain.edit(t, "xl/worksheets/sheet1.xml", "<sheetData>", `<!-- <row> --><?x <row> ?><sheetData><!-- - -->`),
		"external targets": plain.edit(t, "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId7" Type="x/styles" Target="http://127.0.0.1:1/" TargetMode="External"/></Relationships>`),
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{"王小明"}, texts(mustRead(t, w.zip(t))))
		})
	}
}

func TestMergedRangesAreFoundBehindTheRows(t *testing.T) {
	w := workbookOf(data(`<row r="1"><c r="A1"><v>1</v></c></row>`) + `<mergeCells count="3"><mergeCell ref="A1:C2"/><mergeCell ref="$B$5:$B$9"/><mergeCell ref="broken!"/></mergeCells><pageMargins/>`)
	want := []Range{{1, 0, 2, 2}, {5, 1, 9, 1}}
	f, err := openBytes(t, w.zip(t), Options{})
	require.NoError(t, err)
	got, err := f.Merged(context.Background(), 0)
	require.NoError(t, err)
	require.Equal(t, want, got, "before the rows were read")

	f, err = openBytes(t, w.zip(t), Options{})
	require.NoError(t, err)
	_, err = collect(f, 0)
	require.NoError(t, err)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	got, err = f.Merged(gone, 0)
	require.NoError(t, err, "known from the pass over the rows, nothing is read again")
	require.Equal(t, want, got)
}

func TestRowsCanBeReadAgainAndSideBySide(t *testing.T) {
	f, err := openBytes(t, workbookOf(data(`<row><c><v>1</v></c></row>`, `<row><c><v>2</v></c></row>`)).zip(t), Options{})
	require.NoError(t, err)
	a, err := f.Rows(context.Background(), 0)
	require.NoError(t, err)
	require.True(t, a.Next())
	b, err := f.Rows(context.Background(), 0)
	require.NoError(t, err)
	require.True(t, a.Next())
	require.True(t, b.Next())
	require.Equal(t, "2", a.Row().Cells[0].Text)
	require.Equal(t, "1", b.Row().Cells[0].Text)
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
	require.NoError(t, b.Close())
	require.False(t, b.Next())
}

func TestSeveralReadersShareAFile(t *testing.T) {
	var si, rows []string
	for i := range 3000 {
		si = append(si, "<si><t>"+benchText(i)+"</t></si>")
		rows = append(rows, `<row><c t="s"><v>`+itoa((i*7919)%3000)+`</v></c></row>`)
	}
	f, err := openBytes(t, workbookOf(data(rows...)+`<mergeCells><mergeCell ref="A1:A2"/></mergeCells>`).sharing(si...).zip(t), Options{TempDir: t.TempDir(), Limits: Limits{MaxStringMemory: 1}})
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := collect(f, 0)
			assert.NoError(t, err)
			for i, r := range got {
				assert.Equal(t, benchText((i*7919)%3000), r.Cells[0].Text)
			}
			merged, err := f.Merged(context.Background(), 0)
			assert.NoError(t, err)
			assert.Len(t, merged, 1)
		})
	}
	group.Wait()
}

func TestStringsBeyondTheMemoryLimitComeFromAFile(t *testing.T) {
	var si, row []string
	for i := range 5000 {
		si = append(si, "<si><t>"+benchText(i)+"</t></si>")
	}
	for _, i := range []int{0, 4999, 17, 2500, 2501, 2502, 16, 15, 3, 4000} {
		row = append(row, `<c t="s"><v>`+itoa(i)+`</v></c>`)
	}
	dir := t.TempDir()
	f, err := openBytes(t, workbookOf(data("<row>"+strings.Join(row, "")+"</row>")).sharing(si...).zip(t), Options{TempDir: dir, Limits: Limits{MaxStringMemory: 1}})
	require.NoError(t, err)
	rows, err := collect(f, 0)
	require.NoError(t, err)
	for i, n := range []int{0, 4999, 17, 2500, 2501, 2502, 16, 15, 3, 4000} {
		require.Equal(t, benchText(n), rows[0].Cells[i].Text)
	}
	require.Len(t, filesIn(t, dir), 1)
	require.NoError(t, f.book.close())
	require.Empty(t, filesIn(t, dir), "the temporary file is gone")
	f.book.(*workbook).texts = nil // the test's cleanup closes again
}

func TestACancelledContextEndsTheReading(t *testing.T) {
	f, err := openBytes(t, workbookOf(data(strings.Repeat(`<row><c><v>1</v></c></row>`, 10_000))).zip(t), Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	rows, err := f.Rows(ctx, 0)
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	cancel()
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), context.Canceled)
}

// testdata/openpyxl.xlsx is made by openpyxl 3.1.
func TestAWorkbookOfOpenpyxlIsRead(t *testing.T) {
	f, err := Open("testdata/openpyxl.xlsx", Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.Equal(t, []Sheet{{0, "线索", false}, {1, "隐藏", true}}, f.Sheets())
	rows, err := collect(f, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"姓名|手机号|日期|时间|金额|成交", "王小明|13800001111|45322|0.2708333333333333|12.5|TRUE", " 李雷\n第二行|13900002222|45322.62783564815|1.25|", "合并"}, texts(rows))
	require.Equal(t, []Kind{Text, Text, Date, Date, Number, Bool}, kinds(rows[1]))
	require.Equal(t, []Kind{Text, Number, Date, Date, Uncomputed}, kinds(rows[2]))
	require.Equal(t, "2024-01-31", rows[1].Cells[2].String())
	require.Equal(t, "06:30:00", rows[1].Cells[3].String())
	require.Equal(t, "2024-01-31 15:04:05", rows[2].Cells[2].String())
	require.Equal(t, []bool{false, false, true, false}, []bool{rows[0].Hidden, rows[1].Hidden, rows[2].Hidden, rows[3].Hidden})
	merged, err := f.Merged(context.Background(), 0)
	require.NoError(t, err)
	require.Equal(t, []Range{{5, 0, 6, 2}}, merged)
}
