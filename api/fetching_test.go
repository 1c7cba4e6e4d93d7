package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestASourceTellsHowItIsAsked(t *testing.T) {
	f := newFakes()
	at := moment
	f.fetching = func() ([]lead.Fetching, error) {
		return []lead.Fetching{{Source: "k", Ways: []string{lead.WayPoll}, Pending: 3, Tokens: []lead.TokenHealth{{Name: "access", Expires: &at}},
			FetchReport: lead.FetchReport{Poll: &lead.PollReport{Success: &at, Brought: 7, Trouble: &lead.Trouble{Code: "busy", Message: "the vendor is busy", Times: 2}}}}}, nil
	}
	one := f.as(t, lead.ScopeConfigRead, "GET", "/v1/sources/k/fetching", "")
	require.Equal(t, 200, one.Code, one.Body)
	got := one.json()
	require.Equal(t, "k", got["source"])
	require.Equal(t, "busy", got["poll"].(map[string]any)["trouble"].(map[string]any)["code"])
	require.Equal(t, "access", got["tokens"].([]any)[0].(map[string]any)["name"])
	all := f.admin(t, "GET", "/v1/fetching", "")
	require.Equal(t, got, all.json()["items"].([]any)[0])
	require.Equal(t, 404, f.admin(t, "GET", "/v1/sources/other/fetching", "").Code)
	require.Equal(t, 403, f.as(t, lead.ScopeRejections, "GET", "/v1/fetching", "").Code)
}

func TestRejectionsThatWaitForTheHubAreListed(t *testing.T) {
	f := newFakes()
	var asked lead.RejectionQuery
	f.rejections = func(q lead.RejectionQuery) (lead.RejectionPage, error) { asked = q; return lead.RejectionPage{}, nil }
	require.Equal(t, 200, f.admin(t, "GET", "/v1/rejections?state=pending&stage=fetch", "").Code)
	require.Equal(t, lead.RejectionQuery{State: "pending", Stage: "fetch", Limit: 50}, asked)
}
