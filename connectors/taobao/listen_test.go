package taobao

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/lead"
)

func settingsOf(mode string) map[string]any {
	return map[string]any{"mode": mode, "app_key": testKey, "app_secret": testSecret, "pull_seconds": 1}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestMessagesArriveOverTheLongConnection(t *testing.T) {
	var messages []frame
	var ids []string
	for i := range 25 {
		id := int64(4160700145590010001) + int64(i)
		messages = append(messages, trade(id, "taobao_trade_TradeCreate", created))
		ids = append(ids, messages[i].get("id"))
	}
	pulled := connectortest.RunListener(t, Connector{}, connectortest.Pull{Settings: settingsOf(modeTMC), IDs: ids}, func(t *testing.T) (http.Handler, func() int) {
		v := newTMC(t, messages...)
		return v, v.acknowledged
	})
	require.Equal(t, "4160700145590010001", pulled[0].Event.ID, "every digit of an id that a float does not hold")
	require.NotContains(t, string(pulled[0].Event.Body), "token-of-the-connection")
	d := pulled[0].Drafts[0]
	require.Equal(t, []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "taobao/" + testKey, Value: "AAEb0s2hAKTn-uid"}}, d.Identities)
	require.Equal(t, "1767603598000", d.EventTime)
	require.Equal(t, "3456789012345678901", d.First("order_id"))
}

// heard listens to v until ctx ends or Listen fails.
func heard(t *testing.T, ctx context.Context, v http.Handler, emit func(connectors.Delivery) error) error {
	t.Helper()
	set, err := Connector{}.Spec().Check(lead.Source{Key: "s", Channel: "taobao", Settings: settingsOf(modeTMC)})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, v).Client
	src, err := Connector{}.Open(set)
	require.NoError(t, err)
	src.(*listener).pull = 20 * time.Millisecond
	return src.(*listener).Listen(ctx, emit)
}

func TestARefusedConnectionSaysWhyAndShowsNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		ack  frame
		code string
	}{
		"a wrong signature": {frame{kind: frameConnectAck, status: 102, phrase: "sign error for " + testSecret}, "vendor_unauthorized"},
		"no token":          {frame{kind: frameConnectAck}, "tmc_no_token"},
	} {
		v := newTMC(t)
		v.refuse = &c.ack
		err := heard(t, t.Context(), v, func(connectors.Delivery) error { return nil })
		require.Equal(t, c.code, lead.AsError(err).Code, name)
		require.Positive(t, lead.AsError(err).RetryAfter)
		require.NotContains(t, err.Error(), testSecret)
	}
	err := heard(t, t.Context(), http.NotFoundHandler(), nil)
	require.Equal(t, "vendor_unreachable", lead.AsError(err).Code)
}

