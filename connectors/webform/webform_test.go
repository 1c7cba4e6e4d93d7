package webform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/webform"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestWebformKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, webform.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		EmptySecret: map[string]any{"signature": "hmac", "secrets": []string{""}},
		MinCases:    60,
	})
}

func TestAFieldIsVerifiedOnlyUnderASignature(t *testing.T) {
	set, err := (webform.Connector{}).Spec().Check(lead.Source{Key: "site", Channel: "webform", Settings: map[string]any{"verified_fields": []any{"phone"}}})
	require.NoError(t, err)
	_, err = (webform.Connector{}).Open(set)
	require.ErrorContains(t, err, "needs a signature")
}
