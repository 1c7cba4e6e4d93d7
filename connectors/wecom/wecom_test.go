package wecom_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/wecom"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures   = "../../fixtures/channels"
	corpSecret = "corp-secret-of-the-test"
)

var (
	now      = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	pushed   = map[string]any{"corp_id": "ww00demo00demo0001", "tokens": []string{"wecom-token-of-the-test"}, "aes_keys": []string{"m1234567890abcdefghijklmnopqrstuvwxyzABCDEF"}}
	detailed = with(pushed, "corp_secret", corpSecret)
	asked    = map[string]any{"receive": "kf", "corp_id": "ww00demo00demo0001", "corp_secret": corpSecret, "open_kfids": []string{"wkA", "wkB"}}
)

func with(settings map[string]any, name string, value any) map[string]any {
	out := maps.Clone(settings)
	out[name] = value
	return out
}

func TestWecomKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, wecom.Connector{}, connectortest.Options{
		Fixtures: fixtures, Settings: pushed, Also: []map[string]any{asked}, MinCases: 40,
		EmptySecret: map[string]any{"tokens": []string{""}, "aes_keys": []string{""}},
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, wecom.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, wecom.Connector{}, fixtures) }

func open(t testing.TB, settings map[string]any, vendor http.Handler) (connectors.Source, error) {
	t.Helper()
	c := wecom.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "wecom", Settings: settings})
	require.NoError(t, err)
	set.Now = func() time.Time { return now }
	if vendor != nil {
		set.Client, set.Tokens = connectortest.NewVendor(t, vendor).Client, &connectortest.Tokens{}
	}
	return c.Open(set)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for field, settings := range map[string]map[string]any{
		"tokens":      with(pushed, "tokens", []string{}),
		"aes_keys":    with(pushed, "aes_keys", []string{}),
		"changes":     with(pushed, "changes", []string{"add_external_contact", "del_follow_user"}),
		"api_url":     with(pushed, "api_url", "qyapi"),
		"open_kfids":  with(pushed, "open_kfids", []string{"wkA"}),
		"corp_secret": with(asked, "corp_secret", ""),
	} {
		_, err := open(t, settings, nil)
		require.Equal(t, []string{field}, lead.AsError(err).Fields)
	}
	for _, settings := range []map[string]any{with(asked, "open_kfids", []string{}), with(asked, "open_kfids", []string{"wkA", ""}), with(asked, "tokens", []string{"t"}),
		with(pushed, "aes_keys", []string{"short"})} {
		_, err := open(t, settings, nil)
		require.Equal(t, "bad_settings", lead.AsError(err).Code)
	}
}

