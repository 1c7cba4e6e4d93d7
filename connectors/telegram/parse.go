package telegram

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// update is an Update of the Bot API. https://core.telegram.org/bots/api#update
type update struct {
	Message               *message `json:"message"`
	EditedMessage         *message `json:"edited_message"`
	BusinessMessage       *message `json:"business_message"`
	EditedBusinessMessage *message `json:"edited_business_message"`
	CallbackQuery         *struct {
		From    user              `json:"from"`
		Message *message          `json:"message"` // the bot's own, that held the button
		Data    connectors.Scalar `json:"data"`
	} `json:"callback_query"`
}

type message struct {
	Date     connectors.Scalar `json:"date"`
	EditDate connectors.Scalar `json:"edit_date"`
	Chat     struct {
		ID   connectors.Scalar `json:"id"`
		Type connectors.Scalar `json:"type"`
	} `json:"chat"`
	From          user              `json:"from"`
	Text          connectors.Scalar `json:"text"`
	Caption       connectors.Scalar `json:"caption"`
	ForwardDate   connectors.Scalar `json:"forward_date"`
	ForwardOrigin json.RawMessage   `json:"forward_origin"`
	Contact       *struct {
		Phone     connectors.Scalar `json:"phone_number"`
		FirstName connectors.Scalar `json:"first_name"`
		LastName  connectors.Scalar `json:"last_name"`
		UserID    connectors.Scalar `json:"user_id"`
	} `json:"contact"`
	Location *struct {
		Latitude  connectors.Scalar `json:"latitude"`
		Longitude connectors.Scalar `json:"longitude"`
	} `json:"location"`
}

type user struct {
	ID        connectors.Scalar `json:"id"`
	IsBot     connectors.Scalar `json:"is_bot"`
	FirstName connectors.Scalar `json:"first_name"`
	LastName  connectors.Scalar `json:"last_name"`
	Username  connectors.Scalar `json:"username"`
	Language  connectors.Scalar `json:"language_code"`
}

// Parse reads the draft of what a person did in a private chat; none for groups, channels, the business' own messages and every other
// kind of update.
func (b *bot) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var u update
	if err := json.Unmarshal(raw.Body, &u); err != nil {
		return nil, connectors.BadJSON("an update of the Bot API")
	}
	var d lead.Draft
	switch {
	case u.Message != nil:
		return b.said(u.Message)
	case u.EditedMessage != nil:
		return b.said(u.EditedMessage)
	case u.BusinessMessage != nil:
		return b.said(u.BusinessMessage)
	case u.EditedBusinessMessage != nil:
		return b.said(u.EditedBusinessMessage)
	case u.CallbackQuery != nil && b.person(&d, u.CallbackQuery.From, u.CallbackQuery.Message):
		d.Add("postback", string(u.CallbackQuery.Data))
		b.mapper.AddDefaults(&d)
		return []lead.Draft{d}, nil
	}
	return nil, nil
}

func (b *bot) said(m *message) ([]lead.Draft, error) {
	var d lead.Draft
	if !b.person(&d, m.From, m) {
		return nil, nil
	}
	if d.EventTime = string(m.Date); m.EditDate != "" {
		d.EventTime = string(m.EditDate)
	}
	b.words(&d, m)
	b.contact(&d, m)
	if l := m.Location; l != nil && l.Latitude != "" {
		d.Add("location", string(l.Latitude+","+l.Longitude))
	}
	b.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// person fills in who it is; false when it is nobody's private chat, or not the customer who acts: the id of a private chat is the
// customer's, while a business message may be the owner's.
func (b *bot) person(d *lead.Draft, u user, m *message) bool {
	switch {
	case u.ID == "" || u.IsBot == "true":
		return false
	case m != nil && (m.Chat.Type != "private" || m.Chat.ID != u.ID):
		return false
	}
	d.Chat = true
	d.Identities = []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "telegram/" + b.id, Value: string(u.ID)}}
	d.Add(lead.FieldGivenName, strings.TrimSpace(string(u.FirstName)))
	d.Add(lead.FieldFamilyName, strings.TrimSpace(string(u.LastName)))
	d.Add(lead.FieldLanguage, string(u.Language))
	d.Add("telegram_username", string(u.Username))
	return true
}

// start is what the app sends when somebody opens t.me/<bot>?start=<payload>. https://core.telegram.org/bots/features#deep-linking
var start = regexp.MustCompile(`^/start(?:@[A-Za-z0-9_]+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*$`)

// words keeps what the person wrote as a message of the chat; what was forwarded is somebody else's.
func (b *bot) words(d *lead.Draft, m *message) {
	said := strings.TrimSpace(string(m.Text + m.Caption))
	if said == "" {
		return
	}
	if m.ForwardDate != "" || len(m.ForwardOrigin) > 0 && string(m.ForwardOrigin) != "null" {
		d.Add("forwarded", said)
		return
	}
	if link := start.FindStringSubmatch(said); link != nil {
		d.Add(lead.FieldUTMCampaign, link[1])
		return
	}
	d.Add(lead.FieldMessage, said)
}

// contact takes a phone as the person's only where Telegram says that the contact is the sender's own.
func (b *bot) contact(d *lead.Draft, m *message) {
	c := m.Contact
	if c == nil || c.Phone == "" {
		return
	}
	if c.UserID == "" || c.UserID != m.From.ID {
		d.Add("contact_of_another", strings.Join(strings.Fields(string(c.FirstName+" "+c.LastName+" "+c.Phone)), " "))
		return
	}
	phone := string(c.Phone)
	if phone[0] >= '1' && phone[0] <= '9' { // an account's number is international, with or without the plus
		phone = "+" + phone
	}
	d.Add(lead.FieldPhone, phone)
	d.Verified = []string{lead.FieldPhone}
}
