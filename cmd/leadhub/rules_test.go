package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const rulesFile = `
teams: [{key: east, name: 华东组}, {key: rest, name: 其他}]
reps:
  - {key: chen, team: rest}
  - {key: sun, team: rest}
  - {key: li, name: 李强, team: east, level: 3}
  - {key: wu, name: 吴敏, team: east, level: 1}
scoring:
  rules:
    - {key: budget, name: 大预算, when: budget >= 100000, points: 60, tags: [大单], product: cloud, stage: MQL}
    - {key: seo, when: message contains "SEO", spam: 100}
rules:
  - {key: big, when: 'grade == "B" and province == "江苏省"', to: {teams: [east]}, strategy: level}
  - {key: asked, when: owner_hint != "", to: {teams: [rest]}, sticky: true}
  - {key: firm, when: company != "", to: {teams: [rest]}, sticky: true}
  - {key: rest, to: {teams: [rest]}}
expect:
  - {name: 苏州大单, lead: {source: site, phone: "13912345678", city: 苏州市, budget: 20万}, owner: li, score: 60}
`

// runs calls the program against the hub.
func (h *testHub) runs(args ...string) (string, int) {
	var out, errs bytes.Buffer
	code := run(process{ctx: context.Background(), stdout: &out, stderr: &errs}, append(args, "--server", "http://"+h.addr, "--token", benchToken))
	return out.String() + errs.String(), code
}

func TestRulesOfAFileDecideWhoGetsWhichLead(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		file := filepath.Join(t.TempDir(), "leadhub.yaml")
		require.NoError(t, os.WriteFile(file, []byte(rulesFile), 0o600))
		out, code := h.runs("apply", "-f", file)
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "created   rule big")

		number := phone()
		id := h.becomes(h.accept("site", `{"name":"赵敏","phone":"`+number+`","company":"苏州云帆科技有限公司","city":"苏州市","budget":"20-30万","industry":"医疗"}`), lead.StateAssigned)
		require.Equal(t, "li", id.Owner, "the highest level of the east")
		d := h.lead(id.Lead)
		require.Equal(t, []any{60, "B", "cloud", "MQL"}, []any{d.Score, d.Grade, d.Line, d.Stage})
		require.Equal(t, []string{"大单"}, d.Tags)
		require.Equal(t, []lead.Scored{{Rule: "budget", Name: "大预算", Points: 60, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL"}}, d.Scored)
		require.Equal(t, "wu", h.becomes(h.accept("site", `{"phone":"`+phone()+`","owner_hint":"找上次的吴顾问"}`), lead.StateAssigned).Owner)
		for range 4 {
			require.Contains(t, []string{"chen", "sun"}, h.becomes(h.accept("site", `{"phone":"`+phone()+`","city":"苏州市"}`), lead.StateAssigned).Owner)
		}
		require.Equal(t, "li", h.becomes(h.accept("site", `{"phone":"`+phone()+`","company":"苏州云帆科技","city":"广州市"}`), lead.StateAssigned).Owner, "a colleague of hers")
		spam := h.accept("site", `{"phone":"`+phone()+`","message":"best SEO"}`)
		require.Equal(t, lead.StateQuarantined, h.ended(spam).State)
		h.replay(spam, nil)
		h.becomes(spam, lead.StateAssigned) // a person who sends it again has released it
		h.settle()

		payload := filepath.Join(t.TempDir(), "lead.json")
		require.NoError(t, os.WriteFile(payload, []byte(`{"phone":"`+phone()+`","city":"苏州市","budget":"20万"}`), 0o600))
		out, code = h.runs("explain", "--source", "site", payload)
		require.Equal(t, exitOK, code, out)
		for _, want := range []string{"score            60, grade B", "+60", "大预算 (budget) tags 大单; product line cloud; stage MQL", "rule           big fits", "li             may have it"} {
			require.Contains(t, out, want)
		}
		require.NoError(t, os.WriteFile(payload, []byte(`{"phone":"`+phone()+`","city":"广州市"}`), 0o600))
		out, _ = h.runs("explain", "--source", "site", payload)
		require.Contains(t, out, `rule           big does not fit: it is not so that grade == "B": grade is "D"`)

		require.NoError(t, os.WriteFile(payload, []byte(`{"phone":"`+phone()+`","company":"苏州云帆科技","city":"广州市"}`), 0o600))
		out, _ = h.runs("explain", "--source", "site", payload)
		require.Contains(t, out, "li owns a lead of the same company")

		h.scoringChanges(t, d.ID)
		h.badRulesChangeNothing(t)
		checkStream(t, h)
	})
}

func (h *testHub) scoringChanges(t *testing.T, id string) {
	less := map[string]any{"rules": []any{map[string]any{"key": "budget", "when": "budget >= 100000", "points": 30}}}
	run := h.recompute(map[string]any{"dry_run": true, "scoring": less})
	require.Equal(t, lead.RecomputeDone, run.State, run.Error)
	require.EqualValues(t, 1, run.Changed)
	fields := run.Differences[0].Fields
	at := indexOfField(fields, "score")
	require.Equal(t, lead.FieldChange{Field: "score", Before: "60", After: "30"}, fields[at])
	require.GreaterOrEqual(t, indexOfField(fields, "tags"), 0)
	require.Equal(t, 60, h.lead(id).Score, "nothing was changed")

	require.Contains(t, h.api().call(context.Background(), "PUT", "/v1/config", map[string]any{"scoring": less}, nil).Error(),
		`"苏州大单": expected owner li, score 60, and got`)
	var done struct{ Recompute bool }
	h.call("PUT", "/v1/config", map[string]any{"scoring": less, "expect": []any{}}, &done)
	require.True(t, done.Recompute)
	require.Equal(t, 60, h.lead(id).Score, "the pool follows after a recompute")
	require.EqualValues(t, 1, h.recompute(map[string]any{}).Changed)
	h.settle()
	d := h.lead(id)
	require.Equal(t, []any{30, "C", ""}, []any{d.Score, d.Grade, d.Line})
	require.Empty(t, d.Tags)
	require.Equal(t, "li", d.Owner, "a score that changes takes nobody's lead away")
}

func (h *testHub) badRulesChangeNothing(t *testing.T) {
	before := asJSON(t, h.hubConfig())
	for code, body := range map[string]string{
		"bad_condition":      `{"rules":[{"key":"a","when":"provinc == 'x'"}]}`,
		"never_matches":      `{"rules":[{"key":"a"},{"key":"b"}]}`,
		"unknown_team":       `{"rules":[{"key":"a","to":{"teams":["west"]}}]}`,
		"unknown_strategy":   `{"rules":[{"key":"a","strategy":"random"}]}`,
		"unknown_pool":       `{"settings":{"default_pool":"lake"}}`,
		"overlapping_pools":  `{"pools":[{"key":"a","recycle":[{"kind":"not_followed","after":"7d"}]},{"key":"b","recycle":[{"kind":"not_followed","after":"1d"}]}]}`,
		"bad_hours":          `{"teams":[{"key":"east","hours":{"week":{"mon":["9-5"]}}}]}`,
		"expectation_failed": `{"expect":[{"name":"x","lead":{"phone":"13912345678"},"team":"east"}]}`,
	} {
		a := h.send(h.request("PUT", "/v1/config", body, "Authorization", "Bearer "+benchToken))
		require.Equal(t, 400, a.Status, a.Body)
		require.True(t, strings.Contains(a.Body, fmt.Sprintf(`"code":%q`, code)), "%s: %s", code, a.Body)
		require.Equal(t, before, asJSON(t, h.hubConfig()), code)
	}
}
