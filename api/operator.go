package api

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type explainIn struct {
	Body struct {
		_           struct{} `additionalProperties:"false"`
		Source      string   `json:"source" minLength:"1" maxLength:"64" doc:"Key of a source."`
		ContentType string   `json:"content_type,omitempty" maxLength:"200" default:"application/json"`
		Body        string   `json:"body" doc:"The payload as the source would send it."`
	}
}

func (s *server) explain(ctx context.Context, in *explainIn) (*body[lead.Explanation], error) {
	e, err := s.Operator.Explain(ctx, in.Body.Source, in.Body.ContentType, []byte(in.Body.Body))
	if err != nil {
		return nil, err
	}
	e.Drafts, e.Submissions, e.Rejections = list(e.Drafts), list(e.Submissions), list(e.Rejections)
	for i := range e.Drafts {
		if e.Drafts[i].Fields == nil {
			e.Drafts[i].Fields = map[string][]string{}
		}
	}
	for i := range e.Submissions {
		sub := &e.Submissions[i]
		sub.Submission.Identities, sub.Changed, sub.Scored = list(sub.Submission.Identities), list(sub.Changed), list(sub.Scored)
		fillLead(&sub.Lead)
	}
	return &body[lead.Explanation]{e}, nil
}

type replayRawIn struct {
	Body struct {
		_      struct{}  `additionalProperties:"false"`
		Source string    `json:"source,omitempty" maxLength:"64" doc:"Key of a source; all when empty."`
		Since  time.Time `json:"since,omitzero" required:"false" doc:"Received at or after; everything that is kept when absent."`
	}
}

type replayedRaw struct {
	Replayed int `json:"replayed"`
}

func (s *server) replayRaw(ctx context.Context, in *replayRawIn) (*body[replayedRaw], error) {
	n, err := s.Operator.ReplayRaw(ctx, in.Body.Source, in.Body.Since)
	return &body[replayedRaw]{replayedRaw{n}}, err
}
