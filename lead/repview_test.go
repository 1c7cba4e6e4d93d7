package lead_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func viewOfChen(t *testing.T) *lead.RepView {
	c := lead.Config{Reps: []lead.Rep{{Key: "chen", Team: "east", Active: true}, {Key: "gone"}}, Pools: []lead.Pool{{Key: "sea", Enabled: true, Teams: []string{"east"}},
		{Key: "all", Enabled: true}, {Key: "far", Enabled: true, Teams: []string{"west"}}, {Key: "shut", Teams: []string{"east"}}}}
	for _, nobody := range []string{"gone", "never", ""} {
		_, err := c.RepView(nobody)
		require.Equal(t, "rep_inactive", lead.AsError(err).Code, nobody)
	}
	v, err := c.RepView("chen")
	require.NoError(t, err)
	return v
}

func TestARepMayUseTheOpenPoolsOfHisTeam(t *testing.T) {
	v := viewOfChen(t)
	for key, open := range map[string]bool{"sea": true, "all": true, "far": false, "shut": false, "": false, "nowhere": false} {
		require.Equal(t, open, v.Pool(key) != nil, key)
		_, shown := v.Show(lead.Lead{ID: "l", Course: lead.Course{Pool: key}})
		require.Equal(t, open, shown, key)
		_, shown = v.Show(lead.Lead{ID: "l", Owner: "li", Course: lead.Course{Pool: key}})
		require.False(t, shown, "what somebody has is nobody else's, wherever it lies")
	}
}

func TestSomebodyAboveSeesEverything(t *testing.T) {
	var above *lead.RepView
	l := lead.Lead{ID: "l", Owner: "li", Phones: []string{"+8613912345678"}}
	shown, ok := above.Show(l)
	require.True(t, ok)
	require.Equal(t, l, shown)
	require.Equal(t, l, above.After(l))
	require.Equal(t, []lead.Lead{l}, above.Page(lead.LeadPage{Items: []lead.Lead{l}}).Items)
	q, err := above.Narrow(lead.LeadQuery{Text: "139", Pool: "sea"})
	require.NoError(t, err)
	require.Equal(t, lead.LeadQuery{Text: "139", Pool: "sea"}, q)
	refused := &lead.Error{Code: "not_owner"}
	require.Equal(t, refused, above.Refusal(refused, nil))
}

func TestTheHistoryOfARepsLeadNamesNoLeadOfAColleague(t *testing.T) {
	d := lead.LeadDetail{Lead: lead.Lead{ID: "l", Owner: "chen"},
		Duplicates: []lead.LeadDuplicate{{Number: "XL20260102-000001", Owner: "li"}, {Number: "XL20260102-000002", Owner: "chen"}},
		History: []lead.Event{{Type: lead.EventDuplicate, Why: "may be the same as XL20260102-000001 of li, score 8.0: same name"},
			{Type: lead.EventDuplicate, Why: "may be the same as XL20260102-000002 of chen, score 8.0: same name"},
			{Type: lead.EventDuplicate, Why: "may be the same as XL20260102-000003, score 8.0: a pair that is no more"},
			{Type: lead.ChangeAssigned, To: "chen", Why: "chen held the fewest leads", Trace: []lead.Tried{{Rule: "r"}}},
			{Type: lead.ChangeAssigned, To: "li", Why: "li held the fewest leads for his weight: 3 with weight 2", Trace: []lead.Tried{{Rule: "r"}}}}}
	shown, err := viewOfChen(t).Detail(d)
	require.NoError(t, err)
	require.Equal(t, []lead.LeadDuplicate{d.Duplicates[1]}, shown.Duplicates)
	require.Equal(t, []lead.Event{d.History[1], {Type: lead.ChangeAssigned, To: "chen", Why: "chen held the fewest leads"}, {Type: lead.ChangeAssigned, To: "li"}}, shown.History)
	require.Len(t, d.History, 5, "what others look at stays as it was")
	require.NotNil(t, d.History[3].Trace)
}

func TestARefusalTellsNothingOfALeadThatIsNotShown(t *testing.T) {
	v := viewOfChen(t)
	theirs := func() (lead.LeadDetail, error) { return lead.LeadDetail{Lead: lead.Lead{Owner: "li"}}, nil }
	pooled := func() (lead.LeadDetail, error) {
		return lead.LeadDetail{Lead: lead.Lead{Course: lead.Course{Pool: "sea"}}}, nil
	}
	away := errors.New("away")
	for _, code := range []string{"not_owner", "not_your_pool", "not_in_pool", "pool_closed"} {
		refused := &lead.Error{Kind: lead.KindForbidden, Code: code}
		require.Equal(t, lead.UnknownLead(), v.Refusal(refused, theirs))
		require.Equal(t, refused, v.Refusal(refused, pooled))
		require.Equal(t, away, v.Refusal(refused, func() (lead.LeadDetail, error) { return lead.LeadDetail{}, away }))
	}
	faster := &lead.Error{Kind: lead.KindConflict, Code: "already_claimed"}
	require.Equal(t, faster, v.Refusal(faster, theirs), "a claim alone says so")
	require.NoError(t, v.Refusal(nil, theirs))
}
