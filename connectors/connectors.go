// Package connectors is the contract between a channel and the hub. An author of a connector reads this file and
// docs/adding-a-connector.md, nothing else.
//
// A connector says what it is ([Spec]) and opens a [Source] from a source's settings. A Source always has Parse, and
// one of [Receiver], [Poller] or [Listener]. What arrives is stored untouched before anybody reads it: Receive
// verifies and hands over bytes; Parse runs after the broker, may run again years later, and must be pure.
//
// Authors steer the hub by what they return, as *lead.Error: KindInvalid is answered 4xx or becomes a rejection,
// KindUnauthorized is answered 401, KindForbidden 403, KindTransient is tried again. Error texts never carry a secret or
// the signature that would have been right.
//
// Only Poll, Listen and Fetch touch the network, through Settings.Client, and hold access tokens through Settings.Tokens.
package connectors

import (
	"context"
	"net/http"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Connector is one channel. It is stateless and made once.
type Connector interface {
	Spec() Spec
	// Open makes a Source from the settings of one configured source. It checks them fully and never touches the
	// network: an error here is an error of configuration, shown to the person who applies it.
	Open(Settings) (Source, error)
}

// Source reads what a configured source of this channel delivered.
type Source interface {
	// Parse reads the drafts out of a Raw: usually one, none for an event that carries no lead (recorded as
	// a rejection no_lead, so that every event is accounted for). It is pure: no
	// network, no clock, no state. An error rejects the Raw; its texts are shown to people.
	Parse(lead.Raw) ([]lead.Draft, error)
}

// Receiver is a Source that is pushed to.
type Receiver interface {
	// Receive verifies the request on its raw bytes before it reads any meaning in them, and says what is to be
	// stored and what to reply. It must not block on anything but the body. r.Body is limited by the hub; read
	// it with ReadBody. Headers of Delivery.Reply are sent with an error as well (a browser needs CORS headers to read
	// the error); its status and body only without one.
	Receive(r *http.Request) (Delivery, error)
}

// Poller is a Source that is asked. One that is a Receiver as well is polled to find what the pushes missed: what came by push
// and by poll must have the same Event.ID, so that nothing is there twice.
type Poller interface {
	// Poll asks for what came after cursor ("" at first), one page of it. The hub stores the delivery and only then keeps next; it
	// polls again at once while next differs from cursor and the delivery has events, and otherwise after Spec.PollEvery. One process polls a source at a
	// time. A vendor whose lists are late is asked again for the last minutes every time: see Window.
	Poll(ctx context.Context, cursor string) (d Delivery, next string, err error)
}

// Fetcher is a Source some of whose events are thin: they name a lead that has to be asked for. Parse returns Pending for
// such a Raw; the hub then keeps it as pending, visible and counted, and calls Fetch until it succeeds.
type Fetcher interface {
	// Fetch completes a thin Raw: it returns the body that Parse reads in its place, which holds what arrived and what the
	// vendor answered. KindTransient (with RetryAfter when the vendor names it) is tried again, anything else becomes a rejection
	// that a person can replay.
	Fetch(ctx context.Context, thin lead.Raw) (Event, error)
}

// Listener is a Source with a connection of its own.
type Listener interface {
	// Listen runs until ctx ends. emit returns when the delivery is durable; acknowledge to the vendor only then.
	Listen(ctx context.Context, emit func(Delivery) error) error
}

// Snippeter is a Connector whose sources come with text to copy into a website.
type Snippeter interface {
	// Snippet is the HTML of a form that posts to src. base is the hub's public address ("https://leads.example.com"),
	// lang is "zh" or "en".
	Snippet(base string, src lead.Source, lang string) string
}

// Delivery is what one request or poll brought.
type Delivery struct {
	Events []Event // none for a handshake
	Reply  Reply   // push only
}

// Event is one thing to store.
type Event struct {
	// ID is the channel's own id of the event, the same when it is delivered again; "" when the channel has none.
	ID          string
	Body        []byte // as it arrived
	ContentType string
	Query       string            // undecoded, when Parse needs it
	Header      map[string]string // those request headers that Parse needs; no credentials
	Signals     []lead.Signal
}

// Reply is the answer to a push. The zero Status asks for the hub's own: 202 with id and status_url.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Settings are the values of one source, checked against the Spec: every field present with its default, numbers as
// int, booleans as bool, lists as []string, everything else as string.
type Settings struct {
	Source string // key of the source
	Values map[string]any
	// Mapping and Defaults of the source; NewMapper uses them.
	Mapping  map[string]string
	Defaults map[string]string
	Now      func() time.Time // time.Now unless set; Spec.Check sets it
	// Client is for Poll, Listen and Fetch. It has a time limit and follows no redirect to another host.
	Client *http.Client
	// Tokens keeps the access tokens of this source.
	Tokens Tokens
}

// Tokens keeps what a vendor lends a source for some time. Processes of one hub share it; values are sealed at rest, and the
// console shows when each was obtained, when it ends and why it could not be renewed.
type Tokens interface {
	// Token returns the value of a token. When there is none, or it is about to expire, renew is called, by one caller at a time
	// over all processes, with what is kept (the zero Token at first).
	Token(ctx context.Context, name string, renew func(ctx context.Context, kept Token) (Token, error)) (string, error)
	// Refuse tells that the vendor no longer takes this value: the next call of Token renews it.
	Refuse(ctx context.Context, name, value string) error
}

// Token is what a vendor lends.
type Token struct {
	Value   string
	Refresh string    // what the next one is asked for with; "" when the settings are enough
	Expires time.Time // zero when it does not
}

// Spec describes a connector once, for the documentation, the console's form, `leadhub check` and the README table.
type Spec struct {
	Channel     string // folder name and the word in configuration
	Title       Text
	Description Text
	Docs        string // where the vendor describes what this connector speaks
	// How leads arrive: what the Source is, with some settings at least.
	Push   bool // a Receiver: has a URL of its own
	Poll   bool // a Poller
	Listen bool // a Listener
	Upload bool // an Importer
	// PollEvery is how often a Poller is asked when there is nothing new; a minute unless set. A channel whose people may
	// choose has a setting poll_seconds, an int, which counts before it.
	PollEvery time.Duration
	Settings  []Field
	// Identities that this channel brings, and which of them a person can have only one of per scope.
	Identities []IdentityKind

	// What the table of channels says.
	Authenticity Text     // what proves where an event comes from: "HMAC-SHA256 over the body", "a token in the URL, no signature"
	Delivery     Text     // what the vendor promises: "at least once, retried for 10 hours"
	Dedup        Text     // what makes two deliveries the same event: "X-Shopify-Event-Id"
	Sure         string   // one of the Sure constants
	Tested       []string // of the Tested constants
}

// How sure the facts of a channel are.
const (
	SureVerified = "verified" // read in the vendor's documentation or code, or reproduced
	SurePartly   = "partly"   // the README says which part comes from other people's receivers
	SureReadme   = "readme"   // it differs from part to part; the README says how
)

// How a channel was tested.
const (
	TestedCases   = "cases"   // requests in fixtures/channels
	TestedVectors = "vectors" // examples that the vendor published
	TestedFake    = "fake"    // a server that answers as the vendor does
	TestedFiles   = "files"   // files of the shapes that people make
	TestedLive    = "live"    // a real account
)

// IdentityKind is a kind of identity that a channel brings.
type IdentityKind struct {
	Kind   string
	Unique bool
}

// Text is a text for people in both languages.
type Text = lead.Text

// Types of a setting.
const (
	TypeString = "string"
	TypeInt    = "int"
	TypeBool   = "bool"
	TypeList   = "list" // of strings
)

// Field is one setting of a channel.
type Field struct {
	Name     string // snake_case
	Type     string // one of the Type constants; TypeString when ""
	Help     Text
	Default  any
	Required bool
	Secret   bool     // sealed at rest, never shown again
	OneOf    []string // allowed values; any when empty
}
