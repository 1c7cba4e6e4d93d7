// Package lead holds the nouns of leadhub: what arrives ([Raw]), what the channel said ([Draft]), the same cleaned
// ([Submission]), and the person we follow ([Lead]). It imports only the standard library, so every other package may
// import it. JSON tags are the wire form of the topics and of the API; times are UTC.
package lead

import (
	"slices"
	"time"
)

// Statuses of a lead. Status, owner and lifecycle stage are three separate fields.
const (
	StatusNew         = "new"
	StatusAssigned    = "assigned"
	StatusWorking     = "working"
	StatusNurturing   = "nurturing"
	StatusConverted   = "converted"
	StatusUnqualified = "unqualified"
	StatusArchived    = "archived"
)

// Lead is the public state of one person or prospect: what the API returns and what the change stream carries.
// Lists are never null in JSON, and sorted as their comment says, so that equal leads have equal bytes.
type Lead struct {
	ID        string    `json:"id"`           // "ld_" + ULID; after a merge the survivor is the one with the lowest id
	Number    string    `json:"number"`       // "XL20260102-000123", given once, kept for ever
	Name      string    `json:"name"`         // display form
	Phones    []string  `json:"phones"`       // E.164, ";ext=" appended when there is an extension; best first
	Emails    []string  `json:"emails"`       // display form; best first
	Company   string    `json:"company"`      // display form
	Title     string    `json:"title"`        // job title
	Honorific string    `json:"honorific"`    // 先生, 女士, Mr … kept apart from the name
	Region    Region    `json:"region"`       //
	Address   string    `json:"address"`      //
	Status    string    `json:"status"`       // one of the Status constants
	Stage     string    `json:"stage"`        // lifecycle stage (MQL, SQL …); "" until a rule or a person sets it
	Owner     string    `json:"owner"`        // key of a rep; "" when nobody owns it
	Score     int       `json:"score"`        //
	Grade     string    `json:"grade"`        // A to D, "" until scored
	Line      string    `json:"product_line"` // by the rules of scoring; "" until one says so
	Tags      []string  `json:"tags"`         // sorted: what touches said, and what the rules of scoring add
	Products  []string  `json:"products"`     // products of interest, sorted
	Consents  []Consent `json:"consents"`     // one per purpose, sorted by purpose: what the person said last
	Sources   []string  `json:"sources"`      // keys of the sources that brought a touch, sorted
	FirstFrom Origin    `json:"first_from"`   // attribution of the earliest touch
	LastFrom  Origin    `json:"last_from"`    // attribution of the latest touch
	Touches   int       `json:"touches"`      // number of submissions
	Version   int64     `json:"version"`      // grows by one with every change; never repeats for one id
	FirstSeen time.Time `json:"first_seen"`   // earliest event time of a touch
	LastSeen  time.Time `json:"last_seen"`    // latest event time of a touch
	// MergedInto names the lead that took this one over; "" for a living lead.
	MergedInto string `json:"merged_into,omitempty"`
	Course
}

// Region is a place in China down to the district (GB/T 2260 names), or a country and what was said of it elsewhere.
type Region struct {
	Country  string `json:"country"`  // ISO 3166-1 alpha-2, "CN" for China; "" when unknown
	Province string `json:"province"` // full name: 广东省, 北京市
	City     string `json:"city"`     // full name: 深圳市; for a municipality the same as the province
	District string `json:"district"` //
	Code     string `json:"code"`     // GB/T 2260, six digits, of the finest level known; "" outside China
}

// Consent is one thing a person agreed or declined to, with the words that were shown.
type Consent struct {
	Purpose string    `json:"purpose"` // "contact" unless the source names another
	Granted bool      `json:"granted"`
	Text    string    `json:"text,omitempty"`
	Version string    `json:"version,omitempty"`
	At      time.Time `json:"at"`
}

