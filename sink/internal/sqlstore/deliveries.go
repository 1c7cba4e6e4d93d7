package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	fastjson "github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
)

// RouteNotifications takes up to n notifications that wait, with the living leads they speak of by the id they name (one that is gone
// is left out), and keeps the deliveries that fn makes of them. fn may run again from the start. Deliveries of one import to one rep through
// one target become due together, with the last of them, within ten minutes of the first.
func (s *Store) RouteNotifications(ctx context.Context, now time.Time, n int, fn func([]lead.Notification, map[string]lead.Lead) []lead.Delivery) (int, error) {
	// Asked often and mostly in vain: the question must not stop a writer.
	var some int
	err := s.Read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM notifications WHERE due IS NOT NULL AND due <= $1 LIMIT 1) AS x", now.UnixMicro()).Scan(&some)
	if err != nil || some == 0 {
		return 0, s.Dialect.Wrap(err)
	}
	taken := 0
	err = s.writing(ctx, func(tx *sql.Tx) error {
		if fn == nil { // nothing need be read
			res, err := tx.ExecContext(ctx, "UPDATE notifications SET due = NULL WHERE id IN (SELECT id FROM notifications WHERE due IS NOT NULL AND due <= $1"+
				s.Dialect.skipLocked()+" LIMIT $2)", now.UnixMicro(), n)
			if err != nil {
				return err
			}
			all, err := res.RowsAffected()
			taken = int(all)
			return err
		}
		var list []lead.Notification
		err := each(ctx, tx, func(rows *sql.Rows) error {
			n, err := scanNotification(rows.Scan)
			list = append(list, n)
			return err
		}, "SELECT doc FROM notifications WHERE due IS NOT NULL AND due <= $1"+s.Dialect.skipLocked()+" LIMIT $2", now.UnixMicro(), n)
		if err != nil || len(list) == 0 {
			return err
		}
		ids, leads := make([]string, len(list)), make([]string, len(list))
		for i := range list {
			ids[i], leads[i] = list[i].ID, list[i].Lead
		}
		of, err := s.leadsOf(ctx, tx, leads)
		if err != nil {
			return err
		}
		if err := s.addDeliveries(ctx, tx, now, fn(list, of)); err != nil {
			return err
		}
		taken = len(list)
		_, err = tx.ExecContext(ctx, s.Dialect.with(" UPDATE notifications SET due = NULL WHERE id IN (SELECT v FROM list)"), array(ids))
		return err
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

// writing runs fn in one transaction.
func (s *Store) writing(ctx context.Context, fn func(*sql.Tx) error) error {
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

// skipLocked orders rows by their id and leaves out those that others hold, which in SQLite nobody does.
func (d *Dialect) skipLocked() string {
	if d.SkipLocked == "" {
		return " ORDER BY id"
	}
	return d.SkipLocked
}

func scanNotification(scan func(...any) error) (lead.Notification, error) {
	var n lead.Notification
	var doc []byte
	if err := scan(&doc); err != nil {
		return n, err
	}
	return n, decode(doc, &n)
}

func (s *Store) leadsOf(ctx context.Context, q querier, ids []string) (map[string]lead.Lead, error) {
	out := map[string]lead.Lead{}
	slices.Sort(ids)
	err := each(ctx, q, func(rows *sql.Rows) error {
		var id string
		var doc []byte
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		var l lead.Lead
		err := fastjson.Unmarshal(doc, &l)
		out[id] = l
		return err
	}, s.Dialect.with(`, up(from_id, id, into_id) AS (
		SELECT id, id, merged_into FROM leads WHERE id IN (SELECT v FROM list)
		UNION ALL
		SELECT up.from_id, l.id, l.merged_into FROM leads l JOIN up ON l.id = up.into_id
	) SELECT up.from_id, r.doc FROM up JOIN records r ON r.lead = up.id WHERE up.into_id = ''`), array(slices.Compact(ids)))
	return out, err
}

// LeadsOf returns living leads by the id that stands for them; those that are gone are left out.
func (s *Store) LeadsOf(ctx context.Context, ids []string) (map[string]lead.Lead, error) {
	out, err := s.leadsOf(ctx, s.Read, slices.Clone(ids))
	return out, s.Dialect.Wrap(err)
}

// addDeliveries keeps new ones. One that is there already, of a notification that was handed out before, stays as it is.
func (s *Store) addDeliveries(ctx context.Context, tx *sql.Tx, now time.Time, list []lead.Delivery) error {
	if err := s.gather(ctx, tx, now, list); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, d := range list {
		n := d.Notification
		rows[i] = []any{d.ID, n.ID, d.Target, clean(n.Rep), clean(n.Import), d.State, d.Code, d.Reason, now.UnixMicro(), micro(d.Due), micro(d.Ended)}
	}
	if len(rows) == 0 {
		return nil
	}
	doc, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	e := s.Dialect.Element
	columns := make([]string, 0, 11)
	for i := range 11 {
		columns = append(columns, e(i, []string{"text", "bigint"}[btoi(i >= 8)]))
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO deliveries (id, notification, target, rep, import_id, state, code, reason, created, due_at, ended, batch, attempt)
		SELECT `+strings.Join(columns, ", ")+", '', 0 FROM "+s.Dialect.Elements+" WHERE true ON CONFLICT (notification, target) DO NOTHING", string(doc))
	return err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// micro is a time as a column has it, NULL for the zero time.
func micro(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// DueTargets names the targets that have deliveries which are due.
func (s *Store) DueTargets(ctx context.Context, now time.Time) ([]string, error) {
	var out []string
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var target string
		err := rows.Scan(&target)
		out = append(out, target)
		return err
	}, "SELECT DISTINCT target FROM deliveries WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY target", now.UnixMicro())
	return out, s.Dialect.Wrap(err)
}

// ready is a query of what is due through the target $2 at $3: deliveries whose time has come, and the rest of the digests $1. CROSS
// JOIN has SQLite begin with these, and not with everything that waits.
func (d *Dialect) ready(query string) string {
	return "WITH digests(import_id, rep) AS (" + d.Pairs + `), ready AS (
		SELECT id, rep, due_at FROM deliveries WHERE target = $2 AND due_at IS NOT NULL AND due_at <= $3
		UNION
		SELECT d.id, d.rep, d.due_at FROM digests g CROSS JOIN deliveries d
			WHERE d.import_id = g.import_id AND d.rep = g.rep AND d.target = $2 AND d.import_id <> '' AND d.batch = '' AND d.state = 'waiting'
	) ` + query
}

const selectDelivery = `SELECT d.id, d.target, d.state, d.attempt, d.batch, d.code, d.reason, d.created, d.due_at, d.ended, n.doc
	FROM deliveries d JOIN notifications n ON n.id = d.notification`

func scanDelivery(rows *sql.Rows) (lead.Delivery, error) {
	var d lead.Delivery
	var created int64
	var due, ended sql.NullInt64
	var doc []byte
	if err := rows.Scan(&d.ID, &d.Target, &d.State, &d.Attempt, &d.Message, &d.Code, &d.Reason, &created, &due, &ended, &doc); err != nil {
		return d, err
	}
	d.Created = micros(created)
	if due.Valid {
		d.Due = micros(due.Int64)
	}
	if ended.Valid {
		d.Ended = micros(ended.Int64)
	}
	return d, decode(doc, &d.Notification)
}

// ClaimDeliveries hands what is due through a target to fn: of as many reps, who waits longest first, as hold n deliveries together, all of
// theirs, up to twice n. It keeps what fn returns and how fn leaves the state of the target. Nobody else claims for the target at that time: who tries finds nothing.
func (s *Store) ClaimDeliveries(ctx context.Context, target string, now time.Time, n int, fn func(*lead.TargetState, []lead.Delivery) []lead.Delivery) error {
	return s.writing(ctx, func(tx *sql.Tx) error {
		st, mine, err := s.holdTarget(ctx, tx, target, true)
		if err != nil || !mine {
			return err
		}
		// A delivery whose notification was forgotten has nothing to tell.
		if _, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE target = $1 AND due_at IS NOT NULL AND due_at <= $2
			AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.id = deliveries.notification)`, target, now.UnixMicro()); err != nil {
			return err
		}
		digests, err := s.dueDigests(ctx, tx, target, now)
		if err != nil {
			return err
		}
		args, marks, sum := []any{array(digests), target, now.UnixMicro()}, "", 0
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var rep string
			var count int
			err := rows.Scan(&rep, &count)
			if sum == 0 || sum+count <= n { // all of a rep's go together
				args, sum = append(args, rep), sum+count
				marks += ", $" + strconv.Itoa(len(args))
			}
			return err
		}, s.Dialect.ready("SELECT rep, count(*) FROM ready GROUP BY rep ORDER BY min(due_at), rep LIMIT 500"), args...)
		if err != nil || sum == 0 {
			return err
		}
		if sum > 2*n { // what is left of a digest is due as well
			if err := s.dueAll(ctx, tx, args[:3]); err != nil {
				return err
			}
		}
		var list []lead.Delivery
		err = each(ctx, tx, func(rows *sql.Rows) error {
			d, err := scanDelivery(rows)
			list = append(list, d)
			return err
		}, s.Dialect.ready(selectDelivery+" WHERE d.id IN (SELECT id FROM ready WHERE rep IN ("+marks[2:]+")) ORDER BY d.id LIMIT "+strconv.Itoa(2*n)), args...)
		if err != nil || len(list) == 0 {
			return err
		}
		changed := fn(&st, list)
		if err := s.saveDeliveries(ctx, tx, changed, nil); err != nil {
			return err
		}
		return saveTarget(ctx, tx, st)
	})
}

