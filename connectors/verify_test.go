package connectors_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func clock() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

const (
	oldSecret = "whsec_b2xkIHNlY3JldCBvZiBhIGRlbW8gc291cmNl"
	newSecret = "whsec_bmV3IHNlY3JldCBvZiBhIGRlbW8gc291cmNl"
)

func standard(t require.TestingT) *connectors.Verifier {
	v, err := connectors.StandardWebhooks.Open([]string{oldSecret, newSecret}, clock)
	require.NoError(t, err)
	return v
}

// signStandard signs with the specification's own library, which knows nothing of ours.
func signStandard(t require.TestingT, secret, id string, at time.Time, body []byte) http.Header {
	signer, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	signature, err := signer.Sign(id, at, body)
	require.NoError(t, err)
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", signature)
	return h
}

// with is a request that has these headers.
func with(h http.Header) *http.Request {
	return &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/in/case"}, Header: h}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return lead.AsError(err).Code
}

func TestWhatTheStandardLibraryOfStandardWebhooksSignsIsAccepted(t *testing.T) {
	v := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		id := rapid.StringMatching(`msg_[A-Za-z0-9]{1,30}`).Draw(t, "id")
		secret := rapid.SampledFrom([]string{oldSecret, newSecret}).Draw(t, "secret")
		seconds := rapid.IntRange(-300, 300).Draw(t, "seconds")
		h := signStandard(t, secret, id, clock().Add(time.Duration(seconds)*time.Second), body)
		require.NoError(t, v.Verify(with(h), body))
		// and nothing that differs from it by one bit
		if len(body) > 0 {
			i := rapid.IntRange(0, len(body)-1).Draw(t, "i")
			body[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			require.Equal(t, "bad_signature", code(v.Verify(with(h), body)))
		}
	})
}

func TestASignatureOfAnotherTimeIsStale(t *testing.T) {
	for _, seconds := range []int{-301, 301, -86400 * 365, 86400 * 365} {
		h := signStandard(t, newSecret, "msg_1", clock().Add(time.Duration(seconds)*time.Second), []byte("{}"))
		require.Equal(t, "stale_signature", code(standard(t).Verify(with(h), []byte("{}"))), "%d s", seconds)
	}
	h := signStandard(t, newSecret, "msg_1", time.Unix(1<<62, 0), []byte("{}"))
	require.Equal(t, "stale_signature", code(standard(t).Verify(with(h), []byte("{}"))), "a number that overflows a duration")
}

func TestEveryPartOfTheSignedStringCounts(t *testing.T) {
	body := []byte(`{"name":"林晓"}`)
	good := func() http.Header { return signStandard(t, newSecret, "msg_1", clock(), body) }
	right := strings.TrimPrefix(good().Get("webhook-signature"), "v1,")
	for name, c := range map[string]struct {
		header, value, want string
	}{
		"as it was":                    {"x-other", "1", ""},
		"among other signatures":       {"webhook-signature", "v1a,AAAA v1,AAAA v1," + right, ""},
		"another id":                   {"webhook-id", "msg_2", "bad_signature"},
		"another time":                 {"webhook-timestamp", strconv.FormatInt(clock().Unix()+1, 10), "bad_signature"},
		"a time that is no number":     {"webhook-timestamp", "now", "bad_signature"},
		"no id":                        {"webhook-id", "", "unsigned"},
		"no time":                      {"webhook-timestamp", "", "unsigned"},
		"no signature":                 {"webhook-signature", "", "unsigned"},
		"only of another version":      {"webhook-signature", "v2," + right, "bad_signature"},
		"without a version":            {"webhook-signature", right, "bad_signature"},
		"cut":                          {"webhook-signature", "v1," + right[:20], "bad_signature"},
		"nothing after the version":    {"webhook-signature", "v1,", "bad_signature"},
		"the border of id moved":       {"webhook-id", "msg_1.1", "bad_signature"},
		"more than anybody sends":      {"webhook-signature", strings.Repeat("v1,AAAA ", 50) + "v1," + right, "bad_signature"},
		"separated by what is not its": {"webhook-signature", "v1,AAAA;v1," + right, "bad_signature"},
	} {
		h := good()
		h.Set(c.header, c.value)
		require.Equal(t, c.want, code(standard(t).Verify(with(h), body)), name)
	}
}

func TestTheBorderBetweenIDAndTimeCannotBeMoved(t *testing.T) {
	// "msg_1" "1767603600" "5.{}" and "msg_1.1767603600" "5" "{}" give the same signed string.
	h := signStandard(t, newSecret, "msg_1", clock(), []byte(strconv.FormatInt(clock().Unix(), 10)+".{}"))
	require.NoError(t, standard(t).Verify(with(h), []byte(strconv.FormatInt(clock().Unix(), 10)+".{}")))
	h.Set("webhook-id", "msg_1."+strconv.FormatInt(clock().Unix(), 10))
	require.Equal(t, "bad_signature", code(standard(t).Verify(with(h), []byte("{}"))))
}

