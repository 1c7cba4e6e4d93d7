package taobao

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const (
	testKey    = "12345678"
	testSecret = "secret-of-the-test-app"
)

// tmc is a fake of Taobao's message service: it takes signed connections, sends what is not confirmed at once and when it is asked, and forgets what is
// confirmed.
type tmc struct {
	t        *testing.T
	mu       sync.Mutex
	messages []frame
	done     map[string]int // confirmations by id
	pulls    int
	pongs    int
	refuse   *frame // CONNECTACK in place of a good one
	garbage  [][]byte
	half     bool // frames go out in two websocket fragments
	ping     bool
	hangUp   int // after so many messages, once
	asked    chan struct{}
}

func newTMC(t *testing.T, messages ...frame) *tmc {
	return &tmc{t: t, messages: messages, done: map[string]int{}, asked: make(chan struct{}, 1000)}
}

func (v *tmc) acknowledged() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.done)
}

func (v *tmc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx := r.Context()
	hello, err := v.read(ctx, conn)
	if err != nil || !v.connect(ctx, conn, hello) {
		return
	}
	for _, b := range v.garbage {
		_ = conn.Write(ctx, websocket.MessageBinary, b)
	}
	_ = conn.Write(ctx, websocket.MessageText, []byte("not for us"))
	if v.ping {
		go func() {
			if conn.Ping(ctx) == nil {
				v.mu.Lock()
				v.pongs++
				v.mu.Unlock()
			}
		}()
	}
	if !v.push(ctx, conn) {
		return
	}
	for {
		f, err := v.read(ctx, conn)
		if err != nil {
			return
		}
		if f.kind != frameSend || f.token != "token-of-the-connection" {
			_ = conn.Write(ctx, websocket.MessageBinary, frame{kind: frameSendAck, status: 1}.encode())
			continue
		}
		switch f.about() {
		case kindConfirm:
			v.mu.Lock()
			v.done[f.get("id")]++
			v.mu.Unlock()
		case kindPull:
			v.mu.Lock()
			v.pulls++
			v.mu.Unlock()
			v.asked <- struct{}{}
			if !v.push(ctx, conn) {
				return
			}
		}
	}
}

func (v *tmc) read(ctx context.Context, conn *websocket.Conn) (frame, error) {
	_, b, err := conn.Read(ctx)
	if err != nil {
		return frame{}, err
	}
	return decode(b)
}

// connect checks the signature with nothing of ours but the codec.
func (v *tmc) connect(ctx context.Context, conn *websocket.Conn, hello frame) bool {
	sum := md5.Sum([]byte(testSecret + "app_key" + hello.get("app_key") + "group_name" + hello.get("group_name") + "timestamp" + hello.get("timestamp") + testSecret))
	answer := frame{kind: frameConnectAck, token: "token-of-the-connection"}
	switch {
	case v.refuse != nil:
		answer = *v.refuse
	case hello.kind != frameConnect || hello.get("sign") != strings.ToUpper(hex.EncodeToString(sum[:])) || len(hello.get("timestamp")) != 13:
		answer = frame{kind: frameConnectAck, status: 102, phrase: "sign error"}
	}
	return conn.Write(ctx, websocket.MessageBinary, answer.encode()) == nil && answer.token != ""
}

// push sends what is not confirmed; false when the line was cut.
func (v *tmc) push(ctx context.Context, conn *websocket.Conn) bool {
	for i, m := range v.messages {
		v.mu.Lock()
		confirmed, cut := v.done[m.get("id")] > 0, v.hangUp > 0 && i == v.hangUp
		if cut {
			v.hangUp = 0
		}
		v.mu.Unlock()
		if cut {
			_ = conn.Close(websocket.StatusGoingAway, "deployment")
			return false
		}
		if confirmed {
			continue
		}
		b := m.encode()
		if !v.half {
			_ = conn.Write(ctx, websocket.MessageBinary, b)
			continue
		}
		w, err := conn.Writer(ctx, websocket.MessageBinary)
		if err != nil {
			return false
		}
		_, _ = w.Write(b[:len(b)/2])
		_, _ = w.Write(b[len(b)/2:])
		_ = w.Close()
	}
	return true
}

// trade is a message as Taobao sends it.
func trade(id int64, topic, content string) frame {
	return frame{kind: frameSend, token: "token-of-the-connection", custom: []field{{kindField, byte(kindData)}, {"id", id}, {"topic", topic}, {"content", content},
		{"nick", "demo旗舰店"}, {"userid", int64(2088000000000001)}, {"time", int64(1767603598000)}, {"outtime", int64(1767603599000)}, {"dataid", "d"}}}
}

const created = `{"tid":3456789012345678901,"oid":3456789012345678902,"buyer_nick":"d**o","buyer_open_uid":"AAEb0s2hAKTn-uid","seller_nick":"demo旗舰店","payment":"99.00","status":"WAIT_BUYER_PAY","type":"guarantee_trade"}`

func TestTheFakeTellsAWrongSignature(t *testing.T) {
	require.False(t, newTMC(t).connect(t.Context(), nopConn(t), frame{kind: frameConnect, custom: []field{{"sign", "X"}}}))
}

// nopConn is a connection that nobody reads.
func nopConn(t *testing.T) *websocket.Conn {
	t.Helper()
	v := newTMC(t)
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(serve(t, v), "http", "ws", 1), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}
