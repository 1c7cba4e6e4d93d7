// Package douyin receives the webhooks of the Douyin open platform 抖音开放平台: direct messages, cards in which a customer left a phone, people
// who open a conversation from an ad, and orders of local life.
//
// Facts: developer.open-douyin.com, pages "Webhooks 概述" (signature, handshake, retries), "接收私信消息事件", "接收用户进入私信会话页事件" and
// "订单消息通知" of 生活服务.
package douyin

import (
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel douyin.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "douyin",
		Title:   connectors.Text{EN: "Douyin open platform", ZH: "抖音开放平台"},
		Description: connectors.Text{
			EN: "Direct messages to a Douyin account, cards in which a customer leaves a phone, conversations opened from ads, orders of local life.",
			ZH: "抖音号收到的私信、留资卡片、从广告进入的会话，以及生活服务订单。"},
		Docs: "https://developer.open-douyin.com/docs/resource/zh-CN/dop/develop/webhooks/summarize",
		Push: true,
		Settings: []connectors.Field{{
			Name: setSecrets, Type: connectors.TypeList, Required: true, Secret: true, Help: connectors.Text{
				EN: "Client Secret of the app; several are all valid, for rotation.",
				ZH: "应用的 Client Secret；可同时有效多个，便于轮换。"},
		}},
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityOpenID, Unique: true}, {Kind: lead.IdentityBuyer}, {Kind: lead.IdentityMobile}},
		Authenticity: connectors.Text{
			EN: "SHA-1 over the client secret and the body", ZH: "对 Client Secret 加请求体的 SHA-1 签名"},
		Delivery: connectors.Text{
			EN: "at least once in no order, 3 retries; a hub that is away for long is unsubscribed",
			ZH: "至少一次、无序，重试 3 次；长时间无响应会被取消订阅"},
		Dedup:  connectors.Text{EN: "event and `Msg-Id`", ZH: "事件名与 `Msg-Id`"},
		Sure:   connectors.SurePartly,
		Tested: []string{connectors.TestedCases},
	}
}

const setSecrets = "client_secrets"

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	verifier, err := connectors.Signature{
		Algorithm: "sha1", Encoding: connectors.EncodingHex, At: "header:" + headerSignature, Signed: "{secret}{body}",
	}.Open(set.List(setSecrets), set.Now)
	if err != nil {
		return nil, err
	}
	return &source{verifier: verifier, mapper: connectors.NewMapper(set)}, nil
}

const (
	headerSignature = "X-Douyin-Signature"
	headerMessage   = "Msg-Id"
	eventHandshake  = "verify_webhook"
)

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
}

// Receive takes an event, or answers the handshake that Douyin makes when the address is saved. A handshake without a signature is
// answered as well: what comes back is the number that was sent, and nothing is stored.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	doc, docErr := connectors.Document(body)
	handshake := docErr == nil && connectors.FirstScalar(doc, "event") == eventHandshake
	if err := s.verifier.Verify(r, body); err != nil && !(handshake && r.Header.Get(headerSignature) == "") {
		return connectors.Delivery{}, err
	}
	if handshake {
		return connectors.EchoJSON([]byte(content(doc).Get("challenge").Raw))
	}
	event := connectors.Event{ID: eventID(r.Header.Get(headerMessage), doc, body), Body: body, ContentType: r.Header.Get("Content-Type")}
	return connectors.Delivery{Events: []connectors.Event{event}, Reply: connectors.TextReply("success")}, nil
}

// eventID is the kind of the event and Msg-Id; without the header what else stays the same when it is sent again (log_id does not).
func eventID(id string, doc gjson.Result, body []byte) string {
	if id == "" {
		id = connectors.FirstScalar(doc, "msg_id")
	}
	if id == "" {
		id = connectors.FirstScalar(content(doc), "server_message_id")
	}
	if id == "" {
		return connectors.BodyID(body)
	}
	return connectors.EventID(connectors.FirstScalar(doc, "event"), id)
}

// content is an object, or the text of one: Douyin sends both.
func content(doc gjson.Result) gjson.Result { return connectors.Inner(doc.Get("content")) }
