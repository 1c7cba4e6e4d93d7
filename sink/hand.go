package sink

import (
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Who set an owner.
const (
	byRule   = "rule"
	byPerson = "person"
)

// hand is the working set of one transaction in which leads change hands: every change of an owner, a public pool or a status goes
// through [hand.give], which keeps everything that hangs on it in step.
type hand struct {
	now   time.Time
	terms *Terms
	taken *Taken

	out     Changes
	outbox  []lead.Change
	changed []*lead.Record
	digest  string // what is told under one of these is told at once: an import, a handover
}

// moved tells what is done with a lead and why.
type moved struct {
	move   string // one of the lead.Move constants
	typ    string // of the change
	actor  string
	why    string
	pool   string // that it came out of or goes into
	follow *lead.Feedback
	trace  []lead.Tried
	due    time.Time // when the rules are to look at it; zero: they are not
	silent bool      // the new owner knows
}

func newHand(now time.Time, terms *Terms, taken *Taken) *hand {
	n := len(taken.Records) // of most moves every lead has one
	return &hand{now: now, terms: terms, taken: taken, outbox: make([]lead.Change, 0, n), changed: make([]*lead.Record, 0, n),
		out: Changes{Events: make([]lead.Event, 0, n), Due: make([]Due, 0, n), Timers: make([]Timer, 0, n), Notifications: make([]lead.Notification, 0, n)}}
}

// give lets a lead stand as is: its next version, with an event, a change on the stream, its place in the queue of the rules, its timer,
// the notifications, and the times that go with an owner. It reports whether anything changed.
func (h *hand) give(r *lead.Record, is lead.Standing, m moved) bool {
	before := r.Lead
	from := r.Owner
	if from != is.Owner {
		is = h.changeOwner(is, from, m.move)
		r.Told = nil
	}
	if is.Owner != "" {
		is.Pool, is.PooledAt = "", time.Time{}
		if is.Status == lead.StatusNew || is.Status == lead.StatusArchived && m.move != lead.MoveFollow {
			is.Status = lead.StatusAssigned
		}
	} else if before.Pool != is.Pool {
		is.PooledAt = h.now
		if is.Pool == "" {
			is.PooledAt = time.Time{}
		}
	}
	r.Stand(is)
	note := lead.ChangeNote{Type: m.typ, Changed: lead.Differences(&before, &r.Lead), Why: m.why, Actor: m.actor, At: h.now}
	if len(note.Changed) == 0 && m.follow == nil && before.Course == r.Course {
		return false
	}
	r.Version++
	e := eventOf(r, note)
	e.Move, e.Pool, e.FollowUp, e.Trace = m.move, m.pool, m.follow, m.trace
	if from != is.Owner {
		e.From, e.To = from, is.Owner
		h.tell(r, from, m)
	}
	if lead.Open(before.Status) && from != "" && (from != r.Owner || !lead.Open(r.Status)) && h.limited(from) {
		h.out.Freed++
	}
	h.out.Events = append(h.out.Events, e)
	h.outbox = append(h.outbox, snapshot(r, note))
	h.out.Due = append(h.out.Due, Due{Lead: r.ID, At: m.due})
	h.keep(r, from != "")
	return true
}

// changeOwner sets what goes with another owner than from.
func (h *hand) changeOwner(is lead.Standing, from, move string) lead.Standing {
	if from != "" {
		is.PreviousOwner, is.LeftAt = from, h.now
	}
	is.AcceptedAt, is.OwnedAt = time.Time{}, time.Time{}
	if is.Owner == "" {
		is.OwnerBy, is.Rule, is.NextAt = "", "", time.Time{}
		return is
	}
	is.OwnedAt = h.now
	if move == lead.MoveClaim { // who claims a lead takes it up
		is.AcceptedAt = h.now
	}
	if is.AssignedAt.IsZero() {
		is.AssignedAt = h.now
	}
	return is
}

// keep saves a record with its timer; had tells that it may have one already.
func (h *hand) keep(r *lead.Record, had bool) {
	h.changed = append(h.changed, r)
	if timer := h.terms.next(r); had || !timer.At.IsZero() {
		h.out.Timers = append(h.out.Timers, timer)
	}
}

// tell notifies the new owner, and the old one when it was not his own doing.
func (h *hand) tell(r *lead.Record, from string, m moved) {
	if r.Owner != "" && !m.silent {
		h.notify(r, r.Owner, lead.NotifyAssigned, m.why)
	}
	switch {
	case from == "" || m.move == lead.MoveRelease || m.move == lead.MoveHandover:
	case m.move == lead.MoveRecycle:
		h.notify(r, from, lead.NotifyRecycled, m.why)
	default:
		h.notify(r, from, lead.NotifyTaken, m.why)
	}
}

func (h *hand) notify(r *lead.Record, rep, kind, why string) {
	h.out.Notifications = append(h.out.Notifications, lead.Notification{ID: lead.NewID("ntf_", h.now), Rep: rep, Kind: kind, Lead: r.ID,
		Number: r.Number, Why: why, At: h.now, Import: h.digest})
}

// limited reports whether leads may be waiting for a rep to have room again.
func (h *hand) limited(rep string) bool {
	r := h.rep(rep)
	return r != nil && r.Active && r.Holding > 0
}

func (h *hand) rep(key string) *lead.Rep {
	for i := range h.taken.Config.Reps {
		if h.taken.Config.Reps[i].Key == key {
			return &h.taken.Config.Reps[i]
		}
	}
	return nil
}

func (h *hand) pool(key string) *lead.Pool { return poolOf(h.taken.Config, key) }

func poolOf(c *lead.Config, key string) *lead.Pool {
	for i := range c.Pools {
		if c.Pools[i].Key == key {
			return &c.Pools[i]
		}
	}
	return nil
}

// returned is what becomes of a lead that its owner gives back or loses: it lies in the pool, or is archived when it came back too
// often. due is when rules may hand it out again.
func (h *hand) returned(is lead.Standing, pool *lead.Pool) (now lead.Standing, due time.Time) {
	if is.Owner != "" {
		is.Returns++
	}
	is.Owner, is.Status = "", lead.StatusNew
	if pool.ArchiveAfter > 0 && is.Returns >= pool.ArchiveAfter {
		is.Status, is.Pool = lead.StatusArchived, ""
		return is, time.Time{}
	}
	is.Pool = pool.Key
	if pool.AutoAssign {
		due = h.now.Add(time.Duration(pool.HoldNew))
	}
	return is, due
}

// changes is everything, ready to be saved.
func (h *hand) changes() (Changes, error) {
	outbox, leads, err := encodeChanges(h.outbox)
	if err != nil {
		return Changes{}, err
	}
	h.out.Outbox = outbox
	h.out.Changed, err = encodeRecords(h.changed, leads)
	return h.out, err
}
