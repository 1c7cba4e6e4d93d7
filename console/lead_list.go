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
	names
}

// leadFilter is what the search form holds, as it was typed.
type leadFilter struct {
	Text, Status, Owner, Source, Province, Since, Until string
}

var leadStatuses = []string{lead.StatusNew, lead.StatusAssigned, lead.StatusWorking, lead.StatusNurturing,
	lead.StatusConverted, lead.StatusUnqualified, lead.StatusArchived}

// Statuses for the form.
func (leadListPage) Statuses() []string { return leadStatuses }

func (s *site) leadList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }
	f := leadFilter{Text: get("q"), Status: get("status"), Owner: get("owner"), Source: get("source"),
		Province: get("province"), Since: get("since"), Until: get("until")}
	q := lead.LeadQuery{Text: f.Text, Status: f.Status, Owner: f.Owner, Source: f.Source, Province: f.Province,
		Cursor: get("cursor")}
	q.Since, q.Until = day(f.Since, v.zone()), day(f.Until, v.zone())
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // the day a person names belongs to it
	}
	found, err := s.Leads.Leads(v.Context(), q)
	if err != nil {
		return err
	}
	return v.render("lead_list", leadListPage{Filter: f, Items: found.Items, Filtered: f != leadFilter{}, Config: c,
		Next: nextPage(v.URL, found.Next), First: firstPage(v.URL), names: namesOf(c)})
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

// names shows keys as people know them.
type names struct{ reps, sources map[string]string }

func namesOf(c lead.Config) names {
	n := names{reps: map[string]string{}, sources: map[string]string{}}
	for _, r := range c.Reps {
		n.reps[r.Key] = r.Name
	}
	for _, s := range c.Sources {
		n.sources[s.Key] = s.Name
	}
	return n
}

// RepName is the name of a rep, or the key of one that is gone.
func (n names) RepName(key string) string { return either(n.reps[key], key) }

// SourceName is the name of a source, or the key of one that is gone.
func (n names) SourceName(key string) string { return either(n.sources[key], key) }

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
