package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

func (h *testHub) merge(a, b string) []lead.Change {
	h.t.Helper()
	var out changedLeads
	h.call("POST", leadPath(a)+"/merge", map[string]any{"with": b, "why": "same person"}, &out)
	return out.Leads
}

func (h *testHub) split(id string, submissions ...string) []lead.Change {
	h.t.Helper()
	var out changedLeads
	h.call("POST", leadPath(id)+"/split", map[string]any{"touches": submissions, "why": "two people"}, &out)
	return out.Leads
}

func (h *testHub) why(id, with string) lead.Why {
	h.t.Helper()
	var w lead.Why
	h.call("GET", leadPath(id)+"/why"+query("with", with), nil, &w)
	return w
}

// refused wants the API to refuse, and returns the code.
func (h *testHub) refused(method, path string, in any) string {
	h.t.Helper()
	err := h.api().call(context.Background(), method, path, in, nil)
	require.Error(h.t, err, "%s %s", method, path)
	return lead.AsError(err).Code
}

func TestAMergeByHandCanBeUndoneAndStaysUndoneAcrossAReplay(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		first := h.accept("site", fmt.Sprintf(`{"name":"林晓","phone":"%s"}`, phone()))
		a := h.becomes(first, lead.StateAssigned)
		second := h.accept("fair", fmt.Sprintf(`{"name":"林小姐","phone":"%s","company":"星河科技"}`, phone()))
		b := h.becomes(second, lead.StateAssigned)
		require.NotEqual(t, a.Lead, b.Lead)
		require.NotEqual(t, a.Owner, b.Owner, "two reps take turns")
		was := []lead.LeadDetail{h.lead(a.Lead), h.lead(b.Lead)}

		var would changedLeads
		h.call("POST", leadPath(a.Lead)+"/merge", map[string]any{"with": was[1].Number, "preview": true}, &would)
		require.Len(t, would.Leads, 2)
		require.Equal(t, asJSON(t, was[0]), asJSON(t, h.lead(a.Lead)), "a preview changes nothing")

		changes := h.merge(was[1].Number, was[0].Number)
		require.Len(t, changes, 2)
		d := h.lead(a.Lead)
		require.Equal(t, 2, d.Touches)
		require.Len(t, d.Phones, 2)
		require.Equal(t, a.Owner, d.Owner, "the owner of the one that lives on stays")
		for _, gone := range []string{b.Lead, was[1].Number} {
			require.Equal(t, a.Lead, h.lead(gone).ID, "the merged-away %s keeps resolving", gone)
		}
		require.Equal(t, a.Lead, h.status(second).Lead)
		require.Equal(t, "already_merged", h.refused("POST", leadPath(a.Lead)+"/merge", map[string]any{"with": b.Lead}))
		e := d.History[0]
		require.Equal(t, lead.ChangeMerged, e.Type)
		require.Equal(t, "person:admin", e.Actor)
		require.Equal(t, "merged by hand: same person", e.Why)

		h.split(b.Lead, second) // by the id that was merged away
		requireBack := func() {
			t.Helper()
			for i, st := range []lead.SubmissionStatus{a, b} {
				now := h.lead(st.Lead)
				require.Equal(t, st.Lead, now.ID)
				require.Equal(t, was[i].Number, now.Number)
				require.Equal(t, st.Owner, now.Owner, "owners survive both ways")
				require.Equal(t, 1, now.Touches)
				require.Equal(t, was[i].Phones, now.Phones)
				require.Equal(t, was[i].Name, now.Name)
				require.Equal(t, was[i].Company, now.Company)
			}
		}
		requireBack()

		h.call("POST", "/v1/replay", map[string]any{}, nil)
		h.settle()
		requireBack()
		require.True(t, h.audit().Balances())
		require.Empty(t, h.audit().Missing)
		state := checkStream(t, h)
		require.Equal(t, lead.ChangeSplit, state[b.Lead].Change.Type)
		require.Equal(t, "person:admin", state[b.Lead].Change.Actor)
	})
}

