package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

// The statements of the hot path. Those with VALUES write many rows at once: most of the price of a statement is the
// way to it.
var (
	seen       = &statement{text: "SELECT id, lead FROM touches WHERE id IN (SELECT value FROM json_each(?1)) UNION ALL SELECT DISTINCT touch, '' FROM decision_touches WHERE touch IN (SELECT value FROM json_each(?1))"}
	known      = &statement{text: "SELECT key, lead FROM identities WHERE key IN (SELECT value FROM json_each(?))"}
	load       = &statement{text: "SELECT doc FROM records WHERE lead IN (SELECT value FROM json_each(?)) ORDER BY lead"}
	total      = &statement{text: "INSERT INTO source_totals (source, touches, last) VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE SET touches = touches + excluded.touches, last = max(last, excluded.last)"}
	numbers    = &statement{text: "INSERT INTO numbers (day, last) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET last = last + excluded.last RETURNING last"}
	resolve    = &statement{text: "UPDATE rejections SET state = 'resolved' WHERE state <> 'resolved' AND id IN (SELECT value FROM json_each(?))"}
	forget     = &statement{text: "DELETE FROM outbox WHERE seq <= ?"}
	addLeads   = &statement{columns: len(sqlstore.NewColumns), text: "INSERT INTO leads (" + strings.Join(sqlstore.NewColumns, ", ") + ") VALUES "}
	addRecords = &statement{columns: 2, text: "INSERT INTO records (lead, doc) VALUES "}
	addKeys    = &statement{columns: 2, text: "INSERT INTO identities (key, lead) VALUES "}
	addTouches = &statement{columns: 5, text: "INSERT INTO touches (id, lead, at, verdict, doc) VALUES "}
	addEvents  = &statement{columns: 4, text: "INSERT INTO events (lead, version, at, doc) VALUES "}
	addOutbox  = &statement{columns: 4, text: "INSERT INTO outbox (lead, version, type, value) VALUES "}
	// An update looks at every index whose columns it sets: what touches say changes often, and what people made of a lead seldom.
	setFacts    = &statement{text: "UPDATE leads SET " + strings.Join(slices.Concat(sqlstore.FactTexts, sqlstore.FactNumbers), " = ?, ") + " = ? WHERE id = ?"}
	setAssigned = &statement{columns: 7, text: "UPDATE leads SET status = v.column2, owner = v.column3, rule = v.column4, assigned_at = v.column5, due_at = v.column6, waits = v.column7 FROM (VALUES ",
		tail: ") AS v WHERE leads.id = v.column1"}
	setStanding = &statement{text: "UPDATE leads SET " + strings.Join(slices.Concat(sqlstore.StandingTexts, sqlstore.StandingNumbers), " = ?, ") + " = ? WHERE id = ?"}
	setMoved    = &statement{text: "UPDATE leads SET " + strings.Join(slices.Concat(sqlstore.StandingTexts, sqlstore.StandingNumbers), " = ?, ") + " = ?, due_at = ?, waits = ? WHERE id = ?"}
	setRecords  = &statement{columns: 2, text: "UPDATE records SET doc = v.column2 FROM (VALUES ", tail: ") AS v WHERE records.lead = v.column1"}
	setDue      = &statement{text: "UPDATE leads SET due_at = ?, waits = ? WHERE id = ?"}
	// What is the sign of the leads that are counted.
	countHeld = &statement{text: `INSERT INTO rep_held (rep, held) SELECT owner, ?2 * count(*) FROM leads WHERE id IN (SELECT value FROM json_each(?1))
		AND owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived') GROUP BY owner
		ON CONFLICT (rep) DO UPDATE SET held = held + excluded.held RETURNING rep`}
	addNotices = &statement{columns: 7, text: "INSERT INTO notifications (id, rep, kind, lead, doc, at, due) VALUES "}
	moveKey    = &statement{text: "UPDATE identities SET lead = ? WHERE key = ? AND lead = ?"}
	// One that was pending before and is again has its tries counted on, and waits longer each time: a Fetch that never completes must not go round and round.
	reject = &statement{text: `INSERT INTO rejections (id, source, stage, code, state, attempt, at, doc, body, fetch_at, fetch_since)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?5 = 'pending', ?7, NULL), iif(?5 = 'pending', ?7, NULL) WHERE NOT EXISTS (SELECT 1 FROM touches WHERE id = ?1)
		ON CONFLICT (id) DO UPDATE SET source = excluded.source, stage = excluded.stage, code = excluded.code, state = excluded.state,
			attempt = excluded.attempt, at = excluded.at, doc = excluded.doc, body = excluded.body,
			fetch_at = excluded.fetch_at + iif(rejections.state = 'pending', rejections.fetch_tries * 10000000, 0),
			fetch_since = iif(rejections.state = 'pending' AND excluded.state = 'pending', rejections.fetch_since, excluded.fetch_since),
			fetch_tries = iif(rejections.state = 'pending', rejections.fetch_tries, 0)
		WHERE excluded.attempt > rejections.attempt`}
)

