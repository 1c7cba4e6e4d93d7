package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Config is what a Sink needs. Pool and Judge are required.
type Config struct {
	Pool  Pool
	Judge func() Judge     // asked once per transaction, as people may change the rules
	Now   func() time.Time // time.Now unless set
	// Location gives the zone of the day in lead numbers; asked once per batch, as people may change it. China's unless set.
	Location func() *time.Location
	// NumberPrefix gives the prefix of lead numbers; "XL" unless set.
	NumberPrefix func() string
	// Terms are planned for when a touch or a merge changes a lead that somebody owns; asked once per transaction. None unless set.
	Terms func() *Terms
	// Assigner gives leads to reps in the transaction that records them, unless others wait on the queue whose turn is before. Without
	// one, all go onto the queue.
	Assigner *Assigner
}

// Sink records submissions and rejections. It may be used by several goroutines, and by several processes on one
// database.
type Sink struct{ cfg Config }

// New makes a Sink.
func New(cfg Config) *Sink {
	care(&cfg.Now, &cfg.Location, &cfg.Terms)
	if cfg.NumberPrefix == nil {
		cfg.NumberPrefix = func() string { return "XL" }
	}
	return &Sink{cfg: cfg}
}

// Item is one submission to be recorded. JSON is its wire form and is kept byte for byte.
type Item struct {
	Submission *lead.Submission
	JSON       []byte
}

// Result counts what became of a batch. Its parts add up to the number of items.
type Result struct {
	New    int // leads that came to be
	Same   int // submissions of a known lead
	Joined int // submissions that joined leads
	Seen   int // already recorded, in an earlier batch or in this one: nothing changed

	Assigned int // leads that the rules decided about at once, see Config.Assigner
}

// Record writes a batch in one transaction: when it returns nil everything is durable, otherwise nothing is there. A
// transient error (lead.IsTransient) passes: send the same batch again. Any other means that an item of the batch
// cannot be recorded, and always will not: send the items one by one, and reject the one that fails alone.
// Submissions are judged in the order of items; they are read, never changed.
func (s *Sink) Record(ctx context.Context, items []Item) (Result, error) {
	fresh, err := distinct(items)
	if err != nil || len(fresh) == 0 {
		return Result{Seen: len(items)}, err
	}
	var res Result
	run := func(assigner *Assigner) error {
		return s.cfg.Pool.Update(ctx, func(tx Tx) error {
			r, err := s.record(ctx, tx, fresh, assigner)
			r.Seen = len(items) - r.New - r.Same - r.Joined
			res = r
			return err
		})
	}
	err = run(s.cfg.Assigner)
	var only *notAssigned
	if errors.As(err, &only) && !lead.IsTransient(err) { // no fault of the items: they can wait for the rules
		err = run(nil)
	}
	if err != nil {
		return Result{}, err
	}
	return res, nil
}

func (s *Sink) record(ctx context.Context, tx Tx, items []Item, assigner *Assigner) (Result, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.Submission.ID
	}
	seen, err := tx.Seen(ctx, ids)
	if err != nil {
		return Result{}, err
	}
	items, decided := divide(items, seen)
	if len(items)+len(decided) == 0 {
		return Result{}, nil
	}
	known, err := tx.Candidates(ctx, strongIdentities(items, decided))
	if err != nil {
		return Result{}, err
	}
	now := instant(s.cfg.Now())
	judge := s.cfg.Judge()
	b := newBatch(judge, now, known, len(items))
	b.terms = s.cfg.Terms()
	if err := b.addAll(items); err != nil {
		return Result{}, err
	}
	unsure := append(b.unsure, decided...)
	if len(unsure) > 0 && len(b.created) == 0 {
		assigner = nil // it holds the reps, and the numbers that unsure may need are held before these
	}
	if len(unsure) < len(items)+len(decided) {
		if err := s.save(ctx, tx, b, assigner); err != nil {
			return Result{}, err
		}
	}
	if len(unsure) == 0 {
		return b.result, nil
	}
	done, err := s.regroup(ctx, tx, judge, regrouping{items: unsure, now: now, actor: "hub"})
	done.result.New += b.result.New
	done.result.Same += b.result.Same
	done.result.Joined += b.result.Joined
	done.result.Assigned = b.result.Assigned
	return done.result, err
}

// Tried is what would become of a submission.
type Tried struct {
	Verdict lead.Verdict
	Change  lead.Change  // of the lead
	Record  *lead.Record // the lead as it would be
}

