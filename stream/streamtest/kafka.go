package streamtest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Kafka returns the address of the real Kafka of LEADHUB_TEST_KAFKA, which no
// other test restarts before t ends. Without one the test is skipped, or fails
// when LEADHUB_TEST_MUST_RUN names kafka.
func Kafka(t testing.TB) string {
	t.Helper()
	addr := setting(t, "LEADHUB_TEST_KAFKA")
	hold(t, syscall.LOCK_SH)
	return addr
}

// KafkaToRestart returns the same Kafka for t alone, among all tests that ask
// here, and what restarts it: the shell command of LEADHUB_TEST_KAFKA_RESTART,
// which returns when Kafka answers again.
func KafkaToRestart(t testing.TB) (addr string, restart func()) {
	t.Helper()
	addr = setting(t, "LEADHUB_TEST_KAFKA")
	command := setting(t, "LEADHUB_TEST_KAFKA_RESTART")
	hold(t, syscall.LOCK_EX)
	return addr, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		// A file, not a pipe: a pipe is read until the broker ends, if the broker has it, too.
		out, err := os.CreateTemp(t.TempDir(), "restart")
		require.NoError(t, err)
		defer out.Close()
		cmd := exec.CommandContext(ctx, "sh", "-c", command)
		cmd.Stdout, cmd.Stderr = out, out
		err = cmd.Run()
		said, _ := os.ReadFile(out.Name())
		require.NoError(t, err, string(said))
	}
}

func setting(t testing.TB, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		if slices.Contains(strings.Split(os.Getenv("LEADHUB_TEST_MUST_RUN"), ","), "kafka") {
			t.Fatalf("%s is not set, and LEADHUB_TEST_MUST_RUN names kafka", name)
		}
		t.Skipf("%s is not set", name)
	}
	return v
}

// hold takes the lock that tests of all packages share until t ends: many may use
// Kafka at once, but not while one restarts it.
func hold(t testing.TB, how int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "leadhub-test-kafka.lock"), os.O_RDWR|os.O_CREATE, 0o666)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	require.Eventually(t, func() bool { return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) == nil },
		5*time.Minute, 20*time.Millisecond, "another test keeps Kafka for itself")
}

// deaf is the address of a server that takes connections and never answers.
func deaf(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

// closed is the address of a port that nothing listens on.
func closed(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}
