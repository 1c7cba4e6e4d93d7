package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

func TestARejectionIsVisibleAndCorrectedAndReplayedItIsALead(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		body := `{"name":"周宁","message":"请联系我"}`
		id := h.accept("site", body)
		h.becomes(id, lead.StateRejected)
		list := h.rejections()
		require.Len(t, list, 1)
		require.Equal(t, id, list[0].ID)
		require.Equal(t, lead.StageNormalize, list[0].Stage)
		require.Equal(t, lead.RejectionOpen, list[0].State)

		var full lead.Rejection
		h.call("GET", "/v1/rejections/"+id, nil, &full)
		require.Equal(t, body, string(full.Body), "the bytes are kept")
		require.Equal(t, []string{"周宁"}, full.Draft.Fields["name"])

		full.Draft.Fields["phone"] = []string{phone()}
		h.replay(id, full.Draft.Fields)
		st := h.becomes(id, lead.StateAssigned)
		require.Equal(t, "周宁", h.lead(st.Lead).Name)
		h.settle()
		h.call("GET", "/v1/rejections/"+id, nil, &full)
		require.Equal(t, lead.RejectionResolved, full.State)
		a := h.audit()
		require.EqualValues(t, 1, a.Touched)
		require.Zero(t, a.Rejected)
		require.Equal(t, "resolved", lead.AsError(h.api().call(context.Background(), "POST", "/v1/rejections/"+id+"/replay", map[string]any{}, nil)).Code)
	})
}

func TestACorrectionThatIsNotOneStaysARejection(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	id := h.accept("site", `{"name":"周宁"}`)
	h.becomes(id, lead.StateRejected)
	h.replay(id, map[string][]string{"name": {"周宁"}, "phone": {"0"}})
	require.Eventually(t, func() bool { return h.rejections()[0].Attempt == 1 }, patience, 5*time.Millisecond)
	require.Len(t, h.rejections(), 1)
	require.Equal(t, lead.StateRejected, h.status(id).State)
	require.EqualValues(t, 1, h.audit().Rejected)
}

func TestSpamIsHeldAndAReplayReleasesIt(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		id := h.accept("site", `{"name":"周宁","phone":"`+phone()+`","homepage_url":"http://seo.invalid"}`)
		h.becomes(id, lead.StateQuarantined)
		require.Empty(t, h.leads())
		require.GreaterOrEqual(t, h.rejections()[0].Score, lead.SpamThreshold)
		require.NotEmpty(t, h.rejections()[0].Signals)
		for _, r := range h.hubConfig().Reps {
			require.Zero(t, r.Assigned, "spam is never counted against a quota")
		}
		h.replay(id, nil)
		h.becomes(id, lead.StateAssigned)
	})
}

func (h *testHub) hubConfig() (c lead.Config) {
	h.t.Helper()
	h.call("GET", "/v1/config", nil, &c)
	return c
}

func TestOnlyTheBadRowOfAListIsRejectedAndCanBeCorrectedAlone(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		id := h.accept("site", fmt.Sprintf(`[{"name":"one","phone":"%s"},{"name":"two"},{"name":"three","phone":"%s"}]`, phone(), phone()))
		h.settle()
		require.Equal(t, lead.StateAssigned, h.status(id).State)
		require.Equal(t, lead.StateRejected, h.status(id+".1").State)
		require.Equal(t, lead.StateAssigned, h.status(id+".2").State)
		require.Len(t, h.rejections(), 1)
		require.Len(t, h.leads(), 2)
		require.True(t, h.audit().Balances(), "%+v", h.audit())
		h.replay(id+".1", map[string][]string{"name": {"two"}, "phone": {phone()}})
		h.becomes(id+".1", lead.StateAssigned)
		h.settle()
		require.Len(t, h.leads(), 3)
		for _, l := range h.leads() {
			require.Equal(t, 1, l.Touches)
		}
		require.True(t, h.audit().Balances(), "%+v", h.audit())
		require.Equal(t, lead.RejectionResolved, h.rejections()[0].State)
	})
}

func TestAPayloadThatWillNotParseIsAcceptedRejectedAndReplayable(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		id := h.accept("site", `{"name":"周宁","phone":`)
		st := h.becomes(id, lead.StateRejected)
		require.Equal(t, "bad_json", st.Code)
		require.NotEmpty(t, st.Reason)
		require.NotEmpty(t, st.Hint)
		h.settle()
		h.replay(id, nil) // still the same bytes
		require.Eventually(t, func() bool { return h.rejections()[0].Attempt == 1 }, patience, 5*time.Millisecond)
		h.replay(id, map[string][]string{"name": {"周宁"}, "phone": {phone()}})
		h.becomes(id, lead.StateAssigned)
	})
}

