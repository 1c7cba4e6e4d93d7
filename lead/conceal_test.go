package lead_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestAMaskNeverShowsAllOfAValue(t *testing.T) {
	l := lead.Lead{Name: "王", Company: "甲", Title: "X", Address: "路", Honorific: "先生", Phones: []string{"+8613912345678", "+6591234567"},
		Emails: []string{"a@b.example", "nonsense"}, Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市", District: "南山区", Code: "440305"}}
	all := []string{"name", "honorific", "phones", "emails", "company", "title", "address", "region", "message"}
	pool := lead.Pool{Masked: all}
	got := pool.Conceal(l)
	require.Equal(t, []string{"***", "***", "***", "***", "***"}, []string{got.Name, got.Company, got.Title, got.Address, got.Honorific})
	require.Equal(t, []string{"139****5678", "****67"}, got.Phones)
	require.Equal(t, []string{"***@b.example", "***"}, got.Emails)
	require.Equal(t, lead.Region{Country: "CN", Province: "广东省"}, got.Region)

	pool = lead.Pool{Hidden: all, Masked: all}
	got = pool.Conceal(l)
	require.Empty(t, got.Name+got.Company+got.Title+got.Address+got.Honorific, "what is hidden is not shown in part")
	require.Empty(t, got.Phones)
	require.Empty(t, got.Emails)
	require.Equal(t, lead.Region{}, got.Region)

	pool = lead.Pool{}
	got = pool.Conceal(l)
	require.Equal(t, "王", got.Name)
	require.Equal(t, "139****5678", got.Phones[0], "phones and emails unless it says otherwise")
	require.Equal(t, "+8613912345678", l.Phones[0], "what was given stays as it was")
}
