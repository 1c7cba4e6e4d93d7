package excel_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/leadhub/leadhub/connectors"
)

const benchRows = 50_000

var benchHeader = []string{"序号", "姓名", "手机", "邮箱", "公司名称", "职位", "省份", "城市", "意向产品", "预算", "备注", "登记日期"}

func benchRow(i int) []string {
	return []string{fmt.Sprint(i), "林晓", fmt.Sprintf("139%08d", i), fmt.Sprintf("lin%d@xinghe.cn", i), "深圳市星河科技有限公司", "采购经理", "广东省", "深圳市",
		"企业版", "30万", "想看样机，下周三以后回电", "2026-01-02 15:04:05"}
}

func benchCSV(b *testing.B) connectors.Upload {
	var s strings.Builder
	s.WriteString(strings.Join(benchHeader, ",") + "\n")
	for i := range benchRows {
		s.WriteString(strings.Join(benchRow(i), ",") + "\n")
	}
	u := upload(b, "list.csv", []byte(s.String()))
	u.SHA256 = "00" // as the hub gives it
	return u
}

func benchXLSX(b *testing.B) connectors.Upload {
	f := excelize.NewFile()
	sw, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	row := func(n int, cells []string) {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", n), values); err != nil {
			b.Fatal(err)
		}
	}
	row(1, benchHeader)
	for i := range benchRows {
		row(i+2, benchRow(i))
	}
	path := filepath.Join(b.TempDir(), "list.xlsx")
	if err := sw.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	return connectors.Upload{Path: path, Name: "list.xlsx", SHA256: "00"}
}

func benchImport(b *testing.B, u connectors.Upload) {
	src := openWith(b, nil).(connectors.Importer)
	l, err := src.Inspect(b.Context(), u)
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(u.Path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		err := src.Import(b.Context(), u, l, func(r connectors.ImportRow) error { n++; return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// Rows of twelve columns, read and encoded, on one core.
func BenchmarkImportCSV(b *testing.B)  { benchImport(b, benchCSV(b)) }
func BenchmarkImportXLSX(b *testing.B) { benchImport(b, benchXLSX(b)) }

func BenchmarkInspectCSV(b *testing.B) {
	u, src := benchCSV(b), openWith(b, nil).(connectors.Importer)
	for b.Loop() {
		if _, err := src.Inspect(b.Context(), u); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	u, src := benchCSV(b), openWith(b, nil)
	l, err := src.(connectors.Importer).Inspect(b.Context(), u)
	if err != nil {
		b.Fatal(err)
	}
	var event connectors.Event
	stop := fmt.Errorf("one is enough")
	_ = src.(connectors.Importer).Import(b.Context(), u, l, func(r connectors.ImportRow) error { event = r.Event; return stop })
	raw := rawOf(event)
	b.SetBytes(int64(len(raw.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := src.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
