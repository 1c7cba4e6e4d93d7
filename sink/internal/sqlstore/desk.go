package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// ErrAgain is returned within a transaction that has to start again.
var ErrAgain = errors.New("the pool changed meanwhile")

// Recent keeps what was read last, to be read again when it has changed: the configuration, and in a database with a Dialect.Clock the
// states of all reps.
type Recent struct {
	config atomic.Pointer[lead.Config]
	staff  atomic.Pointer[staffAt]
}

// read returns the configuration, its reps sorted by key. It is shared: nobody may change it.
func (c *Recent) read(ctx context.Context, r Runner) (*lead.Config, error) {
	version, err := number(ctx, r, "SELECT version FROM config WHERE id = 1")
	if err != nil {
		return nil, err
	}
	return c.at(ctx, r, version)
}

// at is read for who knows the version.
func (c *Recent) at(ctx context.Context, r Runner, version int64) (*lead.Config, error) {
	if last := c.config.Load(); last != nil && last.Version == version {
		return last, nil
	}
	next := &lead.Config{}
	var doc []byte
	err := r.Each(ctx, func(scan func(...any) error) error { return scan(&version, &doc) }, "SELECT version, doc FROM config WHERE id = 1")
	if err == nil {
		err = decode(doc, next)
	}
	if err != nil {
		return nil, err
	}
	next.Version = version
	slices.SortFunc(next.Reps, func(a, b lead.Rep) int { return strings.Compare(a.Key, b.Key) })
	c.config.Store(next)
	return next, nil
}

// number reads one.
func number(ctx context.Context, r Runner, query string, args ...any) (n int64, err error) {
	err = r.Each(ctx, func(scan func(...any) error) error { return scan(&n) }, query, args...)
	return n, err
}

// anyQueued is 1 when leads wait on the queue whose turn it is by $1, else 0.
const anyQueued = "SELECT count(*) FROM (SELECT 1 FROM leads WHERE due_at IS NOT NULL AND grade IN (0, 1, 2, 3, 4) AND due_at <= $1 LIMIT 1) AS x"

// Waiting tells, without a lock, whether there is anything to take: the question is asked often, and mostly in vain.
func (s *Store) Waiting(ctx context.Context, take sink.Take) (bool, error) {
	var query string
	var args []any
	switch {
	case !take.Queued.IsZero():
		query, args = anyQueued, []any{take.Queued.UnixMicro()}
	case !take.Rung.IsZero():
		query, args = "SELECT count(*) FROM (SELECT 1 FROM timers WHERE due_at <= $1 LIMIT 1) AS x", []any{take.Rung.UnixMicro()}
	case take.Walk != (sink.Plan{}):
		query, args = "SELECT count(*) FROM timer_plan WHERE version < $1", []any{take.Walk.Version}
	default:
		return true, nil
	}
	var n int
	err := s.Read.QueryRowContext(ctx, query, args...).Scan(&n)
	return n > 0, s.Dialect.Wrap(err)
}

// Take takes leads and the states of reps within a transaction, as sink.Desk says: leads first, then states.
func (d *Dialect) Take(ctx context.Context, r Runner, c *Recent, take sink.Take) (sink.Taken, error) {
	var out sink.Taken
	ids, err := d.takeIDs(ctx, r, take)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	// Only now that they are held: what the statement that locked them saw may be old.
	if out.Records, err = d.documents(ctx, r, ids); err != nil {
		return out, err
	}
	for _, rec := range out.Records {
		if rec.MergedInto != "" {
			return out, ErrAgain
		}
	}
	if out.Config, err = c.read(ctx, r); err != nil {
		return out, err
	}
	if err := d.staff(ctx, r, c, take, &out); err != nil {
		return out, err
	}
	if take.Act != "" {
		err = r.Each(ctx, func(scan func(...any) error) error {
			out.Done = true
			var id string
			return scan(&id)
		}, "SELECT id FROM acts WHERE id = $1", clean(take.Act))
	}
	return out, err
}

func (d *Dialect) takeIDs(ctx context.Context, r Runner, take sink.Take) ([]string, error) {
	limit := strconv.Itoa(take.Limit)
	switch {
	case len(take.Leads) > 0:
		living, err := texts(ctx, r, d.with(`, up(id, into_id) AS (
			SELECT id, merged_into FROM leads WHERE id IN (SELECT v FROM list) OR number IN (SELECT v FROM list)
			UNION
			SELECT l.id, l.merged_into FROM leads l JOIN up ON l.id = up.into_id
		) SELECT DISTINCT id FROM up WHERE into_id = '' ORDER BY id`), take.Leads)
		if err != nil || d.ForUpdate == "" || len(living) == 0 {
			return living, err
		}
		return texts(ctx, r, d.with(" SELECT id FROM leads WHERE id IN (SELECT v FROM list) ORDER BY id"+d.ForUpdate), living)
	case take.Owner != "":
		return column(ctx, r, "SELECT id FROM leads WHERE owner = $1 AND owner <> '' AND merged_into = '' AND id > $2 ORDER BY id LIMIT "+limit+d.ForUpdate,
			clean(take.Owner), clean(take.After))
	case !take.Queued.IsZero():
		return d.queued(ctx, r, take)
	case !take.Rung.IsZero():
		// The lead is held, not its timer: whoever changes the lead plans its timer anew under the same lock.
		query := "SELECT l.id FROM timers t JOIN leads l ON l.id = t.lead WHERE t.due_at <= $1 ORDER BY t.due_at, t.lead LIMIT " + limit
		if d.ForUpdate != "" {
			query += " FOR UPDATE OF l SKIP LOCKED"
		}
		return column(ctx, r, query, take.Rung.UnixMicro())
	}
	return d.walk(ctx, r, take)
}

