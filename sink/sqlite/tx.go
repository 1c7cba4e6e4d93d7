package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Update runs fn in one transaction, alone among the writers, and commits it to the disk. It never runs fn twice.
func (db *DB) Update(ctx context.Context, fn func(sink.Tx) error) error {
	return db.keeping(ctx, false, func(_ context.Context, t *tx) error { return fn(t) })
}

// keeping is update that keeps how the reps stand, once it is committed, when fn took all of them.
func (db *DB) keeping(ctx context.Context, moving bool, fn func(context.Context, *tx) error) error {
	committed := func() {}
	err := db.update(ctx, func(ctx context.Context, w *transaction) error {
		t := &tx{transaction: w, recent: db.Recent, loaded: map[string]sqlstore.Row{}, counted: map[string]bool{}, moving: moving}
		err := fn(ctx, t)
		if err != nil || t.staff == nil {
			return err
		}
		committed, err = t.saved(ctx)
		return err
	})
	if err == nil {
		committed()
	}
	return err
}

func (db *DB) update(ctx context.Context, fn func(context.Context, *transaction) error) error {
	if err := db.stmts.ready(ctx, db.Write); err != nil {
		return wrap(err)
	}
	t, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = t.Rollback() }()
	// A context that can end costs a goroutine per statement. The transaction watches it already: when it ends, database/sql
	// rolls back, and every statement after that fails.
	if err = fn(context.WithoutCancel(ctx), &transaction{Tx: t, p: &db.stmts}); err == nil {
		err = t.Commit()
	}
	if ended := ctx.Err(); ended != nil && errors.Is(err, sql.ErrTxDone) {
		err = ended // database/sql rolled back before anybody asked, and tells only that
	}
	return wrap(err)
}

// tx is one transaction. Nothing is to be held: it is the only one that writes.
type tx struct {
	*transaction
	loaded  map[string]sqlstore.Row // rows as they are in the database
	moving  bool                    // what touches said stays as it is: rows have no Facts
	recent  *sqlstore.Recent
	staff   *lead.Staff     // everybody, once they were taken
	counted map[string]bool // reps who have more or fewer leads now
}

// Staff has nothing to hold: see Hold.
func (t *tx) Staff(ctx context.Context, now time.Time, leads []*lead.Record) (sink.Taken, bool, error) {
	got, free, err := dialect.StaffFor(ctx, t, t.recent, now, leads)
	if free {
		t.staff = &got.Staff
	}
	return got, free, err
}

// saved notes how everybody stands; see Dialect.Saved.
func (t *tx) saved(ctx context.Context) (committed func(), err error) {
	changed := t.counted
	for rep := range t.staff.Changed {
		changed[rep] = true
	}
	return dialect.Saved(ctx, t, t.recent, t.staff, changed)
}

// row is a record as its row will be.
func (t *tx) row(r *lead.Record) sqlstore.Row {
	if t.moving {
		return sqlstore.StandingOf(r)
	}
	return sqlstore.RowOf(r)
}

func (t *tx) Seen(ctx context.Context, submissions []string) (sink.Seen, error) {
	arg, err := json.Marshal(submissions)
	if err != nil {
		return sink.Seen{}, err
	}
	out := sink.Seen{Leads: map[string]string{}, Decided: map[string]bool{}}
	err = t.query(context.WithoutCancel(ctx), seen, func(rows *sql.Rows) error {
		var id, on string
		if err := rows.Scan(&id, &on); err != nil {
			return err
		}
		if on == "" {
			out.Decided[id] = true
		} else {
			out.Leads[id] = on
		}
		return nil
	}, string(arg))
	return out, err
}

