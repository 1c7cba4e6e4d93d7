package hub

import (
	"context"
	"errors"
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

// Bounds of what a comparison holds back before it looks again.
const (
	suspectsAtOnce = 2000
	suspectBytes   = 32 << 20
)

// suspects are events that a list has and the pool does not know: missed, or on their way.
type suspects struct {
	list  []arrival
	bytes int
	ids   map[string]bool
}

// compare asks a source that is pushed to for its list, page by page, and brings what no push has brought. What the pool does not know may be on its
// way: it is looked for again after a grace, and counts as missing only then. The cursor is kept behind what is known or durable.
func (r *sourceRun) compare(ctx context.Context, p connectors.Poller, known *recent, every time.Duration) (more bool, err error) {
	var s suspects
	seen, cursor := 0, r.cursor()
	for more = true; more && len(s.list) < suspectsAtOnce && s.bytes < suspectBytes; {
		var events []arrival
		var next string
		if events, next, err = r.ask(ctx, p, cursor); err != nil {
			break // what was found so far is settled first
		}
		fresh := known.without(events)
		fresh = s.without(fresh)
		unknown, err := r.unknown(ctx, fresh)
		if err != nil {
			return false, err
		}
		known.add(without(fresh, unknown))
		s.add(unknown)
		seen += len(events)
		more = next != cursor && len(fresh) > 0
		cursor = next
		if len(s.list) == 0 && more {
			if err := r.advance(ctx, cursor, 0, more, every); err != nil {
				return false, err
			}
		}
	}
	if cursor == r.cursor() && err != nil {
		return false, err
	}
	missing, settleErr := r.settle(ctx, s.list, known)
	if settleErr != nil {
		return false, errors.Join(settleErr, err)
	}
	r.compared(seen, missing)
	if keepErr := r.advance(ctx, cursor, missing, more, every); keepErr != nil {
		return false, keepErr
	}
	return more, err
}

func (s *suspects) without(list []arrival) []arrival {
	out := make([]arrival, 0, len(list))
	for _, a := range list {
		if !s.ids[a.id] {
			out = append(out, a)
		}
	}
	return out
}

func (s *suspects) add(list []arrival) {
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	for _, a := range list {
		s.list = append(s.list, a)
		s.ids[a.id] = true
		s.bytes += len(a.event.Body)
	}
}

func without(list, some []arrival) []arrival {
	drop := suspects{}
	drop.add(some)
	return drop.without(list)
}

// unknown are those of which the pool has nothing.
func (r *sourceRun) unknown(ctx context.Context, list []arrival) ([]arrival, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = a.id
	}
	found, err := r.ledger.Outcomes(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []arrival
	for _, a := range list {
		if _, ok := found[a.id]; !ok {
			out = append(out, a)
		}
	}
	return out, nil
}

// settle looks again after the grace, and brings what is still unknown. Should one be on its way after all, it is there once nevertheless: the id is
// the same.
func (r *sourceRun) settle(ctx context.Context, list []arrival, known *recent) (missing int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	if pause(ctx, r.grace); ctx.Err() != nil {
		return 0, ctx.Err()
	}
	gap, err := r.unknown(ctx, list)
	if err != nil {
		return 0, err
	}
	if err := r.intake.bring(ctx, r.src, gap, broughtGap); err != nil {
		return 0, err
	}
	known.add(list)
	if len(gap) > 0 {
		r.metrics.missed.WithLabelValues(r.src.Key).Add(float64(len(gap)))
		r.log.Warn("pushes had missed events; a poll brought them", "events", len(gap), "looked_at", len(list))
	}
	return len(gap), nil
}

// compared adds a comparison to the report, which is kept with the cursor.
func (r *sourceRun) compared(seen, missing int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now().UTC()
	g := lead.GapReport{Since: now}
	if r.kept.Report.Gap != nil {
		g = *r.kept.Report.Gap
	}
	g.Last, g.LastSeen, g.LastMissing, g.LastFetched = &now, int64(seen), int64(missing), int64(missing)
	g.Seen, g.Missing, g.Fetched = g.Seen+int64(seen), g.Missing+int64(missing), g.Fetched+int64(missing)
	if missing > 0 {
		g.Found = &now
	}
	r.kept.Report.Gap = &g
}
