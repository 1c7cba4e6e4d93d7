package lead

import (
	"maps"
	"slices"
	"time"
)

// Assignment is the decision about one lead: an owner, or a pool, or that it waits.
type Assignment struct {
	Lead  string    `json:"lead"`
	Owner string    `json:"owner"`          // key of a rep; "" when nobody may have it now
	Pool  string    `json:"pool,omitempty"` // key of the public pool it goes to; "" when it gets an owner or waits
	Rule  string    `json:"rule"`           // key of the rule that decided
	Why   string    `json:"why"`
	At    time.Time `json:"at"`
	// Retry is when it is tried again, for a lead that waits: the next working hour, the next day. The zero time leaves it to
	// the assigner.
	Retry time.Time `json:"retry,omitzero"`
	Trace []Tried   `json:"trace,omitempty"` // in the order of the rules; kept in the history of the lead
}

// Tried is one rule that was tried for a lead.
type Tried struct {
	Rule    string      `json:"rule"`
	Matched bool        `json:"matched"`
	Why     string      `json:"why,omitempty"`  // in words; "" when its condition is simply not met
	Reps    []TriedRep  `json:"reps,omitempty"` // of a rule that matched, by key; at most TraceReps
	Counts  *TriedCount `json:"counts,omitempty"`
}

// TraceReps bounds how many reps a trace names; the others are counted in TriedCount.
const TraceReps = 20

// TriedRep is a rep as he stood when a rule was tried.
type TriedRep struct {
	Rep      string `json:"rep"`
	Eligible bool   `json:"eligible"`
	Code     string `json:"code,omitempty"` // why not: off_duty, on_leave, outside_hours, daily_quota, holding_limit, inactive, weight_zero, cool_down
	Held     int    `json:"held"`           // leads owned at that moment
	Today    int    `json:"today"`          // assigned by rules today
	Credit   int64  `json:"credit"`
}

// TriedCount counts the reps a rule aimed at, by why they could not have the lead ("" counts the eligible).
type TriedCount struct {
	Reps   int            `json:"reps"`
	ByCode map[string]int `json:"by_code"`
}

// Strategies of a Rule.
const (
	StrategyWeighted    = "weighted"     // smooth weighted round robin
	StrategyLeastLoaded = "least_loaded" // who holds the fewest leads for his weight
	StrategyLevel       = "level"        // the highest level first, weighted among equals
)

// Rule says who gets the leads that fit its condition. Rules are tried in their order; the first that matches decides.
type Rule struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	// When is an expression over the lead (see package assign); "" fits every lead.
	When string `json:"when"`
	To   Target `json:"to"`
	// Strategy chooses among the eligible; StrategyWeighted unless set.
	Strategy string `json:"strategy"`
	// Sticky gives the lead to whoever already owns this person's company, or was asked for by name, when he may have it.
	Sticky bool `json:"sticky"`
	// Pool is the public pool that the lead goes to at once, in the place of To; or, with To, when nobody may have it within
	// Patience. "" lets it wait for somebody.
	Pool     string   `json:"pool"`
	Patience Duration `json:"patience,omitzero"`
	Enabled  bool     `json:"enabled"`
}

// Target names reps. What is set narrows: reps of the team who have the skill and at least the level. Reps alone names them.
type Target struct {
	Teams    []string `json:"teams,omitempty"`
	Roles    []string `json:"roles,omitempty"`
	Skills   []string `json:"skills,omitempty"` // all of them
	MinLevel int      `json:"min_level,omitempty"`
	Reps     []string `json:"reps,omitempty"`
}

// Empty reports whether nothing is named: every rep.
func (t *Target) Empty() bool {
	return len(t.Teams) == 0 && len(t.Roles) == 0 && len(t.Skills) == 0 && t.MinLevel == 0 && len(t.Reps) == 0
}

