// Package sqlstore answers sink.Reader, sink.ConfigStore and sink.TokenStore for both databases: the tables have the same
// names and columns, and the few words that differ are a [Dialect]. What must be fast, the recording, each database has
// of its own.
package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Store reads through Read and writes through Write, which may be the same.
type Store struct {
	Read, Write *sql.DB
	Dialect     Dialect
	Recent      *Recent
}

// Dialect is where the two databases differ. Placeholders are $1, $2 … in both.
type Dialect struct {
	List       string                         // the rows of the JSON array $1, as one text column
	Pairs      string                         // the rows of $1, a JSON array of pairs, as two text columns; ends in a WHERE
	Elements   string                         // the elements of the JSON array $1, for FROM
	Element    func(i int, typ string) string // element i of one that is an array itself
	Members    string                         // column v of "list" and the leads of that key, LIMITED of them at most
	Find       string                         // function (text, part) → position, 0 = not there
	ForUpdate  string                         // behind a SELECT of Write, holds the row until commit
	SkipLocked string                         // the same, leaving out rows that others hold
	Now        string                         // the clock of the database, in microseconds since 1970
	Clock      string                         // query of a number that grows whenever the state of a rep changes; "" where there is none
	Snapshot   *sql.TxOptions                 // of a transaction whose queries all see one moment
	Wrap       func(error) error
}

// clean drops what PostgreSQL refuses in a text: NUL and broken UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "")
}

// snapshot runs fn in a transaction that sees one moment.
func (s *Store) snapshot(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.Read.BeginTx(ctx, s.Dialect.Snapshot)
	if err != nil {
		return s.Dialect.Wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	return s.Dialect.Wrap(fn(tx))
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each calls scan for every row.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
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

func decode(doc []byte, into any) error {
	if err := json.Unmarshal(doc, into); err != nil {
		return fmt.Errorf("a document of the pool cannot be read: %w", err)
	}
	return nil
}

func micros(t int64) time.Time { return time.UnixMicro(t).UTC() }

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// page is a limit within its bounds.
func pageSize(limit int) int {
	switch {
	case limit <= 0:
		return 50
	case limit > 200:
		return 200
	}
	return limit
}

// where collects conditions and their arguments.
type where struct {
	conds []string
	args  []any
}

// add appends a condition; each ? in it stands for the next of args.
func (w *where) add(cond string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conds = append(w.conds, cond)
}

func (w *where) String() string {
	if len(w.conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conds, " AND ")
}
