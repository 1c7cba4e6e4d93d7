package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Runner runs statements in a transaction that is open.
type Runner interface {
	// Each calls row for every row; scan reads its columns.
	Each(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error
	Run(ctx context.Context, query string, args ...any) error
}

// View lets fn look at one moment of the pool.
func (s *Store) View(ctx context.Context, fn func(sink.Evidence) error) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error { return fn(&view{tx: tx, dialect: &s.Dialect}) })
}

// view reads within a transaction that only reads.
type view struct {
	tx      *sql.Tx
	dialect *Dialect
}

// Hold has nothing to hold: the moment does not pass.
func (v *view) Hold(ctx context.Context, leads []string) (sink.Family, error) {
	living, err := v.dialect.Living(ctx, v, leads)
	if err != nil {
		return sink.Family{}, err
	}
	return v.dialect.Family(ctx, v, living)
}

// Reach follows identities and decisions.
func (v *view) Reach(ctx context.Context, keys, submissions []string, generic bool) (sink.Reached, error) {
	return v.dialect.Reach(ctx, v, keys, submissions, generic)
}

// Each calls row for every row.
func (v *view) Each(ctx context.Context, row func(func(...any) error) error, query string, args ...any) error {
	return each(ctx, v.tx, func(rows *sql.Rows) error { return row(rows.Scan) }, query, args...)
}

// Run is refused by the database.
func (v *view) Run(ctx context.Context, query string, args ...any) error {
	_, err := v.tx.ExecContext(ctx, query, args...)
	return err
}

// with names the rows of the JSON array in $1 "list(v)".
func (d *Dialect) with(query string) string {
	return "WITH RECURSIVE list(v) AS (" + d.List + ")" + query
}

// Living returns the living leads that ids stand for, ascending.
func (d *Dialect) Living(ctx context.Context, r Runner, ids []string) ([]string, error) {
	return texts(ctx, r, d.with(`, up(id, into_id) AS (
		SELECT id, merged_into FROM leads WHERE id IN (SELECT v FROM list)
		UNION
		SELECT l.id, l.merged_into FROM leads l JOIN up ON l.id = up.into_id
	) SELECT DISTINCT id FROM up WHERE into_id = '' ORDER BY id`), ids)
}

// Family reads living leads, all that went into them, and their touches. Holding them is up to the database.
func (d *Dialect) Family(ctx context.Context, r Runner, living []string) (sink.Family, error) {
	var f sink.Family
	ids, err := texts(ctx, r, d.with(`, family(id) AS (
		SELECT id FROM leads WHERE id IN (SELECT v FROM list)
		UNION
		SELECT l.id FROM leads l JOIN family f ON l.merged_into = f.id AND l.merged_into <> ''
	) SELECT id FROM family ORDER BY id`), living)
	if err != nil || len(ids) == 0 {
		return f, err
	}
	list := array(ids)
	err = r.Each(ctx, func(scan func(...any) error) error {
		var doc []byte
		if err := scan(&doc); err != nil {
			return err
		}
		rec, err := sink.Decode(doc)
		f.Records = append(f.Records, rec)
		return err
	}, d.with(" SELECT doc FROM records WHERE lead IN (SELECT v FROM list) ORDER BY lead"), list)
	if err != nil {
		return f, err
	}
	// One more than can be weighed is enough to see that they are too many.
	err = r.Each(ctx, func(scan func(...any) error) error {
		var at int64
		var doc []byte
		t := sink.Recorded{Submission: &lead.Submission{}}
		if err := scan(&t.Lead, &at, &doc); err != nil {
			return err
		}
		t.At = micros(at)
		f.Touches = append(f.Touches, t)
		return decode(doc, t.Submission)
	}, d.with(" SELECT lead, at, doc FROM touches WHERE lead IN (SELECT v FROM list) LIMIT "+strconv.Itoa(sink.MaxTouches+1)), list)
	return f, err
}

// Reach follows identities and decisions, as sink.Evidence says.
func (d *Dialect) Reach(ctx context.Context, r Runner, keys, submissions []string, generic bool) (sink.Reached, error) {
	out := sink.Reached{Now: map[string]string{}}
	var several []string
	err := r.Each(ctx, func(scan func(...any) error) error {
		var key, to string
		if err := scan(&key, &to); err != nil {
			return err
		}
		out.Now[key] = to
		switch {
		case to == sink.Shared:
			several = append(several, key)
		case to == sink.Generic:
			out.Generic = append(out.Generic, key)
		case to != "":
			out.Leads = append(out.Leads, to)
		}
		return nil
	}, d.with(" SELECT key, lead FROM identities WHERE key IN (SELECT v FROM list)"), array(keys))
	if err != nil {
		return out, err
	}
	if generic && len(out.Generic) > 0 {
		few, err := texts(ctx, r, d.with(" SELECT key FROM identity_leads WHERE key IN (SELECT v FROM list) GROUP BY key HAVING count(*) <= "+
			strconv.Itoa(sink.Reachable)), out.Generic)
		if err != nil {
			return out, err
		}
		several = append(several, few...)
		out.Generic = slices.DeleteFunc(out.Generic, func(k string) bool { return slices.Contains(few, k) })
	}
	if len(several) > 0 {
		leads, err := texts(ctx, r, d.with(" SELECT DISTINCT lead FROM identity_leads WHERE key IN (SELECT v FROM list)"), several)
		if err != nil {
			return out, err
		}
		out.Leads = append(out.Leads, leads...)
	}
	if err := d.decided(ctx, r, submissions, &out); err != nil {
		return out, err
	}
	slices.Sort(out.Leads)
	out.Leads = slices.Compact(out.Leads)
	return out, nil
}