// Names reports whether the target names a rep.
func (t *Target) Names(r *Rep) bool {
	if len(t.Teams) > 0 && !slices.Contains(t.Teams, r.Team) || len(t.Roles) > 0 && !slices.Contains(t.Roles, r.Role) ||
		len(t.Reps) > 0 && !slices.Contains(t.Reps, r.Key) || r.Level < t.MinLevel {
		return false
	}
	for _, s := range t.Skills {
		if !slices.Contains(r.Skills, s) {
			return false
		}
	}
	return true
}

// Hours are when a team works, in its time zone. No day named means always.
type Hours struct {
	TimeZone string `json:"time_zone,omitempty"` // IANA name; the hub's unless set
	// Week holds spans like "09:00-12:00" by day: mon tue wed thu fri sat sun.
	Week     map[string][]string `json:"week,omitempty"`
	Holidays []string            `json:"holidays,omitempty"` // "2026-10-01", or "2026-10-01/2026-10-07"
	Workdays []string            `json:"workdays,omitempty"` // 调休: days that are worked as a Monday is, whatever day they are
}

// Leave is when a rep is away: from the first instant to before the second.
type Leave struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// RepState is what the hub counts of a rep. It is read and kept in the transaction that uses it.
type RepState struct {
	Rep       string         `json:"rep"`
	Held      int            `json:"held"`       // living leads owned and still open (not converted, unqualified or archived)
	Day       string         `json:"day"`        // the hub's day that Today and Claimed count, "20260102"
	Today     int            `json:"today"`      // assigned by rules on Day
	Claimed   map[string]int `json:"claimed"`    // claims on Day, by pool
	LastClaim time.Time      `json:"last_claim"` // zero when never
	Assigned  int64          `json:"assigned"`   // by rules, ever
	// Turns are where the weighted round robins stand, by rule. The map is shared between copies: see TakeTurn.
	Turns map[string]Turn `json:"turns"`
}

// Turn is what a rep had of one weighted round robin since its shares began.
type Turn struct {
	Leads int64  `json:"leads"`
	Since int64  `json:"since"` // when these reps with these weights began to share, unix microseconds: all of them have it
	Set   uint32 `json:"set"`   // hash of who shares, and with which weights
}

// TakeTurn sets a turn, and leaves the map of copies alone.
func (s *RepState) TakeTurn(name string, t Turn) {
	turns := make(map[string]Turn, len(s.Turns)+1)
	maps.Copy(turns, s.Turns)
	turns[name] = t
	s.Turns = turns
}

// Staff is everybody who could have a lead, with what is counted of them, at one moment. It is read in the transaction that uses
// it; whoever chooses notes in it what he gave away, so that the next lead of the transaction finds it.
type Staff struct {
	Reps   []Rep                // sorted by key; the inactive ones, too, so that a trace can say why not
	States map[string]*RepState // by key of a rep; a rep without one has nothing counted yet
	// Changed are the reps whose state is not as it was read: who changes one says so, or it is not kept.
	Changed map[string]bool
	// Away is the rep who may not have the next lead that is chosen for, as he had it not long ago; "" is nobody.
	Away string
	// Owners are the reps who own a living lead of a company, the latest first, by Record.CompanyKey.
	Owners map[string][]string
}

// Change notes that the state of a rep was changed.
func (s *Staff) Change(rep string) {
	if s.Changed == nil {
		s.Changed = map[string]bool{}
	}
	s.Changed[rep] = true
}

// State returns the state of a rep on a day of the hub; counters of a day before start again at zero.
func (s *Staff) State(rep, day string) *RepState {
	st := s.States[rep]
	if st == nil {
		if s.States == nil {
			s.States = map[string]*RepState{}
		}
		st = &RepState{Rep: rep}
		s.States[rep] = st
	}
	if st.Day != day {
		st.Day, st.Today, st.Claimed = day, 0, nil
	}
	return st
}

