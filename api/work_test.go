package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// fakeWork notes what it is asked, and answers with lead.
type fakeWork struct {
	asked []string
	move  lead.Move
	told  lead.Feedback
	lead  lead.Lead
	err   error
}

func (w *fakeWork) note(m lead.Move, what ...string) (lead.Lead, error) {
	w.asked, w.move = append(w.asked, strings.Join(what, " ")), m
	return w.lead, w.err
}

func (w *fakeWork) Assign(_ context.Context, id, rep string, m lead.Move) (lead.Lead, error) {
	return w.note(m, "assign", id, rep)
}
func (w *fakeWork) Claim(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return w.note(m, "claim", id)
}
func (w *fakeWork) Release(_ context.Context, id, pool, reason string, m lead.Move) (lead.Lead, error) {
	return w.note(m, "release", id, pool, reason)
}
func (w *fakeWork) Accept(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return w.note(m, "accept", id)
}
func (w *fakeWork) Follow(_ context.Context, f lead.Feedback, m lead.Move) (lead.Lead, error) {
	w.told = f
	return w.note(m, "follow", f.Lead)
}
func (w *fakeWork) Reopen(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return w.note(m, "reopen", id)
}
func (w *fakeWork) Handover(_ context.Context, rep string, to lead.Handover, m lead.Move) (int, error) {
	_, err := w.note(m, "handover", rep, to.To, to.Pool)
	return 3, err
}
func (w *fakeWork) RepStates(context.Context) ([]lead.RepState, error) {
	return []lead.RepState{{Rep: "gone", Held: 2, Day: "20200101", Today: 7}, {Rep: "k", Held: 1, Day: "20200101", Today: 5}}, w.err
}
func (w *fakeWork) PoolStates(context.Context) ([]lead.PoolState, error) {
	return []lead.PoolState{{Pool: "k", Leads: 4, Grades: map[string]int64{"A": 4}}}, w.err
}
func (w *fakeWork) Performance(context.Context, lead.PerformanceQuery) (lead.Performance, error) {
	return lead.Performance{}, w.err
}
func (w *fakeWork) Known(_ context.Context, phone, rep string) (lead.Known, error) {
	w.asked = append(w.asked, "known "+phone+" "+rep)
	return lead.Known{Known: true, Team: "k"}, w.err
}

const (
	secretPhone = "+8613912345678"
	secretEmail = "li.qiang@example.com"
)

// somebody is a lead with everything in it that a pool may conceal, also in places where nobody looks for it.
func somebody(id, owner, pool string) lead.LeadDetail {
	l := lead.Lead{ID: id, Number: "XL-" + id, Name: "李强 13912345678", Phones: []string{secretPhone}, Emails: []string{secretEmail}, Company: "海恒科技",
		Address: "软件园 139-1234-5678", Owner: owner, Status: lead.StatusNew, Tags: []string{"回拨１３９１２３４５６７８"}, Region: lead.Region{Province: "江苏省", City: "苏州市"},
		Consents:  []lead.Consent{{Text: "I, " + secretEmail + ", agree"}},
		FirstFrom: lead.Origin{Source: "site", Page: "https://example.com/?phone=13912345678", UTM: map[string]string{"term": secretEmail, "campaign": "spring"}},
		Course:    lead.Course{Pool: pool, Reason: "say 139 1234 5678", PreviousOwner: "wu", Customer: "C-1"}}
	d := lead.LeadDetail{Lead: l, TouchList: []lead.Touch{{Submission: lead.Submission{ID: "sub_1", Phones: []lead.Phone{{E164: secretPhone}}}}},
		Provenance: map[string][]lead.Value{"phones": {{Value: secretPhone}}}, Identities: []lead.HeldIdentity{{Identity: lead.Identity{Value: secretPhone}}},
		History:    []lead.Event{{Why: "call " + secretPhone, Trace: []lead.Tried{{Rule: "all", Reps: []lead.TriedRep{{Rep: "wu", Held: 9}}}}}},
		Duplicates: []lead.LeadDuplicate{{Lead: "ld_other", Name: "王芳", Owner: "wu"}, {Lead: "ld_mine", Name: "李强", Owner: "k"}}}
	return d
}

