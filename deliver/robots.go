package deliver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// wecomBody is a text of a WeCom group robot: https://developer.work.weixin.qq.com/document/path/91770
type wecomBody struct {
	Type string `json:"msgtype"`
	Text struct {
		Content string   `json:"content"`
		Users   []string `json:"mentioned_list,omitempty"`
		Mobiles []string `json:"mentioned_mobile_list,omitempty"`
	} `json:"text"`
}

func wecomText(text string, m *message) wecomBody {
	b := wecomBody{Type: "text"}
	b.Text.Content = text
	b.Text.Users, b.Text.Mobiles = mentions(m, func(c lead.RepContact) string { return c.Wecom })
	return b
}

// dingTalkBody is a text of a DingTalk custom robot: https://open.dingtalk.com/document/robots/custom-robot-access
type dingTalkBody struct {
	Type string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	At struct {
		Mobiles []string `json:"atMobiles,omitempty"`
		Users   []string `json:"atUserIds,omitempty"`
		All     bool     `json:"isAtAll"`
	} `json:"at"`
}

func dingTalkText(text string, m *message) dingTalkBody {
	b := dingTalkBody{Type: "text"}
	b.Text.Content = text
	b.At.Users, b.At.Mobiles = mentions(m, func(c lead.RepContact) string { return c.DingTalk })
	return b
}

// dingTalkURL adds the signature, when the robot wants one: base64 of HMAC-SHA256 under the secret over the time in milliseconds, a line feed, and
// the secret.
func dingTalkURL(address, secret string, now time.Time) string {
	u, err := url.Parse(address)
	if err != nil || secret == "" {
		return address
	}
	ms := strconv.FormatInt(now.UnixMilli(), 10)
	q := u.Query()
	q.Set("timestamp", ms)
	q.Set("sign", mac([]byte(secret), ms+"\n"+secret))
	u.RawQuery = q.Encode()
	return u.String()
}

// feishuBody is a text of a Feishu custom robot: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
type feishuBody struct {
	Timestamp string `json:"timestamp,omitempty"`
	Sign      string `json:"sign,omitempty"`
	Type      string `json:"msg_type"`
	Content   struct {
		Text string `json:"text"`
	} `json:"content"`
}

func feishuText(text, secret string, now time.Time, m *message) feishuBody {
	b := feishuBody{Type: "text"}
	users, _ := mentions(m, func(c lead.RepContact) string { return c.Feishu })
	for _, id := range users {
		text += ` <at user_id="` + plain(id) + `"></at>`
	}
	b.Content.Text = text
	if secret != "" {
		b.Timestamp = strconv.FormatInt(now.Unix(), 10)
		// The string is the key and nothing is signed: so the vendor has it, and the other way round is refused.
		b.Sign = mac([]byte(b.Timestamp+"\n"+secret), "")
	}
	return b
}

func mac(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// mentions are who a message is for: user ids, and the mobiles of those who have none. The vendor does not show the mobile.
func mentions(m *message, id func(lead.RepContact) string) (users, mobiles []string) {
	for _, it := range m.items {
		switch c := it.rep.Notify; {
		case id(c) != "":
			users = append(users, id(c))
		case c.Mobile != "":
			mobiles = append(mobiles, strings.TrimPrefix(c.Mobile, "+86"))
		}
	}
	slices.Sort(users)
	slices.Sort(mobiles)
	return slices.Compact(users), slices.Compact(mobiles)
}