// api is WeCom's API. Accounts of customer service are lists of messages, read by a cursor that is the number of those read.
type api struct {
	mu       sync.Mutex
	page     int // entries of a page; 2 unless set
	accounts map[string][]string
	answers  map[string]string // by path, or by account: what is answered in place of the usual
	asked    []string          // accounts, in order
	issued   int
	revoked  bool
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	q := r.URL.Query()
	if r.URL.Path == "/cgi-bin/gettoken" {
		if q.Get("corpid") != "ww00demo00demo0001" || q.Get("corpsecret") != corpSecret {
			say(`{"errcode":40001,"errmsg":"invalid credential, hint: [1], from ip: 203.0.113.9"}`)
			return
		}
		a.issued, a.revoked = a.issued+1, false
		say(`{"errcode":0,"errmsg":"ok","access_token":"access-token-%d","expires_in":7200}`, a.issued)
		return
	}
	if a.revoked || q.Get("access_token") != fmt.Sprintf("access-token-%d", a.issued) {
		say(`{"errcode":40014,"errmsg":"invalid access_token"}`)
		return
	}
	if answer, ok := a.answers[r.URL.Path]; ok {
		say("%s", answer)
		return
	}
	switch r.URL.Path {
	case "/cgi-bin/externalcontact/get":
		say(`{"errcode":0,"errmsg":"ok","external_contact":{"external_userid":%q,"name":"海阔天空","avatar":"https://example.com/a.png","type":1,"gender":1,"unionid":"uDemoUnion0001"},
			"follow_user":[{"userid":"sales02","remark":"李总","createtime":1767600000,"remark_mobiles":["13912345678","13800002222"],"state":"old","add_way":2,"oper_userid":"sales02"},
			{"userid":"sales01","remark":"李雷 星河","description":"对接采购","createtime":1767603600,"state":"ad-spring-07","remark_corp_name":"星河科技","remark_mobiles":["13912345678"],
			"add_way":1,"oper_userid":"wmDemoExternal0001","tags":[{"group_name":"意向","tag_name":"A类","type":1},{"group_name":"来源","tag_name":"展会","type":1}],
			"wechat_channels":{"nickname":"星河视频号","source":1}}]}`, q.Get("external_userid"))
	case "/cgi-bin/kf/sync_msg":
		var in struct {
			Cursor, Account string
			KFID            string `json:"open_kfid"`
			Limit           int
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		a.asked = append(a.asked, in.KFID)
		if answer, ok := a.answers[in.KFID]; ok {
			say("%s", answer)
			return
		}
		list, from, size := a.accounts[in.KFID], 0, 2
		_, _ = fmt.Sscanf(in.Cursor, "cursor-%d", &from)
		if a.page > 0 {
			size = a.page
		}
		to, more := min(from+size, len(list)), 0
		if to < len(list) {
			more = 1
		}
		say(`{"errcode":0,"errmsg":"ok","next_cursor":"cursor-%d","has_more":%d,"msg_list":[%s]}`, to, more, strings.Join(list[from:to], ","))
	case "/cgi-bin/kf/customer/batchget":
		say(`{"errcode":0,"errmsg":"ok","customer_list":[{"external_userid":"wmKF0001","nickname":"晴天","avatar":"","gender":2,"unionid":"uDemoUnion0002",
			"enter_session_context":{"scene":"site-footer","scene_param":"p=1"}}],"invalid_external_userid":[]}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

const added = `<xml><ToUserName>ww00demo00demo0001</ToUserName><FromUserName>sys</FromUserName><CreateTime>1767603600</CreateTime><MsgType>event</MsgType><Event>change_external_contact</Event>` +
	`<ChangeType>add_external_contact</ChangeType><UserID>sales01</UserID><ExternalUserID>wmDemoExternal0001</ExternalUserID></xml>`

func TestTheDetailsOfACustomerAreFetched(t *testing.T) {
	drafts := connectortest.RunFetcher(t, wecom.Connector{}, connectortest.Pull{Settings: detailed, Vendor: &api{}, Now: now,
		Thin: lead.Raw{EventID: "event:1", ContentType: "text/xml", Body: []byte(added)}})
	require.Equal(t, []lead.Draft{{
		EventTime: "1767603600",
		Fields: map[string][]string{"name": {"海阔天空"}, "company": {"星河科技"}, "phone": {"13912345678", "13800002222"}, "tag": {"A类", "展会"}, "utm_campaign": {"ad-spring-07"},
			"owner_hint": {"sales01"}, "remark": {"李雷 星河"}, "description": {"对接采购"}, "add_way": {"1"}, "oper_userid": {"wmDemoExternal0001"}, "contact_type": {"1"},
			"wechat_channels": {"星河视频号"}, "change": {"add_external_contact"}},
		Identities: []lead.Identity{{Kind: "external_userid", Scope: "ww00demo00demo0001", Value: "wmDemoExternal0001"}, {Kind: "unionid", Scope: "main", Value: "uDemoUnion0001"}},
	}}, drafts)
}

func TestWhatWeComAnswersToAQuestionForDetailsSteers(t *testing.T) {
	const path = "/cgi-bin/externalcontact/get"
	thin := lead.Raw{EventID: "event:1", ContentType: "text/xml", Body: []byte(added)}
	for answer, want := range map[string]string{
		`{"errcode":84061,"errmsg":"not external contact"}`:          "",
		`{"errcode":40096,"errmsg":"invalid external userid"}`:       "",
		`{"errcode":60020,"errmsg":"not allow to access from ip"}`:   "vendor_refused",
		`{"errcode":48002,"errmsg":"api forbidden"}`:                 "vendor_refused",
		`{"errcode":45009,"errmsg":"api freq out of limit"}`:         "vendor_limit",
		`{"errcode":-1,"errmsg":"system busy"}`:                      "vendor_busy",
		`{"errcode":0,"external_contact":[],"follow_user":"nobody"}`: "vendor_answer",
	} {
		src, err := open(t, detailed, &api{answers: map[string]string{path: answer}})
		require.NoError(t, err)
		e, err := src.(connectors.Fetcher).Fetch(t.Context(), thin)
		if want != "" {
			require.Equal(t, want, lead.AsError(err).Code, answer)
			require.NotEmpty(t, lead.AsError(err).Hint)
			continue
		}
		require.NoError(t, err, answer)
		raw := thin
		raw.Body, raw.ContentType = e.Body, e.ContentType
		drafts, err := src.Parse(raw)
		require.NoError(t, err)
		require.Contains(t, drafts[0].First("details_missing"), "of nobody any more")
		require.Len(t, drafts[0].Identities, 1)
	}
}

func TestATokenThatWasTakenBackIsRenewed(t *testing.T) {
	a := &api{}
	src, err := open(t, detailed, a)
	require.NoError(t, err)
	for range 2 {
		_, err = src.(connectors.Fetcher).Fetch(t.Context(), lead.Raw{Body: []byte(added)})
		require.NoError(t, err)
		a.revoked = true
	}
	require.Equal(t, 2, a.issued)
	src, err = open(t, with(detailed, "corp_secret", "another-secret-of-the-test"), a)
	require.NoError(t, err)
	_, err = src.(connectors.Fetcher).Fetch(t.Context(), lead.Raw{Body: []byte(added)})
	require.Equal(t, lead.KindUnauthorized, lead.AsError(err).Kind)
	require.NotContains(t, err.Error(), "another-secret")
}

// say is an entry of msg_list.
func say(id, origin, kind, rest string) string {
	return fmt.Sprintf(`{"msgid":%q,"open_kfid":"wkA","external_userid":"wmKF0001","send_time":1767603600,"origin":%s,"servicer_userid":"","msgtype":%q%s}`, id, origin, kind, rest)
}

const entered = `{"msgid":"m1","send_time":1767603590,"origin":4,"msgtype":"event","event":{"event_type":"enter_session","open_kfid":"wkA","external_userid":"wmKF0001","scene":"ad-7","scene_param":"a=1","welcome_code":"w-1","wechat_channels":{"nickname":"星河视频号","scene":1}}}`

func conversation() map[string][]string {
	return map[string][]string{
		"wkA": {entered, say("m2", "3", "text", `,"text":{"content":"想了解报价，电话13912345678","menu_id":""}`), say("m3", "5", "text", `,"text":{"content":"您好，客服电话 13800001111"}`),
			say("m4", "3", "image", `,"image":{"media_id":"media-1"}`), say("m5", "3", "location", `,"location":{"latitude":23.10647,"longitude":113.32446,"name":"广州塔","address":"广州市海珠区"}`)},
		"wkB": {say("m6", "3", "link", `,"link":{"title":"产品","desc":"d","url":"https://example.com/p","pic_url":"u"}`),
			say("m7", "3", "channels_shop_product", `,"channels_shop_product":{"product_id":"9007199254740993123","product_image":"u","product_title":"样机 X1","product_price":"100","shop_nickname":"店"}`),
			say("m8", "4", "event", `,"event":{"event_type":"session_status_change","open_kfid":"wkB","external_userid":"wmKF0001","change_type":1}`)},
	}
}

func TestMessagesOfCustomerServiceAreAskedFor(t *testing.T) {
	got := connectortest.RunPoller(t, wecom.Connector{}, connectortest.Pull{Settings: asked, Vendor: &api{accounts: conversation()}, Now: now,
		IDs: []string{"kf:m1", "kf:m2", "kf:m6", "kf:m7", "kf:m3", "kf:m4", "kf:m8", "kf:m5"}})
	by := map[string]connectortest.Pulled{}
	for _, p := range got {
		require.NoError(t, p.Err)
		by[p.Event.ID] = p
	}
	person := []lead.Identity{{Kind: "external_userid", Scope: "ww00demo00demo0001", Value: "wmKF0001"}, {Kind: "unionid", Scope: "main", Value: "uDemoUnion0002"}}
	require.Equal(t, []lead.Draft{{EventTime: "1767603600", Chat: true, Identities: person, Fields: map[string][]string{"message": {"想了解报价，电话13912345678"}, "name": {"晴天"},
		"msg_type": {"text"}, "open_kfid": {"wkA"}, "utm_campaign": {"site-footer"}, "scene_param": {"p=1"}}}}, by["kf:m2"].Drafts)
	require.Equal(t, []lead.Draft{{EventTime: "1767603590", Identities: person, Fields: map[string][]string{"name": {"晴天"}, "msg_type": {"event"}, "event": {"enter_session"},
		"utm_campaign": {"ad-7"}, "scene_param": {"a=1"}, "wechat_channels": {"星河视频号"}}}}, by["kf:m1"].Drafts)
	for _, none := range []string{"kf:m3", "kf:m8"} {
		require.Empty(t, by[none].Drafts, "colleagues and the system are no customers")
	}
	require.Equal(t, "media-1", by["kf:m4"].Drafts[0].First("media_id"))
	require.False(t, by["kf:m4"].Drafts[0].Chat)
	require.Equal(t, "23.10647,113.32446", by["kf:m5"].Drafts[0].First("location"))
	require.Equal(t, "https://example.com/p", by["kf:m6"].Drafts[0].First("link_url"))
	require.Equal(t, "样机 X1", by["kf:m7"].Drafts[0].First(lead.FieldProduct))
	require.Equal(t, "9007199254740993123", by["kf:m7"].Drafts[0].First("product_id"))
}

// drain polls until there is nothing new.
func drain(t *testing.T, src connectors.Source, cursor string) (ids []string, last string) {
	t.Helper()
	for range 50 {
		d, next, err := src.(connectors.Poller).Poll(t.Context(), cursor)
		require.NoError(t, err)
		for _, e := range d.Events {
			ids = append(ids, e.ID)
		}
		if len(d.Events) == 0 {
			return ids, next
		}
		cursor = next
	}
	t.Fatal("it never comes to rest")
	return nil, ""
}

func TestOnlyWhatIsNewIsAskedForAgain(t *testing.T) {
	a := &api{accounts: conversation()}
	src, err := open(t, asked, a)
	require.NoError(t, err)
	_, cursor := drain(t, src, "")
	a.accounts["wkA"] = append(a.accounts["wkA"], say("m9", "3", "text", `,"text":{"content":"在吗"}`))
	ids, cursor := drain(t, src, cursor)
	require.Equal(t, []string{"kf:m9"}, ids)
	// An account more begins with what WeCom still has; the others go on where they were.
	a.accounts["wkC"] = []string{say("m10", "3", "text", `,"text":{"content":"hi"}`)}
	src, err = open(t, with(asked, "open_kfids", []string{"wkC", "wkA", "wkB"}), a)
	require.NoError(t, err)
	ids, _ = drain(t, src, cursor)
	require.Equal(t, []string{"kf:m10"}, ids)
}

func TestABusyAccountDoesNotHoldUpTheOthers(t *testing.T) {
	a := &api{page: 1, accounts: map[string][]string{}}
	for i := range 20 {
		a.accounts["wkA"] = append(a.accounts["wkA"], say(fmt.Sprint("a", i), "3", "text", ""))
	}
	a.accounts["wkB"] = []string{say("b0", "3", "text", "")}
	src, err := open(t, asked, a)
	require.NoError(t, err)
	ids, _ := drain(t, src, "")
	require.Len(t, ids, 21)
	require.Equal(t, 1, slices.Index(ids, "kf:b0"))
}

func TestAnAccountThatIsRefusedDoesNotHoldUpTheOthers(t *testing.T) {
	a := &api{accounts: conversation(), answers: map[string]string{"wkA": `{"errcode":95000,"errmsg":"invalid open_kfid"}`}}
	src, err := open(t, asked, a)
	require.NoError(t, err)
	cursor, seen := "", 0
	for err = nil; err == nil; {
		var d connectors.Delivery
		var next string
		d, next, err = src.(connectors.Poller).Poll(t.Context(), cursor)
		if err == nil {
			cursor = next
		}
		seen += len(d.Events)
	}
	require.Equal(t, 3, seen, "all of wkB")
	require.Contains(t, lead.AsError(err).Message, "95000")
	a.answers = nil
	ids, _ := drain(t, src, cursor)
	require.Len(t, ids, 5, "all of wkA, once it is allowed")
}

func TestAMessageIsALeadWithoutTheName(t *testing.T) {
	a := &api{accounts: map[string][]string{"wkA": {say("m1", "3", "text", `,"text":{"content":"在吗"}`)}},
		answers: map[string]string{"/cgi-bin/kf/customer/batchget": `{"errcode":48002,"errmsg":"api forbidden"}`}}
	src, err := open(t, asked, a)
	require.NoError(t, err)
	d, _, err := src.(connectors.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	drafts, err := src.Parse(lead.Raw{Body: d.Events[0].Body})
	require.NoError(t, err)
	require.Len(t, drafts[0].Identities, 1)
	require.Equal(t, "在吗", drafts[0].First(lead.FieldMessage))
}

func TestEmptyPagesAreNotTheEndWhileThereIsMore(t *testing.T) {
	pages := 0
	src, err := open(t, with(asked, "open_kfids", []string{"wkA"}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cgi-bin/gettoken":
			_, _ = fmt.Fprint(w, `{"errcode":0,"access_token":"access-token-1","expires_in":7200}`)
		case "/cgi-bin/kf/sync_msg":
			pages++
			list := ""
			if pages == 4 {
				list = say("m1", "5", "text", "")
			}
			_, _ = fmt.Fprintf(w, `{"errcode":0,"next_cursor":"c%d","has_more":%d,"msg_list":[%s]}`, pages, min(1, 4-pages), list)
		}
	}))
	require.NoError(t, err)
	d, next, err := src.(connectors.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, d.Events, 1)
	require.JSONEq(t, `{"cursors":{"wkA":"c4"},"last":"wkA"}`, next)
	_, next, err = src.(connectors.Poller).Poll(t.Context(), "no cursor")
	require.Equal(t, "bad_cursor", lead.AsError(err).Code)
	require.Equal(t, "no cursor", next)
}

func FuzzMessages(f *testing.F) {
	for _, list := range conversation() {
		for _, m := range list {
			f.Add([]byte(`{"message":` + m + `,"customer":{"nickname":"a","unionid":"u","enter_session_context":{"scene":"s"}}}`))
		}
	}
	src, err := open(f, asked, nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) { connectortest.CheckParse(t, src, lead.Raw{Body: body}) })
}

func FuzzDetails(f *testing.F) {
	f.Add([]byte(`{"event":"<xml><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType><ExternalUserID>a</ExternalUserID></xml>","details":{"external_contact":{"name":"a"},"follow_user":[{"tags":[{"tag_name":"b"}],"remark_mobiles":["1",2]}]}}`))
	src, err := open(f, detailed, nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.CheckParse(t, src, lead.Raw{Body: body, ContentType: "application/json; of=event; with=details"})
	})
}
