package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
	"github.com/leadhub/leadhub/sink"
)

// recomputeChunk is how many leads one transaction weighs: others wait for it.
const recomputeChunk = 100

// maxDifferences bounds the list in the result; the counts go on.
const maxDifferences = 100

// recomputing groups all leads anew, one run at a time in this process. Two runs on one pool at once do no harm: what one
// has done the other finds done.
type recomputing struct {
	sink    regrouper
	leads   recomputeReader
	now     func() time.Time
	log     *slog.Logger
	raised  func() // something may have changed
	rematch func(context.Context) error

	orders chan recomputeOrder
	mu     sync.Mutex
	state  lead.Recompute
	cancel func() // of the run under way; nil between runs
}

type regrouper interface {
	Regroup(ctx context.Context, leads []string, judge sink.Judge, o sink.Order) ([]lead.Change, error)
}

type recomputeReader interface {
	Leads(ctx context.Context, q lead.LeadQuery) (lead.LeadPage, error)
	Lead(ctx context.Context, id string) (lead.LeadDetail, error)
	Figures(ctx context.Context) (lead.PoolFigures, error)
}

type recomputeOrder struct {
	id    string     // of the Recompute
	judge sink.Judge // nil = the present rules
	order sink.Order
}

func newRecomputing(h *Hub) *recomputing {
	return &recomputing{sink: h.newSink(), leads: h.cfg.Store, now: h.cfg.Now, log: h.cfg.Logger.With("stage", "recompute"),
		rematch: h.RebuildMatches, raised: func() { h.due.raise(); h.outbox.raise() }, orders: make(chan recomputeOrder, 1),
		state: lead.Recompute{State: lead.RecomputeIdle}}
}

// Recompute starts to group all leads anew by the rules of now, or, as a dry run, to find out what rules would change. It
// runs in the background of this process and ends with it; Recomputed tells how far it is.
func (h *Hub) Recompute(_ context.Context, rules lead.CandidateRules, dryRun bool, actor string) (lead.Recompute, error) {
	var judge sink.Judge
	if rules.Given() {
		if !dryRun {
			return lead.Recompute{}, lead.Invalid("rules_need_dry_run", "other rules than the configured ones can only be tried",
				"send dry_run true; to use the rules, put them into the settings and recompute then")
		}
		var err error
		if judge, err = h.configuration.candidate(rules); err != nil {
			return lead.Recompute{}, err
		}
	}
	return h.recomputing.begin(recomputeOrder{judge: judge, order: sink.Order{Actor: actor, Why: "the rules changed", Preview: dryRun}})
}

// Recomputed tells how far the recompute is, or what came of the last one.
func (h *Hub) Recomputed(context.Context) (lead.Recompute, error) {
	r := h.recomputing
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.state
	out.Differences = slices.Clone(out.Differences)
	return out, nil
}

// CancelRecompute ends the recompute that runs. What it has done stays done.
func (h *Hub) CancelRecompute(context.Context) error {
	r := h.recomputing
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.State != lead.RecomputeRunning {
		return &lead.Error{Kind: lead.KindConflict, Code: "not_running", Message: "no recompute is running", Hint: "POST /v1/recompute starts one"}
	}
	if r.cancel != nil {
		r.cancel()
	}
	r.state.State = lead.RecomputeCancelled
	return nil
}

// candidate makes a judge of the present configuration with some rules replaced.
func (c *Configuration) candidate(rules lead.CandidateRules) (sink.Judge, error) {
	snap := c.current.Load()
	config := snap.config
	config.Sources = slices.Clone(config.Sources)
	for key, trust := range rules.Trust {
		i := slices.IndexFunc(config.Sources, func(s lead.Source) bool { return s.Key == key })
		if i < 0 {
			return nil, lead.Invalid("unknown_source", fmt.Sprintf("source %q does not exist", key), "GET /v1/sources lists them")
		}
		config.Sources[i].Trust = trust
	}
	if rules.Merge != nil {
		config.Settings.Merge = *rules.Merge
	}
	if rules.NeverKeys != nil {
		config.Settings.NeverKeys = rules.NeverKeys
	}
	if rules.Scoring != nil {
		config.Scoring = *rules.Scoring
	}
	if err := validate(&config); err != nil {
		return nil, err
	}
	n, err := normalize.New(normalize.Config{Country: config.Settings.Country, Location: snap.location, NeverKeys: config.Settings.NeverKeys})
	if err != nil {
		return nil, err
	}
	scoring, err := assign.Compile(&config, snap.location)
	return judge{c.policy(config, n), scoring}, err
}

func (r *recomputing) begin(o recomputeOrder) (lead.Recompute, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.State == lead.RecomputeRunning || r.cancel != nil || len(r.orders) > 0 {
		return lead.Recompute{}, &lead.Error{Kind: lead.KindConflict, Code: "recompute_running", Message: "a recompute is running already",
			Hint: "GET /v1/recompute tells how far it is, DELETE cancels it"}
	}
	started := r.now().UTC()
	o.id = lead.NewID("rec_", started)
	r.state = lead.Recompute{ID: o.id, State: lead.RecomputeRunning, DryRun: o.order.Preview, Actor: o.order.Actor, Started: &started}
	r.orders <- o
	return r.state, nil
}

// run does what is ordered, one after the other, until ctx ends.
func (r *recomputing) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-r.orders:
			r.do(ctx, o)
		}
	}
}

