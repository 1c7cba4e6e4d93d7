package sqlite

import (
	"context"

	"github.com/leadhub/leadhub/sink"
)

// Handle takes leads and the states of reps, as sink.Desk says. Nothing is to be held: this is the only transaction that writes.
func (db *DB) Handle(ctx context.Context, take sink.Take, fn func(sink.Taken) (sink.Changes, error)) (int, error) {
	if some, err := db.Waiting(ctx, take); err != nil || !some {
		return 0, err
	}
	taken := 0
	err := db.keeping(ctx, true, func(ctx context.Context, t *tx) error {
		got, err := dialect.Take(ctx, t, db.Recent, take)
		if taken = len(got.Records); err != nil || taken == 0 {
			return err
		}
		for _, r := range got.Records {
			t.loaded[r.ID] = t.row(r)
		}
		c, err := fn(got)
		if err != nil {
			return err
		}
		if take.AllReps {
			t.staff = &got.Staff
		}
		return t.Save(ctx, c)
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
