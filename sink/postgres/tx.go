package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// How many transactions write the same lead at once is small; a transaction that lost this often loses to a fault.
const tries = 20

// Update runs fn in one transaction, again when the database asks for it, and commits it durably.
func (db *DB) Update(ctx context.Context, fn func(sink.Tx) error) error {
	var wanted []string
	return db.update(ctx, func(t pgx.Tx) error {
		tx := &tx{Tx: t, recent: db.Recent, wanted: &wanted, locked: map[string]bool{}, loaded: map[string]sqlstore.Row{}}
		if err := fn(tx); err != nil || len(tx.held) == 0 {
			return err
		}
		_, err := t.Exec(ctx, dropKeys, tx.held)
		return err
	})
}

func (db *DB) update(ctx context.Context, fn func(pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, db.pool, fn)
		if !again(err) || try == tries {
			return wrap(err)
		}
		select {
		case <-ctx.Done():
			return wrap(err)
		case <-time.After(time.Duration(rand.Int64N(int64(try) * int64(time.Millisecond)))):
		}
	}
}

// tx is one transaction, READ COMMITTED. What may change under it is held by row locks, taken in one order by
// everybody: new identities (ascending), leads (ascending), the numbers of the day, the states of reps (ascending), the totals of sources
// (ascending), what is counted of leads per owner (ascending).
type tx struct {
	pgx.Tx
	held   []string                // identities that were new to Candidates
	loaded map[string]sqlstore.Row // rows as they are in the database
	locked map[string]bool         // leads
	// wanted are leads that an earlier try found out of their order and could not have at once. The next try takes
	// them with the first ones, in order, and waits for them: so no two wait for each other.
	wanted *[]string
	recent *sqlstore.Recent
}

func (t *tx) Seen(ctx context.Context, submissions []string) (sink.Seen, error) {
	out := sink.Seen{Leads: map[string]string{}, Decided: map[string]bool{}}
	rows, err := t.Query(ctx, `SELECT id, lead FROM touches WHERE id = ANY($1)
		UNION ALL SELECT DISTINCT touch, '' FROM decision_touches WHERE touch = ANY($1)`, submissions)
	if err != nil {
		return out, err
	}
	var id, on string
	_, err = pgx.ForEachRow(rows, []any{&id, &on}, func() error {
		if on == "" {
			out.Decided[id] = true
		} else {
			out.Leads[id] = on
		}
		return nil
	})
	return out, err
}

// tryLock holds leads or fails at once; see tx.wanted.
const tryLock = `SELECT id, merged_into FROM leads WHERE id = ANY($1) ORDER BY id FOR UPDATE NOWAIT`

// waitLock holds leads, the first of a transaction.
const waitLock = `SELECT id, merged_into FROM leads WHERE id = ANY($1) ORDER BY id FOR UPDATE`

// Hold locks living leads before it reads what belongs to them. When another transaction joined or parted them
// meanwhile, everything starts again.
func (t *tx) Hold(ctx context.Context, leads []string) (sink.Family, error) {
	living, err := dialect.Living(ctx, t, leads)
	if err != nil {
		return sink.Family{}, err
	}
	more := slices.DeleteFunc(slices.Clone(living), func(id string) bool { return t.locked[id] })
	lock := tryLock
	if len(t.locked) == 0 {
		lock, more = waitLock, slices.Compact(slices.Sorted(slices.Values(append(more, *t.wanted...))))
	}
	if len(more) > 0 {
		rows, err := t.Query(ctx, lock, more)
		into, err := pairs(rows, err)
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == lockNotAvailable {
			*t.wanted = append(*t.wanted, more...)
			return sink.Family{}, errAgain
		}
		if err != nil {
			return sink.Family{}, err
		}
		for _, id := range more {
			t.locked[id] = true
		}
		for _, id := range living {
			if into[id] != "" {
				return sink.Family{}, errAgain
			}
		}
	}
	f, err := dialect.Family(ctx, t, living)
	for _, r := range f.Records {
		t.loaded[r.ID] = sqlstore.RowOf(r)
	}
	return f, err
}

func (t *tx) Reach(ctx context.Context, keys, submissions []string, generic bool) (sink.Reached, error) {
	return dialect.Reach(ctx, t, keys, submissions, generic)
}

