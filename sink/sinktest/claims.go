package sinktest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var claimTests = map[string]func(*testing.T, Harness){
	"sixty-four who claim a thousand leads at once get each one once, and nobody more than he may": func(t *testing.T, h Harness) {
		// Forty may have 16 and the others 15: together exactly as many as there are.
		const claimers, leads, limit = 64, 1000, 16
		c := lead.Config{Pools: []lead.Pool{{Key: "sea", Enabled: true, ClaimsPerDay: limit}}}
		for i := range claimers {
			r := lead.Rep{Key: fmt.Sprintf("rep-%02d", i), Active: true}
			if i >= 40 {
				r.Holding = limit - 1
			}
			c.Reps = append(c.Reps, r)
		}
		d := openDesk(t, h, c)
		ids := d.pooled(leads, "sea")
		var mu sync.Mutex
		won := map[string]string{}
		winner := func(id, rep string) (other string, done bool) {
			mu.Lock()
			defer mu.Unlock()
			if rep != "" {
				other, won[id] = won[id], rep
			}
			return other, len(won) == leads
		}
		together(t, claimers, func(w int) error {
			rep, refusals := c.Reps[w].Key, 0
			for i := range leads {
				id := ids[(i+w/4*leads/16)%leads] // four of them begin with the same lead, and go the same way
				l, err := d.mover.Claim(d.ctx, id, by(rep))
				switch e := lead.AsError(err); {
				case err == nil && refusals > 0:
					return errors.New("a claim went through after the limit")
				case err == nil && l.Owner != rep:
					return errors.New("a claim that was answered with success is somebody else's")
				case err == nil:
					if other, _ := winner(id, rep); other != "" {
						return fmt.Errorf("%s was won by %s and %s", id, other, rep)
					}
				case e.Code == "holding_limit" || e.Code == "claim_limit":
					refusals++
				case e.Code != "already_claimed":
					return err
				}
				if _, done := winner("", ""); done || refusals == 3 {
					return nil
				}
			}
			return nil
		})
		require.Len(t, won, leads, "every lead has a winner")
		states := d.states()
		for i, s := range c.Reps {
			st := states[s.Key]
			want := limit
			if i >= 40 {
				want = limit - 1
			}
			require.Equal(t, []int{want, want}, []int{st.Held, st.Claimed["sea"]})
		}
		for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
			require.Equal(t, won[l.ID], l.Owner)
		}
		require.Equal(t, lead.MoveClaim, d.lead(ids[0]).History[0].Move)
		d.exact()
	},
	"every refusal of a claim says why, and when it would be allowed": func(t *testing.T, h Harness) {
		c := lead.Config{Reps: []lead.Rep{{Key: "anna", Active: true, Team: "south", Holding: 4}, {Key: "bo", Active: true, Team: "south"}, {Key: "off", Team: "south"},
			{Key: "far", Active: true, Team: "north"}}, Pools: []lead.Pool{{Key: "sea", Enabled: true, Teams: []string{"south"}, ClaimsPerDay: 3, ClaimGap: lead.Duration(time.Minute),
			CoolDown: lead.Duration(time.Hour), HoldNew: lead.Duration(10 * time.Minute)}, {Key: "shut", Enabled: true}}}
		d := openDesk(t, h, c)
		ids := d.pooled(6, "sea")
		shut := d.pooled(1, "shut")[0]
		loose := d.add(1)[0]
		claim := func(id, rep string) error {
			_, err := d.mover.Claim(d.ctx, id, by(rep))
			return err
		}
		e := refused(t, claim(ids[0], "anna"), lead.KindLimited, "held_new")
		require.Equal(t, 10*time.Minute, e.RetryAfter)
		require.Contains(t, e.Hint, "2026-01-02 01:10:00", "in the hub's time")
		_, err := d.sink.Record(d.ctx, Items(Sub("again", Mobile(0))))
		require.NoError(t, err)
		d.clock.pass(10 * time.Minute)
		refused(t, claim("ld_none", "anna"), lead.KindNotFound, "lead_not_found")
		refused(t, claim(ids[0], "nobody"), lead.KindForbidden, "rep_unknown")
		refused(t, claim(ids[0], ""), lead.KindForbidden, "rep_unknown")
		refused(t, claim(ids[0], "off"), lead.KindForbidden, "rep_inactive")
		refused(t, claim(ids[0], "far"), lead.KindForbidden, "not_your_pool")
		refused(t, claim(loose, "anna"), lead.KindConflict, "not_in_pool")
		require.NoError(t, claim(ids[0], "anna"), "an edit since it came into the pool does not hold it longer")
		require.NoError(t, claim(ids[0], "anna"), "who has it already is told so")
		require.Equal(t, 1, d.states()["anna"].Claimed["sea"], "and it counts once")
		refused(t, claim(ids[0], "bo"), lead.KindConflict, "already_claimed")
		e = refused(t, claim(ids[1], "anna"), lead.KindLimited, "claim_gap")
		require.Equal(t, time.Minute, e.RetryAfter)
		d.clock.pass(time.Minute)
		_, err = d.mover.Release(d.ctx, ids[0], "sea", "no answer", by("anna"))
		require.NoError(t, err)
		d.clock.pass(10 * time.Minute)
		e = refused(t, claim(ids[0], "anna"), lead.KindLimited, "cool_down")
		require.Equal(t, 50*time.Minute, e.RetryAfter)
		require.NoError(t, claim(ids[0], "bo"), "somebody else may have it")
		for _, id := range ids[1:3] {
			require.NoError(t, claim(id, "anna"))
			d.clock.pass(time.Minute)
		}
		e = refused(t, claim(ids[3], "anna"), lead.KindLimited, "claim_limit")
		require.Equal(t, 24*time.Hour-(10+1+10+2+60)*time.Minute, e.RetryAfter, "a release gives no claim back; the next day of the hub does")
		for range 2 { // what is given to him does not count as claimed
			_, err := d.mover.Assign(d.ctx, d.add(1)[0], "anna", boss)
			require.NoError(t, err)
		}
		require.Equal(t, 3, d.states()["anna"].Claimed["sea"])
		d.clock.pass(24 * time.Hour)
		refused(t, claim(ids[3], "anna"), lead.KindLimited, "holding_limit")
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: ids[1], Status: lead.StatusUnqualified, Reason: "wrong number"}, by("anna"))
		require.NoError(t, err)
		require.NoError(t, claim(ids[3], "anna"))
		require.Equal(t, map[string]int{"sea": 1}, d.states()["anna"].Claimed, "a new day counts from the start")
		c.Pools[1].Enabled = false
		d.setUp(c)
		refused(t, claim(shut, "anna"), lead.KindConflict, "pool_closed")
		d.exact()
	},
	"people move leads beside three assigners, and nothing they did is lost": func(t *testing.T, h Harness) {
		c := lead.Config{Pools: []lead.Pool{{Key: "sea", Enabled: true}}}
		for i := range 12 {
			c.Reps = append(c.Reps, lead.Rep{Key: fmt.Sprintf("rep-%02d", i), Active: true, Weight: 1, Daily: 22})
		}
		c.Reps = append(c.Reps, lead.Rep{Key: "vip", Active: true})
		d := openDesk(t, h, c)
		ids := d.add(400)
		together(t, 5, func(w int) error {
			if w < 3 {
				a := d.assigner(17, day)
				for range 60 {
					if _, err := a.Step(d.ctx); err != nil {
						return err
					}
				}
				return nil
			}
			for i, id := range ids {
				var err error
				switch {
				case i%5 == 0 && w == 3:
					_, err = d.mover.Assign(d.ctx, id, "vip", boss)
				case i%5 == 1 && w == 4:
					_, err = d.mover.Release(d.ctx, id, "sea", "", boss)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		d.assignAll()
		all := map[string]lead.Lead{}
		for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
			all[l.ID] = l
		}
		for i, id := range ids {
			switch l := all[id]; i % 5 {
			case 0:
				require.Equal(t, "vip", l.Owner)
			case 1:
				require.Equal(t, []string{"", "sea"}, []string{l.Owner, l.Pool})
			}
		}
		sum := 0
		for _, s := range d.states() {
			require.LessOrEqual(t, s.Today, 22, "no quota is exceeded")
			sum += s.Today
		}
		require.GreaterOrEqual(t, sum, 240)
		d.exact()
	},
}