// queued takes the best grade first, and of a grade who waits longest.
func (d *Dialect) queued(ctx context.Context, r Runner, take sink.Take) ([]string, error) {
	var ids []string
	for grade := len(grades) - 1; grade >= 0 && len(ids) < take.Limit; grade-- {
		query := "SELECT id FROM leads WHERE due_at IS NOT NULL AND grade = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3"
		if d.ForUpdate != "" {
			query += " FOR UPDATE SKIP LOCKED"
		}
		more, err := column(ctx, r, query, grade, take.Queued.UnixMicro(), take.Limit-len(ids))
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids, nil
}

// walk goes on with the leads that reps own, so that each is planned for the terms of take. At the end the plan is noted.
func (d *Dialect) walk(ctx context.Context, r Runner, take sink.Take) ([]string, error) {
	var at struct {
		version                     int64
		print, walking, owner, lead string
	}
	skip := ""
	if d.ForUpdate != "" {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	mine := false
	err := r.Each(ctx, func(scan func(...any) error) error {
		mine = true
		return scan(&at.version, &at.print, &at.walking, &at.owner, &at.lead)
	}, "SELECT version, print, walking, owner, lead FROM timer_plan WHERE id = 1 AND version < $1"+skip, take.Walk.Version)
	if err != nil || !mine {
		return nil, err
	}
	if at.walking != take.Walk.Print {
		at.walking, at.owner, at.lead = take.Walk.Print, "", ""
	}
	type place struct{ owner, id string }
	var places []place
	if at.print != take.Walk.Print {
		err = r.Each(ctx, func(scan func(...any) error) error {
			var p place
			err := scan(&p.owner, &p.id)
			places = append(places, p)
			return err
		}, "SELECT owner, id FROM leads WHERE owner <> '' AND merged_into = '' AND (owner, id) > ($1, $2) ORDER BY owner, id LIMIT "+strconv.Itoa(take.Limit), at.owner, at.lead)
		if err != nil {
			return nil, err
		}
	}
	if len(places) == 0 {
		return nil, r.Run(ctx, "UPDATE timer_plan SET version = $1, print = $2, walking = '', owner = '', lead = '' WHERE id = 1", take.Walk.Version, take.Walk.Print)
	}
	last := places[len(places)-1]
	if err := r.Run(ctx, "UPDATE timer_plan SET walking = $1, owner = $2, lead = $3 WHERE id = 1", at.walking, last.owner, last.id); err != nil {
		return nil, err
	}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	slices.Sort(ids)
	if d.ForUpdate == "" {
		return ids, nil
	}
	return texts(ctx, r, d.with(" SELECT id FROM leads WHERE id IN (SELECT v FROM list) AND merged_into = '' ORDER BY id"+d.ForUpdate), ids)
}

// documents reads records in the order of ids.
func (d *Dialect) documents(ctx context.Context, r Runner, ids []string) ([]*lead.Record, error) {
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	out := make([]*lead.Record, len(ids))
	docs := make([][]byte, 0, len(ids))
	err := r.Each(ctx, func(scan func(...any) error) error {
		var doc []byte
		err := scan(&doc)
		docs = append(docs, doc)
		return err
	}, d.with(" SELECT doc FROM records WHERE lead IN (SELECT v FROM list)"), array(ids))
	if err != nil {
		return nil, err
	}
	records, err := sink.DecodeAll(docs)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		out[at[rec.ID]] = rec
	}
	if slices.Contains(out, nil) {
		return nil, ErrAgain
	}
	return out, nil
}

// owners finds, for the companies of some leads, who owns a lead of the same company, the latest first.
func (d *Dialect) owners(ctx context.Context, r Runner, records []*lead.Record) (map[string][]string, error) {
	companies := map[string]bool{}
	for _, rec := range records {
		if key := clean(rec.CompanyKey()); key != "" {
			companies[key] = true
		}
	}
	out := make(map[string][]string, len(companies))
	if len(companies) == 0 {
		return out, nil
	}
	err := r.Each(ctx, ownerInto(out), d.with(ownersOf), array(slices.Sorted(maps.Keys(companies))))
	return out, err
}

const ownersOf = ` SELECT company, owner, max(id) AS latest FROM leads WHERE company IN (SELECT v FROM list) AND company <> '' AND owner <> '' AND merged_into = ''
	GROUP BY company, owner ORDER BY latest DESC`

func ownerInto(out map[string][]string) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var company, owner, id string
		err := scan(&company, &owner, &id)
		out[company] = append(out[company], owner)
		return err
	}
}

// Owners are the reps who own a living lead of a company, the latest first.
func (s *Store) Owners(ctx context.Context, company string) ([]string, error) {
	out := map[string][]string{}
	row := ownerInto(out)
	err := each(ctx, s.Read, func(rows *sql.Rows) error { return row(rows.Scan) }, s.Dialect.with(ownersOf), array([]string{company}))
	return out[clean(company)], s.Dialect.Wrap(err)
}

// column reads one text column.
func column(ctx context.Context, r Runner, query string, args ...any) ([]string, error) {
	var out []string
	err := r.Each(ctx, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	}, query, args...)
	return out, err
}
