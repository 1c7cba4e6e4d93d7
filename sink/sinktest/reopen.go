package sinktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// openClosed is a desk with anna, and a pool that archives what comes back twice.
func openClosed(t testing.TB, h Harness) *desk {
	return openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true, ArchiveAfter: 2}}})
}

// closed records a submission and closes its lead an hour later.
func (d *desk) closed(s *lead.Submission, status string) string {
	d.t.Helper()
	d.record(s)
	d.clock.pass(time.Hour)
	return d.close(d.on(s.ID), status)
}

// close closes a lead: it comes back too often, or somebody above gives it a status.
func (d *desk) close(id, status string) string {
	d.t.Helper()
	if status != "" {
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: status, Reason: "so"}, boss)
		require.NoError(d.t, err)
		return id
	}
	for range 2 {
		_, err := d.mover.Assign(d.ctx, id, "anna", boss)
		require.NoError(d.t, err)
		_, err = d.mover.Release(d.ctx, id, "sea", "no answer", by("anna"))
		require.NoError(d.t, err)
	}
	require.Equal(d.t, lead.StatusArchived, d.lead(id).Status)
	return id
}

// at is a submission that was left so long after the clock's time.
func (d *desk) at(after time.Duration, s *lead.Submission) *lead.Submission {
	s.EventTime = d.clock.now.Add(after)
	return s
}

// weighed makes the way that submissions are judged the long one: a person decided something about each, with regard to touches that never come.
func (d *desk) weighed(subs ...*lead.Submission) {
	d.t.Helper()
	var decisions []lead.Decision
	for _, s := range subs {
		decisions = append(decisions, lead.Decision{ID: "dec_" + s.ID, Kind: lead.DecisionSplit, A: []string{s.ID}, B: []string{"sub_never"}, Actor: "person:x", At: day})
	}
	require.NoError(d.t, d.store.Update(d.ctx, func(tx sink.Tx) error { return tx.Save(d.ctx, sink.Changes{Decisions: decisions}) }))
}

