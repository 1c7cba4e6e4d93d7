package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// forReps is everything that a rep may reach, said once more than in the console itself: a route that is in neither must be shut.
var forReps = []string{"GET /", "GET /leads", "GET /leads/{id}", "POST /leads/{id}/accept", "POST /leads/{id}/follow", "POST /leads/{id}/reopen", "POST /leads/{id}/release",
	"GET /pools", "GET /pools/{key}", "POST /pools/{key}/claim", "GET /notifications", "POST /reps/{key}/duty"}

// forAnybody is what needs no session.
var forAnybody = []string{"GET /login", "POST /login", "POST /logout"}

// eachRoute visits every route of the console, its parameters filled with what the rep chen may see most of.
func eachRoute(t *testing.T, visit func(route, method, path string)) {
	t.Helper()
	n := 0
	s := newSite(Config{SessionKey: []byte(strings.Repeat("k", 32))}, time.Now)
	require.NoError(t, chi.Walk(s.mux(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if route == "/assets/*" {
			return nil
		}
		n++
		fill := strings.NewReplacer("/leads/{id}", "/leads/mine", "/pools/{key}", "/pools/sea", "/reps/{key}", "/reps/chen", "/sources/{key}", "/sources/price-page",
			"/targets/{key}", "/targets/group", "/rejections/{id}", "/rejections/sub_bad", "/imports/{id}", "/imports/imp_1", "/access/{id}", "/access/tok_chen", "/notifications/{id}", "/notifications/dlv_1", "{a}", "mine", "{b}", "mine2")
		path := fill.Replace(route)
		require.NotContains(t, path, "{", "say what a test is to put there")
		visit(method+" "+route, method, path)
		return nil
	}))
	require.Greater(t, n, 50, "the walk found too little to be true")
}

func TestEveryRouteThatIsNotForRepsIsShutToThem(t *testing.T) {
	open := map[string]bool{}
	eachRoute(t, func(route, method, path string) {
		if slices.Contains(forAnybody, route) {
			return
		}
		f := office()
		touched := f.guard()
		b := f.rep(t)
		form := url.Values{"csrf": {b.csrf()}, "lead": {"pooled"}, "rep": {"chen"}, "way": {"call"}, "pool": {"sea"}, "reason": {"联系不上"}, "with": {"mine2"}, "touch": {"sub_2"},
			"step": {"confirm"}, "field": {"name"}, "value": {"x"}, "where": {"rules"}, "key": {"new"}, "name": {"new"}, "weight": {"1"}, "channel": {"webform"}, "source": {"fair"}}
		*touched = nil
		f.asked, f.work.calls = nil, nil
		w := b.do(method, path, form)
		if slices.Contains(forReps, route) {
			open[route] = true
			require.Contains(t, []int{200, 303}, w.Code, "%s: %s", route, w.Body)
			require.Empty(t, *touched, "%s asks for what is not for reps", route)
			return
		}
		require.Equal(t, http.StatusNotFound, w.Code, "%s is open to reps", route)
		require.Contains(t, w.Body.String(), "No such page", route)
		require.Empty(t, *touched, route)
		require.Empty(t, f.work.calls, route)
		require.Empty(t, f.asked, route)
		require.Empty(t, f.actor, route)
		require.Zero(t, f.work.drafts, route)
	})
	require.Len(t, open, len(forReps), "each of them is a route")
}

// The table of the console must have no more than this one: a route that was opened by mistake is found there.
func TestTheTableOfRepsHasNothingThatIsNoRoute(t *testing.T) {
	s := newSite(Config{SessionKey: []byte(strings.Repeat("k", 32))}, time.Now)
	for route := range s.ofReps() {
		require.Contains(t, forReps, route)
	}
	require.Len(t, s.ofReps(), len(forReps))
}

// Whatever scopes the token of a rep has, it opens no more.
func TestATokenOfARepWithAllScopesIsStillOfARep(t *testing.T) {
	f := office()
	f.setToken(func(t *lead.Token) error {
		if t.Rep != "" {
			t.Scopes = lead.Scopes
		}
		return nil
	})
	b := f.rep(t)
	for _, path := range []string{"/settings", "/reps", "/rules", "/figures", "/imports", "/sources", "/rejections", "/duplicates", "/nowhere"} {
		_, w := b.get(path)
		require.Equal(t, http.StatusNotFound, w.Code, path)
	}
	for _, id := range []string{"theirs", "far"} {
		_, w := b.get("/leads/" + id)
		require.Equal(t, http.StatusNotFound, w.Code, id)
	}
}

// guard notes every call of a port that is not for reps.
func (f *fakes) guard() *[]string {
	var touched []string
	note := func(what string) { touched = append(touched, what) }
	f.rejections = func(lead.RejectionQuery) (lead.RejectionPage, error) {
		note("rejections")
		return lead.RejectionPage{}, nil
	}
	f.rejection = func(string) (lead.Rejection, error) { note("rejection"); return lead.Rejection{}, nil }
	f.replay = func(string, *lead.Draft, string) error { note("replay"); return nil }
	f.overview = func() (lead.Overview, error) { note("overview"); return lead.Overview{}, nil }
	f.changes = func(what string, _ lead.Order) ([]lead.Change, error) { note(what); return nil, nil }
	f.why = func(string, string) (lead.Why, error) { note("why"); return lead.Why{}, nil }
	f.duplicates = func(lead.DuplicateQuery) (lead.DuplicatePage, error) {
		note("duplicates")
		return lead.DuplicatePage{}, nil
	}
	f.decided = func(string, string, string, lead.Order) error { note("decided"); return nil }
	return &touched
}

