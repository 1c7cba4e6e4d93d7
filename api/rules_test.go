package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const whoGetsWhat = `{
	"teams": [{"key":"east","hours":{"time_zone":"Asia/Shanghai","week":{"mon":["09:00-18:00"]},"holidays":["2026-10-01/2026-10-07"]}}],
	"reps": [{"key":"li","team":"east","skills":["english"],"level":3,"daily":20,"holding":100,"role":"senior","off_duty":true,
		"leave":[{"from":"2026-02-01T00:00:00+08:00","to":"2026-02-08T00:00:00+08:00"}]}],
	"pools": [{"key":"sea","claims_per_day":5,"claim_gap":"30s","cool_down":"7d","recycle":[{"kind":"not_followed","after":"7d","remind":"1d","when":"grade == 'A'","working_time":true}]}],
	"rules": [{"key":"east","when":"province == '江苏省'","to":{"teams":["east"],"min_level":2},"strategy":"level","sticky":true,"pool":"sea","patience":"30m"},{"key":"k"}],
	"scoring": {"rules":[{"key":"vip","when":"budget > 1000","points":50,"tags":["大单"],"stage":"MQL","product":"cloud"}],"grades":{"A":50}},
	"expect": [{"name":"苏州","lead":{"city":"苏州","source":"k"},"team":"east","score":0}],
	"settings": {"default_pool":"sea"}}`

