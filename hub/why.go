package hub

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Why tells why the touches of a lead are one lead and where its values come from. With another lead, why the two are one,
// or are not. Leads are named by id or number; one that was merged away stands for the lead that took it over.
func (h *Hub) Why(ctx context.Context, id, with string) (lead.Why, error) {
	a, err := h.cfg.Store.Lead(ctx, id)
	if err != nil {
		return lead.Why{}, err
	}
	b := a
	if with != "" {
		if b, err = h.cfg.Store.Lead(ctx, with); err != nil {
			return lead.Why{}, err
		}
	}
	snap := h.configuration.current.Load()
	e := evidence{words: words{zone: snap.location}, usable: snap.judge.Rules.Usable}
	if e.Weighed, err = h.newSink().Why(ctx, slices.Compact([]string{a.ID, b.ID})...); err != nil {
		return lead.Why{}, err
	}
	if a.ID == b.ID {
		return e.one(&a, id, with), nil
	}
	split, err := h.splitBetween(ctx, &a, &b)
	return e.two(&a, &b, split), err
}

// splitBetween is the decision of a person that keeps two leads apart, or nil. What they share says nothing of it when they
// share nothing any more.
func (h *Hub) splitBetween(ctx context.Context, a, b *lead.LeadDetail) (*lead.Decision, error) {
	var decisions []lead.Decision
	err := h.cfg.Store.View(ctx, func(ev sink.Evidence) error {
		reached, err := ev.Reach(ctx, nil, slices.Concat(touchesOf(a), touchesOf(b)), false)
		decisions = reached.Decisions
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(decisions, func(x, y lead.Decision) int { return cmp.Or(y.At.Compare(x.At), strings.Compare(y.ID, x.ID)) })
	for i := range decisions {
		d := &decisions[i]
		inA, inB := touchesOn(d.A, a, b), touchesOn(d.B, a, b)
		switch {
		case d.Kind == lead.DecisionSplit && (inA[0] && inB[1] || inA[1] && inB[0]):
			return d, nil
		case d.Kind == lead.DecisionMerge && (inA[0] || inB[0]) && (inA[1] || inB[1]): // it came later, and counts
			return nil, nil
		}
	}
	return nil, nil
}

// touchesOn tells whether one side of a decision names touches of a, and of b.
func touchesOn(side []string, a, b *lead.LeadDetail) [2]bool {
	named := func(d *lead.LeadDetail) bool {
		return slices.ContainsFunc(d.TouchList, func(t lead.Touch) bool { return slices.Contains(side, t.Submission.ID) })
	}
	return [2]bool{named(a), named(b)}
}

func touchesOf(d *lead.LeadDetail) []string {
	out := make([]string, len(d.TouchList))
	for i := range d.TouchList {
		out[i] = d.TouchList[i].Submission.ID
	}
	return out
}

// evidence is all that is known about the leads of a question.
type evidence struct {
	sink.Weighed
	words
	usable func(lead.Identity) bool
}

func (e *evidence) submission(touch int) *lead.Submission { return e.Touches[touch].Submission }

// of finds the parts that the touches of a lead are in by the rules of now. It is one part, with as many touches as
// the lead has, unless rules changed since the lead was grouped; that is pending then.
func (e *evidence) of(d *lead.LeadDetail) (parts map[int]bool, pending bool) {
	mine := map[string]bool{}
	for _, t := range d.TouchList {
		mine[t.Submission.ID] = true
	}
	parts = map[int]bool{}
	for i, part := range e.Grouping.Part {
		if mine[e.submission(i).ID] || e.Leads[part] == d.ID {
			parts[part] = true
		}
	}
	n := 0
	for _, part := range e.Grouping.Part {
		if parts[part] {
			n++
		}
	}
	return parts, len(parts) != 1 || n != d.Touches
}

// one explains a lead; asked are the ids or numbers by which a person asked, the second may be "".
func (e *evidence) one(d *lead.LeadDetail, asked ...string) lead.Why {
	parts, pending := e.of(d)
	w := lead.Why{One: true, Leads: []lead.WhyLead{nameOf(&d.Lead)}, Pending: pending, Sentence: e.oneLead(d, asked),
		Touches: e.touches(d), Values: e.values(d), Apart: e.apart(d, parts)}
	return w
}

// touches explains every touch of a lead by its way to the first one.
func (e *evidence) touches(d *lead.LeadDetail) []lead.WhyTouch {
	place := map[string]int{}
	for i := range e.Touches {
		place[e.submission(i).ID] = i
	}
	root, found := e.root(d, place)
	next := e.tree(root, found)
	out := make([]lead.WhyTouch, 0, len(d.TouchList))
	for i := len(d.TouchList) - 1; i >= 0; i-- {
		s := &d.TouchList[i].Submission
		t := lead.WhyTouch{Submission: s.ID, Source: s.Source, At: s.EventTime, Name: s.Name.Display, Chain: []lead.WhyLink{}}
		at, known := place[s.ID]
		switch {
		case known && found && at == root:
			t.Sentence = e.first()
		case known && next[at] != nil:
			for step := next[at]; step != nil; step = next[step.to] {
				t.Chain = append(t.Chain, step.WhyLink)
			}
			t.Sentence = e.linked(t.Chain)
		default:
			t.Sentence = e.unlinked()
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b lead.WhyTouch) int { return a.At.Compare(b.At) })
	return out
}

// root is the earliest touch of the part that goes on as the lead.
func (e *evidence) root(d *lead.LeadDetail, place map[string]int) (int, bool) {
	root, found := 0, false
	main := slices.Index(e.Leads, d.ID)
	if main < 0 { // by the rules of now it goes into another
		for _, t := range d.TouchList {
			if i, ok := place[t.Submission.ID]; ok {
				main = e.Grouping.Part[i]
			}
		}
	}
	for i, part := range e.Grouping.Part {
		if part != main {
			continue
		}
		a, b := e.submission(i), e.submission(root)
		if !found || a.EventTime.Before(b.EventTime) || a.EventTime.Equal(b.EventTime) && a.ID < b.ID {
			root, found = i, true
		}
	}
	return root, found
}

// step is the link from a touch to the one before it on the way to the first.
type step struct {
	lead.WhyLink
	to int
}

// tree walks the links breadth first from root, so that every way is as short as can be.
func (e *evidence) tree(root int, found bool) []*step {
	next := make([]*step, len(e.Touches))
	if !found {
		return next
	}
	at := make([][]int, len(e.Touches)) // links of each touch
	for n, l := range e.Grouping.Links {
		at[l.A] = append(at[l.A], n)
		at[l.B] = append(at[l.B], n)
	}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		to := queue[0]
		for _, n := range at[to] {
			l := e.Grouping.Links[n]
			from := l.A + l.B - to
			if from == root || next[from] != nil {
				continue
			}
			next[from] = &step{e.link(l, e.submission(from), e.submission(to)), to}
			queue = append(queue, from)
		}
	}
	return next
}

// link explains one link.
func (e *evidence) link(l lead.Link, from, to *lead.Submission) lead.WhyLink {
	out := lead.WhyLink{From: from.ID, To: to.ID}
	if l.Decision != nil {
		out.Decision = decisionOf(l.Decision)
		out.Sentence = e.person(l.Decision)
		return out
	}
	id := l.Identity
	out.Identity = &id
	out.Sentence = e.sharesWith(id, to)
	return out
}

// apart lists what was not joined with a lead, and why.
func (e *evidence) apart(d *lead.LeadDetail, parts map[int]bool) []lead.WhyApart {
	out := []lead.WhyApart{}
	for _, h := range e.Grouping.Held {
		a, b := e.Grouping.Part[h.A], e.Grouping.Part[h.B]
		if parts[a] == parts[b] {
			continue
		}
		if parts[b] {
			a, b = b, a
		}
		out = addApart(out, e.held(h, e.leadOf(b)))
	}
	for _, id := range d.Identities {
		if id.Generic || e.generic(id.Identity) {
			out = addApart(out, e.nobody(id.Identity))
		}
	}
	return out
}

// maxApart bounds the list: a number on a flyer is shared with thousands.
const maxApart = 100

func addApart(list []lead.WhyApart, a lead.WhyApart) []lead.WhyApart {
	same := func(o lead.WhyApart) bool {
		return o.Code == a.Code && (o.With == nil) == (a.With == nil) && (o.With == nil || o.With.ID == a.With.ID) &&
			(o.Identity == nil) == (a.Identity == nil) && (o.Identity == nil || *o.Identity == *a.Identity)
	}
	if len(list) >= maxApart || slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, a)
}

