package sinktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// tight are rules that few submissions are enough to meet.
var tight = lead.MergeRules{Generic: map[string]int{lead.IdentityMobile: 2, lead.IdentityEmail: 2, lead.IdentityUnionID: 3},
	GenericNames: 3, SilenceDays: 90, BridgeSize: 2, MaxIdentities: 7}

var groupingTests = map[string]func(*testing.T, Harness){
	"whatever arrives, is decided, withdrawn and weighed again, in any order and batching, the pool is what weighing everything at once gives": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, tight)
			subs := strangers(r, rapid.IntRange(2, 16).Draw(r, "submissions"))
			left := slices.Clone(subs)
			for len(left) > 0 {
				n := rapid.IntRange(1, len(left)).Draw(r, "batch")
				batch := slices.Clone(left[:n])
				batch = append(batch, rapid.SliceOfN(rapid.SampledFrom(subs[:len(subs)-len(left)+n]), 0, 2).Draw(r, "again")...)
				p.record(batch...)
				left = left[n:]
				p.meddle(r)
			}
			p.meddle(r)
			p.check(r)
		})
	},
	"two orders of arrival give the same leads and values, decisions included": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			subs := strangers(r, rapid.IntRange(2, 10).Draw(r, "submissions"))
			decisions := decide(r, subs)
			var pictures []string
			for range 2 {
				p := openWith(t, h, tight)
				require.NoError(r, p.store.Update(p.ctx, func(tx sink.Tx) error {
					return tx.Save(p.ctx, sink.Changes{Decisions: decisions})
				}))
				shuffled := rapid.Permutation(subs).Draw(r, "order")
				for len(shuffled) > 0 {
					n := rapid.IntRange(1, len(shuffled)).Draw(r, "batch")
					p.record(shuffled[:n]...)
					shuffled = shuffled[n:]
				}
				pictures = append(pictures, p.picture(r))
			}
			require.Equal(r, pictures[0], pictures[1])
		})
	},
	"a merge by hand that is split again leaves both leads as they were": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, tight)
			p.record(strangers(r, rapid.IntRange(2, 10).Draw(r, "submissions"))...)
			leads := p.leads(lead.LeadQuery{Limit: 200})
			if len(leads) < 2 {
				return
			}
			a := rapid.SampledFrom(leads).Draw(r, "a").ID
			b := rapid.SampledFrom(leads).Filter(func(l lead.Lead) bool { return l.ID != a }).Draw(r, "b").ID
			before, all := p.insides(r), p.livingIDs()
			gone := max(a, b)
			touches := p.touchIDs(r, gone)
			_, err := p.sink.Merge(p.ctx, a, b, sink.Order{Actor: "person:test"})
			require.NoError(r, err)
			// A third lead may come along: what kept it from one of the two need not keep it from both.
			require.Equal(r, p.lead(a).ID, p.lead(b).ID, "both ids lead to one lead")
			_, err = p.sink.Split(p.ctx, a, touches, sink.Order{Actor: "person:test"})
			require.NoError(r, err)
			require.Equal(r, before, p.insides(r))
			require.Equal(r, all, p.livingIDs())
			p.check(r)
		})
	},
	"taking an import back leaves the pool as it was": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, tight)
			subs := strangers(r, rapid.IntRange(2, 12).Draw(r, "submissions"))
			cut := rapid.IntRange(1, len(subs)).Draw(r, "imported")
			kept, imported := subs[cut:], subs[:cut]
			if len(kept) > 0 {
				p.record(kept...)
			}
			before := p.picture(r)
			p.record(imported...)
			ids := make([]string, len(imported))
			for i, s := range imported {
				ids[i] = s.ID
			}
			for len(ids) > 0 {
				n := rapid.IntRange(1, len(ids)).Draw(r, "chunk")
				took, err := p.sink.Withdraw(p.ctx, ids[:n], sink.Order{Actor: "person:test"})
				require.NoError(r, err)
				require.Equal(r, n, took)
				ids = ids[n:]
			}
			require.Equal(r, before, p.picture(r))
			outcomes, err := p.store.Outcomes(p.ctx, []string{imported[0].ID})
			require.NoError(r, err)
			require.Equal(r, sink.Outcome{Rejections: 1}, outcomes[imported[0].ID], "what was taken back stays accounted for")
			p.check(r)
			p.record(imported...)
			fresh := openWith(t, h, tight)
			fresh.record(subs...)
			require.Equal(r, fresh.picture(r), p.picture(r), "and can be brought in again")
		})
	},
	"new rules give the pool that they would have given from the start, and a preview of them changes nothing": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, tight)
			subs := strangers(r, rapid.IntRange(2, 12).Draw(r, "submissions"))
			p.record(subs...)
			other := lead.MergeRules{Generic: map[string]int{lead.IdentityMobile: rapid.IntRange(1, 4).Draw(r, "generic")},
				SilenceDays: rapid.SampledFrom([]int{30, 90, 500}).Draw(r, "silence"), BridgeSize: rapid.IntRange(1, 6).Draw(r, "bridge")}
			before := p.picture(r)
			ids := p.livingIDs()
			judge := rules(other)()
			_, err := p.sink.Regroup(p.ctx, ids, judge, sink.Order{Actor: "hub", Preview: true})
			require.NoError(r, err)
			require.Equal(r, before, p.picture(r))

			for _, id := range ids { // one by one, as a long job does
				_, err := p.sink.Regroup(p.ctx, []string{id}, judge, sink.Order{Actor: "hub"})
				require.NoError(r, err)
			}
			fresh := openWith(t, h, other)
			fresh.record(subs...)
			require.Equal(r, fresh.picture(r), p.picture(r))
			p.rules = other
			p.check(r)
		})
	},
}

