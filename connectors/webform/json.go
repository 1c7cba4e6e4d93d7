package webform

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/connectors"
)

const maxDepth = 32

// node is a JSON value with the order of its members kept and its numbers as they were typed.
type node struct {
	text    string   // of a string, number or boolean
	names   []string // of an object's members, beside items
	items   []node   // of an object or array
	object  bool
	scalar  bool // neither object nor array nor null
	isArray bool
}

// decodeJSON reads an object as one record and an array of objects as one record each. The list that jQuery's
// serializeArray makes, [{"name":…,"value":…}], is one record.
func decodeJSON(body []byte) ([]record, error) {
	if !json.Valid(body) {
		return nil, brokenJSON(body)
	}
	w := walker{body: body}
	root := w.value(0)
	if w.deep {
		return nil, unreadable("nested_too_deep", "the JSON is nested deeper than 32 levels", "post the fields of the form, not a document around them", nil)
	}
	switch {
	case root.object:
		return []record{{pairs: root.flatten("", nil)}}, nil
	case root.isArray && root.named():
		return []record{{pairs: root.flatten("", nil)}}, nil
	case root.isArray && len(root.items) > 0 && !slices.ContainsFunc(root.items, func(n node) bool { return !n.object }):
		if len(root.items) > maxPairs {
			return nil, unreadable("too_many_leads", "the post holds more than 1000 leads", "post fewer at once, or upload them as a workbook", nil)
		}
		records := make([]record, len(root.items))
		for i, item := range root.items {
			records[i].pairs = item.flatten("", nil)
		}
		return records, nil
	}
	return nil, unreadable("not_a_form", "the JSON is neither an object nor a list of objects", "post an object whose members are the fields of the form", nil)
}

func brokenJSON(body []byte) error {
	where := ""
	var ignored any
	err := json.Unmarshal(body, &ignored)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		where = ": it breaks off near byte " + strconv.FormatInt(syntax.Offset, 10)
	}
	return unreadable("bad_json", "the body is not valid JSON"+where, "correct what the sender makes, then replay this one", err)
}

// walker reads JSON that json.Valid has passed, so it looks for no errors. Decoder.Token would do the same five
// times slower, and this is read for every lead.
type walker struct {
	body []byte
	at   int
	deep bool
}

func (w *walker) value(depth int) (n node) {
	w.skip()
	switch w.body[w.at] {
	case '{', '[':
		n.object, n.isArray = w.body[w.at] == '{', w.body[w.at] == '['
		if depth == maxDepth {
			w.deep, w.at = true, len(w.body)
			return n
		}
		w.at++
		for w.more() {
			if n.object {
				n.names = append(n.names, w.str())
				w.skip() // to the colon
				w.at++
			}
			n.items = append(n.items, w.value(depth+1))
		}
	case '"':
		n.text, n.scalar = w.str(), true
	default: // number, true, false, null
		start := w.at
		for w.at < len(w.body) && strings.IndexByte(",]} \t\r\n", w.body[w.at]) < 0 {
			w.at++
		}
		if n.text = string(w.body[start:w.at]); n.text == "null" {
			n.text = ""
		} else {
			n.scalar = true
		}
	}
	return n
}

func (w *walker) skip() {
	for w.at < len(w.body) && (w.body[w.at] == ' ' || w.body[w.at] == '\t' || w.body[w.at] == '\r' || w.body[w.at] == '\n') {
		w.at++
	}
}

// more steps over a comma to the next item, or over the closing bracket.
func (w *walker) more() bool {
	w.skip()
	if w.at >= len(w.body) { // only after the walk was given up for its depth
		return false
	}
	switch w.body[w.at] {
	case ',':
		w.at++
		w.skip()
	case ']', '}':
		w.at++
		return false
	}
	return true
}

func (w *walker) str() string {
	start := w.at
	plain := true
	for w.at++; w.body[w.at] != '"'; w.at++ {
		if w.body[w.at] == '\\' {
			plain = false
			w.at++
		}
	}
	w.at++
	if plain {
		return string(w.body[start+1 : w.at-1])
	}
	var s string
	_ = json.Unmarshal(w.body[start:w.at], &s) // it is valid
	return s
}

// flatten appends the pairs of n: members as "a.b", scalars of an array as repeated values, anything else of an array
// under its index.
func (n node) flatten(path string, out []connectors.Pair) []connectors.Pair {
	switch {
	case len(out) > maxPairs: // the caller refuses it
	case n.scalar:
		out = append(out, connectors.Pair{Name: path, Value: n.text})
	case n.object:
		for i, item := range n.items {
			out = item.flatten(join(path, formName(n.names[i])), out)
		}
	case n.named():
		for _, item := range n.items {
			name, value := item.nameValue()
			out = value.flatten(join(path, formName(name)), out)
		}
	default:
		for i, item := range n.items {
			if item.scalar {
				out = item.flatten(path, out)
			} else {
				out = item.flatten(join(path, strconv.Itoa(i)), out)
			}
		}
	}
	return out
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// named reports whether n is a list of fields: [{"name":"phone","value":"…"}].
func (n node) named() bool {
	return n.isArray && len(n.items) > 0 && !slices.ContainsFunc(n.items, func(item node) bool {
		name, _ := item.nameValue()
		return name == ""
	})
}

// nameValue returns the two members of an object that has exactly a name (name, label, key …) and a value.
func (n node) nameValue() (string, node) {
	if !n.object || len(n.items) != 2 {
		return "", node{}
	}
	for i := range 2 {
		switch n.names[i] {
		case "name", "label", "key", "field", "title", "question":
			if v := n.names[1-i]; (v == "value" || v == "values" || v == "answer") && n.items[i].scalar {
				return n.items[i].text, n.items[1-i]
			}
		}
	}
	return "", node{}
}
