// Package assign decides who gets a lead, and what a lead is worth: pure functions of the lead, the reps with their counters, and the
// rules that people wrote. [Compile] checks a configuration and makes it ready; [Rules] decides.
package assign

import (
	"slices"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Names of the rules that decide when none of the configuration does.
const (
	RuleWeighted = "weighted round robin" // there are no rules
	RuleDefault  = "default"              // no rule fits
)

// Codes of a TriedRep: why a rep may not have a lead.
const (
	CodeInactive     = "inactive"
	CodeWeightZero   = "weight_zero"
	CodeOffDuty      = "off_duty"
	CodeOnLeave      = "on_leave"
	CodeOutsideHours = "outside_hours"
	CodeDailyQuota   = "daily_quota"
	CodeHoldingLimit = "holding_limit"
	CodeCoolDown     = "cool_down"
)

// Rules is a configuration ready for use; Compile makes it, the zero value has no rules. It is never changed and may be used by
// several goroutines.
type Rules struct {
	rules     []rule // that are enabled
	fallback  string // pool
	calendars map[string]*Calendar
	facts     facts
	scoring   scoring
	recycle   []recycle
	knownZone *time.Location
}

type rule struct {
	lead.Rule
	condition
}

// Calendar is when a team works.
func (r *Rules) Calendar(team string) *Calendar { return r.calendars[team] }

// Choose decides about one lead: an owner, a pool, or that it waits. The first rule that fits decides. Of the owner's state it
// counts Held, Today, Assigned and the turns, and it adds him to the owners of the company, so that the next lead of the
// same transaction is decided as if this one had been written. staff.Reps must be sorted by key. Who decides about many leads takes a
// [Round].
func (r *Rules) Choose(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	return r.Round().Choose(rec, staff, now)
}

// Explain is Choose with more words: for every rule that did not fit, which part of its condition was not so.
func (r *Rules) Explain(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	round := r.Round()
	round.wordy = true
	return round.Choose(rec, staff, now)
}

// Anytime is Explain on a day on which everybody is at work: hours, leave and duty are passed over.
func (r *Rules) Anytime(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	round := r.Round()
	round.wordy, round.timeless = true, true
	return round.Choose(rec, staff, now)
}

// choosing is one decision under way.
type choosing struct {
	*Round
	rec *lead.Record
	out lead.Assignment
}

func (c *choosing) choose() {
	if len(c.rules) == 0 {
		c.decide(&weightedAlone, lead.Tried{Rule: RuleWeighted, Matched: true})
		return
	}
	c.out.Trace = make([]lead.Tried, 0, len(c.rules))
	known := false
	for i := range c.rules {
		rule := &c.rules[i]
		tried := lead.Tried{Rule: rule.Key}
		if rule.program != nil && !known {
			known = true
			c.facts.fill(c.env, c.rec)
		}
		yes, err := rule.fits(&c.vm, c.env)
		switch {
		case err != nil:
			tried.Why = "the condition cannot be told: " + err.Error()
		case !yes && c.wordy:
			tried.Why = rule.whyNot(c.env)
		case yes:
			tried.Matched = true
			c.decide(rule, tried)
			return
		}
		c.out.Trace = append(c.out.Trace, tried)
	}
	c.out.Rule, c.out.Pool = RuleDefault, c.fallback
	if c.out.Why = "no rule fits; it goes to the pool for such leads"; c.fallback == "" {
		c.out.Why = "no rule fits; the lead waits until one does"
	}
}

// weightedAlone decides where there are no rules.
var weightedAlone = rule{Rule: lead.Rule{Key: RuleWeighted}}

func (r *Rules) zone() *time.Location {
	if r.knownZone == nil {
		return time.UTC
	}
	return r.knownZone
}

// decide carries out a rule that fits.
func (c *choosing) decide(rule *rule, tried lead.Tried) {
	c.out.Rule = rule.Key
	defer func() { c.out.Trace = append(c.out.Trace, tried) }()
	if rule.Sticky && c.stick(&tried) {
		return
	}
	if rule.Pool != "" && rule.To.Empty() {
		c.out.Pool, c.out.Why = rule.Pool, "the rule puts it into the pool"
		return
	}
	a, able := c.candidates(rule)
	if len(able) == 0 {
		c.count(&tried, a.among, nil)
		c.nobody(rule, a.among, tried.Counts)
		return
	}
	var chosen *candidate
	switch rule.Strategy {
	case lead.StrategyLeastLoaded:
		chosen = leastLoaded(able)
		c.out.Why = chosen.rep.Key + " held the fewest leads for his weight: " + strconv.Itoa(chosen.state.Held) + " with weight " + strconv.Itoa(chosen.rep.Weight)
	case lead.StrategyLevel:
		best := a.best
		if !slices.ContainsFunc(best, func(k *candidate) bool { return !c.cools(k) }) {
			best = highest(able)
		}
		level := best[0].rep.Level
		chosen = c.weighted(rule.Key+"/"+strconv.Itoa(level), best)
		c.out.Why = "level " + strconv.Itoa(level) + " is the highest that may have it; " + c.out.Why
	default:
		chosen = c.weighted(rule.Key, a.able)
	}
	c.count(&tried, a.among, chosen)
	c.give(chosen)
}

// give counts the lead for its owner.
func (c *choosing) give(to *candidate) {
	c.out.Owner = to.rep.Key
	to.state.Held++
	to.state.Today++
	to.state.Assigned++
	c.staff.Change(to.rep.Key)
	c.look(to)
	if company := c.rec.CompanyKey(); company != "" {
		owners := slices.DeleteFunc(slices.Clone(c.staff.Owners[company]), func(k string) bool { return k == to.rep.Key })
		if c.staff.Owners == nil {
			c.staff.Owners = map[string][]string{}
		}
		c.staff.Owners[company] = append([]string{to.rep.Key}, owners...)
	}
}
