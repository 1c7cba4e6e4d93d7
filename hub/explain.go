package hub

import (
	"context"
	"encoding/json"

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
	return h.explain(ctx, snap, lead.Raw{ID: lead.NewID("sub_", now), Source: src.Key, Channel: src.Channel, ReceivedAt: now, ContentType: contentType, Body: body})
}

// ExplainDraft is Explain for what a source would have read: a lead that a person imagines. What the draft leaves empty is filled with the
// defaults of the source, as its connector does. KindNotFound for the source.
func (h *Hub) ExplainDraft(ctx context.Context, source string, d lead.Draft) (lead.Explanation, error) {
	snap := h.configuration.current.Load()
	src := snap.sources[source]
	if src == nil {
		return lead.Explanation{}, lead.NotFound("unknown_source", "no source has this key", "GET /v1/sources lists them")
	}
	for field, value := range src.Defaults {
		if len(d.Fields[field]) == 0 {
			d.Add(field, value)
		}
	}
	now := h.cfg.Now().UTC()
	return h.explain(ctx, snap, lead.Raw{ID: lead.NewID("sub_", now), Source: src.Key, Channel: src.Channel, ReceivedAt: now, Draft: &d})
}

func (h *Hub) explain(ctx context.Context, snap *snapshot, raw lead.Raw) (lead.Explanation, error) {
	now := raw.ReceivedAt
	drafts, _, err := snap.parse(&raw)
	if err != nil {
		return lead.Explanation{Rejections: []lead.Rejection{*snap.unread(&raw, err)}}, nil
	}
	out := lead.Explanation{Drafts: drafts}
	subs, rejections := snap.outcomes(&raw)
	for _, j := range rejections {
		j.Raw, j.Body = nil, nil
		out.Rejections = append(out.Rejections, *j)
	}
	staff, err := h.staff(ctx)
	if err != nil {
		return lead.Explanation{}, err
	}
	for _, s := range subs {
		o := lead.ExplainedSubmission{Submission: *s}
		doc, err := json.Marshal(s)
		if err != nil {
			return lead.Explanation{}, err
		}
		tried, err := h.newSink().Try(ctx, sink.Item{Submission: s, JSON: doc})
		if err != nil {
			return lead.Explanation{}, err
		}
		o.Verdict, o.Lead, o.Changed = tried.Verdict, tried.Change.Lead, tried.Change.Change.Changed
		switch {
		case o.Lead.Owner != "":
			o.Assignment = lead.Assignment{Lead: o.Lead.ID, Owner: o.Lead.Owner, Why: "the lead has this owner already", At: now}
		case tried.Record == nil: // it is recorded already
		case snap.rules == nil:
			o.Assignment = lead.Assignment{Lead: o.Lead.ID, Why: unusableRules, At: now}
		default:
			if company := tried.Record.CompanyKey(); company != "" {
				owners, err := h.cfg.Store.Owners(ctx, company)
				if err != nil {
					return lead.Explanation{}, err
				}
				staff.Owners = map[string][]string{company: owners}
			}
			o.Assignment = snap.rules.Explain(tried.Record, staff, now)
		}
		if o.Scored = []lead.Scored{}; tried.Record != nil {
			o.Scored = append(o.Scored, tried.Record.Scored...)
		}
		out.Submissions = append(out.Submissions, o)
	}
	return out, nil
}
