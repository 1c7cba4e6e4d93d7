// Package streamtest holds the promises of package stream against a broker:
// the embedded one and real Kafka pass the same suite.
package streamtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/stream"
)

// Harness is a broker to test with.
type Harness struct {
	// Open returns the addresses of a broker. Several tests may share it.
	Open func(t *testing.T) (brokers []string)
	// OpenToRestart returns a broker that t has for itself, and what stops and
	// starts it on the same address and data.
	OpenToRestart func(t *testing.T) (brokers []string, restart func())
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for _, s := range []struct {
		name string
		test func(*testing.T, *bench)
	}{
		{"WhatIsProducedIsReadBackUnchanged", readsBack},
		{"RecordsOfOneKeyKeepTheirOrder", keepsOrder},
		{"ConcurrentCallersShareBatches", sharesBatches},
		{"AThousandRecordsOfOneCallGoInFewBatches", fewBatches},
		{"ALoneRecordReachesTheHandlerAtOnce", lowLatency},
		{"AHandlerErrorBringsTheSameRecordsAgain", redelivers},
		{"NothingIsCommittedBeforeTheHandlerIsDone", commitsAfter},
		{"APoisonRecordIsSetAsideAloneAndTheRestGoesOn", poison},
		{"AnOutageIsNeverTakenForPoison", outage},
		{"MembersComeAndGoAndNothingIsMissing", rebalance},
		{"AnOffsetOutsideTheLogReadsFromTheStart", outOfRange},
		{"ScanSeesEverythingUpToTheEndItBeganWith", scan},
		{"TopicsCanBeEnsuredAgain", ensureAgain},
		{"ProduceKeepsItsDeadlineWhileTheBrokerIsAway", deadline},
	} {
		t.Run(s.name, func(t *testing.T) { s.test(t, newBench(t, h.Open(t))) })
	}
	t.Run("ABrokerRestartLosesNothing", func(t *testing.T) {
		brokers, restart := h.OpenToRestart(t)
		brokerRestart(t, newBench(t, brokers), restart)
	})
}

// bench is what one test works with: a client, a topic and a group of its own.
type bench struct {
	t       *testing.T
	brokers []string
	client  *stream.Client
	topic   string
	group   string
}

func newBench(t *testing.T, brokers []string) *bench {
	id := strings.ToLower(rand.Text()[:12])
	b := &bench{t: t, brokers: brokers, topic: "test." + id, group: "test-" + id}
	b.client = b.open()
	require.NoError(t, b.client.EnsureTopics(b.ctx(30*time.Second), stream.Topic{Name: b.topic, Partitions: 4, Retention: time.Hour}))
	return b
}

func (b *bench) open(brokers ...string) *stream.Client {
	if len(brokers) == 0 {
		brokers = b.brokers
	}
	c, err := stream.Open(stream.Config{Brokers: brokers, Logger: slog.New(slog.NewTextHandler(b.t.Output(), nil))})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (b *bench) ctx(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	b.t.Cleanup(cancel)
	return ctx
}

// record is the nth record of a key.
func (b *bench) record(key string, n int) stream.Record {
	return stream.Record{Topic: b.topic, Key: []byte(key), Value: fmt.Appendf(nil, "%s/%d", key, n)}
}

func (b *bench) produce(recs ...stream.Record) {
	b.t.Helper()
	require.NoError(b.t, b.client.Produce(b.ctx(30*time.Second), recs...))
}

// records are n records with as many keys as there are letters.
func (b *bench) records(n int) []stream.Record {
	recs := make([]stream.Record, n)
	for i := range recs {
		recs[i] = b.record(string(rune('a'+i%26)), i)
	}
	return recs
}

// consume runs a member until stop is called, which returns when it has left.
func (b *bench) consume(c *stream.Client, cfg stream.ConsumerConfig, h stream.Handler) (stop func()) {
	cfg.Group, cfg.Topics = b.group, []string{b.topic}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Consume(ctx, cfg, h); err != nil {
			b.t.Errorf("Consume: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	b.t.Cleanup(stop)
	return stop
}

func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	require.Eventually(b.t, ok, 30*time.Second, 5*time.Millisecond, what)
}

func (b *bench) lag() int64 {
	b.t.Helper()
	lag, err := b.client.Lag(b.ctx(10*time.Second), b.group, b.topic)
	if err != nil { // not require: also called from the goroutine of eventually
		b.t.Logf("lag: %v", err)
		return -1
	}
	return lag[b.topic]
}

// seen collects values in the order in which handlers get them.
type seen struct {
	mu     sync.Mutex
	values []string
	count  map[string]int
}

func (s *seen) add(recs []stream.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == nil {
		s.count = map[string]int{}
	}
	for _, r := range recs {
		s.values = append(s.values, string(r.Value))
		s.count[string(r.Value)]++
	}
}

func (s *seen) handle(_ context.Context, recs []stream.Record) error {
	s.add(recs)
	return nil
}

func (s *seen) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.count)
}
