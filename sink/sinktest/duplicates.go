package sinktest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var duplicateTests = map[string]func(*testing.T, Harness){
	"two leads that agree in much are a pair with its reasons, and each shows the other": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)))
		l.record(called("s2", "张伟", Mobile(201)), called("s3", "李娜", Mobile(302)))
		require.Equal(t, sink.Looked{Compared: 1, Opened: 1}, l.look())
		d := l.one()
		require.Equal(t, l.on("s1"), d.A.ID)
		require.Equal(t, l.on("s2"), d.B.ID)
		require.Equal(t, 8.0, d.Score)
		require.True(t, d.Likely)
		require.Equal(t, lead.DuplicateOpen, d.State)
		require.Len(t, d.Parts, 3)
		require.Equal(t, "张伟", d.A.Name)
		require.Equal(t, []string{Mobile(101).Value}, d.A.Phones)

		newer := l.lead(d.B.ID)
		require.Len(t, newer.Duplicates, 1)
		require.Equal(t, d.A.Number, newer.Duplicates[0].Number)
		require.Equal(t, Mobile(201).Value, newer.Duplicates[0].Parts[2].A, "its own value first")
		require.Len(t, l.lead(d.A.ID).Duplicates, 1)
		require.Empty(t, l.lead(l.on("s3")).Duplicates)
	},
	"the newer lead is reminded of the older one and its owner, and the owner is told, once, and without a value": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.staff(rep("anna", 1))
		l.record(called("s1", "张伟", Mobile(101)))
		_, err := l.assigner(10, day.Add(time.Hour)).Step(l.ctx)
		require.NoError(t, err)
		l.record(called("s2", "张伟", Mobile(201)))
		before := l.lead(l.on("s2")).Version
		changes := changesOf(l.drain())
		for range 3 {
			_, err := l.duplicates.Look(l.ctx, changes)
			require.NoError(t, err)
		}
		require.NoError(t, l.duplicates.Rebuild(l.ctx))
		d := l.lead(l.on("s2"))
		require.Len(t, d.History, 1)
		require.Equal(t, lead.EventDuplicate, d.History[0].Type)
		require.Equal(t, "may be the same as "+l.lead(l.on("s1")).Number+" of anna, score 8.0: same name, phones end alike", d.History[0].Why)
		require.NotContains(t, d.History[0].Why, "139")
		require.NotContains(t, d.History[0].Why, "张伟")
		require.Equal(t, before, d.Version, "it is no version")
		require.Empty(t, l.drain(), "and not on the stream")
		require.NotContains(t, types(l.lead(l.on("s1")).History), lead.EventDuplicate)
		told, err := l.store.Notifications(l.ctx, "anna", 10)
		require.NoError(t, err)
		require.Len(t, told, 2, "of somebody like her lead, and of the lead, an hour later")
		require.Equal(t, lead.NotifyDuplicate, told[0].Kind)
		require.Equal(t, l.on("s1"), told[0].Lead)
		require.Equal(t, d.Number+" came in and may be the same person", told[0].Why)
	},
	"looking again, at anything, changes nothing": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(201)), called("s3", "张伟", Mobile(302)))
		changes := changesOf(l.drain())
		_, err := l.duplicates.Look(l.ctx, changes)
		require.NoError(t, err)
		before, pairs := l.state(), l.pairs(lead.DuplicateQuery{})
		require.Len(t, pairs, 3)
		again, err := l.duplicates.Look(l.ctx, append(changes, sink.Changed{Lead: "ld_unknown", Again: true}))
		require.NoError(t, err)
		require.Zero(t, again, "what did not change is not even compared")
		require.NoError(t, l.duplicates.Rebuild(l.ctx))
		require.Equal(t, before, l.state())
		require.Equal(t, pairs, l.pairs(lead.DuplicateQuery{}))
	},
	"a merge closes the pair, and the split that undoes it is a person's word that they are two": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(201)))
		l.look()
		a, b := l.on("s1"), l.on("s2")
		_, err := l.sink.Merge(l.ctx, a, b, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		require.Equal(t, 1, l.look().Closed)
		require.Empty(t, l.pairs(lead.DuplicateQuery{}))
		require.Empty(t, l.lead(a).Duplicates)
		_, err = l.sink.Split(l.ctx, a, []string{"s2"}, sink.Order{Actor: "person:test", Why: "father and son"})
		require.NoError(t, err)
		l.look()
		d := l.one()
		require.Equal(t, lead.DuplicateDismissed, d.State)
		require.Equal(t, "person:test", d.Dismissed.By)
		require.Equal(t, "father and son", d.Dismissed.Why)
		require.NotEmpty(t, d.Dismissed.Decision)
		err = l.duplicates.Decide(l.ctx, a, b, lead.DuplicateReopen, sink.Order{Actor: "person:test"})
		requireCode(t, "split_by_person", err)
		l.record(called("s4", "张伟", Mobile(101), Email(4)))
		l.look()
		require.Equal(t, lead.DuplicateDismissed, l.one().State, "and stays it")
	},
	"a merge that is undone before anybody looked is a person's word, too": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(201)))
		l.look()
		_, err := l.sink.Merge(l.ctx, l.on("s1"), l.on("s2"), sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		_, err = l.sink.Split(l.ctx, l.on("s1"), []string{"s2"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		require.Equal(t, lead.DuplicateOpen, l.one().State)
		l.look()
		require.Equal(t, lead.DuplicateDismissed, l.one().State)
	},
	"an identity that too many people come to carry says nothing of those who carried it before, until one is taken back": func(t *testing.T, h Harness) {
		l := withDuplicates(openWith(t, h, tight))
		reason := func() bool {
			return slices.ContainsFunc(l.pairs(lead.DuplicateQuery{Lead: l.on("s1"), With: l.on("s2")})[0].Parts,
				func(p lead.DuplicatePart) bool { return p.Field == lead.FieldShared })
		}
		whole := func(id, family, given string, n int) *lead.Submission {
			s := called(id, family+given, Mobile(1), Email(n))
			s.Name.Family, s.Name.Given = family, given
			return s
		}
		l.record(whole("s1", "李", "雷", 1))
		l.record(whole("s2", "韩", "梅梅", 2))
		l.look()
		require.True(t, reason())
		l.record(whole("s3", "王", "建国", 3))
		l.look()
		require.False(t, reason())
		_, err := l.sink.Withdraw(l.ctx, []string{"s3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.look()
		require.True(t, reason())
	},
	"a dismissed pair stays so until more speaks for it, and outlives a merge": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(202)), called("s3", "", Mobile(303)))
		l.look()
		a, b := l.on("s1"), l.on("s2")
		require.NoError(t, l.duplicates.Decide(l.ctx, b, a, lead.DuplicateDismiss, sink.Order{Actor: "person:test", Why: "different companies"}))
		d := l.one()
		require.Equal(t, lead.DuplicateDismissed, d.State)
		require.Equal(t, "different companies", d.Dismissed.Why)
		require.Empty(t, l.lead(a).Duplicates)

		_, err := l.sink.Merge(l.ctx, b, l.on("s3"), sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.record(called("s4", "张伟", Mobile(101), Email(1)))
		l.look()
		require.NoError(t, l.duplicates.Rebuild(l.ctx))
		require.Equal(t, lead.DuplicateDismissed, l.one().State)

		l.record(called("s5", "张伟", Mobile(101), Email(1), Mobile(502)))
		require.Equal(t, 1, l.look().Opened)
		require.Equal(t, lead.DuplicateOpen, l.one().State, "now their phones end alike, too")

		require.NoError(t, l.duplicates.Decide(l.ctx, a, b, lead.DuplicateDismiss, sink.Order{Actor: "person:test"}))
		require.NoError(t, l.duplicates.Decide(l.ctx, a, b, lead.DuplicateReopen, sink.Order{Actor: "person:test"}))
		require.Equal(t, lead.DuplicateOpen, l.one().State)
		requireCode(t, "duplicate_not_found", l.duplicates.Decide(l.ctx, a, "ld_unknown", lead.DuplicateDismiss, sink.Order{}))
		requireCode(t, "unknown_decision", l.duplicates.Decide(l.ctx, a, b, "perhaps", sink.Order{}))
	},
	"a dismissed pair whose leads go into one and come apart is dismissed as before": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(202)), called("s3", "李娜", Mobile(303)))
		l.look()
		require.NoError(t, l.duplicates.Decide(l.ctx, l.on("s1"), l.on("s2"), lead.DuplicateDismiss, sink.Order{Actor: "person:test"}))
		before := l.one()
		_, err := l.sink.Merge(l.ctx, l.on("s1"), l.on("s2"), sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.look()
		require.Empty(t, l.pairs(lead.DuplicateQuery{}))
		_, err = l.sink.Withdraw(l.ctx, []string{"s3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		_, err = l.sink.Split(l.ctx, l.on("s1"), []string{"s2"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.look()
		require.Equal(t, before.State, l.one().State)
	},
	"a dismissed pair is not shown while nothing speaks for it, and is dismissed when something does again": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(202)))
		l.look()
		a, b := l.on("s1"), l.on("s2")
		require.NoError(t, l.duplicates.Decide(l.ctx, a, b, lead.DuplicateDismiss, sink.Order{Actor: "person:test", Why: "I know both"}))
		other := called("s3", "李娜", Mobile(202))
		other.EventTime = day.Add(time.Hour)
		l.record(other)
		l.look()
		require.Empty(t, l.pairs(lead.DuplicateQuery{}))
		require.Empty(t, l.pairs(lead.DuplicateQuery{State: lead.DuplicateDismissed}))
		requireCode(t, "duplicate_not_found", l.duplicates.Decide(l.ctx, a, b, lead.DuplicateReopen, sink.Order{}))
		require.NoError(t, l.duplicates.Rebuild(l.ctx))
		_, err := l.sink.Withdraw(l.ctx, []string{"s3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.look()
		d := l.one()
		require.Equal(t, lead.DuplicateDismissed, d.State)
		require.Equal(t, "I know both", d.Dismissed.Why)
	},
	"leads that share an identity and were kept apart are in the queue with the reason": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		union := func(v string) lead.Identity {
			return lead.Identity{Kind: lead.IdentityUnionID, Scope: "open", Value: v}
		}
		l.record(called("s1", "李雷", Mobile(1), union("u1")))
		l.look()
		l.record(called("s2", "韩梅梅", Mobile(1), Email(2), union("u2")))
		require.NotEqual(t, l.on("s1"), l.on("s2"))
		l.look()
		d := l.one()
		last := d.Parts[len(d.Parts)-1]
		require.Equal(t, lead.FieldShared, last.Field)
		require.NotEqual(t, "held", last.Level, "the reason is known")
		require.Equal(t, "shares mobile", last.Text)
		require.True(t, d.Likely, "however little else they have in common")
		total := 0.0
		for _, p := range d.Parts {
			total += p.Weight
		}
		require.InDelta(t, d.Score, total, 1e-9)
	},
	"a key of too many leads is passed over and counted, and counts again when it is less common": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		subs := make([]*lead.Submission, block)
		for i := range subs {
			subs[i] = called(fmt.Sprint("s", i), "张伟", Mobile(100+i))
		}
		l.record(subs...)
		require.Zero(t, l.look().Crowded)
		require.Len(t, l.pairs(lead.DuplicateQuery{}), block*(block-1)/2)
		l.record(called("more", "张伟", Mobile(200)))
		require.Equal(t, 1, l.look().Crowded)
		require.Len(t, l.pairs(lead.DuplicateQuery{}), 1, "the one with the phone alike is left")
		l.record(called("most", "张伟", Mobile(300)))
		l.look()
		_, err := l.sink.Withdraw(l.ctx, []string{"more", "s1"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		require.Zero(t, l.look().Crowded)
		require.Len(t, l.pairs(lead.DuplicateQuery{}), block*(block-1)/2)
	},
	"nothing is kept of a lead that is erased": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(201)), called("s3", "张伟", Mobile(302)))
		l.look()
		gone, kept := l.on("s1"), l.on("s2")
		require.NoError(t, l.duplicates.Decide(l.ctx, gone, kept, lead.DuplicateDismiss, sink.Order{Actor: "person:test"}))
		_, err := l.sink.Withdraw(l.ctx, []string{"s1"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.look()
		require.NoError(t, l.store.Match(l.ctx, func(r sink.MatchReader) (sink.MatchChanges, error) {
			pairs, err := r.Pairs(l.ctx, []string{gone})
			require.NoError(t, err)
			require.Empty(t, pairs)
			matched, err := r.Matched(l.ctx, []string{gone, kept})
			require.NoError(t, err)
			require.Contains(t, matched, kept)
			require.NotContains(t, matched, gone)
			members, err := r.Members(l.ctx, matched[kept].Keys, 10)
			require.NoError(t, err)
			require.NotEmpty(t, members)
			for _, ids := range members {
				require.NotContains(t, ids, gone)
			}
			return sink.MatchChanges{}, nil
		}))
	},
	"leads whose changes were lost are found, and so is what changed of others": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		l.record(called("s1", "张伟", Mobile(101)), called("s2", "张伟", Mobile(202)))
		l.drain()
		n, err := l.duplicates.Fill(l.ctx)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Len(t, l.pairs(lead.DuplicateQuery{}), 1)
		n, err = l.duplicates.Fill(l.ctx)
		require.NoError(t, err)
		require.Zero(t, n)

		_, err = l.sink.Merge(l.ctx, l.on("s1"), l.on("s2"), sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		l.record(called("s3", "张伟", Mobile(303)))
		l.drain()
		n, err = l.duplicates.CatchUp(l.ctx)
		require.NoError(t, err)
		require.Equal(t, 3, n, "the one that went into another as well")
		d := l.one()
		require.Equal(t, []string{l.on("s1"), l.on("s3")}, []string{d.A.ID, d.B.ID})
	},
	"the queue is paged by score, and filtered": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		for i := range 6 { // pairs of 2 and of 8 bits
			l.record(called(fmt.Sprint("a", i), fmt.Sprint("张", i), Mobile(10+i)), called(fmt.Sprint("b", i), fmt.Sprint("张", i), Mobile(110+i+i%2*50)))
		}
		l.look()
		all := l.pairs(lead.DuplicateQuery{})
		require.Len(t, all, 6)
		require.Equal(t, all, l.pairs(lead.DuplicateQuery{Limit: 1}))
		require.Equal(t, all, l.pairs(lead.DuplicateQuery{Limit: 4, State: lead.DuplicateOpen}))
		require.True(t, slices.IsSortedFunc(all, func(x, y lead.Duplicate) int { return int(y.Score - x.Score) }))
		require.Len(t, l.pairs(lead.DuplicateQuery{Min: 7}), 3)
		require.Empty(t, l.pairs(lead.DuplicateQuery{State: lead.DuplicateDismissed}))
		require.Equal(t, all[2:3], l.pairs(lead.DuplicateQuery{Lead: all[2].B.ID}))
		require.Equal(t, all[2:3], l.pairs(lead.DuplicateQuery{Lead: all[2].B.ID, With: all[2].A.ID}))
		for _, cursor := range []string{"x", "1,2", "a,b,c"} {
			_, err := l.store.Duplicates(l.ctx, lead.DuplicateQuery{Cursor: cursor})
			requireCode(t, "bad_cursor", err)
		}
	},
	"several that look at the same time miss no pair": func(t *testing.T, h Harness) {
		l := openDuplicates(t, h)
		for i := range 20 { // each name twice, and a tail that two names share
			l.record(called(fmt.Sprint("a", i), fmt.Sprint("张", i), Mobile(100+i)), called(fmt.Sprint("b", i), fmt.Sprint("张", i), Mobile(150+i)))
		}
		changes := changesOf(l.drain())
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for worker := range errs {
			wg.Go(func() {
				d := withDuplicates(l.hub).duplicates
				for i := worker; i < len(changes) && errs[worker] == nil; i += len(errs) {
					_, errs[worker] = d.Look(l.ctx, changes[i:i+1])
				}
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		require.Len(t, l.pairs(lead.DuplicateQuery{}), 20)
		require.Equal(t, l.expected(t), l.found())
	},
	"in whatever order leads are looked at, the same pool has the same pairs": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			l := withDuplicates(openWith(t, h, tight))
			subs := strangers(r, rapid.IntRange(2, 14).Draw(r, "submissions"))
			var pending []sink.Changed
			for len(subs) > 0 {
				n := rapid.IntRange(1, len(subs)).Draw(r, "batch")
				l.record(subs[:n]...)
				subs = subs[n:]
				l.meddle(r)
				pending = append(pending, changesOf(l.drain())...)
				if len(pending) > 0 && rapid.Bool().Draw(r, "look now") {
					pending = rapid.Permutation(pending).Draw(r, "order")
					n := rapid.IntRange(1, len(pending)).Draw(r, "looked")
					_, err := l.duplicates.Look(l.ctx, pending[:n])
					require.NoError(r, err)
					pending = pending[rapid.IntRange(0, n).Draw(r, "not again"):]
				}
			}
			for len(pending) > 0 {
				n := rapid.IntRange(1, len(pending)).Draw(r, "looked at last")
				_, err := l.duplicates.Look(l.ctx, pending[:n])
				require.NoError(r, err)
				pending = pending[n:]
			}
			want := l.expected(r)
			require.Equal(r, want, l.found())
			require.NoError(r, l.duplicates.Rebuild(l.ctx))
			require.Equal(r, want, l.found(), "and so does looking at everything anew")
		})
	},
}
