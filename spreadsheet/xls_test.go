package spreadsheet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testdata/leads.xls and dates1904.xls are made by xlwt 1.3.
func TestAnOldWorkbookIsReadLikeANewOne(t *testing.T) {
	content, err := os.ReadFile("testdata/leads.xls")
	require.NoError(t, err)
	f, err := openBytes(t, content, Options{Name: "leads.xls"})
	require.NoError(t, err)
	require.Equal(t, XLS, f.Format())
	require.Empty(t, f.Notices())
	require.Equal(t, []Sheet{{0, "线索", false}, {1, "hidden", true}}, f.Sheets())

	rows, err := collect(f, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"客户名单", "姓名|手机号|日期|金额|备注", "王小明|13800001111|45322|12.34|René <a&b>", "李雷|013900002222|45322.62783564815|-1.5|TRUE",
		"|1|2|3", "#N/A", "粗体 普通"}, texts(rows))
	numbers := []int{}
	for _, r := range rows {
		require.Equal(t, r.Number == 4, r.Hidden)
		numbers = append(numbers, r.Number)
	}
	require.Equal(t, []int{1, 2, 3, 4, 6, 7, 8}, numbers)
	require.Equal(t, []Kind{Text, Number, Date, Number, Text}, kinds(rows[2]))
	require.Equal(t, 13800001111.0, rows[2].Cells[1].Number)
	require.Equal(t, time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), rows[2].Cells[2].Time)
	require.Equal(t, `yyyy"年"m"月"d"日"`, rows[2].Cells[2].Format)
	require.Equal(t, []Kind{Text, Text, Date, Number, Bool}, kinds(rows[3]))
	require.Equal(t, time.Date(2024, 1, 31, 15, 4, 5, 0, time.UTC), rows[3].Cells[2].Time)
	require.Equal(t, []Kind{Blank, Number, Number, Number}, kinds(rows[4]), "xlwt writes formulas as if they came to an empty text")
	require.Equal(t, Error, rows[5].Cells[0].Kind)

	merged, err := f.Merged(context.Background(), 0)
	require.NoError(t, err)
	require.Equal(t, []Range{{1, 0, 1, 3}}, merged)

	rows, err = collect(f, 1)
	require.NoError(t, err)
	require.Len(t, rows, 250, "the texts fill more than one record")
	for i, r := range rows {
		require.Equal(t, fmt.Sprintf("第%d号客户😀 %s", i, strings.Repeat("很长", i%7)), r.Cells[0].Text)
		require.Equal(t, fmt.Sprintf("latin %d %s", i, strings.Repeat("x", i%31)), r.Cells[1].Text)
	}
}

func TestAnOldWorkbookOf1904CountsFromThere(t *testing.T) {
	content, err := os.ReadFile("testdata/dates1904.xls")
	require.NoError(t, err)
	require.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), mustRead(t, content)[0].Cells[0].Time)
}

func TestNoPrefixOfAnOldWorkbookIsTakenForTheWhole(t *testing.T) {
	content, err := os.ReadFile("testdata/leads.xls")
	require.NoError(t, err)
	end := len(bytes.TrimRight(content, "\x00"))
	whole := len(mustRead(t, content))
	for n := 512; n < end; n += 487 {
		rows, err := read(t, content[:n], Options{})
		if err == nil { // what is missing was no part of the sheet
			require.Len(t, rows, whole)
		}
	}
	_, err = read(t, content[:len(content)/2], Options{})
	require.NotEmpty(t, code(err))
}

// biff writes records: an id, and values of which ints are two bytes, uint32 four, bytes one.
func biff(id int, values ...any) []byte {
	var body []byte
	for _, v := range values {
		switch v := v.(type) {
		case int:
			body = binary.LittleEndian.AppendUint16(body, uint16(v))
		case uint32:
			body = binary.LittleEndian.AppendUint32(body, v)
		case byte:
			body = append(body, v)
		case float64:
			body = binary.LittleEndian.AppendUint64(body, math.Float64bits(v))
		case string:
			body = append(body, v...)
		}
	}
	out := binary.LittleEndian.AppendUint16(nil, uint16(id))
	return append(binary.LittleEndian.AppendUint16(out, uint16(len(body))), body...)
}

// recordsOf makes the stream of a workbook of one sheet, of the records of its globals and its cells.
func recordsOf(globals, cells [][]byte) []byte {
	head := append(biff(recordBOF, 0x0600, 5), bytes.Join(globals, nil)...)
	bound := func(offset int) []byte {
		return biff(recordBoundSheet, uint32(offset), byte(0), byte(0), byte(1), byte(0), "s")
	}
	offset := len(head) + len(bound(0)) + len(biff(recordEOF))
	head = append(append(head, bound(offset)...), biff(recordEOF)...)
	return append(append(append(head, biff(recordBOF, 0x0600, 0x10)...), bytes.Join(cells, nil)...), biff(recordEOF)...)
}

