package webhook

import (
	"slices"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setSignature       = "signature"
	setSecrets         = "secrets"
	setSignatureAt     = "signature_at"
	setSignaturePrefix = "signature_prefix"
	setSeparator       = "signature_separator"
	setAlgorithm       = "signature_algorithm"
	setEncoding        = "signature_encoding"
	setSigned          = "signed"
	setSorted          = "signed_sorted"
	setPublicURL       = "public_url"
	setTimestampAt     = "timestamp_at"
	setTimeFormat      = "timestamp_format"
	setTolerance       = "tolerance_seconds"
	setBase64Key       = "base64_key"
	setShape           = "shape"
	setBuyerScope      = "buyer_scope"
	setPayload         = "payload"
	setEvents          = "events"
	setLeads           = "leads"
	setEventID         = "event_id"
	setEventTime       = "event_time"
	setOnlyMapped      = "only_mapped"
	setReply           = "reply"
)

// Values of settings.
const (
	signNone     = "none"
	signStandard = "standard-webhooks"
	signBearer   = "bearer"
	signBasic    = "basic"
	signToken    = "token"
	signCustom   = "custom"

	shapeFields       = "fields"
	shapeConversation = "conversation"
	scopeShop         = "shop"
	scopePlatform     = "platform"

	// idOfBody is the event_id of a sender that has no id: the same bytes are the same event.
	idOfBody = "{body}"
)

var timeFormats = map[string]string{"s": connectors.TimeUnix, "ms": connectors.TimeUnixMilli, "yyyy-MM-dd HH:mm:ss": connectors.TimeSpaced, "rfc3339": time.RFC3339}

func signatures() []string {
	out := []string{signNone, signStandard, signBearer, signBasic, signToken, signCustom}
	var named []string
	for name := range presets {
		named = append(named, name)
	}
	slices.Sort(named)
	return append(out, named...)
}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "webhook",
		Title:   connectors.Text{EN: "Webhook", ZH: "通用 Webhook"},
		Description: connectors.Text{
			EN: "Any system that posts JSON or form data, Standard Webhooks or CloudEvents, mapped by paths; and the conversations that customer-service platforms and marketplace tools relay.",
			ZH: "任何能推送 JSON、表单、Standard Webhooks 或 CloudEvents 的系统，按路径映射字段；以及客服平台、电商聊天工具转发的会话。"},
		Docs: "https://www.standardwebhooks.com/",
		Push: true,
		Authenticity: connectors.Text{
			EN: "Standard Webhooks, HMAC or hash over a template, bearer or API key, basic auth; as the sender can",
			ZH: "Standard Webhooks、按模板的 HMAC 或哈希、Bearer 或 API Key、Basic 认证，取决于发送方"},
		Delivery: connectors.Text{EN: "the sender's; 202 only after the bytes are safe", ZH: "由发送方决定；数据落盘后才返回 202"},
		Dedup: connectors.Text{
			EN: "a path in the payload, `webhook-id`, CloudEvents source and id, `Idempotency-Key`, or the body",
			ZH: "负载中的路径、`webhook-id`、CloudEvents 的 source 加 id、`Idempotency-Key`，或请求体"},
		Sure:       connectors.SureVerified,
		Tested:     []string{connectors.TestedCases},
		Settings:   append(signatureSettings(), payloadSettings()...),
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}, {Kind: lead.IdentityExternal}, {Kind: lead.IdentityBuyer, Unique: true}},
	}
}