var all = []*statement{seen, known, load, total, numbers, resolve, forget, addLeads, addRecords, addKeys, addTouches, addEvents,
	addOutbox, setFacts, setAssigned, setStanding, setMoved, setRecords, setDue, moveKey, countHeld, addNotices, reject}

// statement is the text of one; with columns, VALUES for a number of rows follow, then tail.
type statement struct {
	text    string
	columns int
	tail    string
}

// sizes are the numbers of rows for which a statement is prepared, the largest first.
var sizes = []int{50, 5, 1}

func (s *statement) withRows(n int) string {
	row := "(" + strings.Repeat("?,", s.columns-1) + "?),"
	return s.text + strings.TrimSuffix(strings.Repeat(row, n), ",") + s.tail
}

// prepared keeps the statements of the one writing connection. They are prepared before a transaction begins, as the
// transaction holds that connection.
type prepared struct {
	mu   sync.Mutex
	one  map[*statement]*sql.Stmt
	many map[*statement]map[int]*sql.Stmt
	// texts are other statements that were run: to prepare one anew costs more than to run it. nil when it is not prepared yet.
	texts map[string]*sql.Stmt
}

// maxTexts bounds texts; some hold a number, and none of those is asked for so often that it would matter.
const maxTexts = 100

// ready prepares what is to be prepared.
func (p *prepared) ready(ctx context.Context, db *sql.DB) error {
	if err := p.prepareAll(ctx, db); err != nil {
		return err
	}
	var wanted []string
	p.mu.Lock()
	for text, st := range p.texts {
		if st == nil {
			wanted = append(wanted, text)
		}
	}
	p.mu.Unlock()
	for _, text := range wanted { // without the lock: who runs a transaction needs it, and has the connection
		st, err := db.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
		p.mu.Lock()
		if p.texts[text] == nil && p.texts != nil {
			p.texts[text], st = st, nil
		}
		p.mu.Unlock()
		if st != nil { // another was faster
			_ = st.Close()
		}
	}
	return nil
}

// text is the statement of a text, once it is prepared; nil before, and until the next transaction. Of nil, which reading transactions
// have, it is nil.
func (p *prepared) text(text string) *sql.Stmt {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	st, known := p.texts[text]
	if !known && len(p.texts) < maxTexts && p.texts != nil {
		p.texts[text] = nil
	}
	return st
}

func (p *prepared) prepareAll(ctx context.Context, db *sql.DB) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.one != nil {
		return nil
	}
	one, many := map[*statement]*sql.Stmt{}, map[*statement]map[int]*sql.Stmt{}
	for _, s := range all {
		if s.columns == 0 {
			st, err := db.PrepareContext(ctx, s.text)
			if err != nil {
				return fmt.Errorf("prepare %q: %w", s.text, err)
			}
			one[s] = st
			continue
		}
		many[s] = map[int]*sql.Stmt{}
		for _, n := range sizes {
			st, err := db.PrepareContext(ctx, s.withRows(n))
			if err != nil {
				return fmt.Errorf("prepare %q: %w", s.text, err)
			}
			many[s][n] = st
		}
	}
	p.one, p.many, p.texts = one, many, map[string]*sql.Stmt{}
	return nil
}

func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, st := range p.one {
		errs = append(errs, st.Close())
	}
	for _, sizes := range p.many {
		for _, st := range sizes {
			errs = append(errs, st.Close())
		}
	}
	for _, st := range p.texts {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	p.one, p.many, p.texts = nil, nil, nil
	return errors.Join(errs...)
}

// transaction runs prepared statements within one transaction.
type transaction struct {
	*sql.Tx
	p *prepared
}

func (t *transaction) exec(ctx context.Context, s *statement, args ...any) error {
	_, err := t.StmtContext(ctx, t.p.one[s]).ExecContext(ctx, args...)
	return err
}

func (t *transaction) query(ctx context.Context, s *statement, scan func(*sql.Rows) error, args ...any) error {
	rows, err := t.StmtContext(ctx, t.p.one[s]).QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// write writes rows, new ones or others, whose columns stand in args one after the other.
func (t *transaction) write(ctx context.Context, s *statement, args []any) error {
	for _, n := range sizes {
		if len(args) < n*s.columns {
			continue
		}
		st := t.StmtContext(ctx, t.p.many[s][n])
		for len(args) >= n*s.columns {
			if _, err := st.ExecContext(ctx, args[:n*s.columns]...); err != nil {
				return err
			}
			args = args[n*s.columns:]
		}
	}
	return nil
}
