package lead_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestACurrencyIsWrittenInCapitalsWhoeverTellsIt(t *testing.T) {
	for told, kept := range map[string]string{"cny": "CNY", " Usd ": "USD", "EUR": "EUR", "": ""} {
		f := lead.Feedback{Lead: "l", Status: lead.StatusConverted, Amount: "1", Currency: told}
		require.NoError(t, f.Check(), told)
		require.Equal(t, kept, f.Currency)
	}
	for _, told := range []string{"元", "RMB1", "C1Y", "CN", "人民币"} {
		f := lead.Feedback{Lead: "l", Status: lead.StatusConverted, Amount: "1", Currency: told}
		require.Equal(t, []string{"currency"}, lead.AsError(f.Check()).Fields, told)
	}
}

func TestNurtureComesWithAReminder(t *testing.T) {
	f := lead.Feedback{Lead: "l", Status: lead.StatusNurturing, Way: "call"}
	e := lead.AsError(f.Check())
	require.Equal(t, []any{lead.KindInvalid, "no_reminder", []string{"next_at"}, true}, []any{e.Kind, e.Code, e.Fields, e.Hint != ""})
	f.NextAt = time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	require.NoError(t, f.Check())
}

func TestNullInAFeedbackOfTheTopicIsNothing(t *testing.T) {
	var f lead.Feedback
	require.NoError(t, json.Unmarshal([]byte(`{"id":null,"lead":"l","status":null,"way":"call","feedback":null,"next_at":null,"amount":null,"currency":null,"customer":null,"reason":null,"at":null,"by":null}`), &f))
	require.Equal(t, lead.Feedback{Lead: "l", Way: "call"}, f)
	require.NoError(t, f.Check())
}
