package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/leadhub/leadhub/api"
	"github.com/leadhub/leadhub/connectors/all"
	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

type checkCmd struct {
	File string `help:"YAML file; - for standard input." short:"f" required:"" placeholder:"FILE"`
}

// Run applies the file to an empty hub that is not there: what is refused here is refused by `leadhub apply`, with the same words.
func (c *checkCmd) Run(p process) error {
	f, err := readConfigFile(p, c.File)
	if err != nil {
		return err
	}
	empty := &emptyHub{}
	handler := api.New(api.Ports{Authenticator: empty, Configuration: empty, Logger: slog.New(slog.DiscardHandler)})
	client := &client{base: "http://check", token: "check", http: &http.Client{Transport: inProcess{handler}}}
	var done api.Applied
	if err := client.call(p.ctx, "PUT", "/v1/config", f, &done); err != nil {
		return f.located(err)
	}
	f.sayDoubts(p, done.Doubts)
	config := empty.config
	fmt.Fprintf(p.stdout, "%s is fine: %d sources, %d teams, %d reps\n", c.File, len(config.Sources), len(config.Teams), len(config.Reps))
	if n := len(config.Rules) + len(config.Pools) + len(config.Scoring.Rules) + len(config.Expect); n > 0 {
		fmt.Fprintf(p.stdout, "%d rules, %d pools, %d rules of scoring; %d expectations are kept\n", len(config.Rules), len(config.Pools),
			len(config.Scoring.Rules), len(config.Expect))
	}
	return nil
}

// emptyHub is the configuration of a hub that nobody has set up.
type emptyHub struct {
	config lead.Config
	doubts []lead.Doubt
}

func (*emptyHub) Authenticate(context.Context, string) (lead.Token, error) {
	return lead.Token{Scopes: []string{lead.ScopeAdmin}}, nil
}

func (h *emptyHub) Config(context.Context) (lead.Config, error) { return h.config, nil }

func (h *emptyHub) EditConfig(_ context.Context, _ string, fn func(*lead.Config) error) (lead.Config, error) {
	var config lead.Config
	if err := fn(&config); err != nil {
		return lead.Config{}, err
	}
	doubts, err := hub.Check(&config, all.Connectors())
	if err != nil {
		return lead.Config{}, err
	}
	h.config, h.doubts = config, doubts
	return config, nil
}

func (h *emptyHub) Doubts(*lead.Config) []lead.Doubt { return h.doubts }

// inProcess sends requests to a handler.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &recorded{Response: http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r}}
	t.ServeHTTP(w, r)
	w.Body = io.NopCloser(&w.written)
	return &w.Response, nil
}

// recorded keeps what a handler writes.
type recorded struct {
	http.Response
	written bytes.Buffer
}

// Header, WriteHeader and Write implement http.ResponseWriter.
func (a *recorded) Header() http.Header         { return a.Response.Header }
func (a *recorded) WriteHeader(status int)      { a.StatusCode, a.Status = status, http.StatusText(status) }
func (a *recorded) Write(b []byte) (int, error) { return a.written.Write(b) }
