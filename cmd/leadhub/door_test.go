package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// The table of DESIGN section 8, the rows that concern the door and the stages; those of workbooks come with the spreadsheet channel.
// Rows with a test of their own: a payload that will not parse, no usable identity, spam, one bad row, poison (rejection_test.go); broker and
// database away, disk full (durable_test.go, away_test.go).

func TestAWrongOrMissingSignatureIsRefusedWithAFixedTextAndNothingIsWritten(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		body := []byte(`{"phone":"` + phone() + `"}`)
		signed := func(change func(*http.Request)) *http.Request {
			req := h.request("POST", "/in/signed", string(body))
			signTest(t, req, "msg_1", body)
			change(req)
			return req
		}
		old := fmt.Sprint(time.Now().Add(-time.Hour).Unix())
		texts := map[string]bool{}
		for name, req := range map[string]*http.Request{
			"no signature": h.request("POST", "/in/signed", string(body)),
			"garbage":      signed(func(r *http.Request) { r.Header.Set("webhook-signature", "v1,bm90aGluZw==") }),
			"empty":        signed(func(r *http.Request) { r.Header.Set("webhook-signature", "") }),
			"other version": signed(func(r *http.Request) {
				r.Header.Set("webhook-signature", strings.Replace(r.Header.Get("webhook-signature"), "v1,", "v0,", 1))
			}),
			"other id": signed(func(r *http.Request) { r.Header.Set("webhook-id", "msg_2") }),
			"old":      signed(func(r *http.Request) { r.Header.Set("webhook-timestamp", old) }),
			"no time":  signed(func(r *http.Request) { r.Header.Del("webhook-timestamp") }),
			"another body": signed(func(r *http.Request) {
				other := strings.NewReader(`{"phone":"1"}`)
				r.Body, r.ContentLength = io.NopCloser(other), other.Size()
			}),
			"another, too large": signed(func(r *http.Request) { r.Header.Set("webhook-id", strings.Repeat("x", 300)) }),
		} {
			a := h.send(req)
			require.Equal(t, http.StatusUnauthorized, a.Status, "%s: %s", name, a.Body)
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			require.NotContains(t, a.Body, "whsec")
			texts[a.Code+a.Detail+a.Hint] = true
		}
		require.LessOrEqual(t, len(texts), 3, "the texts are fixed: %v", texts)
		require.EqualValues(t, 9, metric(t, h, "leadhub_refused_total"))
		require.Empty(t, h.records("lead.raw"))
		a := h.send(signed(func(*http.Request) {}))
		require.Equal(t, http.StatusAccepted, a.Status)
	})
}

func TestAnUnknownSourceIs404WhateverIsAskedOfIt(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	off := false
	h.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "fair", Enabled: &off}}}, nil)
	var bodies []string
	for _, path := range []string{"/in/nobody", "/in/fair", "/in/nobody/more", "/in/..%2f..%2fv1", "/in/site%00", "/in/' OR 1=1 --"} {
		for _, method := range []string{"GET", "POST", "PUT", "OPTIONS"} {
			req := h.request(method, "/", `{"phone":"1"}`)
			req.URL.Opaque = strings.ReplaceAll(path, " ", "%20")
			a := h.send(req)
			require.Contains(t, []int{http.StatusNotFound}, a.Status, "%s %s: %s", method, path, a.Body)
			if method == "POST" {
				bodies = append(bodies, a.Body)
			}
		}
	}
	for _, b := range bodies[1:] {
		require.Equal(t, bodies[0], b, "a source that is switched off looks like none")
	}
	require.Empty(t, h.records("lead.raw"))
}