func (e *evidence) generic(id lead.Identity) bool {
	return slices.Contains(e.Weighed.Generic, id) || slices.Contains(e.Grouping.Generic, id)
}

// leadOf names the lead of a part.
func (e *evidence) leadOf(part int) *lead.WhyLead {
	id := e.Leads[part]
	if r := e.Records[id]; r != nil {
		l := nameOf(&r.Lead)
		return &l
	}
	return &lead.WhyLead{ID: id}
}

func nameOf(l *lead.Lead) lead.WhyLead { return lead.WhyLead{ID: l.ID, Number: l.Number, Name: l.Name} }

// two explains why two leads are not one; split is the decision between them, if any.
func (e *evidence) two(a, b *lead.LeadDetail, split *lead.Decision) lead.Why {
	w := lead.Why{Leads: []lead.WhyLead{nameOf(&a.Lead), nameOf(&b.Lead)}, Touches: []lead.WhyTouch{}, Values: []lead.WhyValue{}, Apart: []lead.WhyApart{}}
	ofA, pendingA := e.of(a)
	ofB, pendingB := e.of(b)
	w.Pending = pendingA || pendingB
	with := &w.Leads[1]
	for _, id := range sharedIdentities(a, b) {
		for _, x := range e.between(id, ofA, ofB, with) {
			w.Apart = addApart(w.Apart, x)
		}
	}
	for _, id := range sharedContacts(a, b) {
		w.Apart = addApart(w.Apart, lead.WhyApart{Sentence: e.neverKey(id), With: with, Identity: &id})
	}
	told := slices.ContainsFunc(w.Apart, func(x lead.WhyApart) bool { return x.Code == lead.HeldDecision })
	switch shared := len(w.Apart) > 0; {
	case shared:
		w.Sentence = e.keptApart(a, b, len(w.Apart))
	case split != nil:
		w.Sentence = e.splitApart(a, b)
	default:
		w.Sentence = e.nothing(a, b)
	}
	if split != nil && !told {
		w.Apart = append([]lead.WhyApart{e.split(split, with)}, w.Apart...)
	}
	return w
}

