package console

import (
	"context"
	"log/slog"
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

// The fakes are structs of function fields; a test replaces the one it is about.
type fakes struct {
	authenticate func(string) (lead.Token, error)
	token        func(id string) (lead.Token, error) // as it is when a page is asked for
	leads        func(lead.LeadQuery) (lead.LeadPage, error)
	asked        []lead.LeadQuery // of an office
	lead         func(string) (lead.LeadDetail, error)
	rejections   func(lead.RejectionQuery) (lead.RejectionPage, error)
	rejection    func(string) (lead.Rejection, error)
	replay       func(id string, edited *lead.Draft, actor string) error
	config       lead.Config
	unreadable   error // what Config answers
	refuse       error // what EditConfig answers after fn
	actor        string
	overview     func() (lead.Overview, error)
	changes      func(what string, o lead.Order) ([]lead.Change, error) // what: "merge ld_1 XL-2", "split ld_1 sub_1 sub_2", …
	why          func(id, with string) (lead.Why, error)
	duplicates   func(lead.DuplicateQuery) (lead.DuplicatePage, error)
	decided      func(a, b, decision string, o lead.Order) error
	channels     []Channel
	imports      *fakeImports
	fetching     []lead.Fetching
	work         *fakeWork
	tokens       []lead.Token // beside those that authenticate knows
	taken        []string     // ids of those that were taken back
}

func (f *fakes) Tokens(context.Context) ([]lead.Token, error) {
	chen, err := f.token("tok_chen")
	return append([]lead.Token{chen, {ID: "tok_crm", Name: "crm", Scopes: []string{lead.ScopeLeadsRead}}}, f.tokens...), err
}

func (f *fakes) CreateToken(_ context.Context, t lead.Token) (string, lead.Token, error) {
	if f.refuse != nil {
		return "", lead.Token{}, f.refuse
	}
	t.ID, t.Created = "tok_new", canned
	f.tokens = append(f.tokens, t)
	return "lh_NEWSECRET", t, nil
}

func (f *fakes) DeleteToken(_ context.Context, id string) error {
	f.taken = append(f.taken, id)
	return nil
}

func (f *fakes) Fetching(context.Context) ([]lead.Fetching, error) { return f.fetching, nil }

func (f *fakes) Duplicates(_ context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error) {
	return f.duplicates(q)
}
func (f *fakes) DecideDuplicate(_ context.Context, a, b, decision string, o lead.Order) (lead.Duplicate, error) {
	return lead.Duplicate{}, f.decided(a, b, decision, o)
}
func (f *fakes) Merge(_ context.Context, id, with string, o lead.Order) ([]lead.Change, error) {
	return f.changes("merge "+id+" "+with, o)
}
func (f *fakes) Split(_ context.Context, id string, submissions []string, o lead.Order) ([]lead.Change, error) {
	return f.changes("split "+id+" "+strings.Join(submissions, " "), o)
}
func (f *fakes) Pin(_ context.Context, id, field, value string, o lead.Order) ([]lead.Change, error) {
	return f.changes("pin "+id+" "+field+" "+value, o)
}
func (f *fakes) Unpin(_ context.Context, id, field string, o lead.Order) ([]lead.Change, error) {
	return f.changes("unpin "+id+" "+field, o)
}
func (f *fakes) Why(_ context.Context, id, with string) (lead.Why, error) { return f.why(id, with) }

func (f *fakes) Authenticate(_ context.Context, secret string) (lead.Token, error) {
	return f.authenticate(secret)
}
func (f *fakes) Token(_ context.Context, id string) (lead.Token, error)           { return f.token(id) }
func (f *fakes) Leads(_ context.Context, q lead.LeadQuery) (lead.LeadPage, error) { return f.leads(q) }
func (f *fakes) Lead(_ context.Context, id string) (lead.LeadDetail, error)       { return f.lead(id) }
func (f *fakes) Rejections(_ context.Context, q lead.RejectionQuery) (lead.RejectionPage, error) {
	return f.rejections(q)
}
func (f *fakes) Rejection(_ context.Context, id string) (lead.Rejection, error) {
	return f.rejection(id)
}
func (f *fakes) Replay(_ context.Context, id string, edited *lead.Draft, actor string) error {
	return f.replay(id, edited, actor)
}
func (f *fakes) Config(context.Context) (lead.Config, error)     { return f.config, f.unreadable }
func (f *fakes) Overview(context.Context) (lead.Overview, error) { return f.overview() }
func (f *fakes) Snippet(_ context.Context, source, base, _ string) string {
	return `<form method="post" action="` + base + "/in/" + source + `">`
}
func (f *fakes) EditConfig(_ context.Context, actor string, fn func(*lead.Config) error) (lead.Config, error) {
	f.actor = actor
	c := f.config
	c.Sources, c.Reps, c.Teams = slices.Clone(c.Sources), slices.Clone(c.Reps), slices.Clone(c.Teams)
	if err := fn(&c); err != nil {
		return lead.Config{}, err
	}
	if f.refuse != nil {
		return lead.Config{}, f.refuse
	}
	f.config = c
	return c, nil
}

var canned = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) // 11:04:05 in Shanghai

