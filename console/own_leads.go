package console

import (
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type ownLeadsPage struct {
	Filter   ownFilter
	Items    []lead.Lead
	Next     string // URL of the next page; "" on the last
	First    string // URL of the first page; "" on it
	Filtered bool
	now      time.Time
}

// ownFilter is what the form holds, as it was typed.
type ownFilter struct{ Text, Status, Grade, Due string }

// Statuses for the form.
func (ownLeadsPage) Statuses() []string {
	return leadStatuses[1:] // a lead with an owner is not new
}

// Grades for the form.
func (ownLeadsPage) Grades() []string { return leadGrades }

// Late reports whether a follow-up should have been by now.
func (p ownLeadsPage) Late(at time.Time) bool { return !at.IsZero() && at.Before(p.now) }

// ownLeads lists the leads of the rep who visits. Whose they are is no filter: nothing else is looked for.
func (s *site) ownLeads(v *visit) error {
	get := func(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }
	f := ownFilter{Text: get("q"), Status: get("status"), Grade: get("grade"), Due: get("due")}
	found, err := v.leads(lead.LeadQuery{Text: f.Text, Status: f.Status, Grade: f.Grade, FollowBy: due(f.Due, s.now(), v.zone()), Cursor: get("cursor")})
	if err != nil {
		return err
	}
	return v.render("own_leads", ownLeadsPage{Filter: f, Items: found.Items, Filtered: f != ownFilter{}, now: s.now(),
		Next: nextPage(v.URL, found.Next), First: firstPage(v.URL)})
}
