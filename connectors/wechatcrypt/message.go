package wechatcrypt

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Values is a message of the family, opened: what stands in its elements or members by name, in the order of the message. One inside
// another is "A.B". Empty ones are left out; numbers of JSON keep their digits.
type Values map[string][]string

// Get returns the first value of the first of names that has one, or "".
func (v Values) Get(names ...string) string {
	for _, name := range names {
		if list := v[name]; len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// Read reads a message, which is XML, or JSON where the account was set to it. The error is KindInvalid "bad_xml" or "bad_json".
func Read(message []byte) (Values, error) {
	message = bytes.TrimSpace(bytes.TrimPrefix(message, []byte("\ufeff")))
	out := Values{}
	if len(message) == 0 || message[0] != '{' {
		if err := harmless(message); err != nil {
			return nil, unreadable("XML", err)
		}
		if err := out.xml(message); err != nil {
			return nil, unreadable("XML", err)
		}
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(message))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		return nil, unreadable("JSON", err)
	}
	if d.More() {
		return nil, unreadable("JSON", errors.New("not one object"))
	}
	if err := out.json("", root, 0); err != nil {
		return nil, unreadable("JSON", err)
	}
	return out, nil
}

func (v Values) add(name, value string) {
	if value = strings.TrimSpace(value); value != "" && name != "" {
		v[name] = append(v[name], value)
	}
}

// xml reads the leaves below the root; the message was found harmless before.
func (v Values) xml(message []byte) error {
	d := xml.NewDecoder(bytes.NewReader(message))
	var path []string
	var text strings.Builder
	leaf := false
	for {
		t, err := d.Token()
		if t == nil {
			if len(path) > 0 {
				return err
			}
			return nil
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			leaf = true
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if leaf && len(path) > 1 {
				v.add(strings.Join(path[1:], "."), text.String())
			}
			leaf = false
			path = path[:len(path)-1]
		}
	}
}

func (v Values) json(name string, value any, depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	switch value := value.(type) {
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(value)) { // always the same order
			at := member
			if name != "" {
				at = name + "." + member
			}
			if err := v.json(at, value[member], depth+1); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range value {
			if err := v.json(name, inner, depth+1); err != nil {
				return err
			}
		}
	case string:
		v.add(name, value)
	case json.Number:
		v.add(name, value.String())
	case bool:
		v.add(name, strconv.FormatBool(value))
	}
	return nil
}

// Fresh requires that the signed time is within tolerance of now, both ways; 0 lets any time pass. The error is KindUnauthorized
// "stale_signature". No vendor of the family publishes a limit, and a redelivery may be minutes old.
func (q Query) Fresh(now time.Time, tolerance time.Duration) error {
	if tolerance <= 0 {
		return nil
	}
	n, err := strconv.ParseInt(q.Timestamp, 10, 64)
	at := time.Unix(n, 0)
	if n > 1e11 { // DingTalk counts milliseconds
		at = time.UnixMilli(n)
	}
	if err != nil || now.Sub(at).Abs() > tolerance {
		return errStale
	}
	return nil
}

var errStale = lead.Unauthorized("stale_signature", "the signed time is too far from now", "check the clock of this machine; a request is not taken again after a while")