func signatureSettings() []connectors.Field {
	return []connectors.Field{
		{Name: setSignature, Required: true, OneOf: signatures(), Help: connectors.Text{
			EN: "What proves that a post is the sender's. none lets everybody post who knows the address.",
			ZH: "如何证明推送来自发送方。none 表示知道地址的人都能推送。"}},
		{Name: setSecrets, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Secrets, tokens, or user:password for basic; all are valid, to change them without a gap.",
			ZH: "密钥、令牌，basic 时为 user:password；可同时有效多个，便于轮换。"}},
		{Name: setSignatureAt, Default: "header:X-Signature", Help: connectors.Text{
			EN: "Where signature or token stands: header:NAME, query:NAME or body:PATH (token, custom).",
			ZH: "签名或令牌的位置：header:名称、query:名称 或 body:路径（token、custom）。"}},
		{Name: setSignaturePrefix, Help: connectors.Text{
			EN: "What stands before it, like sha256= or v1= (token, custom).", ZH: "其前缀，如 sha256= 或 v1=（token、custom）。"}},
		{Name: setSeparator, Help: connectors.Text{
			EN: "Characters between several signatures in one value (custom).", ZH: "同一值中多个签名之间的分隔字符（custom）。"}},
		{Name: setAlgorithm, Default: "hmac-sha256", OneOf: append(slices.Clone(connectors.Algorithms), connectors.Hashes...), Help: connectors.Text{
			EN: "Algorithm; one without a key needs {secret} in signed (custom).", ZH: "算法；不带密钥的哈希须在 signed 中包含 {secret}（custom）。"}},
		{Name: setEncoding, Default: connectors.EncodingHex, OneOf: []string{connectors.EncodingHex, connectors.EncodingBase64}, Help: connectors.Text{
			EN: "How the signature is written (custom).", ZH: "签名的编码（custom）。"}},
		{Name: setSigned, Default: "{body}", Help: connectors.Text{
			EN: "What is signed, of {body} {timestamp} {secret} {method} {url} {path} {header:…} {query:…} {body:…} and other text. Without {body} whoever sees one post can make others (custom).",
			ZH: "被签名的内容，由 {body} {timestamp} {secret} {method} {url} {path} {header:…} {query:…} {body:…} 及其他文字组成。不含 {body} 时，看到一次推送的人即可伪造其他推送（custom）。"}},
		{Name: setSorted, Type: connectors.TypeBool, Help: connectors.Text{
			EN: "The parts of signed are sorted before they are joined (custom).", ZH: "拼接前先对 signed 的各部分排序（custom）。"}},
		{Name: setPublicURL, Help: connectors.Text{
			EN: "The address of this source as the sender was told it, for {url} and {path} (custom).", ZH: "告知发送方的本来源地址，用于 {url} 与 {path}（custom）。"}},
		{Name: setTimestampAt, Help: connectors.Text{
			EN: "Where {timestamp} stands: header:NAME, query:NAME, body:PATH, or list:t in the signature's own list (custom).",
			ZH: "{timestamp} 的位置：header:名称、query:名称、body:路径，或签名列表中的 list:t（custom）。"}},
		{Name: setTimeFormat, Default: "s", OneOf: []string{"s", "ms", "yyyy-MM-dd HH:mm:ss", "rfc3339"}, Help: connectors.Text{
			EN: "How it is written; without a zone it is GMT+8 (custom).", ZH: "其格式；不带时区时按东八区（custom）。"}},
		{Name: setTolerance, Type: connectors.TypeInt, Default: 300, Help: connectors.Text{
			EN: "Seconds that it may be off, both ways; 0: it is not looked at (custom).", ZH: "允许的前后偏差秒数；0 表示不检查（custom）。"}},
		{Name: setBase64Key, Type: connectors.TypeBool, Help: connectors.Text{
			EN: "The secrets are base64, after an optional whsec_ (custom).", ZH: "密钥为 base64，可带 whsec_ 前缀（custom）。"}},
	}
}

func payloadSettings() []connectors.Field {
	return []connectors.Field{
		{Name: setShape, Default: shapeFields, OneOf: []string{shapeFields, shapeConversation}, Help: connectors.Text{
			EN: "fields: the mapping says what is what. conversation: conversation_id, buyer_id, shop, platform and messages, as the README describes.",
			ZH: "fields：由映射说明各字段含义。conversation：conversation_id、buyer_id、shop、platform 与 messages，见说明文档。"}},
		{Name: setBuyerScope, Default: scopeShop, OneOf: []string{scopeShop, scopePlatform}, Help: connectors.Text{
			EN: "Within what a buyer_id is one person: one shop, or the whole platform (conversation).",
			ZH: "buyer_id 在什么范围内代表同一个人：单个店铺，或整个平台（conversation）。"}},
		{Name: setPayload, Help: connectors.Text{
			EN: "Path or form field with the payload itself, as an object or as JSON text. Empty: the whole body.",
			ZH: "真正负载所在的路径或表单字段，可以是对象或 JSON 文本。留空表示整个请求体。"}},
		{Name: setEvents, Help: connectors.Text{
			EN: "Path of a list whose entries are events of their own, each with its id; @this for a body that is a list.",
			ZH: "列表的路径，其每一项是独立的事件并有各自的编号；请求体本身是列表时填 @this。"}},
		{Name: setLeads, Help: connectors.Text{
			EN: "Path of a list of leads in one event; paths of the mapping start at a lead.",
			ZH: "一个事件中线索列表的路径；映射中的路径从每条线索开始。"}},
		{Name: setEventID, Help: connectors.Text{
			EN: "Path of the event's id, [a,b] for an id of two parts, header:NAME, or {body}: the same body is the same event. Empty: webhook-id, CloudEvents or Idempotency-Key where there is one.",
			ZH: "事件编号的路径，[a,b] 表示由两部分组成，或 header:名称，或 {body} 表示内容相同即同一事件。留空则依次采用 webhook-id、CloudEvents、Idempotency-Key。"}},
		{Name: setEventTime, Help: connectors.Text{
			EN: "Path of the time it happened.", ZH: "事件发生时间的路径。"}},
		{Name: setOnlyMapped, Type: connectors.TypeBool, Help: connectors.Text{
			EN: "Keep only what the mapping names; otherwise known names are recognised and the rest is kept as it is.",
			ZH: "仅保留映射中列出的字段；否则自动识别已知字段名，其余原样保留。"}},
		{Name: setReply, Help: connectors.Text{
			EN: "Body of the answer that the sender expects, like success or {\"code\":0}, with status 200. Empty: 202 with the id.",
			ZH: "发送方期望的应答内容，例如 success 或 {\"code\":0}，状态码 200。留空则返回 202 与编号。"}},
	}
}
