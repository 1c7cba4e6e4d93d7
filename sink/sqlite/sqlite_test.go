package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/sinktest"
	"github.com/leadhub/leadhub/sink/sqlite"
)

var harness = sinktest.Harness{Many: 20000, Open: func(t testing.TB) sink.Store { return open(t, filepath.Join(t.TempDir(), "线索 pool?#%.db")) }}

func open(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(ctx))
	return db
}

func TestSQLiteHoldsThePool(t *testing.T) { sinktest.Run(t, harness) }

func TestMigrationsAreThoseOfPostgreSQL(t *testing.T) {
	names := func(dir string) []string {
		files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		return files
	}
	require.Equal(t, names("../postgres/migration"), names("migration"))
}

func TestMigratingTwiceChangesNothingAndTheStatusTellsWhen(t *testing.T) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "pool.db"), sqlite.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	list, err := db.MigrationStatus(ctx)
	require.NoError(t, err)
	require.Equal(t, "001_pool.sql", list[0].Name)
	require.True(t, list[0].Applied.IsZero())
	require.NoError(t, db.Migrate(ctx))
	require.NoError(t, db.Migrate(ctx))
	list, err = db.MigrationStatus(ctx)
	require.NoError(t, err)
	require.False(t, list[len(list)-1].Applied.IsZero())
}

// What makes a commit durable and a reader independent of the writer: a library that no longer takes these words would drop
// them without one.
func TestTheSettingsThatLawOneNeedsAreInForce(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "pool.db"))
	for name, conn := range map[string]*sql.DB{"write": db.Write, "read": db.Read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "page_size": "8192", "busy_timeout": "10000"} {
			var got string
			require.NoError(t, conn.QueryRowContext(context.Background(), "PRAGMA "+pragma).Scan(&got))
			require.Equal(t, want, got, "%s of %s", pragma, name)
		}
	}
	_, err := db.Read.ExecContext(context.Background(), "DELETE FROM leads")
	require.ErrorContains(t, err, "readonly")
}

func TestAReaderDoesNotWaitForAWriter(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "pool.db"))
	ctx := context.Background()
	require.NoError(t, db.Update(ctx, func(tx sink.Tx) error {
		_, err := tx.Numbers(ctx, "20260102", 1)
		require.NoError(t, err)
		_, err = db.Leads(ctx, lead.LeadQuery{})
		return err
	}))
}

func TestAPlaceThatCannotBeWrittenIsAnErrorOfOpen(t *testing.T) {
	_, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "missing", "pool.db"), sqlite.Options{})
	require.True(t, lead.IsTransient(err), "%v", err)
}
