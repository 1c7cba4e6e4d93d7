package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// ownHomePage is what a rep finds first: what waits for him.
type ownHomePage struct {
	Me       repRow
	Waiting  []lead.Lead // that he has not taken up, the latest first
	Due      []lead.Lead // follow-ups of today and before, the earliest first
	Overdue  int         // of Due
	Cut      bool        // there may be more of both than were looked at
	Pools    []ownPoolRow
	Claim    int64 // leads in them
	Works    bool
	Error    *lead.Error
	now, end time.Time
	speech
}

// homeRows is how many leads of a list the page shows.
const homeRows = 10

// First are the leads of a list that the page shows.
func (ownHomePage) First(list []lead.Lead) []lead.Lead { return list[:min(len(list), homeRows)] }

// Late reports whether a follow-up should have been by now.
func (p ownHomePage) Late(at time.Time) bool { return at.Before(p.now) }

// Used is how much of a limit is used, in hundredths.
func (ownHomePage) Used(n, limit int) int { return percent(float64(n), float64(limit)) }

func (s *site) ownHome(v *visit) error { return v.renderOwnHome(nil) }

func (v *visit) renderOwnHome(refused error) error {
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	c, me, pools, err := v.ownStanding()
	if err != nil {
		return err
	}
	p := ownHomePage{Me: me, Pools: pools, Works: v.works(), Error: lead.AsError(refused), now: v.site.now(), speech: v.speech(c)}
	p.end = due("today", p.now, v.zone())
	if err := v.todo(&p); err != nil {
		return err
	}
	for _, row := range p.Pools {
		p.Claim += row.State.Leads
	}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "own_home", p)
		return nil
	}
	return v.render("own_home", p)
}

// todo finds the leads that a rep has not taken up, and the follow-ups that are due.
func (v *visit) todo(p *ownHomePage) error {
	for _, status := range []string{lead.StatusAssigned, lead.StatusWorking, lead.StatusNurturing} { // one that was transferred keeps its status
		open, cut, err := v.several(lead.LeadQuery{Status: status})
		if err != nil {
			return err
		}
		p.Cut = p.Cut || cut
		p.Waiting = append(p.Waiting, slices.DeleteFunc(open, func(l lead.Lead) bool { return !l.AcceptedAt.IsZero() })...)
	}
	slices.SortStableFunc(p.Waiting, func(a, b lead.Lead) int { return b.OwnedAt.Compare(a.OwnedAt) })
	due, cut, err := v.several(lead.LeadQuery{FollowBy: p.end})
	if err != nil {
		return err
	}
	p.Due, p.Cut = due, p.Cut || cut
	slices.SortStableFunc(p.Due, func(a, b lead.Lead) int { return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID)) })
	for _, l := range p.Due {
		if p.Late(l.NextAt) {
			p.Overdue++
		}
	}
	return nil
}

// manyPages bounds how much is read to count.
const manyPages = 5

// several are the leads of a query, of more pages than one; cut tells that there are more.
func (v *visit) several(q lead.LeadQuery) (list []lead.Lead, cut bool, err error) {
	q.Limit = 200
	for range manyPages {
		p, err := v.leads(q)
		if err != nil {
			return nil, false, err
		}
		list = append(list, p.Items...)
		if q.Cursor = p.Next; q.Cursor == "" {
			return list, false, nil
		}
	}
	return list, true, nil
}

// me is the rep who visits, with what is counted of him today.
func (v *visit) me() (repRow, error) {
	states, err := v.site.Care.RepStates(v.Context())
	if err != nil {
		return repRow{}, err
	}
	return repRows([]lead.Rep{v.view.Rep}, states, v.site.now(), v.zone())[0], nil
}

// ownDuty lets a rep switch himself off duty and on again.
func (s *site) ownDuty(v *visit) error {
	if v.param("key") != v.view.Rep.Key {
		return noPage()
	}
	done, off := "own_on_duty", v.typed("off") == "on"
	if off {
		done = "own_off_duty"
	}
	if err := v.changeRep(v.view.Rep.Key, func(r *lead.Rep) error { r.OffDuty = off; return nil }); err != nil {
		return v.renderOwnHome(err)
	}
	return v.done("/", done)
}
