package jd_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/jd"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures = "../../fixtures/channels"
	secret   = "0123456789abcdef0123456789abcdef"
)

func daojia() map[string]any {
	return map[string]any{"platform": "daojia", "app_key": "test-app", "app_secrets": []string{secret}, "access_token": "granted-token-of-the-test"}
}

func pop() map[string]any {
	return map[string]any{"platform": "pop", "app_key": "test-app", "app_secrets": []string{secret}, "access_token": "first-access-token", "refresh_token": "first-refresh-token"}
}

func TestJDKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, jd.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    daojia(),
		Also:        []map[string]any{pop()},
		EmptySecret: map[string]any{"app_secrets": []string{""}},
		MinCases:    30,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, jd.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, jd.Connector{}, fixtures) }

// signed recomputes a signature from what came over the wire, with nothing of ours.
func signed(r *http.Request, except ...string) bool {
	var names []string
	for name := range r.PostForm {
		if name != "sign" && !slices.Contains(except, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	joined := secret
	for _, name := range names {
		joined += name + r.PostForm.Get(name)
	}
	sum := md5.Sum([]byte(joined + secret))
	return r.PostForm.Get("sign") == strings.ToUpper(hex.EncodeToString(sum[:]))
}

func thin(body string) lead.Raw {
	return lead.Raw{EventID: "100001036354906:32000", Path: "djsw/newOrder", ContentType: "application/x-www-form-urlencoded", Body: []byte(body)}
}

var pushed = "sign=X&jd_param_json=" + url.QueryEscape(`{"billId":"100001036354906","statusId":"32000","timestamp":"2026-01-05 16:59:58"}`)

// orders answers order/es/query as Daojia does: data as the text of a document, and only what was asked for.
func orders(t *testing.T, order string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		if r.Host != "openapi.jddj.com" || r.URL.Path != "/djapi/order/es/query" || !signed(r) || r.PostForm.Get("token") != "granted-token-of-the-test" {
			fmt.Fprint(w, `{"code":"10014","msg":"无效Sign签名","data":null,"success":false}`)
			return
		}
		list := "[]"
		if r.PostForm.Get("jd_param_json") == `{"orderId":"100001036354906"}` {
			list = "[" + order + "]"
		}
		data, err := json.Marshal(`{"code":"0","msg":"操作成功","result":{"pageNo":1,"pageSize":20,"totalCount":1,"resultList":` + list + `},"success":true}`)
		require.NoError(t, err)
		fmt.Fprintf(w, `{"code":"0","msg":"操作成功, UUID[7f3a]","data":%s,"encryptData":"","success":true}`, data)
	}
}

const order = `{"orderId":100001036354906,"orderStatus":32000,"orderPurchaseTime":"2026-01-05 16:59:50","buyerPin":"jd_lin_xiao","buyerFullName":"林晓",` +
	`"buyerFullAddress":"广州市天河区体育东路1号","buyerMobile":"13912345678","lastFourDigitsOfBuyerMobile":"5678","orderBuyerRemark":"到了打电话 😀",` +
	`"orderTotalMoney":9900,"deliveryStationName":"天河店","product":[{"skuName":"鲜花礼盒"},{"skuName":"贺卡"}]}`

func TestAPushedOrderIsCompletedIntoItsBuyer(t *testing.T) {
	drafts := connectortest.RunFetcher(t, jd.Connector{}, connectortest.Pull{Settings: daojia(), Vendor: orders(t, order), Thin: thin(pushed)})
	require.Len(t, drafts, 1)
	require.Equal(t, lead.Draft{
		EventTime:  "2026-01-05T16:59:50+08:00",
		Identities: []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd-daojia/test-app", Value: "jd_lin_xiao"}},
		Fields: map[string][]string{"name": {"林晓"}, "phone": {"13912345678"}, "address": {"广州市天河区体育东路1号"}, "message": {"到了打电话 😀"},
			"product": {"鲜花礼盒", "贺卡"}, "order_id": {"100001036354906"}, "order_status": {"32000"}, "order_total_fen": {"9900"}, "phone_last_four": {"5678"}, "shop": {"天河店"}},
	}, drafts[0])
}

func TestALentNumberIsNobodysPhone(t *testing.T) {
	for _, number := range []string{`"13800001234"`, `"17012345678,9012"`, `"139****5678"`, `13912345670`} {
		lent := strings.Replace(order, `"13912345678"`, number, 1)
		lent = strings.Replace(lent, "jd_lin_xiao", "jd_**ao", 1)
		drafts := connectortest.RunFetcher(t, jd.Connector{}, connectortest.Pull{Settings: daojia(), Vendor: orders(t, lent), Thin: thin(pushed)})
		require.Empty(t, drafts[0].Fields["phone"], number)
		require.Equal(t, strings.Trim(number, `"`), drafts[0].First("delivery_phone"))
		require.Empty(t, drafts[0].Identities, "a masked account name is nobody's")
	}
}

func fetch(t *testing.T, settings map[string]any, vendor http.Handler) error {
	t.Helper()
	c := jd.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "jd", Settings: settings})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, vendor).Client
	src, err := c.Open(set)
	require.NoError(t, err)
	_, err = src.(connectors.Fetcher).Fetch(t.Context(), thin(pushed))
	return err
}

