package assign_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

// fits reports whether a condition fits a lead, through the rule that holds it.
func fits(t require.TestingT, when string, r *lead.Record) bool {
	config := lead.Config{Sources: []lead.Source{{Key: "price-page", Channel: "webform"}}, Reps: []lead.Rep{rep("a")},
		Rules: []lead.Rule{rule("it", func(r *lead.Rule) { r.When = when })}}
	return compiled(t, config).Choose(r, &lead.Staff{Reps: config.Reps}, monday).Owner == "a"
}

func TestEveryFieldHasTheValueOfTheLead(t *testing.T) {
	r := record(in("江苏省"), with("message", "请报价，谢谢"), with("extra.industry", "医疗"), with("extra.language", "EN-us"), with("extra.budget", "20-30万"), func(r *lead.Record) {
		r.Name, r.Company, r.Phones, r.Emails = "李青", "星火医院", []string{"+8613912345678"}, []string{"Li@Acme.example"}
		r.Identities = []lead.HeldIdentity{{Identity: lead.Identity{Kind: lead.IdentityMobile, Value: "+8613912345678"}}}
		r.Products, r.Said, r.Tags, r.Grade, r.Score = []string{"CRM"}, []string{"vip"}, []string{"vip", "大单"}, "B", 60
		r.Sources, r.LastFrom = []string{"price-page"}, lead.Origin{Source: "price-page", UTM: map[string]string{"campaign": "spring", "source": "baidu"}, Page: "https://x.example/price"}
		r.Consents = []lead.Consent{{Purpose: "contact", Granted: true}}
	})
	for when, want := range map[string]bool{
		`name startsWith "李"`:                         true,
		`company contains "医院" and title == ""`:       true,
		`phone_type == "mobile" and len(phones) == 1`: true,
		`email_domain == "acme.example"`:              true,
		`province == "江苏省" and country == ""`:         true,
		`message contains "报价"`:                       true,
		`extra["industry"] == "医疗"`:                   true,
		`extra.industry in ["医疗", "教育"]`:              true,
		`extra["absent"] == ""`:                       true,
		`language startsWith "en"`:                    true,
		`budget == 200000`:                            true,
		`"CRM" in products`:                           true,
		`"大单" in said_tags`:                           false,
		`"大单" in tags and "vip" in said_tags`:         true,
		`channel == "webform" and "webform" in channels and source == "price-page"`: true,
		`campaign == "spring" and utm["source"] == "baidu" and utm["term"] == ""`:   true,
		`page contains "/price"`:                             true,
		`consented and is_new and touches == 1`:              true,
		`first_hour == 10 and first_weekday == "mon"`:        true,
		`grade in ["A", "B"] and score >= 60 and score < 80`: true,
		`any(emails, # endsWith "@acme.example")`:            false,
		`any(emails, lower(#) endsWith "@acme.example")`:     true,
		`title matches "总监|经理"`:                              false,
		`owner == "" and status == "working"`:                false,
		`not (province == "江苏省")`:                            false,
		`true`:                                               true,
	} {
		require.Equal(t, want, fits(t, when, r), when)
	}
}

func TestAnAmountIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "面议": 0, "20万": 200000, "20-30万": 200000, "约 1.5 万元": 15000, "¥100,000": 100000, "3千": 3000, "50k": 50000,
		"2千万": 2e7, "1亿": 1e8, "500": 500, "1.": 1, "3百万": 3e6} {
		r := record(with("extra.budget", text))
		require.True(t, fits(t, fmt.Sprintf("budget >= %.0f and budget <= %.0f", want, want), r), "%s is not %v", text, want)
	}
}

func TestExamplesOfTheFieldsCompile(t *testing.T) {
	for _, f := range assign.Fields() {
		_, err := assign.Compile(&lead.Config{Rules: []lead.Rule{rule("a", func(r *lead.Rule) { r.When = f.Example })}}, time.UTC)
		require.NoError(t, err, f.Example)
		require.Contains(t, f.Example, f.Name)
		_, err = assign.Compile(&lead.Config{Scoring: lead.Scoring{Rules: []lead.ScoreRule{{Key: "a", When: f.Example, Points: 1}}}}, time.UTC)
		require.Equal(t, f.Decided, err != nil, "scoring cannot ask what rules decide: %s", f.Example)
	}
}

