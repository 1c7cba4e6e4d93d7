package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/streamtest"
)

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

// setup is one way to run a hub; flags makes a fresh one: a data folder, topics and a database that nobody else has.
type setup struct {
	name  string
	flags func(t testing.TB) hubFlags
}

var setups = []setup{
	{"embedded", embeddedFlags},
	{"kafka and postgres", kafkaPostgresFlags},
}

func embeddedFlags(t testing.TB) hubFlags {
	return hubFlags{Data: t.TempDir(), BrokerListen: freeAddr(t), BrokerBytes: 256 << 20, Partitions: 1, SpoolBytes: 1 << 30,
		StopWithin: 8 * time.Second, AdminToken: benchToken, SecretKey: benchToken + benchToken}
}

func kafkaPostgresFlags(t testing.TB) hubFlags {
	f := embeddedFlags(t)
	f.Database = postgresDatabase(t)
	f.Kafka = streamtest.Kafka(t)
	f.Partitions = 3
	f.TopicPrefix = topicPrefix(t, f.Kafka)
	return f
}

// topicPrefix makes a prefix of topics that are removed when the test ends: a Kafka full of them takes half a minute to start.
func topicPrefix(t testing.TB, broker string) string {
	prefix := "test." + strings.ToLower(rand.Text()[:10]) + "."
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		k := &kafka.Client{Addr: kafka.TCP(broker), Transport: &kafka.Transport{}}
		_, err := k.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{
			prefix + "lead.raw", prefix + "lead.submissions", prefix + "lead.rejected", prefix + "lead.changes", prefix + "lead.feedback"}})
		require.NoError(t, err)
	})
	return prefix
}

// onEverySetup runs a test on each setup, on a hub of its own.
func onEverySetup(t *testing.T, test func(*testing.T, *testHub)) {
	t.Parallel()
	for _, s := range setups {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, startTestHub(t, s.flags(t)))
		})
	}
}

