package sqlstore

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Care writes what goes with leads that change hands: timers, states of reps, ids of what was done, and it wakes leads that wait
// for a rep. Who calls it holds the leads and the states.
func (d *Dialect) Care(ctx context.Context, r Runner, c sink.Changes) error {
	var set, forget [][]any
	for _, t := range c.Timers {
		if t.At.IsZero() {
			forget = append(forget, []any{t.Lead})
		} else {
			set = append(set, []any{t.Lead, t.Kind, t.At.UnixMicro()})
		}
	}
	var acts, states [][]any
	for _, a := range c.Acts {
		acts = append(acts, []any{a.ID, a.Lead, a.At.UnixMicro()})
	}
	for _, s := range c.States {
		row, err := StateRow(s)
		if err != nil {
			return err
		}
		states = append(states, row)
	}
	for _, step := range []struct {
		rows  [][]any
		query string
	}{
		{states, "INSERT INTO rep_state (rep, assigned, day, today, claimed, last_claim, credits, credit) " +
			d.rowsAnd("0", "text", "bigint", "text", "bigint", "text", "bigint", "text") +
			` ON CONFLICT (rep) DO UPDATE SET assigned = excluded.assigned, day = excluded.day, today = excluded.today, claimed = excluded.claimed,
				last_claim = excluded.last_claim, credits = excluded.credits`},
		{set, "INSERT INTO timers (lead, kind, due_at) " + d.rows("text", "text", "bigint") +
			" ON CONFLICT (lead) DO UPDATE SET kind = excluded.kind, due_at = excluded.due_at"},
		{forget, "DELETE FROM timers WHERE lead IN (" + d.rows("text") + ")"},
		{acts, "INSERT INTO acts (id, lead, at) " + d.rows("text", "text", "bigint")},
	} {
		if len(step.rows) == 0 {
			continue
		}
		if err := r.Run(ctx, step.query, array(step.rows)); err != nil {
			return err
		}
	}
	if len(c.Offered) > 0 { // who saves a lead holds it
		if err := r.Run(ctx, d.with(" UPDATE leads SET due_at = 0, waits = '' WHERE id IN (SELECT v FROM list) AND waits <> ''"), array(c.Offered)); err != nil {
			return err
		}
	}
	if c.Freed > 0 {
		return d.wake(ctx, r, c.Freed)
	}
	return nil
}

// waiting finds the rules that leads wait for, without reading the leads.
const waiting = `WITH RECURSIVE w(k) AS (
	SELECT (SELECT min(waits) FROM leads WHERE waits <> '')
	UNION ALL
	SELECT (SELECT min(waits) FROM leads WHERE waits <> '' AND waits > w.k) FROM w WHERE w.k IS NOT NULL
) SELECT k FROM w WHERE k IS NOT NULL`

// wake lets the best n leads of every rule that leads wait for be tried at once. Those that others hold are left out: they are
// tried at their time.
func (d *Dialect) wake(ctx context.Context, r Runner, n int) error {
	rules, err := column(ctx, r, waiting)
	if err != nil {
		return err
	}
	skip := ""
	if d.ForUpdate != "" {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	for _, rule := range rules {
		err := r.Run(ctx, `UPDATE leads SET due_at = 0, waits = '' WHERE id IN (
			SELECT id FROM leads WHERE waits <> '' AND waits = $1 ORDER BY grade DESC, id LIMIT $2`+skip+")", rule, n)
		if err != nil {
			return err
		}
	}
	return nil
}

// Notifications lists what a rep was to be told.
func (s *Store) Notifications(ctx context.Context, rep string, n int) ([]lead.Notification, error) {
	w := &where{}
	if rep != "" {
		w.add("rep = ?", clean(rep))
	}
	out := []lead.Notification{}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var doc []byte
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var notification lead.Notification
		err := decode(doc, &notification)
		out = append(out, notification)
		return err
	}, "SELECT doc FROM notifications"+w.String()+" ORDER BY at, id LIMIT "+strconv.Itoa(n), w.args...)
	return out, s.Dialect.Wrap(err)
}