func openWith(t testing.TB, h Harness, m lead.MergeRules) *hub {
	store := h.Open(t)
	var ticks atomic.Int64
	p := &hub{t: t, store: store, ctx: t.Context(), rules: m}
	p.sink = sink.New(sink.Config{Pool: store, Judge: rules(m), Now: func() time.Time {
		return day.Add(time.Duration(ticks.Add(1)) * time.Second) // decisions are told apart by their time
	}})
	return p
}

// strangers are submissions that share identities in every way: families on one phone, front desks, numbers that change
// hands, several accounts.
func strangers(r *rapid.T, n int) []*lead.Submission {
	names := []lead.Name{{}, {Display: "李雷", Key: "李雷", Family: "李", Given: "雷"}, {Display: "韩梅梅", Key: "韩梅梅", Family: "韩", Given: "梅梅"},
		{Display: "王建国", Key: "王建国", Family: "王", Given: "建国"}, {Display: "李磊", Key: "李磊", Family: "李", Given: "磊"}, {Display: "王", Key: "王", Family: "王"},
		{Display: "雷李", Key: "雷李"}, {Display: "Li Eric", Key: "li eric", Family: "Eric", Given: "Li"}}
	names = names[:rapid.IntRange(1, len(names)).Draw(r, "names")] // with one name, nothing but identities speaks
	out := make([]*lead.Submission, n)
	for i := range out {
		var ids []lead.Identity
		for range rapid.IntRange(1, 3).Draw(r, "identities") {
			v := rapid.IntRange(1, 5).Draw(r, "value")
			switch rapid.SampledFrom([]string{"mobile", "mobile", "email", "unionid", "landline"}).Draw(r, "kind") {
			case "mobile":
				ids = append(ids, Mobile(v))
			case "email":
				ids = append(ids, lead.Identity{Kind: lead.IdentityEmail, Value: fmt.Sprintf("p%d@corp.cn", v)})
			case "unionid":
				ids = append(ids, lead.Identity{Kind: lead.IdentityUnionID, Scope: "open", Value: fmt.Sprint("u", v)})
			default:
				ids = append(ids, landline(v))
			}
		}
		s := Sub(fmt.Sprintf("sub_%02d", i), lead.SortIdentities(ids)...)
		s.Name = rapid.SampledFrom(names).Draw(r, "name")
		s.Source = rapid.SampledFrom([]string{"site", "fair"}).Draw(r, "source")
		s.EventTime = day.AddDate(0, 0, rapid.IntRange(0, 300).Draw(r, "day"))
		out[i] = s
	}
	return out
}

