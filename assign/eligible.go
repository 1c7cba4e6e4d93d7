package assign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// candidates are the reps that a target names, by key, and those of them who may have the lead now.
func (c *choosing) candidates(to *lead.Target) (among []candidate, able []*candidate) {
	among = make([]candidate, 0, len(c.staff.Reps))
	for i := range c.staff.Reps {
		if rep := &c.staff.Reps[i]; to.Names(rep) {
			among = append(among, c.look(rep))
		}
	}
	able = make([]*candidate, 0, len(among))
	for i := range among {
		if among[i].code == "" {
			able = append(able, &among[i])
		}
	}
	return among, able
}

// look finds out whether a rep may have the lead now.
func (c *choosing) look(rep *lead.Rep) candidate {
	out := candidate{rep: rep, state: c.staff.State(rep.Key, c.day)}
	switch {
	case !rep.Active:
		out.code = CodeInactive
	case rep.Weight <= 0:
		out.code = CodeWeightZero
	case c.timed && rep.OffDuty:
		out.code = CodeOffDuty
	case c.timed && !c.back(rep).IsZero():
		out.code = CodeOnLeave
	case c.timed && !c.works(rep.Team):
		out.code = CodeOutsideHours
	case rep.Daily > 0 && out.state.Today >= rep.Daily:
		out.code = CodeDailyQuota
	case rep.Holding > 0 && out.state.Held >= rep.Holding:
		out.code = CodeHoldingLimit
	}
	return out
}

// back is when a rep who is on leave now returns; zero when he is not on leave. A leave that follows at once counts.
func (c *choosing) back(rep *lead.Rep) time.Time {
	var at time.Time
	for again := true; again; {
		again = false
		for _, l := range rep.Leave {
			moment := c.now
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
func (c *choosing) works(team string) bool {
	if len(c.calendars) == 0 {
		return true
	}
	yes, known := c.open[team]
	if !known {
		if c.open == nil {
			c.open = make(map[string]bool, len(c.calendars))
		}
		yes = c.calendars[team].Open(c.now)
		c.open[team] = yes
	}
	return yes
}

// again is when a rep who may not have a lead now may have one by the passing of time alone; zero when time alone does not help.
func (c *choosing) again(k *candidate) time.Time {
	at := c.now
	switch k.code {
	case CodeOnLeave:
		at = c.back(k.rep)
	case CodeOutsideHours:
	case CodeDailyQuota:
		y, m, d := c.now.In(c.zone()).Date()
		at = time.Date(y, m, d+1, 0, 0, 0, 0, c.zone())
	default:
		return time.Time{}
	}
	return c.calendars[k.rep.Team].Opens(at).UTC()
}

// nobody sends a lead that nobody may have into the pool of the rule, or lets it wait.
func (c *choosing) nobody(rule *rule, among []candidate, counts *lead.TriedCount) {
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
	for i := range among {
		if at := c.again(&among[i]); !at.IsZero() && (c.out.Retry.IsZero() || at.Before(c.out.Retry)) {
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
func (c *choosing) count(tried *lead.Tried, among []candidate, chosen *candidate) {
	tried.Counts = &lead.TriedCount{Reps: len(among), ByCode: map[string]int{}}
	tried.Reps = make([]lead.TriedRep, 0, min(len(among), lead.TraceReps))
	seen := chosen == nil
	able := 0
	for i := range among {
		k := &among[i]
		if k.code == "" {
			able++
		} else {
			tried.Counts.ByCode[k.code]++
		}
		seen = seen || k == chosen
		if room := lead.TraceReps - len(tried.Reps); room > 1 || room == 1 && seen {
			tried.Reps = append(tried.Reps, k.told())
		}
	}
	if able > 0 {
		tried.Counts.ByCode[""] = able
	}
	if chosen != nil && !slices.ContainsFunc(tried.Reps, func(t lead.TriedRep) bool { return t.Rep == chosen.rep.Key }) {
		tried.Reps = append(tried.Reps, chosen.told())
	}
}

func (k *candidate) told() lead.TriedRep {
	return lead.TriedRep{Rep: k.rep.Key, Eligible: k.code == "", Code: k.code, Held: k.state.Held, Today: k.state.Today, Credit: k.credit}
}