func TestWhatDaojiaAnswersSteers(t *testing.T) {
	for answer, want := range map[string]string{
		`{"code":"0","data":{"code":"0","result":{"resultList":[]}}}`:                   "order_not_listed",
		`{"code":"0","data":{"code":"0","result":{"resultList":[{"orderId":"1"}]}}}`:    "order_not_listed",
		`{"code":"0","data":{"code":"-3","msg":"系统繁忙"}}`:                                "vendor_busy",
		`{"code":"-10000","msg":"业务重试"}`:                                                "vendor_busy",
		`{"code":"10013","msg":"无效Token令牌 granted-token-of-the-test"}`:                  "vendor_refused",
		`{"code":"0","data":"","encryptData":"AAAAAAAAAAAAAAAAAAAAAA=="}`:               "cannot_decrypt",
		`{"code":"0","data":"{\"code\":\"0\",\"result\":\"{\\\"resultList\\\":[]}\"}"}`: "order_not_listed",
	} {
		err := fetch(t, daojia(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		require.Equal(t, want, lead.AsError(err).Code, answer)
		require.NotContains(t, err.Error(), "granted-token")
	}
	settings := daojia()
	delete(settings, "access_token")
	require.Equal(t, "no_token", lead.AsError(fetch(t, settings, orders(t, order))).Code)
}

// jos answers as JD's gateway: orders by time of change in pages, tokens that end, errors in its own envelope.
type jos struct {
	t       *testing.T
	orders  []map[string]any
	token   string // the one that is taken
	refresh string
	issued  int
	asked   func(page int)
}

func (v *jos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	require.NoError(v.t, r.ParseForm())
	if r.Host == "open-oauth.jd.com" {
		v.grant(w, r.Form)
		return
	}
	fail := func(code, text string) {
		fmt.Fprintf(w, `{"error_response":{"code":%q,"zh_desc":%q,"en_desc":"x"}}`, code, text)
	}
	_, err := time.Parse("2006-01-02 15:04:05.000-0700", r.PostForm.Get("timestamp"))
	switch {
	case r.Host+r.URL.Path != "api.jd.com/routerjson" || err != nil || r.PostForm.Get("v") != "2.0" || r.URL.RawQuery != "":
		fail("8", "非法的时间戳参数")
	case !signed(r, "format", "sign_method"):
		fail("12", "无效签名")
	case r.PostForm.Get("access_token") != v.token:
		fail("19", "token已过期或者不存在，请重新授权访问 "+r.PostForm.Get("access_token"))
	default:
		v.list(w, r.PostForm.Get("360buy_param_json"))
	}
}

func (v *jos) grant(w http.ResponseWriter, form url.Values) {
	if form.Get("app_key") != "test-app" || form.Get("app_secret") != secret || form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != v.refresh {
		fmt.Fprint(w, `{"code":10400004,"msg":"refresh_token不存在","requestId":"1"}`)
		return
	}
	v.issued++
	v.token, v.refresh = fmt.Sprintf("access-token-%d", v.issued), fmt.Sprintf("refresh-token-%d", v.issued)
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":86399,"scope":"snsapi_base","xid":"o*x","uid":"1"}`, v.token, v.refresh)
}

func (v *jos) list(w http.ResponseWriter, question string) {
	var q struct {
		Start  string `json:"start_date"`
		End    string `json:"end_date"`
		States string `json:"order_state"`
		Fields string `json:"optional_fields"`
		Page   string `json:"page"`
		Size   string `json:"page_size"`
		By     int    `json:"dateType"`
		Source string `json:"source_id"`
	}
	require.NoError(v.t, json.Unmarshal([]byte(question), &q))
	require.NotEmpty(v.t, q.Fields)
	require.Zero(v.t, q.By)
	require.Equal(v.t, "JOS", q.Source)
	page, err := strconv.Atoi(q.Page)
	require.NoError(v.t, err)
	size, err := strconv.Atoi(q.Size)
	require.NoError(v.t, err)
	from, err := time.Parse(time.DateTime, q.Start)
	require.NoError(v.t, err)
	to, err := time.Parse(time.DateTime, q.End)
	require.NoError(v.t, err)
	require.LessOrEqual(v.t, to.Sub(from), 31*24*time.Hour)
	var in []map[string]any
	for _, o := range v.orders {
		if at := o["modified"].(string); at >= q.Start && at <= q.End && strings.Contains(","+q.States+",", ","+o["orderState"].(string)+",") {
			in = append(in, o)
		}
	}
	slices.SortStableFunc(in, func(a, b map[string]any) int {
		return strings.Compare(a["modified"].(string), b["modified"].(string))
	})
	total := len(in)
	in = in[min((page-1)*size, total):min(page*size, total)]
	list, err := json.Marshal(in)
	require.NoError(v.t, err)
	fmt.Fprintf(w, `{"jingdong_pop_order_search_responce":{"code":"0","searchorderinfo_result":{"apiResult":{"success":true,"numberCode":0,"chineseErrCode":"成功"},"orderTotal":%d,"orderInfoList":%s}}}`, total, list)
	if v.asked != nil {
		v.asked(page)
	}
}

func sold(id int, at string, state string) map[string]any {
	return map[string]any{"orderId": strconv.Itoa(id), "orderState": state, "modified": at, "orderStartTime": at, "open_id_buyer": fmt.Sprintf("oBuyer%d", id),
		"consigneeInfo": map[string]string{"fullname": "AAAAB3NzaC1yc2EAAAADAQABAAABgQDc", "mobile": "BBBBB3NzaC1yc2EAAAADAQABAAABgQDc==", "province": "广东", "city": "广州市", "county": "天河区"}}
}

// The clock of the suite is 2026-01-05 17:00 in China.
func shop(t *testing.T, n int) (*jos, []string) {
	v := &jos{t: t, token: "first-access-token", refresh: "first-refresh-token"}
	var ids []string
	for i := range n {
		at := time.Date(2026, 1, 5, 9, 0, i, 0, time.UTC).Format(time.DateTime)
		v.orders = append(v.orders, sold(300000+i, at, "WAIT_SELLER_STOCK_OUT"))
		ids = append(ids, fmt.Sprintf("%d:WAIT_SELLER_STOCK_OUT", 300000+i))
	}
	return v, ids
}

func TestOrdersArePulledPageByPage(t *testing.T) {
	v, ids := shop(t, 230)
	backwards := slices.Concat(ids[200:], ids[100:200], ids[:100]) // see ask
	got := connectortest.RunPoller(t, jd.Connector{}, connectortest.Pull{Settings: pop(), Vendor: v, IDs: backwards})
	require.Len(t, got, 230)
	d := got[0].Drafts[0]
	require.Equal(t, []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd/test-app", Value: "oBuyer300200"}}, d.Identities)
	require.Equal(t, "2026-01-05T09:03:20+08:00", d.EventTime)
	require.Empty(t, d.Fields["phone"], "what is encrypted is no phone")
	require.Empty(t, d.Fields["name"])
	require.Equal(t, "天河区", d.First("district"))
}

func TestAnEmptyShopComesToRest(t *testing.T) {
	v, _ := shop(t, 0)
	connectortest.RunPoller(t, jd.Connector{}, connectortest.Pull{Settings: pop(), Vendor: v})
}

func TestATokenThatEndedIsRenewed(t *testing.T) {
	v, ids := shop(t, 3)
	v.token = "nobody has it any more"
	connectortest.RunPoller(t, jd.Connector{}, connectortest.Pull{Settings: pop(), Vendor: renewable{v}, IDs: ids})
	require.Positive(t, v.issued)
}

// renewable takes the first refresh token again and again, as every try of the suite starts from the settings.
type renewable struct{ *jos }

func (v renewable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	require.NoError(v.t, r.ParseForm())
	if r.Host == "open-oauth.jd.com" && r.Form.Get("refresh_token") == "first-refresh-token" {
		v.refresh = "first-refresh-token"
	}
	v.jos.ServeHTTP(w, r)
}

func poller(t *testing.T, settings map[string]any, vendor http.Handler) (connectors.Poller, *connectortest.Tokens) {
	t.Helper()
	c := jd.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "jd", Settings: settings})
	require.NoError(t, err)
	tokens := &connectortest.Tokens{}
	set.Client, set.Tokens = connectortest.NewVendor(t, vendor).Client, tokens
	set.Now = func() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }
	src, err := c.Open(set)
	require.NoError(t, err)
	return src.(connectors.Poller), tokens
}

