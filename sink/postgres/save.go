package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// Statements that change rows take one array per column, so that a batch of any size is one statement and one plan.
const (
	setDue     = `UPDATE leads l SET due_at = v.due_at, waits = v.waits FROM unnest($1::text[], $2::bigint[], $3::text[]) AS v(id, due_at, waits) WHERE l.id = v.id`
	setRecords = `UPDATE records r SET doc = v.doc FROM unnest($1::text[], $2::bytea[]) AS v(lead, doc) WHERE r.lead = v.lead`
	addKeys    = `INSERT INTO identities AS i (key, lead) SELECT * FROM unnest($1::text[], $2::text[])
		ON CONFLICT (key) DO UPDATE SET lead = excluded.lead WHERE i.lead = ''`
	moveKeys = `UPDATE identities i SET lead = v.into_id FROM unnest($1::text[], $2::text[], $3::text[]) AS v(key, from_id, into_id)
		WHERE i.key = v.key AND i.lead = v.from_id`
	dropKeys  = `DELETE FROM identities WHERE key = ANY($1) AND lead = ''`
	addTotals = `INSERT INTO source_totals AS s (source, touches, last) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
		ON CONFLICT (source) DO UPDATE SET touches = s.touches + excluded.touches, last = greatest(s.last, excluded.last)`
	resolve = `UPDATE rejections SET state = 'resolved' WHERE state <> 'resolved' AND id = ANY($1)`
	// One that was pending before and is again has its tries counted on, and waits longer each time: a Fetch that never completes must not go round and round.
	reject = `INSERT INTO rejections AS r (id, source, stage, code, state, attempt, at, doc, body, fetch_at, fetch_since)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $5 = 'pending' THEN $7::bigint END, CASE WHEN $5 = 'pending' THEN $7::bigint END
		WHERE NOT EXISTS (SELECT 1 FROM touches WHERE id = $1)
		ON CONFLICT (id) DO UPDATE SET source = excluded.source, stage = excluded.stage, code = excluded.code, state = excluded.state,
			attempt = excluded.attempt, at = excluded.at, doc = excluded.doc, body = excluded.body,
			fetch_at = excluded.fetch_at + CASE WHEN r.state = 'pending' THEN r.fetch_tries * 10000000 ELSE 0 END,
			fetch_since = CASE WHEN r.state = 'pending' AND excluded.state = 'pending' THEN r.fetch_since ELSE excluded.fetch_since END,
			fetch_tries = CASE WHEN r.state = 'pending' THEN r.fetch_tries ELSE 0 END
		WHERE excluded.attempt > r.attempt`
)

// setLeads updates the columns of rows, one array per column, then whether the place in the queue changes, and to what.
var setLeads = func() string {
	texts, numbers := slices.Concat(sqlstore.FactTexts, sqlstore.StandingTexts), slices.Concat(sqlstore.FactNumbers, sqlstore.StandingNumbers)
	columns := slices.Concat(texts, numbers)
	var set, from []string
	for _, c := range columns {
		set = append(set, c+" = v."+c)
	}
	types := slices.Concat(slices.Repeat([]string{"text"}, 1+len(texts)), slices.Repeat([]string{"bigint"}, len(numbers)), []string{"boolean", "bigint", "text"})
	for i, typ := range types {
		from = append(from, "$"+strconv.Itoa(i+1)+"::"+typ+"[]")
	}
	return "UPDATE leads l SET " + strings.Join(set, ", ") + `,
		due_at = CASE WHEN v.requeue THEN v.due_at ELSE l.due_at END, waits = CASE WHEN v.requeue THEN v.waits ELSE l.waits END
		FROM unnest(` + strings.Join(from, ", ") + ") AS v(id, " + strings.Join(columns, ", ") + ", requeue, due_at, waits) WHERE l.id = v.id"
}()

// A touch and an open rejection of one id must not be written at the same moment by two transactions that do not see
// each other: who writes touches shares this lock, who writes rejections has it alone.
const (
	shareTouches = `SELECT pg_advisory_xact_lock_shared(7310001, hashtext(current_schema()))`
	holdTouches  = `SELECT pg_advisory_xact_lock(7310001, hashtext(current_schema()))`
)

