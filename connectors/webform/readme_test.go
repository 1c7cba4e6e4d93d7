package webform_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/webform"
)

// LEADHUB_UPDATE_FIXTURES=1 writes the table.
func TestTheReadmeListsTheSettingsOfTheSpec(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| setting | type | default | meaning |\n|---|---|---|---|\n")
	for _, f := range (webform.Connector{}).Spec().Settings {
		kind, value := f.Type, ""
		if kind == "" {
			kind = "string"
		}
		if f.Default != nil {
			value = fmt.Sprintf("`%v`", f.Default)
		}
		if f.Secret {
			kind += ", secret"
		}
		help := f.Help.EN
		if len(f.OneOf) > 0 {
			help += " One of `" + strings.Join(f.OneOf, "`, `") + "`."
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s<br>%s |\n", f.Name, kind, value, strings.ReplaceAll(help, "|", `\|`), strings.ReplaceAll(f.Help.ZH, "|", `\|`))
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
