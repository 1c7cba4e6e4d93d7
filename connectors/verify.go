package connectors

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Encodings of a Signature.
const (
	EncodingHex    = "hex" // both cases are accepted
	EncodingBase64 = "base64"
)

// Algorithms of a Signature.
var algorithms = map[string]func() hash.Hash{
	"hmac-sha1":   sha1.New,
	"hmac-sha256": sha256.New,
	"hmac-sha384": sha512.New384,
	"hmac-sha512": sha512.New,
}

// Algorithms lists what Signature.Algorithm may be.
var Algorithms = []string{"hmac-sha256", "hmac-sha1", "hmac-sha384", "hmac-sha512"}

// Signature declares how a channel signs its requests. Make a Verifier of it with Open.
type Signature struct {
	Algorithm string // one of Algorithms
	Encoding  string // EncodingHex or EncodingBase64
	Header    string // carries the signature
	Prefix    string // stands before each signature in the header, like "sha256=" or "v1,"; others are passed over
	Separator string // characters between several signatures in the header; "" = there is only one
	Signed    string // what is signed, over {body} {timestamp} {id}, like "{timestamp}.{body}"; it must contain {body}

	IDHeader        string        // carries {id}
	TimestampHeader string        // carries {timestamp}, a decimal number
	TimestampUnit   time.Duration // time.Second when 0
	Tolerance       time.Duration // how far the timestamp may be from now, both ways; needed with TimestampHeader

	Base64Secret bool // the secret is base64, after an optional "whsec_"; otherwise its bytes are the key
}

// StandardWebhooks is the signature of the Standard Webhooks specification 1.0.0
// (github.com/standard-webhooks/standard-webhooks), symmetric form.
var StandardWebhooks = Signature{
	Algorithm: "hmac-sha256", Encoding: EncodingBase64, Header: "Webhook-Signature", Prefix: "v1,", Separator: " ",
	Signed: "{id}.{timestamp}.{body}", IDHeader: "Webhook-Id", TimestampHeader: "Webhook-Timestamp",
	Tolerance: 5 * time.Minute, Base64Secret: true,
}

// Svix is StandardWebhooks under the header names that came before the specification.
var Svix = func() Signature {
	s := StandardWebhooks
	s.Header, s.IDHeader, s.TimestampHeader = "Svix-Signature", "Svix-Id", "Svix-Timestamp"
	return s
}()

// Verifier checks requests against a Signature. It is safe for concurrent use.
type Verifier struct {
	sig    Signature
	before []part // of Signature.Signed, up to {body}
	after  []part
	keys   []*sync.Pool // of *mac, one pool per secret
	now    func() time.Time
}

// part of the signed string: a literal, or the value of a header.
type part struct {
	literal string
	header  string
	bar     string // must not stand in the value: it follows it in the signed string, and would move the border
}

type mac struct {
	hash.Hash
	head []byte
	sum  [sha512.Size]byte
}

// Open makes the Verifier. Several secrets are all valid, for rotation. No secret, an empty one, or one that cannot be
// decoded is an error that does not show it.
func (s Signature) Open(secrets []string, now func() time.Time) (*Verifier, error) {
	newHash, ok := algorithms[s.Algorithm]
	if !ok {
		return nil, badSignatureSettings("%q is not an algorithm", s.Algorithm)
	}
	switch {
	case s.Encoding != EncodingHex && s.Encoding != EncodingBase64:
		return nil, badSignatureSettings("%q is not an encoding", s.Encoding)
	case s.Header == "":
		return nil, badSignatureSettings("the name of the signature's header is empty")
	case s.TimestampHeader != "" && s.Tolerance <= 0:
		return nil, badSignatureSettings("a timestamp needs a tolerance")
	case strings.Contains(s.Signed, "{timestamp}") != (s.TimestampHeader != "") ||
		strings.Contains(s.Signed, "{id}") != (s.IDHeader != ""):
		return nil, badSignatureSettings("{timestamp} and {id} need their headers, and a header must be signed")
	case len(secrets) == 0:
		return nil, badSignatureSettings("there is no secret")
	}
	if s.TimestampUnit == 0 {
		s.TimestampUnit = time.Second
	}
	s.Header = http.CanonicalHeaderKey(s.Header)
	s.IDHeader, s.TimestampHeader = http.CanonicalHeaderKey(s.IDHeader), http.CanonicalHeaderKey(s.TimestampHeader)
	v := &Verifier{sig: s, now: now}
	before, after, ok := strings.Cut(s.Signed, "{body}")
	if !ok {
		return nil, badSignatureSettings("what is signed does not contain {body}")
	}
	v.before, v.after = s.parts(before), s.parts(after)
	for i, secret := range secrets {
		key, err := s.key(secret)
		if err != nil || len(key) == 0 {
			return nil, badSignatureSettings("secret %d is empty or not written as it must be", i+1)
		}
		v.keys = append(v.keys, &sync.Pool{New: func() any { return &mac{Hash: hmac.New(newHash, key)} }})
	}
	return v, nil
}

