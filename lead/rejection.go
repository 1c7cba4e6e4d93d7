package lead

import "time"

// Stages at which a Raw can be rejected.
const (
	StageParse     = "parse"
	StageNormalize = "normalize"
	StageSpam      = "spam" // quarantine
	StageSink      = "sink"
	StageUndo      = "undo" // it was in the pool, and somebody took it back
	// StageFetch holds thin events whose lead has to be asked for: in state pending until it is, open when it cannot be.
	StageFetch = "fetch"
	// StageFeedback holds what a CRM said of a lead and could not be applied.
	StageFeedback = "feedback"
)

// Rejection is what could not go on. It is visible, editable and replayable: State "open" counts, "resolved" means that a
// later replay brought it into the pool.
type Rejection struct {
	ID         string    `json:"id"` // the submission's id, or the Raw's when no draft could be read
	Source     string    `json:"source"`
	Channel    string    `json:"channel"`
	Stage      string    `json:"stage"`
	Code       string    `json:"code"`
	Message    string    `json:"message"`
	Hint       string    `json:"hint"`
	Score      int       `json:"score,omitempty"`   // spam score
	Signals    []Signal  `json:"signals,omitempty"` // of the spam score
	At         time.Time `json:"at"`
	ReceivedAt time.Time `json:"received_at"`
	Attempt    int       `json:"attempt"`         // of the Raw that failed
	State      string    `json:"state,omitempty"` // one of the Rejection constants
	Draft      *Draft    `json:"draft,omitempty"` // what was read, to be corrected; nil when nothing could be read
	Raw        *Raw      `json:"raw,omitempty"`   // to be sent again
	Body       []byte    `json:"body,omitempty"`  // of the Raw, as it arrived
}

// States of a Rejection.
const (
	RejectionOpen = "open"
	// RejectionPending waits for the hub itself to fetch the rest of it; a person need not do anything.
	RejectionPending  = "pending"
	RejectionResolved = "resolved"
	// RejectionWithdrawn is neither: a person took back what it belonged to.
	RejectionWithdrawn = "withdrawn"
)

// States of a submission, as the status URL tells.
const (
	StateReceived    = "received"    // accepted and on its way
	StateRejected    = "rejected"    // see reason; can be corrected and replayed
	StatePending     = "pending"     // accepted; the hub asks the vendor for the rest of it
	StateQuarantined = "quarantined" // held as spam; can be released
	StatePooled      = "pooled"      // in the pool as a new lead, not yet assigned
	StateMerged      = "merged"      // in the pool, joined to a lead that was there
	StateAssigned    = "assigned"    // in the pool, and the lead has an owner
)

// SubmissionStatus tells where a submission is now.
type SubmissionStatus struct {
	ID         string     `json:"id"`
	State      string     `json:"state"`
	Lead       string     `json:"lead"` // id of the living lead; "" unless in the pool
	LeadNumber string     `json:"lead_number"`
	Owner      string     `json:"owner"`
	Reason     string     `json:"reason"` // in words
	Code       string     `json:"code,omitempty"`
	Hint       string     `json:"hint,omitempty"`
	At         *time.Time `json:"at,omitempty"`
}
