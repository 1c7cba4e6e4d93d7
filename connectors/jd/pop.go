package jd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

const (
	pageSize = 100                 // the most that JD takes
	reach    = 90 * 24 * time.Hour // JD shows changes of the last three months
	// fields is what is asked for of an order; only these come.
	fields = "orderId,venderId,orderState,orderStateRemark,orderTotalPrice,orderPayment,orderRemark,orderStartTime,modified,consigneeInfo,itemInfoList,pin,open_id_buyer"
)

// pop is a shop on JD's open platform.
type pop struct {
	appKey, secret, sourceID, states, refreshURL string
	consignee                                    bool
	first                                        connectors.Token
	api                                          *vendorapi.API
	window                                       connectors.Window
	set                                          connectors.Settings
}

// Poll asks for the orders that changed since cursor. Source of the question: jos.jd.com apiId=15660, jingdong.pop.order.search.
func (s *pop) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	return s.window.Poll(ctx, cursor, s.set.Now(), s.ask)
}

// ask reads the pages of a span from the last to the first. An order that changes meanwhile leaves the span, and those behind it move up: read in this
// order some come twice, in the other some would never come.
func (s *pop) ask(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
	list, total, err := s.search(ctx, span)
	if err != nil {
		return nil, "", err
	}
	page := ""
	switch n := span.PageNumber(); {
	case span.Page == "" && total > pageSize:
		return nil, strconv.Itoa((total + pageSize - 1) / pageSize), nil
	case n > 1:
		page = strconv.Itoa(n - 1)
	}
	var events []connectors.Event
	for _, order := range list {
		events = append(events, connectors.Event{ID: text(order.Get("orderId")) + ":" + text(order.Get("orderState")), Body: []byte(order.Raw), ContentType: "application/json"})
	}
	return events, page, nil
}

func (s *pop) search(ctx context.Context, span connectors.Span) (orders []gjson.Result, total int, err error) {
	question, err := json.Marshal(map[string]any{
		"start_date": span.From.In(connectors.China).Format(time.DateTime), "end_date": span.To.In(connectors.China).Format(time.DateTime),
		"dateType": 0, "sortType": 0, // by time of change, the oldest first
		"order_state": s.states, "optional_fields": fields, "source_id": s.sourceID, "page": strconv.Itoa(span.PageNumber()), "page_size": strconv.Itoa(pageSize)})
	if err != nil {
		return nil, 0, err
	}
	call := vendorapi.Call{Method: http.MethodPost, Form: url.Values{"method": {"jingdong.pop.order.search"}, "360buy_param_json": {string(question)}}}
	var answer json.RawMessage
	if err := s.api.Do(ctx, call, &answer); err != nil {
		return nil, 0, err
	}
	// "responce" is how JD writes it.
	result := gjson.GetBytes(answer, "jingdong_pop_order_search_responce.searchorderinfo_result")
	done, list := text(result.Get("apiResult.success")), result.Get("orderInfoList")
	switch total := result.Get("orderTotal"); {
	case done == "false":
		return nil, 0, &lead.Error{Kind: lead.KindInvalid, Code: "vendor_refused", Message: "JD refused to list orders",
			Hint: "see that the app may call jingdong.pop.order.search, and that order_states are ones that it takes"}
	case done != "true" || !total.Exists():
		return nil, 0, lead.Transient("vendor_busy", "the answer of JD holds no list of orders", 0, nil)
	default:
		return list.Array(), int(total.Int()), nil
	}
}

