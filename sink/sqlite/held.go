package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/leadhub/leadhub/sink"
)

// owned are the leads that c changes the owners' counts of: those to be counted as they are now, and as they will be. Of most it is clear
// that they count for nobody.
func (t *tx) owned(c sink.Changes) (before, after []string) {
	for _, r := range c.Created {
		if r.Owner != "" {
			after = append(after, r.ID)
		}
	}
	for _, r := range c.Changed {
		old, known := t.loaded[r.ID]
		if known && old.Owner == r.Owner && old.Status == r.Status && old.MergedInto == r.MergedInto {
			continue
		}
		if !known || old.Owner != "" {
			before = append(before, r.ID)
		}
		if r.Owner != "" {
			after = append(after, r.ID)
		}
	}
	for _, id := range c.Erased {
		if old, known := t.loaded[id]; !known || old.Owner != "" {
			before = append(before, id)
		}
	}
	return before, after
}

// count adds leads, as they are in the database, to how many their owners hold; n is 1 or -1. Nothing else writes rep_held: whatever
// changes the owner, the status or the successor of a lead goes through Save. PostgreSQL has triggers that see all rows of a statement;
// those of SQLite see one at a time, which made them a tenth of what assigning costs.
func (t *tx) count(ctx context.Context, leads []string, n int) error {
	if len(leads) == 0 {
		return nil
	}
	arg, err := json.Marshal(leads)
	if err != nil {
		return err
	}
	return t.query(ctx, countHeld, func(rows *sql.Rows) error {
		var rep string
		err := rows.Scan(&rep)
		t.counted[rep] = true
		return err
	}, string(arg), n)
}
