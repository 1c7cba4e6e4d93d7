// Package line receives what people do in a chat with a LINE official account.
package line

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel line.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "line",
		Title:       connectors.Text{EN: "LINE official account", ZH: "LINE 官方账号"},
		Description: connectors.Text{EN: "People who follow or write to a LINE official account.", ZH: "关注 LINE 官方账号或与其对话的用户。"},
		Docs:        "https://developers.line.biz/en/docs/messaging-api/receiving-messages/",
		Push:        true,
		Settings: []connectors.Field{
			{Name: "channel_secrets", Type: connectors.TypeList, Required: true, Secret: true,
				Help: connectors.Text{EN: "Channel secret of the Messaging API channel; all are valid, while a new one is issued.", ZH: "Messaging API 频道的 Channel secret；可同时有效多个，便于更换。"}},
			{Name: "channel_access_token", Secret: true,
				Help: connectors.Text{EN: "Channel access token. With it the name that a person shows is asked for; without it leads come with the user id alone.",
					ZH: "频道访问令牌。填写后会查询用户的显示名称；不填写时线索只有用户编号。"}},
			{Name: "api_url", Default: "https://api.line.me",
				Help: connectors.Text{EN: "Address of the Messaging API.", ZH: "Messaging API 的地址。"}},
		},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityOpenID, Unique: true}},
		Authenticity: connectors.Text{EN: "HMAC-SHA256 over the body", ZH: "对请求体的 HMAC-SHA256 签名"},
		Delivery:     connectors.Text{EN: "once; again only where redelivery is switched on", ZH: "一次；开启重新投递后才会重试"},
		Dedup:        connectors.Text{EN: "`webhookEventId`", ZH: "`webhookEventId`"},
		Sure:         connectors.SureVerified,
		Tested:       []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake},
	}
}

// Open makes a source of its settings. It never touches the network.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	// developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
	verifier, err := connectors.Signature{Algorithm: "hmac-sha256", Encoding: connectors.EncodingBase64,
		At: "header:X-Line-Signature", Signed: "{body}"}.Open(set.List("channel_secrets"), set.Now)
	if err != nil {
		return nil, err
	}
	s := &source{verifier: verifier, mapper: connectors.NewMapper(set)}
	if token := strings.TrimSpace(set.String("channel_access_token")); token != "" {
		s.auth = http.Header{"Authorization": {"Bearer " + token}}
		s.api = &vendorapi.API{Vendor: "LINE", Base: strings.TrimRight(set.String("api_url"), "/"), Client: set.Client,
			Secrets: []string{token}, Codes: vendorapi.Codes{Message: "message"}}
	}
	return s, nil
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
	api      *vendorapi.API // nil: names are not asked for
	auth     http.Header
}

// Receive verifies the request and hands over each of its events by itself. A list without events is LINE's test of the address.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	return connectors.Delivery{Events: cut(body), Reply: connectors.Reply{Status: http.StatusOK}}, nil
}

// callback is the body: LINE's, with one event once it was cut, and with the profiles that were fetched.
type callback struct {
	Destination connectors.Scalar          `json:"destination"`
	Events      []json.RawMessage          `json:"events"`
	Profiles    map[string]json.RawMessage `json:"profiles,omitempty"`
}

// cut makes an event of every entry; what cannot be read stays whole, for Parse to say so.
func cut(body []byte) []connectors.Event {
	var c callback
	if err := json.Unmarshal(body, &c); err != nil || c.Events == nil {
		return []connectors.Event{{Body: body, ContentType: "application/json"}}
	}
	out := make([]connectors.Event, 0, len(c.Events))
	for _, raw := range c.Events {
		one := callback{Destination: c.Destination, Events: []json.RawMessage{raw}}
		b, err := json.Marshal(one)
		if err != nil {
			b = body // never: it was decoded a moment ago
		}
		out = append(out, connectors.Event{ID: eventID(raw), Body: b, ContentType: "application/json"})
	}
	return out
}

func eventID(raw json.RawMessage) string {
	var e event
	_ = json.Unmarshal(raw, &e) // only for the id
	if e.ID == "" && e.Message.ID != "" {
		return "message:" + string(e.Message.ID)
	}
	return string(e.ID)
}

// Fetch adds the profile of the person. One whose profile cannot be had, as they blocked the account, goes on without.
func (s *source) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	var c callback
	if err := json.Unmarshal(thin.Body, &c); err != nil || s.api == nil {
		return connectors.Event{}, errShape
	}
	profiles := maps.Clone(c.Profiles)
	if profiles == nil {
		profiles = map[string]json.RawMessage{}
	}
	for _, raw := range c.Events {
		var e event
		_ = json.Unmarshal(raw, &e) // of what cannot be read there is no user
		id := string(e.Source.UserID)
		if _, ok := profiles[id]; ok || !e.leads() {
			continue
		}
		var profile json.RawMessage
		err := s.api.Do(ctx, vendorapi.Call{Path: "/v2/bot/profile/" + url.PathEscape(id), Header: s.auth}, &profile)
		if vendorapi.IsGone(err) {
			profile, err = json.RawMessage(`{}`), nil
		}
		if err != nil {
			return connectors.Event{}, err
		}
		profiles[id] = profile
	}
	c.Profiles = profiles
	body, err := json.Marshal(c)
	if err != nil {
		return connectors.Event{}, errShape
	}
	return connectors.Event{ID: thin.EventID, Body: body, ContentType: "application/json"}, nil
}
