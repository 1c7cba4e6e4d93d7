package sink

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// handoverBatch is the number of leads per transaction of a Handover.
const handoverBatch = 500

// Handover moves all leads of a rep who leaves, also of one who is in the configuration no more, and returns how many. It works in batches:
// when it fails half-way what was moved stays moved, and the same call goes on with the rest. Set the rep inactive first, so that he gets no
// new ones meanwhile; to the rules nothing is handed over of a rep to whom they could give it straight back: KindConflict rep_active. Whoever
// gets the leads is told once.
func (v *Mover) Handover(ctx context.Context, rep string, to lead.Handover, m lead.Move) (int, error) {
	if n := btoi(to.To != "") + btoi(to.Pool != "") + btoi(to.Rules); n != 1 || rep == "" || rep == to.To {
		return 0, invalid("bad_handover", "a handover goes to another rep, into a public pool, or to the rules", "name one of the three", "to")
	}
	if m.Rep != "" {
		return 0, forbidden("not_allowed", "a rep does not hand over for himself", "ask somebody who may move leads of others")
	}
	digest := lead.NewID("hov_", v.cfg.Now())
	take, total := Take{Owner: rep, Limit: handoverBatch}, 0
	for {
		now, moved := instant(v.cfg.Now()), 0
		n, err := v.cfg.Desk.Handle(ctx, take, func(t Taken) (Changes, error) {
			moved = 0
			h := newHand(now, v.cfg.Terms(), &t)
			h.digest = digest
			for _, r := range t.Records {
				ok, err := h.handOver(r, to, m)
				if err != nil {
					return Changes{}, err
				}
				moved += btoi(ok)
			}
			take.After = t.Records[len(t.Records)-1].ID
			return h.changes()
		})
		if err != nil || n == 0 {
			return total, err
		}
		total += moved
	}
}

// handOver moves one lead; false when it stays, as a closed one does unless another rep takes it.
func (h *hand) handOver(r *lead.Record, to lead.Handover, m lead.Move) (bool, error) {
	is, from := r.Standing(), r.Owner
	what := moved{move: lead.MoveHandover, typ: lead.ChangeReleased, actor: m.Actor}
	switch {
	case to.To != "":
		rep := h.rep(to.To)
		if rep == nil || !rep.Active {
			return false, unknownRep(to.To)
		}
		is.Owner, is.OwnerBy, is.Rule = to.To, byPerson, ""
		what.typ, what.why = lead.ChangeAssigned, why("handed over from "+from+" to "+to.To, m.Why)
	case !lead.Open(r.Status):
		return false, nil
	case to.Rules && h.getsLeads(from):
		return false, conflict("rep_active", "the rules could give this rep his leads straight back", "set him inactive or off duty first, or hand over to another rep or into a pool")
	case to.Rules:
		is.Owner, is.OwnerBy, is.Status = "", "", lead.StatusNew
		what.due, what.why = h.now, why("handed over from "+from+" to the rules", m.Why)
	default:
		pool := h.pool(to.Pool)
		if pool == nil || !pool.Enabled {
			return false, unknownPool(to.Pool)
		}
		is.Owner, is.OwnerBy, is.Status, is.Pool = "", "", lead.StatusNew, to.Pool
		if pool.AutoAssign {
			what.due = h.now
		}
		what.pool, what.why = to.Pool, why("handed over from "+from+" into "+to.Pool, m.Why)
	}
	return h.give(r, is, what), nil
}

// getsLeads reports whether rules may give leads to a rep, whatever his hours and limits are.
func (h *hand) getsLeads(rep string) bool {
	r := h.rep(rep)
	return r != nil && r.Active && r.Weight > 0 && !r.OffDuty
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
