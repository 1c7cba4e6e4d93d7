// Package dedupe decides who is who and what the golden record of a lead becomes. It is pure: no clock, no database, no
// state. Every decision is order-free: the same submissions give the same leads and the same values in any order of
// arrival, because groups are a function of the whole set, each field is the maximum over a total order, and each list is a
// union.
//
// [Policy.Judge] is the short way, for what is clear from the records alone; [Policy.Group] is the whole of it, over all
// touches. Where Judge is sure, both give the same leads.
package dedupe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Policy is the judge that the sink asks. The zero value is ready to use and has the default rules.
type Policy struct{ Rules Rules }

// Judge compares a submission with the living records that one of its identities leads to; generic tells which of
// its identities recognise nobody. When several records share one, they are one person and join: the survivor is the one
// with the lowest id, which is the oldest. It returns false when the records alone do not tell: then Group has to.
func (p Policy) Judge(s *lead.Submission, candidates []*lead.Record, generic func(lead.Identity) bool) (lead.Verdict, bool) {
	var leads, reasons []string
	sharing := candidates[:0:0]
	for _, c := range candidates {
		shared := p.shared(s.Identities, c.Identities, generic)
		if len(shared) == 0 {
			continue
		}
		sharing = append(sharing, c)
		leads = append(leads, c.ID)
		reasons = append(reasons, fmt.Sprintf("same %s as %s", strings.Join(shared, " and "), c.Number))
	}
	if len(leads) > 0 && !p.clear(s, sharing, generic) {
		return lead.Verdict{}, false
	}
	switch len(leads) {
	case 0:
		return lead.Verdict{Kind: lead.VerdictNew, Reasons: []string{"nobody with these identities is known"}}, true
	case 1:
		return lead.Verdict{Kind: lead.VerdictSame, Lead: leads[0], Reasons: reasons}, true
	}
	slices.Sort(leads)
	slices.Sort(reasons)
	return lead.Verdict{Kind: lead.VerdictJoins, Lead: leads[0], Joined: leads[1:], Reasons: reasons}, true
}

// shared names the kinds of the identities that both have and that join: reasons are read by people and written to
// histories, so they say "mobile" and not the number.
func (p Policy) shared(a []lead.Identity, b []lead.HeldIdentity, generic func(lead.Identity) bool) []string {
	var kinds []string
	for _, i := range a {
		if p.Rules.Usable(i) && !generic(i) && !slices.Contains(kinds, i.Kind) &&
			slices.ContainsFunc(b, func(h lead.HeldIdentity) bool { return h.Identity == i }) {
			kinds = append(kinds, i.Kind)
		}
	}
	return kinds
}

// clear reports whether nothing in these records and this submission can speak against their being one person, so that
// Group would join them all. It may say no too often, never too seldom: each line stands for a rule of Group, counted over
// the union instead of over the touches.
func (p Policy) clear(s *lead.Submission, records []*lead.Record, generic func(lead.Identity) bool) bool {
	held := make([]lead.HeldIdentity, 0, 16) // generic ones count as values that others come with
	for _, id := range s.Identities {
		if p.Rules.Usable(id) {
			held = append(held, lead.HeldIdentity{Identity: id, First: s.EventTime, Last: s.EventTime, Generic: generic(id)})
		}
	}
	for _, r := range records {
		if r.Apart {
			return false
		}
		for _, h := range r.Identities {
			if p.Rules.Usable(h.Identity) {
				held = append(held, h)
			}
		}
	}
	held = lead.UniteHeld(held, nil)
	names, touches := namesOf(s, records)
	joining, most, least := 0, 1, len(held)
	for i := 0; i < len(held); {
		n := 1
		for i+n < len(held) && held[i+n].Kind == held[i].Kind && held[i+n].Scope == held[i].Scope {
			n++
		}
		if n > 1 && p.Rules.unique(held[i].Identity) {
			return false
		}
		for _, h := range held[i : i+n] {
			if !h.Generic {
				joining++
				least = min(least, p.Rules.limit(h.Kind))
			}
		}
		most = max(most, n)
		i += n
	}
	if joining > min(2*p.Rules.bridge(), p.Rules.maxIdentities()) || len(names) > p.Rules.genericNames() || most > 1 && most > least {
		return false
	}
	if len(names) < 2 || !mayConflict(names) {
		return true
	}
	// Each side of a conflict has an identity of its own beside the one they share, or was named twice.
	return joining+touches < 5 && !slices.ContainsFunc(held, p.reissuable)
}

// reissuable reports whether a number was carried long enough to have had two holders.
func (p Policy) reissuable(h lead.HeldIdentity) bool {
	return h.Kind == lead.IdentityMobile && h.Last.Sub(h.First) > p.Rules.silence()
}

// namesOf are the different names of a submission and of records, and how many touches there are.
func namesOf(s *lead.Submission, records []*lead.Record) (names []lead.Value, touches int) {
	names, touches = make([]lead.Value, 0, 4), 1
	add := func(v lead.Value) {
		key := cmp.Or(v.Key, v.Value)
		if key != "" && !slices.ContainsFunc(names, func(o lead.Value) bool { return cmp.Or(o.Key, o.Value) == key }) {
			names = append(names, v)
		}
	}
	add(lead.Value{Value: s.Name.Display, Key: s.Name.Key})
	for _, r := range records {
		touches += r.Touches
		for _, v := range r.Values[fieldName] {
			add(v)
		}
	}
	return names, touches
}
