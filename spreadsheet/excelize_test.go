package spreadsheet

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// Any table that excelize writes is read here as excelize itself reads it, and as it was meant.
func TestATableThatExcelizeWritesIsReadTheSame(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		type value struct {
			text string // as excelize has it, raw
			kind Kind
			at   time.Time
		}
		rows, columns := rapid.IntRange(1, 20).Draw(r, "rows"), rapid.IntRange(1, 30).Draw(r, "columns")
		streamed := rapid.Bool().Draw(r, "streamed") // inline strings, else shared ones
		x := excelize.NewFile()
		dated, err := x.NewStyle(&excelize.Style{NumFmt: 22})
		require.NoError(t, err)
		var stream *excelize.StreamWriter
		if streamed {
			stream, err = x.NewStreamWriter("Sheet1")
			require.NoError(t, err)
		}
		want := map[[2]int]value{}
		for row := 1; row <= rows; row++ {
			line := make([]any, columns)
			for column := range columns {
				at := [2]int{row, column}
				switch rapid.IntRange(0, 5).Draw(r, "kind") {
				case 0:
					s := rapid.StringMatching(`[ -~一-龥😀\n\t&<>"_x0-9A-F]{1,20}`).Draw(r, "text")
					line[column], want[at] = s, value{text: s, kind: Text}
				case 1:
					n := rapid.Float64Range(-1e15, 1e15).Draw(r, "number")
					line[column], want[at] = n, value{kind: Number, text: strconv.FormatFloat(n, 'f', -1, 64)}
				case 2:
					n := rapid.Int64Range(0, 99_999_999_999).Draw(r, "integer")
					line[column], want[at] = n, value{kind: Number, text: strconv.FormatInt(n, 10)}
				case 3:
					line[column], want[at] = true, value{kind: Bool, text: "TRUE"}
				case 4:
					date := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 8_000_000_000).Draw(r, "seconds")) * time.Second)
					line[column], want[at] = excelize.Cell{StyleID: dated, Value: date}, value{kind: Date, at: date}
				}
			}
			if streamed {
				require.NoError(t, stream.SetRow(fmt.Sprint("A", row), line))
				continue
			}
			for column, v := range line {
				if v == nil {
					continue
				}
				if c, ok := v.(excelize.Cell); ok {
					require.NoError(t, x.SetCellValue("Sheet1", cellName(row, column), c.Value))
					require.NoError(t, x.SetCellStyle("Sheet1", cellName(row, column), cellName(row, column), c.StyleID))
					continue
				}
				require.NoError(t, x.SetCellValue("Sheet1", cellName(row, column), v))
			}
		}
		if streamed {
			require.NoError(t, stream.Flush())
		}
		var out bytes.Buffer
		require.NoError(t, x.Write(&out))

		got := map[[2]int]Cell{}
		for _, row := range mustRead(t, out.Bytes()) {
			for column, c := range row.Cells {
				if c.Kind != Blank {
					got[[2]int{row.Number, column}] = c
				}
			}
		}
		back, err := excelize.OpenReader(bytes.NewReader(out.Bytes()), excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for at, w := range want {
			c := got[at]
			require.Equal(t, w.kind, c.Kind, at)
			theirs, err := back.GetCellValue("Sheet1", cellName(at[0], at[1]))
			require.NoError(t, err)
			switch w.kind {
			case Date:
				require.WithinDuration(t, w.at, c.Time, time.Millisecond)
				require.Equal(t, theirs, c.Text)
			case Bool:
				require.Equal(t, w.text, c.Text)
			case Number:
				require.Equal(t, theirs, c.Text)
				n, err := strconv.ParseFloat(w.text, 64)
				require.NoError(t, err)
				require.InDelta(t, n, c.Number, 1e-9*max(1, n, -n))
			default:
				require.Equal(t, w.text, c.Text)
			}
		}
	})
}

func TestTheBenchmarksFileIsReadAsExcelizeReadsIt(t *testing.T) {
	path := t.TempDir() + "/bench.xlsx"
	writeBenchWorkbook(t, path, 300)
	x, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	want, err := x.GetRows("线索")
	require.NoError(t, err)
	f, err := Open(path, Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := collect(f, 0)
	require.NoError(t, err)
	require.Len(t, rows, len(want))
	for i, r := range rows {
		got := make([]string, len(r.Cells))
		for j, c := range r.Cells {
			got[j] = c.Text
		}
		require.Equal(t, want[i], got)
		require.Equal(t, Date, r.Cells[11].Kind)
	}
}
