package wechat

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// headerSignature is where the server of a mini-program signs a registration: the HMAC-SHA256 of the body in hex, after an optional
// "sha256=".
const headerSignature = "X-Signature"

var (
	errMethod    = lead.Invalid("method_not_allowed", "WeChat asks with GET and pushes with POST", "enter this address as the server URL in WeChat's console")
	errPlainMode = lead.Unauthorized("plain_mode", "the message is not encrypted, and this source takes encrypted ones only",
		"choose safe mode in WeChat's console; mode compatible takes both while you change it")
	errNoKey = lead.Unauthorized("no_aes_key", "the message is encrypted, and this source has no EncodingAESKey",
		"copy the EncodingAESKey of WeChat's console into aes_keys")
	errNoPush = lead.Unauthorized("unsigned", "this source takes signed registrations only", "enter the token of the message push into tokens")
)

// Receive answers the handshake, opens what WeChat pushes, and takes registrations. What is stored is the message as it was before
// WeChat encrypted it: keys are changed, and a stored message must still be readable then.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	q := wechatcrypt.ParseQuery(r.URL.Query())
	switch r.Method {
	case http.MethodGet:
		return s.handshake(r, q)
	case http.MethodPost:
	default:
		return connectors.Delivery{Reply: connectors.Reply{Header: http.Header{"Allow": {"GET, POST"}}}}, errMethod
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return connectors.Delivery{}, err
	}
	if s.registration != nil && q.Nonce == "" { // WeChat's pushes have one
		return s.registered(r, body)
	}
	message, err := s.open(r, q, body)
	if err != nil {
		return connectors.Delivery{}, err
	}
	event := connectors.Event{Body: message, ContentType: contentType(message)}
	if v, err := wechatcrypt.Read(message); err == nil { // what cannot be read is stored all the same, and rejected by Parse
		event.ID = eventID(v)
	}
	return connectors.Delivery{Events: []connectors.Event{event}, Reply: connectors.TextReply("success")}, nil
}

func (s *source) handshake(r *http.Request, q wechatcrypt.Query) (connectors.Delivery, error) {
	if s.address == nil {
		return connectors.Delivery{}, errNoPush
	}
	if err := s.address.Verify(r, nil); err != nil {
		return connectors.Delivery{}, err
	}
	return connectors.Echo(q.Echo)
}

// open verifies a push and returns the message in it. Of a body that is encrypted only the encrypted part is read, for what stands beside it in
// compatible mode is not signed.
func (s *source) open(r *http.Request, q wechatcrypt.Query, body []byte) ([]byte, error) {
	if s.address == nil {
		return nil, errNoPush
	}
	if q.MsgSignature == "" && (q.EncryptType == "" || q.EncryptType == "raw") {
		if err := s.address.Verify(r, body); err != nil {
			return nil, err
		}
		if !s.plain {
			return nil, errPlainMode
		}
		return body, nil
	}
	if s.crypter == nil {
		return nil, errNoKey
	}
	encrypted, err := wechatcrypt.Encrypted(body)
	if err != nil {
		return nil, err
	}
	message, err := s.crypter.Open(q.MsgSignature, q.Timestamp, q.Nonce, encrypted)
	if err != nil {
		return nil, err
	}
	return message.Text, q.Fresh(s.now(), s.tolerance)
}

// registered takes a registration. A code of WeChat can be used once, so it is the id of the registration: a front end that repeats itself, with
// whatever id of its own, is the same event, and one that tries again with a fresh code is another.
func (s *source) registered(r *http.Request, body []byte) (connectors.Delivery, error) {
	if err := s.registration.Verify(r, body); err != nil {
		return connectors.Delivery{}, err
	}
	var post codes
	_ = json.Unmarshal(body, &post) // only for the id
	return connectors.Delivery{Events: []connectors.Event{{ID: post.eventID(body), Body: body, ContentType: typeRegistration}}}, nil
}

func contentType(message []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(message), []byte("{")) {
		return "application/json"
	}
	return "text/xml"
}