// office has three leads: one of the rep k, one in his pool, one in a pool of another team, and two of somebody else.
func office() *fakes {
	f := newFakes()
	f.config.Teams = append(f.config.Teams, lead.Team{Key: "north"})
	f.config.Pools = append(f.config.Pools, lead.Pool{Key: "far", Enabled: true, Teams: []string{"north"}}, lead.Pool{Key: "shut", Teams: []string{"k"}})
	f.config.Pools[0].Enabled, f.config.Pools[0].Masked, f.config.Pools[0].Hidden = true, []string{"phones", "emails", "name"}, []string{"address", "region"}
	leads := map[string]lead.LeadDetail{"mine": somebody("mine", "k", ""), "pooled": somebody("pooled", "", "k"), "far": somebody("far", "", "far"),
		"shut": somebody("shut", "", "shut"), "theirs": somebody("theirs", "wu", ""), "waiting": somebody("waiting", "", "")}
	f.lead = func(id string) (lead.LeadDetail, error) {
		d, ok := leads[id]
		if !ok {
			return d, lead.UnknownLead()
		}
		return d, nil
	}
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { // it filters nothing: what is left out is left out by the API
		var p lead.LeadPage
		for _, id := range []string{"mine", "pooled", "far", "shut", "theirs", "waiting"} {
			p.Items = append(p.Items, leads[id].Lead)
		}
		return p, nil
	}
	f.authenticate = func(string) (lead.Token, error) {
		return lead.Token{ID: "tok_k", Name: "chen", Rep: "k", Scopes: lead.RepScopes}, nil
	}
	return f
}

// secrets are what must not be in an answer about a lead that nobody has claimed.
var secrets = []string{"13912345678", "139-1234-5678", "139 1234 5678", "１３９１２３４５６７８", "li.qiang", "李强", "软件园", "苏州", "sub_1", "wu", "C-1", "ld_other"}

func TestARepSeesHisOwnLeadsAndThoseOfHisPoolsMasked(t *testing.T) {
	f := office()
	a := f.as(t, "rep", "GET", "/v1/leads/mine", "")
	require.Equal(t, 200, a.Code)
	for _, whole := range []string{secretPhone, secretEmail, "李强", "sub_1"} {
		require.Contains(t, a.Body.String(), whole)
	}
	require.NotContains(t, a.Body.String(), "ld_other", "a possible duplicate of somebody else's")
	require.NotContains(t, a.Body.String(), `"trace"`, "how colleagues stand")

	for _, request := range []string{"/v1/leads/pooled", "/v1/pools/k/leads"} {
		a := f.as(t, "rep", "GET", request, "")
		require.Equal(t, 200, a.Code, a.Body)
		if strings.HasPrefix(request, "/v1/leads/") {
			for _, shown := range []string{"139****5678", "l***@example.com", "李***", "海恒科技", "spring"} {
				require.Contains(t, a.Body.String(), shown)
			}
			for _, s := range secrets {
				require.NotContains(t, a.Body.String(), s, request)
			}
		}
	}
	for _, id := range []string{"theirs", "far", "shut", "waiting", "nobody"} {
		a := f.as(t, "rep", "GET", "/v1/leads/"+id, "")
		require.Equal(t, 404, a.Code, id)
		require.Equal(t, f.as(t, "rep", "GET", "/v1/leads/nobody", "").json()["detail"], a.json()["detail"], "nobody can tell that it is there")
	}
	a = f.as(t, "rep", "GET", "/v1/leads?pool=*", "")
	var ids []string
	for _, l := range a.json()["items"].([]any) {
		ids = append(ids, l.(map[string]any)["id"].(string))
	}
	require.Equal(t, []string{"mine", "pooled"}, ids)
}

