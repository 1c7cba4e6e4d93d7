package sinktest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// staff sets up reps by weight.
func (h *hub) staff(reps ...lead.Rep) {
	h.t.Helper()
	_, err := h.store.EditConfig(h.ctx, func(c *lead.Config) error {
		c.Reps = reps
		return nil
	})
	require.NoError(h.t, err)
}

func rep(key string, weight int) lead.Rep {
	return lead.Rep{Key: key, Name: key, Weight: weight, Active: true}
}

func (h *hub) assigner(batch int, now time.Time) *sink.Assigner {
	return sink.NewAssigner(sink.AssignerConfig{Desk: h.store, Chooser: choose, Batch: batch, Now: func() time.Time { return now }})
}

func (h *hub) fill(n int) {
	h.t.Helper()
	var subs []*lead.Submission
	for i := range n {
		subs = append(subs, Sub(fmt.Sprintf("sub_%04d", i), Mobile(i)))
	}
	h.record(subs...)
}

var assignTests = map[string]func(*testing.T, Harness){
	"a due lead is given to a rep, with the reason in its history and on the stream": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1))
		p.record(Sub("sub_1", Mobile(1)))
		p.drain()
		n, err := p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		d := p.lead(p.on("sub_1"))
		require.Equal(t, "anna", d.Owner)
		require.Equal(t, lead.StatusAssigned, d.Status)
		require.EqualValues(t, 2, d.Version)
		require.Equal(t, []lead.Event{{Lead: d.ID, Version: 2, Type: lead.ChangeAssigned, At: day, Actor: "rule:round robin", Why: "the turn of anna",
			Changed: []string{"owner", "status"}, Move: lead.MoveAssign, To: "anna"}}, d.History)
		st, _, err := p.store.Submission(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, lead.StateAssigned, st.State)
		require.Equal(t, "anna", st.Owner)
		require.Equal(t, "the turn of anna", st.Reason)
		stream := p.drain()
		require.Len(t, stream, 1)
		var c lead.Change
		require.NoError(t, json.Unmarshal(stream[0].Value, &c))
		require.Equal(t, d.Lead, c.Lead)
		require.Equal(t, lead.ChangeAssigned, c.Change.Type)
		cfg, err := p.store.Config(p.ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, cfg.Reps[0].Assigned)
		n, err = p.assigner(10, day.Add(time.Hour)).Step(p.ctx)
		require.NoError(t, err)
		require.Zero(t, n)
		require.Zero(t, p.figures().Due)
	},
	"three assigners at once meet the weights exactly and give nobody away twice": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 5), rep("bo", 3), rep("chen", 2), lead.Rep{Key: "away", Weight: 9})
		p.fill(200)
		together(t, 3, func(int) error {
			a := p.assigner(7, day)
			for p.figures().Due > 0 {
				if _, err := a.Step(p.ctx); err != nil {
					return err
				}
			}
			return nil
		})
		owners := map[string]int{}
		for _, l := range p.leads(lead.LeadQuery{Limit: 200}) {
			owners[l.Owner]++
			require.EqualValues(t, 2, l.Version)
		}
		require.Equal(t, map[string]int{"anna": 100, "bo": 60, "chen": 40}, owners)
		cfg, err := p.store.Config(p.ctx)
		require.NoError(t, err)
		for _, r := range cfg.Reps {
			require.EqualValues(t, owners[r.Key], r.Assigned)
		}
		for rep, s := range p.states() {
			require.EqualValues(t, owners[rep], s.Turns["round robin"].Leads)
			require.Equal(t, owners[rep], s.Held)
			require.Equal(t, owners[rep], s.Today)
		}
	},
	"an owner that a person set is not overwritten": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1))
		p.record(Sub("sub_1", Mobile(1)))
		p.edit(p.on("sub_1"), func(r *lead.Record) { r.Owner, r.OwnerBy = "bo", "person" })
		n, err := p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		d := p.lead(p.on("sub_1"))
		require.Equal(t, "bo", d.Owner)
		require.EqualValues(t, 2, d.Version)
		require.Zero(t, p.figures().Due)
	},
	"a lead that nobody may have waits, unchanged, and comes back when the reps change": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)))
		n, err := p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n, "a rule might have a public pool for it")
		p.staff(rep("anna", 0))
		n, err = p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		n, err = p.assigner(10, day.Add(59*time.Second)).Step(p.ctx)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = p.assigner(10, day.Add(time.Minute)).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.EqualValues(t, 1, p.lead(p.on("sub_1")).Version)
		require.EqualValues(t, 1, p.figures().Due)
		p.staff(rep("anna", 1))
		_, err = p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, "anna", p.lead(p.on("sub_1")).Owner)
	},
	"leads that join while they are assigned keep one owner": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1), rep("bo", 1))
		const n = 60
		together(t, 4, func(w int) error {
			if w == 3 {
				a := p.assigner(5, day)
				for range 60 {
					if _, err := a.Step(p.ctx); err != nil {
						return err
					}
				}
				return nil
			}
			for i := range n {
				ids := [][]lead.Identity{{Mobile(i)}, {Email(i)}, {Mobile(i), Email(i)}}[w]
				if _, err := p.sink.Record(p.ctx, Items(Sub(fmt.Sprintf("sub_%d_%d", w, i), ids...))); err != nil {
					return err
				}
			}
			return nil
		})
		for p.figures().Due > 0 {
			_, err := p.assigner(50, day).Step(p.ctx)
			require.NoError(t, err)
		}
		all := p.leads(lead.LeadQuery{})
		require.Len(t, all, n)
		for _, l := range all {
			require.NotEmpty(t, l.Owner)
			require.Equal(t, lead.StatusAssigned, l.Status)
		}
		require.Equal(t, folded(t, p.drain()), living(p))
	},
}

// states are the counters of the reps, by key.
func (h *hub) states() map[string]lead.RepState {
	h.t.Helper()
	list, err := h.store.RepStates(h.ctx)
	require.NoError(h.t, err)
	out := map[string]lead.RepState{}
	for _, s := range list {
		out[s.Rep] = s
	}
	return out
}
