package douyin_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/douyin"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

func TestDouyinKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, douyin.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"client_secrets": []string{"a-secret"}},
		EmptySecret: map[string]any{"client_secrets": []string{""}},
		MinCases:    35,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, douyin.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, douyin.Connector{}, fixtures) }

// Msg-Id is the same for the same thing done to one entity; two kinds of events are never one.
func TestTwoKindsOfEventsWithOneMessageIDAreTwo(t *testing.T) {
	set, err := douyin.Connector{}.Spec().Check(lead.Source{Key: "s", Settings: map[string]any{"client_secrets": []string{"k"}}})
	require.NoError(t, err)
	src, err := douyin.Connector{}.Open(set)
	require.NoError(t, err)
	var ids []string
	// sha1 of k and the body, by sha1sum
	for body, signature := range map[string]string{
		`{"event":"a"}`: "abde77947e6ec81ea91047bd99fb2ec8d895a15c",
		`{"event":"b"}`: "0732e2f1fc3fd65e15dcdc318da6c6348fbe291a",
	} {
		r := httptest.NewRequest(http.MethodPost, "/in/s", bytes.NewReader([]byte(body)))
		r.Header.Set("X-Douyin-Signature", signature)
		r.Header.Set("Msg-Id", "m1")
		d, err := src.(connectors.Receiver).Receive(r)
		require.NoError(t, err)
		ids = append(ids, d.Events[0].ID)
	}
	require.ElementsMatch(t, []string{"a/m1", "b/m1"}, ids)
}
