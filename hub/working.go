package hub

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Working is what people and CRMs do with leads that are in the pool. Each call is one transaction; what follows from it
// (the change stream, notifications, leads that wait for a rep) begins at once. Errors are those of sink.Mover.
type Working struct {
	hub   *Hub
	mover *sink.Mover
}

// Working returns it.
func (h *Hub) Working() *Working { return &Working{hub: h, mover: h.newMover()} }

// moved lets what follows from a move begin.
func (w *Working) moved(err error) {
	if err != nil {
		return
	}
	for _, s := range []signal{w.hub.outbox, w.hub.told, w.hub.due, w.hub.timers} {
		s.raise()
	}
}

// Assign gives a lead to a rep.
func (w *Working) Assign(ctx context.Context, id, rep string, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Assign(ctx, id, rep, m)
	w.moved(err)
	return l, err
}

// Claim takes a lead out of a public pool for m.Rep.
func (w *Working) Claim(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Claim(ctx, id, m)
	w.moved(err)
	return l, err
}

// Release gives a lead back into a public pool; pool "" leaves it to the rules.
func (w *Working) Release(ctx context.Context, id, pool, reason string, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Release(ctx, id, pool, reason, m)
	w.moved(err)
	return l, err
}

// Accept notes that the owner took a lead up.
func (w *Working) Accept(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Accept(ctx, id, m)
	w.moved(err)
	return l, err
}

// Follow notes a follow-up, a status, a conversion.
func (w *Working) Follow(ctx context.Context, f lead.Feedback, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Follow(ctx, f, m)
	w.moved(err)
	return l, err
}

// Feedback implements Feedbacks: what a CRM says counts like the word of somebody above.
func (w *Working) Feedback(ctx context.Context, f lead.Feedback) error {
	actor := "crm"
	if f.By != "" {
		actor += ":" + f.By
	}
	_, err := w.Follow(ctx, f, lead.Move{ID: f.ID, Actor: actor})
	return err
}

// Reopen takes a lead up again that was given up or archived.
func (w *Working) Reopen(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	l, err := w.mover.Reopen(ctx, id, m)
	w.moved(err)
	return l, err
}

// Handover moves all leads of a rep, in batches, and returns how many it moved. Nobody's leads are nothing to move: a key that is neither in the
// configuration nor owns a lead is KindNotFound rep_not_found, as it most likely is mistyped; so is pool_not_found for where they would go.
func (w *Working) Handover(ctx context.Context, rep string, to lead.Handover, m lead.Move) (int, error) {
	n, err := w.mover.Handover(ctx, rep, to, m)
	if n > 0 { // also when a later batch failed
		w.moved(nil)
	}
	if n > 0 || err != nil {
		return n, err
	}
	return 0, w.known(ctx, to.Pool, rep, to.To)
}

// known refuses the key of a pool that is not there, and keys of reps that nobody has or had; "" is none.
func (w *Working) known(ctx context.Context, pool string, keys ...string) error {
	states, err := w.hub.cfg.Store.RepStates(ctx)
	if err != nil {
		return err
	}
	config, err := w.hub.cfg.Store.Config(ctx)
	if err != nil {
		return err
	}
	if pool != "" && !slices.ContainsFunc(config.Pools, func(p lead.Pool) bool { return p.Key == pool && p.Enabled }) {
		return lead.NotFound("pool_not_found", fmt.Sprintf("there is no public pool %q", pool), "GET /v1/pools/states lists them")
	}
	for _, key := range keys {
		if key != "" && !slices.ContainsFunc(config.Reps, func(r lead.Rep) bool { return r.Key == key }) &&
			!slices.ContainsFunc(states, func(s lead.RepState) bool { return s.Rep == key }) {
			return lead.NotFound("rep_not_found", fmt.Sprintf("there is no rep %q", key), "GET /v1/reps lists them")
		}
	}
	return nil
}
