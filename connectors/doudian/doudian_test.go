package doudian_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/doudian"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestDoudianKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, doudian.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"app_key": "7000000000000000001", "app_secrets": []string{"a-secret"}},
		EmptySecret: map[string]any{"app_secrets": []string{""}},
		MinCases:    28,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, doudian.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, doudian.Connector{}, fixtures) }

func TestAnAppKeyThatWouldBeATemplateIsRefused(t *testing.T) {
	for _, key := range []string{"{body}", "", "a b"} {
		set, err := doudian.Connector{}.Spec().Check(lead.Source{Key: "s", Settings: map[string]any{"app_key": key, "app_secrets": []string{"s"}}})
		if err == nil {
			_, err = doudian.Connector{}.Open(set)
		}
		require.Equal(t, "bad_settings", lead.AsError(err).Code, key)
	}
}

func TestWhatIsMaskedOrEncryptedIsNeverAPhoneOrAName(t *testing.T) {
	checked := 0
	for _, c := range connectortest.Cases(t, fixtures, "doudian") {
		if c.Name != "address_changed_masked" && c.Name != "address_changed_encrypted_in_the_plain_fields" {
			continue
		}
		checked++
		src := c.Open(t, doudian.Connector{})
		r := c.HTTP(t)
		delivery, err := src.(connectors.Receiver).Receive(r)
		require.NoError(t, err)
		drafts, err := src.Parse(c.Raw("doudian", r, delivery.Events[0]))
		require.NoError(t, err)
		require.Len(t, drafts, 1)
		require.NotEmpty(t, drafts[0].Identities)
		for _, field := range []string{lead.FieldPhone, lead.FieldName, lead.FieldAddress} {
			require.Empty(t, drafts[0].Fields[field], c.Name)
		}
	}
	require.Equal(t, 2, checked)
}
