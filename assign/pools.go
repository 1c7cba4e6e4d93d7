package assign

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/leadhub/leadhub/lead"
)

// recycle is a rule of recycling with the pool it stands in.
type recycle struct {
	pool string
	lead.Recycle
	condition
}

// Recycling is how an owned lead comes back when its owner lets it lie.
type Recycling struct {
	Pool string // where it goes
	lead.Recycle
}

// Recycling tells how a lead comes back: of each kind the first rule that fits, in the order of the pools and within them.
func (r *Rules) Recycling(rec *lead.Record) []Recycling {
	if len(r.recycle) == 0 {
		return nil
	}
	var out []Recycling
	env, m := r.facts.env(rec), &vm.VM{}
	for i := range r.recycle {
		one := &r.recycle[i]
		if slices.ContainsFunc(out, func(o Recycling) bool { return o.Kind == one.Kind }) {
			continue
		}
		if yes, err := one.fits(m, env); err == nil && yes {
			out = append(out, Recycling{Pool: one.pool, Recycle: one.Recycle})
		}
	}
	return out
}

// longestPeriod bounds a duration: a year that is mistyped is not noticed before it has passed.
const longestPeriod = lead.Duration(3650 * 24 * time.Hour)

// lasts checks a duration of which zero is none.
func (p place) lasts(d lead.Duration) error {
	if d < 0 || d > longestPeriod {
		return p.wrong("bad_duration", d.String()+" is not between nothing and ten years", `write it like "30m" or "7d"`)
	}
	return nil
}

// Concealable are the fields that a pool may hide or mask until a lead is claimed.
var Concealable = []string{"name", "honorific", "phones", "emails", "company", "title", "address", "region", "message"}

func (r *Rules) compilePools(pools []lead.Pool, k known) error {
	keys := map[string]bool{}
	for i := range pools {
		p := &pools[i]
		at := place{fmt.Sprintf("pools[%d]", i), "pool " + p.Key}
		if err := at.key("pool", p.Key, keys); err != nil {
			return err
		}
		if err := at.in("teams").known("team", k.teams, p.Teams...); err != nil {
			return err
		}
		for _, c := range []struct {
			field string
			names []string
		}{{"hidden", p.Hidden}, {"masked", p.Masked}} {
			if err := at.in(c.field).known("field", Concealable, c.names...); err != nil {
				return err
			}
		}
		for _, c := range []struct {
			field string
			value lead.Duration
		}{{"claim_gap", p.ClaimGap}, {"cool_down", p.CoolDown}, {"hold_new", p.HoldNew}} {
			if err := at.in(c.field).lasts(c.value); err != nil {
				return err
			}
		}
		if p.ClaimsPerDay < 0 || p.ArchiveAfter < 0 {
			return at.wrong("bad_limit", "a limit is below zero", "0 is no limit")
		}
		for j := range p.Recycle {
			if err := r.compileRecycle(place{fmt.Sprintf("%s.recycle[%d]", at.path, j), at.name}, p, &p.Recycle[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Rules) compileRecycle(at place, p *lead.Pool, one *lead.Recycle) error {
	switch one.Kind {
	case lead.RecycleNotAccepted, lead.RecycleNotFollowed, lead.RecycleNotConverted:
	default:
		return at.in("kind").wrong("unknown_kind", fmt.Sprintf("recycle: kind %q does not exist", one.Kind), "the kinds are not_accepted, not_followed and not_converted")
	}
	if one.After <= 0 || one.After > longestPeriod {
		return at.in("after").wrong("bad_duration", "recycle: after is not between a second and ten years", `write it like "30m" or "7d"`)
	}
	if one.Remind < 0 || one.Remind >= one.After {
		return at.in("remind").wrong("bad_duration", "recycle: the reminder does not come before the lead is taken back", "remind is how long before")
	}
	c, err := at.condition("when", one.When, true)
	if err != nil {
		return err
	}
	if !p.Enabled {
		return nil
	}
	for i := range r.recycle {
		if before := &r.recycle[i]; before.Kind == one.Kind && before.covers(&c) {
			return at.wrong("overlapping_pools", fmt.Sprintf("recycle %s can never happen: pool %s stands before it and takes every lead that it takes", one.Kind, before.pool),
				"narrow the condition in pool "+before.pool+", or move this one before it")
		}
	}
	r.recycle = append(r.recycle, recycle{p.Key, *one, c})
	return nil
}
