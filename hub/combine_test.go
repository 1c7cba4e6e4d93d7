package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

func item(id string) sink.Item { return sink.Item{Submission: &lead.Submission{ID: id}} }

func TestWhatArrivesWhileATransactionRunsIsRecordedInTheNextOne(t *testing.T) {
	var calls atomic.Int64
	started, release := make(chan struct{}), make(chan struct{})
	c := &combiner{record: func(_ context.Context, items []sink.Item) (sink.Result, error) {
		if calls.Add(1) == 1 {
			close(started)
			<-release
		}
		return sink.Result{New: len(items)}, nil
	}}
	var sum atomic.Int64
	var wg sync.WaitGroup
	record := func(id string) {
		r, err := c.Record(t.Context(), []sink.Item{item(id)})
		require.NoError(t, err)
		sum.Add(int64(r.New))
	}
	wg.Go(func() { record("first") })
	<-started
	for i := range 20 {
		wg.Go(func() { record(fmt.Sprint(i)) })
	}
	require.Eventually(t, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.waiting) == 20 }, 5*time.Second, time.Millisecond)
	close(release)
	wg.Wait()
	require.EqualValues(t, 2, calls.Load())
	require.EqualValues(t, 21, sum.Load())
}

func TestAPartThatCannotBeRecordedFailsAlone(t *testing.T) {
	bad := errors.New("impossible")
	c := &combiner{record: func(_ context.Context, items []sink.Item) (sink.Result, error) {
		for _, it := range items {
			if it.Submission.ID == "bad" {
				return sink.Result{}, bad
			}
		}
		return sink.Result{New: len(items)}, nil
	}}
	parts := []*part{}
	for _, id := range []string{"a", "bad", "b"} {
		parts = append(parts, &part{items: []sink.Item{item(id)}, done: make(chan struct{})})
	}
	c.flush(t.Context(), parts)
	require.NoError(t, parts[0].err)
	require.ErrorIs(t, parts[1].err, bad)
	require.NoError(t, parts[2].err)
	require.Equal(t, 2, parts[0].result.New+parts[2].result.New)
}

func TestAnOutageIsToldToEveryPart(t *testing.T) {
	calls := 0
	c := &combiner{record: func(context.Context, []sink.Item) (sink.Result, error) {
		calls++
		return sink.Result{}, lead.Transient("database_away", "away", 0, nil)
	}}
	parts := []*part{{done: make(chan struct{})}, {done: make(chan struct{})}}
	c.flush(t.Context(), parts)
	require.Equal(t, 1, calls)
	for _, p := range parts {
		require.True(t, lead.IsTransient(p.err))
	}
}
