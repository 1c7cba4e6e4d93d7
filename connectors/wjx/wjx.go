// Package wjx receives answers to surveys made with 问卷星 (wjx.cn): pushed by its server, or carried by the browser that is sent on after
// the last page.
//
// Facts: the vendor's open documents, showdoc.com.cn/wjxopenapi/7664690808275512 (push) and /7664778836329436 (redirect).
package wjx

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel wjx.
type Connector struct{}

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{mapper: connectors.NewMapper(set), thanks: set.String(setThanks)}
	pushKeys, aesKeys := set.List(setPushKeys), set.List(setAESKeys)
	if len(pushKeys)+len(aesKeys) == 0 {
		return nil, badSettings("neither push_keys nor aes_keys is set", "set the key of the way in which answers come")
	}
	var err error
	if len(pushKeys) > 0 {
		if s.push, err = pushed.Open(pushKeys, set.Now); err != nil {
			return nil, err
		}
	}
	if s.carried, err = openKeys(aesKeys, set.String(setKeyFormat)); err != nil {
		return nil, err
	}
	if u, err := url.Parse(s.thanks); s.thanks != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return nil, badSettings("thanks_url is not an address", "write https://…")
	}
	return s, nil
}

func badSettings(message, hint string) error { return lead.Invalid("bad_settings", message, hint) }

// pushed is how the server signs: sign = sha1(activity + index + key), which leaves the answers out.
var pushed = connectors.Signature{Algorithm: "sha1", Encoding: connectors.EncodingHex, At: "body:sign", Signed: "{body:activity}{body:index}{secret}", BodyUnsigned: true}

type source struct {
	push    *connectors.Verifier // nil when the server does not push
	carried []block
	mapper  *connectors.Mapper
	thanks  string
}

// Receive takes a push of the server (JSON with a sign) or what a browser carries (a form with encrypted content). What was
// encrypted is stored in the clear: it must be readable when the key is another one.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	if r.Method != http.MethodPost {
		return connectors.Delivery{}, lead.Invalid("method_not_allowed", "answers come with POST", "enter the address of the source at Wenjuanxing; nothing is to be seen here")
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if content, ok := contentOf(body); ok {
		answer, err := s.decrypt(content)
		if err != nil {
			return connectors.Delivery{}, err
		}
		return connectors.Delivery{Events: []connectors.Event{{ID: eventID(answer), Body: answer, ContentType: "application/json"}}, Reply: s.thank()}, nil
	}
	if s.push == nil {
		return connectors.Delivery{}, lead.Unauthorized("unsigned", "this source takes answers that a browser carries, with encrypted content", "set push_keys for the push of the server")
	}
	if err := s.push.Verify(r, body); err != nil {
		return connectors.Delivery{}, err
	}
	return connectors.Delivery{Events: []connectors.Event{{ID: eventID(body), Body: body, ContentType: r.Header.Get("Content-Type")}}, Reply: connectors.TextReply("success")}, nil
}

// contentOf is the field content of a posted form; false for anything else.
func contentOf(body []byte) (string, bool) {
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] == '{' {
		return "", false
	}
	form, err := url.ParseQuery(string(body))
	return form.Get("content"), err == nil && form.Has("content")
}

// thank is what the person who answered sees.
func (s *source) thank() connectors.Reply {
	if s.thanks == "" {
		return connectors.TextReply("提交成功，谢谢。Your answers were received, thank you.")
	}
	return connectors.Reply{Status: http.StatusSeeOther, Header: http.Header{"Location": {s.thanks}}}
}

// eventID is survey and number of the answer, which both ways have. Of a member that stands there twice it reads the one that the
// verifier reads, the last: else one signature would be good for any number of events.
func eventID(body []byte) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return connectors.BodyID(body)
	}
	member := func(name string) string { return connectors.ScalarOf(gjson.ParseBytes(members[name])) }
	switch survey, index := member("activity"), member("index"); {
	case survey != "" && index != "":
		return connectors.EventID(survey, index)
	case member("joinid") != "":
		return connectors.EventID("joinid", member("joinid"))
	}
	return connectors.BodyID(body)
}

// notAsked are members that are no answers, and must not be taken for them: name is that of the survey.
var notAsked = map[string]string{"activity": "survey", "name": "survey_name", "sojumpparm": lead.FieldUTMSource}

// Parse reads the draft out of an answer.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	body := raw.Body
	if content, ok := contentOf(body); ok { // tried out as it was posted
		answer, err := s.decrypt(content)
		if err != nil {
			return nil, lead.Invalid("bad_content", "the content of this answer cannot be read", "check the AES key of the source")
		}
		body = answer
	}
	doc, err := connectors.Document(body)
	if err != nil {
		return nil, err
	}
	if connectors.FirstScalar(doc, "activity", "joinid") == "" {
		return nil, lead.Invalid("bad_answer", "this is not an answer to a survey: activity is missing", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	pairs, ok := connectors.Flatten(doc)
	if !ok {
		return nil, lead.Invalid("too_many_fields", "the answer has more than 1000 values", "split the survey")
	}
	var d lead.Draft
	for _, p := range pairs {
		field, known := notAsked[p.Name]
		switch {
		case p.Name == "sign" || strings.TrimSpace(p.Value) == "":
		case s.mapper.Mapped(p.Name):
			s.mapper.Add(&d, p)
		case known:
			d.Add(field, p.Value)
		case slices.Contains(meta, p.Name):
			d.Add(p.Name, p.Value)
		default:
			s.mapper.Add(&d, p)
		}
	}
	if d.EventTime == "" {
		d.EventTime = connectors.FirstScalar(doc, "submittime")
	}
	d.EventTime = connectors.ChinaTime(d.EventTime)
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// meta are members about the answer, kept under their own names.
var meta = []string{"index", "joinid", "timetaken", "submittime", "totalvalue"}
