package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// service is a source that asks for messages of WeChat customer service. WeCom's push says only that there is something to ask for, and
// WeCom remembers it for three days.
type service struct {
	corp
	accounts []string // open_kfid
}

// position is the cursor: WeCom's own per account, and the account that was read last, so that a busy one does not hold up the others.
type position struct {
	Cursors map[string]string `json:"cursors"`
	Last    string            `json:"last,omitempty"`
}

const (
	pageSize   = 1000 // of sync_msg
	nameSize   = 100  // of customer/batchget
	emptyPages = 20   // WeCom may answer an empty page and say that there is more
)

// Poll reads one page of the first account that has something new. An account that WeCom refuses does not hold up the others; it is told when they
// have nothing.
func (s *service) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	at := position{Cursors: map[string]string{}}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.Cursors == nil {
			return connectors.Delivery{}, cursor, &lead.Error{Kind: lead.KindInvalid, Code: "bad_cursor", Message: "the position in WeCom's lists cannot be read",
				Hint: "set the source's cursor back; what is there already is not doubled", Err: err}
		}
	}
	start := slices.Index(s.accounts, at.Last) + 1
	var refused error
	for i := range s.accounts {
		account := s.accounts[(start+i)%len(s.accounts)]
		messages, next, err := s.page(ctx, account, at.Cursors[account])
		switch {
		case err != nil && (lead.IsTransient(err) || ctx.Err() != nil):
			return connectors.Delivery{}, cursor, err
		case err != nil:
			refused = err
			continue
		}
		at.Cursors[account] = next
		if len(messages) == 0 {
			continue
		}
		customers, err := s.customers(ctx, messages)
		if err != nil {
			return connectors.Delivery{}, cursor, err
		}
		at.Last = account
		events, err := s.events(messages, customers)
		return connectors.Delivery{Events: events}, at.text(), err
	}
	if refused != nil {
		return connectors.Delivery{}, cursor, refused
	}
	return connectors.Delivery{}, at.text(), nil
}

func (at position) text() string {
	b, _ := json.Marshal(at) // texts marshal
	return string(b)
}

// page asks for one page that holds something, or for the end.
func (s *service) page(ctx context.Context, account, cursor string) (messages []json.RawMessage, next string, err error) {
	next = cursor
	for range emptyPages {
		var out struct {
			Next     string            `json:"next_cursor"`
			More     vendorapi.Text    `json:"has_more"` // 0 or 1
			Messages []json.RawMessage `json:"msg_list"`
		}
		err := s.api.Post(ctx, "/cgi-bin/kf/sync_msg", nil, map[string]any{"cursor": next, "open_kfid": account, "limit": pageSize}, &out)
		if err != nil {
			return nil, cursor, err
		}
		stands := out.Next == "" || out.Next == next
		if out.Next != "" {
			next = out.Next
		}
		if len(out.Messages) > 0 || stands || out.More == "0" || out.More == "" {
			return out.Messages, next, nil
		}
	}
	return nil, next, nil
}

// customer is an entry of cgi-bin/kf/customer/batchget.
type customer struct {
	ID       string `json:"external_userid"`
	Nickname string `json:"nickname"`
	UnionID  string `json:"unionid"`
	Entered  *scene `json:"enter_session_context,omitempty"`
}

// scene is where the customer came from: a name that the company gave a link, and what it added to it.
type scene struct {
	Scene    string `json:"scene"`
	Param    string `json:"scene_param"`
	Channels struct {
		Nickname string `json:"nickname"`
	} `json:"wechat_channels"`
}

// customers asks for the names of those who wrote. A message is a lead without a name: only what may pass is waited for.
func (s *service) customers(ctx context.Context, messages []json.RawMessage) (map[string]customer, error) {
	var ids []string
	for _, raw := range messages {
		if m := read(raw); m.fromCustomer() && m.customer() != "" && !slices.Contains(ids, m.customer()) {
			ids = append(ids, m.customer())
		}
	}
	found := map[string]customer{}
	for some := range slices.Chunk(ids, nameSize) {
		var out struct {
			List []customer `json:"customer_list"`
		}
		err := s.api.Post(ctx, "/cgi-bin/kf/customer/batchget", nil, map[string]any{"external_userid_list": some, "need_enter_session_context": 1}, &out)
		if err != nil && (lead.IsTransient(err) || ctx.Err() != nil) {
			return nil, err
		}
		for _, c := range out.List {
			found[c.ID] = c
		}
	}
	return found, nil
}

// entry is the body of an event of customer service.
type entry struct {
	Message  json.RawMessage `json:"message"` // as it was listed
	Customer *customer       `json:"customer,omitempty"`
}

func (s *service) events(messages []json.RawMessage, customers map[string]customer) ([]connectors.Event, error) {
	out := make([]connectors.Event, len(messages))
	for i, raw := range messages {
		m := read(raw)
		e := entry{Message: raw}
		if c, ok := customers[m.customer()]; ok && m.fromCustomer() {
			e.Customer = &c
		}
		body, err := json.Marshal(e)
		if err != nil {
			return nil, lead.Invalid("bad_json", "a message of customer service cannot be kept", "report it with the hub's log")
		}
		id := "kf:" + string(m.ID)
		if m.ID == "" {
			sum := sha256.Sum256(raw)
			id = "kf:sha256:" + hex.EncodeToString(sum[:])
		}
		out[i] = connectors.Event{ID: id, Body: body, ContentType: "application/json"}
	}
	return out, nil
}

