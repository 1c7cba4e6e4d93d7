package api

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

func registerFetching(s *server) {
	handle(s, get("/v1/fetching", lead.ScopeConfigRead, "How the hub's own asking of its sources goes: polls, connections, thin events, tokens"), s.fetching)
	handle(s, get("/v1/sources/{key}/fetching", lead.ScopeConfigRead, "The same of one source"), s.fetchingOf)
}

func (s *server) fetching(ctx context.Context, _ *struct{}) (*body[items[lead.Fetching]], error) {
	all, err := s.Fetching.Fetching(ctx)
	return &body[items[lead.Fetching]]{items[lead.Fetching]{list(all)}}, err
}

func (s *server) fetchingOf(ctx context.Context, in *keyed) (*body[lead.Fetching], error) {
	all, err := s.Fetching.Fetching(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.Source == in.Key {
			return &body[lead.Fetching]{f}, nil
		}
	}
	return nil, sources.missing()
}
