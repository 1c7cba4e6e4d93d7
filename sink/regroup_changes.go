package sink

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// record writes down what became of every lead: its next version, when anything public changed.
func (p *parting) record() {
	for n := range p.parts {
		part := &p.parts[n]
		score(p.judge, part.record)
		absorbed, lost := p.absorbed(part), p.lost(part)
		note := lead.ChangeNote{At: p.in.now, Actor: p.in.actor, Changed: p.differences(part.record), Absorbed: absorbed, Why: p.in.why}
		for _, i := range part.touches {
			if p.touches[i].Lead == "" {
				note.Submission = p.touches[i].Submission.ID
			}
		}
		was, known := p.old[part.id()]
		switch {
		case part.fresh && len(part.from) == 0:
			note.Type = lead.ChangeCreated
		case part.fresh || known && was.MergedInto != "":
			note.Type = lead.ChangeSplit
			note.Why = why(p.in.why, "came apart from "+p.numbers(part.from))
		case len(absorbed) > 0:
			note.Type = lead.ChangeMerged
		case len(lost) > 0:
			note.Type = lead.ChangeSplit
			note.Why = why(p.in.why, "came apart into several leads")
		default:
			note.Type = lead.ChangeUpdated
		}
		if note.Why == "" {
			note.Why = p.words(n)
		}
		p.write(part.record, note, part.fresh)
		p.reopen(part)
	}
	for n := range p.parts {
		part := &p.parts[n]
		for _, id := range part.ids[1:] {
			r := p.component.records[id]
			if r.MergedInto == p.old[id].MergedInto {
				if old := p.old[id]; !sameInside(&old, r) { // a pin of it was taken away
					p.changed = append(p.changed, r)
				}
				continue
			}
			p.write(r, lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"merged_into"}, At: p.in.now, Actor: p.in.actor,
				Why: why("went into "+part.record.Number, p.in.why)}, false)
			p.out.Due = append(p.out.Due, Due{Lead: id})
		}
	}
	for _, id := range p.out.Erased {
		r := p.component.records[id]
		r.Version++
		p.outbox = append(p.outbox, lead.Change{Lead: lead.Lead{ID: id, Number: r.Number, Version: r.Version},
			Change: lead.ChangeNote{Type: lead.ChangeErased, At: p.in.now, Actor: p.in.actor, Why: p.in.why, Changed: []string{}}})
	}
}

func why(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// absorbed are the leads that lived before and are in this part without being the one that lives on.
func (p *parting) absorbed(part *part) []string {
	return slices.DeleteFunc(slices.Clone(part.ids), func(id string) bool { return id == part.id() || !p.lived(id) })
}

// lost are the parts that took touches from this part's lead.
func (p *parting) lost(part *part) []int {
	var out []int
	for n := range p.parts {
		if other := &p.parts[n]; other.id() != part.id() && slices.Contains(other.from, part.id()) && p.lived(part.id()) {
			out = append(out, n)
		}
	}
	return out
}

func (p *parting) numbers(ids []string) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = p.component.records[id].Number
	}
	return strings.Join(words, ", ")
}

// differences names the public fields that changed, sorted; touches, when only their number did.
func (p *parting) differences(r *lead.Record) []string {
	was := p.old[r.ID].Lead
	out := lead.Differences(&was, &r.Lead)
	if len(out) == 0 && (was.Touches != r.Touches || !was.FirstSeen.Equal(r.FirstSeen) || !was.LastSeen.Equal(r.LastSeen)) {
		out = append(out, "touches")
	}
	if len(out) == 0 && was.Course != r.Course {
		out = append(out, "owned_at")
	}
	if len(out) == 0 && !slices.Equal(genericOf(p.old[r.ID].Identities), genericOf(r.Identities)) {
		out = append(out, "identities") // whom it may be the same as depends on them, so those who compare leads have to hear of it
	}
	return out
}

func genericOf(held []lead.HeldIdentity) []lead.Identity {
	var out []lead.Identity
	for _, h := range held {
		if h.Generic {
			out = append(out, h.Identity)
		}
	}
	return out
}

