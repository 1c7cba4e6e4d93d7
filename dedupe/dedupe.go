// Package dedupe decides who a submission is and what the golden record of a lead becomes. It is pure: no clock, no
// database, no state. Every decision is order-free: the same submissions give the same record in any order of arrival,
// because each field is the maximum over a total order and each list is a union.
package dedupe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Policy is the judge that the sink asks. The zero value is ready to use.
type Policy struct{}

// Judge compares a submission with the records that share an identity with it. Strong identities join by
// themselves; weak ones never do. When several records share one, they are one person and join: the survivor is the one
// with the lowest id, which is the oldest.
func (Policy) Judge(s *lead.Submission, candidates []*lead.Record) lead.Verdict {
	var leads, reasons []string
	for _, c := range candidates {
		shared := sharedStrong(s.Identities, c.Identities)
		if len(shared) == 0 {
			continue
		}
		leads = append(leads, c.ID)
		reasons = append(reasons, fmt.Sprintf("same %s as %s", strings.Join(shared, " and "), c.Number))
	}
	switch len(leads) {
	case 0:
		return lead.Verdict{Kind: lead.VerdictNew, Reasons: []string{"nobody with these identities is known"}}
	case 1:
		return lead.Verdict{Kind: lead.VerdictSame, Lead: leads[0], Reasons: reasons}
	}
	slices.Sort(leads)
	slices.Sort(reasons)
	return lead.Verdict{Kind: lead.VerdictJoins, Lead: leads[0], Joined: leads[1:], Reasons: reasons}
}

// sharedStrong names the kinds of the strong identities that both have: reasons are read by people and written to
// histories, so they say "mobile" and not the number.
func sharedStrong(a, b []lead.Identity) []string {
	var kinds []string
	for _, i := range a {
		if i.Strong() && slices.Contains(b, i) && !slices.Contains(kinds, i.Kind) {
			kinds = append(kinds, i.Kind)
		}
	}
	return kinds
}
