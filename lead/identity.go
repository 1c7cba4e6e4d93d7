package lead

import (
	"cmp"
	"slices"
	"strings"
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

// SortIdentities sorts the strongest first, then by key, and drops repeats.
func SortIdentities(ids []Identity) []Identity {
	slices.SortFunc(ids, func(a, b Identity) int {
		if c := cmp.Compare(b.Strength(), a.Strength()); c != 0 {
			return c
		}
		return strings.Compare(a.Key(), b.Key())
	})
	return slices.Compact(ids)
}
