package hub

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/postgres"
	"github.com/leadhub/leadhub/sink/sqlite"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
	"github.com/leadhub/leadhub/stream/streamtest"
)

const patience = 60 * time.Second

// breakable is a pool that a test takes away, or that fails at one point.
type breakable struct {
	sink.Store
	away      atomic.Bool
	mu        sync.Mutex
	savePoll  func(sink.Polled) error // before it is saved
	saveFetch func(lead.Rejection) error
}

var errAway = lead.Transient("database_away", "the lead pool does not answer", time.Second, errors.New("a test took it away"))

func (b *breakable) broken() error {
	if b.away.Load() {
		return errAway
	}
	return nil
}

func (b *breakable) onSavePoll(fn func(sink.Polled) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.savePoll = fn
}

func (b *breakable) onSaveFetch(fn func(lead.Rejection) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.saveFetch = fn
}

func (b *breakable) HoldLeases(ctx context.Context, holder string, names []string, ttl time.Duration) (map[string]sink.Lease, error) {
	if err := b.broken(); err != nil {
		return nil, err
	}
	return b.Store.HoldLeases(ctx, holder, names, ttl)
}

func (b *breakable) DropLeases(ctx context.Context, holder string, names ...string) error {
	if err := b.broken(); err != nil {
		return err
	}
	return b.Store.DropLeases(ctx, holder, names...)
}

func (b *breakable) Polled(ctx context.Context, source string) (sink.Polled, error) {
	if err := b.broken(); err != nil {
		return sink.Polled{}, err
	}
	return b.Store.Polled(ctx, source)
}

func (b *breakable) SavePolled(ctx context.Context, l sink.Lease, p sink.Polled) error {
	b.mu.Lock()
	fn := b.savePoll
	b.mu.Unlock()
	if fn != nil {
		if err := fn(p); err != nil {
			return err
		}
	}
	if err := b.broken(); err != nil {
		return err
	}
	return b.Store.SavePolled(ctx, l, p)
}

func (b *breakable) SaveFetch(ctx context.Context, r lead.Rejection, due time.Time) error {
	b.mu.Lock()
	fn := b.saveFetch
	b.mu.Unlock()
	if fn != nil {
		if err := fn(r); err != nil {
			return err
		}
	}
	if err := b.broken(); err != nil {
		return err
	}
	return b.Store.SaveFetch(ctx, r, due)
}

func (b *breakable) VendorToken(ctx context.Context, source, name string) (sink.VendorToken, error) {
	if err := b.broken(); err != nil {
		return sink.VendorToken{}, err
	}
	return b.Store.VendorToken(ctx, source, name)
}

func (b *breakable) SaveVendorToken(ctx context.Context, l sink.Lease, t sink.VendorToken) error {
	if err := b.broken(); err != nil {
		return err
	}
	return b.Store.SaveVendorToken(ctx, l, t)
}

// world is what hubs of one test share: a broker, a database, a vendor.
type world struct {
	t      testing.TB
	vendor *vendor
	broker string // address
	prefix string
	open   func() sink.Store

	embedded     *embedded.Broker
	brokerConfig embedded.Config
}

// onBoth runs a test on the embedded broker with SQLite, and on Kafka with PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) { t.Parallel(); test(t, embeddedWorld(t)) })
	t.Run("kafka and postgres", func(t *testing.T) { t.Parallel(); test(t, kafkaPostgresWorld(t)) })
}

func newWorld(t testing.TB) *world {
	return &world{t: t, vendor: &vendor{answers: map[string]string{}, pollEvery: 50 * time.Millisecond}}
}

func embeddedWorld(t testing.TB) *world {
	w := newWorld(t)
	w.brokerConfig = embedded.Config{Dir: t.TempDir(), RetentionBytes: 64 << 20, Logger: slog.New(slog.DiscardHandler)}
	w.startBroker()
	w.brokerConfig.Listen, w.broker = w.embedded.Addr(), w.embedded.Addr()
	t.Cleanup(func() { _ = w.embedded.Close() })
	path := filepath.Join(t.TempDir(), "pool.db")
	w.open = func() sink.Store {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err)
		require.NoError(t, db.Migrate(t.Context()))
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	return w
}

func (w *world) startBroker() {
	b, err := embedded.Open(w.brokerConfig)
	require.NoError(w.t, err)
	w.embedded = b
}

func kafkaPostgresWorld(t testing.TB) *world {
	base := os.Getenv("LEADHUB_TEST_POSTGRES")
	if base == "" {
		if slices.Contains(strings.Split(os.Getenv("LEADHUB_TEST_MUST_RUN"), ","), "postgres") {
			t.Fatal("LEADHUB_TEST_POSTGRES is not set, and LEADHUB_TEST_MUST_RUN names postgres")
		}
		t.Skip("LEADHUB_TEST_POSTGRES is not set")
	}
	w := newWorld(t)
	w.broker = streamtest.Kafka(t)
	w.prefix = "test." + strings.ToLower(rand.Text()[:10]) + "."
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		k := &kafka.Client{Addr: kafka.TCP(w.broker), Transport: &kafka.Transport{}}
		_, err := k.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{
			w.prefix + "lead.raw", w.prefix + "lead.submissions", w.prefix + "lead.rejected", w.prefix + "lead.changes"}})
		require.NoError(t, err)
	})
	admin, err := postgres.Open(t.Context(), base, postgres.Options{})
	require.NoError(t, err)
	schema := "test_" + strings.ToLower(rand.Text())
	_, err = admin.Write.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Write.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	u, err := url.Parse(base)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	w.open = func() sink.Store {
		db, err := postgres.Open(t.Context(), u.String(), postgres.Options{})
		require.NoError(t, err)
		require.NoError(t, db.Migrate(t.Context()))
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	return w
}