// Origin says where a touch came from, as far as the channel told.
type Origin struct {
	Source   string            `json:"source,omitempty"` // key of our source
	UTM      map[string]string `json:"utm,omitempty"`    // source, medium, campaign, term, content, id
	ClickIDs map[string]string `json:"click_ids,omitempty"`
	Page     string            `json:"page,omitempty"`
	Referrer string            `json:"referrer,omitempty"`
	Landing  string            `json:"landing,omitempty"`
	Import   string            `json:"import,omitempty"` // id of the import that brought it; "" for all else
}

// Record is a lead as the pool keeps it: the public state plus what is needed to fold in the next submission and to
// say where every value came from. It is stored as one JSON document.
type Record struct {
	Lead
	// Values holds for each single-valued field every distinct value ever said, winner first. The order is total
	// (see package dedupe), so the same set of submissions gives the same list in any order of arrival.
	Values map[string][]Value `json:"values"`
	// Identities are all that its touches carry, the strongest first, as SortIdentities has them.
	Identities []HeldIdentity `json:"identities"`
	// OwnerBy tells who set the owner: "" nobody, "rule" or "person". A rule never overwrites a person.
	OwnerBy string `json:"owner_by,omitempty"`
	// StageBy tells who set the stage: "" nobody or a rule, "person". A rule never overwrites a person.
	StageBy string `json:"stage_by,omitempty"`
	// Said are the tags that touches said. Tags are these and those of Scored.
	Said []string `json:"said_tags,omitempty"`
	// Scored is why the lead has its score, grade, product line and the tags that no touch said: the rules that fitted.
	Scored []Scored `json:"scored,omitempty"`
	// Own is what this lead was by itself, before it took others over; nil when it took none. It is what a split gives back.
	Own *Standing `json:"own,omitempty"`
	// Told is when its owner was reminded last, by kind of timer.
	Told map[string]time.Time `json:"told,omitempty"`
	// Pins are the values that people set by hand on this lead; those of leads that went into it stay with these.
	Pins []Pin `json:"pins,omitempty"`
	// Apart tells that something was held back when this lead was grouped: a person's decision, an identity that several
	// people share. Its next touch is judged with all the evidence.
	Apart bool `json:"apart,omitempty"`
}

// HeldIdentity is an identity of a lead with the time of the first and the last touch that carried it.
type HeldIdentity struct {
	Identity
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Generic tells that too many people carry it, so that it recognises none of them.
	Generic bool `json:"generic,omitempty"`
}

// Standing is what people and rules made of a lead, apart from what its touches say.
type Standing struct {
	Status  string `json:"status"`
	Stage   string `json:"stage,omitempty"`
	StageBy string `json:"stage_by,omitempty"`
	Owner   string `json:"owner,omitempty"`
	OwnerBy string `json:"owner_by,omitempty"`
	Course
}

