package sink

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Order is what a person asks to be done with leads.
type Order = lead.Order

// errPreview ends a transaction whose outcome was only asked for.
var errPreview = errors.New("preview")

// Merge makes one lead of two, whatever the rules say, and returns what changed: the one with the lower id lives on. What
// rules find later does not part them; a later Split does.
func (s *Sink) Merge(ctx context.Context, a, b string, o Order) ([]lead.Change, error) {
	return s.order(ctx, o, func(ctx context.Context, tx Tx, in *regrouping) error {
		family, err := tx.Hold(ctx, []string{a, b})
		if err != nil {
			return err
		}
		if len(family.Touches) > MaxTouches {
			return tooMany()
		}
		sides := touchesOf(family)
		if len(sides) == 1 && family.has(a) && family.has(b) {
			return &lead.Error{Kind: lead.KindConflict, Code: "already_merged", Message: "these two are one lead already", Hint: "look at it with GET /v1/leads/{id}"}
		}
		if len(sides) != 2 {
			return lead.NotFound("lead_not_found", "one of these leads does not exist", "look for it with GET /v1/leads?q=")
		}
		ids := family.living()
		in.leads = ids
		in.decisions = []lead.Decision{{ID: lead.NewID("dec_", in.now), Kind: lead.DecisionMerge, A: sides[ids[0]], B: sides[ids[1]],
			Actor: o.Actor, At: in.now, Why: o.Why}}
		in.why = why("merged by hand", o.Why)
		return nil
	})
}

// Split takes touches out of a lead and makes another lead of them, or the one again that they were before they came into
// this one. No rule brings them together again; a later Merge does.
func (s *Sink) Split(ctx context.Context, id string, submissions []string, o Order) ([]lead.Change, error) {
	return s.order(ctx, o, func(ctx context.Context, tx Tx, in *regrouping) error {
		family, err := tx.Hold(ctx, []string{id})
		if err != nil {
			return err
		}
		ids := family.living()
		if len(ids) == 0 {
			return lead.NotFound("lead_not_found", "there is no lead with this id", "look for it with GET /v1/leads?q=")
		}
		if len(family.Touches) > MaxTouches {
			return tooMany()
		}
		in.leaving = map[string]bool{}
		d := lead.Decision{ID: lead.NewID("dec_", in.now), Kind: lead.DecisionSplit, Actor: o.Actor, At: in.now, Why: o.Why}
		all := touchesOf(family)[ids[0]]
		for _, sub := range submissions {
			if _, ok := slices.BinarySearch(all, sub); !ok {
				return lead.Invalid("not_a_touch", fmt.Sprintf("%q is not a touch of this lead", sub), "take ids from touch_list of GET /v1/leads/{id}")
			}
			in.leaving[sub] = true
		}
		for _, t := range all {
			if in.leaving[t] {
				d.B = append(d.B, t)
			} else {
				d.A = append(d.A, t)
			}
		}
		if len(d.A) == 0 || len(d.B) == 0 {
			return lead.Invalid("nothing_to_split", "a split needs some touches of the lead, and not all of them", "name the touches that are somebody else")
		}
		in.leads, in.decisions = ids, []lead.Decision{d}
		in.why = why("split by hand", o.Why)
		return nil
	})
}

// Pin sets a value by hand. It wins over all that touches say, until it is taken away.
func (s *Sink) Pin(ctx context.Context, id string, pin lead.Pin, o Order) ([]lead.Change, error) {
	return s.repin(ctx, id, pin.Field, o, func(r *lead.Record, now time.Time) {
		pin.By, pin.At = o.Actor, now
		r.Pins = append(r.Pins, pin)
	})
}

// Unpin takes away what people set for a field, on this lead and on all that went into it.
func (s *Sink) Unpin(ctx context.Context, id, field string, o Order) ([]lead.Change, error) {
	return s.repin(ctx, id, field, o, nil)
}

func (s *Sink) repin(ctx context.Context, id, field string, o Order, set func(*lead.Record, time.Time)) ([]lead.Change, error) {
	return s.order(ctx, o, func(ctx context.Context, tx Tx, in *regrouping) error {
		in.leads = []string{id}
		in.why = why(map[bool]string{true: "pinned ", false: "unpinned "}[set != nil]+field, o.Why)
		in.pin = func(c *component) error {
			had := false
			living := ""
			for at := id; ; {
				r := c.records[at]
				if r == nil {
					return lead.NotFound("lead_not_found", "there is no lead with this id", "look for it with GET /v1/leads?q=")
				}
				if living = at; r.MergedInto == "" {
					break
				}
				at = r.MergedInto
			}
			for _, r := range c.records {
				if !c.under(r.ID, living) {
					continue
				}
				kept := slices.DeleteFunc(slices.Clone(r.Pins), func(p lead.Pin) bool { return p.Field == field })
				had = had || len(kept) < len(r.Pins)
				r.Pins = slices.Clip(kept)
				if len(kept) == 0 {
					r.Pins = nil
				}
			}
			if set == nil && !had {
				return lead.NotFound("not_pinned", "nobody pinned this field", "provenance of GET /v1/leads/{id} shows what is pinned")
			}
			if set != nil {
				set(c.records[living], in.now)
			}
			return nil
		}
		return nil
	})
}

// under reports whether a lead is living or went, step by step, into it.
func (c *component) under(id, living string) bool { return c.living(id) == living }

