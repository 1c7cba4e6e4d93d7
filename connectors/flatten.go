package connectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/lead"
)

// Bounds of Flatten.
const (
	flattenPairs = 1000
	flattenDepth = 32
)

// Document reads a JSON body; the error is KindInvalid "bad_json". Of anything else gjson would make what it likes.
func Document(body []byte) (gjson.Result, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !json.Valid(body) { // which also bounds the depth
		return gjson.Result{}, lead.Invalid("bad_json", "the body is not valid JSON", "look at what arrived; ask the vendor what changed, then replay this one")
	}
	return gjson.ParseBytes(body), nil
}

// Inner is r, or what r holds when it is a text with a JSON document in it; it does not exist when that text is none.
func Inner(r gjson.Result) gjson.Result {
	if r.Type != gjson.String {
		return r
	}
	inner, err := Document([]byte(r.String()))
	if err != nil {
		return gjson.Result{}
	}
	return inner
}

// longestID is how long an Event.ID may be, in bytes.
const longestID = 255

// EventID joins the parts of an Event.ID. One that is very long is replaced by its digest.
func EventID(parts ...string) string {
	id := strings.Join(parts, "/")
	if len(id) > longestID {
		return "sha256:" + hex.EncodeToString(digest([]byte(id)))
	}
	return id
}

// BodyID is the Event.ID of a body in which the vendor's own is missing: the same bytes are the same event.
func BodyID(body []byte) string { return "sha256:" + hex.EncodeToString(digest(body)) }

// ScalarOf is a JSON value as the sender wrote it, numbers with every digit; "" for null, objects and lists.
func ScalarOf(r gjson.Result) string {
	switch r.Type {
	case gjson.String:
		return strings.ToValidUTF8(r.String(), "�")
	case gjson.Number, gjson.True, gjson.False:
		return r.Raw
	}
	return ""
}

// FirstScalar is the ScalarOf the first of names that object has one of; names are not paths.
func FirstScalar(object gjson.Result, names ...string) string {
	for _, name := range names {
		if v := ScalarOf(object.Get(gjson.Escape(name))); v != "" {
			return v
		}
	}
	return ""
}

// Flatten writes members as "a.b", scalars of a list as repeated values, a NamedList under its names, and other lists under
// their index; false when there is more than 1000 values or 32 levels of it.
func Flatten(r gjson.Result) (pairs []Pair, ok bool) {
	ok = true
	var walk func(path string, r gjson.Result, depth int)
	walk = func(path string, r gjson.Result, depth int) {
		switch {
		case !ok:
		case depth > flattenDepth || len(pairs) > flattenPairs:
			ok = false
		case NamedList(r):
			for _, item := range r.Array() {
				name, value := nameValue(item)
				walk(join(path, name), value, depth+1)
			}
		case r.IsArray():
			for i, item := range r.Array() {
				if item.IsObject() || item.IsArray() {
					walk(join(path, strconv.Itoa(i)), item, depth+1)
				} else {
					walk(path, item, depth+1)
				}
			}
		case r.IsObject():
			r.ForEach(func(name, value gjson.Result) bool {
				walk(join(path, name.String()), value, depth+1)
				return ok
			})
		default:
			if v := ScalarOf(r); v != "" && path != "" {
				pairs = append(pairs, Pair{Name: path, Value: v})
			}
		}
	}
	walk("", r, 0)
	return pairs, ok
}

// Answers is Flatten of a list of fields, entry by entry: one without a name does not hide the others.
func Answers(list gjson.Result) (pairs []Pair, ok bool) {
	for _, item := range list.Array() {
		some, ok := Flatten(gjson.Parse("[" + item.Raw + "]"))
		if pairs = append(pairs, some...); !ok || len(pairs) > flattenPairs {
			return pairs, false
		}
	}
	return pairs, true
}

func join(path, name string) string {
	name = strings.ToValidUTF8(strings.TrimSpace(name), "�")
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// NamedList reports whether r is a list of fields: [{"label":"手机","value":"…"}].
func NamedList(r gjson.Result) bool {
	if !r.IsArray() {
		return false
	}
	items := r.Array()
	return len(items) > 0 && !slices.ContainsFunc(items, func(item gjson.Result) bool {
		name, _ := nameValue(item)
		return name == ""
	})
}

// nameValue returns name and value of an object that is a field, whatever else it says about the field.
func nameValue(item gjson.Result) (string, gjson.Result) {
	if !item.IsObject() {
		return "", gjson.Result{}
	}
	members := item.Map()
	for _, n := range []string{"label", "title", "question", "name", "key", "field"} {
		if name := members[n]; name.Type == gjson.String && strings.TrimSpace(name.String()) != "" {
			for _, v := range []string{"value", "values", "answer"} {
				if value, ok := members[v]; ok {
					return name.String(), value
				}
			}
		}
	}
	return "", gjson.Result{}
}

// Masked reports whether a vendor hid a part of a value ("138****0000"): it is for people to see and never a phone, a name or an address.
func Masked(value string) bool { return strings.ContainsAny(value, "*＊") }

// ChinaTime adds the zone to a time that a Chinese vendor writes without one ("2006-01-02 15:04:05"); everything else stays as it is.
func ChinaTime(text string) string {
	if t, err := time.ParseInLocation(TimeSpaced, text, China); err == nil {
		return t.Format(time.RFC3339)
	}
	return text
}
