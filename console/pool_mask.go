package console

import "github.com/leadhub/leadhub/lead"

// shownLead is a lead of a public pool as whoever has not claimed it may see it.
type shownLead struct {
	lead.Lead
	Hidden map[string]bool // fields that are not shown at all, by name
}

func unclaimed(l lead.Lead, p *lead.Pool) shownLead {
	out := shownLead{Lead: p.Conceal(l), Hidden: map[string]bool{}}
	for _, f := range p.Hidden {
		out.Hidden[f] = true
	}
	return out
}
