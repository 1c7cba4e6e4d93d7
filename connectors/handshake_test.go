package connectors_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
)

func TestOnlyWhatLooksLikeAChallengeIsEchoed(t *testing.T) {
	for challenge, want := range map[string]string{
		"1616140317555161061": "", "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P": "", "a+b/c==": "",
		"": "bad_handshake", "<script>": "bad_handshake", "a b": "bad_handshake", "a\nb": "bad_handshake", "{}": "bad_handshake", "日": "bad_handshake",
		strings.Repeat("a", 513): "bad_handshake",
	} {
		d, err := connectors.Echo(challenge)
		require.Equal(t, want, code(err), challenge)
		if want == "" {
			require.Equal(t, challenge, string(d.Reply.Body))
			require.Equal(t, "nosniff", d.Reply.Header.Get("X-Content-Type-Options"))
			require.Empty(t, d.Events)
		}
	}
	for challenge, want := range map[string]string{`"ajls384k"`: `{"challenge":"ajls384k"}`, `123456789012345678`: `{"challenge":123456789012345678}`,
		`"<b>"`: "", `{}`: "", `null`: "", `1.5`: "", `"a`: "", ``: "", `true`: ""} {
		d, err := connectors.EchoJSON(json.RawMessage(challenge))
		require.Equal(t, want, string(d.Reply.Body), challenge)
		require.Equal(t, want == "", err != nil, challenge)
	}
}

func TestMetaGetsItsChallengeBackOnlyForTheRightToken(t *testing.T) {
	for target, want := range map[string]string{
		"/?hub.mode=subscribe&hub.verify_token=tok&hub.challenge=1158201444":   "",
		"/?hub.mode=subscribe&hub.verify_token=old&hub.challenge=1158201444":   "",
		"/?hub.mode=subscribe&hub.verify_token=to&hub.challenge=1158201444":    "bad_verify_token",
		"/?hub.mode=subscribe&hub.challenge=1158201444":                        "bad_verify_token",
		"/?hub.mode=unsubscribe&hub.verify_token=tok&hub.challenge=1":          "bad_handshake",
		"/?hub.mode=subscribe&hub.verify_token=tok&hub.challenge=%3Cscript%3E": "bad_handshake",
		"/?hub.mode=subscribe&hub.verify_token=tok":                            "bad_handshake",
	} {
		d, err := connectors.EchoHub(httptest.NewRequest(http.MethodGet, target, nil), []string{"tok", "old", ""})
		require.Equal(t, want, code(err), target)
		if want == "" {
			require.Equal(t, "1158201444", string(d.Reply.Body))
		}
	}
	_, err := connectors.EchoHub(httptest.NewRequest(http.MethodPost, "/?hub.mode=subscribe&hub.verify_token=tok&hub.challenge=1", nil), []string{"tok"})
	require.Equal(t, "bad_handshake", code(err))
	_, err = connectors.EchoHub(httptest.NewRequest(http.MethodGet, "/?hub.mode=subscribe&hub.verify_token=&hub.challenge=1", nil), []string{""})
	require.Equal(t, "bad_verify_token", code(err))
}

func TestNothingIsSignedThatCouldBeADelivery(t *testing.T) {
	const uuid = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
	sum, err := connectors.SignChallenge(uuid, connectors.UUIDv4, "k")
	require.NoError(t, err)
	require.Equal(t, hmacHex("k", uuid), hex.EncodeToString(sum))
	sum, err = connectors.SignChallenge("OGUwMmNhMmM", connectors.CRCToken, "k")
	require.NoError(t, err)
	require.Equal(t, hmacHex("k", "OGUwMmNhMmM"), hex.EncodeToString(sum))
	for challenge, shape := range map[string]*regexp.Regexp{
		`hmacsha256={"type":"LEAD_ACTION"}`: connectors.UUIDv4, "890e4665-4dfe-1ab1-b689-ed553bceeed0": connectors.UUIDv4, uuid + "\n": connectors.UUIDv4, "": connectors.UUIDv4,
		`{"for_user_id":"1"}`: connectors.CRCToken, "a.b": connectors.CRCToken, strings.Repeat("a", 129): connectors.CRCToken,
	} {
		_, err := connectors.SignChallenge(challenge, shape, "k")
		require.Equal(t, "bad_handshake", code(err), challenge)
	}
	_, err = connectors.SignChallenge(uuid, connectors.UUIDv4, "")
	require.Equal(t, "bad_handshake", code(err))
}
