package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadhub/leadhub/lead"
)

// registerMerging registers what people decide about who is who.
func registerMerging(s *server) {
	handle(s, forReps(post("/v1/leads/{id}/merge", lead.ScopeLeadsWrite, "Make one lead of two")), s.merge)
	handle(s, forReps(post("/v1/leads/{id}/split", lead.ScopeLeadsWrite, "Take touches out of a lead")), s.split)
	handle(s, forReps(put("/v1/leads/{id}/pins/{field}", lead.ScopeLeadsWrite, "Set a value by hand; it wins over all that touches say")), s.pin)
	handle(s, forReps(del("/v1/leads/{id}/pins/{field}", lead.ScopeLeadsWrite, "Take away what was set by hand")), s.unpin)
	handle(s, forReps(get("/v1/leads/{id}/why", lead.ScopeLeadsRead, "Why touches are one lead, or why two leads are not")), s.why)

	handle(s, accepted(post("/v1/recompute", lead.ScopeAdmin, "Group all leads anew, or try rules without changing anything")), s.recompute)
	handle(s, get("/v1/recompute", lead.ScopeAdmin, "How far the recompute is, or what came of the last one"), s.recomputed)
	handle(s, empty(del("/v1/recompute", lead.ScopeAdmin, "Cancel the recompute; what it has done stays done")), s.cancelRecompute)
}

func accepted(op huma.Operation) huma.Operation { op.DefaultStatus = http.StatusAccepted; return op }

// changed are the leads that an order changed, or would change. Ids and numbers of leads that would come to be are others
// when it is done.
type changed struct {
	Leads []lead.Change `json:"leads"`
}

// changedBody answers with what the caller may see of them.
func changedBody(ctx context.Context) func([]lead.Change, error) (*body[changed], error) {
	return func(changes []lead.Change, err error) (*body[changed], error) {
		if err != nil {
			return nil, err
		}
		changes = list(changes)
		for i := range changes {
			changes[i].Lead = seenBy(ctx).After(changes[i].Lead)
			fillLead(&changes[i].Lead)
			changes[i].Change.Changed = list(changes[i].Change.Changed)
		}
		return &body[changed]{changed{changes}}, nil
	}
}

type mergeIn struct {
	ID   string `path:"id" maxLength:"100" doc:"Id or number."`
	Body struct {
		_       struct{} `additionalProperties:"false"`
		With    string   `json:"with" minLength:"1" maxLength:"100" doc:"Id or number of the other lead."`
		Why     string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
		Preview bool     `json:"preview,omitempty" doc:"Tell what would become of it, and change nothing."`
	}
}

func (s *server) merge(ctx context.Context, in *mergeIn) (*body[changed], error) {
	if err := s.ownLead(ctx, in.ID, in.Body.With); err != nil {
		return nil, err
	}
	return changedBody(ctx)(s.Merging.Merge(ctx, in.ID, in.Body.With, order(ctx, in.Body.Why, in.Body.Preview)))
}

type splitIn struct {
	ID   string `path:"id" maxLength:"100" doc:"Id or number."`
	Body struct {
		_       struct{} `additionalProperties:"false"`
		Touches []string `json:"touches" minItems:"1" maxItems:"10000" doc:"Submission ids of the touches that are somebody else."`
		Why     string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
		Preview bool     `json:"preview,omitempty" doc:"Tell what would become of it, and change nothing."`
	}
}

func (s *server) split(ctx context.Context, in *splitIn) (*body[changed], error) {
	if err := s.ownLead(ctx, in.ID); err != nil {
		return nil, err
	}
	return changedBody(ctx)(s.Merging.Split(ctx, in.ID, in.Body.Touches, order(ctx, in.Body.Why, in.Body.Preview)))
}

type pinIn struct {
	ID    string `path:"id" maxLength:"100" doc:"Id or number."`
	Field string `path:"field" maxLength:"40" doc:"name, honorific, company, title, address or region."`
	Body  struct {
		_     struct{} `additionalProperties:"false"`
		Value string   `json:"value" minLength:"1" maxLength:"500" doc:"Cleaned as if it had arrived; of a region the words, like 广东省 深圳市."`
		Why   string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
	}
}

func (s *server) pin(ctx context.Context, in *pinIn) (*body[changed], error) {
	if err := s.ownLead(ctx, in.ID); err != nil {
		return nil, err
	}
	return changedBody(ctx)(s.Merging.Pin(ctx, in.ID, in.Field, in.Body.Value, order(ctx, in.Body.Why, false)))
}

type unpinIn struct {
	ID    string `path:"id" maxLength:"100" doc:"Id or number."`
	Field string `path:"field" maxLength:"40" doc:"name, honorific, company, title, address or region."`
	Why   string `query:"why" maxLength:"500" doc:"Stands in the history."`
}