// holdTarget holds the state of a target until commit. With try it does not wait for who holds it.
func (s *Store) holdTarget(ctx context.Context, tx *sql.Tx, target string, try bool) (lead.TargetState, bool, error) {
	st := lead.TargetState{Target: target}
	if _, err := tx.ExecContext(ctx, "INSERT INTO notify_targets (target, doc) VALUES ($1, $2) ON CONFLICT (target) DO NOTHING", clean(target), []byte("{}")); err != nil {
		return st, false, err
	}
	lock := s.Dialect.ForUpdate
	if try && lock != "" {
		lock += " SKIP LOCKED"
	}
	var doc []byte
	err := tx.QueryRowContext(ctx, "SELECT doc FROM notify_targets WHERE target = $1"+lock, clean(target)).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return st, false, nil
	}
	if err != nil {
		return st, false, err
	}
	err = decode(doc, &st)
	st.Target = target
	return st, true, err
}

func saveTarget(ctx context.Context, tx *sql.Tx, st lead.TargetState) error {
	doc, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE notify_targets SET doc = $1 WHERE target = $2", doc, clean(st.Target))
	return err
}

// saveDeliveries keeps what changes of deliveries; with attempt set only of those that are at it: another try began meanwhile for the others.
func (s *Store) saveDeliveries(ctx context.Context, tx *sql.Tx, list []lead.Delivery, attempt *int) error {
	type outcome struct {
		state, message, code, reason string
		attempt                      int
		due, ended                   int64
	}
	same := map[outcome][]string{}
	var order []outcome
	for _, d := range list {
		o := outcome{d.State, d.Message, d.Code, d.Reason, d.Attempt, 0, 0}
		if !d.Due.IsZero() {
			o.due = d.Due.UnixMicro()
		}
		if !d.Ended.IsZero() {
			o.ended = d.Ended.UnixMicro()
		}
		if same[o] == nil {
			order = append(order, o)
		}
		same[o] = append(same[o], d.ID)
	}
	for _, o := range order {
		query := ` UPDATE deliveries SET state = $2, batch = $3, code = $4, reason = $5, attempt = $6, due_at = nullif($7::bigint, 0), ended = nullif($8::bigint, 0)
			WHERE id IN (SELECT v FROM list)`
		args := []any{array(same[o]), o.state, o.message, clean(o.code), clean(o.reason), o.attempt, o.due, o.ended}
		if s.Dialect.ForUpdate == "" {
			query = strings.ReplaceAll(query, "::bigint", "")
		}
		if attempt != nil {
			query += " AND attempt = $9 AND state = 'waiting'"
			args = append(args, *attempt)
		}
		if _, err := tx.ExecContext(ctx, s.Dialect.with(query), args...); err != nil {
			return err
		}
	}
	return nil
}

// SettleDeliveries keeps what became of a message that was tried for the attempt-th time, unless another try began meanwhile, and lets fn
// change the state of its target.
func (s *Store) SettleDeliveries(ctx context.Context, target string, attempt int, list []lead.Delivery, fn func(*lead.TargetState)) error {
	return s.writing(ctx, func(tx *sql.Tx) error {
		st, _, err := s.holdTarget(ctx, tx, target, false)
		if err != nil {
			return err
		}
		if err := s.saveDeliveries(ctx, tx, list, &attempt); err != nil {
			return err
		}
		fn(&st)
		return saveTarget(ctx, tx, st)
	})
}