const (
	adminToken = "the-admin-token-of-a-test"
	repToken   = "the-token-of-the-rep-chen"
)

func cannedFakes() *fakes {
	last := canned
	f := &fakes{config: cannedConfig(), channels: cannedChannels(), imports: cannedImports(), fetching: cannedFetching(), work: cannedWork()}
	f.authenticate, f.token = cannedTokens()
	f.leads = func(lead.LeadQuery) (lead.LeadPage, error) {
		return lead.LeadPage{Items: []lead.Lead{cannedLead().Lead}, Next: "next-page"}, nil
	}
	f.lead = func(id string) (lead.LeadDetail, error) {
		switch id {
		case "ld_worked":
			return workedLead(), nil
		case "ld_pooled":
			return pooledLead(), nil
		}
		return cannedLead(), nil
	}
	f.rejections = func(lead.RejectionQuery) (lead.RejectionPage, error) {
		return lead.RejectionPage{Items: []lead.Rejection{cannedRejection(), cannedSpam()}, Next: "more"}, nil
	}
	f.rejection = func(id string) (lead.Rejection, error) {
		if id == "sub_spam" {
			return cannedSpam(), nil
		}
		return cannedRejection(), nil
	}
	f.duplicates = func(q lead.DuplicateQuery) (lead.DuplicatePage, error) {
		return lead.DuplicatePage{Items: []lead.Duplicate{cannedDuplicate(q.State)}, Next: "8,ld_1,ld_2"}, nil
	}
	f.decided = func(string, string, string, lead.Order) error { return nil }
	f.replay = func(string, *lead.Draft, string) error { return nil }
	f.changes = func(string, lead.Order) ([]lead.Change, error) {
		gone := lead.Lead{ID: "ld_2", Number: "XL20260102-000002", MergedInto: "ld_1"}
		return []lead.Change{{Lead: cannedLead().Lead, Change: lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"name", "phones"}}},
			{Lead: gone, Change: lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"merged_into"}}}}, nil
	}
	f.why = func(string, string) (lead.Why, error) { return cannedWhy(), nil }
	f.overview = func() (lead.Overview, error) {
		return lead.Overview{At: canned,
			Stages: []lead.Stage{{Name: "received", Count: 12345}, {Name: "normalized", Count: 12340, Backlog: 5, OldestSeconds: 61},
				{Name: "pooled", Count: 12300},
				{Name: "rejected", Count: 40, Backlog: 2}, {Name: "assigned", Count: 9000}, {Name: "delivered", Count: 12300}},
			Pool:     lead.PoolFigures{Leads: 8000, Merged: 40, Touches: 12300, Rejected: 37, Quarantined: 3, Assigned: 7000, Unassigned: 1000},
			Parts:    []lead.Part{{Name: "broker", OK: true}, {Name: "database", Message: "is away"}, {Name: "spool", OK: true}},
			Sources:  []lead.SourceFigures{{Key: "price-page", Touches: 12000, Rejected: 30, Last: &last}, {Key: "old-fair", Touches: 300}},
			Rejected: map[string]int64{"no_identity": 30, "bad_json": 7}}, nil
	}
	return f
}

