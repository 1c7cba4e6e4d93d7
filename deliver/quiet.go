package deliver

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// quiet are quiet hours, ready for use. The zero value has none.
type quiet struct {
	from, to int // minutes of the day; from after to is over midnight
	zone     *time.Location
	urgent   []string
}

func newQuiet(q lead.QuietHours, hub *time.Location) (quiet, error) {
	if q.From == "" && q.To == "" {
		return quiet{}, nil
	}
	out := quiet{zone: cmp.Or(hub, time.UTC), urgent: q.Urgent}
	if q.TimeZone != "" {
		zone, err := time.LoadLocation(q.TimeZone)
		if err != nil {
			return quiet{}, fmt.Errorf("time zone %q of the quiet hours is not known", q.TimeZone)
		}
		out.zone = zone
	}
	var err error
	if out.from, err = minutes(q.From); err != nil {
		return quiet{}, err
	}
	if out.to, err = minutes(q.To); err != nil {
		return quiet{}, err
	}
	if out.from == out.to {
		return quiet{}, fmt.Errorf("the quiet hours begin when they end")
	}
	return out, nil
}

func minutes(clock string) (int, error) {
	if clock == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("%q in the quiet hours is not a time of day", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// until is when a notification of a kind may be sent: now, or when the quiet hours end.
func (q quiet) until(now time.Time, kind string) time.Time {
	if q.zone == nil || slices.Contains(q.urgent, kind) {
		return now
	}
	local := now.In(q.zone)
	at := local.Hour()*60 + local.Minute()
	end := func(days int) time.Time {
		// By the calendar: a night in which clocks change has another length. A time that is left out that night is the hour after it; west of
		// Greenwich time.Date gives the one before, in which it is quiet.
		in := func(zone *time.Location) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()+days, 0, q.to, 0, 0, zone)
		}
		at := in(q.zone)
		if _, offset := at.Zone(); at.UTC().Add(time.Duration(offset) * time.Second).Before(in(time.UTC)) {
			return at.Add(time.Hour)
		}
		return at
	}
	switch {
	case q.from < q.to && at >= q.from && at < q.to:
		return end(0)
	case q.from > q.to && at >= q.from:
		return end(1)
	case q.from > q.to && at < q.to:
		return end(0)
	}
	return now
}
