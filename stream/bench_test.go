package stream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
	"github.com/leadhub/leadhub/stream/streamtest"
)

// eachBroker runs a benchmark on the embedded broker and on Kafka, where there is one.
func eachBroker(b *testing.B, bench func(b *testing.B, c *stream.Client, topic string)) {
	for name, addr := range map[string]func(b *testing.B) string{
		"embedded": func(b *testing.B) string { return openEmbedded(b, embedded.Config{Dir: b.TempDir()}).Addr() },
		"kafka":    func(b *testing.B) string { return streamtest.Kafka(b) },
	} {
		b.Run(name, func(b *testing.B) {
			c, err := stream.Open(stream.Config{Brokers: []string{addr(b)}})
			require.NoError(b, err)
			b.Cleanup(func() { _ = c.Close() })
			topic := fmt.Sprintf("bench.%d", rand.Int64())
			require.NoError(b, c.EnsureTopics(context.Background(), stream.Topic{Name: topic}))
			bench(b, c, topic)
		})
	}
}

func value() []byte {
	v := make([]byte, 512)
	for i := range v {
		v[i] = byte(rand.Int())
	}
	return v
}

// 64 goroutines, each writing one record of 512 B and waiting for it.
func BenchmarkProduce64Callers(b *testing.B) {
	eachBroker(b, func(b *testing.B, c *stream.Client, topic string) {
		v := value()
		var next atomic.Int64
		var mu sync.Mutex
		var took []time.Duration
		var callers sync.WaitGroup
		b.ResetTimer()
		for range 64 {
			callers.Go(func() {
				var mine []time.Duration
				for next.Add(1) <= int64(b.N) {
					start := time.Now()
					if err := c.Produce(context.Background(), stream.Record{Topic: topic, Key: v[:8], Value: v}); err != nil {
						b.Error(err)
						return
					}
					mine = append(mine, time.Since(start))
				}
				mu.Lock()
				took = append(took, mine...)
				mu.Unlock()
			})
		}
		callers.Wait()
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(b.N)/float64(c.Stats().Batches), "records/batch")
	})
}

// A backlog of b.N records of 512 B, written a thousand at a time before the clock starts.
func BenchmarkConsumeBacklog(b *testing.B) {
	eachBroker(b, func(b *testing.B, c *stream.Client, topic string) {
		v := value()
		fill(b, c, topic, v, b.N)
		ctx, cancel := context.WithCancel(context.Background())
		var n, calls int
		b.ReportAllocs()
		b.ResetTimer()
		err := c.Consume(ctx, stream.ConsumerConfig{Group: topic, Topics: []string{topic}}, func(_ context.Context, recs []stream.Record) error {
			calls++
			if n += len(recs); n >= b.N {
				b.StopTimer()
				cancel()
			}
			return nil
		})
		require.NoError(b, err)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		b.ReportMetric(float64(n)/float64(calls), "records/call")
	})
}

// Batches of a thousand records of 512 B from one caller.
func BenchmarkProduceBatches(b *testing.B) {
	eachBroker(b, func(b *testing.B, c *stream.Client, topic string) {
		v := value()
		b.ReportAllocs()
		b.ResetTimer()
		fill(b, c, topic, v, b.N)
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
}

func fill(b *testing.B, c *stream.Client, topic string, v []byte, n int) {
	for left := n; left > 0; left -= 1000 {
		recs := make([]stream.Record, min(left, 1000))
		for i := range recs {
			recs[i] = stream.Record{Topic: topic, Key: v[:8], Value: v}
		}
		require.NoError(b, c.Produce(context.Background(), recs...))
	}
}
