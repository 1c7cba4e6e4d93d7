package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const demoStory = "scenarios/demo.yaml"

// tells plays a story against a hub that holds nothing yet.
func tells(t *testing.T, f hubFlags, told story, lang string) (string, error) {
	t.Helper()
	h := openTestHub(t, f)
	var out bytes.Buffer
	err := newPlayer(h.api(), told, lang, &out).play(context.Background())
	return out.String(), err
}

func TestTheStoryOfTheDemoIsTrueInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, s := range setups {
		for _, lang := range []string{"en", "zh"} {
			t.Run(s.name+" "+lang, func(t *testing.T) {
				t.Parallel()
				told, err := readStory(demoStory)
				require.NoError(t, err)
				said, err := tells(t, s.flags(t), told, lang)
				require.NoError(t, err, said)
				requireExcerpt(t, map[string]string{"en": "../../README.md", "zh": "../../README.zh-CN.md"}[lang], said)
				if lang == "zh" {
					require.Contains(t, said, "对账")
					require.Empty(t, regexp.MustCompile(`(?m)^.*[a-z]{2,} [a-z]{2,} [a-z]{2,}.*$`).FindAllString(said, -1), "said in English")
					return
				}
				require.Contains(t, said, "audit: accepted")
				require.Contains(t, said, "by rule “华北”")
				require.NotRegexp(t, `(?m)^ .*[：；。]`, said, "punctuated in Chinese")
			})
		}
	}
}

// requireExcerpt wants the first block of code of a document to be lines of what was said, in their order; "…" stands for those left out.
func requireExcerpt(t *testing.T, document, said string) {
	t.Helper()
	page, err := os.ReadFile(document)
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(page), "```\n")
	block, _, _ = strings.Cut(block, "\n```")
	date := regexp.MustCompile(`XL\d{8}`)
	rest := date.ReplaceAllString(said, "XL")
	for _, line := range strings.Split(date.ReplaceAllString(block, "XL"), "\n") {
		if line == "…" {
			continue
		}
		_, after, found := strings.Cut(rest, line+"\n")
		require.True(t, found, "%s shows %q, and the demo does not say it there", document, line)
		rest = after
	}
}

func TestEveryStepOfTheDemoIsShortAndSaysWhatComesOfIt(t *testing.T) {
	told, err := readStory(demoStory)
	require.NoError(t, err)
	require.LessOrEqual(t, len(told.Steps), 14)
	for i, s := range told.Steps {
		require.NotEmpty(t, s.Expect, "step %d", i+1)
		for _, text := range []string{s.Say, s.ZH} {
			require.NotEmpty(t, text, "step %d", i+1)
			require.LessOrEqual(t, len([]rune(text)), 160, "step %d: one or two sentences", i+1)
		}
	}
}

func TestAStoryThatTheHubDoesNotConfirmFailsAtTheStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*story)
		want   string
	}{
		"another owner":             {func(s *story) { s.Steps[6].Expect["owner"] = "chen" }, "step 7 of the story is not true: owner should be chen, and the hub says sun"},
		"a forged push that passes": {func(s *story) { s.Steps[2].Headers = s.Steps[1].Headers; s.Steps[2].Body = s.Steps[1].Body }, "step 3 of the story is not true: answers should be 401, and the hub says 202"},
		"a chat of somebody else":   {func(s *story) { s.Steps[5].Body = strings.Replace(s.Steps[5].Body, "2680 4417", "2680 4418", 1) }, "step 6 of the story is not true: lead should be 1, and the hub says 2"},
		"an undo that is missing":   {func(s *story) { s.Steps[12] = step{Why: 1, Expect: s.Steps[12].Expect} }, "step 13 of the story is not true"},
		"a secret that is not set":  {func(s *story) { s.Steps[3].Headers["X-Open-Signature"] = `{{secret "tokens"}}` }, "the source douyin-ads has no tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, err := readStory(demoStory)
			require.NoError(t, err)
			c.change(&told)
			said, err := tells(t, embeddedFlags(t), told, "en")
			require.ErrorContains(t, err, c.want, said)
		})
	}
}

func TestFactsAreComparedAsTheyAreWritten(t *testing.T) {
	got := facts{"lead": 1, "owner": "", "rows": int64(5), "verdict": lead.VerdictNew}
	require.Empty(t, step{Expect: facts{"lead": uint64(1), "owner": "", "rows": 5, "verdict": "new"}}.mismatch(got))
	for name, value := range map[string]any{"lead": 2, "owner": "chen", "rows": "", "pool": ""} {
		require.Contains(t, step{Expect: facts{name: value}}.mismatch(got), fmt.Sprintf("%s should be %v", name, value))
	}
	_, err := (&player{}).act(context.Background(), step{Say: "nothing"})
	require.ErrorContains(t, err, "does nothing")
}
