package hub

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

const (
	leaseFor  = 5 * time.Second        // a process that died is replaced after this
	leaseBeat = time.Second            // how often leases are held on to, and taken
	glance    = 100 * time.Millisecond // how often the configuration is looked at
	leasePoll = "source/"              // before the key of a source: who polls it and listens to it
)

// Ways as the metric brought_total has them.
const (
	broughtPoll   = "poll"
	broughtGap    = "gap"
	broughtListen = "listen"
)

// fetching asks vendors for what they do not push. Which process polls or listens to a source is a lease in the pool: with the database away
// nobody does, and pushes go on.
type fetching struct {
	intake        *Intake
	store         sink.FetchStore
	ledger        sink.Ledger
	configuration *Configuration
	names         names
	stream        *stream.Client
	now           func() time.Time
	log           *slog.Logger
	metrics       *metrics
	holder        string        // this process
	grace         time.Duration // in which a push that is under way shows in the pool
	keepTrying    time.Duration // with a thin event

	runs map[string]*sourceRun // by source; the supervisor's alone
	last time.Time             // when leases were held on to
}

func newFetching(h *Hub) *fetching {
	return &fetching{intake: h.intake, store: h.cfg.Store, ledger: h.cfg.Store, configuration: h.configuration, names: h.names, stream: h.cfg.Stream, now: h.cfg.Now,
		log: h.cfg.Logger.With("stage", "fetch"), metrics: h.metrics, holder: rand.Text(), grace: 30 * time.Second, keepTrying: 3 * 24 * time.Hour,
		runs: map[string]*sourceRun{}}
}

