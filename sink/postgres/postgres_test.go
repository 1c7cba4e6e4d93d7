package postgres_test

import (
	"context"
	"crypto/rand"
	"flag"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/postgres"
	"github.com/leadhub/leadhub/sink/sinktest"
)

// database is the PostgreSQL to test with.
func database(t testing.TB) string {
	t.Helper()
	u := os.Getenv("LEADHUB_TEST_POSTGRES")
	if u == "" {
		if slices.Contains(strings.Split(os.Getenv("LEADHUB_TEST_MUST_RUN"), ","), "postgres") {
			t.Fatal("LEADHUB_TEST_MUST_RUN names postgres, but LEADHUB_TEST_POSTGRES is not set")
		}
		t.Skip("set LEADHUB_TEST_POSTGRES to the postgres:// URL of a database that tests may make schemas in")
	}
	return u
}

// schema makes a schema that ends with the test, and returns the URL that leads into it.
func schema(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	base := database(t)
	conn, err := pgx.Connect(ctx, base)
	require.NoError(t, err)
	name := "test_" + strings.ToLower(rand.Text())
	_, err = conn.Exec(ctx, "CREATE SCHEMA "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := conn.Exec(ctx, "DROP SCHEMA "+name+" CASCADE")
		require.NoError(t, err)
		require.NoError(t, conn.Close(ctx))
	})
	u, err := url.Parse(base)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	ctx := context.Background()
	db, err := postgres.Open(ctx, url, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(ctx))
	return db
}

var harness = sinktest.Harness{Open: func(t testing.TB) sink.Store { return open(t, schema(t)) }}

func TestPostgreSQLHoldsThePool(t *testing.T) {
	database(t)
	// Every pool is a schema that has to be made; SQLite runs the same properties as often as rapid is used to.
	require.NoError(t, flag.Set("rapid.checks", "20"))
	sinktest.Run(t, harness)
}

func TestADatabaseThatIsAwayIsATransientErrorAndNotOneOfOpen(t *testing.T) {
	ctx := context.Background()
	db, err := postgres.Open(ctx, "postgres://leadhub:secret@127.0.0.1:1/leadhub?sslmode=disable", postgres.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, status := db.MigrationStatus(ctx)
	_, relay := db.Relay(ctx, 1, nil)
	_, config := db.Config(ctx)
	for _, err := range []error{db.Ping(ctx), db.Migrate(ctx), status, relay, config, db.Update(ctx, nil)} {
		require.True(t, lead.IsTransient(err), "%v", err)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestABadAddressIsRefusedWithoutShowingThePassword(t *testing.T) {
	_, err := postgres.Open(context.Background(), "postgres://leadhub:secret@host:port/", postgres.Options{})
	require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
	require.NotContains(t, err.Error(), "secret")
}

func TestAConnectionThatIsLostInATransactionLeavesNothingAndIsTransient(t *testing.T) {
	ctx := context.Background()
	address := schema(t)
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	name := q.Get("search_path")
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	db := open(t, u.String())
	other, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close(ctx)) }()

	items := sinktest.Items(sinktest.Sub("sub_1", sinktest.Mobile(1)))
	_, err = sinktest.NewSink(cut{db, func() error {
		_, err := other.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", name)
		return err
	}}).Record(ctx, items)
	require.True(t, lead.IsTransient(err), "%v", err)
	_, found, err := db.Submission(ctx, "sub_1")
	require.NoError(t, err, "the next call gets a new connection")
	require.False(t, found)
	res, err := sinktest.NewSink(db).Record(ctx, items)
	require.NoError(t, err)
	require.Equal(t, sink.Result{New: 1}, res)
}

// cut is a pool whose connections are cut before Numbers.
type cut struct {
	sink.Pool
	now func() error
}

func (c cut) Update(ctx context.Context, fn func(sink.Tx) error) error {
	return c.Pool.Update(ctx, func(tx sink.Tx) error { return fn(cutTx{tx, c.now}) })
}

type cutTx struct {
	sink.Tx
	now func() error
}

func (c cutTx) Numbers(ctx context.Context, day string, n int) (int64, error) {
	if err := c.now(); err != nil {
		return 0, err
	}
	return c.Tx.Numbers(ctx, day, n)
}

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	u := schema(t)
	errs := make(chan error, 3)
	for range 3 {
		go func() {
			db, err := postgres.Open(context.Background(), u, postgres.Options{})
			if err == nil {
				err = db.Migrate(context.Background())
				_ = db.Close()
			}
			errs <- err
		}()
	}
	for range 3 {
		require.NoError(t, <-errs)
	}
	list, err := open(t, u).MigrationStatus(context.Background())
	require.NoError(t, err)
	for _, m := range list {
		require.False(t, m.Applied.IsZero())
	}
}
