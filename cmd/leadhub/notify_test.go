package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

// gateway is a webhook's other end.
type gateway struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	at     []time.Time
	answer int
}

func newGateway(t *testing.T) *gateway {
	verifier, err := standardwebhooks.NewWebhook(testSecret)
	require.NoError(t, err)
	g := &gateway{answer: 200}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(b, r.Header); err != nil {
			t.Errorf("a webhook is not signed: %v", err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.bodies, g.at = append(g.bodies, string(b)), append(g.at, time.Now())
		w.WriteHeader(g.answer)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) took() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.bodies)
}

func text(s string) *string { return &s }

// tell writes a notification as the sink does.
func (h *testHub) tell(n lead.Notification) {
	h.t.Helper()
	db, err := openDatabase(context.Background(), h.flags.Database, h.flags.Data)
	require.NoError(h.t, err)
	defer db.Close()
	adder := db.(interface {
		AddNotifications(ctx context.Context, list []lead.Notification) error
	})
	require.NoError(h.t, adder.AddNotifications(context.Background(), []lead.Notification{n}))
}

func TestARepIsToldOfAnAssignmentAtOnce(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		g := newGateway(t)
		h.call("PUT", "/v1/config", configFile{Settings: &fileSettings{PublicURL: text("https://leads.example.com")},
			Reps:   []fileRep{{Key: "chen", Notify: &fileContact{Mobile: "13500001111"}}},
			Notify: []fileTarget{{Key: "sms", Kind: lead.TargetWebhook, URL: text(g.URL + "/send?token=gate-key"), Secret: text(testSecret)}}}, nil)
		id := h.accept("site", `{"name":"王小明","phone":"`+phone()+`"}`)
		st := h.becomes(id, lead.StateAssigned)

		require.Eventually(t, func() bool { return g.took() == 1 }, patience, 5*time.Millisecond)
		i := slices.IndexFunc(h.lead(st.Lead).History, func(e lead.Event) bool { return e.Type == lead.ChangeAssigned })
		took := g.at[0].Sub(h.lead(st.Lead).History[i].At)
		t.Logf("told after %s", took.Round(time.Millisecond))
		require.Less(t, took, 5*time.Second, "a second, where nothing else keeps the machine busy")
		require.Contains(t, g.bodies[0], st.LeadNumber)
		require.Contains(t, g.bodies[0], "https://leads.example.com/leads/"+st.Lead)
		require.Empty(t, personalData.FindAllString(g.bodies[0], -1)[min(1, len(personalData.FindAllString(g.bodies[0], -1))):], "the mobile of the rep alone")

		require.Eventually(t, func() bool {
			var page lead.DeliveryPage
			h.call("GET", "/v1/notifications?state=sent&target=sms", nil, &page)
			return len(page.Items) == 1
		}, patience, 10*time.Millisecond)
		h.restart()
		var result lead.TestResult
		h.call("POST", "/v1/notifications/targets/sms/test", map[string]string{"rep": "chen"}, &result)
		require.True(t, result.OK, "%+v", result)
		require.Equal(t, 2, g.took(), "told once, tested once")
	})
}

