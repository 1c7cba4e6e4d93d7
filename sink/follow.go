package sink

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// skew is how far the clocks of those who tell may be behind or ahead.
const skew = time.Minute

// Follow notes what was done with a lead, and what came of it: from a person, or from a CRM. f.ID makes telling it again harmless. A
// follow-up of a lead that nobody had worked on sets it working; other statuses come with f.Status, as far as lead.MayBecome allows
// them. f has been through [lead.Feedback.Check]. KindInvalid for what cannot be meant, past_time for a
// next follow-up that is before what was done, KindConflict bad_status for a move that is not allowed, KindForbidden when m.Rep does not own
// the lead.
func (v *Mover) Follow(ctx context.Context, f lead.Feedback, m lead.Move) (lead.Lead, error) {
	if err := readable(&f); err != nil {
		return lead.Lead{}, err
	}
	m.ID = cmp.Or(f.ID, m.ID)
	return v.one(ctx, f.Lead, nil, m, func(h *hand, r *lead.Record) error {
		if err := mine(r, m); err != nil {
			return err
		}
		f := f
		f.Lead, f.By = r.ID, cmp.Or(f.By, m.Actor)
		if f.At = instant(f.At); f.At.After(h.now) || f.At.Year() < 2000 {
			f.At = h.now
		}
		if !f.NextAt.IsZero() && f.NextAt.Before(f.At.Add(-skew)) {
			return invalid("past_time", "the next follow-up would be in the past", "choose a time that is still to come", "next_at")
		}
		is, err := followed(r, f)
		if err != nil {
			return err
		}
		what := moved{move: lead.MoveFollow, typ: lead.ChangeStatus, actor: m.Actor, follow: &f, why: why("followed up", f.Way, cmp.Or(f.Reason, f.Text), m.Why)}
		if is.Status != r.Status {
			what.why = why(is.Status, f.Way, cmp.Or(f.Reason, f.Text), m.Why)
		}
		if is.Owner == "" && lead.Open(is.Status) {
			what.due = h.now // it waits for an owner as before
		}
		h.give(r, is, what)
		return nil
	})
}

// readable checks what can be checked without the lead.
func readable(f *lead.Feedback) error {
	switch {
	case f.Way == "" && f.Text == "" && f.Status == "" && f.NextAt.IsZero():
		return invalid("nothing_to_tell", "this follow-up tells nothing", "give a status, a way, some words, or the time of the next one", "status")
	case f.Status == lead.StatusUnqualified && f.Reason == "":
		return invalid("reason_missing", "a lead is unqualified for a reason", "say why in a few words", "reason")
	case f.Amount != "" && f.Status != lead.StatusConverted:
		return invalid("amount_without_conversion", "an amount comes with a conversion", "set status to converted, or leave the amount out", "amount")
	}
	if f.Amount != "" {
		cents, err := lead.Cents(f.Amount.String())
		if err != nil {
			return err
		}
		f.Amount = lead.Decimal(lead.Amount(cents))
		f.Currency = cmp.Or(f.Currency, "CNY")
	}
	f.NextAt = instant(f.NextAt)
	return nil
}

// followed is how a lead stands after a follow-up. One that is told late, after a later one, moves no time back.
func followed(r *lead.Record, f lead.Feedback) (lead.Standing, error) {
	is := r.Standing()
	status := f.Status
	contacted := f.Way != "" || status == lead.StatusWorking || status == lead.StatusNurturing || status == lead.StatusConverted
	if status == "" {
		status = is.Status
		if contacted && (status == lead.StatusNew && is.Owner != "" || status == lead.StatusAssigned) {
			status = lead.StatusWorking
		}
	}
	if !lead.MayBecome(is.Status, status) {
		hint := "it may become " + strings.Join(lead.NextStatuses(is.Status), ", ")
		if !lead.Open(is.Status) {
			hint = "reopen it first"
		}
		return is, conflict("bad_status", "a lead that is "+is.Status+" cannot become "+status, hint)
	}
	is.Status = status
	if f.At.After(is.FollowedAt) {
		is.FollowedAt = f.At
	}
	if contacted && (is.ContactedAt.IsZero() || f.At.Before(is.ContactedAt)) {
		is.ContactedAt = f.At
	}
	if is.Owner != "" && is.AcceptedAt.IsZero() {
		is.AcceptedAt = f.At
	}
	switch {
	case !f.NextAt.IsZero():
		is.NextAt = f.NextAt
	case !is.NextAt.After(f.At):
		is.NextAt = time.Time{} // this was it
	}
	switch status {
	case lead.StatusConverted:
		if is.ConvertedAt.IsZero() {
			is.ConvertedAt = f.At
		}
		if f.Amount != "" {
			is.Amount, is.Currency = f.Amount.String(), f.Currency
		}
		is.Customer, is.Reason = cmp.Or(f.Customer, is.Customer), ""
	case lead.StatusUnqualified:
		is.Reason = f.Reason
	}
	if !lead.Open(status) {
		is.NextAt, is.Pool = time.Time{}, ""
	}
	return is, nil
}

// Reopen opens a lead that was converted, unqualified or archived: its owner works on it again, or the rules look for one. What it was worth
// stays in its history.
func (v *Mover) Reopen(ctx context.Context, id string, m lead.Move) (lead.Lead, error) {
	return v.one(ctx, id, nil, m, func(h *hand, r *lead.Record) error {
		if err := mine(r, m); err != nil {
			return err
		}
		if lead.Open(r.Status) {
			return nil
		}
		is, what := reopened(r.Standing()), moved{move: lead.MoveReopen, typ: lead.ChangeStatus, actor: m.Actor, why: why("reopened", m.Why)}
		if is.Owner == "" {
			what.due = h.now
		} else { // its time begins again, or it would be taken back at once
			is.Status, is.OwnedAt = lead.StatusWorking, h.now
		}
		h.give(r, is, what)
		return nil
	})
}
