package dedupe

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// originOf is where a submission came from, as a value: the text for people, the key to decode.
func originOf(s *lead.Submission) lead.Value {
	o := s.Origin
	o.Source = s.Source
	text := []string{s.Source}
	for _, k := range []string{"source", "medium", "campaign"} {
		if v := o.UTM[k]; v != "" {
			text = append(text, v)
		}
	}
	return lead.Value{Value: strings.Join(text, " / "), Key: encode(o), Submission: s.ID, Source: s.Source,
		Trust: s.Trust, Class: classWhole, At: s.EventTime}
}

// sayOrigin keeps the earliest and the latest origin. Only these two are kept: every touch has its own.
func sayOrigin(r *lead.Record, v lead.Value) {
	if r.Values == nil {
		r.Values = map[string][]lead.Value{}
	}
	if old := r.Values[fieldFirst]; len(old) == 0 || byTime(v, old[0]) < 0 {
		r.Values[fieldFirst] = []lead.Value{v}
	}
	if old := r.Values[fieldLast]; len(old) == 0 || byTime(v, old[0]) > 0 {
		r.Values[fieldLast] = []lead.Value{v}
	}
}

func byTime(a, b lead.Value) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Submission, b.Submission))
}

// mergeConsents keeps one consent per purpose: what the person said last, and when two were said at the same
// moment, the refusal.
func mergeConsents(a, b []lead.Consent) []lead.Consent {
	best := map[string]lead.Consent{}
	for _, c := range slices.Concat(a, b) {
		old, ok := best[c.Purpose]
		if !ok || laterConsent(c, old) > 0 {
			best[c.Purpose] = c
		}
	}
	out := make([]lead.Consent, 0, len(best))
	for _, purpose := range slices.Sorted(maps.Keys(best)) {
		out = append(out, best[purpose])
	}
	return out
}

func laterConsent(a, b lead.Consent) int {
	return cmp.Or(a.At.Compare(b.At), compareBool(!a.Granted, !b.Granted),
		cmp.Compare(a.Version, b.Version), cmp.Compare(a.Text, b.Text))
}

// union is sorted and without repeats.
func union(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// all lists the values, best first.
func all(values []lead.Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Value
	}
	return out
}

// distinct lists the values, best first, leaving out those that only look different.
func distinct(values []lead.Value) []string {
	out := make([]string, 0, len(values))
	for i, v := range values {
		same := func(o lead.Value) bool { return o.Key != "" && o.Key == v.Key }
		if !slices.ContainsFunc(values[:i], same) {
			out = append(out, v.Value)
		}
	}
	return out
}

func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// place is a region in words: "广东省 深圳市 南山区".
func place(r lead.Region) string {
	var parts []string
	for _, p := range []string{r.Province, r.City, r.District} {
		if p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return r.Country
	}
	return strings.Join(parts, " ")
}

// encode and decode carry a compound value (a region, an origin) in Value.Key. Maps are written with sorted keys, so
// equal values have equal text.
func encode(v any) string {
	b, _ := json.Marshal(v) // plain structs of strings: cannot fail
	return string(b)
}

func decode(values []lead.Value, into any) {
	if len(values) > 0 {
		_ = json.Unmarshal([]byte(values[0].Key), into) // written by encode
	}
}

// changed names the public fields that differ, as they stand in JSON, sorted. Counters and times that grow with every
// touch are left out: a change is news only when a value is.
func changed(before, after *lead.Lead) []string {
	out := []string{}
	b, a := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		switch name {
		case "id", "number", "version", "touches", "first_seen", "last_seen", "merged_into":
			continue
		}
		x, y := b.Field(i), a.Field(i)
		if empty(x) && empty(y) || reflect.DeepEqual(x.Interface(), y.Interface()) {
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// empty treats a nil list and an empty one alike.
func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}
