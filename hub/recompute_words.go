package hub

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

func addDifference(list []lead.RecomputeDifference, d lead.RecomputeDifference) []lead.RecomputeDifference {
	if len(list) >= maxDifferences {
		return list
	}
	return append(list, d)
}

// difference is one change in words. was is the lead before, nil when it was none or is not known; numbers are those of the
// leads that changed together.
func difference(c *lead.Change, was *lead.Lead, numbers map[string]string) lead.RecomputeDifference {
	d := lead.RecomputeDifference{Lead: c.ID, Number: c.Number, Fields: []lead.FieldChange{}}
	switch {
	case c.MergedInto != "":
		if d.With = numbers[c.MergedInto]; d.With == "" {
			d.With = c.MergedInto
		}
		d.Sentence = sentence(lead.RecomputeMerge, fmt.Sprintf("%s goes into %s", c.Number, d.With), fmt.Sprintf("%s 并入 %s", c.Number, d.With))
		return d
	case c.Version == 1 || slices.Contains(c.Change.Changed, "merged_into"): // it was not living before
		_, d.With, _ = strings.Cut(c.Change.Why, "came apart from ")
		d.Sentence = sentence(lead.RecomputeSplit, fmt.Sprintf("%s comes out of %s", c.Number, d.With), fmt.Sprintf("%s 从 %s 中拆出", c.Number, d.With))
		was = nil
	default:
		d.Sentence = sentence(lead.RecomputeValues, c.Number+" changes", c.Number+" 的内容变化")
	}
	d.Fields = fieldChanges(was, &c.Lead, c.Change.Changed)
	return d
}

func skipped(l *lead.Lead) lead.RecomputeDifference {
	return lead.RecomputeDifference{Lead: l.ID, Number: l.Number, Fields: []lead.FieldChange{}, Sentence: sentence(lead.RecomputeSkip,
		l.Number+" has too many touches to be weighed; it stays as it is", l.Number+" 的触点过多，保持不变")}
}

// fieldChanges shows the named fields before and after.
func fieldChanges(was, is *lead.Lead, fields []string) []lead.FieldChange {
	before, after := fieldsOf(was), fieldsOf(is)
	out := make([]lead.FieldChange, 0, len(fields))
	for _, f := range fields {
		if f != "merged_into" {
			out = append(out, lead.FieldChange{Field: f, Before: shown(f, before[f]), After: shown(f, after[f])})
		}
	}
	return out
}

func fieldsOf(l *lead.Lead) map[string]json.RawMessage {
	if l == nil {
		return nil
	}
	var out map[string]json.RawMessage
	if b, err := json.Marshal(l); err == nil {
		_ = json.Unmarshal(b, &out) // what was just written
	}
	return out
}

// shown is a field as people read it: a text or a list of texts bare, a place or an origin in words, anything else as JSON.
func shown(field string, v json.RawMessage) string {
	var text string
	var list []string
	switch {
	case len(v) == 0:
		return ""
	case json.Unmarshal(v, &text) == nil:
		return text
	case json.Unmarshal(v, &list) == nil:
		return strings.Join(list, ", ")
	}
	switch field {
	case fieldRegion:
		var r lead.Region
		if json.Unmarshal(v, &r) == nil {
			return strings.Join(said(r.Country, r.Province, r.City, r.District), " ")
		}
	case "first_from", "last_from":
		var o lead.Origin
		if json.Unmarshal(v, &o) == nil {
			return strings.Join(said(o.Source, o.UTM["source"], o.UTM["medium"], o.UTM["campaign"]), " / ")
		}
	}
	return string(v)
}

func said(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}
