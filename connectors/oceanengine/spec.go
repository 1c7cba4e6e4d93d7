package oceanengine

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setAPI           = "api"
	setAdvertisers   = "advertiser_ids"
	setAppID         = "app_id"
	setAppSecret     = "app_secret"
	setAccessToken   = "access_token"
	setRefreshToken  = "refresh_token"
	setSignatureKey  = "signature_key"
	setPushSecrets   = "push_secrets"
	setSettle        = "settle_minutes"
	setURL           = "api_url"
	setFeiyuURL      = "feiyu_url"
	setExpiredCodes  = "expired_codes"
	setLimitedCodes  = "limited_codes"
	apiOpen, apiNone = "openapi", "none"
	apiFeiyu         = "feiyu"
)

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "oceanengine",
		Title:   connectors.Text{EN: "OceanEngine and Feiyu", ZH: "巨量引擎 / 飞鱼"},
		Description: connectors.Text{
			EN: "Leads of ads on Douyin, Toutiao and others, asked for at OceanEngine or the older Feiyu CRM; pushes of OceanEngine's subscriptions.",
			ZH: "抖音、今日头条等广告的线索：从巨量引擎开放平台或旧版飞鱼 CRM 拉取；也接收巨量引擎的订阅推送。"},
		Docs: "https://open.oceanengine.com/labels/7/docs/1696710631271436",
		Push: true, Poll: true,
		Settings: append(accountSettings(), []connectors.Field{
			{Name: setSettle, Type: connectors.TypeInt, Default: 0, Help: connectors.Text{
				EN: "Minutes a lead is left alone before it is read. Some attribution (app_name, convert_status) comes about 10 minutes after the lead; a lead is read once.",
				ZH: "线索产生后等待多少分钟再读取。部分归因字段（app_name、convert_status）约 10 分钟后才有；每条线索只读取一次。"}},
			{Name: setURL, Default: "https://api.oceanengine.com", Help: connectors.Text{
				EN: "Address of the open platform (advanced).", ZH: "开放平台接口地址（高级）。"}},
			{Name: setFeiyuURL, Default: "https://feiyu.oceanengine.com", Help: connectors.Text{
				EN: "Address of Feiyu (advanced).", ZH: "飞鱼接口地址（高级）。"}},
			{Name: setExpiredCodes, Type: connectors.TypeList, Default: []string{"40102", "40104", "40105"}, Help: connectors.Text{
				EN: "Codes that say that the access token is no longer taken (advanced).", ZH: "表示 access_token 失效的错误码（高级）。"}},
			{Name: setLimitedCodes, Type: connectors.TypeList, Default: []string{"40100", "40110"}, Help: connectors.Text{
				EN: "Codes that say that it was asked too often (advanced).", ZH: "表示请求过于频繁的错误码（高级）。"}},
		}...),
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{
			EN: "asked for with an access token (Feiyu: and HMAC-SHA256); push: HMAC-SHA256 over the body",
			ZH: "凭 access_token 拉取（飞鱼另加 HMAC-SHA256 签名）；推送：对请求体的 HMAC-SHA256 签名"},
		Delivery: connectors.Text{
			EN: "asked every minute, the last 15 minutes again", ZH: "每分钟拉取，并重叠最近 15 分钟"},
		Dedup:  connectors.Text{EN: "`clue_id`; of other pushes `message_id`", ZH: "`clue_id`；其他推送为 `message_id`"},
		Sure:   connectors.SurePartly,
		Tested: []string{connectors.TestedCases, connectors.TestedFake},
	}
}

func accountSettings() []connectors.Field {
	return []connectors.Field{
		{Name: setAPI, Default: apiOpen, OneOf: []string{apiOpen, apiFeiyu, apiNone}, Help: connectors.Text{
			EN: "What is asked for leads: the open platform, the older Feiyu CRM, or nothing (push only).",
			ZH: "从哪里拉取线索：巨量引擎开放平台、旧版飞鱼 CRM，或不拉取（仅推送）。"}},
		{Name: setAdvertisers, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Ids of the advertisers (openapi).", ZH: "广告主 ID（openapi）。"}},
		{Name: setAppID, Help: connectors.Text{
			EN: "App id (openapi).", ZH: "应用 App ID（openapi）。"}},
		{Name: setAppSecret, Secret: true, Help: connectors.Text{
			EN: "Secret of the app, to renew the access token (openapi).", ZH: "应用 Secret，用于刷新 access_token（openapi）。"}},
		{Name: setRefreshToken, Secret: true, Help: connectors.Text{
			EN: "Refresh token of the authorisation; the hub renews and keeps it from then on. Enter a new one after 30 days of standstill (openapi).",
			ZH: "授权得到的 refresh_token，此后由系统自动刷新并保存；停用超过 30 天后需重新填写（openapi）。"}},
		{Name: setAccessToken, Secret: true, Help: connectors.Text{
			EN: "Access token to begin with (openapi, may be empty), or the Token of Feiyu (feiyu).",
			ZH: "初始 access_token（openapi，可留空），或飞鱼的 Token（feiyu）。"}},
		{Name: setSignatureKey, Secret: true, Help: connectors.Text{
			EN: "Key of the signature (feiyu).", ZH: "飞鱼加密秘钥（feiyu）。"}},
		{Name: setPushSecrets, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Secrets of the subscription push (SPI); all are valid. Empty: no pushes are taken.",
			ZH: "订阅推送（SPI）的密钥，可同时有效多个；留空则不接收推送。"}},
	}
}
