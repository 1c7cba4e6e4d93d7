package sink

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// notAssigned is why a batch could not be assigned in the transaction that records it.
type notAssigned struct{ error }

func (e *notAssigned) Unwrap() error { return e.error }

// assign lets the rules decide about the leads of the batch whose turn it is, the best first: what an Assigner would do next. When others
// wait their turn is before, and these wait behind them.
func (b *batch) assign(ctx context.Context, tx Tx, by *Assigner) error {
	if by == nil {
		return nil
	}
	var leads []*lead.Record
	for id, due := range b.due {
		if r := b.living[id]; r != nil && !due.At.IsZero() && !due.At.After(b.now) {
			leads = append(leads, r)
		}
	}
	if len(leads) == 0 {
		return nil
	}
	slices.SortFunc(leads, func(x, y *lead.Record) int {
		return cmp.Or(strings.Compare(cmp.Or(x.Grade, "~"), cmp.Or(y.Grade, "~")), strings.Compare(x.ID, y.ID))
	})
	taken, free, err := tx.Staff(ctx, b.now, leads)
	if err != nil {
		return &notAssigned{err}
	}
	if free {
		b.take(by.give(b.now, &taken))
		b.result.Assigned = len(leads)
	}
	return nil
}

// take adds what became of leads of the batch, all of which it writes anyway.
func (b *batch) take(h *hand) {
	b.events = append(b.events, h.out.Events...)
	b.outbox = append(b.outbox, h.outbox...)
	b.notices = append(b.notices, h.out.Notifications...)
	b.timers = append(b.timers, h.out.Timers...)
	b.states = h.out.States
	b.freed += h.out.Freed
	for _, due := range h.out.Due {
		b.due[due.Lead] = due
	}
}
