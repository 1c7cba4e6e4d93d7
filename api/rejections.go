package api

import (
	"context"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

type rejectionsIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" pattern:"^[!-~]*$" doc:"The next of the page before."`
	State  string `query:"state" enum:"open,pending,resolved,withdrawn" doc:"All unless given. Pending ones wait for the hub to fetch the rest of them."`
	Stage  string `query:"stage" enum:"parse,fetch,normalize,spam,sink,feedback" doc:"spam is the quarantine."`
	Code   string `query:"code" maxLength:"100"`
	Source string `query:"source" maxLength:"100" doc:"Key of a source."`
}

func (s *server) rejections(ctx context.Context, in *rejectionsIn) (*body[lead.RejectionPage], error) {
	p, err := s.Rejections.Rejections(ctx, lead.RejectionQuery{State: in.State, Stage: in.Stage, Code: in.Code,
		Source: in.Source, Cursor: in.Cursor, Limit: in.Limit})
	p.Items = list(p.Items)
	return &body[lead.RejectionPage]{p}, err
}

type rejectionIn struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) rejection(ctx context.Context, in *rejectionIn) (*body[lead.Rejection], error) {
	r, err := s.Rejections.Rejection(ctx, in.ID)
	return &body[lead.Rejection]{r}, err
}

type replayIn struct {
	ID   string `path:"id" maxLength:"100"`
	Body *struct {
		_     struct{} `additionalProperties:"false"`
		Draft *draftIn `json:"draft,omitempty" doc:"Stands for what was read. Without it the channel reads again what arrived."`
	}
}

// draftIn is the part of a Draft that a person may correct. Everything else stays as it was read.
type draftIn struct {
	_         struct{}            `additionalProperties:"false"`
	Fields    map[string][]string `json:"fields" minProperties:"1" maxProperties:"200"`
	EventTime string              `json:"event_time,omitempty" maxLength:"100"`
}

type replayed struct {
	ID     string `json:"id"`
	Status string `json:"status_url"`
}

func (s *server) replay(ctx context.Context, in *replayIn) (*body[replayed], error) {
	var edited *lead.Draft
	if in.Body != nil && in.Body.Draft != nil {
		r, err := s.Rejections.Rejection(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		edited = correct(r.Draft, in.Body.Draft)
	}
	err := s.Rejections.Replay(ctx, in.ID, edited, actor(ctx))
	return &body[replayed]{replayed{ID: in.ID, Status: "/v1/submissions/" + in.ID}}, err
}

// correct lays what a person wrote over what was read: ids that a platform gave are not a person's to change.
func correct(read *lead.Draft, in *draftIn) *lead.Draft {
	out := lead.Draft{}
	if read != nil {
		out = *read
	}
	out.Fields = in.Fields
	if in.EventTime != "" {
		out.EventTime = in.EventTime
	}
	return &out
}

// maxReplays is how many one call replays before it answers, so that a caller does not give up on it.
const maxReplays = 1000

type replayManyIn struct {
	Body struct {
		_      struct{} `additionalProperties:"false"`
		Stage  string   `json:"stage,omitempty" enum:"parse,fetch,normalize,spam,sink,feedback" doc:"spam is the quarantine."`
		Code   string   `json:"code,omitempty" maxLength:"100"`
		Source string   `json:"source,omitempty" maxLength:"100" doc:"Key of a source."`
		Cursor string   `json:"cursor,omitempty" maxLength:"512" pattern:"^[!-~]*$" doc:"The next of the call before."`
	}
}

type replayedMany struct {
	Replayed int           `json:"replayed"`
	Failed   []replayError `json:"failed"`
	Next     string        `json:"next" doc:"The cursor of the call that goes on; empty when all are done."`
}

type replayError struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// replayMany replays open rejections that a filter selects. Those in quarantine are only released when the filter
// names the stage spam: "everything of this source" must not let the spam through.
func (s *server) replayMany(ctx context.Context, in *replayManyIn) (*body[replayedMany], error) {
	f := in.Body
	if f.Stage == "" && f.Code == "" && f.Source == "" {
		e := lead.Invalid(problem.CodeValidation, "a filter must be given", "send a stage, a code or a source")
		e.Fields = []string{"stage", "code", "source"}
		return nil, e
	}
	out := replayedMany{Failed: []replayError{}, Next: f.Cursor}
	for {
		p, err := s.Rejections.Rejections(ctx, lead.RejectionQuery{State: lead.RejectionOpen, Stage: f.Stage, Code: f.Code,
			Source: f.Source, Cursor: out.Next, Limit: 200})
		if err == nil {
			err = s.replayPage(ctx, p.Items, f.Stage == lead.StageSpam, &out)
		}
		if err != nil && out.Replayed == 0 {
			return nil, err
		}
		if err != nil {
			return &body[replayedMany]{out}, nil // the same page is tried again by who goes on
		}
		if out.Next = p.Next; out.Next == "" || out.Replayed+len(out.Failed) >= maxReplays {
			return &body[replayedMany]{out}, nil
		}
	}
}

// replayPage notes what cannot be replayed and goes on. Trouble of ours ends it: the same would meet every other one.
func (s *server) replayPage(ctx context.Context, page []lead.Rejection, spam bool, out *replayedMany) error {
	for _, r := range page {
		if r.Stage == lead.StageSpam && !spam {
			continue
		}
		err := s.Rejections.Replay(ctx, r.ID, nil, actor(ctx))
		if err == nil {
			out.Replayed++
			continue
		}
		e := lead.AsError(err)
		out.Failed = append(out.Failed, replayError{ID: r.ID, Code: e.Code, Message: problem.Of(err).Detail})
		if e.Kind == lead.KindTransient || e.Kind == lead.KindInternal {
			return err
		}
	}
	return nil
}
