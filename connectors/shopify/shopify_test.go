package shopify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/shopify"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

var settings = map[string]any{"secrets": []string{"a-secret-of-the-test"}}

func TestShopifyKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, shopify.Connector{}, connectortest.Options{
		Fixtures: fixtures, Settings: settings, EmptySecret: map[string]any{"secrets": []string{""}}, MinCases: 20,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, shopify.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, shopify.Connector{}, fixtures) }

// What is tried out with `leadhub explain` is the body alone, without the headers that say what it is.
func TestABodyWithoutItsHeadersIsRecognised(t *testing.T) {
	c := shopify.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: settings})
	require.NoError(t, err)
	src, err := c.Open(set)
	require.NoError(t, err)
	for body, want := range map[string]string{
		`{"id":1,"email":"mia@example.org","first_name":"Mia"}`:                                                     "given_name",
		`{"id":1,"contact_email":"mia@example.org","line_items":[{"title":"Lamp"}]}`:                                "product",
		`{"id":1,"phone":"+8613912345678","abandoned_checkout_url":"https://shop.example/c/1","line_items":[]}`:     "checkout_url",
		`{"shop_id":1,"shop_domain":"a.myshopify.com","customer":{"email":"a@b.example"},"orders_to_redact":[1,2]}`: "",
		`{"id":1,"title":"Lamp"}`: "",
	} {
		drafts, err := src.Parse(lead.Raw{Body: []byte(body)})
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, drafts, body)
			continue
		}
		require.NotEmpty(t, drafts[0].First(want), body)
		require.Empty(t, drafts[0].Identities, "a customer's number is one within a shop")
	}
}
