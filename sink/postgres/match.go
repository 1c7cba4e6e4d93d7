package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Match waits for its turn among all processes: two that each add a lead under one key would not see each other's. It
// locks no lead.
func (db *DB) Match(ctx context.Context, fn func(sink.MatchReader) (sink.MatchChanges, error)) error {
	return db.update(ctx, func(t pgx.Tx) error {
		if _, err := t.Exec(ctx, "SELECT pg_advisory_xact_lock(7310003, hashtext(current_schema()))"); err != nil {
			return err
		}
		m := sqlstore.Matching{Runner: &tx{Tx: t}, Dialect: &db.Dialect}
		changes, err := fn(m)
		if err != nil {
			return err
		}
		return m.Write(ctx, changes)
	})
}
