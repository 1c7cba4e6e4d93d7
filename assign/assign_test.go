package assign_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

var monday = time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC) // ten in the morning in Shanghai

func shanghai(t require.TestingT) *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return zone
}

func compiled(t require.TestingT, config lead.Config) *assign.Rules {
	rules, err := assign.Compile(&config, shanghai(t))
	require.NoError(t, err)
	return rules
}

func rep(key string, more ...func(*lead.Rep)) lead.Rep {
	r := lead.Rep{Key: key, Name: key, Weight: 1, Active: true}
	for _, fn := range more {
		fn(&r)
	}
	return r
}

func rule(key string, more ...func(*lead.Rule)) lead.Rule {
	r := lead.Rule{Key: key, Enabled: true}
	for _, fn := range more {
		fn(&r)
	}
	return r
}

func record(more ...func(*lead.Record)) *lead.Record {
	r := &lead.Record{Lead: lead.Lead{ID: lead.NewID("ld_", monday), Touches: 1, FirstSeen: monday, LastSeen: monday}, Values: map[string][]lead.Value{}}
	for _, fn := range more {
		fn(r)
	}
	return r
}

func in(province string) func(*lead.Record) {
	return func(r *lead.Record) { r.Region.Province = province }
}

func with(field, value string) func(*lead.Record) {
	return func(r *lead.Record) { r.Values[field] = []lead.Value{{Value: value}} }
}

func TestWeightsAreMetWithinOneLeadAtEveryPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 40).Draw(t, "weights")
		staff := &lead.Staff{}
		sum := 0
		for i, w := range weights {
			staff.Reps = append(staff.Reps, lead.Rep{Key: fmt.Sprintf("r%02d", i), Weight: w, Active: true})
			sum += w
		}
		if sum == 0 {
			t.Skip("nobody has a weight")
		}
		got := map[string]int{}
		for n := 1; n <= 200; n++ {
			a := (&assign.Rules{}).Choose(&lead.Record{}, staff, time.Time{})
			got[a.Owner]++
			for _, r := range staff.Reps {
				share := float64(n) * float64(r.Weight) / float64(sum)
				require.LessOrEqual(t, math.Abs(share-float64(got[r.Key])), 1.0, "rep %s after %d leads", r.Key, n)
			}
		}
	})
}

// Quotas run out, reps come and go, two rules share them: whenever the same reps share the leads of a rule, each is within
// one lead of his share, counted from the moment since which they do; and no quota is ever exceeded.
func TestSharesAreMetWhileTheSameRepsShareAndQuotasHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := lead.Config{Rules: []lead.Rule{
			rule("south", func(r *lead.Rule) { r.When, r.To.Roles = `province == "广东省"`, []string{"x"} }), rule("rest")}}
		n := rapid.IntRange(1, 8).Draw(t, "reps")
		for i := range n {
			config.Reps = append(config.Reps, rep(fmt.Sprintf("r%02d", i), func(r *lead.Rep) {
				r.Weight = rapid.IntRange(1, 9).Draw(t, "weight")
				r.Daily = rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "daily")
				r.Holding = rapid.SampledFrom([]int{0, 0, 10, 40}).Draw(t, "holding")
				r.Role = rapid.SampledFrom([]string{"x", "x", "y"}).Draw(t, "role")
			}))
		}
		config.Reps[0].Role = "x"
		rules := compiled(t, config)
		staff := &lead.Staff{Reps: slices.Clone(config.Reps)}
		type segment struct {
			set   string
			n, of int
			got   map[string]int
			w     map[string]int
		}
		segments := map[string]*segment{}
		now := monday
		for range 300 {
			switch rapid.IntRange(0, 40).Draw(t, "event") {
			case 0:
				staff.Reps[rapid.IntRange(0, n-1).Draw(t, "who")].OffDuty = rapid.Bool().Draw(t, "off")
			case 1:
				now = now.Add(24 * time.Hour)
			}
			a := rules.Choose(record(in(rapid.SampledFrom([]string{"广东省", "江苏省"}).Draw(t, "province"))), staff, now)
			last := a.Trace[len(a.Trace)-1]
			if a.Owner == "" {
				require.Zero(t, last.Counts.ByCode[""])
				continue
			}
			set, of, w := "", 0, map[string]int{}
			for _, k := range last.Reps {
				if k.Eligible || k.Rep == a.Owner {
					i := slices.IndexFunc(staff.Reps, func(r lead.Rep) bool { return r.Key == k.Rep })
					set, of, w[k.Rep] = set+k.Rep+" ", of+staff.Reps[i].Weight, staff.Reps[i].Weight
				}
			}
			s := segments[a.Rule]
			if s == nil || s.set != set {
				s = &segment{set: set, of: of, got: map[string]int{}, w: w}
				segments[a.Rule] = s
			}
			s.n++
			s.got[a.Owner]++
			for key, weight := range s.w {
				share := float64(s.n) * float64(weight) / float64(s.of)
				require.LessOrEqual(t, math.Abs(share-float64(s.got[key])), 1.0, "rule %s: %s of %s after %d", a.Rule, key, set, s.n)
			}
			for _, r := range staff.Reps {
				st := staff.States[r.Key]
				require.True(t, st == nil || (r.Daily == 0 || st.Today <= r.Daily) && (r.Holding == 0 || st.Held <= r.Holding), "%s has %+v", r.Key, st)
			}
		}
	})
}

