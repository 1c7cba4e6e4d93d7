// Package assign decides who gets a lead, and what a lead is worth: pure functions of the lead, the reps with their counters, and the
// rules that people wrote. [Compile] checks a configuration and makes it ready; [Rules] decides.
package assign

import (
	"slices"
	"strconv"
	"time"

	"github.com/expr-lang/expr/vm"

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
// counts Held, Today, Assigned and the credits, and it adds him to the owners of the company, so that the next lead of the
// same transaction is decided as if this one had been written. staff.Reps must be sorted by key.
func (r *Rules) Choose(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	return r.choose(rec, staff, now, true, false)
}

// Explain is Choose with more words: for every rule that did not fit, which part of its condition was not so.
func (r *Rules) Explain(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	return r.choose(rec, staff, now, true, true)
}

// Anytime is Explain on a day on which everybody is at work: hours, leave and duty are passed over.
func (r *Rules) Anytime(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	return r.choose(rec, staff, now, false, true)
}

// choosing is one decision under way.
type choosing struct {
	*Rules
	rec   *lead.Record
	staff *lead.Staff
	now   time.Time
	day   string
	timed bool
	wordy bool
	open  map[string]bool // by team, at now
	out   lead.Assignment
}

func (r *Rules) choose(rec *lead.Record, staff *lead.Staff, now time.Time, timed, wordy bool) lead.Assignment {
	c := &choosing{Rules: r, rec: rec, staff: staff, now: now, day: now.In(r.zone()).Format("20060102"), timed: timed, wordy: wordy,
		out: lead.Assignment{Lead: rec.ID, At: now}}
	if len(r.rules) == 0 {
		c.decide(&rule{Rule: lead.Rule{Key: RuleWeighted}}, lead.Tried{Rule: RuleWeighted, Matched: true})
		return c.out
	}
	var env map[string]any
	m := &vm.VM{}
	c.out.Trace = make([]lead.Tried, 0, min(len(r.rules), 16))
	for i := range r.rules {
		rule := &r.rules[i]
		tried := lead.Tried{Rule: rule.Key}
		if rule.program != nil && env == nil {
			env = r.facts.env(rec)
		}
		yes, err := rule.fits(m, env)
		switch {
		case err != nil:
			tried.Why = "the condition cannot be told: " + err.Error()
		case !yes && wordy:
			tried.Why = rule.whyNot(env)
		case yes:
			tried.Matched = true
			c.decide(rule, tried)
			return c.out
		}
		c.out.Trace = append(c.out.Trace, tried)
	}
	c.out.Rule, c.out.Pool = RuleDefault, r.fallback
	if c.out.Why = "no rule fits; it goes to the pool for such leads"; r.fallback == "" {
		c.out.Why = "no rule fits; the lead waits until one does"
	}
	return c.out
}

func (r *Rules) zone() *time.Location {
	if r.knownZone == nil {
		return time.UTC
	}
	return r.knownZone
}

// candidate is a rep a rule aims at.
type candidate struct {
	rep    *lead.Rep
	state  *lead.RepState
	code   string
	credit int64 // that was compared
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
	among, able := c.candidates(&rule.To)
	if len(able) == 0 {
		c.count(&tried, among, nil)
		c.nobody(rule, among, tried.Counts)
		return
	}
	var chosen *candidate
	switch rule.Strategy {
	case lead.StrategyLeastLoaded:
		chosen = leastLoaded(able)
		c.out.Why = chosen.rep.Key + " held the fewest leads for his weight: " + strconv.Itoa(chosen.state.Held) + " with weight " + strconv.Itoa(chosen.rep.Weight)
	case lead.StrategyLevel:
		best := highest(able)
		level := best[0].rep.Level
		chosen = c.weighted(rule.Key+"/"+strconv.Itoa(level), best)
		c.out.Why = "level " + strconv.Itoa(level) + " is the highest that may have it; " + c.out.Why
	default:
		chosen = c.weighted(rule.Key, able)
	}
	c.count(&tried, among, chosen)
	c.give(chosen)
}

// give counts the lead for its owner.
func (c *choosing) give(to *candidate) {
	c.out.Owner = to.rep.Key
	to.state.Held++
	to.state.Today++
	to.state.Assigned++
	if company := c.rec.CompanyKey(); company != "" {
		owners := slices.DeleteFunc(slices.Clone(c.staff.Owners[company]), func(k string) bool { return k == to.rep.Key })
		if c.staff.Owners == nil {
			c.staff.Owners = map[string][]string{}
		}
		c.staff.Owners[company] = append([]string{to.rep.Key}, owners...)
	}
}