func readRecords(stream []byte, l Limits) ([]Row, error) {
	b, err := openRecords(func() (io.ReadSeeker, error) { return bytes.NewReader(stream), nil }, Options{Limits: l.withDefaults()})
	if err != nil {
		return nil, err
	}
	f := &File{book: b, limits: b.limits}
	rows, err := collect(f, 0)
	if _, mergedErr := f.Merged(context.Background(), 0); err == nil {
		err = mergedErr
	}
	if closed := b.close(); err == nil {
		err = closed
	}
	return rows, err
}

func TestEveryRecordOfACellIsUnderstood(t *testing.T) {
	special := func(b ...byte) string { return string(b) + "\xff\xff" }
	for name, c := range map[string]struct {
		records [][]byte
		want    Cell
	}{
		"RK integer":          {[][]byte{biff(recordRK, 0, 0, 0, uint32(7<<2|2))}, Cell{Kind: Number, Text: "7", Number: 7}},
		"RK hundredths":       {[][]byte{biff(recordRK, 0, 0, 0, uint32(1234<<2|3))}, Cell{Kind: Number, Text: "12.34", Number: 12.34}},
		"RK negative":         {[][]byte{biff(recordRK, 0, 0, 0, uint32(0xFFFFFFFC|2))}, Cell{Kind: Number, Text: "-1", Number: -1}},
		"RK float":            {[][]byte{biff(recordRK, 0, 0, 0, uint32(math.Float64bits(1.5)>>32))}, Cell{Kind: Number, Text: "1.5", Number: 1.5}},
		"eleven digits":       {[][]byte{biff(recordNumber, 0, 0, 0, 13800001111.0)}, Cell{Kind: Number, Text: "13800001111", Number: 13800001111}},
		"label, narrow":       {[][]byte{biff(recordLabel, 0, 0, 0, 2, byte(0), "a\xe9")}, Cell{Kind: Text, Text: "aé"}},
		"label, wide":         {[][]byte{biff(recordLabel, 0, 0, 0, 1, byte(1), 0x738B)}, Cell{Kind: Text, Text: "王"}},
		"error":               {[][]byte{biff(recordBoolErr, 0, 0, 0, byte(0x2A), byte(1))}, Cell{Kind: Error, Text: "#N/A"}},
		"unknown error":       {[][]byte{biff(recordBoolErr, 0, 0, 0, byte(0x99), byte(1))}, Cell{Kind: Error, Text: "#ERR!"}},
		"formula, number":     {[][]byte{biff(recordFormula, 0, 0, 0, 2.5, 0)}, Cell{Kind: Number, Text: "2.5", Number: 2.5, Formula: true}},
		"formula, true":       {[][]byte{biff(recordFormula, 0, 0, 0, special(1, 0, 1, 0, 0, 0), 0)}, Cell{Kind: Bool, Text: "TRUE", Number: 1, Formula: true}},
		"formula, error":      {[][]byte{biff(recordFormula, 0, 0, 0, special(2, 0, 7, 0, 0, 0), 0)}, Cell{Kind: Error, Text: "#DIV/0!", Formula: true}},
		"formula, text":       {[][]byte{biff(recordFormula, 0, 0, 0, special(0, 0, 0, 0, 0, 0), 0), biff(0x04BC, "shared"), biff(recordString, 2, byte(1), 0x738B, 0x4F1F)}, Cell{Kind: Text, Text: "王伟", Formula: true}},
		"formula, no result":  {[][]byte{biff(recordFormula, 0, 0, 0, 0.0, 2)}, Cell{Kind: Uncomputed, Formula: true}},
		"chart in the middle": {[][]byte{biff(recordBOF, 0x0600, 0x20), biff(recordNumber, 0, 0, 0, 1.0), biff(recordEOF), biff(recordNumber, 0, 0, 0, 2.0)}, Cell{Kind: Number, Text: "2", Number: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := readRecords(recordsOf(nil, c.records), Limits{})
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, []Cell{c.want}, rows[0].Cells)
		})
	}
}

func TestATextMayBeContinuedAnywhere(t *testing.T) {
	sst := [][]byte{
		biff(recordSST, uint32(4), uint32(4), 5, byte(0), "ab"), // narrow, continued wide
		biff(recordContinue, byte(1), 0x738B, 0x4F1F, 0x63),
		biff(recordContinue, 3, byte(0x8|0x4), 1, uint32(6), "xyz\x00\x00"), // runs and phonetic data go over the end without a mark
		biff(recordContinue, "\x00\x00ph"),
		biff(recordContinue, "onet"),
		biff(recordContinue, 2, byte(1), 0xD83D),
		biff(recordContinue, byte(1), 0xDE00), // a surrogate pair in two
		biff(recordContinue, 0, byte(0)),
	}
	cells := [][]byte{biff(recordLabelSST, 0, 0, 0, uint32(0)), biff(recordLabelSST, 0, 1, 0, uint32(1)), biff(recordLabelSST, 0, 2, 0, uint32(2)), biff(recordLabelSST, 0, 3, 0, uint32(3))}
	rows, err := readRecords(recordsOf(sst, cells), Limits{})
	require.NoError(t, err)
	require.Equal(t, []string{"ab王伟c|xyz|😀"}, texts(rows))
}