func TestWhatARepLooksForTellsNothingOfWhatIsConcealed(t *testing.T) {
	f := office()
	var asked lead.LeadQuery
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { asked = q; return lead.LeadPage{}, nil }
	for request, want := range map[string]lead.LeadQuery{
		"/v1/leads":             {Owner: "k"},
		"/v1/leads?q=139":       {Owner: "k", Text: "139"},
		"/v1/leads?owner=-":     {Owner: "-", Pool: "*"},
		"/v1/leads?pool=k":      {Owner: "-", Pool: "k"},
		"/v1/pools/k/leads":     {Owner: "-", Pool: "k"},
		"/v1/leads?grade=A":     {Owner: "k", Grade: "A"},
		"/v1/leads?owner=k&q=x": {Owner: "k", Text: "x"},
	} {
		require.Equal(t, 200, f.as(t, "rep", "GET", request, "").Code, request)
		want.Limit = 50
		require.Equal(t, want, asked, request)
	}
	for request, code := range map[string]string{
		"/v1/leads?pool=k&q=139":         "not_searchable",
		"/v1/leads?owner=-&q=139":        "not_searchable",
		"/v1/leads?pool=k&province=江苏省":  "not_searchable",
		"/v1/leads?pool=*&province=江苏省":  "not_searchable",
		"/v1/pools/k/leads?province=江苏省": "not_searchable",
		"/v1/leads?owner=wu":             "not_owner",
		"/v1/leads?pool=far":             "no_such_pool",
		"/v1/pools/far/leads":            "no_such_pool",
		"/v1/pools/shut/leads":           "no_such_pool",
		"/v1/reps/wu/state":              "no_such_rep",
	} {
		asked = lead.LeadQuery{}
		a := f.as(t, "rep", "GET", request, "")
		require.Equal(t, code, a.json()["code"], request)
		require.Zero(t, asked, request)
	}
}

func TestARepMovesHisOwnLeadsAndHearsNothingOfOthers(t *testing.T) {
	f := office()
	for _, verb := range []string{"release", "accept", "follow-ups", "reopen", "claim"} {
		body := map[string]string{"release": `{"pool":"k","reason":"x","id":"1"}`, "follow-ups": `{"way":"call","id":"1"}`}[verb]
		if body == "" {
			body = `{"id":"1"}`
		}
		f.work.err, f.work.lead = nil, somebody("mine", "k", "").Lead
		a := f.as(t, "rep", "POST", "/v1/leads/mine/"+verb, body)
		require.Equal(t, 200, a.Code, a.Body)
		require.Equal(t, "k", f.work.move.Rep, "the rules of the pool count")
		require.Equal(t, "person:chen", f.work.move.Actor)
		mine := f.work.move.ID
		require.Contains(t, mine, "tok_k", "an id is the token's own")
		f.as(t, "rep", "POST", "/v1/leads/pooled/"+verb, body)
		require.NotEqual(t, mine, f.work.move.ID, "and the lead's: it opens no other")

		for _, code := range []string{"not_owner", "not_your_pool", "not_in_pool", "pool_closed"} {
			f.work.err = &lead.Error{Kind: lead.KindForbidden, Code: code}
			for _, id := range []string{"theirs", "far", "waiting"} {
				a = f.as(t, "rep", "POST", "/v1/leads/"+id+"/"+verb, body)
				require.Equal(t, []any{404, "lead_not_found"}, []any{a.Code, a.json()["code"]})
			}
			require.Equal(t, code, f.as(t, "rep", "POST", "/v1/leads/pooled/"+verb, body).json()["code"])
		}
		// Whatever comes back, what he may not see is not shown.
		f.work.err, f.work.lead = nil, somebody("theirs", "wu", "").Lead
		a = f.as(t, "rep", "POST", "/v1/leads/theirs/"+verb, body)
		for _, s := range secrets {
			require.NotContains(t, a.Body.String(), s)
		}
	}
	f.work.lead = somebody("pooled", "", "k").Lead
	require.Contains(t, f.as(t, "rep", "POST", "/v1/leads/mine/release", `{"pool":"k","reason":"x"}`).Body.String(), "139****5678", "given back, it is masked again")
}

