package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
)

// duplicates waits until the queue of a lead has n pairs in a state.
func (h *testHub) duplicates(of, state string, n int) []lead.Duplicate {
	h.t.Helper()
	var page lead.DuplicatePage
	require.Eventually(h.t, func() bool {
		page = lead.DuplicatePage{}
		h.call("GET", "/v1/duplicates"+query("lead", of, "state", state), nil, &page)
		return len(page.Items) == n
	}, patience, 10*time.Millisecond, "%s does not have %d %s duplicates", of, n, state)
	return page.Items
}

// matched waits until the search for duplicates has looked at everything that was published.
func (h *testHub) matched() {
	h.t.Helper()
	h.settle()
	topic := h.topic("lead.changes")
	require.Eventually(h.t, func() bool {
		lag, err := h.stream.Lag(context.Background(), h.flags.TopicPrefix+"leadhub.match", topic)
		return err == nil && lag[topic] == 0
	}, patience, 10*time.Millisecond)
}

func TestOnePersonWithAWrongDigitIsAPossibleDuplicateUntilAPersonDecides(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		wrong := number[:len(number)-1] + string('0'+(number[len(number)-1]-'0'+1)%10)
		first := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"欧阳晓","phone":"%s"}`, number)), lead.StateAssigned)
		second := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"欧阳晓","phone":"%s"}`, wrong)), lead.StateAssigned)
		require.NotEqual(t, first.Lead, second.Lead)

		d := h.duplicates(first.LeadNumber, lead.DuplicateOpen, 1)[0]
		require.ElementsMatch(t, []string{first.Lead, second.Lead}, []string{d.A.ID, d.B.ID})
		levels := map[string]string{}
		for _, p := range d.Parts {
			levels[p.Field] = p.Level
			require.NotEmpty(t, p.Text)
			require.NotEmpty(t, p.TextZH)
		}
		require.Equal(t, match.NameSame, levels[match.FieldName])
		require.Equal(t, match.PhoneDigit, levels[match.FieldPhone])
		require.GreaterOrEqual(t, d.Score, match.Likely)

		newer := h.lead(d.B.ID)
		require.Len(t, newer.Duplicates, 1)
		require.Equal(t, d.A.Number, newer.Duplicates[0].Number)
		var reminder lead.Event
		for _, e := range newer.History {
			if e.Type == lead.EventDuplicate {
				reminder = e
			}
		}
		require.Contains(t, reminder.Why, "may be the same as "+d.A.Number)
		require.NotContains(t, reminder.Why, number)

		h.call("POST", "/v1/leads/"+d.A.ID+"/merge", map[string]string{"with": d.B.ID}, nil)
		h.duplicates(d.A.ID, "", 0)
		h.call("POST", "/v1/leads/"+d.A.ID+"/split", map[string]any{"touches": []string{second.ID}, "why": "father and son"}, nil)
		apart := h.duplicates(first.Lead, lead.DuplicateDismissed, 1)[0]
		require.Equal(t, "father and son", apart.Dismissed.Why)
		require.NotEmpty(t, apart.Dismissed.Decision)

		require.NoError(t, h.hub.RebuildMatches(t.Context()))
		h.duplicates(first.Lead, lead.DuplicateDismissed, 1)
		h.duplicates(first.Lead, lead.DuplicateOpen, 0)
	})
}

func TestTwoPeopleOfACommonNameInTwoCompaniesAreNoDuplicate(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		one := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"张伟","phone":"%s","company":"星河科技有限公司"}`, phone())), lead.StateAssigned)
		h.becomes(h.accept("site", fmt.Sprintf(`{"name":"张伟","phone":"%s","company":"北辰餐饮有限公司"}`, "1398"+phone()[4:])), lead.StateAssigned)
		h.matched()
		h.duplicates(one.Lead, "", 0)
	})
}

func TestADismissedPairIsGoneFromTheQueue(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		wrong := number[:len(number)-1] + string('0'+(number[len(number)-1]-'0'+1)%10)
		one := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"诸葛明","phone":"%s"}`, number)), lead.StateAssigned)
		two := h.becomes(h.accept("site", fmt.Sprintf(`{"name":"诸葛明","phone":"%s"}`, wrong)), lead.StateAssigned)
		h.duplicates(one.Lead, lead.DuplicateOpen, 1)
		var d lead.Duplicate
		h.call("POST", "/v1/duplicates/"+one.LeadNumber+"/"+two.LeadNumber, map[string]string{"decision": "dismiss", "why": "twins"}, &d)
		require.Equal(t, lead.DuplicateDismissed, d.State)
		require.Empty(t, h.lead(one.Lead).Duplicates)
		h.call("POST", "/v1/duplicates/"+two.Lead+"/"+one.Lead, map[string]string{"decision": "reopen"}, &d)
		h.duplicates(one.Lead, lead.DuplicateOpen, 1)
	})
}