func cannedTokens() (bySecret, byID func(string) (lead.Token, error)) {
	tokens := map[string]lead.Token{adminToken: {ID: "admin", Name: "admin", Scopes: []string{lead.ScopeAdmin}},
		"a-reader": {ID: "tok_reader", Name: "reader", Scopes: []string{lead.ScopeLeadsRead}},
		repToken:   {ID: "tok_chen", Name: "chen's phone", Rep: "chen", Hash: "hash", Scopes: lead.RepScopes}}
	bySecret = func(secret string) (lead.Token, error) {
		if t, ok := tokens[secret]; ok {
			return t, nil
		}
		return lead.Token{}, lead.Unauthorized("bad_token", "this token is not known", "")
	}
	byID = func(id string) (lead.Token, error) {
		for _, t := range tokens {
			if t.ID == id {
				return t, nil
			}
		}
		return lead.Token{}, lead.NotFound("token_not_found", "there is no such token", "")
	}
	return bySecret, byID
}

func cannedConfig() lead.Config {
	return lead.Config{Version: 7,
		Sources: []lead.Source{
			{Key: "price-page", Channel: "webform", Name: "官网报价页", Trust: 60, Enabled: true,
				Settings: map[string]any{"secret": "••••••", "allowed_origins": []any{"https://www.example.cn"}, "rate": float64(30)},
				Mapping:  map[string]string{"你的手机": "phone"}, Defaults: map[string]string{"product": "standard"}},
			{Key: "fair", Channel: "webform", Name: "Trade fair", Trust: 50},
			{Key: "lists", Channel: "excel", Name: "展会名单", Trust: 50, Enabled: true}},
		Teams: []lead.Team{{Key: "south", Name: "华南", Hours: lead.Hours{Holidays: []string{"2026-10-01"}}}},
		Reps: []lead.Rep{{Key: "chen", Name: "陈思远", Team: "south", Weight: 2, Active: true, Assigned: 41, Daily: 10, Holding: 50, Level: 3, Role: "senior", Skills: []string{"english", "cloud"},
			Leave: []lead.Leave{{From: canned.AddDate(0, 0, 1), To: canned.AddDate(0, 0, 2)}, {From: canned.AddDate(0, 0, -9), To: canned.AddDate(0, 0, -8)}}},
			{Key: "wu", Name: "Wu Lin", Weight: 1}, {Key: "li", Name: "李强", Weight: 1, Active: true, OffDuty: true}},
		Pools: cannedPools(), Rules: cannedRules(), Scoring: cannedScoring(), Notify: cannedTargets(),
		Settings: lead.Settings{NumberPrefix: "XL", TimeZone: "Asia/Shanghai", Country: "CN", NeverKeys: []string{"+8613800138000"}}}
}

func cannedFetching() []lead.Fetching {
	at := canned
	trouble := &lead.Trouble{Code: "vendor_call_failed", Message: "the call of the vendor failed", Hint: "the hub's log has the cause; it is tried again", At: at, Since: at, Times: 3}
	return []lead.Fetching{{Source: "price-page", Ways: []string{lead.WayPush, lead.WayPoll, lead.WayListen, lead.WayFetch},
		FetchReport: lead.FetchReport{Poll: &lead.PollReport{Last: &at, Success: &at, Next: &at, Moved: &at, Brought: 1234, Trouble: trouble},
			Listen: &lead.ListenReport{Since: &at, Last: &at, Brought: 5}, Gap: &lead.GapReport{Since: at, Last: &at, Seen: 900, Missing: 4, Fetched: 4}},
		Pending: 7, PendingSince: &at, PausedUntil: &at,
		Tokens: []lead.TokenHealth{{Name: "access", Obtained: &at, Expires: &at, Refused: true, Trouble: trouble}, {Name: "for good"}}},
		{Source: "fair", Ways: []string{lead.WayPush}, Tokens: []lead.TokenHealth{}}}
}

