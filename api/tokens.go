package api

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

func (s *server) tokens(ctx context.Context, _ *struct{}) (*body[items[lead.Token]], error) {
	ts, err := s.Tokens.Tokens(ctx)
	return &body[items[lead.Token]]{items[lead.Token]{list(ts)}}, err
}

type createTokenIn struct {
	Body struct {
		_      struct{} `additionalProperties:"false"`
		Name   string   `json:"name" minLength:"1" maxLength:"100" doc:"Stands in the history as who did it."`
		Scopes []string `json:"scopes" minItems:"1" enum:"admin,leads:read,leads:write,leads:work,leads:manage,submissions,rejections,config:read,config:write,imports:read,imports:write"`
		Rep    string   `json:"rep,omitempty" maxLength:"64" doc:"Key of the rep who holds it: it sees and does what he may. Its scopes are of leads:read, leads:work and leads:write."`
	}
}

type newToken struct {
	lead.Token
	Secret string `json:"token" doc:"The bearer token. It cannot be seen again."`
}

func (s *server) createToken(ctx context.Context, in *createTokenIn) (*body[newToken], error) {
	if key := in.Body.Rep; key != "" {
		c, err := s.Configuration.Config(ctx)
		if err != nil {
			return nil, err
		}
		if reps.find(&c, key) < 0 {
			e := lead.Invalid("unknown_rep", "there is no rep with this key", "GET /v1/reps lists them")
			e.Fields = []string{"rep"}
			return nil, e
		}
	}
	secret, t, err := s.Tokens.CreateToken(ctx, lead.Token{Name: in.Body.Name, Scopes: in.Body.Scopes, Rep: in.Body.Rep})
	return &body[newToken]{newToken{Token: t, Secret: secret}}, err
}

type deleteTokenIn struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) deleteToken(ctx context.Context, in *deleteTokenIn) (*struct{}, error) {
	return nil, s.Tokens.DeleteToken(ctx, in.ID)
}
