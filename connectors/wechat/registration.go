package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// Content types of a registration, as it was posted and with what WeChat gave for its codes.
const (
	typeRegistration = "application/json; of=registration"
	typeRegistered   = "application/json; of=registration; with=wechat"
)

// codes are the members of a registration that are not fields of the lead:
//
//	{"id": "r-1", "phone_code": "…", "login_code": "…", "openid": "o…", "unionid": "…", "appid": "wx…",
//	 "name": "林晓", "message": "想看样机", "page": "pages/lead", "scene": 1047}
type codes struct {
	ID            vendorapi.Text `json:"id"`
	PhoneCode     vendorapi.Text `json:"phone_code"` // of the button getPhoneNumber
	LoginCode     vendorapi.Text `json:"login_code"` // of wx.login
	OpenID        vendorapi.Text `json:"openid"`
	UnionID       vendorapi.Text `json:"unionid"`
	AppID         vendorapi.Text `json:"appid"`
	PhoneVerified bool           `json:"phone_verified"` // the server has exchanged the code itself
}

// members are what codes reads.
var members = []string{"id", "phone_code", "login_code", "openid", "unionid", "appid", "phone_verified"}

// registered is the body of typeRegistered. No session key is kept: it would open what WeChat encrypts for the mini-program.
type registered struct {
	Registration json.RawMessage `json:"registration"`
	Phone        string          `json:"phone,omitempty"` // "+86 13912345678"
	OpenID       string          `json:"openid,omitempty"`
	UnionID      string          `json:"unionid,omitempty"`
	Missing      []string        `json:"missing,omitempty"` // what could not be had and why, for people
}

var errRegistration = lead.Invalid("bad_json", "the registration is not a JSON object", "post one object; phone_verified is true or false")

// eventID names a registration by the code that WeChat gave for it, else by the id of its sender, else by its content.
func (c codes) eventID(body []byte) string {
	switch {
	case c.PhoneCode != "":
		return "phone_code:" + digest(string(c.PhoneCode))
	case c.ID != "" && len(c.ID) <= 100:
		return "registration:" + string(c.ID)
	case c.ID != "":
		return "registration:" + digest(string(c.ID))
	case c.LoginCode != "":
		return "login_code:" + digest(string(c.LoginCode))
	}
	return "body:" + digest(string(body))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// registrationOf reads the draft of a registration; whole is nil before its codes were exchanged.
func (s *source) registrationOf(body []byte, whole *registered) ([]lead.Draft, error) {
	var c codes
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, errRegistration
	}
	values, err := wechatcrypt.Read(body)
	if err != nil {
		return nil, errRegistration
	}
	if c.AppID != "" && string(c.AppID) != s.appID {
		return nil, lead.Invalid("other_appid", "the registration is of another app id", "post it to the source of that mini-program")
	}
	if whole == nil && c.exchangeable() {
		if s.appSecret == "" {
			return nil, lead.Invalid("no_app_secret", "the codes of WeChat cannot be exchanged: the source has no AppSecret", "enter app_secret; a code is good for five minutes")
		}
		return nil, connectors.Pending("what WeChat gives for the codes")
	}
	d := s.fields(values, c)
	if whole != nil {
		s.given(&d, *whole, &c)
	}
	if c.OpenID != "" {
		d.Identities = append(d.Identities, lead.Identity{Kind: lead.IdentityOpenID, Scope: s.appID, Value: string(c.OpenID)})
	}
	s.unionID(&d, string(c.UnionID))
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// exchangeable reports whether there is a code that says more than the registration itself.
func (c codes) exchangeable() bool {
	return c.PhoneCode != "" || c.LoginCode != "" && c.OpenID == ""
}

// fields are what the registration itself says.
func (s *source) fields(values wechatcrypt.Values, c codes) lead.Draft {
	var d lead.Draft
	names := make([]string, 0, len(values))
	for name := range values {
		if !slices.Contains(members, name) && strings.TrimSpace(name) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range values[name] {
			s.mapper.Add(&d, connectors.Pair{Name: name, Value: value})
		}
	}
	if c.PhoneVerified && d.First(lead.FieldPhone) != "" {
		d.Verified = []string{lead.FieldPhone}
	}
	return d
}

// given adds what WeChat gave. Its phone stands alone in the field, for Verified is said of the whole field; one that was typed beside it is kept apart.
func (s *source) given(d *lead.Draft, whole registered, c *codes) {
	if whole.Phone != "" {
		for _, typed := range d.Fields[lead.FieldPhone] {
			d.Add("typed_phone", typed)
		}
		delete(d.Fields, lead.FieldPhone)
		d.Add(lead.FieldPhone, whole.Phone)
		d.Verified = []string{lead.FieldPhone}
	}
	if whole.OpenID != "" {
		c.OpenID = vendorapi.Text(whole.OpenID)
	}
	if whole.UnionID != "" {
		c.UnionID = vendorapi.Text(whole.UnionID)
	}
	for _, m := range whole.Missing {
		d.Add("wechat_missing", m)
	}
}
