package sink

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// MoverConfig is what a Mover needs. Desk is required.
type MoverConfig struct {
	Desk     Desk
	Terms    func() *Terms         // no timers unless set
	Now      func() time.Time      // time.Now unless set
	Location func() *time.Location // of the day that claims count; China's unless set
}

// Mover lets people move leads. Each call is one transaction (Handover: one per batch): who reads its answer may rely on it. Asking again
// with the same Move.ID changes nothing, and answers with the lead as it is by then.
type Mover struct{ cfg MoverConfig }

// NewMover makes a Mover.
func NewMover(cfg MoverConfig) *Mover {
	care(&cfg.Now, &cfg.Location, &cfg.Terms)
	return &Mover{cfg: cfg}
}

// Assign gives a lead to a rep: from nobody, from a public pool, or from another rep. No rule takes it from him, and neither hours
// nor limits of his are asked. KindNotFound for a lead or rep that does not exist, KindForbidden when m.Rep does not own the lead.
func (v *Mover) Assign(ctx context.Context, id, rep string, m lead.Move) (lead.Lead, error) {
	return v.one(ctx, id, []string{rep}, m, func(h *hand, r *lead.Record) error {
		to := h.rep(rep)
		switch {
		case to == nil:
			return unknownRep(rep)
		case !to.Active:
			return conflict("rep_inactive", "this rep is not active", "set him active first, or name somebody else")
		}
		if err := mine(r, m); err != nil {
			return err
		}
		if r.Owner == rep && r.OwnerBy == byPerson {
			return nil
		}
		is, what := r.Standing(), moved{move: lead.MoveAssign, typ: lead.ChangeAssigned, actor: m.Actor, pool: r.Pool, silent: m.Rep == rep}
		what.why = why("given to "+rep, m.Why)
		if r.Owner != "" && r.Owner != rep {
			what.move, what.why = lead.MoveTransfer, why("transferred from "+r.Owner+" to "+rep, m.Why)
		}
		if r.Owner != rep {
			is.Rule = ""
		}
		is.Owner, is.OwnerBy = rep, byPerson
		if !h.give(r, is, what) { // it was his by a rule, and is by a person now
			h.keep(r, true)
		}
		return nil
	})
}

// Release gives a lead back into a public pool, with a reason. pool "" leaves it to the rules; only somebody above may do that. A lead that
// came back too often is archived. One that is closed stays so, whose it is or not: KindConflict lead_closed.
func (v *Mover) Release(ctx context.Context, id, pool, reason string, m lead.Move) (lead.Lead, error) {
	return v.one(ctx, id, nil, m, func(h *hand, r *lead.Record) error {
		if err := mine(r, m); err != nil {
			return err
		}
		is, closed := r.Standing(), conflict("lead_closed", "this lead is closed as "+r.Status, "reopen it first")
		what := moved{move: lead.MoveRelease, typ: lead.ChangeReleased, actor: m.Actor, pool: pool}
		if pool == "" {
			switch {
			case m.Rep != "":
				return invalid("pool_missing", "a lead is released into a public pool", "name the pool", "pool")
			case !lead.Open(r.Status):
				return closed
			}
			is.Owner, is.OwnerBy, is.Pool, is.Status = "", "", "", lead.StatusNew
			what.why, what.due = why("left to the rules", reason, m.Why), h.now
			h.give(r, is, what)
			return nil
		}
		into := h.pool(pool)
		if err := mayRelease(h, into, pool, reason, m); err != nil {
			return err
		}
		if r.Owner == "" && r.Pool == pool {
			return nil
		}
		if !lead.Open(r.Status) {
			return closed
		}
		is.Reason = reason
		if r.Owner == "" {
			is.OwnerBy = byPerson // that nobody has it
		}
		is, what.due = h.returned(is, into)
		what.why = why("released into "+pool, reason, m.Why)
		if is.Status == lead.StatusArchived {
			what.why = why(fmt.Sprintf("archived: it came back %d times", is.Returns), reason, m.Why)
		}
		h.give(r, is, what)
		return nil
	})
}

