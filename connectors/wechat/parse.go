package wechat

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// typeFollowed is the content type of a message to which Fetch has added the profile.
const typeFollowed = "application/json; of=message; with=profile"

// followed is the body of typeFollowed.
type followed struct {
	Message string  `json:"message"` // as it was pushed
	Profile profile `json:"profile"`
	Missing string  `json:"missing,omitempty"` // why there is no profile
}

// profile is the answer of cgi-bin/user/info. It has no nickname since 2021, and nothing but subscribe and openid of who does not follow.
type profile struct {
	UnionID        string           `json:"unionid"`
	Nickname       string           `json:"nickname"`
	Language       string           `json:"language"`
	Remark         string           `json:"remark"`
	SubscribeScene string           `json:"subscribe_scene"` // ADD_SCENE_QR_CODE …
	QRScene        vendorapi.Text   `json:"qr_scene"`
	QRSceneStr     string           `json:"qr_scene_str"`
	TagIDs         []vendorapi.Text `json:"tagid_list"`
}

// Parse reads a message, or a registration.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	switch raw.ContentType {
	case typeRegistration:
		return s.registrationOf(raw.Body, nil)
	case typeRegistered:
		var whole registered
		if err := json.Unmarshal(raw.Body, &whole); err != nil {
			return nil, errRegistration
		}
		return s.registrationOf(whole.Registration, &whole)
	case typeFollowed:
		var whole followed
		if err := json.Unmarshal(raw.Body, &whole); err != nil {
			return nil, lead.Invalid("bad_json", "the message and its profile cannot be read", "replay the event: its profile is asked for again")
		}
		return s.message([]byte(whole.Message), &whole)
	}
	return s.message(raw.Body, nil)
}

// message reads the draft of a message or an event.
func (s *source) message(body []byte, whole *followed) ([]lead.Draft, error) {
	v, err := wechatcrypt.Read(body)
	if err != nil {
		return nil, err
	}
	openID, kind, event := v.Get("FromUserName"), v.Get("MsgType"), v.Get("Event")
	switch {
	case v.Get("InfoType") != "": // a third-party platform's tickets and authorisations
		return nil, nil
	case openID == "" && v.Get("Encrypt") != "":
		return nil, lead.Invalid("encrypted", "the message is still encrypted", "only WeChat's pushes are decrypted; show the message as it is inside")
	case openID == "" || kind == "":
		return nil, lead.Invalid("bad_message", "FromUserName or MsgType is missing", "look at what arrived; it is no message of WeChat")
	case kind == "event" && !slices.ContainsFunc(s.events, func(e string) bool { return strings.EqualFold(e, event) }):
		return nil, nil
	case whole == nil && s.asks(v):
		return nil, connectors.Pending("the profile of the follower")
	}
	d := lead.Draft{EventTime: v.Get("CreateTime"), Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: s.appID, Value: openID}}}
	s.unionID(&d, v.Get("UnionId", "UnionID", "unionid"))
	s.add(&d, "msg_type", "msg_type", kind)
	if kind == "event" {
		s.event(&d, v, event)
	} else {
		s.said(&d, v)
	}
	if whole != nil {
		s.profile(&d, whole)
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// asks reports whether more can be known of a person than the push says.
func (s *source) asks(v wechatcrypt.Values) bool {
	return s.official && s.appSecret != "" && v.Get("UnionId", "UnionID", "unionid") == ""
}

// add puts a value where the mapping of the source sends its name, else into field.
func (s *source) add(d *lead.Draft, name, field, value string) {
	if s.mapper.Mapped(name) {
		s.mapper.Add(d, connectors.Pair{Name: name, Value: value})
		return
	}
	d.Add(field, value)
}

func (s *source) unionID(d *lead.Draft, value string) {
	if value != "" {
		d.Identities = append(d.Identities, lead.Identity{Kind: lead.IdentityUnionID, Scope: s.openPlatform, Value: value})
	}
}

// said adds what a message says. Content, and what WeChat heard in a voice message, are the person's own words; what an article or a place is called are not.
func (s *source) said(d *lead.Draft, v wechatcrypt.Values) {
	if text := v.Get("Content", "Recognition"); text != "" {
		d.Add(lead.FieldMessage, text)
		d.Chat = true
	}
	for _, f := range []struct{ from, name string }{
		{"MediaId", "media_id"}, {"PicUrl", "pic_url"}, {"bizmsgmenuid", "menu_id"}, {"Label", "location_label"},
		{"Title", "link_title"}, {"Description", "link_description"}, {"Url", "link_url"}, {"PagePath", "page_path"},
	} {
		s.add(d, f.name, f.name, v.Get(f.from))
	}
	if x, y := v.Get("Location_X"), v.Get("Location_Y"); x != "" && y != "" {
		s.add(d, "location", "location", x+","+y)
	}
}

// event adds what an event tells. The scene of a QR code is the campaign: "qrscene_…" when it made somebody follow, bare when a follower scanned it.
func (s *source) event(d *lead.Draft, v wechatcrypt.Values, event string) {
	s.add(d, "event", "event", event)
	key := v.Get("EventKey")
	switch {
	case strings.EqualFold(event, "subscribe"):
		if scene, ok := strings.CutPrefix(key, "qrscene_"); ok {
			s.add(d, "scene", lead.FieldUTMCampaign, scene)
		} else {
			s.add(d, "event_key", "event_key", key) // "last_trade_no_…" after a payment
		}
	case strings.EqualFold(event, "SCAN"):
		s.add(d, "scene", lead.FieldUTMCampaign, key)
	case strings.EqualFold(event, "VIEW"):
		s.add(d, "menu_url", "menu_url", key)
	default:
		s.add(d, "menu_key", "menu_key", key)
	}
	for _, f := range []struct{ from, name string }{
		{"ScanCodeInfo.ScanResult", "scan_result"}, {"SendLocationInfo.Label", "location_label"}, {"CardId", "card_id"}, {"OuterStr", "outer_str"},
		{"SessionFrom", "session_from"}, {"MenuId", "menu_id"},
	} {
		s.add(d, f.name, f.name, v.Get(f.from))
	}
}

func (s *source) profile(d *lead.Draft, whole *followed) {
	p := whole.Profile
	if !slices.ContainsFunc(d.Identities, func(id lead.Identity) bool { return id.Kind == lead.IdentityUnionID }) {
		s.unionID(d, p.UnionID)
	}
	d.Add(lead.FieldName, p.Nickname)
	d.Add(lead.FieldLanguage, p.Language)
	if scene := p.scene(); d.First(lead.FieldUTMCampaign) == "" && !s.mapper.Mapped("scene") {
		d.Add(lead.FieldUTMCampaign, scene)
	}
	s.add(d, "remark", "remark", p.Remark)
	s.add(d, "subscribe_scene", "subscribe_scene", p.SubscribeScene)
	for _, id := range p.TagIDs {
		s.add(d, "tag_id", "tag_id", string(id))
	}
	s.add(d, "profile_missing", "profile_missing", whole.Missing)
}

// scene is the one by which the person began to follow; 0 is none.
func (p profile) scene() string {
	if p.QRSceneStr != "" {
		return p.QRSceneStr
	}
	if p.QRScene == "0" {
		return ""
	}
	return string(p.QRScene)
}
