package jinshuju_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/jinshuju"
	"github.com/leadhub/leadhub/lead"
)

const fixtures = "../../fixtures/channels"

var polling = map[string]any{"secrets": []string{"k3y-of-the-form"}, "forms": []string{"DEMO01", "DEMO02", "DEMO03"}, "api_key": "key-8f", "api_secret": "secret-of-the-api"}

func TestJinshujuKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, jinshuju.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"secrets": []string{"k3y-of-the-form"}},
		Also:        []map[string]any{polling},
		EmptySecret: map[string]any{"secrets": []string{""}},
		MinCases:    20,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, jinshuju.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, jinshuju.Connector{}, fixtures) }

// vendor answers as the API of Jinshuju does: 50 of the entries made since created_at (GMT+8), in the order of their numbers, and next
// while there are more.
type vendor map[string]int // entries of a form, one a minute until 08:59 UTC

func (v vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, secret, _ := r.BasicAuth()
	token, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/entries"), "/api/v1/forms/")
	total, known := v[token]
	since, err := time.ParseInLocation(time.DateTime, r.FormValue("created_at"), connectors.China)
	switch {
	case r.Host != "jinshuju.net" || !ok || err != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	case key != "key-8f" || secret != "secret-of-the-api":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case !known:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	after, _ := strconv.Atoi(r.FormValue("next"))
	var page []string
	next := "null"
	for serial := after + 1; serial <= total; serial++ {
		made := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC).Add(time.Duration(serial-total-1) * time.Minute)
		if made.Before(since) {
			continue
		}
		if len(page) == 50 {
			next = strconv.Itoa(serial - 1)
			break
		}
		at := made.Format("2006-01-02T15:04:05.000Z")
		page = append(page, fmt.Sprintf(`{"serial_number":%d,"field_2":"139%08d","created_at":%q,"updated_at":%q}`, serial, serial, at, at))
	}
	fmt.Fprintf(w, `{"total":%d,"count":%d,"data":[%s],"next":%s}`, total, len(page), strings.Join(page, ","), next)
}

func TestWhatPushesMissedIsAskedFor(t *testing.T) {
	ids := func(form string, total int) (out []string) {
		for serial := 1; serial <= total; serial++ {
			made := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC).Add(time.Duration(serial-total-1) * time.Minute)
			out = append(out, form+"/"+strconv.Itoa(serial)+"/"+made.Format("2006-01-02T15:04:05.000Z"))
		}
		return out
	}
	pulled := connectortest.RunPoller(t, jinshuju.Connector{}, connectortest.Pull{
		Settings: polling,
		Mapping:  map[string]string{"field_2": "phone"},
		Vendor:   vendor{"DEMO01": 120, "DEMO02": 0, "DEMO03": 1},
		IDs:      append(ids("DEMO01", 120), ids("DEMO03", 1)...),
	})
	require.Equal(t, []string{"13900000001"}, pulled[0].Drafts[0].Fields[lead.FieldPhone])
	require.Equal(t, "2026-01-05T07:00:00.000Z", pulled[0].Drafts[0].EventTime)
}

func TestAPushAndThePollOfOneEntryAreOneEvent(t *testing.T) {
	set, err := jinshuju.Connector{}.Spec().Check(lead.Source{Key: "case", Settings: polling})
	require.NoError(t, err)
	v := connectortest.NewVendor(t, vendor{"DEMO01": 1, "DEMO02": 0, "DEMO03": 0})
	set.Client, set.Now = v.Client, func() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }
	src, err := jinshuju.Connector{}.Open(set)
	require.NoError(t, err)
	polled, _, err := src.(connectors.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, polled.Events, 1)

	r, err := http.NewRequest(http.MethodPost, "/in/case/k3y-of-the-form", strings.NewReader(
		`{"form":"DEMO01","form_name":"预约","entry":{"serial_number":"1","field_2":"13900000001","created_at":"2026-01-05T08:59:00.000Z","updated_at":"2026-01-05T08:59:00Z"}}`))
	require.NoError(t, err)
	r.RemoteAddr = "52.82.74.116:1234"
	pushed, err := src.(connectors.Receiver).Receive(r)
	require.NoError(t, err)
	require.Equal(t, polled.Events[0].ID, pushed.Events[0].ID)
}

func TestAFormThatIsGoneIsAnErrorThatAPersonSees(t *testing.T) {
	set, err := jinshuju.Connector{}.Spec().Check(lead.Source{Key: "case", Settings: polling})
	require.NoError(t, err)
	set.Client = connectortest.NewVendor(t, vendor{}).Client
	src, err := jinshuju.Connector{}.Open(set)
	require.NoError(t, err)
	_, next, err := src.(connectors.Poller).Poll(t.Context(), "")
	require.Equal(t, "vendor_not_found", lead.AsError(err).Code)
	require.Empty(t, next)
}

func TestHalfAnAPIKeyIsRefused(t *testing.T) {
	for _, missing := range []string{"forms", "api_key", "api_secret"} {
		settings := map[string]any{}
		for name, value := range polling {
			if name != missing {
				settings[name] = value
			}
		}
		set, err := jinshuju.Connector{}.Spec().Check(lead.Source{Key: "case", Settings: settings})
		require.NoError(t, err)
		_, err = jinshuju.Connector{}.Open(set)
		require.Equal(t, "bad_settings", lead.AsError(err).Code, missing)
	}
}