func TestSecretsOfTargetsAreSealedAndKept(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	g := newGateway(t)
	h.call("PUT", "/v1/config", configFile{Notify: []fileTarget{{Key: "sms", Kind: lead.TargetWebhook, URL: text(g.URL + "/gate-key-1"), Secret: text(testSecret), Serves: &fileServed{Kinds: []string{lead.NotifyRecycled}}},
		{Key: "mail", Kind: lead.TargetEmail, Mail: &fileMail{Host: "127.0.0.1", Port: 1, Username: "u", Password: "mail-pass-1", From: "Leads <leads@example.com>"}}}}, nil)
	var c lead.Config
	h.call("GET", "/v1/config", nil, &c)
	require.Equal(t, []string{hub.Mask, hub.Mask, hub.Mask}, []string{c.Notify[0].URL, c.Notify[0].Secret, c.Notify[1].Mail.Password})
	stored, err := h.hub.Reader().(interface {
		Config(context.Context) (lead.Config, error)
	}).Config(t.Context())
	require.NoError(t, err)
	for _, sealed := range []string{stored.Notify[0].URL, stored.Notify[0].Secret, stored.Notify[1].Mail.Password} {
		require.Contains(t, sealed, "sealed:v1:")
	}
	h.call("PUT", "/v1/config", map[string]any{"notify": c.Notify}, nil) // what was read may be sent
	h.call("PUT", "/v1/notifications/targets/sms", map[string]any{"name": "短信"}, nil)
	h.call("PUT", "/v1/teams/south", map[string]any{}, nil)
	var result lead.TestResult
	h.call("POST", "/v1/notifications/targets/sms/test", nil, &result)
	require.True(t, result.OK, "%+v", result)
	h.call("POST", "/v1/notifications/targets/mail/test", nil, &result)
	require.Equal(t, []any{false, "unreachable"}, []any{result.OK, result.Code})

	for what, wrong := range map[string]fileTarget{"url": {Key: "x", Kind: lead.TargetWecom, URL: text("gate-key-2")}, "team": {Key: "x", Kind: lead.TargetWecom, URL: text("https://example.com"), Serves: &fileServed{Teams: []string{"nowhere"}}},
		"sealed": {Key: "x", Kind: lead.TargetWecom, URL: text(stored.Notify[0].URL)}} {
		err := h.api().call(t.Context(), "PUT", "/v1/config", configFile{Notify: []fileTarget{wrong}}, nil)
		require.Error(t, err, what)
		require.NotContains(t, err.Error(), "gate-key")
	}
	require.NotContains(t, h.logs.String(), "gate-key")
	require.NotContains(t, h.logs.String(), "mail-pass")
	require.Len(t, h.hubConfig().Notify, 2, "nothing of what was wrong is there")

	g.mu.Lock()
	g.answer = 410
	g.mu.Unlock()
	for i := range 2 {
		id := h.accept("site", `{"phone":"`+phone()+`"}`)
		st := h.becomes(id, lead.StateAssigned)
		h.tell(lead.Notification{ID: fmt.Sprintf("ntf_%d", i), Rep: st.Owner, Kind: lead.NotifyRecycled, Lead: st.Lead, Number: st.LeadNumber, At: time.Now()})
		require.Eventually(t, func() bool {
			var page lead.DeliveryPage
			h.call("GET", "/v1/notifications?state=dead&target=sms", nil, &page)
			return len(page.Items) == i+1
		}, patience, 10*time.Millisecond)
	}
	var state lead.TargetState
	h.call("GET", "/v1/notifications/targets/sms/state", nil, &state)
	require.True(t, state.Disabled)
	g.mu.Lock()
	g.answer = 200
	g.mu.Unlock()
	h.call("POST", "/v1/notifications/targets/sms/test", nil, &result)
	var page lead.DeliveryPage
	h.call("GET", "/v1/notifications?state=dead&target=sms", nil, &page)
	for _, d := range page.Items {
		h.call("POST", "/v1/notifications/"+d.ID+"/replay", nil, nil)
	}
	require.Eventually(t, func() bool {
		h.call("GET", "/v1/notifications?state=sent&target=sms", nil, &page)
		return len(page.Items) == 2
	}, patience, 10*time.Millisecond)
}

// english is a word of a sentence of the hub; numbers of leads and ids of the like are none.
var english = regexp.MustCompile(`\b[a-z]{2,}\b`)

func TestAMessageInChineseIsWhollyInChinese(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		g := newGateway(t)
		h.call("PUT", "/v1/config", configFile{
			Sources: []fileSource{{Key: "site", Name: text("官网")}},
			Reps:    []fileRep{{Key: "chen", Name: text("陈晨")}, {Key: "sun", Name: text("孙悦")}},
			Pools:   []filePool{{Key: "sea", Name: text("公海")}},
			Notify:  []fileTarget{{Key: "sms", Kind: lead.TargetWebhook, URL: text(g.URL), Secret: text(testSecret), Language: text("zh")}}}, nil)
		var whys []string
		told := func(n int) { // what is not true any more when it goes out is not told
			t.Helper()
			require.Eventually(t, func() bool {
				whys = nil
				g.mu.Lock()
				defer g.mu.Unlock()
				for _, body := range g.bodies {
					var e deliver.Event
					require.NoError(t, json.Unmarshal([]byte(body), &e))
					for _, n := range e.Data.Notifications {
						whys = append(whys, n.Why)
					}
				}
				return len(whys) >= n
			}, patience, 20*time.Millisecond, "%v", whys)
		}
		number := phone()
		id := h.becomes(h.accept("site", `{"name":"王小明","phone":"`+number+`"}`), lead.StateAssigned).Lead
		told(1)
		owner := h.lead(id).Owner
		other := map[string]string{"chen": "sun", "sun": "chen"}[owner]
		h.call("POST", "/v1/leads/"+id+"/assign", map[string]string{"rep": other, "why": "换人"}, nil)
		told(3) // he who has it, and he who had it
		h.becomes(h.accept("site", `{"name":"王小明","phone":"`+number+`","message":"请尽快联系"}`), lead.StateAssigned)
		told(4)
		h.call("POST", "/v1/leads/"+id+"/release", map[string]string{"pool": "sea", "reason": "太远"}, nil)
		h.call("POST", "/v1/leads/"+id+"/assign", map[string]string{"rep": owner}, nil)
		told(5)
		h.call("POST", "/v1/reps/"+owner+"/handover", map[string]any{"to": other, "why": "离职"}, nil)
		told(6)
		for _, why := range whys {
			require.NotEmpty(t, why)
			require.NotRegexp(t, english, why)
		}
		all := strings.Join(whys, "\n")
		for _, part := range []string{"轮", "转给", "换人", "来自“官网”的新留资", "移交给", "离职", "分配给"} {
			require.Contains(t, all, part)
		}
	})
}
