package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// everyPage is every page a signed-in person can get to.
var everyPage = []string{"/", "/leads", "/leads?q=x&cursor=c", "/leads/ld_1", "/duplicates", "/duplicates?state=dismissed&lead=XL-1", "/rejections", "/rejections/sub_bad", "/rejections/sub_spam",
	"/imports", "/imports/new", "/imports/imp_1", "/sources", "/sources/new", "/sources/new?channel=webform", "/sources/price-page", "/settings",
	"/pools", "/pools/sea", "/pools/sea?grade=A", "/pools/drained", "/reps", "/reps/chen/access", "/reps/wu/access", "/reps/chen/handover", "/reps/gone/handover", "/rules", "/figures", "/figures?range=7",
	"/figures?since=2026-01-01&until=2026-01-02", "/notifications", "/notifications?state=all", "/leads/ld_worked", "/leads/ld_pooled"}

func TestEveryPageIsWholeInBothLanguages(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for _, lang := range languages {
		for _, path := range everyPage {
			t.Run(lang+path, func(t *testing.T) {
				b := cannedFakes().signedIn(t)
				b.header.Set("Accept-Language", lang)
				doc, w := b.get(path)
				require.Equal(t, http.StatusOK, w.Code)
				require.Equal(t, 1, doc.Find("main h1").Length(), "a page has one heading")
				require.Equal(t, 12, doc.Find("header nav a").Length())
				require.Equal(t, lang == "zh", han.MatchString(doc.Find("nav").Text()))
				require.NotContains(t, w.Body.String(), "%!", "an argument does not fit its text")
				require.NotContains(t, w.Body.String(), "ZgotmplZ", "a value does not fit its place")
				requireNoKeys(t, doc)
				require.True(t, strings.HasSuffix(strings.TrimSpace(w.Body.String()), "</html>"))
			})
		}
	}
}

// requireNoKeys finds keys of the catalogue that stand on the page in place of their text.
func requireNoKeys(t *testing.T, doc *goquery.Document) {
	t.Helper()
	cs := loadCatalogues()
	doc.Find("main *").Each(func(_ int, s *goquery.Selection) {
		_, isKey := cs["en"][strings.TrimSpace(s.Text())]
		require.False(t, isKey, "a key is shown: %s", s.Text())
	})
}

func TestPagesNeedNoInlineScriptOrStyle(t *testing.T) {
	b := cannedFakes().signedIn(t)
	for _, path := range everyPage {
		doc, w := b.get(path)
		require.Empty(t, doc.Find("script:not([src]), style, [style], [onclick], [onsubmit]").Nodes, path)
		csp := w.Header().Get("Content-Security-Policy")
		require.Contains(t, csp, "default-src 'none'")
		require.NotContains(t, csp, "unsafe")
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	for _, file := range []string{"/assets/console.css", "/assets/console.js", "/assets/import.js", "/assets/icon.svg"} {
		require.Equal(t, http.StatusOK, b.do(http.MethodGet, file, nil).Code, file)
	}
}

func TestEveryFormCarriesTheTokenOfTheSession(t *testing.T) {
	b := cannedFakes().signedIn(t)
	for _, path := range everyPage {
		doc, _ := b.get(path)
		doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
			require.NotEmpty(t, s.Find("input[name=csrf]").AttrOr("value", ""), "%s: %s", path, s.AttrOr("action", ""))
		})
	}
}

func TestTheOverviewShowsTheFlowWithACountAtEveryStage(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/")
	require.Equal(t, 5, doc.Find(".flow .box").Length())
	require.Equal(t, "12,345", doc.Find("[data-stage=received] .count").Text())
	require.Contains(t, doc.Find("[data-stage=normalized].waits .wait").Text(), "5 waiting · oldest 1 min")
	require.Contains(t, doc.Find(".notice.wrong").Text(), "Database is away")
	require.Contains(t, doc.Find(".side a[href='/rejections']").Text(), "2 waiting", "what is rejected leaves the flow")
	require.Contains(t, doc.Find(".parts li.down").Text(), "Database")
	require.Equal(t, 4, doc.Find("table").First().Find("tbody tr").Length(), "three sources and one that was removed")
	require.Equal(t, "/rejections?code=no_identity", doc.Find("section a[href*='code=']").First().AttrOr("href", ""))
	require.Contains(t, doc.Find(".head").Text(), "2026-01-02 11:04:05", "in the hub's zone")
}