// decide draws decisions about some of the submissions.
func decide(r *rapid.T, subs []*lead.Submission) []lead.Decision {
	var out []lead.Decision
	for n := range rapid.IntRange(0, 3).Draw(r, "decisions") {
		d := lead.Decision{ID: fmt.Sprintf("dec_%d", n), Kind: rapid.SampledFrom([]string{lead.DecisionMerge, lead.DecisionSplit}).Draw(r, "decision"),
			Actor: "person:test", At: day.Add(time.Duration(rapid.IntRange(0, 2).Draw(r, "when")) * time.Hour)}
		for _, s := range subs {
			switch rapid.IntRange(0, 3).Draw(r, "side") {
			case 1:
				d.A = append(d.A, s.ID)
			case 2:
				d.B = append(d.B, s.ID)
			}
		}
		if len(d.A) > 0 && len(d.B) > 0 {
			out = append(out, d)
		}
	}
	return out
}

// meddle does what people do with leads.
func (h *hub) meddle(r *rapid.T) {
	ids := h.livingIDs()
	if len(ids) == 0 {
		return
	}
	a := rapid.SampledFrom(ids).Draw(r, "lead")
	o := sink.Order{Actor: "person:test"}
	var err error
	switch rapid.SampledFrom([]string{"nothing", "merge", "split", "pin", "withdraw", "regroup"}).Draw(r, "meddle") {
	case "merge":
		if b := rapid.SampledFrom(ids).Draw(r, "with"); a != b {
			_, err = h.sink.Merge(h.ctx, a, b, o)
		}
	case "split":
		if touches := h.touchIDs(r, a); len(touches) > 1 {
			_, err = h.sink.Split(h.ctx, a, touches[:rapid.IntRange(1, len(touches)-1).Draw(r, "touches")], o)
		}
	case "pin":
		_, err = h.sink.Pin(h.ctx, a, lead.Pin{Field: "title", Value: rapid.SampledFrom([]string{"经理", "CTO"}).Draw(r, "title")}, o)
	case "withdraw":
		touches := h.touchIDs(r, a)
		_, err = h.sink.Withdraw(h.ctx, touches[:rapid.IntRange(1, len(touches)).Draw(r, "touches")], o)
	case "regroup":
		_, err = h.sink.Regroup(h.ctx, ids, nil, o)
	}
	require.NoError(r, err)
}