// Try tells what would become of a submission, and writes nothing.
func (s *Sink) Try(ctx context.Context, it Item) (Tried, error) {
	var out Tried
	err := s.cfg.Pool.Update(ctx, func(tx Tx) error {
		out = Tried{}
		watched := &watchedTx{Tx: tx}
		if _, err := s.record(ctx, watched, []Item{it}, nil); err != nil {
			return err
		}
		for _, c := range watched.saved {
			if len(c.Touches) == 0 {
				continue
			}
			out.Verdict = c.Touches[0].Verdict
			for _, o := range c.Outbox {
				if o.Lead == c.Touches[0].Lead {
					before := out.Change.Change.Changed // a lead that it opens again changes twice
					out.Change = lead.Change{}
					if err := json.Unmarshal(o.Value, &out.Change); err != nil {
						return err
					}
					if before != nil {
						both := append(before, out.Change.Change.Changed...)
						slices.Sort(both)
						out.Change.Change.Changed = slices.Compact(both)
					}
				}
			}
			for _, saved := range slices.Concat(c.Created, c.Changed) {
				if saved.ID == c.Touches[0].Lead {
					out.Record = saved.Record
				}
			}
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return out, err
}

// watchedTx remembers what is saved.
type watchedTx struct {
	Tx
	saved []Changes
}

// Save saves and remembers.
func (t *watchedTx) Save(ctx context.Context, c Changes) error {
	t.saved = append(t.saved, c)
	return t.Tx.Save(ctx, c)
}

func (s *Sink) save(ctx context.Context, tx Tx, b *batch, assigner *Assigner) error {
	if n := len(b.created); n > 0 {
		prefix, first, err := s.numbers(ctx, tx, b.now, n)
		if err != nil {
			return err
		}
		b.number(prefix, first)
	}
	if err := b.assign(ctx, tx, assigner); err != nil {
		return err
	}
	c, err := b.changes()
	if err != nil {
		return err
	}
	return tx.Save(ctx, c)
}

// numbers hands out n lead numbers: the first is prefix-first.
func (s *Sink) numbers(ctx context.Context, tx Tx, now time.Time, n int) (prefix string, first int64, err error) {
	day := now.In(s.cfg.Location()).Format("20060102")
	first, err = tx.Numbers(ctx, day, n)
	return s.cfg.NumberPrefix() + day, first, err
}

// Reject records what could not go on. A rejection of something that is already recorded as a touch is left out; of
// two attempts the later stays, so delivering one again, or late, changes nothing. In the same way Record resolves an open
// rejection of the submission that it records: a submission is a touch or an open rejection, never both. One in state pending waits to be
// fetched (see Fetches) and is in all else like an open one.
func (s *Sink) Reject(ctx context.Context, rejections []lead.Rejection) error {
	last := make([]lead.Rejection, 0, len(rejections))
	at := map[string]int{}
	for _, r := range rejections {
		if r.ID == "" {
			return lead.Invalid("bad_rejection", "a rejection has no id", "")
		}
		if r.State != lead.RejectionPending {
			r.State = lead.RejectionOpen
		}
		if i, ok := at[r.ID]; !ok {
			at[r.ID] = len(last)
			last = append(last, r)
		} else if r.Attempt > last[i].Attempt {
			last[i] = r
		}
	}
	if len(last) == 0 {
		return nil
	}
	return s.cfg.Pool.Update(ctx, func(tx Tx) error {
		return tx.Save(ctx, Changes{Rejections: last})
	})
}

// distinct drops the repeats of a batch and refuses what can never be recorded.
func distinct(items []Item) ([]Item, error) {
	fresh := make([]Item, 0, len(items))
	have := make(map[string]bool, len(items))
	for i, it := range items {
		switch {
		case it.Submission == nil || it.Submission.ID == "" || len(it.JSON) == 0:
			return nil, lead.Invalid("bad_submission", fmt.Sprintf("item %d of the batch has no submission, no id or no JSON", i),
				"this is a fault of the stage before the pool: report it")
		case len(it.Submission.Identities) == 0:
			return nil, lead.Invalid("no_identity", "the submission has no identity, so nobody could be recognised by it",
				"correct the rejection and replay it")
		}
		if !have[it.Submission.ID] {
			have[it.Submission.ID] = true
			fresh = append(fresh, it)
		}
	}
	return fresh, nil
}

// divide leaves out what was seen, and sets apart what people decided something about.
func divide(items []Item, seen Seen) (fresh, decided []Item) {
	if len(seen.Leads) == 0 && len(seen.Decided) == 0 {
		return items, nil
	}
	for _, it := range items {
		switch _, ok := seen.Leads[it.Submission.ID]; {
		case ok:
		case seen.Decided[it.Submission.ID]:
			decided = append(decided, it)
		default:
			fresh = append(fresh, it)
		}
	}
	return fresh, decided
}

func strongIdentities(lists ...[]Item) []lead.Identity {
	var out []lead.Identity
	have := map[string]bool{}
	for _, items := range lists {
		for _, it := range items {
			for _, id := range it.Submission.Identities {
				if id.Strong() && !have[id.Key()] {
					have[id.Key()] = true
					out = append(out, id)
				}
			}
		}
	}
	return out
}
