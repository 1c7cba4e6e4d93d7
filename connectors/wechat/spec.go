package wechat

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setKind         = "kind"
	setAppID        = "app_id"
	setMode         = "mode"
	setTokens       = "tokens"
	setAESKeys      = "aes_keys"
	setAppSecret    = "app_secret"
	setOpenPlatform = "open_platform"
	setEvents       = "events"
	setRegistration = "registration_secrets"
	setTolerance    = "tolerance_seconds"
	setComponent    = "component_app_id"
	setTokenAPI     = "token_api"
	setAPIURL       = "api_url"
)

// Values of settings.
const (
	kindOfficial = "official_account"
	kindMini     = "mini_program"

	modePlain      = "plain"
	modeCompatible = "compatible"
	modeSafe       = "safe"

	tokenStable = "stable_token"
	tokenPlain  = "token"
)

// leadEvents are the events in which a person does something; the others are the account's own, or say that somebody is gone.
var leadEvents = []string{"subscribe", "SCAN", "CLICK", "VIEW", "view_miniprogram", "scancode_push", "scancode_waitmsg", "location_select",
	"user_get_card", "submit_membercard_user_info", "user_enter_tempsession"}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "wechat",
		Title:   connectors.Text{EN: "WeChat", ZH: "微信公众号 / 小程序"},
		Description: connectors.Text{
			EN: "Followers, scans, menu clicks and messages of an official account; customer messages of a mini-program, and registrations with the phone that WeChat gives.",
			ZH: "公众号的关注、扫码、菜单点击与消息；小程序的客服消息，以及由平台换取微信手机号的注册。"},
		Docs: "https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html",
		Push: true,
		Authenticity: connectors.Text{
			EN: "safe mode: SHA-1 signature over the encrypted message, AES-256; plain mode: a signature that leaves the message out; registrations: HMAC-SHA256 of your server",
			ZH: "安全模式：对密文的 SHA-1 签名与 AES-256 加密；明文模式：签名不含消息内容；注册：由您的服务器做 HMAC-SHA256 签名"},
		Delivery: connectors.Text{EN: "three tries, each within 5 seconds; what fails then is not sent again", ZH: "每次限 5 秒，共尝试三次，之后不再重发"},
		Dedup: connectors.Text{
			EN: "`MsgId`; of events `FromUserName`, `CreateTime`, `Event`; of registrations the phone code or `id`",
			ZH: "消息用 `MsgId`；事件用 `FromUserName`、`CreateTime`、`Event`；注册用手机号 code 或 `id`"},
		Sure:       connectors.SureVerified,
		Tested:     []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake},
		Settings:   append(doorSettings(), otherSettings()...),
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityOpenID, Unique: true}, {Kind: lead.IdentityUnionID, Unique: true}, {Kind: lead.IdentityMobile}},
	}
}

func doorSettings() []connectors.Field {
	return []connectors.Field{
		{Name: setKind, Default: kindOfficial, OneOf: []string{kindOfficial, kindMini}, Help: connectors.Text{
			EN: "What the app id belongs to.", ZH: "该 AppID 属于公众号还是小程序。"}},
		{Name: setAppID, Required: true, Help: connectors.Text{
			EN: "AppID of the account, like wx0123456789abcdef.", ZH: "账号的 AppID，形如 wx0123456789abcdef。"}},
		{Name: setMode, Default: modeSafe, OneOf: []string{modeSafe, modeCompatible, modePlain}, Help: connectors.Text{
			EN: "As chosen in WeChat's console. In plain mode whoever sees the address of one push can make others; compatible takes both while you change to safe.",
			ZH: "与微信后台选择的一致。明文模式下，看到一次推送地址的人即可伪造其他推送；兼容模式两种都接受，用于切换到安全模式的过程。"}},
		{Name: setTokens, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Token of the message push; the new and the old one while you change it.", ZH: "消息推送的 Token；更换期间可同时填写新旧两个。"}},
		{Name: setAESKeys, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "EncodingAESKey, 43 characters; the new and the old one while you change it (safe, compatible).",
			ZH: "EncodingAESKey，43 位；更换期间可同时填写新旧两个（安全、兼容模式）。"}},
		{Name: setRegistration, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Secrets with which your own server signs registrations of a mini-program; never put one into the mini-program itself.",
			ZH: "您的服务器为小程序注册请求签名所用的密钥；切勿写入小程序代码。"}},
		{Name: setTolerance, Type: connectors.TypeInt, Default: 0, Help: connectors.Text{
			EN: "Seconds that the signed time may be off, both ways; 0: it is not looked at. 300 is advised in plain mode.",
			ZH: "签名时间允许的前后偏差秒数；0 表示不检查。明文模式建议设为 300。"}},
		{Name: setComponent, Help: connectors.Text{
			EN: "AppID of the third-party platform that receives for this account; encrypted messages are then addressed to it.",
			ZH: "代收消息的第三方平台 AppID；此时密文以它为接收方。"}},
	}
}

func otherSettings() []connectors.Field {
	return []connectors.Field{
		{Name: setAppSecret, Secret: true, Help: connectors.Text{
			EN: "AppSecret: with it the hub asks for the profile (unionid) of a follower, and exchanges phone and login codes. This machine's address must be in the account's IP allow list.",
			ZH: "AppSecret：有它才能查询关注者资料（unionid）以及换取手机号与登录凭证。须将本机 IP 加入账号的 IP 白名单。"}},
		{Name: setOpenPlatform, Default: "main", Help: connectors.Text{
			EN: "A name for the WeChat open platform account that this account is bound to: the same in all sources that share it, for a unionid is one person within it.",
			ZH: "该账号所绑定的微信开放平台账号的名称：共用同一开放平台的来源填同一个，unionid 在其范围内代表同一个人。"}},
		{Name: setEvents, Type: connectors.TypeList, Default: leadEvents, Help: connectors.Text{
			EN: "Events that are a touch of a person. Messages always are; unsubscribe never is.", ZH: "视为触点的事件。消息总是触点；取消关注从不视为触点。"}},
		{Name: setTokenAPI, Default: tokenStable, OneOf: []string{tokenStable, tokenPlain}, Help: connectors.Text{
			EN: "How an access token is asked for. token takes the one away that another program has asked for.",
			ZH: "获取 access_token 的接口。token 会使其他程序此前获取的失效。"}},
		{Name: setAPIURL, Default: "https://api.weixin.qq.com", Help: connectors.Text{
			EN: "Address of WeChat's API (advanced).", ZH: "微信接口地址（高级）。"}},
	}
}