func TestABodyTooLargeOrCutShortIsRefusedAndNothingOfItKept(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	require.Equal(t, http.StatusAccepted, h.post("site", `{"phone":"`+phone()+`","message":"`+strings.Repeat("x", 500<<10)+`"}`).Status)

	a := h.post("site", `{"phone":"`+phone()+`","message":"`+strings.Repeat("x", 600<<10)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, a.Status)
	require.Equal(t, "body_too_large", a.Code)
	req := h.request("POST", "/in/site", "")
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", 600<<10))), -1 // chunked, its size unsaid
	require.Equal(t, http.StatusRequestEntityTooLarge, h.send(req).Status)

	for name, raw := range map[string]string{
		"announced more":  "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"phone\":",
		"a broken chunk":  "POST /in/site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{\"phone\":",
		"a chunk too few": "POST /in/site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		status := h.sendRaw(raw)
		require.Contains(t, []string{"", "400"}, status, name) // nobody may be left to be answered
	}
	require.Len(t, h.records("lead.raw"), 1)
}

// sendRaw sends bytes, ends its side of the connection, and returns the status of the answer, "" when there was none.
func (h *testHub) sendRaw(raw string) string {
	h.t.Helper()
	c, err := net.Dial("tcp", h.addr)
	require.NoError(h.t, err)
	defer c.Close()
	require.NoError(h.t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, raw)
	require.NoError(h.t, err)
	require.NoError(h.t, c.(*net.TCPConn).CloseWrite())
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || len(line) < 12 {
		return ""
	}
	return line[9:12]
}

func TestNonsenseAtTheDoorIsRefused(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	for name, raw := range map[string]string{
		"two lengths":         "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"length and chunks":   "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n{}",
		"a negative length":   "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"no host":             "POST /in/site HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
		"huge headers":        "POST /in/site HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 200<<10) + "\r\nContent-Length: 2\r\n\r\n{}",
		"a space in a header": "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n{}",
		"not HTTP":            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"gzip":                "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
		"nothing":             "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"an empty key":        "POST /in/site HTTP/1.1\r\nHost: x\r\nIdempotency-Key: \r\nContent-Length: 2\r\n\r\n{}",
	} {
		status := h.sendRaw(raw)
		require.True(t, status == "" || strings.HasPrefix(status, "4") || status == "501", "%s: %s", name, status)
	}
	require.Empty(t, h.records("lead.raw"))
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH", "HEAD"} {
		a := h.send(h.request(method, "/in/site", ""))
		require.Contains(t, []int{http.StatusBadRequest, http.StatusMethodNotAllowed}, a.Status, method)
		require.Contains(t, a.Header.Get("Allow"), "POST")
	}
}

func TestARequiredFieldThatIsMissingIsToldAndNothingIsKept(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	a := h.post("strict", `{"name":"周宁"}`)
	require.Equal(t, http.StatusUnprocessableEntity, a.Status, a.Body)
	require.Contains(t, a.Body, "phone|email")
	require.Empty(t, h.records("lead.raw"))
	h.accept("strict", `{"name":"周宁","email":"zhou.ning@haiheng-keji.cn"}`)
}

func TestSomebodyWhoPostsTooOftenIsHeldThenRefused(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	states, limited := map[string]int{}, 0
	for range 40 { // three a minute pass, thirty are answered
		a := h.post("busy", `{"phone":"`+phone()+`"}`)
		if a.Status == http.StatusTooManyRequests {
			require.NotEmpty(t, a.Header.Get("Retry-After"))
			limited++
			continue
		}
		require.Equal(t, http.StatusAccepted, a.Status)
		states[h.ended(a.ID).State]++
	}
	// A minute may begin in between.
	require.GreaterOrEqual(t, states[lead.StateQuarantined], 20)
	require.Contains(t, []int{3, 6}, states[lead.StateAssigned])
	require.Positive(t, limited+states[lead.StateAssigned]-3)
}

// ended waits until a submission has come to its end.
func (h *testHub) ended(id string) lead.SubmissionStatus {
	h.t.Helper()
	var st lead.SubmissionStatus
	require.Eventually(h.t, func() bool {
		st = h.status(id)
		return st.State != lead.StateReceived && st.State != lead.StatePooled
	}, patience, 2*time.Millisecond)
	return st
}

