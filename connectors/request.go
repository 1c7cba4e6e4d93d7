package connectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// request is a request whose signature is being looked at.
type request struct {
	*http.Request
	body   []byte
	signed []byte     // in place of body, where {body} is signed
	query  url.Values // once it was needed
	list   string     // what the place of the signature held
}

func (q *request) signedBody() []byte {
	if q.signed != nil {
		return q.signed
	}
	return q.body
}

// value returns what stands at a place; false when nothing does. The place of the signature is asked for first: list: is
// looked up in what stood there.
func (q *request) value(at place, publicURL string) (v string, ok bool) {
	switch at.in {
	case inHeader:
		v = q.Header.Get(at.name)
		ok = v != ""
	case inQuery:
		if q.query == nil {
			q.query, _ = url.ParseQuery(q.URL.RawQuery) // what can be read of it
		}
		v, ok = q.query.Get(at.name), q.query.Has(at.name)
	case inBody:
		v, ok = bodyValue(q.body, at.name)
	case inList:
		return listValue(q.list, at.name)
	case inMethod:
		return q.Method, true
	case inURL:
		return withQuery(publicURL, q.URL.RawQuery), true
	case inPath:
		if u, err := url.Parse(publicURL); publicURL != "" && err == nil {
			return u.EscapedPath(), true
		}
		return q.URL.EscapedPath(), true
	}
	if q.list == "" {
		q.list = v
	}
	return v, ok
}

func withQuery(address, query string) string {
	if query == "" || strings.Contains(address, "?") {
		return address
	}
	return address + "?" + query
}

// listValue finds name in "t=1,v1=5f" and "t=1; v1=5f".
func listValue(list, name string) (string, bool) {
	for one := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		if k, v, ok := strings.Cut(one, "="); ok && k == name {
			return v, v != ""
		}
	}
	return "", false
}

// bodyValue finds "a.b" in a JSON object, or a field of that name in a form. Numbers are returned as they stand.
func bodyValue(body []byte, path string) (string, bool) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		form, err := url.ParseQuery(string(body))
		if err != nil || !form.Has(path) {
			return "", false
		}
		return form.Get(path), true
	}
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil || object[name] == nil {
			return "", false
		}
		body = object[name]
	}
	switch body[0] {
	case '"':
		var s string
		err := json.Unmarshal(body, &s)
		return s, err == nil
	case '{', '[', 'n':
		return "", false
	}
	return string(body), true
}

// escapeJSON writes every character above ASCII as \uxxxx, in lower case; false when there is none.
func escapeJSON(body []byte) ([]byte, bool) {
	if !bytes.ContainsFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, false
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(body)*2)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		if r < utf8.RuneSelf {
			out = append(out, body[0])
		} else {
			for _, u := range utf16.AppendRune(nil, r) {
				out = append(out, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
			}
		}
		body = body[n:]
	}
	return out, true
}

func digest(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
