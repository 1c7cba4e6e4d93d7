package console

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// fetchingOf tells how a source is asked; nil for one that is only pushed to.
func (s *site) fetchingOf(v *visit, key string) (*lead.Fetching, error) {
	all, err := s.Fetching.Fetching(v.Context())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(f lead.Fetching) bool { return f.Source == key })
	if i < 0 {
		return nil, nil
	}
	asked := slices.ContainsFunc(all[i].Ways, func(way string) bool { return way != lead.WayPush })
	if !asked && len(all[i].Tokens) == 0 && all[i].Pending == 0 {
		return nil, nil
	}
	return &all[i], nil
}
