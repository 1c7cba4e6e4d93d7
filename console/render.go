package console

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/leadhub/leadhub/lead"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages holds every page parsed once per language.
type pages struct {
	catalogues map[string]catalogue
	templates  map[string]*template.Template // by language and page: "zh/lead_show"
}

// loaded parses the pages once for the process: they are never changed.
var loaded = sync.OnceValue(loadPages)

func loadPages() pages {
	p := pages{catalogues: loadCatalogues(), templates: map[string]*template.Template{}}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, lang := range languages {
		shared := template.Must(template.New("").Funcs(functions(p.catalogues[lang], lang)).
			ParseFS(pageFiles, "pages/_*.html"))
		for _, file := range names {
			name := strings.TrimSuffix(strings.TrimPrefix(file, "pages/"), ".html")
			if strings.HasPrefix(name, "_") {
				continue
			}
			p.templates[lang+"/"+name] = template.Must(template.Must(shared.Clone()).ParseFS(pageFiles, file))
		}
	}
	return p
}

// functions are what the pages can call: t for a key that stands in the page, word for a name that comes from outside and
// is shown as it is when the catalogue does not have it.
func functions(c catalogue, lang string) template.FuncMap {
	return template.FuncMap{
		"t":    c.text,
		"word": func(group, name string) string { return c.or(group+"."+name, name) },
		"in":   func(texts map[string]string) string { return texts[lang] },
		"json": func(v any) string { b, _ := json.MarshalIndent(v, "", "  "); return string(b) },
		"join": strings.Join,
		"body": func(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), 64<<10)]), "�") },
		"age":  func(seconds float64) string { return age(c, seconds) },
		"nav":  func(page string, rep bool) []navLink { return navigation(c, page, rep) },
		"rows": func(text string) int { return min(1+strings.Count(text, "\n")+len(text)/120, 12) },

		"give":     func(page any, pairs ...any) map[string]any { return with(page, pairs) },
		"number":   func(n int64) string { return message.NewPrinter(language.English).Sprint(n) },
		"part":     func(p lead.DuplicatePart) string { return p.In(lang) },
		"say":      func(s lead.Sentence) string { return s.In(lang) },
		"text":     func(t lead.Text) string { return in(t, lang) },
		"size":     size,
		"advice":   func(code, hint string) string { return c.or("hint."+code, c.reason(lang, hint)) },
		"tip":      func(code, hint string) string { return c.or("tip."+code, c.or("hint."+code, c.reason(lang, hint))) },
		"sentence": func(code, message string) string { return c.or("sentence."+code, c.reason(lang, message)) },
		"reason":   func(sentence string) string { return c.reason(lang, sentence) },
		"actor":    c.actor,
		"place":    place,
	}
}

// with gives a shared part of a page what it shows, and the page to ask for words.
func with(page any, pairs []any) map[string]any {
	out := map[string]any{"Page": page}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

type navLink struct {
	Href, Text string
	Here       bool
}

func navigation(c catalogue, page string, rep bool) []navLink {
	if rep {
		return []navLink{
			{"/", c.text("own.home"), strings.HasPrefix(page, "own_home")},
			{"/leads", c.text("own.leads"), strings.HasPrefix(page, "own_lead")},
			{"/pools", c.text("nav.pools"), strings.HasPrefix(page, "own_pool")},
			{"/notifications", c.text("own.told"), strings.HasPrefix(page, "own_told")},
		}
	}
	links := []navLink{
		{"/", c.text("nav.overview"), strings.HasPrefix(page, "overview_")},
		{"/leads", c.text("nav.leads"), strings.HasPrefix(page, "lead_")},
		{"/pools", c.text("nav.pools"), strings.HasPrefix(page, "pool_")},
		{"/duplicates", c.text("nav.duplicates"), strings.HasPrefix(page, "duplicate_")},
		{"/rejections", c.text("nav.rejections"), strings.HasPrefix(page, "rejection_")},
		{"/imports", c.text("nav.imports"), strings.HasPrefix(page, "import_")},
		{"/sources", c.text("nav.sources"), strings.HasPrefix(page, "source_")},
		{"/reps", c.text("nav.reps"), strings.HasPrefix(page, "rep_")},
		{"/rules", c.text("nav.rules"), strings.HasPrefix(page, "rule_")},
		{"/figures", c.text("nav.figures"), strings.HasPrefix(page, "figure_")},
		{"/notifications", c.text("nav.notifications"), strings.HasPrefix(page, "notification_")},
		{"/settings", c.text("nav.settings"), strings.HasPrefix(page, "settings_")},
	}
	return links
}

// place is a region in words, without saying a municipality twice.
func place(r lead.Region) string {
	var parts []string
	for _, p := range []string{r.Province, r.City, r.District} {
		if p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return r.Country
	}
	return strings.Join(parts, " ")
}

// age is a duration as people say it, in its largest unit.
func age(c catalogue, seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return c.text("age.seconds", int(d.Seconds()))
	case d < time.Hour:
		return c.text("age.minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return c.text("age.hours", int(d.Hours()))
	}
	return c.text("age.days", int(d.Hours()/24))
}

// page is what every template gets; Data is the page's own.
type page struct {
	Page   string
	Lang   string
	Actor  string // name of the token of who is signed in; "" for a visitor
	Rep    string // name of the rep who is signed in; "" for somebody above
	CSRF   string
	Done   string // key of what was just done
	Switch string // URL of this page in the other language
	Data   any
	zone   *time.Location
}

// Time shows a moment in the hub's zone.
func (p page) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone).Format("2006-01-02 15:04:05")
}

func (v *visit) render(name string, data any) error {
	v.renderStatus(http.StatusOK, name, data)
	return nil
}

func (v *visit) renderStatus(status int, name string, data any) {
	p := page{Page: name, Lang: v.lang, Actor: v.token.Name, CSRF: v.session.csrf(v.site.SessionKey),
		Switch: v.otherLanguage(), Data: data, zone: china}
	if done := "done." + v.URL.Query().Get("done"); v.site.pages.catalogues[v.lang][done] != "" {
		p.Done = done
	}
	if p.Actor != "" {
		p.zone = v.zone()
	}
	if v.view != nil {
		p.Rep = either(v.view.Rep.Name, v.view.Rep.Key)
	}
	var out bytes.Buffer // a page that fails half way must not be sent
	if err := v.site.pages.templates[v.lang+"/"+name].ExecuteTemplate(&out, "layout", p); err != nil {
		v.site.Logger.Error("a page cannot be rendered", slog.String("page", name), slog.Any("error", err))
		http.Error(v.w, "this page cannot be shown; see the hub's log", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = out.WriteTo(v.w)
}

func (v *visit) otherLanguage() string {
	q := v.URL.Query()
	q.Del("done")
	q.Set("lang", "zh")
	if v.lang == "zh" {
		q.Set("lang", "en")
	}
	if v.Method != http.MethodGet {
		return "/?lang=" + q.Get("lang")
	}
	return v.URL.EscapedPath() + "?" + q.Encode()
}
