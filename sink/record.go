package sink

import (
	"context"
	"fmt"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Config is what a Sink needs. Pool and Judge are required.
type Config struct {
	Pool  Pool
	Judge Judge
	Now   func() time.Time // time.Now unless set
	// Location gives the zone of the day in lead numbers; asked once per batch, as people may change it. China's unless set.
	Location func() *time.Location
	// NumberPrefix gives the prefix of lead numbers; "XL" unless set.
	NumberPrefix func() string
}

// Sink records submissions and rejections. It may be used by several goroutines, and by several processes on one
// database.
type Sink struct{ cfg Config }

// New makes a Sink.
func New(cfg Config) *Sink {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Location == nil {
		china := time.FixedZone("Asia/Shanghai", 8*60*60)
		cfg.Location = func() *time.Location { return china }
	}
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
	err = s.cfg.Pool.Update(ctx, func(tx Tx) error {
		r, err := s.record(ctx, tx, fresh)
		r.Seen = len(items) - r.New - r.Same - r.Joined
		res = r
		return err
	})
	if err != nil {
		return Result{}, err
	}
	return res, nil
}

func (s *Sink) record(ctx context.Context, tx Tx, items []Item) (Result, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.Submission.ID
	}
	seen, err := tx.Seen(ctx, ids)
	if err != nil {
		return Result{}, err
	}
	if len(seen) > 0 {
		items = unseen(items, seen)
		if len(items) == 0 {
			return Result{}, nil
		}
	}
	known, err := tx.Candidates(ctx, strongIdentities(items))
	if err != nil {
		return Result{}, err
	}
	now := s.cfg.Now().UTC()
	b := newBatch(s.cfg.Judge, now, known, len(items))
	if err := b.addAll(items); err != nil {
		return Result{}, err
	}
	if n := len(b.created); n > 0 {
		day := now.In(s.cfg.Location()).Format("20060102")
		first, err := tx.Numbers(ctx, day, n)
		if err != nil {
			return Result{}, err
		}
		b.number(s.cfg.NumberPrefix()+day, first)
	}
	c, err := b.changes()
	if err != nil {
		return Result{}, err
	}
	return b.result, tx.Save(ctx, c)
}

// Reject records what could not go on. A rejection of something that is already recorded as a touch is left out; of
// two attempts the later stays, so delivering one again, or late, changes nothing. In the same way Record resolves an open
// rejection of the submission that it records: a submission is a touch or an open rejection, never both.
func (s *Sink) Reject(ctx context.Context, rejections []lead.Rejection) error {
	last := make([]lead.Rejection, 0, len(rejections))
	at := map[string]int{}
	for _, r := range rejections {
		if r.ID == "" {
			return lead.Invalid("bad_rejection", "a rejection has no id", "")
		}
		r.State = lead.RejectionOpen
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

func unseen(items []Item, seen map[string]string) []Item {
	out := make([]Item, 0, len(items)-len(seen))
	for _, it := range items {
		if _, ok := seen[it.Submission.ID]; !ok {
			out = append(out, it)
		}
	}
	return out
}

func strongIdentities(items []Item) []lead.Identity {
	var out []lead.Identity
	have := map[string]bool{}
	for _, it := range items {
		for _, id := range it.Submission.Identities {
			if id.Strong() && !have[id.Key()] {
				have[id.Key()] = true
				out = append(out, id)
			}
		}
	}
	return out
}
