package webform_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/webform"
	"github.com/leadhub/leadhub/lead"
)

func clock() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

func open(t testing.TB, settings map[string]any, now func() time.Time) connectors.Source {
	t.Helper()
	spec := webform.Connector{}.Spec()
	set, err := spec.Check(lead.Source{Key: "site", Channel: "webform", Settings: settings})
	require.NoError(t, err)
	set.Now = clock
	if now != nil {
		set.Now = now
	}
	src, err := webform.Connector{}.Open(set)
	require.NoError(t, err)
	return src
}

func receive(src connectors.Source, remote, body string) (connectors.Delivery, error) {
	r := httptest.NewRequest("POST", "/in/site", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = remote
	return src.(connectors.Receiver).Receive(r)
}

func TestMoreThanTheLimitFromOneAddressIsQuarantinedAndTenTimesIsRefused(t *testing.T) {
	now := clock()
	src := open(t, map[string]any{"rate_per_minute": 3}, func() time.Time { return now })
	const visitor, neighbour, proxy = "203.0.113.7:1", "203.0.113.8:1", "127.0.0.1:1"
	for i := range 33 {
		d, err := receive(src, visitor, `{"phone":"13900001111"}`)
		switch {
		case i < 3:
			require.NoError(t, err)
			require.Empty(t, d.Events[0].Signals)
		case i < 30:
			require.NoError(t, err)
			require.Equal(t, "rate", d.Events[0].Signals[0].Code)
			require.GreaterOrEqual(t, lead.SpamScore(d.Events[0].Signals), lead.SpamThreshold)
		default:
			e := lead.AsError(err)
			require.Equal(t, lead.KindLimited, e.Kind)
			require.Equal(t, time.Minute, e.RetryAfter)
			require.Empty(t, d.Events)
		}
	}
	d, err := receive(src, neighbour, `{"phone":"13900001111"}`)
	require.NoError(t, err)
	require.Empty(t, d.Events[0].Signals, "an address pays for itself only")
	for range 4 {
		d, err = receive(src, proxy, `{"phone":"13900001111"}`)
		require.NoError(t, err)
	}
	require.Len(t, d.Events[0].Signals, 1, "a limit that was set holds for private addresses too")

	now = now.Add(2 * time.Minute)
	d, err = receive(src, visitor, `{"phone":"13900001111"}`)
	require.NoError(t, err)
	require.Empty(t, d.Events[0].Signals, "a minute later all is well")
}

func TestByItselfTheLimitIsForPublicAddressesOnly(t *testing.T) {
	src := open(t, nil, nil)
	limited := func(remote string) bool {
		var d connectors.Delivery
		var err error
		for range 61 {
			d, err = receive(src, remote, `{"phone":"13900001111"}`)
			require.NoError(t, err)
		}
		return len(d.Events[0].Signals) > 0
	}
	for _, proxy := range []string{"127.0.0.1:1", "[::1]:1", "10.1.2.3:1", "192.168.1.1:80", "100.64.0.9:1", "[fd00::1]:1", "[::ffff:10.0.0.1]:5", "", "unix"} {
		require.False(t, limited(proxy), proxy)
	}
	for _, public := range []string{"203.0.113.9:1", "203.0.113.10", "[2001:db8::1]:1"} {
		require.True(t, limited(public), public)
	}
	d, err := receive(src, "[2001:db8::ffff]:1", `{"phone":"13900001111"}`)
	require.NoError(t, err)
	require.NotEmpty(t, d.Events[0].Signals, "one household has a whole /64")
}

func TestASignedSourceHasNoLimit(t *testing.T) {
	src := open(t, map[string]any{"signature": "hmac", "secrets": []any{"demo-secret"}, "rate_per_minute": 1}, nil)
	for range 30 {
		d, err := src.(connectors.Receiver).Receive(signedPost("demo-secret", `{"phone":"13900001111"}`))
		require.NoError(t, err)
		require.Empty(t, d.Events[0].Signals)
	}
}

func signedPost(secret, body string) *http.Request {
	r := httptest.NewRequest("POST", "/in/site", strings.NewReader(body))
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Signature", hex.EncodeToString(m.Sum(nil)))
	return r
}

func TestTheMemoryOfTheLimitIsBounded(t *testing.T) {
	src := open(t, map[string]any{"rate_per_minute": 1}, nil)
	r := httptest.NewRequest("POST", "/in/site", nil)
	allocated := testing.AllocsPerRun(1, func() {
		for i := range 200_000 {
			r.Body, r.ContentLength = http.NoBody, 0
			r.RemoteAddr = fmt.Sprintf("11.%d.%d.%d:1", i>>16&255, i>>8&255, i&255)
			_, err := src.(connectors.Receiver).Receive(r)
			require.ErrorContains(t, err, "empty_body")
		}
	})
	require.Positive(t, allocated)
	require.LessOrEqual(t, webform.RememberedAddresses(src), 32*512)
}

func TestTheSameHiddenIDWithOtherContentIsAnotherSubmission(t *testing.T) {
	src := open(t, nil, nil)
	id := func(body string) string {
		d, err := receive(src, "127.0.0.1:1", body)
		require.NoError(t, err)
		return d.Events[0].ID
	}
	first := id(`{"name":"林晓","phone":"13900001111","submission_id":"page-cached-for-everybody","lh_elapsed":4000}`)
	require.NotEmpty(t, first)
	require.Equal(t, first, id(`{"name":"林晓","phone":"13900001111","submission_id":"page-cached-for-everybody","lh_elapsed":9000}`),
		"a second click is the same submission")
	require.NotEqual(t, first, id(`{"name":"陈立","phone":"13900002222","submission_id":"page-cached-for-everybody","lh_elapsed":4000}`),
		"another visitor of a cached page is not lost")
	require.Empty(t, id(`{"name":"林晓","submission_id":" "}`))
	require.Empty(t, id(`{"name":"林晓","submission_id":"`+strings.Repeat("x", 300)+`"}`))
}

func TestIDsOfDifferentKindsNeverCollide(t *testing.T) {
	src := open(t, nil, nil)
	ids := map[string]bool{}
	for _, r := range []*http.Request{
		httptest.NewRequest("POST", "/in/site", strings.NewReader(`{"submission_id":"7","name":"a"}`)),
		httptest.NewRequest("POST", "/in/site?submission_id=7", strings.NewReader(`{"name":"a"}`)),
		func() *http.Request {
			r := httptest.NewRequest("POST", "/in/site", strings.NewReader(`{"name":"a"}`))
			r.Header.Set("Idempotency-Key", "7")
			return r
		}(),
	} {
		d, err := src.(connectors.Receiver).Receive(r)
		require.NoError(t, err)
		ids[d.Events[0].ID] = true
	}
	require.Len(t, ids, 3)
}

func TestWrongSettingsAreRefusedWithTheirName(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"allowed_origins":  {"allowed_origins": []any{"www.example.com"}},
		"thank_you_url":    {"thank_you_url": "/thanks"},
		"thank_you_hosts":  {"thank_you_hosts": []any{"*"}},
		"required_fields":  {"required_fields": []any{" | "}},
		"min_fill_seconds": {"min_fill_seconds": -1},
		"rate_per_minute":  {"rate_per_minute": -2},
		"secrets":          {"secrets": []any{"a secret without a signature"}},
	} {
		set, err := webform.Connector{}.Spec().Check(lead.Source{Settings: settings})
		require.NoError(t, err)
		_, err = webform.Connector{}.Open(set)
		require.Equal(t, []string{name}, lead.AsError(err).Fields)
	}
	for _, origin := range []string{"https://*", "https://*.*.com", "https://a.example.com/path", "ftp://a.example.com", "https://user@a.example.com", "null"} {
		set, err := webform.Connector{}.Spec().Check(lead.Source{Settings: map[string]any{"allowed_origins": []any{origin}}})
		require.NoError(t, err)
		_, err = webform.Connector{}.Open(set)
		require.Error(t, err, origin)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range connectortest.Cases(f, fixtures, "webform") {
		_, body, _ := bytes.Cut(c.Request, []byte("\n\n"))
		f.Add(c.HTTP(f).Header.Get("Content-Type"), c.HTTP(f).URL.RawQuery, body)
	}
	f.Add("0", "\r\x9d\xff=X%ff&name=%c1%f5%c3%f7", []byte(nil))
	f.Add("", "page=https%3A%2F%2Fa.cn%2F%3Futm_source%3D%25ff", []byte(nil))
	src := open(f, map[string]any{"consent_text": "yes?"}, nil)
	f.Fuzz(func(t *testing.T, contentType, query string, body []byte) {
		connectortest.CheckParse(t, src, lead.Raw{ContentType: contentType, Query: query, Body: body, ReceivedAt: clock()})
	})
}

// lead500 is a post of about 500 bytes.
const lead500 = `{"name":"林晓","phone":"13912345678","email":"lin.xiao@example.com","company":"星河科技有限公司","title":"采购经理","city":"深圳",` +
	`"message":"想了解企业版的报价和部署方式，下周可以安排演示吗？我们大约有两百个座席，现在用的系统年底到期。",` +
	`"page":"https://www.example.com/pricing","utm_source":"baidu","utm_medium":"cpc","utm_campaign":"q1-brand","referrer":"https://www.baidu.com/"}`

func BenchmarkReceive(b *testing.B) {
	for name, settings := range map[string]map[string]any{
		"signed":   {"signature": "hmac", "secrets": []any{"demo-secret"}},
		"public":   nil,
		"required": {"required_fields": []any{"phone|email"}},
	} {
		b.Run(name, func(b *testing.B) {
			receiver := open(b, settings, nil).(connectors.Receiver)
			r := signedPost("demo-secret", lead500)
			r.RemoteAddr = "203.0.113.7:40000"
			if name != "signed" {
				r.RemoteAddr = "10.0.0.1:40000"
			}
			body := strings.NewReader(lead500)
			closer := &readCloser{body}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(lead500)
				r.Body = closer
				if _, err := receiver.Receive(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func BenchmarkParse(b *testing.B) {
	src := open(b, nil, nil)
	raw := lead.Raw{ContentType: "application/json", Body: []byte(lead500), ReceivedAt: clock()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := src.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
