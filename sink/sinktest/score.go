package sinktest

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// scorer is a judge that scores: ten points and a tag for every mobile number, from factor on.
type scorer struct {
	dedupe.Policy
	factor int
}

// Score implements sink.Scorer.
func (s scorer) Score(r *lead.Record) {
	r.Score, r.Grade, r.Line, r.Scored = 0, "", "", nil
	for _, p := range r.Phones {
		r.Score += s.factor
		r.Scored = append(r.Scored, lead.Scored{Rule: "phone", Points: s.factor, Tags: []string{"has " + p}})
	}
	if len(r.Phones) > 1 {
		r.Grade, r.Line = "A", "many"
	}
	if r.StageBy != "person" {
		r.Stage = strings.Repeat("I", len(r.Phones))
	}
	if r.Tags = r.AllTags(); r.Tags == nil {
		r.Tags = []string{}
	}
}

func openScoring(t testing.TB, h Harness) *hub {
	p := openWith(t, h, lead.MergeRules{})
	p.sink = sink.New(sink.Config{Pool: p.store, Judge: func() sink.Judge { return scorer{factor: 10} }})
	return p
}

// sameAsStream holds that folding the stream gives the living leads of the pool, scores and all.
func sameAsStream(t *testing.T, p *hub) {
	folded := map[string]json.RawMessage{}
	for _, o := range p.drain() {
		folded[o.Lead] = o.Value
	}
	for _, l := range p.leads(lead.LeadQuery{}) {
		var c lead.Change
		require.NoError(t, json.Unmarshal(folded[l.ID], &c))
		require.Equal(t, l, c.Lead)
		delete(folded, l.ID)
	}
	for id, value := range folded {
		require.Contains(t, string(value), `"merged_into"`, id)
	}
}

var scoreTests = map[string]func(*testing.T, Harness){
	"a lead is scored whenever it changes, and tags of rules go with what they were given for": func(t *testing.T, h Harness) {
		p := openScoring(t, h)
		one, two := Sub("sub_1", Mobile(1), Email(1)), Sub("sub_2", Mobile(2))
		one.Tags = []string{"said"}
		p.record(one, two)
		a := p.on("sub_1")
		d := p.lead(a)
		require.Equal(t, 10, d.Score)
		require.Equal(t, []string{"has " + Mobile(1).Value, "said"}, d.Tags)
		require.Equal(t, "I", d.Stage)
		require.Len(t, d.Scored, 1)

		p.record(Sub("sub_3", Mobile(1), Mobile(2)))
		d = p.lead(a)
		require.Equal(t, []any{20, "A", "many", "II"}, []any{d.Score, d.Grade, d.Line, d.Stage})
		require.Equal(t, []string{"has " + Mobile(1).Value, "has " + Mobile(2).Value, "said"}, d.Tags)

		_, err := p.sink.Split(p.ctx, a, []string{"sub_2", "sub_3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		d = p.lead(p.on("sub_1"))
		require.Equal(t, []any{10, "", "", "I"}, []any{d.Score, d.Grade, d.Line, d.Stage})
		require.Equal(t, []string{"has " + Mobile(1).Value, "said"}, d.Tags, "what the other's touches were given went with them")
		sameAsStream(t, p)
	},
	"other rules change scores by a regrouping, and a preview tells it and changes nothing": func(t *testing.T, h Harness) {
		p := openScoring(t, h)
		p.record(Sub("sub_1", Mobile(1)), Sub("sub_2", Mobile(2)))
		ids := []string{p.on("sub_1"), p.on("sub_2")}
		for _, preview := range []bool{true, false} {
			changes, err := p.sink.Regroup(p.ctx, ids, scorer{factor: 7}, sink.Order{Actor: "hub", Preview: preview})
			require.NoError(t, err)
			require.Len(t, changes, 2)
			require.Equal(t, []string{"score"}, changes[0].Change.Changed)
			require.Equal(t, 7, changes[0].Score)
			require.Equal(t, map[bool]int{true: 10, false: 7}[preview], p.lead(ids[0]).Score)
		}
		changes, err := p.sink.Regroup(p.ctx, ids, scorer{factor: 7}, sink.Order{Actor: "hub"})
		require.NoError(t, err)
		require.Empty(t, changes, "again it is no change")
		sameAsStream(t, p)
	},
	"a stage that a person set stays, through a merge too": func(t *testing.T, h Harness) {
		p := openScoring(t, h)
		p.record(Sub("sub_1", Mobile(1)), Sub("sub_2", Mobile(2)))
		p.edit(p.on("sub_2"), func(r *lead.Record) {
			r.Stand(lead.Standing{Status: lead.StatusWorking, Stage: "SQL", StageBy: "person"})
		})
		p.record(Sub("sub_3", Mobile(2)))
		require.Equal(t, "SQL", p.lead(p.on("sub_2")).Stage)
		p.record(Sub("sub_4", Mobile(1), Mobile(2)))
		require.Equal(t, "SQL", p.lead(p.on("sub_1")).Stage)
		_, err := p.sink.Split(p.ctx, p.on("sub_1"), []string{"sub_2", "sub_3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		require.Equal(t, "SQL", p.lead(p.on("sub_2")).Stage)
		require.Equal(t, "II", p.lead(p.on("sub_1")).Stage)
	},
	"scores do not depend on the order of arrival": func(t *testing.T, h Harness) {
		subs := func() []*lead.Submission {
			return []*lead.Submission{Sub("sub_1", Mobile(1)), Sub("sub_2", Mobile(2)), Sub("sub_3", Mobile(1), Mobile(2)), Sub("sub_4", Mobile(3)), Sub("sub_5", Mobile(3), Email(3))}
		}
		var want map[string]int
		for seed := range uint64(6) {
			p := openScoring(t, h)
			list := subs()
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			for len(list) > 0 {
				n := min(len(list), 1+int(seed%3))
				p.record(list[:n]...)
				list = list[n:]
			}
			got := map[string]int{}
			for _, s := range subs() {
				got[s.ID] = p.lead(p.on(s.ID)).Score
			}
			if want == nil {
				want = got
			}
			require.Equal(t, want, got)
		}
		require.Equal(t, 20, want["sub_1"])
	},
}
