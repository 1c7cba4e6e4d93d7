package lead

import (
	"encoding/json"
	"time"
)

// Feedback is what a CRM did with a lead: the value of a record on lead.feedback, and the body of POST /v1/leads/{id}/feedback. Everything but
// ID, Lead and one thing to tell is optional.
type Feedback struct {
	// ID makes sending it again harmless. Without one the record's place on the topic stands for it.
	ID   string `json:"id"`
	Lead string `json:"lead"` // id or number; a merged-away one stands for the lead that took it over
	// Status is one of the Status constants.
	Status   string    `json:"status,omitempty"`
	Way      string    `json:"way,omitempty"`      // of the follow-up: call, message, visit …
	Text     string    `json:"feedback,omitempty"` // what came of it
	NextAt   time.Time `json:"next_at,omitzero"`   // of the next follow-up
	Amount   Decimal   `json:"amount,omitempty"`   // with StatusConverted
	Currency string    `json:"currency,omitempty"` // ISO 4217
	Customer string    `json:"customer,omitempty"` // number in the CRM
	Reason   string    `json:"reason,omitempty"`   // with StatusUnqualified
	At       time.Time `json:"at,omitzero"`        // when it was so; when it was received unless set
	By       string    `json:"by,omitempty"`       // who says so
}

// Decimal is an exact number, as it was written: 12800.50. In JSON it may come as a number or as a text.
type Decimal = json.Number