func TestNobodyActiveLeavesTheLeadWithAReason(t *testing.T) {
	staff := &lead.Staff{Reps: []lead.Rep{{Key: "a", Weight: 1}, {Key: "b", Active: true}}}
	a := (&assign.Rules{}).Choose(&lead.Record{}, staff, time.Time{})
	require.Empty(t, a.Owner)
	require.Contains(t, a.Why, "no rep is active")
	require.Zero(t, a.Retry)
	require.Empty(t, staff.States["a"].Turns, "a rep that may not have it takes no turn")
}

func TestAnAssignmentSaysWhy(t *testing.T) {
	staff := &lead.Staff{Reps: []lead.Rep{{Key: "li", Weight: 2, Active: true}, {Key: "wang", Weight: 1, Active: true}}}
	a := (&assign.Rules{}).Choose(&lead.Record{Lead: lead.Lead{ID: "ld_1"}}, staff, time.Time{})
	require.Equal(t, lead.Assignment{Lead: "ld_1", Owner: "li", Rule: assign.RuleWeighted,
		Why: "li had the most credit (2) with weight 2 of 3, after 0 leads",
		Trace: []lead.Tried{{Rule: assign.RuleWeighted, Matched: true, Counts: &lead.TriedCount{Reps: 2, ByCode: map[string]int{"": 2}},
			Reps: []lead.TriedRep{{Rep: "li", Eligible: true, Credit: 2}, {Rep: "wang", Eligible: true, Credit: 1}}}}}, a)
	require.Equal(t, &lead.RepState{Rep: "li", Day: "00010101", Today: 1, Held: 1, Assigned: 1,
		Turns: staff.States["li"].Turns}, staff.States["li"])
	require.EqualValues(t, 1, staff.States["li"].Turns[assign.RuleWeighted].Leads)
	before := *staff.States["wang"]
	staff.Changed = nil
	require.Equal(t, "wang", (&assign.Rules{}).Choose(&lead.Record{}, staff, time.Time{}).Owner)
	require.Equal(t, "li", (&assign.Rules{}).Choose(&lead.Record{}, staff, time.Time{}).Owner)
	require.Equal(t, map[string]bool{"wang": true, "li": true}, staff.Changed)
	require.EqualValues(t, 0, before.Turns[assign.RuleWeighted].Leads, "a copy of a state is not reached by later turns")
}

