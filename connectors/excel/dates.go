package excel

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
)

// orders is a set of the orders in which a date of three numbers can be read.
type orders uint8

const (
	dmy orders = 1 << iota
	mdy
	ymd
	anyOrder = dmy | mdy | ymd
)

// orderNames are the words of Column.Format and of the setting date_order.
var orderNames = map[orders]string{dmy: "dmy", mdy: "mdy", ymd: "ymd"}

func orderOf(name string) orders {
	for o, n := range orderNames {
		if n == name {
			return o
		}
	}
	return 0
}

// shortDate is a date that needs an order: 03/04/2026, 3.4.26. One that begins with a year of four digits needs none.
var shortDate = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4}|\d{1,2})((?:[\sT,]|上午|下午).*)?$`)

// possibleOrders are the orders in which a text can be a date; ok is false when it needs none or is no date.
func possibleOrders(text string) (o orders, ok bool) {
	if len(text) < len("1/2/26") || len(text) > 40 || text[0] < '0' || text[0] > '9' {
		return 0, false
	}
	m := shortDate.FindStringSubmatch(text)
	if m == nil || m[2] != m[4] {
		return 0, false
	}
	for _, order := range []orders{dmy, mdy, ymd} {
		if _, fits := arrange(m, order); fits {
			o |= order
		}
	}
	return o, o != 0
}

// arrange reads the parts of shortDate in an order.
func arrange(m []string, order orders) (string, bool) {
	day, month, year := m[1], m[3], m[5]
	switch order {
	case mdy:
		day, month = month, day
	case ymd:
		if len(year) == 4 {
			return "", false
		}
		day, year = year, day
	}
	d, _ := strconv.Atoi(day)
	mo, _ := strconv.Atoi(month)
	y, _ := strconv.Atoi(year)
	if len(year) < 4 {
		if len(year) < 2 {
			return "", false
		}
		y += 2000 // no lead is older than 2000, and none is of the future
	}
	at := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if mo < 1 || mo > 12 || at.Day() != d || at.Month() != time.Month(mo) {
		return "", false
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, mo, d), true
}

// orderDate writes a date that needs an order with its year first; any other text stays as it is. What follows the date
// (下午3:04) is kept for normalisation.
func orderDate(text string, order orders) string {
	if text == "" || text[0] < '0' || text[0] > '9' {
		return text
	}
	m := shortDate.FindStringSubmatch(text)
	if m == nil || m[2] != m[4] || order == 0 {
		return text
	}
	date, ok := arrange(m, order)
	if !ok {
		return text
	}
	return date + m[6]
}

// headerOrder is the order that a header names: 日期(日/月/年), Date (MM/DD/YYYY).
func headerOrder(header string) orders {
	letters := strings.ToLower(strings.NewReplacer("年", "y", "月", "m", "日", "d").Replace(header))
	compact := strings.Map(func(r rune) rune {
		if r == 'd' || r == 'm' || r == 'y' || r == '/' || r == '-' || r == '.' {
			return r
		}
		return '|'
	}, letters)
	for part := range strings.SplitSeq(compact, "|") {
		switch strings.NewReplacer("dd", "d", "mm", "m", "yyyy", "y", "yy", "y").Replace(part) {
		case "d/m/y", "d-m-y", "d.m.y":
			return dmy
		case "m/d/y", "m-d-y", "m.d.y":
			return mdy
		case "y/m/d", "y-m-d", "y.m.d":
			return ymd
		}
	}
	return 0
}

// Days that a number in a column of dates can be: 2000-01-01 to 2099-12-31, counted from 1899-12-30, as Excel counts.
const (
	firstSerial = 36526
	lastSerial  = 73050
)

// serialDate reads a date that the file holds as a bare number of days.
func serialDate(text string) (string, bool) {
	if len(text) < 5 || len(text) > 24 || text[5:] != "" && text[5] != '.' {
		return "", false
	}
	days, err := strconv.ParseFloat(text, 64)
	if err != nil || days < firstSerial || days >= lastSerial+1 {
		return "", false
	}
	seconds := int64(days*86400 + 0.5)
	return civil(time.Unix(seconds-25569*86400, 0).UTC()), true
}

// serialClock reads a time of day that the file holds as a bare part of a day.
func serialClock(text string) (string, bool) {
	day, err := strconv.ParseFloat(text, 64)
	if err != nil || day <= 0 || day >= 1 {
		return "", false
	}
	return time.Unix(int64(day*86400+0.5), 0).UTC().Format(time.TimeOnly), true
}

// compactDate is a date without anything between its parts.
var compactDate = regexp.MustCompile(`^(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])$`)

// civil writes a time of no zone; midnight is a date alone.
func civil(t time.Time) string {
	switch {
	case t.Year() < 1901: // a time of day without a date
		return t.Format(time.TimeOnly)
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}

var timeAlone = regexp.MustCompile(`(?i)^(?:上午|下午|中午|凌晨|早上|晚上|傍晚)?\s*\d{1,2}[:点时]\d{0,2}(?:[:分]\d{0,2}秒?)?\s*(?:am|pm)?$`)

// joinTimes makes one event time of what the columns of dates and times said: the first value, or a date and the time of
// day that stands in another column.
func joinTimes(values []string) string {
	for i, v := range values {
		if timeAlone.MatchString(v) {
			continue
		}
		if len(values) > 1 {
			v = compactDate.ReplaceAllString(v, "$1-$2-$3")
		}
		if len(v) <= len("2026年01月02日") && len(values) > i+1 && timeAlone.MatchString(values[i+1]) {
			return v + " " + values[i+1]
		}
		if len(v) <= len("2026年01月02日") && i > 0 && timeAlone.MatchString(values[i-1]) {
			return v + " " + values[i-1]
		}
		return v
	}
	return ""
}

// dateEvidence is what the values of one column say about its order.
type dateEvidence struct {
	possible orders // that every date of the column allows
	texts    int    // dates that need an order
	cells    int    // dates that the file holds as dates
	late     bool   // a date cell has a day after the 12th
}

func (e *dateEvidence) text(value string) {
	o, ok := possibleOrders(value)
	if !ok {
		return
	}
	if e.texts == 0 {
		e.possible = anyOrder
	}
	e.texts++
	e.possible &= o
}

func (e *dateEvidence) cell(t time.Time) {
	e.cells++
	e.late = e.late || t.Day() > 12
}

// decide gives the order that the column is read in, 0 when there is none to decide or nobody can tell; told is false
// in the second case.
func (e *dateEvidence) decide(header string, setting orders) (order orders, told bool) {
	if e.texts == 0 {
		return 0, true
	}
	switch e.possible {
	case dmy, mdy, ymd:
		return e.possible, true
	}
	for _, o := range []orders{headerOrder(header), setting} {
		if e.possible&o != 0 {
			return o, true
		}
	}
	return 0, false
}

// exchanged reports whether day and month of the date cells may be exchanged: a program of another country has read the
// dates it could (3/4/2026) in its own order and left the others (25/3/2026) as text.
func (e *dateEvidence) exchanged() bool {
	return e.cells > 0 && e.texts > 0 && !e.late && (e.possible == dmy || e.possible == mdy)
}

// orderColumn decides the order of one column and tells people when it cannot.
func orderColumn(c *connectors.Column, e *dateEvidence, setting orders, tell func(code string, text connectors.Text)) {
	order, told := e.decide(c.Header, setting)
	c.Format = orderNames[order]
	name := columnName(*c)
	switch {
	case !told && e.possible == 0:
		tell("date_order_contradictory", connectors.Text{
			EN: fmt.Sprintf("The dates of column %s are written day first in some rows and month first in others. Dates that can be read in two ways are not used.", name),
			ZH: fmt.Sprintf("“%s”列的日期有的日在前、有的月在前，无法判断的日期将不采用。", name)})
	case !told:
		tell("date_order_unknown", connectors.Text{
			EN: fmt.Sprintf("Nobody can tell day from month in column %s. Choose the order of the column, or its dates are not used.", name),
			ZH: fmt.Sprintf("“%s”列的日期无法区分日和月。请为该列选择日期顺序，否则其日期不采用。", name)})
	case e.exchanged():
		tell("dates_maybe_exchanged", connectors.Text{
			EN: fmt.Sprintf("Column %s holds dates and texts that look like dates. Day and month of the real dates may have been exchanged by the program that wrote the file; they are taken as they are.", name),
			ZH: fmt.Sprintf("“%s”列既有真正的日期，也有文本日期。真正的日期可能已被其他程序调换了日和月，将按文件中的值采用，请核对。", name)})
	}
}
