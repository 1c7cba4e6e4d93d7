package taobao

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestTaobaoKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    settingsOf(modeTMC),
		Also:        []map[string]any{settingsOf(modePoll)},
		EmptySecret: map[string]any{"app_secret": ""},
		MinCases:    15,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, Connector{}, fixtures) }

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, value := range map[string]any{"group_name": "", "lead_topics": []string{}, "pull_seconds": 0, "tmc_url": "https://mc.api.taobao.com/", "api_url": "gw.api.taobao.com"} {
		settings := settingsOf(modeTMC)
		settings[name] = value
		_, err := Connector{}.Open(checked(t, settings))
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.Equal(t, []string{name}, lead.AsError(err).Fields)
	}
}
