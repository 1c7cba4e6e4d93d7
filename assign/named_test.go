package assign

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var channels = []string{"webform", "wechat", "excel"}

// naming1 is a configuration in which one condition stands.
func naming1(when string) *lead.Config {
	return &lead.Config{Sources: []lead.Source{{Key: "site", Channel: "webform"}}, Teams: []lead.Team{{Key: "east"}},
		Reps: []lead.Rep{{Key: "li", Team: "east", Weight: 1, Active: true}}, Pools: []lead.Pool{{Key: "sea", Enabled: true}},
		Scoring: lead.Scoring{Rules: []lead.ScoreRule{{Key: "cloud", When: "touches > 9", Product: "cloud", Enabled: true}}},
		Rules:   []lead.Rule{{Key: "a", When: when, Pool: "sea", Enabled: true}}}
}

func TestAConditionNamesNothingThatDoesNotExist(t *testing.T) {
	for when, want := range map[string][2]string{
		`grade != "E"`:                                      {"unknown_grade", `grade "E" does not exist`},
		`grade in ["A", "E"]`:                               {"unknown_grade", "[A B C D]"},
		`is_new or not (grade == "a")`:                      {"unknown_grade", "[A B C D]"},
		`status == "won" or is_new`:                         {"unknown_status", "converted"},
		`phone_type != "mobil"`:                             {"unknown_phone_type", "did you mean mobile?"},
		`first_weekday in ["sat", "sunday"]`:                {"unknown_day", "sun"},
		`channel in ["wechatt"]`:                            {"unknown_channel", "did you mean wechat?"},
		`"wechatt" in channels`:                             {"unknown_channel", "did you mean wechat?"},
		`channels[0] == "fax"`:                              {"unknown_channel", "webform"},
		`any(channels, # == "fax")`:                         {"unknown_channel", "webform"},
		`all(phones, # != "x") and any(channels, # == "x")`: {"unknown_channel", "webform"},
		`owner_team == "x"`:                                 {"unknown_team", "[east]"},
		`owner != "lee"`:                                    {"unknown_rep", "[li]"},
		`utm["sorce"] == "baidu"`:                           {"unknown_utm", "did you mean source?"},
		`utm.campain == "x"`:                                {"unknown_utm", "did you mean campaign?"},
		`country == "cn"`:                                   {"unknown_country", "capital"},
		`language == "EN"`:                                  {"never_matches", "write en"},
		`email_domain in ["QQ.com"]`:                        {"never_matches", "write qq.com"},
		`touches > 3 ? channel == "fax" : is_new`:           {"unknown_channel", "webform"},
	} {
		config := naming1(when)
		_, err := Compile(config, time.UTC)
		if err == nil {
			_, err = Named(config, channels)
		}
		e := lead.AsError(err)
		require.NotNil(t, e, when)
		require.Equal(t, []any{lead.KindInvalid, want[0], []string{"rules[0].when"}}, []any{e.Kind, e.Code, e.Fields}, when)
		require.Contains(t, e.Message+" "+e.Hint, want[1], when)

		config.Rules[0].Enabled = false
		_, err = Named(config, channels)
		require.Equal(t, want[0], lead.AsError(err).Code, "a rule that is switched off, too: %s", when)
		config = naming1("")
		config.Pools[0].Recycle = []lead.Recycle{{Kind: lead.RecycleNotFollowed, After: 1}, {Kind: lead.RecycleNotAccepted, After: 1, When: when}}
		_, err = Named(config, channels)
		require.Equal(t, []string{"pools[0].recycle[1].when"}, lead.AsError(err).Fields, when)
	}
}

func TestWhatMayComeLaterIsADoubtAndNoError(t *testing.T) {
	for when, hint := range map[string]string{
		`source == "siet"`:                       "did you mean site?",
		`first_source != "expo"`:                 "it may be right",
		`"expo" in sources`:                      "it may be right",
		`any(sources, # in ["site", "siet"])`:    "did you mean site?",
		`product_line == "clowd"`:                "did you mean cloud?",
		`product_line in ["cloud", "ai"]`:        "it may be right",
		`campaign == "spring" or source == "t1"`: "it may be right",
	} {
		config := naming1(when)
		_, err := Compile(config, time.UTC)
		require.NoError(t, err, when)
		doubts, err := Named(config, channels)
		require.NoError(t, err, when)
		require.Len(t, doubts, 1, when)
		require.Equal(t, "rules[0].when", doubts[0].Path, when)
		require.Contains(t, doubts[0].Hint, hint, when)
	}
}

