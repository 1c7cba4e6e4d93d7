package connectors

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/leadhub/leadhub/lead"
)

// A vendor that wants to know whether an address is the hub's sends a challenge: text to echo, or to sign. What is echoed is
// limited to shapes that mean nothing to a browser; what is signed to shapes that no delivery has, so that nobody can have
// one signed by asking for a handshake.

// Shapes of a challenge.
var (
	shapeEcho = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{1,512}$`)
	shapeInt  = regexp.MustCompile(`^-?[0-9]{1,20}$`)
	// UUIDv4 is the shape of LinkedIn's challengeCode; its deliveries sign a JSON body with the same key.
	UUIDv4 = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$`)
	// CRCToken is the shape of X's crc_token.
	CRCToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
)

var (
	errHandshake = lead.Invalid("bad_handshake", "this is not the handshake of the vendor",
		"save the address in the vendor's console again; nothing else asks for a handshake")
	errHandshakeToken = &lead.Error{Kind: lead.KindForbidden, Code: "bad_verify_token",
		Message: "the verify token of the handshake is not the one of this source", Hint: "enter the same verify token on both sides"}
)

// TextReply answers with plain text that no browser takes for anything else.
func TextReply(text string) Reply {
	return Reply{Status: http.StatusOK, Body: []byte(text),
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}}
}

// JSONReply answers with v, which marshals.
func JSONReply(v any) Reply {
	body, err := json.Marshal(v)
	if err != nil {
		return Reply{Status: http.StatusInternalServerError}
	}
	return Reply{Status: http.StatusOK, Body: body, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
}

// Echo answers a challenge that has been verified already with the challenge itself. Its error is KindInvalid
// "bad_handshake" for text that no vendor sends.
func Echo(challenge string) (Delivery, error) {
	if !shapeEcho.MatchString(challenge) {
		return Delivery{}, errHandshake
	}
	return Delivery{Reply: TextReply(challenge)}, nil
}

// EchoJSON answers {"challenge": …} with the challenge as it was sent, a text or a whole number (Feishu, Slack; Douyin sends a
// number).
func EchoJSON(challenge json.RawMessage) (Delivery, error) {
	challenge = bytes.TrimSpace(challenge)
	var text string
	switch {
	case shapeInt.Match(challenge):
	case json.Unmarshal(challenge, &text) == nil && shapeEcho.MatchString(text):
	default:
		return Delivery{}, errHandshake
	}
	return Delivery{Reply: JSONReply(map[string]json.RawMessage{"challenge": challenge})}, nil
}

// EchoHub answers the subscription handshake of Meta (and of WebSub): GET with hub.mode=subscribe, one of tokens in
// hub.verify_token, and hub.challenge to echo. A wrong token is KindForbidden, as Meta's console expects.
func EchoHub(r *http.Request, tokens []string) (Delivery, error) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || q.Get("hub.mode") != "subscribe" {
		return Delivery{}, errHandshake
	}
	if !EqualToken(q.Get("hub.verify_token"), tokens) {
		return Delivery{}, errHandshakeToken
	}
	return Echo(q.Get("hub.challenge"))
}

// EqualToken reports whether given is one of tokens, in a time that tells nothing of them. An empty token fits nothing.
func EqualToken(given string, tokens []string) bool {
	fits := 0
	for _, t := range tokens {
		if t != "" {
			fits |= subtle.ConstantTimeCompare(digest([]byte(given)), digest([]byte(t)))
		}
	}
	return fits == 1
}

// SignChallenge returns the HMAC-SHA256 of a challenge of the given shape, for the author to encode as the vendor wants it.
// The error is KindInvalid "bad_handshake" for everything else: nothing is signed that could be a delivery.
func SignChallenge(challenge string, shape *regexp.Regexp, secret string) ([]byte, error) {
	if secret == "" || !shape.MatchString(challenge) {
		return nil, errHandshake
	}
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = m.Write([]byte(challenge))
	return m.Sum(nil), nil
}
