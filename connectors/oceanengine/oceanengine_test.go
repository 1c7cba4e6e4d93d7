package oceanengine_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/oceanengine"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

var (
	now  = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	open = map[string]any{"advertiser_ids": []string{"1700000000000001", "1700000000000002"}, "app_id": "1787", "app_secret": "secret-of-the-app",
		"access_token": "access-of-yesterday", "refresh_token": "refresh-of-yesterday"}
	crm = map[string]any{"api": "feiyu", "signature_key": "TDJDMkNDVDlVTFY5", "access_token": "token-of-feiyu"}
)

func TestOceanEngineKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, oceanengine.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"api": "none", "push_secrets": []string{"a-secret"}},
		Also:        []map[string]any{open, crm},
		EmptySecret: map[string]any{"push_secrets": []string{""}},
		MinCases:    25,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, oceanengine.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, oceanengine.Connector{}, fixtures) }

// made is when the nth of total leads was made: one a minute, the last at 08:59.
func made(n, total int) time.Time { return now.Add(time.Duration(n-total) * time.Minute) }

func ids(total int) (out []string) {
	for n := total - 1; n >= 0; n-- { // the latest first
		out = append(out, strconv.Itoa(7200000000000000000+n))
	}
	return out
}

// platform answers as the open platform does: its access tokens end, and a refresh token is good for one renewal.
type platform struct {
	mu      sync.Mutex
	total   int
	renewed int
	refresh string // the one that is good
}

