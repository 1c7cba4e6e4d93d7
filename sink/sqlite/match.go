package sqlite

import (
	"context"

	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Match reads beside the writer and takes its turn among the writers only to write: nobody else writes the tables of
// matches, and a lead that changes meanwhile is looked at again.
func (db *DB) Match(ctx context.Context, fn func(sink.MatchReader) (sink.MatchChanges, error)) error {
	select {
	case db.matching <- struct{}{}:
		defer func() { <-db.matching }()
	case <-ctx.Done():
		return wrap(ctx.Err())
	}
	changes, err := db.matches(ctx, fn)
	if err != nil || changes.Empty() {
		return wrap(err)
	}
	return db.update(ctx, func(ctx context.Context, t *transaction) error {
		return sqlstore.Matching{Runner: &tx{transaction: t}, Dialect: &db.Dialect}.Write(ctx, changes)
	})
}

func (db *DB) matches(ctx context.Context, fn func(sink.MatchReader) (sink.MatchChanges, error)) (sink.MatchChanges, error) {
	t, err := db.Read.BeginTx(ctx, nil)
	if err != nil {
		return sink.MatchChanges{}, err
	}
	defer func() { _ = t.Rollback() }()
	return fn(sqlstore.Matching{Runner: &tx{transaction: &transaction{Tx: t}}, Dialect: &db.Dialect})
}
