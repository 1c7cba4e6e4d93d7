package connectors_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
)

// list is a vendor whose entries are made at one moment and show up in its list at a later one.
type list struct {
	made, shown []time.Time
	size        int // of a page
	asked       int
	longest     time.Duration
}

func (l *list) ask(now *time.Time) func(context.Context, connectors.Span) ([]connectors.Event, string, error) {
	return func(_ context.Context, s connectors.Span) ([]connectors.Event, string, error) {
		l.asked++
		if l.longest > 0 && s.To.Sub(s.From) > l.longest {
			return nil, "", errors.New("the vendor takes no longer span")
		}
		var in []connectors.Event
		for i, at := range l.made {
			if !l.shown[i].After(*now) && !at.Before(s.From) && !at.After(s.To) {
				in = append(in, connectors.Event{ID: strconv.Itoa(i)})
			}
		}
		from := min((s.PageNumber()-1)*l.size, len(in))
		to := min(from+l.size, len(in))
		if to < len(in) {
			return in[from:to], strconv.Itoa(s.PageNumber() + 1), nil
		}
		return in[from:to], "", nil
	}
}

// follow polls as the hub does: again at once while there is more, and a minute later otherwise. It returns the ids it saw.
func follow(t require.TestingT, w connectors.Window, l *list, from, to time.Time) map[string]bool {
	seen := map[string]bool{}
	cursor := ""
	now := from
	for now.Before(to) {
		for polls := 0; ; polls++ {
			require.Less(t, polls, 3000, "the window never rests")
			d, next, err := w.Poll(context.Background(), cursor, now, l.ask(&now))
			require.NoError(t, err)
			for _, e := range d.Events {
				seen[e.ID] = true
			}
			again := next != cursor && len(d.Events) > 0
			cursor = next
			if !again {
				break
			}
			now = now.Add(50 * time.Millisecond)
		}
		now = now.Add(time.Minute)
	}
	return seen
}

func TestAVendorWhoseListIsLateLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := clock()
		w := connectors.Window{Start: time.Hour, Overlap: 15 * time.Minute, Longest: rapid.SampledFrom([]time.Duration{0, 40 * time.Minute, 2 * time.Hour}).Draw(t, "longest")}
		l := &list{size: rapid.IntRange(1, 5).Draw(t, "size"), longest: w.Longest}
		for range rapid.IntRange(0, 40).Draw(t, "entries") {
			made := start.Add(time.Duration(rapid.IntRange(-3500, 7200).Draw(t, "made")) * time.Second)
			l.made = append(l.made, made)
			l.shown = append(l.shown, made.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "late"))*time.Second))
		}
		seen := follow(t, w, l, start, start.Add(3*time.Hour))
		for i := range l.made {
			require.True(t, seen[strconv.Itoa(i)], "made %s, shown %s", l.made[i], l.shown[i])
		}
	})
}

func TestAQuietListIsAskedOnceAPoll(t *testing.T) {
	l := &list{size: 10, made: []time.Time{clock()}, shown: []time.Time{clock()}}
	follow(t, connectors.Window{Start: time.Minute}, l, clock(), clock().Add(9*time.Minute+30*time.Second))
	require.Equal(t, 10, l.asked)
}

func TestALongAbsenceIsCaughtUpWithInSpansThatTheVendorTakes(t *testing.T) {
	l := &list{size: 3, longest: 24 * time.Hour}
	for i := range 60 {
		l.made = append(l.made, clock().Add(-time.Duration(i)*12*time.Hour))
		l.shown = append(l.shown, clock().Add(-time.Hour*1000))
	}
	seen := follow(t, connectors.Window{Start: 30 * 24 * time.Hour, Longest: 24 * time.Hour}, l, clock(), clock().Add(time.Minute))
	require.Len(t, seen, 60)
}

func TestWhatTheVendorDoesNotReachIsNotAskedFor(t *testing.T) {
	now := clock()
	_, _, err := connectors.Window{Start: 90 * 24 * time.Hour, Reach: 72 * time.Hour}.Poll(t.Context(), "", now,
		func(_ context.Context, s connectors.Span) ([]connectors.Event, string, error) {
			require.Equal(t, now.Add(-72*time.Hour), s.From)
			return nil, "", nil
		})
	require.NoError(t, err)
}

func TestAfterAnErrorTheSamePageIsAskedAgain(t *testing.T) {
	w := connectors.Window{Start: time.Hour}
	now := clock()
	var spans []connectors.Span
	fail := false
	ask := func(_ context.Context, s connectors.Span) ([]connectors.Event, string, error) {
		spans = append(spans, s)
		if fail {
			return nil, "", errors.New("not now")
		}
		return []connectors.Event{{ID: "a"}}, "2", nil
	}
	_, cursor, err := w.Poll(t.Context(), "", now, ask)
	require.NoError(t, err)
	fail = true
	d, same, err := w.Poll(t.Context(), cursor, now.Add(time.Hour), ask)
	require.Error(t, err)
	require.Empty(t, d.Events)
	require.Equal(t, cursor, same)
	fail = false
	_, _, err = w.Poll(t.Context(), cursor, now.Add(2*time.Hour), ask)
	require.Equal(t, "page_stands_still", code(err))
	require.Equal(t, spans[1], spans[2])
	require.Equal(t, spans[0].To, spans[1].To, "the pages belong to one span, however late they are read")
	require.Equal(t, "2", spans[1].Page)
}

func TestAClockThatWasSetBackStopsNothing(t *testing.T) {
	w := connectors.Window{Start: time.Hour}
	asked := 0
	ask := func(context.Context, connectors.Span) ([]connectors.Event, string, error) {
		asked++
		return nil, "", nil
	}
	_, cursor, err := w.Poll(t.Context(), "", clock().Add(24*time.Hour), ask)
	require.NoError(t, err)
	_, cursor, err = w.Poll(t.Context(), cursor, clock(), ask)
	require.NoError(t, err)
	_, _, err = w.Poll(t.Context(), cursor, clock().Add(time.Minute), ask)
	require.NoError(t, err)
	require.Equal(t, 2, asked)
}

func TestACursorThatIsNoneIsAnError(t *testing.T) {
	for _, cursor := range []string{"x", "{}", `{"done":"soon"}`} {
		_, same, err := connectors.Window{}.Poll(t.Context(), cursor, clock(), nil)
		require.Equal(t, "bad_cursor", code(err))
		require.Equal(t, cursor, same)
	}
}
