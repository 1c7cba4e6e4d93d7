package meta

import (
	"encoding/json"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// delivery is what Meta posts: one thing once it was cut, and with the leads that were fetched.
type delivery struct {
	Object connectors.Scalar          `json:"object"`
	Entry  []entry                    `json:"entry"`
	Leads  map[string]json.RawMessage `json:"leads,omitempty"` // by leadgen_id, as the Graph API answers
}

type entry struct {
	ID        connectors.Scalar `json:"id"` // of the page, the Instagram account, the WhatsApp Business account
	Time      connectors.Scalar `json:"time,omitempty"`
	Changes   []change          `json:"changes,omitempty"`
	Messaging []json.RawMessage `json:"messaging,omitempty"`
	Standby   []json.RawMessage `json:"standby,omitempty"` // while another app answers
}

type change struct {
	Field connectors.Scalar `json:"field"`
	Value json.RawMessage   `json:"value"`
}

// Values of delivery.Object.
const (
	objectPage      = "page"
	objectInstagram = "instagram"
	objectWhatsApp  = "whatsapp_business_account"
)

// conversation reports whether the value of a change is an entry of messaging: Instagram sends some so, and so does the test button of the
// app's console.
func (c change) conversation(object connectors.Scalar) bool {
	switch c.Field {
	case "messages", "messaging_postbacks", "messaging_referral", "messaging_referrals", "messaging_optins", "standby":
		return object == objectPage || object == objectInstagram
	}
	return false
}

// cut makes an event of every lead and message. Receipts (sent, delivered, read) say nothing of a lead, come three to a message, and are left
// out; what cannot be read stays whole, for Parse to say so.
func cut(body []byte) []connectors.Event {
	var d delivery
	if err := json.Unmarshal(body, &d); err != nil || d.Entry == nil {
		return []connectors.Event{{Body: body, ContentType: "application/json"}}
	}
	var out []connectors.Event
	add := func(id string, e entry) {
		b, err := json.Marshal(delivery{Object: d.Object, Entry: []entry{e}})
		if err != nil {
			b = body // never: it was decoded a moment ago
		}
		out = append(out, connectors.Event{ID: id, Body: b, ContentType: "application/json"})
	}
	for _, e := range d.Entry {
		for _, c := range e.Changes {
			for _, one := range c.cut(d.Object) {
				add(one.id, entry{ID: e.ID, Time: e.Time, Changes: []change{one.change}})
			}
		}
		for _, m := range e.Messaging {
			if id, ok := messagingID(m); ok {
				add(id, entry{ID: e.ID, Time: e.Time, Messaging: []json.RawMessage{m}})
			}
		}
		for _, m := range e.Standby {
			if id, ok := messagingID(m); ok {
				add(id, entry{ID: e.ID, Time: e.Time, Standby: []json.RawMessage{m}})
			}
		}
	}
	return out
}

// identified is a change with the id of its event.
type identified struct {
	change
	id string
}

func (c change) cut(object connectors.Scalar) []identified {
	switch {
	case c.Field == fieldLeadgen:
		return []identified{{c, string(leadgenOf(c).ID)}}
	case object == objectWhatsApp:
		return cutWhatsApp(c)
	case c.conversation(object):
		id, ok := messagingID(c.Value)
		if !ok {
			return nil
		}
		return []identified{{c, id}}
	}
	return []identified{{change: c}}
}

// Parse reads the drafts of a delivery: of every lead form, which is pending until it was fetched, and of everything that a person wrote or
// pressed. None for what the business wrote, for comments, and for every other field of the hook.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var d delivery
	if err := json.Unmarshal(raw.Body, &d); err != nil || d.Entry == nil {
		return nil, errShape
	}
	var out []lead.Draft
	for _, e := range d.Entry {
		for _, c := range e.Changes {
			drafts, err := s.change(d, e, c)
			if err != nil {
				return nil, err
			}
			out = append(out, drafts...)
		}
		for _, m := range append(append([]json.RawMessage(nil), e.Messaging...), e.Standby...) {
			drafts, err := s.messaging(d.Object, e, m)
			if err != nil {
				return nil, err
			}
			out = append(out, drafts...)
		}
	}
	for i := range out {
		s.mapper.AddDefaults(&out[i])
	}
	return out, nil
}

func (s *source) change(d delivery, e entry, c change) ([]lead.Draft, error) {
	switch {
	case c.Field == fieldLeadgen:
		return s.leadgen(d, c)
	case d.Object == objectWhatsApp:
		return s.whatsApp(e, c)
	case c.conversation(d.Object):
		return s.messaging(d.Object, e, c.Value)
	}
	return nil, nil
}

var errShape = connectors.BadJSON("a delivery of Meta's webhooks")
