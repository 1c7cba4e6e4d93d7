package console

import "github.com/leadhub/leadhub/lead"

// shownLead is a lead of a public pool as whoever has not claimed it may see it.
type shownLead struct {
	lead.Lead
	Hidden map[string]bool // fields that are not shown at all, by name
}

func unclaimed(l lead.Lead, p *lead.Pool) shownLead {
	return shownLead{Lead: p.Conceal(l), Hidden: hidden(p)}
}

// hidden are the fields that a pool does not show at all.
func hidden(p *lead.Pool) map[string]bool {
	out := map[string]bool{}
	for _, f := range p.Hidden {
		out[f] = true
	}
	return out
}
