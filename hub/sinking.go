package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	fastjson "github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// pollEvery bounds how long work made by another process waits; work made in this process is announced at once.
const pollEvery = 50 * time.Millisecond

// gather is the least time between two batches of a stage while work comes fast: each batch costs syncs of the disk, whatever it holds. It is a small
// part of what a lead takes from the post to its owner, and one that comes alone does not pay it.
const gather = 10 * time.Millisecond

// commitEvery is how much of a stage's work may come again after a crash. That is harmless, and every commit is a sync of the disk.
const commitEvery = 50 * time.Millisecond

// sinking is the stage between lead.submissions and the pool, and between lead.rejected and the pool.
type sinking struct {
	sink     *sink.Sink
	combiner combiner // over sink.Record
	names    names
	stream   *stream.Client
	now      func() time.Time
	log      *slog.Logger
	metrics  *metrics
	due      signal // there are leads to assign
	outbox   signal
	told     signal // there are changes to publish
}

// run consumes lead.submissions until ctx ends.
func (s *sinking) run(ctx context.Context) error {
	return s.stream.Consume(ctx, stream.ConsumerConfig{Group: s.names.groupSink, Topics: []string{s.names.submissions}, Gather: gather, CommitEvery: commitEvery,
		Transient: lead.IsTransient, Poison: s.poison}, s.handle)
}

func (s *sinking) handle(ctx context.Context, batch []stream.Record) error {
	start := s.now()
	items := make([]sink.Item, len(batch))
	for i, r := range batch {
		items[i].JSON = r.Value
		items[i].Submission = new(lead.Submission)
		if err := fastjson.Unmarshal(r.Value, items[i].Submission); err != nil {
			return fmt.Errorf("decode submission at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
		}
	}
	result, err := s.combiner.Record(ctx, items)
	if err != nil {
		return err
	}
	s.metrics.recordedBatch(result)
	s.metrics.assigned.Add(float64(result.Assigned))
	s.metrics.handled(stageSink, batch, s.now().Sub(start))
	s.due.raise()
	s.outbox.raise()
	s.told.raise()
	return nil
}

// poison turns a submission that the pool cannot take into a rejection.
func (s *sinking) poison(ctx context.Context, r stream.Record, cause error) error {
	var sub lead.Submission
	if err := json.Unmarshal(r.Value, &sub); err != nil || !storable(sub.ID, sub.Source, sub.Channel) {
		sub = lead.Submission{ID: lead.DeriveID("sub_", r.Topic, fmt.Sprint(r.Partition), fmt.Sprint(r.Offset)), ReceivedAt: r.Time}
	}
	s.log.Error("a submission cannot be recorded, rejecting it", "id", sub.ID, "error", cause)
	j := &lead.Rejection{ID: sub.ID, Source: sub.Source, Channel: sub.Channel, Stage: lead.StageSink, Code: "not_recorded",
		Message: "the pool could not take this submission", Hint: "the hub's log has the cause; replay after it is mended",
		At: s.now().UTC(), ReceivedAt: sub.ReceivedAt, Body: r.Value}
	if e := lead.AsError(cause); e.Kind == lead.KindConflict || e.Kind == lead.KindInvalid { // its texts are for people
		j.Code, j.Message, j.Hint = e.Code, e.Message, e.Hint
	}
	record, err := s.names.rejectionRecord(j, header(r, headerTrace))
	if err != nil {
		return err
	}
	s.metrics.rejected.WithLabelValues(j.Stage, j.Code).Inc()
	return s.stream.Produce(ctx, record)
}

// runRejections consumes lead.rejected until ctx ends.
func (s *sinking) runRejections(ctx context.Context) error {
	return s.stream.Consume(ctx, stream.ConsumerConfig{Group: s.names.groupRejections, Topics: []string{s.names.rejected},
		Transient: lead.IsTransient, Poison: func(_ context.Context, r stream.Record, cause error) error {
			s.log.Error("a rejection cannot be recorded; it stays on the topic", "offset", r.Offset, "error", cause)
			return nil
		}}, s.handleRejections)
}

func (s *sinking) handleRejections(ctx context.Context, batch []stream.Record) error {
	start := s.now()
	rejections := make([]lead.Rejection, len(batch))
	for i, r := range batch {
		if err := json.Unmarshal(r.Value, &rejections[i]); err != nil {
			return fmt.Errorf("decode rejection at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
		}
	}
	if err := s.sink.Reject(ctx, rejections); err != nil {
		return err
	}
	s.metrics.handled(stageReject, batch, s.now().Sub(start))
	return nil
}

// signal wakes one waiting loop; raising it again before the loop looks is one wake.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// fullStep is the work of a step that has a backlog before it.
const fullStep = 500

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// several is the work of a step from which on it counts as coming fast.
const several = 3

// loop calls step whenever the signal is raised or pollEvery has passed, again at once while it finds work, until ctx ends. After a step
// with more work than alone, and no backlog, it lets work gather. An
// error is logged when it is new and the loop goes on: a supervisor that gives up turns a short outage into a long one.
func loop(ctx context.Context, s signal, alone int, log *slog.Logger, step func(context.Context) (int, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	said, wait := "", time.Duration(0)
	for {
		began := time.Now()
		n, err := step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if err.Error() != said {
				said = err.Error()
				log.Error("step failed, trying again", "error", err)
			}
			wait = min(max(2*wait, pollEvery), 2*time.Second)
			pause(ctx, wait)
			continue
		case n > 0:
			said, wait = "", 0
			if n > alone && n < fullStep {
				pause(ctx, gather-time.Since(began))
			}
			continue
		}
		said, wait = "", 0
		select {
		case <-ctx.Done():
			return nil
		case <-s:
		case <-tick.C:
		}
	}
}