func mayRelease(h *hand, into *lead.Pool, key, reason string, m lead.Move) error {
	switch {
	case into == nil || !into.Enabled:
		return unknownPool(key)
	case m.Rep != "" && !mayUse(into, h.rep(m.Rep)):
		return forbidden("not_your_pool", "this pool is for other teams", "GET /v1/pools/states lists yours")
	case len(into.Reasons) > 0 && !slices.Contains(into.Reasons, reason):
		return invalid("bad_reason", "this is not one of the reasons of the pool", "they are: "+strings.Join(into.Reasons, ", "), "reason")
	case reason == "" && m.Rep != "":
		return invalid("reason_missing", "a lead is released with a reason", "say why in a few words", "reason")
	}
	return nil
}

// Accept notes that the owner takes a lead up. Again it changes nothing.
func (v *Mover) Accept(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	return v.one(ctx, id, nil, m, func(h *hand, r *lead.Record) error {
		if err := mine(r, m); err != nil {
			return err
		}
		if r.Owner == "" {
			return conflict("not_owned", "nobody owns this lead", "claim it, or assign it first")
		}
		if !r.AcceptedAt.IsZero() {
			return nil
		}
		is := r.Standing()
		is.AcceptedAt = h.now
		h.give(r, is, moved{move: lead.MoveAccept, typ: lead.ChangeStatus, actor: m.Actor, why: why("taken up by "+r.Owner, m.Why)})
		return nil
	})
}

// one does something to one lead, and returns it as it is then.
func (v *Mover) one(ctx context.Context, id string, reps []string, m lead.Move, do func(*hand, *lead.Record) error) (lead.Lead, error) {
	var out lead.Lead
	now := instant(v.cfg.Now())
	n, err := v.cfg.Desk.Handle(ctx, Take{Leads: []string{id}, Reps: reps, Act: m.ID}, func(t Taken) (Changes, error) {
		h, r := newHand(now, v.cfg.Terms(), &t), t.Records[0]
		if !t.Done {
			if err := do(h, r); err != nil {
				return Changes{}, err
			}
			if m.ID != "" {
				h.out.Acts = []Act{{ID: m.ID, Lead: r.ID, At: now}}
			}
		}
		never(&r.Lead)
		out = r.Lead
		return h.changes()
	})
	if err == nil && n == 0 {
		err = lead.NotFound("lead_not_found", "there is no lead with this id or number", "look for it with GET /v1/leads?q=")
	}
	if err != nil {
		return lead.Lead{}, err
	}
	return out, nil
}

// mine refuses a rep who acts on a lead that is not his.
func mine(r *lead.Record, m lead.Move) error {
	if m.Rep != "" && r.Owner != m.Rep {
		return forbidden("not_owner", "this lead is not yours", "ask its owner, or somebody who may move leads of others")
	}
	return nil
}

// mayUse reports whether a public pool is for a rep.
func mayUse(p *lead.Pool, r *lead.Rep) bool {
	return r != nil && (len(p.Teams) == 0 || slices.Contains(p.Teams, r.Team))
}

func conflict(code, message, hint string) error {
	return &lead.Error{Kind: lead.KindConflict, Code: code, Message: message, Hint: hint}
}

func forbidden(code, message, hint string) error {
	return &lead.Error{Kind: lead.KindForbidden, Code: code, Message: message, Hint: hint}
}

func invalid(code, message, hint, field string) error {
	e := lead.Invalid(code, message, hint)
	e.Fields = []string{field}
	return e
}

func unknownRep(key string) error {
	return lead.NotFound("rep_not_found", fmt.Sprintf("there is no rep %q", key), "GET /v1/reps lists them")
}

func unknownPool(key string) error {
	return lead.NotFound("pool_not_found", fmt.Sprintf("there is no public pool %q", key), "GET /v1/pools/states lists them")
}
