package sinktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// named is a submission by somebody with a name, some days after day.
func named(id string, name lead.Name, days int, ids ...lead.Identity) *lead.Submission {
	s := Sub(id, ids...)
	s.Name, s.EventTime = name, day.AddDate(0, 0, days)
	return s
}

var (
	leilei = lead.Name{Display: "李雷", Key: "李雷", Family: "李", Given: "雷"}
	meimei = lead.Name{Display: "韩梅梅", Key: "韩梅梅", Family: "韩", Given: "梅梅"}
)

func unionID(n int) lead.Identity {
	return lead.Identity{Kind: lead.IdentityUnionID, Scope: "open", Value: fmt.Sprint("u", n)}
}

var apartTests = map[string]func(*testing.T, Harness){
	"a phone that many mailboxes come with recognises nobody, and whom it alone had joined come apart": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		for i := range 4 {
			p.record(Sub(fmt.Sprint("sub_", i), Mobile(1), Email(i)))
		}
		require.Len(t, p.livingIDs(), 1)
		first := p.on("sub_0")
		p.record(Sub("sub_4", Mobile(1), Email(4)))
		require.Len(t, p.livingIDs(), 5)
		require.Equal(t, first, p.on("sub_0"), "the first one keeps the lead")
		p.record(Sub("sub_5", Mobile(1)), Sub("sub_6", Mobile(1), Email(2)))
		require.Equal(t, p.on("sub_2"), p.on("sub_6"), "the mailbox still recognises")
		require.Len(t, p.livingIDs(), 6)
		require.True(t, p.lead(p.on("sub_2")).Identities[0].Generic)
		p.check(t)
	},
	"a number that was silent for long and comes back with another name is somebody else's": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1)))
		p.record(named("sub_2", lead.Name{}, 120, Mobile(1)))
		require.Len(t, p.livingIDs(), 1, "silence alone says nothing")
		p.record(named("sub_3", meimei, 121, Mobile(1)))
		require.Len(t, p.livingIDs(), 2)
		require.Equal(t, p.on("sub_2"), p.on("sub_3"))
		p.record(named("sub_4", lead.Name{}, 122, Mobile(1)))
		require.Equal(t, p.on("sub_3"), p.on("sub_4"), "the number is the new holder's now")
		p.record(named("sub_5", leilei, 60, Mobile(1)))
		require.Len(t, p.livingIDs(), 1, "it had not been silent after all")
		p.check(t)
	},
	"a number that comes back with the same name, or soon with another, is the same person's": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1)))
		p.record(named("sub_2", leilei, 400, Mobile(1)), named("sub_3", meimei, 420, Mobile(1)))
		require.Len(t, p.livingIDs(), 1)
		p.check(t)
	},
	"two accounts of one platform are never one person by themselves, and a person may say that they are": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(Sub("sub_1", Mobile(1), unionID(1)))
		p.record(Sub("sub_2", Mobile(1), unionID(2)))
		require.Len(t, p.livingIDs(), 2)
		d := p.lead(p.on("sub_2"))
		require.Equal(t, lead.VerdictUnsure, d.TouchList[0].Verdict.Kind)
		require.Contains(t, d.TouchList[0].Verdict.Reasons[0], "a person has only one unionid")
		_, err := p.sink.Merge(p.ctx, p.on("sub_1"), p.on("sub_2"), sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		p.record(Sub("sub_3", unionID(2)), Sub("sub_4", unionID(1)))
		require.Len(t, p.livingIDs(), 1)
		p.check(t)
	},
	"a family on one phone: whoever has a name and a mailbox of his own is himself": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1), Email(1)), named("sub_2", meimei, 1, Mobile(1), Email(2)))
		p.record(named("sub_3", leilei, 2, Mobile(1)), named("sub_4", meimei, 3, Mobile(1)))
		require.Len(t, p.livingIDs(), 2)
		require.Equal(t, p.on("sub_1"), p.on("sub_3"))
		require.Equal(t, p.on("sub_2"), p.on("sub_4"))
		p.check(t)
	},
	"two large groups are not joined by one identity, and are by two": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{BridgeSize: 3, Generic: map[string]int{lead.IdentityMobile: 20, lead.IdentityEmail: 20}})
		for side := range 2 {
			for i := range 5 {
				p.record(Sub(fmt.Sprintf("sub_%d_%d", side, i), Mobile(side), Email(side*10+i)))
			}
		}
		p.record(Sub("sub_bridge", Email(1), Email(11)))
		require.Len(t, p.livingIDs(), 2)
		require.Contains(t, p.lead(p.on("sub_bridge")).TouchList[0].Verdict.Reasons[0], "two large groups")
		p.record(Sub("sub_second", Email(2), Mobile(1)))
		require.Len(t, p.livingIDs(), 1)
		p.check(t)
	},
	"a split holds against later evidence, and touches that show what both share go to the nearer one": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(Sub("sub_1", Mobile(1), Email(1)), Sub("sub_2", Mobile(1), Email(2)), Sub("sub_3", Email(2)))
		old := p.on("sub_1")
		_, err := p.sink.Split(p.ctx, old, []string{"sub_2", "sub_3"}, sink.Order{Actor: "person:test", Why: "two colleagues"})
		require.NoError(t, err)
		require.Equal(t, old, p.on("sub_1"))
		require.NotEqual(t, old, p.on("sub_2"))
		require.Equal(t, p.on("sub_2"), p.on("sub_3"))
		p.record(Sub("sub_4", Mobile(1), Email(2)), Sub("sub_5", Mobile(1), Email(1)), Sub("sub_6", Email(1), Email(2)))
		require.Len(t, p.livingIDs(), 2)
		require.Equal(t, p.on("sub_2"), p.on("sub_4"))
		require.Equal(t, p.on("sub_1"), p.on("sub_5"))
		_, err = p.sink.Merge(p.ctx, p.on("sub_1"), p.on("sub_2"), sink.Order{Actor: "person:test", Why: "one after all"})
		require.NoError(t, err)
		require.Len(t, p.livingIDs(), 1)
		p.check(t)
	},
	"owner, status and number survive a merge and the split after it; what was done in between stays with the survivor": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(Sub("sub_1", Mobile(1)))
		p.record(Sub("sub_2", Mobile(2)))
		a, b := p.on("sub_1"), p.on("sub_2")
		p.edit(a, func(r *lead.Record) {
			r.Stand(lead.Standing{Owner: "anna", OwnerBy: "rule", Status: lead.StatusWorking})
		})
		p.edit(b, func(r *lead.Record) {
			r.Stand(lead.Standing{Owner: "bo", OwnerBy: "person", Status: lead.StatusConverted, Stage: "SQL"})
		})
		numbers := []string{p.lead(a).Number, p.lead(b).Number}
		p.record(Sub("sub_3", Mobile(1), Mobile(2)))
		one := p.lead(b)
		require.Equal(t, a, one.ID)
		require.Equal(t, []string{"bo", lead.StatusConverted, "SQL"}, []string{one.Owner, one.Status, one.Stage}, "a person's word beats a rule's")
		require.Equal(t, a, p.lead(numbers[1]).ID)
		p.edit(a, func(r *lead.Record) {
			r.Stand(lead.Standing{Owner: "chen", OwnerBy: "person", Status: lead.StatusConverted})
		})
		_, err := p.sink.Split(p.ctx, a, []string{"sub_2"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		require.Equal(t, "bo", p.lead(b).Owner)
		require.Equal(t, "chen", p.lead(a).Owner)
		require.Equal(t, numbers, []string{p.lead(a).Number, p.lead(b).Number})
		p.check(t)
	},
	"a pinned value wins over everything until it is taken away, also through a merge": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(named("sub_1", leilei, 0, Mobile(1)))
		p.record(named("sub_2", meimei, 1, Mobile(2)))
		a, b := p.on("sub_1"), p.on("sub_2")
		changes, err := p.sink.Pin(p.ctx, b, lead.Pin{Field: "name", Value: "韩红"}, sink.Order{Actor: "person:wang"})
		require.NoError(t, err)
		require.Equal(t, "韩红", changes[0].Name)
		trusted := named("sub_3", leilei, 9, Mobile(1), Mobile(2))
		trusted.Trust = 100
		p.record(trusted)
		one := p.lead(a)
		require.Equal(t, "韩红", one.Name)
		require.Equal(t, "the other was pinned by person:wang", one.Provenance["name"][1].Lost)
		_, err = p.sink.Unpin(p.ctx, a, "name", sink.Order{Actor: "person:wang"})
		require.NoError(t, err)
		require.Equal(t, "李雷", p.lead(a).Name)
		_, err = p.sink.Unpin(p.ctx, a, "name", sink.Order{Actor: "person:wang"})
		require.Equal(t, "not_pinned", lead.AsError(err).Code)
		p.check(t)
	},
	"orders that make no sense are refused, and change nothing": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		p.record(Sub("sub_1", Mobile(1)), Sub("sub_2", Mobile(1)))
		a := p.on("sub_1")
		before := p.picture(t)
		o := sink.Order{Actor: "person:test"}
		for code, order := range map[string]func() error{
			"lead_not_found":   func() error { _, err := p.sink.Merge(p.ctx, a, "ld_nobody", o); return err },
			"already_merged":   func() error { _, err := p.sink.Merge(p.ctx, a, a, o); return err },
			"not_a_touch":      func() error { _, err := p.sink.Split(p.ctx, a, []string{"sub_9"}, o); return err },
			"nothing_to_split": func() error { _, err := p.sink.Split(p.ctx, a, []string{"sub_1", "sub_2"}, o); return err },
		} {
			require.Equal(t, code, lead.AsError(order()).Code)
		}
		_, err := p.sink.Split(p.ctx, a, []string{"sub_2"}, sink.Order{Actor: "person:test", Preview: true})
		require.NoError(t, err)
		require.Equal(t, before, p.picture(t), "a preview changes nothing")
	},
	"a lead with more touches than can be weighed is left as it is, and who asks is told": func(t *testing.T, h Harness) {
		p := openWith(t, h, lead.MergeRules{})
		subs := make([]*lead.Submission, sink.MaxTouches+1)
		for i := range subs {
			subs[i] = Sub(fmt.Sprintf("sub_%05d", i), Mobile(1))
		}
		for batch := range slices.Chunk(subs, 1000) {
			p.record(batch...)
		}
		p.record(named("sub_other", meimei, 0, Mobile(2)))
		one := p.lead(p.on("sub_00000"))
		require.Equal(t, len(subs), one.Touches, "what is clear is recorded as before")
		_, err := p.sink.Merge(p.ctx, one.ID, p.on("sub_other"), sink.Order{Actor: "person:test"})
		require.Equal(t, "too_many_touches", lead.AsError(err).Code)
		_, err = p.sink.Record(p.ctx, Items(named("sub_late", meimei, 200, Mobile(1))))
		require.Equal(t, "too_many_touches", lead.AsError(err).Code)
		require.False(t, lead.IsTransient(err))
		require.Equal(t, one.Version, p.lead(one.ID).Version)
	},
	"a long stream of people who share what they have is, at any moment, what weighing everything at once gives": func(t *testing.T, h Harness) {
		for seed := range uint64(3) {
			p := openWith(t, h, tight)
			for batch := range slices.Chunk(crowd(rand.New(rand.NewPCG(seed, 2)), 240), 12) {
				p.record(batch...)
				p.check(t)
			}
		}
	},
	"writers with overlapping identities, and people who merge and split beside them, lose no touch": func(t *testing.T, h Harness) {
		p := openWith(t, h, tight)
		subs := crowd(rand.New(rand.NewPCG(1, 2)), 240)
		const writers = 8
		var wg sync.WaitGroup
		failed := make(chan error, 100)
		for w := range writers {
			wg.Go(func() {
				for batch := range slices.Chunk(subs[w*len(subs)/writers:(w+1)*len(subs)/writers], 5) {
					_, err := p.sink.Record(p.ctx, Items(batch...))
					failed <- err
				}
			})
		}
		for w := range 2 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(w), 3))
				for range 20 {
					failed <- p.anything(r)
				}
			})
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			require.NoError(t, err)
		}
		touched := 0
		for _, id := range p.livingIDs() {
			touched += len(p.touchIDs(t, id))
		}
		require.Equal(t, len(subs), touched)
		p.check(t)
	},
}