func TestARepDecidesAboutHisOwnLeadsAlone(t *testing.T) {
	f := office()
	for _, request := range []string{`POST /v1/leads/ID/merge {"with":"mine","preview":true}`, `POST /v1/leads/mine/merge {"with":"ID"}`, `POST /v1/leads/ID/split {"touches":["sub_1"]}`,
		`PUT /v1/leads/ID/pins/name {"value":"x"}`, `DELETE /v1/leads/ID/pins/name `, `GET /v1/leads/ID/why `, `GET /v1/leads/mine/why?with=ID `} {
		for id, want := range map[string]int{"mine": 200, "pooled": 404, "theirs": 404} {
			parts := strings.SplitN(strings.ReplaceAll(request, "ID", id), " ", 3)
			a := f.as(t, "rep", parts[0], parts[1], parts[2])
			require.Equal(t, want, a.Code, "%s: %s", parts, a.Body)
		}
	}
}

// Whatever scopes the token of a rep has, it reaches what is listed here and nothing else.
func TestEverythingElseIsClosedToReps(t *testing.T) {
	open := "GET /v1/leads|GET /v1/leads/l|GET /v1/leads/known|POST /v1/leads/l/claim|POST /v1/leads/l/release|POST /v1/leads/l/accept|POST /v1/leads/l/follow-ups|POST /v1/leads/l/reopen|" +
		"POST /v1/leads/l/merge|POST /v1/leads/l/split|PUT /v1/leads/l/pins/name|DELETE /v1/leads/l/pins/name|GET /v1/leads/l/why|" +
		"GET /v1/pools/k/leads|GET /v1/pools/states|GET /v1/reps/k/state|POST /v1/reps/k/duty"
	for _, op := range operations {
		f := newFakes()
		f.authenticate = func(string) (lead.Token, error) {
			return lead.Token{ID: "tok_k", Rep: "k", Scopes: lead.Scopes}, nil
		}
		method, path, _ := strings.Cut(op.request, " ")
		a := f.as(t, "rep", method, path, op.body)
		path, _, _ = strings.Cut(path, "?")
		if isOpen := strings.Contains("|"+open+"|", "|"+method+" "+path+"|"); isOpen {
			require.NotEqual(t, 403, a.Code, op.request)
			continue
		}
		require.Equal(t, []any{403, "not_for_reps"}, []any{a.Code, a.json()["code"]}, op.request)
	}
}

func TestWhoIsNoRepAnyMoreSeesNothing(t *testing.T) {
	f := office()
	f.config.Reps[0].Active = false
	require.Equal(t, "rep_inactive", f.as(t, "rep", "GET", "/v1/leads/mine", "").json()["code"])
	f.config.Reps = nil
	require.Equal(t, 403, f.as(t, "rep", "GET", "/v1/leads", "").Code)
	f = newFakes()
	f.authenticate = func(string) (lead.Token, error) {
		return lead.Token{ID: "t", Scopes: []string{lead.ScopeLeadsWork}}, nil
	}
	require.Equal(t, "rep_unknown", f.as(t, "x", "POST", "/v1/leads/l/release", `{}`).json()["code"], "it is nobody's, and not above anybody")
	require.Empty(t, f.work.asked)
}

