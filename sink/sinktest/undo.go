package sinktest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// undoTests hold that what people did can be undone in any order, and stays undone.
var undoTests = map[string]func(*testing.T, Harness){
	"a chain of merges is undone in any order, and every lead is as it was": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, lead.MergeRules{})
			n := rapid.IntRange(3, 5).Draw(r, "leads")
			ids, touches := make([]string, n), make([][]string, n)
			for i := range n {
				name := rapid.SampledFrom([]lead.Name{leilei, meimei, {}}).Draw(r, "name")
				for k := range rapid.IntRange(1, 2).Draw(r, "touches") {
					s := named(fmt.Sprintf("sub_%d_%d", i, k), name, i+k, Mobile(i), Email(10*i+k))
					p.record(s)
					touches[i] = append(touches[i], s.ID)
				}
				ids[i] = p.on(touches[i][0])
				p.edit(ids[i], func(r *lead.Record) {
					r.Stand(lead.Standing{Owner: fmt.Sprint("rep", i), OwnerBy: "person", Status: lead.StatusWorking})
				})
			}
			if i := rapid.IntRange(0, n).Draw(r, "pinned"); i < n {
				_, err := p.sink.Pin(p.ctx, ids[i], lead.Pin{Field: "title", Value: "经理"}, sink.Order{Actor: "person:test"})
				require.NoError(r, err)
			}
			before, numbers := p.insides(r), make([]string, n)
			for i, id := range ids {
				numbers[i] = p.lead(id).Number
			}
			o := sink.Order{Actor: "person:test"}
			for left := rapid.Permutation(ids).Draw(r, "merged"); len(left) > 1; left = left[1:] {
				_, err := p.sink.Merge(p.ctx, left[0], left[1], o) // the first may have gone into another long ago
				require.NoError(r, err)
			}
			require.Len(r, p.livingIDs(), 1)
			for i, number := range numbers {
				require.Equal(r, p.livingIDs()[0], p.lead(number).ID)
				require.Equal(r, p.livingIDs()[0], p.lead(ids[i]).ID)
			}
			for _, i := range rapid.Permutation(indices(n)).Draw(r, "split")[1:] {
				by := rapid.SampledFrom([]string{ids[i], p.lead(numbers[i]).ID}).Draw(r, "by")
				_, err := p.sink.Split(p.ctx, by, touches[i], o)
				require.NoError(r, err)
				p.check(r)
			}
			require.Equal(r, before, p.insides(r))
			for i, number := range numbers {
				require.Equal(r, ids[i], p.lead(number).ID, "every number is that of its own lead again")
				require.Equal(r, fmt.Sprint("rep", i), p.lead(number).Owner)
			}
		})
	},
	"a split of any touches holds against later evidence, a replay, other rules, and its touches being taken back and brought in again": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			p := openWith(t, h, lead.MergeRules{})
			n := rapid.IntRange(2, 6).Draw(r, "touches")
			subs := make([]*lead.Submission, n)
			for i := range subs {
				subs[i] = named(fmt.Sprintf("sub_%d", i), leilei, i, Mobile(1), Email(rapid.IntRange(1, 2).Draw(r, "email")))
			}
			p.record(subs...)
			require.Len(r, p.livingIDs(), 1)
			out := rapid.Permutation(p.touchIDs(r, p.livingIDs()[0])).Draw(r, "order")[:rapid.IntRange(1, n-1).Draw(r, "out")]
			o := sink.Order{Actor: "person:test"}
			_, err := p.sink.Split(p.ctx, p.livingIDs()[0], out, o)
			require.NoError(r, err)
			apart := func() {
				for _, s := range subs {
					for _, other := range subs {
						if slices.Contains(out, s.ID) != slices.Contains(out, other.ID) {
							require.NotEqual(r, p.on(s.ID), p.on(other.ID))
						}
					}
				}
				p.check(r)
			}
			apart()
			for step := range rapid.IntRange(1, 5).Draw(r, "steps") {
				switch rapid.SampledFrom([]string{"evidence", "replay", "rules", "withdraw"}).Draw(r, "step") {
				case "evidence":
					p.record(named(fmt.Sprint("late_", step), leilei, 20+step, Mobile(1), Email(1), Email(2), unionID(1)))
				case "replay":
					p.record(subs...)
				case "rules":
					_, err = p.sink.Regroup(p.ctx, p.livingIDs(), rules(tight)(), o)
					require.NoError(r, err)
					_, err = p.sink.Regroup(p.ctx, p.livingIDs(), nil, o)
					require.NoError(r, err)
				case "withdraw":
					some := rapid.SliceOfNDistinct(rapid.SampledFrom(subs), 1, n, func(s *lead.Submission) string { return s.ID }).Draw(r, "taken back")
					ids := make([]string, len(some))
					for i, s := range some {
						ids[i] = s.ID
					}
					_, err = p.sink.Withdraw(p.ctx, ids, o)
					require.NoError(r, err)
					p.record(some...)
				}
				apart()
			}
		})
	},
	"a pin on a lead that went into another goes where that lead goes": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1)))
		p.record(named("sub_2", meimei, 1, Mobile(2)))
		p.record(named("sub_3", lead.Name{}, 2, Mobile(3)))
		a, b, c := p.on("sub_1"), p.on("sub_2"), p.on("sub_3")
		o := sink.Order{Actor: "person:test"}
		_, err := p.sink.Pin(p.ctx, b, lead.Pin{Field: "name", Value: "韩红"}, o)
		require.NoError(t, err)
		_, err = p.sink.Merge(p.ctx, b, c, o)
		require.NoError(t, err)
		_, err = p.sink.Merge(p.ctx, a, c, o) // c is b by now
		require.NoError(t, err)
		require.Equal(t, "韩红", p.lead(c).Name)
		_, err = p.sink.Pin(p.ctx, b, lead.Pin{Field: "title", Value: "经理"}, o) // said of what b is now
		require.NoError(t, err)
		require.Equal(t, "经理", p.lead(a).Title)
		_, err = p.sink.Split(p.ctx, a, []string{"sub_2"}, o)
		require.NoError(t, err)
		require.Equal(t, []string{"韩红", ""}, []string{p.lead(b).Name, p.lead(b).Title})
		require.Equal(t, []string{"李雷", "经理"}, []string{p.lead(a).Name, p.lead(a).Title})
		require.Equal(t, a, p.lead(c).ID, "the third stayed")
		_, err = p.sink.Withdraw(p.ctx, []string{"sub_1"}, o)
		require.NoError(t, err)
		require.Equal(t, c, p.lead(c).ID, "it is what is left of the lead that took it over")
		require.Equal(t, "韩红", p.lead(b).Name)
		p.check(t)
	},
	"history tells both directions, and survives them": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1)))
		p.record(named("sub_2", meimei, 1, Mobile(2)))
		a, b := p.on("sub_1"), p.on("sub_2")
		o := sink.Order{Actor: "person:wang", Why: "one person"}
		_, err := p.sink.Merge(p.ctx, a, b, o)
		require.NoError(t, err)
		require.Equal(t, "lead.merged lead.merged", types(p.lead(b).History), "of both leads")
		_, err = p.sink.Split(p.ctx, a, []string{"sub_2"}, sink.Order{Actor: "person:wang", Why: "two after all"})
		require.NoError(t, err)
		for _, id := range []string{a, b} {
			history := p.lead(id).History
			require.Equal(t, "lead.split lead.merged", types(history), id)
			require.Contains(t, history[0].Why, "two after all")
			require.Equal(t, "person:wang", history[1].Actor)
			require.WithinDuration(t, day, history[0].At, time.Hour)
		}
	},
	"what was nobody's phone when it came is somebody's when the leads are weighed by rules that say so, and a preview changes nothing": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		said := func(i int, blocked string) *lead.Submission {
			s := Sub(fmt.Sprint("sub_", i), Email(i))
			s.Phones = []lead.Phone{{E164: Mobile(1).Value, Type: lead.PhoneMobile, Blocked: blocked}}
			if blocked == "" {
				s.Identities = lead.SortIdentities(append(s.Identities, Mobile(1)))
			}
			return s
		}
		p.record(said(1, "placeholder"), said(2, "placeholder"))
		before := p.picture(t)
		judge := dedupe.Policy{Rules: dedupe.Rules{Renew: func(s *lead.Submission) *lead.Submission {
			if s.Phones[0].Blocked == "" {
				return nil
			}
			out := *s
			out.Phones = []lead.Phone{{E164: s.Phones[0].E164, Type: lead.PhoneMobile}}
			out.Identities = lead.SortIdentities(append(slices.Clone(s.Identities), Mobile(1)))
			return &out
		}}}
		o := sink.Order{Actor: "hub", Why: "the rules changed", Preview: true}
		changes, err := p.sink.Regroup(p.ctx, p.livingIDs(), judge, o)
		require.NoError(t, err)
		require.NotEmpty(t, changes)
		require.Equal(t, before, p.picture(t))
		o.Preview = false
		for _, id := range p.livingIDs() { // one by one, as a long job does
			_, err = p.sink.Regroup(p.ctx, []string{id}, judge, o)
			require.NoError(t, err)
		}
		fresh := openWith(t, h, lead.MergeRules{})
		fresh.record(said(1, ""), said(2, ""))
		require.Equal(t, fresh.picture(t), p.picture(t))
		require.Len(t, p.livingIDs(), 1)
		p.record(Sub("sub_3", Mobile(1)))
		require.Len(t, p.livingIDs(), 1, "and it recognises from now on")
		again, err := p.sink.Regroup(p.ctx, p.livingIDs(), judge, o)
		require.NoError(t, err)
		require.Empty(t, again)
		p.check(t)
	},
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
