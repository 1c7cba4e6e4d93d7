package sink

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// FetchStore keeps what asking vendors needs, shared by all processes of a hub.
type FetchStore interface {
	Leases
	PollStore
	Fetches
	VendorTokens
}

// Lease is the right to do what one process does at a time. What is kept under it is refused once another holder took it.
type Lease struct {
	Name   string
	Holder string
	Fence  int64 // grows whenever another holder takes the lease
}

// LeaseLost is the code of the error, of KindConflict, of whoever writes under a lease that another holder has by now.
const LeaseLost = "lease_lost"

// Leases are held for a time by the clock of the database, which all processes share.
type Leases interface {
	// HoldLeases takes those of the names that nobody else holds, and holds on to those that holder has, for ttl from now. It returns all that
	// holder now has of them.
	HoldLeases(ctx context.Context, holder string, names []string, ttl time.Duration) (map[string]Lease, error)
	// DropLeases gives leases back, all that holder has when no name is given.
	DropLeases(ctx context.Context, holder string, names ...string) error
}

// Polled is how far a source was asked.
type Polled struct {
	Source  string
	Channel string
	Cursor  string
	Report  lead.FetchReport
}

// PollStore keeps the cursors of polls.
type PollStore interface {
	// Polled returns the zero Polled for a source that was never asked.
	Polled(ctx context.Context, source string) (Polled, error)
	// SavePolled keeps the cursor and the report, under a lease. KindConflict with LeaseLost when another holder has it, or nobody.
	SavePolled(ctx context.Context, l Lease, p Polled) error
	// Fetchings tells of all sources that were asked, have tokens or thin events that wait, by source. Ways are left empty.
	Fetchings(ctx context.Context) ([]lead.Fetching, error)
	// ForgetFetching drops cursors and tokens of all sources but these.
	ForgetFetching(ctx context.Context, keep []string) error
}

// Fetch is a thin event: a Rejection in state pending.
type Fetch struct {
	Rejection lead.Rejection
	Tries     int       // with the one that was taken
	Since     time.Time // it was first due
}

// Fetches is the queue of thin events.
type Fetches interface {
	// DueFetches names the sources that have thin events which are due, without those that are paused.
	DueFetches(ctx context.Context, now time.Time) ([]string, error)
	// TakeFetch takes the thin event of a source that is due for longest, counts the try, and leaves it to the caller until then: a caller that
	// never says what became of it does not keep it longer. false when none is due.
	TakeFetch(ctx context.Context, source string, now, until time.Time) (f Fetch, ok bool, err error)
	// SaveFetch keeps what a try came to: the Rejection's texts and state; one that stays pending is due at due. It changes nothing when
	// the event has another outcome, or a later attempt, by now.
	SaveFetch(ctx context.Context, r lead.Rejection, due time.Time) error
	// PauseFetches keeps the thin events of a source from being due before until.
	PauseFetches(ctx context.Context, source string, until time.Time) error
}

// VendorToken is what a vendor lent a source, as it is kept.
type VendorToken struct {
	Source  string
	Version int64  // grows with every new value
	Secret  string // sealed
	Health  lead.TokenHealth
}

// VendorTokens keeps what vendors lend.
type VendorTokens interface {
	// VendorToken returns a zero Version when there is none.
	VendorToken(ctx context.Context, source, name string) (VendorToken, error)
	// SaveVendorToken keeps a new value, or, with Secret "", only why there is none, under a lease. KindConflict with LeaseLost.
	SaveVendorToken(ctx context.Context, l Lease, t VendorToken) error
	// RefuseVendorToken marks a value as refused, unless there is a newer version.
	RefuseVendorToken(ctx context.Context, source, name string, version int64) error
}
