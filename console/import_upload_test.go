package console

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// part is one part of a form with a file; File says that it is the file.
type part struct {
	Name, Value string
	File        bool
}

// uploadForm fills in the form of the page as a browser does: its fields in their order, the file last.
func (b *browser) uploadForm(change url.Values, name, content string) []part {
	doc, _ := b.get("/imports/new")
	form := doc.Find("form.upload")
	require.Equal(b.t, 1, form.Length())
	require.Equal(b.t, "multipart/form-data", form.AttrOr("enctype", ""))
	var parts []part
	form.Find("[name]").Each(func(_ int, s *goquery.Selection) {
		field := s.AttrOr("name", "")
		switch {
		case s.AttrOr("type", "") == "file":
			parts = append(parts, part{name, content, true})
		case change.Has(field):
			parts = append(parts, part{Name: field, Value: change.Get(field)})
		default:
			parts = append(parts, part{Name: field, Value: formValues(form).Get(field)})
		}
	})
	require.True(b.t, parts[len(parts)-1].File, "what comes after the file would be read after it")
	return parts
}

func writeParts(w *multipart.Writer, parts []part) error {
	for _, p := range parts {
		var out io.Writer
		var err error
		if p.File {
			out, err = w.CreateFormFile("file", p.Name)
		} else {
			out, err = w.CreateFormField(p.Name)
		}
		if err == nil {
			_, err = io.WriteString(out, p.Value)
		}
		if err != nil {
			return err
		}
	}
	return w.Close()
}

func (b *browser) upload(parts []part) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(b.t, writeParts(form, parts))
	return b.send(&body, form.FormDataContentType())
}

func (b *browser) send(body io.Reader, contentType string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/imports/new", body)
	r.Header = b.header.Clone()
	r.Header.Set("Content-Type", contentType)
	for _, c := range b.jar {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	return w
}

func TestAFileIsHandedOnWithWhatWasSaidOfIt(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	content := strings.Repeat("姓名,手机\n", 200_000) // larger than any other form may be
	w := b.upload(b.uploadForm(url.Values{"default.utm_campaign": {" 春季 "}, "default.referred_by": {"老客户"}}, "名单.csv", content))
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/imports/imp_1", w.Header().Get("Location"))
	require.Equal(t, lead.ImportUpload{Source: "lists", Name: "名单.csv", Actor: "person:admin",
		Defaults: map[string]string{"utm_campaign": "春季", "referred_by": "老客户"}}, f.imports.upload)
	require.Equal(t, content, string(f.imports.file))
}

func TestAFileIsReadWhileItComes(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	parts := b.uploadForm(nil, "list.csv", "the beginning")
	body, out := io.Pipe()
	form := multipart.NewWriter(out)
	f.imports.reading = func(first []byte) { // the rest is sent only when the hub has the beginning
		require.Equal(t, "the beginning", string(first))
		go func() { _, _ = io.WriteString(out, ", the end\r\n--"+form.Boundary()+"--\r\n"); _ = out.Close() }()
	}
	go func() {
		var whole bytes.Buffer
		w := multipart.NewWriter(&whole)
		_ = w.SetBoundary(form.Boundary())
		_ = writeParts(w, parts)
		begun, _ := bytes.CutSuffix(whole.Bytes(), []byte("\r\n--"+form.Boundary()+"--\r\n"))
		_, _ = out.Write(begun)
	}()
	w := b.send(body, form.FormDataContentType())
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "the beginning, the end", string(f.imports.file))
}

func TestAFileWithoutTheTokenReachesNobody(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	good := b.uploadForm(nil, "list.csv", "x")
	stranger := slices.Clone(good)
	stranger[0] = part{Name: "csrf", Value: "x"}
	for name, parts := range map[string][]part{
		"another token": stranger, "none": good[1:], "after the file": {good[len(good)-1], good[0]}, "none, no file": {{Name: "source", Value: "lists"}},
	} {
		require.Equal(t, http.StatusForbidden, b.upload(parts).Code, name)
	}
	w := b.send(strings.NewReader("csrf=x"), "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	w = b.upload(append([]part{{Name: "csrf", Value: strings.Repeat("x", maxForm+1)}}, good...))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	b.jar = map[string]*http.Cookie{}
	require.Equal(t, "/login", b.upload(good).Header().Get("Location"))
	require.Empty(t, f.imports.upload)
}

func TestARefusedFileShowsTheFormAgainWithWhatWasTyped(t *testing.T) {
	for _, kind := range []lead.Kind{lead.KindInvalid, lead.KindTooLarge} {
		f := cannedFakes()
		f.imports.refuse = &lead.Error{Kind: kind, Code: "encrypted_file", Message: "the workbook is protected by a password and cannot be read",
			Hint: "remove the password (File, Info, Protect Workbook) and upload it again"}
		b := f.signedIn(t)
		b.header.Set("Accept-Language", "zh")
		w := b.upload(b.uploadForm(url.Values{"default.referred_by": {"王芳"}}, "a.xlsx", "x"))
		require.Equal(t, statuses[kind], w.Code)
		doc, err := goquery.NewDocumentFromReader(w.Body)
		require.NoError(t, err)
		require.Equal(t, "文件有密码表格设有密码，无法读取请去掉密码（文件 → 信息 → 保护工作簿）后重新上传",
			strings.ReplaceAll(strings.TrimSpace(doc.Find("[role=alert]").Text()), "\n", ""))
		require.Equal(t, "王芳", doc.Find("input[name='default.referred_by']").AttrOr("value", ""))
		require.Equal(t, "lists", doc.Find("select[name=source] option[selected]").AttrOr("value", ""))
	}
	b := cannedFakes().signedIn(t)
	w := b.upload(b.uploadForm(nil, "", ""))
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "No file was chosen")
}

func TestASlowLineIsWaitedFor(t *testing.T) {
	const granted = 100 * time.Millisecond // to a request by the server
	f := cannedFakes()
	b := f.signedIn(t)
	slow := httptest.NewUnstartedServer(b.site)
	slow.Config.ReadTimeout = granted
	slow.Start()
	defer slow.Close()
	ask := func(method, path, contentType string, body io.Reader) *http.Response {
		r, err := http.NewRequest(method, slow.URL+path, body)
		require.NoError(t, err)
		r.Header.Set("Content-Type", contentType)
		for _, c := range b.jar {
			r.AddCookie(c)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}

	var whole bytes.Buffer
	form := multipart.NewWriter(&whole)
	require.NoError(t, writeParts(form, b.uploadForm(nil, "list.csv", "the beginning, the end")))
	begun, rest, _ := strings.Cut(whole.String(), ", the end")
	body, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, begun)
		time.Sleep(2 * granted)
		_, _ = io.WriteString(out, ", the end"+rest)
		_ = out.Close()
	}()
	require.Equal(t, http.StatusSeeOther, ask(http.MethodPost, "/imports/new", form.FormDataContentType(), body).StatusCode)
	require.Equal(t, "the beginning, the end", string(f.imports.file))

	f.imports.one = cannedImport(lead.ImportRunning)
	f.imports.moves = []lead.Import{f.imports.one, cannedImport(lead.ImportDone)}
	require.Greater(t, lookEvery, granted)
	events, err := io.ReadAll(ask(http.MethodGet, "/imports/imp_1/events", "", http.NoBody).Body)
	require.NoError(t, err)
	require.Contains(t, string(events), "event: rest")
}
