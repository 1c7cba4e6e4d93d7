package connectors_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
)

func open(t testing.TB, s connectors.Signature, secrets ...string) *connectors.Verifier {
	t.Helper()
	v, err := s.Open(secrets, clock)
	require.NoError(t, err)
	return v
}

// Every signature here was made with openssl or by the vendor, never by this package. The clock stands at 1767603600.
func TestTheWaysOfSigningThatChannelsUseAreDeclarations(t *testing.T) {
	const body = `{"activity":"311","index":7,"sign":"` + wjxSign + `","note":"想看样机"}`
	for name, c := range map[string]struct {
		sig            connectors.Signature
		secret         string
		target, body   string
		header, unsafe string // unsafe: what of the request is changed so that it must be refused
	}{
		"plain hash, secret before the body": {connectors.Signature{Algorithm: "sha1", Encoding: "hex", At: "header:X-Douyin-Signature", Signed: "{secret}{body}"},
			"s3cret", "/in/x", `{"a":1}`, "X-Douyin-Signature: " + sums["sha1 s3cret{\"a\":1}"], "body"},
		"plain hash, secret behind the body": {connectors.Signature{Algorithm: "md5", Encoding: "hex", At: "header:kwaisign", Signed: "{body}{secret}"},
			"s3cret", "/in/x", `{"a":1}`, "Kwaisign: " + strings.ToUpper(sums["md5 {\"a\":1}s3cret"]), "body"},
		"literal, body and secret": {connectors.Signature{Algorithm: "md5", Encoding: "hex", At: "header:event-sign", Signed: "appkey{body}{secret}"},
			"s3cret", "/in/x", `[]`, "Event-Sign: " + sums["md5 appkey[]s3cret"], "body"},
		"fields of the body": {connectors.Signature{Algorithm: "sha1", Encoding: "hex", At: "body:sign", Signed: "{body:activity}{body:index}{secret}", BodyUnsigned: true},
			"pushkey", "/in/x", body, "", "secret"},
		"sorted": {connectors.Signature{Algorithm: "sha1", Encoding: "hex", At: "query:signature", Signed: "{secret}{query:timestamp}{query:nonce}", Sorted: true, BodyUnsigned: true},
			"token", "/in/x?timestamp=1767603600&nonce=n-1&signature=" + sums["sha1 1767603600n-1token"], "", "", "secret"},
		"a list of k=v with its time": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:Calendly-Webhook-Signature", Separator: ",", Prefix: "v1=",
			Signed: "{timestamp}.{body}", Timestamp: "list:t", Tolerance: 3 * time.Minute},
			"s3cret", "/in/x", `{"a":1}`, "Calendly-Webhook-Signature: t=1767603600,v1=" + sums["hmac 1767603600.{\"a\":1}"], "body"},
		"a time in milliseconds": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:X-Crisp-Signature",
			Signed: "[{timestamp};{body}]", Timestamp: "header:X-Crisp-Request-Timestamp", TimeFormat: connectors.TimeUnixMilli, Tolerance: time.Minute},
			"s3cret", "/in/x", `{"a":1}`, "X-Crisp-Signature: " + sums["hmac [1767603600000;{\"a\":1}]"] + "\nX-Crisp-Request-Timestamp: 1767603600000", "body"},
		"a time in words of GMT+8": {connectors.Signature{Algorithm: "sha1", Encoding: "hex", At: "query:sign", Signed: "{timestamp}{body}{secret}",
			Timestamp: "query:timestamp", TimeFormat: connectors.TimeSpaced, Tolerance: time.Minute},
			"s3cret", "/in/x?timestamp=2026-01-05+17:00:00&sign=" + sums["sha1 2026-01-05 17:00:00{}s3cret"], "{}", "", "body"},
		"the public address": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:Authorization", Signed: "{url}|{body}", PublicURL: "https://leads.example/in/shop"},
			"s3cret", "/behind/a/proxy", `{"a":1}`, "Authorization: " + sums["hmac https://leads.example/in/shop|{\"a\":1}"], "body"},
		"method, address with its query, path": {connectors.Signature{Algorithm: "sha256", Encoding: "hex", At: "header:X-Sign", Signed: "{secret}{method}{url}{path}{body}", PublicURL: "https://leads.example/in/shop"},
			"s3cret", "/x?a=1&b=%2F", `{"a":1}`, "X-Sign: " + sums["sha256 s3cretPOSThttps://leads.example/in/shop?a=1&b=%2F/in/shop{\"a\":1}"], "body"},
		"keyed, without the body": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "base64", At: "header:sign", Signed: "{timestamp}\n{secret}", Timestamp: "header:timestamp",
			TimeFormat: connectors.TimeUnixMilli, Tolerance: time.Hour, BodyUnsigned: true},
			"s3cret", "/in/x", "{}", "Sign: " + sums["hmac64 1767603600000\ns3cret"] + "\nTimestamp: 1767603600000", "secret"},
		"a body that was unescaped on the way": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:X-Hub-Signature-256", Prefix: "sha256=", Signed: "{body}", Escaped: true},
			"s3cret", "/in/x", `{"n":"林😀"}`, "X-Hub-Signature-256: sha256=" + sums[`hmac {"n":"\u6797\ud83d\ude00"}`], "body"},
		"a prefix that is signed and may stand in the header": {connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:X-LI-Signature", Prefix: "hmacsha256=", PrefixOptional: true, Signed: "hmacsha256={body}"},
			"s3cret", "/in/x", `{"a":1}`, "X-LI-Signature: " + sums["hmac hmacsha256={\"a\":1}"], "body"},
		"a token in a header":   {connectors.Signature{Algorithm: connectors.PlainToken, At: "header:X-Telegram-Bot-Api-Secret-Token"}, "s3cret", "/in/x", "{}", "X-Telegram-Bot-Api-Secret-Token: s3cret", "secret"},
		"a token in the body":   {connectors.Signature{Algorithm: connectors.PlainToken, At: "body:google_key"}, "s3cret", "/in/x", `{"google_key":"s3cret"}`, "", "secret"},
		"a token in a form":     {connectors.Signature{Algorithm: connectors.PlainToken, At: "body:key"}, "s3 cret", "/in/x", `a=b&key=s3+cret`, "", "secret"},
		"a bearer token":        {connectors.Bearer, "s3cret", "/in/x", "{}", "Authorization: bearer s3cret", "secret"},
		"a user and a password": {connectors.BasicAuth, "user:s3cret", "/in/x", "{}", "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:s3cret")), "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, c.target, nil)
			for line := range strings.Lines(c.header) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
				r.Header.Set(k, v)
			}
			require.NoError(t, open(t, c.sig, c.secret).Verify(r, []byte(c.body)))
			require.NoError(t, open(t, c.sig, "other", c.secret).Verify(r, []byte(c.body)), "while secrets are changed")
			require.Equal(t, "bad_signature", code(open(t, c.sig, c.secret+"x").Verify(r, []byte(c.body))))
			if c.unsafe == "body" {
				require.Equal(t, "bad_signature", code(open(t, c.sig, c.secret).Verify(r, []byte(c.body+" "))))
			}
			bare := httptest.NewRequest(http.MethodPost, "/in/x", nil)
			require.Equal(t, "unsigned", code(open(t, c.sig, c.secret).Verify(bare, []byte("{}"))))
		})
	}
}

