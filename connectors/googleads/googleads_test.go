package googleads_test

import (
	"testing"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/googleads"
)

const fixtures = "../../fixtures/channels"

func TestGoogleAdsKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, googleads.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"google_keys": []string{"a-key-of-the-test"}},
		EmptySecret: map[string]any{"google_keys": []string{""}},
		MinCases:    12,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, googleads.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, googleads.Connector{}, fixtures) }
