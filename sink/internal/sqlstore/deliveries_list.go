package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Deliveries lists deliveries, latest first.
func (s *Store) Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error) {
	limit := pageSize(q.Limit)
	w := &where{}
	for _, c := range [][2]string{{"d.state = ?", q.State}, {"d.target = ?", q.Target}, {"d.rep = ?", q.Rep}, {"d.id < ?", q.Cursor}} {
		if c[1] != "" {
			w.add(c[0], clean(c[1]))
		}
	}
	w.args = append(w.args, limit+1)
	page := lead.DeliveryPage{Items: []lead.Delivery{}}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows)
		page.Items = append(page.Items, d)
		return err
	}, selectDelivery+w.String()+" ORDER BY d.id DESC LIMIT $"+itoa(len(w.args)), w.args...)
	if err != nil {
		return lead.DeliveryPage{}, s.Dialect.Wrap(err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}

// ReplayDelivery lets a dead delivery, and all that its message carries, be tried again. KindNotFound; KindConflict for one that is not dead.
func (s *Store) ReplayDelivery(ctx context.Context, id string, now time.Time) error {
	return s.writing(ctx, func(tx *sql.Tx) error {
		var state, batch string
		err := tx.QueryRowContext(ctx, "SELECT state, batch FROM deliveries WHERE id = $1"+s.Dialect.ForUpdate, clean(id)).Scan(&state, &batch)
		if errors.Is(err, sql.ErrNoRows) {
			return lead.NotFound("delivery_not_found", "there is no delivery with this id", "GET /v1/notifications lists them")
		}
		if err != nil {
			return err
		}
		if state != lead.DeliveryDead {
			return &lead.Error{Kind: lead.KindConflict, Code: "not_dead", Message: "this delivery is " + state + ", not given up", Hint: "only what was given up is sent again"}
		}
		_, err = tx.ExecContext(ctx, `UPDATE deliveries SET state = 'waiting', attempt = 0, due_at = $1, ended = NULL, code = '', reason = ''
			WHERE state = 'dead' AND (id = $2 OR batch <> '' AND batch = $3)`, now.UnixMicro(), clean(id), batch)
		return err
	})
}

// TargetStates returns what is kept of targets that were used.
func (s *Store) TargetStates(ctx context.Context) (map[string]lead.TargetState, error) {
	out := map[string]lead.TargetState{}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		var st lead.TargetState
		var target string
		var doc []byte
		if err := rows.Scan(&target, &doc); err != nil {
			return err
		}
		err := decode(doc, &st)
		st.Target = target
		out[target] = st
		return err
	}, "SELECT target, doc FROM notify_targets")
	return out, s.Dialect.Wrap(err)
}

// ForgetDeliveries forgets those that ended before a time. What is dead stays.
func (s *Store) ForgetDeliveries(ctx context.Context, before time.Time) (int64, error) {
	res, err := s.Write.ExecContext(ctx, "DELETE FROM deliveries WHERE ended IS NOT NULL AND ended < $1 AND state <> 'dead'", before.UnixMicro())
	if err != nil {
		return 0, s.Dialect.Wrap(err)
	}
	n, err := res.RowsAffected()
	return n, s.Dialect.Wrap(err)
}

const addNotification = "INSERT INTO notifications (id, rep, kind, lead, doc, at, due) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING"

// AddNotifications keeps notifications that wait to be handed out. The sink writes its own in the transaction they tell about.
func (s *Store) AddNotifications(ctx context.Context, list []lead.Notification) error {
	return s.writing(ctx, func(tx *sql.Tx) error {
		for _, n := range list {
			row, err := NotificationRow(n)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, addNotification, row...); err != nil {
				return err
			}
		}
		return nil
	})
}
