package jinshuju

import (
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setSecrets   = "secrets"
	setAllowed   = "allowed_addresses"
	setForms     = "forms"
	setKey       = "api_key"
	setKeySecret = "api_secret"
	setAPI       = "api_url"
)

// published are the addresses that Jinshuju says it pushes from.
var published = []string{"52.82.74.116", "52.82.89.22", "52.82.100.17"}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "jinshuju",
		Title:   connectors.Text{EN: "Jinshuju forms", ZH: "金数据"},
		Description: connectors.Text{
			EN: "Entries of forms made with Jinshuju, pushed as they come; those that a push missed are asked for.",
			ZH: "金数据表单的数据：实时推送，漏推的通过接口补取。"},
		Docs: "https://open.jinshuju.net/",
		Push: true, Poll: true, PollEvery: 5 * time.Minute,
		Settings: []connectors.Field{
			{Name: setSecrets, Type: connectors.TypeList, Required: true, Secret: true, Help: connectors.Text{
				EN: "Long random texts, one of which stands in the address that Jinshuju is given: /in/{source}/{secret}. All are valid.",
				ZH: "足够长的随机字符串，写在告知金数据的地址里：/in/{来源}/{密钥}。可同时有效多个。"}},
			{Name: setAllowed, Type: connectors.TypeList, Default: published, Help: connectors.Text{
				EN: "Network addresses that may push; those that Jinshuju publishes unless set. An empty list lets in every address that knows the secret.",
				ZH: "允许推送的网络地址，默认为金数据公布的地址。设为空列表则只校验密钥。"}},
			{Name: setForms, Type: connectors.TypeList, Help: connectors.Text{
				EN: "Tokens of the forms to ask for, like AbC123 of jinshuju.net/f/AbC123; with api_key and api_secret.",
				ZH: "需要补取的表单 Token，例如 jinshuju.net/f/AbC123 中的 AbC123；与 api_key、api_secret 一起填写。"}},
			{Name: setKey, Help: connectors.Text{
				EN: "API Key (business plans).", ZH: "API Key（企业版套餐）。"}},
			{Name: setKeySecret, Secret: true, Help: connectors.Text{
				EN: "API Secret.", ZH: "API Secret。"}},
			{Name: setAPI, Default: "https://jinshuju.net", Help: connectors.Text{
				EN: "Address of the API (advanced).", ZH: "接口地址（高级）。"}},
		},
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{
			EN: "a secret in the address and the vendor's network addresses; no signature",
			ZH: "地址中的密钥与厂商公布的来源地址，无签名"},
		Delivery: connectors.Text{
			EN: "retried; stops after 6 failures, then only the API has what is missing",
			ZH: "失败重试，连续 6 次失败后停止推送，之后只能经接口补取"},
		Dedup:  connectors.Text{EN: "`form`, `serial_number` and `updated_at`", ZH: "`form`、`serial_number` 与 `updated_at`"},
		Sure:   connectors.SureVerified,
		Tested: []string{connectors.TestedCases, connectors.TestedFake},
	}
}