func TestWhatExistsAndWhatIsFreeIsNoDoubt(t *testing.T) {
	for _, when := range []string{`source == "site" and channel == "webform"`, `grade in ["", "A", "D"]`, `owner == "" or owner == "li" or owner_team == ""`, `owner_team == "east"`,
		`product_line == "cloud"`, `campaign == "whatever"`, `"vip" in tags`, `stage == "SQL"`, `language startsWith "EN"`, `extra["industri"] == "x"`, `utm["source"] == "baidu"`,
		`country in ["CN", "SG"]`, `email_domain == "qq.com"`, `any(phones, # == "x")`, `name == "fax"`, `province == "fax"`, `channel contains "fax"`, ""} {
		config := naming1(when)
		_, err := Compile(config, time.UTC)
		require.NoError(t, err, when)
		doubts, err := Named(config, channels)
		require.NoError(t, err, when)
		require.Empty(t, doubts, when)
	}
}

func TestAnExpectationNamesAGradeAndFieldsThatThereAre(t *testing.T) {
	config := naming1("")
	config.Expect = []lead.Expectation{{Name: "x", Lead: map[string]string{"phone": "1", "phoen": "2", "industry": "3"}, Pool: "sea"}}
	doubts, err := Named(config, channels)
	require.NoError(t, err)
	require.Len(t, doubts, 1)
	require.Equal(t, []string{"expect[0].lead.phoen", "did you mean phone?"}, []string{doubts[0].Path, doubts[0].Hint})
	config.Expect[0].Grade = "E"
	_, err = Named(config, channels)
	require.Equal(t, []any{"unknown_grade", []string{"expect[0].grade"}}, []any{lead.AsError(err).Code, lead.AsError(err).Fields})
}

func TestARuleWhoseRepsGetNothingIsADoubt(t *testing.T) {
	config := naming1("")
	config.Rules[0] = lead.Rule{Key: "a", To: lead.Target{Teams: []string{"east"}}, Enabled: true}
	doubts, err := Named(config, channels)
	require.NoError(t, err)
	require.Empty(t, doubts)
	for _, change := range []func(*lead.Rep){func(r *lead.Rep) { r.Weight = 0 }, func(r *lead.Rep) { r.Active = false }, func(r *lead.Rep) { r.Team = "" }} {
		config := naming1("")
		config.Rules[0] = lead.Rule{Key: "a", To: lead.Target{Teams: []string{"east"}}, Enabled: true, Pool: "sea"}
		change(&config.Reps[0])
		doubts, err := Named(config, channels)
		require.NoError(t, err)
		require.Len(t, doubts, 1)
		require.Equal(t, "rules[0].to", doubts[0].Path)
	}
}

func TestAFieldOfASourceThatIsNearlyOneOfALeadIsADoubt(t *testing.T) {
	config := naming1("")
	config.Sources[0].Mapping = map[string]string{"电话": "phonee", "行业": "industry", "姓名": "name"}
	config.Sources[0].Defaults = map[string]string{"tagg": "x"}
	doubts, err := Named(config, channels)
	require.NoError(t, err)
	require.Len(t, doubts, 2)
	require.Equal(t, []string{"sources[0].defaults.tagg", "did you mean tag?", "sources[0].mapping.电话", "did you mean phone?"},
		[]string{doubts[0].Path, doubts[0].Hint, doubts[1].Path, doubts[1].Hint})
}

func TestAFieldThatIsMistypedIsToldWithTheOneThatWasMeant(t *testing.T) {
	for when, hint := range map[string]string{`provinc == "x"`: "did you mean province?", `xyzzy`: "docs/assignment.md", `buget > 3`: "did you mean budget?"} {
		_, err := compile(when, true)
		require.Contains(t, lead.AsError(err).Hint, hint, when)
	}
	_, err := compile(`grade == "A"`, false)
	require.Contains(t, lead.AsError(err).Hint, "scoring may ask only what was said")
}
