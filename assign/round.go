package assign

import (
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/leadhub/leadhub/lead"
)

// Round decides about leads one after the other. What its decisions have in common is found out once, as long as they are about the
// same people at the same moment: between them nobody but the Round may change the staff, Staff.Away and Staff.Owners excepted. It is for
// one goroutine.
type Round struct {
	*Rules
	wordy, timeless bool

	staff *lead.Staff
	now   time.Time
	day   string
	all   []candidate // by index of staff.Reps
	aims  map[*rule]*aim
	open  map[string]bool // by team, at now
	// shares are by name. One holds for as long as the list of the able is the very same.
	shares map[string]*share

	vm  vm.VM
	env map[string]any
}

// candidate is a rep as he stands.
type candidate struct {
	rep    *lead.Rep
	state  *lead.RepState
	code   string // why he may not have a lead
	credit int64  // that was compared
}

// aim are the reps that a rule aims at, by key, and those of them who may have leads.
type aim struct {
	among, able []*candidate
	best        []*candidate // of able, those of the highest level
	stale       bool         // able has to be looked up
}

// Round begins one.
func (r *Rules) Round() *Round { return &Round{Rules: r, env: make(map[string]any, len(r.facts.used))} }

// Choose is [Rules.Choose].
func (r *Round) Choose(rec *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	if r.staff != staff || !r.now.Equal(now) {
		r.begin(staff, now)
	}
	c := choosing{Round: r, rec: rec, out: lead.Assignment{Lead: rec.ID, At: now}}
	c.choose()
	return c.out
}

func (r *Round) begin(staff *lead.Staff, now time.Time) {
	r.staff, r.now, r.day = staff, now, now.In(r.zone()).Format("20060102")
	r.open, r.aims, r.shares = map[string]bool{}, map[*rule]*aim{}, map[string]*share{}
	r.all = make([]candidate, len(staff.Reps))
	for i := range staff.Reps {
		rep := &staff.Reps[i]
		r.all[i] = candidate{rep: rep, state: staff.State(rep.Key, r.day)}
		r.all[i].code = r.codeOf(&r.all[i])
	}
}

// candidates are the reps that a rule aims at, and those of them who may have this lead.
func (r *Round) candidates(rule *rule) (a *aim, able []*candidate) {
	if a = r.aims[rule]; a == nil {
		a = &aim{stale: true}
		for i := range r.all {
			if rule.To.Names(r.all[i].rep) {
				a.among = append(a.among, &r.all[i])
			}
		}
		r.aims[rule] = a
	}
	if a.stale {
		a.stale, a.able = false, nil
		for _, k := range a.among {
			if k.code == "" {
				a.able = append(a.able, k)
			}
		}
		a.best = highest(a.able)
	}
	for _, k := range a.among {
		k.credit = 0
	}
	if !slices.ContainsFunc(a.able, r.cools) {
		return a, a.able
	}
	return a, slices.DeleteFunc(slices.Clone(a.able), r.cools)
}

// cools reports whether a candidate is to leave this one lead alone.
func (r *Round) cools(k *candidate) bool { return k.rep.Key == r.staff.Away }

// reason is why a candidate may not have this lead.
func (r *Round) reason(k *candidate) string {
	if k.code == "" && r.cools(k) {
		return CodeCoolDown
	}
	return k.code
}

// look finds out anew whether a rep may have leads, as something was counted in his state.
func (r *Round) look(k *candidate) {
	code := r.codeOf(k)
	if code == k.code {
		return
	}
	k.code = code
	for _, a := range r.aims {
		a.stale = true
	}
}