func TestASplitHoldsAgainstWhatArrivesLater(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		father := h.accept("site", fmt.Sprintf(`{"name":"何先生","phone":"%s","email":"he.daming@beichen-canyin.cn"}`, number))
		h.becomes(father, lead.StateAssigned)
		son := h.accept("site", fmt.Sprintf(`{"name":"何先生","phone":"%s","email":"he.xiaoming@beichen-canyin.cn"}`, number))
		one := h.becomes(son, lead.StateAssigned).Lead
		require.Equal(t, 2, h.lead(one).Touches, "the phone makes them one")

		w := h.why(one, "")
		require.True(t, w.One)
		require.False(t, w.Pending)
		require.Equal(t, lead.WhyOneLead, w.Code)
		require.Len(t, w.Touches, 2)
		require.Equal(t, lead.WhyFirst, w.Touches[0].Code)
		require.Len(t, w.Touches[1].Chain, 1)
		link := w.Touches[1].Chain[0]
		require.Equal(t, lead.WhyIdentity, link.Code)
		require.Equal(t, lead.Identity{Kind: lead.IdentityMobile, Value: "+86" + number}, *link.Identity)
		require.Equal(t, []string{son, father}, []string{link.From, link.To})
		require.Empty(t, personal(w.Touches[1].Text+w.Touches[1].TextZH), "the words are masked")
		require.Contains(t, w.Touches[1].TextZH, "手机")

		changes := h.split(one, son)
		require.Len(t, changes, 2)
		other := h.status(son).Lead
		require.NotEqual(t, one, other)
		require.Equal(t, h.lead(one).Owner, h.lead(other).Owner, "who looked after the lead goes on with both")

		// Both come again, by the phone they share and a mailbox of their own.
		again := h.accept("fair", fmt.Sprintf(`{"name":"何先生","phone":"%s","email":"he.xiaoming@beichen-canyin.cn"}`, number))
		require.Equal(t, other, h.becomes(again, lead.StateAssigned).Lead)
		w = h.why(one, h.lead(other).Number)
		require.False(t, w.One)
		require.Equal(t, lead.WhyKeptApart, w.Code)
		require.Len(t, w.Leads, 2)
		require.NotEmpty(t, w.Apart)
		require.Equal(t, lead.HeldDecision, w.Apart[0].Code)
		require.Equal(t, "person:admin", w.Apart[0].Decision.Actor)
		require.Contains(t, w.Apart[0].Text, "split by admin")
		require.Contains(t, w.Apart[0].TextZH, "人工拆分")

		stranger := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
		w = h.why(one, h.becomes(stranger, lead.StateAssigned).Lead)
		require.Equal(t, lead.WhyShareNothing, w.Code)
		require.Empty(t, w.Apart)

		h.call("POST", "/v1/replay", map[string]any{}, nil)
		h.settle()
		require.Equal(t, other, h.status(son).Lead)
		require.True(t, h.audit().Balances())
		checkStream(t, h)
	})
}

func TestOfAMergeByHandWhySaysWhoAndWhen(t *testing.T) {
	h := startTestHub(t, embeddedFlags(t))
	one := h.becomes(h.accept("site", `{"name":"林晓","phone":"`+phone()+`"}`), lead.StateAssigned).Lead
	two := h.becomes(h.accept("site", `{"name":"林晓","email":"lin.xiao@xinghe-keji.cn"}`), lead.StateAssigned).Lead
	number := h.lead(two).Number
	h.merge(one, two)
	w := h.why(one, number)
	require.True(t, w.One)
	require.Contains(t, w.Text, number)
	link := w.Touches[1].Chain[0]
	require.Equal(t, lead.WhyPerson, link.Code)
	require.Nil(t, link.Identity)
	require.Equal(t, "same person", link.Decision.Why)
	require.WithinDuration(t, time.Now(), link.Decision.At, time.Minute)
	require.Contains(t, link.Text, "merged by admin on ")
	require.Contains(t, link.TextZH, "人工合并")

	h.split(one, w.Touches[1].Submission)
	w = h.why(one, two)
	require.False(t, w.One)
	require.Equal(t, lead.WhyKeptApart, w.Code, "they share nothing, but a person said so")
	require.Len(t, w.Apart, 1)
	require.Equal(t, lead.HeldDecision, w.Apart[0].Code)
	require.Nil(t, w.Apart[0].Identity)
	require.Equal(t, "two people", w.Apart[0].Decision.Why)
}

