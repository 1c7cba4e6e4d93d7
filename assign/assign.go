// Package assign decides who gets a lead: a pure function of the lead, the reps and their counters.
package assign

import (
	"fmt"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// RoundRobin hands leads to the active reps in proportion to their weights. It is the smooth weighted round robin: at
// every prefix of the sequence each rep is within one lead of its exact share, as long as the reps stay the same.
type RoundRobin struct{}

// Rule is how an assignment by RoundRobin names its rule.
const Rule = "weighted round robin"

// Choose picks the rep with the most credit and counts it in his state. A tie goes to the first by
// key, so reps must be sorted by key for the outcome to be repeatable. Owner is empty when no rep is active.
func (RoundRobin) Choose(r *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	out := lead.Assignment{Lead: r.ID, Rule: Rule, At: now}
	best, total := -1, int64(0)
	states := make([]*lead.RepState, len(staff.Reps))
	for i, rep := range staff.Reps {
		if states[i] = staff.States[rep.Key]; states[i] == nil {
			states[i] = staff.State(rep.Key, "")
		}
		if !eligible(rep) {
			continue
		}
		if states[i].Credit == nil {
			states[i].Credit = map[string]int64{}
		}
		total += int64(rep.Weight)
		states[i].Credit[Rule] += int64(rep.Weight)
		if best < 0 || states[i].Credit[Rule] > states[best].Credit[Rule] {
			best = i
		}
	}
	if best < 0 {
		out.Why = "no rep is active with a weight above zero; the lead waits until one is"
		return out
	}
	chosen := states[best]
	out.Owner = chosen.Rep
	out.Why = fmt.Sprintf("%s had the most credit (%d) with weight %d of %d, after %d leads", chosen.Rep, chosen.Credit[Rule],
		staff.Reps[best].Weight, total, chosen.Assigned)
	chosen.Credit[Rule] -= total
	chosen.Assigned++
	chosen.Today++
	chosen.Held++
	return out
}

func eligible(r lead.Rep) bool { return r.Active && r.Weight > 0 }
