package connectortest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Pull is a source that asks a vendor, for RunPoller, RunFetcher and RunListener.
type Pull struct {
	Settings map[string]any
	Mapping  map[string]string
	Vendor   http.Handler // answers as the vendor does; every host comes here
	// Queue makes a fresh vendor, in place of Vendor, where the vendor forgets what was confirmed to it. It brings again at once what was
	// not; RunPoller requires that nothing is confirmed before it was stored, and that everything is in the end.
	Queue func() http.Handler
	Now   time.Time // 2026-01-05T09:00:00Z unless set
	// IDs of the events, in order, that RunPoller must bring: those that a push of the same has, too.
	IDs []string
	// Thin is what RunFetcher completes.
	Thin lead.Raw
}

// Pulled is one event and what Parse made of it.
type Pulled struct {
	Event  connectors.Event
	Drafts []lead.Draft
	Err    error
}

// pulling is a source of a Pull, freshly opened.
type pulling struct {
	connectors.Source
	spec    connectors.Spec
	pull    Pull
	vendor  *Vendor
	tokens  *Tokens
	secrets []string
}

func (p Pull) open(t testing.TB, connector connectors.Connector) *pulling {
	t.Helper()
	if p.Now.IsZero() {
		p.Now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	}
	if p.Queue != nil {
		p.Vendor = p.Queue()
	}
	spec := connector.Spec()
	set, err := spec.Check(lead.Source{Key: "case", Channel: spec.Channel, Settings: p.Settings, Mapping: p.Mapping})
	require.NoError(t, err)
	s := &pulling{spec: spec, pull: p, vendor: NewVendor(t, p.Vendor), tokens: &Tokens{}}
	for _, name := range spec.Secrets() {
		s.secrets = append(s.secrets, append(set.List(name), set.String(name))...)
	}
	set.Now = func() time.Time { return p.Now }
	set.Client, set.Tokens = s.vendor.Client, s.tokens
	s.Source, err = connector.Open(set)
	require.NoError(t, err)
	return s
}

// keeps requires that no secret is in what leaves the connector.
func (s *pulling) keeps(t testing.TB, what ...any) {
	t.Helper()
	said := fmt.Sprint(what...)
	for _, w := range what {
		if err, ok := w.(error); ok && err != nil {
			e := lead.AsError(err)
			said += err.Error() + e.Message + e.Hint + fmt.Sprint(e.Fields)
		}
	}
	for _, secret := range append(s.tokens.all(), s.secrets...) {
		if len(secret) > 3 {
			require.NotContains(t, said, secret, "a secret got out")
		}
	}
}

// drain polls as the hub does, until there is nothing new.
func (s *pulling) drain(t testing.TB, cursor string) (events []connectors.Event, last string) {
	t.Helper()
	for range 1000 {
		d, next, err := s.Source.(connectors.Poller).Poll(t.Context(), cursor)
		require.NoError(t, err)
		s.keeps(t, next)
		for _, e := range d.Events {
			s.keeps(t, e.Header, e.Query, e.Signals, string(e.Body))
		}
		events = append(events, d.Events...)
		if next == cursor || len(d.Events) == 0 {
			return events, next
		}
		cursor = next
	}
	t.Fatal("polling never comes to rest")
	return nil, ""
}

func ids(events []connectors.Event) []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range events {
		if !seen[e.ID] { // an overlap brings some twice
			out = append(out, e.ID)
		}
		seen[e.ID] = true
	}
	return out
}

// RunPoller holds a Poller to the contract: everything arrives, the same ids again from the beginning, an error at any
// request loses nothing and shows no secret, rate limits are waited for, and the end of the context ends it. It returns what arrived,
// parsed, each event once.
func RunPoller(t *testing.T, connector connectors.Connector, p Pull) []Pulled {
	s := p.open(t, connector)
	require.Implements(t, (*connectors.Poller)(nil), s.Source)
	require.True(t, s.spec.Poll, "Spec.Poll and the Source disagree")
	events, _ := s.drain(t, "")
	asked := s.vendor.Asked()
	want := ids(events)
	require.NotContains(t, want, "", "a polled event needs an id: it comes again with every overlap")
	require.Equal(t, p.IDs, want)

	if p.Queue != nil {
		t.Run("what was stored is confirmed, and nothing before", func(t *testing.T) { p.open(t, connector).queues(t, want) })
	} else {
		t.Run("again from the beginning brings the same", func(t *testing.T) {
			again, _ := s.drain(t, "")
			require.Equal(t, want, ids(again))
		})
	}
	for name, fault := range Faults {
		t.Run("vendor "+name, func(t *testing.T) {
			for n := 1; n <= asked; n++ {
				s := p.open(t, connector)
				s.vendor.Fail(fault, only(n))
				require.Subset(t, ids(s.drainThrough(t, name)), want, "request %d failed", n)
			}
		})
	}
	t.Run("vendor refuses for good", func(t *testing.T) {
		s := p.open(t, connector)
		s.vendor.Fail(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, always)
		d, next, err := s.Source.(connectors.Poller).Poll(t.Context(), "")
		s.failed(t, d, "", next, err)
		require.Contains(t, []lead.Kind{lead.KindUnauthorized, lead.KindForbidden, lead.KindTransient}, lead.AsError(err).Kind)
	})
	t.Run("the end of the context ends it", func(t *testing.T) { s.ends(t) })
	return s.parse(t, events)
}