func TestTheFirstRuleThatFitsDecides(t *testing.T) {
	config := lead.Config{
		Teams: []lead.Team{{Key: "east"}, {Key: "south"}},
		Reps: []lead.Rep{rep("chen", func(r *lead.Rep) { r.Team = "east" }), rep("li", func(r *lead.Rep) { r.Team = "south" }),
			rep("wu", func(r *lead.Rep) { r.Team, r.Skills, r.Level = "east", []string{"english", "cloud"}, 3 })},
		Pools: []lead.Pool{{Key: "sea", Enabled: true}},
		Rules: []lead.Rule{
			rule("off", func(r *lead.Rule) { r.Enabled = false }),
			rule("abroad", func(r *lead.Rule) { r.When, r.To.Skills = `country not in ["CN", ""]`, []string{"english"} }),
			rule("vip", func(r *lead.Rule) {
				r.When, r.To.MinLevel, r.To.Teams = `grade == "A" and budget >= 200000`, 3, []string{"east"}
			}),
			rule("east", func(r *lead.Rule) {
				r.When, r.To.Reps = `province in ["江苏省", "浙江省"]`, []string{"chen"}
			}),
			rule("junk", func(r *lead.Rule) { r.When, r.Pool = `"无效" in tags`, "sea" }),
		}}
	rules := compiled(t, config)
	for name, c := range map[string]struct {
		lead              *lead.Record
		rule, owner, pool string
	}{
		"by skill":   {record(func(r *lead.Record) { r.Region.Country = "SG" }), "abroad", "wu", ""},
		"by level":   {record(in("江苏省"), with("extra.budget", "约20-30万"), func(r *lead.Record) { r.Grade = "A" }), "vip", "wu", ""},
		"by name":    {record(in("江苏省"), with("extra.budget", "2万")), "east", "chen", ""},
		"to a pool":  {record(func(r *lead.Record) { r.Tags = []string{"无效"} }), "junk", "", "sea"},
		"to nowhere": {record(in("广东省")), assign.RuleDefault, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := rules.Choose(c.lead, &lead.Staff{Reps: config.Reps}, monday)
			require.Equal(t, []string{c.rule, c.owner, c.pool}, []string{a.Rule, a.Owner, a.Pool}, a)
			require.NotEmpty(t, a.Why)
		})
	}
	config.Settings.DefaultPool = "sea"
	a := compiled(t, config).Choose(record(in("广东省")), &lead.Staff{Reps: config.Reps}, monday)
	require.Equal(t, []string{assign.RuleDefault, "sea"}, []string{a.Rule, a.Pool})
	require.Len(t, a.Trace, 4)
	a = rules.Explain(record(in("广东省")), &lead.Staff{Reps: config.Reps}, monday)
	require.Equal(t, `it is not so that province in ["江苏省", "浙江省"]: province is "广东省"`, a.Trace[2].Why)
}

func TestEveryReasonAgainstARepIsNamedAndTimeAloneEndsSome(t *testing.T) {
	night := []string{"09:00-18:00"}
	config := lead.Config{
		Teams: []lead.Team{{Key: "t", Hours: lead.Hours{Week: map[string][]string{"mon": night, "tue": night}}}},
		Pools: []lead.Pool{{Key: "sea", Enabled: true}}}
	evening := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) // 20:00
	opens := time.Date(2026, 1, 6, 1, 0, 0, 0, time.UTC)
	for code, c := range map[string]struct {
		rep   lead.Rep
		state lead.RepState
		now   time.Time
		retry time.Time
	}{
		assign.CodeInactive:     {rep: rep("a", func(r *lead.Rep) { r.Active = false })},
		assign.CodeWeightZero:   {rep: rep("a", func(r *lead.Rep) { r.Weight = 0 })},
		assign.CodeOffDuty:      {rep: rep("a", func(r *lead.Rep) { r.OffDuty = true })},
		assign.CodeOutsideHours: {rep: rep("a", func(r *lead.Rep) { r.Team = "t" }), now: evening, retry: opens},
		assign.CodeOnLeave: {rep: rep("a", func(r *lead.Rep) {
			r.Team, r.Leave = "t", []lead.Leave{{From: monday, To: monday.Add(time.Hour)}, {From: monday.Add(time.Hour), To: evening}}
		}), retry: opens},
		assign.CodeDailyQuota:   {rep: rep("a", func(r *lead.Rep) { r.Daily, r.Team = 2, "t" }), state: lead.RepState{Day: "20260105", Today: 2}, retry: opens},
		assign.CodeHoldingLimit: {rep: rep("a", func(r *lead.Rep) { r.Holding = 2 }), state: lead.RepState{Held: 2}},
		"":                      {rep: rep("a", func(r *lead.Rep) { r.Daily, r.Team = 2, "t" }), state: lead.RepState{Day: "20260104", Today: 2}},
	} {
		t.Run(code, func(t *testing.T) {
			now := monday
			if !c.now.IsZero() {
				now = c.now
			}
			state := c.state
			staff := &lead.Staff{Reps: []lead.Rep{c.rep}, States: map[string]*lead.RepState{"a": &state}}
			config.Rules = []lead.Rule{rule("all")}
			a := compiled(t, config).Choose(record(), staff, now)
			require.Equal(t, code == "", a.Owner == "a", a)
			require.Equal(t, code, a.Trace[0].Reps[0].Code)
			require.Equal(t, map[string]int{code: 1}, a.Trace[0].Counts.ByCode)
			require.True(t, c.retry.Equal(a.Retry), a.Retry)
		})
	}
}

