package connectortest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
)

const (
	settingsBegin = "<!-- settings -->"
	settingsEnd   = "<!-- /settings -->"
)

// CheckReadme requires that README.md of the folder under test, if there is one, has the table of the Spec's settings between its two
// marks. LEADHUB_UPDATE_FIXTURES=1 writes it.
func CheckReadme(t *testing.T, spec connectors.Spec) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if errors.Is(err, os.ErrNotExist) {
		return // the link to it from the table of channels is checked elsewhere
	}
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), settingsBegin)
	require.True(t, ok, "README.md has no %s", settingsBegin)
	got, after, ok := strings.Cut(rest, settingsEnd)
	require.True(t, ok, "README.md has no %s", settingsEnd)
	want := settingsTable(spec)
	if updating() {
		require.NoError(t, os.WriteFile("README.md", []byte(before+settingsBegin+"\n"+want+"\n"+settingsEnd+after), 0o644))
		return
	}
	require.Equal(t, strings.TrimSpace(want), strings.TrimSpace(got))
}

func settingsTable(spec connectors.Spec) string {
	var b strings.Builder
	b.WriteString("\n| setting | type | default | meaning |\n|---|---|---|---|\n")
	for _, f := range spec.Settings {
		kind, value := f.Type, ""
		if kind == "" {
			kind = connectors.TypeString
		}
		switch {
		case f.Default != nil:
			value = fmt.Sprintf("`%v`", f.Default)
		case f.Required:
			value = "required"
		}
		if f.Secret {
			kind += ", secret"
		}
		help := f.Help.EN
		if len(f.OneOf) > 0 {
			help += " One of `" + strings.Join(f.OneOf, "`, `") + "`."
		}
		bar := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s<br>%s |\n", f.Name, kind, bar(value), bar(help), bar(f.Help.ZH))
	}
	return b.String()
}
