package sink

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Decide notes what a person says of a pair: lead.DuplicateDismiss or lead.DuplicateReopen. KindNotFound when there is no
// such pair, KindConflict for opening one that a person split.
func (d *Duplicates) Decide(ctx context.Context, a, b, decision string, o Order) error {
	a, b = min(a, b), max(a, b)
	return d.cfg.Pool.Match(ctx, func(r MatchReader) (MatchChanges, error) {
		pairs, err := r.Pairs(ctx, []string{a})
		if err != nil {
			return MatchChanges{}, err
		}
		at := slices.IndexFunc(pairs, func(p Pair) bool { return p.A == a && p.B == b && p.State != Resting })
		if at < 0 {
			return MatchChanges{}, lead.NotFound("duplicate_not_found", "these two leads are not a possible duplicate",
				"GET /v1/duplicates lists those that are; a merge by hand needs none")
		}
		p := pairs[at]
		now := d.cfg.Now().UTC()
		switch decision {
		case lead.DuplicateDismiss:
			if p.State == lead.DuplicateDismissed {
				return MatchChanges{}, nil
			}
			p.dismiss(lead.Dismissal{By: o.Actor, At: now, Why: o.Why})
		case lead.DuplicateReopen:
			if p.State == lead.DuplicateOpen {
				return MatchChanges{}, nil
			}
			if p.Dismissed != nil && p.Dismissed.Decision != "" {
				return MatchChanges{}, &lead.Error{Kind: lead.KindConflict, Code: "split_by_person", Message: "a person split these two leads",
					Hint: "if they are one after all, merge them"}
			}
			p.State, p.At, p.Dismissed, p.Evidence = lead.DuplicateOpen, now, nil, nil
		default:
			return MatchChanges{}, lead.Invalid("unknown_decision", fmt.Sprintf("%q is not a decision", decision), "say dismiss or reopen")
		}
		return MatchChanges{Pairs: []Pair{p}}, nil
	})
}

func (p *Pair) dismiss(d lead.Dismissal) {
	p.State, p.Dismissed, p.Evidence = lead.DuplicateDismissed, &d, p.supporting()
}

// supporting are the parts that speak for one person.
func (p *PairDoc) supporting() []lead.DuplicatePart {
	var out []lead.DuplicatePart
	for _, part := range p.Parts {
		if part.Weight > 0 {
			out = append(out, part)
		}
	}
	return out
}

type two struct{ a, b string }

func twoOf(a, b string) two { return two{min(a, b), max(a, b)} }

// compare weighs every lead that changed with all that share a key with it, and lays what comes of it over what is kept.
func (l *looking) compare() error {
	wanted := l.candidates()
	kept, err := l.kept(wanted)
	if err != nil {
		return err
	}
	found := map[two]*Pair{}
	possible, likely := l.matcher.Thresholds()
	shares := map[two][]lead.Identity{}
	for _, t := range slices.SortedFunc(maps.Keys(wanted), byLeads) {
		a, b := l.profiles[t.a], l.profiles[t.b]
		if !living(a) || !living(b) {
			continue
		}
		l.Compared++
		p := &Pair{A: t.a, B: t.b, PairDoc: PairDoc{Parts: rounded(l.matcher.Compare(a, b))}}
		p.Score = sum(p.Parts)
		ids := shared(a, b)
		if len(ids) > 0 {
			shares[t] = ids
		} else if p.Score < possible {
			continue
		}
		found[t] = p
	}
	if err := l.weigh(found, shares, likely); err != nil {
		return err
	}
	apart, err := l.apart(found)
	if err != nil {
		return err
	}
	for _, t := range slices.SortedFunc(maps.Keys(found), byLeads) {
		found[t].Likely = found[t].Score >= likely
		l.settle(found[t], kept[t], apart[t])
	}
	for _, t := range slices.SortedFunc(maps.Keys(kept), byLeads) {
		if found[t] == nil {
			l.gone(kept[t])
		}
	}
	return nil
}

// gone takes a pair off the list that nothing speaks for any more. What a person said of it by hand is kept, for when
// something does again; what follows from a split is told by the split.
func (l *looking) gone(old *Pair) {
	switch {
	case old.State == Resting:
	case old.State == lead.DuplicateDismissed && old.Dismissed != nil && old.Dismissed.Decision == "":
		rest := *old
		rest.State = Resting
		l.out.Pairs = append(l.out.Pairs, rest)
	default:
		if old.State == lead.DuplicateOpen {
			l.Closed++
		}
		l.out.Closed = append(l.out.Closed, *old)
	}
}

