package lead

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kinds of Identity. The scope of a kind is what its value is unique in.
const (
	IdentityMobile   = "mobile"          // E.164; scope ""
	IdentityEmail    = "email"           // Email.Key; scope ""
	IdentityUnionID  = "unionid"         // scope: WeChat open platform account
	IdentityOpenID   = "openid"          // scope: appid
	IdentityWecom    = "external_userid" // scope: corp
	IdentityBuyer    = "buyer_id"        // scope: platform or shop, like "taobao" or "jd"
	IdentityExternal = "external_id"     // scope: key of the source
	IdentityLandline = "landline"        // weak; E.164 with extension
	IdentityRoleMail = "role_email"      // weak
)

// strengths: strong identities join leads by themselves, the higher first when one must be chosen; weak ones (below 100)
// only raise a possible duplicate.
var strengths = map[string]int{
	IdentityMobile:   900,
	IdentityEmail:    800,
	IdentityUnionID:  700,
	IdentityWecom:    600,
	IdentityOpenID:   500,
	IdentityBuyer:    400,
	IdentityExternal: 300,
	IdentityLandline: 50,
	IdentityRoleMail: 40,
}

// Identity is one way to recognise a person.
type Identity struct {
	Kind  string `json:"kind"`
	Scope string `json:"scope,omitempty"`
	Value string `json:"value"`
}

// Key is the identity as one string, unique over kind, scope and value: "mobile::+8613912345678". A colon in
// the scope is written as a slash, so that two identities of different kinds or scopes never share a key.
func (i Identity) Key() string {
	return i.Kind + ":" + strings.ReplaceAll(i.Scope, ":", "/") + ":" + i.Value
}

// Strength orders kinds; 0 for a kind that is not known.
func (i Identity) Strength() int { return strengths[i.Kind] }

// Strong reports whether this identity joins leads by itself.
func (i Identity) Strong() bool { return strengths[i.Kind] >= 100 }

// SortIdentities sorts the strongest first, then by kind, scope and value, and drops repeats.
func SortIdentities(ids []Identity) []Identity {
	slices.SortFunc(ids, CompareIdentities)
	return slices.Compact(ids)
}

// CompareIdentities orders by strength, downwards, then as Key does.
func CompareIdentities(a, b Identity) int {
	return cmp.Or(
		cmp.Compare(b.Strength(), a.Strength()),
		strings.Compare(a.Kind, b.Kind),
		strings.Compare(a.Scope, b.Scope),
		strings.Compare(a.Value, b.Value),
	)
}

// Hold adds identities, seen at a moment, to held ones: the strongest first, then by key. Generic marks stay.
func Hold(held []HeldIdentity, at time.Time, ids ...Identity) []HeldIdentity {
	more := make([]HeldIdentity, len(ids))
	for i, id := range ids {
		more[i] = HeldIdentity{Identity: id, First: at, Last: at}
	}
	return UniteHeld(held, more)
}

// UniteHeld is the union of two lists of held identities, sorted.
func UniteHeld(a, b []HeldIdentity) []HeldIdentity {
	out := slices.Concat(a, b)
	slices.SortStableFunc(out, func(x, y HeldIdentity) int { return CompareIdentities(x.Identity, y.Identity) })
	n := 0
	for _, h := range out {
		if n == 0 || out[n-1].Identity != h.Identity {
			out[n] = h
			n++
			continue
		}
		last := &out[n-1]
		if h.First.Before(last.First) {
			last.First = h.First
		}
		if h.Last.After(last.Last) {
			last.Last = h.Last
		}
		last.Generic = last.Generic || h.Generic
	}
	return out[:n]
}