func TestAFullQuotaIsTriedAgainWhenTheDayEndsAlsoWhereMidnightIsLeftOut(t *testing.T) {
	zone, err := time.LoadLocation("America/Santiago")
	require.NoError(t, err)
	config := lead.Config{Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.Daily = 1 })}}
	rules, err := assign.Compile(&config, zone)
	require.NoError(t, err)
	next := time.Date(2026, 9, 6, 1, 0, 0, 0, zone) // the clocks go from midnight to one
	for _, clock := range []string{"2026-09-05T12:00:00-04:00", "2026-09-05T23:00:00-04:00", "2026-09-05T23:59:59-04:00"} {
		now, err := time.Parse(time.RFC3339, clock)
		require.NoError(t, err)
		staff := &lead.Staff{Reps: config.Reps, States: map[string]*lead.RepState{"a": {Day: "20260905", Today: 1}}}
		a := rules.Choose(record(), staff, now)
		require.Empty(t, a.Owner)
		require.True(t, next.Equal(a.Retry), "at %s it is tried again at %s", clock, a.Retry)
		require.Equal(t, "a", rules.Choose(record(), staff, next).Owner, "it is another day")
	}
}

func TestALeadThatNobodyMayHaveGoesToThePoolWhenPatienceEnds(t *testing.T) {
	config := lead.Config{Pools: []lead.Pool{{Key: "sea", Enabled: true}}, Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.OffDuty = true })},
		Rules: []lead.Rule{rule("all", func(r *lead.Rule) { r.To.Reps, r.Pool, r.Patience = []string{"a"}, "sea", lead.Duration(time.Hour) })}}
	rules, r := compiled(t, config), record()
	a := rules.Choose(r, &lead.Staff{Reps: config.Reps}, monday.Add(10*time.Minute))
	require.Equal(t, []string{"", ""}, []string{a.Owner, a.Pool})
	require.True(t, monday.Add(time.Hour).Equal(a.Retry), a.Retry)
	a = rules.Choose(r, &lead.Staff{Reps: config.Reps}, monday.Add(time.Hour))
	require.Equal(t, "sea", a.Pool)
	a = rules.Anytime(r, &lead.Staff{Reps: config.Reps}, monday)
	require.Equal(t, "a", a.Owner)
}

func TestGoodLeadsGoToTheHighestLevelThatHasRoom(t *testing.T) {
	level := func(n, holding int) func(*lead.Rep) { return func(r *lead.Rep) { r.Level, r.Holding = n, holding } }
	config := lead.Config{Reps: []lead.Rep{rep("a", level(3, 2)), rep("b", level(3, 2)), rep("c", level(1, 0))},
		Rules: []lead.Rule{rule("good", func(r *lead.Rule) { r.Strategy = lead.StrategyLevel })}}
	rules, staff := compiled(t, config), &lead.Staff{Reps: config.Reps}
	var got []string
	for range 6 {
		got = append(got, rules.Choose(record(), staff, monday).Owner)
	}
	require.Equal(t, []string{"a", "b", "a", "b", "c", "c"}, got)
}

