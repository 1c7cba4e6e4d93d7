package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadhub/leadhub/lead"
)

// registerWork registers what people and CRMs do with leads that are in the pool.
func registerWork(s *server) {
	handle(s, post("/v1/leads/{id}/assign", lead.ScopeLeadsManage, "Give a lead to a rep: from nobody, from a public pool, or from another rep"), s.assign)
	handle(s, forReps(post("/v1/leads/{id}/claim", lead.ScopeLeadsWork, "Take a lead out of a public pool, for the rep of the token")), s.claim)
	handle(s, working(post("/v1/leads/{id}/release", "", "Give a lead back into a public pool, with a reason")), s.release)
	handle(s, working(post("/v1/leads/{id}/accept", "", "Take up a lead that was given")), s.accept)
	handle(s, working(post("/v1/leads/{id}/follow-ups", "", "Note what was done with a lead, and what came of it")), s.followUp)
	handle(s, working(post("/v1/leads/{id}/reopen", "", "Open a closed lead again")), s.reopen)
	handle(s, post("/v1/leads/{id}/feedback", lead.ScopeLeadsManage, "What a CRM did with a lead, as on the topic lead.feedback"), s.feedback)
	handle(s, forReps(get("/v1/leads/known", lead.ScopeLeadsWork, "Whether somebody with this phone is in the pool, and whose team looks after him")), s.known)
}

// MoveRequest is which lead is meant, and the id that makes asking again harmless.
type MoveRequest struct {
	ID  string `path:"id" maxLength:"100" doc:"Id or number."`
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"The same as id in the body: the second request of a token with it changes nothing, and is answered with the lead as it is by then."`
}

// once is the id that came with a request, in its body or its header.
func (in *MoveRequest) once(sent string) (string, error) {
	if sent != "" && in.Key != "" && sent != in.Key {
		return "", wrongField("id", "two_ids", "the id in the body is not the Idempotency-Key", "send one of them")
	}
	if sent == "" {
		sent = in.Key
	}
	return sent, nil
}

// move is what a token asks for. Its id counts for the token, the verb and the lead: what somebody else chose, or what was chosen for
// another lead, does not stand in for it.
func (in *MoveRequest) move(ctx context.Context, verb, sent, why string) (lead.Move, error) {
	t := caller(ctx)
	m := lead.Move{Actor: actor(ctx), Rep: t.Rep, Why: why}
	if t.Rep == "" && !allows(t, lead.ScopeLeadsManage) {
		return m, &lead.Error{Kind: lead.KindForbidden, Code: "rep_unknown", Message: "this token is no rep's, and may not manage the leads of others",
			Hint: "use one that has a rep, or the scope " + lead.ScopeLeadsManage}
	}
	id, err := in.once(sent)
	if id != "" {
		m.ID = strings.Join([]string{verb, t.ID, in.ID, id}, " ")
	}
	return m, err
}

// moved answers with a lead that was moved. A rep who may not see it hears that there is none.
func (s *server) moved(ctx context.Context, id string, l lead.Lead, err error) (*body[lead.Lead], error) {
	v := seenBy(ctx)
	if err != nil {
		return nil, v.Refusal(err, func() (lead.LeadDetail, error) { return s.Leads.Lead(ctx, id) })
	}
	l = v.After(l)
	fillLead(&l)
	return &body[lead.Lead]{l}, nil
}

type assignIn struct {
	MoveRequest
	Body struct {
		_   struct{} `additionalProperties:"false"`
		Rep string   `json:"rep" minLength:"1" maxLength:"64" doc:"Key of the rep who gets it."`
		Why string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
		ID  string   `json:"id,omitempty" maxLength:"200" doc:"Makes asking again harmless."`
	}
}

func (s *server) assign(ctx context.Context, in *assignIn) (*body[lead.Lead], error) {
	m, err := in.move(ctx, "assign", in.Body.ID, in.Body.Why)
	if err != nil {
		return nil, err
	}
	l, err := s.Moving.Assign(ctx, in.ID, in.Body.Rep, m)
	return s.moved(ctx, in.ID, l, err)
}

// plainMoveIn is a move with nothing to say but why.
type plainMoveIn struct {
	MoveRequest
	Body *struct {
		_   struct{} `additionalProperties:"false"`
		Why string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
		ID  string   `json:"id,omitempty" maxLength:"200" doc:"Makes asking again harmless."`
	}
}

func (s *server) plainly(ctx context.Context, in *plainMoveIn, verb string, do func(context.Context, string, lead.Move) (lead.Lead, error)) (*body[lead.Lead], error) {
	var id, why string
	if in.Body != nil {
		id, why = in.Body.ID, in.Body.Why
	}
	m, err := in.move(ctx, verb, id, why)
	if err != nil {
		return nil, err
	}
	l, err := do(ctx, in.ID, m)
	return s.moved(ctx, in.ID, l, err)
}

func (s *server) claim(ctx context.Context, in *plainMoveIn) (*body[lead.Lead], error) {
	return s.plainly(ctx, in, "claim", s.Moving.Claim)
}

func (s *server) accept(ctx context.Context, in *plainMoveIn) (*body[lead.Lead], error) {
	return s.plainly(ctx, in, "accept", s.Moving.Accept)
}

func (s *server) reopen(ctx context.Context, in *plainMoveIn) (*body[lead.Lead], error) {
	return s.plainly(ctx, in, "reopen", s.Following.Reopen)
}

type releaseIn struct {
	MoveRequest
	Body struct {
		_      struct{} `additionalProperties:"false"`
		Pool   string   `json:"pool,omitempty" maxLength:"64" doc:"Key of the public pool. Without one the rules look for somebody; a rep names one."`
		Reason string   `json:"reason,omitempty" maxLength:"500" doc:"One of the pool's, when it has some. A rep gives one."`
		Why    string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
		ID     string   `json:"id,omitempty" maxLength:"200" doc:"Makes asking again harmless."`
	}
}

func (s *server) release(ctx context.Context, in *releaseIn) (*body[lead.Lead], error) {
	m, err := in.move(ctx, "release", in.Body.ID, in.Body.Why)
	if err != nil {
		return nil, err
	}
	l, err := s.Moving.Release(ctx, in.ID, in.Body.Pool, in.Body.Reason, m)
	return s.moved(ctx, in.ID, l, err)
}

// amount is a number or its text: exact either way. Feedback.Check tells what is wrong with it.
type amount string

// UnmarshalJSON keeps the digits as they were written; null is none, as for every other field.
func (a *amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	*a = amount(strings.Trim(string(b), `"`))
	return nil
}

