package wechat

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// Codes of the API, from developers.weixin.qq.com "global return codes" and the pages of the calls.
var apiCodes = vendorapi.Codes{
	Field: "errcode", Message: "errmsg",
	Expired:    []string{"40001", "40014", "42001"},
	Limited:    []string{"45009", "45011"},
	Later:      []string{"-1"},
	RetryAfter: 30 * time.Second, // a phone code is good for five minutes
}

// dead are the answers to a code that is wrong, was used already or is too old.
var dead = []string{"40029", "40163"}

// codeLife is how long a code can be exchanged, with some room for clocks. After that it is not worth waiting for.
const codeLife = 6 * time.Minute

func (s *source) openAPI(set connectors.Settings) *vendorapi.API {
	return &vendorapi.API{
		Vendor: "WeChat", Base: strings.TrimRight(set.String(setAPIURL), "/"), Client: set.Client, Codes: apiCodes,
		Token: "access_token " + s.appID, Tokens: set.Tokens, Renew: s.renew, Put: vendorapi.InQuery("access_token"), Secrets: []string{s.appSecret},
	}
}

type accessToken struct {
	Value   string `json:"access_token"`
	Seconds int64  `json:"expires_in"`
}

// renew asks for an access token. The stable one stays the same until it nears its end; one that was refused before that is made anew by force, which
// WeChat allows twenty times a day.
func (s *source) renew(ctx context.Context, kept connectors.Token) (connectors.Token, error) {
	got, err := s.askToken(ctx, false)
	early := kept.Expires.Sub(s.now()) > 15*time.Minute
	if err == nil && got.Value == kept.Value && early && s.tokenAPI == tokenStable {
		got, err = s.askToken(ctx, true)
	}
	if err != nil {
		return connectors.Token{}, err
	}
	if got.Value == "" {
		return connectors.Token{}, lead.Transient("empty_token", "WeChat answered without an access token", 0, nil)
	}
	return connectors.Token{Value: got.Value, Expires: s.now().Add(time.Duration(got.Seconds) * time.Second)}, nil
}

func (s *source) askToken(ctx context.Context, force bool) (got accessToken, err error) {
	call := vendorapi.Call{Method: http.MethodPost, Path: "/cgi-bin/stable_token", NoToken: true,
		JSON: map[string]any{"grant_type": "client_credential", "appid": s.appID, "secret": s.appSecret, "force_refresh": force}}
	if s.tokenAPI == tokenPlain {
		call = vendorapi.Call{Path: "/cgi-bin/token", NoToken: true,
			Query: url.Values{"grant_type": {"client_credential"}, "appid": {s.appID}, "secret": {s.appSecret}}}
	}
	return got, s.api.Do(ctx, call, &got)
}

// Fetch asks for the profile of a follower, or for what WeChat gives for the codes of a registration.
func (s *source) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	var whole any
	var err error
	kind := typeFollowed
	if thin.ContentType == typeRegistration {
		kind = typeRegistered
		whole, err = s.exchange(ctx, thin)
	} else {
		whole, err = s.follow(ctx, thin)
	}
	if err != nil {
		return connectors.Event{}, err
	}
	body, err := json.Marshal(whole)
	return connectors.Event{ID: thin.EventID, Body: body, ContentType: kind}, err
}

// follow asks for the profile. A message is a lead without it: only what may pass is waited for.
func (s *source) follow(ctx context.Context, thin lead.Raw) (followed, error) {
	whole := followed{Message: string(thin.Body)}
	v, err := wechatcrypt.Read(thin.Body)
	if err != nil {
		return whole, err
	}
	err = s.api.Get(ctx, "/cgi-bin/user/info", url.Values{"openid": {v.Get("FromUserName")}, "lang": {"zh_CN"}}, &whole.Profile)
	switch {
	case err == nil:
	case lead.IsTransient(err), ctx.Err() != nil:
		return whole, err
	default:
		whole.Profile, whole.Missing = profile{}, lead.AsError(err).Message
	}
	return whole, nil
}

// exchange asks for the phone first: until WeChat has given it, nothing is lost by trying again. From then on no error may send the
// registration back, for the code is used up; the login has a few tries, and the lead goes on without it.
func (s *source) exchange(ctx context.Context, thin lead.Raw) (registered, error) {
	whole := registered{Registration: thin.Body}
	var c codes
	if err := json.Unmarshal(thin.Body, &c); err != nil {
		return whole, errRegistration
	}
	values, err := wechatcrypt.Read(thin.Body)
	if err != nil {
		return whole, errRegistration
	}
	d := s.fields(values, c)
	reachable := d.First(lead.FieldPhone) != "" || d.First(lead.FieldEmail) != ""
	young := s.now().Sub(thin.ReceivedAt) < codeLife
	if c.PhoneCode != "" {
		whole.Phone, err = once(s.exchanged, string(c.PhoneCode), s.now(), func() (string, error) { return s.phone(ctx, string(c.PhoneCode)) })
		switch {
		case err == nil:
		case lead.IsTransient(err) && young, ctx.Err() != nil:
			return whole, err
		case lead.IsTransient(err):
			err = errPhoneCode
			fallthrough
		default:
			if !reachable {
				return whole, err
			}
			whole.Missing = append(whole.Missing, lead.AsError(err).Message)
		}
	}
	if c.LoginCode == "" || c.OpenID != "" {
		return whole, nil
	}
	who, err := s.login(ctx, string(c.LoginCode), whole.Phone != "")
	whole.OpenID, whole.UnionID = who.OpenID, who.UnionID
	switch {
	case err == nil:
	case lead.IsTransient(err) && young && whole.Phone == "":
		return whole, err
	case whole.Phone == "" && !reachable && c.UnionID == "":
		return whole, err
	default:
		whole.Missing = append(whole.Missing, lead.AsError(err).Message)
	}
	return whole, nil
}