func TestTheLeastLoadedIsWhoHoldsTheFewestForHisWeight(t *testing.T) {
	config := lead.Config{Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.Weight = 3 }), rep("b")},
		Rules: []lead.Rule{rule("all", func(r *lead.Rule) { r.Strategy = lead.StrategyLeastLoaded })}}
	rules, staff := compiled(t, config), &lead.Staff{Reps: config.Reps, States: map[string]*lead.RepState{"a": {Held: 2}, "b": {Held: 1}}}
	var got []string
	for range 5 {
		got = append(got, rules.Choose(record(), staff, monday).Owner)
	}
	require.Equal(t, []string{"a", "a", "b", "a", "a"}, got)
}

func TestWhoOwnsTheCompanyOrIsAskedForGetsTheLead(t *testing.T) {
	config := lead.Config{Reps: []lead.Rep{rep("chen", func(r *lead.Rep) { r.Name = "陈洁" }), rep("wang", func(r *lead.Rep) { r.Name, r.Daily = "王立", 1 }), rep("wu", func(r *lead.Rep) { r.Name = "吴敏" })},
		Rules: []lead.Rule{rule("all", func(r *lead.Rule) { r.Sticky, r.To.Reps = true, []string{"chen"} })}}
	rules, staff := compiled(t, config), &lead.Staff{Reps: config.Reps, Owners: map[string][]string{"星火": {"wu"}}}
	company := with("company", "星火")
	require.Equal(t, "wu", rules.Choose(record(company), staff, monday).Owner)
	a := rules.Choose(record(company, with("extra.owner_hint", "找上次的王顾问")), staff, monday)
	require.Equal(t, "wang", a.Owner)
	require.Equal(t, "wang was asked for by name", a.Why)
	a = rules.Choose(record(with("extra.owner_hint", "王经理")), staff, monday)
	require.Equal(t, "chen", a.Owner, "wang has had his lead of the day")
	require.Contains(t, a.Trace[0].Why, "was asked for by name, but daily_quota")
	require.Equal(t, "chen", rules.Choose(record(with("company", "新海")), staff, monday).Owner)
	require.Equal(t, []string{"chen"}, staff.Owners["新海"], "the next lead of the company in the same batch sticks")
	require.Equal(t, []string{"wang", "wu"}, staff.Owners["星火"])
}

func TestWhatCannotBeToldDoesNotStopTheLine(t *testing.T) {
	config := lead.Config{Reps: []lead.Rep{rep("a")}, Rules: []lead.Rule{
		rule("broken", func(r *lead.Rule) { r.When = `phones[3] == "x"` }),
		rule("greedy", func(r *lead.Rule) { r.When = `title matches company` }), rule("rest")}}
	a := compiled(t, config).Choose(record(func(r *lead.Record) { r.Company = "(" }), &lead.Staff{Reps: config.Reps}, monday)
	require.Equal(t, "a", a.Owner)
	require.Contains(t, a.Trace[0].Why, "cannot be told: index out of range")
	require.Contains(t, a.Trace[1].Why, "cannot be told")
}

func TestATraceNamesTheChosenAndIsBounded(t *testing.T) {
	var config lead.Config
	for i := range 100 {
		config.Reps = append(config.Reps, rep(fmt.Sprintf("r%03d", i), func(r *lead.Rep) { r.Level = i }))
	}
	config.Rules = []lead.Rule{rule("top", func(r *lead.Rule) { r.Strategy = lead.StrategyLevel })}
	a := compiled(t, config).Choose(record(), &lead.Staff{Reps: config.Reps}, monday)
	require.Equal(t, "r099", a.Owner)
	require.Len(t, a.Trace[0].Reps, lead.TraceReps)
	require.Equal(t, "r099", a.Trace[0].Reps[lead.TraceReps-1].Rep)
	require.Equal(t, 100, a.Trace[0].Counts.Reps)
}
