package api

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Ports is all that the API asks of the hub. Every error is a *lead.Error or is answered as an internal one.
type Ports struct {
	Authenticator Authenticator
	Leads         Leads
	Submissions   Submissions
	Rejections    Rejections
	Configuration Configuration
	Tokens        Tokens
	Figures       Figures
	Operator      Operator
	Merging       Merging
	Imports       Imports
	Duplicates    Duplicates
	Notifications Notifications
	Fetching      Fetching
	Moving        Moving
	Following     Following
	Care          Care
	Known         Known
	Channels      func() []Channel // in the order to show
	Logger        *slog.Logger     // gets what is answered 500
}

// Authenticator knows who a bearer token belongs to.
type Authenticator interface {
	// Authenticate finds the token of a secret; the admin's has ScopeAdmin. KindUnauthorized when there is none.
	Authenticate(ctx context.Context, bearer string) (lead.Token, error)
}

// Leads reads the pool.
type Leads interface {
	// Leads lists living leads, newest first. KindInvalid for a cursor that this hub did not give out.
	Leads(ctx context.Context, q lead.LeadQuery) (lead.LeadPage, error)
	// Lead finds one by id or number; a merged-away one resolves to the living. KindNotFound.
	Lead(ctx context.Context, id string) (lead.LeadDetail, error)
}

// Submissions tells where a submission is.
type Submissions interface {
	// Submission answers StateReceived for an id that this hub gave out and that is not in the pool yet. KindNotFound
	// for any other unknown id.
	Submission(ctx context.Context, id string) (lead.SubmissionStatus, error)
}

// Rejections shows what could not go on and sends it again.
type Rejections interface {
	Rejections(ctx context.Context, q lead.RejectionQuery) (lead.RejectionPage, error)
	Rejection(ctx context.Context, id string) (lead.Rejection, error) // KindNotFound
	// Replay returns when the Raw is durable on the broker again. With edited nil the channel's parser reads it anew,
	// else edited stands for what it read. A quarantined one is released by it. KindConflict when it is resolved.
	Replay(ctx context.Context, id string, edited *lead.Draft, actor string) error
}

// Configuration is what people set up.
type Configuration interface {
	// Config leaves the values of secret settings out: a secret that is set is shown as the mask "••••••".
	Config(ctx context.Context) (lead.Config, error)
	// EditConfig lets fn change what Config shows, checks the outcome as a whole, and keeps it in one transaction; fn may run
	// again from the start. A secret setting that fn leaves absent or as the mask keeps its value. KindInvalid
	// with Fields when the outcome is not right (a channel nobody knows, settings against the Spec, a team that is not there).
	EditConfig(ctx context.Context, actor string, fn func(*lead.Config) error) (lead.Config, error)
	// Doubts are what is probably a mistake in a configuration that EditConfig took.
	Doubts(*lead.Config) []lead.Doubt
}

// Tokens gives and takes back access to the API.
type Tokens interface {
	Tokens(ctx context.Context) ([]lead.Token, error)
	// CreateToken makes one of Name, Scopes and Rep and returns the secret; nobody can see it again.
	CreateToken(ctx context.Context, t lead.Token) (secret string, made lead.Token, err error)
	DeleteToken(ctx context.Context, id string) error // KindNotFound
}

// Figures counts.
type Figures interface {
	Overview(ctx context.Context) (lead.Overview, error)
	// Audit reads the topics from their start and may take minutes.
	Audit(ctx context.Context) (lead.Audit, error)
}

// Operator serves whoever is on call.
type Operator interface {
	// Explain tells what would become of one payload of a source, without writing anything. KindNotFound for the source.
	Explain(ctx context.Context, source, contentType string, body []byte) (lead.Explanation, error)
	// ReplayRaw sends what was received since a time, by one source or by all (""), through the flow again and returns how
	// many. What is in the pool stays as it is.
	ReplayRaw(ctx context.Context, source string, since time.Time) (int, error)
}

// Merging is what people decide about who is who. Leads are named by id or number; one that was merged away stands for the
// lead that took it over.
type Merging interface {
	Decider
	Recomputer
}

// Decider does what a person orders, and explains.
type Decider interface {
	// Merge and the three below return every lead that changed, or, in a preview, would. KindNotFound, KindConflict when the
	// two are one already.
	Merge(ctx context.Context, id, with string, o lead.Order) ([]lead.Change, error)
	Split(ctx context.Context, id string, submissions []string, o lead.Order) ([]lead.Change, error)
	// Pin cleans the value as if it had arrived. KindInvalid when it cannot be read, or the field cannot be pinned.
	Pin(ctx context.Context, id, field, value string, o lead.Order) ([]lead.Change, error)
	Unpin(ctx context.Context, id, field string, o lead.Order) ([]lead.Change, error)
	// Why explains one lead, or, when with is not "", two.
	Why(ctx context.Context, id, with string) (lead.Why, error)
}