func TestATimeIsReadAsTheVendorWritesIt(t *testing.T) {
	sig := connectors.Signature{Algorithm: connectors.Hashes[0], Encoding: "hex", At: "query:sign", Signed: "{timestamp}{secret}", BodyUnsigned: true, Timestamp: "query:t", Tolerance: time.Minute}
	verify := func(format string, tolerance time.Duration, at string) string {
		s := sig
		s.TimeFormat, s.Tolerance = format, tolerance
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		q := r.URL.Query()
		q.Set("t", at)
		q.Set("sign", sha256hex(at+"k"))
		r.URL.RawQuery = q.Encode()
		return code(open(t, s, "k").Verify(r, nil))
	}
	require.Equal(t, "", verify("", time.Minute, "1767603600"))
	require.Equal(t, "stale_signature", verify("", time.Minute, "1767603539"))
	require.Equal(t, "stale_signature", verify("", time.Minute, "1767603661"))
	require.Equal(t, "", verify("", connectors.AnyTime, "1"))
	require.Equal(t, "stale_signature", verify("", time.Minute, "yesterday"))
	require.Equal(t, "stale_signature", verify("", time.Minute, "99999999999999999999"))
	require.Equal(t, "", verify(connectors.TimeSpaced, time.Minute, "2026-01-05 17:00:30"))
	require.Equal(t, "stale_signature", verify(connectors.TimeSpaced, time.Minute, "2026-01-05 09:00:00"))
	require.Equal(t, "", verify(time.RFC3339, time.Minute, "2026-01-05T09:00:00Z"))
}