// between says why an identity that two leads share does not join them.
func (e *evidence) between(id lead.Identity, ofA, ofB map[int]bool, with *lead.WhyLead) []lead.WhyApart {
	alone := func(s lead.Sentence) []lead.WhyApart {
		return []lead.WhyApart{{Sentence: s, With: with, Identity: &id}}
	}
	switch {
	case !id.Strong():
		return alone(e.weak(id))
	case !e.usable(id):
		return alone(e.neverKey(id))
	case e.generic(id):
		return alone(e.tooMany(id))
	}
	var out []lead.WhyApart
	for _, h := range e.Grouping.Held {
		p, q := e.Grouping.Part[h.A], e.Grouping.Part[h.B]
		if h.Identity == id && (ofA[p] && ofB[q] || ofA[q] && ofB[p]) {
			out = append(out, e.held(h, with))
		}
	}
	for part := range ofA {
		if len(out) == 0 && ofB[part] {
			return alone(e.joinsNow(id))
		}
	}
	if len(out) == 0 {
		return alone(e.indirect(id))
	}
	return out
}

// sharedIdentities are those that touches of both leads carry, the strongest first.
func sharedIdentities(a, b *lead.LeadDetail) []lead.Identity {
	var out []lead.Identity
	for _, x := range a.Identities {
		if slices.ContainsFunc(b.Identities, func(y lead.HeldIdentity) bool { return x.Identity == y.Identity }) {
			out = append(out, x.Identity)
		}
	}
	return out
}

// sharedContacts are phones and emails that both leads show and that are no identity at all: service numbers, placeholders,
// values that were on the list when they came.
func sharedContacts(a, b *lead.LeadDetail) []lead.Identity {
	var out []lead.Identity
	for field, kind := range map[string]string{"phones": lead.FieldPhone, "emails": lead.FieldEmail} {
		for _, x := range a.Provenance[field] {
			key := cmp.Or(x.Key, x.Value)
			shown := slices.ContainsFunc(b.Provenance[field], func(y lead.Value) bool { return cmp.Or(y.Key, y.Value) == key })
			known := slices.ContainsFunc(a.Identities, func(h lead.HeldIdentity) bool { return h.Value == key })
			if shown && !known {
				out = append(out, lead.Identity{Kind: kind, Value: x.Value})
			}
		}
	}
	slices.SortFunc(out, func(x, y lead.Identity) int {
		return cmp.Or(strings.Compare(y.Kind, x.Kind), strings.Compare(x.Value, y.Value))
	})
	return out
}

func decisionOf(d *lead.Decision) *lead.WhyDecision {
	return &lead.WhyDecision{ID: d.ID, Kind: d.Kind, Actor: d.Actor, At: d.At, Why: d.Why}
}
