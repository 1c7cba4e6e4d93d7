package api

import (
	"context"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

func (s *server) overview(ctx context.Context, _ *struct{}) (*body[lead.Overview], error) {
	o, err := s.Figures.Overview(ctx)
	o.Stages, o.Parts, o.Sources = list(o.Stages), list(o.Parts), list(o.Sources)
	if o.Rejected == nil {
		o.Rejected = map[string]int64{}
	}
	return &body[lead.Overview]{o}, err
}

func (s *server) audit(ctx context.Context, _ *struct{}) (*body[lead.Audit], error) {
	a, err := s.Figures.Audit(ctx)
	a.Missing, a.Duplicated = list(a.Missing), list(a.Duplicated)
	return &body[lead.Audit]{a}, err
}

type items[T any] struct {
	Items []T `json:"items"`
}

func (s *server) channels(context.Context, *struct{}) (*body[items[Channel]], error) {
	out := slices.Clone(list(s.Ports.Channels()))
	for i := range out {
		out[i].Settings = slices.Clone(list(out[i].Settings))
		for j := range out[i].Settings {
			out[i].Settings[j].OneOf = list(out[i].Settings[j].OneOf)
		}
	}
	return &body[items[Channel]]{items[Channel]{out}}, nil
}
