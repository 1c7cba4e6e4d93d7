package streamtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/stream"
)

func readsBack(t *testing.T, b *bench) {
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	want := stream.Record{Topic: b.topic, Key: []byte("k"), Value: []byte{0, 255, '\n'}, Time: at,
		Headers: []stream.Header{{Key: "traceparent", Value: []byte("00-1")}, {Key: "empty", Value: []byte{}}, {Key: "traceparent", Value: []byte("00-2")}}}
	tombstone := stream.Record{Topic: b.topic, Key: []byte("k")}
	empty := stream.Record{Topic: b.topic, Key: []byte("k"), Value: []byte{}}
	large := stream.Record{Topic: b.topic, Key: []byte("k"), Value: make([]byte, stream.MaxRecordBytes-100)}
	b.produce(want, tombstone, empty, large)

	var got []stream.Record
	require.NoError(t, b.client.Scan(b.ctx(10*time.Second), b.topic, stream.ScanFrom{}, func(r stream.Record) error {
		got = append(got, r)
		return nil
	}))
	require.Len(t, got, 4)
	require.Equal(t, want.Key, got[0].Key)
	require.Equal(t, want.Value, got[0].Value)
	require.Equal(t, want.Headers, got[0].Headers)
	require.WithinDuration(t, at, got[0].Time, 0)
	require.Nil(t, got[1].Value)
	require.WithinDuration(t, time.Now(), got[1].Time, time.Minute)
	require.NotNil(t, got[2].Value)
	require.Empty(t, got[2].Value)
	require.Len(t, got[3].Value, len(large.Value))

	err := b.client.Produce(b.ctx(10*time.Second), stream.Record{Topic: b.topic, Value: make([]byte, stream.MaxRecordBytes+1)})
	require.ErrorIs(t, err, stream.ErrTooLarge)
}

func sharesBatches(t *testing.T, b *bench) {
	const callers, each = 32, 20
	var writers sync.WaitGroup
	for range callers {
		writers.Go(func() {
			for n := range each {
				if err := b.client.Produce(b.ctx(30*time.Second), b.record("k", n)); err != nil {
					t.Errorf("produce: %v", err)
				}
			}
		})
	}
	writers.Wait()
	s := b.client.Stats()
	require.EqualValues(t, callers*each, s.Produced)
	require.Less(t, s.Batches, int64(callers*each/4), "produce requests")
}

func fewBatches(t *testing.T, b *bench) {
	b.produce(b.records(1000)...)
	require.LessOrEqual(t, b.client.Stats().Batches, int64(2*4), "two for each partition at most")
}

func scan(t *testing.T, b *bench) {
	b.produce(b.records(300)...)
	middle := time.Now()
	time.Sleep(2 * time.Millisecond) // record times have a resolution of 1 ms
	b.produce(b.record("late", 0), b.record("late", 1))

	var all, late seen
	require.NoError(t, b.client.Scan(b.ctx(10*time.Second), b.topic, stream.ScanFrom{}, func(r stream.Record) error {
		if all.distinct() == 0 {
			b.produce(b.record("too late", 0)) // after the scan has begun
		}
		all.add([]stream.Record{r})
		return nil
	}))
	require.Equal(t, 302, all.distinct())
	require.Len(t, all.values, 302)

	require.NoError(t, b.client.Scan(b.ctx(10*time.Second), b.topic, stream.ScanFrom{Time: middle.Add(time.Millisecond)}, func(r stream.Record) error {
		late.add([]stream.Record{r})
		return nil
	}))
	require.ElementsMatch(t, []string{"late/0", "late/1", "too late/0"}, late.values)

	stop := errors.New("enough")
	require.ErrorIs(t, b.client.Scan(b.ctx(10*time.Second), b.topic, stream.ScanFrom{}, func(stream.Record) error { return stop }), stop)
}

func ensureAgain(t *testing.T, b *bench) {
	b.produce(b.record("k", 0))
	topic := stream.Topic{Name: b.topic, Partitions: 4, Retention: 7 * 24 * time.Hour, RetentionBytes: 1 << 30, Compacted: true}
	require.NoError(t, b.client.EnsureTopics(b.ctx(10*time.Second), topic))
	b.produce(b.record("k", 1))
	require.EqualValues(t, 2, b.lag())
}

func deadline(t *testing.T, b *bench) {
	for name, addr := range map[string]string{"port closed": closed(t), "broker silent": deaf(t)} {
		c := b.open(addr)
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		start := time.Now()
		err := c.Produce(ctx, b.record("k", 0))
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		require.Less(t, time.Since(start), 400*time.Millisecond, name)
		require.Error(t, c.Ping(b.ctx(300*time.Millisecond)), name)
	}
	require.NoError(t, b.client.Ping(b.ctx(10*time.Second)))
}
