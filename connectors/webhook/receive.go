package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var (
	errMethod = lead.Invalid("method_not_allowed", "a webhook is received with POST", "send it with the method POST")
	errEmpty  = lead.Invalid("empty_body", "the post carries nothing", "send the payload as the body")
	errCoding = lead.Invalid("content_encoding", "a compressed body is not understood", "send the body as it is, without Content-Encoding")
)

// Receive verifies, cuts a list into its events, and finds their ids. What cannot be read is stored all the same.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	switch r.Method {
	case http.MethodPost, http.MethodPut:
	case http.MethodOptions:
		return abuseProtection(r)
	default:
		return connectors.Delivery{Reply: connectors.Reply{Header: http.Header{"Allow": {"POST, PUT, OPTIONS"}}}}, errMethod
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return connectors.Delivery{}, errCoding
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if s.isPing(r, body) {
		return connectors.Delivery{Reply: connectors.TextReply("ok")}, nil
	}
	if s.verifier != nil {
		if err := s.verifier.Verify(r, body); err != nil {
			return connectors.Delivery{}, err
		}
	}
	if len(body) == 0 {
		return connectors.Delivery{}, errEmpty
	}
	whole := connectors.Event{Body: body, ContentType: r.Header.Get("Content-Type"), Header: binaryHeaders(r.Header)}
	return connectors.Delivery{Events: s.identify(r.Header, s.cut(whole)), Reply: s.reply}, nil
}

// typeEntry is the content type of an entry that was cut out of a list, so that it is not cut again.
const typeEntry = "application/json; of=list"

// cut makes one event of every entry of a list, and leaves alone what it cannot read.
func (s *source) cut(whole connectors.Event) []connectors.Event {
	entry, path := typeEntry, s.events
	if whole.ContentType == typeEntry {
		path = ""
	}
	if kindOf(whole.ContentType) == typeBatch {
		entry, path = typeStructured, "@this"
	}
	if path == "" {
		return []connectors.Event{whole}
	}
	doc, err := s.document(whole.ContentType, whole.Body)
	if err != nil {
		return []connectors.Event{whole}
	}
	list := gjson.GetBytes(doc, path)
	entries := list.Array()
	if !list.IsArray() || len(entries) == 0 || len(entries) > maxEvents {
		return []connectors.Event{whole}
	}
	out := make([]connectors.Event, len(entries))
	for i, e := range entries {
		out[i] = connectors.Event{Body: []byte(e.Raw), ContentType: entry, Header: whole.Header}
	}
	return out
}

// identify gives the events their ids. The kinds have prefixes, so that they cannot collide.
func (s *source) identify(h http.Header, events []connectors.Event) []connectors.Event {
	for i := range events {
		id, own := s.ownID(h, events[i])
		if id == "" {
			if id, own = s.sentID(h), false; id == "" {
				continue
			}
		}
		if !own && len(events) > 1 { // one id for all of them
			id += "/" + strconv.Itoa(i)
		}
		if len(id) > maxID {
			id = "sha256:" + digest([]byte(id))
		}
		events[i].ID = id
	}
	return events
}

// ownID is the id that the settings or the event's own form name; own tells that it stands in the event itself.
func (s *source) ownID(h http.Header, e connectors.Event) (id string, own bool) {
	if name, ok := strings.CutPrefix(s.eventID, "header:"); ok {
		return prefixed("id:", h.Get(name)), false
	}
	if s.eventID == idOfBody {
		return "body:" + digest(e.Body), true
	}
	if s.eventID == "" && !s.conversation {
		return prefixed("ce:", cloudEventID(e)), true
	}
	ce, err := s.read(e.ContentType, e.Body, e.Header)
	if err != nil {
		return "", true
	}
	if s.eventID == "" {
		return prefixed("conv:", conversationID(ce.data)), true
	}
	parts := scalars(gjson.GetBytes(ce.data, strings.TrimPrefix(s.eventID, rootMark))) // several for "[event,payload.uri]"
	return prefixed("id:", strings.Join(parts, " ")), true
}

// sentID is the id that the sender gives its delivery.
func (s *source) sentID(h http.Header) string {
	if s.standard {
		for _, name := range []string{"Webhook-Id", "Svix-Id"} {
			if id := h.Get(name); id != "" {
				return "msg:" + id
			}
		}
	}
	key := strings.TrimSpace(h.Get("Idempotency-Key"))
	if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' { // a structured field's string; many send it bare
		key = key[1 : len(key)-1]
	}
	return prefixed("key:", key)
}

func prefixed(prefix, id string) string {
	if id == "" {
		return ""
	}
	return prefix + id
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var pingShape = regexp.MustCompile(`^webhook_id=[0-9]{1,20}$`)

// isPing reports whether this is what WooCommerce posts, unsigned, when a webhook is saved; it must get 200. It carries nothing.
func (s *source) isPing(r *http.Request, body []byte) bool {
	return s.woocommerce && r.Header.Get("X-WC-Webhook-Signature") == "" && pingShape.Match(body)
}