var reopenTests = map[string]func(*testing.T, Harness){
	"who comes again after the lead was put away is offered to the rules at once, whichever way it is judged, and a replay changes nothing": func(t *testing.T, h Harness) {
		for _, way := range []string{"short", "long"} {
			for _, status := range []string{"", lead.StatusArchived, lead.StatusUnqualified} {
				t.Run(way+" "+status, func(t *testing.T) {
					d := openClosed(t, h)
					id := d.closed(Sub("sub_1", Mobile(1)), status)
					d.assignAll()
					require.Empty(t, d.lead(id).Owner)
					d.exact()
					again := d.at(time.Second, Sub("sub_2", Mobile(1)))
					if way == "long" {
						d.weighed(again)
					}
					version := d.lead(id).Version
					d.clock.pass(time.Minute)
					tried, err := d.sink.Try(d.ctx, Items(again)[0])
					require.NoError(t, err)
					require.Equal(t, lead.StatusNew, tried.Record.Status)
					require.Contains(t, tried.Change.Change.Changed, "status")
					d.record(again)
					l := d.lead(id)
					require.Equal(t, []any{lead.StatusNew, "", "", 0, ""}, []any{l.Status, l.Owner, l.Pool, l.Returns, l.Reason})
					require.Equal(t, version+2, l.Version, "what was said, and that it is open again")
					e := l.History[0]
					require.Equal(t, []string{lead.ChangeStatus, lead.MoveReopen, "hub", "reopened: a new submission of site"}, []string{e.Type, e.Move, e.Actor, e.Why})
					require.Contains(t, e.Changed, "status")
					stream := d.drain()
					var c lead.Change
					require.NoError(t, json.Unmarshal(stream[len(stream)-1].Value, &c))
					require.Equal(t, []string{lead.ChangeStatus, lead.StatusNew, "sub_2"}, []string{c.Change.Type, c.Status, c.Change.Submission})
					d.stream = append(d.stream, stream...)
					require.EqualValues(t, 1, d.figures().Due)
					d.exact()
					d.assignAll()
					require.Equal(t, "anna", d.lead(id).Owner)
					require.Contains(t, d.told("anna"), "assigned "+id)
					_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusArchived}, boss)
					require.NoError(t, err)
					before := d.lead(id)
					d.record(again)
					require.Equal(t, before, d.lead(id))
					d.exact()
				})
			}
		}
	},
	"a lead stays closed when its owner is told, when it is a customer's, and when nothing new happened": func(t *testing.T, h Harness) {
		for _, way := range []string{"short", "long"} {
			t.Run(way, func(t *testing.T) {
				d := openClosed(t, h)
				stays := func(name, id string, again *lead.Submission) {
					t.Helper()
					before := d.lead(id)
					if way == "long" {
						d.weighed(again)
					}
					d.record(again)
					after := d.lead(id)
					require.Equal(t, before.Touches+1, after.Touches, name)
					require.Equal(t, []any{before.Status, before.Course, before.Version + 1}, []any{after.Status, after.Course, after.Version}, name)
					require.Zero(t, d.figures().Due, name)
					d.exact()
				}
				archived := d.closed(Sub("sub_1", Mobile(1)), "")
				stays("late", archived, d.at(-time.Minute, Sub("sub_1a", Mobile(1))))
				stays("at that moment", archived, d.at(0, Sub("sub_1b", Mobile(1))))
				listed := d.at(time.Minute, Sub("sub_1c", Mobile(1)))
				listed.Origin.Import = "imp_1"
				stays("a list", archived, listed)
				unqualified := d.closed(Sub("sub_3", Mobile(3)), lead.StatusUnqualified)
				stays("late, after a follow-up", unqualified, d.at(-time.Minute, Sub("sub_3a", Mobile(3))))
				customer := d.closed(Sub("sub_2", Mobile(2)), lead.StatusConverted)
				stays("a customer", customer, d.at(time.Minute, Sub("sub_2a", Mobile(2))))
				for i, status := range []string{lead.StatusArchived, lead.StatusUnqualified, lead.StatusConverted} {
					d.record(Sub("sub_o"+status, Mobile(10+i)))
					owned := d.on("sub_o" + status)
					_, err := d.mover.Assign(d.ctx, owned, "anna", boss)
					require.NoError(t, err)
					_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: owned, Status: status, Reason: "so"}, by("anna"))
					require.NoError(t, err)
					stays("owned and "+status, owned, d.at(time.Minute, Sub("sub_p"+status, Mobile(10+i))))
					require.Contains(t, d.told("anna"), "returned "+owned)
				}
			})
		}
	},
	"two leads that were put away and turn out to be one person are open as one, and only the one that came again when they come apart": func(t *testing.T, h Harness) {
		for _, way := range []string{"short", "long"} {
			t.Run(way, func(t *testing.T) {
				d := openClosed(t, h)
				a, b := d.closed(Sub("sub_1", Mobile(1)), ""), d.closed(Sub("sub_2", Email(1)), lead.StatusUnqualified)
				a, b = order(a, b)
				gone := d.lead(b)
				both := d.at(time.Second, Sub("sub_3", Mobile(1), Email(1)))
				if way == "long" {
					d.weighed(both)
				}
				d.record(both)
				require.Equal(t, lead.StatusNew, d.lead(a).Status)
				require.EqualValues(t, 1, d.figures().Due)
				require.Equal(t, lead.MoveReopen, d.lead(a).History[0].Move)
				d.exact()
				_, err := d.sink.Split(d.ctx, a, []string{gone.TouchList[0].Submission.ID}, sink.Order{Actor: "person:x"})
				require.NoError(t, err)
				require.Equal(t, []any{gone.Status, gone.Course}, []any{d.lead(b).Status, d.lead(b).Course})
				require.Equal(t, []any{lead.StatusNew, 0}, []any{d.lead(a).Status, d.lead(a).Returns})
				d.exact()
			})
		}
	},
	"an import that is undone changes nothing of leads that were put away, nor of what opened one meanwhile": func(t *testing.T, h Harness) {
		d := openClosed(t, h)
		shut, open := d.closed(Sub("sub_1", Mobile(1)), ""), d.closed(Sub("sub_2", Mobile(2)), "")
		before := d.inside(t, shut)
		d.clock.pass(time.Hour)
		list := []*lead.Submission{Sub("sub_i1", Mobile(1)), Sub("sub_i2", Mobile(2))}
		for _, s := range list {
			d.at(0, s).Origin.Import = "imp_1"
		}
		d.record(list...)
		d.record(d.at(0, Sub("sub_w", Mobile(2))))
		_, err := d.sink.Withdraw(d.ctx, []string{"sub_i1", "sub_i2"}, sink.Order{Actor: "person:x"})
		require.NoError(t, err)
		require.Equal(t, before, d.inside(t, shut))
		require.Equal(t, lead.StatusNew, d.lead(open).Status)
		_, err = d.sink.Withdraw(d.ctx, []string{"sub_w"}, sink.Order{Actor: "person:x"})
		require.NoError(t, err)
		require.Equal(t, lead.StatusNew, d.lead(open).Status, "somebody may have called by now")
		d.exact()
	},
	"which closed leads are open again does not depend on the order, the batches, or the way that touches are judged": func(t *testing.T, h Harness) {
		rapid.Check(t, func(r *rapid.T) {
			n := rapid.IntRange(1, 3).Draw(r, "leads")
			statuses := rapid.SliceOfN(rapid.SampledFrom([]string{"", lead.StatusArchived, lead.StatusUnqualified, lead.StatusConverted}), n, n).Draw(r, "closed as")
			var touches []lead.Submission
			for i := range rapid.IntRange(1, 5).Draw(r, "touches") {
				ids := []lead.Identity{Mobile(rapid.IntRange(0, n-1).Draw(r, "mobile"))}
				if rapid.Bool().Draw(r, "joins") {
					ids = append(ids, Email(1))
				}
				s := Sub(fmt.Sprint("sub_again_", i), ids...)
				s.EventTime = day.Add(time.Duration(rapid.IntRange(-60, 180).Draw(r, "minutes")) * time.Minute)
				s.Origin.Import = rapid.SampledFrom([]string{"", "", "imp_1"}).Draw(r, "import")
				touches = append(touches, *s)
			}
			var pictures [][]string
			for range 2 {
				d := openClosed(t, h)
				for i := range n {
					d.record(Sub(fmt.Sprint("sub_", i), Mobile(i)))
				}
				d.clock.pass(time.Hour)
				for i, status := range statuses {
					d.close(d.on(fmt.Sprint("sub_", i)), status)
				}
				var left []*lead.Submission
				for _, i := range rapid.Permutation(indices(len(touches))).Draw(r, "order") {
					if left = append(left, &touches[i]); rapid.Bool().Draw(r, "long way") {
						d.weighed(&touches[i])
					}
				}
				for len(left) > 0 {
					size := rapid.IntRange(1, len(left)).Draw(r, "batch")
					d.record(left[:size]...)
					left = left[size:]
				}
				d.assignAll()
				d.exact()
				var out []string
				for _, id := range d.livingIDs() {
					l := d.lead(id)
					require.Equal(r, lead.Open(l.Status), l.Owner == "anna", "who is open has an owner by now")
					out = append(out, fmt.Sprint(l.Phones, l.Emails, l.Status, l.Touches))
				}
				slices.Sort(out)
				pictures = append(pictures, out)
			}
			require.Equal(r, pictures[0], pictures[1])
		})
	},
}
