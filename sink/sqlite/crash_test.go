package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink/sinktest"
	"github.com/leadhub/leadhub/sink/sqlite"
)

const writerEnv = "LEADHUB_TEST_CRASH_WRITER"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		write(path)
		return
	}
	os.Exit(m.Run())
}

const perBatch = 20

func batch(n int) []*lead.Submission {
	subs := make([]*lead.Submission, perBatch)
	for i := range subs {
		subs[i] = sinktest.Sub(fmt.Sprintf("sub_%d_%d", n, i), sinktest.Mobile(n*perBatch+i/2))
	}
	return subs
}

// write records batches for ever and says on stdout which ones are acknowledged.
func write(path string) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err == nil {
		err = db.Migrate(ctx)
	}
	for n := 0; err == nil; n++ {
		if _, err = sinktest.NewSink(db).Record(ctx, sinktest.Items(batch(n)...)); err == nil {
			_, err = fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestWhatWasAcknowledgedIsThereAfterKill9(t *testing.T) {
	for round, enough := range []int{1, 25, 60} {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("pool-%d.db", round))
		writer := exec.Command(os.Args[0])
		writer.Env = append(os.Environ(), writerEnv+"="+path)
		writer.Stderr = os.Stderr
		out, err := writer.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, writer.Start())
		lines := bufio.NewScanner(out)
		acknowledged := -1
		for lines.Scan() {
			_, err := fmt.Sscan(lines.Text(), &acknowledged)
			require.NoError(t, err)
			if acknowledged == enough {
				require.NoError(t, writer.Process.Kill()) // lines that are in the pipe are still read
			}
		}
		_ = writer.Wait()
		require.GreaterOrEqual(t, acknowledged, enough)

		db := open(t, path)
		ctx := context.Background()
		var sound string
		require.NoError(t, db.Read.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&sound))
		require.Equal(t, "ok", sound)
		for n := range acknowledged + 2 {
			var ids []string
			for _, s := range batch(n) {
				ids = append(ids, s.ID)
			}
			got, err := db.Outcomes(ctx, ids)
			require.NoError(t, err)
			if n > acknowledged && len(got) == 0 {
				continue // never acknowledged, and nothing of it is there
			}
			require.Len(t, got, perBatch, "batch %d", n)
		}
		f, err := db.Figures(ctx)
		require.NoError(t, err)
		require.Equal(t, f.Touches, 2*f.Leads)
		require.Equal(t, f.Touches, f.Outbox)
	}
}
