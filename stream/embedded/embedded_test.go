package embedded_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
)

// TestMain lets the test binary be the second process of a test: it opens the
// broker on a directory and says what came of it.
func TestMain(m *testing.M) {
	dir := os.Getenv("EMBEDDED_TEST_OPEN")
	if dir == "" {
		os.Exit(m.Run())
	}
	b, err := embedded.Open(embedded.Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready " + b.Addr())
	select {} // until killed
}

func open(t testing.TB, cfg embedded.Config) (*embedded.Broker, *stream.Client) {
	t.Helper()
	b, err := embedded.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b, client(t, b.Addr())
}

func client(t testing.TB, addr string) *stream.Client {
	t.Helper()
	c, err := stream.Open(stream.Config{Brokers: []string{addr}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func records(topic string, n, size int) []stream.Record {
	recs := make([]stream.Record, n)
	for i := range recs {
		recs[i] = stream.Record{Topic: topic, Key: []byte("k"), Value: append(fmt.Appendf(nil, "%08d", i), make([]byte, size)...)}
	}
	return recs
}

// read lets a member of the group read until it has n distinct records or gives up.
func read(t testing.TB, c *stream.Client, group, topic string, n int) (got map[string]bool) {
	t.Helper()
	got = map[string]bool{}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	require.NoError(t, c.Consume(ctx, stream.ConsumerConfig{Group: group, Topics: []string{topic}}, func(_ context.Context, recs []stream.Record) error {
		for _, r := range recs {
			got[string(r.Value)] = true
		}
		if len(got) >= n {
			cancel()
		}
		return nil
	}))
	return got
}

func count(t testing.TB, c *stream.Client, topic string) (n int) {
	t.Helper()
	require.NoError(t, c.Scan(within(t, 20*time.Second), topic, stream.ScanFrom{}, func(stream.Record) error { n++; return nil }))
	return n
}

func TestRecordsAndOffsetsOutliveARestart(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir()}
	b, c := open(t, cfg)
	require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), stream.Topic{Name: "raw"}))
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 100, 10)...))
	require.Len(t, read(t, c, "g", "raw", 100), 100)
	require.NoError(t, b.Close())

	_, c = open(t, cfg)
	lag, err := c.Lag(within(t, 5*time.Second), "g", "raw")
	require.NoError(t, err)
	require.Zero(t, lag["raw"])
	require.Equal(t, 100, count(t, c, "raw"))
}

// The fault itself, without our guards: kfake begins an emptied log at 0 again.
func TestAGroupBeyondItsLogsEndReadsFromTheStartAfterARestart(t *testing.T) {
	dir := t.TempDir()
	bare, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(dir), kfake.SyncWrites(), kfake.SeedTopics(1, "raw"))
	require.NoError(t, err)
	c := client(t, bare.ListenAddrs()[0])
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 50, 10)...))
	require.Len(t, read(t, c, "g", "raw", 50), 50)
	require.NoError(t, bare.DeleteRecords("raw", 0, -1))
	bare.Close()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "partitions", "raw-0"))) // the log is lost altogether, whatever kfake keeps of its offsets

	_, c = open(t, embedded.Config{Dir: dir})
	lag, err := c.Lag(within(t, 5*time.Second), "g", "raw")
	require.NoError(t, err)
	require.Zero(t, lag["raw"])
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 60, 10)...))
	require.Len(t, read(t, c, "g", "raw", 60), 60, "none of the new records may be skipped")
}

func TestOneDirectoryBelongsToOneProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, embedded.Config{Dir: dir})
	_, err := embedded.Open(embedded.Config{Dir: dir})
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))

	second := exec.Command(os.Args[0])
	second.Env = append(os.Environ(), "EMBEDDED_TEST_OPEN="+dir)
	out, err := second.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), fmt.Sprintf("in use by process %d", os.Getpid()))
}

func TestAKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	total := 0
	for round := range 3 {
		p := exec.Command(os.Args[0])
		p.Env = append(os.Environ(), "EMBEDDED_TEST_OPEN="+dir)
		out, err := p.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, p.Start())
		var addr string
		_, err = fmt.Fscanf(out, "ready %s\n", &addr)
		require.NoError(t, err)
		c := client(t, addr)
		require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), stream.Topic{Name: "raw"}))
		require.Equal(t, total, count(t, c, "raw"), "before round %d", round)
		if round > 0 {
			lag, err := c.Lag(within(t, 5*time.Second), "g", "raw")
			require.NoError(t, err)
			require.Zero(t, lag["raw"], "commits before round %d", round)
		}
		require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 40, 100)...))
		total += 40
		require.NotEmpty(t, read(t, c, "g", "raw", 40), "commits go on after a torn end")
		lag, err := c.Lag(within(t, 5*time.Second), "g", "raw")
		require.NoError(t, err)
		require.Zero(t, lag["raw"])
		require.NoError(t, p.Process.Kill())
		_ = p.Wait()
		_ = c.Close()
		tear(t, filepath.Join(dir, "groups.log"))
	}
}

// tear appends half an entry, as a crash in the middle of a write leaves it.
func tear(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.Write([]byte{0, 0, 0, 90, 1, 2, 3, 4, 5, 6})
	require.NoError(t, errors.Join(err, f.Close()))
}

