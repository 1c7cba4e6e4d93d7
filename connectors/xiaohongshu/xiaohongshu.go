// Package xiaohongshu receives the leads of 小红书聚光 (Xiaohongshu ads): answers to forms on landing pages.
//
// Facts: three public receivers that verify and read the push alike; the vendor's page was not read. Two others sign otherwise,
// which is why the algorithm is a setting.
package xiaohongshu

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel xiaohongshu.
type Connector struct{}

// Names of the settings.
const (
	setTokens    = "tokens"
	setAlgorithm = "algorithm"
)

// signatures are what algorithm may be.
var signatures = map[string]connectors.Signature{
	"hmac-sha1":   {Algorithm: "hmac-sha1", Prefix: "sha1=", Signed: "{body}"},
	"hmac-sha256": {Algorithm: "hmac-sha256", Prefix: "sha256=", Signed: "{body}"},
	"sha1":        {Algorithm: "sha1", Prefix: "sha1=", Signed: "{secret}{body}"},
}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "xiaohongshu",
		Title:   connectors.Text{EN: "Xiaohongshu leads", ZH: "小红书聚光线索"},
		Description: connectors.Text{
			EN: "Answers to the forms of ads on Xiaohongshu, pushed as they come.", ZH: "小红书聚光广告的表单线索，实时推送。"},
		Docs: "https://ad.xiaohongshu.com/",
		Push: true,
		Settings: []connectors.Field{
			{Name: setTokens, Type: connectors.TypeList, Required: true, Secret: true, Help: connectors.Text{
				EN: "Token of the push; several are all valid, for rotation.", ZH: "推送 Token；可同时有效多个，便于轮换。"}},
			{Name: setAlgorithm, Default: "hmac-sha1", OneOf: []string{"hmac-sha1", "hmac-sha256", "sha1"}, Help: connectors.Text{
				EN: "How X-Red-Signature is made, if it is not the usual way (advanced); sha1 is that of token and body.",
				ZH: "X-Red-Signature 的算法，仅在与常规不同时修改（高级）；sha1 为对 Token 加请求体的哈希。"}},
		},
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{
			EN: "HMAC-SHA1 over the body", ZH: "对请求体的 HMAC-SHA1 签名"},
		Delivery: connectors.Text{
			EN: "3 retries, 30 seconds apart", ZH: "每 30 秒重试，共 3 次"},
		Dedup:  connectors.Text{EN: "`leads_id`", ZH: "`leads_id`"},
		Sure:   connectors.SurePartly,
		Tested: []string{connectors.TestedCases},
	}
}

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	signature := signatures[set.String(setAlgorithm)]
	signature.Encoding, signature.At, signature.PrefixOptional = connectors.EncodingHex, "header:X-Red-Signature", true
	verifier, err := signature.Open(set.List(setTokens), set.Now)
	if err != nil {
		return nil, err
	}
	return &source{verifier: verifier, mapper: connectors.NewMapper(set)}, nil
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
}

// Receive takes one lead; 200 is what the vendor waits for.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if err := s.verifier.Verify(r, body); err != nil {
		return connectors.Delivery{}, err
	}
	event := connectors.Event{ID: connectors.BodyID(body), Body: body, ContentType: r.Header.Get("Content-Type")}
	if doc, err := connectors.Document(body); err == nil {
		if id := connectors.FirstScalar(doc.Get("data"), "leads_id"); id != "" {
			event.ID = connectors.EventID(id)
		}
	}
	return connectors.Delivery{Events: []connectors.Event{event}, Reply: connectors.TextReply("success")}, nil
}

// known are members of a lead and the fields they are.
var known = map[string]string{"campaign_name": lead.FieldUTMCampaign, "campaign_id": lead.FieldUTMID, "creative_id": lead.FieldUTMContent,
	"keyword": lead.FieldUTMTerm, "url": lead.FieldPage}

// Parse reads the draft out of a lead: the answers by their labels, and where they came from.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	doc, err := connectors.Document(raw.Body)
	if err != nil {
		return nil, err
	}
	data := doc.Get("data")
	answers := data.Get("data")
	if !answers.IsArray() {
		return nil, lead.Invalid("bad_lead", "this is not a lead of a form: its list of labels and values is missing", "look at what arrived; other kinds of pushes of this vendor are not known")
	}
	pairs, ok := connectors.Answers(answers)
	if !ok {
		return nil, lead.Invalid("too_many_fields", "the lead has more than 1000 values", "look at what arrived")
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	var d lead.Draft
	for _, p := range pairs {
		if connectors.Masked(p.Value) { // to be seen, never to be dialled
			p.Name += "_masked"
			s.mapper.Keep(&d, p)
		} else {
			s.mapper.Add(&d, p)
		}
	}
	s.origin(&d, data)
	if d.EventTime == "" {
		d.EventTime = connectors.ChinaTime(connectors.FirstScalar(data, "submitted_time"))
	}
	if d.EventTime == "" {
		d.EventTime = connectors.FirstScalar(doc, "timestamp")
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// origin is which ad the lead came from.
func (s *source) origin(d *lead.Draft, data gjson.Result) {
	count := 0
	data.ForEach(func(key, value gjson.Result) bool {
		name := strings.TrimSpace(strings.ToValidUTF8(key.String(), "�"))
		p := connectors.Pair{Name: name, Value: connectors.ScalarOf(value)}
		field, isKnown := known[name]
		switch {
		case p.Value == "" || name == "":
		case isKnown && !s.mapper.Mapped(name):
			d.Add(field, p.Value)
		default:
			s.mapper.Keep(d, p)
		}
		count++
		return count < maxMembers
	})
}

// maxMembers bounds what is read beside the answers.
const maxMembers = 200
