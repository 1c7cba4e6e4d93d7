package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
)

// crm is a pool that takes feedback once per id, and fails as it is told.
type crm struct {
	mu      sync.Mutex
	applied []lead.Feedback
	seen    map[string]bool
	fail    func(f lead.Feedback) error
}

func (c *crm) Feedback(_ context.Context, f lead.Feedback) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(f); err != nil {
			return err
		}
	}
	if !c.seen[f.ID] {
		c.seen[f.ID] = true
		c.applied = append(c.applied, f)
	}
	return nil
}

func (c *crm) took() []lead.Feedback {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]lead.Feedback{}, c.applied...)
}

// feeding is the stage on a broker of its own.
type feeding struct {
	*feedingBack
	pool     *crm
	mu       sync.Mutex
	resolved []string
	client   *stream.Client
}

func newFeeding(t *testing.T) *feeding {
	t.Helper()
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), RetentionBytes: 16 << 20, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	client, err := stream.Open(stream.Config{Brokers: []string{b.Addr()}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	n := newNames("")
	require.NoError(t, client.EnsureTopics(t.Context(), n.topics(1)...))
	f := &feeding{pool: &crm{seen: map[string]bool{}}, client: client}
	f.feedingBack = &feedingBack{to: f.pool, produce: client.Produce, stream: client, names: n, now: time.Now, log: slog.New(slog.DiscardHandler),
		metrics: newMetrics(prometheus.NewRegistry()), resolve: func(_ context.Context, ids []string) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.resolved = append(f.resolved, ids...)
			return nil
		}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return f
}

func (f *feeding) send(t *testing.T, values ...string) {
	t.Helper()
	for _, v := range values {
		require.NoError(t, f.client.Produce(t.Context(), stream.Record{Topic: f.names.feedback, Key: []byte("k"), Value: []byte(v)}))
	}
}

// rejections waits for n of them; what is rejected again after a retry is the same one.
func (f *feeding) rejections(t *testing.T, n int) []lead.Rejection {
	t.Helper()
	var out []lead.Rejection
	require.Eventually(t, func() bool {
		out = nil
		err := f.client.Scan(t.Context(), f.names.rejected, stream.ScanFrom{}, func(r stream.Record) error {
			var j lead.Rejection
			err := json.Unmarshal(r.Value, &j)
			if !slices.ContainsFunc(out, func(o lead.Rejection) bool { return o.ID == j.ID && o.Attempt == j.Attempt }) {
				out = append(out, j)
			}
			return err
		})
		return err == nil && len(out) >= n
	}, 20*time.Second, 20*time.Millisecond)
	require.Len(t, out, n)
	return out
}

func (f *feeding) waitFor(t *testing.T, n int) []lead.Feedback {
	t.Helper()
	require.Eventually(t, func() bool { return len(f.pool.took()) >= n }, 20*time.Second, 10*time.Millisecond)
	return f.pool.took()
}

func TestAFeedbackIsAppliedOnce(t *testing.T) {
	f := newFeeding(t)
	one := `{"id":"crm-1","lead":"XL20260102-000123","status":"converted","amount":12800.50,"currency":"CNY","customer":"C-77","at":"2026-01-05T10:00:00+08:00","by":"crm","more":"later"}`
	f.send(t, one, one, `{"id":"crm-2","lead":"ld_1","way":"call","feedback":"再联系","next_at":"2026-01-06T09:00:00Z","amount":"99"}`, one)
	got := f.waitFor(t, 2)
	require.Equal(t, lead.Feedback{ID: "crm-1", Lead: "XL20260102-000123", Status: "converted", Amount: "12800.50", Currency: "CNY", Customer: "C-77",
		At: got[0].At, By: "crm"}, got[0])
	require.True(t, got[0].At.Equal(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)))
	require.EqualValues(t, "99", got[1].Amount)
	require.False(t, got[1].At.IsZero(), "when nobody says when, it was when it came")
	f.send(t, `{"id":"crm-3","lead":"ld_1","status":"working"}`)
	require.Len(t, f.waitFor(t, 3), 3)
	f.rejections(t, 0)
}

func TestARecordWithoutAnIDIsAppliedOnceHoweverOftenItIsRead(t *testing.T) {
	value := []byte(`{"lead":"ld_1","status":"working"}`)
	r := stream.Record{Topic: "lead.feedback", Partition: 2, Offset: 7, Value: value}
	a, err := feedbackOf(r)
	require.NoError(t, err)
	b, _ := feedbackOf(r)
	require.Equal(t, a.ID, b.ID)
	r.Offset++
	c, _ := feedbackOf(r)
	require.NotEqual(t, a.ID, c.ID)
	r.Headers = []stream.Header{{Key: "ce_id", Value: []byte("event-9")}}
	d, _ := feedbackOf(r)
	require.Equal(t, "event-9", d.ID)
}

