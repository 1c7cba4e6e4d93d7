package hub

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// pollPatience bounds one poll, whatever the connector waits for.
const pollPatience = 2 * time.Minute

// poll asks a source until ctx ends.
func (r *sourceRun) poll(ctx context.Context, p connectors.Poller) {
	_, pushed := r.src.source.(connectors.Receiver)
	every := r.configuration.pollEvery(r.src.Source)
	known := newRecent()
	failures := 0
	for ctx.Err() == nil {
		var more bool
		var err error
		if pushed {
			more, err = r.compare(ctx, p, known, every)
		} else {
			more, err = r.pollOnce(ctx, p, known, every)
		}
		if ctx.Err() != nil {
			return
		}
		r.age()
		wait := every
		if err != nil {
			failures++
			wait = retryIn(err, failures, min(every, retryFirst), retryLast)
			r.polledBadly(ctx, err, failures, wait)
		} else {
			failures = 0
			r.metrics.polls.WithLabelValues(r.src.Key, "ok").Inc()
			if more {
				continue
			}
		}
		r.rest(ctx, wait)
	}
}

// rest waits, and says in the metrics how old what the hub knows is getting.
func (r *sourceRun) rest(ctx context.Context, wait time.Duration) {
	end := time.Now().Add(wait)
	for left := wait; left > 0 && ctx.Err() == nil; left = time.Until(end) {
		pause(ctx, min(left, 10*time.Second))
		r.age()
	}
}

func (r *sourceRun) age() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.kept.Report.Poll; p != nil && p.Success != nil {
		r.metrics.pollAge.WithLabelValues(r.src.Key).Set(max(r.now().Sub(*p.Success), 0).Seconds())
	}
}

// ask calls the connector for the page after a cursor.
func (r *sourceRun) ask(ctx context.Context, p connectors.Poller, cursor string) (events []arrival, next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	var d connectors.Delivery
	err = safely(r.log, r.src.Channel, func() (err error) {
		d, next, err = p.Poll(ctx, cursor)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return r.intake.listed(r.src.Key, d.Events), next, nil
}

// pollOnce asks for one page, makes its events durable, and only then keeps the cursor. It reports whether there may be more. A list that overlaps
// brings the same events again and again: those that this process brought a moment ago are left out, and a page of nothing else is no reason to ask
// again at once.
func (r *sourceRun) pollOnce(ctx context.Context, p connectors.Poller, known *recent, every time.Duration) (more bool, err error) {
	cursor := r.cursor()
	events, next, err := r.ask(ctx, p, cursor)
	if err != nil {
		return false, err
	}
	fresh := known.without(events)
	if err := r.intake.bring(ctx, r.src, fresh, broughtPoll); err != nil {
		return false, err
	}
	known.add(fresh)
	more = next != cursor && len(fresh) > 0
	return more, r.advance(ctx, next, len(fresh), more, every)
}

// advance keeps the cursor behind what is durable. Nothing else may: a cursor that is ahead loses what lies between.
func (r *sourceRun) advance(ctx context.Context, next string, brought int, more bool, every time.Duration) error {
	now := r.now().UTC()
	return r.note(ctx, func(k *sink.Polled) {
		if k.Report.Poll == nil {
			k.Report.Poll = &lead.PollReport{}
		}
		p := *k.Report.Poll
		p.Last, p.Success, p.Trouble = &now, &now, nil
		p.Brought += int64(brought)
		if p.Next = nil; !more {
			then := now.Add(every)
			p.Next = &then
		}
		if next != k.Cursor || p.Moved == nil {
			p.Moved = &now
		}
		k.Cursor, k.Report.Poll = next, &p
	})
}

// polledBadly says so on the source, in the metrics, and once in the log.
func (r *sourceRun) polledBadly(ctx context.Context, err error, failures int, wait time.Duration) {
	r.metrics.polls.WithLabelValues(r.src.Key, "error").Inc()
	e := told(err)
	if e.Code == sink.LeaseLost {
		return // the supervisor ends this run
	}
	if failures == 1 {
		r.log.Warn("a poll failed; it is tried again", "code", e.Code, "in", wait.Round(time.Millisecond), "error", unaddressed(err))
	}
	now := r.now().UTC()
	then := now.Add(wait)
	_ = r.note(ctx, func(k *sink.Polled) { // with the database away it is written the next time
		p := lead.PollReport{}
		if k.Report.Poll != nil {
			p = *k.Report.Poll
		}
		p.Last, p.Next, p.Trouble = &now, &then, lead.TroubleOf(p.Trouble, e, now)
		k.Report.Poll = &p
	})
}

// recently is how many ids a process remembers per source.
const recently = 20_000

// recent is the ids that came last.
type recent struct {
	have map[string]bool
	ring []string
	at   int
}

func newRecent() *recent { return &recent{have: map[string]bool{}} }

func (s *recent) without(list []arrival) []arrival {
	out := make([]arrival, 0, len(list))
	for _, a := range list {
		if !s.have[a.id] {
			out = append(out, a)
		}
	}
	return out
}

func (s *recent) add(list []arrival) {
	for _, a := range list {
		switch {
		case s.have[a.id]:
			continue
		case len(s.ring) < recently:
			s.ring = append(s.ring, a.id)
		default:
			delete(s.have, s.ring[s.at])
			s.ring[s.at] = a.id
			s.at = (s.at + 1) % recently
		}
		s.have[a.id] = true
	}
}
