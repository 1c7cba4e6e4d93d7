package spreadsheet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestACSVIsReadAsExcelWouldShowIt(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"plain":                       {"a,b\n1,2\n", []string{"a|b", "1|2"}},
		"no line end at the end":      {"a,b\n1,2", []string{"a|b", "1|2"}},
		"CRLF":                        {"a,b\r\n1,2\r\n", []string{"a|b", "1|2"}},
		"CR":                          {"a,b\r1,2\r", []string{"a|b", "1|2"}},
		"mixed line ends":             {"a,b\r\n1,2\n3,4\r5,6\r\n", []string{"a|b", "1|2", "3|4", "5|6"}},
		"quotes":                      {"\"a\",\"b, c\"\n\"x \"\"y\"\"\",z\n", []string{"a|b, c", `x "y"|z`}},
		"line ends in quotes":         {"a,\"b\r\nc\nd\"\n1,2\n", []string{"a|b\nc\nd", "1|2"}},
		"empty quotes":                {"\"\",a,\"\"\n", []string{"|a"}},
		"ragged rows":                 {"a,b,c\n1\n1,2,3,4,,\n", []string{"a|b|c", "1", "1|2|3|4"}},
		"blank lines":                 {"\n\na,b\n,,\n\n1,2\n\n", []string{"a|b", "1|2"}},
		"leading zeros stay":          {"phone,id\n0755,007\n", []string{"phone|id", "0755|007"}},
		"spaces stay":                 {" a , b\n", []string{" a | b"}},
		"quote inside of a field":     {"size,x\n5\" pipe,\"y\"\n2,3\n", []string{"size|x", `5" pipe|y`, "2|3"}},
		"semicolons":                  {"a;b\n1,5;2\n", []string{"a|b", "1,5|2"}},
		"tabs":                        {"a\tb\n1,5\t2\n", []string{"a|b", "1,5|2"}},
		"bars":                        {"a|b\n1|2\n", []string{"a|b", "1|2"}},
		"one column":                  {"phone\n13800138000\n", []string{"phone", "13800138000"}},
		"sep line":                    {"sep=;\r\na;b,c\r\n", []string{"a|b,c"}},
		"quoted sep line":             {"\"sep=|\"\na|b,c\n", []string{"a|b,c"}},
		"commas in quoted text":       {"a;b\n\"1,2,3,4\";x\n\"5,6,7,8\";y\n", []string{"a|b", "1,2,3,4|x", "5,6,7,8|y"}},
		"byte order mark":             {"\ufeffa,b\n", []string{"a|b"}},
		"byte order mark, then quote": {"\ufeff\"a\",b\n", []string{"a|b"}},
		"end mark of DOS":             {"a,b\n1,2\n\x1a", []string{"a|b", "1|2"}},
		"carriage return at the end":  {"a,b\r\n1,\"2\"\r", []string{"a|b", "1|2"}},
		"texts written as formulas":   {"a\n=\"0755\",\"=\"\"01\"\"\",=1+1,=\"\"\n", []string{"a", "0755|01|=1+1|"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, []byte(c.content))
			got := texts(rows)
			if name == "bars" {
				require.Equal(t, "1", rows[1].Cells[0].Text)
			}
			require.Equal(t, c.want, got)
			for _, r := range rows {
				require.Empty(t, r.Notices)
			}
		})
	}
}

func TestABrokenQuoteTakesNoRowsWithIt(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
		broken  []int // row numbers with a notice
	}{
		"never closed":                  {"a,b\n1,\"x\n2,y\n3,z\n", []string{"a|b", "1|\"x", "2|y", "3|z"}, []int{2}},
		"meets the next quoted field":   {"a,b,c\n1,\"x,9\n2,\"y\",8\n", []string{"a|b|c", "1|\"x|9", "2|y|8"}, []int{2}},
		"inner quotes not doubled":      {"a,b\n\"he said \"hello\" twice\",1\n2,3\n", []string{"a|b", `he said "hello" twice|1`, "2|3"}, []int{2}},
		"text behind the closing quote": {"a,b\n\"abc\"def,1\n2,3\n", []string{"a|b", `"abc"def|1`, "2|3"}, []int{2}},
		"text behind, then a field":     {"a,b\n\"abc\"def,\"ghi\"\n2,3\n", []string{"a|b", `"abc"def|ghi`, "2|3"}, []int{2}},
		"alone on a line":               {"a,b\n\"\n2,3\n", []string{"a|b", `"`, "2|3"}, []int{2}},
		"at the very end":               {"a,b\n2,\"", []string{"a|b", `2|"`}, []int{2}},
		"further than a cell may reach": {"a,b\n1,\"x\n" + strings.Repeat("22222222,y\n", 20_000) + "3,\"z\"\n", nil, []int{2}},
		"over more lines than a cell has": {"a,b\n1,\"x\n" + strings.Repeat("2,y\n", 1500) + "3\",z\n",
			append(append([]string{"a|b", "1|\"x"}, strings.Split(strings.Repeat("2|y ", 1500), " ")[:1500]...), `3"|z`), []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, []byte(c.content))
			if c.want != nil {
				require.Equal(t, c.want, texts(rows))
			} else {
				require.Len(t, rows, 20_003)
			}
			var broken []int
			for _, r := range rows {
				for _, n := range r.Notices {
					require.Equal(t, "broken_quote", n.Code)
					broken = append(broken, r.Number)
				}
			}
			require.Equal(t, c.broken, broken)
		})
	}
}

