package assign_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

// A Round remembers what its decisions have in common, and decides as if it did not.
func TestARoundDecidesAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := lead.Config{Pools: []lead.Pool{{Key: "sea", Enabled: true}}}
		teams := []string{"east", "south"}
		for _, team := range teams {
			config.Teams = append(config.Teams, lead.Team{Key: team})
		}
		n := rapid.IntRange(1, 6).Draw(t, "reps")
		for i := range n {
			config.Reps = append(config.Reps, rep(fmt.Sprintf("r%d", i), func(r *lead.Rep) {
				r.Team, r.Weight, r.Level = rapid.SampledFrom(teams).Draw(t, "team"), rapid.IntRange(0, 5).Draw(t, "weight"), rapid.IntRange(0, 2).Draw(t, "level")
				r.Daily, r.Holding = rapid.IntRange(0, 8).Draw(t, "daily"), rapid.IntRange(0, 12).Draw(t, "holding")
			}))
		}
		config.Reps[0].Team = "east"
		strategy := rapid.SampledFrom([]string{lead.StrategyWeighted, lead.StrategyLeastLoaded, lead.StrategyLevel})
		config.Rules = []lead.Rule{
			rule("east", func(r *lead.Rule) {
				r.When, r.To.Teams, r.Strategy = `province == "江苏省"`, []string{"east"}, strategy.Draw(t, "strategy")
			}),
			rule("rest", func(r *lead.Rule) { r.Sticky, r.Strategy = true, strategy.Draw(t, "strategy") }),
		}
		rules := compiled(t, config)
		one, many := &lead.Staff{Reps: config.Reps}, &lead.Staff{Reps: config.Reps}
		round, now := rules.Round(), monday
		for range 60 {
			if rapid.IntRange(0, 15).Draw(t, "next") == 0 {
				now, round = now.Add(time.Hour*7), rules.Round()
			}
			away := ""
			if rapid.IntRange(0, 5).Draw(t, "away") == 0 {
				away = fmt.Sprintf("r%d", rapid.IntRange(0, n-1).Draw(t, "who"))
			}
			one.Away, many.Away = away, away
			r := record(in(rapid.SampledFrom([]string{"广东省", "江苏省"}).Draw(t, "province")), with("company", rapid.SampledFrom([]string{"", "星火"}).Draw(t, "company")))
			want := rules.Choose(r, one, now)
			require.Equal(t, want, round.Choose(r, many, now))
			require.True(t, away == "" || want.Owner != away, "who is to leave it alone got it")
			require.Equal(t, one.States, many.States)
		}
	})
}

func TestARepWhoMayNotHaveOneLeadKeepsHisCreditForTheNext(t *testing.T) {
	rules := compiled(t, lead.Config{Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.Weight = 2 }), rep("b"), rep("c")}, Rules: []lead.Rule{rule("all")}})
	staff := &lead.Staff{Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.Weight = 2 }), rep("b"), rep("c")}}
	round, got := rules.Round(), map[string]int{}
	for i := range 400 {
		if staff.Away = ""; i%4 == 0 {
			staff.Away = "a"
		}
		a := round.Choose(record(), staff, monday)
		require.True(t, staff.Away == "" || a.Owner != "a" && a.Trace[0].Reps[0].Code == assign.CodeCoolDown, a)
		got[a.Owner]++
	}
	require.Equal(t, map[string]int{"a": 200, "b": 100, "c": 100}, got)
}

// Who has the most credit first, as in the classic smooth weighted round robin, leaves somebody of these behind by more than a lead.
func TestNobodyMissesHisShareByALead(t *testing.T) {
	shared := func(t require.TestingT, weights []int) {
		staff, total, bound := &lead.Staff{}, 0, 1-1/float64(max(2*len(weights)-2, 1))
		for i, w := range weights {
			staff.Reps = append(staff.Reps, rep(fmt.Sprintf("r%02d", i), func(r *lead.Rep) { r.Weight = w }))
			total += w
		}
		round, got := (&assign.Rules{}).Round(), map[string]int{}
		for n := 1; n <= 2*total; n++ {
			got[round.Choose(record(), staff, monday).Owner]++
			for i, r := range staff.Reps {
				share := float64(n) * float64(weights[i]) / float64(total)
				require.LessOrEqual(t, math.Abs(share-float64(got[r.Key])), bound+1e-9, "%s of %v after %d leads", r.Key, weights, n)
			}
		}
	}
	for _, weights := range [][]int{{7, 1, 1, 1, 7, 9}, {3, 3, 7, 7, 1, 3, 7, 7}, {1, 6, 1, 3, 1, 1, 9, 3, 9, 3}, {1, 1000}, {5}} {
		shared(t, weights)
	}
	rapid.Check(t, func(t *rapid.T) { shared(t, rapid.SliceOfN(rapid.IntRange(1, 9), 1, 30).Draw(t, "weights")) })
}

// large is a configuration with 100 rules and 500 reps.
func large(tb testing.TB) (*lead.Config, *assign.Rules) {
	config := &lead.Config{}
	for i := range 20 {
		config.Teams = append(config.Teams, lead.Team{Key: fmt.Sprintf("t%02d", i), Hours: lead.Hours{Week: map[string][]string{"mon": {"09:00-12:00", "13:00-18:00"}}}})
	}
	for i := range 500 {
		config.Reps = append(config.Reps, rep(fmt.Sprintf("r%03d", i), func(r *lead.Rep) { r.Team, r.Weight, r.Daily, r.Holding = fmt.Sprintf("t%02d", i%20), 1+i%5, 1e6, 1e9 }))
	}
	for i := range 99 {
		config.Rules = append(config.Rules, rule(fmt.Sprintf("n%02d", i), func(r *lead.Rule) {
			r.When = fmt.Sprintf(`province == "P%d" and (score > 50 or "vip" in tags) or extra["industry"] == "i%d"`, i, i)
		}))
	}
	config.Rules = append(config.Rules, rule("rest"))
	rules, err := assign.Compile(config, time.UTC)
	require.NoError(tb, err)
	return config, rules
}

// One decision in a transaction of its own.
func BenchmarkChooseWith100RulesAnd500Reps(b *testing.B) {
	config, rules := large(b)
	staff, r, now := &lead.Staff{Reps: config.Reps}, record(in("广东省"), with("extra.industry", "医疗")), time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if rules.Choose(r, staff, now).Owner == "" {
			b.Fatal("nobody")
		}
	}
}

// One of many decisions of a transaction.
func BenchmarkRoundWith100RulesAnd500Reps(b *testing.B) {
	config, rules := large(b)
	staff, r, now := &lead.Staff{Reps: config.Reps}, record(in("广东省"), with("extra.industry", "医疗")), time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	round := rules.Round()
	b.ReportAllocs()
	for b.Loop() {
		if round.Choose(r, staff, now).Owner == "" {
			b.Fatal("nobody")
		}
	}
}
