package hub

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

const (
	thinEvery     = 200 * time.Millisecond // how often it is looked for what is due
	thinPatience  = time.Minute            // of one fetch
	thinMine      = 2 * time.Minute        // how long a fetch is this process's; longer than thinPatience and what follows it
	thinAtOnce    = 4                      // fetches of one source in one process
	thinRetry     = 5 * time.Second        // after the first failure
	thinRetryMost = time.Hour
	// thinAgain is when one that was fetched is looked at again, should nothing have come of it: the stages may be far behind.
	thinAgain   = time.Hour
	countEvery  = 15 * time.Second
	lastFailure = "; the last try failed: "
)

// runThin fetches the rest of thin events that are due, until ctx ends.
func (f *fetching) runThin(ctx context.Context) error {
	busy := map[string]chan struct{}{} // per source, a slot for each fetch
	counted := time.Time{}
	tick := time.NewTicker(thinEvery)
	defer tick.Stop()
	failing := false
	for {
		due, err := f.store.DueFetches(ctx, f.now())
		if err != nil && !failing && ctx.Err() == nil {
			f.log.Warn("it cannot be seen which events wait for the rest of them", "error", err)
		}
		failing = err != nil
		for _, source := range due {
			if busy[source] == nil {
				busy[source] = make(chan struct{}, thinAtOnce)
			}
			select {
			case busy[source] <- struct{}{}:
				go func() {
					defer func() { <-busy[source] }()
					f.fetchDue(ctx, source)
				}()
			default:
			}
		}
		if time.Since(counted) > countEvery {
			counted = time.Now()
			f.countThin(ctx)
		}
		select {
		case <-ctx.Done():
			f.waitThin(busy)
			return nil
		case <-tick.C:
		}
	}
}

// waitThin lets what is under way give its events back.
func (f *fetching) waitThin(busy map[string]chan struct{}) {
	deadline := time.After(5 * time.Second)
	for _, slots := range busy {
		for range thinAtOnce {
			select {
			case slots <- struct{}{}:
			case <-deadline:
				return
			}
		}
	}
}

func (f *fetching) countThin(ctx context.Context) {
	list, err := f.store.Fetchings(ctx)
	if err != nil {
		return
	}
	f.metrics.pending.Reset()
	for _, s := range list {
		f.metrics.pending.WithLabelValues(s.Source).Set(float64(s.Pending))
	}
}

// fetchDue fetches what is due of one source, one after the other.
func (f *fetching) fetchDue(ctx context.Context, source string) {
	for ctx.Err() == nil {
		src := f.configuration.source(ctx, source)
		if src != nil && !src.Enabled {
			return // it waits until somebody switches the source on
		}
		now := f.now()
		t, ok, err := f.store.TakeFetch(ctx, source, now, now.Add(thinMine))
		if err != nil || !ok {
			return // the loop says it when the database is away
		}
		if !f.fetch(ctx, src, &t) {
			return
		}
	}
}

// fetch makes one try, and reports whether the source may be asked again at once.
func (f *fetching) fetch(ctx context.Context, src *openSource, t *sink.Fetch) bool {
	event, err := f.complete(ctx, src, t)
	if err == nil {
		err = f.send(ctx, t, event)
	}
	if ctx.Err() != nil { // the hub ends: it is nobody's fault, and who starts next may have it at once
		f.keepThin(ctx, t.Rejection, f.now())
		return false
	}
	if err == nil {
		f.metrics.fetches.WithLabelValues(t.Rejection.Source, "ok").Inc()
		j := t.Rejection
		j.Message = before(j.Message, lastFailure)
		f.keepThin(ctx, j, f.now().Add(thinAgain))
		return true
	}
	if passes(err) && f.now().Sub(t.Since) < f.keepTrying {
		return f.later(ctx, t, err)
	}
	f.metrics.fetches.WithLabelValues(t.Rejection.Source, "failed").Inc()
	e := told(err)
	f.log.Warn("the rest of an event cannot be fetched", "source", t.Rejection.Source, "id", t.Rejection.ID, "code", e.Code, "tries", t.Tries, "error", unaddressed(err))
	j := t.Rejection
	j.State, j.Code, j.At = lead.RejectionOpen, "fetch_failed", f.now().UTC()
	j.Message, j.Hint = before(j.Message, lastFailure)+"; that failed: "+e.Message, e.Hint
	if j.Hint == "" || e.Code == "vendor_call_failed" {
		j.Hint = "replay it when the cause is mended: it is fetched again then"
	}
	f.keepThin(ctx, j, time.Time{})
	return true
}