func TestRowNumbersCountRecordsAndLinesCountLines(t *testing.T) {
	rows := mustRead(t, []byte("sep=,\na,b\n\n\"1\n2\",x\r\n3,y\rlast,z"))
	require.Equal(t, []string{"a|b", "1\n2|x", "3|y", "last|z"}, texts(rows))
	got := [][2]int{}
	for _, r := range rows {
		got = append(got, [2]int{r.Number, r.Line})
	}
	require.Equal(t, [][2]int{{1, 2}, {3, 4}, {4, 6}, {5, 7}}, got)
}

func TestOneEndlessLineIsBounded(t *testing.T) {
	content := bytes.Repeat([]byte("x,"), 20<<20)
	_, err := read(t, content, Options{})
	require.Equal(t, "row_too_large", code(err))
	_, err = read(t, append([]byte("a,\""), bytes.Repeat([]byte("x"), 40<<20)...), Options{})
	require.Equal(t, "row_too_large", code(err))
	_, err = read(t, append([]byte("a,b\n"), bytes.Repeat([]byte("x,"), 600)...), Options{})
	require.Equal(t, "too_many_columns", code(err))
	_, err = read(t, append([]byte("a,b\n1"), bytes.Repeat([]byte(","), 100_000)...), Options{})
	require.NoError(t, err, "fields without a value do not count")
	_, err = read(t, append([]byte("a,b\n"), bytes.Repeat([]byte(","), 1_000_000)...), Options{})
	require.Equal(t, "too_many_columns", code(err))
}

const peopleCSV = "姓名,手机号,公司,备注\r\n王小明,13800001111,示例科技有限公司,想了解产品价格\r\n李雷,13900002222,上海测试贸易,请下午联系\r\n"
const peopleTraditional = "姓名,手機號碼,公司,備註\r\n陳大文,91234567,香港示例貿易有限公司,想了解產品價格\r\n張小姐,98765432,臺灣測試科技,請下午聯絡\r\n"

func TestTheEncodingIsFoundWithoutAsking(t *testing.T) {
	short := "姓名,电话\n张伟,13800001111\n"
	for name, c := range map[string]struct {
		content  []byte
		encoding string
		text     string
	}{
		"ASCII":                          {[]byte("a,b\n1,2\n"), "UTF-8", "a,b\n1,2\n"},
		"UTF-8":                          {[]byte(peopleCSV), "UTF-8", peopleCSV},
		"UTF-8 with a mark":              {[]byte("\ufeff" + peopleCSV), "UTF-8", peopleCSV},
		"UTF-16LE with a mark":           {append([]byte{0xff, 0xfe}, encode(t, "utf-16le", peopleCSV)...), "UTF-16LE", peopleCSV},
		"UTF-16BE with a mark":           {append([]byte{0xfe, 0xff}, encode(t, "utf-16be", peopleCSV)...), "UTF-16BE", peopleCSV},
		"UTF-16LE without":               {encode(t, "utf-16le", peopleCSV), "UTF-16LE", peopleCSV},
		"UTF-16BE without":               {encode(t, "utf-16be", peopleCSV), "UTF-16BE", peopleCSV},
		"GB18030":                        {encode(t, "gb18030", peopleCSV), "GB18030", peopleCSV},
		"GB18030, a few characters":      {encode(t, "gb18030", short), "GB18030", short},
		"GB18030, a name of two":         {encode(t, "gb18030", "name,phone\n王伟,13800001111\n"), "GB18030", "name,phone\n王伟,13800001111\n"},
		"GB18030 with rare characters":   {encode(t, "gb18030", peopleCSV+"㐂𠮷,1\n"), "GB18030", peopleCSV + "㐂𠮷,1\n"},
		"GB18030 of traditional text":    {encode(t, "gb18030", peopleTraditional), "GB18030", peopleTraditional},
		"Big5":                           {encode(t, "big5", peopleTraditional), "Big5", peopleTraditional},
		"Big5, a few characters":         {encode(t, "big5", "姓名,電話\n陳大文,91234567\n"), "Big5", "姓名,電話\n陳大文,91234567\n"},
		"windows-1252":                   {encode(t, "windows-1252", "name,city\nRené Müller,Zürich\nJosé,Málaga\n"), "windows-1252", "name,city\nRené Müller,Zürich\nJosé,Málaga\n"},
		"the first Chinese is far below": {encode(t, "gb18030", strings.Repeat("a,b\r\n", 100_000)+peopleCSV), "GB18030", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := openBytes(t, c.content, Options{})
			require.NoError(t, err)
			require.Equal(t, c.encoding, f.Encoding())
			rows, err := collect(f, 0)
			require.NoError(t, err)
			if c.text != "" {
				lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(c.text, "\r", ""), ",", "|")), "\n")
				require.Equal(t, lines, texts(rows))
			}
			for _, r := range rows {
				require.Empty(t, r.Notices)
			}
		})
	}
}

