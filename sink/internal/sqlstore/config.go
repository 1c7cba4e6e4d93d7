package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// Config returns the whole configuration.
func (s *Store) Config(ctx context.Context) (lead.Config, error) {
	var c lead.Config
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var err error
		c, err = readConfig(ctx, tx, "")
		return err
	})
	return c, err
}

// ConfigVersion returns Config.Version alone.
func (s *Store) ConfigVersion(ctx context.Context) (int64, error) {
	var v int64
	err := s.Read.QueryRowContext(ctx, "SELECT version FROM config WHERE id = 1").Scan(&v)
	return v, s.Dialect.Wrap(err)
}

// EditConfig lets fn change the configuration.
func (s *Store) EditConfig(ctx context.Context, fn func(*lead.Config) error) (lead.Config, error) {
	tx, err := s.Write.BeginTx(ctx, nil)
	if err != nil {
		return lead.Config{}, s.Dialect.Wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	c, err := readConfig(ctx, tx, s.Dialect.ForUpdate)
	if err != nil {
		return lead.Config{}, s.Dialect.Wrap(err)
	}
	before := c
	before.Reps, before.Teams, before.Rules, before.Pools = slices.Clone(c.Reps), slices.Clone(c.Teams), slices.Clone(c.Rules), slices.Clone(c.Pools)
	if err := fn(&c); err != nil {
		return lead.Config{}, err
	}
	c.Version = before.Version + 1
	if err := writeConfig(ctx, tx, &c, &before, s.Dialect.SkipLocked); err != nil {
		return lead.Config{}, s.Dialect.Wrap(err)
	}
	if c, err = readConfig(ctx, tx, ""); err != nil {
		return lead.Config{}, s.Dialect.Wrap(err)
	}
	return c, s.Dialect.Wrap(tx.Commit())
}

func readConfig(ctx context.Context, q querier, forUpdate string) (lead.Config, error) {
	var c lead.Config
	var version int64
	var doc []byte
	if err := q.QueryRowContext(ctx, "SELECT version, doc FROM config WHERE id = 1"+forUpdate).Scan(&version, &doc); err != nil {
		return c, err
	}
	if err := decode(doc, &c); err != nil {
		return c, err
	}
	c.Version = version
	counters := map[string]lead.Rep{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var r lead.Rep
		if err := rows.Scan(&r.Key, &r.Assigned); err != nil {
			return err
		}
		counters[r.Key] = r
		return nil
	}, "SELECT rep, assigned FROM rep_state")
	for i := range c.Reps {
		r := &c.Reps[i]
		r.Assigned = counters[r.Key].Assigned
	}
	return c, err
}

func writeConfig(ctx context.Context, tx *sql.Tx, c, before *lead.Config, skipLocked string) error {
	stored := *c
	stored.Reps = slices.Clone(c.Reps)
	for i := range stored.Reps {
		stored.Reps[i].Assigned = 0
	}
	doc, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE config SET version = $1, doc = $2 WHERE id = 1", c.Version, doc); err != nil {
		return err
	}
	for _, r := range c.Reps {
		_, err := tx.ExecContext(ctx, "INSERT INTO rep_state (rep, credit, assigned) VALUES ($1, 0, 0) ON CONFLICT (rep) DO NOTHING", r.Key)
		if err != nil {
			return err
		}
	}
	if reflect.DeepEqual(c.Reps, before.Reps) && reflect.DeepEqual(c.Teams, before.Teams) && reflect.DeepEqual(c.Rules, before.Rules) &&
		reflect.DeepEqual(c.Pools, before.Pools) && c.Settings.TimeZone == before.Settings.TimeZone && c.Settings.DefaultPool == before.Settings.DefaultPool {
		return nil
	}
	// Who could not have a lead a moment ago may have it now: what waits is tried again at once. A lead that is being
	// written just now is left out, and tried at its time.
	_, err = tx.ExecContext(ctx, "UPDATE leads SET due_at = 0, waits = '' WHERE id IN (SELECT id FROM leads WHERE due_at > 0"+skipLocked+")")
	return err
}
