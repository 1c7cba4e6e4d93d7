// Package connectortest is the suite that every connector passes. A case is a folder fixtures/channels/<channel>/<case>:
//
//	request.http   the request as it goes over the wire: request line, headers, blank line, body byte for byte.
//	               Header values are text/template: {{hmac "sha256" "hex" "secret"}} over the body, {{standardwebhooks
//	               "whsec_…" "msg_1" 0}}, {{unix 0}}, {{unixms 0}}, {{china 0}}: the clock plus so many seconds, {{hash
//	               "md5" "hex" (print body "secret")}}, {{mac "sha256" "hex" "secret" (print "v0:" (unix 0) ":" body)}},
//	               {{hash "sha1" "hex" (sorted "token" (unix 0) "nonce")}}, urlquery. They work in the request line, too.
//	               A Content-Length that is written down is announced even if it is not true.
//	               For a source that asks or listens the body is an event as that source brings it.
//	source.json    optional: settings, mapping, defaults of the source, the clock ("now"), the caller's address ("remote"),
//	               the hub's limit of a body ("max_body")
//	want.json      see Want
//
// Signatures are made by fixtures/signing with crypto/hmac alone, so that the connectors' own verifier is checked by a stranger.
// LEADHUB_UPDATE_FIXTURES=1 writes want.json from what happens; read the difference before keeping it.
package connectortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Options say what the suite cannot know.
type Options struct {
	Fixtures string         // the folder fixtures/channels
	Settings map[string]any // a smallest valid set of settings; nil when every setting has a default
	// Also are further settings that make a Source of another kind: one that is polled instead of pushed to.
	Also []map[string]any
	// EmptySecret are settings that the door depends on, each empty: Open refuses them beside Settings, and with another value
	// in their place no case is accepted any more.
	EmptySecret map[string]any
	MinCases    int // fewer folders than this fail: a suite that finds nothing must not pass
}

// Case is one folder.
type Case struct {
	Name    string
	Request []byte // request.http
	Source  CaseSource
	Want    Want
	dir     string
}

// CaseSource is source.json.
type CaseSource struct {
	Settings map[string]any    `json:"settings"`
	Mapping  map[string]string `json:"mapping"`
	Defaults map[string]string `json:"defaults"`
	Now      time.Time         `json:"now"`      // 2026-01-05T09:00:00Z unless set
	Remote   string            `json:"remote"`   // 203.0.113.7:40000 unless set
	MaxBody  int64             `json:"max_body"` // 1 MiB unless set
}

// Want is want.json: what Receive returned, then what Parse made of every event.
type Want struct {
	Error  *WantError  `json:"error,omitempty"` // of Receive
	Reply  *WantReply  `json:"reply,omitempty"`
	Events []WantEvent `json:"events,omitempty"`
}

// WantError is the part of a *lead.Error that is a promise.
type WantError struct {
	Kind   lead.Kind `json:"kind"`
	Code   string    `json:"code"`
	Fields []string  `json:"fields,omitempty"`
}

// WantReply is a reply; a body is named by its beginning.
type WantReply struct {
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
}

// WantEvent is one event and its drafts.
type WantEvent struct {
	ID      string        `json:"id,omitempty"`
	Signals []lead.Signal `json:"signals,omitempty"`
	Error   *WantError    `json:"error,omitempty"` // of Parse
	Drafts  []lead.Draft  `json:"drafts,omitempty"`
}

// Cases loads the case folders of a channel.
func Cases(t testing.TB, fixtures, channel string) []Case {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(fixtures, channel, "*", "request.http"))
	require.NoError(t, err)
	var out []Case
	for _, file := range files {
		c := Case{dir: filepath.Dir(file)}
		c.Name = filepath.Base(c.dir)
		c.Request, err = os.ReadFile(file)
		require.NoError(t, err)
		c.Source = CaseSource{Now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), Remote: "203.0.113.7:40000", MaxBody: 1 << 20}
		load(t, filepath.Join(c.dir, "source.json"), &c.Source)
		if !updating() {
			require.True(t, load(t, filepath.Join(c.dir, "want.json"), &c.Want), "%s has no want.json", c.dir)
		}
		out = append(out, c)
	}
	return out
}

func updating() bool { return os.Getenv("LEADHUB_UPDATE_FIXTURES") == "1" }

func load(t testing.TB, file string, into any) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(into), file)
	return true
}

// Open makes the source of the case.
func (c Case) Open(t testing.TB, connector connectors.Connector) connectors.Source {
	t.Helper()
	spec := connector.Spec()
	set, err := spec.Check(lead.Source{Key: "case", Channel: spec.Channel, Settings: c.Source.Settings,
		Mapping: c.Source.Mapping, Defaults: c.Source.Defaults})
	require.NoError(t, err)
	set.Now = func() time.Time { return c.Source.Now }
	src, err := connector.Open(set)
	require.NoError(t, err)
	return src
}

// Raw is what the hub stores of an event.
func (c Case) Raw(channel string, r *http.Request, e connectors.Event) lead.Raw {
	raw := lead.Raw{ID: "sub_case", Source: "case", Channel: channel, EventID: e.ID, ReceivedAt: c.Source.Now,
		ContentType: e.ContentType, Query: e.Query, Header: e.Header, Signals: e.Signals, Body: e.Body}
	if e.ID != "" {
		raw.ID = lead.DeriveID("sub_", "case", e.ID)
	}
	raw.RemoteIP = r.RemoteAddr
	if r.URL != nil {
		_, raw.Path, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/in/"), "/")
	}
	return raw
}

func wantError(err error) *WantError {
	if err == nil {
		return nil
	}
	e := lead.AsError(err)
	return &WantError{Kind: e.Kind, Code: e.Code, Fields: e.Fields}
}