// foreign are records that no hub of ours wrote.
var foreign = map[string]stream.Record{
	"garbage":             {Key: []byte("\xff\x00"), Value: []byte("\x00\xff\xfe garbage")},
	"no key":              {Value: []byte("{}")},
	"a tombstone":         {Key: []byte("k")},
	"nothing":             {Key: []byte("k"), Value: []byte{}},
	"a JSON list":         {Value: []byte("[[[[]]]]")},
	"null":                {Value: []byte("null")},
	"text where none is":  {Value: []byte(`{"id":"x","identities":"none"}`)},
	"nobody in it":        {Value: []byte(`{"id":"sub_x","source":"site"}`)},
	"NULs":                {Value: []byte(`{"id":"sub_\u0000","source":"\u0000","identities":[{"kind":"mobile","value":"\u0000"}]}`)},
	"an unknown identity": {Value: []byte(`{"id":"sub_y","identities":[{"kind":"smell","value":"roses"}]}`)},
	"a broken header":     {Value: []byte("x"), Headers: []stream.Header{{Key: "leadhub-raw", Value: []byte("\x00{")}}},
	"a foreign header":    {Value: []byte("x"), Headers: []stream.Header{{Key: "leadhub-raw", Value: []byte(`{"id":"a\u0000b","source":"\u0000","received_at":"2026-01-02T03:04:05Z"}`)}}},
	"a huge index":        {Value: []byte("x"), Headers: []stream.Header{{Key: "leadhub-raw", Value: []byte(`{"id":"z","source":"site","index":9223372036854775807,"draft":{"fields":{"phone":["13"]}}}`)}}},
	"half a megabyte":     {Value: []byte(strings.Repeat("z", 900_000))},
}

func TestPoisonWrittenByAStrangerBecomesARejectionAndThePartitionMovesOn(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		for _, topic := range []string{"lead.raw", "lead.submissions", "lead.rejected"} {
			for name, r := range foreign {
				r.Topic = h.topic(topic)
				require.NoError(t, h.stream.Produce(context.Background(), r), name)
			}
		}
		var ids []string
		for range 10 { // more than there are partitions
			ids = append(ids, h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`))
		}
		for _, id := range ids {
			h.becomes(id, lead.StateAssigned)
		}
		h.settle()
		a := h.audit()
		require.True(t, a.Balances(), "%+v", a)
		require.Zero(t, a.Pending)
		require.EqualValues(t, 10, a.Touched)
		require.EqualValues(t, 10+len(foreign), a.Accepted)
		stages := map[string]int{}
		for _, j := range h.rejections() {
			if stages[j.Stage]++; j.Stage != "" { // a stranger's own rejection says nothing
				require.NotEmpty(t, j.Code)
				require.NotEmpty(t, j.Message)
				require.NotEmpty(t, j.Hint)
			}
		}
		require.NotZero(t, stages[lead.StageParse])
		require.NotZero(t, stages[lead.StageSink])
		require.Equal(t, http.StatusOK, h.send(h.request("GET", "/v1/rejections?limit=200", "", "Authorization", "Bearer "+benchToken)).Status)
	})
}

// What can be posted can be kept: whatever a body holds, it ends as a lead or as a rejection, and nothing behind it waits.
func TestNoBodyStopsTheFlow(t *testing.T) {
	big := 500 << 10
	many := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	var fields strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&fields, `"f%d":"<&>",`, i)
	}
	bodies := map[string]func() string{
		"a large text and nobody":     func() string { return `{"message":"` + largeText(big) + `"}` },
		"a large text that escapes":   func() string { return `{"phone":"` + phone() + `","message":"` + strings.Repeat("<", big) + `"}` },
		"large and escaped, nobody":   func() string { return `{"message":"` + strings.Repeat("<", big) + `"}` },
		"a large unknown field":       func() string { return `{"phone":"` + phone() + `","x":"` + strings.Repeat("&", big) + `"}` },
		"thousands of fields":         func() string { return `{` + fields.String() + `"phone":"` + phone() + `"}` },
		"thousands of fields, nobody": func() string { return `{` + fields.String() + `"a":"b"}` },
		"a large name":                func() string { return `{"phone":"` + phone() + `","name":"` + strings.Repeat("<", big) + `"}` },
		"a large company":             func() string { return `{"phone":"` + phone() + `","company":"` + strings.Repeat("<", big) + `"}` },
		"thousands of tags": func() string {
			return `{"phone":"` + phone() + `","tags":[` + many(`"`+strings.Repeat("<", 50)+`"`, 9000) + `]}`
		},
		"thousands of mails":      func() string { return `{"phone":"` + phone() + `","email":"` + manyMails(20_000) + `"}` },
		"thousands of rows":       func() string { return `[` + many(`{"name":"x"}`, 30_000) + `]` },
		"thousands of empty rows": func() string { return `[` + many(`{}`, 100_000) + `]` },
		"not JSON at all":         func() string { return strings.Repeat("\x00\xff<", big/3) },
		"deep":                    func() string { return strings.Repeat("[", big/2) + strings.Repeat("]", big/2) },
		"NULs and broken UTF-8": func() string {
			return `{"phone":"` + phone() + "\",\"name\":\"a\\u0000b\xff\xfe\",\"x\\u0000\":\"\\ud800\"}"
		},
		"NULs and broken UTF-8, nobody": func() string { return "{\"name\":\"a\\u0000b\xff\xfe\",\"x\\u0000\":\"\\ud800\"}" },
	}
	onEverySetup(t, func(t *testing.T, h *testHub) {
		accepted := 0
		for name, body := range bodies {
			a := h.send(h.request("POST", "/in/site/a%00b%ff?q=%00%ff&"+strings.Repeat("%26", 100), body(), "Referer", "http://x.invalid/%00"))
			require.Contains(t, []int{http.StatusAccepted, http.StatusRequestEntityTooLarge}, a.Status, "%s: %s", name, a.Body)
			if a.Status == http.StatusAccepted {
				accepted++
				h.ends(name, a.ID)
			}
		}
		require.Greater(t, accepted, 10)
		h.becomes(h.accept("site", `{"phone":"`+phone()+`"}`), lead.StateAssigned)
		h.settle()
		a := h.audit()
		require.True(t, a.Balances(), "%+v", a)
		require.EqualValues(t, accepted+1, a.Accepted)
		require.Zero(t, a.Pending)
		checkStream(t, h)
		var page lead.RejectionPage
		h.call("GET", "/v1/rejections?limit=200", nil, &page)
	})
}

// ends waits until something became of a submission.
func (h *testHub) ends(what, id string) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.status(id).State != lead.StateReceived }, patience, 5*time.Millisecond, "%s: nothing becomes of it", what)
}

