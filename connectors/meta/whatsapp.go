package meta

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// whatsApp is the value of a change of the field messages. developers.facebook.com/docs/whatsapp/cloud-api/webhooks
type whatsApp struct {
	Contacts []whatsAppContact `json:"contacts"`
	Messages []whatsAppMessage `json:"messages"`
}

type whatsAppContact struct {
	WaID    connectors.Scalar `json:"wa_id"`
	UserID  connectors.Scalar `json:"user_id"`
	Profile struct {
		Name     connectors.Scalar `json:"name"`
		Username connectors.Scalar `json:"username"`
	} `json:"profile"`
}

// contact is what is known of the sender of a message.
func (w whatsApp) contact(m whatsAppMessage) whatsAppContact {
	for _, c := range w.Contacts {
		if len(w.Contacts) == 1 || c.WaID != "" && c.WaID == m.From || c.UserID != "" && c.UserID == m.FromUserID {
			return c
		}
	}
	return whatsAppContact{}
}

// whatsAppMessage may come from a phone number, from a business-scoped user id (BSUID, "US.1349…") in the same place, or from such an id alone.
type whatsAppMessage struct {
	ID         connectors.Scalar `json:"id"`
	From       connectors.Scalar `json:"from"`
	FromUserID connectors.Scalar `json:"from_user_id"`
	GroupID    connectors.Scalar `json:"group_id"`
	Timestamp  connectors.Scalar `json:"timestamp"` // seconds
	Type       connectors.Scalar `json:"type"`
	Text       struct {
		Body connectors.Scalar `json:"body"`
	} `json:"text"`
	Image    caption `json:"image"`
	Video    caption `json:"video"`
	Document caption `json:"document"`
	Button   struct {
		Text    connectors.Scalar `json:"text"`
		Payload connectors.Scalar `json:"payload"`
	} `json:"button"`
	Interactive struct {
		Button option `json:"button_reply"`
		List   option `json:"list_reply"`
		Flow   struct {
			Answers connectors.Scalar `json:"response_json"`
		} `json:"nfm_reply"`
	} `json:"interactive"`
	Location struct {
		Name      connectors.Scalar `json:"name"`
		Address   connectors.Scalar `json:"address"`
		Latitude  connectors.Scalar `json:"latitude"`
		Longitude connectors.Scalar `json:"longitude"`
	} `json:"location"`
	Contacts []struct {
		Name struct {
			Formatted connectors.Scalar `json:"formatted_name"`
		} `json:"name"`
		Phones []struct {
			Phone connectors.Scalar `json:"phone"`
			WaID  connectors.Scalar `json:"wa_id"`
		} `json:"phones"`
	} `json:"contacts"`
	Order struct {
		Text  connectors.Scalar `json:"text"`
		Items []struct {
			Product connectors.Scalar `json:"product_retailer_id"`
		} `json:"product_items"`
	} `json:"order"`
	Context struct {
		Forwarded           connectors.Scalar `json:"forwarded"`
		FrequentlyForwarded connectors.Scalar `json:"frequently_forwarded"`
		Product             struct {
			ID connectors.Scalar `json:"product_retailer_id"`
		} `json:"referred_product"`
	} `json:"context"`
	Referral struct {
		SourceID   connectors.Scalar `json:"source_id"`
		SourceType connectors.Scalar `json:"source_type"`
		SourceURL  connectors.Scalar `json:"source_url"`
		Headline   connectors.Scalar `json:"headline"`
		ClickID    connectors.Scalar `json:"ctwa_clid"`
	} `json:"referral"`
}

type caption struct {
	Caption connectors.Scalar `json:"caption"`
}

type option struct {
	ID    connectors.Scalar `json:"id"`
	Title connectors.Scalar `json:"title"`
}

// cutWhatsApp makes one change of every message; a change with receipts alone is none.
func cutWhatsApp(c change) []identified {
	var value map[string]json.RawMessage
	var messages []json.RawMessage
	if err := json.Unmarshal(c.Value, &value); err != nil {
		return []identified{{change: c}}
	}
	_ = json.Unmarshal(value["messages"], &messages) // none
	if len(messages) == 0 {
		if value["statuses"] != nil {
			return nil
		}
		return []identified{{change: c}} // another field of the hook: a template, an account
	}
	var out []identified
	for _, m := range messages {
		one := maps.Clone(value)
		delete(one, "statuses")
		one["messages"], _ = json.Marshal([]json.RawMessage{m}) // decoded a moment ago
		v, err := json.Marshal(one)
		if err != nil {
			return []identified{{change: c}}
		}
		var known whatsAppMessage
		_ = json.Unmarshal(m, &known) // only for the id
		out = append(out, identified{change{c.Field, v}, string(known.ID)})
	}
	return out
}

