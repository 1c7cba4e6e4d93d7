package douyin

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

const (
	// platform is the scope of identities: an open_id means something in one app only.
	platform = "douyin"
	// privateChat is the conversation_type of two people; what is said in groups is left out.
	privateChat = "1"
	cardMessage = "retain_consult_card"
)

// Parse reads the draft out of an event; most kinds of events have none.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	doc, err := connectors.Document(raw.Body)
	if err != nil {
		return nil, err
	}
	kind := connectors.FirstScalar(doc, "event")
	if kind == "" {
		return nil, lead.Invalid("bad_event", "this is not an event of Douyin: event is missing", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	c := content(doc)
	if !c.IsObject() && read[kind] {
		return nil, lead.Invalid("bad_content", "the content of this event cannot be read", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	var d lead.Draft
	ok := false
	switch kind {
	case "im_receive_msg":
		d, ok = s.message(doc, c)
	case "im_send_msg": // what the account itself says is no lead; a card that the customer has filled in is
		if isCard(c) {
			d, ok = s.card(doc, c, connectors.FirstScalar(doc, "to_user_id"))
		}
	case "im_enter_direct_msg":
		d, ok = s.entered(doc, c)
	case "life_trade_order_notify":
		d, ok = s.order(doc, c)
	}
	if !ok {
		return nil, nil
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// read are the kinds of events whose content is looked at.
var read = map[string]bool{"im_receive_msg": true, "im_send_msg": true, "im_enter_direct_msg": true, "life_trade_order_notify": true}

func isCard(c gjson.Result) bool { return connectors.FirstScalar(c, "message_type") == cardMessage }

// message is what a customer wrote to the account. Pictures, videos and stickers say nothing that could be read.
func (s *source) message(doc, c gjson.Result) (lead.Draft, bool) {
	from := connectors.FirstScalar(doc, "from_user_id")
	if group := connectors.FirstScalar(c, "conversation_type"); group != "" && group != privateChat || from == "" {
		return lead.Draft{}, false
	}
	if isCard(c) {
		return s.card(doc, c, from)
	}
	text := connectors.FirstScalar(c, "text")
	if kind := connectors.FirstScalar(c, "message_type"); kind != "text" && kind != "" || strings.TrimSpace(text) == "" {
		return lead.Draft{}, false
	}
	d := s.person(doc, c, from)
	d.Chat = true
	d.Add(lead.FieldMessage, text)
	return d, true
}

// card is a form in a conversation (留资卡片). card_status is 1 while it is empty and 2 when it is filled in; card_data are its labels and values.
func (s *source) card(doc, c gjson.Result, customer string) (lead.Draft, bool) {
	filled := c.Get("card_data")
	if !filled.Exists() {
		filled, c = c.Get(cardMessage+".card_data"), c.Get(cardMessage)
	}
	pairs, _ := connectors.Answers(connectors.Inner(filled))
	if len(pairs) == 0 || customer == "" {
		return lead.Draft{}, false
	}
	d := s.person(doc, content(doc), customer)
	nick := d.Fields[lead.FieldName]
	delete(d.Fields, lead.FieldName)
	for _, p := range pairs {
		s.mapper.Add(&d, p)
	}
	for _, name := range nick { // the name on the card counts
		if d.First(lead.FieldName) == "" {
			d.Add(lead.FieldName, name)
		} else {
			d.Add("nick_name", name)
		}
	}
	d.Add("card_id", connectors.FirstScalar(c, "card_id"))
	return d, true
}

// entered is a customer who opened the conversation, perhaps from an ad.
func (s *source) entered(doc, c gjson.Result) (lead.Draft, bool) {
	from := connectors.FirstScalar(doc, "from_user_id")
	if from == "" {
		return lead.Draft{}, false
	}
	d := s.person(doc, c, from)
	ad := connectors.Inner(c.Get("ad_info"))
	d.Add(lead.FieldUTMCampaign, connectors.FirstScalar(ad, "ad_name"))
	d.Add(lead.FieldUTMID, nonZero(connectors.FirstScalar(ad, "ad_id")))
	d.Add(lead.FieldUTMContent, nonZero(connectors.FirstScalar(ad, "creative_id")))
	for _, name := range []string{"adv_id", "adv_name", "promotion_id", "material_title_id", "material_image_id", "material_video_id"} {
		s.mapper.Keep(&d, connectors.Pair{Name: name, Value: nonZero(connectors.FirstScalar(ad, name))})
	}
	for _, name := range []string{"objectId", "scene_type", "data-im-extra", "query", "path"} {
		s.mapper.Keep(&d, connectors.Pair{Name: name, Value: connectors.FirstScalar(c, name)})
	}
	return d, true
}

// nonZero leaves out the ids of what is not there.
func nonZero(id string) string {
	if id == "0" {
		return ""
	}
	return id
}

// order is a purchase in local life. It names no person: until the order is looked up, it stands for its buyer.
func (s *source) order(doc, c gjson.Result) (lead.Draft, bool) {
	o := c.Get("order")
	id := connectors.FirstScalar(o, "order_id")
	if id == "" {
		return lead.Draft{}, false
	}
	scope := platform + "/" + connectors.FirstScalar(o, "account_id") + "/order"
	d := lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityBuyer, Scope: scope, Value: id}}, EventTime: connectors.FirstScalar(c, "msg_time")}
	if open := connectors.FirstScalar(o, "open_id"); open != "" {
		d.Identities = append(d.Identities, openID(doc, open))
	}
	d.Add("action", connectors.FirstScalar(c, "action"))
	pairs, _ := connectors.Flatten(o)
	for _, p := range pairs {
		s.mapper.Keep(&d, connectors.Pair{Name: "order." + p.Name, Value: p.Value})
	}
	return d, true
}

// person is the draft of a customer of this app, with the nickname that the event says.
func (s *source) person(doc, c gjson.Result, customer string) lead.Draft {
	d := lead.Draft{Identities: []lead.Identity{openID(doc, customer)}, EventTime: connectors.FirstScalar(c, "create_time")}
	for _, user := range c.Get("user_infos").Array() {
		if connectors.FirstScalar(user, "open_id") == customer {
			d.Add(lead.FieldName, strings.TrimSpace(connectors.FirstScalar(user, "nick_name")))
			break
		}
	}
	account := connectors.FirstScalar(doc, "to_user_id")
	if account == customer {
		account = connectors.FirstScalar(doc, "from_user_id")
	}
	d.Add("account", account)
	d.Add("conversation", connectors.FirstScalar(c, "conversation_short_id"))
	return d
}

func openID(doc gjson.Result, value string) lead.Identity {
	return lead.Identity{Kind: lead.IdentityOpenID, Scope: platform + "/" + connectors.FirstScalar(doc, "client_key"), Value: value}
}
