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

	"github.com/leadhub/leadhub/fixtures/people"
	"github.com/leadhub/leadhub/lead"
)

// What the rules join by themselves is right, and most of what they can join they do. `leadhub bench dedupe` prints the
// figures of larger sets.
func TestAutomaticMergesOfGeneratedPeopleAreRight(t *testing.T) {
	m, err := measurePeople(people.Generate(people.Options{Seed: 20, People: 20_000}))
	require.NoError(t, err)
	require.GreaterOrEqual(t, m.Precision, 0.998)
	require.GreaterOrEqual(t, m.UsableRecall, 0.97)
	require.Greater(t, m.UsablePairs, 50_000)
	require.Less(t, m.Largest, 30, "no lead swallows many people")
}

func TestBenchDedupeMeasuresAnyTableWithATruth(t *testing.T) {
	var doc bytes.Buffer
	require.NoError(t, people.CSV(&doc, people.Generate(people.Options{Seed: 3, People: 300})))
	file := filepath.Join(t.TempDir(), "people.csv")
	require.NoError(t, os.WriteFile(file, doc.Bytes(), 0o600))
	var out bytes.Buffer
	c := benchDedupeCmd{CSV: file, Truth: "person", JSON: true}
	require.NoError(t, c.Run(process{ctx: context.Background(), stdout: &out}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2, "the automatic merges and the scored ones")
	for _, line := range lines {
		var got struct {
			Rows             int
			Precision, B3_F1 float64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		require.Greater(t, got.Rows, 600)
		require.Greater(t, got.Precision, 0.9)
	}

	c.Truth = "nobody knows"
	require.Equal(t, "truth_missing", lead.AsError(c.Run(process{ctx: context.Background(), stdout: &out})).Code)
	c.Truth = ""
	require.Equal(t, "no_truth", lead.AsError(c.Run(process{ctx: context.Background(), stdout: &out})).Code)
}

func TestBenchDedupeMeasuresTheSpeed(t *testing.T) {
	var out bytes.Buffer
	c := benchDedupeCmd{Speed: true, Pool: 2000, Leads: 2000, JSON: true}
	require.NoError(t, c.Run(process{ctx: context.Background(), stdout: &out}))
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
}
