package assign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// codeOf is why a rep may not have leads now; "" when he may.
func (r *Round) codeOf(k *candidate) string {
	rep := k.rep
	switch {
	case !rep.Active:
		return CodeInactive
	case rep.Weight <= 0:
		return CodeWeightZero
	case !r.timeless && rep.OffDuty:
		return CodeOffDuty
	case !r.timeless && !r.back(rep).IsZero():
		return CodeOnLeave
	case !r.timeless && !r.works(rep.Team):
		return CodeOutsideHours
	case rep.Daily > 0 && k.state.Today >= rep.Daily:
		return CodeDailyQuota
	case rep.Holding > 0 && k.state.Held >= rep.Holding:
		return CodeHoldingLimit
	}
	return ""
}

// back is when a rep who is on leave now returns; zero when he is not on leave. A leave that follows at once counts.
func (r *Round) back(rep *lead.Rep) time.Time {
	var at time.Time
	for again := true; again; {
		again = false
		for _, l := range rep.Leave {
			moment := r.now
			if !at.IsZero() {
				moment = at
			}
			if !moment.Before(l.From) && moment.Before(l.To) {
				at, again = l.To, true
			}
		}
	}
	return at
}

// works reports whether a team works now.
func (r *Round) works(team string) bool {
	if len(r.calendars) == 0 {
		return true
	}
	yes, known := r.open[team]
	if !known {
		yes = r.calendars[team].Open(r.now)
		r.open[team] = yes
	}
	return yes
}

// again is when a rep who may not have a lead now may have one by the passing of time alone; zero when time alone does not help.
func (c *choosing) again(k *candidate) time.Time {
	at := c.now
	switch c.reason(k) {
	case CodeOnLeave:
		at = c.back(k.rep)
	case CodeOutsideHours:
	case CodeDailyQuota:
		at = lead.NextDay(c.now, c.zone())
	default:
		return time.Time{}
	}
	return c.calendars[k.rep.Team].Opens(at).UTC()
}

// nobody sends a lead that nobody may have into the pool of the rule, or lets it wait.
func (c *choosing) nobody(rule *rule, among []*candidate, counts *lead.TriedCount) {
	why := "the rule aims at nobody"
	if len(among) > 0 {
		var parts []string
		for _, code := range slices.Sorted(maps.Keys(counts.ByCode)) {
			parts = append(parts, fmt.Sprintf("%d %s", counts.ByCode[code], code))
		}
		why = "nobody may have it now: " + strings.Join(parts, ", ")
	}
	var until time.Time
	if rule.Pool != "" {
		if until = c.came().Add(time.Duration(rule.Patience)); !until.After(c.now) {
			c.out.Pool, c.out.Why = rule.Pool, why+"; it goes to the pool of the rule"
			return
		}
	}
	c.out.Why = why + "; the lead waits"
	if rule.Key == RuleWeighted && counts.ByCode[CodeInactive]+counts.ByCode[CodeWeightZero] == len(among) {
		c.out.Why = "no rep is active with a weight above zero; the lead waits until one is"
	}
	for _, k := range among {
		if at := c.again(k); !at.IsZero() && (c.out.Retry.IsZero() || at.Before(c.out.Retry)) {
			c.out.Retry = at
		}
	}
	if !until.IsZero() && (c.out.Retry.IsZero() || until.Before(c.out.Retry)) {
		c.out.Retry = until
	}
}

// came is when the lead came into the pool; now for one that is not in it.
func (c *choosing) came() time.Time {
	if at, ok := lead.IDTime(c.rec.ID); ok {
		return at
	}
	return c.now
}

// count writes down how the reps stood: the chosen one and the first others by name, the rest as numbers.
func (c *choosing) count(tried *lead.Tried, among []*candidate, chosen *candidate) {
	tried.Counts = &lead.TriedCount{Reps: len(among), ByCode: map[string]int{}}
	tried.Reps = make([]lead.TriedRep, 0, min(len(among), lead.TraceReps))
	seen := chosen == nil
	able := 0
	for _, k := range among {
		if code := c.reason(k); code == "" {
			able++
		} else {
			tried.Counts.ByCode[code]++
		}
		seen = seen || k == chosen
		if room := lead.TraceReps - len(tried.Reps); room > 1 || room == 1 && seen {
			tried.Reps = append(tried.Reps, c.told(k))
		}
	}
	if able > 0 {
		tried.Counts.ByCode[""] = able
	}
	if chosen != nil && !slices.ContainsFunc(tried.Reps, func(t lead.TriedRep) bool { return t.Rep == chosen.rep.Key }) {
		tried.Reps = append(tried.Reps, c.told(chosen))
	}
}

func (c *choosing) told(k *candidate) lead.TriedRep {
	code := c.reason(k)
	out := lead.TriedRep{Rep: k.rep.Key, Eligible: code == "", Code: code, Held: k.state.Held, Today: k.state.Today}
	if out.Eligible {
		out.Credit = k.credit
	}
	return out
}
