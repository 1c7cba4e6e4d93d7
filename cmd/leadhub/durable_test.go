package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream/embedded"
)

// outsideBroker is a broker that does not live in the hub, so that it can go away and come back.
type outsideBroker struct {
	t      testing.TB
	config embedded.Config
	broker *embedded.Broker
}

func startOutsideBroker(t testing.TB) *outsideBroker {
	b := &outsideBroker{t: t, config: embedded.Config{Dir: t.TempDir(), Listen: freeAddr(t)}}
	b.comeBack()
	t.Cleanup(b.goAway)
	return b
}

func (b *outsideBroker) goAway() {
	if b.broker != nil {
		require.NoError(b.t, b.broker.Close())
		b.broker = nil
	}
}

func (b *outsideBroker) comeBack() {
	broker, err := embedded.Open(b.config)
	require.NoError(b.t, err)
	b.broker = broker
}

// onOutsideBroker starts a hub whose broker can go away.
func onOutsideBroker(t *testing.T, change func(*hubFlags)) (*testHub, *outsideBroker) {
	b := startOutsideBroker(t)
	f := embeddedFlags(t)
	f.Kafka = b.config.Listen
	if change != nil {
		change(&f)
	}
	return startTestHub(t, f), b
}

func TestAnAcknowledgedPostIsOnTheBrokerAlready(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		for range 5 {
			body := fmt.Sprintf(`{"name":"周宁", "phone":"%s"}`, phone())
			id := h.accept("site", body)
			r := h.recordOf("lead.raw", id) // looked for once, at once
			require.Equal(t, body, string(r.Value), "the bytes are untouched")
		}
	})
}

func TestPostsUnderLoadAreAcceptedWhileTheBrokerIsAwayAndArriveWhenItIsBack(t *testing.T) {
	t.Parallel()
	h, broker := onOutsideBroker(t, nil)
	var mu sync.Mutex
	accepted, during := map[string]bool{}, 0
	away, back, enough := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for {
				a, err := trySend(h.request("POST", "/in/site", `{"name":"周宁","phone":"`+phone()+`"}`))
				if err != nil || a.Status != http.StatusAccepted {
					t.Errorf("answered %d %s, %v", a.Status, a.Body, err)
					return
				}
				mu.Lock()
				accepted[a.ID] = true
				select {
				case <-away:
					if during++; during == 400 {
						close(enough)
					}
				default:
				}
				mu.Unlock()
				select {
				case <-back:
					return
				default:
				}
			}
		})
	}
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(accepted) > 50 }, patience, time.Millisecond)
	broker.goAway()
	close(away)
	select {
	case <-enough:
	case <-time.After(patience):
		t.Fatal("posts are not accepted while the broker is away")
	}
	require.Positive(t, metric(t, h, "leadhub_spooled_total"))
	h.readySays("broker", false)
	broker.comeBack()
	close(back)
	load.Wait()
	h.settleSpool()
	require.EqualValues(t, len(accepted), h.audit().Accepted)
	for id := range accepted {
		require.Equal(t, lead.StateAssigned, h.status(id).State)
	}
	require.True(t, h.audit().Balances())
	checkStreamAgain(t, h)
}

// settleSpool waits until the spool is empty and nothing is under way.
func (h *testHub) settleSpool() {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		var o lead.Overview
		return h.api().call(h.t.Context(), "GET", "/v1/overview", nil, &o) == nil && o.Stages[0].Backlog == 0
	}, patience, 10*time.Millisecond, "the spool does not drain")
	h.settle()
}

// checkStreamAgain is checkStream where changes may have been published twice.
func checkStreamAgain(t testing.TB, h *testHub) {
	t.Helper()
	state, _ := foldStream(t, h.records("lead.changes"))
	requirePool(t, state, h.leads())
}

