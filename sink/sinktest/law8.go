package sinktest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var law8Tests = map[string]func(*testing.T, Harness){
	"whatever is done in any order, there is one owner, the counters are what a recount gives, and the stream is the pool": func(t *testing.T, h Harness) {
		rapid.Check(t, func(rt *rapid.T) {
			d := openDesk(t, h, lead.Config{Reps: []lead.Rep{{Key: "a", Active: true, Weight: 2, Daily: 4, Holding: 3}, {Key: "b", Active: true, Weight: 1, Holding: 2},
				{Key: "c", Active: true}, {Key: "d"}}, Pools: []lead.Pool{
				{Key: "sea", Enabled: true, ClaimsPerDay: 2, ArchiveAfter: 3, Recycle: []lead.Recycle{recycling(lead.RecycleNotFollowed, 5*time.Hour, time.Hour)}},
				{Key: "lake", Enabled: true, AutoAssign: true}}})
			reps, pools := rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.SampledFrom([]string{"sea", "lake", ""})
			statuses := rapid.SampledFrom([]string{"", lead.StatusWorking, lead.StatusNurturing, lead.StatusConverted, lead.StatusUnqualified, lead.StatusArchived})
			// Whoever chooses sees the reps as they are, however that was found out.
			d.rules = sink.NewAssigner(sink.AssignerConfig{Desk: d.store, Chooser: func() sink.Chooser { return &witness{desk: d} }, Terms: func() *sink.Terms { return d.terms }, Now: d.clock.Now})
			atOnce := d.sinkWith(d.store, d.rules)
			n := 0
			var subs []string
			some := func() string { return d.on(rapid.SampledFrom(subs).Draw(rt, "lead")) }
			record := func(ids ...lead.Identity) {
				n++
				s := Sub(fmt.Sprint("sub_", n), ids...)
				s.EventTime = d.clock.now.Add(time.Duration(rapid.IntRange(-60, 1).Draw(rt, "late")) * time.Minute)
				subs = append(subs, s.ID)
				_, err := d.sink.Record(d.ctx, Items(s))
				require.NoError(t, err)
			}
			record(Mobile(0))
			// What is refused is refused with a code, and changes nothing; the check after every step sees to that.
			allowed := func(err error) {
				if err != nil {
					require.NotEqual(t, lead.KindInternal, lead.AsError(err).Kind, "%v", err)
				}
			}
			rt.Repeat(map[string]func(*rapid.T){
				"record": func(rt *rapid.T) { record(Mobile(rapid.IntRange(0, 6).Draw(rt, "mobile"))) },
				"join": func(rt *rapid.T) {
					record(Mobile(rapid.IntRange(0, 6).Draw(rt, "mobile")), Email(rapid.IntRange(0, 3).Draw(rt, "email")))
				},
				"record at once": func(rt *rapid.T) {
					var batch []*lead.Submission
					for range rapid.IntRange(1, 4).Draw(rt, "size") {
						n++
						batch = append(batch, Sub(fmt.Sprint("sub_", n), Mobile(rapid.IntRange(0, 12).Draw(rt, "mobile")), Email(rapid.IntRange(0, 6).Draw(rt, "email"))))
						subs = append(subs, batch[len(batch)-1].ID)
					}
					_, err := atOnce.Record(d.ctx, Items(batch...))
					require.NoError(t, err)
				},
				"rules": func(*rapid.T) {
					before := d.persons()
					_, err := d.rules.Step(d.ctx)
					require.NoError(t, err)
					for id, owner := range before {
						require.Equal(t, owner, d.lead(id).Owner, "a rule took a lead from whom a person gave it")
					}
				},
				"time": func(rt *rapid.T) {
					d.clock.pass(time.Duration(rapid.IntRange(1, 300).Draw(rt, "minutes")) * time.Minute)
					d.ring()
				},
				"assign": func(rt *rapid.T) {
					_, err := d.mover.Assign(d.ctx, some(), reps.Draw(rt, "rep"), boss)
					allowed(err)
				},
				"claim": func(rt *rapid.T) {
					id, r := some(), reps.Draw(rt, "rep")
					before := d.lead(id)
					_, err := d.mover.Claim(d.ctx, id, by(r))
					if allowed(err); err == nil {
						require.Equal(t, r, d.lead(id).Owner)
						require.True(t, before.Owner == r || before.Owner == "" && before.Pool != "")
						require.LessOrEqual(t, d.states()[r].Claimed["sea"], 2)
					}
				},
				"release": func(rt *rapid.T) {
					_, err := d.mover.Release(d.ctx, some(), pools.Draw(rt, "pool"), "because", boss)
					allowed(err)
				},
				"follow": func(rt *rapid.T) {
					f := lead.Feedback{ID: fmt.Sprint("f", rapid.IntRange(0, 30).Draw(rt, "id")), Lead: some(), Way: "call", Status: statuses.Draw(rt, "status"), Reason: "so"}
					_, err := d.mover.Follow(d.ctx, f, boss)
					if allowed(err); err == nil { // told twice it changes nothing
						before := d.lead(f.Lead).Version
						_, err = d.mover.Follow(d.ctx, f, boss)
						require.NoError(t, err)
						require.Equal(t, before, d.lead(f.Lead).Version)
					}
				},
				"reopen": func(*rapid.T) { _, err := d.mover.Reopen(d.ctx, some(), boss); allowed(err) },
				"accept": func(*rapid.T) { _, err := d.mover.Accept(d.ctx, some(), boss); allowed(err) },
				"merge": func(*rapid.T) {
					_, err := d.sink.Merge(d.ctx, some(), some(), lead.Order{Actor: "person:x"})
					allowed(err)
				},
				"handover": func(rt *rapid.T) {
					_, err := d.mover.Handover(d.ctx, reps.Draw(rt, "rep"), lead.Handover{Pool: "lake"}, boss)
					allowed(err)
				},
				"split": func(rt *rapid.T) {
					id := some()
					list := d.lead(id).TouchList
					if len(list) > 1 {
						_, err := d.sink.Split(d.ctx, id, []string{list[rapid.IntRange(0, len(list)-1).Draw(rt, "touch")].Submission.ID}, lead.Order{Actor: "person:x"})
						allowed(err)
					}
				},
				"withdraw": func(rt *rapid.T) {
					if len(subs) > 1 {
						i := rapid.IntRange(0, len(subs)-1).Draw(rt, "sub")
						_, err := d.sink.Withdraw(d.ctx, []string{subs[i]}, lead.Order{Actor: "person:x"})
						require.NoError(t, err)
						subs = slices.Delete(subs, i, i+1)
					}
				},
				"": func(*rapid.T) { d.exact() },
			})
		})
	},
	"assigners hand out many leads at once, and every count is exact": func(t *testing.T, h Harness) {
		leads := max(h.Many, 3000)
		daily := leads / 120 // of 100 reps
		var c lead.Config
		for i := range 100 {
			c.Reps = append(c.Reps, lead.Rep{Key: fmt.Sprintf("rep-%03d", i), Active: true, Weight: 1 + i%3, Daily: daily})
		}
		d := openDesk(t, h, c)
		for range leads / 500 {
			d.add(500)
		}
		together(t, 3, func(int) error {
			a := sink.NewAssigner(sink.AssignerConfig{Desk: d.store, Chooser: choose, Now: d.clock.Now, Batch: 500})
			for {
				n, err := a.Step(d.ctx)
				if err != nil || n == 0 {
					return err
				}
			}
		})
		d.assignAll()
		total := 0
		for _, s := range d.states() {
			require.Equal(t, daily, s.Today)
			require.EqualValues(t, daily, s.Assigned)
			total += s.Held
		}
		require.Equal(t, 100*daily, total)
		require.EqualValues(t, leads-100*daily, d.figures().Due, "the rest waits")
		d.clock.pass(24 * time.Hour)
		d.assignAll()
		require.Zero(t, d.figures().Due)
		owned := map[string]int{}
		for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
			owned[l.Owner]++
		}
		require.Len(t, owned, 100)
		for rep, s := range d.states() {
			require.Equal(t, owned[rep], s.Held)
			require.EqualValues(t, owned[rep], s.Assigned)
		}
	},
}

// witness is the chooser of one transaction that holds what it is told against what the pool says.
type witness struct {
	chooser
	desk  *desk
	asked bool
}

// Choose implements sink.Chooser.
func (w *witness) Choose(r *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	for rep, is := range w.desk.states() {
		if told := staff.States[rep]; !w.asked && told != nil {
			require.Equal(w.desk.t, []any{is.Held, is.Assigned, is.Turns}, []any{told.Held, told.Assigned, told.Turns}, "how %s stands", rep)
		}
	}
	w.asked = true
	return w.chooser.Choose(r, staff, now)
}

// persons are the leads whose owner a person set.
func (d *desk) persons() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
		if l.Owner != "" && l.Rule == "" {
			out[l.ID] = l.Owner
		}
	}
	return out
}
