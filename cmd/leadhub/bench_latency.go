package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// watcher reads lead.changes as a CRM would, and notes when each submission was seen in a lead that has an owner.
type watcher struct {
	mu     sync.Mutex
	waits  map[string][]string // submissions by lead, until the lead has an owner
	seen   map[string]time.Time
	enough chan struct{} // closed when so many are seen
	want   int
}

// watch reads the topic until ctx ends.
func watch(ctx context.Context, broker, topic string, want int) (*watcher, error) {
	c, err := stream.Open(stream.Config{Brokers: []string{broker}})
	if err != nil {
		return nil, err
	}
	w := &watcher{waits: map[string][]string{}, seen: map[string]time.Time{}, enough: make(chan struct{}), want: want}
	go func() {
		defer c.Close()
		_ = c.Consume(ctx, stream.ConsumerConfig{Group: topic + ".bench", Topics: []string{topic}}, w.handle)
	}()
	return w, nil
}

func (w *watcher) handle(_ context.Context, batch []stream.Record) error {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range batch {
		var c lead.Change
		if err := json.Unmarshal(r.Value, &c); err != nil {
			return err
		}
		if c.Change.Submission != "" {
			w.waits[c.ID] = append(w.waits[c.ID], c.Change.Submission)
		}
		if c.Owner == "" {
			continue
		}
		for _, id := range w.waits[c.ID] {
			if _, again := w.seen[id]; !again {
				w.seen[id] = now
			}
		}
		delete(w.waits, c.ID)
	}
	if len(w.seen) >= w.want && w.want > 0 {
		close(w.enough)
		w.want = 0
	}
	return nil
}

// paced posts at a steady rate, whatever the answers take, and returns how long each submission took from when it was due until a consumer of
// the change stream saw it in a lead with an owner: a hub that makes callers wait is not let off.
func (l *load) paced(ctx context.Context, h *benchHub, rate int) (*result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := watch(ctx, h.broker, h.changes, l.n+1) // with the one that warmed the hub
	if err != nil {
		return nil, err
	}
	if err := h.warm(ctx); err != nil {
		return nil, err
	}
	due, err := l.send(h.addr, rate)
	if err != nil {
		return nil, err
	}
	select {
	case <-w.enough:
	case <-ctx.Done():
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("after a minute only %d of %d submissions were seen on %s", len(w.seen), l.n, h.changes)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []time.Duration
	for id, at := range due {
		times = append(times, w.seen[id].Sub(at))
	}
	slices.Sort(times)
	return &result{times: times}, ctx.Err()
}

// send posts at a steady rate and returns when each submission was due.
func (l *load) send(addr string, rate int) (map[string]time.Time, error) {
	conns := make(chan *benchConn, 64)
	for range cap(conns) {
		c, err := dial(addr)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		conns <- c
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	due := make(map[string]time.Time, l.n)
	var failed error
	start := time.Now()
	for i := range l.n {
		at := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(at))
		wg.Go(func() {
			c := <-conns
			defer func() { conns <- c }()
			answer, err := c.post(l.body(i))
			id := ""
			if err == nil {
				id, err = acceptedID(answer)
			}
			mu.Lock()
			defer mu.Unlock()
			if due[id] = at; err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return due, failed
}