func byLeads(x, y two) int { return cmp.Or(strings.Compare(x.a, y.a), strings.Compare(x.b, y.b)) }

func living(p *Profile) bool { return p != nil && p.MergedInto == "" }

// candidates are the pairs under keys that are not too common.
func (l *looking) candidates() map[two]bool {
	out := map[two]bool{}
	crowded := map[int64]bool{}
	for id := range l.dirty {
		for _, k := range l.keys[id] {
			block := l.blocks[k]
			if len(block) > l.limit {
				crowded[k] = true
				continue
			}
			for _, other := range block {
				if other != id {
					out[twoOf(id, other)] = true
				}
			}
		}
	}
	l.Crowded = len(crowded)
	return out
}

// kept reads what is kept of the leads that are compared, and the profiles of those that they are compared with.
func (l *looking) kept(wanted map[two]bool) (map[two]*Pair, error) {
	ids := make([]string, 0, len(wanted))
	for t := range wanted {
		ids = append(ids, t.a, t.b)
	}
	slices.Sort(ids)
	if err := l.load(slices.Compact(ids)); err != nil {
		return nil, err
	}
	pairs, err := l.r.Pairs(l.ctx, slices.Sorted(maps.Keys(l.dirty)))
	out := make(map[two]*Pair, len(pairs))
	for i := range pairs {
		out[two{pairs[i].A, pairs[i].B}] = &pairs[i]
	}
	return out, err
}

// weigh adds what a shared strong identity says. Something kept it from joining the two: that is for a person to look at,
// however little else they have in common.
func (l *looking) weigh(found map[two]*Pair, shares map[two][]lead.Identity, likely float64) error {
	if len(shares) == 0 {
		return nil
	}
	reasons, err := l.reasons(shares)
	if err != nil {
		return err
	}
	for t, ids := range shares {
		id, held := ids[0], reasons[t]
		if held != nil {
			id = held.Identity
		}
		p := found[t]
		part := l.matcher.Shared(id, held)
		part.Weight = round(max(0, likely-p.Score))
		p.Parts = append(p.Parts, part)
		p.Score = sum(p.Parts)
	}
	return nil
}

