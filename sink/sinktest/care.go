package sinktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// clock is a clock that moves when it is told to.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time       { return c.now }
func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }
func (c *clock) until(then time.Time) { c.now = then }

// desk is a hub with reps, public pools and a clock that all who move leads share.
type desk struct {
	*hub
	clock *clock
	terms *sink.Terms
	mover *sink.Mover
	rules *sink.Assigner
	timer *sink.Timekeeper

	stream []sink.Outgoing // relayed so far
}

// openDesk makes a pool that a configuration is set up in.
func openDesk(t testing.TB, h Harness, c lead.Config) *desk {
	d := &desk{hub: open(t, h), clock: &clock{now: day}}
	terms := func() *sink.Terms { return d.terms }
	d.sink = sink.New(sink.Config{Pool: d.store, Judge: rules(lead.MergeRules{}), Now: d.clock.Now, Terms: terms})
	d.mover = sink.NewMover(sink.MoverConfig{Desk: d.store, Terms: terms, Now: d.clock.Now})
	d.rules = sink.NewAssigner(sink.AssignerConfig{Desk: d.store, Chooser: choose, Terms: terms, Now: d.clock.Now})
	d.timer = sink.NewTimekeeper(sink.TimekeeperConfig{Desk: d.store, Terms: terms, Now: d.clock.Now})
	d.setUp(c)
	return d
}

// setUp replaces the configuration, with the terms that follow from its pools.
func (d *desk) setUp(c lead.Config) {
	d.t.Helper()
	now, err := d.store.EditConfig(d.ctx, func(old *lead.Config) error {
		c.Version = old.Version
		*old = c
		return nil
	})
	require.NoError(d.t, err)
	print, err := json.Marshal(now.Pools)
	require.NoError(d.t, err)
	d.terms = &sink.Terms{Plan: sink.Plan{Version: now.Version, Print: string(print)}, Recycling: func(r *lead.Record) []sink.Recycling {
		var out []sink.Recycling
		for _, p := range now.Pools {
			for _, rule := range p.Recycle {
				fits := rule.When == "" || rule.When == r.Grade || rule.When == r.Name
				if p.Enabled && fits && !slices.ContainsFunc(out, func(o sink.Recycling) bool { return o.Kind == rule.Kind }) {
					out = append(out, sink.Recycling{Pool: p.Key, Recycle: rule})
				}
			}
		}
		return out
	}, Worked: worked}
}

// worked counts the hours from nine to six in China, on every day.
func worked(_ string, from time.Time, d time.Duration) time.Time {
	china := time.FixedZone("", 8*60*60)
	for t := from.In(china); ; {
		y, m, day := t.Date()
		opens, closes := time.Date(y, m, day, 9, 0, 0, 0, china), time.Date(y, m, day, 18, 0, 0, 0, china)
		if t.Before(opens) {
			t = opens
		}
		if left := closes.Sub(t); left > 0 {
			if d <= left {
				return t.Add(d).UTC()
			}
			d -= left
		}
		t = opens.AddDate(0, 0, 1)
	}
}

// add records n new leads and returns their ids.
func (d *desk) add(n int) []string {
	d.t.Helper()
	var subs []*lead.Submission
	var names []string
	base := int(d.figures().Touches)
	for i := range n {
		subs = append(subs, Sub(fmt.Sprintf("sub_%06d", base+i), Mobile(base+i)))
		names = append(names, subs[i].ID)
	}
	_, err := d.sink.Record(d.ctx, Items(subs...))
	require.NoError(d.t, err)
	ids := make([]string, n)
	require.NoError(d.t, d.store.Update(d.ctx, func(tx sink.Tx) error {
		seen, err := tx.Seen(d.ctx, names)
		for i, name := range names {
			ids[i] = seen.Leads[name]
		}
		return err
	}))
	return ids
}

// intoPool is a chooser that puts every lead into a public pool.
type intoPool string

func (p intoPool) Choose(_ *lead.Record, _ *lead.Staff, now time.Time) lead.Assignment {
	return lead.Assignment{Pool: string(p), Rule: "to " + string(p), Why: "by the rule", At: now}
}

// pooled records n leads, which a rule puts into a public pool.
func (d *desk) pooled(n int, pool string) []string {
	d.t.Helper()
	ids := d.add(n)
	_, err := sink.NewAssigner(sink.AssignerConfig{Desk: d.store, Chooser: func() sink.Chooser { return intoPool(pool) }, Now: d.clock.Now}).Step(d.ctx)
	require.NoError(d.t, err)
	require.Equal(d.t, pool, d.lead(ids[n-1]).Pool)
	return ids
}

