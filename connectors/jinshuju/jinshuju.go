// Package jinshuju receives the entries of forms made with 金数据 (jinshuju.net), and asks its API for those that a push missed.
//
// Facts: the vendor's API v1 documentation (open.jinshuju.net), pages "HTTP 推送", "获取表单数据列表" and "数据结构说明".
package jinshuju

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel jinshuju.
type Connector struct{}

// Open makes a source of its settings. It asks the API when it has a key.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	door, err := connectors.OpenSecretAddress(set.List(setSecrets), set.List(setAllowed))
	if err != nil {
		return nil, err
	}
	s := &source{door: door, mapper: connectors.NewMapper(set)}
	key, secret, forms := set.String(setKey), set.String(setKeySecret), set.List(setForms)
	switch {
	case key == "" && secret == "" && len(forms) == 0:
		return s, nil
	case key == "" || secret == "" || len(forms) == 0:
		return nil, lead.Invalid("bad_settings", "api_key, api_secret and forms belong together", "set all three, or none to be pushed to only")
	}
	for _, token := range forms {
		if token == "" || strings.ContainsAny(token, "/?#%: ") {
			return nil, lead.Invalid("bad_settings", "a form token has letters and digits only", "copy the token out of the form's address: jinshuju.net/f/{token}")
		}
	}
	auth := &http.Request{Header: http.Header{}}
	auth.SetBasicAuth(key, secret)
	return &polled{source: s, forms: forms, now: set.Now, auth: auth.Header,
		api: &vendorapi.API{Vendor: "Jinshuju", Base: strings.TrimRight(set.String(setAPI), "/"), Client: set.Client,
			Secrets: []string{key, secret, strings.TrimPrefix(auth.Header.Get("Authorization"), "Basic ")}}}, nil
}

type source struct {
	door   *connectors.SecretAddress
	mapper *connectors.Mapper
}

// Receive takes one entry. The zero Reply is the hub's own: 202, which is a success to Jinshuju.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if err := s.door.Verify(r); err != nil {
		return connectors.Delivery{}, err
	}
	if r.Method != http.MethodPost {
		return connectors.Delivery{}, lead.Invalid("method_not_allowed", "Jinshuju pushes with POST", "enter the address of the source as the HTTP push of the form")
	}
	return connectors.Delivery{Events: []connectors.Event{{ID: eventID(body), Body: body, ContentType: r.Header.Get("Content-Type")}}}, nil
}

// eventID is the form, the number of the entry in it, and when it was changed last: an edit is pushed with the same number.
func eventID(body []byte) string {
	doc, err := connectors.Document(body)
	if err != nil {
		return connectors.BodyID(body)
	}
	form, entry := connectors.FirstScalar(doc, "form"), doc.Get("entry")
	serial := connectors.FirstScalar(entry, "serial_number")
	if form == "" || serial == "" {
		return connectors.BodyID(body)
	}
	changed := connectors.FirstScalar(entry, "updated_at", "created_at")
	if t, err := time.Parse(time.RFC3339Nano, changed); err == nil { // a push and the API may write the same moment differently
		changed = t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return connectors.EventID(form, serial, changed)
}

// polled is a source that also asks for what the pushes missed: Jinshuju stops pushing after six failures, and does not send again what
// came until the form's owner saved the address anew.
type polled struct {
	*source
	api   *vendorapi.API
	auth  http.Header
	forms []string
	now   func() time.Time
}

// Poll asks for the entries made since the last time, one form after the other. Entries are found by when they were made: an edit of
// an old one only comes by push.
func (p *polled) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	return connectors.Window{Overlap: 15 * time.Minute}.Poll(ctx, cursor, p.now(), p.page)
}

// page reads one page of 50. Span.Page is the index of the form and Jinshuju's own mark: "0:51".
func (p *polled) page(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
	index, mark, _ := strings.Cut(span.Page, ":")
	form, _ := strconv.Atoi(index)
	if form < 0 || form >= len(p.forms) { // the setting became shorter
		return nil, "", nil
	}
	query := url.Values{"created_at": {span.From.In(connectors.China).Format(time.DateTime)}} // GMT+8, as the API takes it
	if mark != "" {
		query.Set("next", mark)
	}
	token := p.forms[form]
	var answer json.RawMessage
	if err := p.api.Do(ctx, vendorapi.Call{Path: "/api/v1/forms/" + token + "/entries", Query: query, Header: p.auth}, &answer); err != nil {
		return nil, "", err
	}
	list := gjson.GetBytes(answer, "data")
	if !list.IsArray() {
		return nil, "", lead.Transient("vendor_answer", "the answer of Jinshuju has no list of entries", 0, nil)
	}
	var events []connectors.Event
	for _, entry := range list.Array() {
		body := []byte(`{"form":"` + token + `","entry":` + entry.Raw + `}`)
		events = append(events, connectors.Event{ID: eventID(body), Body: body, ContentType: "application/json"})
	}
	next := connectors.ScalarOf(gjson.GetBytes(answer, "next"))
	switch {
	case next != "" && next != mark && len(events) > 0:
		return events, strconv.Itoa(form) + ":" + next, nil
	case form+1 < len(p.forms):
		return events, strconv.Itoa(form+1) + ":", nil
	}
	return events, "", nil
}

// Parse reads the draft out of an entry.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	doc, err := connectors.Document(raw.Body)
	if err != nil {
		return nil, err
	}
	form, entry := connectors.FirstScalar(doc, "form"), doc.Get("entry")
	if form == "" || !entry.IsObject() {
		return nil, lead.Invalid("bad_entry", "this is not an entry of a Jinshuju form: form or entry is missing", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	var d lead.Draft
	count := 0
	entry.ForEach(func(name, value gjson.Result) bool {
		count++
		s.field(&d, form, strings.ToValidUTF8(strings.TrimSpace(name.String()), "�"), value)
		return count < maxFields
	})
	if len(d.Fields) == 0 {
		return nil, nil
	}
	d.Add("form", form)
	d.Add("form_name", connectors.FirstScalar(doc, "form_name"))
	if d.EventTime == "" {
		d.EventTime = connectors.FirstScalar(entry, "updated_at", "created_at")
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}