func TestWithoutATokenNothingIsShownAndNothingIsDone(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	id := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
	st := h.becomes(id, lead.StateAssigned)
	before := asJSON(t, h.hubConfig())
	paths := []string{"/v1/leads", "/v1/leads/" + st.Lead, "/v1/submissions/" + id, "/v1/rejections", "/v1/sources", "/v1/reps", "/v1/teams", "/v1/settings",
		"/v1/config", "/v1/tokens", "/v1/audit", "/v1/overview", "/v1/channels"}
	for _, bearer := range []string{"", "Bearer ", "Bearer x", "Bearer lh_", "Basic YWRtaW46YWRtaW4=", "Bearer " + benchToken + "x", benchToken, "Bearer " + benchToken[:5]} {
		for _, p := range paths {
			a := h.send(h.request("GET", p, "", "Authorization", bearer))
			require.Equal(t, http.StatusUnauthorized, a.Status, "%q %s", bearer, p)
			require.NotContains(t, a.Body, "周宁")
		}
		for _, p := range []string{"PUT /v1/config", "POST /v1/tokens", "POST /v1/replay", "POST /v1/explain", "POST /v1/rejections/" + id + "/replay", "PUT /v1/sources/site", "DELETE /v1/sources/site", "PUT /v1/settings"} {
			method, path, _ := strings.Cut(p, " ")
			require.Equal(t, http.StatusUnauthorized, h.send(h.request(method, path, `{}`, "Authorization", bearer)).Status, "%q %s", bearer, p)
		}
	}
	require.Equal(t, before, asJSON(t, h.hubConfig()))

	for _, p := range []string{"/", "/leads", "/leads/" + st.Lead, "/rejections", "/sources", "/settings", "/nowhere"} {
		a := h.send(h.request("GET", p, ""))
		require.Equal(t, http.StatusSeeOther, a.Status, p)
		require.True(t, strings.HasPrefix(a.Header.Get("Location"), "/login"), a.Header.Get("Location"))
		require.NotContains(t, a.Body, "周宁")
	}
	for _, p := range []string{"/v1/../v1/leads", "//v1/leads", "/v1//leads", "/v1/%2e%2e/v1/leads", "/assets/../leads", "/assets/..%2f..%2fapp.go", "/.git/config", "/in/site/../../v1/leads"} {
		req := h.request("GET", "/", "")
		req.URL.Opaque = p
		a := h.send(req)
		require.NotContains(t, a.Body, "周宁", p)
		require.NotContains(t, a.Body, "package ", p)
		require.GreaterOrEqual(t, a.Status, 300, p)
	}
}

func TestMetricsAreForThisMachineAndForTokensThatMayReadThem(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	token := func(scopes ...string) string {
		var out struct{ Token string }
		h.call("POST", "/v1/tokens", map[string]any{"name": "t", "scopes": scopes}, &out)
		require.NotEmpty(t, out.Token)
		return "Bearer " + out.Token
	}
	get := func(from string, header ...string) int {
		req := httptest.NewRequest("GET", "/metrics", nil)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		return h.handle(req, from).Code
	}
	require.Equal(t, 200, get("127.0.0.1:1234"))
	require.Equal(t, 200, get("[::1]:1234"))
	require.Equal(t, 401, get("203.0.113.9:1234"))
	require.Equal(t, 401, get("10.0.0.9:1234"))
	require.Equal(t, 401, get("@"))
	require.Equal(t, 401, get("127.0.0.1:1234", "X-Forwarded-For", "203.0.113.9"), "a proxy on this machine forwards strangers")
	require.Equal(t, 401, get("127.0.0.1:1234", "Forwarded", "for=203.0.113.9"))
	require.Equal(t, 401, get("203.0.113.9:1234", "X-Forwarded-For", "127.0.0.1"))
	require.Equal(t, 401, get("203.0.113.9:1234", "Authorization", "Bearer x"))
	require.Equal(t, 200, get("203.0.113.9:1234", "Authorization", "Bearer "+benchToken))
	require.Equal(t, 200, get("203.0.113.9:1234", "Authorization", token(lead.ScopeLeadsRead)))
	require.Equal(t, 403, get("203.0.113.9:1234", "Authorization", token(lead.ScopeSubmissions)), "a website's token reads no figures")
}

