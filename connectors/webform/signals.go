package webform

import (
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Points of the signals; lead.SpamThreshold quarantines. Only what a person can hardly do reaches it alone.
const (
	pointsHoneypot   = 100
	pointsFarTooFast = 100 // less than half of the minimum
	pointsTooFast    = 50
	pointsOneLink    = 10 // a company's own website
	pointsTwoLinks   = 30
	pointsManyLinks  = 60
	pointsMarkup     = 80 // [url=…] and <a href=…> in a plain text field
	pointsNameLink   = 80
	pointsDisposable = 40
)

// links counts web addresses in a text in lower case.
func links(text string) int {
	return strings.Count(text, "http://") + strings.Count(text, "https://") + strings.Count(text, "www.") - strings.Count(text, "://www.")
}

func hasMarkup(text string) bool {
	return strings.Contains(text, "[url=") || strings.Contains(text, "[url]") || strings.Contains(text, "<a href")
}

// signals says what speaks for spam in one record.
func (s *source) signals(rec record, d *lead.Draft, received time.Time) []lead.Signal {
	var out []lead.Signal
	add := func(code string, points int, detail string) {
		out = append(out, lead.Signal{Code: code, Points: points, Detail: detail})
	}
	if s.honeypot != "" && find(rec.pairs, s.honeypot) != "" {
		add("honeypot", pointsHoneypot, "a field that people cannot see was filled in")
	}
	if elapsed, known := fillTime(rec, received); known && elapsed < s.minFill {
		points := pointsTooFast
		if elapsed < s.minFill/2 {
			points = pointsFarTooFast
		}
		add("too_fast", points, "filled in within "+strconv.FormatFloat(elapsed.Seconds(), 'f', 1, 64)+" s")
	}
	message := strings.ToLower(strings.Join(d.Fields[lead.FieldMessage], "\n"))
	if hasMarkup(message) {
		add("markup", pointsMarkup, "link markup in the message")
	}
	switch n := links(message); {
	case n >= 3:
		add("links", pointsManyLinks, "three or more links in the message")
	case n == 2:
		add("links", pointsTwoLinks, "two links in the message")
	case n == 1:
		add("links", pointsOneLink, "a link in the message")
	}
	if links(strings.ToLower(d.First(lead.FieldName))) > 0 {
		add("name_link", pointsNameLink, "a link in the name")
	}
	if disposable(d.First(lead.FieldEmail)) {
		add("disposable_email", pointsDisposable, "the mailbox is of a kind that is thrown away")
	}
	return out
}

// fillTime is how long the visitor took. A clock that makes it negative, or a page left open for days, says nothing.
func fillTime(rec record, received time.Time) (time.Duration, bool) {
	const stale = 24 * time.Hour
	if ms, err := strconv.ParseInt(find(rec.pairs, elapsedField), 10, 64); err == nil {
		return time.Duration(ms) * time.Millisecond, ms >= 0 && ms < stale.Milliseconds()
	}
	if ms, err := strconv.ParseInt(find(rec.pairs, startedField), 10, 64); err == nil {
		elapsed := received.Sub(time.UnixMilli(ms))
		return elapsed, elapsed >= 0 && elapsed < stale
	}
	return 0, false
}

var disposableDomains = func() map[string]bool {
	out := map[string]bool{}
	for _, d := range strings.Fields("mailinator.com guerrillamail.com 10minutemail.com temp-mail.org tempmail.com yopmail.com trashmail.com " +
		"sharklasers.com getnada.com maildrop.cc dispostable.com throwawaymail.com fakeinbox.com mintemail.com mohmal.com emailondeck.com " +
		"grr.la spamgourmet.com mailnesia.com moakt.com tempr.email discard.email linshiyouxiang.net 027168.com bccto.me chacuo.net") {
		out[d] = true
	}
	return out
}()

func disposable(email string) bool {
	_, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	return ok && disposableDomains[domain]
}
