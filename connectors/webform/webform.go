// Package webform receives what websites post: HTML forms, fetch and sendBeacon calls, and other systems' webhooks that
// carry one lead as JSON or form data.
package webform

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setOrigins       = "allowed_origins"
	setThankYou      = "thank_you_url"
	setThankYouHosts = "thank_you_hosts"
	setRequired      = "required_fields"
	setIDField       = "id_field"
	setHoneypot      = "honeypot"
	setMinFill       = "min_fill_seconds"
	setRate          = "rate_per_minute"
	setConsentText   = "consent_text"
	setConsentVer    = "consent_version"
	setSignature     = "signature"
	setSecrets       = "secrets"
	setSigHeader     = "signature_header"
	setSigAlgorithm  = "signature_algorithm"
	setSigEncoding   = "signature_encoding"
	setSigPrefix     = "signature_prefix"
	setVerified      = "verified_fields"
)

// Values of the setting signature.
const (
	signNone     = "none"
	signStandard = "standard-webhooks"
	signHMAC     = "hmac"
)

// rateAuto is the default of rate_per_minute: see source.limitFor.
const rateAuto = -1

// Connector is the channel webform.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec { return spec }

var spec = connectors.Spec{
	Channel: "webform",
	Title:   connectors.Text{EN: "Website form", ZH: "网站表单"},
	Description: connectors.Text{
		EN: "Forms and scripts of a website, and any system that can post one lead as JSON or form data.",
		ZH: "网站上的表单和脚本，以及任何能以 JSON 或表单格式推送线索的系统。"},
	Docs: "https://html.spec.whatwg.org/multipage/form-control-infrastructure.html",
	Push: true,
	Authenticity: connectors.Text{
		EN: "origin of the page; HMAC or Standard Webhooks for servers",
		ZH: "页面来源；服务器可用 HMAC 或 Standard Webhooks 签名"},
	Delivery: connectors.Text{EN: "once; the sender tries again if it wants to", ZH: "一次；是否重试由发送方决定"},
	Dedup:    connectors.Text{EN: "`webhook-id`, `Idempotency-Key`, or a hidden field with the content", ZH: "`webhook-id`、`Idempotency-Key`，或隐藏字段加内容"},
	Sure:     connectors.SureVerified,
	Tested:   []string{connectors.TestedCases},
	Settings: []connectors.Field{
		{Name: setOrigins, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Websites whose pages may post here: https://www.example.com, https://*.example.com, or * for any. Empty is any. Posts of servers carry no origin and pass.",
			ZH: "允许提交的网站：https://www.example.com、https://*.example.com，或 * 表示任意。留空即任意。服务器之间的提交不带来源，不受限制。"}},
		{Name: setThankYou, Help: connectors.Text{
			EN: "Page that a visitor without JavaScript is sent to after posting; a small page of our own when empty.",
			ZH: "访客（未用脚本提交）提交后跳转到的页面；留空则显示内置的感谢页。"}},
		{Name: setThankYouHosts, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Hosts that a form's own field _next may send the visitor to: www.example.com or *.example.com. Empty: _next is not followed.",
			ZH: "表单中 _next 字段允许跳转到的域名：www.example.com 或 *.example.com。留空则忽略 _next。"}},
		{Name: setRequired, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Fields without which a post is answered 422 and not accepted: phone, or phone|email for either.",
			ZH: "必填字段，缺少时返回 422 且不接收：例如 phone；phone|email 表示二者有其一即可。"}},
		{Name: setIDField, Default: "submission_id", Help: connectors.Text{
			EN: "Field with an id of the submission: the same id with the same content is one submission. Empty turns it off.",
			ZH: "提交编号字段：编号与内容都相同的提交只算一次。留空则关闭。"}},
		{Name: setHoneypot, Default: "homepage_url", Help: connectors.Text{
			EN: "Field that people cannot see; who fills it is a robot and goes to quarantine. Empty turns it off.",
			ZH: "对人不可见的字段；填写者视为机器人，进入隔离区。留空则关闭。"}},
		{Name: setMinFill, Type: connectors.TypeInt, Default: 2, Help: connectors.Text{
			EN: "Seconds that a person needs at least to fill the form; 0 turns it off.",
			ZH: "人工填写表单至少需要的秒数；0 表示关闭。"}},
		{Name: setRate, Type: connectors.TypeInt, Default: rateAuto, Help: connectors.Text{
			EN: "Posts a minute from one address before they go to quarantine; ten times as many are refused. 0 is no limit. -1: 60 for public addresses, none for private ones (proxies). Signed sources have no limit.",
			ZH: "同一地址每分钟的提交上限，超过则隔离，超过十倍则拒绝。0 表示不限；-1 表示公网地址 60、内网地址（代理）不限。签名来源不限。"}},
		{Name: setConsentText, Help: connectors.Text{
			EN: "Words beside the consent box; kept with every consent. A form of this source that posts no consent has said no.",
			ZH: "同意框旁的文字，随每次同意一并保存。未勾选即视为不同意。"}},
		{Name: setConsentVer, Help: connectors.Text{
			EN: "Version of those words.", ZH: "该文字的版本。"}},
		{Name: setSignature, Default: signNone, OneOf: []string{signNone, signStandard, signHMAC}, Help: connectors.Text{
			EN: "How posts are signed. Not for forms in a browser: a secret in a page is no secret.",
			ZH: "提交的签名方式。浏览器表单请用 none：页面里的密钥不是密钥。"}},
		{Name: setSecrets, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
			EN: "Secrets of the signature; all are valid, to change them without a gap.",
			ZH: "签名密钥，可同时有效多个，便于轮换。"}},
		{Name: setSigHeader, Default: "X-Signature", Help: connectors.Text{
			EN: "Header with the signature (hmac).", ZH: "签名所在的请求头（hmac）。"}},
		{Name: setSigAlgorithm, Default: "hmac-sha256", OneOf: connectors.Algorithms, Help: connectors.Text{
			EN: "Algorithm of the signature over the body (hmac).", ZH: "对请求体签名的算法（hmac）。"}},
		{Name: setSigEncoding, Default: connectors.EncodingHex, OneOf: []string{connectors.EncodingHex, connectors.EncodingBase64},
			Help: connectors.Text{EN: "How the signature is written (hmac).", ZH: "签名的编码（hmac）。"}},
		{Name: setSigPrefix, Help: connectors.Text{
			EN: "What stands before the signature, like sha256= (hmac).", ZH: "签名前的前缀，如 sha256=（hmac）。"}},
		{Name: setVerified, Type: connectors.TypeList, Help: connectors.Text{
			EN: "Fields that your site proved before it posted, like phone by a code in a message: they win over what others only say. Needs a signature.",
			ZH: "网站在提交前已验证的字段，例如通过短信验证码验证的 phone：其值优先于其他来源。需要签名。"}},
	},
	Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}, {Kind: lead.IdentityExternal}},
}

