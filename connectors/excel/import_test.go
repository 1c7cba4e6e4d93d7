package excel_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/lead"
)

// openWith makes a source with a mapping, and settings as "hidden_rows", "skip".
func openWith(t testing.TB, mapping map[string]string, settings ...string) connectors.Source {
	t.Helper()
	w := workbook{}
	w.source.Mapping = mapping
	w.source.Settings = map[string]any{}
	for i := 0; i < len(settings); i += 2 {
		w.source.Settings[settings[i]] = settings[i+1]
	}
	return w.openSource(t)
}

func upload(t testing.TB, name string, content []byte) connectors.Upload {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return connectors.Upload{Path: path, Name: name}
}

func csvUpload(t testing.TB, lines ...string) connectors.Upload {
	return upload(t, "list.csv", []byte(strings.Join(lines, "\n")+"\n"))
}

func rowsOf(t testing.TB, src connectors.Source, u connectors.Upload, l connectors.Layout) []connectors.ImportRow {
	t.Helper()
	var rows []connectors.ImportRow
	require.NoError(t, src.(connectors.Importer).Import(t.Context(), u, l, func(r connectors.ImportRow) error { rows = append(rows, r); return nil }))
	return rows
}

func inspect(t testing.TB, src connectors.Source, u connectors.Upload) connectors.Layout {
	t.Helper()
	l, err := src.(connectors.Importer).Inspect(t.Context(), u)
	require.NoError(t, err)
	return l
}

func parsed(t testing.TB, src connectors.Source, r connectors.ImportRow) lead.Draft {
	t.Helper()
	drafts, err := src.Parse(rawOf(r.Event))
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	return drafts[0]
}

func TestTheSameFileTwiceGivesTheSameEventsUnderAnyName(t *testing.T) {
	src := openWith(t, nil)
	content := []byte("姓名,手机\n林晓,13912341001\n周远,13912341002\n")
	one, two := upload(t, "list.csv", content), upload(t, "copy of list.csv", content)
	first, second := rowsOf(t, src, one, inspect(t, src, one)), rowsOf(t, src, two, inspect(t, src, two))
	require.Len(t, first, 2)
	for i := range first {
		require.Equal(t, first[i].Event.ID, second[i].Event.ID)
	}
	require.NotEqual(t, first[0].Event.ID, first[1].Event.ID)

	two.SHA256 = "0000000000000000000000000000000000000000000000000000000000000001"
	require.NotEqual(t, first[0].Event.ID, rowsOf(t, src, two, inspect(t, src, two))[0].Event.ID, "the hash that the hub gives is taken")
	changed := upload(t, "list.csv", append(content, "陈屿,13912341003\n"...))
	require.NotEqual(t, first[0].Event.ID, rowsOf(t, src, changed, inspect(t, src, changed))[0].Event.ID, "another content is another file")
}

func TestAMappingMadeAfterTheUploadMendsAWrongColumnByReplay(t *testing.T) {
	u := csvUpload(t, "姓名,联络,手机", "林晓,13912341001,home", "周远,13912341002,home", "陈屿,13912341003,home")
	before := openWith(t, nil)
	rows := rowsOf(t, before, u, inspect(t, before, u))
	after := openWith(t, map[string]string{"联络": lead.FieldWechat, "手机": lead.FieldTag, "姓名": lead.FieldCompany})
	d := parsed(t, after, rows[0])
	require.Equal(t, map[string][]string{lead.FieldCompany: {"林晓"}, lead.FieldWechat: {"13912341001"}, lead.FieldTag: {"home"}}, d.Fields)
}

func TestWhatAPersonChangedInTheLayoutIsWhatIsRead(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "姓名,备用,手机", "林晓,13912341001,13912341002")
	l := inspect(t, src, u)
	require.Equal(t, lead.FieldPhone, l.Sheets[0].Columns[1].Field)
	l.Sheets[0].Columns[1].Field, l.Sheets[0].Columns[1].How = "", "person"
	l.Sheets[0].Columns[2].Field, l.Sheets[0].Columns[2].How = connectors.FieldIgnore, "person"
	require.Equal(t, map[string][]string{lead.FieldName: {"林晓"}, "备用": {"13912341001"}}, parsed(t, src, rowsOf(t, src, u, l)[0]).Fields)
	l.Sheets[0].Skip = true
	require.Empty(t, rowsOf(t, src, u, l))
}