// rows are new rows of a table.
type rows struct {
	table   string
	columns []string
	values  [][]any
}

// fromCopy is the number of rows from which COPY, which costs two round trips of its own, is faster than an INSERT for
// each row. Both keep the order of the rows, and seq is given in that order.
const fromCopy = 40

// Save writes everything: what is small goes in one round trip, many new rows by COPY.
func (t *tx) Save(ctx context.Context, c sink.Changes) error {
	if err := dialect.Regroup(ctx, t, c); err != nil {
		return err
	}
	b := &pgx.Batch{}
	t.queueChanged(b, c)
	t.queueIdentities(b, c)
	queueLedger(b, c)
	if err := queueRejections(b, c); err != nil {
		return err
	}
	inserts, lists, err := newRows(c)
	if err != nil {
		return err
	}
	later := queueing{t, b}
	if err := dialect.AddLists(ctx, later, lists); err != nil {
		return err
	}
	if err := dialect.Care(ctx, later, c); err != nil {
		return err
	}
	for _, r := range inserts {
		if len(r.values) < fromCopy {
			r.queue(b)
		}
	}
	if b.Len() > 0 {
		if err := t.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
	}
	for _, r := range inserts {
		if len(r.values) >= fromCopy {
			if _, err := t.CopyFrom(ctx, pgx.Identifier{r.table}, r.columns, pgx.CopyFromRows(r.values)); err != nil {
				return err
			}
		}
	}
	return nil
}

// queueing runs statements with a batch, which goes to the server as one.
type queueing struct {
	*tx
	b *pgx.Batch
}

// Run puts a statement into the batch.
func (q queueing) Run(_ context.Context, query string, args ...any) error {
	q.b.Queue(query, args...)
	return nil
}