func TestATokenMayOnlyDoWhatItsScopesSayAndEndsWhenItIsTakenBack(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		var out struct{ Token string }
		h.call("POST", "/v1/tokens", map[string]any{"name": "site", "scopes": []string{lead.ScopeSubmissions}}, &out)
		id := h.accept("site", `{"phone":"`+phone()+`"}`)
		h.becomes(id, lead.StateAssigned)
		c := &client{base: "http://" + h.addr, token: out.Token, http: http.DefaultClient}
		require.NoError(t, c.call(context.Background(), "GET", "/v1/submissions/"+id, nil, nil))
		require.Equal(t, "missing_scope", codeOf(c.call(context.Background(), "GET", "/v1/leads", nil, nil)))
		require.Error(t, c.call(context.Background(), "PUT", "/v1/config", map[string]any{}, nil))
		var list struct{ Items []lead.Token }
		h.call("GET", "/v1/tokens", nil, &list)
		require.Len(t, list.Items, 1)
		require.NotContains(t, asJSON(t, list), out.Token)
		h.call("DELETE", "/v1/tokens/"+list.Items[0].ID, nil, nil)
		require.Error(t, c.call(context.Background(), "GET", "/v1/submissions/"+id, nil, nil))
	})
}

func codeOf(err error) string {
	if e := lead.AsError(err); e != nil {
		return e.Code
	}
	return ""
}

func TestWhoSendsSlowlyHoldsNobodyUpAndIsCutOff(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	var slow []net.Conn
	for range 50 {
		c, err := net.Dial("tcp", h.addr)
		require.NoError(t, err)
		defer c.Close()
		_, err = io.WriteString(c, "POST /in/site HTTP/1.1\r\nHost: x\r\n")
		require.NoError(t, err)
		slow = append(slow, c)
	}
	began := time.Now()
	h.accept("site", `{"phone":"`+phone()+`"}`)
	require.Less(t, time.Since(began), 3*time.Second)
	require.NoError(t, slow[0].SetReadDeadline(time.Now().Add(15*time.Second)))
	_, err := io.Copy(io.Discard, slow[0])
	require.NoError(t, err, "the hub closes the connection by itself")
}

func TestAnOpenConnectionDoesNotKeepAHubFromEndingInOrder(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	idle, err := net.Dial("tcp", h.addr) // a browser's, opened in advance
	require.NoError(t, err)
	defer idle.Close()
	half, err := net.Dial("tcp", h.addr)
	require.NoError(t, err)
	defer half.Close()
	_, err = io.WriteString(half, "POST /in/site HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return h.send(h.request("GET", "/healthz", "")).Status == 200 }, patience, time.Millisecond)
	began := time.Now()
	err = h.close()
	h.app = nil
	require.NoError(t, err, "SIGTERM ends it cleanly")
	require.Less(t, time.Since(began), 10*time.Second)
}

func TestXForwardedForIsBelievedOnlyFromATrustedProxy(t *testing.T) {
	t.Parallel()
	f := embeddedFlags(t)
	f.TrustedProxies = []string{"10.0.0.0/8"}
	h := startTestHub(t, f)
	for _, c := range []struct{ from, forwarded, want string }{
		{"203.0.113.9:1", "", "203.0.113.9"},
		{"203.0.113.9:1", "198.51.100.7", "203.0.113.9"},
		{"10.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1", "1.1.1.1, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "198.51.100.7, nonsense", "10.0.0.1"},
		{"[2001:db8::1]:1", "", "2001:db8::1"},
	} {
		req := httptest.NewRequest("POST", "/in/site", bytes.NewReader([]byte(`{"phone":"`+phone()+`"}`)))
		req.Header.Set("Content-Type", "application/json")
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		require.Equal(t, http.StatusAccepted, h.handle(req, c.from).Code)
		raw := h.records("lead.raw")
		require.Contains(t, headerOf(raw[len(raw)-1], "leadhub-raw"), `"remote_ip":"`+c.want+`"`, "%+v", c)
	}
}
