package wecom

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// callback is a source that WeCom pushes to.
type callback struct {
	corp
	changes   []string
	crypter   *wechatcrypt.Crypter
	tolerance time.Duration
}

var errMethod = lead.Invalid("method_not_allowed", "WeCom asks with GET and pushes with POST", "enter this address as the callback URL in WeCom's console")

// Receive answers the handshake, whose challenge is encrypted, and opens events. What is stored is the event as it was before WeCom encrypted it:
// keys are changed, and a stored event must still be readable then.
func (s *callback) Receive(r *http.Request) (connectors.Delivery, error) {
	q := wechatcrypt.ParseQuery(r.URL.Query())
	switch r.Method {
	case http.MethodGet:
		challenge, err := s.open(q, q.Echo)
		if err != nil {
			return connectors.Delivery{}, err
		}
		return connectors.Echo(string(challenge))
	case http.MethodPost:
	default:
		return connectors.Delivery{Reply: connectors.Reply{Header: http.Header{"Allow": {"GET, POST"}}}}, errMethod
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	encrypted, err := wechatcrypt.Encrypted(body)
	if err != nil {
		return connectors.Delivery{}, err
	}
	message, err := s.open(q, encrypted)
	if err != nil {
		return connectors.Delivery{}, err
	}
	event := connectors.Event{Body: message, ContentType: "text/xml"}
	if strings.HasPrefix(strings.TrimSpace(string(message)), "{") {
		event.ContentType = "application/json"
	}
	if v, err := wechatcrypt.Read(message); err == nil { // what cannot be read is stored all the same, and rejected by Parse
		event.ID = eventID(v)
	}
	return connectors.Delivery{Events: []connectors.Event{event}, Reply: connectors.TextReply("success")}, nil
}

func (s *callback) open(q wechatcrypt.Query, encrypted string) ([]byte, error) {
	m, err := s.crypter.Open(q.MsgSignature, q.Timestamp, q.Nonce, encrypted)
	if err != nil {
		return nil, err
	}
	return m.Text, q.Fresh(s.now(), s.tolerance)
}

// eventID is MsgId, or for events the time and what tells two events of one second apart; "" for what has no time. Events of a third-party
// app have AuthCorpId, InfoType and TimeStamp in place of ToUserName, Event and CreateTime.
func eventID(v wechatcrypt.Values) string {
	if id := v.Get("MsgId"); id != "" {
		return "msg:" + id
	}
	at := v.Get("CreateTime", "TimeStamp")
	if at == "" {
		return ""
	}
	id := "event:" + at
	for _, names := range [][]string{{"AuthCorpId", "FromUserName"}, {"Event", "InfoType"}, {"ChangeType"}, {"UserID"}, {"ExternalUserID"}, {"LinkId"}, {"State"}, {"OpenKfId"}} {
		if part := v.Get(names...); part != "" {
			id += " " + part
		}
	}
	return id
}

// Parse reads an event, with the details of the customer when Fetch has added them.
func (s *callback) Parse(raw lead.Raw) ([]lead.Draft, error) {
	if raw.ContentType == typeDetailed {
		whole, err := readDetailed(raw.Body)
		if err != nil {
			return nil, err
		}
		return s.event([]byte(whole.Event), &whole)
	}
	return s.event(raw.Body, nil)
}

func (s *callback) event(body []byte, whole *detailed) ([]lead.Draft, error) {
	v, err := wechatcrypt.Read(body)
	if err != nil {
		return nil, err
	}
	event, change, customer := v.Get("Event", "InfoType"), v.Get("ChangeType"), v.Get("ExternalUserID")
	switch {
	case event == "" && v.Get("MsgType") == "" && v.Get("Encrypt") != "":
		return nil, lead.Invalid("encrypted", "the event is still encrypted", "only WeCom's pushes are decrypted; show the event as it is inside")
	case event == "" && v.Get("MsgType") == "":
		return nil, lead.Invalid("bad_message", "Event or MsgType is missing", "look at what arrived; it is no event of WeCom")
	case event != "change_external_contact" && event != "customer_acquisition", customer == "", !slices.Contains(s.changes, change):
		return nil, nil // also what colleagues write to the app, and kf_msg_or_event, whose messages a source with receive: kf asks for
	case whole == nil && s.asks(v):
		return nil, connectors.Pending("the details of the customer")
	}
	scope := s.id
	if auth := v.Get("AuthCorpId"); auth != "" {
		scope = auth
	}
	d := s.person(scope, customer)
	d.EventTime = v.Get("CreateTime", "TimeStamp")
	s.add(&d, "state", lead.FieldUTMCampaign, v.Get("State"))
	s.add(&d, "change", "change", change)
	s.add(&d, "link_id", "link_id", v.Get("LinkId"))
	s.add(&d, "user_id", lead.FieldOwnerHint, v.Get("UserID"))
	if whole != nil {
		s.describe(&d, whole, v.Get("UserID"))
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// asks reports whether the API can tell more. The secret is of one company; a third-party app gets events of many.
func (s *callback) asks(v wechatcrypt.Values) bool {
	auth := v.Get("AuthCorpId")
	return s.secret != "" && (auth == "" || auth == s.id)
}
