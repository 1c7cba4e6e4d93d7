package typeform_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/typeform"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures = "../../fixtures/channels"
	token    = "tfp_a-token-of-the-test"
)

var polled = map[string]any{"secrets": []string{"a-secret-of-the-test"}, "access_token": token, "forms": []string{"u6nXL7", "Zz-9_a"}}

func TestTypeformKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, typeform.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"secrets": []string{"a-secret-of-the-test"}},
		Also:        []map[string]any{polled},
		EmptySecret: map[string]any{"secrets": []string{""}},
		MinCases:    12,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, typeform.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, typeform.Connector{}, fixtures) }

// vendor answers as the Responses API does: since and until inclusive, to the second, oldest first, at most page_size.
type vendor struct {
	forms map[string][]map[string]any
}

func (v vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code":"AUTHENTICATION_FAILED","description":"Authentication credentials not found on the Request Headers"}`))
		return
	}
	var form, tail string
	if _, err := fmt.Sscanf(r.URL.Path, "/forms/%6s%s", &form, &tail); err != nil {
		_ = json.NewEncoder(w).Encode(map[string]any{"id": form, "title": "询价", "fields": []any{
			map[string]any{"id": "f1", "ref": "ref-1", "type": "short_text", "title": "您的姓名"},
			map[string]any{"id": "g1", "type": "group", "title": "联系方式", "properties": map[string]any{"fields": []any{
				map[string]any{"id": "f2", "ref": "ref-2", "type": "phone_number", "title": "电话"}}}}}})
		return
	}
	q := r.URL.Query()
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	until, _ := time.Parse(time.RFC3339, q.Get("until"))
	items := []map[string]any{}
	for _, item := range v.forms[form] {
		at, _ := time.Parse(time.RFC3339, item["submitted_at"].(string))
		if !at.Before(since) && !at.After(until) && len(items) < 1000 {
			items = append(items, item)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total_items": len(items), "page_count": 1, "items": items})
}

func item(id string, at time.Time) map[string]any {
	return map[string]any{"token": id, "response_id": id, "submitted_at": at.Format(time.RFC3339), "hidden": map[string]any{"utm_source": "baidu"},
		"answers": []any{
			map[string]any{"type": "text", "text": "林晓", "field": map[string]any{"id": "f1", "type": "short_text"}},
			map[string]any{"type": "phone_number", "phone_number": "+8613912345678", "field": map[string]any{"id": "f2", "type": "phone_number"}}}}
}

func TestTheListBringsWhatAWebhookWouldHave(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	v := vendor{forms: map[string][]map[string]any{"u6nXL7": {item("r1", now.Add(-3*time.Hour)), item("r2", now.Add(-time.Minute))}, "Zz-9_a": {item("r3", now.Add(-2*time.Hour))}}}
	got := connectortest.RunPoller(t, typeform.Connector{}, connectortest.Pull{Settings: polled, Vendor: v, IDs: []string{"r1", "r2", "r3"}})
	require.Equal(t, map[string][]string{"name": {"林晓"}, "phone": {"+8613912345678"}, "utm_source": {"baidu"}, "form_id": {"u6nXL7"}, "form_title": {"询价"}}, got[0].Drafts[0].Fields)
	require.Equal(t, "2026-01-05T06:00:00Z", got[0].Drafts[0].EventTime)
}

func TestAListLongerThanAPageIsReadToItsEnd(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var items []map[string]any
	var ids []string
	for i := range 2300 {
		id := fmt.Sprintf("r%04d", i)
		items, ids = append(items, item(id, now.Add(time.Duration(i-4000)*time.Second/2))), append(ids, id)
	}
	c := typeform.Connector{}
	set, err := c.Spec().Check(lead.Source{Settings: polled})
	require.NoError(t, err)
	set.Now = func() time.Time { return now }
	set.Client = connectortest.NewVendor(t, vendor{forms: map[string][]map[string]any{"u6nXL7": items}}).Client
	src, err := c.Open(set)
	require.NoError(t, err)
	var got []string
	for cursor, polls := "", 0; ; polls++ {
		require.Less(t, polls, 10)
		d, next, err := src.(connectors.Poller).Poll(t.Context(), cursor)
		require.NoError(t, err)
		for _, e := range d.Events {
			if !slices.Contains(got, e.ID) {
				got = append(got, e.ID)
			}
		}
		if next == cursor || len(d.Events) == 0 {
			break
		}
		cursor = next
	}
	require.Equal(t, ids, got)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"a token without forms":    {"access_token": token},
		"forms without a token":    {"forms": []string{"u6nXL7"}},
		"an id that is an address": {"access_token": token, "forms": []string{"../../me"}},
	} {
		settings["secrets"] = []string{"a-secret-of-the-test"}
		c := typeform.Connector{}
		set, err := c.Spec().Check(lead.Source{Settings: settings})
		require.NoError(t, err)
		_, err = c.Open(set)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, name)
		require.NotContains(t, err.Error(), token)
	}
}
