package vendorapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

const appSecret = "an-app-secret-of-the-test"

// weixin answers as WeChat's API does: the token in the query, errcode in a 200.
type weixin struct {
	issued int
	valid  string
	say    func(w http.ResponseWriter, r *http.Request) bool
}

func (v *weixin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/cgi-bin/token":
		v.issued++
		v.valid = "access-token-" + strings.Repeat("x", v.issued)
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": v.valid, "expires_in": 7200})
	case v.say != nil && v.say(w, r):
	case r.URL.Query().Get("access_token") != v.valid:
		_, _ = w.Write([]byte(`{"errcode":40001,"errmsg":"invalid credential, access_token is invalid, 13912345678"}`))
	default:
		_, _ = w.Write([]byte(`{"errcode":0,"id":9007199254740993123}`))
	}
}

func api(t *testing.T, handler http.Handler) (*vendorapi.API, *connectortest.Tokens, *connectortest.Vendor) {
	vendor := connectortest.NewVendor(t, handler)
	tokens := &connectortest.Tokens{}
	a := &vendorapi.API{Vendor: "WeChat", Base: "https://api.weixin.example", Client: vendor.Client, Secrets: []string{appSecret},
		Codes: vendorapi.Codes{Field: "errcode", Message: "errmsg", Expired: []string{"40001", "42001"}, Limited: []string{"45009"}, Later: []string{"-1"}, RetryAfter: 5 * time.Minute},
		Token: "access_token", Tokens: tokens, Put: vendorapi.InQuery("access_token")}
	a.Renew = func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
		var out struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int    `json:"expires_in"`
		}
		err := a.Do(ctx, vendorapi.Call{Path: "/cgi-bin/token", Query: url.Values{"secret": {appSecret}}, NoToken: true}, &out)
		return connectors.Token{Value: out.AccessToken}, err
	}
	return a, tokens, vendor
}

func TestATokenIsAskedForOnceAndAgainWhenItIsRefused(t *testing.T) {
	v := &weixin{}
	a, tokens, _ := api(t, v)
	var out struct{ ID json.Number }
	for range 3 {
		require.NoError(t, a.Get(t.Context(), "/cgi-bin/user/info", url.Values{"openid": {"o 1"}}, &out))
	}
	require.Equal(t, "9007199254740993123", out.ID.String())
	require.Equal(t, 1, v.issued)
	old := v.valid
	v.valid = "taken back"
	require.NoError(t, a.Get(t.Context(), "/cgi-bin/user/info", nil, &out))
	require.Equal(t, 2, v.issued)
	require.Equal(t, []string{old}, tokens.Refused())
	v.say = func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte(`{"errcode":"42001","errmsg":"expired"}`))
		return true
	}
	err := a.Get(t.Context(), "/cgi-bin/user/info", nil, &out)
	require.Equal(t, "vendor_unauthorized", lead.AsError(err).Code)
	require.Equal(t, 3, v.issued, "one new token, then it is said")
}

func TestWhatTheVendorSaysSteers(t *testing.T) {
	v := &weixin{}
	a, _, _ := api(t, v)
	for said, want := range map[string]struct {
		kind lead.Kind
		code string
		wait time.Duration
	}{
		`200 {"errcode":45009,"errmsg":"reach max api daily quota limit"}`: {lead.KindTransient, "vendor_limit", 5 * time.Minute},
		`429 {}`:                    {lead.KindTransient, "vendor_limit", 5 * time.Minute},
		`429 30 {}`:                 {lead.KindTransient, "vendor_limit", 30 * time.Second},
		`200 {"errcode":-1}`:        {lead.KindTransient, "vendor_busy", 0},
		`502 <html>`:                {lead.KindTransient, "vendor_busy", 0},
		`503 9 {}`:                  {lead.KindTransient, "vendor_busy", 9 * time.Second},
		`200 <html>`:                {lead.KindTransient, "vendor_busy", 0},
		`200 {"errcode":40003}`:     {lead.KindInvalid, "vendor_refused", 0},
		`400 {"errcode":1}`:         {lead.KindInvalid, "vendor_refused", 0},
		`302 {}`:                    {lead.KindInvalid, "vendor_refused", 0},
		`403 {}`:                    {lead.KindForbidden, "vendor_forbidden", 0},
		`404 {}`:                    {lead.KindNotFound, "vendor_not_found", 0},
		`200 {"errcode":0,"id":[]}`: {lead.KindInvalid, "vendor_answer", 0},
	} {
		v.say = func(w http.ResponseWriter, _ *http.Request) bool {
			status, body, _ := strings.Cut(said, " ")
			if wait, rest, ok := strings.Cut(body, " {"); ok && !strings.HasPrefix(body, "{") {
				w.Header().Set("Retry-After", wait)
				body = "{" + rest
			}
			w.WriteHeader(map[string]int{"200": 200, "302": 302, "400": 400, "403": 403, "404": 404, "429": 429, "502": 502, "503": 503}[status])
			_, _ = io.WriteString(w, body)
			return true
		}
		var out struct{ ID string }
		e := lead.AsError(a.Get(t.Context(), "/x", nil, &out))
		require.Equal(t, want.kind, e.Kind, said)
		require.Equal(t, want.code, e.Code, said)
		require.Equal(t, want.wait, e.RetryAfter, said)
		require.Equal(t, want.kind == lead.KindNotFound, vendorapi.IsGone(e))
	}
}

