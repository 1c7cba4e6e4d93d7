package wjx_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/wjx"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestWjxKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, wjx.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"push_keys": []string{"a-key"}},
		EmptySecret: map[string]any{"push_keys": []string{""}, "aes_keys": []string{""}},
		MinCases:    25,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, wjx.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, wjx.Connector{}, fixtures) }

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"no key":                  {},
		"an empty AES key":        {"aes_keys": []string{""}},
		"an AES key too short":    {"aes_keys": []string{"short"}},
		"an AES key not in hex":   {"aes_keys": []string{"Wj8kQ2mX5vR7tY0b"}, "aes_key_format": "hex"},
		"a page that is a word":   {"push_keys": []string{"a-key"}, "thanks_url": "thanks"},
		"a page that is a script": {"push_keys": []string{"a-key"}, "thanks_url": "javascript://x/%0aalert(1)"},
	} {
		set, err := wjx.Connector{}.Spec().Check(lead.Source{Key: "s", Settings: settings})
		require.NoError(t, err)
		_, err = wjx.Connector{}.Open(set)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
	}
}

// Whoever posts must not learn from the answer how far his forgery came.
func TestEveryBadContentIsAnsweredTheSame(t *testing.T) {
	seen := map[string]*lead.Error{}
	for _, c := range connectortest.Cases(t, fixtures, "wjx") {
		switch c.Name {
		case "redirect_wrong_key", "redirect_changed_on_the_way", "redirect_not_an_answer", "redirect_short":
			_, err := c.Open(t, wjx.Connector{}).(connectors.Receiver).Receive(c.HTTP(t))
			require.Error(t, err)
			seen[c.Name] = lead.AsError(err)
		}
	}
	require.Len(t, seen, 4)
	for name, err := range seen {
		require.Equal(t, seen["redirect_short"], err, name)
	}
}
