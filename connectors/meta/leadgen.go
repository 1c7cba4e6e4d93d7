package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

const fieldLeadgen = "leadgen"

// leadFields are asked for of a lead. developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
const leadFields = "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,field_data,custom_disclaimer_responses"

// leadgen is the value of a change of the field leadgen: it names a lead and says nothing of it.
type leadgen struct {
	ID     connectors.Scalar `json:"leadgen_id"`
	PageID connectors.Scalar `json:"page_id"`
	FormID connectors.Scalar `json:"form_id"`
}

func leadgenOf(c change) (l leadgen) {
	_ = json.Unmarshal(c.Value, &l) // what cannot be read has no id, which Parse says
	return l
}

// answers is a lead of the Graph API.
type answers struct {
	CreatedTime connectors.Scalar `json:"created_time"`
	FieldData   []struct {
		Name   connectors.Scalar   `json:"name"`
		Values []connectors.Scalar `json:"values"`
	} `json:"field_data"`
	Disclaimers []struct {
		Key     connectors.Scalar `json:"checkbox_key"`
		Checked connectors.Scalar `json:"is_checked"`
	} `json:"custom_disclaimer_responses"`
	FormID       connectors.Scalar `json:"form_id"`
	AdID         connectors.Scalar `json:"ad_id"`
	AdName       connectors.Scalar `json:"ad_name"`
	AdSetID      connectors.Scalar `json:"adset_id"`
	AdSetName    connectors.Scalar `json:"adset_name"`
	CampaignID   connectors.Scalar `json:"campaign_id"`
	CampaignName connectors.Scalar `json:"campaign_name"`
	Platform     connectors.Scalar `json:"platform"`
	Organic      connectors.Scalar `json:"is_organic"`
}

// testValue begins the values of the vendor's Lead Ads Testing Tool, which marks its leads in no other way.
const testValue = "<test lead:"

// leadgen makes the draft of a lead that was fetched.
func (s *source) leadgen(in delivery, c change) ([]lead.Draft, error) {
	l := leadgenOf(c)
	if l.ID == "" {
		return nil, errShape
	}
	fetched, ok := in.Leads[string(l.ID)]
	if !ok {
		return nil, connectors.Pending("the answers of the form")
	}
	var a answers
	if err := json.Unmarshal(fetched, &a); err != nil {
		return nil, errShape
	}
	var d lead.Draft
	for _, f := range a.FieldData {
		for _, v := range f.Values {
			if value := strings.TrimSpace(string(v)); value != "" {
				d.Test = d.Test || strings.HasPrefix(value, testValue)
				s.mapper.AddAnswer(&d, value, string(f.Name))
			}
		}
	}
	for _, box := range a.Disclaimers {
		if box.Key == "" {
			continue
		}
		ticked := "no"
		if box.Checked == "1" || box.Checked == "true" {
			ticked = "yes"
		}
		d.Add(lead.FieldConsent, ticked)
		d.Add(lead.FieldConsentPurpose, string(box.Key))
	}
	if a.CreatedTime != "" {
		d.EventTime = string(a.CreatedTime)
	}
	form := a.FormID
	if form == "" {
		form = l.FormID
	}
	for _, p := range []struct {
		name  string
		value connectors.Scalar
	}{{"page_id", l.PageID}, {"form_id", form}, {"campaign_id", a.CampaignID}, {"campaign_name", a.CampaignName}, {"adset_id", a.AdSetID},
		{"adset_name", a.AdSetName}, {"ad_id", a.AdID}, {"ad_name", a.AdName}, {"platform", a.Platform}, {"is_organic", a.Organic}} {
		d.Add(p.name, string(p.value))
	}
	return []lead.Draft{d}, nil
}