func TestADeclarationThatSaysLessThanItSeemsIsRefused(t *testing.T) {
	good := connectors.Signature{Algorithm: "sha1", Encoding: "hex", At: "header:S", Signed: "{secret}{body}"}
	for name, change := range map[string]func(*connectors.Signature){
		"a hash without the secret":       func(s *connectors.Signature) { s.Signed = "{body}" },
		"a place that is none":            func(s *connectors.Signature) { s.At = "S" },
		"a signature in a list":           func(s *connectors.Signature) { s.At = "list:v1" },
		"no body":                         func(s *connectors.Signature) { s.Signed = "{secret}" },
		"an unsigned body that is signed": func(s *connectors.Signature) { s.BodyUnsigned = true },
		"a time without a limit":          func(s *connectors.Signature) { s.Signed, s.Timestamp = "{secret}{timestamp}{body}", "query:t" },
		"a time that is not signed":       func(s *connectors.Signature) { s.Timestamp, s.Tolerance = "query:t", time.Minute },
		"a time from nowhere": func(s *connectors.Signature) {
			s.Signed, s.Timestamp, s.Tolerance = "{secret}{timestamp}{body}", "t", time.Minute
		},
		"an address nobody knows":   func(s *connectors.Signature) { s.Signed = "{secret}{url}{body}" },
		"a token that signs":        func(s *connectors.Signature) { s.Algorithm = connectors.PlainToken },
		"a token in rot13":          func(s *connectors.Signature) { s.Algorithm, s.Signed, s.Encoding = connectors.PlainToken, "", "rot13" },
		"an algorithm nobody knows": func(s *connectors.Signature) { s.Algorithm = "crc32" },
		"a blank secret":            nil,
	} {
		s, secret := good, "k"
		if change == nil {
			secret = " \t"
		} else {
			change(&s)
		}
		_, err := s.Open([]string{secret}, clock)
		require.Equal(t, "bad_settings", code(err), name)
	}
	open(t, good, "k")
}

func TestOfSeveralWaysTheOneThatIsThereDecides(t *testing.T) {
	old, renamed := good("X-Old"), good("X-New")
	vs := connectors.Verifiers{open(t, old, "k"), open(t, renamed, "k")}
	sum := hmacHex("k", "{}")
	for header, want := range map[string]string{"X-Old": "", "X-New": "", "X-Other": "unsigned"} {
		require.Equal(t, want, code(vs.Verify(with(http.Header{header: {sum}}), []byte("{}"))), header)
	}
	require.Equal(t, "bad_signature", code(vs.Verify(with(http.Header{"X-Old": {"00"}, "X-New": {sum}}), []byte("{}"))))
}

func good(header string) connectors.Signature {
	return connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:" + header, Signed: "{body}"}
}

// FuzzVerify: no request makes a verifier panic, and none is accepted whose signature a stranger could have made.
func FuzzVerify(f *testing.F) {
	var vs []*connectors.Verifier
	for _, s := range []connectors.Signature{connectors.StandardWebhooks, connectors.Bearer, connectors.BasicAuth,
		{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:S", Separator: ",", Prefix: "v1=", Signed: "{timestamp}.{body}", Timestamp: "list:t", Tolerance: time.Minute, Escaped: true},
		{Algorithm: "sha1", Encoding: "hex", At: "body:sign", Signed: "{body:a.b}{body:c}{secret}", BodyUnsigned: true},
		{Algorithm: "sha1", Encoding: "hex", At: "query:s", Signed: "{secret}{query:t}{query:n}{body}{method}{path}{url}", Sorted: true, PublicURL: "https://leads.example/in/x"},
	} {
		v, err := s.Open([]string{"c2VjcmV0LW9mLWEtdGVzdA=="}, clock)
		require.NoError(f, err)
		vs = append(vs, v)
	}
	f.Add("t=1767603600,v1=00", "s=00&t=1&n=2", []byte(`{"a":{"b":1},"c":"x","sign":"00"}`))
	f.Add("Bearer x", "%zz", []byte("sign=1&c=2"))
	f.Fuzz(func(t *testing.T, header, query string, body []byte) {
		r := with(http.Header{"S": {header}, "Authorization": {header}, "Webhook-Signature": {header}, "Webhook-Id": {"m"}, "Webhook-Timestamp": {"1767603600"}})
		r.URL.RawQuery = query
		for _, v := range vs {
			require.Error(t, v.Verify(r, body))
		}
	})
}
