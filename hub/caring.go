package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// newAssigner wires the assignment of leads with the rules.
func (h *Hub) newAssigner() *sink.Assigner {
	return sink.NewAssigner(sink.AssignerConfig{Desk: h.cfg.Store, Chooser: h.chooser, Terms: h.terms, Now: h.cfg.Now, Location: h.location})
}

// newTimekeeper wires what comes due for leads that somebody owns.
func (h *Hub) newTimekeeper() *sink.Timekeeper {
	return sink.NewTimekeeper(sink.TimekeeperConfig{Desk: h.cfg.Store, Terms: h.terms, Now: h.cfg.Now})
}

// newMover wires what people do with leads.
func (h *Hub) newMover() *sink.Mover {
	return sink.NewMover(sink.MoverConfig{Desk: h.cfg.Store, Terms: h.terms, Now: h.cfg.Now, Location: h.location})
}

// chooser decides who gets a lead.
func (h *Hub) chooser() sink.Chooser { return assign.RoundRobin{} }

func (h *Hub) location() *time.Location { return h.configuration.current.Load().location }

// terms are what the current configuration says about leads that lie with somebody.
func (h *Hub) terms() *sink.Terms { return h.configuration.current.Load().terms }

// termsOf makes ready for use what a configuration says about leads that lie with somebody. Conditions and working time are those
// of package assign; only unconditional rules count without it.
func termsOf(config lead.Config) *sink.Terms {
	return &sink.Terms{Plan: sink.Plan{Version: config.Version, Print: printOf(config)}, Recycling: func(*lead.Record) []sink.Recycling {
		var out []sink.Recycling
		for _, p := range config.Pools {
			for _, rule := range p.Recycle {
				known := slices.ContainsFunc(out, func(o sink.Recycling) bool { return o.Kind == rule.Kind })
				if p.Enabled && rule.When == "" && !rule.WorkingTime && !known {
					out = append(out, sink.Recycling{Pool: p.Key, Recycle: rule})
				}
			}
		}
		return out
	}}
}

// printOf is the same as long as nothing changes that timers depend on.
func printOf(config lead.Config) string {
	type rep struct {
		Key, Team string
		Leave     []lead.Leave
	}
	reps := make([]rep, len(config.Reps))
	for i, r := range config.Reps {
		reps[i] = rep{r.Key, r.Team, r.Leave}
	}
	b, err := json.Marshal([]any{config.Pools, config.Teams, reps, config.Settings.TimeZone})
	if err != nil { // nothing of it can fail to encode
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// keepTime does what comes due until ctx ends.
func (h *Hub) keepTime(ctx context.Context) error {
	keeper := h.newTimekeeper()
	return loop(ctx, h.timers, several, h.cfg.Logger.With("stage", "timers"), func(ctx context.Context) (int, error) {
		n, err := keeper.Step(ctx)
		if n > 0 {
			h.due.raise()
			h.outbox.raise()
		}
		return n, err
	})
}
