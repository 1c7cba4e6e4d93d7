package hub

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

const (
	// openBatches bounds the rows that are sent and have no outcome yet, to 10,000: an import must not bury what comes through the
	// door under a day of work.
	openBatches = 20
	// onTheirWay is how many batches are on their way to the broker at once.
	onTheirWay = 4
	// saveEvery is how often it is kept how far an import is.
	saveEvery = time.Second
	// producePatience is how long a batch waits for the broker before people are told.
	producePatience = 5 * time.Second
	// cancelPatience is how long a cancelled import waits for the outcomes of what it has sent.
	cancelPatience = 5 * time.Second
)

// transfer is one run of an import: a reader that sends the rows, and a tally of what becomes of them. The reader stops when too many
// rows have no outcome. Killed at any moment, the next run sends at most again what the broker has, under the same ids.
type transfer struct {
	im     *Importing
	i      lead.Import
	heads  *rawHeads
	again  bool                // rows of this file were sent by another import
	before lead.ImportProgress // as the run began

	tokens  chan struct{}   // one per batch without all outcomes
	way     chan struct{}   // one per batch on its way
	batches chan *sentBatch // in the order of the file

	mu    sync.Mutex
	said  string
	waits chan error // what the reader waits for; nil when it waits no more
}

// sentBatch is some rows. open are those without an outcome.
type sentBatch struct {
	last    int64 // number of its last row
	open    []string
	counts  lead.ImportProgress
	durable chan struct{} // closed when all are on the broker, or when err is set
	err     error
}

func (im *Importing) transfer(ctx context.Context, i lead.Import) (lead.Import, error) {
	t := &transfer{im: im, i: i, before: i.Progress, tokens: make(chan struct{}, openBatches), way: make(chan struct{}, onTheirWay),
		batches: make(chan *sentBatch, openBatches), waits: make(chan error, 1)}
	c := &tally{transfer: t}
	c.progress = i.Progress
	err := t.sentBefore(ctx)
	if err != nil {
		return t.end(ctx, c.progress, err)
	}
	reader, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	reading := make(chan error, 1)
	go func() {
		defer close(t.batches)
		reading <- im.batches(reader, &t.i, func(rows []importedRow) error { return t.take(reader, rows) })
	}()
	if err = c.run(ctx); err != nil {
		stop(err)
	}
	if e := <-reading; err == nil {
		err = e
	}
	if errors.Is(context.Cause(ctx), errCancelled) {
		c.cancelled(ctx)
	}
	if err == nil {
		c.progress.Total, c.progress.Exact = c.progress.Read, true
	}
	return t.end(ctx, c.progress, err)
}

// sentBefore finds out whether another import has sent rows of this file.
func (t *transfer) sentBefore(ctx context.Context) error {
	q := lead.ImportQuery{Source: t.i.Source, SHA256: t.i.SHA256, Limit: 200}
	var page lead.ImportPage
	err := t.im.patiently(ctx, ctx, t.waiting, func(ctx context.Context) (err error) {
		page, err = t.im.store.Imports(ctx, q)
		return err
	})
	t.again = slices.ContainsFunc(page.Items, func(i lead.Import) bool { return i.ID != t.i.ID && i.Started != nil }) || page.Next != ""
	return err
}

// end brings the import to rest, unless the hub ends: then the next start goes on.
func (t *transfer) end(ctx context.Context, p lead.ImportProgress, err error) (lead.Import, error) {
	cause := context.Cause(ctx)
	if cause != nil && !errors.Is(cause, errCancelled) {
		return t.i, cause
	}
	return t.im.finish(ctx, t.i.ID, func(i *lead.Import) {
		ended := t.im.now().UTC()
		i.Progress, i.Ended, i.State = p, &ended, lead.ImportDone
		switch {
		case cause != nil:
			i.State = lead.ImportCancelled
		case err != nil:
			e := lead.AsError(err)
			i.State, i.Error = lead.ImportFailed, &lead.ImportError{Code: e.Code, Message: e.Message, Hint: e.Hint}
		}
	})
}

