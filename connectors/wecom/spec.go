package wecom

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setReceive      = "receive"
	setCorpID       = "corp_id"
	setTokens       = "tokens"
	setAESKeys      = "aes_keys"
	setCorpSecret   = "corp_secret"
	setOpenKFIDs    = "open_kfids"
	setOpenPlatform = "open_platform"
	setChanges      = "changes"
	setTolerance    = "tolerance_seconds"
	setSuiteID      = "suite_id"
	setPollSeconds  = "poll_seconds"
	setAPIURL       = "api_url"
)

// Values of receive.
const (
	receiveCallback = "callback"
	receiveKF       = "kf"
)

// leadChanges are the ChangeTypes in which a customer comes, speaks, or is described better.
var leadChanges = []string{"add_external_contact", "add_half_external_contact", "edit_external_contact", "customer_start_chat"}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "wecom",
		Title:   connectors.Text{EN: "WeCom", ZH: "企业微信"},
		Description: connectors.Text{
			EN: "Customers whom colleagues gain in WeCom, by QR code or acquisition link, with name, remark and tags; and what customers write to WeChat customer service.",
			ZH: "员工在企业微信添加的客户（联系我、获客助手），含名称、备注与标签；以及客户发给微信客服的消息。"},
		Docs: "https://developer.work.weixin.qq.com/document/path/92130",
		Push: true, Poll: true,
		Authenticity: connectors.Text{
			EN: "callback: SHA-1 signature over the encrypted event, AES-256; customer service: asked for over TLS", ZH: "回调：对密文的 SHA-1 签名与 AES-256 加密；微信客服：经 TLS 主动拉取"},
		Delivery: connectors.Text{
			EN: "callback: three tries, each within 5 seconds; customer service: listed for three days", ZH: "回调：每次限 5 秒，共尝试三次；微信客服：可拉取最近三天"},
		Dedup: connectors.Text{
			EN: "callback: time, event, change, colleague and customer; customer service: `msgid`", ZH: "回调：时间、事件、变更类型、员工与客户；微信客服：`msgid`"},
		Sure:       connectors.SureVerified,
		Tested:     []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake},
		Settings:   settings(),
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityWecom, Unique: true}, {Kind: lead.IdentityUnionID, Unique: true}, {Kind: lead.IdentityMobile}},
	}
}

func settings() []connectors.Field {
	return []connectors.Field{
		{Name: setReceive, Default: receiveCallback, OneOf: []string{receiveCallback, receiveKF}, Help: connectors.Text{
			EN: "callback: events that WeCom pushes. kf: messages of WeChat customer service, which the hub asks for. Who uses both makes two sources.",
			ZH: "callback：企业微信推送的事件。kf：由平台主动拉取的微信客服消息。两者都用时请建两个来源。"}},
		{Name: setCorpID, Required: true, Help: connectors.Text{
			EN: "ID of the company (CorpID), like ww0123456789abcdef.", ZH: "企业 ID（CorpID），形如 ww0123456789abcdef。"}},
		{Name: setTokens, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Token of the callback; the new and the old one while you change it (callback).", ZH: "回调的 Token；更换期间可同时填写新旧两个（callback）。"}},
		{Name: setAESKeys, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "EncodingAESKey of the callback, 43 characters; the new and the old one while you change it (callback).",
			ZH: "回调的 EncodingAESKey，43 位；更换期间可同时填写新旧两个（callback）。"}},
		{Name: setCorpSecret, Secret: true, Help: connectors.Text{
			EN: "Secret of the app: with it the hub asks for the details of a customer (callback; without, a lead is an id alone), and for messages (kf, needed). The app must be among those that may call the API, and this machine among its trusted addresses.",
			ZH: "应用的 Secret：用于查询客户详情（callback，不填则线索只有客户 ID）以及拉取消息（kf，必填）。该应用须在“可调用接口的应用”中，本机 IP 须在其可信 IP 中。"}},
		{Name: setOpenKFIDs, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Ids of the customer service accounts whose messages are asked for, like wk…  (kf).", ZH: "要拉取消息的客服账号 ID（open_kfid），形如 wk…（kf）。"}},
		{Name: setOpenPlatform, Default: "main", Help: connectors.Text{
			EN: "A name for the WeChat open platform account that the company is bound to: the same in all sources that share it, for a unionid is one person within it.",
			ZH: "企业所绑定的微信开放平台账号的名称：共用同一开放平台的来源填同一个，unionid 在其范围内代表同一个人。"}},
		{Name: setChanges, Type: connectors.TypeList, Default: leadChanges, Help: connectors.Text{
			EN: "ChangeTypes that are a touch of a customer (callback). Deletions never are.", ZH: "视为触点的 ChangeType（callback）。删除类从不视为触点。"}},
		{Name: setTolerance, Type: connectors.TypeInt, Default: 0, Help: connectors.Text{
			EN: "Seconds that the signed time may be off, both ways; 0: it is not looked at (callback).", ZH: "签名时间允许的前后偏差秒数；0 表示不检查（callback）。"}},
		{Name: setSuiteID, Help: connectors.Text{
			EN: "SuiteID of a third-party app, whose events are addressed to it (callback).", ZH: "第三方应用的 SuiteID，其事件以它为接收方（callback）。"}},
		{Name: setPollSeconds, Type: connectors.TypeInt, Default: 60, Help: connectors.Text{
			EN: "Seconds between two questions for messages (kf). WeCom limits who asks too often.", ZH: "两次拉取消息之间的秒数（kf）。过于频繁会被企业微信限制。"}},
		{Name: setAPIURL, Default: "https://qyapi.weixin.qq.com", Help: connectors.Text{
			EN: "Address of WeCom's API (advanced).", ZH: "企业微信接口地址（高级）。"}},
	}
}
