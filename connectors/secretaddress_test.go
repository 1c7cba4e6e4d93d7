package connectors_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func TestASecretAddressIsOpenedByItsSecretAlone(t *testing.T) {
	a, err := connectors.OpenSecretAddress([]string{"old-9f2c", "new-77aa"}, []string{"198.51.100.0/24", "2001:db8::7"})
	require.NoError(t, err)
	for target, code := range map[string]string{
		"/in/form/old-9f2c": "", "/in/form/new-77aa": "", "/in/form/new-77aa/": "", "/in/form?key=new-77aa": "", "/in/form/x/old-9f2c?a=b": "",
		"/in/form": "unsigned", "/in/form/": "unsigned", "/in/form?key=": "unsigned",
		"/in/form/old-9f2": "bad_signature", "/in/form/old-9f2cc": "bad_signature", "/in/form?key=NEW-77AA": "bad_signature", "/in/new-77aa": "unsigned",
	} {
		for remote, inside := range map[string]bool{"198.51.100.9:4000": true, "[::ffff:198.51.100.9]:1": true, "[2001:db8::7]:1": true,
			"203.0.113.7:4000": false, "[2001:db8::8]:1": false, "": false} {
			r := httptest.NewRequest("POST", target, nil)
			r.RemoteAddr = remote
			want := code
			if code == "" && !inside {
				want = "address_not_allowed"
			}
			err := a.Verify(r)
			if want == "" {
				require.NoError(t, err, "%s from %s", target, remote)
			} else {
				require.Equal(t, want, lead.AsError(err).Code, "%s from %s", target, remote)
			}
			require.NotContains(t, r.URL.String(), "9f2c", "what is left of the address is stored")
		}
	}
}

func TestAnAddressWithoutAnEndIsNotLookedThrough(t *testing.T) {
	a, err := connectors.OpenSecretAddress([]string{"old-9f2c"}, nil)
	require.NoError(t, err)
	for _, target := range []string{"/in/form/" + strings.Repeat("a/", 100_000) + "old-9f2c", "/in/form?" + strings.Repeat("k=a&", 100_000) + "k=old-9f2c"} {
		require.Equal(t, lead.KindUnauthorized, lead.AsError(a.Verify(httptest.NewRequest("POST", target, nil))).Kind)
	}
}

func TestASecretAddressThatCannotWorkIsRefused(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {" "}, {"a/b"}, {"good", ""}} {
		_, err := connectors.OpenSecretAddress(secrets, nil)
		require.Equal(t, "bad_settings", lead.AsError(err).Code)
	}
	_, err := connectors.OpenSecretAddress([]string{"good"}, []string{"somewhere"})
	require.Equal(t, "bad_settings", lead.AsError(err).Code)
}
