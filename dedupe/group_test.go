package dedupe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
)

func email(v string) lead.Identity { return lead.Identity{Kind: lead.IdentityEmail, Value: v} }

func unionid(v string) lead.Identity {
	return lead.Identity{Kind: lead.IdentityUnionID, Scope: "open", Value: v}
}

func full(family, given string) lead.Name {
	return lead.Name{Display: family + given, Key: strings.ToLower(family + given), Family: family, Given: given}
}

// seen is a submission with an id, a day and a name.
func seen(id string, days int, n lead.Name, ids ...lead.Identity) *lead.Submission {
	return &lead.Submission{ID: id, EventTime: day.AddDate(0, 0, days), Name: n, Identities: ids}
}

// groups are the parts as sorted texts of ids.
func groups(subs []*lead.Submission, g lead.Grouping) []string {
	parts := map[int][]string{}
	for i, s := range subs {
		parts[g.Part[i]] = append(parts[g.Part[i]], s.ID)
	}
	var out []string
	for _, p := range parts {
		slices.Sort(p)
		out = append(out, strings.Join(p, " "))
	}
	slices.Sort(out)
	return out
}

func TestWhoIsWho(t *testing.T) {
	p, q := mobile("+8613912340001"), mobile("+8613912340002")
	li, han, none := full("李", "雷"), full("韩", "梅梅"), lead.Name{}
	for _, c := range []struct {
		title string
		subs  []*lead.Submission
		said  []lead.Decision
		want  []string
		held  string // the reason of the first
	}{
		{"one phone is one person, whatever the names", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, han, p)}, nil, []string{"a b"}, ""},
		{"a chain of identities is one person", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, none, p, q), seen("c", 2, li, q)}, nil, []string{"a b c"}, ""},
		{"another name beside another mailbox is another person", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, han, p, email("b@x.cn"))}, nil,
			[]string{"a", "b"}, lead.HeldConflict},
		{"another name, given again and again on both sides, is another person", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, han, p), seen("c", 2, li, p), seen("d", 3, han, p)}, nil,
			[]string{"a c", "b d"}, lead.HeldConflict},
		{"a name given again and again beside somebody with a mailbox is another person", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, han, p), seen("c", 2, han, p)}, nil,
			[]string{"a", "b c"}, lead.HeldConflict},
		{"a false name given twice in one go is no other person", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, han, p), seen("c", 1, han, p)}, nil, []string{"a b c"}, ""},
		{"what somebody calls himself is no name", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, full("平", "安是福"), p, unionid("1")), seen("c", 2, full("强", "强"), p, email("c@x.cn")),
			seen("d", 3, full("雷", "妈妈"), p, email("d@x.cn"))}, nil, []string{"a b c d"}, ""},
		{"a given name alone is no other name", []*lead.Submission{seen("a", 0, full("江", "文博"), p, email("a@x.cn")), seen("b", 1, full("文", "博"), p, email("b@x.cn"))}, nil, []string{"a b"}, ""},
		{"a family name behind the given name is one", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, lead.Name{Display: "秀英王", Key: "秀英王"}, p, email("b@x.cn"))}, nil,
			[]string{"a", "b"}, lead.HeldConflict},
		{"an English name beside it does not hide that two names differ", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, full("Li", "Eric"), p), seen("c", 100, han, p)}, nil, []string{"a b", "c"}, lead.HeldSilence},
		{"a nickname after a silence goes with whom it shares an account with", []*lead.Submission{seen("a", 0, li, p), seen("b", 100, none, p, unionid("1")), seen("c", 200, han, p, unionid("1"))}, nil,
			[]string{"a", "b c"}, lead.HeldSilence},
		{"a company is no name", []*lead.Submission{seen("a", 0, full("Smith", "John"), p, email("a@x.cn")), seen("b", 1, full("Trading", "Northwind"), p, email("b@x.cn"))}, nil, []string{"a b"}, ""},
		{"a slip in the name is no other name", []*lead.Submission{seen("a", 0, full("李", "雷"), p, email("a@x.cn")), seen("b", 1, full("李", "磊"), p, email("b@x.cn"))}, nil, []string{"a b"}, ""},
		{"a touch without a name goes with the mailbox it shows", []*lead.Submission{seen("a", 0, li, p, email("a@x.cn")), seen("b", 1, han, p, email("b@x.cn")), seen("c", 2, none, p, email("b@x.cn"))}, nil,
			[]string{"a", "b c"}, lead.HeldConflict},
		{"two accounts of a platform are two people", []*lead.Submission{seen("a", 0, none, p, unionid("1")), seen("b", 1, none, p, unionid("2"))}, nil, []string{"a", "b"}, lead.HeldUnique},
		{"a number that changes hands after a silence", []*lead.Submission{seen("a", 0, li, p), seen("b", 91, han, p), seen("c", 92, none, p)}, nil, []string{"a", "b c"}, lead.HeldSilence},
		{"a mailbox is not reissued", []*lead.Submission{seen("a", 0, li, email("a@x.cn")), seen("b", 400, han, email("a@x.cn"))}, nil, []string{"a b"}, ""},
		{"90 days are not yet long", []*lead.Submission{seen("a", 0, li, p), seen("b", 90, han, p)}, nil, []string{"a b"}, ""},
		{"half a name is enough to conflict", []*lead.Submission{seen("a", 0, li, p), seen("b", 91, lead.Name{Display: "王", Key: "王", Family: "王"}, p)}, nil, []string{"a", "b"}, lead.HeldSilence},
		{"a person splits", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, li, p)},
			[]lead.Decision{{ID: "1", Kind: lead.DecisionSplit, A: []string{"a"}, B: []string{"b"}, At: day}}, []string{"a", "b"}, lead.HeldDecision},
		{"a person merges what shares nothing", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, li, q)},
			[]lead.Decision{{ID: "1", Kind: lead.DecisionMerge, A: []string{"a"}, B: []string{"b"}, At: day}}, []string{"a b"}, ""},
		{"the later word counts", []*lead.Submission{seen("a", 0, li, p), seen("b", 1, li, q)},
			[]lead.Decision{{ID: "1", Kind: lead.DecisionMerge, A: []string{"a"}, B: []string{"b"}, At: day},
				{ID: "2", Kind: lead.DecisionSplit, A: []string{"a"}, B: []string{"b"}, At: day.Add(time.Hour)}}, []string{"a", "b"}, ""},
		{"what is split out stays together, though nothing but the rest held it", []*lead.Submission{seen("a", 0, li, p, q), seen("b", 1, li, p), seen("c", 2, li, q)},
			[]lead.Decision{{ID: "1", Kind: lead.DecisionSplit, A: []string{"a"}, B: []string{"b", "c"}, At: day}}, []string{"a", "b c"}, lead.HeldDecision},
	} {
		t.Run(c.title, func(t *testing.T) {
			g := dedupe.Policy{}.Group(c.subs, c.said, nil)
			require.Equal(t, c.want, groups(c.subs, g))
			if c.held == "" {
				require.Empty(t, g.Held)
				return
			}
			require.NotEmpty(t, g.Held)
			require.Equal(t, c.held, g.Held[0].Reason)
			require.NotEqual(t, c.held, g.Held[0].Words(), "every reason has words")
		})
	}
}