func TestNullTellsAsMuchAsAFieldThatIsNotThere(t *testing.T) {
	f := newFakes()
	f.work.lead = somebody("l", "wu", "").Lead
	for _, verb := range []string{"follow-ups", "feedback"} {
		for _, field := range []string{"id", "status", "feedback", "next_at", "at", "reason", "amount", "currency", "customer"} {
			a := f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/"+verb, `{"way":"call","`+field+`":null}`)
			require.Equal(t, 200, a.Code, "%s %s: %s", verb, field, a.Body)
			require.Equal(t, lead.Feedback{Lead: "l", Way: "call"}, f.work.told, field)
		}
	}
	a := f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/feedback", `{"feedback":"x","way":null,"lead":null,"by":null}`)
	require.Equal(t, 200, a.Code, a.Body)
	require.Equal(t, lead.Feedback{Lead: "l", Text: "x"}, f.work.told)
	for verb, body := range map[string]string{"assign": `{"rep":"wu","why":null,"id":null}`, "release": `{"pool":null,"reason":null,"why":null,"id":null}`, "accept": `{"why":null,"id":null}`, "reopen": `{"why":null}`} {
		require.Equal(t, 200, f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/"+verb, body).Code, verb)
	}
}

func TestWhoManagesActsForEverybody(t *testing.T) {
	f := newFakes()
	f.work.lead = somebody("l", "wu", "").Lead
	a := f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/assign", `{"rep":"wu","why":"knows him"}`)
	require.Equal(t, 200, a.Code)
	require.Contains(t, a.Body.String(), secretPhone)
	require.Equal(t, lead.Move{Actor: "person:somebody", Why: "knows him"}, f.work.move)
	a = f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/feedback", `{"id":"crm-1","status":"converted","amount":12800.50,"currency":"CNY","customer":"C-9"}`)
	require.Equal(t, 200, a.Code, a.Body)
	require.Equal(t, "crm-1", f.work.move.ID, "as on the topic")
	require.Equal(t, lead.Feedback{ID: "crm-1", Lead: "l", Status: "converted", Amount: "12800.50", Currency: "CNY", Customer: "C-9"}, f.work.told, "to the last digit")
	f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/feedback", `{"status":"converted","amount":"99.90"}`)
	require.Equal(t, lead.Decimal("99.90"), f.work.told.Amount)
	for _, bad := range []string{`{"amount":"12,800"}`, `{"amount":-1,"status":"converted"}`, `{}`, `{"amount":null}`, `{"status":"sold"}`} {
		require.Contains(t, []int{400, 422}, f.as(t, lead.ScopeLeadsManage, "POST", "/v1/leads/l/feedback", bad).Code, bad)
	}

	r := httptest.NewRequest("POST", "/v1/leads/l/accept", strings.NewReader(`{"id":"a"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+lead.ScopeLeadsManage)
	r.Header.Set("Idempotency-Key", "b")
	w := httptest.NewRecorder()
	f.api().ServeHTTP(w, r)
	require.Contains(t, w.Body.String(), "two_ids")
	r.Body, r.ContentLength = nil, 0
	w = httptest.NewRecorder()
	f.api().ServeHTTP(w, r)
	require.Equal(t, 200, w.Code, w.Body)
	require.True(t, strings.HasSuffix(f.work.move.ID, " b"), f.work.move.ID)

	require.EqualValues(t, 3, f.as(t, lead.ScopeLeadsManage, "POST", "/v1/reps/gone/handover", `{"pool":"k"}`).json()["moved"])
	f.work.err = errors.New("the disk is full")
	require.Equal(t, 500, f.as(t, lead.ScopeLeadsManage, "POST", "/v1/reps/gone/handover", `{"pool":"k"}`).Code)
}

func TestCountersOfAnotherDayAreNotTodays(t *testing.T) {
	f := newFakes()
	f.config.Settings.TimeZone = "Asia/Shanghai"
	f.config.Reps[0].Daily = 5
	all := f.admin(t, "GET", "/v1/reps/states", "").json()["items"].([]any)
	require.Len(t, all, 2)
	one := all[0].(map[string]any)
	require.Equal(t, []any{"k", 0.0, 1.0, 5.0, false}, []any{one["rep"], one["today"], one["held"], one["daily"], one["gone"]})
	require.Equal(t, true, all[1].(map[string]any)["gone"])
	require.Equal(t, 422, f.admin(t, "PUT", "/v1/reps/k", `{"daily":-1}`).Code)
	require.Equal(t, 422, f.admin(t, "PUT", "/v1/reps/states", `{}`).Code, "it would stand where the states of all are")
	f.as(t, lead.ScopeLeadsWork, "POST", "/v1/reps/k/duty", `{"off_duty":true}`)
	require.True(t, f.config.Reps[0].OffDuty)
}

func TestPhonesAreLookedUpAFewAtATime(t *testing.T) {
	f := newFakes()
	for range knownAtOnce {
		require.Equal(t, 200, f.as(t, lead.ScopeLeadsWork, "GET", "/v1/leads/known?phone=13912345678", "").Code)
	}
	a := f.as(t, lead.ScopeLeadsWork, "GET", "/v1/leads/known?phone=13912345678", "")
	require.Equal(t, 429, a.Code)
	require.NotEmpty(t, a.Header().Get("Retry-After"))
	require.Equal(t, 200, f.admin(t, "GET", "/v1/leads/known?phone=13912345678", "").Code, "others are not held up")
	require.Len(t, f.work.asked, knownAtOnce+1)
}
