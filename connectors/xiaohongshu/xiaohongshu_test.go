package xiaohongshu_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/xiaohongshu"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestXiaohongshuKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, xiaohongshu.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"tokens": []string{"a-token"}},
		EmptySecret: map[string]any{"tokens": []string{""}},
		MinCases:    25,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, xiaohongshu.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, xiaohongshu.Connector{}, fixtures) }

// One way of signing is chosen; the other two are then no way in.
func TestOnlyTheChosenAlgorithmOpens(t *testing.T) {
	// printf '{}' | openssl dgst -hmac token …, and of tokenBODY by sha1sum
	signed := map[string]string{
		"hmac-sha1":   "sha1=e1355f8d982b089b84aafd1ae3bd50ca0394f9d1",
		"hmac-sha256": "sha256=5c88aa97c426854fb8f94deb5a1f202a537891ced9b9ae9c99bc1d3323d27d53",
		"sha1":        "sha1=c9146ce5de9f626c2eb6bc27ffc1e7c177225053",
	}
	for algorithm := range signed {
		set, err := xiaohongshu.Connector{}.Spec().Check(lead.Source{Key: "s", Settings: map[string]any{"tokens": []string{"token"}, "algorithm": algorithm}})
		require.NoError(t, err)
		src, err := xiaohongshu.Connector{}.Open(set)
		require.NoError(t, err)
		for by, signature := range signed {
			r := httptest.NewRequest(http.MethodPost, "/in/s", strings.NewReader("{}"))
			r.Header.Set("X-Red-Signature", signature)
			_, err := src.(connectors.Receiver).Receive(r)
			require.Equal(t, by == algorithm, err == nil, "%s signed, %s chosen: %v", by, algorithm, err)
		}
	}
}
