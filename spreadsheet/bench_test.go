package spreadsheet

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// benchRows is 20,000 unless LEADHUB_SPREADSHEET_ROWS says another number.
func benchRows(t testing.TB) int {
	rows := 20_000
	if s := os.Getenv("LEADHUB_SPREADSHEET_ROWS"); s != "" {
		var err error
		rows, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	return rows
}

// benchRow is row n of a list of leads: 12 columns, of which 4 hold texts that do not repeat, one is a number and one a date.
func benchRow(n int) (texts [10]string, number int, date float64) {
	return [10]string{
		fmt.Sprintf("王小明%d", n%20_000), fmt.Sprintf("1%010d", 3_800_000_000+n), fmt.Sprintf("wx_%d", n*7919), fmt.Sprintf("lead%d@example.com", n),
		fmt.Sprintf("示例科技第%d有限公司", n%100_000), fmt.Sprintf("城市%d", n%300), fmt.Sprintf("经理%d", n%50), fmt.Sprintf("展会%d", n%20),
		fmt.Sprintf("咨询第 %d 号产品的价格", n), fmt.Sprintf("销售%d", n%30),
	}, n % 100_000, 45292 + float64(n%86400)/86400
}

// writeBenchWorkbook writes a workbook the way Excel does, with shared strings numbered in the order in which they appear.
func writeBenchWorkbook(t testing.TB, path string, rows int) {
	file, err := os.Create(path)
	require.NoError(t, err)
	zw := zip.NewWriter(file)
	for _, e := range workbookOf("").styled("General", `yyyy\-mm\-dd hh:mm`).with("xl/worksheets/sheet1.xml", "") {
		if e[0] != "xl/worksheets/sheet1.xml" {
			w, err := zw.Create(e[0])
			require.NoError(t, err)
			_, err = io.WriteString(w, e[1])
			require.NoError(t, err)
		}
	}
	list, err := os.CreateTemp(t.TempDir(), "sst")
	require.NoError(t, err)
	shared := bufio.NewWriter(list)
	sheet, err := zw.Create("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	w := bufio.NewWriter(sheet)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\r\n"+`<worksheet %s><dimension ref="A1:L%d"/><sheetData>`, nsMain, rows)
	repeated, count := map[string]int{}, 0
	unique := map[int]bool{1: true, 2: true, 3: true, 8: true}
	for n := range rows {
		fmt.Fprintf(w, `<row r="%d" spans="1:12">`, n+1)
		texts, number, date := benchRow(n)
		for i, text := range texts {
			index, known := repeated[text]
			if unique[i] || !known {
				index = count
				fmt.Fprintf(shared, "<si><t>%s</t></si>", text)
				if count++; !unique[i] {
					repeated[text] = index
				}
			}
			fmt.Fprintf(w, `<c r="%s" t="s"><v>%d</v></c>`, cellName(n+1, i), index)
		}
		fmt.Fprintf(w, `<c r="K%d"><v>%d</v></c><c r="L%d" s="1"><v>%v</v></c></row>`, n+1, number, n+1, date)
	}
	fmt.Fprint(w, `</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>`)
	require.NoError(t, w.Flush())
	require.NoError(t, shared.Flush())
	_, err = list.Seek(0, io.SeekStart)
	require.NoError(t, err)
	sst, err := zw.Create("xl/sharedStrings.xml")
	require.NoError(t, err)
	_, err = io.Copy(sst, io.MultiReader(strings.NewReader(fmt.Sprintf(`<sst %s uniqueCount="%d">`, nsMain, count)), list, strings.NewReader(`</sst>`)))
	require.NoError(t, err)
	require.NoError(t, list.Close())
	require.NoError(t, zw.Close())
	require.NoError(t, file.Close())
}

// BenchmarkWorkbook reads one file with this package and with excelize's streaming iterator. Peak memory is the process's, so run one at a time for it:
//
//	LEADHUB_SPREADSHEET_ROWS=1000000 go test ./spreadsheet -run '^$' -bench Workbook/leadhub -benchtime 1x
func BenchmarkWorkbook(b *testing.B) {
	rows := benchRows(b)
	path := filepath.Join(b.TempDir(), "bench.xlsx")
	writeBenchWorkbook(b, path, rows)
	b.Run("leadhub", func(b *testing.B) {
		for b.Loop() {
			f, err := Open(path, Options{TempDir: b.TempDir()})
			require.NoError(b, err)
			countRows(b, f, rows)
			require.NoError(b, f.Close())
		}
		report(b, rows)
	})
	b.Run("excelize", func(b *testing.B) {
		for b.Loop() {
			f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true, TmpDir: b.TempDir()})
			require.NoError(b, err)
			iterator, err := f.Rows("线索")
			require.NoError(b, err)
			n := 0
			for iterator.Next() {
				cells, err := iterator.Columns()
				require.NoError(b, err)
				require.Len(b, cells, 12)
				n++
			}
			require.NoError(b, iterator.Close())
			require.NoError(b, f.Close())
			require.Equal(b, rows, n)
		}
		report(b, rows)
	})
}

