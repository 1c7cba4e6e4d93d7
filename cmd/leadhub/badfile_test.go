package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// badFiles are files that must be refused: the text, the code, where it is, and what the sentence or the hint holds.
var badFiles = map[string]struct{ file, code, where, says string }{
	"a fraction for a weight":   {"reps: [{key: li, weight: 1.5}]", "bad_file", "1:26", `"1.5" is not a whole number`},
	"a fraction for a quota":    {"reps:\n  - key: li\n    daily: 2.7", "bad_file", "3:12", "whole number"},
	"a fraction for holding":    {"reps: [{key: li, holding: 2.0}]", "bad_file", "1:27", "whole number"},
	"a fraction for a level":    {"reps: [{key: li, level: 2.5}]", "bad_file", "1:25", "whole number"},
	"a fraction for points":     {"scoring: {rules: [{key: a, points: 1.5}]}", "bad_file", "1:36", "whole number"},
	"a fraction for spam":       {"scoring: {rules: [{key: a, spam: 1e2}]}", "bad_file", "1:34", "whole number"},
	"a fraction for a grade":    {"scoring: {grades: {A: 80.5}}", "bad_file", "1:23", "whole number"},
	"a fraction for claims":     {"pools: [{key: sea, claims_per_day: 1.5}]", "bad_file", "1:36", "whole number"},
	"a fraction for returns":    {"pools: [{key: sea, archive_after: 1.5}]", "bad_file", "1:35", "whole number"},
	"a fraction for min_level":  {"rules: [{key: a, to: {min_level: 1.5}}]", "bad_file", "1:34", "whole number"},
	"a fraction for trust":      {"sources: [{key: site, channel: webform, trust: 50.5}]", "bad_file", "1:48", "whole number"},
	"a fraction for a score":    {"expect: [{name: a, lead: {phone: '13912345678'}, score: 1.2}]", "bad_file", "1:57", "whole number"},
	"a fraction for merging":    {"settings: {merge: {generic: {mobile: 2.5}}}", "bad_file", "1:38", "whole number"},
	"a fraction for a rate":     {"notify: [{key: g, per_minute: 1.5}]", "bad_file", "1:31", "whole number"},
	"a fraction for a port":     {"notify: [{key: g, mail: {port: 25.5}}]", "bad_file", "1:32", "whole number"},
	"a fraction in a list":      {"notify: [{key: g, limited_codes: [1.5]}]", "bad_file", "1:35", "whole number"},
	"a fraction for a setting":  {"sources: [{key: s, channel: webform, settings: {rate_per_minute: 1.5}}]", "bad_settings", "1:66: sources[0].settings.rate_per_minute", "rate_per_minute"},
	"a fraction in an anchor":   {"reps:\n  - &d {key: li, weight: 1.5}", "bad_file", "2:26", "whole number"},
	"a number in quotes":        {`reps: [{key: li, weight: "3"}]`, "bad_file", "1:26", "without quotes"},
	"an octal number":           {"reps: [{key: li, weight: 010}]", "bad_file", "1:26", "whole number"},
	"a number that overflows":   {"reps: [{key: li, daily: 99999999999999999999}]", "bad_file", "1:25", "whole number"},
	"a weight beyond reason":    {"reps: [{key: li, weight: 9223372036854775807}]", "validation", "1:26: reps[0].weight", "1000"},
	"a weight below zero":       {"reps: [{key: li, weight: -1}]", "validation", "1:26: reps[0].weight", ">= 0"},
	"a level below zero":        {"reps: [{key: li, level: -3}]", "validation", "1:25: reps[0].level", ">= 0"},
	"a limit below zero":        {"pools: [{key: sea, claims_per_day: -1}]", "validation", "1:36: pools[0].claims_per_day", ">= 0"},
	"a trust above a hundred":   {"sources: [{key: s, channel: webform, trust: 101}]", "validation", "1:45: sources[0].trust", "100"},
	"not a number":              {"settings: {merge: {possible: .nan}}", "bad_file", "1:30", "not a number"},
	"a duration without a unit": {"pools: [{key: sea, claim_gap: 30}]", "bad_file", "1:31", "7d"},
	"a duration in words":       {"pools: [{key: sea, recycle: [{kind: not_followed, after: soon}]}]", "bad_file", "1:58", "not a duration"},
	"a duration below zero":     {"pools: [{key: sea, cool_down: -30m}]", "bad_file", "1:31", "not a duration"},
	"a duration of a lifetime":  {"pools: [{key: sea, hold_new: 99999d}]", "bad_duration", "1:30: pools[0].hold_new", "ten years"},
	"a duration that overflows": {"rules: [{key: a, pool: sea, patience: 99999d9999999h}]", "bad_file", "1:39", "not a duration"},
	"a time that is none":       {"reps: [{key: li, leave: [{from: gestern, to: 2026-01-01T00:00:00Z}]}]", "bad_file", "1:33", "not a time"},
	"a time without a zone":     {"reps: [{key: li, leave: [{from: 2026-01-01, to: 2026-01-02}]}]", "bad_file", "1:33", "+08:00"},
	"a leave that ends first":   {"reps: [{key: li, leave: [{from: 2026-02-24T00:00:00Z, to: 2026-02-14T00:00:00Z}]}]", "bad_leave", "1:25: reps[0].leave", "ends before"},
	"a grade that is none": {`rules: [{key: a, pool: sea, when: 'grade != "E"'}]
pools: [{key: sea}]`, "unknown_grade", "1:35: rules[0].when", "[A B C D]"},
	"a channel that is none": {`rules: [{key: a, pool: sea, when: 'channel in ["wechatt"]'}]
pools: [{key: sea}]`, "unknown_channel", "1:35: rules[0].when", "did you mean wechat?"},
	"a team that is none": {`rules: [{key: a, pool: sea, when: 'owner_team == "x"'}]
pools: [{key: sea}]`, "unknown_team", "1:35: rules[0].when", `"x" does not exist`},
	"an unknown field":             {"teams: [{key: a, hours: {weeks: {}}}]", "bad_file", "1:26", "did you mean week?"},
	"an unknown field deep down":   {"settings: {merge: {genric: {}}}", "bad_file", "1:20", "did you mean generic?"},
	"an unknown list":              {"poolz: []", "bad_file", "1:1", "did you mean pools?"},
	"a field twice":                {"reps: [{key: a, key: b}]", "bad_file", "1:17", "already defined"},
	"a type error":                 {"rules: [{key: a, when: \"score == 'A'\"}]", "bad_condition", "1:24: rules[0].when", "mismatched types"},
	"a field of a condition":       {"rules: [{key: a, when: \"provinc == 'x'\"}]", "bad_condition", "1:24: rules[0].when", "did you mean province?"},
	"a decided field in scoring":   {"scoring: {rules: [{key: a, when: \"grade == 'A'\", points: 1}]}", "bad_condition", "1:34: scoring.rules[0].when", "set by rules and people"},
	"a contradiction":              {"rules: [{key: a, when: \"score > 5 and score < 3\"}]", "never_matches", "1:24: rules[0].when", "can never be so"},
	"a rule behind another":        {"rules:\n  - key: a\n  - key: b\n    when: is_new\n", "never_matches", "4:11: rules[1].when", "rule a stands before it"},
	"overlapping pools":            {"pools:\n  - {key: a, recycle: [{kind: not_followed, after: 7d}]}\n  - {key: b, recycle: [{kind: not_followed, after: 9d}]}\n", "overlapping_pools", "3:24: pools[1].recycle[0]", "pool a stands before it"},
	"an unknown pool":              {"rules: [{key: a, pool: see}]\npools: [{key: sea}]", "unknown_pool", "1:24: rules[0].pool", "did you mean sea?"},
	"an unknown kind of recycling": {"pools: [{key: sea, recycle: [{kind: not_folowed, after: 1d}]}]", "unknown_kind", "1:37: pools[0].recycle[0].kind", "not_followed"},
	"a rep twice":                  {"reps: [{key: zhou}, {key: zhou}]", "duplicate_key", "1:27: reps[1].key", "twice"},
	"a rule twice":                 {"rules: [{key: a, when: is_new}, {key: a}]", "duplicate_key", "1:39: rules[1].key", "twice"},
	"a pool twice":                 {"pools: [{key: sea}, {key: sea}]", "duplicate_key", "1:27: pools[1].key", "twice"},
	"a team without members":       {"teams: [{key: leer}]\nrules: [{key: a, to: {teams: [leer]}}]", "aims_at_nobody", "2:22: rules[0].to", "no rep is"},
	"a time zone":                  {"settings: {time_zone: Asia/Shangai}", "bad_time_zone", "1:23: settings.time_zone", "IANA"},
	"a time zone of a team":        {"teams: [{key: a, hours: {time_zone: Mars/X, week: {mon: ['09:00-10:00']}}}]", "bad_hours", "1:25: teams[0].hours", "IANA"},
	"a holiday that is no day":     {"teams: [{key: a, hours: {week: {mon: ['09:00-10:00']}, holidays: ['2026-02-30']}}]", "bad_hours", "1:25: teams[0].hours", "2026-02-30"},
	"hours that overlap":           {"teams: [{key: a, hours: {week: {mon: ['09:00-12:00', '11:00-13:00']}}}]", "bad_hours", "1:25: teams[0].hours", "overlap"},
	"hours without a length":       {"teams: [{key: a, hours: {week: {mon: ['09:00-09:00']}}}]", "bad_hours", "1:25: teams[0].hours", "not a span"},
	"two documents":                {"reps: [{key: li}]\n---\nreps: [{key: zz}]\n", "bad_file", "3:5", "second document"},
	"a list that is a map":         {"rules: {key: a}", "bad_file", "1:8", "sequence is expected"},
	"text that is not UTF-8":       {"teams: [{key: a, name: \xbb\xaa\xb6\xab}]", "bad_file", "", "save it as UTF-8"},
	"a grade that a target serves": {"notify: [{key: g, kind: wecom, url: 'https://robot.example.com/a', serves: {grades: [E]}}]", "bad_target", "1:85: notify[0].serves.grades", "grade"},
	"a channel of a source":        {"sources: [{key: s, channel: wechatt}]", "unknown_channel", "1:29: sources[0].channel", "wechatt"},
	"a setting of a channel":       {"sources: [{key: s, channel: webform, settings: {honeypott: a}}]", "bad_settings", "1:60: sources[0].settings.honeypott", "honeypott"},
	"a source of an expectation":   {"pools: [{key: sea}]\nexpect: [{name: x, lead: {phone: '13912345678', source: nope}, pool: sea}]", "unknown_source", "2:57: expect[0].lead.source", "nope"},
	"a grade of an expectation":    {"expect: [{name: x, lead: {phone: '13912345678'}, grade: E}]", "unknown_grade", "1:57: expect[0].grade", "[A B C D]"},
}

