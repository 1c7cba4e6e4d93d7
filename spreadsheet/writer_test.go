package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func TestAWrittenWorkbookComesBackAsItWas(t *testing.T) {
	rows := [][]string{{"0755-1234567", "+8613800001111", "=HYPERLINK(\"http://x\")"}, {"", "110101199003075123", "a<b>&\"c\"\r\n_x000D_ 😀  "}, {"x"}}
	var out bytes.Buffer
	w, err := NewWriter(&out, "结果", []Column{{Header: "电话", Width: 20}, {Header: "手机"}, {Header: "说明"}}, t.TempDir())
	require.NoError(t, err)
	for _, r := range rows {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Close())

	f, err := openBytes(t, out.Bytes(), Options{})
	require.NoError(t, err)
	require.Equal(t, []Sheet{{0, "结果", false}}, f.Sheets())
	got, err := collect(f, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"电话|手机|说明", strings.Join(rows[0], "|"), strings.Join(rows[1], "|"), "x"}, texts(got))
	for _, r := range got {
		for _, c := range r.Cells {
			if c.Kind != Blank {
				require.Equal(t, Text, c.Kind)
				require.False(t, c.Formula)
				require.Equal(t, "@", c.Format)
			}
		}
	}
	x, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	panes, err := x.GetPanes("结果")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	formula, err := x.GetCellFormula("结果", "C2")
	require.NoError(t, err)
	require.Empty(t, formula)
}

func TestAFullSheetIsContinuedOnTheNext(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, "结果", []Column{{Header: "h"}}, t.TempDir())
	require.NoError(t, err)
	require.NoError(t, w.Write([]string{"first"}))
	w.row = maxSheetRows // as if it were full
	require.NoError(t, w.Write([]string{"second"}))
	require.NoError(t, w.Close())
	f, err := openBytes(t, out.Bytes(), Options{})
	require.NoError(t, err)
	require.Equal(t, []Sheet{{0, "结果", false}, {1, "结果 (2)", false}}, f.Sheets())
	for sheet, want := range []string{"first", "second"} {
		rows, err := collect(f, sheet)
		require.NoError(t, err)
		require.Equal(t, []string{"h", want}, texts(rows))
	}
}

func TestATextThatExcelWouldCutIsNotWritten(t *testing.T) {
	w, err := NewWriter(&bytes.Buffer{}, "x", []Column{{Header: "h"}}, t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "text_too_long", code(w.Write([]string{strings.Repeat("长", 32_768)})))
	require.NoError(t, w.Write([]string{strings.Repeat("长", 32_767)}))
	require.NoError(t, w.Close())
}

func TestAWrittenCSVRunsNoFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+8613800001111": "'+8613800001111", "-1+cmd|' /C calc'!A0": "'-1+cmd|' /C calc'!A0", "@SUM(A1)": "'@SUM(A1)",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "\t=1": "'\t=1", "\rx": "'\rx", "\nx": "'\nx", "  =1": "'  =1", "\u200b=1": "'\u200b=1", "\u00a0=1": "'\u00a0=1",
		"-": "'-", "-1-1": "'-1-1", "-1.": "'-1.", "": "", "-12": "-12", "-12.50": "-12.50", "a=b": "a=b", "1+1": "1+1", "王": "王", "'x": "'x", " a": " a",
	} {
		require.Equal(t, want, disarm(text), "%q", text)
	}
	var out bytes.Buffer
	w := NewCSVWriter(&out)
	require.NoError(t, w.Write([]string{"姓名", "备注"}))
	require.NoError(t, w.Write([]string{"=1", "a,\"b\"\nc"}))
	require.NoError(t, w.Flush())
	require.Equal(t, "\ufeff姓名,备注\r\n'=1,\"a,\"\"b\"\"\r\nc\"\r\n", out.String())
}

func TestNothingWrittenToACSVBeginsAFormula(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		row := rapid.SliceOfN(rapid.String(), 1, 5).Draw(r, "row")
		var out bytes.Buffer
		w := NewCSVWriter(&out)
		require.NoError(t, w.Write(row))
		require.NoError(t, w.Flush())
		got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).Read()
		if len(row) == 1 && row[0] == "" {
			return // a blank line
		}
		require.NoError(t, err)
		for _, text := range got {
			trimmed := strings.TrimSpace(text)
			if trimmed != "" && strings.ContainsAny(trimmed[:1], "=+@") {
				require.Fail(t, text)
			}
		}
	})
}

func TestATemplateCanBeFilledInAndRead(t *testing.T) {
	columns := []TemplateColumn{
		{Header: "姓名", Example: "王小明", Required: true},
		{Header: "手机号", Example: "13800001111", Required: true, Note: "11 位手机号，可带区号"},
		{Header: "来源", Example: "展会", Options: []string{"展会", "官网, 价格页", strings.Repeat("很长的选项", 60)}, Note: strings.Repeat("说明", 200)},
	}
	for lang, names := range map[string][]string{"zh": {"数据", "选项", "填写说明"}, "en": {"Data", "Options", "How to fill in"}, "fr": {"Data", "Options", "How to fill in"}} {
		var out bytes.Buffer
		require.NoError(t, WriteTemplate(&out, lang, columns))
		f, err := openBytes(t, out.Bytes(), Options{})
		require.NoError(t, err)
		require.Equal(t, []Sheet{{0, names[0], false}, {1, names[1], true}, {2, names[2], false}}, f.Sheets())
		rows, err := collect(f, 0)
		require.NoError(t, err)
		require.Equal(t, []string{"姓名|手机号|来源", "王小明|13800001111|展会"}, texts(rows))
		require.Equal(t, "@", rows[1].Cells[1].Format)
		notes, err := collect(f, 2)
		require.NoError(t, err)
		require.Len(t, notes, 2+len(columns))

		x, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		rules, err := x.GetDataValidations(names[0])
		require.NoError(t, err)
		require.Len(t, rules, 2)
		require.Equal(t, "'"+names[1]+"'!$C$1:$C$3", rules[1].Formula1)
		style, err := x.GetColStyle(names[0], "B")
		require.NoError(t, err)
		column, err := x.GetStyle(style)
		require.NoError(t, err)
		require.Equal(t, textFormat, column.NumFmt, "what people type into the column is text")
	}
}

func TestACellPrintsAsAPersonSeesIt(t *testing.T) {
	for want, c := range map[string]Cell{
		"1.3800138E+10":       {Kind: Number, Text: "1.3800138E+10", Number: 1.3800138e10},
		"2024-01-31":          {Kind: Date, Text: "45322", Number: 45322, Time: time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)},
		"2024-01-31 15:04:05": {Kind: Date, Text: "45322.6", Number: 45322.6, Time: time.Date(2024, 1, 31, 15, 4, 5, 0, time.UTC)},
		"06:00:00":            {Kind: Date, Text: "0.25", Number: 0.25, Time: time.Date(1899, 12, 31, 6, 0, 0, 0, time.UTC)},
		"TRUE":                {Kind: Bool, Text: "TRUE", Number: 1},
		"":                    {},
	} {
		require.Equal(t, want, c.String())
	}
}
