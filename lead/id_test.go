package lead_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestIDsSortByTheTimeTheyWereMade(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Less(t, lead.NewID("ld_", now), lead.NewID("ld_", now.Add(time.Millisecond)))
	require.NotEqual(t, lead.NewID("ld_", now), lead.NewID("ld_", now))
}

func TestTheSameEventHasTheSameIDAndNoOtherHas(t *testing.T) {
	require.Equal(t, lead.DeriveID("sub_", "ab", "c"), lead.DeriveID("sub_", "ab", "c"))
	require.NotEqual(t, lead.DeriveID("sub_", "ab", "c"), lead.DeriveID("sub_", "a", "bc"))
}

func TestOnlyTheHolderOfTheKeyCanSealAnID(t *testing.T) {
	key := []byte("0123456789abcdef")
	id := lead.Seal(lead.NewID("sub_", time.Now()), key)
	require.True(t, lead.Sealed(id, key))
	require.True(t, lead.Sealed(id+".1", key), "a further draft of the same Raw")
	require.False(t, lead.Sealed(id, []byte("another key entirely")))
	require.False(t, lead.Sealed("x"+id[1:], key))
	for _, short := range []string{"", "sub_", ".1", id[:6]} {
		require.False(t, lead.Sealed(short, key))
	}
}

func TestTwoIdentitiesNeverShareAKey(t *testing.T) {
	a := lead.Identity{Kind: lead.IdentityExternal, Scope: "shop:1", Value: "2"}
	b := lead.Identity{Kind: lead.IdentityExternal, Scope: "shop", Value: "1:2"}
	require.NotEqual(t, a.Key(), b.Key())
}

func TestIdentitiesAreSortedTheStrongestFirstWithoutRepeats(t *testing.T) {
	phone := lead.Identity{Kind: lead.IdentityMobile, Value: "+8613912340001"}
	mail := lead.Identity{Kind: lead.IdentityEmail, Value: "li@corp.cn"}
	weak := lead.Identity{Kind: lead.IdentityLandline, Value: "+862088881234"}
	require.Equal(t, []lead.Identity{phone, mail, weak}, lead.SortIdentities([]lead.Identity{weak, mail, phone, mail}))
	require.True(t, mail.Strong())
	require.False(t, weak.Strong())
}
