package oceanengine

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// door takes the pushes of subscriptions (SPI).
type door struct{ verifier *connectors.Verifier }

// openDoor returns nil when there is no secret.
func openDoor(set connectors.Settings) (*door, error) {
	secrets := set.List(setPushSecrets)
	if len(secrets) == 0 {
		return nil, nil
	}
	verifier, err := connectors.Signature{
		Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex, At: "header:X-Open-Signature", Signed: "{body}", Escaped: true,
	}.Open(secrets, set.Now)
	return &door{verifier}, err
}

// Receive takes a message, or answers the handshake: event=verify_webhook and a whole number, which is not signed and proves nothing.
func (d *door) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if challenge, ok := handshake(r, body); ok {
		return answerHandshake(challenge)
	}
	if err := d.verifier.Verify(r, body); err != nil {
		return connectors.Delivery{}, err
	}
	event := connectors.Event{ID: connectors.BodyID(body), Body: body, ContentType: r.Header.Get("Content-Type")}
	if doc, err := connectors.Document(body); err == nil {
		event.ID = messageEventID(doc, body)
	}
	return connectors.Delivery{Events: []connectors.Event{event}, Reply: baseResp(nil)}, nil
}

// messageEventID is that of the lead when the message carries one: the same as when it is asked for.
func messageEventID(doc gjson.Result, body []byte) string {
	if clue := clueOf(doc); connectors.FirstScalar(clue, "clue_id") != "" {
		return clueEventID(clue, body)
	}
	if id := connectors.FirstScalar(doc, "message_id"); id != "" {
		return connectors.EventID("message", id)
	}
	return connectors.BodyID(body)
}

// handshake finds the challenge in the query, or in a body that says nothing else.
func handshake(r *http.Request, body []byte) (challenge string, ok bool) {
	if q := r.URL.Query(); q.Get("event") == "verify_webhook" {
		return q.Get("challenge"), true
	}
	doc, err := connectors.Document(body)
	if err != nil || connectors.FirstScalar(doc, "event") != "verify_webhook" {
		return "", false
	}
	return connectors.FirstScalar(doc, "challenge"), true
}

func answerHandshake(challenge string) (connectors.Delivery, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(challenge), 10, 64)
	if err != nil {
		return connectors.Delivery{}, lead.Invalid("bad_handshake", "this is not the handshake of OceanEngine",
			"save the address in the console of the open platform again; nothing else asks for a handshake")
	}
	return connectors.Delivery{Reply: baseResp(&n)}, nil
}

// baseResp is the answer that OceanEngine reads: 200 is done, 5xx comes again.
func baseResp(challenge *int64) connectors.Reply {
	reply := map[string]any{"BaseResp": map[string]any{"StatusCode": 200, "StatusMessage": "ok"}}
	if challenge != nil {
		reply["challenge"] = *challenge
	}
	return connectors.JSONReply(reply)
}