// Schema describes it.
func (amount) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}}, Description: "With status converted: 12800.50, as a number or a text."}
}

// Told is what somebody tells of a lead.
type Told struct {
	ID       string    `json:"id,omitempty" maxLength:"200" doc:"Makes telling it again harmless."`
	Status   string    `json:"status,omitempty" enum:"new,assigned,working,nurturing,converted,unqualified,archived" doc:"What it becomes; a first follow-up sets it working by itself."`
	Way      string    `json:"way,omitempty" maxLength:"100" doc:"call, message, visit …"`
	Text     string    `json:"feedback,omitempty" maxLength:"10000" doc:"What came of it."`
	NextAt   time.Time `json:"next_at,omitzero" doc:"When the next follow-up is due; the owner is reminded. Not before at; needed with status nurturing."`
	At       time.Time `json:"at,omitzero" doc:"When it was so; now unless given."`
	Reason   string    `json:"reason,omitempty" maxLength:"2000" doc:"With status unqualified."`
	Amount   amount    `json:"amount,omitempty"`
	Currency string    `json:"currency,omitempty" maxLength:"3" doc:"ISO 4217, in capitals or not; CNY unless given."`
	Customer string    `json:"customer,omitempty" maxLength:"200" doc:"Number in the CRM."`
}

func (in *Told) feedback(of string) lead.Feedback {
	return lead.Feedback{Lead: of, Status: in.Status, Way: in.Way, Text: in.Text, NextAt: in.NextAt, At: in.At, Reason: in.Reason,
		Amount: lead.Decimal(in.Amount), Currency: in.Currency, Customer: in.Customer}
}

type followUpIn struct {
	MoveRequest
	Body struct {
		_ struct{} `additionalProperties:"false"`
		Told
	}
}

func (s *server) followUp(ctx context.Context, in *followUpIn) (*body[lead.Lead], error) {
	m, err := in.move(ctx, "follow", in.Body.ID, "")
	if err != nil {
		return nil, err
	}
	f := in.Body.feedback(in.MoveRequest.ID)
	if err := f.Check(); err != nil {
		return nil, err
	}
	l, err := s.Following.Follow(ctx, f, m)
	return s.moved(ctx, in.MoveRequest.ID, l, err)
}

type feedbackIn struct {
	MoveRequest
	Body struct {
		_ struct{} `additionalProperties:"false"`
		Told
		Lead string `json:"lead,omitempty" maxLength:"100" doc:"The lead of the path; passed over."`
		By   string `json:"by,omitempty" maxLength:"200" doc:"Who says so, in the CRM."`
	}
}

// feedback is the topic's record over HTTP: an id that came on either is not applied again.
func (s *server) feedback(ctx context.Context, in *feedbackIn) (*body[lead.Lead], error) {
	id, err := in.once(in.Body.ID)
	if err != nil {
		return nil, err
	}
	f := in.Body.feedback(in.MoveRequest.ID)
	f.ID, f.By = id, in.Body.By
	if err := f.Check(); err != nil {
		return nil, err
	}
	l, err := s.Following.Follow(ctx, f, lead.Move{ID: id, Actor: actor(ctx)})
	return s.moved(ctx, in.MoveRequest.ID, l, err)
}
