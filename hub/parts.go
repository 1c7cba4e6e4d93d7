package hub

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// watchEvery is how often the parts are asked whether they are there. A part that does not answer within partPatience is away.
const (
	watchEvery   = time.Second
	partPatience = 2 * time.Second
)

// Names of the parts a hub depends on.
const (
	partBroker   = "broker"
	partDatabase = "database"
	partSpool    = "spool"
)

// parts watches what the hub depends on, so that readiness answers at once and says which part is away.
type parts struct {
	hub *Hub

	mu      sync.Mutex
	state   map[string]lead.Part
	lag     map[string]int64   // by stage
	oldest  map[string]float64 // by stage, seconds
	checked time.Time
}

func newParts(h *Hub) *parts {
	return &parts{hub: h, state: map[string]lead.Part{}, lag: map[string]int64{}, oldest: map[string]float64{}}
}

func (p *parts) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		p.check(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *parts) check(ctx context.Context) {
	h := p.hub
	p.set(ctx, partBroker, h.cfg.Stream.Ping)
	p.set(ctx, partDatabase, h.cfg.Store.Ping)
	if h.spool != nil {
		_, records := h.spool.Size()
		part := lead.Part{Name: partSpool, OK: !h.spool.Full(), Message: "empty"}
		switch {
		case !part.OK:
			part.Message = "full: posts are answered 503 until the broker is back"
		case records > 0:
			part.Message = "holds posts that wait for the broker"
		}
		p.put(part)
	}
	p.measure(ctx)
	p.mu.Lock()
	p.checked = h.cfg.Now()
	p.mu.Unlock()
}

func (p *parts) set(ctx context.Context, name string, ping func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, partPatience)
	defer cancel()
	part := lead.Part{Name: name, OK: true, Message: "answers"}
	if err := ping(ctx); err != nil {
		part.OK, part.Message = false, "is away"
		p.mu.Lock()
		before := p.state[name]
		p.mu.Unlock()
		if before.OK {
			p.hub.cfg.Logger.Warn("a part is away", "part", name, "error", err)
		}
	}
	p.put(part)
}

func (p *parts) put(part lead.Part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state[part.Name] = part
}

// measure asks how far behind the stages are; with the broker away the last answer stays.
func (p *parts) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, partPatience)
	defer cancel()
	n := p.hub.names
	for _, s := range []struct{ stage, group, topic string }{
		{stageNormalize, n.groupNormalize, n.raw},
		{stageSink, n.groupSink, n.submissions},
		{stageReject, n.groupRejections, n.rejected},
		{stageMatch, n.groupMatch, n.changes},
		{stageFeedback, n.groupFeedback, n.feedback},
	} {
		lag, err := p.hub.cfg.Stream.Lag(ctx, s.group, s.topic)
		if err != nil {
			return
		}
		age := p.hub.metrics.waiting(s.stage, lag[s.topic], p.hub.cfg.Now())
		p.mu.Lock()
		p.lag[s.stage], p.oldest[s.stage] = lag[s.topic], age.Seconds()
		p.mu.Unlock()
	}
}

func (p *parts) all() []lead.Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []lead.Part
	for _, name := range []string{partBroker, partDatabase, partSpool} {
		if part, ok := p.state[name]; ok {
			out = append(out, part)
		}
	}
	return out
}

func (p *parts) backlog(stage string) (int64, float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lag[stage], p.oldest[stage]
}

// Ready answers /readyz: every part with whether it is there. Intake is able to work as long as the broker or the spool takes what
// arrives, so a hub with that role is "degraded", and still 200, while a part is away; it is 503 when it cannot do its work.
func (h *Hub) Ready(w http.ResponseWriter, _ *http.Request) {
	all := h.parts.all()
	ok := func(name string) bool {
		return slices.ContainsFunc(all, func(p lead.Part) bool { return p.Name == name && p.OK })
	}
	state, status := "ready", http.StatusOK
	if !ok(partBroker) || !ok(partDatabase) {
		state = "degraded"
		if !h.Plays(RoleIntake) || !ok(partBroker) && !ok(partSpool) {
			state, status = "unavailable", http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Status string      `json:"status"`
		Roles  []string    `json:"roles"`
		Parts  []lead.Part `json:"parts"`
	}{state, h.cfg.Roles, all})
}
