package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestWhatAPersonOrdersReachesTheHubWithNameAndReason(t *testing.T) {
	for _, c := range []struct {
		request, path, body, what string
		order                     lead.Order
	}{
		{"POST", "/v1/leads/XL-1/merge", `{"with":"XL-2","why":"同一人"}`, "merge XL-1 XL-2", lead.Order{Why: "同一人"}},
		{"POST", "/v1/leads/l/merge", `{"with":"m","preview":true}`, "merge l m", lead.Order{Preview: true}},
		{"POST", "/v1/leads/l/split", `{"touches":["s1","s2"],"why":"father and son"}`, "split l s1 s2", lead.Order{Why: "father and son"}},
		{"POST", "/v1/leads/l/split", `{"touches":["s1"],"preview":true}`, "split l s1", lead.Order{Preview: true}},
		{"PUT", "/v1/leads/l/pins/region", `{"value":"广东省 深圳市","why":"by phone"}`, "pin l region 广东省 深圳市", lead.Order{Why: "by phone"}},
		{"DELETE", "/v1/leads/l/pins/name?why=wrong", "", "unpin l name", lead.Order{Why: "wrong"}},
	} {
		f := newFakes()
		var what string
		var got lead.Order
		f.changes = func(w string, o lead.Order) ([]lead.Change, error) {
			what, got = w, o
			return []lead.Change{{Lead: lead.Lead{ID: "ld_1", Number: "XL-1", Version: 4},
				Change: lead.ChangeNote{Type: lead.ChangeMerged, Why: "merged by hand", Actor: o.Actor}}}, nil
		}
		a := f.as(t, lead.ScopeLeadsWrite, c.request, c.path, c.body)
		require.Equal(t, 200, a.Code, "%s: %s", c.path, a.Body)
		require.Equal(t, c.what, what)
		c.order.Actor = "person:somebody"
		require.Equal(t, c.order, got, c.path)
		one := a.json()["leads"].([]any)[0].(map[string]any)
		require.Equal(t, "ld_1", one["id"])
		require.Equal(t, []any{}, one["phones"], "lists are never null")
		note := one["change"].(map[string]any)
		require.Equal(t, lead.ChangeMerged, note["type"])
		require.Equal(t, "merged by hand", note["why"])
		require.Equal(t, []any{}, note["changed"])
	}
}

func TestNothingChangedIsAnEmptyListOfLeads(t *testing.T) {
	f := newFakes()
	f.changes = func(string, lead.Order) ([]lead.Change, error) { return nil, nil }
	require.JSONEq(t, `{"leads":[]}`, f.admin(t, "PUT", "/v1/leads/l/pins/name", `{"value":"x"}`).Body.String())
}

func TestAnOrderThatIsNotOneIsRefusedBeforeTheHubSeesIt(t *testing.T) {
	for _, c := range [][3]string{
		{"POST", "/v1/leads/l/merge", `{}`},
		{"POST", "/v1/leads/l/merge", `{"with":""}`},
		{"POST", "/v1/leads/l/merge", `{"with":"m","preveiw":true}`}, // it would merge
		{"POST", "/v1/leads/l/split", `{"touches":[]}`},
		{"POST", "/v1/leads/l/split", `{"touches":"s1"}`},
		{"PUT", "/v1/leads/l/pins/name", `{"value":""}`},
		{"PUT", "/v1/leads/l/pins/name", `{"value":"x","preview":true}`},
		{"DELETE", "/v1/leads/l/pins/name?reason=x", ""},
		{"GET", "/v1/leads/l/why?wiht=m", ""},
		{"POST", "/v1/recompute", `{"dry-run":true}`}, // it would change the pool
		{"POST", "/v1/recompute", `{"dry_run":true,"merge":{"generick":{}}}`},
		{"POST", "/v1/recompute", `{"dry_run":true,"merge":{"silence_days":-1}}`},
	} {
		f := newFakes()
		f.changes = func(string, lead.Order) ([]lead.Change, error) { t.Fatal("it must not get here"); return nil, nil }
		f.why = func(string, string) (lead.Why, error) { t.Fatal("nor here"); return lead.Why{}, nil }
		f.recompute = func(lead.CandidateRules, bool) (lead.Recompute, error) {
			t.Fatal("nor here")
			return lead.Recompute{}, nil
		}
		a := f.admin(t, c[0], c[1], c[2])
		require.Equal(t, 422, a.Code, "%s %s: %s", c[1], c[2], a.Body)
		require.NotEmpty(t, a.json()["fields"])
	}
}

