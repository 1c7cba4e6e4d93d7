package sqlstore

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Matching answers sink.MatchReader through a Runner, and writes what comes of it.
type Matching struct {
	Runner
	Dialect *Dialect
}

var _ sink.MatchReader = Matching{}

// rows is a SELECT of the JSON array of arrays in $1, one column per type.
func (d *Dialect) rows(types ...string) string { return d.rowsAnd("", types...) }

// rowsAnd adds a last column that is the same in every row.
func (d *Dialect) rowsAnd(last string, types ...string) string {
	columns := make([]string, len(types))
	for i, typ := range types {
		columns[i] = d.Element(i, typ)
	}
	if last != "" {
		columns = append(columns, last)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + d.Elements + " WHERE true"
}

// Profiles reads what is compared of leads.
func (m Matching) Profiles(ctx context.Context, leads []string) (map[string]*sink.Profile, error) {
	out := make(map[string]*sink.Profile, len(leads))
	err := m.Each(ctx, func(scan func(...any) error) error {
		var doc []byte
		if err := scan(&doc); err != nil {
			return err
		}
		p, err := sink.DecodeProfile(doc)
		if err == nil {
			out[p.ID] = p
		}
		return err
	}, m.Dialect.with(" SELECT doc FROM records WHERE lead IN (SELECT v FROM list)"), array(leads))
	return out, err
}

// Matched reads as what leads were compared last.
func (m Matching) Matched(ctx context.Context, leads []string) (map[string]sink.Matched, error) {
	out := make(map[string]sink.Matched, len(leads))
	err := m.Each(ctx, func(scan func(...any) error) error {
		var x sink.Matched
		var keys []byte
		if err := scan(&x.Lead, &x.Profile, &keys); err != nil {
			return err
		}
		err := decode(keys, &x.Keys)
		out[x.Lead] = x
		return err
	}, m.Dialect.with(" SELECT lead, profile, keys FROM match_leads WHERE lead IN (SELECT v FROM list)"), array(leads))
	return out, err
}

// Members reads the leads under keys.
func (m Matching) Members(ctx context.Context, keys []int64, limit int) (map[int64][]string, error) {
	out := make(map[int64][]string, len(keys))
	err := m.Each(ctx, func(scan func(...any) error) error {
		var key int64
		var id string
		if err := scan(&key, &id); err != nil {
			return err
		}
		out[key] = append(out[key], id)
		return nil
	}, strings.ReplaceAll(m.Dialect.with(m.Dialect.Members), "LIMITED", strconv.Itoa(limit)), array(keys))
	return out, err
}

// Pairs reads all that is kept of leads.
func (m Matching) Pairs(ctx context.Context, leads []string) ([]sink.Pair, error) {
	var out []sink.Pair
	err := m.Each(ctx, func(scan func(...any) error) error {
		var p sink.Pair
		var at int64
		var doc []byte
		if err := scan(&p.A, &p.B, &p.Score, &p.State, &at, &doc); err != nil {
			return err
		}
		p.At = micros(at)
		err := decode(doc, &p.PairDoc)
		out = append(out, p)
		return err
	}, m.Dialect.with(` SELECT a, b, score, state, at, doc FROM possible_duplicates WHERE a IN (SELECT v FROM list)
		UNION SELECT a, b, score, state, at, doc FROM possible_duplicates WHERE b IN (SELECT v FROM list)`), array(leads))
	return out, err
}

// Decided reads the decisions about touches of leads, and of all that went into these.
func (m Matching) Decided(ctx context.Context, leads []string) ([]sink.Decided, error) {
	touches := map[string]map[string]string{} // by decision: the lead of each touch
	err := m.Each(ctx, func(scan func(...any) error) error {
		var root, touch, decision string
		if err := scan(&root, &touch, &decision); err != nil {
			return err
		}
		if touches[decision] == nil {
			touches[decision] = map[string]string{}
		}
		touches[decision][touch] = root
		return nil
	}, m.Dialect.with(`, family(id, root) AS (
		SELECT id, id FROM leads WHERE id IN (SELECT v FROM list)
		UNION
		SELECT l.id, f.root FROM leads l JOIN family f ON l.merged_into = f.id AND l.merged_into <> ''
	) SELECT DISTINCT f.root, x.touch, x.decision FROM family f JOIN touches t ON t.lead = f.id JOIN decision_touches x ON x.touch = t.id`), array(leads))
	if err != nil || len(touches) == 0 {
		return nil, err
	}
	var out []sink.Decided
	err = m.Each(ctx, func(scan func(...any) error) error {
		var doc []byte
		if err := scan(&doc); err != nil {
			return err
		}
		var d sink.Decided
		if err := decode(doc, &d.Decision); err != nil {
			return err
		}
		d.LeadsA, d.LeadsB = leadsOf(d.A, touches[d.ID]), leadsOf(d.B, touches[d.ID])
		out = append(out, d)
		return nil
	}, m.Dialect.with(" SELECT doc FROM decisions WHERE id IN (SELECT v FROM list) ORDER BY id"), array(sortedKeys(touches)))
	return out, err
}

func leadsOf(touches []string, leads map[string]string) []string {
	set := map[string]bool{}
	for _, t := range touches {
		if id := leads[t]; id != "" {
			set[id] = true
		}
	}
	return sortedKeys(set)
}

// Touches reads leads with all that went into them.
func (m Matching) Touches(ctx context.Context, leads []string) (sink.Family, error) {
	return m.Dialect.Family(ctx, m, leads)
}

// Write writes what Match came to.
func (m Matching) Write(ctx context.Context, c sink.MatchChanges) error {
	d := m.Dialect
	var matched, pairs [][]any
	for _, x := range c.Matched {
		keys := x.Keys
		if keys == nil {
			keys = []int64{}
		}
		text, err := json.Marshal(keys)
		if err != nil {
			return err
		}
		matched = append(matched, []any{x.Lead, x.Profile, string(text)})
	}
	for _, p := range c.Pairs {
		doc, err := json.Marshal(p.PairDoc)
		if err != nil {
			return err
		}
		pairs = append(pairs, []any{p.A, p.B, p.Score, p.State, p.At.UnixMicro(), string(doc)})
	}
	closed := make([][]any, len(c.Closed))
	for i, p := range c.Closed {
		closed[i] = []any{p.A, p.B}
	}
	for _, step := range []struct {
		n     int
		query string
		arg   any
	}{
		{len(c.Removed), "DELETE FROM match_keys WHERE (key, lead) IN (" + d.rows("bigint", "text") + ")", keyRows(c.Removed)},
		{len(c.Added), "INSERT INTO match_keys (key, lead) " + d.rows("bigint", "text") + " ON CONFLICT (key, lead) DO NOTHING", keyRows(c.Added)},
		{len(matched), "INSERT INTO match_leads (lead, profile, keys) " + d.rows("text", "bigint", "text") +
			" ON CONFLICT (lead) DO UPDATE SET profile = excluded.profile, keys = excluded.keys", matched},
		{len(c.Forgotten), d.with(" DELETE FROM match_leads WHERE lead IN (SELECT v FROM list)"), c.Forgotten},
		{len(closed), "DELETE FROM possible_duplicates WHERE (a, b) IN (" + d.rows("text", "text") + ")", closed},
		{len(pairs), "INSERT INTO possible_duplicates (a, b, score, state, at, doc) " + d.rows("text", "text", "double precision", "text", "bigint", "text") +
			" ON CONFLICT (a, b) DO UPDATE SET score = excluded.score, state = excluded.state, at = excluded.at, doc = excluded.doc", pairs},
		{len(c.Erased), d.with(" DELETE FROM possible_duplicates WHERE a IN (SELECT v FROM list) OR b IN (SELECT v FROM list)"), c.Erased},
		{len(c.Erased), d.with(" DELETE FROM events WHERE lead IN (SELECT v FROM list)"), c.Erased},
	} {
		if step.n == 0 {
			continue
		}
		if err := m.Run(ctx, step.query, array(step.arg)); err != nil {
			return err
		}
	}
	if err := m.remind(ctx, c.Events); err != nil {
		return err
	}
	return m.notify(ctx, c.Notifications)
}

func keyRows(list []sink.KeyOf) [][]any {
	out := make([][]any, len(list))
	for i, k := range list {
		out[i] = []any{k.Key, k.Lead}
	}
	return out
}

// remind adds to histories what is no version of a lead: such events have numbers below zero.
func (m Matching) remind(ctx context.Context, events []lead.Event) error {
	for _, e := range events {
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		err = m.Run(ctx, `INSERT INTO events (lead, version, at, doc)
			SELECT $1, -1 - count(*), $2, $3 FROM events WHERE lead = $1 AND version < 0`, e.Lead, e.At.UnixMicro(), doc)
		if err != nil {
			return err
		}
	}
	return nil
}

func (m Matching) notify(ctx context.Context, list []lead.Notification) error {
	for _, n := range list {
		row, err := NotificationRow(n)
		if err != nil {
			return err
		}
		if err := m.Run(ctx, addNotification, row...); err != nil {
			return err
		}
	}
	return nil
}
