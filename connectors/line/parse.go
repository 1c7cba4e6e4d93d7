package line

import (
	"encoding/json"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var errShape = connectors.BadJSON("a callback of LINE")

// event is an Event of github.com/line/line-openapi webhook.yml.
type event struct {
	Type      connectors.Scalar `json:"type"`
	Timestamp connectors.Scalar `json:"timestamp"` // milliseconds
	ID        connectors.Scalar `json:"webhookEventId"`
	Source    struct {
		Type   connectors.Scalar `json:"type"`
		UserID connectors.Scalar `json:"userId"`
	} `json:"source"`
	Message struct {
		ID        connectors.Scalar `json:"id"`
		Type      connectors.Scalar `json:"type"`
		Text      connectors.Scalar `json:"text"`
		Title     connectors.Scalar `json:"title"`
		Address   connectors.Scalar `json:"address"`
		Latitude  connectors.Scalar `json:"latitude"`
		Longitude connectors.Scalar `json:"longitude"`
	} `json:"message"`
	Postback struct {
		Data   connectors.Scalar            `json:"data"`
		Params map[string]connectors.Scalar `json:"params"`
	} `json:"postback"`
}

// leads reports whether the event shows a person in a chat of their own with the account.
func (e event) leads() bool {
	if e.Source.Type != "user" || e.Source.UserID == "" {
		return false
	}
	return e.Type == "message" || e.Type == "follow" || e.Type == "postback"
}

// Parse reads the drafts of a callback: one for each message, follow and postback of a person; none for groups, unfollow and the rest.
// It is pending where the person's name is to be asked for.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var c callback
	if err := json.Unmarshal(raw.Body, &c); err != nil || c.Events == nil {
		return nil, errShape
	}
	var out []lead.Draft
	for _, r := range c.Events {
		var e event
		if err := json.Unmarshal(r, &e); err != nil {
			return nil, errShape
		}
		if !e.leads() {
			continue
		}
		profile, known := c.Profiles[string(e.Source.UserID)]
		if s.api != nil && !known {
			return nil, connectors.Pending("the name of the person")
		}
		out = append(out, s.draft(string(c.Destination), e, profile))
	}
	return out, nil
}

func (s *source) draft(account string, e event, profile json.RawMessage) lead.Draft {
	d := lead.Draft{Chat: true, EventTime: string(e.Timestamp), Identities: []lead.Identity{{
		Kind: lead.IdentityOpenID, Scope: strings.TrimSuffix("line/"+account, "/"), Value: string(e.Source.UserID)}}}
	var p struct {
		Name     connectors.Scalar `json:"displayName"`
		Language connectors.Scalar `json:"language"`
	}
	_ = json.Unmarshal(profile, &p) // without one there is no name
	d.Add(lead.FieldName, strings.TrimSpace(string(p.Name)))
	d.Add(lead.FieldLanguage, string(p.Language))
	switch e.Type {
	case "message":
		if m := e.Message; m.Type == "text" {
			d.Add(lead.FieldMessage, strings.TrimSpace(string(m.Text)))
		} else if m.Type == "location" {
			d.Add("location", strings.Join(strings.Fields(string(m.Title+" "+m.Address+" "+m.Latitude+","+m.Longitude)), " "))
		}
	case "postback":
		d.Add("postback", string(e.Postback.Data))
		for _, name := range []string{"date", "time", "datetime"} { // what was picked
			d.Add("postback_"+name, string(e.Postback.Params[name]))
		}
	case "follow":
		d.Add("event", "follow")
	}
	s.mapper.AddDefaults(&d)
	return d
}
