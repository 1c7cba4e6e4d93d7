package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// write runs fn in one transaction of the writer.
func (s *Store) write(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.Write.BeginTx(ctx, nil)
	if err != nil {
		return s.Dialect.Wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return s.Dialect.Wrap(err)
	}
	return s.Dialect.Wrap(tx.Commit())
}

// HoldLeases takes and renews in one statement. Names are sorted, so that two processes lock them in one order.
func (s *Store) HoldLeases(ctx context.Context, holder string, names []string, ttl time.Duration) (map[string]sink.Lease, error) {
	out := map[string]sink.Lease{}
	if len(names) == 0 {
		return out, nil
	}
	names = slices.Sorted(slices.Values(names))
	now := s.Dialect.Now
	err := s.write(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			l := sink.Lease{Holder: holder}
			err := rows.Scan(&l.Name, &l.Fence)
			out[l.Name] = l
			return err
		}, s.Dialect.with(" INSERT INTO leases (name, holder, fence, until) SELECT v, $2, 1, "+now+" + $3 FROM list WHERE true"+
			" ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,"+
			" fence = leases.fence + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END"+
			" WHERE leases.holder = excluded.holder OR leases.until <= "+now+" RETURNING name, fence"),
			array(names), holder, ttl.Microseconds())
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DropLeases leaves the rows in place: their fence must go on growing.
func (s *Store) DropLeases(ctx context.Context, holder string, names ...string) error {
	query, args := "UPDATE leases SET until = 0, holder = '' WHERE holder = $1", []any{holder}
	if len(names) > 0 {
		query, args = s.Dialect.with(" UPDATE leases SET until = 0, holder = '' WHERE name IN (SELECT v FROM list) AND holder = $2"), []any{array(names), holder}
	}
	_, err := s.Write.ExecContext(ctx, query, args...)
	return s.Dialect.Wrap(err)
}

// under runs fn in a transaction that holds the lease's row: nobody takes the lease before it is committed.
func (s *Store) under(ctx context.Context, l sink.Lease, fn func(*sql.Tx) error) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var one int
		ok, err := found(tx.QueryRowContext(ctx, "SELECT 1 FROM leases WHERE name = $1 AND holder = $2 AND fence = $3"+s.Dialect.ForUpdate, l.Name, l.Holder, l.Fence).Scan(&one))
		if err != nil {
			return err
		}
		if !ok {
			return &lead.Error{Kind: lead.KindConflict, Code: sink.LeaseLost, Message: "another process does this by now", Hint: "nothing to do: it goes on there"}
		}
		return fn(tx)
	})
}

// Polled tells how far a source was asked.
func (s *Store) Polled(ctx context.Context, source string) (sink.Polled, error) {
	p := sink.Polled{Source: source}
	var doc []byte
	ok, err := found(s.Read.QueryRowContext(ctx, "SELECT channel, cursor, doc FROM fetching WHERE source = $1", clean(source)).Scan(&p.Channel, &p.Cursor, &doc))
	if err == nil && ok {
		err = decode(doc, &p.Report)
	}
	return p, s.Dialect.Wrap(err)
}

// SavePolled keeps cursor and report together.
func (s *Store) SavePolled(ctx context.Context, l sink.Lease, p sink.Polled) error {
	doc, err := json.Marshal(p.Report)
	if err != nil {
		return err
	}
	return s.under(ctx, l, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO fetching (source, channel, cursor, doc) VALUES ($1, $2, $3, $4)
			ON CONFLICT (source) DO UPDATE SET channel = excluded.channel, cursor = excluded.cursor, doc = excluded.doc`,
			clean(p.Source), clean(p.Channel), clean(p.Cursor), doc)
		return err
	})
}

// Fetchings reads one moment.
func (s *Store) Fetchings(ctx context.Context) ([]lead.Fetching, error) {
	all := map[string]*lead.Fetching{}
	of := func(source string) *lead.Fetching {
		if all[source] == nil {
			all[source] = &lead.Fetching{Source: source, Tokens: []lead.TokenHealth{}}
		}
		return all[source]
	}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var source string
			var paused int64
			var doc []byte
			if err := rows.Scan(&source, &paused, &doc); err != nil {
				return err
			}
			f := of(source)
			if paused > 0 {
				at := micros(paused)
				f.PausedUntil = &at
			}
			return decode(doc, &f.FetchReport)
		}, "SELECT source, paused_until, doc FROM fetching")
		if err != nil {
			return err
		}
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var source string
			var n, since int64
			err := rows.Scan(&source, &n, &since)
			at := micros(since)
			f := of(source)
			f.Pending, f.PendingSince = n, &at
			return err
		}, "SELECT source, count(*), coalesce(min(fetch_since), 0) FROM rejections WHERE state = 'pending' GROUP BY source")
		if err != nil {
			return err
		}
		return each(ctx, tx, func(rows *sql.Rows) error {
			var source string
			var t lead.TokenHealth
			var refused bool
			var doc []byte
			if err := rows.Scan(&source, &refused, &doc); err != nil {
				return err
			}
			err := decode(doc, &t)
			t.Refused = refused
			f := of(source)
			f.Tokens = append(f.Tokens, t)
			return err
		}, "SELECT source, refused, doc FROM vendor_tokens ORDER BY source, name")
	})
	out := make([]lead.Fetching, 0, len(all))
	for _, f := range all {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b lead.Fetching) int { return strings.Compare(a.Source, b.Source) })
	return out, err
}

// ForgetFetching drops what is kept of sources that are gone. Thin events stay: they were accepted.
func (s *Store) ForgetFetching(ctx context.Context, keep []string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"fetching", "vendor_tokens"} {
			if _, err := tx.ExecContext(ctx, s.Dialect.with(" DELETE FROM "+table+" WHERE source NOT IN (SELECT v FROM list)"), array(keep)); err != nil {
				return err
			}
		}
		return nil
	})
}