func TestABadFileIsRefusedWithItsPlaceAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	before, dir := asJSON(t, h.hubConfig()), t.TempDir()
	for name, bad := range badFiles {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "bad.yaml")
			require.NoError(t, os.WriteFile(file, []byte(bad.file), 0o600))
			applied, code := h.runs("apply", "-f", file)
			require.Equal(t, exitFailed, code, applied)
			for _, want := range []string{"leadhub: code: " + bad.code + "\n", where(file, bad.where), "leadhub: hint: ", bad.says} {
				require.Contains(t, applied, want)
			}
			require.Equal(t, before, asJSON(t, h.hubConfig()))

			var out, errs bytes.Buffer
			require.Equal(t, exitFailed, run(process{ctx: context.Background(), stdout: &out, stderr: &errs}, []string{"check", "-f", file}))
			theirs := func(text string) string { // what there is may be another
				return regexp.MustCompile(`they are .*`).ReplaceAllString(text, "")
			}
			require.Equal(t, theirs(applied), theirs(errs.String()), "check says what apply says")
		})
	}
}

// where is the line that says where something is; of what has no line there is none.
func where(file, at string) string {
	if at == "" {
		return "leadhub: "
	}
	return "leadhub: where: " + file + ":" + at
}

func TestAPlaceIsThatOfTheFileWhateverTheHubHas(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t)) // with reps of its own
	file := filepath.Join(t.TempDir(), "leadhub.yaml")
	apply := func(text string) string {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		out, code := h.runs("apply", "-f", file)
		require.Equal(t, exitFailed, code, out)
		return out
	}
	require.Contains(t, apply("reps:\n  - key: new\n  - key: newer\n    team: nowhere\n"), "leadhub: where: "+file+":4:11: reps[1].team\n")
	require.NotContains(t, apply("teams: [{key: south, name: x}]\nrules: [{key: a, to: {reps: [nobody]}}]"), "teams[")
	h.call("PUT", "/v1/pools/sea", map[string]any{"recycle": []map[string]any{{"kind": "not_followed", "after": "7d"}}}, nil)
	require.Contains(t, apply("pools:\n  - key: other\n    recycle: [{kind: not_followed, after: 8d}]\n"), "leadhub: where: "+file+":3:15: pools[0].recycle[0]\n")
	require.Contains(t, apply("settings: {country: CN}\nreps: [{key: a}, {key: b}, {key: a}]"), "leadhub: where: "+file+":2:34: reps[2].key\n")
}