func badSignatureSettings(format string, args ...any) error {
	return lead.Invalid("bad_settings", "signature: "+fmt.Sprintf(format, args...), "correct the settings of the source")
}

func (s Signature) key(secret string) ([]byte, error) {
	if !s.Base64Secret {
		return []byte(secret), nil
	}
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
}

func (s Signature) parts(template string) []part {
	var out []part
	for template != "" {
		open := strings.IndexByte(template, '{')
		switch {
		case strings.HasPrefix(template, "{timestamp}"):
			out, template = append(out, part{header: s.TimestampHeader}), template[len("{timestamp}"):]
		case strings.HasPrefix(template, "{id}"):
			out, template = append(out, part{header: s.IDHeader}), template[len("{id}"):]
		case open <= 0:
			out, template = append(out, part{literal: template}), ""
		default:
			out, template = append(out, part{literal: template[:open]}), template[open:]
		}
	}
	for i := range len(out) - 1 {
		if out[i].header != "" {
			out[i].bar = out[i+1].literal
		}
	}
	return out
}

// The texts are fixed: they tell a stranger nothing but what every reader of this file knows.
var (
	errUnsigned = lead.Unauthorized("unsigned", "the request carries no signature",
		"sign the request as the source's page describes")
	errBadSignature = lead.Unauthorized("bad_signature", "the signature does not fit this request",
		"check that both sides have the same secret and that the body is signed byte for byte as it is sent")
	errStaleSignature = lead.Unauthorized("stale_signature", "the request was signed too long ago, or in the future",
		"set the sender's clock; sign again for every try")
)

// Verify checks the signature over the body as it arrived. The error is KindUnauthorized with one of the codes unsigned,
// bad_signature and stale_signature (the signature was right, its time was not).
func (v *Verifier) Verify(h http.Header, body []byte) error {
	given := h.Get(v.sig.Header)
	if given == "" {
		return errUnsigned
	}
	var room [8][]byte
	candidates := v.candidates(given, room[:0])
	if len(candidates) == 0 {
		return errBadSignature
	}
	for _, pool := range v.keys {
		m := pool.Get().(*mac)
		err := v.check(m, h, body, candidates)
		pool.Put(m)
		if err == nil {
			return v.fresh(h)
		}
		if err != errBadSignature {
			return err
		}
	}
	return errBadSignature
}

// candidates decodes the signatures in the header, at most as many as there is room for.
func (v *Verifier) candidates(given string, out [][]byte) [][]byte {
	for given != "" && len(out) < cap(out) {
		one := given
		given = ""
		if v.sig.Separator != "" {
			if i := strings.IndexAny(one, v.sig.Separator); i >= 0 {
				one, given = one[:i], one[i+1:]
			}
		}
		one, ok := strings.CutPrefix(strings.TrimSpace(one), v.sig.Prefix)
		if !ok || one == "" {
			continue
		}
		var sum []byte
		var err error
		if v.sig.Encoding == EncodingHex {
			sum, err = hex.DecodeString(one)
		} else {
			sum, err = base64.StdEncoding.DecodeString(one)
		}
		if err == nil {
			out = append(out, sum)
		}
	}
	return out
}

func (v *Verifier) check(m *mac, h http.Header, body []byte, candidates [][]byte) error {
	m.Reset()
	var err error
	if m.head, err = appendParts(m.head[:0], v.before, h); err != nil {
		return err
	}
	_, _ = m.Write(m.head) // a hash never fails
	_, _ = m.Write(body)
	if m.head, err = appendParts(m.head[:0], v.after, h); err != nil {
		return err
	}
	_, _ = m.Write(m.head)
	sum := m.Sum(m.sum[:0])
	for _, c := range candidates {
		if hmac.Equal(c, sum) {
			return nil
		}
	}
	return errBadSignature
}

func appendParts(b []byte, parts []part, h http.Header) ([]byte, error) {
	for _, p := range parts {
		if p.header == "" {
			b = append(b, p.literal...)
			continue
		}
		value := h.Get(p.header)
		switch {
		case value == "":
			return b, errUnsigned
		case p.bar != "" && strings.Contains(value, p.bar):
			return b, errBadSignature
		}
		b = append(b, value...)
	}
	return b, nil
}

func (v *Verifier) fresh(h http.Header) error {
	if v.sig.TimestampHeader == "" {
		return nil
	}
	n, err := strconv.ParseInt(h.Get(v.sig.TimestampHeader), 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/int64(v.sig.TimestampUnit) { // a far one must not overflow into a near one
		return errStaleSignature
	}
	signed := time.Unix(0, 0).Add(time.Duration(n) * v.sig.TimestampUnit)
	if v.now().Sub(signed).Abs() > v.sig.Tolerance {
		return errStaleSignature
	}
	return nil
}
