package connectors

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Signature declares how a channel signs its requests, or what else proves where they come from. Make a Verifier of it with Open.
//
// Where something stands in a request is written as a place:
//
//	header:X-Sign    a header
//	query:sign       a parameter of the address, decoded
//	body:data.sign   a member of a JSON body, or a field of a form; of numbers their digits as they stand
//	list:t           what follows "t=" in the list that also holds the signature: "t=17000,v1=5f2b…"
//
// What is signed is a template: {body}, {timestamp}, {id}, {secret}, {method}, {url}, {path}, {header:…}, {query:…},
// {body:…} and {list:…} are put in, everything else stands for itself. A part that the request does not carry is unsigned.
//
//	Meta      {Algorithm: "hmac-sha256", Encoding: "hex", At: "header:X-Hub-Signature-256", Prefix: "sha256=", Signed: "{body}"}
//	Calendly  {Algorithm: "hmac-sha256", Encoding: "hex", At: "header:Calendly-Webhook-Signature", Separator: ",", Prefix: "v1=",
//	           Signed: "{timestamp}.{body}", Timestamp: "list:t", Tolerance: 3 * time.Minute}
//	Kuaishou  {Algorithm: "md5", Encoding: "hex", At: "header:kwaisign", Signed: "{body}{secret}"}
//	WeChat    {Algorithm: "sha1", Encoding: "hex", At: "query:signature", Signed: "{secret}{query:timestamp}{query:nonce}",
//	           Sorted: true, BodyUnsigned: true}
//	Telegram  {Algorithm: PlainToken, At: "header:X-Telegram-Bot-Api-Secret-Token"}
type Signature struct {
	Algorithm string // one of Algorithms or Hashes, or PlainToken
	Encoding  string // EncodingHex or EncodingBase64; "" with PlainToken: the secret as it is
	At        string // place of the signature

	Prefix         string // stands before each signature, like "sha256=" or "v1,", in any case; those without it are passed over
	PrefixOptional bool   // a signature without it counts as well
	Separator      string // characters between several signatures; "" = there is only one

	Signed       string // template of what is signed; it must contain {body}, and {secret} with one of Hashes
	Sorted       bool   // the parts of Signed are put into byte order before they are joined
	BodyUnsigned bool   // the vendor leaves {body} out: whoever sees one request can send others with it. Say so in Spec.Authenticity
	// Escaped tries the body again with every character above ASCII written \uxxxx, as vendors that sign so send it, for
	// the sake of what stands between and undoes it.
	Escaped   bool
	PublicURL string // what {url} is: the address as the vendor was told it, to which a query of the request is added

	ID         string        // place of {id}
	Timestamp  string        // place of {timestamp}
	TimeFormat string        // TimeUnix unless set, TimeUnixMilli, or a layout of package time (in GMT+8 when it names no zone)
	Tolerance  time.Duration // how far the timestamp may be from now, both ways; AnyTime when the vendor names no limit

	Base64Secret bool // the secret is base64, after an optional "whsec_"; otherwise its bytes are the key
}

// Encodings of a Signature.
const (
	EncodingHex    = "hex" // both cases are accepted
	EncodingBase64 = "base64"
)

// PlainToken is the algorithm of a request that shows the secret itself. It is compared in constant time.
const PlainToken = "token"

// Formats of a timestamp, beside the layouts of package time.
const (
	TimeUnix      = "unix"    // decimal seconds
	TimeUnixMilli = "unix-ms" // decimal milliseconds
	// TimeSpaced is the usual form of Chinese vendors; without a zone it is GMT+8.
	TimeSpaced = "2006-01-02 15:04:05"
)

// AnyTime is the Tolerance of a vendor that signs a time and publishes no limit: retries may be hours old.
const AnyTime time.Duration = -1

var hmacs = map[string]func() hash.Hash{
	"hmac-md5": md5.New, "hmac-sha1": sha1.New, "hmac-sha256": sha256.New, "hmac-sha384": sha512.New384, "hmac-sha512": sha512.New,
}

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// Algorithms are those with a key.
var Algorithms = []string{"hmac-sha256", "hmac-sha1", "hmac-sha384", "hmac-sha512", "hmac-md5"}

// Hashes are plain ones: the secret is a part of what is signed.
var Hashes = []string{"sha256", "sha1", "md5", "sha384", "sha512"}

// StandardWebhooks is the signature of the Standard Webhooks specification 1.0.0
// (github.com/standard-webhooks/standard-webhooks), symmetric form.
var StandardWebhooks = Signature{
	Algorithm: "hmac-sha256", Encoding: EncodingBase64, At: "header:Webhook-Signature", Prefix: "v1,", Separator: " ",
	Signed: "{id}.{timestamp}.{body}", ID: "header:Webhook-Id", Timestamp: "header:Webhook-Timestamp",
	Tolerance: 5 * time.Minute, Base64Secret: true,
}

// Svix is StandardWebhooks under the header names that came before the specification.
var Svix = func() Signature {
	s := StandardWebhooks
	s.At, s.ID, s.Timestamp = "header:Svix-Signature", "header:Svix-Id", "header:Svix-Timestamp"
	return s
}()

// Bearer is a token in the header Authorization (RFC 6750), BasicAuth a "user:password" there (RFC 7617).
var (
	Bearer    = Signature{Algorithm: PlainToken, At: "header:Authorization", Prefix: "Bearer "}
	BasicAuth = Signature{Algorithm: PlainToken, Encoding: EncodingBase64, At: "header:Authorization", Prefix: "Basic "}
)

