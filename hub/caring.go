package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// newTimekeeper wires what comes due for leads that somebody owns.
func (h *Hub) newTimekeeper() *sink.Timekeeper {
	return sink.NewTimekeeper(sink.TimekeeperConfig{Desk: h.cfg.Store, Terms: h.terms, Now: h.cfg.Now})
}

// newMover wires what people do with leads.
func (h *Hub) newMover() *sink.Mover {
	return sink.NewMover(sink.MoverConfig{Desk: h.cfg.Store, Terms: h.terms, Now: h.cfg.Now, Location: h.location})
}

func (h *Hub) location() *time.Location { return h.configuration.current.Load().location }

// terms are what the current configuration says about leads that lie with somebody.
func (h *Hub) terms() *sink.Terms { return h.configuration.current.Load().terms }

// printOf is the same as long as nothing changes that timers depend on.
func printOf(config *lead.Config) string {
	type rep struct {
		Key, Team string
		Level     int
		Leave     []lead.Leave
	}
	reps := make([]rep, len(config.Reps))
	for i, r := range config.Reps {
		reps[i] = rep{r.Key, r.Team, r.Level, r.Leave}
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
			h.told.raise()
		}
		return n, err
	})
}