func TestNoErrorShowsASecretATokenOrAPerson(t *testing.T) {
	for name, fault := range connectortest.Faults {
		v := &weixin{}
		a, _, vendor := api(t, v)
		require.NoError(t, a.Get(t.Context(), "/warm", nil, nil))
		for _, path := range []string{"/cgi-bin/user/info?secret=" + appSecret, "/bot" + appSecret + "/getUpdates", "/\x7f" + appSecret} {
			vendor.Fail(fault, func(int) bool { return true })
			err := a.Get(t.Context(), path, nil, nil)
			require.Error(t, err, name)
			for e := err; e != nil; e = errors.Unwrap(e) {
				require.NotContains(t, e.Error(), appSecret, name)
				require.NotContains(t, e.Error(), v.valid, name)
			}
		}
	}
	a, _, vendor := api(t, http.NotFoundHandler())
	a.Token = ""
	a.Client.CheckRedirect = func(r *http.Request, _ []*http.Request) error { return errors.New("not to " + r.URL.String()) }
	vendor.Fail(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/?k="+appSecret, http.StatusFound)
	}, func(int) bool { return true })
	err := a.Get(t.Context(), "/", nil, nil)
	require.NotContains(t, err.Error(), appSecret)
	vendor.Fail(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"errcode":7,"errmsg":"no user +8613912345678 or li@example.com for ` + appSecret + `"}`))
	}, func(int) bool { return true })
	err = a.Get(t.Context(), "/", nil, nil)
	require.Contains(t, err.Error(), "no user")
	for _, s := range []string{"139", "li@", appSecret} {
		require.NotContains(t, err.Error(), s)
	}
}

func TestAnAnswerWithoutAnEndIsGivenUp(t *testing.T) {
	a, _, _ := api(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat("x", 1<<16))
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	a.Token, a.MaxAnswer = "", 1<<20
	require.Equal(t, "vendor_answer", lead.AsError(a.Get(t.Context(), "/", nil, nil)).Code)
}

func TestTheEndOfTheContextIsSeen(t *testing.T) {
	a, _, _ := api(t, &weixin{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.Token = ""
	err := a.Get(ctx, "/", nil, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, lead.IsTransient(err))
}

func TestBodiesAndHeadersAreSentAsTheyAreSaid(t *testing.T) {
	var got string
	a, _, _ := api(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = strings.Join([]string{r.Method, r.Host, r.URL.String(), r.Header.Get("Content-Type"), r.Header.Get("X-Token"), string(b)}, " ")
		_, _ = w.Write([]byte(`{"errcode":0}`))
	}))
	a.Renew = func(context.Context, connectors.Token) (connectors.Token, error) {
		return connectors.Token{Value: "tok"}, nil
	}
	a.Put = vendorapi.InHeader("X-Token", "Bearer ")
	require.NoError(t, a.Post(t.Context(), "/p?a=1", url.Values{"b": {"&"}}, map[string]int{"n": 1}, nil))
	require.Equal(t, `POST api.weixin.example /p?a=1&b=%26 application/json; charset=utf-8 Bearer tok {"n":1}`, got)
	var raw json.RawMessage
	require.NoError(t, a.Do(t.Context(), vendorapi.Call{Path: "/f", Form: url.Values{"k": {"v w"}}, NoToken: true}, &raw))
	require.Equal(t, `POST api.weixin.example /f application/x-www-form-urlencoded  k=v+w`, got)
	require.JSONEq(t, `{"errcode":0}`, string(raw))
}
