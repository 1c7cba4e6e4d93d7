package sink

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// MaxBlock is the most leads under one key that are compared with each other: a key of more says too little, and the
// number of pairs grows with the square. Such keys are passed over and counted.
const MaxBlock = 50

// DuplicatesConfig is what Duplicates needs. Pool, Judge and Matcher are required.
type DuplicatesConfig struct {
	Pool     DuplicatePool
	Judge    func() Judge
	Matcher  func() Matcher
	Now      func() time.Time // time.Now unless set
	MaxBlock int              // MaxBlock unless set
}

// Duplicates finds leads that may be one person and keeps them for people to decide. What it finds is a function of the pool
// and of what people decided: it does not matter in which order, batching or how often leads are looked at, as long as each is
// looked at after it changed.
type Duplicates struct{ cfg DuplicatesConfig }

// NewDuplicates makes a Duplicates.
func NewDuplicates(cfg DuplicatesConfig) *Duplicates {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxBlock == 0 {
		cfg.MaxBlock = MaxBlock
	}
	return &Duplicates{cfg: cfg}
}

// Changed is a lead that changed.
type Changed struct {
	Lead string
	// Again compares it even if nothing changed that is compared: what people decided about it may have.
	Again bool
}

// Looked counts what Look did.
type Looked struct {
	Compared int // pairs
	Opened   int
	Closed   int
	Crowded  int // keys that were passed over, as more than MaxBlock leads have them
}

// Look compares leads that changed with all that share a key with them, in one transaction. Leads that are gone are
// compared no more.
func (d *Duplicates) Look(ctx context.Context, changed []Changed) (Looked, error) {
	return d.look(ctx, changed, true)
}

func (d *Duplicates) look(ctx context.Context, changed []Changed, remind bool) (Looked, error) {
	var out Looked
	err := d.cfg.Pool.Match(ctx, func(r MatchReader) (_ MatchChanges, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &lead.Error{Kind: lead.KindInternal, Code: "matcher_failed", Message: "leads could not be compared",
					Hint: "report it with the hub's log", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
			}
		}()
		l := &looking{cfg: d.cfg, ctx: ctx, r: r, matcher: d.cfg.Matcher(), remind: remind, now: d.cfg.Now().UTC(), limit: d.cfg.MaxBlock,
			profiles: map[string]*Profile{}, keys: map[string][]int64{}, dirty: map[string]bool{},
			blocks: map[int64][]string{}, deltas: map[int64]*delta{}}
		changes, err := l.run(changed)
		out = l.Looked
		return changes, err
	})
	return out, err
}

// Rebuild looks at every lead anew, whether it changed or not: after the thresholds or the way of comparing changed. It
// gives no reminders.
func (d *Duplicates) Rebuild(ctx context.Context) error {
	_, err := d.lookAtAll(ctx, d.cfg.Pool.Matchable, true, false)
	return err
}

// Fill looks at leads that were never looked at: those of a pool that is older than the search for duplicates, and those
// whose changes were lost. It returns how many.
func (d *Duplicates) Fill(ctx context.Context) (int, error) {
	return d.lookAtAll(ctx, d.cfg.Pool.Unmatched, false, true)
}

// CatchUp looks at every lead, after changes may have been lost. One that did not change costs a read.
func (d *Duplicates) CatchUp(ctx context.Context) (int, error) {
	return d.lookAtAll(ctx, d.cfg.Pool.Matchable, false, true)
}

func (d *Duplicates) lookAtAll(ctx context.Context, page func(context.Context, string, int) ([]string, error), again, remind bool) (int, error) {
	for looked, after := 0, ""; ; {
		ids, err := page(ctx, after, 1000)
		if err != nil || len(ids) == 0 {
			return looked, err
		}
		all := make([]Changed, len(ids))
		for i, id := range ids {
			all[i] = Changed{Lead: id, Again: again}
		}
		if _, err := d.look(ctx, all, remind); err != nil {
			return looked, err
		}
		after = ids[len(ids)-1]
		looked += len(ids)
	}
}

// looking is the work of one Look.
type looking struct {
	cfg     DuplicatesConfig
	ctx     context.Context
	r       MatchReader
	matcher Matcher
	remind  bool
	now     time.Time
	limit   int
	Looked

	profiles map[string]*Profile // nil: unknown
	keys     map[string][]int64  // of leads that were taken, as they are from now on
	dirty    map[string]bool     // leads that are compared
	blocks   map[int64][]string  // members before, one more than limit at most
	deltas   map[int64]*delta
	out      MatchChanges
}

// delta is how the members of a key change.
type delta struct{ added, removed []string }

func (l *looking) run(changed []Changed) (MatchChanges, error) {
	again := map[string]bool{}
	var ids []string
	for _, c := range changed {
		if _, ok := again[c.Lead]; !ok {
			ids = append(ids, c.Lead)
		}
		again[c.Lead] = again[c.Lead] || c.Again
	}
	slices.Sort(ids)
	for len(ids) > 0 { // what one lead brings about may concern others
		next, err := l.take(ids, again)
		if err != nil {
			return MatchChanges{}, err
		}
		ids = next
	}
	if err := l.cross(); err != nil {
		return MatchChanges{}, err
	}
	if err := l.compare(); err != nil {
		return MatchChanges{}, err
	}
	l.sortKeys()
	return l.out, nil
}

