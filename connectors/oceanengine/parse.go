package oceanengine

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// advertPreview is the clue_source of somebody who tried an ad out.
const advertPreview = "4"

// known are members of a lead and the fields they are, in the words of the open platform and of Feiyu.
var known = map[string]string{
	"name": lead.FieldName, "telephone": lead.FieldPhone, "telphone": lead.FieldPhone, "weixin": lead.FieldWechat, "qq": lead.FieldQQ, "email": lead.FieldEmail,
	"province_name": lead.FieldProvince, "city_name": lead.FieldCity, "country_name": lead.FieldDistrict, // the district, whatever its name
	"address": lead.FieldAddress, "remark": lead.FieldMessage,
	"external_url": lead.FieldPage, "app_name": lead.FieldUTMSource, "appname": lead.FieldUTMSource,
	"promotion_name": lead.FieldUTMCampaign, "ad_name": lead.FieldUTMCampaign, "ad_plan_name": lead.FieldUTMCampaign,
	"promotion_id": lead.FieldUTMID, "ad_id": lead.FieldUTMID, "ad_plan_id": lead.FieldUTMID,
	"creative_id": lead.FieldUTMContent, "cid": lead.FieldUTMContent,
}

// isEmpty reports whether a value stands for nothing. clue_type and clue_source count from 0.
func isEmpty(p connectors.Pair) bool {
	switch strings.TrimSpace(p.Value) {
	case "", "-", "未命名":
		return true
	case "0":
		return p.Name != "clue_type" && p.Name != "clue_source"
	}
	return false
}

// Parse reads the draft out of a lead, or out of a pushed message that carries one; other messages have none.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	doc, err := connectors.Document(raw.Body)
	if err != nil {
		return nil, err
	}
	clue := clueOf(doc)
	switch {
	case !clue.Exists():
		return nil, lead.Invalid("bad_data", "the data of this message is not valid JSON", "look at what arrived; ask the vendor what changed, then replay this one")
	case connectors.FirstScalar(clue, "clue_id") != "":
	case connectors.FirstScalar(doc, "message_id", "service_label") != "":
		return nil, nil
	default:
		return nil, lead.Invalid("bad_clue", "this is neither a lead nor a message of OceanEngine: clue_id is missing", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	pairs, ok := connectors.Flatten(clue)
	if !ok {
		return nil, lead.Invalid("too_many_fields", "the lead has more than 1000 values", "look at what arrived")
	}
	var d lead.Draft
	for _, p := range pairs {
		s.add(&d, p)
	}
	if place := connectors.FirstScalar(clue, "location"); d.First(lead.FieldProvince) == "" && d.First(lead.FieldCity) == "" {
		if province, city, ok := strings.Cut(place, "+"); ok { // "江苏+镇江"
			d.Add(lead.FieldProvince, province)
			d.Add(lead.FieldCity, city)
		}
	}
	if d.EventTime == "" {
		d.EventTime = connectors.ChinaTime(connectors.FirstScalar(clue, "create_time_detail", "create_time"))
	}
	d.Test = connectors.FirstScalar(clue, "clue_source") == advertPreview
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// add puts one member where it belongs: what the advertiser asked for in a form has the advertiser's own names.
func (s *source) add(d *lead.Draft, p connectors.Pair) {
	field, isKnown := known[p.Name]
	label, asked := strings.CutPrefix(p.Name, "remark_dict.")
	switch {
	case isEmpty(p):
	case s.mapper.Mapped(p.Name):
		s.mapper.Add(d, p)
	case connectors.Masked(p.Value) && (isKnown || asked): // to be seen, never to be dialled
		d.Add(p.Name+"_masked", p.Value)
	case asked:
		s.mapper.Add(d, connectors.Pair{Name: label, Value: p.Value})
	case isKnown:
		if d.First(field) == "" || field == lead.FieldPhone || field == lead.FieldMessage {
			d.Add(field, p.Value)
		} else {
			d.Add(p.Name, p.Value)
		}
	default:
		s.mapper.Keep(d, p)
	}
}

// clueOf is the lead itself: doc, or what a pushed message holds as the text of a JSON object. It does not exist when that is none.
func clueOf(doc gjson.Result) gjson.Result {
	data := doc.Get("data")
	if connectors.FirstScalar(doc, "message_id") == "" || data.Type == gjson.Null || data.String() == "" {
		return doc
	}
	return connectors.Inner(data)
}
