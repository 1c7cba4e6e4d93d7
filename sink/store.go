package sink

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Store is everything a database offers; sinktest runs on it. Callers declare the part they use.
type Store interface {
	Pool
	Desk
	Outbox
	DuplicatePool
	Reader
	ConfigStore
	TokenStore
	// ResolveRejections marks open rejections as resolved; unknown ids are passed over.
	ResolveRejections(ctx context.Context, ids []string) error
	FetchStore
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	Close() error
}

// Reader answers questions about the pool. It never blocks writers.
type Reader interface {
	// Leads lists living leads, newest first; the cursor stays valid while leads are added.
	Leads(ctx context.Context, q lead.LeadQuery) (lead.LeadPage, error)
	// Lead finds a lead by id or number; those of a merged-away lead resolve to the living one. KindNotFound.
	Lead(ctx context.Context, id string) (lead.LeadDetail, error)
	// Duplicates lists pairs of living leads that may be one person, the highest score first. KindInvalid for a cursor that
	// was not given out.
	Duplicates(ctx context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error)
	// Figures counts the pool.
	Figures(ctx context.Context) (lead.PoolFigures, error)
	// Breakdown counts touches and open rejections per source (sorted by key), without those of feedback, which came from none, and all
	// open rejections per code.
	Breakdown(ctx context.Context) (sources []lead.SourceFigures, byCode map[string]int64, err error)
	Ledger
	CareReader
}

// CareReader tells who has leads, how many, and what came of them.
type CareReader interface {
	// RepStates are the counters of all reps, by key: those of the configuration, and those who still own leads. Counters of
	// a day are as they were counted: see RepState.Day.
	RepStates(ctx context.Context) ([]lead.RepState, error)
	// Owners are the reps who own a living lead of a company (lead.Record.CompanyKey), the latest first.
	Owners(ctx context.Context, company string) ([]string, error)
	// PoolStates are the public pools that hold leads, by key.
	PoolStates(ctx context.Context) ([]lead.PoolState, error)
	// Notifications lists what a rep was to be told, the earliest first, n at most; of all reps when rep is "".
	Notifications(ctx context.Context, rep string, n int) ([]lead.Notification, error)
	// Performance tells how fast and how well leads were worked on that came into the pool within a time. It reads each of them.
	Performance(ctx context.Context, q lead.PerformanceQuery) (lead.Performance, error)
}

// Ledger tells what became of submissions.
type Ledger interface {
	// Submission tells where a submission is: in a touch, in a rejection, or (found false) neither.
	Submission(ctx context.Context, id string) (st lead.SubmissionStatus, found bool, err error)
	// Outcomes counts, for each of these Raw ids, the touches and the open rejections that came of it. An id with
	// neither is left out.
	Outcomes(ctx context.Context, raws []string) (map[string]Outcome, error)
	Rejections(ctx context.Context, q lead.RejectionQuery) (lead.RejectionPage, error)
	// Rejection returns one with Draft, Raw and Body; lists leave Raw and Body out. KindNotFound.
	Rejection(ctx context.Context, id string) (lead.Rejection, error)
}

// Outcome counts what became of one Raw. Both counts submission ids that are a touch and an open rejection at once, which
// must never be.
type Outcome struct{ Touches, Rejections, Both int }

// ConfigStore keeps what people set up.
type ConfigStore interface {
	// Config returns the whole configuration; on an empty database the zero Config.
	Config(ctx context.Context) (lead.Config, error)
	// ConfigVersion returns Config.Version alone, cheaply.
	ConfigVersion(ctx context.Context) (int64, error)
	// EditConfig lets fn change the configuration in one transaction and raises its version when fn returns nil. Counters of
	// reps are not part of it: they survive an edit, and those of a rep who is taken out survive that, too. When reps, teams,
	// rules or pools change, leads that wait for a rep are tried at once.
	EditConfig(ctx context.Context, fn func(*lead.Config) error) (lead.Config, error)
}

// TokenStore keeps API tokens by the hash of their secret.
type TokenStore interface {
	Tokens(ctx context.Context) ([]lead.Token, error)
	SaveToken(ctx context.Context, t lead.Token) error
	DeleteToken(ctx context.Context, id string) error // KindNotFound
	// Token finds a token by its id. KindNotFound.
	Token(ctx context.Context, id string) (lead.Token, error)
	// TokenByHash finds a token. KindNotFound.
	TokenByHash(ctx context.Context, hash string) (lead.Token, error)
}

// Migration is one numbered step of a database's tables.
type Migration struct {
	Number  int64
	Name    string    // of its file
	Applied time.Time // zero when it is pending
}
