package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"

	"github.com/leadhub/leadhub/lead"
)

// RepStates are the counters of all reps, by key.
func (s *Store) RepStates(ctx context.Context) ([]lead.RepState, error) {
	states := map[string]*lead.RepState{}
	err := s.snapshot(ctx, func(tx *sql.Tx) error { return s.repStates(ctx, tx, states) })
	out := make([]lead.RepState, 0, len(states))
	for _, key := range sortedKeys(states) {
		out = append(out, *states[key])
	}
	return out, err
}

func (s *Store) repStates(ctx context.Context, tx *sql.Tx, states map[string]*lead.RepState) error {
	c, err := readConfig(ctx, tx, "")
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range c.Reps {
		known[r.Key] = true
	}
	d, all := &s.Dialect, &view{tx: tx, dialect: &s.Dialect}
	rows, err := d.packed(ctx, all, stateColumns, "rep_state")
	if err != nil {
		return err
	}
	for _, columns := range rows {
		st, err := stateOf(columns)
		if err != nil {
			return err
		}
		if known[st.Rep] {
			states[st.Rep] = st
		}
	}
	held, err := d.packed(ctx, all, heldColumns, "rep_held WHERE held <> 0")
	if err != nil {
		return err
	}
	for _, columns := range held {
		rep := columns[0]
		if states[rep] == nil {
			states[rep] = &lead.RepState{Rep: rep}
		}
		if states[rep].Held, err = strconv.Atoi(columns[1]); err != nil {
			return err
		}
	}
	// Who is gone may own leads that are closed: they are not held, and still his.
	return each(ctx, tx, func(rows *sql.Rows) error {
		var rep string
		err := rows.Scan(&rep)
		if states[rep] == nil {
			states[rep] = &lead.RepState{Rep: rep}
		}
		return err
	}, `WITH RECURSIVE w(k) AS (
		SELECT (SELECT min(owner) FROM leads WHERE owner <> '' AND merged_into = '')
		UNION ALL
		SELECT (SELECT min(owner) FROM leads WHERE owner <> '' AND merged_into = '' AND owner > w.k) FROM w WHERE w.k IS NOT NULL
	) SELECT k FROM w WHERE k IS NOT NULL`)
}

// PoolStates are the public pools that hold leads, by key.
func (s *Store) PoolStates(ctx context.Context) ([]lead.PoolState, error) {
	pools := map[string]*lead.PoolState{}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var key string
		var grade, n int64
		var oldest *int64
		if err := rows.Scan(&key, &grade, &n, &oldest); err != nil {
			return err
		}
		p := pools[key]
		if p == nil {
			p = &lead.PoolState{Pool: key, Grades: map[string]int64{}}
			pools[key] = p
		}
		p.Leads += n
		p.Grades[grades[grade]] += n
		if oldest != nil && (p.Oldest.IsZero() || micros(*oldest).Before(p.Oldest)) {
			p.Oldest = micros(*oldest)
		}
		return nil
	}, "SELECT pool, grade, count(*), min(pooled_at) FROM leads WHERE pool <> '' AND merged_into = '' GROUP BY pool, grade")
	out := make([]lead.PoolState, 0, len(pools))
	for _, key := range sortedKeys(pools) {
		out = append(out, *pools[key])
	}
	return out, s.Dialect.Wrap(err)
}

// performed is what is read of one lead.
type performed struct {
	id, source, campaign, rule, owner, currency string
	assigned, contacted, converted, amount      *int64
}

