package dedupe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
)

// What only rules ask is kept as the winner alone; it must be the same however the touches came together.
func TestExtraFieldsAndSaidTagsDoNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var subs []*lead.Submission
		for i := range rapid.IntRange(1, 6).Draw(t, "touches") {
			text := rapid.SampledFrom([]string{"", "a", "b", strings.Repeat("长", 1200)})
			subs = append(subs, &lead.Submission{ID: "sub_" + string(rune('a'+i)), Source: "site", Trust: rapid.SampledFrom([]int{50, 60}).Draw(t, "trust"),
				EventTime: time.Unix(rapid.Int64Range(0, 3).Draw(t, "at"), 0).UTC(), Message: text.Draw(t, "message"),
				Extra: map[string]string{"industry": text.Draw(t, "industry")}, Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, "tags")})
		}
		policy := dedupe.Policy{}
		var one lead.Record
		for _, s := range subs {
			policy.Add(&one, s)
		}
		var right lead.Record
		rebuilt := one
		policy.Rebuild(&rebuilt, rapid.Permutation(subs).Draw(t, "again"), nil)
		for i, s := range subs {
			if i%2 == 0 {
				policy.Add(&right, s)
			}
		}
		var odd lead.Record
		for i, s := range subs {
			if i%2 == 1 {
				policy.Add(&odd, s)
			}
		}
		if odd.Touches > 0 {
			policy.Join(&right, &odd)
		}
		for _, other := range []*lead.Record{&rebuilt, &right} {
			for _, field := range []string{lead.FieldMessage, lead.ExtraPrefix + "industry"} {
				require.Equal(t, one.Values[field], other.Values[field], field)
				require.LessOrEqual(t, len(one.Values[field]), 1)
			}
			require.ElementsMatch(t, one.AllTags(), other.AllTags())
			require.ElementsMatch(t, one.Tags, other.Tags)
		}
		for _, v := range one.Values[lead.FieldMessage] {
			require.LessOrEqual(t, len([]rune(v.Value)), 1000)
		}
	})
}

func TestTagsOfRulesAreKeptApartFromWhatWasSaid(t *testing.T) {
	r := lead.Record{Scored: []lead.Scored{{Rule: "a", Tags: []string{"ruled"}}}}
	dedupe.Policy{}.Add(&r, &lead.Submission{ID: "s", Tags: []string{"said"}})
	require.Equal(t, []string{"said"}, r.Said)
	require.Equal(t, []string{"ruled", "said"}, r.Tags)
	other := lead.Record{Scored: []lead.Scored{{Rule: "b", Tags: []string{"theirs"}}}, Said: []string{"more"}}
	dedupe.Policy{}.Join(&r, &other)
	require.Equal(t, []string{"more", "said"}, r.Said, "a rule's tag of the other lead is not said")
}
