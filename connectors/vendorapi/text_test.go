package vendorapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/vendorapi"
)

func TestATextMayBeWrittenAsANumber(t *testing.T) {
	var out struct{ A, B, C, D, E vendorapi.Text }
	require.NoError(t, json.Unmarshal([]byte(`{"A":"86","B":9007199254740993123,"C":null,"D":{"x":1},"E":"张"}`), &out))
	require.Equal(t, []vendorapi.Text{"86", "9007199254740993123", "", "", "张"}, []vendorapi.Text{out.A, out.B, out.C, out.D, out.E})
}