func (p *parting) write(r *lead.Record, note lead.ChangeNote, fresh bool) {
	if len(note.Changed) == 0 && note.Type == lead.ChangeUpdated {
		if old := p.old[r.ID]; !sameInside(&old, r) {
			p.changed = append(p.changed, r)
		}
		return
	}
	r.Version++
	if fresh {
		p.created = append(p.created, r)
	} else {
		p.changed = append(p.changed, r)
	}
	p.outbox = append(p.outbox, snapshot(r, note))
	if note.Type == lead.ChangeMerged || note.Type == lead.ChangeSplit || note.Actor != "hub" {
		p.out.Events = append(p.out.Events, eventOf(r, note))
	} else if r.Owner != "" && note.Submission != "" && !fresh {
		p.out.Events = append(p.out.Events, returned(r, note))
		items := p.brought(r.ID)
		p.tell(backAgain(r, items[len(items)-1], p.in.now))
	}
	p.care(r)
	if r.MergedInto != "" {
		return
	}
	says := note.Submission != "" || p.in.pin != nil
	switch {
	case r.Owner != "":
		p.out.Due = append(p.out.Due, Due{Lead: r.ID, At: time.Time{}})
	case fresh || note.Type != lead.ChangeUpdated || says && r.Pool != "" && byRules(r) && lead.Open(r.Status):
		p.out.Due = append(p.out.Due, Due{Lead: r.ID, At: p.in.now})
	case says && lead.Open(r.Status):
		p.out.Offered = append(p.out.Offered, r.ID)
	}
}

// care plans for the owner of a lead, and tells who lost it.
func (p *parting) care(r *lead.Record) {
	was := p.old[r.ID]
	switch {
	case r.Owner != "" && r.MergedInto == "":
		p.out.Timers = append(p.out.Timers, p.terms.next(r))
	case was.Owner != "":
		p.out.Timers = append(p.out.Timers, Timer{Lead: r.ID})
	}
	if r.MergedInto == "" && was.MergedInto == "" && was.Owner != "" {
		p.tell(lostBy(r, []string{was.Owner}, p.in.now)...)
	}
	if into := p.component.records[r.MergedInto]; into != nil && was.MergedInto == "" && was.Owner != "" {
		p.tell(lostBy(into, []string{was.Owner}, p.in.now)...)
	}
}

// tell keeps notifications. Those of a lead that one import alone brought touches of are told with it.
func (p *parting) tell(list ...lead.Notification) {
	for _, n := range list {
		n.Import = ""
		for i, s := range p.brought(n.Lead) {
			if i > 0 && s.Origin.Import != n.Import {
				n.Import = ""
				break
			}
			n.Import = s.Origin.Import
		}
		p.out.Notifications = append(p.out.Notifications, n)
	}
}

// brought are the items that became touches of a lead.
func (p *parting) brought(id string) []*lead.Submission {
	var out []*lead.Submission
	for n := range p.parts {
		if p.parts[n].id() != id {
			continue
		}
		for _, i := range p.parts[n].touches {
			if p.touches[i].Lead == "" {
				out = append(out, p.touches[i].Submission)
			}
		}
	}
	return out
}

// lead lets touches and identities lead to where they belong now.
func (p *parting) lead() {
	leads := map[string][]string{} // living leads per identity key
	add := func(key, id string) {
		if !slices.Contains(leads[key], id) {
			leads[key] = append(leads[key], id)
		}
	}
	for n := range p.parts {
		part := &p.parts[n]
		for _, i := range part.touches {
			t := p.touches[i]
			if t.Lead == "" {
				p.touch(n, i)
			} else if !slices.Contains(part.ids, t.Lead) {
				p.out.Moved = append(p.out.Moved, Moved{Submission: t.Submission.ID, Lead: part.id()})
			}
			for _, id := range t.Submission.Identities {
				if id.Strong() {
					add(id.Key(), part.id())
				}
			}
		}
	}
	for id := range p.old {
		p.out.Cleared = append(p.out.Cleared, id)
	}
	slices.Sort(p.out.Cleared)
	held := map[string]bool{}
	for _, h := range p.Held {
		held[h.Identity.Key()] = true
	}
	for key, id := range p.component.keys {
		s := Spread{Key: key}
		switch at := leads[key]; {
		case p.component.generic[key] || slices.Contains(p.Generic, id) || len(at) > 1 && !held[key]:
			s.Lead, s.Leads = Generic, at
		case len(at) > 1:
			s.Lead, s.Leads = Shared, at
		case len(at) == 1:
			s.Lead = at[0]
		}
		if s.Same = s.Lead == p.component.now[key]; s.Same && len(s.Leads) == 0 {
			continue
		}
		slices.Sort(s.Leads)
		p.out.Spread = append(p.out.Spread, s)
	}
	slices.SortFunc(p.out.Spread, func(a, b Spread) int { return strings.Compare(a.Key, b.Key) })
	for id := range p.in.withdrawn {
		if t, ok := p.component.touches[id]; ok {
			p.out.Withdrawn = append(p.out.Withdrawn, Touch{Submission: id, Source: t.Submission.Source, At: p.in.now})
			p.out.Rejections = append(p.out.Rejections, lead.Rejection{ID: id, Source: t.Submission.Source, Channel: t.Submission.Channel,
				Stage: lead.StageUndo, Code: "withdrawn", Message: "taken back by " + p.in.actor, Hint: "replay or import it again to bring it back",
				At: p.in.now, ReceivedAt: t.Submission.ReceivedAt, State: lead.RejectionWithdrawn})
		}
	}
	slices.SortFunc(p.out.Withdrawn, func(a, b Touch) int { return strings.Compare(a.Submission, b.Submission) })
	slices.SortFunc(p.out.Rejections, func(a, b lead.Rejection) int { return strings.Compare(a.ID, b.ID) })
	p.out.Decisions = p.in.decisions
}

