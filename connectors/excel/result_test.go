package excel_test

import (
	"bytes"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// result is the result file of all rows, or of those in failed alone.
func result(t *testing.T, src connectors.Source, u connectors.Upload, l connectors.Layout, lang string, failed func(sheet, row int) bool) connectors.Upload {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, src.(connectors.Importer).Result(t.Context(), u, l, lang, &b, func(sheet, row int) (connectors.RowOutcome, bool) {
		if failed != nil && !failed(sheet, row) {
			return connectors.RowOutcome{}, false
		}
		return connectors.RowOutcome{Status: "=new", Lead: "XL20260102-000123", Detail: "+ joined"}, true
	}))
	return upload(t, "result.xlsx", b.Bytes())
}

func TestAResultFileUploadedAgainGivesTheSameDrafts(t *testing.T) {
	compared := 0
	for _, w := range openWorkbooks(t) {
		src := w.openSource(t)
		l, err := src.(connectors.Importer).Inspect(t.Context(), w.upload)
		if filepath.Base(w.dir) == "formulas_without_results" {
			continue // the result is a plain list: a formula without a result is an empty cell of it
		}
		if err != nil || !slices.ContainsFunc(l.Sheets, func(s connectors.SheetLayout) bool { return !s.Skip }) {
			continue
		}
		for _, lang := range []string{"zh", "en"} {
			again := result(t, src, w.upload, l, lang, nil)
			l2 := inspect(t, src, again)
			before, after := rowsOf(t, src, w.upload, l), rowsOf(t, src, again, l2)
			require.Len(t, after, len(before), w.dir)
			for i := range before {
				want, errWant := src.Parse(rawOf(before[i].Event))
				got, errGot := src.Parse(rawOf(after[i].Event))
				if code := lead.AsError(errWant); code != nil && (strings.Contains(code.Message, "hidden")) {
					continue // and no row of it is hidden
				}
				if !reflect.DeepEqual(want, got) || lead.AsError(errWant) != nil && lead.AsError(errWant).Code != lead.AsError(errGot).Code {
					t.Errorf("%s row %d: %v %v, was %v %v", filepath.Base(w.dir), before[i].Number, got, errGot, want, errWant)
				}
				compared++
			}
			if len(l.Sheets) == 1 && l.Sheets[0].HeaderRow > 0 {
				require.Equal(t, l.Sheets[0].Fingerprint, l2.Sheets[0].Fingerprint, w.dir)
			}
		}
	}
	require.Greater(t, compared, 150)
}

func TestFailedRowsAloneCanBeCorrectedAndUploadedAgain(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "姓名,手机号,备注", "林晓,13912341001,=1+1", "周远,1.39E+10,=HYPERLINK(1)", "陈屿,13912341003,")
	l := inspect(t, src, u)
	failed := result(t, src, u, l, "zh", func(_, row int) bool { return row == 3 })
	f, err := excelize.OpenFile(failed.Path)
	require.NoError(t, err)
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetList()[0])
	require.NoError(t, err)
	require.Equal(t, [][]string{{"姓名", "手机号", "备注", "状态", "线索编号", "说明"}, {"周远", "1.39E+10", "=HYPERLINK(1)", "=new", "XL20260102-000123", "+ joined"}}, rows)
	for _, at := range []string{"C2", "D2", "F2"} {
		formula, err := f.GetCellFormula(f.GetSheetList()[0], at)
		require.NoError(t, err)
		require.Empty(t, formula, "nothing that we write runs")
	}
	require.NoError(t, f.SetCellStr(f.GetSheetList()[0], "B2", "13912341002"))
	require.NoError(t, f.Save())
	again := rowsOf(t, src, failed, inspect(t, src, failed))
	require.Len(t, again, 1)
	require.Equal(t, map[string][]string{lead.FieldName: {"周远"}, lead.FieldPhone: {"13912341002"}, lead.FieldMessage: {"=HYPERLINK(1)"}}, parsed(t, src, again[0]).Fields)
}

func TestTheTemplateIsReadAsItIsMeant(t *testing.T) {
	src := openWith(t, nil)
	for _, lang := range []string{"zh", "en"} {
		var b bytes.Buffer
		require.NoError(t, src.(connectors.Importer).Template(&b, lang))
		u := upload(t, "template.xlsx", b.Bytes())
		l := inspect(t, src, u)
		require.Equal(t, 1, l.Sheets[0].HeaderRow)
		require.False(t, l.Sheets[0].Skip)
		for _, s := range l.Sheets[1:] {
			require.True(t, s.Skip, "sheet %s of the %s template", s.Name, lang)
		}
		rows := rowsOf(t, src, u, l)
		require.Len(t, rows, 1)
		_, err := src.Parse(rawOf(rows[0].Event))
		require.Equal(t, "no_lead", lead.AsError(err).Code)

		f, err := excelize.OpenFile(u.Path)
		require.NoError(t, err)
		require.NoError(t, f.SetCellStr(f.GetSheetList()[0], "A2", "周远"))
		require.NoError(t, f.Save())
		require.NoError(t, f.Close())
		d := parsed(t, src, rowsOf(t, src, u, inspect(t, src, u))[0])
		for _, field := range []string{lead.FieldName, lead.FieldPhone, lead.FieldEmail, lead.FieldWechat, lead.FieldCompany, lead.FieldTitle, lead.FieldProvince,
			lead.FieldCity, lead.FieldAddress, lead.FieldProduct, lead.FieldBudget, lead.FieldMessage, lead.FieldReferrer, lead.FieldConsent} {
			require.NotEmpty(t, d.First(field), "%s of the %s template", field, lang)
		}
		require.Equal(t, "2026-01-02", d.EventTime)
	}
}
