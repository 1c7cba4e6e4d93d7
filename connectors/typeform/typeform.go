// Package typeform receives the responses of Typeform's forms by webhook, and asks for those that a webhook missed.
package typeform

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel typeform.
type Connector struct{}

const apiURL = "https://api.typeform.com"

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "typeform",
		Title:       connectors.Text{EN: "Typeform", ZH: "Typeform 表单"},
		Description: connectors.Text{EN: "Responses of Typeform's forms.", ZH: "Typeform 表单的答复。"},
		Docs:        "https://www.typeform.com/developers/webhooks/",
		Push:        true,
		Poll:        true,
		PollEvery:   5 * time.Minute,
		Settings: []connectors.Field{
			{Name: "secrets", Type: connectors.TypeList, Required: true, Secret: true,
				Help: connectors.Text{EN: "Secrets of the webhooks; all are valid, for several forms or to change one.", ZH: "webhook 的密钥；可同时有效多个，用于多个表单或更换密钥。"}},
			{Name: "access_token", Secret: true,
				Help: connectors.Text{EN: "Personal access token with the scopes responses:read and forms:read. With it the forms below are asked for responses that a webhook missed.",
					ZH: "个人访问令牌，需 responses:read 与 forms:read 权限。填写后会查询下列表单，补回 webhook 遗漏的答复。"}},
			{Name: "forms", Type: connectors.TypeList,
				Help: connectors.Text{EN: "Ids of the forms to ask, as in their address: …/to/u6nXL7.", ZH: "需查询的表单编号，见其网址：…/to/u6nXL7。"}},
			{Name: "api_url", Default: apiURL,
				Help: connectors.Text{EN: "Address of the API; accounts in the EU data centre have another.", ZH: "接口地址；欧盟数据中心的账号使用其他地址。"}},
		},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{EN: "HMAC-SHA256 over the body", ZH: "对请求体的 HMAC-SHA256 签名"},
		Delivery:     connectors.Text{EN: "at least once, tried again for 10 hours; with a token the list is asked as well", ZH: "至少一次，重试 10 小时；配置令牌后还会查询列表"},
		Dedup:        connectors.Text{EN: "`form_response.token`", ZH: "`form_response.token`"},
		Sure:         connectors.SureVerified,
		Tested:       []string{connectors.TestedCases, connectors.TestedFake},
	}
}

var formID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Open makes a source of its settings. It never touches the network.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	// typeform.com/developers/webhooks/secure-your-webhooks
	verifier, err := connectors.Signature{Algorithm: "hmac-sha256", Encoding: connectors.EncodingBase64,
		At: "header:Typeform-Signature", Prefix: "sha256=", Signed: "{body}"}.Open(set.List("secrets"), set.Now)
	if err != nil {
		return nil, err
	}
	s := &source{verifier: verifier, mapper: connectors.NewMapper(set)}
	token, forms := strings.TrimSpace(set.String("access_token")), set.List("forms")
	if (token == "") != (len(forms) == 0) {
		return nil, badSetting("access_token and forms go together", "forms")
	}
	if token == "" {
		return s, nil
	}
	for _, id := range forms {
		if !formID.MatchString(id) {
			return nil, badSetting("forms has an id that is none", "forms")
		}
	}
	return &asked{source: s, forms: forms, now: set.Now, api: &vendorapi.API{
		Vendor: "Typeform", Base: strings.TrimRight(set.String("api_url"), "/"), Client: set.Client, Secrets: []string{token},
		Codes: vendorapi.Codes{Field: "code", Message: "description"},
	}, auth: http.Header{"Authorization": {"Bearer " + token}}}, nil
}

func badSetting(what, field string) error {
	e := lead.Invalid("bad_settings", what, "correct the settings of the source")
	e.Fields = []string{field}
	return e
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
}

// Receive verifies the bytes and hands them over.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	var e struct {
		Type     connectors.Scalar `json:"event_type"`
		Response struct {
			Token connectors.Scalar `json:"token"`
		} `json:"form_response"`
	}
	_ = json.Unmarshal(body, &e) // only for the id: what cannot be read is stored all the same, and rejected by Parse
	id := string(e.Response.Token)
	if id != "" && e.Type != typeResponse { // a partial response must not stand in the way of the whole one, whose token it has
		id = string(e.Type) + ":" + id
	}
	return connectors.Delivery{Events: []connectors.Event{{ID: id, Body: body, ContentType: "application/json"}}}, nil
}
