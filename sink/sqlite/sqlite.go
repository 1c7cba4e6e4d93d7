// Package sqlite holds the lead pool in one SQLite file, for a hub that is one process: the default. A commit is on the
// disk before Update returns (write-ahead log, synchronous=FULL). Writers take turns; readers never wait for them.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

//go:embed migration/*.sql
var migrations embed.FS

// Options of a DB; the zero value is what the hub uses.
type Options struct {
	CacheBytes int64 // pages kept in memory by the writer; 16 MiB unless set. Each of the 4 readers keeps an eighth of it
}

// dialect is what both databases ask in SQLite's words.
var dialect = sqlstore.Dialect{
	List: "SELECT value FROM json_each($1)", Find: "instr", Wrap: wrap, Now: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
	Clock:    "SELECT n FROM rep_clock",
	Pairs:    "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($1) WHERE true",
	Elements: "json_each($1)", Element: func(i int, _ string) string { return fmt.Sprintf("json_extract(value, '$[%d]')", i) },
	Members: ` SELECT m.key, m.lead FROM list CROSS JOIN match_keys m ON m.key = list.v AND m.lead <=
		coalesce((SELECT x.lead FROM match_keys x WHERE x.key = list.v ORDER BY x.lead LIMIT 1 OFFSET LIMITED - 1), '~') ORDER BY m.key, m.lead`,
}

// DB is the lead pool in a SQLite file.
type DB struct {
	sqlstore.Store
	migrations *goose.Provider
	stmts      prepared
	relaying   sync.Mutex
	matching   chan struct{} // held by who matches
}

var _ sink.Store = (*DB)(nil)

const readers = 4

// Open opens the pool in the file at path, which is made when it is not there. Call Migrate before anything else.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	if opts.CacheBytes == 0 {
		opts.CacheBytes = 16 << 20
	}
	// One connection: database/sql lets the writers wait for each other, in order and with their contexts. BEGIN
	// IMMEDIATE, as a transaction that turns from reading to writing could fail half-way.
	write, err := sql.Open("sqlite", dsn(path, opts.CacheBytes, "_txlock", "immediate"))
	if err != nil {
		return nil, wrap(err)
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	if err := write.PingContext(ctx); err != nil {
		_ = write.Close()
		return nil, wrap(fmt.Errorf("open %s: %w", path, err))
	}
	read, err := sql.Open("sqlite", dsn(path, opts.CacheBytes/8, "_pragma", "query_only(1)"))
	if err != nil {
		_ = write.Close()
		return nil, wrap(err)
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	db := &DB{Store: sqlstore.Store{Read: read, Write: write, Dialect: dialect, Recent: &sqlstore.Recent{}}, matching: make(chan struct{}, 1)}
	dir, err := fs.Sub(migrations, "migration")
	if err == nil {
		db.migrations, err = goose.NewProvider(goose.DialectSQLite3, write, dir)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return db, nil
}

// dsn is the address of the file with its settings. The driver sorts _pragma values and sets _journal_mode after them: page_size
// counts only in a file that is not in WAL mode yet. The log is copied back every 64 MiB, so that a page that is written
// again and again is copied once; journal_size_limit gives the space back after a burst.
func dsn(path string, cache int64, key, value string) string {
	q := url.Values{"_journal_mode": {"WAL"}, "_pragma": {
		"busy_timeout(10000)", "page_size(8192)", "synchronous(FULL)", "wal_autocheckpoint(8192)",
		"journal_size_limit(67108864)", "temp_store(MEMORY)", fmt.Sprintf("cache_size(-%d)", cache>>10),
	}}
	q.Add(key, value)
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Migrate brings the tables up to date.
func (db *DB) Migrate(ctx context.Context) error { return db.Store.Migrate(ctx, db.migrations) }

// MigrationStatus lists every migration.
func (db *DB) MigrationStatus(ctx context.Context) ([]sink.Migration, error) {
	return db.Store.MigrationStatus(ctx, db.migrations)
}

// Ping reports whether the file can be read.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return wrap(db.Read.QueryRowContext(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1").Scan(&one))
}

// Close closes the file. Running transactions end first.
func (db *DB) Close() error {
	return errors.Join(db.stmts.close(), db.Read.Close(), db.Write.Close())
}

// wrap gives errors that pass their kind: a file that is locked, a disk that is full or failing, a context that ended.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	var known *lead.Error
	if errors.As(err, &known) {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT:
			return lead.Transient("database_busy", "the lead pool is busy", time.Second, err)
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM:
			return lead.Transient("database_disk", "the lead pool cannot be written or read: disk full, failing, or not allowed", 5*time.Second, err)
		}
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) {
		return lead.Transient("database_timeout", "the lead pool did not answer in time", time.Second, err)
	}
	return err
}