func TestWhatIsWrongIsARejectionAndTheOthersGoOn(t *testing.T) {
	f := newFeeding(t)
	f.pool.fail = func(v lead.Feedback) error {
		switch v.Lead {
		case "ld_none":
			return lead.NotFound("lead_not_found", "there is no lead with this id", "look for it")
		case "ld_merged":
			return &lead.Error{Kind: lead.KindConflict, Code: "archived", Message: "the lead is archived"}
		case "ld_bug":
			return errors.New("a bug")
		}
		return nil
	}
	f.send(t, `not json`, `{"id":"a","lead":"ld_none","status":"working"}`, `{"id":"b","lead":"ld_1","status":"sold"}`, `{"id":"c","lead":"ld_1"}`, `{"id":"d","status":"working"}`,
		`{"id":"e","lead":"ld_merged","way":"call"}`, `{"id":"f","lead":"ld_1","amount":"1,5"}`, `{"id":"g","lead":"ld_1","amount":-3}`, `[]`, `{"id":"h","lead":"ld_bug","way":"call"}`, `{"id":"z","lead":"ld_1","status":"working"}`)
	require.Equal(t, "z", f.waitFor(t, 1)[0].ID)
	var codes []string
	for _, j := range f.rejections(t, 10) {
		require.Equal(t, []string{lead.StageFeedback, lead.StageFeedback}, []string{j.Stage, j.Source})
		require.NotEmpty(t, j.Body)
		codes = append(codes, j.Code)
	}
	require.Equal(t, "bad_json lead_not_found bad_feedback bad_feedback bad_feedback archived bad_json bad_feedback bad_json not_applied", strings.Join(codes, " "))
}

func TestARejectedFeedbackIsReplayedAndResolved(t *testing.T) {
	f := newFeeding(t)
	missing := true
	f.pool.fail = func(lead.Feedback) error {
		if missing {
			return lead.NotFound("lead_not_found", "there is no lead with this id", "")
		}
		return nil
	}
	f.send(t, `{"id":"a","lead":"ld_1","status":"working"}`)
	j := f.rejections(t, 1)[0]
	again, err := f.names.again(&j, nil)
	require.NoError(t, err)
	require.NoError(t, f.client.Produce(t.Context(), again))
	second := f.rejections(t, 2)[1]
	require.Equal(t, []any{j.ID, 1}, []any{second.ID, second.Attempt}, "it takes the place of the first")
	f.pool.mu.Lock()
	missing = false
	f.pool.mu.Unlock()
	again, err = f.names.again(&second, nil)
	require.NoError(t, err)
	require.NoError(t, f.client.Produce(t.Context(), again))
	require.Equal(t, "a", f.waitFor(t, 1)[0].ID)
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.resolved) == 1 && f.resolved[0] == j.ID }, 10*time.Second, 10*time.Millisecond)
}

// A CRM need not give ids. What it said is known by its place on the topic then, and stays so when it is sent again from another one.
func TestARejectedFeedbackWithoutAnIdStaysTheSameWhenItIsReplayed(t *testing.T) {
	f := newFeeding(t)
	missing := true
	f.pool.fail = func(lead.Feedback) error {
		if missing {
			return lead.NotFound("lead_not_found", "there is no lead with this id", "")
		}
		return nil
	}
	f.send(t, `{"lead":"ld_1","status":"working"}`)
	j := f.rejections(t, 1)[0]
	for attempt := range 2 {
		again, err := f.names.again(&j, nil)
		require.NoError(t, err)
		require.NoError(t, f.client.Produce(t.Context(), again))
		next := f.rejections(t, attempt+2)[attempt+1]
		require.Equal(t, []any{j.ID, attempt + 1}, []any{next.ID, next.Attempt}, "it takes the place of the one before")
		require.True(t, j.ReceivedAt.Equal(next.ReceivedAt))
		j = next
	}
	f.pool.mu.Lock()
	missing = false
	f.pool.mu.Unlock()
	again, err := f.names.again(&j, nil)
	require.NoError(t, err)
	require.NoError(t, f.client.Produce(t.Context(), again, again))
	f.send(t, `{"id":"z","lead":"ld_1","status":"working"}`)
	took := f.waitFor(t, 2)
	require.Equal(t, "z", took[1].ID, "sent again twice, it counts once")
	require.True(t, j.ReceivedAt.Equal(took[0].At), "it happened when it was said first")
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return slices.Contains(f.resolved, j.ID) }, 10*time.Second, 10*time.Millisecond)

	_, err = f.names.again(&j, &lead.Draft{})
	require.Equal(t, "no_draft", lead.AsError(err).Code, "there is nothing of a lead to correct in it")
}

func TestWithThePoolAwayFeedbackWaits(t *testing.T) {
	f := newFeeding(t)
	away := 5
	f.pool.fail = func(lead.Feedback) error {
		if away--; away > 0 {
			return lead.Transient("database_away", "the lead pool does not answer", 0, nil)
		}
		return nil
	}
	var all []string
	for i := range 20 {
		all = append(all, fmt.Sprintf(`{"id":"f%02d","lead":"ld_1","status":"working"}`, i))
	}
	f.send(t, all...)
	for i, got := range f.waitFor(t, 20) {
		require.Equal(t, fmt.Sprintf("f%02d", i), got.ID, "in order, each once")
	}
	f.rejections(t, 0)
}