// decided adds the decisions about submissions, and the living leads of all that these decisions are about.
func (d *Dialect) decided(ctx context.Context, r Runner, submissions []string, out *sink.Reached) error {
	if len(submissions) == 0 {
		return nil
	}
	var ids []string
	err := r.Each(ctx, func(scan func(...any) error) error {
		var id string
		var doc []byte
		if err := scan(&id, &doc); err != nil {
			return err
		}
		var decision lead.Decision
		if err := decode(doc, &decision); err != nil {
			return err
		}
		ids = append(ids, id)
		out.Decisions = append(out.Decisions, decision)
		return nil
	}, d.with(` SELECT id, doc FROM decisions WHERE id IN (
		SELECT decision FROM decision_touches WHERE touch IN (SELECT v FROM list)) ORDER BY id`), array(submissions))
	if err != nil || len(ids) == 0 {
		return err
	}
	leads, err := texts(ctx, r, d.with(` SELECT DISTINCT t.lead FROM decision_touches x JOIN touches t ON t.id = x.touch
		WHERE x.decision IN (SELECT v FROM list)`), ids)
	if err != nil {
		return err
	}
	living, err := d.Living(ctx, r, leads)
	out.Leads = append(out.Leads, living...)
	return err
}

// Regroup writes what a regrouping changes beside records, touches and the outbox.
func (d *Dialect) Regroup(ctx context.Context, r Runner, c sink.Changes) error {
	var gone []string
	var set, spread, moved [][2]string
	for _, s := range c.Spread {
		switch {
		case s.Same:
		case s.Lead == "":
			gone = append(gone, s.Key)
		default:
			set = append(set, [2]string{s.Key, s.Lead})
		}
		for _, id := range s.Leads {
			spread = append(spread, [2]string{s.Key, id})
		}
	}
	for _, m := range c.Moved {
		moved = append(moved, [2]string{m.Submission, m.Lead})
	}
	for _, step := range []struct {
		n     int
		query string
		arg   any
	}{
		{len(c.Cleared), d.with(" DELETE FROM identity_leads WHERE lead IN (SELECT v FROM list)"), c.Cleared},
		{len(gone), d.with(" DELETE FROM identities WHERE key IN (SELECT v FROM list)"), gone},
		{len(set), "INSERT INTO identities (key, lead) " + d.Pairs + " ON CONFLICT (key) DO UPDATE SET lead = excluded.lead", set},
		{len(spread), "INSERT INTO identity_leads (key, lead) " + d.Pairs + " ON CONFLICT (key, lead) DO NOTHING", spread},
		{len(moved), "WITH p(id, into_id) AS (" + d.Pairs + ") UPDATE touches SET lead = (SELECT into_id FROM p WHERE p.id = touches.id) WHERE id IN (SELECT id FROM p)", moved},
		{len(c.Dropped), d.with(" UPDATE rejections SET state = 'withdrawn' WHERE state = 'open' AND id IN (SELECT v FROM list)"), c.Dropped},
		{len(c.Erased), d.with(" DELETE FROM leads WHERE id IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM records WHERE lead IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM events WHERE lead IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM timers WHERE lead IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM notifications WHERE lead IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM acts WHERE lead IN (SELECT v FROM list)"), c.Erased},
	} {
		if step.n == 0 {
			continue
		}
		if err := r.Run(ctx, step.query, array(step.arg)); err != nil {
			return err
		}
	}
	for _, t := range c.Renewed {
		if err := r.Run(ctx, "UPDATE touches SET doc = $1 WHERE id = $2", t.JSON, t.Submission); err != nil {
			return err
		}
	}
	if err := d.withdraw(ctx, r, c.Withdrawn); err != nil {
		return err
	}
	return d.decide(ctx, r, c.Decisions)
}

func (d *Dialect) withdraw(ctx context.Context, r Runner, touches []sink.Touch) error {
	if len(touches) == 0 {
		return nil
	}
	ids := make([]string, len(touches))
	for i, t := range touches {
		ids[i] = t.Submission
	}
	for _, table := range []string{"touches", "rejections"} { // what was resolved is withdrawn now
		if err := r.Run(ctx, d.with(" DELETE FROM "+table+" WHERE id IN (SELECT v FROM list)"), array(ids)); err != nil {
			return err
		}
	}
	for _, s := range Totals(touches) {
		if err := r.Run(ctx, "UPDATE source_totals SET touches = touches - $1 WHERE source = $2", s.Touches, s.Source); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dialect) decide(ctx context.Context, r Runner, decisions []lead.Decision) error {
	for _, decision := range decisions {
		doc, err := json.Marshal(decision)
		if err != nil {
			return err
		}
		if err := r.Run(ctx, "INSERT INTO decisions (id, doc) VALUES ($1, $2)", decision.ID, doc); err != nil {
			return err
		}
		pairs := make([][2]string, 0, len(decision.A)+len(decision.B))
		for _, t := range slices.Concat(decision.A, decision.B) {
			pairs = append(pairs, [2]string{t, decision.ID})
		}
		if err := r.Run(ctx, "INSERT INTO decision_touches (touch, decision) "+d.Pairs+" ON CONFLICT (touch, decision) DO NOTHING", array(pairs)); err != nil {
			return err
		}
	}
	return nil
}

func texts(ctx context.Context, r Runner, query string, list []string) ([]string, error) {
	var out []string
	err := r.Each(ctx, func(scan func(...any) error) error {
		var s string
		if err := scan(&s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	}, query, array(list))
	return out, err
}

// array is a JSON array as an argument. Strings cannot fail to encode.
func array(list any) string {
	b, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	if string(b) == "null" {
		return "[]"
	}
	return clean(string(b))
}
