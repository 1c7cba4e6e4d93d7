package assign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

func scored(t *testing.T, rules []lead.ScoreRule, grades map[string]int) *assign.Rules {
	return compiled(t, lead.Config{Scoring: lead.Scoring{Rules: rules, Grades: grades}})
}

func TestAScoreIsTheSumOfTheRulesThatFitAndSaysWhy(t *testing.T) {
	rules := scored(t, []lead.ScoreRule{
		{Key: "z", When: `phone_type == ""`, Points: -10, Enabled: true},
		{Key: "budget", Name: "大预算", When: `budget >= 100000`, Points: 45, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL", Enabled: true},
		{Key: "price", When: `message contains "报价"`, Points: 20, Tags: []string{"询价", "大单"}, Product: "onprem", Stage: "SQL", Enabled: true},
		{Key: "off", Points: 1000},
		{Key: "broken", When: `phones[0] == "x"`, Points: 500, Enabled: true},
		{Key: "no", When: `touches > 5`, Points: 500, Enabled: true},
	}, nil)
	r := record(with("extra.budget", "20万"), with("message", "请报价"), func(r *lead.Record) { r.Said = []string{"vip"} })
	rules.Score(r)
	require.Equal(t, 55, r.Score)
	require.Equal(t, "B", r.Grade)
	require.Equal(t, "cloud", r.Line, "the first that fits")
	require.Equal(t, "MQL", r.Stage)
	require.Equal(t, []string{"vip", "大单", "询价"}, r.Tags)
	require.Equal(t, []lead.Scored{
		{Rule: "budget", Name: "大预算", Points: 45, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL"},
		{Rule: "price", Name: "price", Points: 20, Tags: []string{"询价", "大单"}, Product: "onprem", Stage: "SQL"},
		{Rule: "z", Name: "z", Points: -10}}, r.Scored)

	delete(r.Values, "extra.budget")
	delete(r.Values, "message")
	r.Phones, r.Identities = []string{"+862088881234"}, []lead.HeldIdentity{{Identity: lead.Identity{Kind: lead.IdentityLandline}}}
	rules.Score(r)
	require.Equal(t, []string{"vip"}, r.Tags, "tags of rules go when these no longer fit; what was said stays")
	require.Zero(t, r.Score)
	require.Equal(t, []string{"D", "", ""}, []string{r.Grade, r.Line, r.Stage})
	require.Empty(t, r.Scored)
}

func TestAPersonsStageBeatsARules(t *testing.T) {
	rules := scored(t, []lead.ScoreRule{{Key: "a", Stage: "MQL", Enabled: true}}, nil)
	r := record(func(r *lead.Record) { r.Stage, r.StageBy = "SQL", "person" })
	rules.Score(r)
	require.Equal(t, "SQL", r.Stage)
}

func TestGradesHaveThresholdsAndARuleMaySetOne(t *testing.T) {
	rules := scored(t, []lead.ScoreRule{{Key: "t", When: "true", Points: 30, Enabled: true}, {Key: "vip", When: `"vip" in said_tags`, Grade: "A", Enabled: true}}, map[string]int{"A": 60, "B": 30})
	r := record()
	rules.Score(r)
	require.Equal(t, "B", r.Grade)
	r.Said = []string{"vip"}
	rules.Score(r)
	require.Equal(t, "A", r.Grade)
	(&assign.Rules{}).Score(r)
	require.Equal(t, "", r.Grade, "without rules there is no grade")
	require.Equal(t, []string{"vip"}, r.Tags)
}

func TestScoringTwiceIsScoringOnce(t *testing.T) {
	rules := scored(t, []lead.ScoreRule{{Key: "a", Points: 5, Tags: []string{"x"}, Enabled: true}}, nil)
	r := record()
	rules.Score(r)
	once := *r
	rules.Score(r)
	require.Equal(t, once, *r)
}

func TestSpamRulesAreAskedAboutTheSubmission(t *testing.T) {
	rules := scored(t, []lead.ScoreRule{{Key: "seo", Name: "SEO 广告", When: `message contains "SEO" and email_domain == "spam.example"`, Spam: 120, Enabled: true},
		{Key: "known", When: `"vip" in said_tags`, Spam: -50, Enabled: true}, {Key: "p", Points: 5, Enabled: true}}, nil)
	s := &lead.Submission{Message: "cheap SEO", Emails: []lead.Email{{Display: "a@spam.example"}}, EventTime: monday}
	require.Equal(t, []lead.Signal{{Code: "rule:seo", Points: 120, Detail: "SEO 广告"}}, rules.Spam(s))
	s.Tags = []string{"vip"}
	require.Equal(t, 70, lead.SpamScore(rules.Spam(s)))
	require.Empty(t, rules.Spam(&lead.Submission{EventTime: monday}))
	r := record()
	rules.Score(r)
	require.Equal(t, 5, r.Score, "points for spam are no points of the lead")
}

func TestBadScoringIsRefused(t *testing.T) {
	for code, s := range map[string]lead.Scoring{
		"duplicate_key":  {Rules: []lead.ScoreRule{{Key: "a", Points: 1}, {Key: "a", Points: 1}}},
		"bad_score_rule": {Rules: []lead.ScoreRule{{Key: "a"}}},
		"bad_points":     {Rules: []lead.ScoreRule{{Key: "a", Points: 1 << 40}}},
		"bad_condition":  {Rules: []lead.ScoreRule{{Key: "a", Points: 1, When: `score > 1`}}},
		"never_matches":  {Rules: []lead.ScoreRule{{Key: "a", Points: 1, When: `phone_type == "cell"`}}},
		"bad_grades":     {Grades: map[string]int{"A": 50, "B": 50}},
	} {
		_, err := assign.Compile(&lead.Config{Scoring: s}, time.UTC)
		require.Equal(t, code, lead.AsError(err).Code, "%v", err)
	}
	for _, s := range []lead.Scoring{{Grades: map[string]int{"D": 1}}, {Grades: map[string]int{"A": 10, "C": 20}}, {Rules: []lead.ScoreRule{{Key: "a", Grade: "E"}}},
		{Rules: []lead.ScoreRule{{Key: "a", Spam: 5, Points: 5}}}, {Rules: []lead.ScoreRule{{Key: "a", Tags: []string{" "}}}}} {
		_, err := assign.Compile(&lead.Config{Scoring: s}, time.UTC)
		require.Error(t, err, "%+v", s)
	}
}

func TestSomebodyIsAskedForAsPeopleWrite(t *testing.T) {
	reps := []lead.Rep{rep("anna", func(r *lead.Rep) { r.Name, r.Notify.Wecom = "Anna Li", "Li.Anna@hq" }), rep("chen", func(r *lead.Rep) { r.Name = "陈洁" }), rep("ouyang", func(r *lead.Rep) { r.Name = "欧阳明" }), rep("wang", func(r *lead.Rep) { r.Name = "王立" }),
		rep("wang2", func(r *lead.Rep) { r.Name = "王立新" }), rep("wei", func(r *lead.Rep) { r.Name = "Wei Zhang" }), rep("yang", func(r *lead.Rep) { r.Name = "阳光" }), rep("zhao", func(r *lead.Rep) { r.Name, r.Active = "赵敏", false })}
	config := lead.Config{Reps: reps, Rules: []lead.Rule{rule("all", func(r *lead.Rule) { r.Sticky, r.Pool = true, "sea" })}, Pools: []lead.Pool{{Key: "sea", Enabled: true}}}
	rules := compiled(t, config)
	for hint, want := range map[string]string{"找上次的陈顾问": "chen", "小陈": "chen", "陈洁": "chen", "chen": "chen", "Chen, please": "chen", "欧阳经理": "ouyang", "欧阳明": "ouyang",
		"王经理": "", "找王立新": "wang2", "找王立": "wang", "Zhang Wei": "wei", "Mr Zhang": "wei", "赵敏": "", "阳经理": "yang", "阳光": "yang", "上次是陈顾问接待的": "chen", "I spoke to Anna Li before": "anna", "Ms. Li": "anna", "li.anna@hq": "anna", "陳經理": "", "王總監": "", "欧阳顧問": "ouyang", "随便": "", "陈年旧事": ""} {
		a := rules.Choose(record(with("extra.owner_hint", hint)), &lead.Staff{Reps: reps}, monday)
		require.Equal(t, want, a.Owner, hint)
		if want == "" {
			require.Equal(t, "sea", a.Pool)
		}
	}
}
