package streamtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/stream"
)

func keepsOrder(t *testing.T, b *bench) {
	var got seen
	b.consume(b.client, stream.ConsumerConfig{MaxBatch: 7}, got.handle)
	const each = 50
	var writers sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		writers.Go(func() {
			for n := range each {
				if err := b.client.Produce(b.ctx(30*time.Second), b.record(key, n)); err != nil {
					t.Errorf("produce: %v", err)
				}
			}
		})
	}
	writers.Wait()
	b.eventually("all records", func() bool { return got.distinct() == 5*each })
	next := map[string]int{}
	for _, v := range got.values {
		key, _, _ := strings.Cut(v, "/")
		require.Equal(t, fmt.Sprintf("%s/%d", key, next[key]), v)
		next[key]++
	}
}

func lowLatency(t *testing.T, b *bench) {
	arrived := make(chan time.Time, 1)
	b.consume(b.client, stream.ConsumerConfig{}, func(_ context.Context, recs []stream.Record) error {
		arrived <- time.Now()
		return nil
	})
	var took []time.Duration
	for n := range 60 {
		start := time.Now()
		b.produce(b.record("k", n))
		took = append(took, (<-arrived).Sub(start))
	}
	slices.Sort(took)
	t.Logf("from Produce to the handler: p50 %v, p90 %v", took[30], took[54])
	require.Less(t, took[30], 50*time.Millisecond, "half of the records")
}

func redelivers(t *testing.T, b *bench) {
	b.produce(b.record("k", 0), b.record("k", 1), b.record("k", 2))
	var got seen
	var calls atomic.Int64
	b.consume(b.client, stream.ConsumerConfig{}, func(_ context.Context, recs []stream.Record) error {
		got.add(recs)
		if calls.Add(1) <= 2 {
			return errors.New("not now")
		}
		return nil
	})
	b.eventually("the batch is done", func() bool { return b.lag() == 0 })
	require.Equal(t, []string{"k/0", "k/1", "k/2", "k/0", "k/1", "k/2", "k/0", "k/1", "k/2"}, got.values)
}

func commitsAfter(t *testing.T, b *bench) {
	b.produce(b.record("k", 0))
	running := make(chan struct{})
	stop := b.consume(b.open(), stream.ConsumerConfig{}, func(ctx context.Context, _ []stream.Record) error {
		close(running)
		<-ctx.Done()
		return ctx.Err()
	})
	<-running
	require.EqualValues(t, 1, b.lag(), "while the handler runs")
	stop()
	require.EqualValues(t, 1, b.lag(), "after a member that never finished")

	var got seen
	stop = b.consume(b.client, stream.ConsumerConfig{}, got.handle)
	b.eventually("the record comes again", func() bool { return got.distinct() == 1 })
	stop()
	require.Zero(t, b.lag(), "a member that leaves commits what is done")
}

func poison(t *testing.T, b *bench) {
	recs := make([]stream.Record, 40)
	for n := range recs {
		recs[n] = b.record("k", n)
	}
	b.produce(recs...)
	bad := map[string]bool{"k/0": true, "k/17": true, "k/18": true, "k/39": true}
	var done, aside seen
	var tries atomic.Int64
	cfg := stream.ConsumerConfig{PoisonAfter: 2, Poison: func(_ context.Context, r stream.Record, err error) error {
		if !strings.Contains(err.Error(), string(r.Value)) {
			t.Errorf("record %s came with the error of another: %v", r.Value, err)
		}
		if tries.Add(1) == 1 {
			return errors.New("no room for rejections yet")
		}
		aside.add([]stream.Record{r})
		return nil
	}}
	b.consume(b.client, cfg, func(_ context.Context, recs []stream.Record) error {
		for _, r := range recs {
			if v := string(r.Value); v == "k/17" {
				return fmt.Errorf("%s: %w", v, stream.ErrPoison)
			} else if bad[v] {
				return fmt.Errorf("%s makes no sense", v)
			}
		}
		done.add(recs)
		return nil
	})
	b.eventually("the partition moved on", func() bool { return b.lag() == 0 })
	require.Equal(t, []string{"k/0", "k/17", "k/18", "k/39"}, aside.values)
	var want []string
	for n := range recs {
		if v := fmt.Sprintf("k/%d", n); !bad[v] {
			want = append(want, v)
		}
	}
	require.Equal(t, want, done.values, "each once, in order")
}

