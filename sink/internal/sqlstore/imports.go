package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// importState is what changes all the time of an import.
type importState struct {
	Progress lead.ImportProgress `json:"progress"`
	Waiting  *lead.Text          `json:"waiting,omitempty"`
}

// AddImport keeps a new import.
func (s *Store) AddImport(ctx context.Context, i lead.Import) error {
	doc, state, err := encodeImport(&i)
	if err != nil {
		return err
	}
	_, err = s.Write.ExecContext(ctx, "INSERT INTO imports (id, source, sha256, state, doc, progress) VALUES ($1, $2, $3, $4, $5, $6)",
		i.ID, clean(i.Source), i.SHA256, i.State, doc, state)
	return s.Dialect.Wrap(err)
}

func encodeImport(i *lead.Import) (doc, state []byte, err error) {
	if state, err = json.Marshal(importState{i.Progress, i.Waiting}); err != nil {
		return nil, nil, err
	}
	kept := *i
	kept.Progress, kept.Waiting = lead.ImportProgress{}, nil
	doc, err = json.Marshal(kept)
	return doc, state, err
}

func scanImport(scan func(...any) error) (lead.Import, error) {
	var i lead.Import
	var name string
	var doc, progress []byte
	if err := scan(&name, &doc, &progress); err != nil {
		return i, err
	}
	if err := decode(doc, &i); err != nil {
		return i, err
	}
	var state importState
	err := decode(progress, &state)
	i.State, i.Progress, i.Waiting = name, state.Progress, state.Waiting
	return i, err
}

const selectImport = "SELECT state, doc, progress FROM imports"

// Imports lists imports, latest first.
func (s *Store) Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error) {
	limit := pageSize(q.Limit)
	w := &where{}
	if q.Source != "" {
		w.add("source = ?", clean(q.Source))
	}
	if q.SHA256 != "" {
		w.add("sha256 = ?", clean(q.SHA256))
	}
	if q.Cursor != "" {
		w.add("id < ?", clean(q.Cursor))
	}
	var states []string
	for _, state := range q.States {
		w.args = append(w.args, clean(state))
		states = append(states, "$"+itoa(len(w.args)))
	}
	if len(states) > 0 {
		w.conds = append(w.conds, "state IN ("+strings.Join(states, ", ")+")")
	}
	w.args = append(w.args, limit+1)
	page := lead.ImportPage{Items: []lead.Import{}}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		i, err := scanImport(rows.Scan)
		page.Items = append(page.Items, i)
		return err
	}, selectImport+w.String()+" ORDER BY id DESC LIMIT $"+itoa(len(w.args)), w.args...)
	if err != nil {
		return lead.ImportPage{}, s.Dialect.Wrap(err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}

// Import finds one.
func (s *Store) Import(ctx context.Context, id string) (lead.Import, error) {
	return s.readImport(ctx, s.Read, id, "")
}

func (s *Store) readImport(ctx context.Context, q querier, id, forUpdate string) (lead.Import, error) {
	i, err := scanImport(q.QueryRowContext(ctx, selectImport+" WHERE id = $1"+forUpdate, clean(id)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return i, lead.NotFound("import_not_found", "there is no import with this id", "GET /v1/imports lists them")
	}
	return i, s.Dialect.Wrap(err)
}

// EditImport lets fn change an import in one transaction, unless fn returns an error. A second one of its source that would
// be running or undoing is KindConflict.
func (s *Store) EditImport(ctx context.Context, id string, fn func(*lead.Import) error) (lead.Import, error) {
	tx, err := s.Write.BeginTx(ctx, nil)
	if err != nil {
		return lead.Import{}, s.Dialect.Wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	i, err := s.readImport(ctx, tx, id, s.Dialect.ForUpdate)
	if err != nil {
		return i, err
	}
	if err := fn(&i); err != nil {
		return lead.Import{}, err
	}
	doc, state, err := encodeImport(&i)
	if err != nil {
		return i, err
	}
	if _, err = tx.ExecContext(ctx, "UPDATE imports SET state = $1, doc = $2, progress = $3 WHERE id = $4", i.State, doc, state, i.ID); err == nil {
		err = tx.Commit()
	}
	// The index by its name is PostgreSQL's way to say it, by its column SQLite's.
	if err != nil && (strings.Contains(err.Error(), "imports_busy") || strings.Contains(err.Error(), "imports.source")) {
		return lead.Import{}, &lead.Error{Kind: lead.KindConflict, Code: "import_running", Message: "another import of this source is running",
			Hint: "wait for its end, or cancel it", Err: err}
	}
	return i, s.Dialect.Wrap(err)
}

// SaveImportProgress keeps how far an import is, and nothing else of it.
func (s *Store) SaveImportProgress(ctx context.Context, id string, p lead.ImportProgress, waiting *lead.Text) error {
	doc, err := json.Marshal(importState{p, waiting})
	if err != nil {
		return err
	}
	_, err = s.Write.ExecContext(ctx, "UPDATE imports SET progress = $1 WHERE id = $2", doc, clean(id))
	return s.Dialect.Wrap(err)
}

// DeleteImport forgets one. One that is not there is no error.
func (s *Store) DeleteImport(ctx context.Context, id string) error {
	_, err := s.Write.ExecContext(ctx, "DELETE FROM imports WHERE id = $1", clean(id))
	return s.Dialect.Wrap(err)
}

// RememberColumns keeps what people said of columns, in the place of what was said of the same header in this source.
func (s *Store) RememberColumns(ctx context.Context, source string, at time.Time, list []lead.RememberedColumns) error {
	for _, r := range list {
		doc, err := json.Marshal(r.Columns)
		if err != nil {
			return err
		}
		if _, err := s.Write.ExecContext(ctx, `INSERT INTO import_columns (fingerprint, source, at, doc) VALUES ($1, $2, $3, $4)
			ON CONFLICT (fingerprint, source) DO UPDATE SET at = excluded.at, doc = excluded.doc`, clean(r.Fingerprint), clean(source), at.UnixMicro(), doc); err != nil {
			return s.Dialect.Wrap(err)
		}
	}
	return nil
}

// RememberedColumns are what was said of these headers, last: in this source, else in any other. Unknown ones are left out.
func (s *Store) RememberedColumns(ctx context.Context, source string, fingerprints []string) ([]lead.RememberedColumns, error) {
	var out []lead.RememberedColumns
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var r lead.RememberedColumns
		var doc []byte
		if err := rows.Scan(&r.Fingerprint, &doc); err != nil {
			return err
		}
		if slices.ContainsFunc(out, func(o lead.RememberedColumns) bool { return o.Fingerprint == r.Fingerprint }) {
			return nil
		}
		err := decode(doc, &r.Columns)
		out = append(out, r)
		return err
	}, s.Dialect.with(" SELECT fingerprint, doc FROM import_columns WHERE fingerprint IN (SELECT v FROM list) ORDER BY CASE WHEN source = $2 THEN 0 ELSE 1 END, at DESC"),
		array(fingerprints), clean(source))
	return out, s.Dialect.Wrap(err)
}

// Statuses tells where submissions are. Those that are neither a touch nor a rejection, or a resolved one, are left out.
func (s *Store) Statuses(ctx context.Context, ids []string) (map[string]lead.RowStatus, error) {
	out := make(map[string]lead.RowStatus, len(ids))
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		if err := s.rejectedRows(ctx, tx, ids, out); err != nil || len(out) == len(ids) {
			return err
		}
		return s.touchedRows(ctx, tx, ids, out)
	})
	return out, err
}

