package dedupe

import (
	"cmp"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Rules are what of the configuration bears on who is who and on which value wins. The zero value has the defaults.
type Rules struct {
	lead.MergeRules
	// Trust is the trust of a source now; that of a submission is the one of its day. A source that is not there keeps it.
	Trust map[string]int
	// Never tells of identities that are nobody's, beside those that were left out when a submission was cleaned; nil = none.
	Never func(lead.Identity) bool
	// Renew reads a stored submission as it would be read now; nil when that is no different. Nil = all stay as they are.
	Renew func(*lead.Submission) *lead.Submission
	// Unique tells whether a person can have only one identity of this kind in this scope. Of a WeChat unionid everybody has
	// one per open platform; what else is unique the channel says.
	Unique func(kind, scope string) bool
}

// Defaults of lead.MergeRules. A person has a handful of mailboxes, a front desk has dozens; a number is given to somebody
// else about 90 days after it was given up (facts of carriers in China).
const (
	defaultGeneric       = 4
	defaultGenericID     = 8 // ids of platforms belong to an account; an agent's account carries many numbers
	defaultGenericNames  = 8
	defaultSilenceDays   = 90
	defaultBridge        = 6
	defaultMaxIdentities = 100
)

func (r *Rules) genericNames() int { return cmp.Or(r.GenericNames, defaultGenericNames) }

func (r *Rules) silence() time.Duration {
	return time.Duration(cmp.Or(r.SilenceDays, defaultSilenceDays)) * 24 * time.Hour
}

func (r *Rules) bridge() int { return cmp.Or(r.BridgeSize, defaultBridge) }

func (r *Rules) maxIdentities() int { return cmp.Or(r.MaxIdentities, defaultMaxIdentities) }

// limit is how many values of one other kind an identity of this kind may be seen with.
func (r *Rules) limit(kind string) int {
	if n := r.Generic[kind]; n > 0 {
		return n
	}
	if kind == lead.IdentityMobile || kind == lead.IdentityEmail {
		return defaultGeneric
	}
	return defaultGenericID
}

func (r *Rules) unique(id lead.Identity) bool {
	return id.Kind == lead.IdentityUnionID || r.Unique != nil && r.Unique(id.Kind, id.Scope)
}

// Usable reports whether an identity joins by itself: it is of a strong kind and not on the list of those that never do.
func (r *Rules) Usable(id lead.Identity) bool {
	return id.Strong() && (r.Never == nil || !r.Never(id))
}

// usable are the identities that join by themselves.
func (r *Rules) usable(ids []lead.Identity) []lead.Identity {
	for i, id := range ids {
		if !r.Usable(id) {
			out := append(make([]lead.Identity, 0, len(ids)), ids[:i]...)
			for _, id := range ids[i+1:] {
				if r.Usable(id) {
					out = append(out, id)
				}
			}
			return out
		}
	}
	return ids
}
