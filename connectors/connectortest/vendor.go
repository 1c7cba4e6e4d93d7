package connectortest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/leadhub/leadhub/connectors"
)

// Vendor is a fake of a vendor's servers: whatever host Client asks, the handler answers, over a real connection. Host names
// arrive in r.Host; https is spoken without TLS.
type Vendor struct {
	Client *http.Client
	mu     sync.Mutex
	asked  int
	fault  func(n int) http.HandlerFunc // of the nth request, counted from 1
}

// NewVendor starts the fake; it ends with the test.
func NewVendor(t testing.TB, answer http.Handler) *Vendor {
	v := &Vendor{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.asked++
		var fault http.HandlerFunc
		if v.fault != nil {
			fault = v.fault(v.asked)
		}
		v.mu.Unlock()
		if fault != nil {
			fault(w, r)
			return
		}
		answer.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	v.Client = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	return v
}

// Asked is how many requests arrived since the last Fail.
func (v *Vendor) Asked() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// Fail answers the requests that choose picks, counted from 1, with the fault; nil heals.
func (v *Vendor) Fail(f http.HandlerFunc, choose func(n int) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked, v.fault = 0, nil
	if f != nil {
		v.fault = func(n int) http.HandlerFunc {
			if choose(n) {
				return f
			}
			return nil
		}
	}
}

// Faults are what happens to every API: by name, what is answered.
var Faults = map[string]http.HandlerFunc{
	"busy": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "try later", http.StatusServiceUnavailable)
	},
	"broken":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusInternalServerError) },
	"hung up":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"a webpage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>maintenance</html>")) },
	"cut short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"data":`))
	},
	faultLimit: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(limitWait/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
	},
}

const (
	faultLimit = "asked too often"
	limitWait  = 77 * time.Second
)

func always(int) bool { return true }

func only(n int) func(int) bool { return func(m int) bool { return m == n } }

// Tokens is connectors.Tokens in memory.
type Tokens struct {
	mu      sync.Mutex
	renews  map[string]*sync.Mutex // one renewal of a name at a time; it may ask for another name
	kept    map[string]connectors.Token
	values  []string // every value there was
	refused []string
}

// Token is described at connectors.Tokens.
func (s *Tokens) Token(ctx context.Context, name string, renew func(context.Context, connectors.Token) (connectors.Token, error)) (string, error) {
	s.mu.Lock()
	if s.renews == nil {
		s.renews, s.kept = map[string]*sync.Mutex{}, map[string]connectors.Token{}
	}
	if s.renews[name] == nil {
		s.renews[name] = &sync.Mutex{}
	}
	one := s.renews[name]
	s.mu.Unlock()
	one.Lock()
	defer one.Unlock()
	s.mu.Lock()
	kept := s.kept[name]
	valid := kept.Value != "" && !slices.Contains(s.refused, kept.Value)
	s.mu.Unlock()
	if valid {
		return kept.Value, nil
	}
	next, err := renew(ctx, kept)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = next
	s.values = append(s.values, next.Value, next.Refresh)
	return next.Value, nil
}

// Refuse is described at connectors.Tokens.
func (s *Tokens) Refuse(_ context.Context, _, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, value)
	return nil
}

// Refused are the values that the connector found to be refused, in order.
func (s *Tokens) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

func (s *Tokens) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.values)
}
