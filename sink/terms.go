package sink

import (
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Terms are what people set up about leads that lie with somebody: when their owner is reminded, and when they are taken back.
// They are pure, and never changed. Without terms nothing is taken back; reps are still reminded of follow-ups.
type Terms struct {
	Plan Plan // see Take.Walk
	// Recycling tells how a lead that somebody owns comes back: at most one rule of each kind.
	Recycling func(r *lead.Record) []Recycling
	// Worked tells when d of the working time of a rep, counted from a moment, is over. Without it all time is working time.
	Worked func(rep string, from time.Time, d time.Duration) time.Time
}

// Recycling is a rule by which a lead comes back, and the key of the public pool it goes into.
type Recycling struct {
	Pool string
	lead.Recycle
}

// TimerFollowUp is the timer of a follow-up that was agreed on; the others are kinds of lead.Recycle.
const TimerFollowUp = "follow_up"

// moment is something that comes due for a lead.
type moment struct {
	kind   string
	at     time.Time
	remind bool
	pool   string // that the lead goes into, unless remind is set
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
	if t == nil || t.Recycling == nil {
		return out
	}
	for _, rule := range t.Recycling(r) {
		from, counts := since(rule.Kind, r)
		if !counts {
			continue
		}
		after, remind := time.Duration(rule.After), min(time.Duration(rule.Remind), time.Duration(rule.After))
		m := moment{kind: rule.Kind, at: t.after(r.Owner, &rule, from, after), pool: rule.Pool}
		if told := r.Told[rule.Kind]; remind > 0 && (told.IsZero() || told.Before(from)) {
			m.at, m.remind = t.after(r.Owner, &rule, from, after-remind), true
		} else if remind > 0 {
			if patient := t.after(r.Owner, &rule, told, remind); patient.After(m.at) {
				m.at = patient
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

func (t *Terms) after(rep string, rule *Recycling, from time.Time, d time.Duration) time.Time {
	if rule.WorkingTime && t.Worked != nil {
		return t.Worked(rep, from, d)
	}
	return from.Add(d)
}
