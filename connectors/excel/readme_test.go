package excel_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/excel"
)

// LEADHUB_UPDATE_FIXTURES=1 writes the table.
func TestTheReadmeListsTheSettingsOfTheSpec(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| setting | default | meaning |\n|---|---|---|\n")
	for _, f := range (excel.Connector{}).Spec().Settings {
		fmt.Fprintf(&table, "| `%s` | `%v` | %s One of `%s`.<br>%s |\n", f.Name, f.Default, f.Help.EN, strings.Join(f.OneOf, "`, `"), f.Help.ZH)
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), "<!-- settings -->")
	require.True(t, ok)
	got, after, ok := strings.Cut(rest, "<!-- /settings -->")
	require.True(t, ok)
	if os.Getenv("LEADHUB_UPDATE_FIXTURES") == "1" {
		require.NoError(t, os.WriteFile("README.md", []byte(before+"<!-- settings -->\n"+table.String()+"\n<!-- /settings -->"+after), 0o644))
		return
	}
	require.Equal(t, strings.TrimSpace(table.String()), strings.TrimSpace(got))
}
