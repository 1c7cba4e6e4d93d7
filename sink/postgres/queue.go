package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Assign takes leads that are due, as sink.Queue says. The counters of the reps are locked first, so that assigners go
// one after the other and the shares are exact; leads that a Record holds are left for the next time, so nobody waits in a
// circle.
func (db *DB) Assign(ctx context.Context, now time.Time, n int, fn func([]*lead.Record, []lead.Rep) sink.Changes) (int, error) {
	// Asked often and mostly in vain: the question takes no lock.
	var some bool
	err := db.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM leads WHERE due_at <= $1)", now.UnixMicro()).Scan(&some)
	if err != nil || !some {
		return 0, wrap(err)
	}
	taken := 0
	err = db.update(ctx, func(t pgx.Tx) error {
		taken = 0
		reps, err := activeReps(ctx, t)
		if err != nil || len(reps) == 0 {
			return err
		}
		records, err := documents(t.Query(ctx, `SELECT r.doc FROM leads l JOIN records r ON r.lead = l.id
			WHERE l.due_at <= $1 ORDER BY l.due_at, l.id LIMIT $2 FOR UPDATE SKIP LOCKED`, now.UnixMicro(), n))
		if err != nil || len(records) == 0 {
			return err
		}
		taken = len(records)
		return (&tx{Tx: t}).Save(ctx, fn(records, reps))
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

func activeReps(ctx context.Context, t pgx.Tx) ([]lead.Rep, error) {
	rows, err := t.Query(ctx, "SELECT rep, credit, assigned FROM rep_state ORDER BY rep FOR UPDATE")
	if err != nil {
		return nil, err
	}
	counters := map[string]lead.Rep{}
	var r lead.Rep
	_, err = pgx.ForEachRow(rows, []any{&r.Key, &r.Credit, &r.Assigned}, func() error {
		counters[r.Key] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	var doc []byte
	if err := t.QueryRow(ctx, "SELECT doc FROM config WHERE id = 1").Scan(&doc); err != nil {
		return nil, err
	}
	return sqlstore.Active(doc, counters)
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