func (d *desk) assignAll() {
	d.t.Helper()
	for {
		n, err := d.rules.Step(d.ctx)
		require.NoError(d.t, err)
		if n == 0 {
			return
		}
	}
}

// ring does all that is due.
func (d *desk) ring() {
	d.t.Helper()
	for {
		n, err := d.timer.Step(d.ctx)
		require.NoError(d.t, err)
		if n == 0 {
			return
		}
	}
}

// told are the notifications of a rep, as "kind lead".
func (d *desk) told(rep string) []string {
	d.t.Helper()
	list, err := d.store.Notifications(d.ctx, rep, 1000)
	require.NoError(d.t, err)
	out := []string{}
	for _, n := range list {
		require.Equal(d.t, rep, n.Rep)
		require.NotEmpty(d.t, n.Number)
		out = append(out, n.Kind+" "+n.Lead)
	}
	return out
}

var boss = lead.Move{Actor: "person:boss"}

func by(rep string) lead.Move { return lead.Move{Actor: "person:" + rep, Rep: rep} }

func refused(t testing.TB, err error, kind lead.Kind, code string) *lead.Error {
	t.Helper()
	e := lead.AsError(err)
	require.NotNil(t, e, "it was not refused with %s", code)
	require.Equal(t, code, e.Code)
	require.Equal(t, kind, e.Kind)
	require.NotEmpty(t, e.Message)
	require.NotEmpty(t, e.Hint)
	return e
}

// exact checks what must hold whatever was done: counters are what a recount gives, a lead with an owner is in no pool, the
// stream is the pool, and every version that is not a touch has its event.
func (d *desk) exact() {
	d.t.Helper()
	held := map[string]int{}
	for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
		if l.Owner != "" {
			require.Empty(d.t, l.Pool, "an owned lead lies in no public pool")
			require.False(d.t, l.OwnedAt.IsZero())
			if lead.Open(l.Status) {
				held[l.Owner]++
			}
		}
		require.Equal(d.t, l.Pool == "", l.PooledAt.IsZero())
	}
	for rep, s := range d.states() {
		require.Equal(d.t, held[rep], s.Held, "leads that %s holds", rep)
		delete(held, rep)
	}
	require.Empty(d.t, held, "owners whose leads nobody counts")
	d.stream = append(d.stream, d.drain()...)
	require.Equal(d.t, folded(d.t, d.stream), living(d.hub))
}