func TestWhyNamesWhatKeepsTwoLeadsApart(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		mobile, other := phone(), phone()
		for _, c := range []struct{ code, kind, one, two string }{
			{lead.HeldConflict, lead.IdentityMobile,
				fmt.Sprintf(`{"name":"欧阳建国","phone":"%s","email":"jianguo@beichen-canyin.cn"}`, mobile),
				fmt.Sprintf(`{"name":"诸葛晓梅","phone":"%s","email":"xiaomei@beichen-canyin.cn"}`, mobile)},
			{lead.WhyWeak, lead.IdentityLandline,
				`{"name":"林晓","phone":"020-88881234","email":"lin.a@xinghe-keji.cn"}`, `{"name":"林晓","phone":"020-88881234","email":"lin.b@xinghe-keji.cn"}`},
			{lead.WhyWeak, lead.IdentityRoleMail,
				`{"name":"周宁","phone":"` + phone() + `","email":"sales@yunfan-keji.cn"}`, `{"name":"周宁","phone":"` + phone() + `","email":"sales@yunfan-keji.cn"}`},
			{lead.WhyNeverKey, lead.FieldPhone,
				`{"name":"何雨","phone":"13800138000","email":"he.a@xinghe-keji.cn"}`, `{"name":"何雨","phone":"13800138000","email":"he.b@xinghe-keji.cn"}`},
			{lead.WhyShareNothing, "", `{"name":"张伟","phone":"` + other + `"}`, `{"name":"张伟","phone":"` + phone() + `"}`},
		} {
			one := h.becomes(h.accept("site", c.one), lead.StateAssigned).Lead
			two := h.becomes(h.accept("site", c.two), lead.StateAssigned).Lead
			require.NotEqual(t, one, two, c.code)
			w := h.why(one, two)
			require.False(t, w.One)
			require.False(t, w.Pending)
			require.Empty(t, personal(w.Text+w.TextZH))
			if c.kind == "" {
				require.Equal(t, c.code, w.Code)
				continue
			}
			require.Equal(t, lead.WhyKeptApart, w.Code)
			require.Len(t, w.Apart, 1, c.code)
			require.Equal(t, c.code, w.Apart[0].Code)
			require.Equal(t, c.kind, w.Apart[0].Identity.Kind)
			require.Equal(t, two, w.Apart[0].With.ID)
			require.Empty(t, personal(w.Apart[0].Text+w.Apart[0].TextZH))
			require.Equal(t, asJSON(t, flipped(w.Apart)), asJSON(t, flipped(h.why(two, one).Apart)), "asked the other way round it is the same")
		}
	})
}

// flipped leaves out what depends on which lead was named first.
func flipped(list []lead.WhyApart) []lead.WhyApart {
	for i := range list {
		list[i].With, list[i].Text, list[i].TextZH = nil, "", ""
	}
	return list
}

