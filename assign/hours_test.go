package assign_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

var office = lead.Hours{TimeZone: "Asia/Shanghai", Week: map[string][]string{
	"mon": {"09:00-12:00", "13:30-18:00"}, "tue": {"09:00-12:00", "13:30-18:00"}, "wed": {"09:00-12:00", "13:30-18:00"},
	"thu": {"09:00-12:00", "13:30-18:00"}, "fri": {"09:00-12:00", "13:30-18:00"}},
	Holidays: []string{"2026-10-01/2026-10-07"}, Workdays: []string{"2026-10-10"}}

func calendar(t require.TestingT, h lead.Hours) *assign.Calendar {
	c, err := assign.NewCalendar(h, time.UTC)
	require.NoError(t, err)
	return c
}

func TestACalendarKnowsHolidaysWorkdaysAndBreaks(t *testing.T) {
	c := calendar(t, office)
	zone := shanghai(t)
	at := func(text string) time.Time {
		m, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		require.NoError(t, err)
		return m
	}
	for when, opens := range map[string]string{
		"2026-09-30 17:59": "2026-09-30 17:59",
		"2026-09-30 18:00": "2026-10-08 09:00", // the holidays
		"2026-10-03 10:00": "2026-10-08 09:00",
		"2026-10-08 12:00": "2026-10-08 13:30", // lunch
		"2026-10-09 20:00": "2026-10-10 09:00", // a Saturday that is worked
		"2026-10-10 20:00": "2026-10-12 09:00",
		"2026-10-12 08:59": "2026-10-12 09:00",
	} {
		require.Equal(t, at(opens).Unix(), c.Opens(at(when)).Unix(), when)
		require.Equal(t, when == opens, c.Open(at(when)), when)
	}
	require.Equal(t, at("2026-10-08 09:29"), c.Add(at("2026-09-30 17:31"), 58*time.Minute))
	require.Equal(t, at("2026-10-08 13:45"), c.Add(at("2026-10-08 11:30"), 45*time.Minute))
	require.Equal(t, at("2026-10-08 12:00"), c.Add(at("2026-10-08 11:30"), 30*time.Minute), "it has passed when the break begins")
	require.Equal(t, at("2026-10-03 10:00"), c.Add(at("2026-10-03 10:00"), 0))
}

func TestASpanMayEndOnTheNextDay(t *testing.T) {
	c := calendar(t, lead.Hours{TimeZone: "Asia/Shanghai", Week: map[string][]string{"fri": {"22:00-02:00"}, "sat": {"01:00-03:00"}}})
	friday := time.Date(2026, 1, 9, 22, 0, 0, 0, shanghai(t))
	require.True(t, c.Open(friday.Add(3*time.Hour)))
	require.False(t, c.Open(friday.Add(5*time.Hour)))
	require.Equal(t, friday.Add(4*time.Hour+30*time.Minute), c.Add(friday, 4*time.Hour+30*time.Minute), "the spans of two days are one stretch, counted once")
}

func TestHoursNobodyNamedAreAlways(t *testing.T) {
	c := calendar(t, lead.Hours{})
	require.Nil(t, c)
	require.True(t, c.Open(monday))
	require.Equal(t, monday, c.Opens(monday))
	require.Equal(t, monday.Add(time.Hour), c.Add(monday, time.Hour))
}

func TestHoursThatCannotBeReadAreRefused(t *testing.T) {
	for _, h := range []lead.Hours{
		{TimeZone: "Mars/Olympus"}, {Week: map[string][]string{"monday": {"09:00-12:00"}}}, {Week: map[string][]string{"mon": {"9-12"}}},
		{Week: map[string][]string{"mon": {"09:00-09:00"}}}, {Week: map[string][]string{"mon": {"09:00-25:00"}}}, {Week: map[string][]string{"mon": {"09:00-12:00", "11:00-13:00"}}},
		{Week: map[string][]string{"mon": {}}}, {Holidays: []string{"2026-10-01"}}, {Week: map[string][]string{"mon": {"09:00-12:00"}}, Holidays: []string{"2026-02-30"}},
		{Week: map[string][]string{"mon": {"09:00-12:00"}}, Holidays: []string{"2026-10-07/2026-10-01"}}, {Week: map[string][]string{"tue": {"09:00-12:00"}}, Workdays: []string{"2026-10-10"}},
		{Week: map[string][]string{"mon": {"09:00-12:00"}}, Holidays: []string{"2026-10-10"}, Workdays: []string{"2026-10-10"}},
		{Week: map[string][]string{"mon": {"09:00-12:00"}}, Holidays: []string{"0001-01-01/9999-01-01"}},
	} {
		_, err := assign.NewCalendar(h, time.UTC)
		require.Equal(t, "bad_hours", lead.AsError(err).Code, "%+v", h)
	}
}

// The calendar is compared with counting open minutes one by one, over changes of the clock, midnights and holidays.
func TestACalendarCountsEveryOpenMinuteOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := lead.Hours{TimeZone: rapid.SampledFrom([]string{"Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone"), Week: map[string][]string{}}
		for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			from := rapid.IntRange(0, 23).Draw(t, "from")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
			case 1:
				h.Week[day] = []string{fmt.Sprintf("%02d:%02d-%02d:45", from, rapid.IntRange(0, 44).Draw(t, "minute"), min(from+rapid.IntRange(0, 12).Draw(t, "hours"), 23))}
			default:
				h.Week[day] = []string{fmt.Sprintf("%02d:30-%02d:15", from, rapid.IntRange(0, 23).Draw(t, "to"))} // may end on the next day
			}
		}
		h.Week["mon"] = []string{"00:00-24:00"}
		h.Holidays = []string{rapid.SampledFrom([]string{"2026-03-09", "2026-03-29/2026-04-02", "2026-11-01"}).Draw(t, "holiday")}
		c := calendar(t, h)
		start := time.Date(2026, rapid.SampledFrom([]time.Month{3, 4, 10, 11}).Draw(t, "month"), rapid.IntRange(1, 30).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC)
		d := time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute

		opens, open := time.Time{}, time.Duration(0)
		end := c.Add(start, d)
		require.False(t, end.Before(start.Add(d)), "open time passes no faster than time")
		for at := start; at.Before(end); at = at.Add(time.Minute) {
			if c.Open(at) {
				open += time.Minute
				if opens.IsZero() {
					opens = at
				}
			}
		}
		require.Equal(t, d, open, "open minutes between %s and %s", start, end)
		require.True(t, opens.Equal(c.Opens(start)), "%s, not %s", opens, c.Opens(start))
		half := d / 2
		require.True(t, end.Equal(c.Add(c.Add(start, half), d-half)), "adding in two steps is adding once")
	})
}
