package telegram_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/telegram"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures = "../../fixtures/channels"
	token    = "7000000001:AAE-a-token-of-the-test"
)

var polled = map[string]any{"bot_id": "7000000001", "bot_token": token}

func TestTelegramKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, telegram.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"bot_id": "7000000001", "secret_tokens": []string{"a-secret-of-the-test"}},
		Also:        []map[string]any{polled},
		EmptySecret: map[string]any{"secret_tokens": []string{""}},
		MinCases:    12,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, telegram.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, telegram.Connector{}, fixtures) }

// vendor answers getUpdates as the Bot API does. What is confirmed it forgets, when forgets is set.
type vendor struct {
	updates []int64
	forgets bool
	webhook bool
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(code int, what string) {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error_code": code, "description": what})
	}
	switch {
	case r.URL.Path != "/bot"+token+"/getUpdates":
		fail(http.StatusUnauthorized, "Unauthorized")
		return
	case v.webhook:
		fail(http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
		return
	}
	offset, _ := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	var left, answer []int64
	for _, id := range v.updates {
		if id >= offset {
			left = append(left, id)
		}
	}
	if v.forgets {
		v.updates = left
	}
	answer = left[:min(len(left), 100)]
	result := []json.RawMessage{}
	for _, id := range answer {
		result = append(result, fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":1,"date":1767603000,"chat":{"id":42,"type":"private"},"from":{"id":42,"first_name":"Mia"},"text":"第 %d 条"}}`, id, id))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

func TestUpdatesAreAskedForOnceEach(t *testing.T) {
	v := &vendor{}
	var ids []string
	for id := int64(9007199254740993); len(ids) < 250; id++ {
		v.updates, ids = append(v.updates, id), append(ids, fmt.Sprintf("7000000001/%d", id))
	}
	got := connectortest.RunPoller(t, telegram.Connector{}, connectortest.Pull{Settings: polled, Vendor: v, IDs: ids})
	require.Equal(t, []string{"第 9007199254740993 条"}, got[0].Drafts[0].Fields[lead.FieldMessage])
}

func open(t *testing.T, v http.Handler, settings map[string]any) (connectors.Source, error) {
	t.Helper()
	c := telegram.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: settings})
	require.NoError(t, err)
	if v != nil {
		set.Client = connectortest.NewVendor(t, v).Client
	}
	return c.Open(set)
}

func TestNumbersThatStartAnewAfterAQuietWeekAreNotConfirmedAway(t *testing.T) {
	v := &vendor{updates: []int64{900, 901}, forgets: true}
	src, err := open(t, v, polled)
	require.NoError(t, err)
	var got []string
	poll := func(cursor string) string {
		for {
			d, next, err := src.(connectors.Poller).Poll(t.Context(), cursor)
			require.NoError(t, err)
			for _, e := range d.Events {
				got = append(got, e.ID)
			}
			if cursor = next; len(d.Events) == 0 {
				return next
			}
		}
	}
	cursor := poll("")
	require.Empty(t, v.updates, "what is stored is confirmed")
	v.updates = []int64{17, 18}
	poll(cursor)
	require.Equal(t, []string{"7000000001/900", "7000000001/901", "7000000001/17", "7000000001/18"}, got)
}

func TestAWebhookThatIsStillSetIsSaid(t *testing.T) {
	src, err := open(t, &vendor{webhook: true}, polled)
	require.NoError(t, err)
	_, _, err = src.(connectors.Poller).Poll(t.Context(), "")
	require.ErrorContains(t, err, "webhook is active")
	require.NotContains(t, err.Error(), token)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"both ways":               {"bot_id": "7000000001", "bot_token": token, "secret_tokens": []string{"abc"}},
		"neither way":             {"bot_id": "7000000001"},
		"the token of another":    {"bot_id": "7000000002", "bot_token": token},
		"a name for a number":     {"bot_id": "demo_bot", "bot_token": token},
		"what setWebhook refuses": {"bot_id": "7000000001", "secret_tokens": []string{"with space"}},
	} {
		_, err := open(t, nil, settings)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), token)
	}
}
