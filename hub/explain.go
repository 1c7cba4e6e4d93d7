package hub

import (
	"context"
	"encoding/json"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Explain tells what would become of one payload of a source, step by step, without writing anything.
func (h *Hub) Explain(ctx context.Context, source, contentType string, body []byte) (lead.Explanation, error) {
	snap := h.configuration.current.Load()
	src := snap.sources[source]
	if src == nil {
		return lead.Explanation{}, lead.NotFound("unknown_source", "no source has this key", "GET /v1/sources lists them")
	}
	now := h.cfg.Now().UTC()
	raw := lead.Raw{ID: lead.NewID("sub_", now), Source: src.Key, Channel: src.Channel, ReceivedAt: now, ContentType: contentType, Body: body}
	drafts, _, err := snap.parse(&raw)
	if err != nil {
		return lead.Explanation{Rejections: []lead.Rejection{*rejection(&raw, nil, raw.ID, lead.StageParse, err)}}, nil
	}
	out := lead.Explanation{Drafts: drafts}
	subs, rejections := snap.outcomes(&raw)
	for _, j := range rejections {
		j.Raw, j.Body = nil, nil
		out.Rejections = append(out.Rejections, *j)
	}
	staff := &lead.Staff{Reps: append([]lead.Rep{}, snap.config.Reps...)}
	for _, s := range subs {
		o := lead.ExplainedSubmission{Submission: *s}
		doc, err := json.Marshal(s)
		if err != nil {
			return lead.Explanation{}, err
		}
		var becomes lead.Change
		if o.Verdict, becomes, err = h.newSink().Try(ctx, sink.Item{Submission: s, JSON: doc}); err != nil {
			return lead.Explanation{}, err
		}
		o.Lead, o.Changed = becomes.Lead, becomes.Change.Changed
		if o.Lead.Owner == "" {
			o.Assignment = assign.RoundRobin{}.Choose(&lead.Record{Lead: o.Lead}, staff, now)
		} else {
			o.Assignment = lead.Assignment{Lead: o.Lead.ID, Owner: o.Lead.Owner, Why: "the lead has this owner already", At: now}
		}
		out.Submissions = append(out.Submissions, o)
	}
	return out, nil
}
