package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/leadhub/leadhub/lead"
)

// Config is all that the console needs. Every error of a port is a *lead.Error or is shown as an internal one.
type Config struct {
	Authenticator Authenticator
	Access        Access
	Leads         Leads
	Merging       Merging
	Duplicates    Duplicates
	Moving        Moving
	Following     Following
	Care          Care
	Trying        Trying
	Notifications Notifications
	Fetching      Fetching
	Rejections    Rejections
	Configuration Configuration
	Figures       Figures
	Imports       Imports
	ImportOrders  ImportOrders
	ImportFiles   ImportFiles
	Channels      func() []Channel // in the order to show
	Snippets      Snippets

	// SessionKey signs sessions; 32 bytes. A key derived from the admin token too makes a changed token end all sessions.
	SessionKey []byte
	// BaseURL is the hub's address as a browser reaches it, like https://leads.example.cn. nil takes it from the request.
	BaseURL func(*http.Request) string
	Logger  *slog.Logger
}

// Authenticator knows who a token belongs to.
type Authenticator interface {
	// Authenticate finds the token of a secret. KindUnauthorized when there is none. One with ScopeAdmin opens everything, one of a rep
	// who is active what is for reps; no other gets in.
	Authenticate(ctx context.Context, secret string) (lead.Token, error)
	// Token is a token as it is now, by its id: it is asked for at every request of a session. KindNotFound once it was taken back.
	Token(ctx context.Context, id string) (lead.Token, error)
}

// Access lets people in, and out again.
type Access interface {
	Tokens(ctx context.Context) ([]lead.Token, error) // without their secrets
	// CreateToken makes a token of a name, scopes and a rep, and returns its secret, which nobody can see again. KindInvalid.
	CreateToken(ctx context.Context, t lead.Token) (secret string, made lead.Token, err error)
	DeleteToken(ctx context.Context, id string) error // KindNotFound
}

// Leads reads the pool.
type Leads interface {
	Leads(ctx context.Context, q lead.LeadQuery) (lead.LeadPage, error)
	Lead(ctx context.Context, id string) (lead.LeadDetail, error) // by id or number; KindNotFound
}

// Merging is what people decide about who is who. Leads are named by id or number.
type Merging interface {
	// Merge and the three below return every lead that changed, or, in a preview, would.
	Merge(ctx context.Context, id, with string, o lead.Order) ([]lead.Change, error)
	Split(ctx context.Context, id string, submissions []string, o lead.Order) ([]lead.Change, error)
	Pin(ctx context.Context, id, field, value string, o lead.Order) ([]lead.Change, error)
	Unpin(ctx context.Context, id, field string, o lead.Order) ([]lead.Change, error)
	// Why explains one lead, or, when with is not "", two.
	Why(ctx context.Context, id, with string) (lead.Why, error)
}

// Moving is what people do about who has a lead. Each call is one transaction and returns the lead as it is then; asking again with the
// same Move.ID changes nothing. KindNotFound, KindForbidden, KindConflict and KindLimited say what speaks against it.
type Moving interface {
	Assign(ctx context.Context, id, rep string, m lead.Move) (lead.Lead, error)
	// Claim takes a lead out of a public pool for m.Rep, by the rules of the pool.
	Claim(ctx context.Context, id string, m lead.Move) (lead.Lead, error)
	// Release gives a lead back into a public pool; pool "" leaves it to the rules.
	Release(ctx context.Context, id, pool, reason string, m lead.Move) (lead.Lead, error)
	Accept(ctx context.Context, id string, m lead.Move) (lead.Lead, error)
}

// Following is what comes of a lead, and of the leads of a rep who leaves.
type Following interface {
	Follow(ctx context.Context, f lead.Feedback, m lead.Move) (lead.Lead, error)
	Reopen(ctx context.Context, id string, m lead.Move) (lead.Lead, error)
	// Handover returns how many leads it moved, also when it failed half-way: the same call goes on with the rest.
	Handover(ctx context.Context, rep string, to lead.Handover, m lead.Move) (int, error)
}

// Care tells who has leads, how many, and what came of them.
type Care interface {
	// RepStates has reps who are in the configuration no more as long as they own leads. Counters of a day are those of RepState.Day.
	RepStates(ctx context.Context) ([]lead.RepState, error)
	PoolStates(ctx context.Context) ([]lead.PoolState, error) // of pools that hold leads
	Performance(ctx context.Context, q lead.PerformanceQuery) (lead.Performance, error)
}

// Trying plays an imagined lead.
type Trying interface {
	// ExplainDraft tells what would become of what a source would have read, and writes nothing. KindNotFound for the source.
	ExplainDraft(ctx context.Context, source string, d lead.Draft) (lead.Explanation, error)
}

