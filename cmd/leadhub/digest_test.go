package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/lead"
)

// events are the webhooks that a gateway took.
func (g *gateway) events(t *testing.T) []deliver.Event {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]deliver.Event, len(g.bodies))
	for i, b := range g.bodies {
		require.NoError(t, json.Unmarshal([]byte(b), &out[i]))
	}
	return out
}

func TestAnImportIsOneMessagePerRepAndAFormBesideItIsToldAtOnce(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		g := newGateway(t)
		h.call("PUT", "/v1/config", configFile{Sources: importConfig().Sources,
			Rules:  []fileRule{{Key: "forms", When: text(`source == "site"`), To: &lead.Target{Reps: []string{"chen"}}}, {Key: "lists"}},
			Notify: []fileTarget{{Key: "sms", Kind: lead.TargetWebhook, URL: text(g.URL), Secret: text(testSecret)}}}, nil)
		file, _ := invented(50)
		i := h.upload("展会.csv", file)
		began := time.Now()
		h.call("POST", "/v1/imports/"+i.ID+"/start", nil, nil)
		form := h.becomes(h.accept("site", `{"name":"王小明","phone":"`+phone()+`"}`), lead.StateAssigned)
		require.Eventually(t, func() bool { return g.took() == 1 }, patience, 5*time.Millisecond)
		first := g.events(t)[0]
		require.Equal(t, []any{"chen", 1, form.Lead}, []any{first.Data.Rep.Key, first.Data.Count, first.Data.Notifications[0].Lead.ID}, "the form alone")
		require.Empty(t, first.Data.Notifications[0].Import)
		at := slices.IndexFunc(h.lead(form.Lead).History, func(e lead.Event) bool { return e.Type == lead.ChangeAssigned })
		require.Less(t, g.at[0].Sub(h.lead(form.Lead).History[at].At), 5*time.Second, "a second, where nothing else keeps the machine busy")
		t.Logf("the form was told after %s", g.at[0].Sub(h.lead(form.Lead).History[at].At).Round(time.Millisecond))

		require.Eventually(t, func() bool { return g.took() == 3 }, 3*patience, 10*time.Millisecond)
		t.Logf("the import was told %s after its start", time.Since(began).Round(time.Millisecond))
		require.Eventually(t, func() bool {
			var page lead.DeliveryPage
			h.call("GET", "/v1/notifications?state=waiting", nil, &page)
			return len(page.Items) == 0
		}, patience, 10*time.Millisecond)
		require.Equal(t, lead.ImportDone, h.importIs(i.ID).State)
		reps, told := map[string]int{}, map[string]bool{}
		for _, e := range g.events(t)[1:] {
			reps[e.Data.Rep.Key] += e.Data.Count
			require.Len(t, e.Data.Notifications, e.Data.Count)
			for _, n := range e.Data.Notifications {
				require.Equal(t, i.ID, n.Import)
				told[n.Lead.ID] = true
			}
		}
		require.Len(t, g.events(t), 3)
		require.Len(t, told, 50)
		require.Equal(t, map[string]int{"chen": 25, "sun": 25}, reps)
		for id := range told {
			require.Equal(t, i.ID, h.lead(id).LastFrom.Import)
		}
	})
}