func TestAFileThatUsesUpMemoryIsRefusedAtOnce(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("sources:\n  - key: s\n    channel: webform\n    settings:\n      a0: &a0 [x]\n")
	for i, a := range "abcdefghi" {
		of := "*a0"
		if i > 0 {
			of = "*" + string("abcdefghi"[i-1])
		}
		bomb.WriteString("      " + string(a) + ": &" + string(a) + " [" + strings.Repeat(of+",", 20) + of + "]\n")
	}
	for name, text := range map[string]string{
		"aliases of aliases":    bomb.String(),
		"an alias of itself":    "sources:\n  - key: s\n    settings: &s\n      a: *s\n",
		"lists within lists":    "sources: [{key: s, settings: {a: " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + "}}]",
		"a list of lists":       "sources:\n  - key: s\n    settings:\n      a:\n        " + strings.Repeat("- ", 50_000) + "x\n",
		"more than fits a file": "reps:\n" + strings.Repeat("  # nothing\n", maxFileBytes/12+1),
	} {
		var out, errs bytes.Buffer
		require.Equal(t, exitFailed, run(process{ctx: context.Background(), stdin: strings.NewReader(text), stdout: &out, stderr: &errs}, []string{"check", "-f", "-"}), name)
		require.Contains(t, errs.String(), "leadhub: code: bad_file\n", name)
		require.Less(t, errs.Len(), 2000, name)
	}
}

