package wecom

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// typeDetailed is the content type of an event to which Fetch has added the details of the customer.
const typeDetailed = "application/json; of=event; with=details"

// detailed is the body of typeDetailed.
type detailed struct {
	Event   string          `json:"event"`             // as it was pushed
	Details json.RawMessage `json:"details,omitempty"` // as WeCom answered
	Missing string          `json:"missing,omitempty"` // why there are none
	read    details
}

// details is the answer of cgi-bin/externalcontact/get.
type details struct {
	Code     vendorapi.Text `json:"errcode"`
	Customer struct {
		Name         string         `json:"name"` // as in WeChat, or the real one of a colleague of another company
		Type         vendorapi.Text `json:"type"` // 1: of WeChat, 2: of WeCom
		UnionID      string         `json:"unionid"`
		Position     string         `json:"position"`
		CorpName     string         `json:"corp_name"`
		CorpFullName string         `json:"corp_full_name"`
	} `json:"external_contact"`
	Followers []follower `json:"follow_user"`
}

// follower is a colleague who has the customer, with what the colleague noted.
type follower struct {
	UserID      string           `json:"userid"`
	Remark      string           `json:"remark"`
	Description string           `json:"description"`
	CorpName    string           `json:"remark_corp_name"`
	Mobiles     []vendorapi.Text `json:"remark_mobiles"`
	State       string           `json:"state"`
	AddWay      vendorapi.Text   `json:"add_way"`
	OperUserID  string           `json:"oper_userid"`
	Tags        []struct {
		Name string `json:"tag_name"`
	} `json:"tags"`
	Channels struct {
		Nickname string `json:"nickname"`
	} `json:"wechat_channels"`
}

func readDetailed(body []byte) (detailed, error) {
	var whole detailed
	err := json.Unmarshal(body, &whole)
	if err == nil && whole.Details != nil {
		err = json.Unmarshal(whole.Details, &whole.read)
	}
	if err != nil {
		return whole, lead.Invalid("bad_json", "the event and the details of its customer cannot be read", "replay the event: the details are asked for again")
	}
	return whole, nil
}

// gone are answers to a question for somebody who is no customer any more: the lead goes on without details.
var gone = []string{"84061", "40096"}

// Fetch asks for the details of the customer of an event.
func (s *callback) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	v, err := wechatcrypt.Read(thin.Body)
	if err != nil {
		return connectors.Event{}, err
	}
	whole := detailed{Event: string(thin.Body)}
	api := *s.api
	api.Codes.OK = append([]string{"", "0"}, gone...)
	if err := api.Get(ctx, "/cgi-bin/externalcontact/get", url.Values{"external_userid": {v.Get("ExternalUserID")}}, &whole.Details); err != nil {
		return connectors.Event{}, err
	}
	if err := json.Unmarshal(whole.Details, &whole.read); err != nil {
		return connectors.Event{}, &lead.Error{Kind: lead.KindInvalid, Code: "vendor_answer", Message: "the details that WeCom answered cannot be read",
			Hint: "look at what WeCom's documentation of externalcontact/get says now", Err: err}
	}
	if slices.Contains(gone, string(whole.read.Code)) {
		whole.Details, whole.Missing = nil, "WeCom has no details: the customer is of nobody any more (code "+string(whole.read.Code)+")"
	}
	body, err := json.Marshal(whole)
	return connectors.Event{ID: thin.EventID, Body: body, ContentType: typeDetailed}, err
}

// describe adds the details. Of what colleagues noted, phones and companies of all count; the rest is of the one whom the event is about.
func (s *callback) describe(d *lead.Draft, whole *detailed, colleague string) {
	s.add(d, "details_missing", "details_missing", whole.Missing)
	c := whole.read.Customer
	s.unionID(d, c.UnionID)
	d.Add(lead.FieldName, c.Name)
	d.Add(lead.FieldTitle, c.Position)
	company := c.CorpFullName
	if company == "" {
		company = c.CorpName
	}
	d.Add(lead.FieldCompany, company)
	s.add(d, "contact_type", "contact_type", string(c.Type))
	followers := whole.read.Followers
	at := max(slices.IndexFunc(followers, func(f follower) bool { return f.UserID == colleague }), 0)
	for i, f := range followers {
		for _, mobile := range f.Mobiles {
			if !slices.Contains(d.Fields[lead.FieldPhone], string(mobile)) {
				d.Add(lead.FieldPhone, string(mobile))
			}
		}
		if d.First(lead.FieldCompany) == "" {
			d.Add(lead.FieldCompany, f.CorpName)
		}
		if i == at {
			s.noted(d, f)
		}
	}
}

func (s *callback) noted(d *lead.Draft, f follower) {
	if d.First(lead.FieldUTMCampaign) == "" && !s.mapper.Mapped("state") {
		d.Add(lead.FieldUTMCampaign, f.State)
	}
	for _, tag := range f.Tags {
		d.Add(lead.FieldTag, tag.Name)
	}
	for _, n := range []struct{ name, value string }{
		{"remark", f.Remark}, {"description", f.Description}, {"add_way", string(f.AddWay)}, {"oper_userid", f.OperUserID}, {"wechat_channels", f.Channels.Nickname},
	} {
		s.add(d, n.name, n.name, n.value)
	}
}
