package normalize

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// time fills the event time: when it happened by the channel's clock, else when it was received.
func (c *cleaning) time() {
	c.sub.EventTime = c.sub.ReceivedAt
	text := clean(c.draft.EventTime)
	if isNothing(text) {
		return
	}
	t, why := c.instant(text)
	if why != "" {
		c.note("event time: %s, the time of receipt is taken", why)
		return
	}
	c.sub.EventTime = t
}

// instant reads a time and refuses an absurd one: no channel is older than 2000, and no clock is a day ahead.
func (c *cleaning) instant(text string) (t time.Time, why string) {
	short, _ := limit(text, 40)
	t, ok := parseTime(text, c.location)
	if !ok {
		return t, "“" + short + "” cannot be read"
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 2000 {
		return t, "“" + short + "” is before the year 2000"
	}
	if received := c.sub.ReceivedAt; !received.IsZero() && t.After(received.Add(24*time.Hour)) {
		return t, "“" + short + "” lies in the future"
	}
	return t, ""
}

// parseTime reads the usual forms of a time. One without a zone is of loc.
func parseTime(s string, loc *time.Location) (time.Time, bool) {
	const longest = 80
	if len(s) > longest {
		return time.Time{}, false
	}
	if isDigits(s) {
		return digitTime(s, loc)
	}
	layout := time.RFC3339Nano
	if len(s) == len(time.DateTime) && s[10] == ' ' {
		layout = time.DateTime // the usual case, without the cost of the expressions below
	}
	if t, err := time.ParseInLocation(layout, s, loc); err == nil {
		return t, true
	}
	if t, ok := numericTime(s, loc); ok {
		return t, true
	}
	for _, layout := range wordLayouts {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil && zoneKnown(t, loc) {
			return t, true
		}
	}
	return time.Time{}, false
}

// wordLayouts are forms that name the month.
var wordLayouts = []string{
	time.RFC1123Z, time.RFC1123, time.RFC850, time.RubyDate, time.ANSIC, time.RFC822Z, time.RFC822,
	"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Mon Jan 2 15:04:05 MST 2006",
	"Mon Jan 2 2006 15:04:05 GMT-0700", "Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04 PM",
	"Jan 2, 2006 3:04 PM", "Jan 2, 2006 15:04:05", "Jan 2, 2006 15:04", "Jan 2, 2006", "January 2, 2006 3:04 PM",
	"January 2, 2006 15:04", "January 2, 2006", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006", "2 January 2006", "02-Jan-2006 15:04:05",
	"02-Jan-2006",
}

// zoneKnown refuses a zone that Go took from its abbreviation alone and gave the offset 0: CST is China's time as well as
// Chicago's.
func zoneKnown(t time.Time, loc *time.Location) bool {
	name, offset := t.Zone()
	if offset != 0 || t.Location() == loc {
		return true
	}
	return name == "UTC" || name == "GMT" || name == "" || name == "Z"
}

// digitTime reads epoch seconds, milliseconds, microseconds, nanoseconds, and compact dates.
func digitTime(s string, loc *time.Location) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	switch len(s) {
	case 8:
		t, err := time.ParseInLocation("20060102", s, loc)
		return t, err == nil
	case 9, 10:
		return time.Unix(n, 0), true
	case 12:
		t, err := time.ParseInLocation("200601021504", s, loc)
		return t, err == nil
	case 13:
		return time.UnixMilli(n), true
	case 14:
		t, err := time.ParseInLocation("20060102150405", s, loc)
		return t, err == nil
	case 16:
		return time.UnixMicro(n), true
	case 19:
		return time.Unix(0, n), true
	}
	return time.Time{}, false
}

var (
	dateTime = regexp.MustCompile(`^(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})[日号]?(?:[Tt ,]*(?:星期.|周.|[(（].{1,9}[)）])?[ ,]*(.*))?$`)
	clock    = regexp.MustCompile(`(?i)^(上午|下午|中午|凌晨|早上|早晨|晚上|傍晚|夜里|am|pm)? ?(\d{1,2})(?:[:点时.](?:(\d{1,2})(?:[:分.](?:(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?)?)? ?(am|pm|a\.m\.|p\.m\.|上午|下午)? ?(?:整 ?)?(z|utc|gmt|北京时间)?(?:([+-])(\d{2}):?(\d{2})?)?$`)
)

// numericTime reads dates written with numbers: 2024-01-02 15:04:05.123 +0800, 2024/1/2 3:04 PM, 2024年1月2日 下午3:04,
// 13/02/2024. 01/02/2024 is refused: nobody can tell January from February.
func numericTime(s string, loc *time.Location) (time.Time, bool) {
	m := dateTime.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	a, b, c := number(m[1]), number(m[2]), number(m[3])
	var year, month, day int
	switch {
	case len(m[1]) == 4 && len(m[3]) <= 2:
		year, month, day = a, b, c
	case len(m[3]) == 4 && len(m[1]) <= 2 && a > 12:
		year, month, day = c, b, a
	case len(m[3]) == 4 && len(m[1]) <= 2 && (b > 12 || a == b):
		year, month, day = c, a, b
	default:
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, loc)
	if t.Month() != time.Month(month) || t.Day() != day {
		return t, false
	}
	if m[4] == "" {
		return t, true
	}
	return addClock(t, strings.TrimSpace(m[4]), loc)
}

// addClock adds the time of day.
func addClock(day time.Time, s string, loc *time.Location) (time.Time, bool) {
	m := clock.FindStringSubmatch(s)
	if m == nil || (m[1] != "" && m[6] != "") {
		return day, false
	}
	hour, ok := hourOf(number(m[2]), strings.ToLower(m[1]+m[6]))
	minute, second := number(m[3]), number(m[4])
	if !ok || minute > 59 || second > 60 {
		return day, false
	}
	nanos := number((m[5] + "000000000")[:9])
	switch {
	case m[8] != "":
		offset := number(m[9])*3600 + number(m[10])*60
		if m[8] == "-" {
			offset = -offset
		}
		loc = time.FixedZone("", offset)
	case m[7] == "北京时间":
		loc = shanghai
	case m[7] != "":
		loc = time.UTC
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, nanos, loc), true
}

// hourOf is the hour of the day for an hour said with a part of the day.
func hourOf(h int, part string) (int, bool) {
	switch strings.ReplaceAll(part, ".", "") {
	case "":
		return h, h < 24
	case "下午", "傍晚", "pm":
		if h < 12 {
			h += 12
		}
		return h, h < 24
	case "晚上", "夜里": // 晚上8点 is 20:00; after midnight people say 凌晨, and 晚上12点 could be either day
		if h < 12 && h >= 5 {
			h += 12
		}
		return h, h < 24 && h != 12
	case "中午": // 11 to 2
		if h < 3 {
			h += 12
		}
		return h, h >= 11 && h < 24
	}
	if h == 12 && part != "上午" { // 12 am and 凌晨12点
		h = 0
	}
	return h, h <= 12
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