// take reads leads, notes which keys they gain and lose, and returns other leads for which that may change who carries
// which identity.
func (l *looking) take(ids []string, again map[string]bool) ([]string, error) {
	if err := l.load(ids); err != nil {
		return nil, err
	}
	matched, err := l.r.Matched(l.ctx, ids)
	if err != nil {
		return nil, err
	}
	var wanted []int64
	watched := map[int64]bool{} // keys of which the other members are looked at
	for _, id := range ids {
		was, known := matched[id]
		if !l.takeOne(id, was, known, again[id]) {
			continue
		}
		l.dirty[id] = true
		added, removed := keyDifferences(was.Keys, l.keys[id])
		for _, k := range added {
			l.delta(k).added = append(l.delta(k).added, id)
			l.out.Added = append(l.out.Added, KeyOf{k, id})
		}
		for _, k := range removed {
			l.delta(k).removed = append(l.delta(k).removed, id)
			l.out.Removed = append(l.out.Removed, KeyOf{k, id})
			watched[k] = true
		}
		if p := l.profiles[id]; living(p) {
			for _, h := range p.strong() {
				watched[identityKey(h.Identity)] = true
			}
		}
		wanted = append(append(wanted, l.keys[id]...), removed...)
	}
	if err := l.read(wanted); err != nil {
		return nil, err
	}
	return l.others(watched), nil
}

// takeOne notes the keys of a lead, and reports whether it is to be compared.
func (l *looking) takeOne(id string, was Matched, known, again bool) bool {
	p := l.profiles[id]
	if !living(p) {
		l.keys[id] = nil
		l.leave(id, p == nil, known)
		return true
	}
	now := Matched{Lead: id, Profile: p.hash(), Keys: was.Keys}
	same := known && was.Profile == now.Profile
	l.keys[id] = was.Keys
	if same && !again {
		return false
	}
	now.Keys = keys(l.matcher, p)
	l.keys[id] = now.Keys
	if !same || !slices.Equal(was.Keys, now.Keys) {
		l.out.Matched = append(l.out.Matched, now)
	}
	return true
}

// others are the members of keys that somebody joins or leaves, as far as they were not taken yet.
func (l *looking) others(watched map[int64]bool) []string {
	var out []string
	for k := range watched {
		if l.deltas[k] == nil || len(l.blocks[k]) > l.limit {
			continue
		}
		for _, id := range l.blocks[k] {
			if _, taken := l.keys[id]; !taken {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (l *looking) leave(id string, erased, known bool) {
	if erased {
		l.out.Erased = append(l.out.Erased, id)
	}
	if known || erased {
		l.out.Forgotten = append(l.out.Forgotten, id)
	}
}

func (l *looking) delta(k int64) *delta {
	if l.deltas[k] == nil {
		l.deltas[k] = &delta{}
	}
	return l.deltas[k]
}

// load reads profiles that are not known yet.
func (l *looking) load(ids []string) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := l.profiles[id]; return ok })
	if len(missing) == 0 {
		return nil
	}
	found, err := l.r.Profiles(l.ctx, missing)
	for _, id := range missing {
		l.profiles[id] = found[id]
	}
	return err
}

// read reads the members of keys that are not known yet.
func (l *looking) read(list []int64) error {
	slices.Sort(list)
	missing := slices.DeleteFunc(slices.Compact(list), func(k int64) bool { _, ok := l.blocks[k]; return ok })
	if len(missing) == 0 {
		return nil
	}
	found, err := l.r.Members(l.ctx, missing, l.limit+1)
	for _, k := range missing {
		l.blocks[k] = found[k]
	}
	return err
}

// cross finds the keys that have become too common, or are so no more. That changes what all their members are compared
// with, so these are compared anew.
func (l *looking) cross() error {
	var more []string
	for _, k := range slices.Sorted(maps.Keys(l.deltas)) {
		d, was := l.deltas[k], l.blocks[k]
		crowded := len(was) > l.limit
		if crowded && len(d.removed) > 0 { // some are left that were not read
			found, err := l.r.Members(l.ctx, []int64{k}, l.limit+1+len(d.removed))
			if err != nil {
				return err
			}
			was = found[k]
		}
		is := slices.Concat(d.added, slices.DeleteFunc(slices.Clone(was), func(id string) bool { return slices.Contains(d.removed, id) }))
		slices.Sort(is)
		l.blocks[k] = is
		if crowded != (len(is) > l.limit) {
			more = append(more, slices.Concat(was, is)...)
		}
	}
	var wanted []int64
	var missing []string
	for _, id := range more {
		if _, taken := l.keys[id]; !taken {
			missing = append(missing, id)
		}
		l.dirty[id] = true
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	if len(missing) > 0 {
		matched, err := l.r.Matched(l.ctx, missing)
		if err != nil {
			return err
		}
		for _, id := range missing { // by the keys it was compared by: if it changed since, it will be looked at
			l.keys[id] = matched[id].Keys
		}
	}
	for id := range l.dirty {
		wanted = append(wanted, l.keys[id]...)
	}
	return l.read(wanted)
}

// keyDifferences compares two ascending lists.
func keyDifferences(was, is []int64) (added, removed []int64) {
	for _, k := range is {
		if _, ok := slices.BinarySearch(was, k); !ok {
			added = append(added, k)
		}
	}
	for _, k := range was {
		if _, ok := slices.BinarySearch(is, k); !ok {
			removed = append(removed, k)
		}
	}
	return added, removed
}

// sortKeys puts rows in the order of their index, which is faster to write.
func (l *looking) sortKeys() {
	for _, list := range [][]KeyOf{l.out.Added, l.out.Removed} {
		slices.SortFunc(list, func(x, y KeyOf) int {
			if x.Key != y.Key {
				if x.Key < y.Key {
					return -1
				}
				return 1
			}
			return strings.Compare(x.Lead, y.Lead)
		})
	}
}
