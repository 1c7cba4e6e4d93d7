package taobao

import (
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setMode       = "mode"
	setAppKey     = "app_key"
	setSecret     = "app_secret"
	setGroup      = "group_name"
	setTopics     = "lead_topics"
	setSignMethod = "sign_method"
	setPullEvery  = "pull_seconds"
	setPollEvery  = "poll_seconds"
	setTMC        = "tmc_url"
	setAPI        = "api_url"
)

// Values of mode.
const (
	modeTMC  = "tmc"
	modePoll = "poll"
)

// topics are what becomes a lead unless the settings say otherwise.
var topics = []string{"taobao_trade_TradeCreate", "taobao_trade_TradeBuyerPay", "taobao_trade_TradeSuccess", "taobao_trade_TradeClose", "taobao_refund_RefundCreated"}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "taobao",
		Title:   connectors.Text{EN: "Taobao and Tmall", ZH: "淘宝 / 天猫"},
		Description: connectors.Text{
			EN: "Buyers of Taobao and Tmall shops: messages about trades and refunds from the message service TMC, over a long connection or by asking.",
			ZH: "淘宝、天猫店铺的买家：通过消息服务 TMC 的长连接或轮询接收交易与退款消息。"},
		Docs:         "https://open.taobao.com/doc.htm?docId=101663&docType=1",
		Poll:         true,
		Listen:       true,
		PollEvery:    10 * time.Second,
		Authenticity: connectors.Text{EN: "a connection or calls of our own, signed with the app secret", ZH: "由本系统发起的连接或调用，使用 App Secret 签名"},
		Delivery:     connectors.Text{EN: "at least once, again until it is confirmed", ZH: "至少一次，未确认则重发"},
		Dedup:        connectors.Text{EN: "message `id`", ZH: "消息 `id`"},
		Sure:         connectors.SureReadme,
		Tested:       []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityBuyer, Unique: true}},
		Settings: []connectors.Field{
			{Name: setMode, Default: modeTMC, OneOf: []string{modeTMC, modePoll}, Help: connectors.Text{
				EN: "tmc: a long connection, messages come at once. poll: the hub asks, where no long connection can be held.",
				ZH: "tmc：长连接，消息实时到达。poll：轮询，用于无法保持长连接的环境。"}},
			{Name: setAppKey, Required: true, Help: connectors.Text{EN: "App key of your application.", ZH: "应用的 App Key。"}},
			{Name: setSecret, Required: true, Secret: true, Help: connectors.Text{EN: "App secret of your application.", ZH: "应用的 App Secret。"}},
			{Name: setGroup, Default: "default", Help: connectors.Text{
				EN: "Group of users whose messages come. One source per group: two share the messages of one between them.",
				ZH: "消息用户分组。每个分组只建一个来源：多个来源会分走同一分组的消息。"}},
			{Name: setTopics, Type: connectors.TypeList, Default: topics, Help: connectors.Text{
				EN: "Topics whose messages become leads; others are confirmed and recorded as no lead.",
				ZH: "成为线索的消息主题；其余消息确认后记为无线索。"}},
			{Name: setSignMethod, Default: "md5", OneOf: []string{"md5", "hmac", "hmac-sha256"}, Help: connectors.Text{
				EN: "How calls of the API are signed (poll).", ZH: "接口调用的签名方式（poll）。"}},
			{Name: setPullEvery, Type: connectors.TypeInt, Default: 5, Help: connectors.Text{
				EN: "Seconds between two requests for messages that were not pushed (tmc).", ZH: "补拉未推送消息的间隔秒数（tmc）。"}},
			{Name: setPollEvery, Type: connectors.TypeInt, Default: 10, Help: connectors.Text{
				EN: "Seconds between two questions when there is nothing new (poll).", ZH: "没有新消息时两次轮询的间隔秒数（poll）。"}},
			{Name: setTMC, Default: "ws://mc.api.taobao.com/", Help: connectors.Text{
				EN: "Address of the message service, for relays and the sandbox, advanced (tmc).", ZH: "消息服务地址，用于中转或沙箱，高级（tmc）。"}},
			{Name: setAPI, Default: "https://gw.api.taobao.com/router/rest", Help: connectors.Text{
				EN: "Address of the API, for relays and the sandbox, advanced (poll).", ZH: "接口地址，用于中转或沙箱，高级（poll）。"}},
		},
	}
}
