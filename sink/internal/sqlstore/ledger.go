package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Submission tells where a submission is.
func (s *Store) Submission(ctx context.Context, id string) (lead.SubmissionStatus, bool, error) {
	st := lead.SubmissionStatus{ID: id}
	var known bool
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var err error
		if known, err = s.touched(ctx, tx, &st); err != nil || known {
			return err
		}
		known, err = rejected(ctx, tx, &st)
		return err
	})
	return st, known, err
}

func (s *Store) touched(ctx context.Context, tx *sql.Tx, st *lead.SubmissionStatus) (bool, error) {
	var on string
	var at int64
	var doc []byte
	row := tx.QueryRowContext(ctx, "SELECT lead, at, verdict FROM touches WHERE id = $1", clean(st.ID))
	if ok, err := found(row.Scan(&on, &at, &doc)); !ok {
		return false, err
	}
	var v lead.Verdict
	if err := decode(doc, &v); err != nil {
		return false, err
	}
	if err := tx.QueryRowContext(ctx, resolve, on).Scan(&st.Lead, &st.Owner, &st.LeadNumber); err != nil {
		return false, err
	}
	when := micros(at)
	st.At, st.Reason = &when, strings.Join(v.Reasons, "; ")
	switch {
	case st.Owner != "":
		st.State = lead.StateAssigned
		return true, s.assignedWhy(ctx, tx, st)
	case v.Kind != lead.VerdictNew || on != st.Lead:
		st.State = lead.StateMerged
	default:
		st.State = lead.StatePooled
	}
	return true, nil
}

// assignedWhy puts the reason of the latest assignment in the place of the verdict's.
func (s *Store) assignedWhy(ctx context.Context, tx *sql.Tx, st *lead.SubmissionStatus) error {
	events, err := s.history(ctx, tx, st.Lead)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Type == lead.ChangeAssigned {
			st.Reason = e.Why
			return nil
		}
	}
	return nil
}

func rejected(ctx context.Context, tx *sql.Tx, st *lead.SubmissionStatus) (bool, error) {
	var state string
	var doc []byte
	row := tx.QueryRowContext(ctx, "SELECT state, doc FROM rejections WHERE id = $1", clean(st.ID))
	if ok, err := found(row.Scan(&state, &doc)); !ok {
		return false, err
	}
	var r lead.Rejection
	if err := decode(doc, &r); err != nil {
		return false, err
	}
	st.State = lead.StateRejected
	if r.Stage == lead.StageSpam {
		st.State = lead.StateQuarantined
	}
	if state == lead.RejectionPending {
		st.State = lead.StatePending
	}
	st.Reason, st.Code, st.Hint, st.At = r.Message, r.Code, r.Hint, &r.At
	return true, nil
}

// Outcomes counts what came of Raws: the submissions of one are its id, and behind it ".1", ".2" …; '/' is the
// character after '.'.
func (s *Store) Outcomes(ctx context.Context, raws []string) (map[string]sink.Outcome, error) {
	list, err := json.Marshal(raws)
	if err != nil {
		return nil, err
	}
	count := func(table, and string) string {
		return "(SELECT count(*) FROM " + table + " t WHERE t.id = raws.id" + and + ") + " +
			"(SELECT count(*) FROM " + table + " t WHERE t.id > raws.id || '.' AND t.id < raws.id || '/'" + and + ")"
	}
	query := "WITH raws(id) AS (" + s.Dialect.List + ") SELECT raws.id, " + count("touches", "") + ", " +
		count("rejections", " AND t.state <> 'resolved'") + " FROM raws"
	out := map[string]sink.Outcome{}
	err = each(ctx, s.Read, func(rows *sql.Rows) error {
		var id string
		var o sink.Outcome
		if err := rows.Scan(&id, &o.Touches, &o.Rejections); err != nil {
			return err
		}
		if o != (sink.Outcome{}) {
			out[id] = o
		}
		return nil
	}, query, clean(string(list)))
	return out, s.Dialect.Wrap(err)
}

// Rejections lists rejections, latest first, without Raw and Body.
func (s *Store) Rejections(ctx context.Context, q lead.RejectionQuery) (lead.RejectionPage, error) {
	limit := pageSize(q.Limit)
	w, err := rejectionsWhere(q)
	if err != nil {
		return lead.RejectionPage{}, err
	}
	w.args = append(w.args, limit+1)
	query := "SELECT state, doc FROM rejections" + w.String() + " ORDER BY at DESC, id DESC LIMIT $" + itoa(len(w.args))
	page := lead.RejectionPage{Items: []lead.Rejection{}}
	err = each(ctx, s.Read, func(rows *sql.Rows) error {
		var r lead.Rejection
		var state string
		var doc []byte
		if err := rows.Scan(&state, &doc); err != nil {
			return err
		}
		if err := decode(doc, &r); err != nil {
			return err
		}
		r.State, r.Raw = state, nil
		page.Items = append(page.Items, r)
		return nil
	}, query, w.args...)
	if err != nil {
		return lead.RejectionPage{}, s.Dialect.Wrap(err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = strconv.FormatInt(last.At.UnixMicro(), 36) + "-" + last.ID
	}
	return page, nil
}

func rejectionsWhere(q lead.RejectionQuery) (*where, error) {
	w := &where{}
	for _, f := range [][2]string{{"state", q.State}, {"stage", q.Stage}, {"code", q.Code}, {"source", q.Source}} {
		if f[1] != "" {
			w.add(f[0]+" = ?", clean(f[1]))
		}
	}
	if q.Cursor != "" {
		head, id, _ := strings.Cut(q.Cursor, "-")
		at, err := strconv.ParseInt(head, 36, 64)
		if err != nil {
			return nil, lead.Invalid("bad_cursor", "this cursor was not made by the hub", "leave it out to start with the first page")
		}
		w.add("(at, id) < (?, ?)", at, clean(id))
	}
	return w, nil
}

// Rejection returns one with everything.
func (s *Store) Rejection(ctx context.Context, id string) (lead.Rejection, error) {
	var r lead.Rejection
	var state string
	var doc, body []byte
	row := s.Read.QueryRowContext(ctx, "SELECT state, doc, body FROM rejections WHERE id = $1", clean(id))
	ok, err := found(row.Scan(&state, &doc, &body))
	if err == nil && !ok {
		return r, lead.NotFound("rejection_not_found", "there is no rejection with this id", "look for it with GET /v1/rejections")
	}
	if err == nil {
		err = decode(doc, &r)
	}
	if err != nil {
		return r, s.Dialect.Wrap(err)
	}
	r.State, r.Body = state, body
	if r.Raw != nil {
		r.Raw.Body = body
	}
	return r, nil
}

// RejectionDoc is a rejection as its column doc has it: the body has a column of its own.
func RejectionDoc(r lead.Rejection) (doc, body []byte, err error) {
	body = r.Body
	if body == nil && r.Raw != nil {
		body = r.Raw.Body
	}
	r.Body = nil
	doc, err = json.Marshal(r)
	return doc, body, err
}

// ResolveRejections marks open rejections as resolved.
func (s *Store) ResolveRejections(ctx context.Context, ids []string) error {
	_, err := s.Write.ExecContext(ctx, s.Dialect.with(" UPDATE rejections SET state = 'resolved' WHERE state = 'open' AND id IN (SELECT v FROM list)"), array(ids))
	return s.Dialect.Wrap(err)
}
