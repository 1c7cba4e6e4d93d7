package lead

import "time"

// Kinds of Decision.
const (
	DecisionMerge = "merge" // A and B are one person
	DecisionSplit = "split" // B, one person, is nobody in A; whether A is one person the rules say
)

// Decision is what a person decided about who is who. It speaks of touches, not of leads, so it holds whatever leads
// come and go, and when the pool is built anew. Of two decisions about the same two touches the later one counts.
type Decision struct {
	ID    string    `json:"id"` // "dec_" + ULID
	Kind  string    `json:"kind"`
	A     []string  `json:"a"` // submission ids, sorted
	B     []string  `json:"b"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

// MergeRules say when submissions are one person. A zero number stands for the default.
type MergeRules struct {
	// Generic is, per kind of identity, how many different values of one other kind an identity may be seen with. One
	// that is seen with more belongs to a front desk, not to a person, and recognises nobody any more.
	Generic map[string]int `json:"generic,omitempty"`
	// GenericNames is the same for full names.
	GenericNames int `json:"generic_names,omitempty"`
	// SilenceDays is how long a mobile number must be silent before a conflicting name is taken for a new holder.
	SilenceDays int `json:"silence_days,omitempty"`
	// BridgeSize is the number of identities up to which two groups are joined by one identity; two groups that both have
	// more need two.
	BridgeSize int `json:"bridge_size,omitempty"`
	// MaxIdentities is the most that a lead may have; more are never joined by a rule.
	MaxIdentities int `json:"max_identities,omitempty"`
	// Possible and Likely are the scores, in bits, from which two leads are shown as possible and as likely duplicates.
	Possible float64 `json:"possible,omitempty"`
	Likely   float64 `json:"likely,omitempty"`
}
