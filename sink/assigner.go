package sink

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// AssignerConfig is what an Assigner needs. Desk and Chooser are required.
type AssignerConfig struct {
	Desk    Desk
	Chooser func() Chooser   // asked once per transaction, as people may change the rules
	Terms   func() *Terms    // no timers unless set
	Now     func() time.Time // time.Now unless set
	// Location gives the zone of the day that quotas count; China's unless set.
	Location func() *time.Location
	Batch    int           // leads per transaction; 1000 unless set
	Wait     time.Duration // until a lead that nobody may have now is tried again, unless the Assignment says so; a minute unless set
}

// Assigner gives leads to reps. Several may run, in one process or in many: each lead is given once, and the shares
// and quotas of the reps are as exact as with one.
type Assigner struct{ cfg AssignerConfig }

// NewAssigner makes an Assigner.
func NewAssigner(cfg AssignerConfig) *Assigner {
	care(&cfg.Now, &cfg.Location, &cfg.Terms)
	if cfg.Batch == 0 {
		cfg.Batch = 1000
	}
	if cfg.Wait == 0 {
		cfg.Wait = time.Minute
	}
	return &Assigner{cfg: cfg}
}

// care fills in what all who move leads have in common.
func care(now *func() time.Time, location *func() *time.Location, terms *func() *Terms) {
	if *now == nil {
		*now = time.Now
	}
	if *location == nil {
		*location = func() *time.Location { return china }
	}
	if *terms == nil {
		*terms = func() *Terms { return nil }
	}
}

var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// instant is a moment as the pool keeps it: without what JSON and the databases would lose.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// dayOf is the hub's day of a moment, "20260102".
func dayOf(t time.Time, location *time.Location) string { return t.In(location).Format("20060102") }

// Step takes one batch of leads off the queue and gives them to reps, or into public pools. It returns how many it took, also those that
// had an owner already or that nobody may have now (these come back later): call it until it returns 0.
func (a *Assigner) Step(ctx context.Context) (int, error) {
	now := instant(a.cfg.Now())
	take := Take{Queued: now, Limit: a.cfg.Batch, AllReps: true, Owners: true}
	return a.cfg.Desk.Handle(ctx, take, func(t Taken) (Changes, error) {
		return a.give(now, &t).changes()
	})
}

// give gives leads to reps, or into public pools.
func (a *Assigner) give(now time.Time, t *Taken) *hand {
	w := &assigning{hand: newHand(now, a.cfg.Terms(), t), chooser: a.cfg.Chooser(), wait: now.Add(a.cfg.Wait)}
	for _, r := range t.Records {
		w.assign(r)
	}
	day := dayOf(now, a.cfg.Location())
	for _, rep := range slices.Sorted(maps.Keys(t.Staff.Changed)) {
		w.out.States = append(w.out.States, *t.Staff.State(rep, day))
	}
	return w.hand
}

// assigning is the work of one transaction of an Assigner.
type assigning struct {
	*hand
	chooser Chooser
	wait    time.Time
}

func (w *assigning) assign(r *lead.Record) {
	pool := w.pool(r.Pool)
	switch {
	case r.Owner != "" || !lead.Open(r.Status), r.Pool != "" && (pool == nil || !pool.AutoAssign) && !byRules(r):
		w.out.Due = append(w.out.Due, Due{Lead: r.ID})
		return
	}
	staff := &w.taken.Staff
	cooled := w.coolDown(r, pool)
	if staff.Away = ""; !cooled.IsZero() {
		staff.Away = r.PreviousOwner
	}
	got := w.chooser.Choose(r, staff, w.now)
	switch {
	case got.Owner != "":
		is := r.Standing()
		is.Owner, is.OwnerBy, is.Rule = got.Owner, byRule, got.Rule
		w.digest = broughtBy(r)
		w.give(r, is, moved{move: lead.MoveAssign, typ: lead.ChangeAssigned, actor: "rule:" + got.Rule, why: got.Why, trace: got.Trace, pool: r.Pool})
	case got.Pool != "" && got.Pool != r.Pool && w.pool(got.Pool) != nil:
		is := r.Standing()
		is.Pool = got.Pool
		m := moved{move: lead.MovePool, typ: lead.ChangeReleased, actor: "rule:" + got.Rule, why: got.Why, trace: got.Trace, pool: got.Pool}
		if w.pool(got.Pool).AutoAssign {
			m.due = w.retry(got)
		}
		w.give(r, is, m)
	case got.Pool != "" && got.Pool == r.Pool && (pool == nil || !pool.AutoAssign): // it lies there already
		w.out.Due = append(w.out.Due, Due{Lead: r.ID})
	default:
		due := w.retry(got)
		if !cooled.IsZero() && cooled.Before(due) {
			due = cooled
		}
		w.out.Due = append(w.out.Due, Due{Lead: r.ID, At: due, Waits: cmp.Or(got.Rule, "-")})
	}
}

// byRules reports whether nobody but the rules ever decided anything about a lead that lies in a public pool: they may look at it again when it
// says more. One that somebody had, or that a person put there, is left to whoever claims it.
func byRules(r *lead.Record) bool { return r.Owner == "" && r.AssignedAt.IsZero() && r.OwnerBy == "" }

// broughtBy is the import that a lead came with: the one of its latest touch, as long as nobody had the lead. "" for a lead that came, or
// came back, by itself, and for one that is given to the next: their owners are told at once.
func broughtBy(r *lead.Record) string {
	if !r.AssignedAt.IsZero() {
		return ""
	}
	return r.LastFrom.Import
}

// retry is when a lead that nobody may have is tried again, unless something changes before.
func (w *assigning) retry(got lead.Assignment) time.Time {
	if got.Retry.After(w.now) {
		return got.Retry
	}
	return w.wait
}

// coolDown is until when the previous owner may not have a lead of a public pool back; the zero time when he may.
func (w *assigning) coolDown(r *lead.Record, pool *lead.Pool) time.Time {
	if pool == nil || r.PreviousOwner == "" || pool.CoolDown == 0 {
		return time.Time{}
	}
	if until := r.LeftAt.Add(time.Duration(pool.CoolDown)); until.After(w.now) {
		return until
	}
	return time.Time{}
}
