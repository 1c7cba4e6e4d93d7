package jd

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// daojia is a merchant of JD Daojia. It is pushed thin events, an order number and a state each, and asks for the order.
type daojia struct {
	appKey, token string
	secrets       []string
	events        []string
	api           *vendorapi.API
	now           func() time.Time
}

func openDaojia(set connectors.Settings, api string) *daojia {
	return &daojia{appKey: set.String(setAppKey), token: set.String(setToken), secrets: set.List(setSecrets), events: set.List(setEvents), now: set.Now,
		api: &vendorapi.API{Vendor: "JD Daojia", Base: api, Client: set.Client, Secrets: append(set.List(setSecrets), set.String(setToken)),
			Codes: vendorapi.Codes{Field: "code", Message: "msg", OK: []string{"0"}, Later: []string{retryCode}}}}
}

const (
	// retryCode asks the other side to do the same again; opendj.jd.com MQVenderChannel.
	retryCode  = "-10000"
	paramPlain = "jd_param_json"
	paramAES   = "encrypt_jd_param_json"
	// typeOrder is the content type of an event with its order.
	typeOrder = "application/vnd.leadhub.jd-daojia+json"
)

var (
	errMethod = lead.Invalid("method_not_allowed", "JD Daojia posts its messages", "enter the address of this source, and nothing behind it, in JD's console")
	errForm   = lead.Invalid("bad_form", "the body is not a form", "only JD's servers post here")
	errSealed = lead.Invalid("cannot_decrypt", "the message is encrypted and no app secret of the source opens it",
		"enter the app secret that was valid then beside the present one, then replay")
	errMessage = lead.Invalid("bad_message", "the message names no order", "look at what arrived; JD's page of the event says what it should be")
)

// success is what JD waits for, at most 3 s.
var success = connectors.JSONReply(struct {
	Code string `json:"code"`
	Msg  string `json:"msg"`
	Data string `json:"data"`
}{"0", "success", ""})

// Receive verifies the parameters and takes the order's number and state for the event's id.
func (s *daojia) Receive(r *http.Request) (connectors.Delivery, error) {
	if r.Method != http.MethodPost {
		return connectors.Delivery{Reply: connectors.Reply{Header: http.Header{"Allow": {"POST"}}}}, errMethod
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	params, err := form(body)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if err := s.verify(params); err != nil {
		return connectors.Delivery{}, err
	}
	id := ""
	if message, err := s.message(params); err == nil { // what cannot be read is stored all the same, and rejected by Parse
		id = eventID(gjson.Parse(message))
	}
	return connectors.Delivery{Reply: success, Events: []connectors.Event{{ID: id, Body: body, ContentType: "application/x-www-form-urlencoded"}}}, nil
}

// form reads parameters; of one that is there twice the first counts, for the signature and for its meaning.
func form(body []byte) (map[string]string, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForm
	}
	params := make(map[string]string, len(values))
	for name := range values {
		params[name] = values.Get(name)
	}
	return params, nil
}

// verify checks the signature over all parameters as opendj.jd.com describes it. Receivers of encrypted messages compute it over the message in the
// clear instead, and JD's own SDK signs the names of empty parameters, so these are right as well.
func (s *daojia) verify(params map[string]string) error {
	given := params["sign"]
	named := topsign.TOP
	named.KeepEmpty = true
	err := topsign.TOP.Verify(s.secrets, given, "", params)
	if err != nil && given != "" && named.Verify(s.secrets, given, "", params) == nil {
		return nil
	}
	if err != nil && given != "" && params[paramAES] != "" {
		if message, openErr := s.message(params); openErr == nil {
			plain := maps.Clone(params)
			delete(plain, paramAES)
			plain[paramPlain] = message
			return topsign.TOP.Verify(s.secrets, given, "", plain)
		}
	}
	return err
}

// message is jd_param_json, decrypted where it was encrypted.
func (s *daojia) message(params map[string]string) (string, error) {
	if params[paramAES] == "" {
		return params[paramPlain], nil
	}
	return s.decrypt(params[paramAES])
}

// decrypt opens base64 of AES-128-CBC with PKCS#7; key and vector are the halves of the app secret, as receivers have it that run with JD.
func (s *daojia) decrypt(text string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return "", errSealed
	}
	for _, secret := range s.secrets {
		if len(secret) < 2*aes.BlockSize {
			continue
		}
		block, err := aes.NewCipher([]byte(secret[:aes.BlockSize]))
		if err != nil {
			continue
		}
		plain := make([]byte, len(data))
		cipher.NewCBCDecrypter(block, []byte(secret[aes.BlockSize:2*aes.BlockSize])).CryptBlocks(plain, data)
		if n := int(plain[len(plain)-1]); n >= 1 && n <= aes.BlockSize && gjson.ValidBytes(plain[:len(plain)-n]) {
			return string(plain[:len(plain)-n]), nil
		}
	}
	return "", errSealed
}

// eventID is "" for a message without an order and a state.
func eventID(message gjson.Result) string {
	bill, state := either(message, "billId", "orderId"), either(message, "statusId", "deliveryStatus")
	if bill == "" || state == "" {
		return ""
	}
	return bill + ":" + state
}

// whole is an event with its order.
type whole struct {
	Message json.RawMessage `json:"message"`
	Order   json.RawMessage `json:"order"`
}