// Law 4: who is who depends on the set of submissions and decisions, not on their order.
func TestGroupsDoNotDependOnOrder(t *testing.T) {
	names := []lead.Name{{}, full("李", "雷"), full("韩", "梅梅"), full("王", "建国"), full("Li", "Lei"), {Display: "王", Key: "王", Family: "王"}}
	rules := dedupe.Rules{MergeRules: lead.MergeRules{Generic: map[string]int{lead.IdentityMobile: 2, lead.IdentityEmail: 2}, BridgeSize: 2, MaxIdentities: 6}}
	rapid.Check(t, func(t *rapid.T) {
		var subs []*lead.Submission
		for i := range rapid.IntRange(1, 14).Draw(t, "n") {
			var ids []lead.Identity
			for range rapid.IntRange(1, 3).Draw(t, "ids") {
				v := rapid.IntRange(1, 5).Draw(t, "value")
				ids = append(ids, rapid.SampledFrom([]lead.Identity{mobile(fmt.Sprint("+8613", v)), email(fmt.Sprint(v, "@x.cn")), unionid(fmt.Sprint(v))}).Draw(t, "id"))
			}
			subs = append(subs, seen(fmt.Sprintf("s%02d", i), rapid.IntRange(0, 4).Draw(t, "day")*60, rapid.SampledFrom(names).Draw(t, "name"), lead.SortIdentities(ids)...))
		}
		var said []lead.Decision
		for i := range rapid.IntRange(0, 4).Draw(t, "decisions") {
			d := lead.Decision{ID: fmt.Sprint(i), Kind: rapid.SampledFrom([]string{lead.DecisionMerge, lead.DecisionSplit}).Draw(t, "kind"), At: day.Add(time.Duration(i/2) * time.Hour)}
			for _, s := range subs {
				switch rapid.IntRange(0, 2).Draw(t, "side") {
				case 1:
					d.A = append(d.A, s.ID)
				case 2:
					d.B = append(d.B, s.ID)
				}
			}
			said = append(said, d)
		}
		policy := dedupe.Policy{Rules: rules}
		want := groups(subs, policy.Group(subs, said, nil))
		shuffled := rapid.Permutation(subs).Draw(t, "order")
		require.Equal(t, want, groups(shuffled, policy.Group(shuffled, rapid.Permutation(said).Draw(t, "decisions"), nil)))
	})
}

// A touch that says the same again changes nobody else's group.
func TestAnIdentityOnceGenericStaysSo(t *testing.T) {
	p := mobile("+8613912340001")
	var subs []*lead.Submission
	generic := false
	for i := range 20 {
		subs = append(subs, seen(fmt.Sprintf("s%02d", i), i, lead.Name{}, p, email(fmt.Sprint(i%7, "@x.cn"))))
		g := dedupe.Policy{}.Group(subs, nil, nil)
		require.False(t, generic && len(g.Generic) == 0)
		generic = len(g.Generic) > 0
		if !generic {
			require.Len(t, groups(subs, g), 1)
		}
	}
	require.True(t, generic)
}

func BenchmarkGroup(b *testing.B) {
	var subs []*lead.Submission
	for i := range 10_000 {
		subs = append(subs, seen(fmt.Sprintf("s%05d", i), i%50, full("李", "雷"), mobile(fmt.Sprint("+8613", i/3)), email(fmt.Sprint(i/4, "@x.cn"))))
	}
	for b.Loop() {
		dedupe.Policy{}.Group(subs, nil, nil)
	}
	b.ReportMetric(float64(len(subs)*b.N)/b.Elapsed().Seconds(), "submissions/s")
}
