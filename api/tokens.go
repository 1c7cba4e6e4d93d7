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
		Scopes []string `json:"scopes" minItems:"1" enum:"admin,leads:read,leads:write,submissions,rejections,config:read,config:write,imports:read,imports:write"`
	}
}

type newToken struct {
	lead.Token
	Secret string `json:"token" doc:"The bearer token. It cannot be seen again."`
}

func (s *server) createToken(ctx context.Context, in *createTokenIn) (*body[newToken], error) {
	secret, t, err := s.Tokens.CreateToken(ctx, in.Body.Name, in.Body.Scopes)
	return &body[newToken]{newToken{Token: t, Secret: secret}}, err
}

type deleteTokenIn struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) deleteToken(ctx context.Context, in *deleteTokenIn) (*struct{}, error) {
	return nil, s.Tokens.DeleteToken(ctx, in.ID)
}