func TestWhatIsProbablyAMistakeIsTakenAndSaid(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	file := filepath.Join(t.TempDir(), "leadhub.yaml")
	require.NoError(t, os.WriteFile(file, []byte("sources: [{key: site, channel: webform}]\npools: [{key: sea}]\nrules:\n  - key: a\n    pool: sea\n    when: source == \"siet\"\n"), 0o600))
	want := "leadhub: warning: rule a: source \"siet\" does not exist\nleadhub: where: " + file + ":6:11: rules[0].when\nleadhub: hint: did you mean site?\n"
	out, code := h.runs("apply", "-f", file)
	require.Equal(t, exitOK, code, out)
	require.Contains(t, out, want)
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(process{ctx: context.Background(), stdout: &stdout, stderr: &stderr}, []string{"check", "-f", file}))
	require.Equal(t, want, stderr.String())
	require.Contains(t, stdout.String(), "is fine")
}

func TestATextThatADatabaseCannotKeepIsRefusedEverywhere(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		before := asJSON(t, h.hubConfig())
		err := h.api().call(context.Background(), "PUT", "/v1/reps/nul", map[string]string{"name": "a\x00b"}, nil)
		require.Equal(t, "bad_text", codeOf(err))
		require.Equal(t, before, asJSON(t, h.hubConfig()))
		h.call("PUT", "/v1/reps/slash", map[string]string{"name": `a\u0000b`}, nil) // six characters
	})
}