// wrong is what Compile says about a configuration.
func wrong(t *testing.T, config lead.Config) *lead.Error {
	t.Helper()
	_, err := assign.Compile(&config, shanghai(t))
	require.Error(t, err, "%+v", config)
	e := lead.AsError(err)
	require.Equal(t, lead.KindInvalid, e.Kind)
	require.Len(t, e.Fields, 1)
	return e
}

func TestABadConditionIsRefusedWithThePlaceShown(t *testing.T) {
	for when, want := range map[string]string{
		`provinc == "江苏省"`:             "unknown name provinc (1:1)\n | provinc == \"江苏省\"\n | ^",
		`name == "x" and province > 3`: "(1:26)",
		`name +`:                       "unexpected token EOF",
		`touches`:                      "expected bool, but got int",
		`now() > 1`:                    "unknown name now",
		`env("HOME") == ""`:            "unknown name env",
		`any(1..1000000, # > 1)`:       "the operator .. cannot be used",
		`2 ** 10000 > touches`:         "the operator ** cannot be used",
		`any(phones, any(phones, any(phones, # == "")))`: "lists are asked within lists too deep",
		`let x = 1; x == 1`:                             "a condition is one expression",
		`name matches "("`:                              "error parsing regexp",
		`len(map(phones, #)) > 0`:                       "the function map cannot be used",
		strings.Repeat(`name == "x" or `, 300) + `true`: "bytes, more than",
	} {
		e := wrong(t, lead.Config{Rules: []lead.Rule{rule("a", func(r *lead.Rule) { r.When = when })}})
		require.Equal(t, "bad_condition", e.Code, when)
		require.Contains(t, e.Message, "rule a: when: ")
		require.Contains(t, e.Message, want, when)
		require.Equal(t, []string{"rules[0].when"}, e.Fields)
	}
}

