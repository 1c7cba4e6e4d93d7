package lead

import "time"

// Source is one configured instance of a channel.
type Source struct {
	Key     string `json:"key"` // in the URL: /in/{key}; letters, digits, dash, underscore
	Channel string `json:"channel"`
	Name    string `json:"name"`
	Trust   int    `json:"trust"` // 0 to 100, 50 unless set: which source wins when two say different things
	Enabled bool   `json:"enabled"`
	// Settings are the channel's own, as its Spec says. Secrets are sealed at rest and left out by the API.
	Settings map[string]any `json:"settings,omitempty"`
	// Mapping names for a field of the channel the field of the Draft it goes to: {"你的手机": "phone"}.
	Mapping map[string]string `json:"mapping,omitempty"`
	// Defaults are values for fields that the channel left empty.
	Defaults map[string]string `json:"defaults,omitempty"`
}

// Team is a group of reps.
type Team struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Hours Hours  `json:"hours,omitzero"` // when its reps get leads
}

// Rep is somebody leads are assigned to.
type Rep struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Team   string `json:"team"`
	Weight int    `json:"weight"` // share of the leads relative to the others; 1 unless set, 0 gets none
	Active bool   `json:"active"`

	OffDuty bool     `json:"off_duty"` // set and cleared by the rep, or for him, during the day
	Role    string   `json:"role,omitempty"`
	Skills  []string `json:"skills,omitempty"`  // products, languages, industries …
	Level   int      `json:"level,omitempty"`   // higher is better; good leads go there first with StrategyLevel
	Daily   int      `json:"daily,omitempty"`   // leads from rules per day; 0 = no limit
	Holding int      `json:"holding,omitempty"` // 库容: leads owned and open at once; 0 = no limit
	Leave   []Leave  `json:"leave,omitempty"`
	// Notify is where the rep is reached; it is shown to whoever may read the configuration.
	Notify RepContact `json:"notify,omitzero"`
	// Credit is the state of the weighted round robin; the hub keeps it.
	Credit   int64 `json:"-"`
	Assigned int64 `json:"assigned"` // leads that rules gave to this rep so far
}

// Settings are the hub's own.
type Settings struct {
	NumberPrefix string `json:"number_prefix"` // of lead numbers; "XL" unless set
	TimeZone     string `json:"time_zone"`     // IANA name; Asia/Shanghai unless set
	Country      string `json:"country"`       // of phone numbers without a country code; CN unless set
	// DefaultPool is the key of the public pool for leads that no rule fits; "" lets them wait.
	DefaultPool string   `json:"default_pool,omitempty"`
	NeverKeys   []string `json:"never_keys"` // phones and emails that are never identities, beside the list that ships
	// PublicURL is where people reach the console, for links in messages: "https://leads.haiheng-keji.cn". Without it they have none.
	PublicURL string `json:"public_url"`
	// Merge changes the rules of merging; `leadhub recompute --dry-run` shows what a change does to the pool.
	Merge MergeRules `json:"merge,omitzero"`
}

// Config is what people set up, as one consistent snapshot.
type Config struct {
	Version  int64          `json:"version"` // grows with every change
	Sources  []Source       `json:"sources"`
	Teams    []Team         `json:"teams"`
	Reps     []Rep          `json:"reps"`
	Rules    []Rule         `json:"rules,omitempty"` // of assignment, in the order they are tried; by weight among all reps when there are none
	Pools    []Pool         `json:"pools,omitempty"`
	Scoring  Scoring        `json:"scoring,omitzero"`
	Notify   []NotifyTarget `json:"notify,omitempty"`
	Settings Settings       `json:"settings"`
	// Expect are cases that the rules must keep.
	Expect []Expectation `json:"expect,omitempty"`
}

// Token lets a program or a person use the API. Its secret is shown once, when it is made; the pool keeps a hash.
type Token struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"` // see Scopes
	// Rep is the key of the rep who holds it. It lets in as far as that rep may go, whatever its scopes: his own leads, and those of the
	// public pools that he may claim from. "" is somebody above.
	Rep     string    `json:"rep,omitempty"`
	Created time.Time `json:"created"`
	Hash    string    `json:"-"`
}

// Scopes of a Token.
const (
	ScopeAdmin       = "admin"        // everything
	ScopeLeadsRead   = "leads:read"   // leads, touches, history, why
	ScopeLeadsWrite  = "leads:write"  // merge, split, pin; the answers show the leads
	ScopeLeadsWork   = "leads:work"   // of a rep: claim, accept, release, follow up
	ScopeLeadsManage = "leads:manage" // the same with the leads of everybody, and assign, hand over, set off duty
	ScopeSubmissions = "submissions"  // where a submission is now
	ScopeRejections  = "rejections"   // see, correct and replay rejections
	ScopeConfigRead  = "config:read"  // sources, reps, settings
	ScopeConfigWrite = "config:write"
	ScopeImportsRead = "imports:read" // files that were uploaded: previews and results show leads
	// ScopeImportsWrite lets upload, start, cancel and undo.
	ScopeImportsWrite = "imports:write"
)

// Scopes lists every scope.
var Scopes = []string{ScopeAdmin, ScopeLeadsRead, ScopeLeadsWrite, ScopeLeadsWork, ScopeLeadsManage, ScopeSubmissions, ScopeRejections, ScopeConfigRead, ScopeConfigWrite, ScopeImportsRead, ScopeImportsWrite}

// RepScopes are those that a Token with a Rep may have.
var RepScopes = []string{ScopeLeadsRead, ScopeLeadsWrite, ScopeLeadsWork}
