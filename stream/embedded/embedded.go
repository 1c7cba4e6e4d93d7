// Package embedded runs a Kafka broker inside the process: franz-go's kfake with
// a data directory and synced writes, for a hub without a cluster. Clients reach it through
// TCP like any other broker.
//
// kfake was made for tests. Each of its faults that could lose or grow data has
// a guard here:
//
//   - A partition that retention empties starts again at offset 0 after a
//     restart, and a group's old offset then skips new records. So time retention is off,
//     whatever a client asks for; requests to delete records are refused; our own timer
//     trims by bytes and always leaves the newest.
//   - kfake's retention knows nothing of consumers. Ours never removes what a
//     group that is still in use has not committed.
//   - Its retention timer does not run after a restart. Ours does.
//   - After a torn tail of groups.log, commits are lost at the next crash; an
//     orderly close heals it. So every start opens, closes and opens again.
//   - A committed offset beyond its log's end goes back to the log's start at every start.
//   - Compaction deletes old segments before it has written new ones. So no topic is compacted.
//   - Each batch costs two fsyncs, so topics have one partition, whatever is asked for.
//   - Nothing keeps two processes from one directory. We hold a lock on it.
//   - Members of the process before are remembered across an orderly restart and
//     would keep the partitions until their sessions end. We forget them.
//   - A request may claim 4 GiB, and one of an unknown kind panics. Such
//     connections are closed before kfake reads them.
package embedded

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// DefaultRetentionBytes bounds a topic's log. After a crash kfake reads all logs
// into memory once, so this is also what a start may need for each topic.
const DefaultRetentionBytes = 256 << 20

// MinRetentionBytes is several times the largest batch (1 MiB): trimming to it can
// never empty a log.
const MinRetentionBytes = 16 << 20

// Config says where the broker keeps its data. Only Dir is required.
type Config struct {
	Dir    string // made if missing; belongs to one process at a time
	Listen string // host:port; 127.0.0.1 and any free port unless set
	// RetentionBytes is how much of each topic is kept: more only while a group
	// has not committed it.
	RetentionBytes int64
	// RetentionEvery is how often old records are trimmed; 10 s unless set.
	RetentionEvery time.Duration
	Logger         *slog.Logger
}

// Broker is a running embedded broker.
type Broker struct {
	cfg     Config
	log     *slog.Logger
	cluster *kfake.Cluster
	addr    string
	lock    io.Closer

	closing   chan struct{}
	closeOnce sync.Once
	trimming  sync.WaitGroup
}

// Open starts the broker on cfg.Dir. It fails when another process has the
// directory, when it cannot be written to, or when the address is taken.
func Open(cfg Config) (*Broker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded broker: data directory: %w; choose one that can be written to", err)
	}
	lock, err := LockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{cfg: cfg, log: cfg.Logger, lock: lock, closing: make(chan struct{})}
	if err := b.start(); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("embedded broker in %s: %w", cfg.Dir, err)
	}
	b.trimming.Add(1)
	go b.trimLoop()
	return b, nil
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Dir == "" {
		return cfg, errors.New("embedded broker: no data directory given")
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if _, _, err := net.SplitHostPort(cfg.Listen); err != nil {
		return cfg, fmt.Errorf("embedded broker: listen address %q is not host:port: %w", cfg.Listen, err)
	}
	if cfg.RetentionBytes == 0 {
		cfg.RetentionBytes = DefaultRetentionBytes
	}
	if cfg.RetentionBytes < MinRetentionBytes {
		return cfg, fmt.Errorf("embedded broker: retention of %d bytes is too small, at least %d are needed", cfg.RetentionBytes, MinRetentionBytes)
	}
	if cfg.RetentionEvery <= 0 {
		cfg.RetentionEvery = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return cfg, nil
}

// start opens, closes and opens the cluster again.
func (b *Broker) start() error {
	if err := probe(b.cfg.Dir); err != nil {
		return fmt.Errorf("cannot write there: %w; free some space or choose another data directory", err)
	}
	if err := b.forgetMembers(); err != nil {
		return err
	}
	// Opening reads the logs, after a crash all at once. What that leaves behind
	// must not stay as long as the process.
	defer debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	first, err := b.open("127.0.0.1:0")
	if err != nil {
		return err
	}
	err = resetLostOffsets(first, b.log)
	first.Close()
	if err != nil {
		return err
	}
	if err := b.forgetMembers(); err != nil {
		return err
	}
	debug.FreeOSMemory()
	if b.cluster, err = b.open(b.cfg.Listen); err != nil {
		return err
	}
	b.addr = b.cluster.ListenAddrs()[0]
	return nil
}

func (b *Broker) open(listen string) (*kfake.Cluster, error) {
	c, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("leadhub-embedded"),
		kfake.DataDir(b.cfg.Dir),
		kfake.SyncWrites(),
		kfake.DefaultNumPartitions(1),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"log.segment.bytes":         "16777216", // the unit that is deleted, and read at once at a start
			"offsets.retention.minutes": "525600",
		}),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			l, err := net.Listen(network, listen)
			return guardedListener{l}, err
		}),
		kfake.WithLogger(&logger{b.log}),
	)
	if err != nil {
		return nil, err
	}
	imposeRules(c)
	return c, nil
}

// forgetMembers drops what kfake remembers of group members; offsets are elsewhere.
func (b *Broker) forgetMembers() error {
	err := os.Remove(filepath.Join(b.cfg.Dir, "session_state.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// probe writes as much as the largest batch and syncs it, so that a full or
// read-only disk shows at the start.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Sync(), f.Close())
}

// Addr is the broker's host:port.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker in order. What clients were told is durable stays.
func (b *Broker) Close() error {
	b.closeOnce.Do(func() {
		close(b.closing)
		b.trimming.Wait()
		b.cluster.Close()
		_ = b.lock.Close()
	})
	return nil
}

// logger passes kfake's warnings on; its lower levels speak of every request.
type logger struct{ log *slog.Logger }

func (l *logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	}
}