func (r *recomputing) do(ctx context.Context, o recomputeOrder) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	if r.state.ID != o.id { // cancelled before it began, and another was ordered since
		r.mu.Unlock()
		return
	}
	cancelled := r.state.State != lead.RecomputeRunning
	r.cancel = cancel
	r.mu.Unlock()
	var err error
	if !cancelled {
		err = r.all(ctx, o)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := r.now().UTC()
	r.cancel, r.state.Ended, r.state.Error = nil, &ended, ""
	switch {
	case r.state.State == lead.RecomputeCancelled:
	case ctx.Err() != nil:
		r.state.State = lead.RecomputeCancelled
	case err != nil:
		r.state.State, r.state.Error = lead.RecomputeFailed, lead.AsError(err).Message
		r.log.Error("recompute failed", "error", err)
	default:
		r.state.State = lead.RecomputeDone
	}
	r.log.Info("recompute ended", "id", r.state.ID, "state", r.state.State, "dry_run", r.state.DryRun, "looked", r.state.Looked,
		"merged", r.state.Merged, "split", r.state.Split, "changed", r.state.Changed)
}

// all looks at every living lead, newest first. Leads that come to be meanwhile are judged by the rules of now anyway.
func (r *recomputing) all(ctx context.Context, o recomputeOrder) error {
	var figures lead.PoolFigures
	err := r.patiently(ctx, func() (err error) { figures, err = r.leads.Figures(ctx); return err })
	if err != nil {
		return err
	}
	r.note(func(s *lead.Recompute) { s.Total = figures.Leads })
	counted := map[string]bool{} // changed with others of its group, in an earlier chunk
	for cursor := ""; ; {
		var page lead.LeadPage
		err := r.patiently(ctx, func() (err error) {
			page, err = r.leads.Leads(ctx, lead.LeadQuery{Cursor: cursor, Limit: recomputeChunk})
			return err
		})
		if err != nil {
			return err
		}
		if err := r.chunk(ctx, o, page.Items, counted); err != nil {
			return err
		}
		r.note(func(s *lead.Recompute) { s.Looked += int64(len(page.Items)) })
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if o.order.Preview {
		return nil
	}
	return r.patiently(ctx, func() error { return r.rematch(ctx) }) // what is possible depends on the rules, too
}

// chunk regroups some leads in one transaction; when they are too much for one, each by itself.
func (r *recomputing) chunk(ctx context.Context, o recomputeOrder, leads []lead.Lead, counted map[string]bool) error {
	var ids []string
	before := map[string]*lead.Lead{}
	for i := range leads {
		before[leads[i].ID] = &leads[i]
		if !counted[leads[i].ID] {
			ids = append(ids, leads[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	changes, err := r.regroup(ctx, o, ids)
	var known *lead.Error
	switch tooMuch := errors.As(err, &known) && known.Code == "too_many_touches"; {
	case tooMuch && len(leads) > 1:
		for i := range leads {
			if counted[leads[i].ID] {
				continue
			}
			if err := r.chunk(ctx, o, leads[i:i+1], counted); err != nil {
				return err
			}
		}
		return nil
	case tooMuch:
		r.note(func(s *lead.Recompute) {
			s.Skipped++
			s.Differences = addDifference(s.Differences, skipped(&leads[0]))
		})
		return nil
	case err != nil:
		return err
	}
	if len(changes) > 0 && !o.order.Preview {
		r.raised()
	}
	changes = slices.DeleteFunc(changes, func(c lead.Change) bool { return counted[c.ID] })
	for i := range changes {
		counted[changes[i].ID] = true
	}
	r.count(ctx, changes, before, o.order.Preview)
	return nil
}

func (r *recomputing) regroup(ctx context.Context, o recomputeOrder, ids []string) (changes []lead.Change, err error) {
	err = r.patiently(ctx, func() (err error) {
		try, cancel := context.WithTimeout(ctx, recordWithin)
		defer cancel()
		changes, err = r.sink.Regroup(try, slices.Clone(ids), o.judge, o.order)
		return err
	})
	return changes, err
}

// patiently tries again until the database is back, or ctx ends.
func (r *recomputing) patiently(ctx context.Context, do func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := do()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !lead.IsTransient(err) {
			r.note(func(s *lead.Recompute) { s.Error = "" })
			return err
		}
		r.note(func(s *lead.Recompute) { s.Error = lead.AsError(err).Message })
		pause(ctx, wait)
	}
}

func (r *recomputing) note(fn func(*lead.Recompute)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(&r.state)
}

// count adds up what changed. before holds the leads of this chunk as they were; one from elsewhere in the pool can only be
// asked for while nothing is written.
func (r *recomputing) count(ctx context.Context, changes []lead.Change, before map[string]*lead.Lead, preview bool) {
	numbers := map[string]string{}
	for i := range changes {
		numbers[changes[i].ID] = changes[i].Number
	}
	for i := range changes {
		c := &changes[i]
		was := before[c.ID]
		r.mu.Lock()
		full := len(r.state.Differences) >= maxDifferences
		r.mu.Unlock()
		if was == nil && preview && !full {
			if d, err := r.leads.Lead(ctx, c.ID); err == nil && d.ID == c.ID {
				was = &d.Lead
			}
		}
		d := difference(c, was, numbers)
		r.note(func(s *lead.Recompute) {
			switch d.Code {
			case lead.RecomputeMerge:
				s.Merged++
			case lead.RecomputeSplit:
				s.Split++
			default:
				s.Changed++
			}
			s.Differences = addDifference(s.Differences, d)
		})
	}
}