// BenchmarkCSV reads the same rows from a CSV, in UTF-8 and GB18030, and with encoding/csv.
func BenchmarkCSV(b *testing.B) {
	rows := benchRows(b)
	paths := map[string]string{}
	for name, encoder := range map[string]*encoding.Encoder{"UTF-8": encoding.Nop.NewEncoder(), "GB18030": simplifiedchinese.GB18030.NewEncoder()} {
		paths[name] = filepath.Join(b.TempDir(), name+".csv")
		file, err := os.Create(paths[name])
		require.NoError(b, err)
		w := bufio.NewWriter(encoder.Writer(file))
		for n := range rows {
			texts, number, date := benchRow(n)
			fmt.Fprintf(w, "%s,%d,%v\r\n", strings.Join(texts[:], ","), number, date)
		}
		require.NoError(b, w.Flush())
		require.NoError(b, file.Close())
	}
	for name, path := range paths {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f, err := Open(path, Options{})
				require.NoError(b, err)
				require.Equal(b, name, f.Encoding())
				countRows(b, f, rows)
				require.NoError(b, f.Close())
			}
			report(b, rows)
		})
	}
	b.Run("encoding-csv", func(b *testing.B) {
		for b.Loop() {
			file, err := os.Open(paths["UTF-8"])
			require.NoError(b, err)
			r := csv.NewReader(bufio.NewReaderSize(file, 128<<10))
			r.ReuseRecord = true
			n := 0
			for {
				_, err := r.Read()
				if errors.Is(err, io.EOF) {
					break
				}
				n++
			}
			require.Equal(b, rows, n)
			require.NoError(b, file.Close())
		}
		report(b, rows)
	})
}

// BenchmarkWriter writes the same rows as a result workbook.
func BenchmarkWriter(b *testing.B) {
	rows := benchRows(b)
	columns := make([]Column, 10)
	for i := range columns {
		columns[i].Header = "列" + itoa(i)
	}
	for b.Loop() {
		w, err := NewWriter(io.Discard, "结果", columns, b.TempDir())
		require.NoError(b, err)
		for n := range rows {
			texts, _, _ := benchRow(n)
			require.NoError(b, w.Write(texts[:]))
		}
		require.NoError(b, w.Close())
	}
	report(b, rows)
}

func countRows(b *testing.B, f *File, want int) {
	rows, err := f.Rows(context.Background(), 0)
	require.NoError(b, err)
	n := 0
	for rows.Next() {
		if len(rows.Row().Cells) != 12 {
			b.Fatal("a row has not 12 cells")
		}
		n++
	}
	require.NoError(b, rows.Err())
	require.NoError(b, rows.Close())
	require.Equal(b, want, n)
}

func report(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // not Linux
	}
	if _, after, found := strings.Cut(string(status), "VmHWM:"); found {
		kb, err := strconv.Atoi(strings.Fields(after)[0])
		require.NoError(b, err)
		b.ReportMetric(float64(kb)/1024, "peak-MB")
	}
}