func TestAPinWinsOverWhatArrivesUntilItIsTakenAway(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		id := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"林晓","phone":"%s","province":"北京"}`, number)), lead.StateAssigned).Lead
		pin := func(field, value string) []lead.Change {
			var out changedLeads
			h.call("PUT", leadPath(id)+"/pins/"+field, map[string]any{"value": value, "why": "said on the phone"}, &out)
			return out.Leads
		}
		changes := pin("name", " 林 小晓 ")
		require.Len(t, changes, 1)
		require.Equal(t, "林小晓", changes[0].Name)
		require.Equal(t, []string{"name"}, changes[0].Change.Changed)
		require.Equal(t, "pinned name: said on the phone", changes[0].Change.Why)
		pin("region", "广东省 深圳市")
		require.Empty(t, pin("name", "林小晓"), "it shows that already")

		h.becomes(h.accept("fair", fmt.Sprintf(`{"name":"林晓晓","phone":"%s","province":"上海"}`, number)), lead.StateAssigned)
		d := h.lead(id)
		require.Equal(t, 2, d.Touches)
		require.Equal(t, "林小晓", d.Name)
		require.Equal(t, lead.Region{Country: "CN", Province: "广东省", City: "深圳市", Code: "440300"}, d.Region)
		require.Equal(t, "person:admin", d.Provenance["name"][0].Pinned)

		var name lead.WhyValue
		for _, v := range h.why(id, "").Values {
			if v.Field == "name" {
				name = v
			}
		}
		require.Equal(t, lead.WhyPinned, name.Code)
		require.Contains(t, name.Text, "pinned by admin")
		require.Len(t, name.Others, 2)
		require.Equal(t, lead.WhyPinned, name.Others[0].Code)
		require.NotEmpty(t, name.Others[0].TextZH)

		require.Equal(t, "not_pinnable", h.refused("PUT", leadPath(id)+"/pins/phones", map[string]any{"value": "x"}))
		require.Equal(t, "unreadable_value", h.refused("PUT", leadPath(id)+"/pins/region", map[string]any{"value": "火星"}))
		require.Equal(t, "not_pinned", h.refused("DELETE", leadPath(id)+"/pins/title", nil))
		require.Equal(t, "lead_not_found", h.refused("PUT", "/v1/leads/XL20000101-000001/pins/name", map[string]any{"value": "林晓"}))

		h.call("DELETE", leadPath(d.Number)+"/pins/name?why="+url.QueryEscape("a slip"), nil, nil)
		require.Equal(t, "林晓晓", h.lead(id).Name, "what the touches say is back")
		h.settle()
		checkStream(t, h)
	})
}

func TestAnErasedLeadIsATombstoneOnTheStream(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		stays := h.becomes(h.accept("site", `{"name":"林晓","phone":"`+phone()+`"}`), lead.StateAssigned).Lead
		goes := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
		id := h.becomes(goes, lead.StateAssigned).Lead
		h.settle()
		pool := h.hub.Reader().(sink.Store)
		s := sink.New(sink.Config{Pool: pool, Judge: func() sink.Judge { return dedupe.Policy{} }})
		n, err := s.Withdraw(context.Background(), []string{goes}, sink.Order{Actor: "person:admin", Why: "asked to be forgotten"})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		h.settle()
		var last stream.Record
		for _, r := range h.records("lead.changes") {
			if string(r.Key) == id {
				last = r
			}
		}
		require.NotEmpty(t, last.Key, "the stream knows the lead")
		require.Nil(t, last.Value)
		require.Equal(t, lead.ChangeErased, headerOf(last, "ce_type"))
		state := checkStream(t, h)
		require.Contains(t, state, stays)
		require.NotContains(t, state, id)
	})
}

func TestWhyIsWholeAsJSON(t *testing.T) {
	h := startTestHub(t, embeddedFlags(t))
	id := h.becomes(h.accept("site", `{"name":"林晓","phone":"`+phone()+`"}`), lead.StateAssigned).Lead
	a := h.send(h.request("GET", leadPath(id)+"/why", "", "Authorization", "Bearer "+h.adminToken))
	var w map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.Body), &w))
	for _, key := range []string{"code", "text", "text_zh", "one", "leads", "pending", "touches", "values", "apart"} {
		require.Contains(t, w, key)
	}
}