func TestAFullSpoolIsAnswered503WithRetryAfterAndNothingElse(t *testing.T) {
	t.Parallel()
	h, broker := onOutsideBroker(t, func(f *hubFlags) { f.SpoolBytes = 20_000 })
	broker.goAway()
	var accepted []string
	refused := 0
	for i := range 80 {
		a := h.post("site", fmt.Sprintf(`{"name":"周宁","phone":"%s","n":%d}`, phone(), i))
		switch a.Status {
		case http.StatusAccepted:
			accepted = append(accepted, a.ID)
		case http.StatusServiceUnavailable:
			refused++
			seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, seconds)
			require.Equal(t, "not_accepted", a.Code)
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
		default:
			t.Fatalf("answered %d: %s", a.Status, a.Body)
		}
	}
	require.NotEmpty(t, accepted)
	require.Positive(t, refused)
	h.readySays("spool", false)
	require.Equal(t, http.StatusServiceUnavailable, h.send(h.request("GET", "/readyz", "")).Status, "it can take nothing")

	broker.comeBack()
	h.settleSpool()
	require.EqualValues(t, len(accepted), h.audit().Accepted, "what was answered 202, and nothing that was answered 503")
	h.readySays("spool", true)
	h.becomes(h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`), lead.StateAssigned)
}

func TestWhatIsInTheSpoolOutlivesARestart(t *testing.T) {
	t.Parallel()
	h, broker := onOutsideBroker(t, nil)
	broker.goAway()
	var ids []string
	for range 10 {
		ids = append(ids, h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`))
	}
	h.restart()
	ids = append(ids, h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`))
	require.Equal(t, lead.StateReceived, h.status(ids[0]).State)
	broker.comeBack()
	for _, id := range ids {
		h.becomes(id, lead.StateAssigned)
	}
	require.EqualValues(t, len(ids), h.audit().Accepted)
}

func TestABrokerThatTakesConnectionsAndNeverAnswersIsAway(t *testing.T) {
	t.Parallel()
	f := embeddedFlags(t)
	h := startTestHub(t, f) // to make the configuration and the tables
	require.NoError(t, h.close())
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = deaf.Close() })
	h.flags.Kafka, h.flags.BrokerListen = deaf.Addr().String(), ""
	began := time.Now()
	h.app, err = h.open()
	require.NoError(t, err)
	id := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
	require.Less(t, time.Since(began), 10*time.Second)
	require.NoError(t, h.close())
	h.flags = f
	h.app, err = h.open()
	require.NoError(t, err)
	h.becomes(id, lead.StateAssigned)
}

func TestAHubThatCannotWriteItsSpoolRefusesToStart(t *testing.T) {
	t.Parallel()
	f := embeddedFlags(t)
	require.NoError(t, os.WriteFile(filepath.Join(f.Data, "spool"), nil, 0o600))
	h := &testHub{t: t, flags: f, logs: &logBuffer{}}
	_, err := h.open()
	require.ErrorContains(t, err, "spool")
}

// The spool belongs to one process: another one on the same folder would drain, and remove, what this one still writes.
func TestTwoHubsNeverShareAFolderOnKafkaEither(t *testing.T) {
	t.Parallel()
	h, _ := onOutsideBroker(t, nil)
	second := &testHub{t: t, flags: h.flags, logs: &logBuffer{}}
	a, err := second.open()
	if err == nil {
		_ = a.close()
	}
	require.Error(t, err)
	require.ErrorContains(t, err, h.flags.Data)
}

// A record that the broker would not take must be refused at the door also while the broker is away: in the spool it would stop
// everything behind it, for ever.
func TestARecordTooLargeForTheBrokerDoesNotBlockTheSpool(t *testing.T) {
	t.Parallel()
	h, broker := onOutsideBroker(t, func(f *hubFlags) { f.MaxBody = 4 << 20 })
	broker.goAway()
	h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`) // the hub has noticed
	a := h.post("site", `{"name":"周宁","phone":"`+phone()+`","message":"`+largeText(2<<20)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, a.Status, "as it is with the broker there")
	last := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
	broker.comeBack()
	h.becomes(last, lead.StateAssigned)
}

func largeText(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return string(b)
}
