package meta

import (
	"encoding/json"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// messaging is an entry of a conversation in Messenger or Instagram. developers.facebook.com/docs/messenger-platform/reference/webhook-events
type messaging struct {
	Sender    party             `json:"sender"`
	Recipient party             `json:"recipient"`
	Timestamp connectors.Scalar `json:"timestamp"` // milliseconds
	Message   *struct {
		ID         connectors.Scalar `json:"mid"`
		Text       connectors.Scalar `json:"text"`
		Echo       connectors.Scalar `json:"is_echo"`
		Deleted    connectors.Scalar `json:"is_deleted"`
		QuickReply struct {
			Payload connectors.Scalar `json:"payload"`
		} `json:"quick_reply"`
		Referral referral `json:"referral"`
	} `json:"message"`
	Postback *struct {
		ID       connectors.Scalar `json:"mid"`
		Title    connectors.Scalar `json:"title"`
		Payload  connectors.Scalar `json:"payload"`
		Referral referral          `json:"referral"`
	} `json:"postback"`
	Referral *referral `json:"referral"`
	OptIn    *struct {
		Ref    connectors.Scalar `json:"ref"`
		Status connectors.Scalar `json:"notification_messages_status"`
	} `json:"optin"`
	Read     json.RawMessage `json:"read"`
	Delivery json.RawMessage `json:"delivery"`
}

type party struct {
	ID connectors.Scalar `json:"id"`
}

// referral tells where the person came from: a link m.me/page?ref=…, or an ad.
type referral struct {
	Ref    connectors.Scalar `json:"ref"`
	Source connectors.Scalar `json:"source"`
	AdID   connectors.Scalar `json:"ad_id"`
	Ad     struct {
		Title connectors.Scalar `json:"ad_title"`
	} `json:"ads_context_data"`
}

// messagingID is the id of the event: of the message or the postback where it has one, else who and when. False for a receipt.
func messagingID(raw json.RawMessage) (string, bool) {
	var m messaging
	_ = json.Unmarshal(raw, &m) // of what cannot be read there is no id
	kind := ""
	switch {
	case m.Message != nil && m.Message.ID != "":
		if m.Message.Deleted == "true" { // it has the id of the message that it takes back
			return "deleted:" + string(m.Message.ID), true
		}
		return string(m.Message.ID), true
	case m.Postback != nil && m.Postback.ID != "":
		return string(m.Postback.ID), true
	case m.Message != nil:
		return "", true
	case m.Postback != nil:
		kind = "postback"
	case m.Referral != nil:
		kind = "referral"
	case m.OptIn != nil:
		kind = "optin"
	case m.Read != nil || m.Delivery != nil:
		return "", false
	}
	if kind == "" || m.Sender.ID == "" || m.Timestamp == "" {
		return "", true
	}
	return kind + ":" + string(m.Recipient.ID+":"+m.Sender.ID+":"+m.Timestamp), true
}

// messaging makes the draft of what a person wrote, pressed or followed.
func (s *source) messaging(object connectors.Scalar, e entry, raw json.RawMessage) ([]lead.Draft, error) {
	var m messaging
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, errShape
	}
	account := m.Recipient.ID
	if account == "" {
		account = e.ID
	}
	if m.Sender.ID == "" || m.Sender.ID == e.ID { // what the business wrote, from whichever of its tools
		return nil, nil
	}
	platform := "messenger/"
	if object == objectInstagram {
		platform = "instagram/"
	}
	d := lead.Draft{Chat: true, EventTime: string(m.Timestamp),
		Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: platform + string(account), Value: string(m.Sender.ID)}}}
	switch {
	case m.Message != nil:
		if m.Message.Echo == "true" || m.Message.Deleted == "true" {
			return nil, nil
		}
		d.Add(lead.FieldMessage, strings.TrimSpace(string(m.Message.Text)))
		d.Add("postback", string(m.Message.QuickReply.Payload))
		m.Message.Referral.add(&d)
	case m.Postback != nil:
		d.Add("postback", string(m.Postback.Payload))
		d.Add("postback_title", string(m.Postback.Title))
		m.Postback.Referral.add(&d)
	case m.OptIn != nil && m.OptIn.Status != "STOP_NOTIFICATIONS":
		d.Add(lead.FieldUTMCampaign, string(m.OptIn.Ref))
	case m.Referral != nil:
	default: // receipts, reactions, hand-overs, and what there will be
		return nil, nil
	}
	if m.Referral != nil {
		m.Referral.add(&d)
	}
	return []lead.Draft{d}, nil
}

func (r referral) add(d *lead.Draft) {
	d.Add(lead.FieldUTMCampaign, string(r.Ref))
	d.Add("referral_source", string(r.Source))
	d.Add("ad_id", string(r.AdID))
	d.Add("ad_title", string(r.Ad.Title))
}