// run keeps a sourceRun going for every source that this process holds the lease of, until ctx ends.
func (f *fetching) run(ctx context.Context) error {
	defer f.end()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var seen, tidied *snapshot
	var beat time.Time
	for {
		snap := f.configuration.current.Load()
		if snap != seen || time.Since(beat) >= leaseBeat {
			seen, beat = snap, time.Now()
			f.look(ctx, snap)
			if snap != tidied && f.forget(ctx) == nil {
				tidied = snap
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look brings what runs in line with the configuration and with the leases that this process has.
func (f *fetching) look(ctx context.Context, snap *snapshot) {
	wanted := map[string]*openSource{}
	for key, src := range snap.sources {
		if asked(src) {
			wanted[key] = src
		}
	}
	for key, run := range f.runs {
		switch {
		case run.ended():
			delete(f.runs, key)
			if wanted[key] == nil {
				_ = f.store.DropLeases(ctx, f.holder, leasePoll+key) // else it ends by itself
			}
			f.metrics.pollAge.DeleteLabelValues(key)
		case wanted[key] != run.src:
			run.cancel() // its lease is kept until it has ended
		}
	}
	names := make([]string, 0, len(wanted))
	for key := range wanted {
		names = append(names, leasePoll+key)
	}
	for key := range f.runs {
		if wanted[key] == nil {
			names = append(names, leasePoll+key)
		}
	}
	if len(names) == 0 {
		return
	}
	before := time.Now()
	try, cancel := context.WithTimeout(ctx, partPatience)
	held, err := f.store.HoldLeases(try, f.holder, names, leaseFor)
	cancel()
	if err != nil {
		if before.Sub(f.last) > leaseFor-leaseBeat { // another process may have them any moment now
			held = nil
		} else {
			return
		}
	} else {
		f.last = before
	}
	for key, run := range f.runs {
		if l, ok := held[leasePoll+key]; !ok || l != run.lease {
			run.cancel()
		}
	}
	for key, src := range wanted {
		if l, ok := held[leasePoll+key]; ok && f.runs[key] == nil {
			f.runs[key] = f.start(ctx, src, l)
		}
	}
}

// forget drops what is kept of sources that are gone, as the database has them now.
func (f *fetching) forget(ctx context.Context) error {
	if err := f.configuration.refresh(ctx); err != nil {
		return err
	}
	var keep []string
	for key := range f.configuration.current.Load().sources {
		keep = append(keep, key)
	}
	return f.store.ForgetFetching(ctx, keep)
}

// end waits for what runs, for a while, and lets other processes go on at once.
func (f *fetching) end() {
	deadline := time.After(5 * time.Second)
	for _, run := range f.runs {
		run.cancel()
	}
	for key, run := range f.runs {
		select {
		case <-run.done:
			delete(f.runs, key)
		case <-deadline:
			return // it may still be at work: the leases end by themselves
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = f.store.DropLeases(ctx, f.holder) // with the database away they end by themselves
}

// asked reports whether the hub goes and gets what a source has.
func asked(src *openSource) bool {
	if src == nil || !src.Enabled || src.err != nil {
		return false
	}
	_, polls := src.source.(connectors.Poller)
	_, listens := src.source.(connectors.Listener)
	return polls || listens
}

// sourceRun polls a source and listens to it, for as long as this process has its lease and its settings stay.
type sourceRun struct {
	*fetching
	src    *openSource
	lease  sink.Lease
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	kept  sink.Polled
	dirty bool // the report is newer than what is in the pool
}

func (f *fetching) start(ctx context.Context, src *openSource, l sink.Lease) *sourceRun {
	ctx, cancel := context.WithCancel(ctx)
	r := &sourceRun{fetching: f, src: src, lease: l, log: f.log.With("source", src.Key), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer cancel()
		r.serve(ctx)
	}()
	return r
}

func (r *sourceRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *sourceRun) serve(ctx context.Context) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		kept, err := r.store.Polled(ctx, r.src.Key)
		if err == nil {
			r.kept = kept
			break
		}
		if pause(ctx, wait); ctx.Err() != nil {
			return
		}
	}
	if r.kept.Channel != r.src.Channel && r.kept.Channel != "" { // the cursor is another vendor's
		r.kept = sink.Polled{Source: r.src.Key}
	}
	r.kept.Channel = r.src.Channel
	var working sync.WaitGroup
	if p, ok := r.src.source.(connectors.Poller); ok {
		working.Go(func() { r.poll(ctx, p) })
	}
	if l, ok := r.src.source.(connectors.Listener); ok {
		working.Go(func() { r.listen(ctx, l) })
	}
	working.Wait()
}

// note changes what is kept and writes it under the lease. What fn did stays in memory when that fails, so that it is written the next time; the
// cursor alone goes back.
func (r *sourceRun) note(ctx context.Context, fn func(*sink.Polled)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	cursor := r.kept.Cursor
	fn(&r.kept)
	err := r.store.SavePolled(ctx, r.lease, r.kept)
	if err != nil {
		r.kept.Cursor, r.dirty = cursor, true
	} else {
		r.dirty = false
	}
	return err
}

func (r *sourceRun) cursor() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.Cursor
}

// safely calls a connector. One that panics has a bug; the process and all other sources go on.
func safely(log *slog.Logger, channel string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold what the vendor sent.
			log.Error("a connector panicked", "channel", channel, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = &lead.Error{Kind: lead.KindInternal, Code: "connector_failed", Message: fmt.Sprintf("the %s connector failed", channel),
				Hint: "report it with the hub's log; it is tried again"}
		}
	}()
	return call()
}

// told is an error as people may see it: one that a connector did not put into words is the network's, or a bug.
func told(err error) *lead.Error {
	e := *lead.AsError(err)
	if e.Kind == lead.KindInternal && e.Code == "internal" {
		e.Code, e.Message, e.Hint = "vendor_call_failed", "the call of the vendor failed", "the hub's log has the cause; it is tried again"
	}
	return &e
}

const (
	retryFirst = 2 * time.Second
	retryLast  = 5 * time.Minute
	retryMost  = 24 * time.Hour // the longest that a vendor can make the hub wait
)

// retryIn is the wait after a number of failures in a row: what the vendor asks for, else exponential up to most, with jitter, so that not all come back
// at once.
func retryIn(err error, failures int, first, most time.Duration) time.Duration {
	if e := lead.AsError(err); e.RetryAfter > 0 {
		return min(e.RetryAfter, retryMost) + mathrand.N(min(e.RetryAfter, time.Minute)/10+1)
	}
	d := first << min(max(failures-1, 0), 20)
	if d > most || d <= 0 {
		d = most
	}
	return d - d/5 + mathrand.N(2*d/5+1)
}

// pollEvery is how long a poller waits when there is nothing new.
func (c *Configuration) pollEvery(s lead.Source) time.Duration {
	spec := c.channels[s.Channel].Spec()
	if settings, err := spec.Check(s); err == nil {
		if n := settings.Int("poll_seconds"); n > 0 {
			return time.Duration(n) * time.Second
		}
	}
	if spec.PollEvery > 0 {
		return spec.PollEvery
	}
	return time.Minute
}

// Fetching tells how the hub's own asking of its sources goes, in the order of the configuration.
func (h *Hub) Fetching(ctx context.Context) ([]lead.Fetching, error) {
	kept, err := h.cfg.Store.Fetchings(ctx)
	if err != nil {
		return nil, err
	}
	by := make(map[string]lead.Fetching, len(kept))
	for _, k := range kept {
		by[k.Source] = k
	}
	out := []lead.Fetching{}
	snap := h.configuration.current.Load()
	for _, s := range snap.config.Sources {
		src := snap.sources[s.Key]
		f := by[s.Key]
		f.Source, f.Ways = s.Key, ways(src)
		if f.Tokens == nil {
			f.Tokens = []lead.TokenHealth{}
		}
		out = append(out, f)
	}
	return out, nil
}

func ways(src *openSource) []string {
	out := []string{}
	if src == nil || src.source == nil {
		return out
	}
	if _, ok := src.source.(connectors.Receiver); ok {
		out = append(out, lead.WayPush)
	}
	if _, ok := src.source.(connectors.Poller); ok {
		out = append(out, lead.WayPoll)
	}
	if _, ok := src.source.(connectors.Listener); ok {
		out = append(out, lead.WayListen)
	}
	if _, ok := src.source.(connectors.Fetcher); ok {
		out = append(out, lead.WayFetch)
	}
	return out
}
