package hub

import (
	"context"
	"errors"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// errLook ends the transaction of a look without a trace.
var errLook = errors.New("only looking")

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
	reps := append([]lead.Rep{}, snap.config.Reps...)
	for _, s := range subs {
		o := lead.ExplainedSubmission{Submission: *s}
		err := h.cfg.Store.Update(ctx, func(tx sink.Tx) error {
			known, err := tx.Candidates(ctx, strong(s.Identities))
			if err != nil {
				return err
			}
			o.Verdict = dedupe.Policy{}.Judge(s, known.Records)
			r := &lead.Record{}
			for _, c := range known.Records {
				if c.ID == o.Verdict.Lead {
					r = c
				}
			}
			o.Changed = dedupe.Policy{}.Add(r, s)
			o.Lead = r.Lead
			if r.Owner == "" {
				o.Assignment = assign.RoundRobin{}.Choose(r, reps, now)
			} else {
				o.Assignment = lead.Assignment{Lead: r.ID, Owner: r.Owner, Why: "the lead has this owner already", At: now}
			}
			return errLook
		})
		if !errors.Is(err, errLook) {
			return lead.Explanation{}, err
		}
		out.Submissions = append(out.Submissions, o)
	}
	return out, nil
}

func strong(ids []lead.Identity) []lead.Identity {
	var out []lead.Identity
	for _, i := range ids {
		if i.Strong() {
			out = append(out, i)
		}
	}
	return out
}
