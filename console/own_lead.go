package console

import (
	"github.com/leadhub/leadhub/lead"
)

// ownLeadPage is a lead as a rep sees it: his own whole, one of a public pool as the pool shows it.
type ownLeadPage struct {
	leadPage
	Own   bool
	Works bool
	Into  []lead.Pool // that he may release it into
}

func (v *visit) renderOwnLead(id string, refused error) error {
	d, err := v.lead(id)
	if err != nil {
		return err // of one that he may not see he hears no more than of none
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	p := ownLeadPage{Own: v.view.Owns(&d.Lead), Works: v.works(), Into: v.view.Pools, leadPage: leadPage{LeadDetail: d, Values: goldenValues(d.Provenance),
		Steps: timeline(d), Error: lead.AsError(refused), leadWork: v.leadWork(&d, c), speech: v.speech(c)}}
	if !p.Own {
		p.Hidden = hidden(v.view.Pool(d.Pool))
	}
	if id != d.ID && id != d.Number {
		p.Asked = id
	}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "own_lead", p)
		return nil
	}
	return v.render("own_lead", p)
}

// ownRelease gives a lead of the rep back into a public pool, with a reason. It may be out of his sight then.
func (s *site) ownRelease(v *visit) error {
	id := v.param("id")
	reason := either(v.typed("reason"), v.typed("other_reason"))
	if _, err := s.Moving.Release(v.Context(), id, v.typed("pool"), reason, v.move("")); err != nil {
		return v.renderLead(id, err)
	}
	return v.done("/leads", "released")
}
