package excel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

const workbooks = "../../fixtures/workbooks"

// received is when every case was uploaded.
var received = time.Date(2026, 6, 30, 9, 0, 0, 0, time.UTC)

// workbook is a folder of fixtures/workbooks: book.*, source.json for a source with settings, want.json.
type workbook struct {
	dir    string
	upload connectors.Upload
	source struct {
		Settings       map[string]any    `json:"settings"`
		Mapping        map[string]string `json:"mapping"`
		Defaults       map[string]string `json:"defaults"`
		UploadDefaults map[string]string `json:"upload_defaults"`
	}
}

// want is want.json: how the file was read, and what became of every row.
type want struct {
	Error  *wantError  `json:"error,omitempty"` // of Inspect or Import
	Layout *wantLayout `json:"layout,omitempty"`
	Rows   []wantRow   `json:"rows"`
}

type wantError struct {
	Code    string   `json:"code"`
	Message string   `json:"message,omitempty"`
	Fields  []string `json:"fields,omitempty"`
}

type wantLayout struct {
	Format   string      `json:"format"`
	Encoding string      `json:"encoding,omitempty"`
	Sheets   []wantSheet `json:"sheets"`
	Notices  []string    `json:"notices,omitempty"`
}

type wantSheet struct {
	Name      string   `json:"name"`
	Hidden    bool     `json:"hidden,omitempty"`
	Skip      bool     `json:"skip,omitempty"`
	HeaderRow int      `json:"header_row"`
	Width     int      `json:"width"`
	Columns   []string `json:"columns"` // "C 手机 → phone (alias)"; those that nobody knows are not listed
}

type wantRow struct {
	Sheet     int         `json:"sheet"`
	Row       int         `json:"row"`
	Error     *wantError  `json:"error,omitempty"` // of Parse
	Draft     *lead.Draft `json:"draft,omitempty"`
	Phones    []string    `json:"phones,omitempty"` // after normalisation, as are the others
	Emails    []string    `json:"emails,omitempty"`
	EventTime string      `json:"event_time,omitempty"` // unless it is the time of the upload
	Region    string      `json:"region,omitempty"`
	NoLead    string      `json:"no_submission,omitempty"` // code of normalisation's error
}

func openWorkbooks(t testing.TB) []workbook {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(workbooks, "*", "book.*"))
	require.NoError(t, err)
	list := make([]workbook, 0, len(dirs))
	for _, book := range dirs {
		w := workbook{dir: filepath.Dir(book), upload: connectors.Upload{Path: book, Name: filepath.Base(book)}}
		if b, err := os.ReadFile(filepath.Join(w.dir, "source.json")); err == nil {
			dec := json.NewDecoder(bytes.NewReader(b))
			dec.DisallowUnknownFields()
			require.NoError(t, dec.Decode(&w.source), w.dir)
		}
		list = append(list, w)
	}
	return list
}

func (w workbook) open(t testing.TB) connectors.Importer {
	return w.openSource(t).(connectors.Importer)
}

func (w workbook) openSource(t testing.TB) connectors.Source {
	t.Helper()
	set, err := excel.Connector{}.Spec().Check(lead.Source{Key: "lists", Channel: "excel", Settings: w.source.Settings,
		Mapping: w.source.Mapping, Defaults: w.source.Defaults})
	require.NoError(t, err)
	src, err := excel.Connector{}.Open(set)
	require.NoError(t, err)
	return src
}

func rawOf(e connectors.Event) lead.Raw {
	return lead.Raw{ID: lead.DeriveID("sub_", "lists", e.ID), Source: "lists", Channel: "excel", EventID: e.ID, ReceivedAt: received,
		ContentType: e.ContentType, Body: e.Body}
}

