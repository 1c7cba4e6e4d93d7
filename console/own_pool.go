package console

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// ownPoolRow is a public pool that a rep may claim from.
type ownPoolRow struct {
	poolRow
	Claimed int // by him today
}

type ownPoolsPage struct {
	Pools []ownPoolRow
	Me    repRow
	speech
}

type ownPoolPage struct {
	ownPoolRow
	Items       []shownLead
	Grade       string
	Next, First string
	Mark        string
	Works       bool
	Error       *lead.Error
	speech
}

// ownStanding is how the rep who visits stands: the configuration, himself, and his public pools with what lies in them.
func (v *visit) ownStanding() (c lead.Config, me repRow, pools []ownPoolRow, err error) {
	if c, err = v.config(); err != nil {
		return c, me, nil, err
	}
	if me, err = v.me(); err != nil {
		return c, me, nil, err
	}
	states, err := v.site.Care.PoolStates(v.Context())
	if err != nil {
		return c, me, nil, err
	}
	states = slices.DeleteFunc(slices.Clone(states), func(st lead.PoolState) bool { return v.view.Pool(st.Pool) == nil })
	for _, r := range poolRows(v.view.Pools, states) {
		pools = append(pools, ownPoolRow{poolRow: r, Claimed: me.Claimed[r.Key]})
	}
	return c, me, pools, nil
}

func (s *site) ownPools(v *visit) error {
	c, me, rows, err := v.ownStanding()
	if err != nil {
		return err
	}
	return v.render("own_pools", ownPoolsPage{Pools: rows, Me: me, speech: v.speech(c)})
}

func (s *site) ownPool(v *visit) error { return v.renderOwnPool(nil) }

// ownClaim claims a lead for the rep who visits. Somebody who was faster is told, as the rules of the pool are; of any other lead that is
// not his to see he hears that there is none.
func (s *site) ownClaim(v *visit) error {
	id := v.typed("lead")
	_, err := s.Moving.Claim(v.Context(), id, v.move(""))
	if err != nil {
		return v.renderOwnPool(v.view.Refusal(err, func() (lead.LeadDetail, error) { return s.Leads.Lead(v.Context(), id) }))
	}
	return v.done(leadURL(id), "claimed")
}

// renderOwnPool shows a public pool to a rep who may claim from it, and why a claim was refused. To any other it is not there.
func (v *visit) renderOwnPool(refused error) error {
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	key := v.param("key")
	if v.view.Pool(key) == nil {
		return lead.NotFound("pool_not_found", "there is no such public pool", "")
	}
	c, _, rows, err := v.ownStanding()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r ownPoolRow) bool { return r.Key == key })
	p := ownPoolPage{ownPoolRow: rows[i], Grade: v.URL.Query().Get("grade"), First: firstPage(v.URL), Mark: lead.NewID("act_", v.site.now()),
		Works: v.works(), Error: lead.AsError(refused), speech: v.speech(c)}
	found, err := v.leads(lead.LeadQuery{Pool: key, Grade: p.Grade, Cursor: v.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	here := *v.URL
	here.Path = strings.TrimSuffix(here.Path, "/claim")
	p.Next = nextPage(&here, found.Next)
	for _, l := range found.Items {
		p.Items = append(p.Items, shownLead{Lead: l, Hidden: hidden(&p.Pool)})
	}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "own_pool", p)
		return nil
	}
	return v.render("own_pool", p)
}