// living is the lead that an id stands for.
func (c *component) living(id string) string {
	for c.records[id] != nil && c.records[id].MergedInto != "" {
		id = c.records[id].MergedInto
	}
	return id
}

// Withdraw takes touches out of the pool, as if they had never been there: leads that only they made are forgotten, those
// that they joined come apart, and values fall back to what the others say. Unknown submissions are left out. Each leaves a
// rejection in the state lead.RejectionWithdrawn, so that everything accepted stays accounted for; so do those that were
// rejected. It returns how many touches were taken.
func (s *Sink) Withdraw(ctx context.Context, submissions []string, o Order) (int, error) {
	n := 0
	_, err := s.order(ctx, o, func(ctx context.Context, tx Tx, in *regrouping) error {
		seen, err := tx.Seen(ctx, submissions)
		if err != nil {
			return err
		}
		if err := tx.Save(ctx, Changes{Dropped: submissions}); err != nil {
			return err
		}
		in.withdrawn = make(map[string]bool, len(seen.Leads))
		for sub, id := range seen.Leads {
			in.withdrawn[sub] = true
			if !slices.Contains(in.leads, id) {
				in.leads = append(in.leads, id)
			}
		}
		slices.Sort(in.leads)
		n, in.generic, in.why = len(in.withdrawn), true, why("withdrawn", o.Why)
		return nil
	})
	return n, err
}

// Regroup groups leads anew by the rules of judge, the present ones when it is nil, and returns what changed.
func (s *Sink) Regroup(ctx context.Context, leads []string, judge Judge, o Order) ([]lead.Change, error) {
	return s.orderBy(ctx, judge, o, func(ctx context.Context, tx Tx, in *regrouping) error {
		in.leads, in.generic, in.renew, in.why = leads, true, true, o.Why
		return nil
	})
}

// Why weighs all the evidence about some leads again, by ids. It only reads.
func (s *Sink) Why(ctx context.Context, leads ...string) (Weighed, error) {
	var w Weighed
	err := s.cfg.Pool.View(ctx, func(ev Evidence) error {
		c, err := gather(ctx, ev, leads, nil, nil, false, nil)
		if err != nil {
			return err
		}
		if len(c.records) == 0 {
			return lead.NotFound("lead_not_found", "there is no lead with this id", "look for it with GET /v1/leads?q=")
		}
		w = weigh(s.cfg.Judge(), c, c.sorted(nil), c.decisionList())
		for i := range w.Touches {
			if n := w.Grouping.Part[i]; n < len(w.Leads) && w.Leads[n] == "" {
				w.Leads[n] = c.living(w.Touches[i].Lead)
			}
		}
		return nil
	})
	return w, err
}

// weigh groups touches. Which leads the parts are is left open.
func weigh(judge Judge, c *component, touches []Recorded, decisions []lead.Decision) Weighed {
	submissions := make([]*lead.Submission, len(touches))
	for i, t := range touches {
		submissions[i] = t.Submission
	}
	generic := c.genericIdentities()
	w := Weighed{Touches: touches, Grouping: judge.Group(submissions, decisions, generic), Records: c.records, Decisions: decisions,
		Generic: slices.Collect(maps.Keys(generic))}
	parts := 0
	for _, n := range w.Grouping.Part {
		parts = max(parts, n+1)
	}
	w.Leads = make([]string, parts)
	return w
}

func (s *Sink) order(ctx context.Context, o Order, prepare func(context.Context, Tx, *regrouping) error) ([]lead.Change, error) {
	return s.orderBy(ctx, nil, o, prepare)
}

func (s *Sink) orderBy(ctx context.Context, judge Judge, o Order, prepare func(context.Context, Tx, *regrouping) error) ([]lead.Change, error) {
	out, err := s.run(ctx, judge, o, prepare)
	return out.changes, err
}

func (s *Sink) run(ctx context.Context, judge Judge, o Order, prepare func(context.Context, Tx, *regrouping) error) (regrouped, error) {
	var out regrouped
	err := s.cfg.Pool.Update(ctx, func(tx Tx) error {
		in := regrouping{now: s.cfg.Now().UTC(), actor: o.Actor}
		if err := prepare(ctx, tx, &in); err != nil || len(in.leads) == 0 {
			return err
		}
		if judge == nil {
			judge = s.cfg.Judge()
		}
		var err error
		if out, err = s.regroup(ctx, tx, judge, in); err == nil && o.Preview {
			err = errPreview
		}
		return err
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return out, err
}

// living are the ids of living leads, ascending.
func (f Family) living() []string {
	var out []string
	for _, r := range f.Records {
		if r.MergedInto == "" {
			out = append(out, r.ID)
		}
	}
	slices.Sort(out)
	return out
}

func (f Family) has(id string) bool {
	return slices.ContainsFunc(f.Records, func(r *lead.Record) bool { return r.ID == id })
}

// touchesOf are the submissions per living lead, sorted.
func touchesOf(f Family) map[string][]string {
	into := map[string]string{}
	for _, r := range f.Records {
		into[r.ID] = r.MergedInto
	}
	out := map[string][]string{}
	for _, t := range f.Touches {
		id := t.Lead
		for into[id] != "" {
			id = into[id]
		}
		out[id] = append(out[id], t.Submission.ID)
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}
