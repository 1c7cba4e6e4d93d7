package sqlite

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Assign takes leads that are due, as sink.Queue says.
func (db *DB) Assign(ctx context.Context, now time.Time, n int, fn func([]*lead.Record, []lead.Rep) sink.Changes) (int, error) {
	// Asked often and mostly in vain: the question must not stop a writer.
	var some int
	err := db.Read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM leads WHERE due_at IS NOT NULL AND due_at <= ? LIMIT 1)", now.UnixMicro()).Scan(&some)
	if err != nil || some == 0 {
		return 0, wrap(err)
	}
	taken := 0
	err = db.update(ctx, func(ctx context.Context, t *transaction) error {
		reps, err := sqlstore.ActiveReps(ctx, t.Tx)
		if err != nil || len(reps) == 0 {
			return err
		}
		records, err := t.records(ctx, due, now.UnixMicro(), n)
		if err != nil || len(records) == 0 {
			return err
		}
		taken = len(records)
		return (&tx{transaction: t}).Save(ctx, fn(records, reps))
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

// Relay hands the oldest changes to publish. The order of seq is the order of commits, as one transaction writes at a
// time: what is not in the outbox yet comes after everything that is.
func (db *DB) Relay(ctx context.Context, n int, publish func([]sink.Outgoing) error) (int, error) {
	if !db.relaying.TryLock() {
		return 0, nil
	}
	defer db.relaying.Unlock()
	list, err := db.outbox(ctx, n)
	if err != nil || len(list) == 0 {
		return 0, wrap(err)
	}
	if err := publish(list); err != nil {
		return 0, err
	}
	err = db.update(ctx, func(ctx context.Context, t *transaction) error {
		return t.exec(ctx, forget, list[len(list)-1].Seq)
	})
	if err != nil {
		return 0, err
	}
	return len(list), nil
}

func (db *DB) outbox(ctx context.Context, n int) ([]sink.Outgoing, error) {
	rows, err := db.Read.QueryContext(ctx, "SELECT seq, lead, version, type, value FROM outbox ORDER BY seq LIMIT ?", n)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []sink.Outgoing
	for rows.Next() {
		var o sink.Outgoing
		if err := rows.Scan(&o.Seq, &o.Lead, &o.Version, &o.Type, &o.Value); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}
