package hub

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// Overview counts the flow at every stage. With the database away it still says which part is away, beside the error.
func (h *Hub) Overview(ctx context.Context) (lead.Overview, error) {
	away := lead.Overview{At: h.cfg.Now().UTC(), Parts: h.parts.all()}
	pool, err := h.cfg.Store.Figures(ctx)
	if err != nil {
		return away, err
	}
	sources, byCode, err := h.cfg.Store.Breakdown(ctx)
	if err != nil {
		return away, err
	}
	raw, rawAge := h.parts.backlog(stageNormalize)
	subs, subsAge := h.parts.backlog(stageSink)
	rej, rejAge := h.parts.backlog(stageReject)
	var spooled int64
	if h.spool != nil {
		_, spooled = h.spool.Size()
	}
	done := pool.Touches + pool.Pending
	for _, s := range sources {
		done += s.Rejected // not pool.Rejected: what a CRM said did not come in through a source
	}
	return lead.Overview{
		At: h.cfg.Now().UTC(), Pool: pool, Parts: h.parts.all(), Sources: sources, Rejected: byCode,
		Stages: []lead.Stage{
			{Name: "received", Count: done + subs + rej + raw, Backlog: spooled},
			{Name: "normalized", Count: done + subs + rej, Backlog: raw, OldestSeconds: rawAge},
			{Name: "pooled", Count: pool.Touches, Backlog: subs, OldestSeconds: subsAge},
			{Name: "rejected", Count: pool.Rejected + pool.Quarantined, Backlog: rej, OldestSeconds: rejAge},
			{Name: "assigned", Count: pool.Assigned, Backlog: pool.Due},
			{Name: "delivered", Count: pool.Leads, Backlog: pool.Outbox},
		},
	}, nil
}
