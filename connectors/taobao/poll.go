package taobao

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// atOnce is how many messages are asked for; Taobao takes 10 to 200.
const atOnce = "100"

// poller is a source that asks the API.
type poller struct {
	source
	method string
	scheme topsign.Scheme
	api    *vendorapi.API
}

// Poll confirms the messages of the delivery before and takes the next. The cursor is their ids: the hub has kept it only once the delivery was stored, so nothing is
// confirmed before. Source: open.taobao.com, taobao.tmc.messages.consume and .confirm.
func (s *poller) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	if cursor != "" {
		_, err := s.call(ctx, "taobao.tmc.messages.confirm", url.Values{"group_name": {s.group}, "s_message_ids": {cursor}})
		// A refusal must not stop what comes after. What Taobao does not hold to be confirmed it sends again, and that is known by its id.
		if err != nil && lead.AsError(err).Kind != lead.KindInvalid {
			return connectors.Delivery{}, cursor, err
		}
	}
	answer, err := s.call(ctx, "taobao.tmc.messages.consume", url.Values{"group_name": {s.group}, "quantity": {atOnce}})
	if err != nil {
		return connectors.Delivery{}, cursor, err
	}
	response := answer.Get("tmc_messages_consume_response")
	if !response.IsObject() {
		return connectors.Delivery{}, cursor, lead.Transient("vendor_busy", "the answer of Taobao holds no list of messages", 0, nil)
	}
	var d connectors.Delivery
	var ids []string
	for _, m := range response.Get("messages.tmc_message").Array() {
		id := text(m.Get("id"))
		if id == "" {
			d.Events = append(d.Events, connectors.Event{ID: "message " + digest([]byte(m.Raw)), Body: []byte(m.Raw), ContentType: typeDocument})
			continue
		}
		ids = append(ids, id)
		d.Events = append(d.Events, connectors.Event{ID: id, Body: []byte(m.Raw), ContentType: typeDocument})
	}
	return d, strings.Join(ids, ","), nil
}

// call asks the API as open.taobao.com docId=101617 describes it.
func (s *poller) call(ctx context.Context, method string, values url.Values) (gjson.Result, error) {
	for name, value := range map[string]string{"method": method, "app_key": s.appKey, "timestamp": s.set.Now().In(connectors.China).Format(time.DateTime), "format": "json",
		"v": "2.0", "sign_method": s.method} {
		values.Set(name, value)
	}
	params := make(map[string]string, len(values))
	for name := range values {
		params[name] = values.Get(name)
	}
	values.Set("sign", s.scheme.Sign(s.secret, "", params))
	var answer json.RawMessage
	err := s.api.Do(ctx, vendorapi.Call{Method: http.MethodPost, Form: values}, &answer)
	return gjson.ParseBytes(answer), err
}
