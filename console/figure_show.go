package console

import (
	"strconv"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type figurePage struct {
	lead.Performance
	Range        string
	Since, Until string
	Tables       []speedTable
	Total        lead.Funnel
	now          time.Time
	zone         *time.Location
	speech
}

// speedTable is how long leads waited, by one thing.
type speedTable struct {
	By   string // source, rule or rep
	Rows []speedRow
	most float64 // the longest p90, the whole width of a bar
}

type speedRow struct {
	lead.Speed
	Name string
}

// ranges that a person can choose, in days; "" asks for the two dates.
var ranges = []string{"1", "7", "30", "90"}

// Ranges for the form.
func (figurePage) Ranges() []string { return ranges }

func (s *site) figureShow(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	p := figurePage{Range: v.URL.Query().Get("range"), Since: v.URL.Query().Get("since"), Until: v.URL.Query().Get("until"), now: s.now(), zone: v.zone(), speech: v.speech(c)}
	q := lead.PerformanceQuery{Since: day(p.Since, p.zone), Until: day(p.Until, p.zone)}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // the day a person names belongs to it
	}
	if q.Since.IsZero() && q.Until.IsZero() {
		days, err := strconv.Atoi(p.Range)
		if err != nil || days < 1 || days > 3650 {
			days, p.Range = 30, "30"
		}
		y, m, d := p.now.In(p.zone).Date()
		q.Since = time.Date(y, m, d-days+1, 0, 0, 0, 0, p.zone)
	} else {
		p.Range = ""
	}
	if p.Performance, err = s.Care.Performance(v.Context(), q); err != nil {
		return err
	}
	p.Tables = []speedTable{speedsOf("source", p.BySource, p.SourceName), speedsOf("rule", p.ByRule, func(key string) string {
		if key == "" {
			return p.text("figure.norule")
		}
		return p.RuleName(key)
	}), speedsOf("rep", p.ByRep, func(key string) string { return either(p.RepName(key), p.text("lead.nobody")) })}
	for _, f := range p.Funnel {
		p.Total.Leads += f.Leads
		p.Total.Assigned += f.Assigned
		p.Total.Contacted += f.Contacted
		p.Total.Converted += f.Converted
	}
	return v.render("figure_show", p)
}

func speedsOf(by string, list []lead.Speed, name func(string) string) speedTable {
	t := speedTable{By: by}
	for _, s := range list {
		t.Rows = append(t.Rows, speedRow{s, name(s.Key)})
		t.most = max(t.most, s.Assignment.P90, s.Contact.P90)
	}
	return t
}

// Bar is the width of a bar for some seconds, in hundredths of the longest.
func (t speedTable) Bar(seconds float64) int { return percent(seconds, t.most) }

// Percent is how much of a whole a part is, in hundredths, 100 at most.
func (figurePage) Percent(part, whole int64) int { return percent(float64(part), float64(whole)) }

func percent(part, whole float64) int {
	if whole <= 0 {
		return 0
	}
	return int(min(100, 100*part/whole+.5))
}

// Used is how much of a limit is used, in hundredths; 0 without a limit.
func (figurePage) Used(n, limit int) int { return percent(float64(n), float64(limit)) }

// Today is what a rep got on the hub's day of now.
func (p figurePage) Today(u lead.Use) int {
	if u.Day != p.now.In(p.zone).Format("20060102") {
		return 0
	}
	return u.RepState.Today
}
