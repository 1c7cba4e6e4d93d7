package wechat_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/wechat"
	"github.com/leadhub/leadhub/lead"
)

const appSecret = "app-secret-of-the-test"

var now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// api is WeChat's API: tokens that stay the same until forced, codes that are given once.
type api struct {
	mu      sync.Mutex
	token   int    // number of the access token that counts
	revoked string // an access token that is taken no more
	asked   []string
	used    map[string]bool
	answers map[string]string // by path: what is answered in place of the usual
	queue   map[string][]int  // by path: statuses that come first
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var in struct {
		AppID, Secret, Code string
		Force               bool `json:"force_refresh"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	q := r.URL.Query()
	a.asked = append(a.asked, r.URL.Path)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	if list := a.queue[r.URL.Path]; len(list) > 0 {
		a.queue[r.URL.Path] = list[1:]
		w.WriteHeader(list[0])
		return
	}
	if answer, ok := a.answers[r.URL.Path]; ok {
		say("%s", answer)
		return
	}
	once := func(code string) bool {
		if a.used == nil {
			a.used = map[string]bool{}
		}
		fresh := !a.used[code] && strings.HasPrefix(code, "code-")
		a.used[code] = true
		return fresh
	}
	switch r.URL.Path {
	case "/cgi-bin/token", "/cgi-bin/stable_token":
		if q.Get("secret")+in.Secret != appSecret {
			say(`{"errcode":40125,"errmsg":"invalid appsecret, rid: 1"}`)
			return
		}
		if in.Force || q.Get("secret") != "" || a.token == 0 {
			a.token++
		}
		say(`{"access_token":"access-token-%d","expires_in":7200}`, a.token)
		return
	case "/sns/jscode2session":
		if q.Get("secret") != appSecret || q.Get("grant_type") != "authorization_code" {
			say(`{"errcode":40125,"errmsg":"invalid appsecret"}`)
		} else if !once(q.Get("js_code")) {
			say(`{"errcode":40163,"errmsg":"code been used, rid: 2"}`)
		} else {
			say(`{"openid":"oMiniUser0009","session_key":"c2Vzc2lvbi1rZXktb2YtdGhlLXRlc3Q=","unionid":"uDemoUnion0009"}`)
		}
		return
	}
	if given := q.Get("access_token"); given != fmt.Sprintf("access-token-%d", a.token) || given == a.revoked {
		say(`{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest, rid: 3"}`)
		return
	}
	switch r.URL.Path {
	case "/cgi-bin/user/info":
		say(`{"subscribe":1,"openid":%q,"nickname":"","sex":0,"language":"zh_CN","subscribe_time":1767603600,"unionid":"uDemoUnion0001","remark":"老客户",
			"groupid":0,"tagid_list":[128,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":""}`, q.Get("openid"))
	case "/wxa/business/getuserphonenumber":
		if !once(in.Code) {
			say(`{"errcode":40029,"errmsg":"invalid code, rid: 4"}`)
			return
		}
		say(`{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13912345678","purePhoneNumber":"13912345678","countryCode":86,"watermark":{"timestamp":1767603600,"appid":"wx00mini00demo0001"}}}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

const push = `<xml><ToUserName>gh_demo01</ToUserName><FromUserName>oDemoFollower0001</FromUserName><CreateTime>1767603600</CreateTime><MsgType>event</MsgType><Event>subscribe</Event><EventKey></EventKey></xml>`

var (
	official = map[string]any{"app_id": "wx00demo00demo0001", "mode": "plain", "tokens": []string{token}, "app_secret": appSecret}
	mini     = map[string]any{"kind": "mini_program", "app_id": "wx00mini00demo0001", "registration_secrets": []string{"registration-secret-of-the-test"}, "app_secret": appSecret}
)

func registration(body string) lead.Raw {
	return lead.Raw{EventID: "e", ReceivedAt: now, ContentType: "application/json; of=registration", Body: []byte(body)}
}

func TestTheProfileOfAFollowerIsFetched(t *testing.T) {
	drafts := connectortest.RunFetcher(t, wechat.Connector{}, connectortest.Pull{Settings: official, Vendor: &api{}, Now: now,
		Thin: lead.Raw{EventID: "event:1", ContentType: "text/xml", Body: []byte(push)}})
	require.Equal(t, []lead.Draft{{
		EventTime: "1767603600",
		Fields: map[string][]string{"msg_type": {"event"}, "event": {"subscribe"}, "language": {"zh_CN"}, "utm_campaign": {"98765"}, "remark": {"老客户"},
			"subscribe_scene": {"ADD_SCENE_QR_CODE"}, "tag_id": {"128", "2"}},
		Identities: []lead.Identity{{Kind: "openid", Scope: "wx00demo00demo0001", Value: "oDemoFollower0001"}, {Kind: "unionid", Scope: "main", Value: "uDemoUnion0001"}},
	}}, drafts)
}

// fetcher is a source on a fake of WeChat.
func fetcher(t *testing.T, settings map[string]any, a http.Handler, clock func() time.Time) (connectors.Source, *connectortest.Tokens) {
	t.Helper()
	c := wechat.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "wechat", Settings: settings})
	require.NoError(t, err)
	tokens := &connectortest.Tokens{}
	set.Now, set.Client, set.Tokens = clock, connectortest.NewVendor(t, a).Client, tokens
	src, err := c.Open(set)
	require.NoError(t, err)
	return src, tokens
}

// completed fetches and parses what was fetched.
func completed(t *testing.T, src connectors.Source, thin lead.Raw) (lead.Draft, error) {
	t.Helper()
	e, err := src.(connectors.Fetcher).Fetch(t.Context(), thin)
	if err != nil {
		require.Empty(t, e.Body)
		return lead.Draft{}, err
	}
	require.NotContains(t, string(e.Body), "c2Vzc2lvbi1rZXk", "a session key was kept")
	thin.Body, thin.ContentType = e.Body, e.ContentType
	drafts, err := src.Parse(thin)
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	return drafts[0], nil
}

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

func TestALeadDoesWithoutAProfileThatWeChatRefuses(t *testing.T) {
	for answer, missing := range map[string]string{
		`{"errcode":40003,"errmsg":"invalid openid"}`:   "WeChat refused with code 40003",
		`{"errcode":48001,"errmsg":"api unauthorized"}`: "WeChat refused with code 48001",
		`{"subscribe":"yes","unionid":7}`:               "the answer of WeChat is not the one that is described",
	} {
		src, _ := fetcher(t, official, &api{answers: map[string]string{"/cgi-bin/user/info": answer}}, at(now))
		d, err := completed(t, src, lead.Raw{ContentType: "text/xml", Body: []byte(push)})
		require.NoError(t, err, answer)
		require.Equal(t, missing, d.First("profile_missing"))
		require.Len(t, d.Identities, 1)
	}
	src, _ := fetcher(t, official, &api{answers: map[string]string{"/cgi-bin/user/info": `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`}}, at(now))
	_, err := completed(t, src, lead.Raw{ContentType: "text/xml", Body: []byte(push)})
	require.Equal(t, lead.KindTransient, lead.AsError(err).Kind)
	require.Equal(t, 30*time.Second, lead.AsError(err).RetryAfter)
}

func TestATokenThatWasTakenBackIsAskedForByForce(t *testing.T) {
	const info = "/cgi-bin/user/info"
	for how, asked := range map[string][]string{
		"stable_token": {info, "/cgi-bin/stable_token", "/cgi-bin/stable_token", info}, // the first gives what is refused
		"token":        {info, "/cgi-bin/token", info},
	} {
		a := &api{}
		settings := maps.Clone(official)
		settings["token_api"] = how
		src, tokens := fetcher(t, settings, a, at(now))
		thin := lead.Raw{ContentType: "text/xml", Body: []byte(push)}
		_, err := completed(t, src, thin)
		require.NoError(t, err)
		a.asked, a.revoked = nil, "access-token-1"
		_, err = completed(t, src, thin)
		require.NoError(t, err)
		require.Equal(t, []string{"access-token-1"}, tokens.Refused())
		require.Equal(t, asked, a.asked)
	}
}

func TestThePhoneOfARegistrationIsWeChatsAndProved(t *testing.T) {
	thin := registration(`{"id":"r-1","phone_code":"code-p","login_code":"code-l","name":"林晓","phone":"13800001111","message":"想看样机"}`)
	fresh := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (&api{token: 1}).ServeHTTP(w, r) })
	drafts := connectortest.RunFetcher(t, wechat.Connector{}, connectortest.Pull{Settings: mini, Vendor: fresh, Now: now, Thin: thin})
	require.Equal(t, []lead.Draft{{
		Fields:     map[string][]string{"name": {"林晓"}, "phone": {"+86 13912345678"}, "typed_phone": {"13800001111"}, "message": {"想看样机"}},
		Verified:   []string{"phone"},
		Identities: []lead.Identity{{Kind: "openid", Scope: "wx00mini00demo0001", Value: "oMiniUser0009"}, {Kind: "unionid", Scope: "main", Value: "uDemoUnion0009"}},
	}}, drafts)
}

func TestAPhoneIsNotLostWhenItMustBeFetchedAgain(t *testing.T) {
	src, _ := fetcher(t, mini, &api{}, at(now))
	thin := registration(`{"phone_code":"code-p","login_code":"code-l"}`)
	for range 3 { // what was fetched could not be stored
		d, err := completed(t, src, thin)
		require.NoError(t, err)
		require.Equal(t, "+86 13912345678", d.First(lead.FieldPhone))
		require.Len(t, d.Identities, 2)
	}
}

func TestOnceThePhoneIsThereTheLoginMayFail(t *testing.T) {
	for name, a := range map[string]*api{
		"busy":    {queue: map[string][]int{"/sns/jscode2session": {503, 503, 503}}},
		"limited": {answers: map[string]string{"/sns/jscode2session": `{"errcode":45011,"errmsg":"frequency limit"}`}},
		"used":    {used: map[string]bool{"code-l": true}},
		"blocked": {answers: map[string]string{"/sns/jscode2session": `{"errcode":40226,"errmsg":"code blocked"}`}},
	} {
		src, _ := fetcher(t, mini, a, at(now))
		d, err := completed(t, src, registration(`{"phone_code":"code-p","login_code":"code-l"}`))
		require.NoError(t, err, name)
		require.Equal(t, "+86 13912345678", d.First(lead.FieldPhone), name)
		require.NotEmpty(t, d.First("wechat_missing"), name)
	}
	a := &api{queue: map[string][]int{"/sns/jscode2session": {503, 503}}}
	src, _ := fetcher(t, mini, a, at(now))
	d, err := completed(t, src, registration(`{"phone_code":"code-p","login_code":"code-l"}`))
	require.NoError(t, err)
	require.Len(t, d.Identities, 2, "the third try had it")
}

func TestACodeThatIsDeadIsSaidInASentence(t *testing.T) {
	src, _ := fetcher(t, mini, &api{used: map[string]bool{"code-p": true, "code-l": true}}, at(now))
	_, err := completed(t, src, registration(`{"phone_code":"code-p","openid":"oMiniUser0001"}`))
	require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
	require.Equal(t, "phone_code_dead", lead.AsError(err).Code)
	require.Contains(t, lead.AsError(err).Message, "older than five minutes")
	require.NotContains(t, err.Error(), "code-p")
	d, err := completed(t, src, registration(`{"phone_code":"code-p","openid":"oMiniUser0001","phone":"13800001111"}`))
	require.NoError(t, err, "the person can be called all the same")
	require.Equal(t, "13800001111", d.First(lead.FieldPhone))
	require.Empty(t, d.Verified, "nobody proved it")
	require.NotEmpty(t, d.First("wechat_missing"))
	_, err = completed(t, src, registration(`{"login_code":"code-l","message":"你好"}`))
	require.Equal(t, "login_code_dead", lead.AsError(err).Code)
	d, err = completed(t, src, registration(`{"login_code":"code-l","email":"lin@example.com"}`))
	require.NoError(t, err)
	require.Empty(t, d.Identities)
}

func TestWeChatIsNotWaitedForLongerThanACodeLives(t *testing.T) {
	clock := now
	a := &api{answers: map[string]string{"/wxa/business/getuserphonenumber": `{"errcode":-1,"errmsg":"system error"}`}}
	src, _ := fetcher(t, mini, a, func() time.Time { return clock })
	for _, body := range []string{`{"phone_code":"code-p"}`, `{"phone_code":"code-p","phone":"13800001111"}`} {
		clock = now.Add(5 * time.Minute)
		_, err := completed(t, src, registration(body))
		require.Equal(t, "vendor_busy", lead.AsError(err).Code)
	}
	clock = now.Add(time.Hour)
	_, err := completed(t, src, registration(`{"phone_code":"code-p"}`))
	require.Equal(t, "phone_code_dead", lead.AsError(err).Code)
	_, err = completed(t, src, registration(`{"phone_code":"code-p","phone":"13800001111"}`))
	require.NoError(t, err)
}

func TestAWrongAppSecretIsSaidAndNotShown(t *testing.T) {
	settings := maps.Clone(mini)
	settings["app_secret"] = "another-secret-of-the-test"
	src, _ := fetcher(t, settings, &api{}, at(now))
	for _, body := range []string{`{"phone_code":"code-p"}`, `{"login_code":"code-l"}`} {
		_, err := completed(t, src, registration(body))
		require.Contains(t, lead.AsError(err).Message, "40125")
		require.NotContains(t, err.Error(), "another-secret")
	}
}

// What Fetch made, and what was posted, in any shape.
func FuzzWhole(f *testing.F) {
	for kind, body := range map[string]string{
		"application/json; of=registration":              `{"openid":"o1","phone":["1",2],"a":{"":1," ":2,"邮箱":"a@example.com"},"phone_verified":true}`,
		"application/json; of=registration; with=wechat": `{"registration":{"phone":"1","appid":""},"phone":"+86 13912345678","openid":"o","missing":["a"]}`,
		"application/json; of=message; with=profile":     `{"message":"{\"FromUserName\":\"o\",\"MsgType\":\"text\",\"Content\":\"a\"}","profile":{"qr_scene":0,"tagid_list":[1,"2",{}]},"missing":"x"}`,
	} {
		f.Add(kind, []byte(body))
	}
	c := wechat.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Settings: map[string]any{"kind": "mini_program", "app_id": "wx1", "registration_secrets": []string{"s"}}})
	require.NoError(f, err)
	src, err := c.Open(set)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		connectortest.CheckParse(t, src, lead.Raw{Body: body, ContentType: kind})
	})
}
