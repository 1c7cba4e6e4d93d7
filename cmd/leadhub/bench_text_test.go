package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/fixtures/chat"
	"github.com/leadhub/leadhub/lead"
)

// The goals for phones, on the templates that the reader was not developed on. `leadhub bench text` prints all figures.
func TestPhonesInFreeTextAreFoundAndNothingElseIsTakenForOne(t *testing.T) {
	for name, list := range map[string][]chat.Conversation{"held out": chat.HeldOut(1, 2000), "another seed": chat.HeldOut(7, 2000), "by hand": chat.Written()} {
		figures, mistakes, err := measureText(name, list, []string{chat.Phones})
		require.NoError(t, err)
		f := figures[0]
		require.GreaterOrEqual(t, f.Precision, 0.98, "%+v", mistakes)
		require.GreaterOrEqual(t, f.Recall, 0.95, "%+v", mistakes)
		require.Greater(t, f.Truth, 60)
	}
	require.GreaterOrEqual(t, len(chat.Written()), 150)
}

func TestTheSameSeedGivesTheSameConversations(t *testing.T) {
	require.Equal(t, chat.HeldOut(3, 300), chat.HeldOut(3, 300))
	require.NotEqual(t, chat.HeldOut(3, 300), chat.HeldOut(4, 300))
}

func TestBenchTextMeasuresAnyFileWithATruth(t *testing.T) {
	file := filepath.Join(t.TempDir(), "set.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"messages":["电话13912345671"],"truth":{"phones":["+86 139 1234 5671"]}}
{"messages":["电话13912345672"],"truth":{"phones":[]}}
{"messages":["我叫李雷"],"truth":{"phones":["13912345673"],"names":["李雷"]}}
`), 0o600))
	var out bytes.Buffer
	require.NoError(t, (&benchTextCmd{File: file, JSON: true}).Run(process{ctx: context.Background(), stdout: &out}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3, "phones, names and the time per message; nothing is known of the other kinds")
	var phones textFigure
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &phones))
	require.Equal(t, textFigure{Set: file, Name: "phones", Precision: 0.5, Recall: 0.5, Right: 1, Found: 2, Truth: 2}, phones)

	require.NoError(t, os.WriteFile(file, []byte("not json\n"), 0o600))
	require.Equal(t, "bad_conversations", lead.AsError((&benchTextCmd{File: file}).Run(process{ctx: context.Background(), stdout: &out})).Code)
}
