package deliver

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadhub/leadhub/lead"
)

// Event is the body of a webhook: one or more notifications of one rep. webhook-id is the same whenever it is sent again.
type Event struct {
	Type      string    `json:"type"` // "notification"
	Timestamp time.Time `json:"timestamp"`
	Data      EventData `json:"data"`
}

// EventData is what a webhook tells.
type EventData struct {
	Rep           EventRep            `json:"rep"`
	Language      string              `json:"language"`
	Text          string              `json:"text"`          // all of it as people read it, for an SMS
	Count         int                 `json:"count"`         // of notifications
	Notifications []EventNotification `json:"notifications"` // the first thousand
}

// mostEvents is how many notifications a webhook carries.
const mostEvents = 1000

// EventRep is who is to be told.
type EventRep struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Team   string `json:"team,omitempty"`
	Mobile string `json:"mobile,omitempty"`
	Email  string `json:"email,omitempty"`
}

// EventNotification is one thing to be told. Name, phones and emails are full with DetailFull alone.
type EventNotification struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Why    string    `json:"why,omitempty"`
	Import string    `json:"import,omitempty"`
	Lead   EventLead `json:"lead"`
}

// EventLead is the lead it is about.
type EventLead struct {
	ID      string   `json:"id"`
	Number  string   `json:"number"`
	Name    string   `json:"name,omitempty"`
	Phones  []string `json:"phones,omitempty"`
	Emails  []string `json:"emails,omitempty"`
	Company string   `json:"company,omitempty"`
	Region  string   `json:"region,omitempty"`
	Source  string   `json:"source,omitempty"`
	Grade   string   `json:"grade,omitempty"`
	Score   int      `json:"score,omitempty"`
	URL     string   `json:"url,omitempty"`
}

func (p *poster) webhook(ctx context.Context, t *Target, setup *Setup, m *message) *Failure {
	now := p.now().UTC()
	rep := m.items[0].rep
	e := Event{Type: "notification", Timestamp: m.items[0].n.At, Data: EventData{Language: t.Language, Text: render(t, setup, m), Count: len(m.items),
		Rep: EventRep{Key: rep.Key, Name: rep.Name, Team: rep.Team, Mobile: rep.Notify.Mobile, Email: rep.Notify.Email}}}
	for _, it := range m.items[:min(len(m.items), mostEvents)] {
		e.Data.Notifications = append(e.Data.Notifications, event(t, setup, it))
	}
	body, err := json.Marshal(e)
	if err != nil {
		return failed(permanent, "not_written", "the message cannot be written", "report it")
	}
	sign, err := t.webhook.Sign(m.id, now, body)
	if err != nil {
		return failed(permanent, "not_signed", "the message cannot be signed", "enter the secret again")
	}
	_, f := p.post(ctx, t.URL, body, http.Header{
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookID):        {m.id},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookTimestamp): {strconv.FormatInt(now.Unix(), 10)},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookSignature): {sign},
	})
	return f
}

func event(t *Target, setup *Setup, it item) EventNotification {
	l := &it.lead
	out := EventNotification{ID: it.n.ID, Kind: it.n.Kind, At: it.n.At, Import: it.n.Import,
		Lead: EventLead{ID: l.ID, Number: l.Number, Source: setup.source(l), Grade: l.Grade, Score: l.Score, URL: setup.link(l)}}
	if t.Detail == lead.DetailMinimal {
		return out
	}
	why := setup.why(t, it.n)
	out.Why, out.Lead.Company, out.Lead.Region = masked(why), masked(l.Company), region(l)
	if t.Detail == lead.DetailFull {
		out.Why, out.Lead.Company = why, l.Company
		out.Lead.Name, out.Lead.Phones, out.Lead.Emails = l.Name, l.Phones, l.Emails
		return out
	}
	out.Lead.Name = surname(t.Language, l)
	for _, phone := range l.Phones {
		out.Lead.Phones = append(out.Lead.Phones, maskPhone(phone))
	}
	for _, mail := range l.Emails {
		out.Lead.Emails = append(out.Lead.Emails, maskEmail(mail))
	}
	return out
}
