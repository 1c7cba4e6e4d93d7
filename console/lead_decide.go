package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// decidePage shows what would become of leads before a person confirms it.
type decidePage struct {
	Verb    string // merge or split
	Lead    lead.LeadDetail
	With    string   // merge: the other lead, as it was typed
	Touches []string // split
	Reason  string
	Before  []lead.Lead
	After   []lead.Change // living
	Gone    []lead.Change // merged away
	Pair    *lead.Why     // merge: why they are two now
	names
}

func (s *site) leadMerge(v *visit) error {
	id, with := v.param("id"), strings.TrimSpace(v.PostForm.Get("with"))
	if with == "" {
		return v.renderLead(id, lead.Invalid("no_other_lead", "which lead is the other one?", "type its number"))
	}
	p := decidePage{Verb: "merge", With: with}
	do := func(o lead.Order) ([]lead.Change, error) { return s.Merging.Merge(v.Context(), id, with, o) }
	return v.decide(id, p, "merged", do, func(p *decidePage) error {
		other, err := v.lead(with)
		if err != nil {
			return err
		}
		p.Before = append(p.Before, other.Lead)
		if w, err := s.Merging.Why(v.Context(), id, with); err == nil { // the page is whole without it
			p.Pair = &w
		}
		return nil
	})
}

func (s *site) leadSplit(v *visit) error {
	id, touches := v.param("id"), v.PostForm["touch"]
	if len(touches) == 0 {
		return v.renderLead(id, lead.Invalid("no_touches", "no touch is ticked", "tick the touches that are somebody else"))
	}
	p := decidePage{Verb: "split", Touches: touches}
	do := func(o lead.Order) ([]lead.Change, error) { return s.Merging.Split(v.Context(), id, touches, o) }
	return v.decide(id, p, "split", do, func(*decidePage) error { return nil })
}

// decide shows the preview, or, when the form of the preview came back, does it. What the hub refuses is said on the page
// of the lead.
func (v *visit) decide(id string, p decidePage, done string, do func(lead.Order) ([]lead.Change, error), more func(*decidePage) error) error {
	o := lead.Order{Actor: v.actor(), Why: strings.TrimSpace(v.PostForm.Get("why"))}
	o.Preview = v.PostForm.Get("step") != "confirm"
	changes, err := do(o)
	if err != nil {
		return v.renderLead(id, err)
	}
	if !o.Preview {
		for _, c := range changes { // the survivor, when the lead that was looked at is gone
			if c.ID == id && c.MergedInto != "" {
				id = c.MergedInto
			}
		}
		return v.done(leadURL(id), done)
	}
	d, err := v.lead(id)
	if err != nil {
		return err
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	p.Lead, p.Before, p.Reason, p.names = d, []lead.Lead{d.Lead}, o.Why, namesOf(c)
	if err := more(&p); err != nil {
		return v.renderLead(id, err)
	}
	for _, c := range changes {
		if c.MergedInto == "" {
			p.After = append(p.After, c)
		} else {
			p.Gone = append(p.Gone, c)
		}
	}
	return v.render("lead_decide", p)
}

func leadURL(id string) string { return "/leads/" + url.PathEscape(id) }

// leadPin sets a value by hand, or takes it away.
func (s *site) leadPin(v *visit) error {
	id, field := v.param("id"), v.PostForm.Get("field")
	o := lead.Order{Actor: v.actor(), Why: strings.TrimSpace(v.PostForm.Get("why"))}
	if v.PostForm.Get("how") == "remove" {
		if _, err := s.Merging.Unpin(v.Context(), id, field, o); err != nil {
			return v.renderLead(id, err)
		}
		return v.done(leadURL(id), "unpinned")
	}
	if _, err := s.Merging.Pin(v.Context(), id, field, strings.TrimSpace(v.PostForm.Get("value")), o); err != nil {
		return v.renderLead(id, err)
	}
	return v.done(leadURL(id), "pinned")
}

// pinnables are the fields that a person can set, in the order in which people read a lead.
var pinnables = []string{lead.FieldName, lead.FieldHonorific, lead.FieldCompany, lead.FieldTitle, "region", lead.FieldAddress}

// Pinnable reports whether a person can set the field.
func (leadPage) Pinnable(field string) bool { return slices.Contains(pinnables, field) }
