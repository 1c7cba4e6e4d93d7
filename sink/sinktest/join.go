package sinktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var joinTests = map[string]func(*testing.T, Harness){
	"a submission with two known identities joins two leads": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)))
		p.record(Sub("sub_2", Email(1), OpenID(1)))
		first, second := p.lead("XL20260102-000001"), p.lead("XL20260102-000002")
		require.Equal(t, sink.Result{Joined: 1}, p.record(Sub("sub_3", Mobile(1), Email(1))))

		survivor, gone := order(first.ID, second.ID)
		d := p.lead(survivor)
		require.Equal(t, 3, d.Touches)
		require.Len(t, d.TouchList, 3)
		require.EqualValues(t, 2, d.Version)
		require.Len(t, d.Identities, 3)
		require.Len(t, d.History, 2, "one entry for each of the two leads")
		require.Equal(t, lead.ChangeMerged, d.History[0].Type)
		require.Equal(t, d.ID, p.lead(gone).ID, "an old id leads to the living lead")
		require.Equal(t, d.ID, p.lead(first.Number).ID)
		require.Equal(t, d.ID, p.lead(second.Number).ID)
		for _, s := range []string{"sub_1", "sub_2", "sub_3"} {
			require.Equal(t, survivor, p.on(s))
		}
		f := p.figures()
		require.EqualValues(t, 1, f.Leads)
		require.EqualValues(t, 1, f.Merged)
		require.EqualValues(t, 3, f.Touches)
		require.EqualValues(t, 1, f.Due)

		p.record(Sub("sub_4", OpenID(1)))
		require.Equal(t, survivor, p.on("sub_4"), "an identity that only the absorbed lead had leads to the survivor")
	},
	"the stream tells a join on the survivor and once, last, on the absorbed lead": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)))
		p.record(Sub("sub_2", Email(1)))
		p.drain()
		p.record(Sub("sub_3", Mobile(1), Email(1)))
		survivor := p.on("sub_3")
		stream := p.drain()
		require.Len(t, stream, 2)
		for _, o := range stream {
			var c lead.Change
			require.NoError(t, json.Unmarshal(o.Value, &c))
			require.Equal(t, lead.ChangeMerged, c.Change.Type)
			require.Equal(t, lead.ChangeMerged, o.Type)
			require.EqualValues(t, 2, c.Version)
			require.Contains(t, c.Change.Why, "XL20260102-00000")
			if o.Lead == survivor {
				require.Len(t, c.Change.Absorbed, 1)
				require.Equal(t, "sub_3", c.Change.Submission)
				require.Empty(t, c.MergedInto)
			} else {
				require.Equal(t, survivor, c.MergedInto)
			}
		}
	},
	"three leads join at once, and in a chain, and within one batch": func(t *testing.T, h Harness) {
		for name, batches := range map[string][][]*lead.Submission{
			"at once":  {{Sub("sub_1", Mobile(1))}, {Sub("sub_2", Email(1))}, {Sub("sub_3", OpenID(1))}, {Sub("sub_4", Mobile(1), Email(1), OpenID(1))}},
			"in chain": {{Sub("sub_1", Mobile(1))}, {Sub("sub_2", Email(1))}, {Sub("sub_3", OpenID(1))}, {Sub("sub_4", Email(1), OpenID(1))}, {Sub("sub_5", Mobile(1), OpenID(1))}},
			"in batch": {{Sub("sub_1", Mobile(1)), Sub("sub_2", Email(1)), Sub("sub_3", OpenID(1)), Sub("sub_4", Email(1), OpenID(1)), Sub("sub_5", Mobile(1), OpenID(1))}},
		} {
			t.Run(name, func(t *testing.T) {
				p := open(t, h)
				n := 0
				for _, b := range batches {
					p.record(b...)
					n += len(b)
				}
				all := p.leads(lead.LeadQuery{})
				require.Len(t, all, 1)
				require.Equal(t, n, all[0].Touches)
				require.Len(t, p.lead(all[0].ID).TouchList, n)
				numbers(t, p, 3)
				for i := 1; i <= 3; i++ {
					require.Equal(t, all[0].ID, p.lead(fmt.Sprintf("XL20260102-%06d", i)).ID)
				}
				require.Equal(t, folded(t, p.drain()), living(p))
			})
		}
	},
	"the reasons of a batch name leads by number, also those it made itself": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)), Sub("sub_2", Mobile(1)))
		d := p.lead(p.on("sub_2"))
		reasons := map[string][]string{}
		for _, touch := range d.TouchList {
			reasons[touch.Submission.ID] = touch.Verdict.Reasons
		}
		require.Equal(t, []string{"same mobile as XL20260102-000001"}, reasons["sub_2"])
	},
	"of two owners the one that a person set stays, and the status that is further along": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)))
		p.record(Sub("sub_2", Email(1)))
		first, second := order(p.on("sub_1"), p.on("sub_2"))
		p.edit(first, func(r *lead.Record) { r.Owner, r.OwnerBy, r.Status = "anna", "rule", lead.StatusWorking })
		p.edit(second, func(r *lead.Record) { r.Owner, r.OwnerBy, r.Status = "bo", "person", lead.StatusAssigned })
		p.record(Sub("sub_3", Mobile(1), Email(1)))
		d := p.lead(first)
		require.Equal(t, "bo", d.Owner)
		require.Equal(t, lead.StatusWorking, d.Status)
		require.Zero(t, p.figures().Due, "a lead with an owner does not wait for one")
	},
	"a lead with an owner that leaves something again says so in its history, with whom it is, whichever way it was judged": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1), Email(1)))
		id := p.on("sub_1")
		p.record(Sub("sub_2", Mobile(1)))
		require.Empty(t, p.lead(id).History, "nobody has it")
		p.edit(id, func(r *lead.Record) { r.Owner, r.OwnerBy = "anna", "rule" })
		p.record(Sub("sub_3", Mobile(1), Mobile(1)), Sub("sub_3", Mobile(1)))
		number := p.lead(id).Number
		require.Equal(t, []string{"came in again, the lead is with anna: same mobile as " + number}, returns(p.lead(id)))
		_, err := p.sink.Split(p.ctx, id, []string{"sub_3"}, sink.Order{Actor: "person:test"})
		require.NoError(t, err)
		p.record(Sub("sub_4", Email(1))) // what somebody decided about has to be weighed with all its touches
		require.Equal(t, []string{"came in again, the lead is with anna: same email as " + number, "came in again, the lead is with anna: same mobile as " + number},
			returns(p.lead(id)))
	},
	"any batching and order of the same submissions gives the same clusters": func(t *testing.T, h Harness) {
		p := open(t, h)
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			subs := draw(r, round)
			want := model(subs)
			shuffled := rapid.Permutation(subs).Draw(r, "order")
			for len(shuffled) > 0 {
				n := rapid.IntRange(1, len(shuffled)).Draw(r, "batch")
				p.record(shuffled[:n]...)
				shuffled = shuffled[n:]
			}
			require.Equal(r, want, clusters(p, subs))
		})
	},
}

