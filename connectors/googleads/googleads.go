// Package googleads receives the lead forms of Google Ads: Search, YouTube, Discovery, Performance Max, Display & Video 360.
package googleads

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel googleads.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "googleads",
		Title:       connectors.Text{EN: "Google Ads lead forms", ZH: "谷歌广告潜在客户表单"},
		Description: connectors.Text{EN: "Lead form assets of Google Ads, delivered by their webhook.", ZH: "Google Ads 潜在客户表单，通过 webhook 推送。"},
		Docs:        "https://developers.google.com/google-ads/webhook/docs/implementation",
		Push:        true,
		Settings: []connectors.Field{{
			Name: "google_keys", Type: connectors.TypeList, Required: true, Secret: true,
			Help: connectors.Text{EN: "The key that was typed into the lead form beside the webhook's address; all are valid, for several forms or to change it.",
				ZH: "在潜在客户表单中与 webhook 网址一同填写的密钥；可同时有效多个，用于多个表单或更换密钥。"},
		}},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}},
		Authenticity: connectors.Text{EN: "a key in the body, no signature", ZH: "请求体中的密钥，无签名"},
		Delivery:     connectors.Text{EN: "tried again after 5xx; no times are published", ZH: "5xx 后重试；未公布时间"},
		Dedup:        connectors.Text{EN: "`lead_id`", ZH: "`lead_id`"},
		Sure:         connectors.SureVerified,
		Tested:       []string{connectors.TestedCases},
	}
}

// Open makes a source of its settings. It never touches the network.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	verifier, err := connectors.Signature{Algorithm: connectors.PlainToken, At: "body:google_key"}.Open(set.List("google_keys"), set.Now)
	if err != nil {
		return nil, err
	}
	return &source{verifier: verifier, mapper: connectors.NewMapper(set)}, nil
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
}

// webhookLead is WebhookLead of the vendor's page. Its numbers are int64; the console's "send test data" has written them as texts and left
// out user_column_data (github.com/formtools/core issue 643). lead_source is in no schema, but arrives.
type webhookLead struct {
	LeadID     connectors.Scalar `json:"lead_id"`
	IsTest     connectors.Scalar `json:"is_test"`
	ClickID    connectors.Scalar `json:"gcl_id"`
	SubmitTime connectors.Scalar `json:"lead_submit_time"`
	Columns    []struct {
		ID    connectors.Scalar `json:"column_id"`
		Name  connectors.Scalar `json:"column_name"`
		Value connectors.Scalar `json:"string_value"`
	} `json:"user_column_data"`

	FormID       connectors.Scalar `json:"form_id"`
	CampaignID   connectors.Scalar `json:"campaign_id"`
	AdGroupID    connectors.Scalar `json:"adgroup_id"`
	CreativeID   connectors.Scalar `json:"creative_id"`
	AssetGroupID connectors.Scalar `json:"asset_group_id"`
	Stage        connectors.Scalar `json:"lead_stage"`
	Source       connectors.Scalar `json:"lead_source"`
}

// Receive compares the key and hands over the bytes. The vendor's page asks for 200 and an empty object.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	var l struct {
		LeadID connectors.Scalar `json:"lead_id"`
	}
	_ = json.Unmarshal(body, &l) // only for the id: what cannot be read is stored all the same, and rejected by Parse
	return connectors.Delivery{
		Events: []connectors.Event{{ID: string(l.LeadID), Body: body, ContentType: "application/json"}},
		Reply:  connectors.JSONReply(struct{}{}),
	}, nil
}

// Parse reads the draft; none when the form brought no answer, as old test data does.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var l webhookLead
	if err := json.Unmarshal(raw.Body, &l); err != nil {
		return nil, connectors.BadJSON("a lead of a Google Ads form")
	}
	d := lead.Draft{Test: l.IsTest == "true" || l.IsTest == "1"}
	for _, c := range l.Columns {
		if value := strings.TrimSpace(string(c.Value)); value != "" {
			s.mapper.AddAnswer(&d, value, string(c.ID), string(c.Name))
		}
	}
	if len(d.Fields) == 0 {
		return nil, nil
	}
	if l.SubmitTime != "" {
		d.EventTime = string(l.SubmitTime)
	}
	d.Add("gclid", string(l.ClickID))
	d.Add("form_id", string(l.FormID))
	d.Add("campaign_id", string(l.CampaignID))
	d.Add("adgroup_id", string(l.AdGroupID))
	d.Add("creative_id", string(l.CreativeID))
	d.Add("asset_group_id", string(l.AssetGroupID))
	d.Add("lead_stage", string(l.Stage))
	d.Add("lead_source", string(l.Source))
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}
