package jd

import (
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setPlatform   = "platform"
	setAppKey     = "app_key"
	setSecrets    = "app_secrets"
	setToken      = "access_token"
	setTokenEnds  = "token_ends"
	setRefresh    = "refresh_token"
	setEvents     = "lead_events"
	setStates     = "order_states"
	setConsignee  = "consignee_is_buyer"
	setStartDays  = "start_days"
	setPollEvery  = "poll_seconds"
	setAPI        = "api_url"
	setRefreshURL = "refresh_url"
	setSourceID   = "source_id"
)

// Values of platform.
const (
	platformDaojia = "daojia"
	platformPOP    = "pop"
)

// Where the vendor answers. Sources: opendj.jd.com newguifanchannel (到家), jos.jd.com commondoc 33 and 32 (JOS).
const (
	daojiaURL  = "https://openapi.jddj.com/djapi"
	popURL     = "https://api.jd.com/routerjson"
	refreshURL = "https://open-oauth.jd.com/oauth2/refresh_token"
)

// states are those that jingdong.pop.order.search takes, but those of goods from abroad and of SIM cards and gold.
var states = []string{"WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "PAUSE", "FINISHED_L", "TRADE_CANCELED", "LOCKED"}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "jd",
		Title:   connectors.Text{EN: "JD", ZH: "京东"},
		Description: connectors.Text{
			EN: "Buyers of a JD shop: orders pushed by JD Daojia (秒送), or pulled from the JOS open platform.",
			ZH: "京东店铺的买家：京东到家/秒送推送的订单，或从京东开放平台（JOS）拉取的订单。"},
		Docs:      "https://opendj.jd.com/staticnew/widgets/doc/MQVenderChannel.html",
		Push:      true,
		Poll:      true,
		PollEvery: time.Minute,
		Authenticity: connectors.Text{
			EN: "push: MD5 over the sorted parameters between the app secret; pull: our own signed calls",
			ZH: "推送：应用密钥夹住排序参数的 MD5 签名；拉取：由本系统签名调用"},
		Delivery: connectors.Text{
			EN: "push: repeated for 4 hours; pull: by time of change, overlapping",
			ZH: "推送：4 小时内重试；拉取：按修改时间，窗口重叠"},
		Dedup:      connectors.Text{EN: "`billId` + `statusId`; order id + state", ZH: "`billId` + `statusId`；订单号 + 状态"},
		Sure:       connectors.SureReadme,
		Tested:     []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake},
		Settings:   settings(),
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityBuyer, Unique: true}, {Kind: lead.IdentityMobile}},
	}
}

func settings() []connectors.Field {
	return []connectors.Field{
		{Name: setPlatform, Required: true, OneOf: []string{platformDaojia, platformPOP}, Help: connectors.Text{
			EN: "daojia: orders of JD Daojia (秒送) are pushed. pop: orders of a JD shop are pulled from JOS.",
			ZH: "daojia：京东到家/秒送推送订单。pop：从京东开放平台（JOS）拉取店铺订单。"}},
		{Name: setAppKey, Required: true, Help: connectors.Text{EN: "App key of your application.", ZH: "应用的 app_key。"}},
		{Name: setSecrets, Type: connectors.TypeList, Required: true, Secret: true, Help: connectors.Text{
			EN: "App secrets; pushes signed with any of them are taken, the first signs our own calls.",
			ZH: "应用的 appSecret；推送可用其中任意一个签名，本系统调用接口时使用第一个。"}},
		{Name: setToken, Secret: true, Help: connectors.Text{
			EN: "daojia: the token that the merchant granted, to ask for the order behind a push. pop: access_token, required.",
			ZH: "daojia：商家授权的 token，用于查询推送所指的订单。pop：access_token，必填。"}},
		{Name: setTokenEnds, Help: connectors.Text{
			EN: "When that access_token ends, like 2026-12-31 23:59:59 in GMT+8: it is renewed before, as JD renews none that has ended (pop).",
			ZH: "该 access_token 的到期时间，如 2026-12-31 23:59:59（东八区）：到期前自动续期，京东不续已过期的（pop）。"}},
		{Name: setRefresh, Secret: true, Help: connectors.Text{
			EN: "refresh_token that came with it; without one it is not renewed (pop).", ZH: "随之颁发的 refresh_token；没有则不续期（pop）。"}},
		{Name: setEvents, Type: connectors.TypeList, Default: []string{"newOrder"}, Help: connectors.Text{
			EN: "Pushed events that become leads, by the name at the end of their address; others are recorded as no lead (daojia).",
			ZH: "成为线索的推送事件，即其地址末尾的接口名；其余记为无线索（daojia）。"}},
		{Name: setStates, Type: connectors.TypeList, Default: states, Help: connectors.Text{
			EN: "States of orders to ask for (pop).", ZH: "要拉取的订单状态（pop）。"}},
		{Name: setConsignee, Type: connectors.TypeBool, Help: connectors.Text{
			EN: "Take name and number of the consignee for the buyer's where JD hands them over in the clear. Not when it hands out virtual numbers: one of these belongs to many people in turn (pop).",
			ZH: "京东以明文给出收货人姓名与号码时视为买家本人的。若给出的是虚拟号（隐私号）请勿开启：同一虚拟号会先后属于多人（pop）。"}},
		{Name: setStartDays, Type: connectors.TypeInt, Default: 1, Help: connectors.Text{
			EN: "How many days back a new source begins, at most 90 (pop).", ZH: "新来源从几天前开始拉取，最多 90（pop）。"}},
		{Name: setPollEvery, Type: connectors.TypeInt, Default: 60, Help: connectors.Text{
			EN: "Seconds between two questions when there is nothing new (pop).", ZH: "没有新订单时两次拉取的间隔秒数（pop）。"}},
		{Name: setSourceID, Default: "JOS", Help: connectors.Text{
			EN: "source_id of the order search, advanced (pop).", ZH: "订单检索接口的 source_id，高级（pop）。"}},
		{Name: setAPI, Help: connectors.Text{
			EN: "Address of the API, for relays, advanced. Empty: " + daojiaURL + " or " + popURL + ".",
			ZH: "接口地址，用于中转，高级。留空：" + daojiaURL + " 或 " + popURL + "。"}},
		{Name: setRefreshURL, Default: refreshURL, Help: connectors.Text{
			EN: "Address that renews the access_token, for relays, advanced (pop).", ZH: "续期 access_token 的地址，用于中转，高级（pop）。"}},
	}
}