func order(a, b string) (low, high string) { return min(a, b), max(a, b) }

// edit writes a lead as a person would.
func (h *hub) edit(id string, fn func(*lead.Record)) {
	h.t.Helper()
	d := h.lead(id)
	require.NoError(h.t, h.store.Update(h.ctx, func(tx sink.Tx) error {
		known, err := tx.Candidates(h.ctx, []lead.Identity{d.Identities[0].Identity})
		if err != nil {
			return err
		}
		r := known.Records[0]
		fn(r)
		r.Version++
		changed, err := sink.Encode(r)
		if err != nil {
			return err
		}
		return tx.Save(h.ctx, sink.Changes{Changed: changed})
	}))
}

// people are n submissions of fewer persons, whose identities come together bit by bit.
func people(n int) []*lead.Submission {
	var subs []*lead.Submission
	for i := range n {
		person := i * 7 % (n/3 + 1)
		ids := [][]lead.Identity{{Mobile(person)}, {Email(person)}, {OpenID(person)}, {Mobile(person), Email(person)}, {Email(person), OpenID(person)}}
		subs = append(subs, Sub(fmt.Sprintf("sub_%03d", i), ids[i%len(ids)]...))
	}
	return subs
}

func draw(r *rapid.T, round int) []*lead.Submission {
	var subs []*lead.Submission
	for i := range rapid.IntRange(1, 12).Draw(r, "n") {
		var ids []lead.Identity
		for k, kind := range []func(int) lead.Identity{Mobile, Email, OpenID} {
			if n := rapid.IntRange(0, 5).Draw(r, "id"); n < 3 || len(ids) == 0 && k == 2 {
				ids = append(ids, kind(round*10+n))
			}
		}
		subs = append(subs, Sub(fmt.Sprintf("sub_%d_%d", round, i), ids...))
	}
	return subs
}

// clusters groups submissions by the lead they are on; each group and the groups are sorted.
func clusters(p *hub, subs []*lead.Submission) [][]string {
	p.t.Helper()
	by := map[string][]string{}
	for _, s := range subs {
		on := p.on(s.ID)
		by[on] = append(by[on], s.ID)
	}
	return sorted(by)
}

// model is what clusters must be: whoever shares a strong identity is one person.
func model(subs []*lead.Submission) [][]string {
	parent := map[string]string{}
	var root func(string) string
	root = func(k string) string {
		if parent[k] == "" || parent[k] == k {
			return k
		}
		return root(parent[k])
	}
	for _, s := range subs {
		for _, id := range s.Identities {
			if a, b := root(id.Key()), root(s.Identities[0].Key()); a != b {
				parent[a] = b
			}
		}
	}
	by := map[string][]string{}
	for _, s := range subs {
		k := root(s.Identities[0].Key())
		by[k] = append(by[k], s.ID)
	}
	return sorted(by)
}

func sorted(by map[string][]string) [][]string {
	var out [][]string
	for _, ids := range by {
		slices.Sort(ids)
		out = append(out, ids)
	}
	slices.SortFunc(out, func(a, b []string) int { return slices.Compare(a, b) })
	return out
}

// publicState is what leads look like without what another order may change: ids, numbers and versions.
func publicState(p *hub) []lead.Lead {
	all := p.leads(lead.LeadQuery{})
	for i := range all {
		all[i].ID, all[i].Number, all[i].Version = "", "", 0
	}
	slices.SortFunc(all, func(a, b lead.Lead) int {
		return slices.Compare(a.Phones, b.Phones) + 2*slices.Compare(a.Emails, b.Emails)
	})
	return all
}

// returns are the reminders in a history that the lead came in again.
func returns(d lead.LeadDetail) []string {
	var out []string
	for _, e := range d.History {
		if e.Type == lead.EventReturned {
			out = append(out, e.Why)
		}
	}
	return out
}
