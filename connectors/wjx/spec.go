package wjx

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names of the settings.
const (
	setPushKeys  = "push_keys"
	setAESKeys   = "aes_keys"
	setKeyFormat = "aes_key_format"
	setThanks    = "thanks_url"
)

// Values of aes_key_format.
const (
	formatText   = "text"
	formatBase64 = "base64"
	formatHex    = "hex"
)

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel: "wjx",
		Title:   connectors.Text{EN: "Wenjuanxing surveys", ZH: "问卷星"},
		Description: connectors.Text{
			EN: "Answers to surveys made with Wenjuanxing, pushed by its server or carried by the browser after the last page.",
			ZH: "问卷星答卷：由服务器推送，或在提交后由浏览器跳转时带来。"},
		Docs: "https://www.showdoc.com.cn/wjxopenapi/7664690808275512",
		Push: true,
		Settings: []connectors.Field{
			{Name: setPushKeys, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
				EN: "Keys of the data push (推送密钥), as Wenjuanxing's service gives them; all are valid.",
				ZH: "数据推送 API 的推送密钥，由问卷星客服提供；可同时有效多个。"}},
			{Name: setAESKeys, Type: connectors.TypeList, Secret: true, Help: connectors.Text{
				EN: "AES keys of the redirect that posts the answers (POST 答卷数据); all are valid.",
				ZH: "“跳转到指定页面并 POST 答卷数据”的 AES 密钥；可同时有效多个。"}},
			{Name: setKeyFormat, Default: formatText, OneOf: []string{formatText, formatBase64, formatHex}, Help: connectors.Text{
				EN: "How the AES keys are written (advanced).", ZH: "AES 密钥的写法（高级）。"}},
			{Name: setThanks, Help: connectors.Text{
				EN: "Page that the person who answered is sent on to; empty: a line of thanks.",
				ZH: "答题者提交后跳转到的页面；留空则显示一句感谢。"}},
		},
		Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{
			EN: "push: SHA-1 over survey and number of the answer with a key, the answers unsigned (weak); redirect: AES without a MAC",
			ZH: "推送：仅对问卷编号与答卷序号做 SHA-1 签名，答案未签名（弱）；跳转：AES 加密，无完整性校验"},
		Delivery: connectors.Text{
			EN: "push: retried if chosen; after 10 failures a pause of 30 minutes, then one more try. redirect: once",
			ZH: "推送：可勾选失败重发，连续失败 10 次暂停 30 分钟后再试一次；跳转：一次"},
		Dedup:  connectors.Text{EN: "`activity` and `index`", ZH: "`activity` 与 `index`"},
		Sure:   connectors.SurePartly,
		Tested: []string{connectors.TestedCases},
	}
}