// reasons are why identities did not join, as far as the touches of the two leads tell. Where there are too many to be
// weighed again, none is told.
func (l *looking) reasons(shares map[two][]lead.Identity) (map[two]*lead.Held, error) {
	var ids []string
	for t := range shares {
		ids = append(ids, t.a, t.b)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	family, err := l.r.Touches(l.ctx, ids)
	if err != nil || len(family.Touches) > MaxTouches {
		return nil, err
	}
	decided, err := l.r.Decided(l.ctx, ids)
	if err != nil {
		return nil, err
	}
	decisions := make([]lead.Decision, len(decided))
	for i, d := range decided {
		decisions[i] = d.Decision
	}
	into := map[string]string{}
	for _, r := range family.Records {
		into[r.ID] = r.MergedInto
	}
	touches := map[string][]*lead.Submission{}
	slices.SortFunc(family.Touches, func(x, y Recorded) int { return strings.Compare(x.Submission.ID, y.Submission.ID) })
	for _, t := range family.Touches {
		id := t.Lead
		for into[id] != "" {
			id = into[id]
		}
		touches[id] = append(touches[id], t.Submission)
	}
	judge := l.cfg.Judge()
	out := map[two]*lead.Held{}
	for t, shared := range shares {
		a := touches[t.a]
		g := judge.Group(slices.Concat(a, touches[t.b]), decisions, l.generic(t))
		for i, h := range g.Held {
			if (h.A < len(a)) != (h.B < len(a)) && slices.Contains(shared, h.Identity) {
				out[t] = &g.Held[i]
				break
			}
		}
	}
	return out, nil
}

func (l *looking) generic(t two) map[lead.Identity]bool {
	out := map[lead.Identity]bool{}
	for _, p := range []*Profile{l.profiles[t.a], l.profiles[t.b]} {
		for _, h := range p.Identities {
			if h.Generic {
				out[h.Identity] = true
			}
		}
	}
	return out
}

// apart finds the pairs that a person split.
func (l *looking) apart(found map[two]*Pair) (map[two]*lead.Decision, error) {
	if len(found) == 0 {
		return nil, nil
	}
	var ids []string
	for t := range found {
		ids = append(ids, t.a, t.b)
	}
	slices.Sort(ids)
	decided, err := l.r.Decided(l.ctx, slices.Compact(ids))
	out := map[two]*lead.Decision{}
	for i := range decided {
		d := &decided[i]
		if d.Kind != lead.DecisionSplit {
			continue
		}
		for _, a := range d.LeadsA {
			for _, b := range d.LeadsB {
				t := twoOf(a, b)
				if last := out[t]; a != b && (last == nil || d.At.After(last.At) || d.At.Equal(last.At) && d.ID > last.ID) {
					out[t] = &d.Decision
				}
			}
		}
	}
	return out, err
}

// settle decides what becomes of a pair that was found: what a person said of it stays, unless more speaks for one person
// now than did then.
func (l *looking) settle(p, old *Pair, split *lead.Decision) {
	p.State, p.At = lead.DuplicateOpen, l.now
	switch {
	case split != nil:
		p.At = split.At
		p.dismiss(lead.Dismissal{By: split.Actor, At: split.At, Why: split.Why, Decision: split.ID})
		if old != nil && old.State == lead.DuplicateOpen {
			l.Closed++
		}
	case old == nil:
		l.Opened++
		l.reminder(p)
	case old.State != lead.DuplicateOpen && old.covers(p):
		p.State, p.At, p.Dismissed, p.Evidence = lead.DuplicateDismissed, old.At, old.Dismissed, old.Evidence
	case old.State != lead.DuplicateOpen:
		l.Opened++
	default:
		p.At = old.At
	}
	if old == nil || !samePair(p, old) {
		l.out.Pairs = append(l.out.Pairs, *p)
	}
}

// covers reports whether all that speaks for one person was known when the pair was dismissed. A split is no such
// dismissal: when it counts no more, the pair is open.
func (p *Pair) covers(now *Pair) bool {
	if p.Dismissed != nil && p.Dismissed.Decision != "" {
		return false
	}
	for _, part := range now.supporting() {
		if !slices.ContainsFunc(p.Evidence, func(e lead.DuplicatePart) bool {
			return e.Field == part.Field && e.Level == part.Level && e.A == part.A && e.B == part.B
		}) {
			return false
		}
	}
	return true
}

func samePair(a, b *Pair) bool {
	sameDismissal := a.Dismissed == nil && b.Dismissed == nil ||
		a.Dismissed != nil && b.Dismissed != nil && a.Dismissed.Decision == b.Dismissed.Decision && a.Dismissed.At.Equal(b.Dismissed.At)
	return a.State == b.State && a.Score == b.Score && a.Likely == b.Likely && sameDismissal && slices.Equal(a.Parts, b.Parts)
}

// reminder tells the newer lead of the older one. It names no value: whoever reads a history may not be allowed to see the
// other lead.
func (l *looking) reminder(p *Pair) {
	if !l.remind || !p.Likely {
		return
	}
	older, newer := l.profiles[p.A], l.profiles[p.B]
	of := ""
	if older.Owner != "" {
		of = " of " + older.Owner
	}
	var parts []string
	for _, part := range p.supporting() {
		parts = append(parts, part.Text)
	}
	l.out.Events = append(l.out.Events, lead.Event{Lead: newer.ID, Version: newer.Version, Type: lead.EventDuplicate, At: l.now, Actor: "hub",
		Why: fmt.Sprintf("may be the same as %s%s, score %.1f: %s", older.Number, of, p.Score, strings.Join(parts, ", "))})
	if older.Owner != "" {
		l.out.Notifications = append(l.out.Notifications, lead.Notification{ID: lead.NewID("ntf_", l.now), Rep: older.Owner, Kind: lead.NotifyDuplicate,
			Lead: older.ID, Number: older.Number, Why: fmt.Sprintf("%s came in and may be the same person", newer.Number), At: l.now, Import: newer.LastFrom.Import})
	}
}

// rounded has weights that people can add up.
func rounded(parts []lead.DuplicatePart) []lead.DuplicatePart {
	for i := range parts {
		parts[i].Weight = round(parts[i].Weight)
	}
	return parts
}

func round(x float64) float64 { return math.Round(x*100) / 100 }

func sum(parts []lead.DuplicatePart) float64 {
	total := 0.0
	for _, p := range parts {
		total += p.Weight
	}
	return round(total)
}