// Each and Run serve what is common to both databases.
func (t *tx) Each(ctx context.Context, row func(func(...any) error) error, query string, args ...any) error {
	rows, err := t.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *tx) Run(ctx context.Context, query string, args ...any) error {
	_, err := t.Exec(ctx, query, args...)
	return err
}

func pairs(rows pgx.Rows, err error) (map[string]string, error) {
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var key, value string
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		out[key] = value
		return nil
	})
	return out, err
}

const (
	// An unknown identity is held by its own row, which nobody else can insert until commit.
	hold = `INSERT INTO identities (key, lead) SELECT key, '' FROM unnest($1::text[]) AS key ORDER BY key ON CONFLICT (key) DO NOTHING`
	// A known identity is held by the lead it leads to: only who holds that lead may let it lead elsewhere.
	lookUp    = `SELECT key, lead FROM identities WHERE key = ANY($1)`
	lockLeads = `SELECT r.doc FROM leads l JOIN records r ON r.lead = l.id WHERE l.id = ANY($1) ORDER BY l.id FOR UPDATE`
)

// Candidates waits for other transactions that hold an identity or a lead, and starts the transaction again when an
// identity leads elsewhere after the wait (two leads were joined meanwhile).
func (t *tx) Candidates(ctx context.Context, identities []lead.Identity) (sink.Known, error) {
	keys := make([]string, len(identities))
	for i, id := range identities {
		keys[i] = id.Key()
	}
	if len(keys) == 0 {
		return sink.Known{}, nil
	}
	slices.Sort(keys)
	first := &pgx.Batch{}
	first.Queue(hold, keys)
	first.Queue(lookUp, keys)
	res := t.SendBatch(ctx, first)
	_, err := res.Exec()
	var leads map[string]string
	if err == nil {
		leads, err = pairs(res.Query())
	}
	if err := closed(res, err); err != nil {
		return sink.Known{}, err
	}
	var ids, knownKeys []string
	for _, key := range keys {
		switch id := leads[key]; id {
		case "":
			t.held = append(t.held, key)
			delete(leads, key)
		case sink.Shared, sink.Generic:
			knownKeys = append(knownKeys, key)
		default:
			ids = append(ids, id)
			knownKeys = append(knownKeys, key)
		}
	}
	ids = append(ids, *t.wanted...)
	if len(ids) == 0 {
		return sink.Known{Leads: leads}, nil
	}
	slices.Sort(ids)
	return t.lock(ctx, slices.Compact(ids), knownKeys, leads)
}

func (t *tx) lock(ctx context.Context, ids, keys []string, leads map[string]string) (sink.Known, error) {
	second := &pgx.Batch{}
	second.Queue(lockLeads, ids)
	second.Queue(lookUp, keys)
	res := t.SendBatch(ctx, second)
	records, err := documents(res.Query())
	var now map[string]string
	if err == nil {
		now, err = pairs(res.Query())
	}
	if err := closed(res, err); err != nil {
		return sink.Known{}, err
	}
	for key, id := range now {
		if leads[key] != id {
			return sink.Known{}, errAgain
		}
	}
	for _, id := range ids {
		t.locked[id] = true
	}
	for _, r := range records {
		t.loaded[r.ID] = sqlstore.RowOf(r)
	}
	return sink.Known{Leads: leads, Records: records}, nil
}

// closed ends a batch and returns the first error.
func closed(res pgx.BatchResults, err error) error {
	if e := res.Close(); err == nil {
		err = e
	}
	return err
}

func documents(rows pgx.Rows, err error) ([]*lead.Record, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*lead.Record, error) {
		var doc pgtype.DriverBytes
		if err := row.Scan(&doc); err != nil {
			return nil, err
		}
		return sink.Decode(doc)
	})
}

// Staff holds the states of the reps, which everybody takes behind the leads and the numbers.
func (t *tx) Staff(ctx context.Context, now time.Time, leads []*lead.Record) (sink.Taken, bool, error) {
	return dialect.StaffFor(ctx, t, t.recent, now, leads)
}

func (t *tx) Numbers(ctx context.Context, day string, n int) (int64, error) {
	var last int64
	err := t.QueryRow(ctx, `INSERT INTO numbers AS n (day, last) VALUES ($1, $2)
		ON CONFLICT (day) DO UPDATE SET last = n.last + excluded.last RETURNING last`, day, n).Scan(&last)
	return last - int64(n) + 1, err
}

// text makes a string that PostgreSQL takes; what it would refuse is in no id that the hub makes.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "")
}
