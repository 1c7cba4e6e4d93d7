package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// Feedbacks applies what CRMs did with leads.
type Feedbacks interface {
	// Feedback applies one, unless one with its ID was applied before. KindInvalid, KindNotFound (the lead) and KindConflict say that it cannot be;
	// KindTransient that it can be tried again.
	Feedback(ctx context.Context, f lead.Feedback) error
}

// What became of a record of lead.feedback, as the metric has it.
const (
	feedbackApplied  = "applied"
	feedbackRejected = "rejected"
)

// Attributes of a CloudEvent that stand for what the value of a feedback leaves out: its id and its time.
const (
	headerID   = "ce_id"
	headerTime = "ce_time"
)

// headerAttempt counts how often a rejected feedback was sent again.
const headerAttempt = "leadhub-attempt"

// feedingBack is the stage from lead.feedback to the pool. What cannot be applied is a rejection of the stage "feedback": seen with the others,
// and replayed as they are.
type feedingBack struct {
	to      Feedbacks
	resolve func(ctx context.Context, rejections []string) error
	produce func(ctx context.Context, records ...stream.Record) error
	stream  *stream.Client
	names   names
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics
}

func (h *Hub) runFeedback(ctx context.Context) error {
	f := &feedingBack{to: h.Working(), resolve: h.cfg.Store.ResolveRejections, produce: h.cfg.Stream.Produce, stream: h.cfg.Stream, names: h.names,
		now: h.cfg.Now, log: h.cfg.Logger, metrics: h.metrics}
	return f.run(ctx)
}

// run consumes lead.feedback until ctx ends.
func (f *feedingBack) run(ctx context.Context) error {
	return f.stream.Consume(ctx, stream.ConsumerConfig{Group: f.names.groupFeedback, Topics: []string{f.names.feedback}, CommitEvery: commitEvery,
		Transient: lead.IsTransient, Poison: f.poison}, f.handle)
}

// handle applies a batch one by one. After an error that passes all of it comes again, which changes nothing of what was applied.
func (f *feedingBack) handle(ctx context.Context, batch []stream.Record) error {
	start := f.now()
	for _, r := range batch {
		if err := f.one(ctx, r); err != nil {
			return err
		}
	}
	f.metrics.handled(stageFeedback, batch, f.now().Sub(start))
	return nil
}

func (f *feedingBack) one(ctx context.Context, r stream.Record) error {
	v, err := feedbackOf(r)
	if err == nil {
		err = f.to.Feedback(ctx, v)
	}
	if err == nil {
		f.metrics.feedback.WithLabelValues(feedbackApplied).Inc()
		if attemptOf(r) > 0 {
			return f.resolve(ctx, []string{rejectionOf(v.ID)})
		}
		return nil
	}
	switch lead.AsError(err).Kind {
	case lead.KindInvalid, lead.KindNotFound, lead.KindConflict:
		return f.reject(ctx, r, v.ID, err)
	}
	return fmt.Errorf("feedback at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
}

// feedbackOf reads a record. One without an id of its own, in the value or as the id of a CloudEvent, has that of its place, with any error.
func feedbackOf(r stream.Record) (lead.Feedback, error) {
	var v lead.Feedback
	err := json.Unmarshal(r.Value, &v)
	if err != nil {
		v = lead.Feedback{}
	}
	for _, id := range []string{v.ID, string(header(r, headerID)), lead.DeriveID("fb_", r.Topic, strconv.Itoa(r.Partition), strconv.FormatInt(r.Offset, 10))} {
		if v.ID = id; storable(id) {
			break
		}
	}
	if err != nil {
		return v, lead.Invalid("bad_json", "the record is not the JSON of a feedback", "docs/notifications.md has the fields")
	}
	if v.At.IsZero() {
		v.At = saidAt(r)
	}
	return v, v.Check()
}

// saidAt is when a record was said: by its header, else when it came onto the topic.
func saidAt(r stream.Record) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, string(header(r, headerTime))); err == nil {
		return at.UTC()
	}
	return r.Time.UTC()
}

// rejectionOf is the id of the rejection of a feedback: one for all tries.
func rejectionOf(feedback string) string { return lead.DeriveID("fb_", feedback) }

func attemptOf(r stream.Record) int {
	n, _ := strconv.Atoi(string(header(r, headerAttempt)))
	return n
}

// reject makes a feedback that cannot be applied a rejection.
func (f *feedingBack) reject(ctx context.Context, r stream.Record, id string, cause error) error {
	e := lead.AsError(cause)
	raw := &lead.Raw{ID: rejectionOf(id), Source: lead.StageFeedback, Channel: lead.StageFeedback, EventID: id, ReceivedAt: saidAt(r), Attempt: attemptOf(r)}
	j := &lead.Rejection{ID: raw.ID, Raw: raw, Source: lead.StageFeedback, Channel: lead.StageFeedback, Stage: lead.StageFeedback, Code: e.Code, Message: e.Message, Hint: e.Hint,
		At: f.now().UTC(), ReceivedAt: raw.ReceivedAt, Attempt: raw.Attempt, Body: r.Value}
	record, err := f.names.rejectionRecord(j, header(r, headerTrace))
	if err != nil {
		return err
	}
	if err := f.produce(ctx, record); err != nil {
		return lead.Transient("broker_away", "the broker did not take the rejection", 0, err)
	}
	f.metrics.feedback.WithLabelValues(feedbackRejected).Inc()
	f.metrics.rejected.WithLabelValues(j.Stage, j.Code).Inc()
	return nil
}

// poison rejects what fails for no reason that anybody named.
func (f *feedingBack) poison(ctx context.Context, r stream.Record, cause error) error {
	v, _ := feedbackOf(r)
	f.log.Error("a feedback cannot be applied, rejecting it", "id", v.ID, "error", cause)
	return f.reject(ctx, r, v.ID, lead.Invalid("not_applied", "the pool could not take this feedback", "the hub's log has the cause; replay after it is mended"))
}

// feedbackAgain is the record of a rejected feedback, one attempt on. It is the same feedback: it has another place on the topic, but its id and time,
// so that it takes the place of its rejection, and counts once however often it is sent again.
func (n names) feedbackAgain(j *lead.Rejection) stream.Record {
	out := stream.Record{Topic: n.feedback, Key: []byte(j.ID), Value: j.Body, Headers: []stream.Header{{Key: headerAttempt, Value: []byte(strconv.Itoa(j.Attempt + 1))},
		{Key: headerTime, Value: []byte(j.ReceivedAt.UTC().Format(time.RFC3339Nano))}}}
	if j.Raw != nil { // rejections of versions before kept no id
		out.Headers = append(out.Headers, stream.Header{Key: headerID, Value: []byte(j.Raw.EventID)})
	}
	return out
}
