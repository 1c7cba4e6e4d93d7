package spreadsheet

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func webPageOf(table string) []byte {
	return []byte(`<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"><style>td{mso-number-format:"\@"}</style>` +
		`<!--[if gte mso 9]><xml><x:ExcelWorkbook/></xml><![endif]--></head><body>` + table + `</body></html>`)
}

func TestTheTablesOfAWebPageAreReadAsExcelShowsThem(t *testing.T) {
	for name, c := range map[string]struct {
		page string
		want [][]string
	}{
		"plain":                  {`<table><tr><th>姓名</th><th>手机</th></tr><tr><td>林晓</td><td>13912341001</td></tr></table>`, [][]string{{"姓名", "手机"}, {"林晓", "13912341001"}}},
		"end tags left out":      {`<table><tbody><tr><td>a<td>b<tr><td>c<td>d</table>`, [][]string{{"a", "b"}, {"c", "d"}}},
		"row tags left out":      {`<table><td>a<td>b</table>`, [][]string{{"a", "b"}}},
		"upper case, attributes": {`<TABLE BORDER=1><TR ALIGN='center'><TD class=x>a</TD></TR></TABLE>`, [][]string{{"a"}}},
		"entities":               {`<table><tr><td>A&amp;B&nbsp;&#x4E2D;&lt;i&gt;</td></tr></table>`, [][]string{{"A&B\u00a0中<i>"}}},
		"white space":            {"<table><tr><td>\n  林\t 晓 \n</td><td> <b>加</b> <i>粗</i></td></tr></table>", [][]string{{"林 晓", "加 粗"}}},
		"lines":                  {`<table><tr><td>a<br>b<br/> c<p>d</p></td></tr></table>`, [][]string{{"a\nb\nc\nd"}}},
		"columns spanned":        {`<table><tr><td colspan=2>a</td><td>b</td></tr></table>`, [][]string{{"a", "", "b"}}},
		"rows spanned":           {`<table><tr><td>a</td><td rowspan="2">b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr><tr><td>f</td><td>g</td></tr></table>`, [][]string{{"a", "b", "c"}, {"d", "", "e"}, {"f", "g"}}},
		"a table in a cell":      {`<table><tr><td>a<table><tr><td>b</td><td>c</td></tr><tr><td>d</td></tr></table>e</td><td>f</td></tr></table>`, [][]string{{"a\nb c\nde", "f"}}},
		"header in its own":      {`<table><tr><td>姓名</td></tr></table><div><table><tr><td>林晓</td></tr></table></div>`, [][]string{{"姓名"}, {"林晓"}}},
		"a number shown short":   {`<table><tr><td x:num="13800138000">1.38E+10</td><td x:num>5</td><td x:num="0.5">50%</td></tr></table>`, [][]string{{"13800138000", "5", "50%"}}},
		"digits kept by =":       {`<table><tr><td>="0755"</td></tr></table>`, [][]string{{"0755"}}},
		"scripts":                {`<table><tr><td>a<script>document.write("<td>b")</script></td></tr></table>`, [][]string{{"a"}}},
		"blank rows":             {`<table><tr><td> </td></tr><tr></tr><tr><td>a</td><td></td></tr></table>`, [][]string{{"a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, textsOf(mustRead(t, webPageOf(c.page))))
		})
	}
}

func textsOf(rows []Row) [][]string {
	var out [][]string
	for _, r := range rows {
		var texts []string
		for _, c := range r.Cells {
			texts = append(texts, c.Text)
		}
		out = append(out, texts)
	}
	return out
}

func TestRowsOfAWebPageKeepTheirNumbersAndAreHidden(t *testing.T) {
	rows := mustRead(t, webPageOf(`<table><tr><td>a</td></tr><tr></tr><tr style="height:1px; DISPLAY: none"><td>b</td></tr></table>`))
	require.Len(t, rows, 2)
	require.Equal(t, []int{1, 3}, []int{rows[0].Number, rows[1].Number})
	require.Equal(t, []bool{false, true}, []bool{rows[0].Hidden, rows[1].Hidden})
}

func TestAWebPageIsReadInWhateverItIsWritten(t *testing.T) {
	page := `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><table>` +
		strings.Repeat(`<tr><td>深圳市星河科技有限公司的联系人</td></tr>`, 3) + `</table></html>`
	for _, charset := range []string{"UTF-8", "GB18030", "Big5"} {
		text := page
		if charset == "Big5" {
			text = strings.NewReplacer("联", "聯", "系", "係", "的", "之", "有限公司", "股份有限公司").Replace(page)
		}
		f, err := openBytes(t, encode(t, charset, text), Options{Name: "list.xls"})
		require.NoError(t, err)
		require.Equal(t, HTML, f.Format())
		require.Equal(t, charset, f.Encoding(), "whatever the page says of itself")
		require.Equal(t, "name_disagrees", f.Notices()[len(f.Notices())-1].Code)
	}
}

func TestMergedCellsOfAWebPageAreRanges(t *testing.T) {
	f, err := openBytes(t, webPageOf(`<table><tr><td>x</td><td rowspan=3 colspan=2>a</td></tr><tr><td>b</td></tr><tr><td>c</td></tr></table>`), Options{})
	require.NoError(t, err)
	ranges, err := f.Merged(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, []Range{{FirstRow: 1, FirstColumn: 1, LastRow: 3, LastColumn: 2}}, ranges)
}