// message is an entry of msg_list.
type message struct {
	ID         vendorapi.Text `json:"msgid"`
	Account    string         `json:"open_kfid"`
	CustomerID string         `json:"external_userid"`
	SentAt     vendorapi.Text `json:"send_time"`
	Origin     vendorapi.Text `json:"origin"` // 3 the customer, 4 the system, 5 a colleague
	Type       string         `json:"msgtype"`
	Text       struct {
		Content string `json:"content"`
		MenuID  string `json:"menu_id"`
	} `json:"text"`
	Location struct {
		Latitude  vendorapi.Text `json:"latitude"`
		Longitude vendorapi.Text `json:"longitude"`
		Name      string         `json:"name"`
		Address   string         `json:"address"`
	} `json:"location"`
	Link struct {
		Title string `json:"title"`
		URL   string `json:"url"`
	} `json:"link"`
	MiniProgram struct {
		Title string `json:"title"`
		AppID string `json:"appid"`
		Path  string `json:"pagepath"`
	} `json:"miniprogram"`
	Card struct {
		UserID string `json:"userid"`
	} `json:"business_card"`
	Product struct {
		ID    vendorapi.Text `json:"product_id"`
		Title string         `json:"product_title"`
	} `json:"channels_shop_product"`
	Order struct {
		ID    vendorapi.Text `json:"order_id"`
		Title string         `json:"product_titles"`
	} `json:"channels_shop_order"`
	Image media `json:"image"`
	Voice media `json:"voice"`
	Video media `json:"video"`
	File  media `json:"file"`
	Event struct {
		Type       string `json:"event_type"`
		CustomerID string `json:"external_userid"`
		scene
	} `json:"event"`
}

type media struct {
	ID string `json:"media_id"`
}

// read reads what can be read of a message; Parse says what cannot.
func read(raw json.RawMessage) message {
	var m message
	_ = json.Unmarshal(raw, &m)
	return m
}

// customer is whom the message is of; an event names the customer inside.
func (m message) customer() string {
	if m.CustomerID != "" {
		return m.CustomerID
	}
	return m.Event.CustomerID
}

// fromCustomer reports whether the customer did something: wrote, or opened the conversation.
func (m message) fromCustomer() bool {
	return m.Origin == "3" && m.Type != "event" || m.Type == "event" && m.Event.Type == "enter_session"
}

// Parse reads a message.
func (s *service) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var e entry
	var m message
	err := json.Unmarshal(raw.Body, &e)
	if err == nil {
		err = json.Unmarshal(e.Message, &m)
	}
	switch {
	case err != nil:
		return nil, lead.Invalid("bad_json", "the message of customer service cannot be read", "look at what arrived; WeCom may have changed it")
	case m.Type == "" || m.Origin == "":
		return nil, lead.Invalid("bad_message", "msgtype or origin is missing", "look at what arrived; it is no message of customer service")
	case !m.fromCustomer():
		return nil, nil
	case m.customer() == "":
		return nil, lead.Invalid("bad_message", "external_userid is missing", "look at what arrived; it is no message of a customer")
	}
	d := s.person(s.id, m.customer())
	d.EventTime = string(m.SentAt)
	s.said(&d, m)
	if c := e.Customer; c != nil {
		s.unionID(&d, c.UnionID)
		d.Add(lead.FieldName, c.Nickname)
		if c.Entered != nil && m.Type != "event" {
			s.entered(&d, *c.Entered)
		}
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// said adds what the message says. Text is the customer's own words.
func (s *service) said(d *lead.Draft, m message) {
	s.add(d, "msg_type", "msg_type", m.Type)
	s.add(d, "open_kfid", "open_kfid", m.Account)
	if m.Type == "event" {
		s.add(d, "event", "event", m.Event.Type)
		s.entered(d, m.Event.scene)
	}
	if m.Text.Content != "" {
		d.Add(lead.FieldMessage, m.Text.Content)
		d.Chat = true
	}
	where := ""
	if m.Location.Latitude != "" && m.Location.Longitude != "" {
		where = string(m.Location.Latitude + "," + m.Location.Longitude)
	}
	s.add(d, "product_title", lead.FieldProduct, m.Product.Title)
	for _, n := range []struct{ name, value string }{
		{"menu_id", m.Text.MenuID}, {"location", where}, {"location_name", m.Location.Name}, {"location_address", m.Location.Address},
		{"link_title", m.Link.Title}, {"link_url", m.Link.URL}, {"mini_program", m.MiniProgram.AppID}, {"mini_program_title", m.MiniProgram.Title},
		{"page_path", m.MiniProgram.Path}, {"card_userid", m.Card.UserID}, {"product_id", string(m.Product.ID)}, {"order_id", string(m.Order.ID)},
		{"order_products", m.Order.Title}, {"media_id", m.Image.ID}, {"media_id", m.Voice.ID}, {"media_id", m.Video.ID}, {"media_id", m.File.ID},
	} {
		s.add(d, n.name, n.name, n.value)
	}
}

// entered adds by which link the customer came; the name of the link is the campaign.
func (s *service) entered(d *lead.Draft, from scene) {
	s.add(d, "scene", lead.FieldUTMCampaign, from.Scene)
	s.add(d, "scene_param", "scene_param", from.Param)
	s.add(d, "wechat_channels", "wechat_channels", from.Channels.Nickname)
}
