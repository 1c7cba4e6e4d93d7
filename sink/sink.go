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
	// View runs fn on one moment of the pool. Nothing is held, and no writer waits.
	View(ctx context.Context, fn func(Evidence) error) error
}

// Tx is one transaction. For a batch of submissions Seen, Candidates, Numbers, Staff and Save are called in this order; Save may
// follow again, after Hold and Reach.
type Tx interface {
	// Seen returns the lead of every one of these submissions that is already recorded, and which of them a person
	// decided something about.
	Seen(ctx context.Context, submissions []string) (Seen, error)
	// Candidates returns where the identities lead, and holds the identities, known or not, and these leads until
	// commit: a second transaction that asks for one of them waits.
	Candidates(ctx context.Context, identities []lead.Identity) (Known, error)
	// Numbers hands out n consecutive numbers of a day ("20260102") and returns the first; without gaps, as it is
	// part of the transaction. Other transactions wait for it.
	Numbers(ctx context.Context, day string, n int) (first int64, err error)
	// Staff holds everybody whom leads that are about to be saved may be given to, as Handle does, and returns them with these
	// leads. false when others wait on the queue whose turn it is by now: nothing is held then.
	Staff(ctx context.Context, now time.Time, leads []*lead.Record) (Taken, bool, error)
	// Save writes everything.
	Save(ctx context.Context, c Changes) error
	Evidence
}

// Evidence is all that bears on who some leads are.
type Evidence interface {
	// Hold holds living leads until commit, and returns them and all that went into them, with their touches. Ids of
	// leads that went into others stand for these; unknown ones are left out.
	Hold(ctx context.Context, leads []string) (Family, error)
	// Reach returns the living leads that these identities lead to and those that people's decisions about these submissions
	// speak of. Generic identities lead nowhere unless generic is set; even then not when they lead to more than reachable leads.
	Reach(ctx context.Context, keys, submissions []string, generic bool) (Reached, error)
}

// Seen is what is known of some submissions.
type Seen struct {
	Leads   map[string]string // by submission: the lead it was recorded for
	Decided map[string]bool
}

// Known is what the pool holds of some identities.
type Known struct {
	Leads   map[string]string // id of the living lead, Shared or Generic per Identity.Key; unknown identities are left out
	Records []*lead.Record    // of these leads, each once, by id
}

// Marks that stand in the place of a lead's id, for an identity that does not lead to one lead.
const (
	Shared  = "*" // it leads to several leads that something keeps apart
	Generic = "!" // too many people carry it; it recognises nobody
)

// Reachable is the most leads that a generic identity is followed to: beyond, it is taken for generic whatever the rules.
const Reachable = 200

// Family is some leads with all that belongs to them.
type Family struct {
	Records []*lead.Record // living and gone into others, by id
	Touches []Recorded
}

// Recorded is a touch of the pool.
type Recorded struct {
	Submission *lead.Submission
	Lead       string // it was recorded for
	At         time.Time
}

// Reached is what Reach finds.
type Reached struct {
	Leads     []string
	Now       map[string]string // where each key leads, as Known.Leads
	Generic   []string          // of the keys, those that are generic and not followed
	Decisions []lead.Decision
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

	States        []lead.RepState // of reps, as they are from now on; what is Held is counted by the database
	Timers        []Timer
	Notifications []lead.Notification
	Acts          []Act
	// Freed lets leads that wait for a rep be tried at once: the best this many of each rule they wait for.
	Freed int
	// Offered are leads that say more than when the rules saw them: those that wait are tried at once.
	Offered []string

	// What a regrouping changes. Spread is written after the rows of Cleared are gone.
	Cleared   []string // leads that identities which are shared or generic lead to no more, unless Spread says so
	Spread    []Spread
	Moved     []Moved
	Renewed   []Touch // that are read otherwise now; Submission and JSON are enough
	Decisions []lead.Decision
	Withdrawn []Touch  // that are touches no more; Submission and Source are enough
	Dropped   []string // submissions whose open rejections are open no more
	Erased    []string // leads without a touch, to be forgotten
}

// Spread says where an identity leads from now on, when that is not simply one lead that it did not lead to before.
type Spread struct {
	Key   string
	Lead  string   // id of a lead, Shared, Generic, or "": nowhere, forget it
	Leads []string // to be added, for one that is Shared or Generic
	Same  bool     // Lead is where it leads already
}

// Moved is a touch that belongs to another lead from now on.
type Moved struct{ Submission, Lead string }

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
	// Waits is the rule of a lead that nobody may have before At; "" for one that has not been tried.
	Waits string
}

// Judge decides who is who and what becomes of the record. Package dedupe has it; it is pure.
type Judge interface {
	// Judge compares a submission with the living records that share an identity with it; generic tells which of its
	// identities recognise nobody. It returns false when that is not enough to tell: then Group decides.
	Judge(s *lead.Submission, candidates []*lead.Record, generic func(lead.Identity) bool) (v lead.Verdict, sure bool)
	// Add folds a submission into a record (a zero one for a new lead), Touches, FirstSeen, LastSeen and Identities
	// included, and returns the names of the fields that changed, sorted.
	Add(r *lead.Record, s *lead.Submission) []string
	// Join folds other into survivor and returns the names of the fields that changed, sorted. Status and owner are
	// not its business.
	Join(survivor, other *lead.Record) []string
	Grouper
}

// Grouper is the part of a Judge that sees all the evidence.
type Grouper interface {
	// Group decides which touches are one person, as a function of the set of touches and decisions.
	Group(touches []*lead.Submission, decisions []lead.Decision, generic map[lead.Identity]bool) lead.Grouping
	// Rebuild makes the values of a record anew from all its touches and pins, as if they had been added one by one, and
	// returns the names of the fields that changed, sorted.
	Rebuild(r *lead.Record, touches []*lead.Submission, pins []lead.Pin) []string
}

// Renewer is a Judge that may read a stored submission otherwise than when it came: what was nobody's number then may be
// somebody's now. Only [Sink.Regroup] asks.
type Renewer interface {
	// Renew returns the submission as the rules of now read it, or nil when that is as it is stored.
	Renew(*lead.Submission) *lead.Submission
}

// Chooser decides who gets a lead. Package assign has it; it is pure.
type Chooser interface {
	// Choose picks an owner or a public pool, and updates the states of staff that were counted. An Assignment with neither
	// means that nobody may have the lead now; Why says so.
	Choose(r *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment
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
