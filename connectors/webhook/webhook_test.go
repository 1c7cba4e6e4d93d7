package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/webhook"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestWebhookKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, webhook.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"signature": "none"},
		EmptySecret: map[string]any{"signature": "bearer", "secrets": []string{""}},
		MinCases:    40,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, webhook.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, webhook.Connector{}, fixtures) }

func open(t *testing.T, settings map[string]any) (connectors.Source, error) {
	t.Helper()
	c := webhook.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "webhook", Settings: settings})
	require.NoError(t, err)
	return c.Open(set)
}

func TestEveryWayToSignNeedsASecret(t *testing.T) {
	for _, f := range (webhook.Connector{}).Spec().Settings {
		if f.Name != "signature" {
			continue
		}
		for _, how := range f.OneOf {
			_, err := open(t, map[string]any{"signature": how})
			require.Equal(t, how == "none", err == nil, "%s: %v", how, err)
			_, err = open(t, map[string]any{"signature": how, "secrets": []string{"d2hzZWNfYQ=="}})
			require.Equal(t, how != "none", err == nil, "%s: %v", how, err)
		}
	}
}

func TestADeclarationThatCannotWorkIsRefused(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"a place that is none":        {"signature": "custom", "signature_at": "X-Sign"},
		"a hash without the secret":   {"signature": "custom", "signature_algorithm": "sha1"},
		"a time that is not signed":   {"signature": "custom", "timestamp_at": "header:X-Time"},
		"an address nobody knows":     {"signature": "custom", "signed": "{url}{body}"},
		"a token that stands nowhere": {"signature": "token", "signature_at": "somewhere"},
	} {
		settings["secrets"] = []string{"a-secret-of-the-test"}
		_, err := open(t, settings)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), "a-secret-of-the-test")
	}
}

// What is tried out with `leadhub explain` is the body alone, before it is cut into its events.
func TestAListThatIsTriedOutGivesTheDraftsOfAll(t *testing.T) {
	src, err := open(t, map[string]any{"signature": "none", "events": "@this"})
	require.NoError(t, err)
	drafts, err := src.Parse(lead.Raw{ContentType: "application/json", Body: []byte(`[{"phone":"13900001111"},{"phone":"13900002222"}]`)})
	require.NoError(t, err)
	require.Len(t, drafts, 2)
}