func TestApplyMakesRulesPoolsAndScoring(t *testing.T) {
	f := newFakes()
	f.config.Settings = lead.Settings{NumberPrefix: "XL", TimeZone: "Asia/Shanghai", Country: "CN", NeverKeys: []string{}}
	a := f.admin(t, "PUT", "/v1/config", whoGetsWhat)
	require.Equal(t, 200, a.Code, a.Body)
	require.JSONEq(t, `{"version":1,"created":["team east","rep li","pool sea","rule east"],"changed":["rule k","scoring","expectations","settings"],"unchanged":0,"recompute":true}`, a.Body.String())
	require.Equal(t, lead.Rule{Key: "east", Name: "east", When: "province == '江苏省'", To: lead.Target{Teams: []string{"east"}, MinLevel: 2},
		Strategy: lead.StrategyLevel, Sticky: true, Pool: "sea", Patience: lead.Duration(30 * time.Minute), Enabled: true}, f.config.Rules[0])
	require.Equal(t, lead.Rule{Key: "k", Name: "k", Strategy: lead.StrategyWeighted, Enabled: true}, f.config.Rules[1], "what a rule of the list leaves out has its default")
	require.Equal(t, lead.Pool{Key: "sea", Name: "sea", Enabled: true, ClaimsPerDay: 5, ClaimGap: lead.Duration(30 * time.Second), CoolDown: lead.Duration(7 * 24 * time.Hour),
		Masked: []string{"phones", "emails"}, Recycle: []lead.Recycle{{Kind: lead.RecycleNotFollowed, When: "grade == 'A'", After: lead.Duration(7 * 24 * time.Hour),
			Remind: lead.Duration(24 * time.Hour), WorkingTime: true}}}, f.config.Pools[1])
	require.Equal(t, []lead.ScoreRule{{Key: "vip", Name: "vip", When: "budget > 1000", Points: 50, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL", Enabled: true}}, f.config.Scoring.Rules)
	zero := 0
	require.Equal(t, []lead.Expectation{{Name: "苏州", Lead: map[string]string{"city": "苏州", "source": "k"}, Team: "east", Score: &zero}}, f.config.Expect)
	require.Equal(t, "sea", f.config.Settings.DefaultPool)

	a = f.admin(t, "PUT", "/v1/config", whoGetsWhat)
	require.JSONEq(t, `{"version":2,"created":[],"changed":[],"unchanged":8,"recompute":false}`, a.Body.String(), "applying it again changes nothing")
	before := f.config
	a = f.admin(t, "PUT", "/v1/config", f.admin(t, "GET", "/v1/config", "").Body.String())
	require.Equal(t, 200, a.Code, a.Body)
	before.Version = f.config.Version
	was, err := json.Marshal(before)
	require.NoError(t, err)
	is, err := json.Marshal(f.config)
	require.NoError(t, err)
	require.Equal(t, string(was), string(is), "what was read can be sent")

	a = f.admin(t, "PUT", "/v1/config", `{"rules":[{"key":"k"}]}`)
	require.Equal(t, []any{"rule east"}, a.json()["removed"])
	require.Len(t, f.config.Rules, 1)
	require.Len(t, f.config.Pools, 2, "what is not named stays")
	a = f.admin(t, "PUT", "/v1/config", `{"rules":[],"expect":[]}`)
	require.Equal(t, []any{"rule k"}, a.json()["removed"])
	require.Empty(t, f.config.Expect)
}

func TestTheOrderOfRulesIsThatOfTheList(t *testing.T) {
	f := newFakes()
	f.admin(t, "PUT", "/v1/config", `{"rules":[{"key":"a"},{"key":"b"}]}`)
	a := f.admin(t, "PUT", "/v1/config", `{"rules":[{"key":"b"},{"key":"a"}]}`)
	require.Equal(t, []any{"rule b", "rule a"}, a.json()["changed"])
	require.Equal(t, "b", f.config.Rules[0].Key)
	f.admin(t, "PUT", "/v1/rules/b", `{"when":"is_new"}`)
	require.Equal(t, "b", f.config.Rules[0].Key, "a rule keeps its place")
	require.Equal(t, "is_new", f.config.Rules[0].When)
}

func TestANumberThatItsFieldCannotHoldIsNamedWithoutItsValue(t *testing.T) {
	for body, field := range map[string]string{
		`{"reps":[{"key":"a","daily":1e30}]}`:                "reps.daily",
		`{"reps":[{"key":"a","daily":13912345678000.0}]}`:    "reps.daily",
		`{"reps":[{"key":"a","weight":1.5}]}`:                "reps[0].weight",
		`{"pools":[{"key":"a","archive_after":2.50}]}`:       "pools[0].archive_after",
		`{"scoring":{"rules":[{"key":"a","points":1e300}]}}`: "scoring.rules.points",
	} {
		f := newFakes()
		a := f.admin(t, "PUT", "/v1/config", body)
		require.Equal(t, 422, a.Code, body)
		require.Equal(t, []any{"validation", []any{field}}, []any{a.json()["code"], a.json()["fields"]}, "%s: %s", body, a.Body)
		require.Contains(t, a.json()["detail"], "expected integer")
		for _, ours := range []string{"Go struct", "repIn", "1e30", "13912345678000"} {
			require.NotContains(t, a.Body.String(), ours)
		}
		require.Zero(t, f.config.Version)
	}
}

func TestUnknownNamesInsideRulesAreRefused(t *testing.T) {
	for body, field := range map[string]string{
		`{"rules":[{"key":"a","wenn":"x"}]}`:                                     "rules[0].wenn",
		`{"rules":[{"key":"a","to":{"team":["x"]}}]}`:                            "rules[0].to.team",
		`{"rules":[{"key":"a b"}]}`:                                              "rules[0].key",
		`{"rules":[{"key":"a"},{"key":"a"}]}`:                                    "rules[1].key",
		`{"pools":[{"key":"a","claims":1}]}`:                                     "pools[0].claims",
		`{"pools":[{"key":"a","recycle":[{"kind":"x","after":"1d","in":"y"}]}]}`: "pools[0].recycle[0].in",
		`{"scoring":{"rules":[{"key":"a","points":"x"}]}}`:                       "scoring.rules[0].points",
		`{"scoring":{"grade":{}}}`:                                               "scoring.grade",
		`{"teams":[{"key":"a","hours":{"days":{}}}]}`:                            "teams[0].hours.days",
		`{"expect":[{"name":"a","lead":{},"squad":"x"}]}`:                        "expect[0].squad",
	} {
		f := newFakes()
		a := f.admin(t, "PUT", "/v1/config", body)
		require.GreaterOrEqual(t, a.Code, 400, body)
		require.Equal(t, []any{field}, a.json()["fields"], "%s: %s", body, a.Body)
		require.Zero(t, f.config.Version)
	}
	a := newFakes().admin(t, "PUT", "/v1/config", `{"rules":[{"key":"a","patience":"soon"}]}`)
	require.GreaterOrEqual(t, a.Code, 400)
	require.Less(t, a.Code, 500, a.Body)
}
