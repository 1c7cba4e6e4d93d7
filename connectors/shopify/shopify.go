// Package shopify receives the customers, orders and abandoned checkouts of Shopify shops.
package shopify

import (
	"encoding/json"
	"net/http"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel shopify.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "shopify",
		Title:       connectors.Text{EN: "Shopify", ZH: "Shopify 店铺"},
		Description: connectors.Text{EN: "New customers, orders and checkouts of Shopify shops.", ZH: "Shopify 店铺的新客户、订单与结账。"},
		Docs:        "https://shopify.dev/docs/apps/build/webhooks",
		Push:        true,
		Settings: []connectors.Field{{
			Name: "secrets", Type: connectors.TypeList, Required: true, Secret: true,
			Help: connectors.Text{EN: "Client secret of the app, or the secret that the shop's admin shows under its webhooks; all are valid, for several of them and while one is changed.",
				ZH: "应用的 Client secret，或店铺后台 webhook 页面显示的密钥；可同时有效多个，用于多个来源及更换密钥。"},
		}},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}, {Kind: lead.IdentityBuyer, Unique: true}},
		Authenticity: connectors.Text{EN: "HMAC-SHA256 over the body; topic and ids stand in unsigned headers", ZH: "对请求体的 HMAC-SHA256 签名；主题与编号在未签名的请求头中"},
		Delivery:     connectors.Text{EN: "at least once, 8 retries over 4 hours", ZH: "至少一次，4 小时内重试 8 次"},
		Dedup:        connectors.Text{EN: "topic and `X-Shopify-Event-Id`, else `X-Shopify-Webhook-Id`", ZH: "主题与 `X-Shopify-Event-Id`，否则 `X-Shopify-Webhook-Id`"},
		Sure:         connectors.SureVerified,
		Tested:       []string{connectors.TestedCases},
	}
}

// names begin the headers: "X-Shopify-Topic", and newer ones are "Shopify-Topic".
var names = []string{"X-Shopify-", "Shopify-"}

// Open makes a source of its settings. It never touches the network.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{mapper: connectors.NewMapper(set)}
	for _, prefix := range names {
		// shopify.dev/docs/apps/build/webhooks/subscribe/https
		v, err := connectors.Signature{Algorithm: "hmac-sha256", Encoding: connectors.EncodingBase64,
			At: "header:" + prefix + "Hmac-Sha256", Signed: "{body}"}.Open(set.List("secrets"), set.Now)
		if err != nil {
			return nil, err
		}
		s.verifier = append(s.verifier, v)
	}
	return s, nil
}

type source struct {
	verifier connectors.Verifiers
	mapper   *connectors.Mapper
}

// Headers that Parse reads, as they are kept.
const (
	headerTopic = "X-Shopify-Topic"
	headerShop  = "X-Shopify-Shop-Domain"
	headerTest  = "X-Shopify-Test" // "true" when the shop's admin sent it to try the address out
)

var errEmpty = lead.Invalid("empty_body", "the post carries nothing", "send the webhook again")

// Receive verifies the bytes and hands them over with the headers that say what they are.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if len(body) == 0 { // its signature is the same for everybody's empty body
		return connectors.Delivery{}, errEmpty
	}
	e := connectors.Event{Body: body, ContentType: "application/json", Header: map[string]string{}}
	for _, name := range []string{headerTopic, headerShop, headerTest} {
		if value := header(r, name); value != "" {
			e.Header[name] = value
		}
	}
	e.ID = eventID(r, body)
	return connectors.Delivery{Events: []connectors.Event{e}, Reply: connectors.Reply{Status: http.StatusOK}}, nil
}

// header reads a header under either of its names.
func header(r *http.Request, name string) string {
	if value := r.Header.Get(name); value != "" {
		return value
	}
	return r.Header.Get(name[len("X-"):])
}

// eventID holds the topic, for one action of a customer may be an event of several. Without an id of its own, the thing that was made
// is the event.
func eventID(r *http.Request, body []byte) string {
	topic := header(r, headerTopic)
	if id := header(r, "X-Shopify-Event-Id"); id != "" {
		return topic + ":" + id
	}
	if id := header(r, "X-Shopify-Webhook-Id"); id != "" {
		return topic + ":webhook:" + id
	}
	var made struct {
		ID connectors.Scalar `json:"id"`
	}
	_ = json.Unmarshal(body, &made) // only for the id: what cannot be read is stored all the same, and rejected by Parse
	if made.ID == "" || !created[topic] {
		return ""
	}
	return topic + ":id:" + string(made.ID)
}

// created are the topics whose event is there once for each thing.
var created = map[string]bool{"customers/create": true, "orders/create": true, "checkouts/create": true}