// take sends a batch of rows, unless an earlier run did. It waits while too many are open.
func (t *transfer) take(ctx context.Context, rows []importedRow) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b := &sentBatch{last: rows[len(rows)-1].number, durable: make(chan struct{})}
	if b.last <= t.before.Settled() {
		return nil
	}
	rows = slices.DeleteFunc(rows, func(r importedRow) bool { return r.number <= t.before.Settled() })
	for _, r := range rows {
		b.open = append(b.open, r.id)
	}
	select {
	case t.tokens <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	fresh := slices.DeleteFunc(rows, func(r importedRow) bool { return r.number <= t.before.Sent })
	var attempts map[string]int
	var err error
	if t.again {
		if fresh, attempts, err = t.unknown(ctx, fresh); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		close(b.durable)
	} else if err := t.send(ctx, b, fresh, attempts); err != nil {
		return err
	}
	t.batches <- b // it has room for every token
	return nil
}

// unknown leaves out the rows that an import of the same file brought. What was taken back is sent as a further attempt, or its
// rejection would count as the one that was withdrawn.
func (t *transfer) unknown(ctx context.Context, rows []importedRow) ([]importedRow, map[string]int, error) {
	ids := make([]string, len(rows))
	for n, r := range rows {
		ids[n] = r.id
	}
	var known map[string]lead.RowStatus
	err := t.im.patiently(ctx, ctx, t.waiting, func(ctx context.Context) (err error) {
		known, err = t.im.store.Statuses(ctx, ids)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	t.waiting(nil)
	attempts := map[string]int{}
	rows = slices.DeleteFunc(rows, func(r importedRow) bool {
		st, ok := known[r.id]
		if ok && st.State == lead.RejectionWithdrawn {
			attempts[r.id] = st.Attempt + 1
			return false
		}
		return ok
	})
	return rows, attempts, nil
}

// send makes a batch durable, however long the broker is away.
func (t *transfer) send(ctx context.Context, b *sentBatch, rows []importedRow, attempts map[string]int) error {
	if t.heads == nil {
		src := t.im.configuration.source(ctx, t.i.Source)
		if src == nil {
			return lead.Invalid("unknown_source", "the source of this import was removed", "make a source with this key again, then start the import again")
		}
		var err error
		if t.heads, err = newRawHeads(t.im.names, &t.i, src.Channel, rows[0].Event.ContentType); err != nil {
			return err
		}
	}
	records, err := t.heads.records(rows, attempts)
	if err != nil {
		return err
	}
	select {
	case t.way <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	go func() {
		defer func() { <-t.way; close(b.durable) }()
		b.err = t.produce(ctx, records)
	}()
	return nil
}

func (t *transfer) produce(ctx context.Context, records []stream.Record) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		try, cancel := context.WithTimeout(ctx, producePatience)
		err := t.im.stream.Produce(try, records...)
		cancel()
		switch {
		case err == nil:
			t.im.metrics.received.WithLabelValues(t.i.Source).Add(float64(len(records)))
			t.waiting(nil)
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, stream.ErrTooLarge):
			return lead.Invalid("row_too_large", "a row is larger than the broker takes", "shorten its texts and upload the file again")
		}
		t.waiting(lead.Transient("broker_away", "the broker did not take the rows", 0, err))
		pause(ctx, wait)
	}
}

// waiting tells the tally what the reader waits for, nil when it waits no more. The latest word counts.
func (t *transfer) waiting(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := ""
	if err != nil {
		said = lead.AsError(err).Code
	}
	if said == t.said {
		return
	}
	t.said = said
	select {
	case <-t.waits: // nobody has heard it, and it is not true any more
	default:
	}
	t.waits <- err
}

// waitingFor is what people are told.
func waitingFor(err error) *lead.Text {
	switch e := lead.AsError(err); {
	case e == nil:
		return nil
	case e.Code == "broker_away":
		return &lead.Text{EN: "The broker does not answer. The import goes on by itself when it is back.", ZH: "消息队列暂时不可用，恢复后会自动继续。"}
	default:
		return &lead.Text{EN: "The lead pool does not answer. The import goes on by itself when it is back.", ZH: "线索池暂时不可用，恢复后会自动继续。"}
	}
}
