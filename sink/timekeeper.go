package sink

import (
	"context"
	"maps"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// TimekeeperConfig is what a Timekeeper needs. Desk and Terms are required.
type TimekeeperConfig struct {
	Desk  Desk
	Terms func() *Terms    // asked once per transaction, as people may change them
	Now   func() time.Time // time.Now unless set
	Batch int              // leads per transaction; 200 unless set
}

// Timekeeper reminds reps of their leads and takes leads back that lie too long. Every change of a lead plans when it is to be looked at
// next; nothing is scanned. Several may run, in one process or in many: what comes due is done once.
type Timekeeper struct{ cfg TimekeeperConfig }

// NewTimekeeper makes a Timekeeper.
func NewTimekeeper(cfg TimekeeperConfig) *Timekeeper {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Batch == 0 {
		cfg.Batch = 200
	}
	return &Timekeeper{cfg: cfg}
}

// Step does what is due for one batch of leads. When nothing is due it plans the timers of one batch of leads anew, if the terms changed
// since they were planned. It returns how many leads it looked at: call it until it returns 0.
func (k *Timekeeper) Step(ctx context.Context) (int, error) {
	now := instant(k.cfg.Now())
	n, err := k.cfg.Desk.Handle(ctx, Take{Rung: now, Limit: k.cfg.Batch}, func(t Taken) (Changes, error) {
		h := newHand(now, k.cfg.Terms(), &t)
		for _, r := range t.Records {
			h.ring(r)
		}
		return h.changes()
	})
	if n > 0 || err != nil {
		return n, err
	}
	terms := k.cfg.Terms()
	if terms == nil {
		return 0, nil
	}
	return k.cfg.Desk.Handle(ctx, Take{Walk: terms.Plan, Limit: k.cfg.Batch}, func(t Taken) (Changes, error) {
		var c Changes
		for _, r := range t.Records {
			c.Timers = append(c.Timers, terms.next(r))
		}
		return c, nil
	})
}

// ring does what is due for a lead, as it is by now: what does not hold any more is not done. Of several ends that are due the
// first counts.
func (h *hand) ring(r *lead.Record) {
	var reminders []moment
	var end *moment
	for _, m := range h.terms.moments(r) {
		switch {
		case m.at.After(h.now):
		case m.remind:
			reminders = append(reminders, m)
		case end == nil || m.at.Before(end.at):
			end = &m
		}
	}
	switch {
	case end != nil && h.pool(end.pool) != nil:
		h.takeBack(r, end.kind, h.pool(end.pool))
	case end != nil: // the pool has gone, and with it the rule; whoever took it away plans the timers anew
		h.out.Timers = append(h.out.Timers, Timer{Lead: r.ID})
	case len(reminders) > 0:
		told := map[string]time.Time{}
		maps.Copy(told, r.Told)
		for _, m := range reminders {
			told[m.kind] = h.now
			h.remind(r, m)
		}
		r.Told = told
		h.keep(r, true)
	default: // what it was planned for does not hold any more
		h.out.Timers = append(h.out.Timers, h.terms.next(r))
	}
}

func (h *hand) remind(r *lead.Record, m moment) {
	if m.kind == TimerFollowUp {
		h.notify(r, r.Owner, lead.NotifyFollowUp, "the follow-up that was agreed on is due")
		return
	}
	h.notify(r, r.Owner, lead.NotifyRecycleSoon, reasons[m.kind]+"; it will be taken back")
}

// reasons say what a kind of recycling found.
var reasons = map[string]string{
	lead.RecycleNotAccepted:  "nobody took it up",
	lead.RecycleNotFollowed:  "nobody followed it up",
	lead.RecycleNotConverted: "it did not become a customer in time",
}

func (h *hand) takeBack(r *lead.Record, kind string, pool *lead.Pool) {
	is := r.Standing()
	is.Reason = kind
	is, due := h.returned(is, pool)
	what := moved{move: lead.MoveRecycle, typ: lead.ChangeReleased, actor: "hub", pool: pool.Key, due: due,
		why: why("taken back into "+pool.Key, reasons[kind])}
	if is.Status == lead.StatusArchived {
		what.pool, what.why = "", why("archived: it came back too often", reasons[kind])
	}
	h.give(r, is, what)
}
