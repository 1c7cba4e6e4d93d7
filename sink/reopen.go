package sink

import (
	"time"

	"github.com/leadhub/leadhub/lead"
)

// reopened is how a closed lead stands that is open again, as long as nobody owns it.
func reopened(is lead.Standing) lead.Standing {
	is.ConvertedAt, is.Amount, is.Currency, is.Customer, is.Reason, is.Returns = time.Time{}, "", "", "", "", 0
	is.Status = lead.StatusNew
	return is
}

// cameBack opens a lead again that was put away and that nobody owns, when s says that the person came again by himself: nobody
// else would hear of it. It returns what is to be said of that; false when the lead stays as it is.
//
// Whoever owns a lead is told, and decides. A customer is no lead again. An imported list says whom somebody knows, not who came. What
// happened before the last thing that was done with the lead was there to be known when it was closed. The order in which touches of a
// lead arrive changes none of this.
func cameBack(r *lead.Record, s *lead.Submission, now time.Time) (note lead.ChangeNote, yes bool) {
	before := r.Lead
	if !bringsBack(s, r.Standing()) {
		return note, false
	}
	r.Settle(reopened(r.Standing()))
	if r.Own != nil && bringsBack(s, *r.Own) { // by itself it would be open, too
		own := reopened(*r.Own)
		r.Own = &own
	}
	return lead.ChangeNote{Type: lead.ChangeStatus, Changed: lead.Differences(&before, &r.Lead), Actor: "hub", At: now, Submission: s.ID,
		Why: why("reopened", "a new submission of "+s.Source)}, true
}

// bringsBack reports whether s opens a lead that stands like this.
func bringsBack(s *lead.Submission, is lead.Standing) bool {
	done := is.LeftAt // a lead is closed by a follow-up, or when it is lost once too often
	if is.FollowedAt.After(done) {
		done = is.FollowedAt
	}
	shut := is.Status == lead.StatusArchived || is.Status == lead.StatusUnqualified
	return shut && is.Owner == "" && s.Origin.Import == "" && s.EventTime.After(done)
}

func reopening(r *lead.Record, note lead.ChangeNote) lead.Event {
	e := eventOf(r, note)
	e.Move = lead.MoveReopen
	return e
}

// reopen opens a lead again when s brings it back: a change of its own, behind that of what was said.
func (b *batch) reopen(r *lead.Record, s *lead.Submission) {
	if note, yes := cameBack(r, s, b.now); yes {
		b.change(r, note)
		b.events = append(b.events, reopening(r, note))
		b.queue(r.ID, b.now)
	}
}

// reopen does the same for a part and its items.
func (p *parting) reopen(part *part) {
	for _, s := range p.brought(part.id()) {
		note, yes := cameBack(part.record, s, p.in.now)
		if !yes {
			continue
		}
		part.record.Version++
		p.outbox = append(p.outbox, snapshot(part.record, note))
		p.out.Events = append(p.out.Events, reopening(part.record, note))
		p.out.Due = append(p.out.Due, Due{Lead: part.id(), At: p.in.now})
	}
}
