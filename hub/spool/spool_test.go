package spool_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/hub/spool"
)

func open(t *testing.T, dir string, max int64) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, max)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func drain(t *testing.T, s *spool.Spool) []string {
	t.Helper()
	var got []string
	require.NoError(t, s.Drain(3, func(batch [][]byte) error {
		for _, p := range batch {
			got = append(got, string(p))
		}
		return nil
	}))
	return got
}

func TestWhatWasAppendedIsDrainedInOrderAndOnlyOnce(t *testing.T) {
	s := open(t, t.TempDir(), 1<<20)
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprint("record ", i))
		require.NoError(t, s.Append([]byte(want[i])))
	}
	_, records := s.Size()
	require.EqualValues(t, 10, records)
	require.Equal(t, want, drain(t, s))
	require.Empty(t, drain(t, s))
	bytes, records := s.Size()
	require.Zero(t, bytes)
	require.Zero(t, records)
}

func TestWhatWasAppendedSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	require.NoError(t, s.Append([]byte("a"), []byte("b")))
	// Not closed: as after kill -9.
	again := open(t, dir, 1<<20)
	_, records := again.Size()
	require.EqualValues(t, 2, records)
	require.NoError(t, again.Append([]byte("c")))
	require.Equal(t, []string{"a", "b", "c"}, drain(t, again))
}

func TestATornTailIsDroppedAndTheRestKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	require.NoError(t, s.Append([]byte("whole")))
	require.NoError(t, s.Append([]byte("torn")))
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	info, err := os.Stat(files[0])
	require.NoError(t, err)
	require.NoError(t, os.Truncate(files[0], info.Size()-1))
	require.Equal(t, []string{"whole"}, drain(t, open(t, dir, 1<<20)))
}

func TestARecordThatTheDiskChangedDoesNotTakeThoseBehindItAlong(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	for _, p := range []string{"first", "second", "third"} {
		require.NoError(t, s.Append([]byte(p)))
	}
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	require.NoError(t, err)
	segment, err := os.ReadFile(files[0])
	require.NoError(t, err)
	segment[8+len("first")+8] ^= 1 // a bit of "second"
	require.NoError(t, os.WriteFile(files[0], segment, 0o600))

	again := open(t, dir, 1<<20)
	require.Equal(t, []string{"first", "third"}, drain(t, again))
	require.EqualValues(t, 1, again.Damaged())
	require.FileExists(t, files[0]+".damaged")
	require.Empty(t, drain(t, again), "what was set aside is not read again")
}

func TestAFailedSendKeepsTheRecords(t *testing.T) {
	s := open(t, t.TempDir(), 1<<20)
	require.NoError(t, s.Append([]byte("a"), []byte("b"), []byte("c"), []byte("d")))
	away := errors.New("broker is away")
	require.ErrorIs(t, s.Drain(2, func([][]byte) error { return away }), away)
	require.NoError(t, s.Append([]byte("e")))
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, drain(t, s))
}

func TestAFullSpoolSaysSoAndTakesAgainAfterItWasDrained(t *testing.T) {
	s := open(t, t.TempDir(), 100)
	require.NoError(t, s.Append(make([]byte, 80)))
	require.ErrorIs(t, s.Append(make([]byte, 80)), spool.ErrFull)
	drain(t, s)
	require.NoError(t, s.Append(make([]byte, 80)))
}

func TestASpoolThatCannotBeWrittenDoesNotOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in-the-way")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := spool.Open(filepath.Join(file, "spool"), 1<<20)
	require.Error(t, err)
}

func TestConcurrentAppendsAllArrive(t *testing.T) {
	s := open(t, t.TempDir(), 1<<20)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() { require.NoError(t, s.Append([]byte(fmt.Sprint(i)))) })
	}
	got := map[string]bool{}
	for _, p := range drain(t, s) {
		got[p] = true
	}
	wg.Wait()
	for _, p := range drain(t, s) {
		got[p] = true
	}
	require.Len(t, got, 200)
}

func TestAppendAfterCloseFails(t *testing.T) {
	s := open(t, t.TempDir(), 1<<20)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Append([]byte("x")), os.ErrClosed)
}
