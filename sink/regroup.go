package sink

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// regrouping is a change to the evidence or to what people decided, after which some leads are grouped anew.
type regrouping struct {
	leads     []string // to begin with
	items     []Item   // to be recorded
	decisions []lead.Decision
	withdrawn map[string]bool // submissions that are touches no more
	leaving   map[string]bool // submissions that a person takes out of their lead: they do not take its id along
	pin       func(*component) error
	generic   bool // look also behind identities that are generic: the rules or the evidence for that may have gone
	renew     bool // read stored submissions anew
	now       time.Time
	actor     string
	why       string
}

// regrouped is what came of it.
type regrouped struct {
	result  Result
	changes []lead.Change
	weighed Weighed
}

// Weighed is all the evidence about some leads, and what came out of it.
type Weighed struct {
	Touches  []Recorded // Grouping names them by their place here
	Leads    []string   // per part of Grouping
	Grouping lead.Grouping
	Generic  []lead.Identity // known to be carried by too many people, among those of these touches
	Records  map[string]*lead.Record
	// Decisions are those of people about any of these touches.
	Decisions []lead.Decision
}

// regroup decides anew who the leads are that a change reaches, and writes the difference. The leads keep their ids: each
// id stays with the earliest touch that was recorded for it.
func (s *Sink) regroup(ctx context.Context, tx Tx, judge Judge, in regrouping) (regrouped, error) {
	var renew Renewer
	if in.renew {
		renew, _ = judge.(Renewer)
	}
	c, err := gather(ctx, tx, in.leads, in.items, in.decisions, in.generic, renew)
	if err != nil {
		return regrouped{}, err
	}
	old := make(map[string]lead.Record, len(c.records))
	for id, r := range c.records {
		old[id] = *r // what is changed is replaced, never written over
	}
	if in.pin != nil {
		if err := in.pin(c); err != nil {
			return regrouped{}, err
		}
	}
	touches := c.sorted(in.withdrawn)
	for _, it := range in.items {
		touches = append(touches, Recorded{Submission: it.Submission, At: in.now})
	}
	decisions := c.decisionList()
	w := weigh(judge, c, touches, decisions)
	p := &parting{in: in, judge: judge, terms: s.cfg.Terms(), component: c, touches: touches, decisions: decisions, old: old, Grouping: w.Grouping}
	p.divide()
	if err := p.name(ctx, s, tx); err != nil {
		return regrouped{}, err
	}
	for n := range p.parts {
		p.settle(n)
	}
	p.goInto()
	p.record()
	p.lead()
	out, err := p.changes()
	if err != nil {
		return regrouped{}, err
	}
	for n := range p.parts {
		w.Leads[n] = p.parts[n].id()
	}
	return regrouped{result: p.result, changes: p.outbox, weighed: w}, tx.Save(ctx, out)
}

// parting is the work of one regroup: parts of touches become leads.
type parting struct {
	in        regrouping
	judge     Judge
	terms     *Terms
	component *component
	touches   []Recorded
	decisions []lead.Decision
	lead.Grouping

	parts []part
	old   map[string]lead.Record // as they were, by id

	created, changed []*lead.Record
	out              Changes
	outbox           []lead.Change
	result           Result
}

// part is the touches of one person.
type part struct {
	touches []int
	ids     []string // leads whose earliest touch is here, ascending; the first is the one that lives
	record  *lead.Record
	fresh   bool
	from    []string // living leads that touches came from, ascending
}

func (p *part) id() string { return p.record.ID }

// divide finds the touches of every part and the ids that go with them.
func (p *parting) divide() {
	n := 0
	for _, part := range p.Part {
		n = max(n, part+1)
	}
	p.parts = make([]part, n)
	anchors := map[string]int{}
	for i, t := range p.touches {
		part := &p.parts[p.Part[i]]
		part.touches = append(part.touches, i)
		if t.Lead == "" {
			continue
		}
		if from := p.livingOf(t.Lead); !slices.Contains(part.from, from) {
			part.from = append(part.from, from)
		}
		if old, ok := anchors[t.Lead]; !ok || p.anchors(i, old) {
			anchors[t.Lead] = i
		}
	}
	for id, i := range anchors {
		part := &p.parts[p.Part[i]]
		part.ids = append(part.ids, id)
	}
	for i := range p.parts {
		slices.Sort(p.parts[i].ids)
		slices.Sort(p.parts[i].from)
	}
}

// anchors reports whether touch i holds the id of their lead rather than touch j.
func (p *parting) anchors(i, j int) bool {
	a, b := p.touches[i], p.touches[j]
	if leaves := p.in.leaving[a.Submission.ID]; leaves != p.in.leaving[b.Submission.ID] {
		return !leaves
	}
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	return a.Submission.ID < b.Submission.ID
}

// lived reports whether an id was that of a living lead before.
func (p *parting) lived(id string) bool {
	r, known := p.old[id]
	return known && r.MergedInto == ""
}

// livingOf is the lead that an id stood for before.
func (p *parting) livingOf(id string) string {
	for p.old[id].MergedInto != "" {
		id = p.old[id].MergedInto
	}
	return id
}