func TestARuleThatCanNeverMatchIsRefused(t *testing.T) {
	for _, when := range []string{`false`, `1 == 2`, `province == "江苏省" and province == "浙江省"`, `score > 80 and score < 20`, `score > 80 and score <= 80`,
		`grade == "E"`, `grade in ["E", "F"]`, `phone_type == "cell"`, `status == "asigned"`, `first_weekday == "monday"`,
		`province in ["江苏省"] and province not in ["江苏省"]`, `is_new and not is_new`, `province == "江苏省" and province != "江苏省"`,
		`grade == "E" or score > 1 and score < 1`, `"A" == grade and grade == "B"`, `10 > score and score > 20`, `false and name == ""`,
		`(grade == "A" or grade == "B") and grade == "C"`, `not (score > 5) and score > 10`, `not (grade == "A" or grade != "A")`, `first_hour > 23`, `last_hour == 24`,
		`touches < 1`, `extra["industry"] == "a" and extra.industry == "b"`,
		`message contains "a" and not (message contains "a")`, `touches <= 1 and touches != 1`, `score == 5 and score != 5`, `grade != "" and grade not in ["A", "B", "C", "D"]`} {
		e := wrong(t, lead.Config{Rules: []lead.Rule{rule("a", func(r *lead.Rule) { r.When = when })}})
		require.Equal(t, "never_matches", e.Code, when)
	}
	for _, when := range []string{`province == "江苏省" or province == "浙江省"`, `score >= 80 and score <= 80`, `grade != "E"`, `score > 1 or score < 1`, `not (grade == "E")`,
		`budget > 1.5 and budget < 2`, `city == province`, `name != "x" and name != "y"`,
		`not (grade == "A" and score > 5) and grade == "A"`, `"a" in tags and "b" in tags`, `not (phones[9] == "x") or phones[9] == "x"`, `utm.source == "a" and utm.medium == "b"`} {
		_, err := assign.Compile(&lead.Config{Rules: []lead.Rule{rule("a", func(r *lead.Rule) { r.When = when })}}, time.UTC)
		require.NoError(t, err, when)
	}
	two := func(first, second string) lead.Config {
		return lead.Config{Rules: []lead.Rule{rule("a", func(r *lead.Rule) { r.When = first }), rule("b", func(r *lead.Rule) { r.When = second })}}
	}
	for _, c := range [][2]string{{"", `is_new`}, {"true", ""}, {`is_new`, `is_new`}, {`is_new`, `score > 5 and is_new`}, {`is_new and score > 5`, `score   > 5 && is_new`},
		{`grade in ["A", "B"]`, `grade == "A"`}, {`grade == "A" or grade == "B"`, `grade in ["B", "A"] and is_new`}, {`score >= 50`, `score >= 80`}, {`score >= 50`, `score == 60`},
		{`score > 50`, `not (score <= 50)`}, {`grade != ""`, `grade == "A"`}, {`1 == 1`, `is_new`}, {`touches >= 1`, `grade == "A"`},
		{`province in ["a", "b"]`, `province in ["b", "a"]`}, {`province == "a"`, `province in ["a"]`}, {`province != "a"`, `province == "b" or province == "c"`},
		{`extra["industry"] in ["x", "y"]`, `extra.industry == "x"`}, {`grade == "A" or message contains "a"`, `grade == "A" or message contains "a"`},
		{`grade in ["A", "B"] and message contains "a"`, `message contains "a" and grade == "B"`}} {
		e := wrong(t, two(c[0], c[1]))
		require.Equal(t, "never_matches", e.Code, c)
		require.Contains(t, e.Message, "rule b: it can never match: rule a stands before it")
	}
	for _, c := range [][2]string{{`grade == "A"`, `grade in ["A", "B"]`}, {`score >= 80`, `score >= 50`}, {`score > 50`, `score >= 50`}, {`grade == "A" and is_new`, `grade == "A"`},
		{`phones[9] == "x" or grade == "A"`, `grade == "A"`}, {`province == "a"`, `city == "a"`}, {`extra.a == "x"`, `extra.b == "x"`}, {`province != "a"`, `province in ["a", "b"]`},
		{`grade in ["A", "B", "C", "D"]`, `is_new`}, {`not (message contains "a")`, `message contains "b"`}} {
		config := two(c[0], c[1])
		_, err := assign.Compile(&config, time.UTC)
		require.NoError(t, err, c)
	}
	config := two("", "is_new")
	config.Rules[0].Enabled = false
	_, err := assign.Compile(&config, time.UTC)
	require.NoError(t, err, "a rule that is off shadows nothing")
}

func TestWhatDoesNotExistIsRefused(t *testing.T) {
	base := func(fn func(*lead.Rule)) lead.Config {
		return lead.Config{Teams: []lead.Team{{Key: "t"}, {Key: "nobody"}}, Pools: []lead.Pool{{Key: "sea", Enabled: true}, {Key: "off"}},
			Reps: []lead.Rep{rep("a", func(r *lead.Rep) { r.Team, r.Skills, r.Role = "t", []string{"english"}, "senior" })}, Rules: []lead.Rule{rule("x", fn)}}
	}
	for code, fn := range map[string]func(*lead.Rule){
		"unknown_team":     func(r *lead.Rule) { r.To.Teams = []string{"east"} },
		"unknown_rep":      func(r *lead.Rule) { r.To.Reps = []string{"b"} },
		"unknown_skill":    func(r *lead.Rule) { r.To.Skills = []string{"french"} },
		"unknown_role":     func(r *lead.Rule) { r.To.Roles = []string{"junior"} },
		"unknown_pool":     func(r *lead.Rule) { r.Pool = "lake" },
		"pool_disabled":    func(r *lead.Rule) { r.Pool = "off" },
		"unknown_strategy": func(r *lead.Rule) { r.Strategy = "random" },
		"aims_at_nobody":   func(r *lead.Rule) { r.To.Teams, r.To.MinLevel = []string{"t"}, 3 },
		"bad_patience":     func(r *lead.Rule) { r.Patience = 1 },
		"bad_key":          func(r *lead.Rule) { r.Key = "a b" },
	} {
		require.Equal(t, code, wrong(t, base(fn)).Code)
	}
	config := base(func(*lead.Rule) {})
	config.Settings.DefaultPool = "lake"
	require.Equal(t, "unknown_pool", wrong(t, config).Code)
	config.Settings.DefaultPool, config.Expect = "", []lead.Expectation{{Name: "x", Team: "east"}}
	require.Equal(t, "unknown_team", wrong(t, config).Code)
}

