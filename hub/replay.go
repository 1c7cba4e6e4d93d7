package hub

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// Rejections shows what could not go on and sends it again.
type Rejections struct {
	sink.Ledger
	hub *Hub
}

// Rejections shows what could not go on and sends it again.
func (h *Hub) Rejections() *Rejections { return &Rejections{Ledger: h.cfg.Store, hub: h} }

// Replay sends a rejected Raw through the flow again and returns when it is durable on the broker. With edited nil the connector's parser
// reads the bytes anew, else edited stands for what it read. The outcome has the same submission id: a touch resolves the
// rejection, another failure replaces it.
func (r *Rejections) Replay(ctx context.Context, id string, edited *lead.Draft, actor string) error {
	j, err := r.Rejection(ctx, id)
	if err != nil {
		return err
	}
	if j.State == lead.RejectionResolved {
		return &lead.Error{Kind: lead.KindConflict, Code: "resolved", Message: "this rejection is resolved: its submission is in the pool",
			Hint: "GET /v1/submissions/" + id + " says where"}
	}
	record, err := r.hub.names.again(&j, edited)
	if err != nil {
		return err
	}
	if err := r.hub.cfg.Stream.Produce(ctx, record); err != nil {
		return lead.Transient("broker_away", "the broker did not take the record", retryAfter, err)
	}
	r.hub.cfg.Logger.Info("rejection replayed", "id", id, "by", actor, "edited", edited != nil)
	return nil
}

// again is the Raw of a rejection, one attempt on.
func (n names) again(j *lead.Rejection, edited *lead.Draft) (stream.Record, error) {
	if j.Stage == lead.StageFeedback {
		if edited != nil {
			return stream.Record{}, &lead.Error{Kind: lead.KindConflict, Code: "no_draft", Message: "what a CRM said is no draft of a lead that could be corrected",
				Hint: "replay it as it is, or have the CRM send it again under another id"}
		}
		if len(j.Body) > 0 {
			return n.feedbackAgain(j), nil
		}
	}
	if j.Raw == nil || len(j.Body) == 0 && j.Draft == nil && edited == nil {
		if j.Stage != lead.StageSink || len(j.Body) == 0 {
			return stream.Record{}, &lead.Error{Kind: lead.KindConflict, Code: "no_bytes", Message: "the bytes of this rejection are not kept",
				Hint: "replay lead.raw from the time it was received"}
		}
		return stream.Record{Topic: n.submissions, Key: []byte(j.ID), Value: j.Body}, nil
	}
	raw := *j.Raw
	raw.Body = j.Body
	raw.Attempt = max(raw.Attempt, j.Attempt) + 1
	raw.Released = true
	switch {
	case edited != nil:
		edited.Signals = nil
		raw.Draft, raw.Index = edited, indexOf(j.ID)
	case len(j.Body) == 0:
		// One of several drafts of a Raw: what was read of it is all that a rejection keeps.
		raw.Draft, raw.Index = j.Draft, indexOf(j.ID)
	default:
		raw.Draft, raw.Index = nil, 0
	}
	return n.rawRecord(&raw, traceOf(""))
}

// ReplayRaw sends everything that was received since a time, by one source or by all, through the flow again, and returns how many. What is
// in the pool stays as it is (a submission is recorded once); what a bug had kept out comes in.
func (h *Hub) ReplayRaw(ctx context.Context, source string, since time.Time) (int, error) {
	var batch []stream.Record
	sent := 0
	flush := func() error {
		if err := h.cfg.Stream.Produce(ctx, batch...); err != nil {
			return lead.Transient("broker_away", "the broker did not take the records", retryAfter, err)
		}
		sent += len(batch)
		batch = nil
		return nil
	}
	type key struct {
		id      string
		fetched bool // what the hub fetched for a thin event comes in without asking the vendor again
	}
	seen := map[key]bool{}
	err := h.cfg.Stream.Scan(ctx, h.names.raw, stream.ScanFrom{Time: since}, func(r stream.Record) error {
		raw, err := rawOf(r)
		if err != nil || source != "" && raw.Source != source || seen[key{raw.ID, raw.Fetched}] {
			return nil
		}
		seen[key{raw.ID, raw.Fetched}] = true
		raw.Attempt++
		record, err := h.names.rawRecord(&raw, traceOf(string(header(r, headerTrace))))
		if err != nil {
			return err
		}
		if batch = append(batch, record); len(batch) >= drainBatch {
			return flush()
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	return sent, err
}