// name gives every part its record: that of the lowest of its ids, or a new one.
func (p *parting) name(ctx context.Context, s *Sink, tx Tx) error {
	var fresh []*part
	for n := range p.parts {
		if part := &p.parts[n]; len(part.ids) > 0 {
			part.record = p.component.records[part.ids[0]]
		} else {
			fresh = append(fresh, part)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	prefix, first, err := s.numbers(ctx, tx, p.in.now, len(fresh))
	if err != nil {
		return err
	}
	ids := make([]string, len(fresh))
	for i := range ids {
		ids[i] = lead.NewID("ld_", p.in.now)
	}
	slices.Sort(ids)
	for i, part := range fresh {
		part.fresh = true
		part.record = &lead.Record{Lead: lead.Lead{ID: ids[i], Number: fmt.Sprintf("%s-%06d", prefix, first+int64(i))}}
		part.ids = []string{ids[i]}
		part.record.Status = lead.StatusNew
		if len(part.from) > 0 { // who looked after it goes on doing so
			old := p.old[part.from[0]]
			is := old.Standing()
			part.record.Owner, part.record.OwnerBy = is.Owner, is.OwnerBy
			if is.Owner != "" {
				part.record.Status = lead.StatusAssigned
				part.record.Rule, part.record.OwnedAt, part.record.AssignedAt = is.Rule, is.OwnedAt, is.AssignedAt
			}
		}
	}
	return nil
}

// settle gives the record of a part its standing and its values.
func (p *parting) settle(n int) {
	part := &p.parts[n]
	r := part.record
	if !part.fresh {
		p.stand(part)
	}
	r.MergedInto = ""
	var pins []lead.Pin
	for _, id := range part.ids {
		if other := p.component.records[id]; other != nil {
			pins = append(pins, other.Pins...)
		}
	}
	submissions := make([]*lead.Submission, len(part.touches))
	for i, t := range part.touches {
		submissions[i] = p.touches[t].Submission
	}
	r.Apart = p.apart(part)
	p.judge.Rebuild(r, submissions, pins)
	for i := range r.Identities {
		h := &r.Identities[i]
		h.Generic = p.component.generic[h.Key()] || slices.Contains(p.Generic, h.Identity)
	}
}

// stand settles owner, status and stage. Leads that were one and stay one keep what they have together; what comes
// together inherits; what comes apart has again what it had by itself.
func (p *parting) stand(part *part) {
	r := part.record
	own := r.Standing()
	if r.Own != nil {
		own = *r.Own
	}
	left := false // a lead that had gone into this one is by itself again
	for id := range p.old {
		left = left || p.livingOf(id) == r.ID && !slices.Contains(part.ids, id)
	}
	whole := p.lived(r.ID) && !left
	is := r.Standing()
	if !whole {
		is = own
	}
	for _, id := range part.ids[1:] {
		other, under := p.component.records[id], p.livingOf(id)
		switch {
		case under == id:
			is = inherited(is, other.Standing())
		case under == r.ID && whole, under != r.ID && slices.Contains(part.ids, under):
			// counted with the lead it had gone into
		case other.Own != nil:
			is = inherited(is, *other.Own)
		default:
			is = inherited(is, other.Standing())
		}
	}
	r.Own = nil
	if len(part.ids) > 1 {
		r.Own = &own
	}
	r.Settle(is)
}

// apart reports whether anything was held back from a part, or decided about it.
func (p *parting) apart(part *part) bool {
	number := p.Part[part.touches[0]]
	if slices.ContainsFunc(p.Held, func(h lead.Held) bool { return p.Part[h.A] == number || p.Part[h.B] == number }) {
		return true
	}
	for _, t := range part.touches {
		id := p.touches[t].Submission.ID
		for _, d := range p.decisions {
			if _, ok := slices.BinarySearch(d.A, id); ok {
				return true
			}
			if _, ok := slices.BinarySearch(d.B, id); ok {
				return true
			}
		}
	}
	return false
}

// goInto lets every other id of a part lead to the one that lives, and forgets leads without a touch.
func (p *parting) goInto() {
	for n := range p.parts {
		part := &p.parts[n]
		for _, id := range part.ids[1:] {
			r := p.component.records[id]
			if into := r.MergedInto; into != "" && slices.Contains(part.ids, into) && p.livingOf(id) == part.id() {
				continue
			}
			r.MergedInto = part.id()
		}
	}
	held := map[string]bool{}
	for n := range p.parts {
		for _, id := range p.parts[n].ids {
			held[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.old)) {
		if !held[id] {
			p.out.Erased = append(p.out.Erased, id)
		}
	}
}

// sameInside reports whether two states of a record that show the same are the same.
func sameInside(a, b *lead.Record) bool {
	sameHeld := func(x, y lead.HeldIdentity) bool {
		return x.Identity == y.Identity && x.Generic == y.Generic && x.First.Equal(y.First) && x.Last.Equal(y.Last)
	}
	sameValue := func(x, y lead.Value) bool {
		same := x.At.Equal(y.At)
		x.At, y.At = time.Time{}, time.Time{}
		return same && x == y
	}
	samePin := func(x, y lead.Pin) bool {
		return x.Field == y.Field && x.Value == y.Value && x.Key == y.Key && x.By == y.By && x.At.Equal(y.At)
	}
	sameOwn := a.Own == nil && b.Own == nil || a.Own != nil && b.Own != nil && *a.Own == *b.Own
	return a.Apart == b.Apart && a.OwnerBy == b.OwnerBy && a.StageBy == b.StageBy && sameOwn && slices.Equal(a.Said, b.Said) && sameScored(a.Scored, b.Scored) &&
		slices.EqualFunc(a.Pins, b.Pins, samePin) && slices.EqualFunc(a.Identities, b.Identities, sameHeld) &&
		maps.EqualFunc(a.Values, b.Values, func(x, y []lead.Value) bool { return slices.EqualFunc(x, y, sameValue) })
}
