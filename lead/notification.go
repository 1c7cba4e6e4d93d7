package lead

import "time"

// Kinds of Notification.
const (
	NotifyAssigned    = "assigned"     // a lead is yours
	NotifyRecycleSoon = "recycle_soon" // a lead will be taken back
	NotifyRecycled    = "recycled"
	NotifyFollowUp    = "follow_up" // a follow-up is due
	NotifyDuplicate   = "duplicate" // somebody like a lead of yours came in
	NotifyReturned    = "returned"  // your lead left something again
	NotifyTaken       = "taken"     // a lead of yours is somebody else's now: a person moved it, or it went into another lead
)

// Notification is something a rep is to be told. It is written in the transaction that it tells about, and delivered afterwards.
type Notification struct {
	ID     string    `json:"id"` // "ntf_" + ULID
	Rep    string    `json:"rep"`
	Kind   string    `json:"kind"`
	Lead   string    `json:"lead"`
	Number string    `json:"number"`
	Why    string    `json:"why"`
	At     time.Time `json:"at"`
	// Import is the id of the import that brought the lead: its notifications become one digest per rep.
	Import string `json:"import,omitempty"`
}

// NotifyKinds lists the kinds of Notification.
var NotifyKinds = []string{NotifyAssigned, NotifyRecycleSoon, NotifyRecycled, NotifyFollowUp, NotifyDuplicate, NotifyReturned, NotifyTaken}