func TestNothingIsConfirmedBeforeItIsDurable(t *testing.T) {
	v := newTMC(t, trade(1, "taobao_trade_TradeCreate", created))
	ctx, cancel := context.WithCancel(t.Context())
	durable, arrived, done := make(chan struct{}), make(chan struct{}, 10), make(chan error)
	go func() {
		done <- heard(t, ctx, v, func(connectors.Delivery) error {
			arrived <- struct{}{}
			<-durable
			return nil
		})
	}()
	<-arrived
	for range 5 { // it is asked on, and sends it again, while the first is not durable
		<-v.asked
	}
	require.Zero(t, v.acknowledged())
	close(durable)
	require.Eventually(t, func() bool { return v.acknowledged() == 1 }, 5*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestWhatIsSentAgainIsTheSameEvent(t *testing.T) {
	v := newTMC(t, trade(9007199254740993, "taobao_trade_TradeCreate", created))
	away := errors.New("the broker is away")
	var first, again connectors.Event
	err := heard(t, t.Context(), v, func(d connectors.Delivery) error { first = d.Events[0]; return away })
	require.ErrorIs(t, err, away)
	ctx, cancel := context.WithCancel(t.Context())
	err = heard(t, ctx, v, func(d connectors.Delivery) error { again = d.Events[0]; cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, first, again)
	require.Equal(t, "9007199254740993", again.ID)
}

func TestALineThatIsCutLosesNothing(t *testing.T) {
	v := newTMC(t, trade(1, "taobao_trade_TradeCreate", created), trade(2, "taobao_trade_TradeCreate", created), trade(3, "taobao_trade_TradeCreate", created))
	v.hangUp = 2
	seen := map[string]bool{}
	ctx, cancel := context.WithCancel(t.Context())
	emit := func(d connectors.Delivery) error {
		if seen[d.Events[0].ID] = true; len(seen) == 3 {
			cancel()
		}
		return nil
	}
	err := heard(t, ctx, v, emit)
	require.Equal(t, "connection_ended", lead.AsError(err).Code)
	require.Equal(t, afterClose, lead.AsError(err).RetryAfter)
	require.ErrorIs(t, heard(t, ctx, v, emit), context.Canceled)
	require.Len(t, seen, 3)
}

func TestFragmentsOthersAndGarbageDoNotStopMessages(t *testing.T) {
	v := newTMC(t, trade(1, "taobao_trade_TradeCreate", created), frame{kind: frameSend, custom: []field{{kindField, byte(9)}, {"id", int64(5)}}},
		frame{kind: frameSend, custom: []field{{"id", "7"}, {"topic", "taobao_trade_TradeCreate"}, {"content", created}}})
	v.half, v.ping = true, true
	whole := trade(2, "taobao_trade_TradeCreate", created).encode()
	v.garbage = [][]byte{whole[:len(whole)-9], {}, {2, 2, 99, 0}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var events []connectors.Event
	err := heard(t, ctx, v, func(d connectors.Delivery) error {
		if events = append(events, d.Events...); len(events) == 5 {
			for v.acknowledged() == 0 {
				<-v.asked
			}
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	src, openErr := Connector{}.Open(checked(t, settingsOf(modeTMC)))
	require.NoError(t, openErr)
	for i, e := range events[:3] {
		require.True(t, strings.HasPrefix(e.ID, "frame "), "%d", i)
		_, err := src.Parse(lead.Raw{ContentType: e.ContentType, Body: e.Body})
		require.Equal(t, "bad_frame", lead.AsError(err).Code, "it is seen among the rejections")
	}
	require.Equal(t, "1", events[3].ID)
	require.Equal(t, "7", events[4].ID, "an id as a text, and no word what it is about")
	require.Equal(t, 1, v.done["1"])
}

func checked(t *testing.T, settings map[string]any) connectors.Settings {
	t.Helper()
	set, err := Connector{}.Spec().Check(lead.Source{Key: "s", Channel: "taobao", Settings: settings})
	require.NoError(t, err)
	return set
}

func TestPingsAreAnsweredAndMessagesAskedFor(t *testing.T) {
	v := newTMC(t)
	v.ping = true
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- heard(t, ctx, v, func(connectors.Delivery) error { return nil }) }()
	require.Eventually(t, func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.pongs == 1 && v.pulls > 3 }, 5*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

// A line that broke without a word is silent: only an unanswered ping tells.
func TestASilentLineIsGivenUp(t *testing.T) {
	deaf := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		if _, _, err := conn.Read(r.Context()); err == nil { // the hello; after it nothing is read, so that no ping is answered
			_ = conn.Write(r.Context(), websocket.MessageBinary, frame{kind: frameConnectAck, token: "t"}.encode())
		}
		<-gone(r, w)
	})
	src, err := Connector{}.Open(checked(t, settingsOf(modeTMC)))
	require.NoError(t, err)
	l := src.(*listener)
	l.set.Client = connectortest.NewVendor(t, deaf).Client
	l.pull, l.beat = time.Hour, 50*time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.Equal(t, "vendor_unreachable", lead.AsError(l.Listen(ctx, nil)).Code)
	require.NoError(t, ctx.Err())
}

// gone is over after a while: the connection was taken from the server, which does not see its end.
func gone(*http.Request, http.ResponseWriter) <-chan time.Time { return time.After(time.Second) }