func (s *Store) rejectedRows(ctx context.Context, tx *sql.Tx, ids []string, out map[string]lead.RowStatus) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var id, state string
		var st lead.RowStatus
		var doc []byte
		if err := rows.Scan(&id, &state, &st.Attempt, &doc); err != nil {
			return err
		}
		var r struct {
			Stage, Code, Message, Hint string
			ReceivedAt                 time.Time `json:"received_at"`
		}
		if err := decode(doc, &r); err != nil {
			return err
		}
		st.State, st.ReceivedAt, st.Code, st.Message, st.Hint = lead.StateRejected, r.ReceivedAt, r.Code, r.Message, r.Hint
		if r.Stage == lead.StageSpam {
			st.State = lead.StateQuarantined
		}
		if state == lead.RejectionWithdrawn {
			st.State = lead.RejectionWithdrawn
		}
		out[id] = st
		return nil
	}, s.Dialect.with(" SELECT id, state, attempt, doc FROM rejections WHERE id IN (SELECT v FROM list) AND state <> 'resolved'"), array(ids))
}

func (s *Store) touchedRows(ctx context.Context, tx *sql.Tx, ids []string, out map[string]lead.RowStatus) error {
	leads := map[string]livingLead{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var id string
		st := lead.RowStatus{State: lead.StatePooled}
		var verdict, doc []byte
		if err := rows.Scan(&id, &st.Lead, &verdict, &doc); err != nil {
			return err
		}
		var v lead.Verdict
		var sub struct {
			ReceivedAt time.Time `json:"received_at"`
		}
		if err := decode(verdict, &v); err != nil {
			return err
		}
		if err := decode(doc, &sub); err != nil {
			return err
		}
		st.ReceivedAt, st.Verdict, st.Reasons = sub.ReceivedAt, v.Kind, v.Reasons
		leads[st.Lead] = livingLead{}
		out[id] = st
		return nil
	}, s.Dialect.with(" SELECT id, lead, verdict, doc FROM touches WHERE id IN (SELECT v FROM list)"), array(ids))
	if err != nil || len(leads) == 0 {
		return err
	}
	if err := s.livingLeads(ctx, tx, leads); err != nil {
		return err
	}
	for id, st := range out {
		if l, ok := leads[st.Lead]; ok {
			st.Lead, st.Number = l.id, l.number
			out[id] = st
		}
	}
	return nil
}

type livingLead struct{ id, number string }

// livingLeads fills in, for the keys of leads, the living lead that each stands for.
func (s *Store) livingLeads(ctx context.Context, tx *sql.Tx, leads map[string]livingLead) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var from string
		var l livingLead
		err := rows.Scan(&from, &l.id, &l.number)
		leads[from] = l
		return err
	}, s.Dialect.with(`, up(from_id, id, into_id, number) AS (
		SELECT id, id, merged_into, number FROM leads WHERE id IN (SELECT v FROM list)
		UNION ALL
		SELECT up.from_id, l.id, l.merged_into, l.number FROM leads l JOIN up ON l.id = up.into_id
	) SELECT from_id, id, number FROM up WHERE into_id = ''`), array(sortedKeys(leads)))
}

// Known tells the number of the living lead that each identity, by its key, leads to, "" when it leads to several. Those that
// recognise nobody, or are unknown, are left out.
func (s *Store) Known(ctx context.Context, keys []string) (map[string]string, error) {
	out := map[string]string{}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var key, on string
		var number sql.NullString
		if err := rows.Scan(&key, &on, &number); err != nil {
			return err
		}
		if on != sink.Generic { // too many people carry it: it recognises nobody
			out[key] = number.String
		}
		return nil
	}, s.Dialect.with(" SELECT i.key, i.lead, l.number FROM identities i LEFT JOIN leads l ON l.id = i.lead WHERE i.key IN (SELECT v FROM list)"), array(keys))
	return out, s.Dialect.Wrap(err)
}