// whatsApp makes the drafts of the messages that a change brings.
func (s *source) whatsApp(e entry, c change) ([]lead.Draft, error) {
	if c.Field != "messages" {
		return nil, nil
	}
	var w whatsApp
	if err := json.Unmarshal(c.Value, &w); err != nil {
		return nil, errShape
	}
	var out []lead.Draft
	for _, m := range w.Messages {
		switch m.Type {
		case "reaction", "system", "ephemeral":
			continue
		}
		d := lead.Draft{Chat: true, EventTime: string(m.Timestamp)}
		c := w.contact(m)
		if m.FromUserID == "" {
			m.FromUserID = c.UserID
		}
		if m.GroupID != "" || !m.person(&d, string(e.ID)) {
			continue
		}
		m.words(&d)
		s.flow(&d, m) // before the profile: what was asked for is better than a name to show
		d.Add(lead.FieldName, strings.TrimSpace(string(c.Profile.Name)))
		d.Add("whatsapp_username", string(c.Profile.Username))
		m.contacts(&d)
		m.origin(&d)
		out = append(out, d)
	}
	return out, nil
}

var phone = regexp.MustCompile(`^\+?[1-9][0-9]{5,14}$`)

// person fills in who it is: the phone number where there is one, proved by WhatsApp, and the business-scoped user id.
func (m whatsAppMessage) person(d *lead.Draft, account string) bool {
	from, id := string(m.From), string(m.FromUserID)
	if phone.MatchString(from) {
		d.Add(lead.FieldPhone, "+"+strings.TrimPrefix(from, "+"))
		d.Verified = []string{lead.FieldPhone}
	} else if id == "" {
		id = from
	}
	if id != "" {
		d.Identities = []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "whatsapp/" + account, Value: id}}
	}
	return from != "" || id != ""
}

// words keeps what the person wrote, and the words on the button that they pressed, which the chat shows as theirs.
func (m whatsAppMessage) words(d *lead.Draft) {
	field := lead.FieldMessage
	if m.Context.Forwarded == "true" || m.Context.FrequentlyForwarded == "true" {
		field = "forwarded" // somebody else's words
	}
	for _, said := range []connectors.Scalar{m.Text.Body, m.Image.Caption, m.Video.Caption, m.Document.Caption, m.Order.Text} {
		d.Add(field, strings.TrimSpace(string(said)))
	}
	for _, o := range []option{{m.Button.Payload, m.Button.Text}, m.Interactive.Button, m.Interactive.List} {
		d.Add("postback", string(o.ID))
		d.Add(lead.FieldMessage, strings.TrimSpace(string(o.Title)))
	}
	if l := m.Location; l.Latitude != "" {
		d.Add("location", strings.Join(strings.Fields(string(l.Name+" "+l.Address+" "+l.Latitude+","+l.Longitude)), " "))
	}
	for _, item := range m.Order.Items {
		d.Add(lead.FieldProduct, string(item.Product))
	}
	d.Add(lead.FieldProduct, string(m.Context.Product.ID))
}

// flow reads the answers of a WhatsApp Flow: a JSON object in a text, whose names are its author's.
func (s *source) flow(d *lead.Draft, m whatsAppMessage) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(m.Interactive.Flow.Answers), &fields); err != nil {
		return // none, or not an object: it stands in the event as it came
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == "flow_token" {
			continue
		}
		var one connectors.Scalar
		var many []connectors.Scalar
		_ = json.Unmarshal(fields[name], &one)  // "" for a list
		_ = json.Unmarshal(fields[name], &many) // none for a scalar
		for _, v := range append(many, one) {
			if v != "" {
				s.mapper.AddAnswer(d, string(v), name)
			}
		}
	}
	if len(d.Fields[lead.FieldPhone]) > 1 {
		d.Verified = nil // one of them was typed
	}
}

// contacts are cards that the person sent: their own where the number is theirs.
func (m whatsAppMessage) contacts(d *lead.Draft) {
	for _, c := range m.Contacts {
		for _, p := range c.Phones {
			if p.WaID != "" && p.WaID == m.From || p.Phone == "" {
				continue // the number is known already
			}
			d.Add("contact_of_another", strings.TrimSpace(string(c.Name.Formatted+" "+p.Phone)))
		}
	}
}

// origin is the ad or post that led to the chat; it comes with the first message alone.
func (m whatsAppMessage) origin(d *lead.Draft) {
	r := m.Referral
	if r.SourceType == "ad" {
		d.Add("ad_id", string(r.SourceID))
	} else {
		d.Add("post_id", string(r.SourceID))
	}
	d.Add("ad_title", string(r.Headline))
	d.Add("referral_url", string(r.SourceURL))
	d.Add("ctwa_clid", string(r.ClickID))
}