// Moving is what people do about who has a lead. Each call is one transaction and returns the lead as it is then; asking again with
// the same Move.ID changes nothing. KindNotFound, KindForbidden, KindConflict and KindLimited tell what speaks against it.
type Moving interface {
	Assign(ctx context.Context, id, rep string, m lead.Move) (lead.Lead, error)
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

// Known looks for people.
type Known interface {
	// Known tells whether somebody with this phone is in the pool. KindInvalid when it is no whole number.
	Known(ctx context.Context, phone, rep string) (lead.Known, error)
}

// Duplicates is the queue of leads that may be one person.
type Duplicates interface {
	// Duplicates lists pairs, the highest score first. KindNotFound for the lead, KindInvalid for the cursor.
	Duplicates(ctx context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error)
	// DecideDuplicate notes what a person says of two leads, named by id or number: lead.DuplicateDismiss or
	// lead.DuplicateReopen. KindNotFound when they are no pair, KindConflict for opening one that a person split.
	DecideDuplicate(ctx context.Context, a, b, decision string, o lead.Order) (lead.Duplicate, error)
}

// Notifications tells reps what happened to their leads.
type Notifications interface {
	Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error)
	// ReplayDelivery lets a dead delivery, and all that its message carries, be tried again. KindNotFound; KindConflict when it is not dead.
	ReplayDelivery(ctx context.Context, id, actor string) error
	TargetState(ctx context.Context, key string) (lead.TargetState, error) // KindNotFound
	// TestTarget sends a sample; what the other side does not like is in the result. KindNotFound for the target and the rep.
	TestTarget(ctx context.Context, key, rep, actor string) (lead.TestResult, error)
}

// Fetching tells how the hub's own asking of its sources goes.
type Fetching interface {
	// Fetching returns every source, in the order of the configuration. It tells of tokens all but their values.
	Fetching(ctx context.Context) ([]lead.Fetching, error)
}

// Recomputer groups all leads anew, in the background, one run at a time.
type Recomputer interface {
	// Recompute starts a run. KindConflict while one is under way; KindInvalid for rules without dryRun.
	Recompute(ctx context.Context, rules lead.CandidateRules, dryRun bool, actor string) (lead.Recompute, error)
	// Recomputed tells how far the run is, or what came of the last one.
	Recomputed(ctx context.Context) (lead.Recompute, error)
	CancelRecompute(ctx context.Context) error // KindConflict when none runs
}

// Imports takes files that people upload. Only the process that took a file can do more with it than to tell about it: KindConflict
// elsewhere.
type Imports interface {
	ImportReader
	// Upload takes a file and proposes how to read it. KindInvalid when it cannot be read: then nothing is left of it.
	Upload(ctx context.Context, up lead.ImportUpload, file io.Reader) (lead.Import, error)
	// EditLayout takes what a person corrected. KindInvalid with Fields; KindConflict when the import was started.
	EditLayout(ctx context.Context, id string, l lead.Layout) (lead.Import, error)
	ImportOrders
}

// ImportReader tells about imports.
type ImportReader interface {
	Import(ctx context.Context, id string) (lead.Import, error) // KindNotFound
	Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error)
	// Result and Template return a workbook and its name. lang is "zh" or "en"; with failed only rejected rows are in it.
	Result(ctx context.Context, id, lang string, failed bool) (io.ReadCloser, string, error)
	Template(ctx context.Context, source, lang string) (io.ReadCloser, string, error)
}

// ImportOrders begin or end the work on an import, which goes on in the background. KindConflict when its state does not allow it.
type ImportOrders interface {
	Check(ctx context.Context, id, actor string) (lead.Import, error)
	Start(ctx context.Context, id, actor string) (lead.Import, error)
	Cancel(ctx context.Context, id, actor string) (lead.Import, error)
	Undo(ctx context.Context, id, actor string) (lead.Import, error)
}

// Channel describes a kind of source that can be made. Its texts are by language, "en" and "zh".
type Channel struct {
	Channel     string            `json:"channel"`
	Title       map[string]string `json:"title"`
	Description map[string]string `json:"description"`
	Docs        string            `json:"docs" doc:"Where the vendor describes what this channel speaks."`
	Push        bool              `json:"push" doc:"Whether a source of it has a URL of its own."`
	Settings    []Setting         `json:"settings"`
}

// Setting is one setting of a Channel.
type Setting struct {
	Name     string            `json:"name"`
	Type     string            `json:"type" enum:"string,int,bool,list"`
	Help     map[string]string `json:"help"`
	Default  any               `json:"default,omitempty"`
	Required bool              `json:"required"`
	Secret   bool              `json:"secret" doc:"Sealed at rest and never shown again."`
	OneOf    []string          `json:"one_of" doc:"The allowed values; any when empty."`
}
