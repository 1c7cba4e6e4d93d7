package hub

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

const (
	listenedLong = time.Minute     // a connection that held for this was a good one
	reportEvery  = 2 * time.Second // how often the report of a busy connection is kept
)

// listen holds the connection of a source until ctx ends, and opens it again when it breaks.
func (r *sourceRun) listen(ctx context.Context, l connectors.Listener) {
	go r.reportListening(ctx)
	failures := 0
	for ctx.Err() == nil {
		opened := r.now().UTC()
		r.reportListen(ctx, func(rep *lead.ListenReport) { rep.Since = &opened })
		before := r.listened()
		began := time.Now()
		err := safely(r.log, r.src.Channel, func() error {
			return l.Listen(ctx, func(d connectors.Delivery) error { return r.heard(ctx, d) })
		})
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			err = lead.Transient("connection_ended", "the vendor ended the connection", 0, nil)
		}
		if r.listened() > before || time.Since(began) > listenedLong {
			failures = 0
		}
		failures++
		wait := retryIn(err, failures, retryFirst, retryLast)
		e := told(err)
		if failures == 1 {
			r.log.Warn("a connection ended; it is opened again", "code", e.Code, "in", wait.Round(time.Millisecond), "error", unaddressed(err))
		}
		now := r.now().UTC()
		r.reportListen(ctx, func(rep *lead.ListenReport) { rep.Since, rep.Trouble = nil, lead.TroubleOf(rep.Trouble, e, now) })
		pause(ctx, wait)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r.reportListen(last, func(rep *lead.ListenReport) { rep.Since = nil }) // unless another process has the lease
}

// heard makes a delivery durable. A process that lost the lease takes nothing more: the vendor sends it again to who has it.
func (r *sourceRun) heard(ctx context.Context, d connectors.Delivery) error {
	if ctx.Err() != nil {
		return lead.Transient("lease_over", "this process no longer listens to the source", 0, ctx.Err())
	}
	list := make([]arrival, len(d.Events))
	now := r.now()
	for i := range d.Events {
		list[i] = arrival{r.intake.newID(r.src.Key, d.Events[i].ID, now), &d.Events[i]}
	}
	if err := r.intake.bring(ctx, r.src, list, broughtListen); err != nil {
		return err
	}
	if len(list) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		at := now.UTC()
		rep := listenReport(&r.kept)
		rep.Last, rep.Trouble = &at, nil
		rep.Brought += int64(len(list))
		r.kept.Report.Listen, r.dirty = &rep, true
	}
	return nil
}

func (r *sourceRun) listened() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return listenReport(&r.kept).Brought
}

func listenReport(k *sink.Polled) lead.ListenReport {
	if k.Report.Listen == nil {
		return lead.ListenReport{}
	}
	return *k.Report.Listen
}

func (r *sourceRun) reportListen(ctx context.Context, fn func(*lead.ListenReport)) {
	_ = r.note(ctx, func(k *sink.Polled) { // with the database away it is written the next time
		rep := listenReport(k)
		fn(&rep)
		k.Report.Listen = &rep
	})
}

// reportListening keeps the report of a connection that is busy, not for every event.
func (r *sourceRun) reportListening(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.mu.Lock()
		dirty := r.dirty
		r.mu.Unlock()
		if dirty {
			_ = r.note(ctx, func(*sink.Polled) {})
		}
	}
}
