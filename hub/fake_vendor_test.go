package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// vendor is a vendor with a list, thin events and tokens, who behaves as a test wants. It is a Connector, too.
type vendor struct {
	mu      sync.Mutex
	list    []connectors.Event
	answers map[string]string // by event id

	poll   func(ctx context.Context, hub, cursor string) error // before the list is given; nil for none
	fetch  func(ctx context.Context, raw lead.Raw) error
	listen func(ctx context.Context, hub string, emit func(connectors.Delivery) error) error

	pollEvery time.Duration
	overlap   int // events of the list that every poll gives again
	polls     atomic.Int64
	polling   atomic.Int64 // at this moment
	together  atomic.Int64 // the most that ever polled at one moment
	fetches   atomic.Int64
	opened    []connectors.Settings
}

const pageSize = 10

func (v *vendor) add(n int, from int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range n {
		v.list = append(v.list, event(from+i))
	}
}

// event number n is of a person of its own.
func event(n int) connectors.Event {
	return connectors.Event{ID: fmt.Sprint("event-", n), ContentType: "application/json", Body: []byte(fmt.Sprintf(`{"phone":"%s"}`, number(n)))}
}

func number(n int) string { return fmt.Sprintf("1592%07d", (n*1_234_577+1_234_567)%10_000_000) }

// channel is the vendor as one process knows it.
type channel struct {
	*vendor
	hub string
}

func (c channel) Spec() connectors.Spec {
	return connectors.Spec{Channel: "fake", PollEvery: c.pollEvery, Settings: []connectors.Field{{Name: "kind", Default: "poll"}, {Name: "account"},
		{Name: "poll_seconds", Type: connectors.TypeInt, Default: 0}}}
}

func (c channel) Open(s connectors.Settings) (connectors.Source, error) {
	c.mu.Lock()
	c.opened = append(c.opened, s)
	c.mu.Unlock()
	src := fakeSource{c, s}
	switch s.String("kind") {
	case "poll":
		return fakePoller{src}, nil
	case "both":
		return fakeBoth{fakePoller{src}, fakeReceiver{src}}, nil
	case "listen":
		return fakeListener{src}, nil
	case "thin":
		return fakeThin{fakeReceiver{src}, fakeFetcher{src}}, nil
	case "thin poll":
		return fakeThinPoll{fakePoller{src}, fakeFetcher{src}}, nil
	}
	return fakeReceiver{src}, nil
}

type (
	fakeSource struct {
		channel
		settings connectors.Settings
	}
	fakePoller   struct{ fakeSource }
	fakeReceiver struct{ fakeSource }
	fakeListener struct{ fakeSource }
	fakeFetcher  struct{ fakeSource }
)

type fakeBoth struct {
	fakePoller
	receiver fakeReceiver
}

func (s fakeBoth) Receive(r *http.Request) (connectors.Delivery, error) { return s.receiver.Receive(r) }

type fakeThin struct {
	fakeReceiver
	fetcher fakeFetcher
}

func (s fakeThin) Fetch(ctx context.Context, raw lead.Raw) (connectors.Event, error) {
	return s.fetcher.Fetch(ctx, raw)
}

type fakeThinPoll struct {
	fakePoller
	fetcher fakeFetcher
}

func (s fakeThinPoll) Fetch(ctx context.Context, raw lead.Raw) (connectors.Event, error) {
	return s.fetcher.Fetch(ctx, raw)
}

func (s fakeSource) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var body struct {
		Phone string `json:"phone"`
		Thin  bool   `json:"thin"`
	}
	if err := json.Unmarshal(raw.Body, &body); err != nil {
		return nil, lead.Invalid("bad_json", "this is no JSON", "")
	}
	if body.Thin && body.Phone == "" {
		return nil, connectors.Pending("the answers of the form")
	}
	var d lead.Draft
	d.Add(lead.FieldPhone, body.Phone)
	return []lead.Draft{d}, nil
}

func (s fakePoller) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	s.polls.Add(1)
	n := s.polling.Add(1)
	defer s.polling.Add(-1)
	for most := s.together.Load(); n > most && !s.together.CompareAndSwap(most, n); most = s.together.Load() {
	}
	if s.poll != nil {
		if err := s.poll(ctx, s.hub, cursor); err != nil {
			return connectors.Delivery{}, "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := 0
	if cursor != "" {
		at, _ = strconv.Atoi(cursor)
	}
	end := min(at+pageSize, len(s.list))
	return connectors.Delivery{Events: slices.Clone(s.list[max(at-s.overlap, 0):end])}, strconv.Itoa(end), nil
}

func (s fakeReceiver) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := io.ReadAll(r.Body)
	return connectors.Delivery{Events: []connectors.Event{{ID: r.Header.Get("Event-Id"), Body: body, ContentType: "application/json"}}}, err
}

func (s fakeListener) Listen(ctx context.Context, emit func(connectors.Delivery) error) error {
	return s.listen(ctx, s.hub, emit)
}

func (s fakeFetcher) Fetch(ctx context.Context, raw lead.Raw) (connectors.Event, error) {
	s.fetches.Add(1)
	if s.fetch != nil {
		if err := s.fetch(ctx, raw); err != nil {
			return connectors.Event{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return connectors.Event{Body: []byte(s.answers[raw.EventID]), ContentType: "application/json"}, nil
}
