// Package stream carries bytes through Kafka and knows nothing of what they
// mean. One client serves both brokers: a real Kafka cluster and the embedded
// one of stream/embedded.
//
// Delivery is at least once everywhere. A nil error from Produce means that the
// records are durable (acks=all); an offset is committed only after the handler
// returned nil for every record before it. Anything may be delivered twice, and
// kafka-go has no idempotent producer, so a retried write may also be stored
// twice.
package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// MaxRecordBytes bounds one record: key, value and headers together. It stays
// below Kafka's default max.message.bytes (1,048,588 for a whole batch).
const MaxRecordBytes = 1_000_000

var (
	// ErrTooLarge is wrapped by Produce when a record exceeds MaxRecordBytes or
	// what the broker takes. Sending it again cannot help.
	ErrTooLarge = errors.New("record is larger than the broker takes")

	// ErrPoison marks, when a handler wraps it, a failure that no retry can
	// mend: the record is isolated at once instead of after several attempts.
	ErrPoison = errors.New("record cannot be handled")

	// ErrClosed is returned by a Client that was closed.
	ErrClosed = errors.New("stream: client is closed")
)

// Header is one record header. Keys may repeat.
type Header = kafka.Header

// Record is one record of a topic. To Produce only Topic, Key, Value and
// Headers matter, and Time unless it is zero; the rest is filled on reading. A
// nil Value is a tombstone; an empty one is not. A nil Key goes to any partition,
// equal keys go to the same one.
type Record struct {
	Topic     string
	Key       []byte
	Value     []byte
	Headers   []Header
	Partition int
	Offset    int64
	Time      time.Time
}

// Config says where the broker is and how to speak to it. Only Brokers is required.
type Config struct {
	Brokers []string // host:port of any brokers of the cluster
	Logger  *slog.Logger

	TLS  *tls.Config
	SASL sasl.Mechanism

	// Linger is how long at most a batch waits for as many callers as the one
	// before had; 1 ms unless set, none when negative. A lone record never waits.
	Linger time.Duration
	// WriteTimeout bounds a Produce whose context has no deadline; 10 s unless set.
	WriteTimeout time.Duration
}

// Client speaks to one Kafka cluster. It is safe for concurrent use.
type Client struct {
	cfg       Config
	log       *slog.Logger
	transport *kafka.Transport
	kafka     *kafka.Client
	dialer    *kafka.Dialer
	stats     counters
	layout    layout

	ctx   context.Context // ends at Close
	close context.CancelFunc

	mu    sync.Mutex
	lanes map[lane]*queue
}

// Open prepares a client. It does not touch the network: an unreachable broker
// shows in Ping.
func Open(cfg Config) (*Client, error) {
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("stream: no broker address; give at least one host:port")
	}
	for _, b := range cfg.Brokers {
		if b == "" || !strings.Contains(b, ":") {
			return nil, fmt.Errorf("stream: broker address %q is not host:port", b)
		}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.Linger == 0 {
		cfg.Linger = time.Millisecond
	}
	if cfg.WriteTimeout <= 0 {
		cfg.WriteTimeout = 10 * time.Second
	}
	c := &Client{cfg: cfg, log: cfg.Logger, lanes: map[lane]*queue{}}
	c.ctx, c.close = context.WithCancel(context.Background())
	c.dialer = &kafka.Dialer{ClientID: "leadhub", Timeout: dialTimeout, DualStack: true, TLS: cfg.TLS, SASLMechanism: cfg.SASL}
	// Never kafka.DefaultTransport: it is shared by the process and keeps the
	// cluster's layout for 6 s, which is how long an outage would last at least.
	c.transport = &kafka.Transport{
		ClientID: "leadhub", DialTimeout: dialTimeout, MetadataTTL: metadataTTL, IdleTimeout: time.Minute,
		TLS: cfg.TLS, SASL: cfg.SASL, Context: c.ctx,
	}
	c.kafka = &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: c.transport}
	return c, nil
}

const (
	dialTimeout = 2 * time.Second
	metadataTTL = 1500 * time.Millisecond
)

// Close ends every Produce with ErrClosed and drops the connections. End the
// contexts of running Consume calls first, so that they can leave their groups.
func (c *Client) Close() error {
	c.close()
	c.transport.CloseIdleConnections()
	return nil
}

// Ping asks the cluster for its API versions and returns nil when it answers.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	// Not Metadata: the transport answers that from its cache, broker or not.
	res, err := c.kafka.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("stream: no Kafka broker answers at %s: %w", strings.Join(c.cfg.Brokers, ","), err)
	}
	return nil
}

// sleep waits for d or the end of ctx, and says whether it was the former.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
