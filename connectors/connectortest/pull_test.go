package connectortest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// pulled is a channel of the tests: it polls a list, fetches thin leads and listens to lines, all of one invented vendor.
type pulled struct{}

func (pulled) Spec() connectors.Spec {
	return connectors.Spec{Channel: "pulled", Poll: true, Listen: true, Settings: []connectors.Field{{Name: "app_secret", Secret: true}}}
}

func (pulled) Open(set connectors.Settings) (connectors.Source, error) {
	s := &pulledSource{set: set}
	s.api = &vendorapi.API{Vendor: "Pulled", Base: "https://pulled.example", Client: set.Client, Codes: vendorapi.Codes{Field: "code"},
		Token: "access", Tokens: set.Tokens, Put: vendorapi.InQuery("access_token"), Secrets: []string{set.String("app_secret")},
		Renew: func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
			var out struct{ Token string }
			err := s.api.Do(ctx, vendorapi.Call{Path: "/token", Query: url.Values{"secret": {set.String("app_secret")}}, NoToken: true}, &out)
			return connectors.Token{Value: out.Token}, err
		}}
	return s, nil
}

type pulledSource struct {
	set connectors.Settings
	api *vendorapi.API
}

type person struct{ ID, Phone string }

func (s *pulledSource) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var p person
	if err := json.Unmarshal(raw.Body, &p); err != nil {
		return nil, lead.Invalid("bad_json", "the body is no person", "look at what arrived")
	}
	if p.Phone == "" {
		return nil, connectors.Pending("the phone")
	}
	var d lead.Draft
	d.Add(lead.FieldPhone, p.Phone)
	return []lead.Draft{d}, nil
}

func (s *pulledSource) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	return connectors.Window{Start: time.Hour}.Poll(ctx, cursor, s.set.Now(), func(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
		var out struct {
			List []person
			More bool
		}
		err := s.api.Get(ctx, "/list", url.Values{"page": {strconv.Itoa(span.PageNumber())}}, &out)
		var events []connectors.Event
		for _, p := range out.List {
			b, _ := json.Marshal(p)
			events = append(events, connectors.Event{ID: p.ID, Body: b})
		}
		if out.More {
			return events, strconv.Itoa(span.PageNumber() + 1), err
		}
		return events, "", err
	})
}

func (s *pulledSource) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	var body json.RawMessage
	err := s.api.Get(ctx, "/person", url.Values{"id": {thin.EventID}}, &body)
	return connectors.Event{Body: body}, err
}

func (s *pulledSource) Listen(ctx context.Context, emit func(connectors.Delivery) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://pulled.example/stream", nil)
	if err != nil {
		return err
	}
	answer, err := s.set.Client.Do(r)
	if err != nil {
		return lead.Transient("vendor_unreachable", "the stream broke", 0, nil)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		var p person
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return err
		}
		if err := emit(connectors.Delivery{Events: []connectors.Event{{ID: p.ID, Body: append([]byte(nil), lines.Bytes()...)}}}); err != nil {
			return lead.Transient("not_durable", "the hub could not keep it", 0, err)
		}
		if err := s.api.Get(ctx, "/ack", url.Values{"id": {p.ID}}, nil); err != nil {
			return err
		}
	}
	return lead.Transient("vendor_unreachable", "the stream ended", 0, nil)
}

const pulledSecret = "a-secret-of-the-test"

func pulledVendor(acks *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("secret") != pulledSecret {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprint(w, `{"token":"a-token-of-the-test"}`)
	})
	answer := func(path string, f func(w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("access_token") != "a-token-of-the-test" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			f(w, r)
		})
	}
	answer("/list", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, map[string]string{"1": `{"list":[{"ID":"p1","Phone":"13912345678"},{"ID":"p2","Phone":"13912345679"}],"more":true}`,
			"2": `{"list":[{"ID":"p3","Phone":"13912345670"}]}`}[r.URL.Query().Get("page")])
	})
	answer("/person", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"ID":"p9","Phone":"13912345678"}`)
	})
	answer("/ack", func(w http.ResponseWriter, _ *http.Request) {
		acks.Add(1)
		_, _ = fmt.Fprint(w, `{}`)
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for _, id := range []string{"s1", "s2"} {
			_, _ = fmt.Fprintf(w, "{\"ID\":%q,\"Phone\":\"13912345678\"}\n", id)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	return mux
}

func TestTheSuitesOfSourcesThatAskHoldForOneThatIsRight(t *testing.T) {
	settings := map[string]any{"app_secret": pulledSecret}
	t.Run("poll", func(t *testing.T) {
		got := connectortest.RunPoller(t, pulled{}, connectortest.Pull{Settings: settings, Vendor: pulledVendor(new(atomic.Int64)), IDs: []string{"p1", "p2", "p3"}})
		require.Len(t, got, 3)
		require.Equal(t, "13912345670", got[2].Drafts[0].First(lead.FieldPhone))
	})
	t.Run("fetch", func(t *testing.T) {
		drafts := connectortest.RunFetcher(t, pulled{}, connectortest.Pull{Settings: settings, Vendor: pulledVendor(new(atomic.Int64)),
			Thin: lead.Raw{EventID: "p9", Body: []byte(`{"ID":"p9"}`)}})
		require.Equal(t, "13912345678", drafts[0].First(lead.FieldPhone))
	})
	t.Run("listen", func(t *testing.T) {
		got := connectortest.RunListener(t, pulled{}, connectortest.Pull{Settings: settings, IDs: []string{"s1", "s2"}},
			func(*testing.T) (http.Handler, func() int) {
				acks := new(atomic.Int64)
				return pulledVendor(acks), func() int { return int(acks.Load()) }
			})
		require.Len(t, got, 2)
	})
}