// Pool is a public pool 公海: leads that nobody owns, and who may claim them.
type Pool struct {
	Key     string   `json:"key"`
	Name    string   `json:"name"`
	Teams   []string `json:"teams,omitempty"` // who may see and claim; every rep when empty
	Enabled bool     `json:"enabled"`

	ClaimsPerDay int       `json:"claims_per_day"`     // of one rep; 0 = no limit
	ClaimGap     Duration  `json:"claim_gap,omitzero"` // between two claims of one rep
	CoolDown     Duration  `json:"cool_down,omitzero"` // before the previous owner may claim it back
	HoldNew      Duration  `json:"hold_new,omitzero"`  // after it came into the pool, before anybody may claim it
	Hidden       []string  `json:"hidden,omitempty"`   // fields that are not shown before the claim
	Masked       []string  `json:"masked,omitempty"`   // fields that are shown in part; phones and emails unless set
	ArchiveAfter int       `json:"archive_after"`      // returns; 0 = never
	Reasons      []string  `json:"reasons,omitempty"`  // of a release; any text when empty
	Recycle      []Recycle `json:"recycle,omitempty"`  // how owned leads come back, in order; the first that fits counts for its kind
	AutoAssign   bool      `json:"auto_assign"`        // rules may hand its leads out when somebody has room again
}

// Kinds of Recycle.
const (
	RecycleNotAccepted  = "not_accepted"  // the owner did not take it up
	RecycleNotFollowed  = "not_followed"  // no follow-up since
	RecycleNotConverted = "not_converted" // owned for so long without a customer
)

// Recycle takes a lead from an owner who lets it lie, and puts it into the pool it stands in.
type Recycle struct {
	Kind   string   `json:"kind"`
	When   string   `json:"when,omitempty"`  // condition over the lead; "" fits every lead
	After  Duration `json:"after"`           //
	Remind Duration `json:"remind,omitzero"` // before it; 0 = no reminder
	// WorkingTime counts After in the working hours of the owner's team.
	WorkingTime bool `json:"working_time,omitempty"`
}

// Scoring is how leads are cleaned by condition and scored.
type Scoring struct {
	Rules  []ScoreRule    `json:"rules,omitempty"`
	Grades map[string]int `json:"grades,omitempty"` // least score by grade, like {"A": 80, "B": 50, "C": 20}; D is the rest
}

// ScoreRule is what a condition is worth.
type ScoreRule struct {
	Key     string   `json:"key"`
	Name    string   `json:"name"`
	When    string   `json:"when"`
	Points  int      `json:"points"`
	Tags    []string `json:"tags,omitempty"`
	Grade   string   `json:"grade,omitempty"`   // sets the grade whatever the points
	Product string   `json:"product,omitempty"` // product line
	Stage   string   `json:"stage,omitempty"`   // lifecycle stage, unless a person set one
	Spam    int      `json:"spam,omitempty"`    // points for spam; such a rule is asked before the lead is in the pool
	Enabled bool     `json:"enabled"`
}

// Scored is why a lead has its score: one entry per rule that fitted, by key.
type Scored struct {
	Rule    string   `json:"rule"`
	Name    string   `json:"name"`
	Points  int      `json:"points"`
	Tags    []string `json:"tags,omitempty"`
	Grade   string   `json:"grade,omitempty"`
	Product string   `json:"product,omitempty"`
	Stage   string   `json:"stage,omitempty"`
}

// Expectation is a case that a configuration must keep: this lead goes there. `leadhub check` and apply fail on the difference.
type Expectation struct {
	Name string `json:"name"`
	// Lead is the lead as a channel would say it: fields of a Draft, and source.
	Lead map[string]string `json:"lead"`
	// At is when. Without it, it is a Monday at ten, and everybody is at work: hours, leave and duty are passed over.
	At time.Time `json:"at,omitzero"`
	// What is set must be so.
	Rule  string `json:"rule,omitempty"`
	Team  string `json:"team,omitempty"`
	Owner string `json:"owner,omitempty"`
	Pool  string `json:"pool,omitempty"`
	Grade string `json:"grade,omitempty"`
	Score *int   `json:"score,omitempty"`
}
