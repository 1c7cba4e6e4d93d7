package assign_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
)

var update = flag.Bool("update", false, "write the table of fields in docs/assignment.md anew")

const page = "../docs/assignment.md"

func TestTheDocumentListsEveryFieldOfAConditionAsItIs(t *testing.T) {
	cell := strings.NewReplacer("|", `\|`)
	table := "<!-- fields -->\n\n| field | kind | what it is | example |\n|---|---|---|---|\n"
	for _, f := range assign.Fields() {
		mark := ""
		if f.Decided {
			mark = " ✱"
		}
		table += "| `" + f.Name + "`" + mark + " | " + f.Type + " | " + cell.Replace(f.About) + " | `" + cell.Replace(f.Example) + "` |\n"
	}
	table += "\n## Scoring"
	b, err := os.ReadFile(page)
	require.NoError(t, err)
	if *update {
		b = regexp.MustCompile(`(?s)<!-- fields -->.*?\n## Scoring`).ReplaceAllLiteral(b, []byte(table))
		require.NoError(t, os.WriteFile(page, b, 0o644))
	}
	require.Contains(t, string(b), table, "the fields have changed: run go test ./assign -update, and read the difference")
}

func TestTheDocumentNamesEveryReasonAgainstARep(t *testing.T) {
	b, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, code := range []string{assign.CodeInactive, assign.CodeWeightZero, assign.CodeOffDuty, assign.CodeOnLeave, assign.CodeOutsideHours, assign.CodeDailyQuota, assign.CodeHoldingLimit,
		assign.CodeCoolDown} {
		require.Contains(t, string(b), "| `"+code+"` |")
	}
}