func (h *hub) livingIDs() []string {
	var out []string
	for q := (lead.LeadQuery{Limit: 200}); ; {
		page, err := h.store.Leads(h.ctx, q)
		require.NoError(h.t, err)
		for _, l := range page.Items {
			out = append(out, l.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			slices.Sort(out)
			return out
		}
	}
}

func (h *hub) touchIDs(t require.TestingT, id string) []string {
	d, err := h.store.Lead(h.ctx, id)
	require.NoError(t, err)
	var out []string
	for _, touch := range d.TouchList {
		out = append(out, touch.Submission.ID)
	}
	slices.Sort(out)
	return out
}

// everything reads the whole pool, with all decisions.
func (h *hub) everything(t require.TestingT) (sink.Family, sink.Reached) {
	var f sink.Family
	var reached sink.Reached
	require.NoError(t, h.store.Update(h.ctx, func(tx sink.Tx) error {
		var err error
		if f, err = tx.Hold(h.ctx, h.livingIDs()); err != nil {
			return err
		}
		var keys, subs []string
		for _, touch := range f.Touches {
			subs = append(subs, touch.Submission.ID)
			for _, id := range touch.Submission.Identities {
				keys = append(keys, id.Key())
			}
		}
		reached, err = tx.Reach(h.ctx, keys, subs, false)
		return err
	}))
	return f, reached
}

// check compares the pool with what weighing all touches and decisions at once gives.
func (h *hub) check(t require.TestingT) {
	f, reached := h.everything(t)
	subs := make([]*lead.Submission, len(f.Touches))
	records := map[string]*lead.Record{}
	for _, r := range f.Records {
		records[r.ID] = r
	}
	for i, touch := range f.Touches {
		subs[i] = touch.Submission
	}
	policy := dedupe.Policy{Rules: dedupe.Rules{MergeRules: h.rules}}
	g := policy.Group(subs, reached.Decisions, nil)
	parts, leads := map[int][]string{}, map[string][]string{}
	of := map[string][]*lead.Submission{}
	for i, touch := range f.Touches {
		id := touch.Lead
		for records[id].MergedInto != "" {
			id = records[id].MergedInto
		}
		leads[id] = append(leads[id], touch.Submission.ID)
		of[id] = append(of[id], touch.Submission)
		parts[g.Part[i]] = append(parts[g.Part[i]], touch.Submission.ID)
	}
	require.Equal(t, sets(maps.Values(parts)), sets(maps.Values(leads)), "who is one person")
	for id, touches := range of {
		r := records[id]
		var pins []lead.Pin
		for _, other := range f.Records {
			into := other.ID
			for records[into].MergedInto != "" {
				into = records[into].MergedInto
			}
			if into == id {
				pins = append(pins, other.Pins...)
			}
		}
		fresh := *r
		policy.Rebuild(&fresh, touches, pins)
		for i := range fresh.Identities {
			fresh.Identities[i].Generic = slices.Contains(g.Generic, fresh.Identities[i].Identity)
		}
		want, err := json.Marshal(fresh)
		require.NoError(t, err)
		have, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(have), "the values of a lead")
	}
	h.checkIdentities(t, of, reached)
}

// checkIdentities compares where identities lead with who carries them.
func (h *hub) checkIdentities(t require.TestingT, of map[string][]*lead.Submission, reached sink.Reached) {
	carried := map[string]map[string]bool{}
	for id, touches := range of {
		for _, s := range touches {
			for _, i := range s.Identities {
				if k := i.Key(); i.Strong() && carried[k] == nil {
					carried[k] = map[string]bool{id: true}
				} else if i.Strong() {
					carried[k][id] = true
				}
			}
		}
	}
	require.Len(t, reached.Now, len(carried), "every strong identity leads somewhere, and no other does")
	for key, to := range reached.Now {
		switch to {
		case sink.Generic:
		case sink.Shared:
			require.Greater(t, len(carried[key]), 1, "an identity that several leads share")
		default:
			require.Equal(t, map[string]bool{to: true}, carried[key])
		}
	}
}

func sets(of func(func([]string) bool)) []string {
	var out []string
	for list := range of {
		slices.Sort(list)
		out = append(out, strings.Join(list, " "))
	}
	slices.Sort(out)
	return out
}

// insides are the states of all living leads by id.
func (h *hub) insides(t require.TestingT) map[string]string {
	out := map[string]string{}
	for _, id := range h.livingIDs() {
		out[id] = h.inside(t, id)
	}
	return out
}

// picture is the pool without what two builds of it may differ in: ids, numbers, versions, and what is only a hint for
// the next touch.
func (h *hub) picture(t require.TestingT) string {
	var out []string
	for _, id := range h.livingIDs() {
		out = append(out, h.inside(t, id))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// inside is the state of one lead, with its touches, as picture has it.
func (h *hub) inside(t require.TestingT, id string) string {
	d, err := h.store.Lead(h.ctx, id)
	require.NoError(t, err)
	d.ID, d.Number, d.Version, d.History = "", "", 0, nil
	d.TouchList = nil
	b, err := json.MarshalIndent(struct {
		lead.LeadDetail
		Submissions []string
	}{d, h.touchIDs(t, id)}, "", " ")
	require.NoError(t, err)
	return string(b)
}
