package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

const notPaused = " AND NOT EXISTS (SELECT 1 FROM fetching p WHERE p.source = r.source AND p.paused_until > $1)"

// DueFetches is asked often and mostly in vain: it reads an index of what waits.
func (s *Store) DueFetches(ctx context.Context, now time.Time) ([]string, error) {
	var out []string
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var source string
		err := rows.Scan(&source)
		out = append(out, source)
		return err
	}, "SELECT DISTINCT r.source FROM rejections r WHERE r.state = 'pending' AND r.fetch_at <= $1"+notPaused+" ORDER BY r.source", now.UnixMicro())
	return out, s.Dialect.Wrap(err)
}

// TakeFetch leaves out those that another process is taking.
func (s *Store) TakeFetch(ctx context.Context, source string, now, until time.Time) (f sink.Fetch, ok bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		var id string
		query := "SELECT r.id FROM rejections r WHERE r.state = 'pending' AND r.fetch_at <= $1 AND r.source = $2" + notPaused + " ORDER BY r.fetch_at, r.id LIMIT 1"
		if s.Dialect.ForUpdate != "" {
			query += " FOR UPDATE OF r SKIP LOCKED"
		}
		if ok, err = found(tx.QueryRowContext(ctx, query, now.UnixMicro(), source).Scan(&id)); err != nil || !ok {
			return err
		}
		var since int64
		var doc, body []byte
		row := tx.QueryRowContext(ctx, `UPDATE rejections SET fetch_at = $1, fetch_tries = fetch_tries + 1 WHERE id = $2
			RETURNING fetch_tries, coalesce(fetch_since, 0), doc, body`, until.UnixMicro(), id)
		if err := row.Scan(&f.Tries, &since, &doc, &body); err != nil {
			return err
		}
		r := &f.Rejection
		if err := decode(doc, r); err != nil {
			return err
		}
		r.State, r.Body, f.Since = lead.RejectionPending, body, micros(since)
		if r.Raw != nil {
			r.Raw.Body = body
		}
		return nil
	})
	return f, ok && err == nil, err
}

// SaveFetch touches the row of this attempt alone, and only while it waits.
func (s *Store) SaveFetch(ctx context.Context, r lead.Rejection, due time.Time) error {
	id, attempt, state := r.ID, r.Attempt, r.State
	doc, _, err := RejectionDoc(r)
	if err != nil {
		return err
	}
	at := sql.NullInt64{Int64: due.UnixMicro(), Valid: state == lead.RejectionPending}
	_, err = s.Write.ExecContext(ctx, `UPDATE rejections SET state = $1, stage = $2, code = $3, at = $4, doc = $5, fetch_at = $6
		WHERE id = $7 AND attempt = $8 AND state = 'pending'`, state, r.Stage, r.Code, r.At.UnixMicro(), doc, at, id, attempt)
	return s.Dialect.Wrap(err)
}

// PauseFetches keeps the later of two pauses.
func (s *Store) PauseFetches(ctx context.Context, source string, until time.Time) error {
	_, err := s.Write.ExecContext(ctx, `INSERT INTO fetching (source, channel, cursor, paused_until, doc) VALUES ($1, '', '', $2, $3)
		ON CONFLICT (source) DO UPDATE SET paused_until = CASE WHEN fetching.paused_until > excluded.paused_until THEN fetching.paused_until ELSE excluded.paused_until END`,
		clean(source), until.UnixMicro(), []byte("{}"))
	return s.Dialect.Wrap(err)
}

// VendorToken finds what a vendor lent.
func (s *Store) VendorToken(ctx context.Context, source, name string) (sink.VendorToken, error) {
	t := sink.VendorToken{Source: source}
	var refused bool
	var doc []byte
	ok, err := found(s.Read.QueryRowContext(ctx, "SELECT version, refused, secret, doc FROM vendor_tokens WHERE source = $1 AND name = $2", clean(source), clean(name)).
		Scan(&t.Version, &refused, &t.Secret, &doc))
	if err == nil && ok {
		err = decode(doc, &t.Health)
	}
	t.Health.Name, t.Health.Refused = name, refused
	return t, s.Dialect.Wrap(err)
}

// SaveVendorToken keeps a value; one without keeps that which is there.
func (s *Store) SaveVendorToken(ctx context.Context, l sink.Lease, t sink.VendorToken) error {
	doc, err := json.Marshal(t.Health)
	if err != nil {
		return err
	}
	query := `INSERT INTO vendor_tokens (source, name, version, refused, secret, doc) VALUES ($1, $2, 1, $3, $4, $5)
		ON CONFLICT (source, name) DO UPDATE SET version = vendor_tokens.version + 1, refused = excluded.refused, secret = excluded.secret, doc = excluded.doc`
	if t.Secret == "" {
		query = `INSERT INTO vendor_tokens (source, name, version, refused, secret, doc) VALUES ($1, $2, 0, $3, $4, $5)
		ON CONFLICT (source, name) DO UPDATE SET doc = excluded.doc`
	}
	return s.under(ctx, l, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, clean(t.Source), clean(t.Health.Name), false, t.Secret, doc)
		return err
	})
}

// RefuseVendorToken leaves a newer version alone.
func (s *Store) RefuseVendorToken(ctx context.Context, source, name string, version int64) error {
	_, err := s.Write.ExecContext(ctx, "UPDATE vendor_tokens SET refused = $1 WHERE source = $2 AND name = $3 AND version = $4", true, clean(source), clean(name), version)
	return s.Dialect.Wrap(err)
}