// Pin is a value that a person set by hand: it wins over everything that touches say.
type Pin struct {
	Field string    `json:"field"` // name, honorific, company, title, address or region
	Value string    `json:"value"`
	Key   string    `json:"key,omitempty"` // as Value.Key
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

// Standing returns what the lead is now.
func (r *Record) Standing() Standing {
	return Standing{Status: r.Status, Stage: r.Stage, StageBy: r.StageBy, Owner: r.Owner, OwnerBy: r.OwnerBy, Course: r.Course}
}

// Stand sets what the lead is now. A lead that took others over keeps it when these come apart again.
func (r *Record) Stand(s Standing) {
	r.Settle(s)
	if r.Own != nil {
		*r.Own = s
	}
}

// Settle sets what the lead is for as long as the leads that went into it stay with it.
func (r *Record) Settle(s Standing) {
	r.Status, r.Stage, r.StageBy, r.Owner, r.OwnerBy, r.Course = s.Status, s.Stage, s.StageBy, s.Owner, s.OwnerBy, s.Course
}

// AllTags are the tags that touches said and those of the rules that fit, sorted; nil when there are none.
func (r *Record) AllTags() []string {
	out := slices.Clone(r.Said)
	for _, s := range r.Scored {
		out = append(out, s.Tags...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// CompanyKey is the company in its comparison form; "" when none is known.
func (r *Record) CompanyKey() string {
	v := r.Values["company"]
	if len(v) == 0 {
		return ""
	}
	if v[0].Key != "" {
		return v[0].Key
	}
	return v[0].Value
}

// Value is one value of a field and the submission that said it best.
type Value struct {
	Value      string    `json:"value"`
	Key        string    `json:"key,omitempty"` // comparison form, when it differs from Value
	Submission string    `json:"submission"`
	Source     string    `json:"source"`
	Trust      int       `json:"trust"`
	Class      int       `json:"class"` // validity class, higher is better (a full name beats a surname)
	At         time.Time `json:"at"`
	Pinned     string    `json:"pinned,omitempty"` // who pinned it
	Verified   bool      `json:"verified,omitempty"`
	Lost       string    `json:"lost,omitempty"` // why this value is not the winner, in words; "" on the winner
}

// Touch is one submission as part of a lead's history.
type Touch struct {
	Submission Submission `json:"submission"`
	Lead       string     `json:"lead"`
	Verdict    Verdict    `json:"verdict"`
	At         time.Time  `json:"at"` // when it was recorded
}

// Kinds of verdict.
const (
	VerdictNew   = "new"   // nobody like this is known
	VerdictSame  = "same"  // the same person as one known lead
	VerdictJoins = "joins" // proves that several known leads are one person
	// VerdictUnsure is a new lead, although an identity leads to others: something speaks against joining them.
	VerdictUnsure = "unsure"
)

// Verdict is what dedupe says of a submission, with its reasons in words.
type Verdict struct {
	Kind    string   `json:"kind"`
	Lead    string   `json:"lead,omitempty"`   // the survivor; "" when new
	Joined  []string `json:"joined,omitempty"` // the leads that went into the survivor
	Reasons []string `json:"reasons,omitempty"`
}

// Event is one entry of a lead's history that is not a touch: assigned, merged, status …
type Event struct {
	Lead    string    `json:"lead"`
	Version int64     `json:"version"`
	Type    string    `json:"type"` // one of the Change types
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"` // "rule:<name>", "person:<token name>", "hub"
	Why     string    `json:"why"`
	Changed []string  `json:"changed,omitempty"` // fields
	// Move tells what was done with the lead, one of the Move constants; "" for everything else.
	Move     string    `json:"move,omitempty"`
	From     string    `json:"from,omitempty"`      // who owned it before a move that changed the owner
	To       string    `json:"to,omitempty"`        // who owns it since
	Pool     string    `json:"pool,omitempty"`      // public pool that it went into or came out of
	FollowUp *Feedback `json:"follow_up,omitempty"` // what was reported
	Trace    []Tried   `json:"trace,omitempty"`     // of an assignment by rules: which were tried, and how the reps stood
}

// Types of Change, as they stand in the CloudEvents header ce_type.
const (
	ChangeCreated  = "lead.created"
	ChangeUpdated  = "lead.updated"
	ChangeMerged   = "lead.merged" // on the survivor, and as the last one of the lead that went into it
	ChangeSplit    = "lead.split"  // on every lead that came apart from another
	ChangeErased   = "lead.erased" // the tombstone of a lead that has no touch any more
	ChangeAssigned = "lead.assigned"
	ChangeReleased = "lead.released"
	ChangeStatus   = "lead.status"
)

// Change is one event on the cleaned stream: the value of a record on lead.changes. It is the lead's full public
// state, plus what changed and why. Folding the stream by id, last one wins, gives the pool.
type Change struct {
	Lead
	Change ChangeNote `json:"change"`
}

// ChangeNote says what happened in this version of the lead.
type ChangeNote struct {
	Type       string    `json:"type"`
	Changed    []string  `json:"changed"` // field names, sorted
	Why        string    `json:"why"`
	Actor      string    `json:"actor"`
	At         time.Time `json:"at"`
	Submission string    `json:"submission,omitempty"` // the touch that caused it
	Absorbed   []string  `json:"absorbed,omitempty"`   // leads that went into this one
}
