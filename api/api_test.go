package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestEveryErrorBecomesAProblem(t *testing.T) {
	for kind, status := range map[lead.Kind]int{lead.KindInvalid: 400, lead.KindUnauthorized: 401, lead.KindForbidden: 403, lead.KindNotFound: 404,
		lead.KindConflict: 409, lead.KindTooLarge: 413, lead.KindLimited: 429, lead.KindTransient: 503, lead.KindInternal: 500} {
		f := newFakes()
		f.lead = func(string) (lead.LeadDetail, error) {
			return lead.LeadDetail{}, &lead.Error{Kind: kind, Code: "some_code", Message: "A sentence.", Hint: "A hint.", Fields: []string{"q"}, Err: errors.New("cause-of-it")}
		}
		a := f.admin(t, "GET", "/v1/leads/x", "")
		require.Equal(t, status, a.Code)
		require.Equal(t, "application/problem+json", a.Header().Get("Content-Type"))
		require.NotContains(t, a.Body.String(), "cause-of-it")
		require.Equal(t, status == 429 || status == 503, a.Header().Get("Retry-After") != "")
		if kind == lead.KindInternal {
			require.Equal(t, "internal", a.json()["code"])
			require.Contains(t, f.log.String(), "cause-of-it")
			require.Contains(t, f.log.String(), "get-leads-id")
			continue
		}
		require.Equal(t, map[string]any{"title": http.StatusText(status), "status": float64(status), "code": "some_code", "detail": "A sentence.",
			"hint": "A hint.", "fields": []any{"q"}}, a.json())
		require.Empty(t, f.log.String(), "what the caller is told is not logged too")
	}
}

func TestAPathOrMethodThatIsNotThereIsAProblem(t *testing.T) {
	for request, status := range map[string]int{"GET /v1/nothing": 404, "PATCH /v1/leads": 405, "GET /v1/docs": 404} {
		method, path, _ := strings.Cut(request, " ")
		a := newFakes().admin(t, method, path, "")
		require.Equal(t, status, a.Code)
		require.NotEmpty(t, a.json()["hint"])
	}
}

