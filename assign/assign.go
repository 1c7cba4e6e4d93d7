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

// Choose picks the rep with the most credit and updates Credit and Assigned of reps. A tie goes to the first by
// key, so reps must be sorted by key for the outcome to be repeatable. Owner is empty when no rep is active.
func (RoundRobin) Choose(r *lead.Record, reps []lead.Rep, now time.Time) lead.Assignment {
	out := lead.Assignment{Lead: r.ID, Rule: Rule, At: now}
	best, total := -1, int64(0)
	for i := range reps {
		if !eligible(reps[i]) {
			continue
		}
		total += int64(reps[i].Weight)
		reps[i].Credit += int64(reps[i].Weight)
		if best < 0 || reps[i].Credit > reps[best].Credit {
			best = i
		}
	}
	if best < 0 {
		out.Why = "no rep is active with a weight above zero; the lead waits until one is"
		return out
	}
	chosen := &reps[best]
	out.Owner = chosen.Key
	out.Why = fmt.Sprintf("%s had the most credit (%d) with weight %d of %d, after %d leads", chosen.Key, chosen.Credit,
		chosen.Weight, total, chosen.Assigned)
	chosen.Credit -= total
	chosen.Assigned++
	return out
}

func eligible(r lead.Rep) bool { return r.Active && r.Weight > 0 }
