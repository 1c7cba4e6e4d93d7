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

	"github.com/leadhub/leadhub/dedupe/match/labelled"
	"github.com/leadhub/leadhub/fixtures/people"
	"github.com/leadhub/leadhub/lead"
)

// What the rules join by themselves is right, and most of what they can join they do. `leadhub bench dedupe` prints the
// figures of larger sets.
func TestAutomaticMergesOfGeneratedPeopleAreRight(t *testing.T) {
	m, err := measurePeople(people.Generate(people.Options{Seed: 20, People: 20_000}))
	require.NoError(t, err)
	require.GreaterOrEqual(t, m.Precision, 0.999)
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

// The truth of a row stays with the row, whatever the table looks like, and nothing in it that tells the truth is looked at.
func TestATableIsMeasuredWhateverItLooksLike(t *testing.T) {
	for name, doc := range map[string]string{
		"semicolons, a mark, line breaks in cells, empty rows": "\ufeffNachname;Vorname;Handy;E-Mail;Cluster;entity\r\n;;;;;\r\n\"Li\nLei\";Lei;+8613912340001;;1;1\r\nLi;Lei;13912340001;;1;1\r\n;;;;;\r\n" +
			"Weber;Anna;;anna@weber-mail.de;2;2\r\nWeber;A.;;ANNA@weber-mail.de;2;2\r\nBrown;Bo;;bo@brown-mail.de;3;3\r\n",
		"the truth twice more, as an id": "entity,external_id,crm id,联系电话,电子邮箱,姓名\n1,e1,e1,+8613912340001,,李雷\n1,e1,e1,13912340001,,李雷\n2,e2,e2,,anna@weber-mail.de,Anna\n" +
			"2,e2,e2,,anna@weber-mail.de,Anna\n3,e3,e3,,bo@brown-mail.de,Bo\n3,e3,e3,13912340009,,Bo\n",
	} {
		rows, err := labelled.Read(strings.NewReader(doc), "entity")
		require.NoError(t, err, name)
		m, err := measureTable(rows)
		require.NoError(t, err, name)
		require.Equal(t, 1.0, m.Precision, name)
		require.Equal(t, 2, m.FoundPairs, "%s: those that share a phone or an email, and no others", name)
		require.Equal(t, 0, m.Unreadable, name)
	}
}

func TestBenchDedupeMeasuresTheSpeed(t *testing.T) {
	var out bytes.Buffer
	c := benchDedupeCmd{Speed: true, Pool: 2000, Leads: 2000, JSON: true}
	require.NoError(t, c.Run(process{ctx: context.Background(), stdout: &out}))
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
}