// Open makes the Verifier. Several secrets are all valid, for rotation. No secret, an empty one, or one that cannot be
// decoded is an error that does not show it. A place that is none is an error as well: what is
// declared wrongly must not pass for less than it says.
func (s Signature) Open(secrets []string, now func() time.Time) (*Verifier, error) {
	v := &Verifier{sig: s, now: now}
	if v.now == nil {
		v.now = time.Now
	}
	newHash, err := s.hash()
	if err != nil {
		return nil, err
	}
	if v.at, err = parsePlace(s.At); err != nil {
		return nil, err
	}
	if v.at.in == inList {
		return nil, badSignatureSettings("the signature itself stands in a header, the query or the body; Prefix finds it in a list")
	}
	if newHash != nil {
		if err := v.template(); err != nil {
			return nil, err
		}
	} else if s.Signed != "" {
		return nil, badSignatureSettings("a token signs nothing")
	}
	if len(secrets) == 0 {
		return nil, badSignatureSettings("there is no secret")
	}
	for i, secret := range secrets {
		key, err := s.key(secret)
		if err != nil || len(bytes.Trim(key, " \t\r\n")) == 0 {
			return nil, badSignatureSettings("secret %d is empty or not written as it must be", i+1)
		}
		k := &keys{secret: key}
		k.pool.New = func() any { return &mac{Hash: newHash(key)} }
		v.keys = append(v.keys, k)
	}
	return v, nil
}

// hash returns nil for PlainToken.
func (s Signature) hash() (func(key []byte) hash.Hash, error) {
	known := s.Encoding == EncodingHex || s.Encoding == EncodingBase64
	switch keyed, plain := hmacs[s.Algorithm], hashes[s.Algorithm]; {
	case s.Algorithm == PlainToken && (known || s.Encoding == ""):
		return nil, nil
	case s.Algorithm != PlainToken && keyed == nil && plain == nil:
		return nil, badSignatureSettings("%q is not an algorithm", s.Algorithm)
	case !known:
		return nil, badSignatureSettings("%q is not an encoding", s.Encoding)
	case keyed != nil:
		return func(key []byte) hash.Hash { return hmac.New(keyed, key) }, nil
	case !strings.Contains(s.Signed, "{secret}"):
		return nil, badSignatureSettings("a hash without a key must sign the {secret}")
	default:
		return func([]byte) hash.Hash { return plain() }, nil
	}
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

// template reads Signed.
func (v *Verifier) template() (err error) {
	s := v.sig
	if s.Timestamp != "" {
		if v.time, err = parsePlace(s.Timestamp); err != nil {
			return err
		}
	}
	switch {
	case strings.Contains(s.Signed, "{body}") == s.BodyUnsigned:
		return badSignatureSettings("what is signed must contain {body}, unless the body is declared to be unsigned")
	case strings.Contains(s.Signed, "{timestamp}") != (s.Timestamp != "") || strings.Contains(s.Signed, "{id}") != (s.ID != ""):
		return badSignatureSettings("{timestamp} and {id} need their places, and what has a place must be signed")
	case s.Timestamp != "" && s.Tolerance <= 0 && s.Tolerance != AnyTime:
		return badSignatureSettings("a timestamp needs a tolerance")
	case strings.Contains(s.Signed, "{url}") && s.PublicURL == "":
		return badSignatureSettings("{url} needs the public address of the source")
	}
	for rest := s.Signed; rest != ""; {
		var p part
		if p, rest, err = s.part(rest); err != nil {
			return err
		}
		if n := len(v.parts); n > 0 && v.parts[n-1].at != (place{}) && !s.Sorted {
			v.parts[n-1].bar = string(p.literal)
		}
		v.parts = append(v.parts, p)
	}
	return nil
}

// part of the signed string: a literal, the body, the secret, or what stands at a place.
type part struct {
	literal []byte
	body    bool
	secret  bool
	at      place
	bar     string // must not stand in the value: it follows it in the signed string, and would move the border
}

// part cuts the first part off a template.
func (s Signature) part(template string) (p part, rest string, err error) {
	open := strings.IndexByte(template, '{')
	length := strings.IndexByte(template, '}') + 1
	if open != 0 || length == 0 {
		if open <= 0 {
			open = len(template)
		}
		return part{literal: []byte(template[:open])}, template[open:], nil
	}
	name := template[1 : length-1]
	rest = template[length:]
	switch name {
	case "body":
		p.body = true
	case "secret":
		p.secret = true
	case "timestamp":
		p.at, err = parsePlace(s.Timestamp)
	case "id":
		p.at, err = parsePlace(s.ID)
	case inMethod, inURL, inPath:
		p.at = place{in: name}
	default:
		if p.at, err = parsePlace(name); err != nil { // a brace of the vendor's own
			return part{literal: []byte(template[:length])}, rest, nil
		}
	}
	return p, rest, err
}

// place is where something stands in a request.
type place struct {
	in   string // one of the in constants
	name string
}

const (
	inHeader = "header"
	inQuery  = "query"
	inBody   = "body"
	inList   = "list"
	inMethod = "method"
	inURL    = "url"
	inPath   = "path"
)

func parsePlace(text string) (place, error) {
	in, name, _ := strings.Cut(text, ":")
	switch {
	case name == "":
	case in == inHeader:
		return place{in, http.CanonicalHeaderKey(name)}, nil
	case in == inQuery || in == inBody || in == inList:
		return place{in, name}, nil
	}
	return place{}, badSignatureSettings("%q is not a place: write header:…, query:… or body:…", text)
}