func TestADamagedCharacterDoesNotChangeTheEncoding(t *testing.T) {
	for _, broken := range []string{"李\xe9\x9b", "李\xff", "李\xff\xfe\xfd", "李\x80\x80\x80\x80"} {
		expectOneDamagedRow(t, strings.Replace(strings.Repeat(peopleCSV, 10), "李雷", broken, 1))
	}
}

func expectOneDamagedRow(t *testing.T, content string) {
	rows := mustRead(t, []byte(content))
	damaged := 0
	for _, r := range rows {
		if len(r.Notices) > 0 {
			require.Equal(t, "broken_encoding", r.Notices[0].Code)
			require.Equal(t, "李\uFFFD", r.Cells[0].Text)
			damaged++
		}
	}
	require.Equal(t, 1, damaged)
}

func TestAPersonMayOverruleTheGuess(t *testing.T) {
	f, err := openBytes(t, encode(t, "big5", "姓名;電話\n"), Options{Encoding: "big5", Delimiter: ','})
	require.NoError(t, err)
	rows, err := collect(f, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"姓名;電話"}, texts(rows))
	require.Equal(t, ',', f.Delimiter())

	for _, name := range []string{"utf-8", "UTF-16LE"} {
		f, err = openBytes(t, encode(t, name, "\ufeff姓名"), Options{Encoding: name})
		require.NoError(t, err)
		require.Equal(t, strings.ToUpper(name), f.Encoding())
		rows, err = collect(f, 0)
		require.NoError(t, err)
		require.Equal(t, []string{"姓名"}, texts(rows), "without its byte order mark")
	}
	_, err = openBytes(t, []byte("a"), Options{Encoding: "klingon"})
	require.Equal(t, "unknown_encoding", code(err))
	_, err = openBytes(t, []byte("a"), Options{Delimiter: '，'})
	require.Equal(t, "bad_delimiter", code(err))
}

func TestNULBytesAreDroppedAndSaid(t *testing.T) {
	rows := mustRead(t, []byte("a,b\n1\x00\x00,2\n"))
	require.Equal(t, []string{"a|b", "1|2"}, texts(rows))
	require.Equal(t, "nul_bytes", rows[0].Notices[0].Code)
}

func TestTheFormatFollowsTheDelimiter(t *testing.T) {
	f, err := openBytes(t, []byte("a\tb\n"), Options{Name: "x.tsv"})
	require.NoError(t, err)
	require.Equal(t, TSV, f.Format())
	require.Equal(t, []Sheet{{}}, f.Sheets())
	require.Empty(t, f.Notices())
	merged, err := f.Merged(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, merged)
}

// A table that is quoted by the rules comes back, in every encoding, with every delimiter and line end, however the reads fall.
func TestACSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		encoding := rapid.SampledFrom([]string{"utf-8", "utf-16le", "utf-16be", "gb18030", "big5"}).Draw(r, "encoding")
		delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(r, "delimiter")
		lineEnd := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "line end")
		field := rapid.StringMatching(`[一有人我中大為上的客戶,;|"a-z0-9 \n]{0,12}[是一人0-9]`) // characters that every one of the encodings has
		rows := rapid.SliceOfN(rapid.SliceOfN(field, 3, 3), 1, 30).Draw(r, "rows")
		var text strings.Builder
		for _, row := range rows {
			for i, f := range row {
				if i > 0 {
					text.WriteString(delimiter)
				}
				text.WriteString(`"` + strings.ReplaceAll(f, `"`, `""`) + `"`)
			}
			text.WriteString(lineEnd)
		}
		content := encode(t, encoding, text.String())
		f, err := openBytes(t, content, Options{Encoding: encoding, Delimiter: rune(delimiter[0])})
		require.NoError(t, err)
		got, err := collect(f, 0)
		require.NoError(t, err)
		require.Len(t, got, len(rows))
		for i, row := range rows {
			require.Empty(t, got[i].Notices)
			for j, want := range row {
				require.Equal(t, want, got[i].Cells[j].Text, fmt.Sprint(i, j))
			}
		}
	})
}
