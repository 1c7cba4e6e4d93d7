package lead

import "time"

// Sentence is something the hub says to people: a stable code for programs, and the words in two languages. Phones,
// emails and ids are masked in the words, so that they can be quoted anywhere.
type Sentence struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	TextZH string `json:"text_zh"`
}

// In returns the words in a language, "en" or "zh".
func (s Sentence) In(lang string) string {
	if lang == "zh" {
		return s.TextZH
	}
	return s.Text
}

// Codes of a Why as a whole.
const (
	WhyOneTouch     = "one_touch"     // one lead with a single touch
	WhyOneLead      = "one_lead"      // what was asked about is one lead
	WhyKeptApart    = "kept_apart"    // two leads that share something, or that a person split
	WhyShareNothing = "share_nothing" // two leads that have nothing in common
)

// Codes of a WhyTouch and a WhyLink.
const (
	WhyFirst    = "first"         // the touch that the others are linked to
	WhyLinked   = "linked"        // it is linked to the first one, step by step
	WhyUnlinked = "unlinked"      // by the rules of now it is somebody else: see Why.Pending
	WhyIdentity = "same_identity" // two touches share an identity
	WhyPerson   = "merged_by_person"
)

// Codes of a WhyApart, beside the Held constants.
const (
	WhyGeneric  = "generic"      // too many people carry the identity
	WhyWeak     = "weak"         // the kind of identity never joins by itself
	WhyNeverKey = "never_key"    // the value is on the list of those that recognise nobody
	WhyIndirect = "not_directly" // something else keeps the identity from joining these two
	WhyJoinsNow = "joins_now"    // by the rules of now it would join them: see Why.Pending
)

// Codes of a WhyValue and a WhyLoser: the step of the order of values that decided.
const (
	WhyOnly     = "only" // nothing else was said
	WhyPinned   = "pinned"
	WhyVerified = "verified"
	WhyTrust    = "trust"
	WhyComplete = "complete"
	WhyNewer    = "newer"
	WhyTie      = "submission_id"
	WhyEarliest = "earliest"
	WhyLatest   = "latest"
)

// Why tells why some touches are one lead and where its values come from, or why two leads are not one.
type Why struct {
	Sentence
	One   bool      `json:"one"`   // whether all that was asked about is one lead
	Leads []WhyLead `json:"leads"` // the one lead, or the two
	// Pending tells that the rules of now give something else than the pool holds; a recompute brings it there.
	Pending bool       `json:"pending"`
	Touches []WhyTouch `json:"touches"` // of the one lead, earliest first; the latest 200
	Values  []WhyValue `json:"values"`  // of the one lead
	Apart   []WhyApart `json:"apart"`   // what was not joined: with any other lead, or between the two
}

// WhyLead names a lead.
type WhyLead struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
}

// WhyTouch tells how one touch belongs to its lead. Chain leads from it to the first touch, step by step.
type WhyTouch struct {
	Sentence
	Submission string    `json:"submission"`
	Source     string    `json:"source"`
	At         time.Time `json:"at"` // event time
	Name       string    `json:"name"`
	Chain      []WhyLink `json:"chain"`
}

// WhyLink is one reason why two touches are one person.
type WhyLink struct {
	Sentence
	From     string       `json:"from"` // submission
	To       string       `json:"to"`
	Identity *Identity    `json:"identity,omitempty"`
	Decision *WhyDecision `json:"decision,omitempty"`
}

// WhyDecision is what a person decided, and when.
type WhyDecision struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind"` // one of the Decision constants
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

// WhyValue tells where one value of a lead comes from, by what it won, and what lost.
type WhyValue struct {
	Sentence
	Field      string     `json:"field"`
	Value      string     `json:"value"`
	Submission string     `json:"submission,omitempty"` // "" when a person pinned it
	Source     string     `json:"source,omitempty"`
	At         time.Time  `json:"at"`
	List       bool       `json:"list"` // the lead keeps the others as well: this one is shown first
	Others     []WhyLoser `json:"others"`
}

// WhyLoser is a value that did not win, and by what it lost.
type WhyLoser struct {
	Sentence
	Value      string    `json:"value"`
	Submission string    `json:"submission,omitempty"`
	Source     string    `json:"source,omitempty"`
	At         time.Time `json:"at"`
}

// WhyApart is one thing that could have joined two leads and did not.
type WhyApart struct {
	Sentence
	With     *WhyLead     `json:"with,omitempty"` // the other lead; nil for what recognises nobody
	Identity *Identity    `json:"identity,omitempty"`
	Decision *WhyDecision `json:"decision,omitempty"`
}