func (r *rows) queue(b *pgx.Batch) {
	marks := make([]string, len(r.columns))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	text := "INSERT INTO " + r.table + " (" + strings.Join(r.columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	for _, v := range r.values {
		b.Queue(text, v...)
	}
}

// newRows are the new rows of tables, and those of rule_lists.
func newRows(c sink.Changes) ([]*rows, [][]any, error) {
	leads := &rows{table: "leads", columns: sqlstore.NewColumns}
	records := &rows{table: "records", columns: []string{"lead", "doc"}}
	touches := &rows{table: "touches", columns: []string{"id", "lead", "at", "verdict", "doc"}}
	events := &rows{table: "events", columns: []string{"lead", "version", "at", "doc"}}
	outbox := &rows{table: "outbox", columns: []string{"lead", "version", "type", "value"}}
	notifications := &rows{table: "notifications", columns: []string{"id", "rep", "kind", "lead", "doc", "at", "due"}}
	turns := sqlstore.Turns(c.Due)
	for _, s := range c.Created {
		r := sqlstore.RowOf(s.Record)
		leads.values = append(leads.values, r.New(make([]any, 0, len(leads.columns)), turns[r.ID]))
		records.values = append(records.values, []any{s.ID, s.JSON})
	}
	for _, t := range c.Touches {
		verdict, err := json.Marshal(t.Verdict)
		if err != nil {
			return nil, nil, err
		}
		touches.values = append(touches.values, []any{t.Submission, t.Lead, t.At.UnixMicro(), verdict, t.JSON})
	}
	var lists [][]any
	var err error
	if events.values, lists, err = sqlstore.EventRows(c.Events); err != nil {
		return nil, nil, err
	}
	for _, o := range c.Outbox {
		outbox.values = append(outbox.values, []any{o.Lead, o.Version, o.Type, o.Value})
	}
	for _, n := range c.Notifications {
		row, err := sqlstore.NotificationRow(n)
		if err != nil {
			return nil, nil, err
		}
		notifications.values = append(notifications.values, row)
	}
	return []*rows{leads, records, touches, events, outbox, notifications}, lists, nil
}

// rowColumns are rows of leads, one array per column.
type rowColumns struct {
	ids     []string
	texts   [][]string
	numbers [][]*int64
	requeue []bool
	dueAt   []*int64
	waits   []string
}

func (c *rowColumns) add(r sqlstore.Row, requeue bool, turn sqlstore.Turn) {
	c.ids = append(c.ids, r.ID)
	texts, numbers := slices.Concat(r.Facts.Texts(), r.Standing.Texts()), slices.Concat(r.Facts.Numbers(), r.Standing.Numbers())
	if c.texts == nil {
		c.texts, c.numbers = make([][]string, len(texts)), make([][]*int64, len(numbers))
	}
	for i, v := range texts {
		c.texts[i] = append(c.texts[i], v)
	}
	for i, v := range numbers {
		c.numbers[i] = append(c.numbers[i], v)
	}
	c.requeue, c.dueAt, c.waits = append(c.requeue, requeue), append(c.dueAt, turn.At), append(c.waits, turn.Waits)
}

// args are the arguments of setLeads.
func (c *rowColumns) args() []any {
	out := []any{c.ids}
	for _, list := range c.texts {
		out = append(out, list)
	}
	for _, list := range c.numbers {
		out = append(out, list)
	}
	return append(out, c.requeue, c.dueAt, c.waits)
}

func (t *tx) queueChanged(b *pgx.Batch, c sink.Changes) {
	due := sqlstore.Turns(c.Due)
	for _, r := range c.Created {
		delete(due, r.ID)
	}
	if len(c.Changed) > 0 {
		var ids []string
		var docs [][]byte
		var v rowColumns
		for _, r := range c.Changed {
			ids, docs = append(ids, r.ID), append(docs, r.JSON)
			if row := sqlstore.RowOf(r.Record); row != t.loaded[r.ID] {
				turn, requeue := due[r.ID]
				delete(due, r.ID)
				v.add(row, requeue, turn)
			}
		}
		b.Queue(setRecords, ids, docs)
		if len(v.ids) > 0 {
			b.Queue(setLeads, v.args()...)
		}
	}
	if len(due) > 0 {
		ids, at, waits := make([]string, 0, len(due)), make([]*int64, 0, len(due)), make([]string, 0, len(due))
		for id, t := range due {
			ids, at, waits = append(ids, id), append(at, t.At), append(waits, t.Waits)
		}
		b.Queue(setDue, ids, at, waits)
	}
}

func (t *tx) queueIdentities(b *pgx.Batch, c sink.Changes) {
	var keys, leads, moved, from, into []string
	used := make(map[string]bool, len(c.Identities))
	for _, id := range c.Identities {
		if id.From == "" {
			keys, leads = append(keys, id.Key), append(leads, id.Lead)
			used[id.Key] = true
		} else {
			moved, from, into = append(moved, id.Key), append(from, id.From), append(into, id.Lead)
		}
	}
	if len(keys) > 0 {
		b.Queue(addKeys, keys, leads)
	}
	if len(moved) > 0 {
		b.Queue(moveKeys, moved, from, into)
	}
	t.held = slices.DeleteFunc(t.held, func(key string) bool { return used[key] })
}

// queueLedger keeps the counts of sources, and resolves the rejections of what is recorded.
func queueLedger(b *pgx.Batch, c sink.Changes) {
	if len(c.Touches) > 0 {
		ids := make([]string, len(c.Touches))
		for i, t := range c.Touches {
			ids[i] = t.Submission
		}
		b.Queue(shareTouches)
		b.Queue(resolve, ids)
		var sources []string
		var counts, last []int64
		for _, s := range sqlstore.Totals(c.Touches) {
			sources, counts, last = append(sources, s.Source), append(counts, s.Touches), append(last, s.Last)
		}
		b.Queue(addTotals, sources, counts, last)
	}
}

func queueRejections(b *pgx.Batch, c sink.Changes) error {
	if len(c.Rejections) > 0 {
		b.Queue(holdTouches)
	}
	for _, r := range c.Rejections {
		doc, body, err := sqlstore.RejectionDoc(r)
		if err != nil {
			return err
		}
		b.Queue(reject, r.ID, text(r.Source), text(r.Stage), text(r.Code), r.State, r.Attempt, r.At.UnixMicro(), doc, body)
	}
	return nil
}
