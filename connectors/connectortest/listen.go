package connectortest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// RunListener holds a Listener to the contract. start makes the handler of a fresh vendor that sends the events of p.IDs (p.Vendor is
// not used), and a function that tells how many the connector acknowledged. Events arrive with their ids, are acknowledged only once they
// are durable, and the end of the context ends it. It returns what arrived, parsed.
func RunListener(t *testing.T, connector connectors.Connector, p Pull, start func(t *testing.T) (vendor http.Handler, acknowledged func() int)) []Pulled {
	var arrived []Pulled
	t.Run("what arrives is acknowledged", func(t *testing.T) {
		vendor, acknowledged := start(t)
		l := p.listen(t, connector, vendor, func(connectors.Delivery) error { return nil })
		require.True(t, l.spec.Listen, "Spec.Listen and the Source disagree")
		l.until(t, func() bool { return len(ids(l.events())) >= len(p.IDs) && acknowledged() >= len(p.IDs) })
		l.end(t)
		require.Equal(t, p.IDs, ids(l.events()))
		arrived = l.parse(t, l.events())
	})
	t.Run("what is not durable is not acknowledged", func(t *testing.T) {
		vendor, acknowledged := start(t)
		l := p.listen(t, connector, vendor, func(connectors.Delivery) error { return lead.Transient("broker_away", "the broker is away", 0, nil) })
		l.until(t, func() bool { return len(l.events()) > 0 })
		l.end(t)
		require.Zero(t, acknowledged())
	})
	t.Run("a connection that breaks is made again", func(t *testing.T) {
		vendor, _ := start(t)
		l := p.listen(t, connector, vendor, func(connectors.Delivery) error { return nil }, only(1))
		l.until(t, func() bool { return len(ids(l.events())) >= len(p.IDs) })
		l.end(t)
	})
	return arrived
}

// listening is a Listen that runs.
type listening struct {
	*pulling
	cancel context.CancelFunc
	done   chan error
	mu     sync.Mutex
	got    []connectors.Event
}

func (p Pull) listen(t *testing.T, connector connectors.Connector, vendor http.Handler, emit func(connectors.Delivery) error, broken ...func(int) bool) *listening {
	p.Vendor = vendor
	l := &listening{pulling: p.open(t, connector), done: make(chan error, 1)}
	for _, b := range broken {
		l.vendor.Fail(Faults["hung up"], b)
	}
	listener, ok := l.Source.(connectors.Listener)
	require.True(t, ok, "%T is no Listener", l.Source)
	ctx, cancel := context.WithCancel(t.Context())
	l.cancel = cancel
	t.Cleanup(cancel)
	run := func() error {
		return listener.Listen(ctx, func(d connectors.Delivery) error {
			l.mu.Lock()
			l.got = append(l.got, d.Events...)
			l.mu.Unlock()
			return emit(d)
		})
	}
	go func() {
		err := run()
		for range 20 { // the hub calls Listen again after an error
			if ctx.Err() != nil {
				break
			}
			err = run()
		}
		l.done <- err
	}()
	return l
}

func (l *listening) events() []connectors.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]connectors.Event(nil), l.got...)
}

func (l *listening) until(t *testing.T, reached func() bool) {
	t.Helper()
	require.Eventually(t, reached, 20*time.Second, 5*time.Millisecond, "so far: %v", ids(l.events()))
}

func (l *listening) end(t *testing.T) {
	t.Helper()
	l.cancel()
	select {
	case err := <-l.done:
		if err != nil && !errors.Is(err, context.Canceled) {
			requireTexts(t, err)
		}
		l.keeps(t, err)
	case <-time.After(5 * time.Second):
		t.Fatal("Listen does not end with its context")
	}
}