func cannedChannels() []Channel {
	both := func(en, zh string) map[string]string { return map[string]string{"en": en, "zh": zh} }
	return []Channel{{Channel: "webform", Title: both("Web form", "网页表单"), Push: true, Docs: "https://example.com/docs",
		Description: both("Forms of your own sites.", "自有网站的表单。"),
		Settings: []Setting{
			{Name: "secret", Help: both("Signs the requests.", "请求签名密钥。"), Secret: true},
			{Name: "old_secrets", Type: "list", Help: both("Secrets still taken.", "仍接受的旧密钥。"), Secret: true},
			{Name: "allowed_origins", Type: "list", Help: both("Sites that may post.", "允许提交的网站。")},
			{Name: "rate", Type: "int", Help: both("Posts a minute.", "每分钟次数。"), Default: 20},
			{Name: "honeypot", Type: "bool", Help: both("Hidden field.", "隐藏字段。"), Default: true},
			{Name: "note", Help: both("Empty switches it off.", "留空即关闭。"), Default: "on by default"},
			{Name: "signature", OneOf: []string{"none", "hmac"}, Help: both("Kind of signature.", "签名方式。"), Default: "none"},
		}},
		{Channel: "excel", Title: both("Spreadsheet", "Excel 表格"), Upload: true}}
}

func cannedLead() lead.LeadDetail {
	touch := lead.Touch{At: canned, Lead: "ld_1", Verdict: lead.Verdict{Kind: lead.VerdictSame, Lead: "ld_1",
		Reasons: []string{"same mobile as XL20260102-000001"}},
		Submission: lead.Submission{ID: "sub_2", Source: "fair", Message: "想了解价格", Notes: []string{"the fax number was not used"},
			Origin: lead.Origin{UTM: map[string]string{"source": "baidu"}, Page: "https://www.example.cn/price"}}}
	return lead.LeadDetail{
		Lead: lead.Lead{ID: "ld_1", Number: "XL20260102-000001", Name: "王小明", Honorific: "先生", Phones: []string{"+8613912345678"},
			Emails: []string{"xiaoming@example.cn"}, Company: "示例科技", Status: lead.StatusAssigned, Owner: "chen", Touches: 2,
			Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}, Tags: []string{"vip"}, Sources: []string{"price-page", "fair"},
			Consents:  []lead.Consent{{Purpose: "contact", Granted: true, Version: "v2", At: canned}},
			FirstSeen: canned.Add(-time.Hour), LastSeen: canned},
		Provenance: map[string][]lead.Value{
			"company": {{Value: "示例科技", Source: "price-page", Trust: 60, At: canned}},
			"name": {{Value: "王小明", Source: "price-page", Trust: 60, At: canned.Add(-time.Hour)},
				{Value: "小王", Source: "fair", Trust: 50, At: canned, Lost: "trust 50 of its source is less than 60"}}},
		Identities: []lead.HeldIdentity{{Identity: lead.Identity{Kind: lead.IdentityMobile, Value: "+8613912345678"}, Generic: true}},
		TouchList:  []lead.Touch{touch},
		Scored:     cannedScored(),
		History: []lead.Event{{Lead: "ld_1", Version: 2, Type: lead.ChangeAssigned, At: canned.Add(time.Second), Actor: "rule:round robin",
			Why: "chen had the most credit (2) with weight 2 of 3, after 40 leads", Changed: []string{"owner"}}},
	}
}

func cannedWhy() lead.Why {
	both := func(code, en, zh string) lead.Sentence { return lead.Sentence{Code: code, Text: en, TextZH: zh} }
	return lead.Why{One: true, Pending: true, Sentence: both(lead.WhyOneLead, "the 2 touches are one lead", "两个触点是同一条线索"),
		Touches: []lead.WhyTouch{{Submission: "sub_1", Source: "price-page", At: canned, Name: "王小明", Sentence: both(lead.WhyFirst, "the earliest touch", "最早的触点")},
			{Submission: "sub_2", Source: "fair", At: canned, Sentence: both(lead.WhyLinked, "same mobile +86139****5678", "同一手机 +86139****5678")}},
		Apart: []lead.WhyApart{{With: &lead.WhyLead{ID: "ld_9", Number: "XL20260102-000009", Name: "李雷"},
			Sentence: both(lead.HeldDecision, "split by chen", "已由 chen 拆分")}}}
}

