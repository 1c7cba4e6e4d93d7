package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/lead"
)

// Caps of one post.
const (
	maxPairs  = 1000
	maxEvents = 1000
	maxLeads  = 1000
	maxID     = 255
)

func unreadable(code, message, hint string) error { return lead.Invalid(code, message, hint) }

// read takes a body out of its envelopes: a CloudEvent, the form field or member that holds the payload.
func (s *source) read(contentType string, body []byte, header map[string]string) (opened, error) {
	doc, err := s.document(contentType, body)
	if err != nil {
		return opened{}, err
	}
	out := opened{data: doc, time: header["Ce-Time"]}
	if header == nil && kindOf(contentType) == typeStructured {
		if out, err = s.openStructured(doc); err != nil {
			return opened{}, err
		}
	}
	if s.payload == "" {
		return out, nil
	}
	inner := gjson.GetBytes(out.data, s.payload)
	switch {
	case !inner.Exists():
		return opened{}, unreadable("no_payload", "there is nothing at the path of the setting payload", "compare the path with what arrived")
	case inner.Type == gjson.String:
		out.data, err = jsonDocument([]byte(inner.String()))
	default:
		out.data = []byte(inner.Raw)
	}
	return out, err
}

// document makes a JSON document of a body: itself, or the fields of a form.
func (s *source) document(contentType string, body []byte) ([]byte, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch kind := kindOf(contentType); {
	case kind == "multipart/form-data":
		return multipartDocument(contentType, body)
	case strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml"):
		return nil, unreadable("unsupported_format", "XML is not understood by this channel", "post JSON or form data")
	case kind == "application/x-www-form-urlencoded" && !looksLikeJSON(body),
		kind != "application/json" && !strings.HasSuffix(kind, "+json") && !looksLikeJSON(body) && bytes.ContainsRune(body, '='):
		return formDocument(body), nil
	}
	return jsonDocument(body)
}

func looksLikeJSON(body []byte) bool {
	return len(body) > 1 && (body[0] == '{' || body[0] == '[') && (body[len(body)-1] == '}' || body[len(body)-1] == ']')
}

func jsonDocument(body []byte) ([]byte, error) {
	if !json.Valid(body) { // which also bounds the depth
		return nil, unreadable("bad_json", "the body is not valid JSON", "correct what the sender makes, then replay this one")
	}
	return body, nil
}

// object writes a JSON object member by member, keeping their order; repeated names become a list.
type object struct {
	names  []string
	values map[string][]string
}

func (o *object) add(name, value string) {
	if name == "" || len(o.names) >= maxPairs {
		return
	}
	if o.values == nil {
		o.values = map[string][]string{}
	}
	if o.values[name] == nil {
		o.names = append(o.names, name)
	}
	o.values[name] = append(o.values[name], value)
}

func (o *object) json() []byte {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, quoted(name)...), ':')
		if v := o.values[name]; len(v) > 1 {
			list, _ := json.Marshal(v) // texts marshal
			b = append(b, list...)
		} else {
			b = append(b, quoted(v[0])...)
		}
	}
	return append(b, '}')
}

func quoted(s string) []byte {
	b, _ := json.Marshal(strings.ToValidUTF8(s, "�"))
	return b
}

func formDocument(body []byte) []byte {
	var o object
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		o.add(unescape(name), unescape(value))
	}
	return o.json()
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return strings.ReplaceAll(s, "+", " ") // an escape that is none stays as it was typed
}

func multipartDocument(contentType string, body []byte) ([]byte, error) {
	broken := unreadable("bad_multipart", "the multipart body is broken or ends too early", "check the boundary in Content-Type")
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil, broken
	}
	var o object
	for form := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return o.json(), nil
		}
		if err != nil {
			return nil, broken
		}
		value, err := io.ReadAll(part)
		switch {
		case err != nil:
			return nil, broken
		case part.FileName() != "":
			o.add("files", part.FileName())
		default:
			o.add(part.FormName(), string(value))
		}
	}
}
