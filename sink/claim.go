package sink

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Claim gives a lead of a public pool to the rep m.Rep, who asks for it. Of many who claim one lead at once one gets it, and the
// others are told already_claimed; claiming a lead that is his already changes nothing. What speaks against it has a code each:
// KindForbidden rep_unknown, rep_inactive, not_your_pool; KindConflict already_claimed, not_in_pool, pool_closed; and KindLimited, with
// the time when it would be allowed, held_new, cool_down, holding_limit, claim_limit and claim_gap.
func (v *Mover) Claim(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	return v.one(ctx, id, []string{m.Rep}, m, func(h *hand, r *lead.Record) error {
		if r.Owner == m.Rep && m.Rep != "" {
			return nil
		}
		location := v.cfg.Location()
		c := claim{hand: h, lead: r, rep: h.rep(m.Rep), pool: h.pool(r.Pool), at: location}
		if c.rep != nil {
			c.state = h.taken.Staff.State(m.Rep, dayOf(h.now, location))
		}
		for _, check := range []func() error{c.free, c.allowed, c.patience, c.room, c.pace} {
			if err := check(); err != nil {
				return err
			}
		}
		is := r.Standing()
		is.Owner, is.OwnerBy, is.Rule = m.Rep, byPerson, ""
		c.state.LastClaim = h.now
		c.state.Claimed = maps.Clone(c.state.Claimed)
		if c.state.Claimed == nil {
			c.state.Claimed = map[string]int{}
		}
		c.state.Claimed[r.Pool]++
		h.out.States = []lead.RepState{*c.state}
		h.give(r, is, moved{move: lead.MoveClaim, typ: lead.ChangeAssigned, actor: m.Actor, pool: r.Pool, silent: true,
			why: why("claimed from "+r.Pool+" by "+m.Rep, m.Why)})
		return nil
	})
}

// claim is one rep who asks for one lead.
type claim struct {
	*hand
	lead  *lead.Record
	rep   *lead.Rep
	pool  *lead.Pool
	state *lead.RepState
	at    *time.Location
}

func (c *claim) free() error {
	switch {
	case c.lead.Owner != "":
		return conflict("already_claimed", "somebody else has this lead already", "claim another one")
	case c.lead.Pool == "":
		return conflict("not_in_pool", "this lead is in no public pool", "claim one that GET /v1/leads?pool=* lists")
	}
	return nil
}

func (c *claim) allowed() error {
	switch {
	case c.rep == nil:
		return forbidden("rep_unknown", "only a rep may claim leads", "name a rep of the configuration")
	case !c.rep.Active:
		return forbidden("rep_inactive", "a rep who is not active may not claim leads", "have him set active first")
	case c.pool == nil || !c.pool.Enabled:
		return conflict("pool_closed", "the public pool of this lead is closed", "ask who looks after the pools")
	case !mayUse(c.pool, c.rep):
		return forbidden("not_your_pool", "this pool is for other teams", "GET /v1/pools/states lists yours")
	}
	return nil
}

// patience holds new leads back from everybody, and returned ones from who had them.
func (c *claim) patience() error {
	if until := c.lead.PooledAt.Add(time.Duration(c.pool.HoldNew)); until.After(c.now) {
		return c.later("held_new", "this lead came into the pool a moment ago and is held back", until)
	}
	if c.lead.PreviousOwner == c.rep.Key {
		if until := c.lead.LeftAt.Add(time.Duration(c.pool.CoolDown)); until.After(c.now) {
			return c.later("cool_down", "this lead was yours; others may have it first", until)
		}
	}
	return nil
}

func (c *claim) room() error {
	if c.rep.Holding > 0 && c.state.Held >= c.rep.Holding {
		return &lead.Error{Kind: lead.KindLimited, Code: "holding_limit",
			Message: fmt.Sprintf("you hold %d open leads, and may hold %d", c.state.Held, c.rep.Holding),
			Hint:    "close or release one first; then another may be claimed at once"}
	}
	return nil
}

// pace keeps a rep from emptying the pool.
func (c *claim) pace() error {
	if n := c.pool.ClaimsPerDay; n > 0 && c.state.Claimed[c.pool.Key] >= n {
		return c.later("claim_limit", fmt.Sprintf("you claimed %d leads of this pool today, and may claim %d", c.state.Claimed[c.pool.Key], n),
			lead.NextDay(c.now, c.at))
	}
	if until := c.state.LastClaim.Add(time.Duration(c.pool.ClaimGap)); until.After(c.now) {
		return c.later("claim_gap", "two claims need some time between them", until)
	}
	return nil
}

func (c *claim) later(code, message string, until time.Time) error {
	return &lead.Error{Kind: lead.KindLimited, Code: code, Message: message,
		Hint: "it is possible from " + until.In(c.at).Format("2006-01-02 15:04:05") + " on", RetryAfter: until.Sub(c.now)}
}
