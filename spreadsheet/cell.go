package spreadsheet

import (
	"math"
	"strconv"
	"time"
)

// String returns what a person sees in the cell: dates as 2024-01-31, 2024-01-31 15:04:05 or 15:04:05, all others as Text.
func (c Cell) String() string {
	if c.Kind != Date {
		return c.Text
	}
	midnight := c.Time.Hour() == 0 && c.Time.Minute() == 0 && c.Time.Second() == 0
	switch {
	case c.Time.Year() < 1900 || (c.Number < 1 && c.Time.Year() == 1904 && c.Time.YearDay() == 1):
		return c.Time.Format("15:04:05")
	case midnight:
		return c.Time.Format("2006-01-02")
	}
	return c.Time.Format("2006-01-02 15:04:05")
}

// resolveNumber sets what follows from Text. A Date is one only if its number is a day that Excel can show.
func (c *Cell) resolveNumber(date1904 bool) {
	n, ok := parseNumber(c.Text)
	if !ok {
		c.Kind = Text
		return
	}
	c.Number = n
	if c.Kind == Date {
		if c.Time, ok = serialTime(n, date1904); !ok {
			c.Kind = Number
		}
	}
}

// parseNumber accepts what Excel writes, not all that strconv does.
func parseNumber(s string) (float64, bool) {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func parseISODate(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02", "15:04:05.999999999", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC), true
		}
	}
	return time.Time{}, false
}

// parseRef reads a reference like "AB12" or "$A$1": row 0 or column -1 when that half is missing.
func parseRef(b []byte) (row, column int, ok bool) {
	i := 0
	for ; i < len(b) && i < 8; i++ {
		c := b[i] &^ 0x20
		if b[i] == '$' {
			continue
		}
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	for ; i < len(b); i++ {
		if b[i] == '$' {
			continue
		}
		if b[i] < '0' || b[i] > '9' || row > maxRowNumber {
			return 0, 0, false
		}
		row = row*10 + int(b[i]-'0')
	}
	return row, column - 1, true
}

// cellName is the inverse of parseRef, for messages.
func cellName(row, column int) string {
	name := ""
	for c := column + 1; c > 0; c = (c - 1) / 26 {
		name = string(rune('A'+(c-1)%26)) + name
	}
	return name + strconv.Itoa(row)
}