// crowd are submissions of few people with few phones and mailboxes between them.
func crowd(r *rand.Rand, n int) []*lead.Submission {
	subs := make([]*lead.Submission, n)
	for i := range subs {
		ids := []lead.Identity{Mobile(r.IntN(30)), Email(r.IntN(40))}
		if r.IntN(3) == 0 {
			ids = append(ids, unionID(r.IntN(30)))
		}
		subs[i] = named(fmt.Sprintf("sub_%03d", i), []lead.Name{{}, leilei, meimei}[r.IntN(3)], r.IntN(200), lead.SortIdentities(ids[:1+r.IntN(len(ids))])...)
	}
	return subs
}

// anything merges or splits leads at random. That a lead went into another meanwhile is no fault.
func (h *hub) anything(r *rand.Rand) error {
	page, err := h.store.Leads(h.ctx, lead.LeadQuery{Limit: 200})
	if err != nil || len(page.Items) < 2 {
		return err
	}
	o := sink.Order{Actor: "person:test"}
	a, b := page.Items[r.IntN(len(page.Items))].ID, page.Items[r.IntN(len(page.Items))].ID
	if r.IntN(2) == 0 {
		_, err = h.sink.Merge(h.ctx, a, b, o)
	} else if d, lookErr := h.store.Lead(h.ctx, a); lookErr != nil {
		err = lookErr
	} else {
		_, err = h.sink.Split(h.ctx, a, []string{d.TouchList[0].Submission.ID}, o)
	}
	var known *lead.Error
	if errors.As(err, &known) && (known.Kind == lead.KindConflict || known.Kind == lead.KindInvalid || known.Kind == lead.KindNotFound) {
		return nil
	}
	return err
}