func (s *server) unpin(ctx context.Context, in *unpinIn) (*body[changed], error) {
	if err := s.ownLead(ctx, in.ID); err != nil {
		return nil, err
	}
	return changedBody(ctx)(s.Merging.Unpin(ctx, in.ID, in.Field, order(ctx, in.Why, false)))
}

func order(ctx context.Context, why string, preview bool) lead.Order {
	return lead.Order{Actor: actor(ctx), Why: why, Preview: preview}
}

type whyIn struct {
	ID   string `path:"id" maxLength:"100" doc:"Id or number."`
	With string `query:"with" maxLength:"100" doc:"Id or number of another lead: why are these two one, or not?"`
}

func (s *server) why(ctx context.Context, in *whyIn) (*body[lead.Why], error) {
	asked := []string{in.ID}
	if in.With != "" {
		asked = append(asked, in.With)
	}
	if err := s.ownLead(ctx, asked...); err != nil {
		return nil, err
	}
	w, err := s.Merging.Why(ctx, in.ID, in.With)
	if err != nil {
		return nil, err
	}
	if seenBy(ctx) != nil && in.With == "" {
		w.Apart = nil // it names leads of others
	}
	w.Leads, w.Touches, w.Values, w.Apart = list(w.Leads), list(w.Touches), list(w.Values), list(w.Apart)
	for i := range w.Touches {
		w.Touches[i].Chain = list(w.Touches[i].Chain)
	}
	for i := range w.Values {
		w.Values[i].Others = list(w.Values[i].Others)
	}
	return &body[lead.Why]{w}, nil
}

type recomputeIn struct {
	Body struct {
		_         struct{}       `additionalProperties:"false"`
		DryRun    bool           `json:"dry_run,omitempty" doc:"Tell what would change, and change nothing."`
		Merge     *mergeRulesIn  `json:"merge,omitempty" doc:"With dry_run: in the place of the settings' merge."`
		Trust     map[string]int `json:"trust,omitempty" doc:"With dry_run: the trust of sources, by key; others keep theirs."`
		NeverKeys []string       `json:"never_keys,omitempty" maxItems:"10000" doc:"With dry_run: in the place of the settings' never_keys."`
		Scoring   *scoringIn     `json:"scoring,omitempty" doc:"With dry_run: in the place of the configured scoring."`
	}
}

// mergeRulesIn is a lead.MergeRules as it is sent: a name that is not known is an error.
type mergeRulesIn struct {
	_             struct{}       `additionalProperties:"false"`
	Generic       map[string]int `json:"generic,omitempty" doc:"Per kind of identity: with how many different values of another kind it may be seen before it recognises nobody."`
	GenericNames  int            `json:"generic_names,omitempty" minimum:"0" doc:"The same for full names."`
	SilenceDays   int            `json:"silence_days,omitempty" minimum:"0" doc:"After how long a mobile number with another name is a new holder's."`
	BridgeSize    int            `json:"bridge_size,omitempty" minimum:"0" doc:"Two groups with more identities than this are not joined by one alone."`
	MaxIdentities int            `json:"max_identities,omitempty" minimum:"0" doc:"The most that a lead may have."`
	Possible      float64        `json:"possible,omitempty" minimum:"0" doc:"Score, in bits, from which two leads are shown as possible duplicates."`
	Likely        float64        `json:"likely,omitempty" minimum:"0" doc:"Score from which they are likely ones."`
}

func (in *mergeRulesIn) rules() *lead.MergeRules {
	if in == nil {
		return nil
	}
	return &lead.MergeRules{Generic: in.Generic, GenericNames: in.GenericNames, SilenceDays: in.SilenceDays, BridgeSize: in.BridgeSize,
		MaxIdentities: in.MaxIdentities, Possible: in.Possible, Likely: in.Likely}
}

func (s *server) recompute(ctx context.Context, in *recomputeIn) (*createdBody[lead.Recompute], error) {
	rules := lead.CandidateRules{Merge: in.Body.Merge.rules(), Trust: in.Body.Trust, NeverKeys: in.Body.NeverKeys,
		Scoring: in.Body.Scoring.scoring()}
	r, err := s.Merging.Recompute(ctx, rules, in.Body.DryRun, actor(ctx))
	if err != nil {
		return nil, err
	}
	fillRecompute(&r)
	return &createdBody[lead.Recompute]{Location: "/v1/recompute", Body: r}, nil
}

func (s *server) recomputed(ctx context.Context, _ *struct{}) (*body[lead.Recompute], error) {
	r, err := s.Merging.Recomputed(ctx)
	fillRecompute(&r)
	return &body[lead.Recompute]{r}, err
}

func (s *server) cancelRecompute(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Merging.CancelRecompute(ctx)
}

func fillRecompute(r *lead.Recompute) {
	r.Differences = list(r.Differences)
	for i := range r.Differences {
		r.Differences[i].Fields = list(r.Differences[i].Fields)
	}
}