func TestHeadersThatAreNamesOfFieldsDoNotPassForThem(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "phone,consent", "13912341001,maybe")
	l := inspect(t, src, u)
	for i := range l.Sheets[0].Columns {
		l.Sheets[0].Columns[i].Field, l.Sheets[0].Columns[i].How = "", "person"
	}
	require.Equal(t, map[string][]string{"column A phone": {"13912341001"}, "column B consent": {"maybe"}}, parsed(t, src, rowsOf(t, src, u, l)[0]).Fields)
}

func TestARowWiderThanTheLayoutLosesNothing(t *testing.T) {
	src := openWith(t, nil)
	lines := []string{"姓名,手机"}
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("林%d,1391234%04d", i, i))
	}
	u := csvUpload(t, append(lines, "周远,13912349999,,还有这个")...)
	rows := rowsOf(t, src, u, inspect(t, src, u))
	require.Equal(t, []string{"还有这个"}, parsed(t, src, rows[300]).Fields["column D"])
}

func TestARowTooLargeForTheBrokerIsCutAndSaysSo(t *testing.T) {
	src := openWith(t, nil)
	header, wide := []string{"姓名", "手机"}, []string{"林晓", "13912341001"}
	for i := range 300 {
		header, wide = append(header, fmt.Sprintf("栏%d", i)), append(wide, strings.Repeat("长", 700))
	}
	u := csvUpload(t, strings.Join(header, ","), strings.Join(wide, ","), "周远,13912341002")
	rows := rowsOf(t, src, u, inspect(t, src, u))
	require.Len(t, rows, 2)
	require.Less(t, len(rows[0].Event.Body), 512<<10)
	d := parsed(t, src, rows[0])
	require.Equal(t, []string{"13912341001"}, d.Fields[lead.FieldPhone])
	require.True(t, strings.HasPrefix(d.First("栏299"), "长"))
	require.Contains(t, d.First("import_notes"), "cut")
	require.NotContains(t, parsed(t, src, rows[1]).Fields, "import_notes")
}

func TestAnErrorOfEmitStopsTheImport(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "姓名,手机", "林晓,13912341001", "周远,13912341002")
	full, n := errors.New("the broker is full"), 0
	err := src.(connectors.Importer).Import(t.Context(), u, inspect(t, src, u), func(connectors.ImportRow) error { n++; return full })
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, n)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, src.(connectors.Importer).Import(ctx, u, inspect(t, src, u), func(connectors.ImportRow) error { return nil }), context.Canceled)
}