func TestTheOverviewSaysWhichPartIsAwayWhenNothingCanBeCounted(t *testing.T) {
	f := cannedFakes()
	away := lead.Transient("database_away", "the database is away", 0, nil)
	f.overview = func() (lead.Overview, error) {
		return lead.Overview{At: canned, Parts: []lead.Part{{Name: "broker", OK: true}, {Name: "database", Message: "is away"}}}, away
	}
	f.unreadable = away
	b := f.signedIn(t)
	doc, w := b.get("/")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, doc.Find(".notice.wrong").Text(), "Database is away")
	require.Equal(t, 0, doc.Find(".flow, .notice.empty").Length(), "no count that is not true, no advice to begin")

	f.overview = func() (lead.Overview, error) { return lead.Overview{}, away }
	_, w = b.get("/")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
}

func TestAnEmptyHubTellsTheNextStep(t *testing.T) {
	f := cannedFakes()
	f.config.Sources, f.config.Reps = nil, nil
	f.overview = func() (lead.Overview, error) { return lead.Overview{At: canned}, nil }
	f.leads = func(lead.LeadQuery) (lead.LeadPage, error) { return lead.LeadPage{}, nil }
	f.rejections = func(lead.RejectionQuery) (lead.RejectionPage, error) { return lead.RejectionPage{}, nil }
	b := f.signedIn(t)
	for path, want := range map[string]string{"/": "leadhub demo", "/sources": "leadhub demo", "/leads": "Set up a source",
		"/rejections": "went on into the pool", "/settings": "No reps yet"} {
		doc, _ := b.get(path)
		require.Contains(t, doc.Find(".notice.empty").Text(), want, path)
	}
	doc, _ := b.get("/leads?q=nobody")
	require.Contains(t, doc.Find(".notice.empty").Text(), "No lead fits")
}

func TestALeadShowsWhereEveryValueCameFromAndWhatLost(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	name := doc.Find("tr[data-field=name]")
	require.Equal(t, "王小明", name.Find("strong").Text())
	require.Contains(t, name.Text(), "官网报价页")
	require.Equal(t, "小王", name.Find("s").Text())
	require.Contains(t, name.Text(), "trust 50 of its source is less than 60")
	require.Equal(t, "Name", doc.Find("tr[data-field]").First().Find("td").First().Text(), "fields stand in the order people read them")

	steps := doc.Find(".timeline > li")
	require.Equal(t, 2, steps.Length())
	require.Contains(t, steps.First().Text(), "rule “round robin”", "latest first")
	require.Contains(t, steps.Last().Text(), "same mobile as XL20260102-000001")
	require.Contains(t, steps.Last().Find("details pre").Text(), `"id": "sub_2"`)

	b.header.Set("Accept-Language", "zh-CN")
	doc, _ = b.get("/leads/ld_1")
	require.Contains(t, doc.Find(".timeline").Text(), "与 XL20260102-000001 的 手机 相同")
	require.Contains(t, doc.Find("tr[data-field=name]").Text(), "来源可信度 50 低于 60")
}

func TestALeadThatWasMergedSaysSo(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads/ld_0")
	require.Contains(t, doc.Find(".notice").Text(), "ld_0 was merged")
	for _, same := range []string{"/leads/ld_1", "/leads/XL20260102-000001"} {
		doc, _ = b.get(same)
		require.Equal(t, 0, doc.Find(".notice").Length(), same)
	}
}