// sign puts the token, the time and the signature into a question. Source: jos.jd.com commondoc 33.
func (s *pop) sign(r *http.Request, token string) {
	body, _ := io.ReadAll(r.Body) // bytes of ours
	values, _ := url.ParseQuery(string(body))
	values.Set("access_token", token)
	values.Set("app_key", s.appKey)
	values.Set("timestamp", s.set.Now().In(connectors.China).Format("2006-01-02 15:04:05.000-0700"))
	values.Set("v", "2.0")
	params := make(map[string]string, len(values))
	for name := range values {
		params[name] = values.Get(name)
	}
	values.Set("sign", topsign.JOS.Sign(s.secret, "", params))
	body = []byte(values.Encode())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// renew returns the token of the settings at first, and later asks for another one. Source: jos.jd.com commondoc 32.
func (s *pop) renew(ctx context.Context, kept connectors.Token) (connectors.Token, error) {
	if kept.Value == "" {
		kept = s.first
		if kept.Expires.IsZero() || kept.Expires.After(s.set.Now().Add(time.Hour)) || kept.Refresh == "" {
			return kept, nil
		}
	}
	if kept.Refresh == "" {
		return connectors.Token{}, errGrant
	}
	oauth := &vendorapi.API{Vendor: "JD", Base: s.refreshURL, Client: s.set.Client, Secrets: []string{s.secret, kept.Refresh, kept.Value}, Codes: vendorapi.Codes{Field: "code", Message: "msg"}}
	var out struct {
		AccessToken  string      `json:"access_token"`
		RefreshToken string      `json:"refresh_token"`
		ExpiresIn    json.Number `json:"expires_in"`
	}
	err := oauth.Get(ctx, "", url.Values{"app_key": {s.appKey}, "app_secret": {s.secret}, "grant_type": {"refresh_token"}, "refresh_token": {kept.Refresh}}, &out)
	switch {
	case err != nil && lead.AsError(err).Kind == lead.KindInvalid: // refused
		refused := *errGrant
		refused.Err = err
		return connectors.Token{}, &refused
	case err != nil:
		return connectors.Token{}, err
	case out.AccessToken == "":
		return connectors.Token{}, errGrant
	}
	next := connectors.Token{Value: out.AccessToken, Refresh: out.RefreshToken}
	if next.Refresh == "" {
		next.Refresh = kept.Refresh
	}
	if seconds, err := out.ExpiresIn.Int64(); err == nil && seconds > 0 && seconds < 1<<31 {
		next.Expires = s.set.Now().Add(time.Duration(seconds) * time.Second)
	}
	return next, nil
}

// Parse reads an order. Consignee and pin are encrypted for most apps: what is, is kept and never taken for a name or a number.
func (s *pop) Parse(raw lead.Raw) ([]lead.Draft, error) {
	order := gjson.ParseBytes(raw.Body)
	if !gjson.ValidBytes(raw.Body) || !order.IsObject() || text(order.Get("orderId")) == "" {
		return nil, lead.Invalid("bad_order", "what arrived is no order of JD", "look at what arrived; JD's page of jingdong.pop.order.search says what it should be")
	}
	d := lead.Draft{EventTime: connectors.ChinaTime(either(order, "modified", "orderStartTime"))}
	if id := either(order, "open_id_buyer", "openIdBuyer"); id != "" {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd/" + s.appKey, Value: id}}
	} else if pin := text(order.Get("pin")); plainPin.MatchString(pin) {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd", Value: pin}}
	} else {
		d.Add("pin", pin)
	}
	s.addConsignee(&d, order.Get("consigneeInfo"))
	d.Add(lead.FieldMessage, text(order.Get("orderRemark")))
	for _, item := range order.Get("itemInfoList").Array() {
		d.Add(lead.FieldProduct, text(item.Get("skuName")))
	}
	addExtra(&d, order, map[string]string{"order_id": "orderId", "order_state": "orderState", "order_payment": "orderPayment", "order_total": "orderTotalPrice",
		"order_time": "orderStartTime", "shop_no": "venderId"})
	return []lead.Draft{d}, nil
}

func (s *pop) addConsignee(d *lead.Draft, c gjson.Result) {
	name, number, address := text(c.Get("fullname")), either(c, "mobile", "telephone"), text(c.Get("fullAddress"))
	if s.consignee && legible(name) {
		d.Add(lead.FieldName, name)
	} else {
		d.Add("consignee", name)
	}
	if s.consignee && mobile.MatchString(number) {
		d.Add(lead.FieldPhone, number)
	} else {
		d.Add("consignee_phone", number)
	}
	if s.consignee && legible(address) {
		d.Add(lead.FieldAddress, address)
	} else {
		d.Add("consignee_address", address)
	}
	for field, theirs := range map[string]string{lead.FieldProvince: "province", lead.FieldCity: "city", lead.FieldDistrict: "county"} {
		if v := text(c.Get(theirs)); legible(v) {
			d.Add(field, v)
		}
	}
}

var errGrant = &lead.Error{Kind: lead.KindUnauthorized, Code: "vendor_unauthorized", Message: "JD does not renew the access token of this source",
	Hint: "let the shop grant access again, and enter the new access_token and refresh_token"}