func TestABadOldWorkbookIsRefused(t *testing.T) {
	long := [][]byte{biff(recordSST, uint32(1), uint32(1), 40_000, byte(0), "x")}
	for name, c := range map[string]struct {
		stream []byte
		code   string
	}{
		"empty":                     {nil, "truncated_file"},
		"BIFF5":                     {biff(recordBOF, 0x0500, 5), "old_workbook"},
		"no sheets":                 {append(biff(recordBOF, 0x0600, 5), biff(recordEOF)...), "no_sheets"},
		"password":                  {recordsOf([][]byte{biff(recordFilePass, 1)}, nil), "encrypted_file"},
		"globals cut":               {biff(recordBOF, 0x0600, 5), "truncated_file"},
		"sheet cut":                 {bytes.TrimSuffix(recordsOf(nil, [][]byte{biff(recordNumber, 0, 0, 0, 1.0)}), biff(recordEOF)), "truncated_file"},
		"record too short":          {recordsOf(nil, [][]byte{biff(recordNumber, 0, 0, 0)}), "damaged_file"},
		"strings promised":          {recordsOf([][]byte{biff(recordSST, uint32(9), uint32(1<<31))}, nil), "damaged_file"},
		"string out of range":       {recordsOf(nil, [][]byte{biff(recordLabelSST, 0, 0, 0, uint32(0xFFFFFFFF))}), "damaged_file"},
		"string too long":           {recordsOf(long, nil), "text_too_long"},
		"wide character cut":        {recordsOf([][]byte{biff(recordSST, uint32(1), uint32(1), 2, byte(1), "abc"), biff(recordContinue, byte(1), "d")}, nil), "damaged_file"},
		"cell twice":                {recordsOf(nil, [][]byte{biff(recordNumber, 0, 0, 0, 1.0), biff(recordNumber, 0, 0, 0, 1.0)}), "damaged_file"},
		"rows out of order":         {recordsOf(nil, [][]byte{biff(recordNumber, 5, 0, 0, 1.0), biff(recordNumber, 0, 0, 0, 1.0)}), "rows_unordered"},
		"column beyond the limit":   {recordsOf(nil, [][]byte{biff(recordNumber, 0, 60_000, 0, 1.0)}), "too_many_columns"},
		"text of a formula missing": {recordsOf(nil, [][]byte{biff(recordFormula, 0, 0, 0, "\x00\x00\x00\x00\x00\x00\xff\xff", 0)}), "damaged_file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readRecords(c.stream, Limits{})
			require.Equal(t, c.code, code(err), "%v", err)
		})
	}
}

func TestOtherCompoundFilesAreRefused(t *testing.T) {
	content, err := os.ReadFile("testdata/leads.xls")
	require.NoError(t, err)
	name := func(s string) []byte { // an entry of the directory holds its name in UTF-16, and the length in bytes with the NUL
		out := make([]byte, 66)
		for i, r := range s {
			out[2*i] = byte(r)
		}
		out[64] = byte(2*len(s) + 2)
		return out
	}
	require.Equal(t, 1, bytes.Count(content, name("Workbook")))
	for entry, want := range map[string]string{"EncryptionInfo": "encrypted_file", "EncryptedPackage": "encrypted_file", "Book": "old_workbook", "WordDocument": "wrong_type"} {
		_, err := read(t, bytes.Replace(content, name("Workbook"), name(entry), 1), Options{})
		require.Equal(t, want, code(err), entry)
	}
	_, err = read(t, content[:100], Options{})
	require.Equal(t, "damaged_file", code(err))
}

// FuzzRecords reads any bytes as the stream of an old workbook.
func FuzzRecords(f *testing.F) {
	f.Add(recordsOf([][]byte{biff(recordSST, uint32(1), uint32(1), 2, byte(0), "ab"), biff(recordXF, 0, 14), biff(recordFormat, 164, 1, byte(0), "y"), biff(recordDateMode, 1)},
		[][]byte{biff(recordRow, 0, 0, 0, 0, 0, 0, byte(0x20), byte(0)), biff(recordLabelSST, 0, 0, 0, uint32(0)), biff(recordMulRK, 0, 1, 0, uint32(6), 0, uint32(10), 2),
			biff(recordFormula, 1, 0, 0, "\x00\x00\x00\x00\x00\x00\xff\xff", 0), biff(recordString, 1, byte(0), "a"), biff(recordMergedCells, 1, 0, 1, 0, 1)}))
	f.Fuzz(func(t *testing.T, stream []byte) {
		if _, err := readRecords(stream, small); err != nil {
			require.NotEmpty(t, code(err), "%v", err)
		}
	})
}
