package sink

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Desk is the part of a Pool in which leads change hands: by rules, by people, by the clock.
//
// Order of locks, the same for everybody: leads (ascending, or without waiting), the states of reps (ascending), what is
// counted of leads per owner (ascending, at the end). Who needs a lead that he did not ask for first starts again.
type Desk interface {
	// Handle takes leads and the states of reps, all locked until commit, calls fn, and saves what it returns. It
	// reports how many leads it took; when it takes none, fn is not called. fn may be called again from the start, with
	// everything read anew. When fn returns an error nothing is saved. Of the leads it may change what they stand at, never what their
	// touches said.
	Handle(ctx context.Context, take Take, fn func(Taken) (Changes, error)) (int, error)
}

// Take says which leads Handle takes: by the first of Leads, Owner, Queued, Rung and Walk that is set.
type Take struct {
	Leads  []string  // the living leads that these ids or numbers stand for; it waits for them
	Owner  string    // the next Limit leads of this owner, by id, behind After; it waits for them
	After  string    //
	Queued time.Time // leads whose turn it is to be assigned by then, best grade first, then the longest waiting; none that others hold
	Rung   time.Time // leads whose timer comes due by then, the earliest first; none that others hold
	Walk   Plan      // the next leads whose timers were planned for an older plan than this; none when somebody else walks
	Limit  int       // of all but Leads

	Reps    []string // states of these reps, also when they are in the configuration no more
	AllReps bool     // states of every rep of the configuration
	Owners  bool     // Staff.Owners, for the companies of the leads
	Act     string   // see Taken.Done
}

// Plan names the terms that timers are planned for. Version grows; Print is the same as long as the terms are.
type Plan struct {
	Version int64
	Print   string
}

// Taken is what Handle took.
type Taken struct {
	Records []*lead.Record // living, each once; in the order that Take says, those of Take.Leads by id
	Staff   lead.Staff     // Reps are those of Config, sorted
	Config  *lead.Config   // shared by many: it is read, never changed
	Done    bool           // something was done under the id Take.Act before
}

// Act is the id under which something was done to a lead: the second time it changes nothing.
type Act struct {
	ID   string
	Lead string
	At   time.Time
}

// Timer says when a lead is to be looked at next: see Timekeeper. A zero At forgets it.
type Timer struct {
	Lead string
	Kind string
	At   time.Time
}
