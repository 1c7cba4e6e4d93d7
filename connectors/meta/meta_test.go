package meta_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/meta"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func with(more map[string]any) map[string]any {
	out := map[string]any{"app_secrets": []string{"an-app-secret-of-the-test"}, "verify_tokens": []string{"a-verify-token-of-the-test"}}
	for name, value := range more {
		out[name] = value
	}
	return out
}

var asked = with(map[string]any{"page_tokens": []string{"1001:EAAB-token-of-page-1001", "EAAB-token-of-the-others"},
	"lead_forms": []string{"1001:7001", "2002:7002"}})

func TestMetaKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, meta.Connector{}, connectortest.Options{
		Fixtures: fixtures, Settings: with(nil), Also: []map[string]any{asked},
		EmptySecret: map[string]any{"app_secrets": []string{""}}, MinCases: 30,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, meta.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, meta.Connector{}, fixtures) }

// graph answers as the Graph API does, for the leads of its forms.
type graph struct {
	leads map[string][]lead7 // by form, newest first
}

type lead7 struct {
	id   string
	at   time.Time
	page string
}

func (l lead7) json() string {
	return fmt.Sprintf(`{"id":"%s","created_time":"%s","ad_id":"120330000000001","campaign_id":"120330000000003","campaign_name":"春季","form_id":"7001","is_organic":false,"platform":"ig",`+
		`"field_data":[{"name":"full_name","values":["林晓"]},{"name":"phone_number","values":["+8613912345678"]},{"name":"您的预算","values":["10万","20万"]},{"name":"email","values":[]}],`+
		`"custom_disclaimer_responses":[{"checkbox_key":"marketing","is_checked":"1"},{"checkbox_key":"sms","is_checked":""}]}`, l.id, l.at.Format("2006-01-02T15:04:05-0700"))
}

