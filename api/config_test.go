package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestASourceIsMadeWithDefaults(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "POST", "/v1/sources", `{"key":"price-page","channel":"webform","settings":{"rate":5},"mapping":{"你的手机":"phone"}}`)
	require.Equal(t, 201, a.Code)
	require.Equal(t, "/v1/sources/price-page", a.Header().Get("Location"))
	require.Equal(t, lead.Source{Key: "price-page", Channel: "webform", Name: "price-page", Trust: 50, Enabled: true,
		Settings: map[string]any{"rate": 5.0}, Mapping: map[string]string{"你的手机": "phone"}}, f.config.Sources[1])
	require.Equal(t, "person:somebody", f.actor)
	a = f.admin(t, "POST", "/v1/sources", `{"key":"price-page","channel":"webform"}`)
	require.Equal(t, 409, a.Code)
	require.Equal(t, []any{"key"}, a.json()["fields"])
}

func TestWhatIsLeftOutKeepsItsValue(t *testing.T) {
	f := newFakes()
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/reps/k", `{"weight":0}`).Code)
	require.Equal(t, lead.Rep{Key: "k", Name: "Chen", Team: "k", Weight: 0, Active: true, Assigned: 9}, f.config.Reps[0])
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/sources/k", `{"enabled":true}`).Code)
	require.Equal(t, lead.Source{Key: "k", Channel: "webform", Name: "one", Trust: 60, Enabled: true}, f.config.Sources[0])
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/settings", `{"country":"SG"}`).Code)
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/settings", `{"never_keys":["a@b.example"]}`).Code)
	require.Equal(t, lead.Settings{Country: "SG", NeverKeys: []string{"a@b.example"}}, f.config.Settings)
}

func TestWhatWasReadCanBeSentBack(t *testing.T) {
	for _, path := range []string{"/v1/sources/k", "/v1/teams/k", "/v1/reps/k", "/v1/settings", "/v1/config"} {
		f := newFakes()
		f.config.Settings = lead.Settings{NumberPrefix: "XL", TimeZone: "Asia/Shanghai", Country: "CN", NeverKeys: []string{}}
		before := f.config
		read := f.admin(t, "GET", path, "").Body.String()
		require.Equal(t, 200, f.admin(t, "PUT", path, read).Code, "%s: %s", path, read)
		before.Version = f.config.Version
		require.Equal(t, before, f.config, path)
	}
}

func TestAPutOfAnUnknownKeyMakesIt(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "PUT", "/v1/reps/li", `{"key":"li","name":"李青"}`)
	require.Equal(t, 200, a.Code)
	require.Equal(t, lead.Rep{Key: "li", Name: "李青", Weight: 1, Active: true}, f.config.Reps[1])
}

func TestAKeyIsCheckedAndCannotBeChanged(t *testing.T) {
	f := newFakes()
	for request, status := range map[string]int{`{"key":"other"}`: 422, `{"key":"k"}`: 200} {
		require.Equal(t, status, f.admin(t, "PUT", "/v1/teams/k", request).Code, request)
	}
	for _, key := range []string{"", "a b", "../x", "-x", "你好"} {
		a := f.admin(t, "POST", "/v1/teams", `{"key":"`+key+`"}`)
		require.Equal(t, 422, a.Code, key)
		require.Equal(t, []any{"key"}, a.json()["fields"])
	}
	require.Equal(t, 404, f.admin(t, "GET", "/v1/teams/gone", "").Code)
	require.Equal(t, 404, f.admin(t, "DELETE", "/v1/teams/gone", "").Code)
	require.Equal(t, 204, f.admin(t, "DELETE", "/v1/teams/k", "").Code)
	require.Empty(t, f.config.Teams)
}

func TestWhatTheHubRefusesChangesNothing(t *testing.T) {
	f := newFakes()
	before := f.config
	f.edit = func(*lead.Config) error {
		e := lead.Invalid("bad_settings", "source k: rate must be a int", "")
		e.Fields = []string{"rate"}
		return e
	}
	a := f.admin(t, "PUT", "/v1/sources/k", `{"settings":{"rate":"x"}}`)
	require.Equal(t, 400, a.Code)
	require.Equal(t, []any{"rate"}, a.json()["fields"])
	require.Equal(t, before, f.config)
}

const applied = `{
	"teams": [{"key":"north","name":"North"}, {"key":"k"}],
	"reps": [{"key":"li","team":"north"}, {"key":"k","weight":3}],
	"sources": [{"key":"site","channel":"webform"}],
	"settings": {"country":"SG"}}`

func TestApplyMakesAndChangesWhatItNamesAtOnce(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "PUT", "/v1/config", applied)
	require.Equal(t, 200, a.Code, a.Body)
	require.JSONEq(t, `{"version":1,"created":["team north","rep li","source site"],"changed":["rep k","settings"],"unchanged":1,"recompute":false}`, a.Body.String())
	require.Len(t, f.config.Sources, 2, "what it does not name stays")
	a = f.admin(t, "PUT", "/v1/config", applied)
	require.JSONEq(t, `{"version":2,"created":[],"changed":[],"unchanged":6,"recompute":false}`, a.Body.String(), "applying it again changes nothing")
}