func newPlatform(total int) *platform {
	return &platform{total: total, refresh: "refresh-of-yesterday"}
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Host != "api.oceanengine.com" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch r.URL.Path {
	case "/open_api/oauth2/refresh_token/":
		p.renew(w, r)
	case "/open_api/2/tools/clue/get/":
		p.clues(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (p *platform) renew(w http.ResponseWriter, r *http.Request) {
	var in map[string]string
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["app_id"] != "1787" || in["secret"] != "secret-of-the-app" || in["grant_type"] != "refresh_token" {
		fmt.Fprint(w, `{"code":40001,"message":"wrong parameter"}`)
		return
	}
	if in["refresh_token"] != p.refresh {
		fmt.Fprintf(w, `{"code":40103,"message":"refresh token %s is expired"}`, in["refresh_token"])
		return
	}
	p.renewed++
	p.refresh = "refresh-" + strconv.Itoa(p.renewed)
	fmt.Fprintf(w, `{"code":0,"message":"OK","data":{"access_token":"access-%d","expires_in":86399,"refresh_token":%q,"refresh_token_expires_in":2591999}}`, p.renewed, p.refresh)
}

func (p *platform) clues(w http.ResponseWriter, r *http.Request) {
	if token := r.Header.Get("Access-Token"); token != "access-"+strconv.Itoa(p.renewed) {
		fmt.Fprintf(w, `{"code":40102,"message":"access token %s is expired"}`, token)
		return
	}
	from, err1 := time.ParseInLocation(time.DateTime, r.FormValue("start_time"), connectors.China)
	to, err2 := time.ParseInLocation(time.DateTime, r.FormValue("end_time"), connectors.China)
	page, err3 := strconv.Atoi(r.FormValue("page"))
	if err1 != nil || err2 != nil || err3 != nil || r.FormValue("page_size") != "100" || r.FormValue("advertiser_ids") != "[1700000000000001,1700000000000002]" {
		fmt.Fprint(w, `{"code":40001,"message":"wrong parameter"}`)
		return
	}
	var list []string
	for n := p.total - 1; n >= 0; n-- {
		if at := made(n, p.total); !at.Before(from) && !at.After(to) {
			list = append(list, fmt.Sprintf(`{"clue_id":%d,"name":"林","telephone":"139%08d","create_time_detail":%q}`, 7200000000000000000+n, n, at.In(connectors.China).Format(time.DateTime)))
		}
	}
	pages := (len(list) + 99) / 100
	some := list[min((page-1)*100, len(list)):min(page*100, len(list))]
	fmt.Fprintf(w, `{"code":0,"message":"OK","request_id":"r","data":{"list":[%s],"page_info":{"page":%d,"page_size":100,"total_number":%d,"total_page":%d}}}`,
		strings.Join(some, ","), page, len(list), pages)
}

// vendors is a fresh platform for every source of the suite: it knows one by its first question.
type vendors struct {
	mu    sync.Mutex
	total int
	p     *platform
}

func (v *vendors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	if v.p == nil || r.Header.Get("Access-Token") == "access-of-yesterday" {
		v.p = newPlatform(v.total)
	}
	p := v.p
	v.mu.Unlock()
	p.ServeHTTP(w, r)
}

func TestLeadsAreAskedForAtTheOpenPlatform(t *testing.T) {
	pulled := connectortest.RunPoller(t, oceanengine.Connector{}, connectortest.Pull{Settings: open, Vendor: &vendors{total: 230}, IDs: ids(230)})
	require.Equal(t, []string{"13900000229"}, pulled[0].Drafts[0].Fields[lead.FieldPhone])
	require.Equal(t, "2026-01-05T16:59:00+08:00", pulled[0].Drafts[0].EventTime)
}

func source(t *testing.T, settings map[string]any, vendor http.Handler, tokens connectors.Tokens, at *time.Time) connectors.Poller {
	t.Helper()
	set, err := oceanengine.Connector{}.Spec().Check(lead.Source{Key: "case", Settings: settings})
	require.NoError(t, err)
	set.Client, set.Tokens, set.Now = connectortest.NewVendor(t, vendor).Client, tokens, func() time.Time { return *at }
	src, err := oceanengine.Connector{}.Open(set)
	require.NoError(t, err)
	return src.(connectors.Poller)
}

func TestARefreshTokenIsUsedOnceAndTheNextOneIsKept(t *testing.T) {
	at, tokens, p := now, &connectortest.Tokens{}, newPlatform(1)
	src := source(t, open, p, tokens, &at)
	_, cursor, err := src.Poll(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 1, p.renewed)
	p.mu.Lock()
	p.renewed++ // what the hub has is no longer taken; its refresh token still is
	p.mu.Unlock()
	at = at.Add(time.Minute)
	_, _, err = src.Poll(t.Context(), cursor)
	require.NoError(t, err)
	require.Equal(t, 3, p.renewed)
	require.Equal(t, []string{"access-of-yesterday", "access-1"}, tokens.Refused())
}

func TestWhoAuthorisesAnewIsHeard(t *testing.T) {
	at, tokens, p := now, &connectortest.Tokens{}, newPlatform(1)
	_, _, err := source(t, open, p, tokens, &at).Poll(t.Context(), "")
	require.NoError(t, err)
	p.mu.Lock()
	p.renewed, p.refresh = 5, "refresh-of-today" // 30 days later everything has ended
	p.mu.Unlock()
	_, _, err = source(t, open, p, tokens, &at).Poll(t.Context(), "")
	require.Equal(t, "vendor_unauthorized", lead.AsError(err).Code)
	require.Contains(t, lead.AsError(err).Hint, "authorise the app again")
	for _, secret := range []string{"refresh-", "secret-of-the-app", "access-"} {
		require.NotContains(t, err.Error(), secret)
	}
	anew := map[string]any{}
	for name, value := range open {
		anew[name] = value
	}
	anew["refresh_token"] = "refresh-of-today"
	d, _, err := source(t, anew, p, tokens, &at).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, d.Events, 1)
}

func TestALeadThatTheListShowsLateIsNotMissed(t *testing.T) {
	at, tokens, p := now, &connectortest.Tokens{}, newPlatform(0)
	src := source(t, open, p, tokens, &at)
	_, cursor, err := src.Poll(t.Context(), "")
	require.NoError(t, err)
	at = at.Add(10 * time.Minute)
	p.mu.Lock()
	p.total = 1 // made at 08:59, shown at 09:10
	p.mu.Unlock()
	d, _, err := src.Poll(t.Context(), cursor)
	require.NoError(t, err)
	require.Len(t, d.Events, 1)
}

// older answers as Feiyu does. It checks the signature by its own computation.
type older struct{ total int }

func (o older) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := hmac.New(sha256.New, []byte("TDJDMkNDVDlVTFY5"))
	fmt.Fprintf(m, "/crm/v2/openapi/pull-clues/?start_time=%s&end_time=%s %s", r.FormValue("start_time"), r.FormValue("end_time"), r.Header.Get("Timestamp"))
	if r.Host != "feiyu.oceanengine.com" || r.URL.Path != "/crm/v2/openapi/pull-clues/" || r.Header.Get("Access-Token") != "token-of-feiyu" ||
		r.Header.Get("Signature") != base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(m.Sum(nil)))) {
		fmt.Fprint(w, `{"status":-2,"msg":"signature error","data":null}`)
		return
	}
	from, _ := strconv.ParseInt(r.FormValue("start_time"), 10, 64)
	to, _ := strconv.ParseInt(r.FormValue("end_time"), 10, 64)
	page, _ := strconv.Atoi(r.FormValue("page"))
	var list []string
	for n := o.total - 1; n >= 0; n-- {
		if at := made(n, o.total).Unix(); at >= from && at <= to {
			list = append(list, fmt.Sprintf(`{"clue_id":"%d","name":"林","telphone":"139%08d","create_time":"%d"}`, 7200000000000000000+n, n, at))
		}
	}
	some := list[min((page-1)*100, len(list)):min(page*100, len(list))]
	fmt.Fprintf(w, `{"status":"success","count":%d,"data":[%s]}`, len(list), strings.Join(some, ","))
}