// The test cases of RFC 4231 (HMAC-SHA-2) and RFC 2202 (HMAC-SHA-1) with the key "Jefe".
func TestTheAlgorithmsAreThoseOfTheRFCs(t *testing.T) {
	for algorithm, want := range map[string]string{
		"hmac-sha1":   "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"hmac-sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"hmac-sha384": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		"hmac-sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	} {
		sum, err := hex.DecodeString(want)
		require.NoError(t, err)
		for encoding, written := range map[string]string{
			connectors.EncodingHex: strings.ToUpper(want), connectors.EncodingBase64: base64.StdEncoding.EncodeToString(sum),
		} {
			v, err := connectors.Signature{Algorithm: algorithm, Encoding: encoding, At: "header:x-sign", Prefix: "s=", Separator: ", ",
				Signed: "{body}"}.Open([]string{"Jefe"}, clock)
			require.NoError(t, err)
			body := []byte("what do ya want for nothing?")
			require.NoError(t, v.Verify(with(http.Header{"X-Sign": {"s=" + written}}), body))
			require.NoError(t, v.Verify(with(http.Header{"X-Sign": {"t=12, s=" + written}}), body))
			require.Equal(t, "bad_signature", code(v.Verify(with(http.Header{"X-Sign": {written}}), body)))
		}
	}
}

func TestAnyTemplateSignsWhatItSays(t *testing.T) {
	sign := func(s string) string {
		m := hmac.New(sha256.New, []byte("k"))
		m.Write([]byte(s))
		return hex.EncodeToString(m.Sum(nil))
	}
	ms := strconv.FormatInt(clock().UnixMilli(), 10)
	for template, signed := range map[string]string{
		"{body}":                       "B",
		"{timestamp}:{body}":           ms + ":B",
		"v0:{timestamp}:{body}":        "v0:" + ms + ":B",
		"[{timestamp};{body}]":         "[" + ms + ";B]",
		"{body}{timestamp}":            "B" + ms,
		"{other}{body}":                "{other}B",
		"{id}|{body}|{timestamp}":      "I|B|" + ms,
		"{timestamp}{timestamp}{body}": ms + ms + "B",
	} {
		s := connectors.Signature{Algorithm: "hmac-sha256", Encoding: "hex", At: "header:Sign", Signed: template}
		if strings.Contains(template, "{timestamp}") {
			s.Timestamp, s.TimeFormat, s.Tolerance = "header:time", connectors.TimeUnixMilli, time.Minute
		}
		if strings.Contains(template, "{id}") {
			s.ID = "header:id"
		}
		v, err := s.Open([]string{"k"}, clock)
		require.NoError(t, err, template)
		h := http.Header{"Sign": {sign(signed)}, "Time": {ms}, "Id": {"I"}}
		require.NoError(t, v.Verify(with(h), []byte("B")), template)
		require.Equal(t, "bad_signature", code(v.Verify(with(h), []byte("C"))), template)
	}
}

func TestASignatureThatProtectsNothingIsRefusedWhenItIsOpened(t *testing.T) {
	good := connectors.StandardWebhooks
	for name, c := range map[string]struct {
		change  func(*connectors.Signature)
		secrets []string
	}{
		"no secret":             {nil, nil},
		"an empty secret":       {nil, []string{newSecret, ""}},
		"only a prefix":         {nil, []string{"whsec_"}},
		"not base64":            {nil, []string{"whsec_%%%not-base64"}},
		"no algorithm":          {func(s *connectors.Signature) { s.Algorithm = "" }, []string{newSecret}},
		"an unknown encoding":   {func(s *connectors.Signature) { s.Encoding = "rot13" }, []string{newSecret}},
		"no header":             {func(s *connectors.Signature) { s.At = "" }, []string{newSecret}},
		"the body is left out":  {func(s *connectors.Signature) { s.Signed = "{id}.{timestamp}" }, []string{newSecret}},
		"time without limit":    {func(s *connectors.Signature) { s.Tolerance = 0 }, []string{newSecret}},
		"time that is unsigned": {func(s *connectors.Signature) { s.Signed = "{id}.{body}" }, []string{newSecret}},
		"id from nowhere":       {func(s *connectors.Signature) { s.ID = "" }, []string{newSecret}},
	} {
		s := good
		if c.change != nil {
			c.change(&s)
		}
		_, err := s.Open(c.secrets, clock)
		require.Equal(t, "bad_settings", code(err), name)
		for _, secret := range c.secrets {
			if len(secret) > 6 {
				require.NotContains(t, err.Error(), secret)
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	body := []byte(strings.Repeat("x", 500))
	h := signStandard(b, newSecret, "msg_1", clock(), body)
	v := standard(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(with(h), body); err != nil {
			b.Fatal(err)
		}
	}
}