// later leaves a thin event pending. A vendor that names a time means all calls of this source, in all processes.
func (f *fetching) later(ctx context.Context, t *sink.Fetch, err error) bool {
	f.metrics.fetches.WithLabelValues(t.Rejection.Source, "later").Inc()
	e := told(err)
	wait := retryIn(err, t.Tries, thinRetry, thinRetryMost)
	limited := e.RetryAfter > 0 || e.Kind == lead.KindLimited
	if limited {
		_ = f.store.PauseFetches(ctx, t.Rejection.Source, f.now().Add(wait)) // without it each event waits by itself
	}
	if t.Tries == 1 {
		f.log.Info("the rest of an event cannot be fetched yet", "source", t.Rejection.Source, "id", t.Rejection.ID, "code", e.Code, "error", unaddressed(err))
	}
	j := t.Rejection
	j.Message = before(j.Message, lastFailure) + lastFailure + e.Message
	f.keepThin(ctx, j, f.now().Add(wait))
	return !limited
}

// keepThin writes what a try came to, also while the hub ends. When that fails the event is due again when thinMine is over.
func (f *fetching) keepThin(ctx context.Context, j lead.Rejection, due time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partPatience)
	defer cancel()
	if err := f.store.SaveFetch(ctx, j, due); err != nil {
		f.log.Warn("what came of a fetch cannot be kept; it is fetched again", "id", j.ID, "error", err)
	}
}

// complete asks the vendor.
func (f *fetching) complete(ctx context.Context, src *openSource, t *sink.Fetch) (connectors.Event, error) {
	var event connectors.Event
	if src == nil { // another process may have made it a moment ago
		if err := f.configuration.refresh(ctx); err != nil {
			return event, lead.Transient("database_away", "the database does not tell which sources there are", 0, err)
		}
		src = f.configuration.current.Load().sources[t.Rejection.Source]
	}
	switch {
	case src == nil:
		return event, lead.Invalid("unknown_source", "the source of this event was removed", "make a source with this key again, then replay")
	case src.err != nil:
		return event, lead.Transient("source_broken", "the source is not set up correctly: "+lead.AsError(src.err).Message, 0, nil)
	case t.Rejection.Raw == nil:
		return event, lead.Invalid("no_bytes", "the bytes of this event are not kept", "replay lead.raw from the time it was received")
	}
	fetcher, ok := src.source.(connectors.Fetcher)
	if !ok {
		return event, lead.Invalid("cannot_fetch", "the channel of this source cannot fetch", "give the source the channel that it had, then replay")
	}
	thin := *t.Rejection.Raw
	thin.Body = t.Rejection.Body
	try, cancel := context.WithTimeout(ctx, thinPatience)
	defer cancel()
	err := safely(f.log, src.Channel, func() (err error) {
		event, err = fetcher.Fetch(try, thin)
		return err
	})
	return event, err
}

// send puts the completed Raw on its way, one attempt on, as a replay does.
func (f *fetching) send(ctx context.Context, t *sink.Fetch, e connectors.Event) error {
	raw := *t.Rejection.Raw
	raw.Body, raw.Fetched = e.Body, true
	raw.Attempt = max(raw.Attempt, t.Rejection.Attempt) + 1
	raw.Signals = append(raw.Signals[:len(raw.Signals):len(raw.Signals)], e.Signals...)
	if e.ContentType != "" {
		raw.ContentType = e.ContentType
	}
	if e.Query != "" {
		raw.Query = e.Query
	}
	if e.Header != nil {
		raw.Header = e.Header
	}
	record, err := f.intake.record(&raw, traceOf(""))
	if err != nil {
		return err
	}
	return f.intake.store(ctx, []stream.Record{record})
}

// passes reports whether a fetch that failed may succeed later. What a connector did not put into words passes when it is the network's.
func passes(err error) bool {
	switch e := lead.AsError(err); e.Kind {
	case lead.KindTransient, lead.KindLimited:
		return true
	case lead.KindInternal:
		var network net.Error
		return e.Code == "internal" && (errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded))
	}
	return false
}

func before(text, mark string) string {
	head, _, _ := strings.Cut(text, mark)
	return head
}
