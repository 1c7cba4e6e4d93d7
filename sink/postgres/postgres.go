// Package postgres holds the lead pool in PostgreSQL (14 or later), for a hub of several processes. A commit is on the
// database's disk before Update returns, unless somebody set synchronous_commit to off.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/internal/sqlstore"
)

//go:embed migration/*.sql
var migrations embed.FS

// Options of a DB; the zero value is what the hub uses.
type Options struct {
	MaxConns int32 // 8 unless set here or as pool_max_conns in the URL
}

// dialect is what both databases ask in PostgreSQL's words.
var dialect = sqlstore.Dialect{
	List:  "SELECT json_array_elements_text($1::json)",
	Pairs: "SELECT e->>0, e->>1 FROM json_array_elements($1::json) AS e WHERE true", Find: "strpos",
	Elements: "json_array_elements($1::json) AS e", Element: func(i int, typ string) string { return fmt.Sprintf("(e->>%d)::%s", i, typ) },
	Members: ` SELECT m.key, m.lead FROM list CROSS JOIN LATERAL (
		SELECT key, lead FROM match_keys WHERE key = list.v::bigint ORDER BY lead LIMIT LIMITED) AS m ORDER BY m.key, m.lead`,
	Now:       "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
	ForUpdate: " FOR UPDATE", SkipLocked: " ORDER BY id FOR UPDATE SKIP LOCKED",
	Snapshot: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, Wrap: wrap,
}

// DB is the lead pool in a PostgreSQL database.
type DB struct {
	sqlstore.Store
	pool   *pgxpool.Pool
	lockID int64 // of migrations: one per schema
}

var _ sink.Store = (*DB)(nil)

// Open reads the URL (postgres://user:password@host:port/database?sslmode=…&search_path=…) and connects when it is first
// needed: a database that is away is no error here, but a transient one of Migrate, Ping and everything else.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause may carry the password.
		return nil, lead.Invalid("bad_database_url", "the address of the database cannot be read",
			"write it as postgres://user:password@host:5432/database")
	}
	switch {
	case opts.MaxConns > 0:
		cfg.MaxConns = opts.MaxConns
	case !strings.Contains(url, "pool_max_conns"):
		cfg.MaxConns = 8
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	// A server that vanished without a word is noticed, and its locks are let go, in about half a minute.
	for name, value := range map[string]string{"application_name": "leadhub", "tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5",
		"idle_in_transaction_session_timeout": "60000"} {
		if _, ok := cfg.ConnConfig.RuntimeParams[name]; !ok {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, wrap(err)
	}
	std := stdlib.OpenDBFromPool(pool)
	std.SetMaxIdleConns(0) // the connections belong to the pool
	lockID := lock.DefaultLockID + int64(crc32.ChecksumIEEE([]byte(cfg.ConnConfig.RuntimeParams["search_path"])))
	return &DB{pool: pool, lockID: lockID, Store: sqlstore.Store{Read: std, Write: std, Dialect: dialect, Recent: &sqlstore.Recent{}}}, nil
}

// provider may wait for another process that migrates the same database.
func (db *DB) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60), lock.WithLockID(db.lockID))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db.Write, dir, goose.WithSessionLocker(locker))
}

// Migrate brings the tables up to date; of several processes that start together one does it and the others wait.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	p, err := db.provider()
	if err != nil {
		return wrap(err)
	}
	return db.Store.Migrate(ctx, p)
}

// MigrationStatus lists every migration.
func (db *DB) MigrationStatus(ctx context.Context) ([]sink.Migration, error) {
	if err := db.Ping(ctx); err != nil {
		return nil, err
	}
	p, err := db.provider()
	if err != nil {
		return nil, wrap(err)
	}
	return db.Store.MigrationStatus(ctx, p)
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return wrap(db.pool.Ping(ctx)) }

// Close ends all connections.
func (db *DB) Close() error {
	err := db.Read.Close()
	db.pool.Close()
	return err
}

// errAgain is returned within a transaction that has to start again.
var errAgain = sqlstore.ErrAgain

// lockNotAvailable is what NOWAIT answers.
const lockNotAvailable = "55P03"

// again reports whether the transaction that failed with err may succeed when it starts again: a deadlock, a
// serialization failure, or a submission or an act that another transaction recorded meanwhile.
func again(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code == "40001" || e.Code == "40P01" || e.Code == "23505" && (e.ConstraintName == "touches_pkey" || e.ConstraintName == "acts_pkey")
	}
	return errors.Is(err, errAgain)
}

// wrap gives errors that pass their kind: everything but what the database says of the data or of our SQL.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	var known *lead.Error
	if errors.As(err, &known) {
		return err
	}
	away := func() error {
		return lead.Transient("database_away", "the lead pool does not answer", time.Second, err)
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code[:2] {
		case "08", "53", "57", "58": // connection, resources (disk full, too many clients), shutdown, system
			return away()
		case "25", "40", "55": // read-only or idle-in-transaction time-out, serialization, lock not available
			return lead.Transient("database_busy", "the lead pool is busy", time.Second, err)
		}
		return err
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err), pgconn.Timeout(err),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, pgx.ErrTxClosed), errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, errAgain),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "conn closed"):
		return away()
	}
	return err
}