func TestTheHubsRefusalIsAnsweredWithItsCode(t *testing.T) {
	for status, refusal := range map[int]error{
		404: lead.NotFound("lead_not_found", "there is no lead with this id", "look"),
		409: &lead.Error{Kind: lead.KindConflict, Code: "already_merged", Message: "these two are one lead already"},
		400: lead.Invalid("not_a_touch", "this is not a touch of this lead", "take ids from touch_list"),
	} {
		f := newFakes()
		f.changes = func(string, lead.Order) ([]lead.Change, error) { return nil, refusal }
		for _, c := range [][3]string{{"POST", "/v1/leads/l/merge", `{"with":"m"}`}, {"POST", "/v1/leads/l/split", `{"touches":["s"]}`},
			{"PUT", "/v1/leads/l/pins/name", `{"value":"x"}`}, {"DELETE", "/v1/leads/l/pins/name", ""}} {
			a := f.admin(t, c[0], c[1], c[2])
			require.Equal(t, status, a.Code, "%s: %s", c[1], a.Body)
			require.Equal(t, lead.AsError(refusal).Code, a.json()["code"])
		}
	}
}

func TestWhyIsAskedForOneLeadOrTwo(t *testing.T) {
	f := newFakes()
	var asked []string
	f.why = func(id, with string) (lead.Why, error) {
		asked = append(asked, id+"|"+with)
		return lead.Why{One: true, Sentence: lead.Sentence{Code: lead.WhyOneLead, Text: "they are one", TextZH: "是同一条"},
			Leads: []lead.WhyLead{{ID: "ld_1"}}, Touches: []lead.WhyTouch{{Submission: "s"}}}, nil
	}
	a := f.as(t, lead.ScopeLeadsRead, "GET", "/v1/leads/l/why", "").json()
	f.as(t, lead.ScopeLeadsRead, "GET", "/v1/leads/l/why?with=XL-2", "")
	require.Equal(t, []string{"l|", "l|XL-2"}, asked)
	require.Equal(t, "they are one", a["text"])
	require.Equal(t, "是同一条", a["text_zh"])
	require.Equal(t, "one_lead", a["code"])
	require.Equal(t, []any{}, a["apart"])
	require.Equal(t, []any{}, a["touches"].([]any)[0].(map[string]any)["chain"])
}

func TestARecomputeTakesTheRulesToTry(t *testing.T) {
	f := newFakes()
	var got lead.CandidateRules
	var dry bool
	f.recompute = func(r lead.CandidateRules, dryRun bool) (lead.Recompute, error) {
		got, dry = r, dryRun
		return lead.Recompute{ID: "rec_1", State: lead.RecomputeRunning, DryRun: dryRun}, nil
	}
	a := f.admin(t, "POST", "/v1/recompute", `{"dry_run":true,"merge":{"generic":{"mobile":2},"silence_days":30},"trust":{"site":90},"never_keys":[]}`)
	require.Equal(t, 202, a.Code, a.Body)
	require.Equal(t, "/v1/recompute", a.Header().Get("Location"))
	require.Equal(t, "rec_1", a.json()["id"])
	require.True(t, dry)
	require.Equal(t, lead.CandidateRules{Merge: &lead.MergeRules{Generic: map[string]int{"mobile": 2}, SilenceDays: 30},
		Trust: map[string]int{"site": 90}, NeverKeys: []string{}}, got, "an empty list of never keys is one, not none")
	require.Equal(t, "person:somebody", f.actor)

	require.Equal(t, 202, f.admin(t, "POST", "/v1/recompute", `{}`).Code)
	require.False(t, dry)
	require.False(t, got.Given())

	f.cancel = func() error {
		return &lead.Error{Kind: lead.KindConflict, Code: "not_running", Message: "no recompute is running"}
	}
	require.Equal(t, 409, f.admin(t, "DELETE", "/v1/recompute", "").Code)
	require.Equal(t, "idle", f.admin(t, "GET", "/v1/recompute", "").json()["state"])
}
