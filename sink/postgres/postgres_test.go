package postgres_test

import (
	"context"
	"crypto/rand"
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
