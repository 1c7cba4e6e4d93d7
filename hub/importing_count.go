package hub

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// tally counts what becomes of the rows that are sent, batch after batch in the order of the file: what is counted is the beginning of
// the file, and a run after a crash knows where to go on.
type tally struct {
	*transfer
	progress   lead.ImportProgress
	queue      []*sentBatch
	ended      bool  // no more batches come
	reader     error // what the reader waits for
	pool       error // that the pool did not answer
	saved      time.Time
	savedWords *lead.Text
}

// Times between two looks at the pool.
const (
	lookSoon = 10 * time.Millisecond
	lookLate = 250 * time.Millisecond
)

// run returns when every row that was sent has an outcome, or when the work is cancelled.
func (c *tally) run(ctx context.Context) error {
	c.progress, c.saved = c.before, c.im.now()
	every := lookSoon
	timer := time.NewTimer(every)
	defer timer.Stop()
	batches := c.batches
	for {
		select {
		case b, ok := <-batches:
			if !ok {
				batches, c.ended = nil, true
				break
			}
			c.queued(b)
			continue
		case c.reader = <-c.waits:
			c.save(ctx)
			continue
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		moved, err := c.look(ctx)
		if err != nil {
			return err
		}
		if c.ended && len(c.queue) == 0 {
			return nil
		}
		every = min(2*every, lookLate)
		if moved {
			every = lookSoon
		}
		c.save(ctx)
		timer.Reset(every)
	}
}

func (c *tally) queued(b *sentBatch) {
	c.queue = append(c.queue, b)
	c.progress.Read = max(c.progress.Read, b.last)
}

// look takes the batches from the front whose rows all have an outcome. A pool that is away is waited for.
func (c *tally) look(ctx context.Context) (moved bool, err error) {
	for _, b := range c.queue {
		if !isClosed(b.durable) {
			break
		}
		if b.err != nil {
			return moved, b.err
		}
		c.progress.Sent = max(c.progress.Sent, b.last)
	}
	defer func() { c.progress.Pending = max(c.progress.Sent-c.progress.Settled(), 0) }()
	for len(c.queue) > 0 && isClosed(c.queue[0].durable) {
		b := c.queue[0]
		before := len(b.open)
		if c.pool = c.settle(ctx, b); c.pool != nil {
			if lead.IsTransient(c.pool) {
				return moved, nil
			}
			return moved, c.pool
		}
		moved = moved || len(b.open) < before
		if len(b.open) > 0 {
			break
		}
		c.queue = c.queue[1:]
		<-c.tokens
		add(&c.progress, &b.counts)
	}
	return moved, nil
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// settle looks for the outcomes of a batch.
func (c *tally) settle(ctx context.Context, b *sentBatch) error {
	known, err := c.im.store.Statuses(ctx, b.open)
	if err != nil {
		return err
	}
	b.open = slices.DeleteFunc(b.open, func(id string) bool {
		st, ok := known[id]
		return ok && count(&b.counts, st, *c.i.Started)
	})
	return nil
}

// count adds one row, and reports whether it has an outcome.
func count(p *lead.ImportProgress, st lead.RowStatus, started time.Time) bool {
	switch {
	case st.State == lead.RejectionWithdrawn:
		return false
	case !st.ReceivedAt.Equal(started):
		p.Same++
	case st.State == lead.StateRejected && st.Code == codeNoLead:
		p.Skipped++
	case st.State == lead.StateRejected:
		p.Rejected++
	case st.State == lead.StateQuarantined:
		p.Quarantined++
	case st.Verdict == lead.VerdictSame || st.Verdict == lead.VerdictJoins:
		p.Joined++
	default:
		p.New++
	}
	return true
}

func add(to, more *lead.ImportProgress) {
	to.New += more.New
	to.Joined += more.Joined
	to.Same += more.Same
	to.Rejected += more.Rejected
	to.Skipped += more.Skipped
	to.Quarantined += more.Quarantined
}

// cancelled waits a moment for the outcomes of what is on the broker. What was on its way may arrive or not: an undo finds it.
func (c *tally) cancelled(ctx context.Context) {
	for b := range c.batches {
		c.queued(b)
	}
	for n, b := range c.queue {
		if <-b.durable; b.err != nil {
			c.queue = c.queue[:n]
			break
		}
	}
	limit, done := context.WithTimeout(context.WithoutCancel(ctx), cancelPatience)
	defer done()
	for limit.Err() == nil {
		if _, err := c.look(limit); err != nil || len(c.queue) == 0 {
			return
		}
		pause(limit, lookSoon)
	}
}

// save keeps how far the import is, when it is time or when what it waits for has changed.
func (c *tally) save(ctx context.Context) {
	words := waitingFor(cmp.Or(c.reader, c.pool))
	same := words == c.savedWords || words != nil && c.savedWords != nil && *words == *c.savedWords
	if same && c.im.now().Sub(c.saved) < saveEvery {
		return
	}
	try, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	if err := c.im.store.SaveImportProgress(try, c.i.ID, c.progress, words); err != nil {
		if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			c.im.log.Debug("the progress of an import is not kept now", "id", c.i.ID, "error", err)
		}
		return
	}
	c.saved, c.savedWords = c.im.now(), words
}
