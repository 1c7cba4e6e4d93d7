package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
pools: [{key: sea}]`, "unknown_grade", "1:34: rules[0].when", "[A B C D]"},
	"a channel that is none": {`rules: [{key: a, pool: sea, when: 'channel in ["wechatt"]'}]
pools: [{key: sea}]`, "unknown_channel", "1:34: rules[0].when", "did you mean wechat?"},
	"a team that is none": {`rules: [{key: a, pool: sea, when: 'owner_team == "x"'}]
pools: [{key: sea}]`, "unknown_team", "1:34: rules[0].when", `"x" does not exist`},
}

func TestABadFileIsRefusedWithItsPlaceAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	before, dir := asJSON(t, h.hubConfig()), t.TempDir()
	for name, bad := range badFiles {
		file := filepath.Join(dir, "bad.yaml")
		require.NoError(t, os.WriteFile(file, []byte(bad.file), 0o600))
		applied, code := h.runs("apply", "-f", file)
		require.Equal(t, exitFailed, code, "%s: %s", name, applied)
		for _, want := range []string{"leadhub: code: " + bad.code + "\n", "leadhub: where: " + file + ":" + bad.where, "leadhub: hint: ", bad.says} {
			require.Contains(t, applied, want, name)
		}
		require.Equal(t, before, asJSON(t, h.hubConfig()), name)

		var out, errs bytes.Buffer
		require.Equal(t, exitFailed, run(process{ctx: context.Background(), stdout: &out, stderr: &errs}, []string{"check", "-f", file}), name)
		require.Equal(t, applied, errs.String(), "%s: check says what apply says", name)
	}
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