func TestRecyclingMayAskForTheTeamAndTheLevelOfTheOwner(t *testing.T) {
	rules := compiled(t, lead.Config{
		Teams: []lead.Team{{Key: "east"}},
		Reps:  []lead.Rep{rep("li", func(r *lead.Rep) { r.Team, r.Level = "east", 3 }), rep("wu", func(r *lead.Rep) { r.Team, r.Level = "east", 1 }), rep("chen")},
		Pools: []lead.Pool{{Key: "sea", Enabled: true, Recycle: []lead.Recycle{
			{Kind: lead.RecycleNotFollowed, When: "owner_level >= 3", After: lead.Duration(240 * time.Hour)},
			{Kind: lead.RecycleNotFollowed, When: `owner_team == "east"`, After: lead.Duration(24 * time.Hour)}}}}})
	after := func(owner string) time.Duration {
		found := rules.Recycling(record(func(r *lead.Record) { r.Owner = owner }))
		if len(found) == 0 {
			return 0
		}
		return time.Duration(found[0].After)
	}
	require.Equal(t, []time.Duration{240 * time.Hour, 24 * time.Hour, 0, 0}, []time.Duration{after("li"), after("wu"), after("chen"), after("gone")})
}

func TestOverlappingPoolsAreRefused(t *testing.T) {
	pool := func(key, when string) lead.Pool {
		return lead.Pool{Key: key, Enabled: true, Recycle: []lead.Recycle{{Kind: lead.RecycleNotFollowed, When: when, After: 3600e9}}}
	}
	e := wrong(t, lead.Config{Pools: []lead.Pool{pool("a", ""), pool("b", `grade == "A"`)}})
	require.Equal(t, "overlapping_pools", e.Code)
	require.Equal(t, []string{"pools[1].recycle[0]"}, e.Fields)
	config := lead.Config{Pools: []lead.Pool{pool("b", `grade == "A"`), pool("a", "")}}
	rules := compiled(t, config)
	require.Equal(t, "b", rules.Recycling(record(func(r *lead.Record) { r.Grade = "A" }))[0].Pool)
	require.Equal(t, "a", rules.Recycling(record())[0].Pool)
	require.Len(t, rules.Recycling(record()), 1)
	config.Pools[0].Recycle[0].Remind = config.Pools[0].Recycle[0].After
	require.Equal(t, "bad_duration", wrong(t, config).Code)
}

func FuzzCondition(f *testing.F) {
	for _, field := range assign.Fields() {
		f.Add(field.Example)
	}
	for _, s := range []string{`any(phones, # == "")`, `1..3`, `"a" in [`, `not not is_new`, `extra["a"]["b"] == ""`, `name[0:1] == "x"`, `{"a": 1}.a == 1`, `phones?.x`, "\x00", `true ? false : is_new`} {
		f.Add(s)
	}
	r := record(in("江苏省"), func(r *lead.Record) { r.Phones, r.Said = []string{"+8613912345678"}, []string{"a", "b"} })
	f.Fuzz(func(t *testing.T, when string) {
		config := lead.Config{Reps: []lead.Rep{rep("a")}, Rules: []lead.Rule{rule("it", func(r *lead.Rule) { r.When = when })},
			Scoring: lead.Scoring{Rules: []lead.ScoreRule{{Key: "s", When: when, Points: 1, Enabled: true}}}}
		rules, err := assign.Compile(&config, time.UTC)
		if err != nil {
			require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind, "%q: %v", when, err)
			return
		}
		began := time.Now()
		once := rules.Choose(r, &lead.Staff{Reps: config.Reps}, monday)
		require.Equal(t, once.Owner, rules.Explain(r, &lead.Staff{Reps: config.Reps}, monday).Owner, when)
		rules.Score(r)
		require.Less(t, time.Since(began), 2*time.Second, when)
	})
}