// source is one configured form.
type source struct {
	mapper        *connectors.Mapper
	origins       origins
	thankYou      string
	thankYouHosts []string
	required      []string
	idField       string
	idMark        []byte // idField, to look for before parsing
	honeypot      string
	minFill       time.Duration
	rate          int
	limiter       *limiter // nil: no limit
	consentText   string
	consentVer    string
	signed        bool
	verified      []string
	verifier      *connectors.Verifier // with signed
	svix          *connectors.Verifier // with standard-webhooks: the same under older header names
	now           func() time.Time
}

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{
		mapper:      connectors.NewMapper(set),
		thankYou:    set.String(setThankYou),
		required:    set.List(setRequired),
		idField:     set.String(setIDField),
		honeypot:    set.String(setHoneypot),
		minFill:     time.Duration(set.Int(setMinFill)) * time.Second,
		rate:        set.Int(setRate),
		consentText: set.String(setConsentText),
		consentVer:  set.String(setConsentVer),
		verified:    set.List(setVerified),
		now:         set.Now,
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.idMark = []byte(s.idField)
	var err error
	if s.origins, err = parseOrigins(set.List(setOrigins)); err != nil {
		return nil, err
	}
	if s.thankYou != "" {
		if u, err := url.Parse(s.thankYou); err != nil || !webURL(u) {
			return nil, badSetting(setThankYou, "must be a full address like https://www.example.com/thanks")
		}
	}
	for _, h := range set.List(setThankYouHosts) {
		if h = strings.ToLower(strings.TrimSpace(h)); h == "" || h == "*" || strings.ContainsAny(h, "/@ \\") {
			return nil, badSetting(setThankYouHosts, "must hold names like www.example.com or *.example.com")
		}
		s.thankYouHosts = append(s.thankYouHosts, h)
	}
	switch {
	case s.minFill < 0:
		return nil, badSetting(setMinFill, "must not be below 0")
	case s.rate < rateAuto:
		return nil, badSetting(setRate, "must be -1, 0 or more")
	case slices.ContainsFunc(s.required, func(f string) bool { return strings.Trim(f, "| ") == "" }):
		return nil, badSetting(setRequired, "must not hold an empty name")
	}
	if err := s.openSignature(set); err != nil {
		return nil, err
	}
	if len(s.verified) > 0 && !s.signed {
		return nil, badSetting(setVerified, "needs a signature: without one anybody could claim to be verified")
	}
	if !s.signed && s.rate != 0 {
		s.limiter = newLimiter()
	}
	return s, nil
}

func (s *source) openSignature(set connectors.Settings) (err error) {
	secrets := set.List(setSecrets)
	switch set.String(setSignature) {
	case signStandard:
		s.signed = true
		if s.verifier, err = connectors.StandardWebhooks.Open(secrets, s.now); err != nil {
			return err
		}
		s.svix, err = connectors.Svix.Open(secrets, s.now)
		return err
	case signHMAC:
		s.signed = true
		s.verifier, err = connectors.Signature{
			Algorithm: set.String(setSigAlgorithm), Encoding: set.String(setSigEncoding), At: "header:" + set.String(setSigHeader),
			Prefix: set.String(setSigPrefix), Separator: ", ", Signed: "{body}",
		}.Open(secrets, s.now)
		return err
	}
	if len(secrets) > 0 {
		return badSetting(setSecrets, "has no effect while signature is none; say how the posts are signed")
	}
	return nil
}

func badSetting(name, format string, args ...any) error {
	e := lead.Invalid("bad_settings", name+" "+fmt.Sprintf(format, args...), "correct the settings of the source")
	e.Fields = []string{name}
	return e
}