func TestLeadsAreAskedForAtFeiyu(t *testing.T) {
	pulled := connectortest.RunPoller(t, oceanengine.Connector{}, connectortest.Pull{Settings: crm, Vendor: older{total: 200}, IDs: ids(200)})
	require.Equal(t, []string{"13900000199"}, pulled[0].Drafts[0].Fields[lead.FieldPhone])
	require.Equal(t, strconv.FormatInt(made(199, 200).Unix(), 10), pulled[0].Drafts[0].EventTime)
}

func TestFeiyuSaysNoInAnAnswerThatLooksFine(t *testing.T) {
	wrong := map[string]any{"api": "feiyu", "signature_key": "another-key", "access_token": "token-of-feiyu"}
	at := now
	_, _, err := source(t, wrong, older{}, &connectortest.Tokens{}, &at).Poll(t.Context(), "")
	require.Equal(t, "vendor_refused", lead.AsError(err).Code)
}

func TestALeadIsLeftAloneUntilItsAttributionIsThere(t *testing.T) {
	settings := map[string]any{"settle_minutes": 10}
	for name, value := range crm {
		settings[name] = value
	}
	at := now
	src := source(t, settings, older{total: 1}, &connectortest.Tokens{}, &at)
	d, cursor, err := src.Poll(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, d.Events)
	at = at.Add(10 * time.Minute)
	d, _, err = src.Poll(t.Context(), cursor)
	require.NoError(t, err)
	require.Len(t, d.Events, 1)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"nothing":                      {"api": "none"},
		"no advertiser":                {"refresh_token": "r", "app_id": "1", "app_secret": "s"},
		"an advertiser that is a name": {"advertiser_ids": []string{"南山装饰"}, "access_token": "a"},
		"no token":                     {"advertiser_ids": []string{"1"}},
		"nothing to renew with":        {"advertiser_ids": []string{"1"}, "refresh_token": "r"},
		"half of Feiyu":                {"api": "feiyu", "access_token": "a"},
		"a wait without an end":        {"api": "feiyu", "access_token": "a", "signature_key": "k", "settle_minutes": 100000},
	} {
		set, err := oceanengine.Connector{}.Spec().Check(lead.Source{Key: "s", Settings: settings})
		require.NoError(t, err)
		_, err = oceanengine.Connector{}.Open(set)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
	}
}

func TestASourceMayAskAndBePushedTo(t *testing.T) {
	settings := map[string]any{"push_secrets": []string{"a-secret"}}
	for name, value := range crm {
		settings[name] = value
	}
	at := now
	src := source(t, settings, older{total: 1}, &connectortest.Tokens{}, &at)
	require.Implements(t, (*connectors.Receiver)(nil), src)
	d, _, err := src.Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, d.Events, 1)
}
