// Package sink records submissions in the lead pool: one transaction per batch, in which everything is decided and
// written, or nothing. It declares what it needs of a database ([Pool]), of dedupe ([Judge]) and of assign ([Chooser]);
// it imports none of them.
package sink

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Pool is a database that holds the lead pool. sinktest holds what its implementations promise.
type Pool interface {
	// Update runs fn in one transaction and commits it durably. When the database asks to try again (deadlock,
	// serialization failure, a race for the same submission) fn runs again from the start, so fn must not keep
	// anything from an earlier run. An error that a later try may not have is a *lead.Error of KindTransient.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction over a batch of submissions. Its methods are called in the order below, each at most once.
type Tx interface {
	// Seen returns the lead of every one of these submissions that is already recorded.
	Seen(ctx context.Context, submissions []string) (map[string]string, error)
	// Candidates returns where the identities lead, and holds the identities, known or not, and these leads until
	// commit: a second transaction that asks for one of them waits.
	Candidates(ctx context.Context, identities []lead.Identity) (Known, error)
	// Numbers hands out n consecutive numbers of a day ("20260102") and returns the first; without gaps, as it is
	// part of the transaction. Other transactions wait for it.
	Numbers(ctx context.Context, day string, n int) (first int64, err error)
	// Save writes everything.
	Save(ctx context.Context, c Changes) error
}

// Known is what the pool holds of some identities.
type Known struct {
	Leads   map[string]string // id of the living lead per Identity.Key; unknown identities are left out
	Records []*lead.Record    // of these leads, each once, by id
}

// Changes is what one transaction writes. Every Record's Version is already the new one.
type Changes struct {
	Created    []Saved // see Encode
	Changed    []Saved
	Identities []IdentityOf
	Touches    []Touch // new
	Events     []lead.Event
	Due        []Due
	Outbox     []Outgoing // in order; Seq is the database's
	Rejections []lead.Rejection
	Reps       []lead.Rep // Credit and Assigned to be kept
}

// Touch is a lead.Touch on its way into the pool: the submission's JSON is kept byte for byte. Lead is the one it was
// recorded for and stays so when that lead goes into another, so that a merge can be undone; who reads follows MergedInto.
type Touch struct {
	Submission string
	Source     string
	Lead       string
	At         time.Time
	Verdict    lead.Verdict
	JSON       []byte
}

// IdentityOf says which lead an identity leads to from now on.
type IdentityOf struct {
	Key  string // lead.Identity.Key
	Lead string
	From string // where it led before, "" when it was unknown; when it leads elsewhere by now, it stays there
}

// Due puts a lead on the queue of the assigner, from At on. A zero At takes it off.
type Due struct {
	Lead string
	At   time.Time
}

// Judge decides who a submission is and what becomes of the record. Package dedupe has it; it is pure.
type Judge interface {
	// Judge compares a submission with the living records that share a strong identity with it.
	Judge(s *lead.Submission, candidates []*lead.Record) lead.Verdict
	// Add folds a submission into a record (a zero one for a new lead), Touches, FirstSeen, LastSeen and Identities
	// included, and returns the names of the fields that changed, sorted.
	Add(r *lead.Record, s *lead.Submission) []string
	// Join folds other into survivor and returns the names of the fields that changed, sorted. Status and owner are
	// not its business.
	Join(survivor, other *lead.Record) []string
}

// Chooser decides who gets a lead. Package assign has it; it is pure.
type Chooser interface {
	// Choose picks an owner among reps and updates their Credit and Assigned. An Assignment with an empty Owner means
	// that nobody may have the lead now; Why says so.
	Choose(r *lead.Record, reps []lead.Rep, now time.Time) lead.Assignment
}

// Queue is the part of a Pool that the Assigner uses.
type Queue interface {
	// Assign takes up to n leads that are due and the active reps, all locked until commit (leads that another
	// process holds are skipped), calls fn, and saves what it returns. It reports how many leads were taken; without
	// an active rep none is. fn may be called again from the start, with everything read anew.
	Assign(ctx context.Context, now time.Time, n int, fn func([]*lead.Record, []lead.Rep) Changes) (int, error)
}

// Outbox is the part of a Pool that the relay to the change stream uses.
type Outbox interface {
	// Relay hands the oldest n changes to publish, in order, and forgets them when it returns nil. Only one Relay
	// runs at a time over all processes; when another holds it, Relay returns 0 and no error. publish must end within 30
	// seconds: a database may take a connection away that is idle for longer, and let the next Relay begin.
	Relay(ctx context.Context, n int, publish func([]Outgoing) error) (int, error)
}

// Outgoing is one change as it goes on the stream.
type Outgoing struct {
	Seq     int64
	Lead    string
	Version int64
	Type    string
	Value   []byte // JSON of lead.Change
}
