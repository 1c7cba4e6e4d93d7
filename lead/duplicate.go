package lead

import "time"

// States of a Duplicate.
const (
	DuplicateOpen      = "open"      // waits for a person
	DuplicateDismissed = "dismissed" // a person said that they are two
)

// What a person may say of a Duplicate. That they are one is a merge.
const (
	DuplicateDismiss = "dismiss"
	DuplicateReopen  = "reopen"
)

// EventDuplicate is the type of an Event that reminds of another lead which may be the same person. It is no version of
// the lead, and is not on the change stream.
const EventDuplicate = "lead.duplicate"

// EventReturned is the type of an Event on a lead with an owner that left something again. It stands at the version of the lead
// that the submission made.
const EventReturned = "lead.returned"

// FieldShared is the field of a DuplicatePart that stands for a strong identity which both leads carry.
const FieldShared = "shared"

// Duplicate is two living leads that may be one person. A has the lower id: it is the older one, and lives on when they
// are merged.
type Duplicate struct {
	A         DuplicateLead   `json:"a"`
	B         DuplicateLead   `json:"b"`
	Score     float64         `json:"score"`  // bits: log2 of the odds that they are one; the sum of the parts
	Likely    bool            `json:"likely"` // at or above the upper threshold
	Parts     []DuplicatePart `json:"parts"`
	At        time.Time       `json:"at"` // when it was opened
	State     string          `json:"state"`
	Dismissed *Dismissal      `json:"dismissed,omitempty"`
}

// DuplicateLead is what is shown of a lead beside another.
type DuplicateLead struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Name      string    `json:"name"`
	Phones    []string  `json:"phones"`
	Emails    []string  `json:"emails"`
	Company   string    `json:"company"`
	Region    Region    `json:"region"`
	Owner     string    `json:"owner"`
	Status    string    `json:"status"`
	Touches   int       `json:"touches"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// DuplicatePart is what one field says: positive weights speak for one person. The words hold no values.
type DuplicatePart struct {
	Field  string  `json:"field"`
	Level  string  `json:"level"`  // how far the two agree, a code
	Weight float64 `json:"weight"` // bits
	Text   string  `json:"text"`
	TextZH string  `json:"text_zh"`
	A      string  `json:"a,omitempty"` // what lead A says
	B      string  `json:"b,omitempty"`
}

// In returns the words in a language, "en" or "zh".
func (p DuplicatePart) In(lang string) string {
	if lang == "zh" {
		return p.TextZH
	}
	return p.Text
}

// Dismissal tells who said that two leads are two.
type Dismissal struct {
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why,omitempty"`
	// Decision is the split that says so; it is "" when only the pair was dismissed, which later evidence may open again.
	Decision string `json:"decision,omitempty"`
}

// LeadDuplicate is an open Duplicate as one of its leads shows it. A of the parts is what this lead says.
type LeadDuplicate struct {
	Lead   string          `json:"lead"` // id of the other one
	Number string          `json:"number"`
	Name   string          `json:"name"`
	Owner  string          `json:"owner"`
	Score  float64         `json:"score"`
	Likely bool            `json:"likely"`
	Parts  []DuplicatePart `json:"parts"`
	At     time.Time       `json:"at"`
}

// DuplicateQuery selects duplicates, the highest score first. Empty fields do not restrict.
type DuplicateQuery struct {
	State  string
	Min    float64 // score; 0 does not restrict
	Lead   string  // id of one of the two
	With   string  // id of the other one
	Cursor string
	Limit  int // 1 to 200; 0 = 50
}

// DuplicatePage is one page of duplicates. Next is "" on the last.
type DuplicatePage struct {
	Items []Duplicate `json:"items"`
	Next  string      `json:"next"`
}