func (g graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, path := r.URL.Query().Get("access_token"), strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	fail := func(status, code int, text string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"%s","type":"OAuthException","code":%d,"fbtrace_id":"A"}}`, text, code)
	}
	if path[0] != "v25.0" || len(path) < 2 {
		fail(http.StatusNotFound, 2500, "Unknown path components")
		return
	}
	for form, leads := range g.leads {
		for _, l := range leads {
			want := "EAAB-token-of-the-others"
			if l.page == "1001" {
				want = "EAAB-token-of-page-1001"
			}
			switch {
			case path[1] != l.id && path[1] != form:
			case token != want:
				fail(http.StatusBadRequest, 190, "Error validating access token: "+token)
				return
			case path[1] == l.id:
				_, _ = w.Write([]byte(l.json()))
				return
			default:
				g.list(w, r, leads)
				return
			}
		}
	}
	fail(http.StatusBadRequest, 100, "Unsupported get request. Object with ID does not exist")
}

// list is GET /{form}/leads: pages of two, with a next address in all but the last.
func (graph) list(w http.ResponseWriter, r *http.Request, leads []lead7) {
	var filter []struct {
		Field, Operator string
		Value           int64
	}
	if err := json.Unmarshal([]byte(r.URL.Query().Get("filtering")), &filter); err != nil || filter[0].Field != "time_created" || filter[0].Operator != "GREATER_THAN" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("after"))
	data := []json.RawMessage{}
	var seen int
	for i, l := range leads {
		if l.at.Unix() <= filter[0].Value || i < from {
			continue
		}
		if seen++; seen <= 2 {
			data = append(data, json.RawMessage(l.json()))
		}
	}
	paging := map[string]any{"cursors": map[string]string{"before": "x", "after": strconv.Itoa(from + len(data))}}
	if seen > 2 {
		paging["next"] = "https://graph.facebook.example/next?access_token=" + r.URL.Query().Get("access_token")
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "paging": paging})
}

var (
	now    = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	vendor = graph{leads: map[string][]lead7{
		"7001": {{"9003", now.Add(-time.Hour), "1001"}, {"9002", now.Add(-2 * time.Hour), "1001"}, {"9001", now.Add(-3 * time.Hour), "1001"}, {"8000", now.Add(-72 * time.Hour), "1001"}},
		"7002": {{"90071992547409931", now.Add(-4 * time.Hour), "2002"}},
	}}
)

func thin(page, id string) lead.Raw {
	return lead.Raw{EventID: id, Body: fmt.Appendf(nil,
		`{"object":"page","entry":[{"id":"%[1]s","time":1767603000,"changes":[{"field":"leadgen","value":{"leadgen_id":%[2]s,"page_id":"%[1]s","form_id":7001,"created_time":1767603000}}]}]}`, page, id)}
}

func TestTheAnswersOfALeadFormAreFetchedWithThePagesOwnToken(t *testing.T) {
	for page, id := range map[string]string{"1001": "9001", "2002": "90071992547409931"} {
		drafts := connectortest.RunFetcher(t, meta.Connector{}, connectortest.Pull{Settings: asked, Vendor: vendor, Thin: thin(page, id)})
		require.Len(t, drafts, 1)
		require.Equal(t, map[string][]string{"name": {"林晓"}, "phone": {"+8613912345678"}, "budget": {"10万", "20万"}, "consent": {"yes", "no"}, "consent_purpose": {"marketing", "sms"},
			"page_id": {page}, "form_id": {"7001"}, "ad_id": {"120330000000001"}, "campaign_id": {"120330000000003"}, "campaign_name": {"春季"}, "platform": {"ig"}, "is_organic": {"false"}}, drafts[0].Fields)
		require.False(t, drafts[0].Test)
	}
}

func TestTheFormsBringWhatAPushWouldHave(t *testing.T) {
	got := connectortest.RunPoller(t, meta.Connector{}, connectortest.Pull{Settings: asked, Vendor: vendor, IDs: []string{"9003", "9002", "9001", "90071992547409931"}})
	pushed := connectortest.RunFetcher(t, meta.Connector{}, connectortest.Pull{Settings: asked, Vendor: vendor, Thin: thin("1001", "9003")})
	require.NoError(t, got[0].Err)
	require.Equal(t, pushed, got[0].Drafts)
}

func open(t *testing.T, settings map[string]any) (connectors.Source, error) {
	t.Helper()
	c := meta.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: settings})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, vendor).Client
	return c.Open(set)
}

func TestALeadThatCannotBeFetchedSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		tokens []string
		raw    lead.Raw
		code   string
	}{
		"no token for the page":            {nil, thin("1001", "9001"), "no_page_token"},
		"a token of another page":          {[]string{"2002:EAAB-token-of-the-others"}, thin("1001", "9001"), "no_page_token"},
		"a token that is no longer valid":  {[]string{"1001:EAAB-an-old-token"}, thin("1001", "9001"), "vendor_unauthorized"},
		"a lead that was deleted":          {[]string{"EAAB-token-of-the-others"}, thin("1001", "1"), "vendor_refused"},
		"an id that is a way through":      {[]string{"EAAB-token-of-the-others"}, thin("1001", `"../me"`), "bad_json"},
		"a change that names no lead":      {[]string{"EAAB-token-of-the-others"}, thin("1001", `""`), "bad_json"},
		"a body that is none of the hooks": {[]string{"EAAB-token-of-the-others"}, lead.Raw{Body: []byte(`[]`)}, "bad_json"},
	} {
		src, err := open(t, with(map[string]any{"page_tokens": c.tokens}))
		require.NoError(t, err)
		_, err = src.(connectors.Fetcher).Fetch(t.Context(), c.raw)
		require.Equal(t, c.code, lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), "EAAB", name)
	}
}

// The vendor's tool marks its leads by their values alone. What a lead says under a name of its own goes where the mapping says.
func TestALeadThatWasFetchedIsReadAsItsFormSays(t *testing.T) {
	c := meta.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: with(nil), Mapping: map[string]string{"welches_modell?": "product"}, Defaults: map[string]string{"utm_source": "facebook"}})
	require.NoError(t, err)
	src, err := c.Open(set)
	require.NoError(t, err)
	read := func(fields string) lead.Draft {
		drafts, err := src.Parse(lead.Raw{Body: []byte(`{"object":"page","entry":[{"id":"1","changes":[{"field":"leadgen","value":{"leadgen_id":7,"form_id":5}}]}],` +
			`"leads":{"7":{"id":"7","created_time":"2026-01-05T08:50:00+0000","field_data":[` + fields + `],"custom_disclaimer_responses":[{"checkbox_key":"news","is_checked":true},{"is_checked":"1"}]}}}`)})
		require.NoError(t, err)
		return drafts[0]
	}
	d := read(`{"name":"first_name","values":["Mia"]},{"name":"work_email","values":["mia@northwind-example.com"]},{"name":"welches_modell?","values":["Modell A 🚗"]},{"name":"time","values":["下午"]}`)
	require.Equal(t, map[string][]string{"given_name": {"Mia"}, "email": {"mia@northwind-example.com"}, "product": {"Modell A 🚗"}, "time": {"下午"},
		"consent": {"yes"}, "consent_purpose": {"news"}, "form_id": {"5"}, "utm_source": {"facebook"}}, d.Fields)
	require.Equal(t, "2026-01-05T08:50:00+0000", d.EventTime)
	require.False(t, d.Test)
	d = read(`{"name":"full_name","values":["<test lead: dummy data for full_name>"]},{"name":"email","values":["test@meta.com"]}`)
	require.True(t, d.Test)
}

func TestLimitsOfTheGraphAPIAreWaitedFor(t *testing.T) {
	limited := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"message":"(#80005) There have been too many leadgen api calls","type":"OAuthException","code":80005}}`))
	})
	c := meta.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: asked})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, limited).Client
	src, err := c.Open(set)
	require.NoError(t, err)
	_, err = src.(connectors.Fetcher).Fetch(t.Context(), thin("1001", "9001"))
	require.Equal(t, "vendor_limit", lead.AsError(err).Code)
	require.Equal(t, 10*time.Minute, lead.AsError(err).RetryAfter)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, more := range map[string]map[string]any{
		"an empty verify token":     {"verify_tokens": []string{""}},
		"a version that is none":    {"graph_version": "../v1"},
		"a token without its value": {"page_tokens": []string{"1001:"}},
		"a page that is a name":     {"page_tokens": []string{"my-page:EAAB"}},
		"a form without its page":   {"page_tokens": []string{"EAAB"}, "lead_forms": []string{"7001"}},
		"a form without a token":    {"lead_forms": []string{"1001:7001"}},
	} {
		_, err := open(t, with(more))
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), "EAAB")
	}
}