func TestAFileThatEndsTooEarlyIsAnErrorOfTheImport(t *testing.T) {
	src := openWith(t, nil)
	whole, err := os.ReadFile(filepath.Join(workbooks, "inline_strings", "book.xlsx"))
	require.NoError(t, err)
	var rows strings.Builder
	for n := 2; n < 6000; n++ { // further than Inspect looks
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>林晓</t></is></c><c r="B%d"><v>1391234%04d</v></c></row>`, n, n, n, n)
	}
	cut := rezipped(t, whole, "xl/worksheets/sheet1.xml", func(xml string) string {
		head, _, _ := strings.Cut(xml, `<row r="2">`)
		return head + rows.String() + `<row r="6000"><c r="A6000"`
	})
	u := upload(t, "cut.xlsx", cut)
	l, n := inspect(t, src, u), 0
	err = src.(connectors.Importer).Import(t.Context(), u, l, func(connectors.ImportRow) error { n++; return nil })
	require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind, "%v", err)
	require.LessOrEqual(t, n, 5998)
}

// rezipped changes one part of a workbook.
func rezipped(t *testing.T, book []byte, part string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	require.NoError(t, err)
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		if f.Name == part {
			content = []byte(change(string(content)))
		}
		w, err := out.Create(f.Name)
		require.NoError(t, err)
		_, err = w.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, out.Close())
	return b.Bytes()
}

func TestWhatTheReaderHadToMendIsNotedInTheDraft(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "姓名,手机", "林晓,13912341001", `周"远,13912341002`, `陈屿,"13912341003`)
	rows := rowsOf(t, src, u, inspect(t, src, u))
	require.Len(t, rows, 3)
	require.NotContains(t, parsed(t, src, rows[0]).Fields, "import_notes")
	d := parsed(t, src, rows[2])
	require.Contains(t, d.First("import_notes"), "quotation mark")
}

func TestWhatTheReaderHasToSayIsSaidInBothLanguages(t *testing.T) {
	list := "姓名,手机\n林晓,13912341001\n"
	for code, c := range map[string]struct{ content, zh string }{
		"broken_encoding":  {strings.Repeat(list, 20) + "\xcf\xdf,13912341003\n", "第 41 行"},
		"broken_quote":     {list + "周远,\"13912341004\n", "第 3 行"},
		"nul_bytes":        {strings.Replace(list, "林", "\x00林", 1), "第 1 行"},
		"encoding_guessed": {"name,phone\nJos\xe9,13912341002\n", "已按 windows-1252 读取"},
		"name_disagrees":   {list, "已按实际内容读取"},
	} {
		name := "list.csv"
		if code == "name_disagrees" {
			name = "list.xlsx"
		}
		l := inspect(t, openWith(t, nil), upload(t, name, []byte(c.content)))
		i := slices.IndexFunc(l.Notices, func(n connectors.Notice) bool { return n.Code == code })
		require.GreaterOrEqual(t, i, 0, "%s: %v", code, l.Notices)
		require.Contains(t, l.Notices[i].Text.ZH, c.zh)
		require.NotRegexp(t, `[a-z]{2,} [a-z]{2,}`, l.Notices[i].Text.ZH)
	}
}

func TestTheFingerprintIsOfTheHeadersAlone(t *testing.T) {
	src := openWith(t, nil)
	print := func(lines ...string) string { return inspect(t, src, csvUpload(t, lines...)).Sheets[0].Fingerprint }
	one := print("姓名,手机(必填),公司", "林晓,13912341001,星河科技有限公司")
	require.NotEmpty(t, one)
	require.Equal(t, one, print("2026 名单,,", "姓名,手机,公司", "周远,13912341002,", "陈屿,13912341003,"))
	require.Equal(t, one, print("姓名,手机,公司,状态,线索编号,说明", "周远,13912341002,,拒收,,号码有误"), "our own columns do not count")
	require.NotEqual(t, one, print("姓名,手机,单位", "周远,13912341002,"))
	require.Empty(t, print("林晓,13912341001,星河科技有限公司", "周远,13912341002,远山贸易有限公司"))
}

func TestRowsAboveAHeaderAreNotTakenForTitlesWhenTheyHoldContacts(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "林晓,13912341001,北京", "姓名,手机,城市", "周远,13912341002,杭州")
	l := inspect(t, src, u)
	require.Zero(t, l.Sheets[0].HeaderRow)
	require.Equal(t, "header_below_rows", l.Notices[0].Code)
	rows := rowsOf(t, src, u, l)
	require.Len(t, rows, 3)
	want := map[string][]string{lead.FieldName: {"林晓"}, lead.FieldPhone: {"13912341001"}, lead.FieldCity: {"北京"}}
	require.Equal(t, want, parsed(t, src, rows[0]).Fields)
	_, err := src.Parse(rawOf(rows[1].Event))
	require.Equal(t, "no_lead", lead.AsError(err).Code)

	u = csvUpload(t, "填表人,林晓,,", "姓名,城市,手机,备注", "周远,杭州,13912341002,")
	require.Equal(t, 2, inspect(t, src, u).Sheets[0].HeaderRow)
}

func TestALongTextIsNotKeptByInspectAndNotCutByImport(t *testing.T) {
	src := openWith(t, nil)
	long := strings.Repeat("长", 5000)
	u := csvUpload(t, "姓名,手机,备注", "林晓,13912341001,"+long)
	l := inspect(t, src, u)
	for _, s := range append(l.Sheets[0].Sample, l.Sheets[0].Columns[2].Samples) {
		require.Less(t, len(strings.Join(s, "")), 600)
	}
	d := parsed(t, src, rowsOf(t, src, u, l)[0])
	require.Equal(t, long, d.First(lead.FieldMessage))
}

func TestInspectTellsTheSameEveryTime(t *testing.T) {
	for _, w := range openWorkbooks(t) {
		src := w.open(t)
		first, err := src.Inspect(t.Context(), w.upload)
		for range 3 {
			again, errAgain := src.Inspect(t.Context(), w.upload)
			require.Equal(t, first, again, w.dir)
			require.Equal(t, err == nil, errAgain == nil)
		}
	}
}

// drafts of a table written as CSV, by the row they came from; nil where a row is no lead.
func draftsOf(t *rapid.T, src connectors.Source, table [][]string) ([]*lead.Draft, error) {
	var b strings.Builder
	for _, row := range table {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	f, err := os.CreateTemp("", "excel-*.csv")
	require.NoError(t, err)
	defer os.Remove(f.Name())
	_, err = f.WriteString(b.String())
	require.NoError(t, err)
	require.NoError(t, f.Close())
	u := connectors.Upload{Path: f.Name(), Name: "list.csv"}
	l, err := src.(connectors.Importer).Inspect(context.Background(), u)
	if err != nil {
		return nil, err
	}
	var out []*lead.Draft
	err = src.(connectors.Importer).Import(context.Background(), u, l, func(r connectors.ImportRow) error {
		drafts, err := src.Parse(rawOf(r.Event))
		if err != nil {
			out = append(out, nil)
			return nil
		}
		out = append(out, &drafts[0])
		return nil
	})
	return out, err
}

func TestBlankRowsAndColumnsChangeNoDraft(t *testing.T) {
	src := openWith(t, nil)
	values := map[string]func(t *rapid.T) string{
		"姓名": func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"林晓", "周远", "陈屿", "何苗", "欧阳修文"}).Draw(t, "name")
		},
		"手机": func(t *rapid.T) string { return rapid.StringMatching(`139123[0-9]{5}`).Draw(t, "phone") },
		"公司": func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"星河科技有限公司", "远山贸易有限公司", ""}).Draw(t, "company")
		},
		"邮箱": func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"lin@xinghe.cn", "zhou@yuanshan.cn", ""}).Draw(t, "mail")
		},
		"登记日期": func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"3/4/2026", "25/3/2026", "2026-01-02"}).Draw(t, "date")
		},
		"丁栏": func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"高", "中", "1.38E+10", "#N/A"}).Draw(t, "other")
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		headers := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"姓名", "手机", "公司", "邮箱", "登记日期", "丁栏"}), 3, 6, rapid.ID).Draw(t, "headers")
		if !slices.Contains(headers, "手机") {
			headers = append(headers, "手机")
		}
		table := [][]string{headers}
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			row := make([]string, len(headers))
			for i, h := range headers {
				row[i] = values[h](t)
			}
			table = append(table, row)
		}
		plain, err := draftsOf(t, src, table)
		require.NoError(t, err)
		require.Len(t, plain, len(table)-1)

		spaced := make([][]string, 0, 2*len(table))
		column := rapid.IntRange(0, len(headers)).Draw(t, "column")
		for i, row := range table {
			for range rapid.IntRange(0, 2).Draw(t, "blank rows") {
				if i != 0 || len(spaced) < 5 {
					spaced = append(spaced, []string{" ", "\u00a0"})
				}
			}
			spaced = append(spaced, slices.Insert(slices.Clone(row), column, ""))
		}
		again, err := draftsOf(t, src, spaced)
		require.NoError(t, err)
		require.Len(t, again, len(plain))
		for i := range plain {
			require.Equal(t, plain[i], again[i], "row %d", i)
		}
	})
}

func TestARowThatIsNoRowIsRejected(t *testing.T) {
	src := openWith(t, nil)
	for body, code := range map[string]string{
		``: "bad_row", `[]`: "bad_row", `{"columns":1}`: "bad_row", `{}`: "no_lead", `{"columns":[]}`: "no_lead",
		`{"columns":[{"index":0,"header":"手机","field":"-","value":"x"}]}`: "no_lead",
	} {
		drafts, err := src.Parse(lead.Raw{Body: []byte(body)})
		require.Equal(t, code, lead.AsError(err).Code, body)
		require.Empty(t, drafts)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for name, value := range map[string]any{"hidden_rows": "maybe", "date_order": "yyy", "nonsense": 1} {
		_, err := excel.Connector{}.Spec().Check(lead.Source{Key: "x", Settings: map[string]any{name: value}})
		require.Equal(t, "bad_settings", lead.AsError(err).Code)
	}
}
