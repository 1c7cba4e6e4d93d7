package sink

import (
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Terms are what people set up about leads that lie with somebody: when their owner is reminded, and when they are taken back.
// They are pure, and never changed. The zero Terms take nothing back, and count working time as any other.
type Terms struct {
	Plan  Plan        // see Take.Walk
	Pools []lead.Pool // in the order of the configuration
	// Fits tells whether a condition of a Recycle fits a lead; only "" fits when it is nil.
	Fits func(when string, r *lead.Record) bool
	// Worked tells when d of the working time of a rep, counted from a moment, is over.
	Worked func(rep string, from time.Time, d time.Duration) time.Time
}

// TimerFollowUp is the timer of a follow-up that was agreed on; the others are kinds of lead.Recycle.
const TimerFollowUp = "follow_up"

// moment is something that comes due for a lead.
type moment struct {
	kind   string
	at     time.Time
	remind bool
	pool   *lead.Pool // that the lead goes into, unless remind is set
}

// next is the timer of a lead: when the first of its moments comes, or never.
func (t *Terms) next(r *lead.Record) Timer {
	out := Timer{Lead: r.ID}
	for _, m := range t.moments(r) {
		if out.At.IsZero() || m.at.Before(out.At) {
			out.Kind, out.At = m.kind, m.at
		}
	}
	return out
}

// moments are all that is to come for a lead as it is now: per kind the reminder, when it is still owed, else the end. A lead
// is not taken back before its owner had as long after the reminder as the rule says.
func (t *Terms) moments(r *lead.Record) []moment {
	if r.Owner == "" || r.MergedInto != "" || !lead.Open(r.Status) {
		return nil
	}
	var out []moment
	if !r.NextAt.IsZero() && r.Told[TimerFollowUp].Before(r.NextAt) {
		out = append(out, moment{kind: TimerFollowUp, at: r.NextAt, remind: true})
	}
	if t == nil {
		return out
	}
	for _, kind := range []string{lead.RecycleNotAccepted, lead.RecycleNotFollowed, lead.RecycleNotConverted} {
		from, counts := since(kind, r)
		if !counts {
			continue
		}
		pool, rule := t.recycle(kind, r)
		if rule == nil {
			continue
		}
		m := moment{kind: kind, at: t.after(r.Owner, rule, from, time.Duration(rule.After)), pool: pool}
		if remind := min(time.Duration(rule.Remind), time.Duration(rule.After)); remind > 0 {
			if told := r.Told[kind]; !told.Before(from) && !told.IsZero() {
				if patient := t.after(r.Owner, rule, told, remind); patient.After(m.at) {
					m.at = patient
				}
			} else {
				m.at, m.remind = t.after(r.Owner, rule, from, time.Duration(rule.After)-remind), true
			}
		}
		out = append(out, m)
	}
	return out
}

// since is from when a kind of recycling counts; false when it does not count for the lead.
func since(kind string, r *lead.Record) (time.Time, bool) {
	owned := r.OwnedAt
	if owned.IsZero() { // it was assigned before this was kept
		owned = r.LastSeen
	}
	switch kind {
	case lead.RecycleNotAccepted:
		return owned, r.AcceptedAt.IsZero()
	case lead.RecycleNotFollowed:
		if r.FollowedAt.After(owned) {
			owned = r.FollowedAt
		}
		if r.Status == lead.StatusNurturing && r.NextAt.After(owned) {
			owned = r.NextAt // until then nobody is expected to do anything
		}
	}
	return owned, true
}

// recycle finds the rule that counts for a lead: the first that fits, over the pools in their order.
func (t *Terms) recycle(kind string, r *lead.Record) (*lead.Pool, *lead.Recycle) {
	for i := range t.Pools {
		p := &t.Pools[i]
		if !p.Enabled {
			continue
		}
		for j := range p.Recycle {
			rule := &p.Recycle[j]
			if rule.Kind == kind && (rule.When == "" || t.Fits != nil && t.Fits(rule.When, r)) {
				return p, rule
			}
		}
	}
	return nil, nil
}

func (t *Terms) after(rep string, rule *lead.Recycle, from time.Time, d time.Duration) time.Time {
	if rule.WorkingTime && t.Worked != nil {
		return t.Worked(rep, from, d)
	}
	return from.Add(d)
}