func manyMails(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "p%d@haiheng-keji.cn ", i)
	}
	return b.String()
}

func TestAReplayOfManyTakesWhatTheFilterNames(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	for range 5 {
		h.accept("site", `{"你的号码":"`+phone()+`"}`) // a field that nobody mapped
	}
	held := h.accept("site", `{"phone":"`+phone()+`","homepage_url":"x"}`)
	h.settle()
	require.Len(t, h.rejections(), 6)
	h.call("PUT", "/v1/config", map[string]any{"sources": []any{map[string]any{"key": "site", "mapping": map[string]string{"你的号码": "phone"}}}}, nil)
	var out struct {
		Replayed int
		Failed   []json.RawMessage
	}
	h.call("POST", "/v1/rejections/replay", map[string]any{"source": "site"}, &out)
	require.Equal(t, 5, out.Replayed, "spam is released only when it is named")
	require.Empty(t, out.Failed)
	h.settle()
	require.Len(t, h.leads(), 5)
	require.Equal(t, lead.StateQuarantined, h.status(held).State)
}

// Every rejected row can be corrected alone, but a stranger's one post must not fill the disk with copies of itself.
func TestALargeListOfNobodiesDoesNotMultiply(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	rows := strings.Repeat(`{"name":"x"},`, 900)
	for len(rows) < 450<<10 {
		rows += `{"name":"x","message":"` + largeText(100_000) + `"},`
	}
	id := h.accept("site", "["+strings.TrimSuffix(rows, ",")+"]")
	h.ends("the list", id)
	h.settle()
	size := 0
	for _, r := range h.records("lead.rejected") {
		size += len(r.Value)
	}
	require.Less(t, size, 8<<20)
	a := h.audit()
	require.True(t, a.Balances())
	require.EqualValues(t, 1, a.Rejected)

	var page lead.RejectionPage
	h.call("GET", "/v1/rejections?limit=2", nil, &page)
	require.NotEmpty(t, page.Items)
	j := page.Items[len(page.Items)-1]
	h.replay(j.ID, map[string][]string{"name": {"x"}, "phone": {phone()}})
	require.Eventually(t, func() bool { return h.status(j.ID).State == lead.StateAssigned }, patience, 5*time.Millisecond)
}
