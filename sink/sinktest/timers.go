package sinktest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func recycling(kind string, after, remind time.Duration) lead.Recycle {
	return lead.Recycle{Kind: kind, After: lead.Duration(after), Remind: lead.Duration(remind)}
}

var timerTests = map[string]func(*testing.T, Harness){
	"a lead that is not taken up is recycled on the moment, after a reminder": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true,
			Recycle: []lead.Recycle{recycling(lead.RecycleNotAccepted, 30*time.Minute, 5*time.Minute)}}}})
		ids := d.add(2)
		d.assignAll()
		_, err := d.mover.Accept(d.ctx, ids[1], by("anna"))
		require.NoError(t, err)
		d.clock.until(day.Add(25*time.Minute - time.Microsecond))
		d.ring()
		require.Len(t, d.told("anna"), 2)
		d.clock.until(day.Add(25 * time.Minute))
		d.ring()
		d.ring()
		require.ElementsMatch(t, []string{"assigned " + ids[0], "assigned " + ids[1], "recycle_soon " + ids[0]}, d.told("anna"))
		version := d.lead(ids[0]).Version
		d.clock.until(day.Add(30*time.Minute - time.Microsecond))
		d.ring()
		require.Equal(t, version, d.lead(ids[0]).Version)
		d.clock.until(day.Add(30 * time.Minute))
		d.ring()
		l := d.lead(ids[0])
		require.Equal(t, []any{"", "sea", 1, "anna", "not_accepted", lead.StatusNew}, []any{l.Owner, l.Pool, l.Returns, l.PreviousOwner, l.Reason, l.Status})
		require.Equal(t, []string{lead.MoveRecycle, "anna", "sea", "hub"}, []string{l.History[0].Move, l.History[0].From, l.History[0].Pool, l.History[0].Actor})
		require.Contains(t, d.told("anna"), "recycled "+ids[0])
		require.Equal(t, "anna", d.lead(ids[1]).Owner, "who took it up keeps it")
		d.exact()
	},
	"a follow-up puts the end off, and working time is counted as such": func(t *testing.T, h Harness) {
		rule := recycling(lead.RecycleNotFollowed, 10*time.Hour, 2*time.Hour)
		rule.WorkingTime = true
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{rule}}}})
		at := func(d, h, m int) time.Time { return time.Date(2026, 1, d, h-8, m, 0, 0, time.UTC) } // in China
		id := d.add(1)[0]
		d.assignAll() // at one in the morning of the second
		d.clock.until(at(2, 16, 0))
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Way: "call"}, by("anna"))
		require.NoError(t, err)
		// two hours of the 2nd, and eight of the 3rd; the reminder comes two hours before that
		for _, step := range []struct {
			at    time.Time
			told  int
			owner string
		}{{at(2, 17, 0), 1, "anna"}, {at(3, 14, 59), 1, "anna"}, {at(3, 15, 0), 2, "anna"}, {at(3, 16, 59), 2, "anna"}, {at(3, 17, 0), 3, ""}} {
			d.clock.until(step.at)
			d.ring()
			require.Len(t, d.told("anna"), step.told, "%s", step.at)
			require.Equal(t, step.owner, d.lead(id).Owner, "%s", step.at)
		}
		d.exact()
	},
	"who hears of it late has as long after the reminder as anybody": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true,
			Recycle: []lead.Recycle{recycling(lead.RecycleNotConverted, 10*24*time.Hour, 24*time.Hour)}}}})
		id := d.add(1)[0]
		d.assignAll()
		d.clock.pass(30 * 24 * time.Hour) // nobody kept the time
		d.ring()
		require.Equal(t, "anna", d.lead(id).Owner)
		require.Contains(t, d.told("anna"), "recycle_soon "+id)
		d.clock.pass(24 * time.Hour)
		d.ring()
		require.Empty(t, d.lead(id).Owner)
		d.exact()
	},
	"an agreed follow-up is reminded of once, at its time, also without any rule": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}})
		id := d.add(1)[0]
		d.assignAll()
		next := day.Add(72 * time.Hour)
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusNurturing, NextAt: next}, by("anna"))
		require.NoError(t, err)
		d.clock.until(next.Add(-time.Microsecond))
		d.ring()
		require.NotContains(t, d.told("anna"), "follow_up "+id)
		d.clock.until(next)
		d.ring()
		d.clock.pass(time.Hour)
		d.ring()
		require.Equal(t, []string{"assigned " + id, "follow_up " + id}, d.told("anna"))
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Way: "call", NextAt: next.Add(24 * time.Hour)}, by("anna"))
		require.NoError(t, err)
		d.clock.until(next.Add(24 * time.Hour))
		d.ring()
		require.Equal(t, []string{"assigned " + id, "follow_up " + id, "follow_up " + id}, d.told("anna"))
		d.exact()
	},
	"rules that change are planned for anew, for leads that are out already, too": func(t *testing.T, h Harness) {
		c := lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}}
		d := openDesk(t, h, c)
		d.add(250)
		d.assignAll()
		d.ring()
		d.clock.pass(time.Hour)
		d.ring()
		c.Pools = []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{recycling(lead.RecycleNotAccepted, 90*time.Minute, 0)}}}
		d.setUp(c)
		d.ring()
		require.Zero(t, len(d.leads(lead.LeadQuery{Pool: "sea"})))
		d.clock.pass(30 * time.Minute)
		d.ring()
		require.Len(t, d.leads(lead.LeadQuery{Pool: "sea", Limit: 200}), 250)
		d.exact()
		// and one that is taken away does nothing any more
		c.Pools[0].Recycle = nil
		ids := d.add(3)
		d.assignAll()
		d.setUp(c)
		d.clock.pass(24 * time.Hour)
		d.ring()
		for _, id := range ids {
			require.NotEmpty(t, d.lead(id).Owner)
		}
	},
	"a condition is asked again when the time has come": func(t *testing.T, h Harness) {
		only := recycling(lead.RecycleNotFollowed, time.Hour, 0)
		only.When = "李雷"
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{only}}}})
		ids := d.add(2)
		d.assignAll()
		_, err := d.sink.Pin(d.ctx, ids[0], lead.Pin{Field: "name", Value: "韩梅梅", Key: "韩梅梅"}, lead.Order{Actor: "person:boss"})
		require.NoError(t, err)
		d.clock.pass(time.Hour)
		d.ring()
		require.Equal(t, "anna", d.lead(ids[0]).Owner)
		require.Empty(t, d.lead(ids[1]).Owner)
		d.exact()
	},
	"what waits is drained when somebody has room: the best grade first, then who waits longest": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{{Key: "anna", Active: true, Weight: 1, Holding: 1}}})
		first := d.add(1)[0]
		d.assignAll()
		var ids []string
		for i, grade := range []string{"B", "", "A", "B"} {
			d.clock.pass(time.Second)
			id := d.add(1)[0]
			d.edit(id, func(r *lead.Record) { r.Grade = grade })
			ids = append(ids, id)
			_ = i
		}
		d.assignAll()
		require.EqualValues(t, 4, d.figures().Due)
		at := first
		for _, next := range []int{2, 0, 3, 1} {
			_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: at, Status: lead.StatusConverted}, by("anna"))
			require.NoError(t, err)
			d.assignAll()
			require.Equal(t, "anna", d.lead(ids[next]).Owner, "no time had to pass")
			at = ids[next]
		}
		require.Zero(t, d.figures().Due)
		d.exact()
	},
	"a pool that says so gives its leads to the rules again, but not at once to who had them": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 9), rep("bo", 0)}, Pools: []lead.Pool{
			{Key: "sea", Enabled: true, AutoAssign: true, CoolDown: lead.Duration(time.Hour)}}})
		id := d.add(1)[0]
		d.assignAll()
		_, err := d.mover.Release(d.ctx, id, "sea", "no answer", by("anna"))
		require.NoError(t, err)
		d.clock.pass(time.Minute)
		d.assignAll()
		require.Equal(t, "sea", d.lead(id).Pool)
		d.clock.pass(time.Hour)
		d.assignAll()
		require.Equal(t, "anna", d.lead(id).Owner)
		d.exact()
	},
}
