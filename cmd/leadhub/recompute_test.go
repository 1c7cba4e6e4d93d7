package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// recompute starts a run and waits for its end.
func (h *testHub) recompute(in any) lead.Recompute {
	h.t.Helper()
	var run lead.Recompute
	h.call("POST", "/v1/recompute", in, &run)
	id := run.ID
	require.Eventually(h.t, func() bool {
		h.call("GET", "/v1/recompute", nil, &run)
		return run.State != lead.RecomputeRunning
	}, patience, 5*time.Millisecond)
	require.Equal(h.t, id, run.ID)
	return run
}

func TestARuleIsTriedBeforeItIsUsedAndThenReachesTheWholePool(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		// Three people of one office leave its mobile number, each with a mailbox of their own; around them are others.
		office := phone()
		var subs []string
		for _, mail := range []string{"an", "bo", "cui"} {
			subs = append(subs, h.accept("site", fmt.Sprintf(`{"phone":"%s","email":"%s@beichen-canyin.cn","company":"北辰餐饮"}`, office, mail)))
		}
		for i := range 130 { // more than one chunk
			h.accept("site", fmt.Sprintf(`{"name":"何%d","phone":"%s"}`, i, phone()))
		}
		one := h.becomes(subs[0], lead.StateAssigned).Lead
		h.becomes(subs[1], lead.StateAssigned)
		require.Equal(t, one, h.becomes(subs[2], lead.StateAssigned).Lead)
		h.settle()
		before := h.leads()

		strict := map[string]any{"generic": map[string]int{"mobile": 2}}
		run := h.recompute(map[string]any{"dry_run": true, "merge": strict})
		require.Equal(t, lead.RecomputeDone, run.State, run.Error)
		require.True(t, run.DryRun)
		require.EqualValues(t, len(before), run.Total)
		require.EqualValues(t, len(before), run.Looked)
		require.EqualValues(t, 0, run.Merged)
		require.EqualValues(t, 2, run.Split)
		require.EqualValues(t, 1, run.Changed)
		require.Len(t, run.Differences, 3)
		for _, d := range run.Differences {
			require.NotEmpty(t, d.Text)
			require.NotEmpty(t, d.TextZH)
			require.NotEmpty(t, d.Fields)
			if d.Lead == one {
				i := indexOfField(d.Fields, "emails")
				require.GreaterOrEqual(t, i, 0)
				require.Contains(t, d.Fields[i].Before, "an@beichen-canyin.cn")
				require.NotEqual(t, d.Fields[i].Before, d.Fields[i].After)
			} else {
				require.Equal(t, lead.RecomputeSplit, d.Code)
				require.Equal(t, h.lead(one).Number, d.With)
			}
		}
		require.Equal(t, asJSON(t, before), asJSON(t, h.leads()), "nothing was changed")

		require.Equal(t, "rules_need_dry_run", h.refused("POST", "/v1/recompute", map[string]any{"merge": strict}))
		require.Equal(t, "unknown_source", h.refused("POST", "/v1/recompute", map[string]any{"dry_run": true, "trust": map[string]int{"nowhere": 1}}))
		require.Equal(t, "bad_merge_rules", h.refused("POST", "/v1/recompute", map[string]any{"dry_run": true, "merge": map[string]any{"generic": map[string]int{"landline": 2}}}))
		require.Equal(t, "not_running", h.refused("DELETE", "/v1/recompute", nil))

		var done struct{ Recompute bool }
		h.call("PUT", "/v1/config", map[string]any{"settings": map[string]any{"merge": strict}}, &done)
		require.True(t, done.Recompute)
		require.True(t, h.why(one, "").Pending, "the pool has not followed yet")
		run = h.recompute(map[string]any{})
		require.Equal(t, lead.RecomputeDone, run.State, run.Error)
		require.EqualValues(t, 2, run.Split)
		w := h.why(one, "")
		require.False(t, w.Pending)
		require.Equal(t, lead.WhyOneTouch, w.Code)
		require.Equal(t, lead.WhyGeneric, w.Apart[0].Code)
		other := h.status(subs[1]).Lead
		if other == one { // of touches recorded together, the lowest id keeps the lead
			other = h.status(subs[0]).Lead
		}
		two := h.why(one, other)
		require.False(t, two.One)
		require.Equal(t, lead.WhyGeneric, two.Apart[0].Code)

		run = h.recompute(map[string]any{})
		require.Zero(t, run.Merged+run.Split+run.Changed, "a second run finds nothing to do")
		require.NotNil(t, run.Ended)

		h.call("PUT", "/v1/config", map[string]any{"settings": map[string]any{"merge": map[string]any{}}}, nil)
		run = h.recompute(map[string]any{})
		require.EqualValues(t, 2, run.Merged, "the old rule brings them together again")
		h.settle()
		require.Equal(t, 3, h.lead(one).Touches)
		require.True(t, h.audit().Balances())
		checkStream(t, h)
	})
}

func indexOfField(fields []lead.FieldChange, name string) int {
	for i, f := range fields {
		if f.Field == name {
			return i
		}
	}
	return -1
}

func TestTrustAndNeverKeysCanBeTriedToo(t *testing.T) {
	h := startTestHub(t, embeddedFlags(t))
	number := phone()
	id := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"林晓","phone":"%s","company":"星河科技"}`, number)), lead.StateAssigned).Lead
	h.becomes(h.accept("fair", fmt.Sprintf(`{"name":"林晓","phone":"%s","company":"云帆科技"}`, number)), lead.StateAssigned)
	require.Equal(t, "云帆科技", h.lead(id).Company)

	run := h.recompute(map[string]any{"dry_run": true, "trust": map[string]int{"site": 90}})
	require.EqualValues(t, 1, run.Changed)
	i := indexOfField(run.Differences[0].Fields, "company")
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, lead.FieldChange{Field: "company", Before: "云帆科技", After: "星河科技"}, run.Differences[0].Fields[i])

	run = h.recompute(map[string]any{"dry_run": true, "never_keys": []string{number}})
	require.EqualValues(t, 1, run.Split)
	require.Equal(t, "bad_never_key", h.refused("POST", "/v1/recompute", map[string]any{"dry_run": true, "never_keys": []string{"x"}}))
}

func TestANumberThatIsOnTheListNoMoreComesBackToWhatCameBefore(t *testing.T) {
	h := startTestHub(t, embeddedFlags(t))
	number := phone()
	h.call("PUT", "/v1/config", map[string]any{"settings": map[string]any{"never_keys": []string{number}}}, nil)
	for i := range 2 {
		h.becomes(h.accept("site", fmt.Sprintf(`{"name":"林晓","phone":"%s","email":"lin%d@beichen-canyin.cn"}`, number, i)), lead.StateAssigned)
	}
	require.Len(t, h.leads(), 2, "nobody is recognised by it")
	run := h.recompute(map[string]any{"dry_run": true, "never_keys": []string{}})
	require.EqualValues(t, 1, run.Merged)
	h.call("PUT", "/v1/config", map[string]any{"settings": map[string]any{"never_keys": []string{}}}, nil)
	run = h.recompute(map[string]any{})
	require.EqualValues(t, 1, run.Merged, run.Error)
	h.settle()
	require.Len(t, h.leads(), 1)
	require.Zero(t, h.recompute(map[string]any{}).Changed, "a second run finds nothing to do")
	require.True(t, h.audit().Balances())
	checkStream(t, h)
}
