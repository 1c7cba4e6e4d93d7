package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/leadhub/leadhub/connectors/all"
	"github.com/leadhub/leadhub/console"
	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/postgres"
	"github.com/leadhub/leadhub/sink/sqlite"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
)

// app is one wired process: broker, database, hub and HTTP server. Tests use it as `serve` does.
type app struct {
	addr       string
	adminToken string
	hub        *hub.Hub
	stop       time.Duration
	closers    []func() error // run in reverse order
}

type database interface {
	sink.Store
	Migrate(ctx context.Context) error
	hub.ImportStore
	hub.DeliveryStore
	MigrationStatus(ctx context.Context) ([]sink.Migration, error)
}

func openDatabase(ctx context.Context, url, dir string) (database, error) {
	switch {
	case url == "":
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("the data folder cannot be made: %w", err)
		}
		path := filepath.Join(dir, "pool.db")
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // it holds people's data: for the owner alone
		if err != nil {
			return nil, fmt.Errorf("the pool cannot be opened: %w", err)
		}
		_ = f.Close()
		return sqlite.Open(ctx, path, sqlite.Options{CacheBytes: 8 << 20}) // behind it is the system's own cache
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return postgres.Open(ctx, url, postgres.Options{})
	}
	return nil, lead.Invalid("bad_database_url", "the database URL is not one of PostgreSQL", "write it as postgres://user:password@host:5432/database, or leave it out for SQLite")
}

// openApp starts everything and returns when the hub accepts. Nothing runs when it fails.
func openApp(ctx context.Context, f hubFlags, listen string, log *slog.Logger) (_ *app, err error) {
	a := &app{stop: f.StopWithin}
	defer func() {
		if err != nil {
			_ = a.close()
		}
	}()
	key, token, err := f.secrets()
	if err != nil {
		return nil, err
	}
	proxies, err := f.proxies()
	if err != nil {
		return nil, err
	}
	a.adminToken = token
	if err := a.lock(f); err != nil {
		return nil, err
	}
	brokers, err := a.openBroker(f, log)
	if err != nil {
		return nil, err
	}
	client, err := stream.Open(stream.Config{Brokers: brokers, Logger: log.With("part", "broker")})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, client.Close)
	db, err := openDatabase(ctx, f.Database, f.Data)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { return soon(db.Close) })
	if err := migrate(ctx, db, f, log); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.hub, err = hub.New(hub.Config{Dir: f.Data, Roles: f.Roles, Store: db, Stream: client, Partitions: f.Partitions, TopicPrefix: f.TopicPrefix,
		Connectors: all.Connectors(), SecretKey: key, AdminToken: token, MaxBody: f.MaxBody, SpoolBytes: f.SpoolBytes,
		Imports: db, MaxImport: f.MaxImport, KeepImports: f.KeepImports,
		Deliveries:     db,
		Words:          words,
		TrustedProxies: proxies, Logger: log, Registry: registry})
	if err != nil {
		return nil, err
	}
	if err := a.hub.Start(ctx); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), a.stop)
		defer cancel()
		return a.hub.Stop(ctx)
	})
	return a, a.serve(listen, routes(a.hub, hub.SessionKey(slices.Concat(key, []byte(token))), registry, log))
}

// words say why reps are told as the pages of the console do.
func words(c lead.Config) deliver.Say {
	of := map[string]console.Words{"zh": console.NewWords("zh", c), "en": console.NewWords("en", c)}
	return func(language string, n lead.Notification) string { return of[language].Told(n) }
}

// lock keeps other processes from what only one may write: the SQLite pool and the spool. Processes with other roles may share the folder.
func (a *app) lock(f hubFlags) error {
	var dirs []string
	if f.Database == "" {
		dirs = append(dirs, f.Data)
	}
	if len(f.Roles) == 0 || slices.Contains(f.Roles, hub.RoleIntake) {
		dirs = append(dirs, filepath.Join(f.Data, "spool"))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("the data folder cannot be made: %w", err)
		}
		l, err := embedded.LockDir(dir)
		if err != nil {
			return err
		}
		a.closers = append(a.closers, l.Close)
	}
	return nil
}

// openBroker returns the brokers to use, having started the embedded one when none are given.
func (a *app) openBroker(f hubFlags, log *slog.Logger) ([]string, error) {
	if brokers := f.brokers(); brokers != nil {
		return brokers, nil
	}
	if len(f.Roles) > 0 && !slices.Contains(f.Roles, hub.RoleIntake) {
		return nil, lead.Invalid("no_broker", "a process without the role intake needs --kafka: the embedded broker belongs to one process",
			"give --kafka, or leave --roles out")
	}
	b, err := embedded.Open(embedded.Config{Dir: filepath.Join(f.Data, "broker"), Listen: f.BrokerListen, RetentionBytes: f.BrokerBytes,
		Logger: log.With("part", "broker")})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, b.Close)
	return []string{b.Addr()}, nil
}

// migrate brings the tables up to date. With the database away a hub that has a configuration of its own starts without: intake works
// from it, and the tables are brought up to date when the database is back.
func migrate(ctx context.Context, db database, f hubFlags, log *slog.Logger) error {
	_, unkept := os.Stat(filepath.Join(f.Data, "configuration.json"))
	err := answers(ctx, db)
	if err == nil || unkept != nil {
		try, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		err = db.Migrate(try)
	}
	if err == nil || unkept != nil || !lead.IsTransient(err) {
		return err
	}
	log.Warn("database is away; its tables will be checked when it is back", "error", err)
	go func() {
		for ctx.Err() == nil {
			if err := db.Migrate(ctx); err == nil || !lead.IsTransient(err) {
				if err != nil {
					log.Error("the pool's tables cannot be brought up to date", "error", err)
				}
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Second):
			}
		}
	}()
	return nil
}

// soon does not wait long for what ends: the connections of a PostgreSQL that went silent take 15 s to be given up, and nothing is lost without.
func soon(end func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(2 * time.Second):
		return nil
	}
}

// answers asks the database for a sign of life: visitors wait for the start.
func answers(ctx context.Context, db database) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return db.Ping(ctx)
}

func (a *app) serve(listen string, h http.Handler) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return lead.Invalid("cannot_listen", fmt.Sprintf("cannot serve on %s: %v", listen, err), "choose another --listen; port 0 takes any free one")
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	go func() { _ = srv.Serve(l) }() // ends with ErrServerClosed
	a.addr = l.Addr().String()
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if srv.Shutdown(ctx) == nil {
			return nil
		}
		return srv.Close() // of connections that are open and say nothing, or are too slow: whoever sends there was not answered
	})
	return nil
}

// close stops in the reverse order of the start: first the door, last the broker.
func (a *app) close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
