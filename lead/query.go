package lead

import "time"

// LeadQuery selects leads of the pool, newest first. Empty fields do not restrict.
type LeadQuery struct {
	Text     string // part of a name, company, phone, email or number
	Status   string
	Owner    string // key of a rep; "-" for leads nobody owns
	Source   string // key of a source that brought a touch
	Province string
	Pool     string    // key of a public pool; "*" for any
	Grade    string    // "-" for leads without
	FollowBy time.Time // a follow-up was agreed on for then, or for earlier
	Since    time.Time // FirstSeen not before
	Until    time.Time // FirstSeen before
	Cursor   string    // LeadPage.Next of the page before; "" for the first
	Limit    int       // 1 to 200; 0 = 50
}

// LeadPage is one page of leads. Next is "" on the last.
type LeadPage struct {
	Items []Lead `json:"items"`
	Next  string `json:"next"`
}

// LeadDetail is one lead with where everything came from.
type LeadDetail struct {
	Lead
	TouchList  []Touch            `json:"touch_list"` // latest first, at most 200
	Provenance map[string][]Value `json:"provenance"` // per field, winner first
	Identities []HeldIdentity     `json:"identities"`
	Scored     []Scored           `json:"scored"`  // why it has its score, by key of the rule
	History    []Event            `json:"history"` // latest first, at most 200
	// Duplicates are the open ones, the highest score first, at most 50.
	Duplicates []LeadDuplicate `json:"duplicates"`
}

// RejectionQuery selects rejections, latest first.
type RejectionQuery struct {
	State  string // RejectionOpen, RejectionPending, RejectionResolved …; "" for all
	Stage  string
	Code   string
	Source string
	Cursor string
	Limit  int // 1 to 200; 0 = 50
}

// RejectionPage is one page of rejections. Next is "" on the last.
type RejectionPage struct {
	Items []Rejection `json:"items"`
	Next  string      `json:"next"`
}

// PoolFigures are counts of the pool at one moment.
type PoolFigures struct {
	Leads       int64 `json:"leads"` // living
	Merged      int64 `json:"merged"`
	Touches     int64 `json:"touches"`
	Rejected    int64 `json:"rejected"`    // open, without quarantine
	Quarantined int64 `json:"quarantined"` // open
	Pending     int64 `json:"pending"`     // thin events that the hub is fetching the rest of
	Assigned    int64 `json:"assigned"`    // living leads with an owner
	Unassigned  int64 `json:"unassigned"`
	Due         int64 `json:"due"`    // waiting to be assigned
	Outbox      int64 `json:"outbox"` // changes not yet on the stream
}

// Overview is the flow at one moment, for the first page of the console and for whoever is on call.
type Overview struct {
	At       time.Time        `json:"at"`
	Stages   []Stage          `json:"stages"` // in the order of the flow
	Pool     PoolFigures      `json:"pool"`
	Parts    []Part           `json:"parts"`    // what the hub depends on
	Sources  []SourceFigures  `json:"sources"`  // by key
	Rejected map[string]int64 `json:"rejected"` // open rejections by code
}

// Stage is one step of the flow. Count is what passed it as far as is known; Backlog what waits before it.
type Stage struct {
	Name          string  `json:"name"` // received, normalized, pooled, assigned, delivered
	Count         int64   `json:"count"`
	Backlog       int64   `json:"backlog"`
	OldestSeconds float64 `json:"oldest_seconds"` // age of the oldest that waits; 0 when none does
}

// Part is something the hub depends on: broker, database, spool.
type Part struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
}

// SourceFigures are the counts of one source.
type SourceFigures struct {
	Key      string     `json:"key"`
	Touches  int64      `json:"touches"`
	Rejected int64      `json:"rejected"` // open
	Last     *time.Time `json:"last,omitempty"`
}

// Audit compares what was accepted with what became of it. It balances when nothing is missing, duplicated or pending.
type Audit struct {
	Accepted   int64    `json:"accepted"` // Raws on the broker
	Touched    int64    `json:"touched"`  // of them, those that are touches
	Rejected   int64    `json:"rejected"` // of them, those that are open rejections, or wait for a fetch
	Pending    int64    `json:"pending"`  // still before a stage
	Missing    []string `json:"missing"`
	Duplicated []string `json:"duplicated"` // ended in more than one way
}

// Balances reports whether every accepted Raw ended in exactly one way.
func (a Audit) Balances() bool {
	return len(a.Missing) == 0 && len(a.Duplicated) == 0 && a.Accepted == a.Touched+a.Rejected+a.Pending
}

// Explanation tells what would become of one payload, step by step.
type Explanation struct {
	Drafts      []Draft               `json:"drafts"`
	Submissions []ExplainedSubmission `json:"submissions"`
	Rejections  []Rejection           `json:"rejections"`
}

// ExplainedSubmission is what would become of one submission.
type ExplainedSubmission struct {
	Submission Submission `json:"submission"`
	Verdict    Verdict    `json:"verdict"`
	Changed    []string   `json:"changed"` // fields of the lead
	Lead       Lead       `json:"lead"`    // as it would be
	Scored     []Scored   `json:"scored"`  // why it would have its score, by key of the rule
	Assignment Assignment `json:"assignment"`
}
