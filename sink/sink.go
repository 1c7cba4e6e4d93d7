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
	// serialization failure, busy) fn runs again from the start, so fn must not keep anything from an earlier run.
	// An error that a later try may not have is a *lead.Error of KindTransient.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction over a batch of submissions.
type Tx interface {
	// Seen returns the lead of every one of these submissions that is already recorded.
	Seen(ctx context.Context, submissions []string) (map[string]string, error)
	// Candidates returns the living records that any of the identities lead to, each once, and holds the identities,
	// known or not, until commit: a second transaction that asks for one of them waits.
	Candidates(ctx context.Context, identities []lead.Identity) ([]*lead.Record, error)
	// Numbers hands out n consecutive numbers of a day ("20260102") and returns the first; without gaps, as it is
	// part of the transaction. Call it last before Save: other transactions wait for it.
	Numbers(ctx context.Context, day string, n int) (first int64, err error)
	// Save writes everything.
	Save(ctx context.Context, c Changes) error
}

// Changes is what one transaction writes.
type Changes struct {
	Records    []*lead.Record   // new and changed, merged-away ones with MergedInto set
	Created    map[string]bool  // ids of those Records that are new
	Identities []IdentityOf     // those that are new or lead to another record than before
	Moves      []Move           // the touches of From go to Into (a merge)
	Touches    []lead.Touch     // new
	Events     []lead.Event     // history
	Due        []string         // leads to be assigned as soon as possible
	Outbox     []lead.Change    // in order
	Rejections []lead.Rejection // recorded unless a touch of that id is there; a later attempt replaces an earlier
	Reps       []lead.Rep       // Credit and Assigned to be kept
	Done       []string         // leads that need no assignment any more
}

// IdentityOf says which lead an identity leads to.
type IdentityOf struct {
	Identity lead.Identity
	Lead     string
}

// Move re-points the touches and history of a lead that was merged away.
type Move struct{ From, Into string }

// Judge decides who a submission is and what becomes of the record. Package dedupe has it; it is pure.
type Judge interface {
	// Judge compares a submission with the living records that share an identity with it.
	Judge(s *lead.Submission, candidates []*lead.Record) lead.Verdict
	// Add folds a submission into a record (a zero one for a new lead) and returns the names of the fields that
	// changed, sorted.
	Add(r *lead.Record, s *lead.Submission) []string
	// Join folds other into survivor and returns the names of the fields that changed, sorted.
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
	// process holds are skipped), calls fn, and saves what it returns. It reports how many leads were taken.
	Assign(ctx context.Context, now time.Time, n int, fn func([]*lead.Record, []lead.Rep) Changes) (int, error)
}

// Outbox is the part of a Pool that the relay to the change stream uses.
type Outbox interface {
	// Relay hands the oldest n changes to publish, in order, and forgets them when it returns nil. Only one Relay
	// runs at a time over all processes; when another holds it, Relay returns 0 and no error.
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
