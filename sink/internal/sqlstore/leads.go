package sqlstore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Leads lists living leads by id, downwards: ids sort by time, and a lead that is added while somebody pages comes
// before the first page.
func (s *Store) Leads(ctx context.Context, q lead.LeadQuery) (lead.LeadPage, error) {
	limit := pageSize(q.Limit)
	w := s.leadsWhere(q)
	w.args = append(w.args, limit+1)
	query := "SELECT r.doc FROM leads l JOIN records r ON r.lead = l.id" + w.String() +
		" ORDER BY l.id DESC LIMIT $" + itoa(len(w.args))
	page := lead.LeadPage{Items: []lead.Lead{}}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var doc []byte
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var l lead.Lead
		page.Items = append(page.Items, l)
		return decode(doc, &page.Items[len(page.Items)-1])
	}, query, w.args...)
	if err != nil {
		return lead.LeadPage{}, s.Dialect.Wrap(err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}

func (s *Store) leadsWhere(q lead.LeadQuery) *where {
	w := &where{}
	w.add("l.merged_into = ''")
	if q.Cursor != "" {
		w.add("l.id < ?", clean(q.Cursor))
	}
	if q.Status != "" {
		w.add("l.status = ?", clean(q.Status))
	}
	switch q.Owner {
	case "":
	case "-":
		w.add("l.owner = ''")
	default:
		w.add("l.owner = ? AND l.owner <> ''", clean(q.Owner)) // the second half lets the partial index be used
	}
	switch q.Pool {
	case "":
	case "*":
		w.add("l.pool <> ''")
	default:
		w.add("l.pool = ? AND l.pool <> ''", clean(q.Pool))
	}
	if q.Grade != "" {
		w.add("l.grade = ?", gradeOf(q.Grade))
	}
	if !q.FollowBy.IsZero() {
		w.add("l.next_at <= ? AND l.next_at IS NOT NULL", q.FollowBy.UnixMicro())
	}
	if q.Source != "" {
		w.add(s.Dialect.Find+"(l.sources, ?) > 0", ","+clean(q.Source)+",")
	}
	if q.Province != "" {
		w.add("l.province = ?", clean(q.Province))
	}
	if !q.Since.IsZero() {
		w.add("l.first_seen >= ?", q.Since.UnixMicro())
	}
	if !q.Until.IsZero() {
		w.add("l.first_seen < ?", q.Until.UnixMicro())
	}
	if text := strings.TrimSpace(strings.ToLower(clean(q.Text))); text != "" {
		w.add(s.Dialect.Find+"(l.search, ?) > 0", text)
	}
	return w
}

// resolve follows merges from an id or number, or only an id, to the living lead.
const resolve = `WITH RECURSIVE up(id, into_id, owner, number) AS (
	SELECT id, merged_into, owner, number FROM leads WHERE id = $1 OR number = $1
	UNION ALL
	SELECT l.id, l.merged_into, l.owner, l.number FROM leads l JOIN up ON l.id = up.into_id
) SELECT id, owner, number FROM up WHERE into_id = ''`

// family is a living lead and all that went into it.
const family = `WITH RECURSIVE family(id) AS (
	SELECT id FROM leads WHERE id = $1
	UNION
	SELECT l.id FROM leads l JOIN family f ON l.merged_into = f.id AND l.merged_into <> ''
) `

// Lead finds a lead by id or number.
func (s *Store) Lead(ctx context.Context, id string) (lead.LeadDetail, error) {
	var d lead.LeadDetail
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var living, owner, number string
		ok, err := found(tx.QueryRowContext(ctx, resolve, clean(id)).Scan(&living, &owner, &number))
		if err != nil {
			return err
		}
		if !ok {
			return lead.NotFound("lead_not_found", "there is no lead with this id or number", "look for it with GET /v1/leads?q=")
		}
		var doc []byte
		if err := tx.QueryRowContext(ctx, "SELECT doc FROM records WHERE lead = $1", living).Scan(&doc); err != nil {
			return err
		}
		var r lead.Record
		if err := decode(doc, &r); err != nil {
			return err
		}
		d = lead.LeadDetail{Lead: r.Lead, Provenance: r.Values, Identities: r.Identities, Scored: r.Scored}
		if d.Scored == nil {
			d.Scored = []lead.Scored{}
		}
		if d.Provenance == nil {
			d.Provenance = map[string][]lead.Value{}
		}
		if d.TouchList, err = touches(ctx, tx, living); err != nil {
			return err
		}
		if d.History, err = s.history(ctx, tx, living); err != nil {
			return err
		}
		d.Duplicates, err = duplicatesOf(ctx, tx, living)
		return err
	})
	return d, err
}

func touches(ctx context.Context, q querier, living string) ([]lead.Touch, error) {
	list := []lead.Touch{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var at int64
		var verdict, doc []byte
		if err := rows.Scan(&at, &verdict, &doc); err != nil {
			return err
		}
		t := lead.Touch{Lead: living, At: micros(at)}
		if err := decode(verdict, &t.Verdict); err != nil {
			return err
		}
		if err := decode(doc, &t.Submission); err != nil {
			return err
		}
		list = append(list, t)
		return nil
	}, family+"SELECT at, verdict, doc FROM touches WHERE lead IN (SELECT id FROM family) ORDER BY at DESC, id DESC LIMIT 200", living)
	return list, err
}

func (s *Store) history(ctx context.Context, q querier, living string) ([]lead.Event, error) {
	var docs [][]byte
	err := each(ctx, q, func(rows *sql.Rows) error {
		var doc []byte
		err := rows.Scan(&doc)
		docs = append(docs, doc)
		return err
	}, family+"SELECT doc FROM events WHERE lead IN (SELECT id FROM family) ORDER BY at DESC, version DESC, lead LIMIT 200", living)
	if err != nil {
		return nil, err
	}
	return s.Dialect.readEvents(ctx, q, docs)
}

// Figures counts the pool.
func (s *Store) Figures(ctx context.Context) (lead.PoolFigures, error) {
	var f lead.PoolFigures
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		for query, into := range map[string]*int64{
			"SELECT count(*) FROM leads":                                               &f.Leads,
			"SELECT count(*) FROM leads WHERE merged_into <> ''":                       &f.Merged,
			"SELECT count(*) FROM leads WHERE owner <> '' AND merged_into = ''":        &f.Assigned,
			"SELECT count(*) FROM leads WHERE due_at IS NOT NULL":                      &f.Due,
			"SELECT coalesce(sum(touches), 0) FROM source_totals":                      &f.Touches,
			"SELECT count(*) FROM outbox":                                              &f.Outbox,
			"SELECT count(*) FROM rejections WHERE state = 'open' AND stage <> 'spam'": &f.Rejected,
			"SELECT count(*) FROM rejections WHERE state = 'open' AND stage = 'spam'":  &f.Quarantined,
			"SELECT count(*) FROM rejections WHERE state = 'pending'":                  &f.Pending,
		} {
			if err := tx.QueryRowContext(ctx, query).Scan(into); err != nil {
				return err
			}
		}
		f.Leads -= f.Merged
		f.Unassigned = f.Leads - f.Assigned
		return nil
	})
	return f, err
}
