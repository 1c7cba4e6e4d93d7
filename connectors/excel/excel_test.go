package excel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/lead"
)

var _ connectors.Importer = func() connectors.Importer {
	src, err := excel.Connector{}.Open(connectors.Settings{})
	if err != nil {
		panic(err)
	}
	return src.(connectors.Importer)
}()

func TestTheSpecSaysEverythingInBothLanguages(t *testing.T) {
	spec := excel.Connector{}.Spec()
	require.Equal(t, "excel", spec.Channel)
	require.False(t, spec.Push)
	texts := []connectors.Text{spec.Title, spec.Description}
	for _, f := range spec.Settings {
		texts = append(texts, f.Help)
		require.Contains(t, f.OneOf, f.Default)
	}
	for _, text := range texts {
		require.NotEmpty(t, text.EN)
		require.NotEmpty(t, text.ZH)
		require.NotEqual(t, text.EN, text.ZH)
	}
}

func TestEveryNoticeIsSaidInBothLanguages(t *testing.T) {
	codes := map[string]bool{}
	for _, w := range openWorkbooks(t) {
		l, err := w.open(t).Inspect(t.Context(), w.upload)
		if err != nil {
			continue
		}
		for _, n := range l.Notices {
			require.NotEmpty(t, n.Text.EN, n.Code)
			require.Regexp(t, `\p{Han}`, n.Text.ZH, n.Code)
			require.NotRegexp(t, `\d{7,}`, n.Text.EN+n.Text.ZH, n.Code)
			codes[n.Code] = true
		}
	}
	for _, code := range []string{"hidden_sheet", "hidden_rows", "empty_sheet", "no_contact", "no_header", "title_rows", "header_contradicted", "headers_exchanged",
		"formulas_uncomputed", "error_cells", "date_order_unknown", "dates_maybe_exchanged", "macros_ignored"} {
		require.True(t, codes[code], "no workbook of the suite gives the notice %s", code)
	}
}

// FuzzParse feeds any bytes as the body of an event.
func FuzzParse(f *testing.F) {
	for _, body := range []string{
		`{"file":"a.xlsx","sheet":"Sheet1","row":2,"columns":[{"index":0,"header":"姓名","field":"name","how":"alias","sure":0.95,"value":"林晓"},{"index":1,"header":"手机","field":"phone","value":"1.38E+10","kind":"number"}]}`,
		`{"hidden":true,"defaults":{"campaign":"x"," ":"y"},"notes":["n"],"columns":[{"index":7,"field":"event_time","order":"dmy","value":"3/4/26 下午3:04"},{"index":-1,"field":"event_time","value":"15:04"}]}`,
		`{"columns":[{"header":"phone","value":"'=1"},{"field":"phone","value":"林晓：139 1234 5678"},{"value":"合计"}]}`, `{"columns":[{"kind":"uncomputed","field":"email"}]}`,
	} {
		f.Add([]byte(body))
	}
	plain, mapped := openWith(f, nil), openWith(f, map[string]string{"手机": "-", "姓名": "event_time"}, "hidden_rows", "skip", "date_order", "mdy")
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := lead.Raw{ID: "sub_fuzz", Source: "lists", Channel: "excel", Body: body}
		for _, src := range []connectors.Source{plain, mapped} {
			connectortest.CheckParse(t, src, raw)
			first, err := src.Parse(raw)
			again, errAgain := src.Parse(raw)
			require.Equal(t, first, again)
			require.Equal(t, err == nil, errAgain == nil)
			require.LessOrEqual(t, len(first), 1)
		}
	})
}

// FuzzHeader feeds any CSV to Inspect and Import: no panic, and no row with content is lost.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{
		"姓名,手机\n林晓,13912341001\n", "名单\n\n,联系人,,公司\n,姓名,手机,名称\n1,林晓,13912341001,x\n", "林晓,13912341001\n周远,13912341002\n",
		"a,b\nName,Mobile\n姓名,手机\n必填,必填\n", "姓名,手机,状态,线索编号,说明\n,,,,\n", "日期\n3/4/26\n25.3.26\n", "\ufeff\"姓名\n(必填)\";手机\n x;1\n",
	} {
		f.Add(text)
	}
	src := openWith(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		u := upload(t, "fuzz.csv", []byte(text))
		l, err := src.(connectors.Importer).Inspect(t.Context(), u)
		if err != nil {
			return
		}
		require.Len(t, l.Sheets, 1)
		l.Sheets[0].Skip = false
		below, last := 0, 0
		err = src.(connectors.Importer).Import(t.Context(), u, l, func(r connectors.ImportRow) error {
			require.Greater(t, r.Number, max(last, l.Sheets[0].HeaderRow))
			last = r.Number
			below++
			connectortest.CheckParse(t, src, rawOf(r.Event))
			return nil
		})
		if err != nil {
			return
		}
		all := 0
		l.Sheets[0].HeaderRow = 0
		require.NoError(t, src.(connectors.Importer).Import(t.Context(), u, l, func(r connectors.ImportRow) error { all++; return nil }))
		require.LessOrEqual(t, all-below, 24, "more rows are taken for the header than can be one")
	})
}
