package webform_test

import (
	"testing"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/webform"
)

const fixtures = "../../fixtures/channels"

func TestWebformKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, webform.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		EmptySecret: map[string]any{"signature": "hmac", "secrets": []string{""}},
		MinCases:    60,
	})
}
