package stream_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leadhub/leadhub/stream"
)

func TestAStuckMemberIsRestarted(t *testing.T) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "raw"))
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	var stuck atomic.Bool
	stuck.Store(true)
	// Fetches find nothing although there are records, as with kafka-go's issue 1276.
	broker.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if !stuck.Load() {
			return nil, nil, false
		}
		broker.KeepControl()
		res := r.ResponseKind().(*kmsg.FetchResponse)
		for _, topic := range r.(*kmsg.FetchRequest).Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic = topic.Topic
			rp := kmsg.NewFetchResponseTopicPartition()
			rp.HighWatermark = 1
			rt.Partitions = append(rt.Partitions, rp)
			res.Topics = append(res.Topics, rt)
		}
		time.Sleep(10 * time.Millisecond)
		return res, nil, true
	})
	c, err := stream.Open(stream.Config{Brokers: broker.ListenAddrs()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, c.Produce(ctx, stream.Record{Topic: "raw", Value: []byte("1")}))

	got := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- c.Consume(ctx, stream.ConsumerConfig{Group: "g", Topics: []string{"raw"}, Stall: 200 * time.Millisecond},
			func(_ context.Context, recs []stream.Record) error {
				got <- string(recs[0].Value)
				return nil
			})
	}()
	require.Eventually(t, func() bool { return c.Stats().Restarts > 0 }, 10*time.Second, 10*time.Millisecond)
	stuck.Store(false)
	require.Equal(t, "1", <-got)
	require.Greater(t, c.Stats().Generations, int64(1))
	cancel()
	require.NoError(t, <-done)
}