func cannedRejection() lead.Rejection {
	return lead.Rejection{ID: "sub_bad", Source: "price-page", Channel: "webform", Stage: lead.StageNormalize, Code: "no_identity",
		Message: "no phone, email or platform id could be used", Hint: "correct the phone and replay", At: canned, ReceivedAt: canned,
		State: lead.RejectionOpen, Body: []byte(`{"phone":"12"}`), Raw: &lead.Raw{ID: "sub_bad", ContentType: "application/json"},
		Draft: &lead.Draft{Fields: map[string][]string{"phone": {"12"}, "message": {"line one\nline two"}, "fax": {"34"}},
			EventTime: "2026-01-02", Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "o1"}}}}
}

func cannedSpam() lead.Rejection {
	r := cannedRejection()
	r.ID, r.Stage, r.Code, r.Score = "sub_spam", lead.StageSpam, "spam", 120
	r.Signals = []lead.Signal{{Code: "honeypot", Points: 100}, {Code: "links", Points: 20, Detail: "two links"}}
	return r
}

// browser keeps cookies and reads forms, as a person's would.
type browser struct {
	t      *testing.T
	site   http.Handler
	jar    map[string]*http.Cookie
	header http.Header
	now    time.Time
}

func (f *fakes) open(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t, jar: map[string]*http.Cookie{}, header: http.Header{}, now: canned}
	b.site = newSite(Config{Authenticator: f, Access: f, Leads: f, Merging: f, Duplicates: f, Fetching: f, Moving: f.work, Following: f.work, Care: f.work, Trying: f.work, Notifications: f.work, Rejections: f, Configuration: f, Figures: f, Snippets: f,
		Imports: f.imports, ImportOrders: f.imports, ImportFiles: f.imports, Channels: func() []Channel { return f.channels }, SessionKey: []byte(strings.Repeat("k", 32)),
		Logger: slog.New(slog.DiscardHandler)}, func() time.Time { return b.now }).routes()
	return b
}

func (f *fakes) signedIn(t *testing.T) *browser {
	t.Helper()
	return f.signedInWith(t, adminToken)
}

func (f *fakes) signedInWith(t *testing.T, token string) *browser {
	t.Helper()
	b := f.open(t)
	require.Equal(t, http.StatusSeeOther, b.login(token).Code)
	require.NotEmpty(t, b.jar[sessionCookie])
	return b
}

func (b *browser) do(method, target string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header = b.header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range b.jar {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.jar[c.Name] = c; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	return w
}

func (b *browser) get(target string) (*goquery.Document, *httptest.ResponseRecorder) {
	b.t.Helper()
	w := b.do(http.MethodGet, target, nil)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	require.NoError(b.t, err)
	return doc, w
}

// submit fills in a form of a page and sends it.
func (b *browser) submit(page, form string, change url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	doc, _ := b.get(page)
	found := doc.Find(form).First()
	require.Equal(b.t, 1, found.Length(), "no form %s on %s", form, page)
	values := formValues(found)
	for name, v := range change {
		values[name] = v
	}
	action, _, _ := strings.Cut(found.AttrOr("action", ""), "#") // a browser keeps the place in the page to itself
	return b.do(http.MethodPost, action, values)
}

func formValues(form *goquery.Selection) url.Values {
	out := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, ok := s.Attr("name")
		if !ok {
			return
		}
		switch {
		case goquery.NodeName(s) == "textarea":
			out.Add(name, strings.TrimPrefix(s.Text(), "\n"))
		case goquery.NodeName(s) == "select":
			out.Add(name, s.Find("option[selected]").AttrOr("value", s.Find("option[selected]").Text()))
		case s.AttrOr("type", "") == "checkbox":
			if _, checked := s.Attr("checked"); checked {
				out.Add(name, "on")
			}
		default:
			out.Add(name, s.AttrOr("value", ""))
		}
	})
	return out
}

func (b *browser) login(token string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.submit("/login", "form[action='/login']", url.Values{"token": {token}})
}
