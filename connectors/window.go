package connectors

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Window walks through time for a vendor that is asked "what came between from and to, page n". No moment is left out:
// the next question starts where the last one that was answered to its last page ended, less Overlap. What is asked for
// twice has the same Event.ID and is there once.
type Window struct {
	Start   time.Duration // how far back a new source begins; a day unless set
	Overlap time.Duration // asked again every time, for what the vendor's list shows late; 10 minutes unless set
	Longest time.Duration // of one question; any length unless set
	// Reach is how far back the vendor answers at all. What is older when the hub comes back after a long time cannot be had; for
	// ever unless set.
	Reach time.Duration
	// Quiet is how long nothing is asked once everything up to now is there; 5 seconds unless set. It is what keeps a poll
	// whose overlap always holds something from being repeated without a pause.
	Quiet time.Duration
}

// Span is one question.
type Span struct {
	From, To time.Time // both belong to it; whole seconds, as most vendors take them
	Page     string    // "" for the first
}

// PageNumber reads Page of a vendor that counts pages from 1.
func (s Span) PageNumber() int {
	n, _ := strconv.Atoi(s.Page)
	return max(n, 1)
}

// Part reads Page of a source that asks several lists for every span, one after the other: which of parts is next (a form, a shop; no
// spaces in them), and the vendor's page in it, "" for the first. A part that is no longer among parts begins anew.
func (s Span) Part(parts []string) (part, page string) {
	part, page, _ = strings.Cut(s.Page, " ")
	if slices.Contains(parts, part) || len(parts) == 0 {
		return part, page
	}
	return parts[0], ""
}

// NextPart writes the page after page of part: with page "" the first of the part behind it, and "" after the last.
func NextPart(parts []string, part, page string) string {
	if page != "" {
		return part + " " + page
	}
	if i := slices.Index(parts, part) + 1; i < len(parts) {
		return parts[i] + " "
	}
	return ""
}

// position is the cursor of a Window.
type position struct {
	Done time.Time  `json:"done"`           // everything before is there
	To   *time.Time `json:"to,omitempty"`   // end of the span whose pages are being read
	Page string     `json:"page,omitempty"` // of it
}

// emptySpans bounds the questions of one poll that were answered with nothing, while the past is caught up with.
const emptySpans = 50

// Poll is the Poll of a Poller (see there for cursor, next and err). ask returns the events of one page and the page after it,
// "" when it was the last; it is asked again for the same page after an error.
func (w Window) Poll(ctx context.Context, cursor string, now time.Time, ask func(context.Context, Span) (events []Event, page string, err error)) (d Delivery, next string, err error) {
	w = w.defaults()
	now = now.UTC().Truncate(time.Second)
	at, err := w.position(cursor, now)
	if err != nil {
		return Delivery{}, cursor, err
	}
	for range emptySpans {
		span, ok := w.span(&at, now)
		if !ok {
			break
		}
		events, page, err := ask(ctx, span)
		switch {
		case err != nil:
			return Delivery{}, cursor, err // what was empty before is asked again
		case page != "" && page == span.Page:
			return Delivery{}, cursor, lead.Transient("page_stands_still", "the vendor names the page that was just read as the next one", 0, nil)
		case page != "":
			at.Page = page
		default:
			at = position{Done: span.To}
		}
		d.Events = events
		if len(events) > 0 {
			break
		}
	}
	return d, at.text(), nil
}

func (w Window) defaults() Window {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&w.Start, 24*time.Hour)
	set(&w.Overlap, 10*time.Minute)
	set(&w.Quiet, 5*time.Second)
	if w.Longest > 0 {
		w.Longest = max(w.Longest, 2*time.Second)
		w.Overlap = min(w.Overlap, w.Longest/2) // or it would never come forward
	}
	return w
}

func (w Window) position(cursor string, now time.Time) (position, error) {
	if cursor == "" {
		return position{Done: now.Add(-w.Start)}, nil
	}
	var at position
	if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.Done.IsZero() {
		return at, &lead.Error{Kind: lead.KindInvalid, Code: "bad_cursor", Message: "the position in the vendor's list cannot be read",
			Hint: "set the source's cursor back; what is there already is not doubled", Err: err}
	}
	return at, nil
}

// span returns the next question, and false when there is none yet.
func (w Window) span(at *position, now time.Time) (Span, bool) {
	if at.To == nil || at.Page == "" {
		if at.Done.After(now) { // a clock was set back: what came since is asked for, and no moment is left out
			at.Done = now
			return Span{}, false
		}
		if now.Sub(at.Done) < w.Quiet {
			return Span{}, false
		}
	}
	from := at.Done.Add(-w.Overlap)
	if oldest := now.Add(-w.Reach); w.Reach > 0 && from.Before(oldest) {
		from = oldest
	}
	to := now
	if at.To != nil && at.Page != "" {
		to = *at.To
	} else if w.Longest > 0 && to.Sub(from) > w.Longest {
		to = from.Add(w.Longest)
	}
	at.To = &to
	return Span{From: from, To: to, Page: at.Page}, true
}

// text is the cursor. It stays the same while nothing is asked, which is what lets the hub pause.
func (at position) text() string {
	if at.Page == "" {
		at.To = nil
	}
	b, _ := json.Marshal(at) // two times and a text marshal
	return string(b)
}
