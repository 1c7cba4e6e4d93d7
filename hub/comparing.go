package hub

import (
	"context"
	"errors"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

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
