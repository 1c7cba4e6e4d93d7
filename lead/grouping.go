package lead

// Grouping says which of some touches are one person, and why. Touches are named by their place in the list that
// was given.
type Grouping struct {
	Part    []int      // number of the part of each touch; parts are numbered by their earliest touch
	Generic []Identity // that turned out to be carried by too many people; sorted
	Links   []Link     // in the order in which they were found
	Held    []Held
}

// Link is one reason why two touches are one person: they share an identity, or a person said so.
type Link struct {
	A, B     int
	Identity Identity
	Decision *Decision // nil unless a person said so
}

// Held is one reason why two touches that share an identity were not joined by it.
type Held struct {
	A, B     int
	Identity Identity
	Reason   string    // one of the Held constants
	Other    Identity  // HeldUnique: the kind and scope in which they differ
	Decision *Decision // HeldDecision
}

// Reasons of Held.
const (
	HeldDecision = "cannot_link"         // a person split them
	HeldUnique   = "unique_identity"     // both have an identity of which a person has only one, and it differs
	HeldConflict = "conflict"            // another name, and each has an identity of its own or was called so more than once
	HeldSilence  = "silence"             // the number was silent for long, then came back with another name
	HeldBridge   = "bridge"              // two large groups that one identity alone would join
	HeldTooMany  = "too_many_identities" // together they would have more than a lead may have
)

// Words says, to be read by people, why two touches with one identity are not one person.
func (h Held) Words() string {
	switch h.Reason {
	case HeldDecision:
		if h.Decision != nil {
			return "split by " + h.Decision.Actor
		}
		return "split by a person"
	case HeldUnique:
		return "a person has only one " + h.Other.Kind + ", and theirs differ"
	case HeldConflict:
		return "the names differ, and each side has an identity of its own or gave its name more than once"
	case HeldSilence:
		return "the number was silent for long and came back with another name"
	case HeldBridge:
		return "two large groups need two identities in common"
	case HeldTooMany:
		return "together they would have too many identities"
	}
	return h.Reason
}
