package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Handle takes leads and the states of reps, as sink.Desk says.
func (db *DB) Handle(ctx context.Context, take sink.Take, fn func(sink.Taken) (sink.Changes, error)) (int, error) {
	if some, err := db.Waiting(ctx, take); err != nil || !some {
		return 0, err
	}
	taken := 0
	err := db.update(ctx, func(pt pgx.Tx) error {
		t := &tx{Tx: pt, loaded: map[string]sqlstore.Row{}}
		got, err := dialect.Take(ctx, t, db.Recent, take)
		if taken = len(got.Records); err != nil || taken == 0 {
			return err
		}
		for _, r := range got.Records {
			t.loaded[r.ID] = sqlstore.RowOf(r)
		}
		c, err := fn(got)
		if err != nil {
			return err
		}
		return t.Save(ctx, c)
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

// Relay hands the oldest changes to publish.
//
// Order per lead: who changes a lead holds its row from before its change gets a seq until commit, so of two changes
// of one lead the later one gets its seq after the earlier one was committed. Whoever sees the later one in the outbox
// therefore sees the earlier one too, with a lower seq, or it has been published and forgotten. Over different leads a lower
// seq may be committed after a higher one: rows are forgotten one by one, never "all up to".
func (db *DB) Relay(ctx context.Context, n int, publish func([]sink.Outgoing) error) (int, error) {
	published := 0
	var refused error
	err := pgx.BeginFunc(ctx, db.pool, func(t pgx.Tx) error {
		var mine bool
		if err := t.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(7310002, hashtext(current_schema()))").Scan(&mine); err != nil || !mine {
			return err
		}
		rows, err := t.Query(ctx, "SELECT seq, lead, version, type, value FROM outbox ORDER BY seq LIMIT $1", n)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sink.Outgoing])
		if err != nil || len(list) == 0 {
			return err
		}
		if refused = publish(list); refused != nil {
			return refused
		}
		seqs := make([]int64, len(list))
		for i, o := range list {
			seqs[i] = o.Seq
		}
		published = len(list)
		_, err = t.Exec(ctx, "DELETE FROM outbox WHERE seq = ANY($1)", seqs)
		return err
	})
	if refused != nil {
		return 0, refused
	}
	if err != nil {
		return 0, wrap(err)
	}
	return published, nil
}