// Performance reads every lead that came into the pool within the time.
func (s *Store) Performance(ctx context.Context, q lead.PerformanceQuery) (lead.Performance, error) {
	var out lead.Performance
	w := &where{}
	w.add("merged_into = ''")
	if !q.Since.IsZero() {
		w.add("id >= ?", lead.IDAt("ld_", q.Since))
	}
	if !q.Until.IsZero() {
		w.add("id < ?", lead.IDAt("ld_", q.Until))
	}
	bySource, byRule, byRep, f := speeds{}, speeds{}, speeds{}, funnels{}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var p performed
			if err := rows.Scan(&p.id, &p.source, &p.campaign, &p.rule, &p.owner, &p.assigned, &p.contacted, &p.converted, &p.amount, &p.currency); err != nil {
				return err
			}
			bySource.add(p.source, &p)
			byRule.add(p.rule, &p)
			byRep.add(p.owner, &p)
			f.add(&p)
			return nil
		}, "SELECT id, source, campaign, rule, owner, assigned_at, contacted_at, converted_at, amount, currency FROM leads"+w.String(), w.args...)
		if err != nil {
			return err
		}
		out.Use, err = s.use(ctx, tx)
		return err
	})
	out.BySource, out.ByRule, out.ByRep, out.Funnel = bySource.sorted(), byRule.sorted(), byRep.sorted(), f.sorted()
	return out, err
}

// use is what reps have of their limits.
func (s *Store) use(ctx context.Context, tx *sql.Tx) ([]lead.Use, error) {
	states := map[string]*lead.RepState{}
	if err := s.repStates(ctx, tx, states); err != nil {
		return nil, err
	}
	c, err := readConfig(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	out := make([]lead.Use, 0, len(states))
	for _, key := range sortedKeys(states) {
		u := lead.Use{RepState: *states[key], Gone: true}
		if i := slices.IndexFunc(c.Reps, func(r lead.Rep) bool { return r.Key == key }); i >= 0 {
			u.Daily, u.Holding, u.Gone = c.Reps[i].Daily, c.Reps[i].Holding, false
		}
		out = append(out, u)
	}
	return out, nil
}

// speeds collects durations in seconds, by key.
type speeds map[string]*speed

type speed struct {
	leads                 int64
	assignment, contacted []float32
}

func (s speeds) add(key string, p *performed) {
	came, ok := lead.IDTime(p.id)
	if !ok {
		return
	}
	at := s[key]
	if at == nil {
		at = &speed{}
		s[key] = at
	}
	at.leads++
	since := func(list []float32, then *int64) []float32 {
		if then == nil {
			return list
		}
		return append(list, float32(max(micros(*then).Sub(came), 0).Seconds()))
	}
	at.assignment, at.contacted = since(at.assignment, p.assigned), since(at.contacted, p.contacted)
}

func (s speeds) sorted() []lead.Speed {
	out := make([]lead.Speed, 0, len(s))
	for _, key := range sortedKeys(s) {
		out = append(out, lead.Speed{Key: key, Leads: s[key].leads, Assignment: spread(s[key].assignment), Contact: spread(s[key].contacted)})
	}
	return out
}

// spread sums up durations. A percentile is the smallest of them that so many are not above.
func spread(list []float32) lead.Spread {
	out := lead.Spread{Count: int64(len(list))}
	if len(list) == 0 {
		return out
	}
	slices.Sort(list)
	at := func(percent int) float64 { return float64(list[(len(list)*percent+99)/100-1]) }
	sum := 0.0
	for _, v := range list {
		sum += float64(v)
	}
	out.Mean, out.P50, out.P90 = sum/float64(len(list)), at(50), at(90)
	return out
}

// funnels counts leads by source and campaign.
type funnels map[[2]string]*counted

type counted struct {
	lead.Funnel
	cents map[string]int64
}

func (f funnels) add(p *performed) {
	key := [2]string{p.source, p.campaign}
	c := f[key]
	if c == nil {
		c = &counted{Funnel: lead.Funnel{Source: p.source, Campaign: p.campaign}, cents: map[string]int64{}}
		f[key] = c
	}
	c.Leads++
	count := func(n, at *int64) {
		if at != nil {
			*n++
		}
	}
	count(&c.Assigned, p.assigned)
	count(&c.Contacted, p.contacted)
	count(&c.Converted, p.converted)
	if p.amount != nil {
		c.cents[p.currency] += *p.amount
	}
}

func (f funnels) sorted() []lead.Funnel {
	out := make([]lead.Funnel, 0, len(f))
	for _, key := range slices.SortedFunc(maps.Keys(f), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		c := f[key]
		c.Amounts = make(map[string]string, len(c.cents))
		for currency, cents := range c.cents {
			c.Amounts[currency] = lead.Amount(cents)
		}
		out = append(out, c.Funnel)
	}
	return out
}
