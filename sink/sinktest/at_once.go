package sinktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// atOnce lets the sink of a desk give leads away in the transaction that records them.
func (d *desk) atOnce() *desk {
	d.sink = d.sinkWith(d.store, d.rules)
	return d
}

// sinkWith is a sink that grades leads.
func (d *desk) sinkWith(pool sink.Pool, assigner *sink.Assigner) *sink.Sink {
	return sink.New(sink.Config{Pool: pool, Judge: func() sink.Judge { return scorer{factor: 10} }, Now: d.clock.Now,
		Terms: func() *sink.Terms { return d.terms }, Assigner: assigner})
}

// withoutStaff is a pool whose reps cannot be read.
type withoutStaff struct {
	sink.Pool
	err error
}

func (p withoutStaff) Update(ctx context.Context, fn func(sink.Tx) error) error {
	return p.Pool.Update(ctx, func(tx sink.Tx) error { return fn(blindTx{tx, p.err}) })
}

type blindTx struct {
	sink.Tx
	err error
}

func (t blindTx) Staff(context.Context, time.Time, []*lead.Record) (sink.Taken, bool, error) {
	return sink.Taken{}, false, t.err
}

var atOnceTests = map[string]func(*testing.T, Harness){
	"a new lead has its owner when it is in the pool, and the stream tells both": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1)},
			Pools: []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{recycling(lead.RecycleNotFollowed, 5*time.Hour, 0)}}}}).atOnce()
		res := d.record(Sub("a", Mobile(1)), Sub("b", Mobile(2)), Sub("a2", Mobile(1)))
		require.Equal(t, sink.Result{New: 2, Same: 1, Assigned: 2}, res)
		a, b := d.lead(d.on("a")), d.lead(d.on("b"))
		require.Equal(t, []string{"anna", "bo"}, []string{a.Owner, b.Owner})
		require.Equal(t, lead.StatusAssigned, b.Status)
		require.Equal(t, []lead.Event{{Lead: b.ID, Version: 2, Type: lead.ChangeAssigned, At: day, Actor: "rule:round robin", Why: "the turn of bo",
			Changed: []string{"owner", "status"}, Move: lead.MoveAssign, To: "bo"}}, b.History)
		require.Equal(t, []string{"assigned " + b.ID}, d.told("bo"))
		require.Zero(t, d.figures().Due)
		stream := d.drain()
		types := map[string][]string{}
		for _, o := range stream {
			types[o.Lead] = append(types[o.Lead], fmt.Sprint(o.Version, " ", strings.TrimPrefix(o.Type, "lead.")))
		}
		require.Equal(t, map[string][]string{a.ID: {"1 created", "2 updated", "3 assigned"}, b.ID: {"1 created", "2 assigned"}}, types)
		var last lead.Change
		require.NoError(t, json.Unmarshal(stream[len(stream)-1].Value, &last))
		require.Equal(t, b.Lead, last.Lead)
		d.stream = stream
		d.exact()
		d.clock.pass(24 * time.Hour)
		d.ring()
		require.Equal(t, "sea", d.lead(a.ID).Pool, "its timer was set, too")
	},
	"the best of a batch is given away first": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{holding("anna", 1)}}).atOnce()
		d.record(Sub("plain", Mobile(1)), Sub("best", Mobile(2), Mobile(3)), Sub("other", Mobile(4)))
		require.Equal(t, "anna", d.lead(d.on("best")).Owner, "of grade A")
		require.EqualValues(t, 2, d.figures().Due)
		d.exact()
	},
	"who waits and could be given away goes before who comes": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{holding("anna", 2)}})
		d.record(Sub("waits", Mobile(1)))
		d.atOnce().clock.pass(time.Second)
		require.Equal(t, sink.Result{New: 2}, d.record(Sub("next", Mobile(2)), Sub("last", Mobile(3))))
		d.assignAll()
		for sub, owner := range map[string]string{"waits": "anna", "next": "anna", "last": ""} {
			require.Equal(t, owner, d.lead(d.on(sub)).Owner, sub)
		}
		c := lead.Config{Reps: []lead.Rep{holding("anna", 2), rep("bo", 1)}}
		d.setUp(c) // whoever waits is tried again
		require.Zero(t, d.record(Sub("x", Mobile(4))).Assigned)
		d.assignAll()
		c.Reps[1].OffDuty = true
		d.setUp(c)
		d.assignAll()
		d.record(Sub("y", Mobile(5)))
		require.EqualValues(t, 1, d.figures().Due, "y waits for its time")
		c.Reps = append(c.Reps, rep("chen", 1))
		require.Equal(t, 1, d.record(Sub("z", Mobile(6))).Assigned, "and holds nobody up")
		d.exact()
	},
	"a lead that joins, comes back or comes again with its batch is decided about once": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1)}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}}).atOnce()
		res := d.record(Sub("a", Mobile(1)), Sub("b", Email(1)), Sub("ab", Mobile(1), Email(1)), Sub("c", Mobile(2)))
		require.Equal(t, sink.Result{New: 3, Joined: 1, Assigned: 2}, res)
		require.Equal(t, d.on("a"), d.on("b"))
		require.NotEmpty(t, d.lead(d.on("a")).Owner)
		d.exact()
		_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: d.on("c"), Status: lead.StatusUnqualified, Reason: "so"}, boss)
		require.NoError(t, err)
		_, err = d.mover.Release(d.ctx, d.on("a"), "sea", "because", boss)
		require.NoError(t, err)
		d.clock.pass(time.Hour)
		again := Sub("a3", Mobile(1))
		again.EventTime = d.clock.now
		require.Zero(t, d.record(again).Assigned, "it lies in a public pool, where somebody put it")
		d.exact()
	},
	"what is only tried is given to nobody": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}}).atOnce()
		before := d.state()
		tried, err := d.sink.Try(d.ctx, Items(Sub("a", Mobile(1)))[0])
		require.NoError(t, err)
		require.Equal(t, lead.ChangeCreated, tried.Change.Change.Type)
		require.Empty(t, tried.Record.Owner)
		require.Equal(t, before, d.state())
		require.Zero(t, d.states()["anna"].Assigned)
	},
	"reps that cannot be read keep nothing out of the pool": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}})
		res, err := d.sinkWith(withoutStaff{d.store, errors.New("unreadable")}, d.rules).Record(d.ctx, Items(Sub("a", Mobile(1))))
		require.NoError(t, err)
		require.Equal(t, sink.Result{New: 1}, res)
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("a")).Owner)

		_, err = d.sinkWith(withoutStaff{d.store, lead.Transient("busy", "busy", time.Second, nil)}, d.rules).Record(d.ctx, Items(Sub("b", Mobile(2))))
		require.True(t, lead.IsTransient(err), "what passes is tried again")
		_, found, err := d.store.Submission(d.ctx, "b")
		require.NoError(t, err)
		require.False(t, found)
	},
	"given away at once or from the queue, everybody has the same leads": func(t *testing.T, h Harness) {
		rapid.Check(t, func(rt *rapid.T) {
			c := lead.Config{Reps: []lead.Rep{{Key: "a", Active: true, Weight: 3, Daily: 6}, {Key: "b", Active: true, Weight: 2, Holding: 4}, {Key: "c", Active: true, Weight: 1, Daily: 1}},
				Pools: []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{recycling(lead.RecycleNotFollowed, 5*time.Hour, time.Hour)}}}}
			one, two := openDesk(t, h, c).atOnce(), openDesk(t, h, c).atOnce()
			two.sink = two.sinkWith(two.store, nil)
			for i := range rapid.IntRange(1, 4).Draw(rt, "batches") {
				var subs []*lead.Submission
				for j := range rapid.IntRange(1, 6).Draw(rt, "size") {
					person := rapid.IntRange(0, 9).Draw(rt, "person")
					ids := rapid.SampledFrom([][]lead.Identity{{Mobile(person)}, {Email(person)}, {Mobile(person), Email(person)}}).Draw(rt, "says")
					subs = append(subs, Sub(fmt.Sprintf("s%d-%d", i, j), ids...))
				}
				for _, d := range []*desk{one, two} {
					d.clock.pass(time.Hour)
					d.assignAll()
					d.record(subs...)
					d.assignAll()
					d.ring()
					d.exact()
				}
			}
			require.Equal(rt, two.owners(), one.owners())
			require.Equal(rt, two.states(), one.states())
			for _, rep := range c.Reps {
				require.Len(rt, one.told(rep.Key), len(two.told(rep.Key)))
			}
		})
	},
	"sinks and assigners give leads away beside each other, and every count is exact": func(t *testing.T, h Harness) {
		const leads, daily = 2000, 30
		var c lead.Config
		for i := range 50 {
			c.Reps = append(c.Reps, lead.Rep{Key: fmt.Sprintf("rep-%02d", i), Active: true, Weight: 1 + i%3, Daily: daily})
		}
		d := openDesk(t, h, c)
		d.add(200)
		d.atOnce()
		together(t, 4, func(n int) error {
			for i := 0; i < leads/2; i += 50 {
				if n > 1 {
					if _, err := d.rules.Step(d.ctx); err != nil {
						return err
					}
					continue
				}
				var subs []*lead.Submission
				for j := range 50 {
					k := 10000*(n+1) + i + j
					subs = append(subs, Sub(fmt.Sprint("sub_", k), Mobile(k), Email(k/2))) // every second joins the one before
				}
				if _, err := d.sink.Record(d.ctx, Items(subs...)); err != nil {
					return err
				}
			}
			return nil
		})
		d.assignAll()
		d.exact()
		for rep, s := range d.states() {
			require.LessOrEqual(t, s.Today, daily, rep)
		}
	},
}

// owners are the owners by submission.
func (d *desk) owners() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
		for _, touch := range d.lead(l.ID).TouchList {
			out[touch.Submission.ID] = fmt.Sprint(l.Owner, " in ", l.Pool)
		}
	}
	return out
}
