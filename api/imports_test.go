package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// uploadForm is a form of one file, with the boundary "b".
const uploadForm = "--b\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nk\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{\"defaults\":{\"tag\":\"x\"}}\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\n\r\na,b\n1,2\n\r\n--b--\r\n"

// fakeImports answers everything with an import in one state; order is the last thing that was asked for.
type fakeImports struct {
	states []string // one per question, the last stays
	err    error
	order  string
	up     lead.ImportUpload
	file   string
	layout lead.Layout
	query  lead.ImportQuery
}

func newFakeImports() *fakeImports { return &fakeImports{states: []string{lead.ImportDone}} }

func (f *fakeImports) next() (lead.Import, error) {
	i := lead.Import{ID: "i", State: f.states[0], Check: &lead.ImportCheck{Preview: make([]lead.ImportPreview, 1)},
		Layout: lead.Layout{Sheets: make([]lead.SheetLayout, 1)}}
	if len(f.states) > 1 {
		f.states = f.states[1:]
	}
	return i, f.err
}

func (f *fakeImports) Import(context.Context, string) (lead.Import, error) { return f.next() }
func (f *fakeImports) Imports(_ context.Context, q lead.ImportQuery) (lead.ImportPage, error) {
	f.query = q
	i, err := f.next()
	return lead.ImportPage{Items: []lead.Import{i}}, err
}
func (f *fakeImports) Upload(_ context.Context, up lead.ImportUpload, file io.Reader) (lead.Import, error) {
	b, err := io.ReadAll(file)
	f.up, f.file = up, string(b)
	i, _ := f.next()
	return i, errors.Join(f.err, err)
}
func (f *fakeImports) EditLayout(_ context.Context, _ string, l lead.Layout) (lead.Import, error) {
	f.layout = l
	return f.next()
}
func (f *fakeImports) ordered(what, actor string) (lead.Import, error) {
	f.order = what + " by " + actor
	return f.next()
}
func (f *fakeImports) Check(_ context.Context, _, actor string) (lead.Import, error) {
	return f.ordered("check", actor)
}
func (f *fakeImports) Start(_ context.Context, _, actor string) (lead.Import, error) {
	return f.ordered("start", actor)
}
func (f *fakeImports) Cancel(_ context.Context, _, actor string) (lead.Import, error) {
	return f.ordered("cancel", actor)
}
func (f *fakeImports) Undo(_ context.Context, _, actor string) (lead.Import, error) {
	return f.ordered("undo", actor)
}
func (f *fakeImports) Result(_ context.Context, _, lang string, failed bool) (io.ReadCloser, string, error) {
	return io.NopCloser(strings.NewReader(lang + map[bool]string{true: " failed"}[failed])), "春季展-result.xlsx", f.err
}
func (f *fakeImports) Template(_ context.Context, source, lang string) (io.ReadCloser, string, error) {
	return io.NopCloser(strings.NewReader(source + lang)), "leads.xlsx", f.err
}

func (f *fakes) post(t *testing.T, form string) answer {
	r := httptest.NewRequest("POST", "/v1/imports", strings.NewReader(form))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Authorization", "Bearer "+lead.ScopeImportsWrite)
	w := httptest.NewRecorder()
	f.api().ServeHTTP(w, r)
	return answer{w, t}
}

func TestAnUploadHandsOverTheFileAndWhatComesWithIt(t *testing.T) {
	f := newFakes()
	a := f.post(t, uploadForm)
	require.Equal(t, http.StatusCreated, a.Code, a.Body)
	require.Equal(t, "/v1/imports/i", a.Header().Get("Location"))
	require.Equal(t, "a,b\n1,2\n", f.files.file)
	require.Equal(t, lead.ImportUpload{Source: "k", Name: "list.csv", Actor: "person:somebody", Defaults: map[string]string{"tag": "x"}}, f.files.up)
	require.NotContains(t, a.Body.String(), "null")
}

func TestAnUploadThatIsNoneSaysWhatIsMissing(t *testing.T) {
	file := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l\"\r\n\r\nx\r\n--b--\r\n"
	for form, field := range map[string]string{
		file:            "source",
		"--b--\r\n":     "file",
		uploadForm[:60]: "file",
		"":              "file",
		strings.Replace(uploadForm, `{"defaults"`, `{"default"`, 1):                      "options",
		strings.Replace(uploadForm, "\r\n\r\nk", "\r\n\r\n"+strings.Repeat("k", 101), 1): "source",
	} {
		a := newFakes().post(t, form)
		require.Equal(t, http.StatusUnprocessableEntity, a.Code, a.Body)
		require.Equal(t, []any{field}, a.json()["fields"])
	}
	a := newFakes().as(t, lead.ScopeImportsWrite, "POST", "/v1/imports", "{}")
	require.Equal(t, http.StatusBadRequest, a.Code)
	require.Equal(t, "not_multipart", a.json()["code"])
}