// Notifications is how reps are told of their leads.
type Notifications interface {
	// TargetState tells how a target of the configuration does. KindNotFound.
	TargetState(ctx context.Context, key string) (lead.TargetState, error)
	// TestTarget sends a sample to a rep, or to nobody in particular. KindNotFound for target and rep.
	TestTarget(ctx context.Context, key, rep, actor string) (lead.TestResult, error)
	Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error) // latest first
	// ReplayDelivery lets a dead delivery, and all that its message carries, be tried again. KindConflict for one that is not dead.
	ReplayDelivery(ctx context.Context, id, actor string) error
}

// Duplicates is the queue of leads that may be one person.
type Duplicates interface {
	Duplicates(ctx context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error)
	// DecideDuplicate notes lead.DuplicateDismiss or lead.DuplicateReopen of two leads.
	DecideDuplicate(ctx context.Context, a, b, decision string, o lead.Order) (lead.Duplicate, error)
}

// Fetching tells how the hub's own asking of its sources goes.
type Fetching interface {
	// Fetching returns every source. It tells of tokens all but their values.
	Fetching(ctx context.Context) ([]lead.Fetching, error)
}

// Rejections shows what could not go on and sends it again.
type Rejections interface {
	Rejections(ctx context.Context, q lead.RejectionQuery) (lead.RejectionPage, error)
	Rejection(ctx context.Context, id string) (lead.Rejection, error) // KindNotFound
	// Replay returns when the Raw is durable on the broker again. With edited nil the channel's parser reads it anew,
	// else edited stands for what it read. A quarantined one is released by it.
	Replay(ctx context.Context, id string, edited *lead.Draft, actor string) error
}

// Configuration is what people set up.
type Configuration interface {
	// Config leaves the values of secret settings out: a secret that is set is shown as the mask "••••••".
	Config(ctx context.Context) (lead.Config, error)
	// EditConfig lets fn change what Config shows, checks the outcome as a whole, and keeps it in one transaction; fn may run
	// again from the start. A secret setting that fn leaves absent or as the mask keeps its value. KindInvalid
	// with Fields when the outcome is not right.
	EditConfig(ctx context.Context, actor string, fn func(*lead.Config) error) (lead.Config, error)
}

// Imports takes the files that people upload, and shows them.
type Imports interface {
	Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error) // latest first
	Import(ctx context.Context, id string) (lead.Import, error)               // KindNotFound
	// Upload reads a file to its end unless it refuses it. KindInvalid and KindTooLarge say what is wrong with it.
	Upload(ctx context.Context, up lead.ImportUpload, file io.Reader) (lead.Import, error)
	// EditLayout keeps what a person corrected, and forgets a check that was made. KindConflict once the import was started.
	EditLayout(ctx context.Context, id string, l lead.Layout) (lead.Import, error)
}

// ImportOrders moves an import on and does not wait for the end. KindConflict when it does not fit the state.
type ImportOrders interface {
	Check(ctx context.Context, id, actor string) (lead.Import, error)
	Start(ctx context.Context, id, actor string) (lead.Import, error) // or goes on with one that stopped
	Cancel(ctx context.Context, id, actor string) (lead.Import, error)
	Undo(ctx context.Context, id, actor string) (lead.Import, error) // forgets one that was never started
}

// ImportFiles makes .xlsx files to download, with their names. The caller closes them.
type ImportFiles interface {
	// Result tells what became of each row, or of those alone that failed.
	Result(ctx context.Context, id, lang string, failedOnly bool) (io.ReadCloser, string, error)
	// Template is an empty list to fill in for a source.
	Template(ctx context.Context, source, lang string) (io.ReadCloser, string, error)
}

// Figures counts the flow.
type Figures interface {
	// Overview may return what it knows, the Parts at least, together with an error: with the database away the page is
	// to say so.
	Overview(ctx context.Context) (lead.Overview, error)
}

// Snippets makes what a person pastes into a page.
type Snippets interface {
	// Snippet is ready HTML for a source whose hub is reached at base, in language "en" or "zh"; "" when its channel has none.
	Snippet(ctx context.Context, source, base, lang string) string
}

// Channel describes a kind of source that can be made. Its texts are by language, "en" and "zh".
type Channel struct {
	Channel     string
	Title       map[string]string
	Description map[string]string
	Docs        string
	Push        bool // whether a source of it has a URL of its own
	Upload      bool // whether files are uploaded for a source of it
	Settings    []Setting
}

// Setting is one setting of a Channel.
type Setting struct {
	Name     string
	Type     string // string, int, bool or list
	Help     map[string]string
	Default  any
	Required bool
	Secret   bool
	OneOf    []string
}
