package wechatcrypt

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Query is how the family signs a request, in the address of it.
type Query struct {
	Signature    string // over timestamp and nonce: WeChat in plain mode; DingTalk signs the encrypted text as well
	MsgSignature string // over timestamp, nonce and the encrypted text
	Timestamp    string
	Nonce        string
	Echo         string // echostr of the handshake
	EncryptType  string // WeChat: "aes", or "" and "raw" for plain text
}

// ParseQuery reads an address. DingTalk's signature stands under either name, its timestamp under either spelling.
func ParseQuery(q url.Values) Query {
	first := func(names ...string) string {
		for _, n := range names {
			if v := q.Get(n); v != "" {
				return v
			}
		}
		return ""
	}
	return Query{Signature: q.Get("signature"), MsgSignature: first("msg_signature"), Timestamp: first("timestamp", "timeStamp"),
		Nonce: q.Get("nonce"), Echo: q.Get("echostr"), EncryptType: q.Get("encrypt_type")}
}

// maxDepth bounds the nesting of XML; envelopes and messages have three levels.
const maxDepth = 16

// Encrypted finds the encrypted text in a body: the element Encrypt of XML, the member encrypt or Encrypt of JSON. "" when there is
// none. Nothing else of the body is looked at, for it is not authenticated.
func Encrypted(body []byte) (string, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) > 0 && body[0] == '{' {
		var e struct {
			Encrypt string `json:"encrypt"` // in any case
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return "", unreadable("JSON", err)
		}
		return e.Encrypt, nil
	}
	var e struct {
		Encrypt string `xml:"Encrypt"`
	}
	if err := DecodeXML(body, &e); err != nil {
		return "", err
	}
	return strings.TrimSpace(e.Encrypt), nil
}

// DecodeXML is xml.Unmarshal for bytes from strangers: no document type and no processing instruction but the declaration, no
// entities but those of XML itself, at most 16 levels, UTF-8. The body was bounded when it was read. The error is KindInvalid "bad_xml".
func DecodeXML(body []byte, into any) error {
	if err := harmless(body); err != nil {
		return unreadable("XML", err)
	}
	if err := xml.Unmarshal(body, into); err != nil {
		return unreadable("XML", err)
	}
	return nil
}

func harmless(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	depth, roots := 0, 0
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if roots != 1 || depth != 0 {
				return errors.New("not one element")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.Directive:
			return errors.New("a directive")
		case xml.ProcInst:
			if t.Target != "xml" {
				return errors.New("a processing instruction")
			}
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxDepth {
				return errors.New("nested too deep")
			}
		case xml.EndElement:
			depth--
		}
	}
}

func unreadable(what string, err error) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: "bad_" + strings.ToLower(what), Message: "the body is not the " + what + " that the vendor describes",
		Hint: "look at what arrived; ask the vendor what changed", Err: err}
}

// XML writes an encrypted answer as WeChat and WeCom read it.
func (e Envelope) XML() []byte {
	type cdata struct {
		Text string `xml:",cdata"`
	}
	out, _ := xml.Marshal(struct { // it marshals
		XMLName   xml.Name `xml:"xml"`
		Encrypt   cdata    `xml:"Encrypt"`
		Signature cdata    `xml:"MsgSignature"`
		Timestamp string   `xml:"TimeStamp"`
		Nonce     cdata    `xml:"Nonce"`
	}{Encrypt: cdata{e.Encrypt}, Signature: cdata{e.Signature}, Timestamp: e.Timestamp, Nonce: cdata{e.Nonce}})
	return out
}

// JSON writes an encrypted answer as DingTalk reads it.
func (e Envelope) JSON() []byte {
	out, _ := json.Marshal(map[string]string{"msg_signature": e.Signature, "timeStamp": e.Timestamp, "nonce": e.Nonce, "encrypt": e.Encrypt})
	return out
}
