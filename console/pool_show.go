package console

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type poolPage struct {
	poolRow
	Items       []shownLead
	Grade       string
	Next, First string
	Claimers    []lead.Rep
	Chosen      string // the rep of a claim that was refused
	Mark        string
	Error       *lead.Error
	speech
}

// Grades for the form.
func (poolPage) AllGrades() []string { return leadGrades }

func (s *site) poolShow(v *visit) error { return v.renderPool(nil) }

// poolClaim claims a lead of the pool for a rep, by the rules of the pool.
func (s *site) poolClaim(v *visit) error {
	if v.typed("rep") == "" {
		return v.renderPool(noRep())
	}
	id := v.typed("lead")
	if _, err := s.Moving.Claim(v.Context(), id, v.move(v.typed("rep"))); err != nil {
		return v.renderPool(err)
	}
	return v.done(leadURL(id), "claimed")
}

// renderPool shows a public pool and its leads, and what was refused about one.
func (v *visit) renderPool(refused error) error {
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	key := v.param("key")
	c, err := v.config()
	if err != nil {
		return err
	}
	states, err := v.site.Care.PoolStates(v.Context())
	if err != nil {
		return err
	}
	rows := poolRows(c.Pools, states)
	i := slices.IndexFunc(rows, func(r poolRow) bool { return r.Key == key })
	if i < 0 {
		return lead.NotFound("pool_not_found", "there is no such public pool", "")
	}
	p := poolPage{poolRow: rows[i], Grade: v.URL.Query().Get("grade"), First: firstPage(v.URL), Mark: lead.NewID("act_", v.site.now()), Chosen: v.typed("rep"),
		Error: lead.AsError(refused), speech: v.speech(c)}
	found, err := v.leads(lead.LeadQuery{Pool: key, Grade: p.Grade, Cursor: v.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	here := *v.URL
	here.Path = strings.TrimSuffix(here.Path, "/claim")
	p.Next = nextPage(&here, found.Next)
	if p.Enabled && !p.Gone {
		p.Claimers = activeReps(c, p.Teams)
	}
	for _, l := range found.Items {
		p.Items = append(p.Items, unclaimed(l, &p.Pool))
	}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "pool_show", p)
		return nil
	}
	return v.render("pool_show", p)
}