func outage(t *testing.T, b *bench) {
	b.produce(b.record("k", 0), b.record("k", 1))
	away := errors.New("the database is locked")
	outages := []error{away, context.DeadlineExceeded, &net.OpError{Op: "dial", Err: errors.New("refused")}}
	var calls atomic.Int64
	var got seen
	cfg := stream.ConsumerConfig{
		PoisonAfter: 1,
		Transient:   func(err error) bool { return errors.Is(err, away) },
		Poison: func(context.Context, stream.Record, error) error {
			t.Error("an outage was taken for poison")
			return nil
		},
	}
	b.consume(b.client, cfg, func(_ context.Context, recs []stream.Record) error {
		if n := calls.Add(1); n <= 6 {
			return fmt.Errorf("save: %w", outages[int(n)%len(outages)])
		}
		return got.handle(context.Background(), recs)
	})
	b.eventually("the records are done", func() bool { return b.lag() == 0 })
	require.Equal(t, 2, got.distinct())
}

func rebalance(t *testing.T, b *bench) {
	var got seen
	var owner atomic.Int64 // the member that handled something last
	member := func(n int64) (stop func()) {
		return b.consume(b.open(), stream.ConsumerConfig{MaxBatch: 5}, func(_ context.Context, recs []stream.Record) error {
			owner.Store(n)
			got.add(recs)
			return nil
		})
	}
	written := 0
	writeSome := func() {
		b.produce(b.records(50)...)
		for range 20 {
			b.produce(b.record("z", 1000+written))
			written++
		}
	}
	members := map[int64]func(){1: member(1)}
	writeSome()
	b.eventually("one member reads", func() bool { return got.distinct() >= 50 })
	members[2] = member(2)
	writeSome()
	members[3] = member(3)
	writeSome()
	before := b.client.Stats().Produced
	members[owner.Load()]() // the one that reads goes
	writeSome()
	require.Greater(t, b.client.Stats().Produced, before)
	b.eventually("nothing is missing", func() bool { return got.distinct() == 50+written })
	b.eventually("all is committed", func() bool { return b.lag() == 0 })
}

func outOfRange(t *testing.T, b *bench) {
	for n := range 5 {
		b.produce(b.record("k", n))
	}
	kc := &kafka.Client{Addr: kafka.TCP(b.brokers...), Transport: &kafka.Transport{}}
	offsets := map[string][]kafka.OffsetCommit{b.topic: nil}
	for p := range 4 {
		offsets[b.topic] = append(offsets[b.topic], kafka.OffsetCommit{Partition: p, Offset: 1_000_000})
	}
	_, err := kc.OffsetCommit(b.ctx(10*time.Second), &kafka.OffsetCommitRequest{GroupID: b.group, GenerationID: -1, Topics: offsets})
	require.NoError(t, err)
	require.EqualValues(t, 5, b.lag(), "as far as it will go back")

	var got seen
	stop := b.consume(b.client, stream.ConsumerConfig{}, got.handle)
	b.eventually("all records", func() bool { return got.distinct() == 5 })
	stop()
	require.Zero(t, b.lag())
	require.Positive(t, b.client.Stats().Resets)
}

func brokerRestart(t *testing.T, b *bench, restart func()) {
	var got seen
	b.consume(b.open(), stream.ConsumerConfig{}, got.handle)
	b.produce(b.record("before", 0))
	b.eventually("the consumer reads", func() bool { return got.distinct() == 1 })

	var wrote, late atomic.Int64
	var maxWait atomic.Int64
	stopped := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stopped:
					return
				default:
				}
				if err := b.client.Produce(b.ctx(time.Minute), b.record(fmt.Sprintf("w%d", w), n)); err != nil {
					t.Errorf("produce through the restart: %v", err)
					return
				}
				wrote.Add(1)
			}
		})
	}
	writers.Go(func() { // one that cannot wait, as the intake cannot
		for n := 0; ; n++ {
			select {
			case <-stopped:
				return
			default:
			}
			start := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			if b.client.Produce(ctx, b.record("hasty", n)) != nil {
				late.Add(1)
			}
			cancel()
			maxWait.Store(max(maxWait.Load(), int64(time.Since(start))))
		}
	})
	b.eventually("writes before the restart", func() bool { return wrote.Load() > 50 })
	restart()
	back, before := time.Now(), wrote.Load()
	b.eventually("writes after the restart", func() bool { return wrote.Load() > before })
	t.Logf("writing again %v after the restart, %d hasty writes gave up, the longest took %v", time.Since(back), late.Load(), time.Duration(maxWait.Load()))
	close(stopped)
	writers.Wait()
	require.Less(t, time.Duration(maxWait.Load()), time.Second, "a deadline of 300 ms is kept")

	b.eventually("nothing is missing", func() bool { return got.distinctOf("w", "before") == int(wrote.Load())+1 })
	t.Logf("reading again and done %v after the restart", time.Since(back))
	b.eventually("all is committed", func() bool { return b.lag() == 0 })
}

// distinctOf counts distinct values that begin with one of the prefixes.
func (s *seen) distinctOf(prefixes ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.count {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(v, p) }) {
			n++
		}
	}
	return n
}