func TestApplySaysWhenThePoolDoesNotFollowByItself(t *testing.T) {
	for body, want := range map[string]bool{
		`{"settings":{"merge":{"generic":{"mobile":2}}}}`:                 true,
		`{"settings":{"merge":{}}}`:                                       false,
		`{"settings":{"never_keys":["4000000000"]}}`:                      true,
		`{"settings":{"number_prefix":"AB"}}`:                             false,
		`{"sources":[{"key":"k","trust":70}]}`:                            true,
		`{"sources":[{"key":"k","name":"two"}]}`:                          false,
		`{"sources":[{"key":"new","channel":"webform","trust":90}]}`:      false,
		`{"reps":[{"key":"k","weight":9}],"teams":[{"key":"elsewhere"}]}`: false,
	} {
		f := newFakes()
		a := f.admin(t, "PUT", "/v1/config", body)
		require.Equal(t, 200, a.Code, a.Body)
		require.Equal(t, want, a.json()["recompute"], body)
		require.Equal(t, false, f.admin(t, "PUT", "/v1/config", body).json()["recompute"], "again it is no change: %s", body)
	}
}

func TestMergeRulesAreReplacedAsAWhole(t *testing.T) {
	f := newFakes()
	f.config.Settings.Merge = lead.MergeRules{SilenceDays: 30, Generic: map[string]int{"email": 2}}
	a := f.admin(t, "PUT", "/v1/settings", `{"merge":{"generic":{"mobile":3},"likely":12.5}}`)
	require.Equal(t, 200, a.Code, a.Body)
	require.Equal(t, lead.MergeRules{Generic: map[string]int{"mobile": 3}, Likely: 12.5}, f.config.Settings.Merge)
	f.admin(t, "PUT", "/v1/settings", `{"country":"SG"}`)
	require.Equal(t, 12.5, f.config.Settings.Merge.Likely, "what is not named stays")
}

func TestApplyIsStrictAndNamesWhatIsWrong(t *testing.T) {
	for body, field := range map[string]string{
		`{"sauces":[]}`:                          "sauces",
		`{"sources":[{"key":"a","chanel":"x"}]}`: "sources[0].chanel",
		`{"reps":[{"key":"a"},{"key":"b c"}]}`:   "reps[1].key",
		`{"reps":[{"weight":1}]}`:                "reps[0].key",
		`{"settings":{"timezone":"UTC"}}`:        "settings.timezone",
		`{"reps":[{"key":"a","weight":-1}]}`:     "reps[0].weight",
		`{"settings":{"merge":{"bridge":3}}}`:    "settings.merge.bridge",
	} {
		f := newFakes()
		a := f.admin(t, "PUT", "/v1/config", body)
		require.Equal(t, 422, a.Code, body)
		require.Equal(t, []any{field}, a.json()["fields"], body)
		require.Zero(t, f.config.Version)
	}
}

func TestChannelsAreDescribed(t *testing.T) {
	a := newFakes().admin(t, "GET", "/v1/channels", "")
	ch := a.json()["items"].([]any)[0].(map[string]any)
	require.Equal(t, "webform", ch["channel"])
	require.Equal(t, true, ch["settings"].([]any)[0].(map[string]any)["secret"])
}

func TestAPlaceIsThatOfWhatWasSentAndNotOfWhatTheHubHas(t *testing.T) {
	f := newFakes()
	f.config = lead.Config{Reps: []lead.Rep{{Key: "chen"}, {Key: "sun"}}}
	wrong := lead.Invalid("bad_leave", "a leave ends before it begins", "turn it round")
	wrong.Fields = []string{"reps[2].leave", "reps[0].leave", "settings.country", "reps[x]", "reps[9]"}
	f.edit = func(*lead.Config) error { return wrong }
	a := f.admin(t, "PUT", "/v1/config", `{"reps":[{"key":"sun"},{"key":"li"}]}`)
	require.Equal(t, 400, a.Code)
	require.Equal(t, []any{"reps[1].leave", "reps[chen].leave", "settings.country", "reps[x]", "reps[9]"}, a.json()["fields"])

	a = f.admin(t, "PUT", "/v1/config", `{"reps":[{"key":"li"},{"key":"sun"},{"key":"li"}]}`)
	require.Equal(t, []any{"duplicate_key", []any{"reps[2].key"}}, []any{a.json()["code"], a.json()["fields"]})

	f.edit, f.doubts = func(*lead.Config) error { return nil }, []lead.Doubt{{Path: "reps[1]", Message: "m", Hint: "h"}}
	a = f.admin(t, "PUT", "/v1/config", `{"reps":[{"key":"sun"}]}`)
	require.Equal(t, []any{map[string]any{"path": "reps[0]", "message": "m", "hint": "h"}}, a.json()["doubts"])
}