// Parse reads the order behind a pushed event, or says that it has to be asked for.
func (s *daojia) Parse(raw lead.Raw) ([]lead.Draft, error) {
	if event := path.Base("/" + raw.Path); event != "/" && !slices.Contains(s.events, event) {
		return nil, nil
	}
	if raw.ContentType == typeOrder {
		var w whole
		if err := json.Unmarshal(raw.Body, &w); err != nil {
			return nil, errMessage
		}
		return []lead.Draft{s.draft(gjson.ParseBytes(w.Message), gjson.ParseBytes(w.Order))}, nil
	}
	if _, _, err := s.bill(raw.Body); err != nil {
		return nil, err
	}
	return nil, connectors.Pending("the order")
}

func (s *daojia) bill(body []byte) (number, message string, err error) {
	params, err := form(body)
	if err != nil {
		return "", "", err
	}
	if message, err = s.message(params); err != nil {
		return "", "", err
	}
	m := gjson.Parse(message)
	if number = either(m, "billId", "orderId"); number == "" || !gjson.Valid(message) || !m.IsObject() {
		return "", "", errMessage
	}
	return number, message, nil
}

// Fetch asks for the order of a thin event. One that is not listed yet is asked for again: the push is faster than the list.
func (s *daojia) Fetch(ctx context.Context, thin lead.Raw) (connectors.Event, error) {
	bill, message, err := s.bill(thin.Body)
	if err != nil {
		return connectors.Event{}, err
	}
	if s.token == "" {
		return connectors.Event{}, lead.Invalid("no_token", "the source has no access_token to ask JD Daojia for the order", "enter the token that the merchant granted, then replay")
	}
	question, err := json.Marshal(map[string]string{"orderId": bill})
	if err != nil {
		return connectors.Event{}, err
	}
	params := map[string]string{"token": s.token, "app_key": s.appKey, "timestamp": s.now().In(connectors.China).Format(time.DateTime),
		"format": "json", "v": "1.0", paramPlain: string(question)}
	params["sign"] = topsign.TOP.Sign(s.secrets[0], "", params)
	values := url.Values{}
	for name, value := range params {
		values.Set(name, value)
	}
	var answer json.RawMessage
	if err := s.api.Do(ctx, vendorapi.Call{Method: http.MethodPost, Path: "/order/es/query", Form: values}, &answer); err != nil {
		return connectors.Event{}, err
	}
	order, err := s.order(answer, bill)
	if err != nil {
		return connectors.Event{}, err
	}
	body, err := json.Marshal(whole{json.RawMessage(message), json.RawMessage(order)})
	if err != nil {
		return connectors.Event{}, err
	}
	return connectors.Event{ID: thin.EventID, Body: body, ContentType: typeOrder}, nil
}

// order finds the order in an answer, whose data is an object, the text of one, or encrypted.
func (s *daojia) order(answer []byte, bill string) (string, error) {
	data := gjson.GetBytes(answer, "data")
	if data.Type == gjson.String {
		data = gjson.Parse(data.String())
	}
	if encrypted := text(gjson.GetBytes(answer, "encryptData")); encrypted != "" {
		plain, err := s.decrypt(encrypted)
		if err != nil {
			return "", err
		}
		data = gjson.Parse(plain)
	}
	if code := text(data.Get("code")); code != "" && code != "0" {
		return "", lead.Transient("vendor_busy", "JD Daojia did not answer with the order", 0, nil)
	}
	result := data.Get("result")
	if result.Type == gjson.String {
		result = gjson.Parse(result.String())
	}
	for _, o := range result.Get("resultList").Array() {
		if text(o.Get("orderId")) == bill {
			return o.Raw, nil
		}
	}
	return "", lead.Transient("order_not_listed", "JD Daojia does not list the order yet", 0, nil)
}

// draft reads an order of order/es/query. Its buyerMobile may be a number that JD lends for the delivery: it is the buyer's own when it ends as
// lastFourDigitsOfBuyerMobile, the end of the true number, says.
func (s *daojia) draft(message, order gjson.Result) lead.Draft {
	d := lead.Draft{EventTime: connectors.ChinaTime(either(order, "orderPurchaseTime", "orderStartTime"))}
	if d.EventTime == "" {
		d.EventTime = connectors.ChinaTime(text(message.Get("timestamp")))
	}
	if pin := text(order.Get("buyerPin")); plainPin.MatchString(pin) {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "jd-daojia/" + s.appKey, Value: pin}}
	}
	if name := text(order.Get("buyerFullName")); legible(name) {
		d.Add(lead.FieldName, name)
	}
	if number, end := text(order.Get("buyerMobile")), text(order.Get("lastFourDigitsOfBuyerMobile")); mobile.MatchString(number) && len(end) == 4 && strings.HasSuffix(number, end) {
		d.Add(lead.FieldPhone, number)
	} else {
		d.Add("delivery_phone", number)
	}
	if address := text(order.Get("buyerFullAddress")); legible(address) {
		d.Add(lead.FieldAddress, address)
	}
	d.Add(lead.FieldMessage, text(order.Get("orderBuyerRemark")))
	for _, p := range order.Get("product").Array() {
		d.Add(lead.FieldProduct, text(p.Get("skuName")))
	}
	addExtra(&d, order, map[string]string{"order_id": "orderId", "order_status": "orderStatus", "order_total_fen": "orderTotalMoney", "phone_last_four": "lastFourDigitsOfBuyerMobile",
		"shop": "deliveryStationName", "shop_no": "deliveryStationNo"})
	return d
}