// postgresDatabase makes a database that ends with the test. Without LEADHUB_TEST_POSTGRES the test is skipped, or fails
// when LEADHUB_TEST_MUST_RUN names postgres.
func postgresDatabase(t testing.TB) string {
	t.Helper()
	server := os.Getenv("LEADHUB_TEST_POSTGRES")
	if server == "" {
		if slices.Contains(strings.Split(os.Getenv("LEADHUB_TEST_MUST_RUN"), ","), "postgres") {
			t.Fatal("LEADHUB_TEST_POSTGRES is not set, and LEADHUB_TEST_MUST_RUN names postgres")
		}
		t.Skip("LEADHUB_TEST_POSTGRES is not set")
	}
	name := "leadhub_test_" + strings.ToLower(rand.Text()[:12])
	require.NoError(t, execOn(context.Background(), server, "CREATE DATABASE "+name))
	t.Cleanup(func() {
		_ = execOn(context.Background(), server, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	url, err := withDatabase(server, name)
	require.NoError(t, err)
	return url
}

// freeAddr is a loopback address that nothing listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// logBuffer keeps what a hub logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// testHub is a hub that runs inside the test, wired as `serve` wires it.
type testHub struct {
	*app
	t      testing.TB
	flags  hubFlags
	logs   *logBuffer
	stream *stream.Client // looks at the topics as anybody could
}

// testSecret signs the posts to the source "signed".
const testSecret = "whsec_aW52ZW50ZWQtc2VjcmV0LW9mLXRoaXJ0eS10d28tYnl0ZXM="

// testConfig is what a test hub is set up with.
func testConfig() configFile {
	weight := 1
	return configFile{
		Sources: []fileSource{
			{Key: "site", Channel: "webform"},
			{Key: "fair", Channel: "webform", Mapping: map[string]string{"展位备注": "message"}},
			{Key: "strict", Channel: "webform", Settings: map[string]any{"required_fields": []string{"phone|email"}}},
			{Key: "signed", Channel: "webform", Settings: map[string]any{"signature": "standard-webhooks", "secrets": []string{testSecret}}},
			{Key: "busy", Channel: "webform", Settings: map[string]any{"rate_per_minute": 3}},
		},
		Reps: []fileRep{{Key: "chen", Weight: &weight}, {Key: "sun", Weight: &weight}},
	}
}

// startTestHub starts a hub with testConfig. When it ends, its log is looked through for personal data.
func startTestHub(t testing.TB, f hubFlags) *testHub {
	t.Helper()
	h := openTestHub(t, f)
	h.call("PUT", "/v1/config", testConfig(), nil)
	return h
}

func openTestHub(t testing.TB, f hubFlags) *testHub {
	t.Helper()
	h := &testHub{t: t, flags: f, logs: &logBuffer{}}
	a, err := h.open()
	require.NoError(t, err)
	h.app = a
	broker := cmp.Or(f.Kafka, f.BrokerListen)
	h.stream, err = stream.Open(stream.Config{Brokers: []string{broker}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = h.stream.Close()
		if h.app != nil {
			require.NoError(t, h.close())
		}
		require.Empty(t, personal(h.logs.String()), "personal data in the log")
		require.NotContains(t, h.logs.String(), strings.TrimPrefix(testSecret, "whsec_"), "a secret in the log")
		if t.Failed() {
			said := h.logs.String()
			t.Log("the end of the hub's log:\n" + said[max(0, len(said)-4000):])
		}
	})
	return h
}

func (h *testHub) open() (*app, error) {
	log := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return openApp(context.Background(), h.flags, "127.0.0.1:0", log)
}

// restart ends the hub in order and starts it again on the same data.
func (h *testHub) restart() {
	h.t.Helper()
	require.NoError(h.t, h.close())
	h.app = nil
	a, err := h.open()
	require.NoError(h.t, err)
	h.app = a
}

var personalData = regexp.MustCompile(`\b1[3-9]\d{9}\b|[A-Za-z0-9.]+@[a-z-]+\.[a-z.]+`)

// personal finds whole phone numbers and email addresses.
func personal(text string) []string { return personalData.FindAllString(text, -1) }

func (h *testHub) api() *client {
	return &client{base: "http://" + h.addr, token: h.adminToken, http: http.DefaultClient}
}

// call asks the API and wants it to succeed.
func (h *testHub) call(method, path string, in, out any) {
	h.t.Helper()
	require.NoError(h.t, h.api().call(context.Background(), method, path, in, out), "%s %s", method, path)
}

// answer is what came back from a request.
type answer struct {
	Status int
	Header http.Header
	Body   string
	ID     string `json:"id"`
	URL    string `json:"status_url"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
}

// request is a request to a hub, before it is sent.
func (h *testHub) request(method, path, body string, header ...string) *http.Request {
	h.t.Helper()
	req, err := http.NewRequest(method, "http://"+h.addr+path, strings.NewReader(body))
	require.NoError(h.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

func (h *testHub) send(req *http.Request) answer {
	h.t.Helper()
	a, err := trySend(req)
	require.NoError(h.t, err)
	return a
}

var noRedirects = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Second},
	Timeout:       time.Minute,
}

func trySend(req *http.Request) (answer, error) {
	resp, err := noRedirects.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	a := answer{Status: resp.StatusCode, Header: resp.Header, Body: string(b)}
	_ = json.Unmarshal(b, &a) // not every answer is JSON
	return a, err
}

// post posts JSON to a source.
func (h *testHub) post(source, body string, header ...string) answer {
	h.t.Helper()
	return h.send(h.request("POST", "/in/"+source, body, header...))
}

// accept posts and wants the post to be accepted.
func (h *testHub) accept(source, body string, header ...string) string {
	h.t.Helper()
	a := h.post(source, body, header...)
	require.Equal(h.t, http.StatusAccepted, a.Status, a.Body)
	require.NotEmpty(h.t, a.ID)
	return a.ID
}

func (h *testHub) status(id string) lead.SubmissionStatus {
	h.t.Helper()
	var st lead.SubmissionStatus
	h.call("GET", "/v1/submissions/"+id, nil, &st)
	return st
}

// becomes waits until a submission is in a state.
func (h *testHub) becomes(id, state string) lead.SubmissionStatus {
	h.t.Helper()
	var st lead.SubmissionStatus
	require.Eventually(h.t, func() bool { st = h.status(id); return st.State == state }, patience, 5*time.Millisecond,
		"submission %s does not become %s", id, state)
	return st
}

func (h *testHub) lead(id string) lead.LeadDetail {
	h.t.Helper()
	var d lead.LeadDetail
	h.call("GET", "/v1/leads/"+id, nil, &d)
	return d
}

// leads reads the whole pool, page by page.
func (h *testHub) leads() []lead.Lead {
	h.t.Helper()
	var out []lead.Lead
	for cursor := ""; ; {
		var page lead.LeadPage
		h.call("GET", "/v1/leads"+query("limit", "100", "cursor", cursor), nil, &page)
		out = append(out, page.Items...)
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

func (h *testHub) rejections() []lead.Rejection {
	h.t.Helper()
	var page lead.RejectionPage
	h.call("GET", "/v1/rejections?limit=200", nil, &page)
	return page.Items
}

func (h *testHub) audit() lead.Audit {
	h.t.Helper()
	var a lead.Audit
	h.call("GET", "/v1/audit", nil, &a)
	return a
}

// settle waits until nothing is under way: no stage has a backlog, and nothing waits to be assigned or published.
func (h *testHub) settle() {
	h.t.Helper()
	ctx := context.Background()
	require.Eventually(h.t, func() bool {
		for _, s := range [][2]string{{"leadhub.normalize", "lead.raw"}, {"leadhub.sink", "lead.submissions"}, {"leadhub.rejections", "lead.rejected"}} {
			topic := h.topic(s[1])
			lag, err := h.stream.Lag(ctx, h.flags.TopicPrefix+s[0], topic)
			if err != nil || lag[topic] != 0 {
				return false
			}
		}
		f, err := h.hub.Reader().Figures(ctx)
		return err == nil && f.Due == 0 && f.Outbox == 0
	}, patience, 10*time.Millisecond, "the hub does not settle")
}

func (h *testHub) topic(name string) string { return h.flags.TopicPrefix + name }

// records reads a topic from its start.
func (h *testHub) records(topic string) []stream.Record {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out []stream.Record
	require.NoError(h.t, h.stream.Scan(ctx, h.topic(topic), stream.ScanFrom{}, func(r stream.Record) error {
		out = append(out, r)
		return nil
	}))
	return out
}

// handle answers a request inside the process, so that a test chooses where it comes from.
func (h *testHub) handle(req *http.Request, from string) *httptest.ResponseRecorder {
	req.RemoteAddr = from
	w := httptest.NewRecorder()
	key := hub.SessionKey([]byte(h.flags.SecretKey + h.adminToken))
	routes(h.hub, key, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)).ServeHTTP(w, req)
	return w
}

// phone is a mobile number that no other call returned, of an invented person. Those of two calls that follow each other differ in
// many digits: one digit off is a possible duplicate.
func phone() string {
	phoneMu.Lock()
	defer phoneMu.Unlock()
	phoneNext = (phoneNext + 1_234_577) % 10_000_000
	return fmt.Sprintf("1592%07d", phoneNext)
}

var (
	phoneMu   sync.Mutex
	phoneNext = 1_234_567
)

func headerOf(r stream.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// signTest signs a post to the source "signed".
func signTest(t testing.TB, req *http.Request, id string, body []byte) {
	sign(t, req, testSecret, id, body)
}

func sign(t testing.TB, req *http.Request, secret, id string, body []byte) {
	wh, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	now := time.Now()
	signature, err := wh.Sign(id, now, body)
	require.NoError(t, err)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("webhook-signature", signature)
}
