package hub

import (
	"context"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// recordWithin bounds one transaction of the pool: longer, and something is stuck.
const recordWithin = 30 * time.Second

// combiner records what the partitions of a topic bring at the same time in one transaction. One by one they would wait for each other's
// locks and pay for a sync of the disk each.
type combiner struct {
	record func(context.Context, []sink.Item) (sink.Result, error)

	mu      sync.Mutex
	waiting []*part
	busy    bool
}

// part is what one partition brought.
type part struct {
	items  []sink.Item
	result sink.Result
	err    error
	done   chan struct{}
}

// Record returns when items are recorded, as sink.Sink.Record does. The results of all callers add up to what was recorded.
func (c *combiner) Record(ctx context.Context, items []sink.Item) (sink.Result, error) {
	p := &part{items: items, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	if !c.busy {
		c.busy = true
		go c.run(context.WithoutCancel(ctx)) // it works for others as well
	}
	c.mu.Unlock()
	select {
	case <-p.done:
		return p.result, p.err
	case <-ctx.Done():
		return sink.Result{}, ctx.Err() // recorded or not: it is delivered again, and changes nothing then
	}
}

func (c *combiner) run(ctx context.Context) {
	for {
		c.mu.Lock()
		parts := c.waiting
		c.waiting = nil
		c.busy = len(parts) > 0
		c.mu.Unlock()
		if len(parts) == 0 {
			return
		}
		c.flush(ctx, parts)
	}
}

// flush records all parts together. When that fails for a reason that lies in one of them, each stands for itself.
func (c *combiner) flush(ctx context.Context, parts []*part) {
	var items []sink.Item
	for _, p := range parts {
		items = append(items, p.items...)
	}
	result, err := c.recordOnce(ctx, items)
	if err == nil {
		parts[0].result = result
	}
	for _, p := range parts {
		if p.err = err; err != nil && len(parts) > 1 && !lead.IsTransient(err) {
			p.result, p.err = c.recordOnce(ctx, p.items)
		}
		close(p.done)
	}
}

func (c *combiner) recordOnce(ctx context.Context, items []sink.Item) (sink.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	return c.record(ctx, items)
}
