package hub

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// normalizing is the stage between lead.raw and lead.submissions: connector.Parse → Draft → Submission. What cannot go on becomes a
// Rejection on lead.rejected; nothing is dropped.
type normalizing struct {
	configuration *Configuration
	names         names
	stream        *stream.Client
	now           func() time.Time
	log           *slog.Logger
	metrics       *metrics
}

// run consumes lead.raw until ctx ends.
func (n *normalizing) run(ctx context.Context) error {
	return n.stream.Consume(ctx, stream.ConsumerConfig{Group: n.names.groupNormalize, Topics: []string{n.names.raw}, MaxBatch: 500, Gather: gather, CommitEvery: commitEvery,
		Transient: lead.IsTransient, Poison: n.poison}, n.handle)
}

// arrived is one record of lead.raw, read; err says that it could not be.
type arrived struct {
	raw   lead.Raw
	trace []byte
	err   error
}

func (n *normalizing) handle(ctx context.Context, batch []stream.Record) error {
	start := n.now()
	read := make([]arrived, len(batch))
	for i, r := range batch {
		raw, err := rawOf(r)
		read[i] = arrived{raw, header(r, headerTrace), err}
	}
	snap, err := n.snapshot(ctx, read)
	if err != nil {
		return err
	}
	out := make([]stream.Record, 0, len(batch))
	for i := range read {
		records, err := n.records(snap, &read[i])
		if err != nil {
			return err
		}
		if out = append(out, records...); len(out) >= produceAtOnce {
			if err := n.produce(ctx, out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	if err := n.produce(ctx, out); err != nil {
		return err
	}
	n.metrics.handled(stageNormalize, batch, n.now().Sub(start))
	return nil
}

// produceAtOnce bounds what a batch of posts that hold many leads each takes in memory.
const produceAtOnce = 2000

func (n *normalizing) produce(ctx context.Context, records []stream.Record) error {
	if err := n.stream.Produce(ctx, records...); err != nil {
		return lead.Transient("broker_away", "the broker did not take the submissions", 0, err)
	}
	return nil
}

// snapshot is the configuration for a batch. Intake may know a source that this process has not heard of yet: rejecting what it sent would be
// wrong, so the database decides whether the source exists.
func (n *normalizing) snapshot(ctx context.Context, read []arrived) (*snapshot, error) {
	snap := n.configuration.current.Load()
	known := func(a arrived) bool { return a.err != nil || snap.sources[a.raw.Source] != nil }
	if !slices.ContainsFunc(read, func(a arrived) bool { return !known(a) }) {
		return snap, nil
	}
	if err := n.configuration.refresh(ctx); err != nil {
		return nil, lead.Transient("database_away", "the database does not tell which sources there are", 0, err)
	}
	return n.configuration.current.Load(), nil
}

// records are what becomes of one record of lead.raw: submissions and rejections.
func (n *normalizing) records(snap *snapshot, a *arrived) ([]stream.Record, error) {
	if a.err != nil {
		return n.rejected(&a.raw, lead.StageParse, a.err, a.trace)
	}
	subs, rejections := snap.outcomes(&a.raw)
	out := make([]stream.Record, 0, len(subs)+len(rejections))
	for _, s := range subs {
		record, err := n.names.submissionRecord(s, a.trace)
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	for _, j := range rejections {
		record, err := n.rejection(j, a.trace)
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// poison accounts for a record whose handling fails on it alone.
func (n *normalizing) poison(ctx context.Context, r stream.Record, cause error) error {
	raw, _ := rawOf(r)
	n.log.Error("a raw record cannot be handled, rejecting it", "id", raw.ID, "error", cause)
	records, err := n.rejected(&raw, lead.StageNormalize, cause, header(r, headerTrace))
	if err != nil {
		return err
	}
	return n.stream.Produce(ctx, records...)
}

func (n *normalizing) rejected(raw *lead.Raw, stage string, cause error, trace []byte) ([]stream.Record, error) {
	record, err := n.rejection(rejection(raw, nil, raw.ID, stage, cause), trace)
	return []stream.Record{record}, err
}

func (n *normalizing) rejection(j *lead.Rejection, trace []byte) (stream.Record, error) {
	j.At = n.now().UTC()
	n.metrics.rejected.WithLabelValues(j.Stage, j.Code).Inc()
	return n.names.rejectionRecord(j, trace)
}

// outcomes is what becomes of one Raw under this configuration. It is pure, so `leadhub explain` shows exactly what would happen.
func (s *snapshot) outcomes(raw *lead.Raw) (subs []*lead.Submission, rejections []*lead.Rejection) {
	drafts, trust, err := s.parse(raw)
	if err != nil {
		return nil, []*lead.Rejection{s.unread(raw, err)}
	}
	whole := raw
	if len(drafts) > 1 {
		whole = new(lead.Raw) // a rejection of one row carries that row, not all of them
		*whole = *raw
		whole.Body = nil
	}
	for i := range drafts {
		d := &drafts[i]
		if raw.Draft != nil {
			i = raw.Index
		}
		id := raw.ID
		if i > 0 {
			id += "." + strconv.Itoa(i)
		}
		if j := quarantine(whole, d, id); j != nil {
			rejections = append(rejections, j)
			continue
		}
		sub, err := s.normalizer.Submission(*raw, i, *d, trust)
		if err != nil {
			rejections = append(rejections, rejection(whole, d, id, lead.StageNormalize, err))
			continue
		}
		if j := s.suspect(whole, d, sub); j != nil {
			rejections = append(rejections, j)
			continue
		}
		subs = append(subs, sub)
	}
	return subs, rejections
}

// unread is what becomes of a Raw that Parse could not read: pending when it is thin and the hub can ask for the rest.
func (s *snapshot) unread(raw *lead.Raw, cause error) *lead.Rejection {
	if lead.AsError(cause).Kind != lead.KindPending {
		return rejection(raw, nil, raw.ID, lead.StageParse, cause)
	}
	if _, ok := s.sources[raw.Source].source.(connectors.Fetcher); !ok {
		return rejection(raw, nil, raw.ID, lead.StageParse, lead.Invalid("cannot_fetch", "this payload names a lead that has to be asked for, and the channel cannot",
			"report it; replay after an update brings it in"))
	}
	j := rejection(raw, nil, raw.ID, lead.StageFetch, cause)
	j.State = lead.RejectionPending
	return j
}

// maxDrafts bounds what one Raw can become: half a megabyte of empty rows must not turn into gigabytes of rejections.
const maxDrafts = 1000

// parse reads the drafts: a person's correction when there is one, else what the connector makes of the bytes. A connector that panics has
// a bug; the bytes are safe, and a replay after the bug is mended brings them in.
func (s *snapshot) parse(raw *lead.Raw) (drafts []lead.Draft, trust int, err error) {
	src := s.sources[raw.Source]
	if src == nil {
		return nil, 0, lead.Invalid("unknown_source", "the source of this record was removed", "make a source with this key again, then replay")
	}
	if raw.Draft != nil {
		return []lead.Draft{*raw.Draft}, src.Trust, nil
	}
	if src.err != nil {
		return nil, 0, lead.Invalid("source_broken", "the source is not set up correctly: "+lead.AsError(src.err).Message, "mend its settings, then replay")
	}
	defer func() {
		if p := recover(); p != nil {
			drafts, err = nil, lead.Invalid("parser_failed", fmt.Sprintf("the %s connector failed on this payload", src.Channel),
				"report it with the payload; replay after an update brings it in")
		}
	}()
	drafts, err = src.source.Parse(*raw)
	switch {
	case err == nil && len(drafts) == 0:
		err = lead.Invalid("no_lead", "the payload carries no lead", "nothing to do when that is right; else check what the source sends")
	case len(drafts) > maxDrafts:
		drafts, err = nil, lead.Invalid("too_many_leads", fmt.Sprintf("the payload carries %d leads, more than %d", len(drafts), maxDrafts),
			"send them in several posts")
	}
	return drafts, src.Trust, err
}

// suspect counts what the rules hold against a submission, and holds it back when that is too much.
func (s *snapshot) suspect(raw *lead.Raw, d *lead.Draft, sub *lead.Submission) *lead.Rejection {
	if s.rules == nil {
		return nil
	}
	more := s.rules.Spam(sub)
	sub.Spam += lead.SpamScore(more)
	return quarantine(raw, d, sub.ID, more...)
}

// quarantine holds back what looks like spam. A person who replays it has released it.
func quarantine(raw *lead.Raw, d *lead.Draft, id string, more ...lead.Signal) *lead.Rejection {
	if raw.Released {
		return nil
	}
	signals := slices.Concat([]lead.Signal{}, raw.Signals, d.Signals, more)
	score := lead.SpamScore(signals)
	if score < lead.SpamThreshold {
		return nil
	}
	j := rejection(raw, d, id, lead.StageSpam, lead.Invalid("spam", fmt.Sprintf("held as spam: %d points of %d", score, lead.SpamThreshold),
		"release it by a replay when it is a real lead"))
	j.Score, j.Signals = score, signals
	return j
}

// rejection keeps everything that is needed to correct and send again: the Raw, its body and what was read of it.
func rejection(raw *lead.Raw, d *lead.Draft, id, stage string, cause error) *lead.Rejection {
	e := lead.AsError(cause)
	kept := *raw
	return &lead.Rejection{ID: id, Source: raw.Source, Channel: raw.Channel, Stage: stage, Code: e.Code, Message: e.Message, Hint: e.Hint,
		ReceivedAt: raw.ReceivedAt, Attempt: raw.Attempt, Draft: d, Raw: &kept, Body: raw.Body}
}
