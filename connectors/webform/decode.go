package webform

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Caps of one post. What is above them is no form that a person filled in.
const (
	maxPairs = 1000
	maxName  = 500       // bytes
	maxValue = 256 << 10 // bytes
)

// record is what one lead said: the pairs in their order, UTF-8, nested names as "a.b", repeated names repeated.
type record struct {
	pairs []connectors.Pair
	files []string // names of attached files; their content is not kept in the draft
}

func unreadable(code, message, hint string, err error) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: code, Message: message, Hint: hint, Err: err}
}

// decode reads a body: usually one record, several for a JSON array of objects.
func decode(contentType string, body []byte) ([]record, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil { // a broken parameter does not make the kind unknown
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	charset := params["charset"]
	var records []record
	switch {
	case kind == "multipart/form-data":
		records, err = decodeMultipart(body, params["boundary"], charset)
	case kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json"):
		records, err = decodeJSON(toUTF8(body, charset))
	case kind == "application/x-www-form-urlencoded" && !looksLikeJSON(body):
		records = []record{{pairs: pairsToUTF8(splitForm(body), charset)}}
	case strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml"):
		err = unreadable("unsupported_format", "XML is not understood by this channel", "post JSON or form data", nil)
	default: // text/plain as sendBeacon sends it, curl -d '{…}', no type at all: look at the bytes
		records, err = decodeText(body, charset)
	}
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		if err := rec.check(); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func (rec record) check() error {
	if len(rec.pairs) > maxPairs {
		return unreadable("too_many_fields", "the post has more than 1000 fields", "send one lead with its fields; upload lists as a workbook", nil)
	}
	for _, p := range rec.pairs {
		if len(p.Name) > maxName || len(p.Value) > maxValue {
			return unreadable("field_too_long", "a field's name or value is too long", "shorten it", nil)
		}
	}
	return nil
}

func looksLikeJSON(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && (body[len(body)-1] == '}' || body[len(body)-1] == ']')
}

// decodeText takes JSON, one line of form data, or lines of "name: value" and "name=value" (enctype text/plain). A line
// without a separator goes on with the value before it.
func decodeText(body []byte, charset string) ([]record, error) {
	if looksLikeJSON(body) {
		return decodeJSON(toUTF8(body, charset))
	}
	text := strings.TrimSpace(string(toUTF8(body, charset)))
	if name, _, ok := strings.Cut(text, "="); ok && !strings.ContainsAny(text, "\r\n") && !strings.ContainsAny(name, " :：") {
		return []record{{pairs: pairsToUTF8(splitForm(bytes.TrimSpace(body)), charset)}}, nil
	}
	var rec record
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		i := strings.IndexAny(line, ":：=")
		if name := strings.TrimSpace(line[:max(i, 0)]); name != "" && len(name) <= maxName {
			_, value, _ := strings.Cut(line[i:], string([]rune(line[i:])[0]))
			rec.pairs = append(rec.pairs, connectors.Pair{Name: formName(name), Value: strings.TrimSpace(value)})
		} else if n := len(rec.pairs); n > 0 {
			rec.pairs[n-1].Value += "\n" + line
		}
	}
	if len(rec.pairs) == 0 {
		return nil, unreadable("unreadable", "the body is neither JSON nor form data nor lines of name: value",
			"post JSON with Content-Type application/json, or form data", nil)
	}
	return []record{rec}, nil
}

// splitForm reads form data in its order, the values still in the form's charset. An escape that is none stays as typed.
func splitForm(body []byte) []connectors.Pair {
	var pairs []connectors.Pair
	for len(body) > 0 && len(pairs) <= maxPairs {
		var one []byte
		one, body, _ = bytes.Cut(body, []byte("&"))
		if len(one) == 0 {
			continue
		}
		name, value, _ := strings.Cut(string(one), "=")
		pairs = append(pairs, connectors.Pair{Name: formName(unescape(name)), Value: unescape(value)})
	}
	return pairs
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			b.WriteByte(' ')
		case '%':
			if one, err := url.QueryUnescape(s[i:min(i+3, len(s))]); err == nil {
				b.WriteString(one)
				i += 2
				continue
			}
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// formName writes the bracket styles of forms as paths: a[b] is a.b; name[] and name[0] are name.
func formName(name string) string {
	name = strings.TrimSpace(name)
	if i := strings.IndexByte(name, '['); i <= 0 || !strings.HasSuffix(name, "]") {
		return name
	}
	path := strings.ReplaceAll(strings.ReplaceAll(name, "[", "."), "]", "")
	for {
		i := strings.LastIndexByte(path, '.')
		if i <= 0 || strings.Trim(path[i+1:], "0123456789") != "" {
			return path
		}
		path = path[:i]
	}
}

func decodeMultipart(body []byte, boundary, charset string) ([]record, error) {
	broken := func(err error) error {
		return unreadable("bad_multipart", "the multipart body is broken or ends too early", "send the form again; check the boundary in Content-Type", err)
	}
	if boundary == "" {
		return nil, broken(nil)
	}
	var rec record
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(err)
		}
		if part.FileName() != "" {
			rec.files = append(rec.files, part.FileName())
		} else if name := part.FormName(); name != "" {
			value, err := io.ReadAll(part)
			if err != nil {
				return nil, broken(err)
			}
			if _, params, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && params["charset"] != "" {
				value = toUTF8(value, params["charset"])
			}
			rec.pairs = append(rec.pairs, connectors.Pair{Name: formName(name), Value: string(value)})
		}
		if len(rec.pairs)+len(rec.files) > maxPairs {
			break // check says so
		}
	}
	rec.pairs = pairsToUTF8(rec.pairs, charset)
	for i, name := range rec.files {
		rec.files[i] = string(toUTF8([]byte(name), charset))
	}
	return []record{rec}, nil
}
