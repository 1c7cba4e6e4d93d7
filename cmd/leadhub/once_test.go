package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestAThousandPostsWithConcurrentRepeatsAreEachOneTouchAndReplayingThemChangesNothing(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		const posts, repeated = 1000, 20
		people := newLoad(posts, 30)
		ids := make([]string, posts)
		var mu sync.Mutex
		var wg sync.WaitGroup
		next := make(chan int)
		for range 16 {
			wg.Go(func() {
				for i := range next {
					key := fmt.Sprintf("post-%d", i)
					a, err := trySend(h.request("POST", "/in/site", string(people.body(i)), "Idempotency-Key", key))
					if err != nil || a.Status != http.StatusAccepted {
						t.Errorf("post %d: %d %v", i, a.Status, err)
						continue
					}
					mu.Lock()
					if ids[i] != "" && ids[i] != a.ID {
						t.Errorf("key %s got two ids", key)
					}
					ids[i] = a.ID
					mu.Unlock()
				}
			})
		}
		for i := range posts {
			next <- i
			if i%(posts/repeated) == 0 {
				for range 9 {
					next <- i // ten at once
				}
			}
		}
		close(next)
		wg.Wait()
		h.settle()

		distinct := map[string]bool{}
		for i, id := range ids {
			distinct[id] = true
			if i%10 == 0 {
				require.Equal(t, lead.StateAssigned, h.status(id).State)
			}
		}
		require.Len(t, distinct, posts)
		require.Len(t, h.records("lead.raw"), posts+9*repeated, "the broker has every delivery")
		a := h.audit()
		require.Equal(t, lead.Audit{Accepted: posts, Touched: posts, Missing: []string{}, Duplicated: []string{}}, a)
		touches := 0
		for _, l := range h.leads() {
			touches += l.Touches
		}
		require.Equal(t, posts, touches)
		checkStream(t, h)

		before, changes := h.pool(), len(h.records("lead.changes"))
		var out struct{ Replayed int }
		h.call("POST", "/v1/replay", map[string]any{}, &out)
		require.Equal(t, posts, out.Replayed)
		h.settle()
		require.Equal(t, before, h.pool(), "redelivery changes nothing")
		require.Len(t, h.records("lead.changes"), changes)
		require.EqualValues(t, posts+9*repeated+posts, metric(t, h, "leadhub_recorded_total"))
		require.Equal(t, a, h.audit())
	})
}

// pool is what people can see of it: leads, some of them with their touches, provenance and history, and rejections.
func (h *testHub) pool() string {
	h.t.Helper()
	var all []any
	for i, l := range h.leads() {
		if all = append(all, l); i < 50 {
			all = append(all, h.lead(l.ID))
		}
	}
	rejections := h.rejections()
	slices.SortFunc(rejections, func(a, b lead.Rejection) int { return strings.Compare(a.ID, b.ID) }) // a repeat comes first
	for _, j := range rejections {
		var full lead.Rejection
		h.call("GET", "/v1/rejections/"+j.ID, nil, &full)
		full.At, full.Attempt = time.Time{}, 0 // of the latest try
		if full.Raw != nil {
			full.Raw.Attempt = 0
		}
		all = append(all, full)
	}
	b, err := json.Marshal(all)
	require.NoError(h.t, err)
	return string(b)
}

func TestReplayingEverythingLeavesRejectionsAndQuarantineAsTheyAre(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.accept("site", `{"name":"周宁"}`)
		h.accept("site", `{"phone":"`+phone()+`","homepage_url":"http://seo.invalid"}`)
		h.accept("site", `[{"name":"one","phone":"`+phone()+`"},{"name":"two"},{"name":"three","phone":"`+phone()+`"}]`)
		h.accept("site", `{"phone":`)
		h.settle()
		before, audit := h.pool(), h.audit()
		require.EqualValues(t, 4, audit.Accepted)
		for range 2 {
			h.call("POST", "/v1/replay", map[string]any{"source": "site"}, nil)
			h.settle()
			require.Equal(t, before, h.pool())
			require.Equal(t, audit, h.audit())
		}
	})
}

