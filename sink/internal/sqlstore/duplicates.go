package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Matchable lists the leads that live or were compared once.
func (s *Store) Matchable(ctx context.Context, after string, n int) ([]string, error) {
	return s.ids(ctx, `SELECT id FROM (SELECT id FROM leads WHERE merged_into = '' AND id > $1 ORDER BY id LIMIT $2) AS living
		UNION SELECT lead FROM (SELECT lead FROM match_leads WHERE lead > $1 ORDER BY lead LIMIT $2) AS known
		ORDER BY 1 LIMIT $2`, after, n)
}

// Unmatched lists the leads that live and were never compared.
func (s *Store) Unmatched(ctx context.Context, after string, n int) ([]string, error) {
	return s.ids(ctx, `SELECT l.id FROM leads l WHERE l.merged_into = '' AND l.id > $1
		AND NOT EXISTS (SELECT 1 FROM match_leads m WHERE m.lead = l.id) ORDER BY l.id LIMIT $2`, after, n)
}

func (s *Store) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	var out []string
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
	return out, s.Dialect.Wrap(err)
}

const duplicates = `SELECT d.a, d.b, d.score, d.state, d.at, d.doc, ra.doc, rb.doc FROM possible_duplicates d
	JOIN leads la ON la.id = d.a AND la.merged_into = '' JOIN leads lb ON lb.id = d.b AND lb.merged_into = ''
	JOIN records ra ON ra.lead = d.a JOIN records rb ON rb.lead = d.b`

// Duplicates lists pairs of living leads, the highest score first. A pair whose leads are not both living is not shown:
// it comes back, with what a person said of it, when they come apart again.
func (s *Store) Duplicates(ctx context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error) {
	limit := pageSize(q.Limit)
	w := &where{}
	if q.State != "" {
		w.add("d.state = ?", clean(q.State))
	} else {
		w.add("d.state <> ?", sink.Resting)
	}
	if q.Min != 0 {
		w.add("d.score >= ?", q.Min)
	}
	switch one, other := clean(q.Lead), clean(q.With); {
	case q.With != "":
		w.add("d.a = ?", min(one, other))
		w.add("d.b = ?", max(one, other))
	case q.Lead != "":
		w.add("(d.a = ? OR d.b = ?)", one, one)
	}
	if q.Cursor != "" {
		score, a, b, err := readCursor(q.Cursor)
		if err != nil {
			return lead.DuplicatePage{}, err
		}
		w.add("(d.score < ? OR d.score = ? AND (d.a > ? OR d.a = ? AND d.b > ?))", score, score, a, a, b)
	}
	w.args = append(w.args, limit+1)
	page := lead.DuplicatePage{Items: []lead.Duplicate{}}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		d, err := scanDuplicate(rows)
		page.Items = append(page.Items, d)
		return err
	}, duplicates+w.String()+" ORDER BY d.score DESC, d.a, d.b LIMIT $"+itoa(len(w.args)), w.args...)
	if err != nil {
		return lead.DuplicatePage{}, s.Dialect.Wrap(err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = strconv.FormatFloat(last.Score, 'g', -1, 64) + "," + last.A.ID + "," + last.B.ID
	}
	return page, nil
}

func readCursor(cursor string) (score float64, a, b string, err error) {
	parts := strings.Split(clean(cursor), ",")
	if len(parts) == 3 {
		if score, err = strconv.ParseFloat(parts[0], 64); err == nil {
			return score, parts[1], parts[2], nil
		}
	}
	return 0, "", "", lead.Invalid("bad_cursor", "this cursor was not given out by this hub", "begin with the first page")
}

func scanDuplicate(rows *sql.Rows) (lead.Duplicate, error) {
	var d lead.Duplicate
	var at int64
	var doc, a, b []byte
	if err := rows.Scan(&d.A.ID, &d.B.ID, &d.Score, &d.State, &at, &doc, &a, &b); err != nil {
		return d, err
	}
	d.At = micros(at)
	var p sink.PairDoc
	if err := decode(doc, &p); err != nil {
		return d, err
	}
	d.Likely, d.Parts, d.Dismissed = p.Likely, p.Parts, p.Dismissed
	if err := decode(a, &d.A); err != nil {
		return d, err
	}
	return d, decode(b, &d.B)
}

// duplicatesOf lists the open pairs of a living lead, as that lead shows them.
func duplicatesOf(ctx context.Context, q querier, id string) ([]lead.LeadDuplicate, error) {
	out := []lead.LeadDuplicate{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		d, err := scanDuplicate(rows)
		if err != nil {
			return err
		}
		other := d.B
		if d.B.ID == id {
			other = d.A
			for i, p := range d.Parts {
				d.Parts[i].A, d.Parts[i].B = p.B, p.A
			}
		}
		out = append(out, lead.LeadDuplicate{Lead: other.ID, Number: other.Number, Name: other.Name, Owner: other.Owner,
			Score: d.Score, Likely: d.Likely, Parts: d.Parts, At: d.At})
		return nil
	}, fmt.Sprintf("%s WHERE d.state = '%s' AND (d.a = $1 OR d.b = $1) ORDER BY d.score DESC, d.a, d.b LIMIT 50", duplicates, lead.DuplicateOpen), id)
	return out, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
