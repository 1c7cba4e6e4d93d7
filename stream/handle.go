package stream

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
)

// IsTransient says whether err is of a kind that passes by itself whatever the
// records are: a context that ended, the network, a broker that is away. A bare
// io.EOF is not, for a parser says it of a payload that was cut short.
func IsTransient(err error) bool {
	var network net.Error
	var errno syscall.Errno
	var broker kafka.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, net.ErrClosed), errors.Is(err, ErrClosed):
		return true
	case errors.As(err, &broker): // before net.Error, which kafka.Error happens to implement
		return broker.Temporary() || broker.Timeout()
	case errors.As(err, &network), errors.As(err, &errno):
		return true
	}
	return false
}

func (p *partition) transient(err error) bool {
	if errors.Is(err, ErrPoison) {
		return false
	}
	t := p.member.cfg.Transient
	return IsTransient(err) || t != nil && t(err)
}

// handle brings the batch through the handler, whatever it takes, and reports
// whether it did: false only when ctx ended first.
func (p *partition) handle(ctx, work context.Context, batch []Record) bool {
	p.busy.Store(true)
	defer p.busy.Store(false)
	if len(batch) > 1 && p.attempt(ctx, work, batch, p.member.cfg.PoisonAfter) {
		return true
	}
	return ctx.Err() == nil && p.isolate(ctx, work, batch)
}

// attempt calls the handler until it succeeds and notes the progress. It gives up,
// returning false, when ctx ends, or when the batch failed tries times for a
// reason that lies in it; only with a Poison function is there such a limit.
func (p *partition) attempt(ctx, work context.Context, batch []Record, tries int) bool {
	_, ok := p.try(ctx, work, batch, tries)
	return ok
}

func (p *partition) try(ctx, work context.Context, batch []Record, tries int) (error, bool) {
	m := p.member
	pause := newPause()
	for failed := 0; ; {
		err := m.handler(work, batch)
		if err == nil {
			pause.ok(p.log)
			m.client.stats.consumed.Add(int64(len(batch)))
			p.advance(batch[len(batch)-1].Offset + 1)
			return nil, true
		}
		if ctx.Err() != nil {
			return err, false
		}
		m.client.stats.retries.Add(1)
		if m.cfg.Poison != nil && !p.transient(err) {
			if failed++; failed >= tries || errors.Is(err, ErrPoison) {
				return err, false
			}
		}
		if !pause.fail(ctx, p.log, "handler failed, its records stay", err) {
			return err, false
		}
	}
}

// isolate splits a batch that keeps failing until the record that fails is
// alone, hands that one to Poison and the others to the handler, in order.
func (p *partition) isolate(ctx, work context.Context, batch []Record) bool {
	if len(batch) == 1 {
		err, ok := p.try(ctx, work, batch, p.member.cfg.PoisonAfter)
		return ok || ctx.Err() == nil && p.poison(ctx, work, batch[0], err)
	}
	half := len(batch) / 2
	for _, part := range [][]Record{batch[:half], batch[half:]} {
		ok := len(part) > 1 && p.attempt(ctx, work, part, 1)
		if !ok && (ctx.Err() != nil || !p.isolate(ctx, work, part)) {
			return false
		}
	}
	return true
}

func (p *partition) poison(ctx, work context.Context, r Record, cause error) bool {
	p.log.Warn("record cannot be handled, setting it aside", "offset", r.Offset, "error", cause)
	pause := newPause()
	for {
		err := p.member.cfg.Poison(work, r, cause)
		if err == nil {
			p.member.client.stats.poisoned.Add(1)
			p.advance(r.Offset + 1)
			return true
		}
		if ctx.Err() != nil || !pause.fail(ctx, p.log, "record could not be set aside, trying again", err) {
			return false
		}
	}
}

// pause is what lies between attempts: 20 ms growing to 1 s, and one line in the
// log when a failure begins and when it is over, not one for each attempt.
type pause struct {
	backoff *backoff.ExponentialBackOff
	since   time.Time
}

func newPause() *pause { return &pause{} }

func (p *pause) fail(ctx context.Context, log *slog.Logger, what string, err error) bool {
	if p.since.IsZero() {
		p.since = time.Now()
		p.backoff = backoff.NewExponentialBackOff(backoff.WithInitialInterval(20*time.Millisecond),
			backoff.WithMaxInterval(time.Second), backoff.WithMaxElapsedTime(0))
		log.Warn(what, "error", err)
	}
	return sleep(ctx, p.backoff.NextBackOff())
}

func (p *pause) ok(log *slog.Logger) {
	if !p.since.IsZero() {
		log.Info("working again", "after", time.Since(p.since).Round(time.Millisecond))
		p.since = time.Time{}
	}
}