var (
	errPhoneCode = lead.Invalid("phone_code_dead", "WeChat gives no phone for this code any more: it was used already, or is older than five minutes",
		"ask the person to press the phone button again; a program that exchanges the code itself must post the phone with phone_verified instead")
	errLoginCode = lead.Invalid("login_code_dead", "WeChat gives no openid for this login code any more: it was used already, or is older than five minutes",
		"call wx.login right before each registration")
)

// phone exchanges a phone code.
func (s *source) phone(ctx context.Context, code string) (string, error) {
	var out struct {
		Code  vendorapi.Text `json:"errcode"`
		Phone struct {
			Full        vendorapi.Text `json:"phoneNumber"`
			Pure        vendorapi.Text `json:"purePhoneNumber"`
			CountryCode vendorapi.Text `json:"countryCode"` // a text or a number
		} `json:"phone_info"`
	}
	api := *s.api
	api.Codes.OK = append([]string{"", "0"}, dead...)
	if err := api.Post(ctx, "/wxa/business/getuserphonenumber", nil, map[string]string{"code": code}, &out); err != nil {
		return "", err
	}
	p := out.Phone
	switch {
	case slices.Contains(dead, string(out.Code)):
		return "", errPhoneCode
	case p.Pure != "" && p.CountryCode != "":
		return "+" + strings.TrimPrefix(string(p.CountryCode), "+") + " " + string(p.Pure), nil
	case p.Full != "":
		return string(p.Full), nil
	}
	return "", lead.Invalid("no_phone", "WeChat's answer holds no phone", "look at what WeChat's documentation of getPhoneNumber says now")
}

type session struct {
	Code    vendorapi.Text `json:"errcode"`
	OpenID  string         `json:"openid"`
	UnionID string         `json:"unionid"`
}

// login exchanges a login code; with persist, a few times over what may pass.
func (s *source) login(ctx context.Context, code string, persist bool) (session, error) {
	waits := []time.Duration{0}
	if persist {
		waits = []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond}
	}
	var who session
	var err error
	for _, wait := range waits {
		select {
		case <-ctx.Done():
			return session{}, lead.Transient("vendor_unreachable", "WeChat could not be reached", 0, ctx.Err())
		case <-time.After(wait):
		}
		who, err = once(s.exchanged, "login "+code, s.now(), func() (session, error) { return s.askLogin(ctx, code) })
		if !lead.IsTransient(err) {
			break
		}
	}
	return who, err
}

func (s *source) askLogin(ctx context.Context, code string) (session, error) {
	var out session
	api := *s.api
	api.Codes.OK = append([]string{"", "0"}, dead...)
	err := api.Do(ctx, vendorapi.Call{Path: "/sns/jscode2session", NoToken: true,
		Query: url.Values{"appid": {s.appID}, "secret": {s.appSecret}, "js_code": {code}, "grant_type": {"authorization_code"}}}, &out)
	switch {
	case err != nil:
		return session{}, err
	case slices.Contains(dead, string(out.Code)):
		return session{}, errLoginCode
	case out.OpenID == "":
		return session{}, lead.Invalid("no_openid", "WeChat's answer holds no openid", "look at what WeChat's documentation of code2Session says now")
	}
	return out, nil
}

// exchanges remembers what was given for a code for a while, in this process: when what was fetched cannot be stored, the hub fetches again,
// and WeChat gives it only once.
type exchanges struct {
	mu   sync.Mutex
	list map[string]exchanged
}

type exchanged struct {
	what any
	at   time.Time
}

const (
	rememberFor = time.Hour
	rememberMax = 10_000
)

// once returns what was given for a code before, or asks for it.
func once[T any](e *exchanges, code string, now time.Time, ask func() (T, error)) (T, error) {
	key := digest(code)
	e.mu.Lock()
	before, ok := e.list[key]
	e.mu.Unlock()
	if ok && now.Sub(before.at) < rememberFor {
		return before.what.(T), nil
	}
	got, err := ask()
	if err != nil {
		return got, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for k, x := range e.list {
		if now.Sub(x.at) >= rememberFor {
			delete(e.list, k)
		}
	}
	if e.list == nil {
		e.list = map[string]exchanged{}
	}
	if len(e.list) < rememberMax {
		e.list[key] = exchanged{what: got, at: now}
	}
	return got, nil
}
