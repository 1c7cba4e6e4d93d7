package line_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/line"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures = "../../fixtures/channels"
	token    = "a-channel-access-token-of-the-test"
	user     = "U8189cf6745fc0d808977bdb0b9f22995"
)

var (
	settings = map[string]any{"channel_secrets": []string{"a-secret-of-the-test"}}
	named    = map[string]any{"channel_secrets": []string{"a-secret-of-the-test"}, "channel_access_token": token}
	message  = `{"destination":"Ubot","events":[{"type":"message","mode":"active","timestamp":1767603000123,"source":{"type":"user","userId":"` + user + `"},` +
		`"webhookEventId":"01KE6E1","message":{"id":"1","type":"text","text":"你好"}}]}`
)

func TestLINEKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, line.Connector{}, connectortest.Options{
		Fixtures: fixtures, Settings: settings, Also: []map[string]any{named},
		EmptySecret: map[string]any{"channel_secrets": []string{""}}, MinCases: 12,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, line.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, line.Connector{}, fixtures) }

// profile answers GET /v2/bot/profile/{userId} as LINE does.
func profile(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"Authentication failed. Confirm that the access token in the authorization header is valid."}`))
	case r.URL.Path != "/v2/bot/profile/"+user:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"Not found"}`))
	default:
		_, _ = w.Write([]byte(`{"userId":"` + user + `","displayName":"林晓 🌟","pictureUrl":"https://profile.line-scdn.example/x","statusMessage":"hi","language":"zh-TW"}`))
	}
}

func TestTheNameOfAPersonIsAskedFor(t *testing.T) {
	drafts := connectortest.RunFetcher(t, line.Connector{}, connectortest.Pull{
		Settings: named, Vendor: http.HandlerFunc(profile), Thin: lead.Raw{EventID: "01KE6E1", Body: []byte(message)}})
	require.Len(t, drafts, 1)
	require.Equal(t, map[string][]string{"name": {"林晓 🌟"}, "language": {"zh-TW"}, "message": {"你好"}}, drafts[0].Fields)
	require.Equal(t, []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "line/Ubot", Value: user}}, drafts[0].Identities)
}

func open(t *testing.T, values map[string]any) connectors.Source {
	t.Helper()
	c := line.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: values})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, http.HandlerFunc(profile)).Client
	src, err := c.Open(set)
	require.NoError(t, err)
	return src
}

func TestAPersonWhoseProfileCannotBeHadIsALeadAllTheSame(t *testing.T) {
	src := open(t, named)
	whole, err := src.(connectors.Fetcher).Fetch(t.Context(), lead.Raw{EventID: "e", Body: []byte(
		`{"destination":"Ubot","events":[{"type":"follow","source":{"type":"user","userId":"U/../gone"},"webhookEventId":"e"}]}`)})
	require.NoError(t, err)
	drafts, err := src.Parse(lead.Raw{Body: whole.Body})
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.Empty(t, drafts[0].Fields[lead.FieldName])
	require.Equal(t, "U/../gone", drafts[0].Identities[0].Value)
}

func TestARefusedTokenIsSaidWithoutShowingIt(t *testing.T) {
	src := open(t, map[string]any{"channel_secrets": []string{"a-secret-of-the-test"}, "channel_access_token": "an-old-token"})
	_, err := src.(connectors.Fetcher).Fetch(t.Context(), lead.Raw{Body: []byte(message)})
	require.Equal(t, "vendor_unauthorized", lead.AsError(err).Code)
	require.NotContains(t, err.Error(), "an-old-token")
}

// What is tried out with `leadhub explain` is a whole callback, before it is cut.
func TestACallbackThatWasNotCutGivesTheDraftsOfAll(t *testing.T) {
	drafts, err := open(t, settings).Parse(lead.Raw{Body: []byte(`{"destination":"Ubot","events":[` +
		`{"type":"follow","source":{"type":"user","userId":"U1"}},{"type":"unfollow","source":{"type":"user","userId":"U2"}},{"type":"follow","source":{"type":"user","userId":"U3"}}]}`)})
	require.NoError(t, err)
	require.Len(t, drafts, 2)
}