// queues: a delivery that is lost before it is stored comes again; one whose cursor was kept does not.
func (s *pulling) queues(t *testing.T, want []string) {
	lost, _, err := s.Source.(connectors.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.NotEmpty(t, lost.Events)
	again, _ := s.drain(t, "")
	require.Equal(t, want, ids(again))
	after, _ := s.drain(t, "")
	require.Empty(t, after, "what was stored was never confirmed")
}

// drainThrough drains while requests fail; after an error the hub asks again from the same cursor.
func (s *pulling) drainThrough(t testing.TB, fault string) (events []connectors.Event) {
	t.Helper()
	cursor := ""
	for range 1000 {
		d, next, err := s.Source.(connectors.Poller).Poll(t.Context(), cursor)
		if err != nil {
			s.failed(t, d, cursor, next, err)
			require.Equal(t, lead.KindTransient, lead.AsError(err).Kind, "%s must be tried again: %v", fault, err)
			if fault == faultLimit {
				require.Equal(t, limitWait, lead.AsError(err).RetryAfter, "the vendor named the wait")
			}
			continue
		}
		events = append(events, d.Events...)
		if next == cursor || len(d.Events) == 0 {
			return events
		}
		cursor = next
	}
	t.Fatal("polling never comes to rest")
	return nil
}

func (s *pulling) failed(t testing.TB, d connectors.Delivery, cursor, next string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Empty(t, d.Events, "an error and events")
	require.Equal(t, cursor, next, "an error moved the cursor")
	requireTexts(t, err)
	s.keeps(t, err)
}

func (s *pulling) ends(t *testing.T) {
	entered := make(chan struct{}, 16)
	s.vendor.Fail(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that the client has gone only once the body was read
		entered <- struct{}{}
		<-r.Context().Done()
	}, always)
	defer s.vendor.Fail(nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := s.Source.(connectors.Poller).Poll(ctx, "")
		done <- err
	}()
	select {
	case <-entered:
	case err := <-done:
		t.Fatalf("the vendor was not asked: %v", err)
	}
	cancel()
	select {
	case err := <-done:
		require.Error(t, err)
		s.keeps(t, err)
	case <-time.After(5 * time.Second):
		t.Fatal("Poll does not end with its context")
	}
}

// parse makes a Raw of every event and parses it, each id once.
func (s *pulling) parse(t *testing.T, events []connectors.Event) []Pulled {
	t.Helper()
	var out []Pulled
	seen := map[string]bool{}
	c := Case{Source: CaseSource{Now: s.pull.Now}}
	for _, e := range events {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		raw := c.Raw(s.spec.Channel, &http.Request{}, e)
		drafts, err := s.Parse(raw)
		requireTexts(t, err)
		requirePure(t, s.Source, raw, drafts, err)
		CheckParse(t, s.Source, raw)
		s.keeps(t, err)
		out = append(out, Pulled{Event: e, Drafts: drafts, Err: err})
	}
	return out
}

// RunFetcher holds a Fetcher to the contract: Parse calls p.Thin pending, Fetch completes it, Parse reads the completed one without the
// network, and an error is one that is tried again and shows no secret. It returns the drafts.
func RunFetcher(t *testing.T, connector connectors.Connector, p Pull) []lead.Draft {
	s := p.open(t, connector)
	fetcher, ok := s.Source.(connectors.Fetcher)
	require.True(t, ok, "%T is no Fetcher", s.Source)
	thin := p.Thin
	thin.Source, thin.Channel, thin.ReceivedAt = "case", s.spec.Channel, s.pull.Now
	if thin.ID == "" {
		thin.ID = lead.DeriveID("sub_", "case", thin.EventID)
	}
	_, err := s.Parse(thin)
	require.Equal(t, lead.KindPending, lead.AsError(err).Kind, "Parse of the thin event: %v", err)
	requireTexts(t, err)
	whole, err := fetcher.Fetch(t.Context(), thin)
	require.NoError(t, err)
	asked := s.vendor.Asked()
	require.Positive(t, asked, "nothing was fetched")
	s.keeps(t, whole.Header, whole.Query, whole.Signals, string(whole.Body))
	if whole.ID != "" {
		require.Equal(t, thin.EventID, whole.ID, "it stays the same event")
	}
	for name, fault := range Faults {
		t.Run("vendor "+name, func(t *testing.T) {
			for n := 1; n <= asked; n++ {
				s := p.open(t, connector)
				s.vendor.Fail(fault, only(n))
				got, err := s.Source.(connectors.Fetcher).Fetch(t.Context(), thin)
				if err == nil { // the connector can do without that answer
					require.NotEmpty(t, got.Body)
					continue
				}
				requireTexts(t, err)
				s.keeps(t, err)
				require.Equal(t, lead.KindTransient, lead.AsError(err).Kind, "%s must be tried again: %v", name, err)
				if name == faultLimit {
					require.Equal(t, limitWait, lead.AsError(err).RetryAfter, "the vendor named the wait")
				}
				got, err = s.Source.(connectors.Fetcher).Fetch(t.Context(), thin)
				require.NoError(t, err, "after the vendor is back")
				require.NotEmpty(t, got.Body)
			}
		})
	}
	raw := thin
	raw.Body, raw.ContentType = whole.Body, whole.ContentType
	if whole.Query != "" {
		raw.Query = whole.Query
	}
	if whole.Header != nil {
		raw.Header = whole.Header
	}
	drafts, err := s.Parse(raw)
	require.NoError(t, err)
	requirePure(t, s.Source, raw, drafts, err)
	CheckParse(t, s.Source, raw)
	cut := raw
	cut.Body = []byte(strings.Repeat("{", 3))
	CheckParse(t, s.Source, cut)
	return drafts
}