// touch records item i in part n.
func (p *parting) touch(n, i int) {
	part := &p.parts[n]
	s := p.touches[i].Submission
	v := lead.Verdict{Lead: part.id(), Reasons: p.reasons(n, i)}
	switch absorbed := p.absorbed(part); {
	case len(part.from) == 0 && slices.ContainsFunc(p.Held, func(h lead.Held) bool { return h.A == i || h.B == i }):
		v.Kind, v.Lead = lead.VerdictUnsure, ""
		p.result.New++
	case len(part.from) == 0 && p.firstItem(part) == i:
		v.Kind, v.Lead = lead.VerdictNew, ""
		p.result.New++
	case len(absorbed) > 0:
		v.Kind, v.Joined = lead.VerdictJoins, absorbed
		p.result.Joined++
	default:
		v.Kind = lead.VerdictSame
		p.result.Same++
	}
	at := slices.IndexFunc(p.in.items, func(it Item) bool { return it.Submission.ID == s.ID })
	p.out.Touches = append(p.out.Touches, Touch{Submission: s.ID, Source: s.Source, Lead: part.id(), At: p.in.now, Verdict: v,
		JSON: p.in.items[at].JSON})
}

func (p *parting) firstItem(part *part) int {
	return part.touches[slices.IndexFunc(part.touches, func(i int) bool { return p.touches[i].Lead == "" })]
}

// reasons says in words why item i is in part n, and why it is not in others.
func (p *parting) reasons(n, i int) []string {
	var out []string
	say := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, l := range p.Links {
		other := -1
		if l.A == i {
			other = l.B
		} else if l.B == i {
			other = l.A
		}
		switch {
		case other < 0:
		case l.Decision != nil:
			say("a person said so")
		default:
			say("same " + l.Identity.Kind + " as " + p.known(other, n))
		}
	}
	for _, h := range p.Held {
		switch {
		case h.A == i && p.Part[h.B] != n:
			say("not joined with " + p.known(h.B, p.Part[h.B]) + " by " + h.Identity.Kind + ": " + h.Words())
		case h.B == i && p.Part[h.A] != n:
			say("not joined with " + p.known(h.A, p.Part[h.A]) + " by " + h.Identity.Kind + ": " + h.Words())
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		out = []string{"nobody with these identities is known"}
	}
	return out
}

// known is the number of the lead that a touch was of before, or of the one that it is of now.
func (p *parting) known(i, n int) string {
	if l := p.touches[i].Lead; l != "" {
		return p.component.records[p.livingOf(l)].Number
	}
	return p.parts[n].record.Number
}

// words is why a part changed: the reasons of the items in it.
func (p *parting) words(n int) string {
	var out []string
	for _, i := range p.parts[n].touches {
		if p.touches[i].Lead == "" {
			out = append(out, p.reasons(n, i)...)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "; ")
}

// changes is everything, ready to be saved.
func (p *parting) changes() (Changes, error) {
	c := p.out
	var before []*lead.Record
	for _, r := range p.old {
		before = append(before, &r)
	}
	after := slices.Concat(slices.Collect(maps.Values(p.component.records)), p.created)
	c.Freed = freed(before, slices.DeleteFunc(after, func(r *lead.Record) bool { return slices.Contains(c.Erased, r.ID) }))
	for _, id := range p.component.renewed {
		doc, err := json.Marshal(p.component.touches[id].Submission)
		if err != nil {
			return Changes{}, err
		}
		c.Renewed = append(c.Renewed, Touch{Submission: id, JSON: doc})
	}
	outbox, leads, err := encodeChanges(p.outbox)
	if err != nil {
		return Changes{}, err
	}
	for i := range outbox {
		if outbox[i].Type == lead.ChangeErased {
			outbox[i].Value = []byte{} // a tombstone
		}
	}
	c.Outbox = outbox
	if c.Created, err = encodeRecords(p.created, leads); err != nil {
		return Changes{}, err
	}
	c.Changed, err = encodeRecords(p.changed, leads)
	return c, err
}
