// Package doudian receives the messages of a Douyin shop 抖店: orders that were made, paid and addressed.
//
// Facts: the signature, the envelope and the shapes of messages as github.com/zsmhub/doudian-sdk (message/), minibear2021/doudian and
// fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance have them from op.jinritemai.com/docs/message-docs.
package doudian

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel doudian.
type Connector struct{}

// Names of the settings.
const (
	setKey     = "app_key"
	setSecrets = "app_secrets"
	setTags    = "lead_tags"
)

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "doudian",
		Title:   connectors.Text{EN: "Douyin shop (Doudian)", ZH: "抖店"},
		Description: connectors.Text{
			EN: "Orders of a Douyin shop, as its open platform pushes them.", ZH: "抖店开放平台推送的订单消息。"},
		Docs: "https://op.jinritemai.com/docs/message-docs/30/109",
		Push: true,
		Settings: []connectors.Field{
			{Name: setKey, Required: true, Help: connectors.Text{
				EN: "App Key of the app, which is a part of what is signed.", ZH: "应用的 App Key，参与签名。"}},
			{Name: setSecrets, Type: connectors.TypeList, Required: true, Secret: true, Help: connectors.Text{
				EN: "App Secret; several are all valid, for rotation.", ZH: "应用的 App Secret；可同时有效多个，便于轮换。"}},
			{Name: setTags, Type: connectors.TypeList, Default: []string{"100", "101", "105", "110"}, Help: connectors.Text{
				EN: "Tags of the messages that become leads: 100 order made, 101 paid, 105 address changed, 110 paid and pending.",
				ZH: "成为线索的消息标签：100 订单创建、101 支付、105 收货信息变更、110 已支付待处理。"}},
		},
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityBuyer}, {Kind: lead.IdentityMobile}},
		Authenticity: connectors.Text{
			EN: "MD5 over app key, body and app secret", ZH: "对 App Key、请求体与 App Secret 的 MD5 签名"},
		Delivery: connectors.Text{
			EN: "at least once; repeated until it is answered with success", ZH: "至少一次；未返回 success 会重推"},
		Dedup:  connectors.Text{EN: "`tag` and `msg_id` of each message", ZH: "每条消息的 `tag` 与 `msg_id`"},
		Sure:   connectors.SurePartly,
		Tested: []string{connectors.TestedCases},
	}
}

var keyShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	if !keyShape.MatchString(set.String(setKey)) {
		return nil, lead.Invalid("bad_settings", "app_key has letters and digits only", "copy the App Key out of the shop's open platform")
	}
	verifier, err := connectors.Signature{
		Algorithm: "md5", Encoding: connectors.EncodingHex, At: "header:event-sign", Signed: set.String(setKey) + "{body}{secret}",
	}.Open(set.List(setSecrets), set.Now)
	if err != nil {
		return nil, err
	}
	return &source{verifier: verifier, mapper: connectors.NewMapper(set), tags: set.List(setTags)}, nil
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
	tags     []string
}

// maxMessages bounds the messages of one post that are cut apart.
const maxMessages = 1000

// Receive takes a list of messages, and stores each by itself. Anything but success is pushed again.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if err := s.verifier.Verify(r, body); err != nil {
		return connectors.Delivery{}, err
	}
	contentType := r.Header.Get("Content-Type")
	d := connectors.Delivery{Reply: connectors.JSONReply(map[string]any{"code": 0, "msg": "success"})}
	doc, err := connectors.Document(body)
	list := messages(doc)
	if err != nil || len(list) > maxMessages {
		d.Events = []connectors.Event{{ID: connectors.BodyID(body), Body: body, ContentType: contentType}}
		return d, nil
	}
	for _, m := range list {
		event := connectors.Event{ID: connectors.BodyID([]byte(m.Raw)), Body: []byte(m.Raw), ContentType: contentType}
		if id := connectors.FirstScalar(m, "msg_id"); id != "" {
			event.ID = connectors.EventID(connectors.FirstScalar(m, "tag"), id)
		}
		d.Events = append(d.Events, event)
	}
	return d, nil
}

// messages are the entries of a list, or the one that came without.
func messages(doc gjson.Result) []gjson.Result {
	if !doc.IsArray() {
		return []gjson.Result{doc}
	}
	return doc.Array()
}

// Parse reads the draft out of a message; a list, as one that is only tried out, gives those of all.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	doc, err := connectors.Document(raw.Body)
	if err != nil {
		return nil, err
	}
	var drafts []lead.Draft
	for _, m := range messages(doc) {
		tag := connectors.FirstScalar(m, "tag")
		if tag == "" {
			return nil, lead.Invalid("bad_message", "this is not a message of a Douyin shop: tag is missing", "look at what arrived; ask the vendor what changed, then replay this one")
		}
		if !slices.Contains(s.tags, tag) {
			continue
		}
		if len(drafts) == maxMessages {
			return nil, lead.Invalid("too_many_leads", "the post holds more than 1000 orders", "ask the vendor why; nothing of it was read")
		}
		d, err := s.order(tag, connectors.Inner(m.Get("data")))
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}
