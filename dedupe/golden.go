package dedupe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Fields of the golden record that have one value. Their names are those of the API.
const (
	fieldName    = "name"
	fieldHonor   = "honorific"
	fieldCompany = "company"
	fieldTitle   = "title"
	fieldRegion  = "region"
	fieldAddress = "address"
	fieldOrder   = "phones" // the phone shown first
	fieldMail    = "emails" // the email shown first
	fieldFirst   = "first_from"
	fieldLast    = "last_from"
)

// Validity classes: a better kind of value beats a newer one of the same trust.
const (
	classHint  = 1 // read out of free text, a region guessed from where a phone was issued, a landline, a mailbox of a role
	classPart  = 2 // a surname alone, a province alone
	classWhole = 3
)

// compare is the total order of values: pinned by a person, verified, the source's trust, validity class, event time,
// submission id, and the value itself. Positive when a beats b. Zero only for the same value of the same submission.
func compare(a, b lead.Value) int {
	return cmp.Or(
		compareBool(a.Pinned != "", b.Pinned != ""),
		compareBool(a.Verified, b.Verified),
		cmp.Compare(a.Trust, b.Trust),
		cmp.Compare(a.Class, b.Class),
		a.At.Compare(b.At),
		cmp.Compare(a.Submission, b.Submission),
		cmp.Compare(a.Value, b.Value),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// why says, for a losing value, by which step of the order it lost.
func why(loser, winner lead.Value) string {
	switch {
	case compareBool(loser.Pinned != "", winner.Pinned != "") != 0:
		return "the other was pinned by " + winner.Pinned
	case loser.Verified != winner.Verified:
		return "the other is verified"
	case loser.Trust != winner.Trust:
		return fmt.Sprintf("trust %d of its source is less than %d", loser.Trust, winner.Trust)
	case loser.Class != winner.Class:
		return "less complete"
	case !loser.At.Equal(winner.At):
		return fmt.Sprintf("older: %s is before %s", stamp(loser.At), stamp(winner.At))
	default:
		return "same time; the higher submission id wins"
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// say puts a value among those of a field. Of equal values only the strongest is kept, so the list is bounded by the number of
// distinct values. It reports whether the winner changed.
func say(r *lead.Record, field string, v lead.Value) bool {
	if v.Value == "" {
		return false
	}
	if r.Values == nil {
		r.Values = map[string][]lead.Value{}
	}
	values := r.Values[field]
	before := winner(values)
	if i := slices.IndexFunc(values, func(o lead.Value) bool { return o.Value == v.Value }); i >= 0 {
		if compare(v, values[i]) <= 0 {
			return false
		}
		values[i] = v
	} else {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b lead.Value) int { return compare(b, a) })
	values[0].Lost = ""
	for i := 1; i < len(values); i++ {
		values[i].Lost = why(values[i], values[0])
	}
	r.Values[field] = values
	return winner(values) != before
}

// sayBest keeps the winner alone, for fields that only rules ask: the maximum of a total order needs no losers to be the same in
// any order of arrival.
func sayBest(r *lead.Record, field string, v lead.Value) {
	if v.Value == "" {
		return
	}
	if old := r.Values[field]; len(old) > 0 && compare(v, old[0]) <= 0 {
		return
	}
	if r.Values == nil {
		r.Values = map[string][]lead.Value{}
	}
	v.Lost = ""
	r.Values[field] = []lead.Value{v}
}

// best reports whether only the winner of a field is kept.
func best(field string) bool {
	return field == lead.FieldMessage || strings.HasPrefix(field, lead.ExtraPrefix)
}

func winner(values []lead.Value) string {
	if len(values) == 0 {
		return ""
	}
	return values[0].Value
}