func TestTheListPassesItsFiltersOnAndKeepsThemOnTheNextPage(t *testing.T) {
	f := cannedFakes()
	var asked lead.LeadQuery
	list := f.leads
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { asked = q; return list(q) }
	b := f.signedIn(t)
	doc, _ := b.get("/leads?q=+wang+&status=new&owner=-&source=fair&province=广东省&since=2026-01-01&until=2026-01-02&cursor=abc")
	require.Equal(t, "2025-12-31 16:00:00 +0000 UTC", asked.Since.UTC().String(), "a day begins in the hub's zone")
	require.Equal(t, "2026-01-02 16:00:00 +0000 UTC", asked.Until.UTC().String(), "the last day belongs to it")
	asked.Since, asked.Until = canned, canned
	require.Equal(t, lead.LeadQuery{Text: "wang", Status: "new", Owner: "-", Source: "fair", Province: "广东省",
		Since: canned, Until: canned, Cursor: "abc"}, asked)
	require.Equal(t, "fair", doc.Find("select[name=source] option[selected]").AttrOr("value", ""))
	next := doc.Find("a[rel=next]").AttrOr("href", "")
	require.Contains(t, next, "cursor=next-page")
	require.Contains(t, next, "status=new")
}

func TestWhatAStrangerTypedIsNeverMarkup(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	f := cannedFakes()
	d := cannedLead()
	d.Name, d.Company, d.Phones, d.Tags, d.Owner = evil, evil, []string{evil}, []string{evil}, evil
	d.Provenance["name"] = []lead.Value{{Value: evil, Source: evil, Lost: evil}, {Value: evil, Source: evil, Lost: evil}}
	d.TouchList[0].Submission.Message, d.TouchList[0].Submission.Extra = evil, map[string]string{evil: evil}
	d.TouchList[0].Submission.Origin.Page = "javascript:alert(1)"
	r := cannedRejection()
	r.Message, r.Body, r.Source = evil, []byte(evil), evil
	r.Draft.Fields = map[string][]string{evil: {evil}, "phone": {"</textarea>" + evil}}
	f.lead = func(string) (lead.LeadDetail, error) { return d, nil }
	f.leads = func(lead.LeadQuery) (lead.LeadPage, error) {
		return lead.LeadPage{Items: []lead.Lead{d.Lead}, Next: evil}, nil
	}
	f.rejection = func(string) (lead.Rejection, error) { return r, nil }
	f.rejections = func(lead.RejectionQuery) (lead.RejectionPage, error) {
		return lead.RejectionPage{Items: []lead.Rejection{r}}, nil
	}
	b := f.signedIn(t)
	for _, path := range append(everyPage, "/leads?q=%3Cscript%3Ealert(1)%3C/script%3E", "/leads?done=%3Cscript%3E") {
		doc, w := b.get(path)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, 0, doc.Find("script:not([src^='/assets/'])").Length(), path)
		require.Equal(t, 0, doc.Find("img, [onerror], [href^='javascript:']").Length(), path)
	}
	doc, _ := b.get("/leads/ld_1")
	require.Contains(t, doc.Find("h1").Text(), evil, "it is shown as it was typed")
}

func TestAnErrorOfOursShowsNoCause(t *testing.T) {
	f := cannedFakes()
	f.lead = func(string) (lead.LeadDetail, error) {
		return lead.LeadDetail{}, &lead.Error{Kind: lead.KindInternal, Code: "db", Message: "password=hunter2"}
	}
	b := f.signedIn(t)
	_, w := b.get("/leads/ld_1")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "hunter2")

	for kind, status := range statuses {
		f.lead = func(string) (lead.LeadDetail, error) {
			return lead.LeadDetail{}, &lead.Error{Kind: kind, Code: "some", Message: "A sentence."}
		}
		doc, w := b.get("/leads/ld_1")
		require.Equal(t, status, w.Code, kind)
		require.Equal(t, kind != lead.KindInternal, strings.Contains(doc.Find("[role=alert]").Text(), "A sentence."), kind)
	}
	_, w = b.get("/nowhere")
	require.Equal(t, http.StatusNotFound, w.Code)
}
