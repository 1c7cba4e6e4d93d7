package sink

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Matcher says which leads may be one person although nothing joined them. Package dedupe/match has it; it is pure, and a
// function of the profiles alone.
type Matcher interface {
	// Keys are the blocking keys of a lead: leads that share one are compared.
	Keys(p *Profile) []string
	// Compare weighs two leads, a with the lower id. The weights of the parts add up to the score.
	Compare(a, b *Profile) []lead.DuplicatePart
	// Shared says of a strong identity that two leads carry why it did not join them. held is nil when that cannot be told
	// from these two alone. Its weight is set by the caller.
	Shared(id lead.Identity, held *lead.Held) lead.DuplicatePart
	// Thresholds are the scores from which two leads are a possible and a likely duplicate.
	Thresholds() (possible, likely float64)
}

// Profile is the part of a lead that is compared. Identities that recognise nobody are marked: they are no evidence.
type Profile struct {
	ID         string              `json:"id"`
	Number     string              `json:"number"`
	Name       string              `json:"name"`
	Phones     []string            `json:"phones"`
	Emails     []string            `json:"emails"`
	Company    string              `json:"company"`
	Region     lead.Region         `json:"region"`
	Owner      string              `json:"owner"`
	Version    int64               `json:"version"`
	MergedInto string              `json:"merged_into"`
	Identities []lead.HeldIdentity `json:"identities"`
	LastFrom   struct {
		Import string `json:"import"`
	} `json:"last_from"`
}

// DuplicatePool is the part of a Pool that finding duplicates uses.
type DuplicatePool interface {
	// Match runs fn and writes what it returns in one transaction, alone: another Match, of any process, begins after it.
	// It does not keep Update waiting while fn runs. fn may run again from the start.
	Match(ctx context.Context, fn func(MatchReader) (MatchChanges, error)) error
	// Matchable lists, ascending, the ids after one ("" for the first) of n leads that live or were compared once.
	Matchable(ctx context.Context, after string, n int) ([]string, error)
	// Unmatched lists in the same way the leads that live and were never compared.
	Unmatched(ctx context.Context, after string, n int) ([]string, error)
}

// MatchReader is what Match lets fn see.
type MatchReader interface {
	// Profiles returns these leads by id, those that went into others included; what is unknown is left out.
	Profiles(ctx context.Context, leads []string) (map[string]*Profile, error)
	// Matched returns as what leads were compared last.
	Matched(ctx context.Context, leads []string) (map[string]Matched, error)
	// Members returns the leads under each of these keys, ascending, limit of them at most.
	Members(ctx context.Context, keys []int64, limit int) (map[int64][]string, error)
	PairReader
}

// PairReader is the part of a MatchReader that is about pairs.
type PairReader interface {
	// Pairs returns all that is kept of these leads, whatever its state.
	Pairs(ctx context.Context, leads []string) ([]Pair, error)
	// Decided returns the decisions about touches of these living leads, and whose touches each is about.
	Decided(ctx context.Context, leads []string) ([]Decided, error)
	// Touches returns these leads with all that went into them, as Evidence.Hold does, and holds nothing.
	Touches(ctx context.Context, leads []string) (Family, error)
}

// Matched is as what a lead was compared.
type Matched struct {
	Lead    string
	Profile int64   // hash of what was compared
	Keys    []int64 // ascending
}

// KeyOf is a lead under a key.
type KeyOf struct {
	Key  int64
	Lead string
}

// Resting is the state of a Pair that a person dismissed and that nothing speaks for at present. It is shown nowhere.
const Resting = "resting"

// Pair is two leads in the pool that may be one person; A < B. The words of PairDoc are kept as they were found.
type Pair struct {
	A, B  string
	Score float64
	State string
	At    time.Time
	PairDoc
}

// PairDoc is what is kept of a pair beside its columns.
type PairDoc struct {
	Likely    bool                 `json:"likely,omitempty"`
	Parts     []lead.DuplicatePart `json:"parts"`
	Dismissed *lead.Dismissal      `json:"dismissed,omitempty"`
	// Evidence is what spoke for one person when the pair was dismissed: more than that opens it again.
	Evidence []lead.DuplicatePart `json:"evidence,omitempty"`
}

// Decided is a decision with the leads, of those that were asked about, that its two sides speak of.
type Decided struct {
	lead.Decision
	LeadsA, LeadsB []string
}

// MatchChanges is what Match writes.
type MatchChanges struct {
	Matched   []Matched // replace what was kept of these leads
	Forgotten []string  // leads that are compared no more
	Added     []KeyOf
	Removed   []KeyOf
	Pairs     []Pair // replace those of the same two leads
	Closed    []Pair // to be forgotten; A and B are enough
	Erased    []string
	Events    []lead.Event // of no version of their own
	// Notifications tell owners of somebody like a lead of theirs.
	Notifications []lead.Notification
}

// Empty reports whether there is nothing to write.
func (c *MatchChanges) Empty() bool {
	return len(c.Matched)+len(c.Forgotten)+len(c.Added)+len(c.Removed)+len(c.Pairs)+len(c.Closed)+len(c.Erased)+len(c.Events)+len(c.Notifications) == 0
}

// strong are the strong identities of a lead, with whether they recognise somebody.
func (p *Profile) strong() []lead.HeldIdentity {
	return slices.DeleteFunc(slices.Clone(p.Identities), func(h lead.HeldIdentity) bool { return !h.Strong() })
}

// hash changes when anything changes that is compared.
func (p *Profile) hash() int64 {
	h := fnv.New64a()
	say := func(parts ...string) {
		var n [4]byte
		for _, s := range parts {
			binary.BigEndian.PutUint32(n[:], uint32(len(s)))
			_, _ = h.Write(n[:])
			_, _ = h.Write([]byte(s))
		}
	}
	lists := func(list []string) {
		say(string(rune(len(list))))
		say(list...)
	}
	say(p.Name, p.Company, p.Region.Country, p.Region.Province, p.Region.City, p.Region.District)
	lists(p.Phones)
	lists(p.Emails)
	for _, id := range p.Identities {
		say(id.Key())
		if id.Generic {
			say("generic")
		}
	}
	return int64(h.Sum64())
}

// hashKey makes a number of a key: rows are small, and no personal data stands in an index. Two keys of one number bring
// strangers together, whom the comparison tells apart.
func hashKey(key string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return int64(h.Sum64())
}

// keys are all keys of a lead, ascending. Its strong identities are among them: leads that share one were kept apart, or
// are too many, and when one of them comes or goes that may change for all.
func keys(m Matcher, p *Profile) []int64 {
	texts := m.Keys(p)
	out := make([]int64, 0, len(texts)+2)
	for _, k := range texts {
		out = append(out, hashKey(k))
	}
	for _, id := range p.strong() {
		out = append(out, identityKey(id.Identity))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func identityKey(id lead.Identity) int64 { return hashKey("identity:" + id.Key()) }

// shared are the strong identities that two leads carry and that recognise somebody.
func shared(a, b *Profile) []lead.Identity {
	var out []lead.Identity
	for _, x := range a.Identities {
		if !x.Strong() || x.Generic {
			continue
		}
		if slices.ContainsFunc(b.Identities, func(y lead.HeldIdentity) bool { return y.Identity == x.Identity && !y.Generic }) {
			out = append(out, x.Identity)
		}
	}
	return out
}
