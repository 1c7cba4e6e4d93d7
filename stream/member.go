package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// member is this process's part of one generation of a group: its partitions,
// one committer and one watchdog.
type member struct {
	client  *Client
	cfg     ConsumerConfig
	handler Handler
	gen     *kafka.Generation
	log     *slog.Logger

	mu      sync.Mutex
	done    map[lane]int64 // finished offsets that are not yet committed
	pending chan struct{}  // has a token when done is not empty
}

// start launches the generation's goroutines. kafka-go ends the generation as
// soon as one of them returns, and joins the next one only after all have.
func (m *member) start(ctx context.Context) {
	m.done = map[lane]int64{}
	m.pending = make(chan struct{}, 1)

	var parts []*partition
	for topic, assigned := range m.gen.Assignments {
		for _, a := range assigned {
			p := &partition{member: m, lane: lane{topic, a.ID}, offset: a.Offset,
				log: m.log.With("topic", topic, "partition", a.ID)}
			p.touch(a.Offset)
			parts = append(parts, p)
		}
	}
	m.log.Info("joined the consumer group", "generation", m.gen.ID, "partitions", len(parts))

	var reading sync.WaitGroup
	reading.Add(len(parts))
	for _, p := range parts {
		m.gen.Start(func(gctx context.Context) {
			defer reading.Done()
			run, stop := context.WithCancel(ctx)
			defer stop()
			defer context.AfterFunc(gctx, stop)()
			p.run(run)
		})
	}
	finished := make(chan struct{})
	go func() { reading.Wait(); close(finished) }()

	m.gen.Start(func(gctx context.Context) {
		if len(parts) == 0 {
			wait(ctx, gctx)
			return
		}
		m.commit(finished)
	})
	m.gen.Start(func(gctx context.Context) { m.watch(ctx, gctx, parts) })
}

func wait(a, b context.Context) {
	select {
	case <-a.Done():
	case <-b.Done():
	}
}

// finish notes that every record before offset is done.
func (m *member) finish(l lane, offset int64) {
	m.mu.Lock()
	m.done[l] = offset
	m.mu.Unlock()
	select {
	case m.pending <- struct{}{}:
	default:
	}
}

// commit sends finished offsets to the coordinator, several in one request, and
// the last ones after all partitions have stopped. The broker refuses them once
// the partitions belong to someone else, for they carry the generation.
func (m *member) commit(finished <-chan struct{}) {
	for last := false; ; {
		select {
		case <-m.pending:
			t := time.NewTimer(m.cfg.CommitEvery)
			select {
			case <-t.C:
			case <-finished:
			}
			t.Stop()
		case <-finished:
			last = true
		}
		if err := m.flush(); err != nil || last {
			return // after an error the generation ends and the next one reads from what is committed
		}
	}
}

func (m *member) flush() error {
	m.mu.Lock()
	done := m.done
	m.done = make(map[lane]int64, len(done))
	m.mu.Unlock()
	if len(done) == 0 {
		return nil
	}
	offsets := map[string]map[int]int64{}
	for l, o := range done {
		if offsets[l.topic] == nil {
			offsets[l.topic] = map[int]int64{}
		}
		offsets[l.topic][l.partition] = o
	}
	err := m.gen.CommitOffsets(offsets)
	if err != nil {
		m.log.Info("offsets not committed, their records come again", "generation", m.gen.ID, "error", err)
	}
	return err
}

// watch ends the generation when a partition has records and does not move
// though its handler is free.
func (m *member) watch(ctx, gctx context.Context, parts []*partition) {
	tick := time.NewTicker(m.cfg.Stall / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-gctx.Done():
			return
		case <-tick.C:
		}
		for _, p := range parts {
			if !m.stuck(ctx, p) {
				continue
			}
			m.client.stats.restarts.Add(1)
			m.log.Warn("consumer makes no progress although there are records, joining anew",
				"topic", p.lane.topic, "partition", p.lane.partition, "offset", p.position.Load(), "for", m.cfg.Stall)
			m.client.transport.CloseIdleConnections()
			return
		}
	}
}

func (m *member) stuck(ctx context.Context, p *partition) bool {
	if p.busy.Load() || time.Since(time.Unix(0, p.moved.Load())) < m.cfg.Stall {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	spans, err := m.client.spans(ctx, p.lane.topic)
	if err != nil {
		return false // the broker is away, which is no fault of this member
	}
	s, ok := spans[p.lane.partition]
	return ok && p.position.Load() < s.end && s.first < s.end
}

// partition reads one partition for one generation.
type partition struct {
	member *member
	lane   lane
	offset int64
	log    *slog.Logger

	busy     atomic.Bool  // the handler runs, or waits to run again
	position atomic.Int64 // same as offset, for the watchdog
	moved    atomic.Int64 // when offset last changed or there was nothing to read, in ns
}

func (p *partition) touch(offset int64) {
	p.offset = offset
	p.position.Store(offset)
	p.moved.Store(time.Now().UnixNano())
}

// run fetches and handles until ctx ends. Nothing is fetched ahead: what arrives
// while the handler works makes the next batch larger.
func (p *partition) run(ctx context.Context) {
	// The handler outlives ctx by the grace.
	work, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, kill) })()

	pause := newPause()
	var began, before time.Time // of the latest batch, and of the one before
	for ctx.Err() == nil {
		got, err := p.fetch(ctx)
		if err != nil {
			if ctx.Err() == nil {
				pause.fail(ctx, p.log, "fetch failed, trying again", err)
			}
			continue
		}
		pause.ok(p.log)
		if len(got.recs) == 0 {
			if got.next > p.offset {
				p.advance(got.next)
			} else if got.next >= got.end {
				p.touch(p.offset)
			}
			continue
		}
		before, began = began, time.Now()
		for recs := got.recs; len(recs) > 0; {
			n := min(len(recs), p.member.cfg.MaxBatch)
			if !p.handle(ctx, work, recs[:n]) {
				return
			}
			recs = recs[n:]
		}
		if got.next > p.offset {
			p.advance(got.next)
		}
		p.gather(ctx, len(got.recs), began, began.Sub(before))
	}
}

// several is the size of a batch from which on records count as coming fast.
const several = 4

// gather lets records come together before the next fetch, when they come fast: many at once, or one batch soon behind the other.
func (p *partition) gather(ctx context.Context, n int, began time.Time, apart time.Duration) {
	if cfg := p.member.cfg; n < cfg.MaxBatch && (n >= several || apart < 2*cfg.Gather) {
		sleep(ctx, cfg.Gather-time.Since(began))
	}
}

// advance notes that every record before offset is done.
func (p *partition) advance(offset int64) {
	p.touch(offset)
	p.member.finish(p.lane, offset)
}

func (p *partition) fetch(ctx context.Context) (fetched, error) {
	c := p.member.client
	if p.offset < 0 {
		return fetched{}, p.rewind(ctx)
	}
	got, err := c.fetch(ctx, p.lane, p.offset, fetchWait)
	if errors.Is(err, kafka.OffsetOutOfRange) {
		p.log.Warn("offset is outside the log, reading again from the log's start", "offset", p.offset)
		c.stats.resets.Add(1)
		return fetched{}, p.rewind(ctx)
	}
	return got, err
}

// rewind goes to the log's start.
func (p *partition) rewind(ctx context.Context) error {
	spans, err := p.member.client.spans(ctx, p.lane.topic)
	if err != nil {
		return err
	}
	p.touch(spans[p.lane.partition].first)
	return nil
}
