package sqlstore

import (
	"context"
	"path"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/leadhub/leadhub/sink"
)

// Migrate brings the tables up to date.
func (s *Store) Migrate(ctx context.Context, p *goose.Provider) error {
	_, err := p.Up(ctx)
	return s.Dialect.Wrap(err)
}

// MigrationStatus lists every migration, the first one first.
func (s *Store) MigrationStatus(ctx context.Context, p *goose.Provider) ([]sink.Migration, error) {
	list, err := p.Status(ctx)
	if err != nil {
		return nil, s.Dialect.Wrap(err)
	}
	out := make([]sink.Migration, len(list))
	for i, m := range list {
		out[i] = sink.Migration{Number: m.Source.Version, Name: path.Base(m.Source.Path)}
		if m.State == goose.StateApplied {
			out[i].Applied = m.AppliedAt.UTC().Truncate(time.Second)
		}
	}
	return out, nil
}
