package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// metric sums a metric over its labels; with pairs of label and value, over those that have them. -1 when there is none.
func metric(t testing.TB, h *testHub, name string, labels ...string) float64 {
	t.Helper()
	resp, err := http.Get("http://" + h.addr + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	sum, found := 0.0, false
lines:
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if base, _, _ := strings.Cut(key, "{"); base != name {
			continue
		}
		for i := 0; i+1 < len(labels); i += 2 {
			if !strings.Contains(key, fmt.Sprintf("%s=%q", labels[i], labels[i+1])) {
				continue lines
			}
		}
		v, err := strconv.ParseFloat(value, 64)
		require.NoError(t, err)
		sum, found = sum+v, true
	}
	if !found {
		return -1
	}
	return sum
}

// readySays waits until /readyz says of a part whether it is there.
func (h *testHub) readySays(part string, ok bool) {
	h.t.Helper()
	var last string
	require.Eventually(h.t, func() bool {
		last = h.send(h.request("GET", "/readyz", "")).Body
		var ready struct{ Parts []lead.Part }
		if json.Unmarshal([]byte(last), &ready) != nil {
			return false
		}
		for _, p := range ready.Parts {
			if p.Name == part {
				return p.OK == ok
			}
		}
		return false
	}, patience, 20*time.Millisecond, "/readyz does not say %s ok=%t", part, ok)
}

func TestTheFiguresThatAnEngineerOnCallNeedsAreThere(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		h.accept("site", `{"name":"周宁","phone":"`+number+`"}`)
		h.accept("site", `{"name":"周宁","phone":"`+number+`"}`)
		h.accept("fair", `{"name":"nobody"}`)
		h.accept("site", `{"phone":"`+phone()+`","homepage_url":"http://seo.invalid"}`)
		h.post("nobody", `{}`)
		h.post("signed", `{}`)
		h.settle()
		for _, m := range []struct {
			want   float64
			name   string
			labels []string
		}{
			{3, "leadhub_received_total", []string{"source", "site"}},
			{1, "leadhub_received_total", []string{"source", "fair"}},
			{1, "leadhub_refused_total", []string{"code", "unknown_source"}},
			{1, "leadhub_refused_total", []string{"code", "unsigned"}},
			{1, "leadhub_rejected_total", []string{"stage", "normalize", "code", "no_identity"}},
			{1, "leadhub_rejected_total", []string{"stage", "spam", "code", "spam"}},
			{1, "leadhub_recorded_total", []string{"verdict", "new"}},
			{1, "leadhub_recorded_total", []string{"verdict", "same"}},
			{0, "leadhub_recorded_total", []string{"verdict", "joins"}},
			{1, "leadhub_assigned_total", nil},
			{0, "leadhub_spool_bytes", nil},
			{0, "leadhub_spool_records", nil},
			{0, "leadhub_spooled_total", nil},
		} {
			require.Equal(t, m.want, metric(t, h, m.name, m.labels...), "%s %v", m.name, m.labels)
		}
		require.Eventually(t, func() bool {
			for _, stage := range []string{"normalize", "sink", "reject"} {
				if metric(t, h, "leadhub_lag_records", "stage", stage) != 0 || metric(t, h, "leadhub_oldest_unprocessed_seconds", "stage", stage) != 0 {
					return false
				}
			}
			return true
		}, patience, 50*time.Millisecond)
		h.readySays("broker", true)
		h.readySays("database", true)
		h.readySays("spool", true)
		require.Equal(t, http.StatusOK, h.send(h.request("GET", "/readyz", "")).Status)
		require.Equal(t, http.StatusOK, h.send(h.request("GET", "/healthz", "")).Status)
	})
}

func TestLagAndAgeShowABacklog(t *testing.T) {
	t.Parallel()
	b := startOutsideBroker(t)
	f := embeddedFlags(t)
	f.Kafka, f.Roles = b.config.Listen, []string{"intake", "console"}
	h := startTestHub(t, f)
	for range 3 {
		h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`)
	}
	require.Eventually(t, func() bool {
		return metric(t, h, "leadhub_lag_records", "stage", "normalize") == 3 && metric(t, h, "leadhub_oldest_unprocessed_seconds", "stage", "normalize") > 0
	}, patience, 50*time.Millisecond)
	a := h.audit()
	require.EqualValues(t, 3, a.Pending)
	require.Empty(t, a.Missing)
	require.True(t, a.Balances(), "what is pending is no imbalance")
}
