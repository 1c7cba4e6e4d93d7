package hub

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

const unusableRules = "the stored rules cannot be used; the lead waits until they are mended"

// newAssigner wires the assignment of leads with the rules.
func (h *Hub) newAssigner() *sink.Assigner {
	return sink.NewAssigner(sink.AssignerConfig{Desk: h.cfg.Store, Chooser: h.chooser, Terms: h.terms, Now: h.cfg.Now, Location: h.location})
}

// chooser decides who gets the leads of one transaction, by the rules of now.
func (h *Hub) chooser() sink.Chooser {
	if rules := h.configuration.current.Load().rules; rules != nil {
		return rules.Round()
	}
	return unusableChooser{}
}

// unusableChooser lets every lead wait.
type unusableChooser struct{}

// Choose implements sink.Chooser.
func (unusableChooser) Choose(r *lead.Record, _ *lead.Staff, now time.Time) lead.Assignment {
	return lead.Assignment{Lead: r.ID, At: now, Why: unusableRules}
}

// staff is everybody as they stand now, for questions; what is noted in it is kept nowhere.
func (h *Hub) staff(ctx context.Context) (*lead.Staff, error) {
	config, err := h.cfg.Store.Config(ctx)
	if err != nil {
		return nil, err
	}
	states, err := h.cfg.Store.RepStates(ctx)
	if err != nil {
		return nil, err
	}
	out := &lead.Staff{Reps: slices.SortedFunc(slices.Values(config.Reps), func(a, b lead.Rep) int { return strings.Compare(a.Key, b.Key) }),
		States: map[string]*lead.RepState{}}
	for i := range states {
		out.States[states[i].Rep] = &states[i]
	}
	return out, nil
}

// termsOf makes ready for use what a configuration says about leads that lie with somebody. With rules that cannot be used
// nothing is taken back.
func termsOf(config *lead.Config, rules *assign.Rules) *sink.Terms {
	out := &sink.Terms{Plan: sink.Plan{Version: config.Version, Print: printOf(config)}}
	if rules == nil {
		return out
	}
	out.Recycling = func(r *lead.Record) []sink.Recycling {
		found := rules.Recycling(r)
		list := make([]sink.Recycling, len(found))
		for i, f := range found {
			list[i] = sink.Recycling(f)
		}
		return list
	}
	teams := make(map[string]string, len(config.Reps))
	for _, r := range config.Reps {
		teams[r.Key] = r.Team
	}
	out.Worked = func(rep string, from time.Time, d time.Duration) time.Time {
		calendar := rules.Calendar(teams[rep])
		if calendar == nil { // nobody of this name, or of no team: always
			return from.Add(d)
		}
		return calendar.Add(from, d)
	}
	return out
}