func TestAFileThatCannotBeReadIsAnswered422AndOneThatIsTooLarge413(t *testing.T) {
	for kind, status := range map[lead.Kind]int{lead.KindInvalid: 422, lead.KindTooLarge: 413, lead.KindNotFound: 404, lead.KindTransient: 503} {
		f := newFakes()
		f.files.err = &lead.Error{Kind: kind, Code: "encrypted", Message: "the file is encrypted", Hint: "save it without a password"}
		a := f.post(t, uploadForm)
		require.Equal(t, status, a.Code)
		require.Equal(t, []any{"encrypted", "save it without a password", http.StatusText(status)}, []any{a.json()["code"], a.json()["hint"], a.json()["title"]})
	}
}

func TestTheLayoutIsSentAsGETShowsIt(t *testing.T) {
	f := newFakes()
	shown, err := json.Marshal(lead.Layout{Format: "csv", Defaults: map[string]string{"tag": "x"}, Sheets: []lead.SheetLayout{
		{Index: 1, Name: "名单", Skip: true, HeaderRow: 3, Columns: []lead.Column{{Index: 2, Header: "手机", Field: "phone", How: "alias", Sure: 0.9, Format: "dmy"}}}}})
	require.NoError(t, err)
	a := f.admin(t, "PATCH", "/v1/imports/i", `{"layout":`+string(shown)+`}`)
	require.Equal(t, 200, a.Code, a.Body)
	require.Equal(t, lead.Layout{Defaults: map[string]string{"tag": "x"}, Sheets: []lead.SheetLayout{
		{Index: 1, Skip: true, HeaderRow: 3, Columns: []lead.Column{{Index: 2, Header: "手机", Field: "phone", Format: "dmy"}}}}}, f.files.layout)
	for _, wrong := range []string{`{}`, `{"layout":{"sheets":[{"index":-1,"header_row":1}]}}`, `{"layout":{"sheets":[{"index":0}]}}`,
		`{"layout":{"sheets":[{"index":0,"header_row":1,"columns":[{"index":0,"format":"ydm"}]}]}}`, `{"lay":{}}`} {
		require.Equal(t, 422, f.admin(t, "PATCH", "/v1/imports/i", wrong).Code, wrong)
	}
}

func TestOrdersOfImportsNameWhoGaveThem(t *testing.T) {
	for request, order := range map[string]string{"POST /v1/imports/i/check": "check", "POST /v1/imports/i/start": "start",
		"POST /v1/imports/i/cancel": "cancel", "DELETE /v1/imports/i": "undo"} {
		f := newFakes()
		method, path, _ := strings.Cut(request, " ")
		require.Equal(t, 202, f.admin(t, method, path, "").Code)
		require.Equal(t, order+" by person:somebody", f.files.order)
		f.files.err = &lead.Error{Kind: lead.KindConflict, Code: "import_done"}
		require.Equal(t, 409, f.admin(t, method, path, "").Code)
	}
}

func TestImportsAreListedAsAsked(t *testing.T) {
	f := newFakes()
	require.Equal(t, 200, f.admin(t, "GET", "/v1/imports?source=k&state=running&cursor=imp_1&limit=7", "").Code)
	require.Equal(t, lead.ImportQuery{Source: "k", States: []string{"running"}, Cursor: "imp_1", Limit: 7}, f.files.query)
	require.Equal(t, 422, f.admin(t, "GET", "/v1/imports?state=odd", "").Code)
}

func TestEventsTellEveryChangeUntilTheImportIsAtRest(t *testing.T) {
	f := newFakes()
	f.files.states = []string{lead.ImportRunning, lead.ImportRunning, lead.ImportUndoing, lead.ImportUndone}
	a := f.admin(t, "GET", "/v1/imports/i/events", "")
	require.Equal(t, "text/event-stream", a.Header().Get("Content-Type"))
	var states []string
	for event := range strings.SplitSeq(strings.TrimSpace(a.Body.String()), "\n\n") {
		data, ok := strings.CutPrefix(event, "event: progress\ndata: ")
		require.True(t, ok, event)
		var i lead.Import
		require.NoError(t, json.Unmarshal([]byte(data), &i))
		states = append(states, i.State)
	}
	require.Equal(t, []string{lead.ImportRunning, lead.ImportUndoing, lead.ImportUndone}, states)
	f.files.err = lead.NotFound("import_not_found", "", "")
	require.Equal(t, 404, f.admin(t, "GET", "/v1/imports/i/events", "").Code)
}

func TestResultsAndTemplatesAreFilesToKeep(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "GET", "/v1/imports/i/result?only=failed&lang=en", "")
	require.Equal(t, "en failed", a.Body.String())
	require.Equal(t, contentTypeXLSX, a.Header().Get("Content-Type"))
	require.Contains(t, a.Header().Get("Content-Disposition"), "attachment; filename*=utf-8''%E6%98%A5")
	require.Equal(t, "kzh", f.admin(t, "GET", "/v1/imports/template?source=k", "").Body.String())
	require.Equal(t, 422, f.admin(t, "GET", "/v1/imports/template", "").Code, "whose?")
	f.files.err = &lead.Error{Kind: lead.KindConflict, Code: "file_deleted"}
	require.Equal(t, 409, f.admin(t, "GET", "/v1/imports/i/result", "").Code)
}