// Fetch asks for the answers of every lead that the delivery names.
func (s *source) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	var d delivery
	if err := json.Unmarshal(thin.Body, &d); err != nil {
		return connectors.Event{}, errShape
	}
	leads := maps.Clone(d.Leads)
	if leads == nil {
		leads = map[string]json.RawMessage{}
	}
	for _, e := range d.Entry {
		for _, c := range e.Changes {
			l := leadgenOf(c)
			if _, ok := leads[string(l.ID)]; ok || c.Field != fieldLeadgen {
				continue
			}
			page := string(l.PageID)
			if page == "" {
				page = string(e.ID)
			}
			answer, err := s.lead(ctx, page, string(l.ID))
			if err != nil {
				return connectors.Event{}, err
			}
			leads[string(l.ID)] = answer
		}
	}
	d.Leads = leads
	body, err := json.Marshal(d)
	if err != nil {
		return connectors.Event{}, errShape
	}
	return connectors.Event{ID: thin.EventID, Body: body, ContentType: "application/json"}, nil
}

func (s *source) lead(ctx context.Context, page, id string) (answer json.RawMessage, err error) {
	if !graphID.MatchString(id) {
		return nil, errShape
	}
	if s.token(page) == "" {
		return nil, lead.Invalid("no_page_token", "there is no access token for the page of this lead",
			"add the page's token to page_tokens of the source, then replay the rejection")
	}
	err = s.api.Get(ctx, "/"+s.version+"/"+id, s.query(page, url.Values{"fields": {leadFields}}), &answer)
	return answer, err
}

// asked is a source whose lead forms are asked as well.
type asked struct {
	*source
	forms []string // page id, colon, form id
	now   func() time.Time
}

// Poll asks one form after the other for its leads, newest first as the vendor lists them.
func (s *asked) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	return connectors.Window{Overlap: time.Hour}.Poll(ctx, cursor, s.now(), s.ask)
}

func (s *asked) ask(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
	part, after := span.Part(s.forms)
	page, form, _ := strings.Cut(part, ":")
	query := s.query(page, url.Values{"fields": {leadFields}, "limit": {"100"},
		"filtering": {fmt.Sprintf(`[{"field":"time_created","operator":"GREATER_THAN","value":%d}]`, span.From.Unix()-1)}})
	if after != "" {
		query.Set("after", after)
	}
	var list struct {
		Data   []json.RawMessage `json:"data"`
		Paging struct {
			Next    connectors.Scalar `json:"next"` // an address with the token in it: only that it is there counts
			Cursors struct {
				After connectors.Scalar `json:"after"`
			} `json:"cursors"`
		} `json:"paging"`
	}
	if err := s.api.Get(ctx, "/"+s.version+"/"+form+"/leads", query, &list); err != nil {
		return nil, "", err
	}
	var events []connectors.Event
	for _, item := range list.Data {
		var l struct {
			ID connectors.Scalar `json:"id"`
		}
		if err := json.Unmarshal(item, &l); err != nil || l.ID == "" {
			continue // no lead is without
		}
		e, err := fetchedEvent(page, form, string(l.ID), item)
		if err != nil {
			return nil, "", err
		}
		events = append(events, e)
	}
	next := ""
	if list.Paging.Next != "" {
		next = string(list.Paging.Cursors.After)
	}
	return events, connectors.NextPart(s.forms, part, next), nil
}

// fetchedEvent is what a push of the same lead is after it was fetched.
func fetchedEvent(page, form, id string, item json.RawMessage) (connectors.Event, error) {
	value, err := json.Marshal(leadgen{ID: connectors.Scalar(id), PageID: connectors.Scalar(page), FormID: connectors.Scalar(form)})
	if err != nil {
		return connectors.Event{}, err
	}
	body, err := json.Marshal(delivery{Object: objectPage, Leads: map[string]json.RawMessage{id: item},
		Entry: []entry{{ID: connectors.Scalar(page), Changes: []change{{Field: fieldLeadgen, Value: value}}}}})
	return connectors.Event{ID: id, Body: body, ContentType: "application/json"}, err
}