func TestMembersOfTheProcessBeforeHoldNothingUp(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir()}
	b, c := open(t, cfg)
	require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), stream.Topic{Name: "raw"}))
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 1, 10)...))
	ctx, stop := context.WithCancel(context.Background())
	reading, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		_ = c.Consume(ctx, stream.ConsumerConfig{Group: "g", Topics: []string{"raw"}}, func(context.Context, []stream.Record) error {
			close(reading)
			return nil
		})
	}()
	<-reading
	require.NoError(t, b.Close()) // so the member cannot leave
	stop()
	<-left

	_, c = open(t, cfg)
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("raw", 1, 10)...))
	require.Len(t, read(t, c, "g", "raw", 1), 1, "within 3 s, half of the old member's session")
}

func TestNoClientCanSetUpATopicThatLosesRecords(t *testing.T) {
	b, c := open(t, embedded.Config{Dir: t.TempDir()})
	topic := stream.Topic{Name: "changes", Partitions: 6, Retention: time.Millisecond, RetentionBytes: 1, Compacted: true}
	require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), topic))
	require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), topic), "settings of an existing topic, too")

	kc := &kafka.Client{Addr: kafka.TCP(b.Addr()), Transport: &kafka.Transport{}}
	meta, err := kc.Metadata(within(t, 5*time.Second), &kafka.MetadataRequest{Topics: []string{"changes"}})
	require.NoError(t, err)
	require.Len(t, meta.Topics[0].Partitions, 1)
	res, err := kc.DescribeConfigs(within(t, 5*time.Second), &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: "changes"}}})
	require.NoError(t, err)
	settings := map[string]string{}
	for _, e := range res.Resources[0].ConfigEntries {
		settings[e.ConfigName] = e.ConfigValue
	}
	require.Equal(t, "delete", settings["cleanup.policy"])
	require.NotEqual(t, "1", settings["retention.ms"])
	require.NotEqual(t, "1", settings["retention.bytes"])

	require.NoError(t, c.Produce(within(t, 5*time.Second), records("changes", 10, 10)...))
	require.Equal(t, 10, count(t, c, "changes"))
}

func TestRetentionTrimsByBytesAfterARestartTooAndNeverWhatAGroupHasNotRead(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir(), RetentionBytes: embedded.MinRetentionBytes, RetentionEvery: 20 * time.Millisecond}
	b, c := open(t, cfg)
	require.NoError(t, c.EnsureTopics(within(t, 5*time.Second), stream.Topic{Name: "read"}, stream.Topic{Name: "unread"}))
	require.NoError(t, c.Produce(within(t, 5*time.Second), records("unread", 10, 10)...))
	require.NotEmpty(t, read(t, c, "g", "unread", 10))
	require.NoError(t, b.Close())

	_, c = open(t, cfg)
	const n, size = 24 << 10, 1 << 10 // 24 MiB
	for _, topic := range []string{"read", "unread"} {
		for range 24 {
			require.NoError(t, c.Produce(within(t, 20*time.Second), records(topic, n/24, size)...))
		}
	}
	require.Eventually(t, func() bool { return count(t, c, "read") < 18<<10 }, 10*time.Second, 50*time.Millisecond)
	require.Greater(t, count(t, c, "read"), 12<<10)
	lag, err := c.Lag(within(t, 5*time.Second), "g", "unread")
	require.NoError(t, err)
	require.EqualValues(t, n, lag["unread"], "nothing unread is gone")
}

func TestTooSmallARetentionIsRefused(t *testing.T) {
	_, err := embedded.Open(embedded.Config{Dir: t.TempDir(), RetentionBytes: 1})
	require.ErrorContains(t, err, "too small")
}

func TestADirectoryThatCannotBeWrittenIsAnErrorAtOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := embedded.Open(embedded.Config{Dir: filepath.Join(file, "data")})
	require.ErrorContains(t, err, file)
}

func TestItListensOnLoopbackUnlessToldOtherwise(t *testing.T) {
	b, _ := open(t, embedded.Config{Dir: t.TempDir()})
	require.True(t, strings.HasPrefix(b.Addr(), "127.0.0.1:"), b.Addr())

	_, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: b.Addr()})
	require.ErrorContains(t, err, "in use")

	other, _ := open(t, embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.2:0"})
	require.True(t, strings.HasPrefix(other.Addr(), "127.0.0.2:"), other.Addr())
}

func TestARequestThatWouldBreakTheBrokerOnlyLosesItsConnection(t *testing.T) {
	b, c := open(t, embedded.Config{Dir: t.TempDir()})
	huge := binary.BigEndian.AppendUint32(nil, 0xFFFFFFFF)
	unknown := append(binary.BigEndian.AppendUint32(nil, 14), 0x7f, 0x7f, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0)
	for name, bytes := range map[string][]byte{"4 GiB": huge, "unknown kind": unknown, "HTTP": []byte("GET / HTTP/1.1\r\n\r\n"), "too short": {0, 0, 0, 2, 0, 3}} {
		conn, err := net.Dial("tcp", b.Addr())
		require.NoError(t, err)
		_, err = conn.Write(bytes)
		require.NoError(t, err, name)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, err = conn.Read(make([]byte, 1))
		var timeout net.Error
		require.Error(t, err, name)
		require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "%s: the connection stays open", name)
		_ = conn.Close()
	}
	require.NoError(t, c.Ping(within(t, 5*time.Second)))
}
