package lead

import "time"

// CandidateRules stand in a dry run for those of the configuration; nil leaves the configured ones.
type CandidateRules struct {
	Merge     *MergeRules
	Trust     map[string]int // by key of a source; others keep theirs
	NeverKeys []string       // the whole list
	Scoring   *Scoring       // as a whole
}

// Given reports whether any rule is replaced.
func (r CandidateRules) Given() bool {
	return r.Merge != nil || r.Trust != nil || r.NeverKeys != nil || r.Scoring != nil
}

// States of a Recompute.
const (
	RecomputeIdle      = "idle" // none was started since the hub came up
	RecomputeRunning   = "running"
	RecomputeDone      = "done"
	RecomputeCancelled = "cancelled" // by a person, or because the hub ended
	RecomputeFailed    = "failed"
)

// Recompute groups all leads anew by the rules of now, or tells what other rules would do.
type Recompute struct {
	ID      string     `json:"id"` // "rec_" + ULID
	State   string     `json:"state"`
	DryRun  bool       `json:"dry_run"` // nothing is changed
	Actor   string     `json:"actor"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
	Error   string     `json:"error,omitempty"` // why it failed, or what it waits for
	RecomputeFigures
	// Differences are the first of what changes, in words.
	Differences []RecomputeDifference `json:"differences"`
}

// RecomputeFigures count what a recompute does, or would do.
type RecomputeFigures struct {
	Total   int64 `json:"total"`   // living leads when it began
	Looked  int64 `json:"looked"`  // of them, those looked at
	Merged  int64 `json:"merged"`  // leads that go into others
	Split   int64 `json:"split"`   // leads that come out of others
	Changed int64 `json:"changed"` // leads whose values change
	Skipped int64 `json:"skipped"` // too large to be weighed; they stay as they are
}

// Kinds of RecomputeDifference.
const (
	RecomputeMerge  = "merge"
	RecomputeSplit  = "split"
	RecomputeValues = "values"
	RecomputeSkip   = "skip"
)

// RecomputeDifference is one lead that changes. Code is one of the kinds.
type RecomputeDifference struct {
	Sentence
	Lead   string        `json:"lead"`
	Number string        `json:"number"`
	With   string        `json:"with,omitempty"` // number of the lead that it goes into or comes out of
	Fields []FieldChange `json:"fields"`
}

// FieldChange is a field before and after, as people read it. Before is empty for a lead that was not there.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}