// Hold has nothing to hold: this is the only transaction that writes.
func (t *tx) Hold(ctx context.Context, leads []string) (sink.Family, error) {
	living, err := dialect.Living(ctx, t, leads)
	if err != nil {
		return sink.Family{}, err
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
	ctx = context.WithoutCancel(ctx)
	var rows *sql.Rows
	var err error
	if st := t.p.text(query); st != nil {
		rows, err = t.StmtContext(ctx, st).QueryContext(ctx, args...)
	} else {
		rows, err = t.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *tx) Run(ctx context.Context, query string, args ...any) error {
	ctx = context.WithoutCancel(ctx)
	if st := t.p.text(query); st != nil {
		_, err := t.StmtContext(ctx, st).ExecContext(ctx, args...)
		return err
	}
	_, err := t.ExecContext(ctx, query, args...)
	return err
}

// pairs reads two text columns for a list of keys.
func (t *tx) pairs(ctx context.Context, s *statement, list []string) (map[string]string, error) {
	arg, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	err = t.query(ctx, s, func(rows *sql.Rows) error {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		out[key] = value
		return nil
	}, string(arg))
	return out, err
}

func (t *tx) Candidates(ctx context.Context, identities []lead.Identity) (sink.Known, error) {
	ctx = context.WithoutCancel(ctx)
	keys := make([]string, len(identities))
	for i, id := range identities {
		keys[i] = id.Key()
	}
	leads, err := t.pairs(ctx, known, keys)
	if err != nil || len(leads) == 0 {
		return sink.Known{Leads: leads}, err
	}
	ids := make(map[string]bool, len(leads))
	list := make([]string, 0, len(leads))
	for _, id := range leads {
		if !ids[id] && id != sink.Shared && id != sink.Generic {
			ids[id] = true
			list = append(list, id)
		}
	}
	arg, err := json.Marshal(list)
	if err != nil {
		return sink.Known{}, err
	}
	records, err := t.records(ctx, load, string(arg))
	for _, r := range records {
		t.loaded[r.ID] = sqlstore.RowOf(r)
	}
	return sink.Known{Leads: leads, Records: records}, err
}

func (t *transaction) records(ctx context.Context, s *statement, args ...any) ([]*lead.Record, error) {
	var out []*lead.Record
	err := t.query(ctx, s, func(rows *sql.Rows) error {
		var doc sql.RawBytes
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		r, err := sink.Decode(doc)
		out = append(out, r)
		return err
	}, args...)
	return out, err
}

func (t *tx) Numbers(ctx context.Context, day string, n int) (int64, error) {
	var last int64
	err := t.query(context.WithoutCancel(ctx), numbers, func(rows *sql.Rows) error { return rows.Scan(&last) }, day, n)
	return last - int64(n) + 1, err
}

// Save writes everything.
func (t *tx) Save(ctx context.Context, c sink.Changes) error {
	ctx = context.WithoutCancel(ctx)
	before, after := t.owned(c)
	if err := t.count(ctx, before, -1); err != nil {
		return err
	}
	if err := dialect.Regroup(ctx, t, c); err != nil {
		return err
	}
	for _, step := range []func(context.Context, sink.Changes) error{
		t.saveCreated, t.saveChanged, t.saveIdentities, t.saveTouches, t.saveHistory, t.saveRejections,
	} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	if err := t.count(ctx, after, 1); err != nil {
		return err
	}
	return dialect.Care(ctx, t, c)
}

func (t *tx) saveCreated(ctx context.Context, c sink.Changes) error {
	if len(c.Created) == 0 {
		return nil
	}
	turns := sqlstore.Turns(c.Due)
	leads := make([]any, 0, addLeads.columns*len(c.Created))
	records := make([]any, 0, addRecords.columns*len(c.Created))
	for _, r := range c.Created {
		row := sqlstore.RowOf(r.Record)
		leads = row.New(leads, turns[r.ID])
		records = append(records, r.ID, r.JSON)
	}
	if err := t.write(ctx, addLeads, leads); err != nil {
		return err
	}
	return t.write(ctx, addRecords, records)
}

// rowArgs appends columns of a row.
func rowArgs(args []any, columns interface {
	Texts() []string
	Numbers() []*int64
}) []any {
	for _, v := range columns.Texts() {
		args = append(args, v)
	}
	for _, v := range columns.Numbers() {
		args = append(args, v)
	}
	return args
}

func (t *tx) saveChanged(ctx context.Context, c sink.Changes) error {
	due := sqlstore.Turns(c.Due)
	for _, r := range c.Created {
		delete(due, r.ID)
	}
	records, assigned := make([]any, 0, setRecords.columns*len(c.Changed)), make([]any, 0, setAssigned.columns*len(c.Changed))
	for _, r := range c.Changed {
		records = append(records, r.ID, r.JSON)
		row := t.row(r.Record)
		if turn, requeue := due[r.ID]; requeue && t.onlyAssigned(row) {
			delete(due, r.ID)
			assigned = append(assigned, row.ID, row.Status, row.Owner, row.Rule, row.AssignedAt, turn.At, turn.Waits)
		} else if err := t.saveRow(ctx, row, due); err != nil {
			return err
		}
	}
	if err := t.write(ctx, setRecords, records); err != nil {
		return err
	}
	if err := t.write(ctx, setAssigned, assigned); err != nil {
		return err
	}
	for id, turn := range due {
		if err := t.exec(ctx, setDue, turn.At, turn.Waits, id); err != nil {
			return err
		}
	}
	return nil
}

// onlyAssigned reports whether nothing happened to a lead but that it was given to somebody: of all that is done with leads the most
// frequent by far.
func (t *tx) onlyAssigned(row sqlstore.Row) bool {
	old := t.loaded[row.ID]
	assigned := old.Standing
	assigned.Status, assigned.Owner, assigned.Rule, assigned.AssignedAt = row.Status, row.Owner, row.Rule, row.AssignedAt
	return row.Facts == old.Facts && assigned == row.Standing && row.Standing != old.Standing && row.AssignedAt != 0
}

// saveRow writes what changed of a row, and with it its place in the queue.
func (t *tx) saveRow(ctx context.Context, row sqlstore.Row, due map[string]sqlstore.Turn) error {
	old := t.loaded[row.ID]
	if row.Facts != old.Facts {
		if err := t.exec(ctx, setFacts, append(rowArgs(nil, &row.Facts), row.ID)...); err != nil {
			return err
		}
	}
	if row.Standing == old.Standing {
		return nil
	}
	turn, requeue := due[row.ID]
	if !requeue {
		return t.exec(ctx, setStanding, append(rowArgs(nil, &row.Standing), row.ID)...)
	}
	delete(due, row.ID)
	return t.exec(ctx, setMoved, append(rowArgs(nil, &row.Standing), turn.At, turn.Waits, row.ID)...)
}

func (t *tx) saveIdentities(ctx context.Context, c sink.Changes) error {
	fresh := make([]any, 0, addKeys.columns*len(c.Identities))
	for _, id := range c.Identities {
		if id.From == "" {
			fresh = append(fresh, id.Key, id.Lead)
		} else if err := t.exec(ctx, moveKey, id.Lead, id.Key, id.From); err != nil {
			return err
		}
	}
	return t.write(ctx, addKeys, fresh)
}

func (t *tx) saveTouches(ctx context.Context, c sink.Changes) error {
	if len(c.Touches) == 0 {
		return nil
	}
	args := make([]any, 0, addTouches.columns*len(c.Touches))
	ids := make([]string, len(c.Touches))
	for i, touch := range c.Touches {
		verdict, err := json.Marshal(touch.Verdict)
		if err != nil {
			return err
		}
		ids[i] = touch.Submission
		args = append(args, touch.Submission, touch.Lead, touch.At.UnixMicro(), verdict, touch.JSON)
	}
	if err := t.write(ctx, addTouches, args); err != nil {
		return err
	}
	for _, s := range sqlstore.Totals(c.Touches) {
		if err := t.exec(ctx, total, s.Source, s.Touches, s.Last); err != nil {
			return err
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return t.exec(ctx, resolve, string(list))
}

func (t *tx) saveHistory(ctx context.Context, c sink.Changes) error {
	rows, lists, err := sqlstore.EventRows(c.Events)
	if err != nil {
		return err
	}
	events := make([]any, 0, addEvents.columns*len(rows))
	for _, row := range rows {
		events = append(events, row...)
	}
	if err := dialect.AddLists(ctx, t, lists); err != nil {
		return err
	}
	if err := t.write(ctx, addEvents, events); err != nil {
		return err
	}
	out := make([]any, 0, addOutbox.columns*len(c.Outbox))
	for _, o := range c.Outbox {
		out = append(out, o.Lead, o.Version, o.Type, o.Value)
	}
	if err := t.write(ctx, addOutbox, out); err != nil {
		return err
	}
	notices := make([]any, 0, addNotices.columns*len(c.Notifications))
	for _, n := range c.Notifications {
		row, err := sqlstore.NotificationRow(n)
		if err != nil {
			return err
		}
		notices = append(notices, row...)
	}
	return t.write(ctx, addNotices, notices)
}

func (t *tx) saveRejections(ctx context.Context, c sink.Changes) error {
	for _, r := range c.Rejections {
		doc, body, err := sqlstore.RejectionDoc(r)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, reject, r.ID, r.Source, r.Stage, r.Code, r.State, r.Attempt, r.At.UnixMicro(), doc, body); err != nil {
			return err
		}
	}
	return nil
}
