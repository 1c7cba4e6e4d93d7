package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// gatherWithin bounds how long the deliveries of an import wait for more of it, from the first on.
const gatherWithin = 10 * time.Minute

// digest is what is told at once: the deliveries of one import to one rep through one target that no message carries yet. When one of them is
// due all are claimed. One, the anchor, is kept due soon after the last that came; the others stand at the end of gatherWithin: so a
// digest of any size costs one row for each batch that adds to it.
type digest struct{ imp, rep, target string }

func digestOf(d *lead.Delivery) digest {
	return digest{clean(d.Notification.Import), clean(d.Notification.Rep), d.Target}
}

// gather sets when new deliveries are due, and lets the digests that they add to wait for them.
func (s *Store) gather(ctx context.Context, tx *sql.Tx, now time.Time, list []lead.Delivery) error {
	until := map[digest]time.Time{}
	for i := range list {
		if d := &list[i]; d.Notification.Import != "" && d.State == lead.DeliveryWaiting {
			if key := digestOf(d); d.Due.After(until[key]) {
				until[key] = d.Due
			}
		}
	}
	if len(until) == 0 {
		return nil
	}
	type anchor struct {
		id    string
		first time.Time
		of    digest
	}
	var anchors []anchor
	for key := range until {
		a := anchor{of: key}
		var created int64
		err := tx.QueryRowContext(ctx, `SELECT id, created FROM deliveries WHERE import_id = $1 AND rep = $2 AND target = $3 AND import_id <> '' AND batch = ''
			AND state = 'waiting' ORDER BY due_at LIMIT 1`, key.imp, key.rep, key.target).Scan(&a.id, &created)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		a.first = micros(created)
		anchors = append(anchors, a)
	}
	slices.SortFunc(anchors, func(a, b anchor) int { return cmp.Compare(a.id, b.id) }) // as a claim holds them
	anchored := map[digest]bool{}
	for _, a := range anchors {
		at, end := until[a.of], a.first.Add(gatherWithin)
		if at.After(end) && at.Before(now.Add(gatherWithin)) { // beyond that it is no gathering that holds it back
			at = end
		}
		// Unless it was claimed meanwhile.
		res, err := tx.ExecContext(ctx, "UPDATE deliveries SET due_at = $1 WHERE id = $2 AND batch = '' AND state = 'waiting'", at.UnixMicro(), a.id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n > 0 {
			anchored[a.of] = true
		}
	}
	for i := range list {
		d := &list[i]
		if d.Notification.Import == "" || d.State != lead.DeliveryWaiting {
			continue
		}
		if key := digestOf(d); anchored[key] {
			d.Due = now.Add(max(gatherWithin, d.Due.Sub(now)))
		} else {
			d.Due, anchored[key] = until[key], true
		}
	}
	return nil
}

// dueDigests are the imports and reps of the digests of a target that are due, held until commit: nobody adds to them meanwhile.
func (s *Store) dueDigests(ctx context.Context, tx *sql.Tx, target string, now time.Time) ([][2]string, error) {
	var out [][2]string
	have := map[[2]string]bool{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var d [2]string
		err := rows.Scan(&d[0], &d[1])
		if !have[d] {
			have[d], out = true, append(out, d)
		}
		return err
	}, `SELECT import_id, rep FROM deliveries WHERE target = $1 AND due_at IS NOT NULL AND due_at <= $2 AND import_id <> '' AND batch = '' AND state = 'waiting'
		ORDER BY id`+s.Dialect.ForUpdate, target, now.UnixMicro())
	return out, err
}

// dueAll lets all of the digests $1 of the target $2 be due at $3.
func (s *Store) dueAll(ctx context.Context, tx *sql.Tx, args []any) error {
	_, err := tx.ExecContext(ctx, "WITH digests(import_id, rep) AS ("+s.Dialect.Pairs+`) UPDATE deliveries SET due_at = $3
		WHERE target = $2 AND import_id <> '' AND batch = '' AND state = 'waiting' AND due_at > $3 AND (import_id, rep) IN (SELECT import_id, rep FROM digests)`, args...)
	return err
}
