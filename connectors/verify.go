package connectors

import (
	"crypto/hmac"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Verifier checks requests against a Signature. It is safe for concurrent use.
type Verifier struct {
	sig   Signature
	at    place   // of the signature
	time  place   // of the timestamp
	parts []part  // of what is signed, in order
	keys  []*keys // one per secret
	now   func() time.Time
}

// keys is one secret, ready to hash with.
type keys struct {
	secret []byte
	pool   sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	head  []byte
	items [][]byte // with Sorted: the parts, before they are put in order
	sum   [sha512.Size]byte
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

// Verify checks the signature of r over body, which is r's body as it arrived (r.Body is not read). The error is
// KindUnauthorized with one of the codes unsigned, bad_signature and stale_signature (the signature was right, its time was not).
func (v *Verifier) Verify(r *http.Request, body []byte) error {
	q := request{Request: r, body: body}
	given, ok := q.value(v.at, "")
	if !ok || given == "" {
		return errUnsigned
	}
	var room [8][]byte
	candidates := v.candidates(given, room[:0])
	if len(candidates) == 0 {
		return errBadSignature
	}
	if v.sig.Algorithm == PlainToken {
		return v.token(candidates)
	}
	err := v.signed(&q, candidates)
	if err == errBadSignature && v.sig.Escaped {
		if escaped, differs := escapeJSON(body); differs {
			q.signed = escaped
			err = v.signed(&q, candidates)
		}
	}
	return err
}

// token compares what was sent with every secret, in a time that tells neither.
func (v *Verifier) token(candidates [][]byte) error {
	fits := 0
	for _, c := range candidates {
		for _, k := range v.keys {
			fits |= subtle.ConstantTimeCompare(digest(c), digest(k.secret))
		}
	}
	if fits == 0 {
		return errBadSignature
	}
	return nil
}

func (v *Verifier) signed(q *request, candidates [][]byte) error {
	for _, k := range v.keys {
		m := k.pool.Get().(*mac)
		err := v.check(m, q, k.secret, candidates)
		k.pool.Put(m)
		if err == nil {
			return v.fresh(q)
		}
		if err != errBadSignature {
			return err
		}
	}
	return errBadSignature
}

// candidates decodes the signatures in what was given, at most as many as there is room for.
func (v *Verifier) candidates(given string, out [][]byte) [][]byte {
	for given != "" && len(out) < cap(out) {
		one := given
		given = ""
		if v.sig.Separator != "" {
			if i := strings.IndexAny(one, v.sig.Separator); i >= 0 {
				one, given = one[:i], one[i+1:]
			}
		}
		one = strings.TrimSpace(one)
		if bare, ok := cutPrefixFold(one, v.sig.Prefix); ok {
			one = strings.TrimLeft(bare, " ")
		} else if !v.sig.PrefixOptional {
			continue
		}
		if sum := v.decode(one); len(sum) > 0 {
			out = append(out, sum)
		}
	}
	return out
}

// decode returns nil for what is not written in the encoding.
func (v *Verifier) decode(s string) []byte {
	var sum []byte
	var err error
	switch v.sig.Encoding {
	case EncodingHex:
		sum, err = hex.DecodeString(s)
	case EncodingBase64:
		sum, err = base64.StdEncoding.DecodeString(s)
	default:
		sum = []byte(s)
	}
	if err != nil {
		return nil
	}
	return sum
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func (v *Verifier) check(m *mac, q *request, secret []byte, candidates [][]byte) error {
	m.Reset()
	m.head, m.items = m.head[:0], m.items[:0]
	for _, p := range v.parts {
		switch {
		case p.body:
			v.write(m, q.signedBody())
		case p.secret:
			v.write(m, secret)
		case p.at == place{}:
			v.write(m, p.literal)
		default:
			value, ok := q.value(p.at, v.sig.PublicURL)
			switch {
			case !ok:
				return errUnsigned
			case p.bar != "" && strings.Contains(value, p.bar):
				return errBadSignature
			}
			start := len(m.head)
			m.head = append(m.head, value...)
			v.write(m, m.head[start:])
		}
	}
	slices.SortFunc(m.items, slices.Compare)
	for _, item := range m.items {
		_, _ = m.Write(item)
	}
	sum := m.Sum(m.sum[:0])
	for _, c := range candidates {
		if hmac.Equal(c, sum) {
			return nil
		}
	}
	return errBadSignature
}

// write hashes a part, or keeps it until all can be put in order. A hash never fails.
func (v *Verifier) write(m *mac, b []byte) {
	if v.sig.Sorted {
		m.items = append(m.items, b)
		return
	}
	_, _ = m.Write(b)
}

func (v *Verifier) fresh(q *request) error {
	if v.time == (place{}) || v.sig.Tolerance == AnyTime {
		return nil
	}
	text, _ := q.value(v.time, "")
	signed, ok := parseTime(v.sig.TimeFormat, text)
	if !ok || v.now().Sub(signed).Abs() > v.sig.Tolerance {
		return errStaleSignature
	}
	return nil
}

// China is the zone of timestamps that Chinese vendors write without one.
var China = time.FixedZone("CST", 8*60*60)

func parseTime(format, text string) (time.Time, bool) {
	unit := int64(time.Second)
	switch format {
	case TimeUnixMilli:
		unit = int64(time.Millisecond)
	case TimeUnix, "":
	default:
		t, err := time.ParseInLocation(format, text, China)
		return t, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/unit { // a far one must not overflow into a near one
		return time.Time{}, false
	}
	return time.Unix(0, 0).Add(time.Duration(n * unit)), true
}

// Verifiers are ways of signing of which a request has to keep one: names of headers before and after they were renamed.
type Verifiers []*Verifier

// Verify is decided by the first that finds its signature in r.
func (vs Verifiers) Verify(r *http.Request, body []byte) error {
	for _, v := range vs {
		if err := v.Verify(r, body); err != errUnsigned {
			return err
		}
	}
	return errUnsigned
}
