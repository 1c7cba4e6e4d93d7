package hub

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

const auditBatch = 2000

// Audit counts both sides of the promise: every Raw on the broker, and what became of it in the pool. What has neither a touch nor a rejection
// is pending while a stage has a backlog, and missing when none has.
func (h *Hub) Audit(ctx context.Context) (lead.Audit, error) {
	a := lead.Audit{Missing: []string{}, Duplicated: []string{}}
	seen := map[[16]byte]bool{} // digests: a week of ids must fit into memory
	var open, batch []string
	look := func() error {
		left, err := h.outcomes(ctx, batch, &a)
		open = append(open, left...)
		batch = batch[:0]
		return err
	}
	err := h.cfg.Stream.Scan(ctx, h.names.raw, stream.ScanFrom{}, func(r stream.Record) error {
		raw, _ := rawOf(r)
		sum := sha256.Sum256([]byte(raw.ID))
		if key := [16]byte(sum[:16]); seen[key] {
			return nil
		} else {
			seen[key] = true
		}
		a.Accepted++
		if batch = append(batch, raw.ID); len(batch) >= auditBatch {
			return look()
		}
		return nil
	})
	if err == nil {
		err = look()
	}
	if err != nil || len(open) == 0 {
		return a, err
	}
	err = h.auditOpen(ctx, open, &a)
	return a, err
}

// auditOpen looks again at what had no outcome: it may have got one since. Only when no stage has a backlog, before a look that still finds
// nothing, is it missing.
func (h *Hub) auditOpen(ctx context.Context, open []string, a *lead.Audit) error {
	settled, err := h.settled(ctx)
	if err != nil {
		return err
	}
	var left []string
	for part := range slices.Chunk(open, auditBatch) {
		l, err := h.outcomes(ctx, part, a)
		if err != nil {
			return err
		}
		left = append(left, l...)
	}
	if settled {
		a.Missing = append(a.Missing, left...)
		slices.Sort(a.Missing)
		return nil
	}
	a.Pending = int64(len(left))
	return nil
}

// settled waits a moment for the stages to catch up, and reports whether they have.
func (h *Hub) settled(ctx context.Context) (bool, error) {
	for range 20 {
		lag, err := h.backlog(ctx)
		if err != nil || lag == 0 {
			return err == nil, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false, nil
}

func (h *Hub) backlog(ctx context.Context) (int64, error) {
	var sum int64
	for _, s := range [][2]string{{h.names.groupNormalize, h.names.raw}, {h.names.groupSink, h.names.submissions},
		{h.names.groupRejections, h.names.rejected}} {
		lag, err := h.cfg.Stream.Lag(ctx, s[0], s[1])
		if err != nil {
			return 0, lead.Transient("broker_away", "the broker does not tell how far the stages are", retryAfter, err)
		}
		sum += lag[s[1]]
	}
	return sum, nil
}

// outcomes adds up what became of some Raws and returns those of which nothing did yet.
func (h *Hub) outcomes(ctx context.Context, ids []string, a *lead.Audit) (open []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := h.cfg.Store.Outcomes(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		switch o, ok := found[id]; {
		case !ok:
			open = append(open, id)
		case o.Touches > 0:
			a.Touched++
		default:
			a.Rejected++
		}
		if found[id].Both > 0 {
			a.Duplicated = append(a.Duplicated, id)
		}
	}
	return open, nil
}

// indexOf is the number of the draft within its Raw that a submission id names.
func indexOf(id string) int {
	_, index, _ := strings.Cut(id, ".")
	n, _ := strconv.Atoi(index)
	return n
}
