package webhook

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Content types of CloudEvents 1.0 (github.com/cloudevents/spec, HTTP binding); binary mode has the type of its data.
const (
	typeStructured = "application/cloudevents+json"
	typeBatch      = "application/cloudevents-batch+json"
)

// attributes are what Parse needs of the context of a CloudEvent, in the order in which they are looked at.
var attributes = []string{"id", "source", "type", "time", "subject", "specversion"}

func kindOf(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}

// binaryHeaders are the headers of a CloudEvent in binary mode; nil for anything else.
func binaryHeaders(h http.Header) map[string]string {
	if h.Get("Ce-Specversion") == "" {
		return nil
	}
	out := map[string]string{}
	for _, a := range attributes {
		name := http.CanonicalHeaderKey("ce-" + a)
		if v := h.Get(name); v != "" {
			out[name] = unquote(v)
		}
	}
	return out
}

// unquote reads the value of a ce- header: perhaps quoted, and percent-encoded.
func unquote(v string) string {
	if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
		v = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(v[1 : len(v)-1])
	}
	if decoded, err := url.PathUnescape(v); err == nil {
		return strings.ToValidUTF8(decoded, "")
	}
	return v
}

// cloudEventID is source and id, which together are unique; "" for what is no CloudEvent.
func cloudEventID(e connectors.Event) string {
	if e.Header != nil {
		if e.Header["Ce-Id"] == "" {
			return ""
		}
		return e.Header["Ce-Source"] + " " + e.Header["Ce-Id"]
	}
	if kindOf(e.ContentType) != typeStructured || !gjson.ValidBytes(e.Body) {
		return ""
	}
	id := gjson.GetBytes(e.Body, "id").String()
	if id == "" {
		return ""
	}
	return gjson.GetBytes(e.Body, "source").String() + " " + id
}

// opened is a payload without the envelope it came in.
type opened struct {
	data []byte // valid JSON
	time string // of the CloudEvent
}

// openStructured takes the data out of a CloudEvent.
func (s *source) openStructured(body []byte) (opened, error) {
	event := gjson.ParseBytes(body)
	if !event.IsObject() || event.Get("specversion").String() == "" {
		return opened{}, unreadable("bad_cloudevent", "this is no CloudEvent: it has no specversion", "post CloudEvents 1.0, or use another content type")
	}
	out := opened{time: event.Get("time").String()}
	data := event.Get("data")
	if text := event.Get("data_base64"); text.Exists() {
		raw, err := base64.StdEncoding.DecodeString(text.String())
		if err != nil {
			return opened{}, unreadable("bad_cloudevent", "data_base64 of the CloudEvent is no base64", "correct what the sender makes")
		}
		doc, err := s.document(event.Get("datacontenttype").String(), raw)
		return opened{data: doc, time: out.time}, err
	}
	switch kind := kindOf(event.Get("datacontenttype").String()); {
	case !data.Exists():
		out.data = []byte("{}")
		return out, nil
	case data.Type == gjson.String && kind != "" && kind != "application/json": // text of another type
		doc, err := s.document(kind, []byte(data.String()))
		return opened{data: doc, time: out.time}, err
	}
	doc, err := s.document("application/json", []byte(data.Raw))
	return opened{data: doc, time: out.time}, err
}

// originShape is the DNS name that a sender of CloudEvents calls itself.
var originShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?$`)

// abuseProtection answers the handshake of the CloudEvents webhook specification: the sender asks with OPTIONS whether it may post
// here. The answer lets nobody in that the signature keeps out.
func abuseProtection(r *http.Request) (connectors.Delivery, error) {
	reply := connectors.Reply{Status: http.StatusNoContent, Header: http.Header{"Allow": {"POST, PUT, OPTIONS"}}}
	origin := r.Header.Get("WebHook-Request-Origin")
	if origin == "" {
		return connectors.Delivery{Reply: reply}, nil
	}
	if !originShape.MatchString(origin) {
		return connectors.Delivery{}, lead.Invalid("bad_handshake", "WebHook-Request-Origin is not a host name", "send the name of the sending system, like eventemitter.example.com")
	}
	reply.Status = http.StatusOK
	reply.Header.Set("WebHook-Allowed-Origin", origin)
	if r.Header.Get("WebHook-Request-Rate") != "" {
		reply.Header.Set("WebHook-Allowed-Rate", "*")
	}
	return connectors.Delivery{Reply: reply}, nil
}
