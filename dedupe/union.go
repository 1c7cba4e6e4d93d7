package dedupe

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// originOf is where a submission came from.
func originOf(s *lead.Submission) lead.Origin {
	o := s.Origin
	o.Source = s.Source
	return o
}

// sayOrigin keeps the earliest and the latest origin. Only these two are kept: every touch has its own. v is the reason.
func sayOrigin(r *lead.Record, v lead.Value, o lead.Origin) {
	if r.Values == nil {
		r.Values = map[string][]lead.Value{}
	}
	v.Value = originText(o)
	if old := r.Values[fieldFirst]; len(old) == 0 || byTime(v, old[0]) < 0 {
		r.Values[fieldFirst], r.FirstFrom = []lead.Value{v}, o
	}
	if old := r.Values[fieldLast]; len(old) == 0 || byTime(v, old[0]) > 0 {
		r.Values[fieldLast], r.LastFrom = []lead.Value{v}, o
	}
}

// originText is an origin in words: "price-page / baidu / cpc".
func originText(o lead.Origin) string {
	text := o.Source
	for _, k := range []string{"source", "medium", "campaign"} {
		if v := o.UTM[k]; v != "" {
			text += " / " + v
		}
	}
	return text
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
		same := func(o lead.Value) bool { return cmp.Or(o.Key, o.Value) == cmp.Or(v.Key, v.Value) }
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

// regionKey and regionOf carry a region in Value.Key. No part of a region has a bar.
func regionKey(r lead.Region) string {
	if r == (lead.Region{}) {
		return ""
	}
	return strings.Join([]string{r.Country, r.Province, r.City, r.District, r.Code}, "|")
}

func regionOf(values []lead.Value) lead.Region {
	if len(values) == 0 {
		return lead.Region{}
	}
	p := strings.SplitN(values[0].Key+"||||", "|", 6)
	return lead.Region{Country: p[0], Province: p[1], City: p[2], District: p[3], Code: p[4]}
}