func TestASubmissionThatCameInByCorrectionStaysInWhenItsFirstFormIsReplayed(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		id := h.accept("site", `{"name":"周宁","phone":"135"}`)
		h.becomes(id, lead.StateRejected)
		number := phone()
		h.replay(id, map[string][]string{"name": {"周宁"}, "phone": {number}})
		h.becomes(id, lead.StateAssigned)
		h.settle()
		before := h.pool()
		h.call("POST", "/v1/replay", map[string]any{}, nil)
		h.settle()
		require.Equal(t, before, h.pool())
		require.Equal(t, lead.StateAssigned, h.status(id).State)
		require.True(t, h.audit().Balances(), "%+v", h.audit())
	})
}

// replay replays a rejection through the API, corrected when fields are given.
func (h *testHub) replay(id string, fields map[string][]string) {
	h.t.Helper()
	in := map[string]any{}
	if fields != nil {
		in["draft"] = map[string]any{"fields": fields}
	}
	h.call("POST", "/v1/rejections/"+id+"/replay", in, nil)
}

func TestAStandardWebhookThatIsSentAgainIsOneSubmission(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	body := `{"name":"周宁","phone":"` + phone() + `"}`
	ids := map[string]bool{}
	for range 3 {
		req := h.request("POST", "/in/signed", body)
		signTest(t, req, "msg_1", []byte(body))
		a := h.send(req)
		require.Equal(t, http.StatusAccepted, a.Status, a.Body)
		ids[a.ID] = true
	}
	require.Len(t, ids, 1)
	h.settle()
	require.Len(t, h.leads(), 1)
	require.Equal(t, 1, h.leads()[0].Touches)
}

func TestTwoSourcesMayUseTheSameKeys(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	one := h.accept("site", `{"phone":"`+phone()+`"}`, "Idempotency-Key", "1")
	two := h.accept("fair", `{"phone":"`+phone()+`"}`, "Idempotency-Key", "1")
	require.NotEqual(t, one, two)
	h.settle()
	require.Len(t, h.leads(), 2)
}

func TestTheStatusURLTellsWhereASubmissionIs(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		a := h.post("site", `{"name":"周宁","phone":"`+number+`"}`)
		require.Equal(t, "/v1/submissions/"+a.ID, a.URL)
		require.Equal(t, "application/json", a.Header.Get("Content-Type"))
		st := h.becomes(a.ID, lead.StateAssigned)
		require.NotEmpty(t, st.Lead)
		require.NotEmpty(t, st.LeadNumber)
		require.NotEmpty(t, st.Owner)
		require.NotEmpty(t, st.Reason)

		rejected := h.becomes(h.accept("site", `{"name":"周宁"}`), lead.StateRejected)
		require.Equal(t, "no_identity", rejected.Code)
		require.NotEmpty(t, rejected.Hint)
		held := h.becomes(h.accept("site", `{"phone":"`+phone()+`","homepage_url":"x"}`), lead.StateQuarantined)
		require.Equal(t, "spam", held.Code)

		// Nobody to assign to: new leads stay pooled, others are merged into them.
		for _, rep := range []string{"chen", "sun"} {
			h.call("PUT", "/v1/config", map[string]any{"reps": []any{map[string]any{"key": rep, "active": false}}}, nil)
		}
		number = phone()
		pooled := h.becomes(h.accept("site", `{"phone":"`+number+`"}`), lead.StatePooled)
		merged := h.becomes(h.accept("fair", `{"phone":"`+number+`"}`), lead.StateMerged)
		require.Equal(t, pooled.Lead, merged.Lead)

		for _, id := range []string{"sub_00000000000000000000000000ABCDEF", "nonsense", a.ID + "0", a.ID[:len(a.ID)-1], strings.Replace(a.ID, "sub_", "sub_0", 1), "%00"} {
			err := h.api().call(context.Background(), "GET", "/v1/submissions/"+id, nil, nil)
			require.Error(t, err, id)
		}
		require.Equal(t, http.StatusNotFound, h.send(h.request("GET", "/v1/submissions/sub_00000000000000000000000000ABCDEF", "", "Authorization", "Bearer "+benchToken)).Status)
	})
}

func TestASubmissionOnItsWayIsReceived(t *testing.T) {
	t.Parallel()
	b := startOutsideBroker(t)
	f := embeddedFlags(t)
	f.Kafka, f.Roles = b.config.Listen, []string{"intake", "console"} // nobody works on it
	h := startTestHub(t, f)
	require.Equal(t, lead.StateReceived, h.status(h.accept("site", `{"phone":"`+phone()+`"}`)).State)
	b.goAway()
	require.Equal(t, lead.StateReceived, h.status(h.accept("site", `{"phone":"`+phone()+`"}`)).State)
}
