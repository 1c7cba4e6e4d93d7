package console

import (
	"net/url"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type leadListPage struct {
	Filter   leadFilter
	Items    []lead.Lead
	Next     string // URL of the next page; "" on the last
	First    string // URL of the first page; "" on it
	Filtered bool
	Config   lead.Config
	now      time.Time
	names
}

// Late reports whether a follow-up should have been by now.
func (p leadListPage) Late(at time.Time) bool { return !at.IsZero() && at.Before(p.now) }

// leadFilter is what the search form holds, as it was typed.
type leadFilter struct {
	Text, Status, Owner, Pool, Grade, Due, Source, Province, Since, Until string
}

var leadStatuses = []string{lead.StatusNew, lead.StatusAssigned, lead.StatusWorking, lead.StatusNurturing,
	lead.StatusConverted, lead.StatusUnqualified, lead.StatusArchived}

// Statuses for the form.
func (leadListPage) Statuses() []string { return leadStatuses }

// Grades for the form.
func (leadListPage) Grades() []string { return leadGrades }

var leadGrades = []string{"A", "B", "C", "D"}

func (s *site) leadList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }
	f := leadFilter{Text: get("q"), Status: get("status"), Owner: get("owner"), Pool: get("pool"), Grade: get("grade"), Due: get("due"),
		Source: get("source"), Province: get("province"), Since: get("since"), Until: get("until")}
	q := lead.LeadQuery{Text: f.Text, Status: f.Status, Owner: f.Owner, Pool: f.Pool, Grade: f.Grade, Source: f.Source, Province: f.Province,
		FollowBy: due(f.Due, s.now(), v.zone()), Cursor: get("cursor")}
	q.Since, q.Until = day(f.Since, v.zone()), day(f.Until, v.zone())
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // the day a person names belongs to it
	}
	found, err := v.leads(q)
	if err != nil {
		return err
	}
	return v.render("lead_list", leadListPage{now: s.now(), Filter: f, Items: found.Items, Filtered: f != leadFilter{}, Config: c,
		Next: nextPage(v.URL, found.Next), First: firstPage(v.URL), names: namesOf(c)})
}

// due is the time by which a follow-up was to be; zero for any lead.
func due(choice string, now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	switch choice {
	case "late":
		return now
	case "today":
		return time.Date(y, m, d+1, 0, 0, 0, 0, zone).Add(-time.Microsecond)
	case "week":
		return time.Date(y, m, d+7, 0, 0, 0, 0, zone).Add(-time.Microsecond)
	}
	return time.Time{}
}

// day is the start of a day in the hub's zone; zero for anything else.
func day(s string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// nextPage keeps the filters of this page.
func nextPage(u *url.URL, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := u.Query()
	q.Set("cursor", cursor)
	return u.Path + "?" + q.Encode()
}

func firstPage(u *url.URL) string {
	q := u.Query()
	if q.Get("cursor") == "" {
		return ""
	}
	q.Del("cursor")
	return u.Path + "?" + q.Encode()
}