// LEADHUB_UPDATE_FIXTURES=1 writes want.json from what happens; read the difference before keeping it.
func TestEveryUglyWorkbookIsReadAsExpected(t *testing.T) {
	list := openWorkbooks(t)
	require.GreaterOrEqual(t, len(list), 50, "a suite that finds nothing must not pass")
	n, err := normalize.New(normalize.Config{})
	require.NoError(t, err)
	for _, w := range list {
		t.Run(filepath.Base(w.dir), func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(w.outcome(t, n), "", "  ")
			require.NoError(t, err)
			path := filepath.Join(w.dir, "want.json")
			if os.Getenv("LEADHUB_UPDATE_FIXTURES") == "1" {
				require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
				return
			}
			expected, err := os.ReadFile(path)
			require.NoError(t, err)
			require.JSONEq(t, string(expected), string(got))
		})
	}
}

func (w workbook) outcome(t *testing.T, n *normalize.Normalizer) want {
	src := w.openSource(t)
	importer := src.(connectors.Importer)
	layout, err := importer.Inspect(t.Context(), w.upload)
	if err != nil {
		return want{Error: wanted(t, err), Rows: []wantRow{}}
	}
	layout.Defaults = w.source.UploadDefaults
	got := want{Layout: essentials(layout), Rows: []wantRow{}}
	ids := map[string]bool{}
	err = importer.Import(t.Context(), w.upload, layout, func(row connectors.ImportRow) error {
		require.False(t, ids[row.Event.ID], "two rows with one id")
		ids[row.Event.ID] = true
		require.True(t, json.Valid(row.Event.Body), "%s", row.Event.Body)
		got.Rows = append(got.Rows, w.row(t, n, src, row))
		return nil
	})
	got.Error = wanted(t, err)
	return got
}

func (w workbook) row(t *testing.T, n *normalize.Normalizer, src connectors.Source, row connectors.ImportRow) wantRow {
	out := wantRow{Sheet: row.Sheet, Row: row.Number}
	raw := rawOf(row.Event)
	connectortest.CheckParse(t, src, raw)
	drafts, err := src.Parse(raw)
	if err != nil {
		out.Error = wanted(t, err)
		return out
	}
	require.Len(t, drafts, 1)
	out.Draft = &drafts[0]
	s, err := n.Submission(raw, 0, drafts[0], 50)
	if err != nil {
		out.NoLead = lead.AsError(err).Code
		return out
	}
	for _, p := range s.Phones {
		out.Phones = append(out.Phones, p.Display())
	}
	for _, e := range s.Emails {
		out.Emails = append(out.Emails, e.Key)
	}
	if !s.EventTime.Equal(received) {
		out.EventTime = s.EventTime.Format(time.RFC3339)
	}
	if s.RegionFrom == "fields" || s.RegionFrom == "address" {
		out.Region = strings.TrimSpace(strings.Join([]string{s.Region.Country, s.Region.Province, s.Region.City, s.Region.District}, " "))
	}
	return out
}

var longNumber = regexp.MustCompile(`\d{7,}`)

func wanted(t *testing.T, err error) *wantError {
	t.Helper()
	if err == nil {
		return nil
	}
	e := lead.AsError(err)
	require.NotEqual(t, lead.KindInternal, e.Kind, "%v", err)
	require.NotEmpty(t, e.Hint)
	require.NotRegexp(t, longNumber, e.Message+e.Hint, "a number in a text that may be logged")
	return &wantError{Code: e.Code, Message: e.Message, Fields: e.Fields}
}

func essentials(l connectors.Layout) *wantLayout {
	out := &wantLayout{Format: l.Format, Encoding: l.Encoding}
	for _, s := range l.Sheets {
		sheet := wantSheet{Name: s.Name, Hidden: s.Hidden, Skip: s.Skip, HeaderRow: s.HeaderRow, Width: len(s.Columns), Columns: []string{}}
		for _, c := range s.Columns {
			if c.How == "" {
				continue
			}
			text := fmt.Sprintf("%d %s → %s (%s)", c.Index, c.Header, c.Field, c.How)
			if c.Format != "" {
				text += " " + c.Format
			}
			sheet.Columns = append(sheet.Columns, text)
		}
		out.Sheets = append(out.Sheets, sheet)
	}
	for _, n := range l.Notices {
		out.Notices = append(out.Notices, strings.TrimPrefix(n.Sheet+": "+n.Code, ": "))
	}
	return out
}
