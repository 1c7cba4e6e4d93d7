package lead

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Course is how far a lead has come since it was recorded: who has it, what was done, what came of it. It is part of a
// Standing, so that a split gives back what a merge brought together.
type Course struct {
	Pool     string    `json:"pool,omitempty"`     // key of the public pool it lies in; "" when it has an owner, or waits for one
	PooledAt time.Time `json:"pooled_at,omitzero"` // since when it lies there

	Rule          string    `json:"rule,omitempty"`             // that gave it to its owner last; "" when a person did
	OwnedAt       time.Time `json:"owned_at,omitzero"`          // since when its owner has it
	AssignedAt    time.Time `json:"first_assigned_at,omitzero"` // when it had an owner first
	AcceptedAt    time.Time `json:"accepted_at,omitzero"`       // when its owner took it up
	PreviousOwner string    `json:"previous_owner,omitempty"`   // who had it before
	LeftAt        time.Time `json:"left_at,omitzero"`           // when the previous owner lost it
	Returns       int       `json:"returns,omitempty"`          // how often it was released or recycled

	ContactedAt time.Time `json:"first_contacted_at,omitzero"`
	FollowedAt  time.Time `json:"followed_at,omitzero"`    // the latest follow-up
	NextAt      time.Time `json:"next_follow_up,omitzero"` // when the next one is due
	Reason      string    `json:"reason,omitempty"`        // why it is unqualified, or why it was released or recycled last

	ConvertedAt time.Time `json:"converted_at,omitzero"`
	Amount      string    `json:"amount,omitempty"`   // exact decimal with at most two places, like "12800.50"
	Currency    string    `json:"currency,omitempty"` // ISO 4217
	Customer    string    `json:"customer,omitempty"` // number in the CRM
}

// Moves of a lead, as Event.Move names them. Each changes the owner, the public pool or the status.
const (
	MoveAssign   = "assign"   // a rule or a person gave it to somebody
	MoveClaim    = "claim"    // a rep took it out of a public pool
	MoveTransfer = "transfer" // a person gave it from one rep to another
	MoveAccept   = "accept"   // the owner took it up
	MoveRelease  = "release"  // given back into a public pool, or to the rules
	MoveRecycle  = "recycle"  // taken back because it lay too long
	MovePool     = "pool"     // a rule put it into a public pool
	MoveHandover = "handover" // its owner left
	MoveFollow   = "follow"   // a follow-up: see Event.FollowUp
	MoveReopen   = "reopen"   // it was closed and is open again
)

// Move is what somebody asks to be done with a lead.
type Move struct {
	ID    string // makes asking again harmless; "" when the caller has none
	Actor string // who: "person:<token name>"
	// Rep is the key of the rep who acts for himself: then the lead must be his, and the rules of the pool count. "" is
	// somebody above, to whom neither applies.
	Rep string
	Why string // in the person's words; may be empty
}

// Handover says where the leads of a rep go: one of the three.
type Handover struct {
	To    string `json:"to,omitempty"`    // another rep: all of them, closed ones too
	Pool  string `json:"pool,omitempty"`  // a public pool: the open ones
	Rules bool   `json:"rules,omitempty"` // the rules assign the open ones anew
}

// PoolState is a public pool with what lies in it.
type PoolState struct {
	Pool   string           `json:"pool"`
	Leads  int64            `json:"leads"`
	Grades map[string]int64 `json:"grades"` // of them, by grade; "" for those without
	Oldest time.Time        `json:"oldest,omitzero"`
}

// Open reports whether a lead of this status is still to be worked on: such a lead counts for the holding limit of its owner.
func Open(status string) bool {
	return status != StatusConverted && status != StatusUnqualified && status != StatusArchived
}

// next are the statuses that a follow-up may bring a lead to, by the one it has. A closed lead is reopened first.
var next = map[string][]string{
	StatusNew:       {StatusWorking, StatusNurturing, StatusConverted, StatusUnqualified, StatusArchived},
	StatusAssigned:  {StatusWorking, StatusNurturing, StatusConverted, StatusUnqualified, StatusArchived},
	StatusWorking:   {StatusNurturing, StatusConverted, StatusUnqualified, StatusArchived},
	StatusNurturing: {StatusWorking, StatusConverted, StatusUnqualified, StatusArchived},
	// A conversion may be told again, with another amount; a lead that turned out to be none is put away.
	StatusConverted:   {StatusConverted},
	StatusUnqualified: {StatusArchived},
}

// MayBecome reports whether a follow-up may bring a lead from one status to another. The same status is no change, and allowed.
func MayBecome(from, to string) bool { return from == to || slices.Contains(next[from], to) }

// NextStatuses lists what a follow-up may bring a lead to.
func NextStatuses(from string) []string { return slices.Clone(next[from]) }

// Amounts are at most this many cents: a sum over a pool stays within an int64.
const maxCents = 1e14

// Cents reads an amount of money, "12800.5", in hundredths. At most two places, no sign, no separators.
func Cents(amount string) (int64, error) {
	whole, part, dotted := strings.Cut(amount, ".")
	bad := Invalid("bad_amount", "this is not an amount of money", `write it with at most two places, like "12800.50"`)
	bad.Fields = []string{"amount"}
	if whole == "" || dotted && part == "" || len(part) > 2 || len(whole) > 13 {
		return 0, bad
	}
	var n int64
	for _, c := range whole + part + strings.Repeat("0", 2-len(part)) {
		if c < '0' || c > '9' {
			return 0, bad
		}
		n = n*10 + int64(c-'0')
	}
	if n > maxCents {
		return 0, bad
	}
	return n, nil
}

// Amount writes hundredths as Course.Amount has them.
func Amount(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
