package oceanengine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// pageSize is the most that both lists give at once.
const pageSize = 100

var digits = regexp.MustCompile(`^[0-9]{1,20}$`)

// asker polls a list of leads.
type asker struct {
	list   func(context.Context, connectors.Span) (answer, error)
	now    func() time.Time
	settle time.Duration
}

// answer is one page.
type answer struct {
	clues gjson.Result
	more  bool
}

// Poll asks for the leads made since the last time, the last 15 minutes again.
func (a *asker) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	window := connectors.Window{Overlap: 15 * time.Minute, Longest: 72 * time.Hour}
	return window.Poll(ctx, cursor, a.now().Add(-a.settle), func(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
		page, err := a.list(ctx, span)
		if err != nil {
			return nil, "", err
		}
		var events []connectors.Event
		for _, clue := range page.clues.Array() {
			body := []byte(clue.Raw)
			events = append(events, connectors.Event{ID: clueEventID(clue, body), Body: body, ContentType: "application/json"})
		}
		if !page.more || len(events) == 0 {
			return events, "", nil
		}
		return events, strconv.Itoa(span.PageNumber() + 1), nil
	})
}

func clueEventID(clue gjson.Result, body []byte) string {
	if id := connectors.FirstScalar(clue, "clue_id"); id != "" {
		return connectors.EventID(id)
	}
	return connectors.BodyID(body)
}

// openAPI is the open platform of OceanEngine.
type openAPI struct {
	api             *vendorapi.API
	advertisers     []json.Number
	appID, secret   string
	access, refresh string
	now             func() time.Time
}

// page asks GET /open_api/2/tools/clue/get/; its times are in GMT+8.
func (o *openAPI) page(ctx context.Context, span connectors.Span) (answer, error) {
	advertisers, err := json.Marshal(o.advertisers)
	if err != nil {
		return answer{}, err
	}
	var raw json.RawMessage
	err = o.api.Get(ctx, "/open_api/2/tools/clue/get/", url.Values{
		"advertiser_ids": {string(advertisers)},
		"start_time":     {span.From.In(connectors.China).Format(time.DateTime)},
		"end_time":       {span.To.In(connectors.China).Format(time.DateTime)},
		"page":           {strconv.Itoa(span.PageNumber())},
		"page_size":      {strconv.Itoa(pageSize)},
	}, &raw)
	if err != nil {
		return answer{}, err
	}
	data := gjson.GetBytes(raw, "data")
	if !data.IsObject() {
		return answer{}, lead.Transient("vendor_answer", "the answer of OceanEngine has no data", 0, nil)
	}
	out := answer{clues: data.Get("list")}
	if total := data.Get("page_info.total_page"); total.Exists() {
		out.more = int64(span.PageNumber()) < total.Int()
	} else {
		out.more = len(out.clues.Array()) == pageSize
	}
	return out, nil
}

// renew gets an access token for a refresh token, which is replaced every time: POST /open_api/oauth2/refresh_token/. The refresh token of
// the settings is tried after the kept one, for a person may have authorised anew.
func (o *openAPI) renew(ctx context.Context, kept connectors.Token) (connectors.Token, error) {
	if kept.Value == "" && o.access != "" {
		return connectors.Token{Value: o.access, Refresh: o.refresh}, nil
	}
	var refused error
	tried := ""
	for _, refresh := range []string{kept.Refresh, o.refresh} {
		if refresh == "" || refresh == tried {
			continue
		}
		tried = refresh
		token, err := o.exchange(ctx, refresh)
		if err == nil || lead.IsTransient(err) {
			return token, err
		}
		refused = err
	}
	return connectors.Token{}, &lead.Error{Kind: lead.KindUnauthorized, Code: "vendor_unauthorized", Message: "OceanEngine no longer takes the tokens of this source", Err: refused,
		Hint: "check app_id and app_secret; authorise the app again and enter the new refresh token"}
}

func (o *openAPI) exchange(ctx context.Context, refresh string) (connectors.Token, error) {
	var out struct {
		Data struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
			Seconds int64  `json:"expires_in"`
		} `json:"data"`
	}
	err := o.hiding(refresh).Do(ctx, vendorapi.Call{Method: http.MethodPost, Path: "/open_api/oauth2/refresh_token/", NoToken: true, JSON: map[string]string{
		"app_id": o.appID, "secret": o.secret, "grant_type": "refresh_token", "refresh_token": refresh}}, &out)
	if err != nil {
		return connectors.Token{}, err
	}
	if out.Data.Access == "" {
		return connectors.Token{}, lead.Transient("vendor_answer", "the answer of OceanEngine has no access token", 0, nil)
	}
	token := connectors.Token{Value: out.Data.Access, Refresh: out.Data.Refresh}
	if token.Refresh == "" {
		token.Refresh = refresh
	}
	if out.Data.Seconds > 0 && out.Data.Seconds < 1<<31 {
		token.Expires = o.now().Add(time.Duration(out.Data.Seconds) * time.Second)
	}
	return token, nil
}

// hiding is the API that also strikes out one more secret.
func (o *openAPI) hiding(secret string) *vendorapi.API {
	api := *o.api
	api.Secrets = append([]string{secret}, api.Secrets...)
	return &api
}

// feiyu is the CRM that was there before.
type feiyu struct {
	api   *vendorapi.API
	key   []byte
	token string
	now   func() time.Time
}

const feiyuPath = "/crm/v2/openapi/pull-clues/"

// page asks GET /crm/v2/openapi/pull-clues/. Page and size are not signed.
func (f *feiyu) page(ctx context.Context, span connectors.Span) (answer, error) {
	from, to, at := strconv.FormatInt(span.From.Unix(), 10), strconv.FormatInt(span.To.Unix(), 10), strconv.FormatInt(f.now().Unix(), 10)
	var raw json.RawMessage
	err := f.api.Do(ctx, vendorapi.Call{Path: feiyuPath,
		Query:  url.Values{"start_time": {from}, "end_time": {to}, "page": {strconv.Itoa(span.PageNumber())}, "page_size": {strconv.Itoa(pageSize)}},
		Header: http.Header{"Signature": {f.sign(from, to, at)}, "Timestamp": {at}, "Access-Token": {f.token}}}, &raw)
	if err != nil {
		return answer{}, err
	}
	data, count := gjson.GetBytes(raw, "data"), gjson.GetBytes(raw, "count")
	if !data.IsArray() && connectors.ScalarOf(count) != "0" {
		return answer{}, lead.Transient("vendor_answer", "the answer of Feiyu has no list of leads", 0, nil)
	}
	return answer{clues: data, more: int64(span.PageNumber())*pageSize < count.Int()}, nil
}

// sign is base64 of the hex HMAC-SHA256 of path and times.
func (f *feiyu) sign(from, to, at string) string {
	m := hmac.New(sha256.New, f.key)
	_, _ = m.Write([]byte(feiyuPath + "?start_time=" + from + "&end_time=" + to + " " + at))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(m.Sum(nil))))
}