var careTests = map[string]func(*testing.T, Harness){
	"a person's owner stays, whatever rules and merges say": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1)}})
		id := d.add(1)[0]
		l, err := d.mover.Assign(d.ctx, id, "bo", boss)
		require.NoError(t, err)
		require.Equal(t, "bo", l.Owner)
		require.Equal(t, lead.StatusAssigned, l.Status)
		d.assignAll()
		d.clock.pass(time.Second)
		other := d.add(1)[0]
		d.assignAll()
		require.Equal(t, "anna", d.lead(other).Owner)
		_, err = d.sink.Merge(d.ctx, id, other, lead.Order{Actor: "person:x"})
		require.NoError(t, err)
		require.Equal(t, "bo", d.lead(id).Owner)
		require.ElementsMatch(t, []string{"assigned " + other, "taken " + id}, d.told("anna"), "who lost a lead to a merge hears of it")
		d.exact()
		h2 := d.lead(id).History
		require.Equal(t, lead.MoveAssign, h2[len(h2)-1].Move)
	},
	"a transfer tells both, keeps who had it before, and is refused to who does not own the lead": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1), {Key: "gone", Name: "gone"}}})
		id := d.add(1)[0]
		_, err := d.mover.Assign(d.ctx, id, "anna", boss)
		require.NoError(t, err)
		_, err = d.mover.Assign(d.ctx, id, "bo", by("bo"))
		refused(t, err, lead.KindForbidden, "not_owner")
		_, err = d.mover.Assign(d.ctx, id, "nobody", boss)
		refused(t, err, lead.KindNotFound, "rep_not_found")
		_, err = d.mover.Assign(d.ctx, id, "gone", boss)
		refused(t, err, lead.KindConflict, "rep_inactive")
		_, err = d.mover.Assign(d.ctx, "ld_none", "bo", boss)
		refused(t, err, lead.KindNotFound, "lead_not_found")
		d.clock.pass(time.Hour)
		l, err := d.mover.Assign(d.ctx, d.lead(id).Number, "bo", by("anna"))
		require.NoError(t, err)
		require.Equal(t, "anna", l.PreviousOwner)
		require.Equal(t, d.clock.now, l.OwnedAt)
		require.Equal(t, day, l.AssignedAt)
		e := d.lead(id).History[0]
		require.Equal(t, []string{lead.MoveTransfer, "anna", "bo", "person:anna"}, []string{e.Move, e.From, e.To, e.Actor})
		require.Equal(t, []string{"assigned " + id}, d.told("bo"))
		version := l.Version
		l, err = d.mover.Assign(d.ctx, id, "bo", boss)
		require.NoError(t, err)
		require.Equal(t, version, l.Version, "what is so already changes nothing")
		d.exact()
	},
	"a release needs a reason of the pool, counts, and archives what comes back too often": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 0)}, Pools: []lead.Pool{
			{Key: "sea", Enabled: true, ArchiveAfter: 2, Reasons: []string{"no answer", "too far"}}, {Key: "shut"}, {Key: "other", Enabled: true, Teams: []string{"x"}}}})
		id := d.add(1)[0]
		_, err := d.mover.Release(d.ctx, id, "sea", "no answer", by("anna"))
		refused(t, err, lead.KindForbidden, "not_owner")
		_, err = d.mover.Assign(d.ctx, id, "anna", boss)
		require.NoError(t, err)
		for pool, code := range map[string]string{"shut": "pool_not_found", "none": "pool_not_found", "sea": "bad_reason"} {
			_, err = d.mover.Release(d.ctx, id, pool, "because", by("anna"))
			require.Equal(t, code, lead.AsError(err).Code)
		}
		_, err = d.mover.Release(d.ctx, id, "other", "because", by("anna"))
		refused(t, err, lead.KindForbidden, "not_your_pool")
		_, err = d.mover.Release(d.ctx, id, "", "because", by("anna"))
		refused(t, err, lead.KindInvalid, "pool_missing")
		require.Equal(t, 1, d.states()["anna"].Held)
		l, err := d.mover.Release(d.ctx, id, "sea", "no answer", by("anna"))
		require.NoError(t, err)
		require.Equal(t, []any{"", "sea", lead.StatusNew, 1, "no answer", "anna"}, []any{l.Owner, l.Pool, l.Status, l.Returns, l.Reason, l.PreviousOwner})
		d.assignAll()
		require.Empty(t, d.lead(id).Owner, "a public pool is not the rules' unless it says so")
		require.Zero(t, d.figures().Due)
		require.Zero(t, d.states()["anna"].Held)
		d.exact()
		_, err = d.mover.Claim(d.ctx, id, by("anna"))
		require.NoError(t, err)
		l, err = d.mover.Release(d.ctx, id, "sea", "too far", by("anna"))
		require.NoError(t, err)
		require.Equal(t, []any{"", lead.StatusArchived, 2}, []any{l.Pool, l.Status, l.Returns})
		_, err = d.mover.Release(d.ctx, id, "sea", "too far", boss)
		refused(t, err, lead.KindConflict, "lead_closed")
		l, err = d.mover.Reopen(d.ctx, id, boss)
		require.NoError(t, err)
		require.Equal(t, lead.StatusNew, l.Status)
		require.EqualValues(t, 1, d.figures().Due, "a lead that is open again and nobody's is for the rules")
		d.exact()
	},
	"a closed lead is released nowhere before it is reopened": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 0)}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}})
		for _, owner := range []string{"anna", ""} {
			id := d.add(1)[0]
			if owner != "" {
				_, err := d.mover.Assign(d.ctx, id, owner, boss)
				require.NoError(t, err)
			}
			won, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusConverted, Amount: "5", Customer: "C-1"}, boss)
			require.NoError(t, err)
			for _, pool := range []string{"sea", ""} {
				_, err = d.mover.Release(d.ctx, id, pool, "because", boss)
				refused(t, err, lead.KindConflict, "lead_closed")
			}
			require.Equal(t, won, d.lead(id).Lead)
			d.exact()
		}
	},
	"a follow-up sets a lead working, keeps its times, and told twice changes nothing": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 0)}})
		id := d.add(1)[0]
		d.assignAll()
		d.clock.pass(time.Hour)
		f := lead.Feedback{ID: "crm-1", Lead: id, Way: "call", Text: "interested", NextAt: day.Add(48 * time.Hour)}
		_, err := d.mover.Follow(d.ctx, f, by("bo"))
		refused(t, err, lead.KindForbidden, "not_owner")
		l, err := d.mover.Follow(d.ctx, f, by("anna"))
		require.NoError(t, err)
		require.Equal(t, lead.StatusWorking, l.Status)
		for _, at := range []time.Time{l.ContactedAt, l.FollowedAt, l.AcceptedAt} {
			require.Equal(t, d.clock.now, at)
		}
		require.Equal(t, f.NextAt, l.NextAt)
		d.clock.pass(time.Hour)
		again, err := d.mover.Follow(d.ctx, f, boss)
		require.NoError(t, err)
		require.Equal(t, l, again)
		e := d.lead(id).History[0]
		require.Equal(t, "call", e.FollowUp.Way)
		require.Equal(t, "person:anna", e.FollowUp.By)
		require.Len(t, d.leads(lead.LeadQuery{Owner: "anna", FollowBy: f.NextAt}), 1)
		require.Empty(t, d.leads(lead.LeadQuery{FollowBy: f.NextAt.Add(-time.Second)}))
		late := lead.Feedback{Lead: id, Way: "visit", At: day.Add(30 * time.Minute)}
		l, err = d.mover.Follow(d.ctx, late, boss)
		require.NoError(t, err)
		require.Equal(t, day.Add(30*time.Minute), l.ContactedAt, "the first contact is the earliest, told late or not")
		require.Equal(t, day.Add(time.Hour), l.FollowedAt)
		require.Equal(t, f.NextAt, l.NextAt)
		d.exact()
	},
	"a conversion keeps its amount exactly, frees the rep, and can be reopened": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}})
		id := d.add(1)[0]
		d.assignAll()
		for code, f := range map[string]lead.Feedback{
			"bad_amount": {Status: lead.StatusConverted, Amount: "1e3"}, "past_time": {Way: "call", NextAt: d.clock.now.Add(-2 * time.Minute)},
			"amount_without_conversion": {Status: lead.StatusWorking, Amount: "1"}, "reason_missing": {Status: lead.StatusUnqualified}, "nothing_to_tell": {},
		} {
			f.Lead = id
			_, err := d.mover.Follow(d.ctx, f, boss)
			refused(t, err, lead.KindInvalid, code)
		}
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Way: "call", NextAt: d.clock.now.Add(-30 * time.Second)}, boss)
		require.NoError(t, err, "a clock may be a little behind")
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Way: "call", At: d.clock.now.Add(-30 * time.Hour), NextAt: d.clock.now.Add(-20 * time.Hour)}, boss)
		require.NoError(t, err, "what was agreed on then was still to come")
		l, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusConverted, Amount: "12800.5", Customer: "C-77"}, boss)
		require.NoError(t, err)
		require.Equal(t, []string{"12800.50", "CNY", "C-77"}, []string{l.Amount, l.Currency, l.Customer})
		require.Zero(t, d.states()["anna"].Held)
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusWorking}, boss)
		refused(t, err, lead.KindConflict, "bad_status")
		l, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusConverted, Amount: "13000"}, boss)
		require.NoError(t, err)
		require.Equal(t, []string{"13000.00", "C-77"}, []string{l.Amount, l.Customer})
		d.exact()
		l, err = d.mover.Reopen(d.ctx, id, by("anna"))
		require.NoError(t, err)
		require.Equal(t, []any{lead.StatusWorking, "", "anna"}, []any{l.Status, l.Amount, l.Owner})
		require.Equal(t, 1, d.states()["anna"].Held)
		d.exact()
	},
	"leads of a rep who leaves go to another, into a pool, or to the rules": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}})
		ids := d.add(6)
		d.assignAll()
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: ids[0], Status: lead.StatusConverted}, boss)
		require.NoError(t, err)
		d.setUp(lead.Config{Reps: []lead.Rep{rep("bo", 0), rep("chen", 0)}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}})
		require.Equal(t, 5, d.states()["anna"].Held, "a rep who is gone from the configuration is still listed with his leads")
		require.Len(t, d.leads(lead.LeadQuery{Owner: "anna"}), 6)
		n, err := d.mover.Handover(d.ctx, "anna", lead.Handover{To: "bo"}, boss)
		require.NoError(t, err)
		require.Equal(t, 6, n)
		require.NotContains(t, d.states(), "anna")
		require.Equal(t, 5, d.states()["bo"].Held)
		require.Len(t, d.told("bo"), 6)
		n, err = d.mover.Handover(d.ctx, "anna", lead.Handover{To: "bo"}, boss)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = d.mover.Handover(d.ctx, "bo", lead.Handover{Pool: "sea"}, boss)
		require.NoError(t, err)
		require.Equal(t, 5, n, "a customer stays whose he is")
		require.Len(t, d.leads(lead.LeadQuery{Pool: "sea"}), 5)
		require.Len(t, d.leads(lead.LeadQuery{Pool: "*"}), 5)
		pools, err := d.store.PoolStates(d.ctx)
		require.NoError(t, err)
		require.Equal(t, []lead.PoolState{{Pool: "sea", Leads: 5, Grades: map[string]int64{"": 5}, Oldest: day}}, pools)
		_, err = d.mover.Assign(d.ctx, ids[1], "chen", boss)
		require.NoError(t, err)
		at := func(chen lead.Rep) {
			d.setUp(lead.Config{Reps: []lead.Rep{rep("bo", 0), chen}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}})
		}
		at(rep("chen", 1))
		n, err = d.mover.Handover(d.ctx, "chen", lead.Handover{Rules: true}, boss)
		refused(t, err, lead.KindConflict, "rep_active")
		require.Zero(t, n)
		require.Equal(t, "chen", d.lead(ids[1]).Owner, "nothing is moved that could come straight back")
		for name, away := range map[string]lead.Rep{"off duty": {Key: "chen", Active: true, Weight: 1, OffDuty: true}, "without a share": rep("chen", 0), "inactive": {Key: "chen", Weight: 1}} {
			at(rep("chen", 1))
			_, err = d.mover.Assign(d.ctx, ids[1], "chen", boss)
			require.NoError(t, err)
			at(away)
			n, err = d.mover.Handover(d.ctx, "chen", lead.Handover{Rules: true}, boss)
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			require.EqualValues(t, 1, d.figures().Due)
			d.assignAll()
			require.Empty(t, d.lead(ids[1]).Owner, name)
		}
		for _, wrong := range []lead.Handover{{}, {To: "bo", Rules: true}, {To: "chen"}} {
			_, err = d.mover.Handover(d.ctx, "chen", wrong, boss)
			refused(t, err, lead.KindInvalid, "bad_handover")
		}
		d.exact()
	},
	"the figures count times, the funnel and quotas": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{{Key: "anna", Weight: 1, Active: true, Daily: 9, Holding: 5}}})
		a, b, c := Sub("sub_a", Mobile(1)), Sub("sub_b", Mobile(2)), Sub("sub_c", Mobile(3))
		a.Origin = lead.Origin{UTM: map[string]string{"campaign": "spring"}}
		b.Origin = a.Origin
		c.Source = "fair"
		d.record(a, b, c)
		d.clock.pass(time.Minute)
		d.assignAll()
		d.clock.pass(time.Minute)
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: d.on("sub_a"), Status: lead.StatusConverted, Amount: "10.01"}, boss)
		require.NoError(t, err)
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: d.on("sub_b"), Status: lead.StatusConverted, Amount: "0.99"}, boss)
		require.NoError(t, err)
		f, err := d.store.Performance(d.ctx, lead.PerformanceQuery{Since: day, Until: day.Add(time.Second)})
		require.NoError(t, err)
		minute := lead.Spread{Count: 2, Mean: 60, P50: 60, P90: 60}
		two := lead.Spread{Count: 2, Mean: 120, P50: 120, P90: 120}
		one := lead.Spread{Count: 1, Mean: 60, P50: 60, P90: 60}
		require.Equal(t, []lead.Speed{{Key: "fair", Leads: 1, Assignment: one}, {Key: "site", Leads: 2, Assignment: minute, Contact: two}}, f.BySource)
		require.Equal(t, "round robin", f.ByRule[0].Key)
		require.Equal(t, []lead.Speed{{Key: "anna", Leads: 3, Assignment: lead.Spread{Count: 3, Mean: 60, P50: 60, P90: 60}, Contact: two}}, f.ByRep)
		require.Equal(t, []lead.Funnel{{Source: "fair", Leads: 1, Assigned: 1, Amounts: map[string]string{}},
			{Source: "site", Campaign: "spring", Leads: 2, Assigned: 2, Contacted: 2, Converted: 2, Amounts: map[string]string{"CNY": "11.00"}}}, f.Funnel)
		require.Len(t, f.Use, 1)
		require.Equal(t, []int{1, 3, 9, 5}, []int{f.Use[0].Held, f.Use[0].Today, f.Use[0].Daily, f.Use[0].Holding})
		f, err = d.store.Performance(d.ctx, lead.PerformanceQuery{Since: day.Add(time.Second)})
		require.NoError(t, err)
		require.Empty(t, f.Funnel)
	},
}
