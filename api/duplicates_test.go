package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestTheQueueOfDuplicatesIsFilteredByWhatIsAsked(t *testing.T) {
	f := newFakes()
	var asked lead.DuplicateQuery
	f.duplicates = func(q lead.DuplicateQuery) (lead.DuplicatePage, error) {
		asked = q
		return lead.DuplicatePage{Items: make([]lead.Duplicate, 1), Next: "8,ld_1,ld_2"}, nil
	}
	a := f.as(t, lead.ScopeLeadsRead, "GET", "/v1/duplicates?state=open&min=7.5&lead=XL-1&cursor=9,ld_1,ld_2&limit=10", "")
	require.Equal(t, http.StatusOK, a.Code, a.Body)
	require.Equal(t, lead.DuplicateQuery{State: "open", Min: 7.5, Lead: "XL-1", Cursor: "9,ld_1,ld_2", Limit: 10}, asked)
	require.Equal(t, "8,ld_1,ld_2", a.json()["next"])
	item := a.json()["items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{}, item["parts"])
	require.Equal(t, []any{}, item["b"].(map[string]any)["phones"])
	for _, wrong := range []string{"?state=merged", "?min=x", "?stat=open"} {
		require.Equal(t, http.StatusUnprocessableEntity, f.admin(t, "GET", "/v1/duplicates"+wrong, "").Code, wrong)
	}
}

func TestADuplicateIsDismissedAndOpenedInTheNameOfWhoAsks(t *testing.T) {
	f := newFakes()
	var said string
	f.decideDuplicate = func(a, b, decision string, o lead.Order) (lead.Duplicate, error) {
		said = a + " " + b + " " + decision + " " + o.Actor + " " + o.Why
		return lead.Duplicate{State: lead.DuplicateDismissed}, nil
	}
	a := f.as(t, lead.ScopeLeadsWrite, "POST", "/v1/duplicates/ld_1/XL-2", `{"decision":"dismiss","why":"father and son"}`)
	require.Equal(t, http.StatusOK, a.Code, a.Body)
	require.Equal(t, "ld_1 XL-2 dismiss person:somebody father and son", said)
	require.Equal(t, lead.DuplicateDismissed, a.json()["state"])
	require.Equal(t, http.StatusUnprocessableEntity, f.admin(t, "POST", "/v1/duplicates/ld_1/XL-2", `{"decision":"merge"}`).Code)
	f.decideDuplicate = func(string, string, string, lead.Order) (lead.Duplicate, error) {
		return lead.Duplicate{}, lead.NotFound("duplicate_not_found", "these two leads are not a possible duplicate", "")
	}
	require.Equal(t, "duplicate_not_found", f.admin(t, "POST", "/v1/duplicates/ld_1/XL-2", `{"decision":"reopen"}`).json()["code"])
}