func TestTheHandlerServesFullPathsWhereverItIsMounted(t *testing.T) {
	for name, mount := range map[string]func(chi.Router, http.Handler){
		"handle": func(r chi.Router, h http.Handler) { r.Handle("/v1/*", h) },
		"mount":  func(r chi.Router, h http.Handler) { r.Mount("/v1", h) },
	} {
		r := chi.NewRouter()
		mount(r, newFakes().api())
		req := httptest.NewRequest("GET", "/v1/sources/k", nil)
		req.Header.Set("Authorization", "bearer admin")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		require.Equal(t, 200, w.Code, name)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	f := newFakes()
	f.config = lead.Config{}
	f.channels = nil
	f.leads = func(lead.LeadQuery) (lead.LeadPage, error) { return lead.LeadPage{}, nil }
	for _, path := range []string{"/v1/leads", "/v1/leads/x", "/v1/rejections", "/v1/sources", "/v1/teams", "/v1/reps", "/v1/settings",
		"/v1/config", "/v1/tokens", "/v1/overview", "/v1/audit", "/v1/channels"} {
		a := f.admin(t, "GET", path, "")
		require.Equal(t, 200, a.Code, path)
		require.NotContains(t, a.Body.String(), "null", path)
	}
	require.JSONEq(t, `{"items":[],"next":""}`, f.admin(t, "GET", "/v1/leads", "").Body.String())
	require.NotContains(t, newFakes().admin(t, "GET", "/v1/leads", "").Body.String(), "null", "nor those of a lead")
}

func TestLeadsAreListedByWhatIsAsked(t *testing.T) {
	f := newFakes()
	var asked lead.LeadQuery
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { asked = q; return lead.LeadPage{Next: "n"}, nil }
	q := url.Values{"limit": {"7"}, "cursor": {"abc-_.~="}, "q": {"王 & co"}, "status": {"new"}, "owner": {"-"}, "source": {"s"}, "province": {"广东省"},
		"since": {"2026-01-02T03:04:05Z"}, "until": {"2026-01-02T11:04:05+08:00"}}
	a := f.admin(t, "GET", "/v1/leads?"+q.Encode(), "")
	require.Equal(t, "n", a.json()["next"])
	require.True(t, asked.Since.Equal(moment))
	require.True(t, asked.Until.Equal(moment))
	asked.Since, asked.Until = moment, moment
	require.Equal(t, lead.LeadQuery{Text: "王 & co", Status: "new", Owner: "-", Source: "s", Province: "广东省", Since: moment, Until: moment, Cursor: "abc-_.~=", Limit: 7}, asked)

	f.admin(t, "GET", "/v1/leads", "")
	require.Equal(t, lead.LeadQuery{Limit: 50}, asked)
}

func TestAQueryThatIsNotRightNamesItsFields(t *testing.T) {
	for query, field := range map[string]string{"limit=0": "limit", "limit=201": "limit", "limit=many": "limit", "status=old": "status", "since=yesterday": "since",
		"colour=red": "colour", "cursor=%20": "cursor", "cursor=" + strings.Repeat("x", 600): "cursor", "q=" + strings.Repeat("x", 300): "q"} {
		f := newFakes()
		f.leads = func(lead.LeadQuery) (lead.LeadPage, error) {
			t.Fatal("nothing may be read")
			return lead.LeadPage{}, nil
		}
		a := f.admin(t, "GET", "/v1/leads?"+query, "")
		require.Equal(t, 422, a.Code, query)
		require.Equal(t, "validation", a.json()["code"])
		require.Equal(t, []any{field}, a.json()["fields"])
		require.NotEmpty(t, a.json()["hint"])
	}
}

func TestAURLThatIsNotTextIsRefused(t *testing.T) {
	for _, path := range []string{"/v1/leads?q=%00", "/v1/leads?q=%ff", "/v1/leads?q=%zz", "/v1/leads/%00", "/v1/leads/%ff"} {
		r := httptest.NewRequest("GET", "/v1/leads", nil)
		u, err := url.ParseRequestURI(path)
		require.NoError(t, err)
		r.URL = u
		w := httptest.NewRecorder()
		newFakes().api().ServeHTTP(w, r)
		require.Equal(t, 400, w.Code, path)
	}
}

func TestABodyThatIsNotRightIsAProblemThatDoesNotEchoIt(t *testing.T) {
	for body, status := range map[string]int{`{"name":`: 400, ``: 400, `[]`: 422, `{"key":"a","phone":"13912345678"}`: 422, `{"key":"a"} {}`: 400,
		`{"key":13912345678}`: 422, `{"key":"a","name":"` + strings.Repeat("x", 2<<20) + `"}`: 413} {
		a := newFakes().admin(t, "POST", "/v1/reps", body)
		require.Equal(t, status, a.Code, "%.40s: %s", body, a.Body)
		require.NotEmpty(t, a.json()["code"])
		require.NotContains(t, a.Body.String(), "13912345678")
	}
	r := httptest.NewRequest("POST", "/v1/reps", strings.NewReader("key=a"))
	r.Header.Set("Authorization", "Bearer admin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	newFakes().api().ServeHTTP(w, r)
	require.Equal(t, 415, w.Code)
}

func TestTokensAreShownOnce(t *testing.T) {
	f := newFakes()
	f.createToken = func(t lead.Token) (string, lead.Token, error) {
		return "the-secret", lead.Token{ID: "t1", Name: t.Name, Scopes: t.Scopes, Rep: t.Rep, Created: moment, Hash: "the-hash"}, nil
	}
	f.tokens = func() ([]lead.Token, error) {
		return []lead.Token{{ID: "t1", Name: "crm", Scopes: []string{"leads:read"}, Hash: "the-hash"}}, nil
	}
	a := f.admin(t, "POST", "/v1/tokens", `{"name":"crm","scopes":["leads:read","rejections"]}`)
	require.Equal(t, 201, a.Code)
	require.Equal(t, "the-secret", a.json()["token"])
	require.NotContains(t, a.Body.String(), "the-hash")
	require.Equal(t, "k", f.admin(t, "POST", "/v1/tokens", `{"name":"chen","scopes":["leads:work"],"rep":"k"}`).json()["rep"])
	require.Equal(t, "unknown_rep", f.admin(t, "POST", "/v1/tokens", `{"name":"x","scopes":["leads:work"],"rep":"nobody"}`).json()["code"])
	a = f.admin(t, "GET", "/v1/tokens", "")
	require.NotContains(t, a.Body.String(), "the-hash")
	for _, bad := range []string{`{"name":"","scopes":["admin"]}`, `{"name":"x","scopes":[]}`, `{"name":"x","scopes":["root"]}`, `{"scopes":["admin"]}`} {
		require.Equal(t, 422, f.admin(t, "POST", "/v1/tokens", bad).Code, bad)
	}
	f.deleteToken = func(string) error { return lead.NotFound("no_such_token", "there is no such token", "") }
	require.Equal(t, 404, f.admin(t, "DELETE", "/v1/tokens/x", "").Code)
}

func TestAPayloadIsExplainedAsItWouldBeSent(t *testing.T) {
	f := newFakes()
	var got []string
	f.explain = func(source, contentType string, body []byte) (lead.Explanation, error) {
		got = []string{source, contentType, string(body)}
		return lead.Explanation{Drafts: make([]lead.Draft, 1), Submissions: make([]lead.ExplainedSubmission, 1)}, nil
	}
	a := f.admin(t, "POST", "/v1/explain", `{"source":"site","body":"{\"phone\":\"1\"}"}`)
	require.Equal(t, 200, a.Code)
	require.Equal(t, []string{"site", "application/json", `{"phone":"1"}`}, got)
	require.NotContains(t, a.Body.String(), "null")
	f.admin(t, "POST", "/v1/explain", `{"source":"site","content_type":"text/plain","body":"x"}`)
	require.Equal(t, []string{"site", "text/plain", "x"}, got)
}

func TestWhatWasReceivedIsSentAgainSinceATime(t *testing.T) {
	f := newFakes()
	var from string
	var since time.Time
	f.replayRaw = func(s string, at time.Time) (int, error) { from, since = s, at; return 7, nil }
	require.JSONEq(t, `{"replayed":7}`, f.admin(t, "POST", "/v1/replay", `{"source":"site","since":"2026-01-02T03:04:05Z"}`).Body.String())
	require.Equal(t, "site", from)
	require.True(t, since.Equal(moment))
	f.admin(t, "POST", "/v1/replay", `{"source":""}`)
	require.True(t, since.IsZero())
}
