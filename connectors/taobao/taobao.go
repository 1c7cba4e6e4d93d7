// Package taobao brings the buyers of Taobao and Tmall shops: messages about trades and refunds from Taobao's message service TMC.
package taobao

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel taobao.
type Connector struct{}

// source reads messages, however they came.
type source struct {
	appKey, secret, group string
	topics                []string
	set                   connectors.Settings
}

// Open makes a source of its settings: a Listener, or a Poller.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := source{appKey: set.String(setAppKey), secret: set.String(setSecret), group: set.String(setGroup), topics: set.List(setTopics), set: set}
	switch {
	case s.group == "":
		return nil, badSetting(setGroup, "must not be empty; the group of an app that made none is default")
	case len(s.topics) == 0:
		return nil, badSetting(setTopics, "must name a topic")
	case set.Int(setPullEvery) < 1:
		return nil, badSetting(setPullEvery, "must be at least 1")
	}
	if err := checkURL(setTMC, set.String(setTMC), "ws", "wss"); err != nil {
		return nil, err
	}
	if err := checkURL(setAPI, set.String(setAPI), "https", "http"); err != nil {
		return nil, err
	}
	if set.String(setMode) == modeTMC {
		return &listener{source: s, url: set.String(setTMC), pull: time.Duration(set.Int(setPullEvery)) * time.Second, beat: beat}, nil
	}
	schemes := map[string]topsign.Scheme{"md5": topsign.TOP, "hmac": topsign.TOPHMAC, "hmac-sha256": topsign.TOPHMACSHA256}
	method := set.String(setSignMethod)
	return &poller{source: s, method: method, scheme: schemes[method], api: &vendorapi.API{Vendor: "Taobao", Base: set.String(setAPI), Client: set.Client, Secrets: []string{s.secret},
		// open.taobao.com: 7 App Call Limited, 10 Service Currently Unavailable, 15 Remote service error.
		Codes: vendorapi.Codes{Field: "error_response.code", Message: "error_response.sub_msg", Limited: []string{"7"}, Later: []string{"10", "15"}}}}, nil
}

func checkURL(name, address string, schemes ...string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) || u.User != nil {
		return badSetting(name, "must be an address that begins with "+schemes[0]+"://")
	}
	return nil
}

func badSetting(name, what string) error {
	e := lead.Invalid("bad_settings", name+" "+what, "correct the settings of the source")
	e.Fields = []string{name}
	return e
}

// Parse reads a message: {"id":…,"topic":…,"content":…} with content as an object or as the text of one. Who and when are written userid, nick and time
// over the long connection, user_id, user_nick and pub_time by the API.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	if raw.ContentType == typeFrame {
		return nil, lead.Invalid("bad_frame", "a message of Taobao's cannot be decoded", "report it with the bytes; Taobao sends the message again")
	}
	m := gjson.ParseBytes(raw.Body)
	topic := text(m.Get("topic"))
	if !gjson.ValidBytes(raw.Body) || !m.IsObject() || topic == "" {
		return nil, lead.Invalid("bad_message", "what arrived is no message of Taobao's", "look at what arrived; Taobao's page of the topic says what it should be")
	}
	if !slices.Contains(s.topics, topic) {
		return nil, nil
	}
	content := m.Get("content")
	if content.Type == gjson.String && gjson.Valid(content.String()) {
		content = gjson.Parse(content.String())
	}
	if !content.IsObject() {
		return nil, lead.Invalid("bad_message", "the content of the message cannot be read", "look at what arrived; Taobao's page of the topic says what it should be")
	}
	return []lead.Draft{s.draft(m, content, topic)}, nil
}

// draft: a buyer is known by the open uid, which each app gets its own of; a nick in the clear is an account name, a masked one is many people's.
func (s *source) draft(m, content gjson.Result, topic string) lead.Draft {
	d := lead.Draft{EventTime: connectors.ChinaTime(either(m, "time", "pub_time"))}
	nick := text(content.Get("buyer_nick"))
	if id := either(content, "buyer_open_uid", "open_uid", "ouid"); id != "" {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "taobao/" + s.appKey, Value: id}}
	} else if nick != "" && !strings.ContainsAny(nick, "*＊") {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "taobao", Value: nick}}
	}
	d.Add("buyer_nick", nick)
	d.Add("topic", topic)
	d.Add("shop", either(content, "seller_nick"))
	if d.First("shop") == "" {
		d.Add("shop", either(m, "nick", "user_nick"))
	}
	for ours, theirs := range map[string]string{"order_id": "tid", "sub_order_id": "oid", "order_status": "status", "order_type": "type", "payment": "payment", "item_id": "iid",
		"refund_id": "refund_id", "refund_fee": "refund_fee"} {
		d.Add(ours, text(content.Get(theirs)))
	}
	return d
}

// text is a value as Taobao wrote it, every digit of a number; "" for null, objects and lists.
func text(r gjson.Result) string { return strings.TrimSpace(connectors.ScalarOf(r)) }

func either(r gjson.Result, names ...string) string {
	for _, name := range names {
		if v := text(r.Get(name)); v != "" {
			return v
		}
	}
	return ""
}