func TestAGrantThatIsOverSaysSoAndShowsNoToken(t *testing.T) {
	v, _ := shop(t, 1)
	v.token, v.refresh = "other", "other"
	p, _ := poller(t, pop(), v)
	_, _, err := p.Poll(t.Context(), "")
	require.Equal(t, "vendor_unauthorized", lead.AsError(err).Code)
	require.Contains(t, lead.AsError(err).Hint, "grant access again")
	require.NotContains(t, err.Error(), "first-")
}

func TestATokenWhoseEndIsKnownIsRenewedBefore(t *testing.T) {
	v, _ := shop(t, 1)
	settings := pop()
	settings["token_ends"] = "2026-01-05 17:30:00"
	p, tokens := poller(t, settings, v)
	_, _, err := p.Poll(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 1, v.issued)
	require.Empty(t, tokens.Refused())
}

// An order that is sent out while the pages are read moves to the end of time and lets the others move up.
func TestAnOrderThatChangesWhilePagesAreReadHidesNoOther(t *testing.T) {
	v, ids := shop(t, 250)
	v.asked = func(page int) { // after every page the first three orders change
		for i := range v.orders[:3] {
			v.orders[i]["modified"] = "2026-01-06 00:00:00"
		}
		v.orders = append(v.orders[3:], v.orders[:3]...)
	}
	p, _ := poller(t, pop(), v)
	seen := map[string]bool{}
	for cursor := ""; ; {
		d, next, err := p.Poll(t.Context(), cursor)
		require.NoError(t, err)
		for _, e := range d.Events {
			seen[e.ID] = true
		}
		if next == cursor || len(d.Events) == 0 {
			break
		}
		cursor = next
	}
	for _, id := range ids[12:] { // those that did not change
		require.True(t, seen[id], "%s was never listed", id)
	}
}

