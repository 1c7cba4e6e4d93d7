package lead

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Duration is a time.Duration written as "90m", "36h" or "7d12h"; a day is 24 hours.
type Duration time.Duration

var days = regexp.MustCompile(`^(\d{1,5})d(.*)$`)

// UnmarshalText reads a duration. Negative ones are refused.
func (d *Duration) UnmarshalText(b []byte) error {
	s, total := string(b), time.Duration(0)
	if m := days.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		total, s = time.Duration(n)*24*time.Hour, m[2]
	}
	if s != "" && s != "0" {
		rest, err := time.ParseDuration(s)
		if err != nil || rest < 0 {
			return Invalid("bad_duration", fmt.Sprintf("%q is not a duration", string(b)), `write it like "30m", "36h" or "7d"`)
		}
		total += rest
	}
	*d = Duration(total)
	return nil
}

// MarshalText writes it in days, hours, minutes and seconds.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string {
	t := time.Duration(d)
	if t == 0 {
		return "0"
	}
	out := ""
	for _, u := range []struct {
		size time.Duration
		unit string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := t / u.size; n > 0 {
			out, t = out+strconv.Itoa(int(n))+u.unit, t%u.size
		}
	}
	if t > 0 {
		out += t.String()
	}
	return out
}
