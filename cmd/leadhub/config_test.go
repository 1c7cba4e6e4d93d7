package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

func TestAChangeOfTheConfigurationTakesEffectWithoutARestart(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		require.Equal(t, http.StatusNotFound, h.post("later", `{"phone":"`+phone()+`"}`).Status)
		h.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "later", Channel: "webform"}}}, nil)
		h.becomes(h.accept("later", `{"phone":"`+phone()+`"}`), lead.StateAssigned)

		id := h.becomes(h.accept("later", `{"您的号码":"`+phone()+`"}`), lead.StateRejected).ID
		h.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "later", Mapping: map[string]string{"您的号码": "phone"}}}}, nil)
		h.becomes(h.accept("later", `{"您的号码":"`+phone()+`"}`), lead.StateAssigned)
		h.replay(id, nil)
		h.becomes(id, lead.StateAssigned)

		off := false
		h.call("PUT", "/v1/config", configFile{Reps: []fileRep{{Key: "chen", Active: &off}}}, nil)
		for range 4 {
			require.Equal(t, "sun", h.becomes(h.accept("site", `{"phone":"`+phone()+`"}`), lead.StateAssigned).Owner)
		}
		prefix := "KH"
		h.call("PUT", "/v1/config", configFile{Settings: &fileSettings{NumberPrefix: &prefix}}, nil)
		require.Regexp(t, `^KH\d{8}-\d{6}$`, h.becomes(h.accept("site", `{"phone":"`+phone()+`"}`), lead.StateAssigned).LeadNumber)

		h.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "later", Enabled: &off}}}, nil)
		require.Equal(t, http.StatusNotFound, h.post("later", `{}`).Status)
	})
}

func TestAConfigurationIsTakenAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	before := asJSON(t, h.hubConfig())
	for name, c := range map[string]configFile{
		"unknown channel": {Sources: []fileSource{{Key: "new", Channel: "webform"}, {Key: "x", Channel: "pigeon"}}},
		"unknown setting": {Sources: []fileSource{{Key: "new", Channel: "webform"}, {Key: "site", Settings: map[string]any{"colour": 1}}}},
		"bad secret":      {Sources: []fileSource{{Key: "new", Channel: "webform"}, {Key: "signed", Settings: map[string]any{"signature": "standard-webhooks", "secrets": []string{"%%%"}}}}},
		"unknown team":    {Sources: []fileSource{{Key: "new", Channel: "webform"}}, Reps: []fileRep{{Key: "a", Team: ptr("x")}}},
		"bad key":         {Sources: []fileSource{{Key: "new", Channel: "webform"}, {Key: "../etc", Channel: "webform"}}},
		"bad zone":        {Sources: []fileSource{{Key: "new", Channel: "webform"}}, Settings: &fileSettings{TimeZone: ptr("Mars/Olympus")}},
	} {
		err := h.api().call(context.Background(), "PUT", "/v1/config", c, nil)
		require.Error(t, err, name)
		require.NotEqual(t, "internal", codeOf(err), name)
		require.Equal(t, before, asJSON(t, h.hubConfig()), name)
	}
}

func ptr[T any](v T) *T { return &v }

func TestSecretsNeverComeBackAndLieSealed(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		secret := strings.TrimPrefix(testSecret, "whsec_")
		for _, path := range []string{"/v1/config", "/v1/sources", "/v1/sources/signed", "/v1/overview", "/metrics", "/readyz"} {
			a := h.send(h.request("GET", path, "", "Authorization", "Bearer "+benchToken))
			require.Equal(t, http.StatusOK, a.Status, path)
			require.NotContains(t, a.Body, secret, path)
			require.NotContains(t, a.Body, "sealed:", path)
		}
		err := h.api().call(context.Background(), "PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "signed", Settings: map[string]any{
			"signature": "standard-webhooks", "secrets": []string{"whsec_" + "sHoRt&%wrong"}}}}}, nil)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "sHoRt")
		require.NoError(t, filepath.WalkDir(h.flags.Data, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			require.NotContains(t, string(b), secret, path)
			return err
		}))

		// What was read can be sent back: the mask keeps the secret.
		var c map[string]any
		h.call("GET", "/v1/config", nil, &c)
		h.call("PUT", "/v1/config", c, nil)
		h.postSigned("msg_1", testSecret)
	})
}

// postSigned wants a post that is signed with a secret to be accepted.
func (h *testHub) postSigned(id, secret string) {
	h.t.Helper()
	body := []byte(`{"phone":"` + phone() + `"}`)
	req := h.request("POST", "/in/signed", string(body))
	sign(h.t, req, secret, id, body)
	a := h.send(req)
	require.Equal(h.t, http.StatusAccepted, a.Status, a.Body)
}

func TestASecretCanBeAddedBesideAMaskedOne(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	const next = "whsec_dGhlLW5leHQtc2VjcmV0LW9mLXRoaXJ0eS10d28tYnl0ZXM="
	h.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "signed", Settings: map[string]any{
		"signature": "standard-webhooks", "secrets": []string{hub.Mask, next}}}}}, nil)
	h.postSigned("msg_old", testSecret)
	h.postSigned("msg_new", next)
}

func TestManyPeopleMayChangeTheConfigurationAtOnce(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 10 {
					key := fmt.Sprintf("rep-%d-%d", i, j)
					if err := h.api().call(context.Background(), "PUT", "/v1/config", configFile{Reps: []fileRep{{Key: key}}}, nil); err != nil {
						t.Errorf("%s: %v", key, err)
					}
				}
			})
		}
		wg.Wait()
		require.Len(t, h.hubConfig().Reps, 82)
		h.restart()
		require.Len(t, h.hubConfig().Reps, 82)
	})
}

func TestAnotherSecretKeyIsSaidAndNothingElseIsLost(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	require.NoError(t, h.close())
	h.flags.SecretKey = strings.Repeat("another ", 8)
	a, err := h.open()
	require.NoError(t, err)
	h.app = a
	require.Contains(t, h.logs.String(), "LEADHUB_SECRET_KEY")
	require.Equal(t, http.StatusServiceUnavailable, h.post("signed", `{}`).Status, "not refused for good: the key may come back")
	h.becomes(h.accept("site", `{"phone":"`+phone()+`"}`), lead.StateAssigned)
}

func TestWhatAVisitorTypedNeverReachesTheLogUnmasked(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number, mail := phone(), "lin.xiao@xinghe-keji.cn"
		for _, body := range []string{
			`{"name":"林晓","phone":"` + number + `","email":"` + mail + `"}`,
			`{"name":"林晓","phone":"` + number + `x","email":"` + mail + `@"}`,
			`{"phone":"` + number + `","email":`,
			`{"message":"` + number + ` ` + mail + `"}`,
			number + " " + mail,
			`[{"phone":"13800138000"},{"email":"test@test.com"}]`,
		} {
			h.ended(h.accept("site", body))
		}
		h.post("signed", `{"phone":"`+number+`"}`, "webhook-id", mail, "webhook-signature", number)
		h.post("nobody-"+number, `{}`)
		h.post("site?phone="+number+"&email="+mail, `{"name":"x"}`, "Referer", "https://x.invalid/?tel="+number)
		h.settle()
		for _, j := range h.rejections() {
			require.Empty(t, personal(j.Message+j.Hint), "in a rejection's own words")
		}
		require.Empty(t, personal(h.logs.String()))
		require.NotContains(t, h.logs.String(), benchToken)
	})
}