func TestWhatJOSAnswersSteers(t *testing.T) {
	list := func(result string) string {
		return `{"jingdong_pop_order_search_responce":{"code":"0","searchorderinfo_result":` + result + `}}`
	}
	for answer, want := range map[string]lead.Kind{
		`{"error_response":{"code":"2","zh_desc":"限制时间内调用失败次数"}}`:                   lead.KindTransient,
		`{"error_response":{"code":"12","zh_desc":"无效签名"}}`:                         lead.KindInvalid,
		list(`{"apiResult":{"success":false,"numberCode":"10100021"}}`):             lead.KindInvalid,
		list(`{"apiResult":{"success":"false"},"orderTotal":0,"orderInfoList":[]}`): lead.KindInvalid,
		list(`{"apiResult":{"success":true}}`):                                      lead.KindTransient,
		list(`{}`):                                                                  lead.KindTransient,
		`{}`:                                                                        lead.KindTransient,
		`{"unheard_of":{"a":[]}}`:                                                   lead.KindTransient,
	} {
		p, _ := poller(t, pop(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		d, next, err := p.Poll(t.Context(), "")
		require.Equal(t, want, lead.AsError(err).Kind, "%s: %v", answer, err)
		require.Empty(t, d.Events)
		require.Empty(t, next, "no answer is not an empty answer")
	}
}

func TestTheConsigneeIsTheBuyerOnlyWhenSomebodySaysSo(t *testing.T) {
	raw := lead.Raw{ContentType: "application/json", Body: []byte(`{"orderId":7,"orderState":"FINISHED_L","pin":"jd_lin","modified":"2026-01-05 09:00:00",` +
		`"consigneeInfo":{"fullname":"林晓","mobile":"13912345678","fullAddress":"广州市天河区"},"orderRemark":"请开发票","itemInfoList":[{"skuName":"键盘"}]}`)}
	parse := func(settings map[string]any) lead.Draft {
		p, _ := poller(t, settings, http.NotFoundHandler())
		drafts, err := p.(connectors.Source).Parse(raw)
		require.NoError(t, err)
		return drafts[0]
	}
	d := parse(pop())
	require.Empty(t, d.Fields["phone"])
	require.Equal(t, "13912345678", d.First("consignee_phone"))
	require.Equal(t, []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd", Value: "jd_lin"}}, d.Identities)
	settings := pop()
	settings["consignee_is_buyer"] = true
	d = parse(settings)
	require.Equal(t, "13912345678", d.First("phone"))
	require.Equal(t, "林晓", d.First("name"))
	raw.Body = []byte(strings.NewReplacer("13912345678", "13912345678-0012", "林晓", "林*", "jd_lin", "4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+w==").Replace(string(raw.Body)))
	d = parse(settings)
	require.Empty(t, d.Fields["phone"], "a number with an extension is a lent one")
	require.Empty(t, d.Fields["name"])
	require.Empty(t, d.Identities, "an encrypted account name is nobody's")
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"no token":             func(s map[string]any) { delete(s, "access_token") },
		"no states":            func(s map[string]any) { s["order_states"] = []string{} },
		"too far back":         func(s map[string]any) { s["start_days"] = 91 },
		"an end that is none":  func(s map[string]any) { s["token_ends"] = "next year" },
		"an address of a file": func(s map[string]any) { s["api_url"] = "file:///etc/passwd" },
		"half an address":      func(s map[string]any) { s["refresh_url"] = "open-oauth.jd.com" },
		"an empty secret":      func(s map[string]any) { s["app_secrets"] = []string{secret, " "} },
	} {
		settings := pop()
		change(settings)
		c := jd.Connector{}
		set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "jd", Settings: settings})
		require.NoError(t, err)
		_, err = c.Open(set)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), secret)
	}
}
