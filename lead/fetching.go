package lead

import "time"

// Ways in which what a source has comes into the hub.
const (
	WayPush   = "push"   // the vendor posts it
	WayPoll   = "poll"   // the hub asks for it; beside push, to find what the pushes missed
	WayListen = "listen" // the hub holds a connection
	WayFetch  = "fetch"  // events that come are thin: the hub asks for the rest of each
)

// Fetching tells how the hub's own asking of a source goes.
type Fetching struct {
	Source string   `json:"source"`
	Ways   []string `json:"ways"`
	FetchReport
	// Pending counts the thin events that wait for the rest of them, PendingSince is when the oldest of them came.
	Pending      int64         `json:"pending"`
	PendingSince *time.Time    `json:"pending_since,omitempty"`
	PausedUntil  *time.Time    `json:"paused_until,omitempty"` // the vendor asked to wait: nothing is fetched before
	Tokens       []TokenHealth `json:"tokens"`                 // by name
}

// FetchReport is what the process that asks keeps of it.
type FetchReport struct {
	Poll   *PollReport   `json:"poll,omitempty"`
	Listen *ListenReport `json:"listen,omitempty"`
	Gap    *GapReport    `json:"gap,omitempty"`
}

// PollReport tells how the polls of a source go.
type PollReport struct {
	Last    *time.Time `json:"last,omitempty"`    // poll, successful or not
	Success *time.Time `json:"success,omitempty"` // last poll that succeeded
	Next    *time.Time `json:"next,omitempty"`    // poll that is planned
	Moved   *time.Time `json:"moved,omitempty"`   // when the cursor moved last
	Brought int64      `json:"brought"`           // events that polls brought
	Trouble *Trouble   `json:"trouble,omitempty"` // nil while all is well
}

// ListenReport tells how the connection of a source goes.
type ListenReport struct {
	Since   *time.Time `json:"since,omitempty"` // when it was opened last; nil while there is none
	Last    *time.Time `json:"last,omitempty"`  // event
	Brought int64      `json:"brought"`
	Trouble *Trouble   `json:"trouble,omitempty"` // why it ended last; nil once events came again
}

// GapReport tells what polls found that pushes had missed, over the time since Since.
type GapReport struct {
	Since   time.Time  `json:"since"`
	Last    *time.Time `json:"last,omitempty"`  // comparison that was completed
	Seen    int64      `json:"seen"`            // events that the vendor listed
	Missing int64      `json:"missing"`         // of them, those that no push had brought
	Fetched int64      `json:"fetched"`         // of the missing, those that the hub now has
	Found   *time.Time `json:"found,omitempty"` // when something was missing last
	// LastSeen, LastMissing and LastFetched are those of the last comparison alone.
	LastSeen    int64 `json:"last_seen"`
	LastMissing int64 `json:"last_missing"`
	LastFetched int64 `json:"last_fetched"`
}

// Trouble is what went wrong last, in words that carry no secret.
type Trouble struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Hint    string    `json:"hint,omitempty"`
	At      time.Time `json:"at"`
	Since   time.Time `json:"since"` // the first of Times in a row
	Times   int       `json:"times"`
}

// TroubleOf adds a failure to what went wrong before it.
func TroubleOf(before *Trouble, err error, at time.Time) *Trouble {
	e := AsError(err)
	t := &Trouble{Code: e.Code, Message: e.Message, Hint: e.Hint, At: at, Since: at, Times: 1}
	if before != nil {
		t.Since, t.Times = before.Since, before.Times+1
	}
	return t
}

// TokenHealth tells of an access token of a source all but its value.
type TokenHealth struct {
	Name     string     `json:"name"`
	Obtained *time.Time `json:"obtained,omitempty"` // nil when none was yet
	Expires  *time.Time `json:"expires,omitempty"`  // nil when it does not
	Refused  bool       `json:"refused"`            // the vendor no longer takes it
	Trouble  *Trouble   `json:"trouble,omitempty"`  // why it could not be renewed; nil once it was
}
