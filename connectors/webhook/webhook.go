// Package webhook receives what any system can post: JSON or form data, Standard Webhooks, CloudEvents, with a mapping by
// paths into the payload. Conversations of customer-service platforms and marketplaces arrive in one shape of their own.
package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel webhook.
type Connector struct{}

// source is one configured sender.
type source struct {
	mapper      *connectors.Mapper
	paths       []mapping
	verifier    verifier // nil: unsigned
	signed      bool
	standard    bool
	woocommerce bool
	drop        []string // names in the payload that are never kept: the secret itself
	secrets     []string

	conversation       bool
	scopeByShop        bool
	onlyMapped         bool
	payload            string
	events, leads      string
	eventID, eventTime string
	reply              connectors.Reply
}

type verifier interface {
	Verify(r *http.Request, body []byte) error
}

// mapping is one entry of the source's mapping, whose name is a path.
type mapping struct{ path, field string }

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{
		mapper:       connectors.NewMapper(set),
		conversation: set.String(setShape) == shapeConversation,
		scopeByShop:  set.String(setBuyerScope) == scopeShop,
		onlyMapped:   set.Bool(setOnlyMapped),
		payload:      set.String(setPayload),
		events:       set.String(setEvents),
		leads:        set.String(setLeads),
		eventID:      set.String(setEventID),
		eventTime:    set.String(setEventTime),
		secrets:      set.List(setSecrets),
	}
	for path, field := range set.Mapping {
		s.paths = append(s.paths, mapping{path, strings.TrimSpace(field)})
	}
	slices.SortFunc(s.paths, func(a, b mapping) int { return strings.Compare(a.path, b.path) }) // the same draft every time
	if reply := set.String(setReply); reply != "" {
		s.reply = connectors.TextReply(reply)
		if gjson.Valid(reply) && strings.ContainsAny(reply[:1], "{[\"") {
			s.reply.Header.Set("Content-Type", "application/json; charset=utf-8")
		}
	}
	if err := s.openSignature(set); err != nil {
		return nil, err
	}
	return s, nil
}

// presets are the signatures of systems that have no connector of their own, as their vendors describe them.
var presets = map[string]connectors.Signature{
	// developer.calendly.com "webhook signatures"
	"calendly": {Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex, At: "header:Calendly-Webhook-Signature", Separator: ",", Prefix: "v1=",
		Signed: "{timestamp}.{body}", Timestamp: "list:t", Tolerance: 3 * time.Minute},
	// github.com/crisp-im/node-crisp-api; the vendor names no tolerance
	"crisp": {Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex, At: "header:X-Crisp-Signature",
		Signed: "[{timestamp};{body}]", Timestamp: "header:X-Crisp-Request-Timestamp", TimeFormat: connectors.TimeUnixMilli, Tolerance: connectors.AnyTime},
	// developers.intercom.com "webhook notifications"
	"intercom": {Algorithm: "hmac-sha1", Encoding: connectors.EncodingHex, At: "header:X-Hub-Signature", Prefix: "sha1=", Signed: "{body}"},
	// hc.jiandaoyun.com/open/11507
	"jiandaoyun": {Algorithm: "sha1", Encoding: connectors.EncodingHex, At: "header:X-JDY-Signature", Signed: "{query:nonce}:{body}:{secret}:{timestamp}",
		Timestamp: "query:timestamp", Tolerance: connectors.AnyTime},
	// tally.so "webhooks"
	"tally": {Algorithm: "hmac-sha256", Encoding: connectors.EncodingBase64, At: "header:Tally-Signature", Signed: "{body}"},
	// developer.tawk.to/webhooks
	"tawk": {Algorithm: "hmac-sha1", Encoding: connectors.EncodingHex, At: "header:X-Tawk-Signature", Signed: "{body}"},
	// developers.webflow.com "webhooks"
	"webflow": {Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex, At: "header:X-Webflow-Signature", Signed: "{timestamp}:{body}",
		Timestamp: "header:X-Webflow-Timestamp", TimeFormat: connectors.TimeUnixMilli, Tolerance: 5 * time.Minute},
	// github.com/woocommerce/woocommerce class-wc-webhook.php
	"woocommerce": {Algorithm: "hmac-sha256", Encoding: connectors.EncodingBase64, At: "header:X-WC-Webhook-Signature", Signed: "{body}"},
}

// openSignature makes the verifier that the settings ask for.
func (s *source) openSignature(set connectors.Settings) error {
	how := set.String(setSignature)
	if how == signNone {
		if len(s.secrets) > 0 {
			return badSetting(setSecrets, "has no effect while signature is none; say how the posts are signed")
		}
		return nil
	}
	s.signed = true
	var ways []connectors.Signature
	switch how {
	case signStandard:
		s.standard = true
		ways = []connectors.Signature{connectors.StandardWebhooks, connectors.Svix}
	case signBearer:
		ways = []connectors.Signature{connectors.Bearer}
	case signBasic:
		ways = []connectors.Signature{connectors.BasicAuth}
	case signToken:
		ways = []connectors.Signature{{Algorithm: connectors.PlainToken, At: set.String(setSignatureAt), Prefix: set.String(setSignaturePrefix)}}
	case signCustom:
		ways = []connectors.Signature{custom(set)}
	default:
		s.woocommerce = how == "woocommerce"
		ways = []connectors.Signature{presets[how]}
	}
	var vs connectors.Verifiers
	for _, way := range ways {
		v, err := way.Open(s.secrets, set.Now)
		if err != nil {
			return err
		}
		vs = append(vs, v)
		for _, place := range []string{way.At, way.Timestamp} {
			if name, ok := strings.CutPrefix(place, "body:"); ok {
				s.drop = append(s.drop, name)
			}
		}
	}
	s.verifier = vs
	return nil
}

func custom(set connectors.Settings) connectors.Signature {
	tolerance := time.Duration(set.Int(setTolerance)) * time.Second
	if tolerance <= 0 {
		tolerance = connectors.AnyTime
	}
	signed := set.String(setSigned)
	return connectors.Signature{
		Algorithm: set.String(setAlgorithm), Encoding: set.String(setEncoding), At: set.String(setSignatureAt),
		Prefix: set.String(setSignaturePrefix), Separator: set.String(setSeparator),
		Signed: signed, Sorted: set.Bool(setSorted), BodyUnsigned: !strings.Contains(signed, "{body}"),
		PublicURL: set.String(setPublicURL), Timestamp: set.String(setTimestampAt), TimeFormat: timeFormats[set.String(setTimeFormat)],
		Tolerance: tolerance, Base64Secret: set.Bool(setBase64Key),
	}
}

func badSetting(name, format string, args ...any) error {
	e := lead.Invalid("bad_settings", name+" "+fmt.Sprintf(format, args...), "correct the settings of the source")
	e.Fields = []string{name}
	return e
}