// testHub is one process of the hub.
type testHub struct {
	*Hub
	t     testing.TB
	world *world
	store *breakable
	clock atomic.Int64 // how far its clock is ahead
	door  http.Handler
	end   func()
}

// start starts a process of this world. Its fetching has a short grace.
func (w *world) start(name string, roles ...string) *testHub {
	w.t.Helper()
	client, err := stream.Open(stream.Config{Brokers: []string{w.broker}})
	require.NoError(w.t, err)
	h := &testHub{t: w.t, world: w, store: &breakable{Store: w.open()}}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(w.t.Output(), nil)).With("hub", name)
	}
	h.Hub, err = New(Config{Dir: w.t.TempDir(), Roles: roles, Store: h.store, Stream: client, TopicPrefix: w.prefix, Connectors: []connectors.Connector{channel{w.vendor, name}},
		SecretKey: []byte(strings.Repeat("k", 32)), Now: func() time.Time { return time.Now().Add(time.Duration(h.clock.Load())) }, Logger: log})
	require.NoError(w.t, err)
	h.fetching.grace = 100 * time.Millisecond
	require.NoError(w.t, h.Start(w.t.Context()))
	router := chi.NewRouter()
	h.Intake().Routes(router)
	h.door = router
	h.end = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = h.Stop(ctx)
		_ = client.Close()
	})
	w.t.Cleanup(h.end)
	return h
}

// die ends a process as kill -9 does, as far as others can see: it is not heard of again, and gives nothing back.
func (h *testHub) die() {
	h.store.away.Store(true)
	h.end()
}

// source sets up a source of the vendor.
func (h *testHub) source(key, kind string, more ...any) {
	h.t.Helper()
	settings := map[string]any{"kind": kind}
	for i := 0; i < len(more); i += 2 {
		settings[more[i].(string)] = more[i+1]
	}
	h.edit(func(c *lead.Config) {
		c.Sources = slices.DeleteFunc(c.Sources, func(s lead.Source) bool { return s.Key == key })
		c.Sources = append(c.Sources, lead.Source{Key: key, Channel: "fake", Name: key, Trust: 50, Enabled: true, Settings: settings})
	})
}

func (h *testHub) edit(fn func(*lead.Config)) {
	h.t.Helper()
	_, err := h.Configuration().EditConfig(h.t.Context(), "person:test", func(c *lead.Config) error { fn(c); return nil })
	require.NoError(h.t, err)
}

func (h *testHub) push(source, id, body string) string {
	h.t.Helper()
	req := httptest.NewRequest("POST", "/in/"+source, strings.NewReader(body))
	req.Header.Set("Event-Id", id)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, req)
	require.Equal(h.t, http.StatusAccepted, w.Code, w.Body.String())
	var a struct{ ID string }
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &a))
	return a.ID
}

func eventually(t testing.TB, fn func() bool, msg string, args ...any) {
	t.Helper()
	require.Eventually(t, fn, patience, 10*time.Millisecond, append([]any{msg}, args...)...)
}

func (h *testHub) figures() lead.PoolFigures {
	f, err := h.cfg.Store.Figures(context.Background())
	if err != nil {
		return lead.PoolFigures{Leads: -1}
	}
	return f
}

// pools waits until the pool has this many leads and nothing is missing, and makes sure that none is there twice.
func (h *testHub) pools(leads int) {
	h.t.Helper()
	eventually(h.t, func() bool { return h.figures().Leads == int64(leads) }, "the pool does not come to %d leads", leads)
	h.balances()
	f := h.figures()
	require.EqualValues(h.t, leads, f.Leads)
	require.EqualValues(h.t, leads, f.Touches, "something is there twice")
}

func (h *testHub) balances() lead.Audit {
	h.t.Helper()
	var a lead.Audit
	eventually(h.t, func() bool {
		var err error
		a, err = h.Audit(context.Background())
		return err == nil && a.Pending == 0
	}, "the stages do not catch up")
	require.Empty(h.t, a.Missing)
	require.Empty(h.t, a.Duplicated)
	require.True(h.t, a.Balances())
	return a
}

func (h *testHub) report(source string) lead.Fetching {
	h.t.Helper()
	list, err := h.Fetching(context.Background())
	require.NoError(h.t, err)
	for _, f := range list {
		if f.Source == source {
			return f
		}
	}
	return lead.Fetching{}
}

func (h *testHub) status(id string) lead.SubmissionStatus {
	h.t.Helper()
	st, err := h.Submission(context.Background(), id)
	require.NoError(h.t, err)
	return st
}

func (h *testHub) becomes(id string, states ...string) lead.SubmissionStatus {
	h.t.Helper()
	var st lead.SubmissionStatus
	eventually(h.t, func() bool { st = h.status(id); return slices.Contains(states, st.State) }, "%s does not become %v", id, states)
	return st
}

// raws counts the records of lead.raw.
func (h *testHub) raws() int {
	h.t.Helper()
	n := 0
	require.NoError(h.t, h.cfg.Stream.Scan(context.Background(), h.names.raw, stream.ScanFrom{}, func(stream.Record) error { n++; return nil }))
	return n
}

var inPool = []string{lead.StatePooled, lead.StateMerged, lead.StateAssigned}
