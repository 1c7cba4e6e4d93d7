package assign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Calendar is when a team works. A nil Calendar is always open. It is safe for several goroutines.
type Calendar struct {
	zone  *time.Location
	week  [7][]span // by time.Weekday
	off   map[date]bool
	work  map[date]bool // worked as a Monday is
	reach int           // days within which it opens again, whatever day it is
}

// span is from and to in minutes of a day; to is beyond 1440 when it ends on the next day.
type span struct{ from, to int }

// date is a day without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// on is a moment of a day in a zone. A moment that a change of the clock leaves out is the one that Go makes of it.
func (d date) on(zone *time.Location, minute int) time.Time {
	return time.Date(d.year, d.month, d.day, 0, minute, 0, 0, zone)
}

func (d date) plus(days int) date { return dateOf(d.on(time.UTC, days*24*60)) }

// maxHolidays bounds the days that are listed.
const maxHolidays = 2000

// NewCalendar reads the hours of a team, in the zone unless they name their own. It returns nil for hours that name no day:
// always open. The error names what cannot be read.
func NewCalendar(h lead.Hours, zone *time.Location) (*Calendar, error) {
	c := &Calendar{zone: zone, off: map[date]bool{}, work: map[date]bool{}}
	if h.TimeZone != "" {
		var err error
		if c.zone, err = time.LoadLocation(h.TimeZone); err != nil {
			return nil, badHours(fmt.Sprintf("time zone %q is not known", h.TimeZone), "use an IANA name such as Asia/Shanghai")
		}
	}
	open := false
	for day, spans := range h.Week {
		n := slices.Index(weekdays[:], day)
		if n < 0 {
			return nil, badHours(fmt.Sprintf("%q is not a day", day), "the days are mon tue wed thu fri sat sun")
		}
		for _, text := range spans {
			s, err := spanOf(text)
			if err != nil {
				return nil, err
			}
			c.week[n] = append(c.week[n], s)
			open = true
		}
		slices.SortFunc(c.week[n], func(a, b span) int { return a.from - b.from })
		for i := 1; i < len(c.week[n]); i++ {
			if c.week[n][i].from < c.week[n][i-1].to {
				return nil, badHours("the spans of "+day+" overlap", "one begins when the one before has ended")
			}
		}
	}
	if err := readDays(c.off, h.Holidays); err != nil {
		return nil, err
	}
	if err := readDays(c.work, h.Workdays); err != nil {
		return nil, err
	}
	switch {
	case !open && (len(h.Holidays) > 0 || len(h.Workdays) > 0 || len(h.Week) > 0):
		return nil, badHours("no day of the week has hours", `write them like mon: ["09:00-12:00", "13:30-18:00"]; leave all hours out for always`)
	case !open:
		return nil, nil
	case len(c.work) > 0 && len(c.week[time.Monday]) == 0:
		return nil, badHours("workdays are worked as a Monday is, and Monday has no hours", "give Monday hours, or leave the workdays out")
	}
	for d := range c.work {
		if c.off[d] {
			return nil, badHours(fmt.Sprintf("%04d-%02d-%02d is a holiday and a workday", d.year, int(d.month), d.day), "take it off one of the lists")
		}
	}
	c.reach = len(c.off) + 8
	return c, nil
}

func badHours(message, hint string) error { return lead.Invalid("bad_hours", message, hint) }

// spanOf reads "09:00-18:00"; one that ends before it begins ends on the next day.
func spanOf(text string) (span, error) {
	wrong := badHours(fmt.Sprintf("%q is not a span of hours", text), `write it like "09:00-12:00"; "22:00-02:00" ends on the next day`)
	a, b, ok := strings.Cut(text, "-")
	if !ok {
		return span{}, wrong
	}
	from, err := minuteOf(a)
	if err != nil {
		return span{}, wrong
	}
	to, err := minuteOf(b)
	if err != nil || from == 24*60 || from == to {
		return span{}, wrong
	}
	if to < from {
		to += 24 * 60
	}
	return span{from, to}, nil
}

func minuteOf(text string) (int, error) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// readDays reads days and spans of days, "2026-10-01/2026-10-07".
func readDays(into map[date]bool, texts []string) error {
	for _, text := range texts {
		a, b, ok := strings.Cut(text, "/")
		if !ok {
			b = a
		}
		from, err := time.Parse(time.DateOnly, a)
		to, err2 := time.Parse(time.DateOnly, b)
		if err != nil || err2 != nil || to.Before(from) {
			return badHours(fmt.Sprintf("%q is not a day or a span of days", text), `write "2026-10-01" or "2026-10-01/2026-10-07"`)
		}
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			if into[dateOf(d)] = true; len(into) > maxHolidays {
				return badHours(fmt.Sprintf("more than %d days are listed", maxHolidays), "list those to come")
			}
		}
	}
	return nil
}

// spans are the hours that begin on a day.
func (c *Calendar) spans(d date) []span {
	switch {
	case c.off[d]:
		return nil
	case c.work[d]:
		return c.week[time.Monday]
	}
	return c.week[d.on(time.UTC, 0).Weekday()]
}

// next is the first span of open time that ends after t; from is before t when it is open at t.
func (c *Calendar) next(t time.Time) (from, to time.Time) {
	today := dateOf(t.In(c.zone))
	for n := -1; n <= c.reach; n++ {
		d := today.plus(n)
		for _, s := range c.spans(d) {
			from, to = d.on(c.zone, s.from), d.on(c.zone, s.to)
			if to.After(t) && to.After(from) {
				return from, to
			}
		}
	}
	return time.Time{}, time.Time{} // spans that a change of the clock leaves out, every week: not on this planet
}

// Open reports whether it is open at t.
func (c *Calendar) Open(t time.Time) bool {
	if c == nil {
		return true
	}
	from, to := c.next(t)
	return !to.IsZero() && !from.After(t)
}

// Opens is t when it is open then, else the next moment at which it opens.
func (c *Calendar) Opens(t time.Time) time.Time {
	if c == nil {
		return t
	}
	if from, _ := c.next(t); from.After(t) {
		return from.In(t.Location())
	}
	return t
}

// Add is the moment at which d of open time has passed since t. With no open time to pass it is t itself, open or not.
func (c *Calendar) Add(t time.Time, d time.Duration) time.Time {
	if c == nil {
		return t.Add(d)
	}
	at := t
	for d > 0 {
		from, to := c.next(at)
		if to.IsZero() {
			return at
		}
		if from.After(at) {
			at = from
		}
		if room := to.Sub(at); d <= room {
			return at.Add(d).In(t.Location())
		} else {
			d -= room
		}
		at = to
	}
	return at.In(t.Location())
}
