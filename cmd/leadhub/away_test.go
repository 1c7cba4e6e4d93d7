package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// gate stands before a server, so that the server can go away without ending.
type gate struct {
	t      testing.TB
	behind string
	addr   string

	mu       sync.Mutex
	listener net.Listener
	silent   bool // takes connections and never answers
	conns    []net.Conn
}

func openGate(t testing.TB, behind string) *gate {
	g := &gate{t: t, behind: behind, addr: freeAddr(t)}
	g.open()
	t.Cleanup(g.shut)
	return g
}

func (g *gate) open() {
	g.shut()
	l, err := net.Listen("tcp", g.addr)
	require.NoError(g.t, err)
	g.mu.Lock()
	g.listener, g.silent = l, false
	g.mu.Unlock()
	go g.serve(l)
}

// shut drops every connection and takes no more.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != nil {
		_ = g.listener.Close()
		g.listener = nil
	}
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
}

// hush takes connections that nobody answers, as a network that drops packets does.
func (g *gate) hush() {
	g.open()
	g.mu.Lock()
	g.silent = true
	g.mu.Unlock()
}

func (g *gate) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		g.conns = append(g.conns, c)
		silent := g.silent
		g.mu.Unlock()
		if silent {
			continue
		}
		s, err := net.Dial("tcp", g.behind)
		if err != nil {
			_ = c.Close()
			continue
		}
		g.mu.Lock()
		g.conns = append(g.conns, s)
		g.mu.Unlock()
		go func() { _, _ = io.Copy(s, c); _ = s.Close() }()
		go func() { _, _ = io.Copy(c, s); _ = c.Close() }()
	}
}

// onGatedDatabase starts a hub with an embedded broker, whose PostgreSQL can go away.
func onGatedDatabase(t *testing.T) (*testHub, *gate) {
	f := embeddedFlags(t)
	u, err := url.Parse(postgresDatabase(t))
	require.NoError(t, err)
	g := openGate(t, u.Host)
	u.Host = g.addr
	f.Database = u.String()
	return startTestHub(t, f), g
}

func TestWhileTheDatabaseIsAwayPostsAreAcceptedAndTheyArriveWhenItIsBack(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*gate){"it refuses": (*gate).shut, "it is silent": (*gate).hush} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, g := onGatedDatabase(t)
			ids := []string{h.accept("site", `{"phone":"`+phone()+`"}`)}
			h.becomes(ids[0], lead.StateAssigned)

			away(g)
			for range 20 {
				ids = append(ids, h.accept("site", `{"phone":"`+phone()+`"}`))
			}
			h.readySays("database", false)
			a := h.send(h.request("GET", "/readyz", ""))
			require.Equal(t, http.StatusOK, a.Status, "it can still do what matters most")
			require.Contains(t, a.Body, `"degraded"`)
			require.Equal(t, http.StatusNotFound, h.post("nobody", `{}`).Status)

			g.open()
			for _, id := range ids {
				h.becomes(id, lead.StateAssigned)
			}
			h.settle()
			require.True(t, h.audit().Balances())
			require.EqualValues(t, len(ids), h.audit().Touched)
			checkStreamAgain(t, h)
		})
	}
}

func TestAHubThatIsRestartedWhileTheDatabaseIsAwayAcceptsFromItsLastConfiguration(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*gate){"it refuses": (*gate).shut, "it is silent": (*gate).hush} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, g := onGatedDatabase(t)
			away(g)
			began := time.Now()
			h.restart()
			require.Less(t, time.Since(began), 20*time.Second, "visitors wait meanwhile")
			body := []byte(`{"phone":"` + phone() + `"}`)
			req := h.request("POST", "/in/signed", string(body))
			signTest(t, req, "msg_1", body)
			a := h.send(req)
			require.Equal(t, http.StatusAccepted, a.Status, "secrets are known as well: %s", a.Body)
			id := h.accept("site", `{"phone":"`+phone()+`"}`)
			g.open()
			h.becomes(id, lead.StateAssigned)
			h.becomes(a.ID, lead.StateAssigned)
			h.readySays("database", true)
		})
	}
}

func TestAHubEndsInTimeWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	h, g := onGatedDatabase(t)
	h.accept("site", `{"phone":"`+phone()+`"}`)
	g.hush()
	h.accept("site", `{"phone":"`+phone()+`"}`)
	began := time.Now()
	_ = h.close()
	h.app = nil
	require.Less(t, time.Since(began), 10*time.Second)
}

// A process without intake waits for its broker before it is ready. Whoever started it must be able to end it meanwhile.
func TestAProcessThatWaitsForItsBrokerEndsOnASignal(t *testing.T) {
	t.Parallel()
	for _, roles := range []string{"normalize", "intake"} {
		t.Run(roles, func(t *testing.T) {
			t.Parallel()
			ctx, signal := context.WithCancel(context.Background())
			defer signal()
			ended := make(chan int, 1)
			var out, errs bytes.Buffer
			dir, broker := t.TempDir(), freeAddr(t)
			go func() {
				ended <- run(process{ctx: ctx, stdout: &out, stderr: &errs}, []string{"serve", "--data", dir, "--listen", "127.0.0.1:0",
					"--kafka", broker, "--roles", roles, "--log-level", "error"})
			}()
			select {
			case code := <-ended:
				t.Fatalf("ended by itself with %d: %s", code, errs.String())
			case <-time.After(3 * time.Second): // there is no event to await: it waits
			}
			signal()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Fatal("still there ten seconds after the signal")
			}
		})
	}
}