func TestWhoIsRefusedAtSigningInIsToldWhy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakes, *lead.Token)
		want   string
	}{
		"inactive":  {func(f *fakes, _ *lead.Token) { f.config.Reps[0].Active = false }, "not active"},
		"gone":      {func(f *fakes, _ *lead.Token) { f.config.Reps = nil }, "not active"},
		"unread":    {func(_ *fakes, t *lead.Token) { t.Scopes = []string{lead.ScopeLeadsWork} }, "leads:read"},
		"no reps":   {func(_ *fakes, t *lead.Token) { t.Rep = "" }, "no rep's"},
		"elsewhere": {func(_ *fakes, t *lead.Token) { t.Rep = "chen " }, "not active"},
	} {
		f := office()
		authenticate := f.authenticate
		f.authenticate = func(secret string) (lead.Token, error) {
			token, err := authenticate(secret)
			c.change(f, &token)
			return token, err
		}
		b := f.open(t)
		w := b.login(repToken)
		require.Equal(t, http.StatusForbidden, w.Code, name)
		require.Contains(t, parsed(t, w.Body.String()).Find("[role=alert]").Text(), c.want, name)
		require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/leads", nil).Code)
	}
}

// What a session may do is what its token may do at that moment.
func TestWhoIsLetInNoMoreIsOutAtTheNextRequest(t *testing.T) {
	gone := func(*lead.Token) error { return lead.NotFound("token_not_found", "there is no such token", "") }
	for name, end := range map[string]func(*fakes){
		"the token was taken back": func(f *fakes) { f.setToken(gone) },
		"the rep was set inactive": func(f *fakes) { f.config.Reps[0].Active = false },
		"the rep left":             func(f *fakes) { f.config.Reps = f.config.Reps[1:] },
		"the token may not read":   func(f *fakes) { f.setToken(func(t *lead.Token) error { t.Scopes = nil; return nil }) },
		"the token has another rep": func(f *fakes) {
			f.setToken(func(t *lead.Token) error { t.Rep = "li"; return nil })
		},
		"the token became an admin's": func(f *fakes) {
			f.setToken(func(t *lead.Token) error { t.Rep, t.Scopes = "", []string{lead.ScopeAdmin}; return nil })
		},
		"the token has another secret": func(f *fakes) {
			f.setToken(func(t *lead.Token) error { t.Hash = "another"; return nil })
		},
	} {
		f := office()
		b := f.rep(t)
		csrf, old := b.csrf(), b.jar[sessionCookie]
		_, w := b.get("/leads/mine")
		require.Equal(t, 200, w.Code, name)
		end(f)
		f.work.calls = nil
		w = b.do(http.MethodPost, "/leads/mine/accept", url.Values{"csrf": {csrf}})
		require.Equal(t, []string{"303", "/login"}, []string{fmt.Sprint(w.Code), w.Header().Get("Location")}, name)
		require.Empty(t, f.work.calls, name)
		require.Nil(t, b.jar[sessionCookie], "the session is over")
		b.jar[sessionCookie] = old
		w = b.do(http.MethodGet, "/leads/mine", nil)
		require.Equal(t, "/login?next=%2Fleads%2Fmine", w.Header().Get("Location"), "%s: a cookie that was kept is worth nothing", name)
		require.NotContains(t, w.Body.String(), "13912345678")
		doc, w := b.get("/login")
		require.Equal(t, 200, w.Code, "no circle")
		require.Equal(t, 0, doc.Find("header nav").Length())
	}
}

func TestAnAdminsTokenThatWasTakenBackEndsItsSession(t *testing.T) {
	f := office()
	b := f.signedIn(t)
	_, w := b.get("/settings")
	require.Equal(t, 200, w.Code)
	f.token = func(string) (lead.Token, error) { return lead.Token{}, lead.NotFound("token_not_found", "", "") }
	require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/settings", nil).Code)

	f = office()
	b = f.signedIn(t)
	f.setToken(func(t *lead.Token) error { t.Scopes = []string{lead.ScopeLeadsRead}; return nil })
	require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/settings", nil).Code, "or whose scope was")
}

// Trouble of the hub ends no session: who was in is in again when it is over.
func TestTheHubsTroubleIsNotTheEndOfASession(t *testing.T) {
	f := office()
	b := f.rep(t)
	away := lead.Transient("database_away", "the database is away", 0, nil)
	token := f.token
	f.token = func(string) (lead.Token, error) { return lead.Token{}, away }
	_, w := b.get("/leads")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	f.token, f.unreadable = token, away
	_, w = b.get("/leads")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	f.unreadable = nil
	_, w = b.get("/leads")
	require.Equal(t, 200, w.Code)
}

func TestARepComesBackToThePageAskedFor(t *testing.T) {
	b := office().open(t)
	w := b.submit("/login?next=%2Fleads%2Fmine", "form[action='/login']", url.Values{"token": {repToken}})
	require.Equal(t, "/leads/mine", w.Header().Get("Location"), "that of the link in a notification")
	require.NotContains(t, b.jar[sessionCookie].Value, repToken)
	_, w = b.get("/login")
	require.Equal(t, "/", w.Header().Get("Location"))
	require.Equal(t, "/login", b.submit("/", "form[action='/logout']", nil).Header().Get("Location"))
	require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/leads/mine", nil).Code)
}
