package hub

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// matchGather is the least time between two batches of the search for duplicates while changes come fast: nobody waits for
// it, and what a lead became in the meantime is compared once.
const matchGather = 100 * time.Millisecond

// matching is the stage behind lead.changes that finds leads which may be one person. It reads the leads from the pool, so
// changes only tell which ones to look at, in any order and as often as they come.
type matching struct {
	duplicates *sink.Duplicates
	names      names
	stream     *stream.Client
	now        func() time.Time
	log        *slog.Logger
	metrics    *metrics
	turn       sync.Mutex // of the partitions: in the database they would wait for each other, with a connection each

	backlog func(stage string) (records int64, oldest float64)

	last   sync.Map // offset handled last, by partition
	missed signal   // there was a gap in the log
}

// catchUpEvery bounds how often all leads are looked at because changes were missed: compaction leaves gaps as well, harmless
// ones.
const catchUpEvery = 10 * time.Minute

// run consumes lead.changes until ctx ends.
func (m *matching) run(ctx context.Context) error {
	return m.stream.Consume(ctx, stream.ConsumerConfig{Group: m.names.groupMatch, Topics: []string{m.names.changes}, Gather: matchGather,
		CommitEvery: matchGather, Transient: lead.IsTransient, Poison: func(_ context.Context, r stream.Record, cause error) error {
			m.log.Error("a lead cannot be compared with others; the search for duplicates goes on without it", "lead", string(r.Key), "error", cause)
			return nil
		}}, m.handle)
}

// patient is the backlog up to which the search for duplicates lets the stages go first that somebody waits for.
const patient = 50_000

// yield leaves the machine to the stages before it while these have a backlog: it took its turn, now four times as long is theirs.
func (m *matching) yield(ctx context.Context, took time.Duration) {
	raw, _ := m.backlog(stageNormalize)
	submissions, _ := m.backlog(stageSink)
	if own, _ := m.backlog(stageMatch); raw+submissions > fullStep && own < patient {
		pause(ctx, min(4*took, time.Second))
	}
}

// catchUp looks at leads that lead.changes does not tell of any more: at the start at those that were never looked at, and at all when a
// backlog outgrew what the broker keeps.
func (m *matching) catchUp(ctx context.Context) error {
	n, err := m.duplicates.Fill(ctx)
	for ctx.Err() == nil {
		if err != nil {
			return err
		}
		if n > 0 {
			m.log.Info("compared leads whose changes are not on the stream any more", "leads", n)
		}
		select {
		case <-ctx.Done():
		case <-m.missed:
			m.log.Warn("changes were missed; all leads are looked at")
			n, err = m.duplicates.CatchUp(ctx)
			pause(ctx, catchUpEvery)
		}
	}
	return nil
}

// watch notices records that were never handed over. What is handed over again is none of them.
func (m *matching) watch(batch []stream.Record) {
	partition, first, last := batch[0].Partition, batch[0].Offset, batch[len(batch)-1].Offset
	if before, known := m.last.Swap(partition, last); known && first > before.(int64)+1 {
		m.missed.raise()
	}
}

func (m *matching) handle(ctx context.Context, batch []stream.Record) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	start := m.now()
	changed := make([]sink.Changed, 0, len(batch))
	for _, r := range batch {
		switch kind := string(header(r, "ce_type")); kind {
		case lead.ChangeAssigned, lead.ChangeReleased, lead.ChangeStatus: // nothing of it is compared
		default:
			if id := string(r.Key); storable(id) {
				changed = append(changed, sink.Changed{Lead: id, Again: kind == lead.ChangeMerged || kind == lead.ChangeSplit})
			}
		}
	}
	if len(changed) > 0 {
		looked, err := m.duplicates.Look(ctx, changed)
		if err != nil {
			return err
		}
		m.metrics.compared.Add(float64(looked.Compared))
		m.metrics.duplicates.Add(float64(looked.Opened))
		m.metrics.crowded.Add(float64(looked.Crowded))
	}
	m.watch(batch)
	took := m.now().Sub(start)
	m.metrics.handled(stageMatch, batch, took)
	m.yield(ctx, took)
	return nil
}

// RebuildMatches compares every lead anew, page by page, beside the running stage: after the thresholds, the rules or the
// way of comparing changed. It reminds nobody. What people dismissed stays dismissed.
func (h *Hub) RebuildMatches(ctx context.Context) error { return h.duplicates.Rebuild(ctx) }

// Duplicates lists pairs of leads that may be one person. Leads of the query are named by id or number.
func (h *Hub) Duplicates(ctx context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error) {
	for _, id := range []*string{&q.Lead, &q.With} {
		if *id == "" {
			continue
		}
		living, err := h.living(ctx, *id)
		if err != nil {
			return lead.DuplicatePage{}, err
		}
		*id = living
	}
	return h.cfg.Store.Duplicates(ctx, q)
}

// DecideDuplicate notes what a person says of two leads, named by id or number, and returns the pair as it is then.
func (h *Hub) DecideDuplicate(ctx context.Context, a, b, decision string, o lead.Order) (lead.Duplicate, error) {
	q := lead.DuplicateQuery{Limit: 1}
	var err error
	if q.Lead, err = h.living(ctx, a); err != nil {
		return lead.Duplicate{}, err
	}
	if q.With, err = h.living(ctx, b); err != nil {
		return lead.Duplicate{}, err
	}
	if err := h.duplicates.Decide(ctx, q.Lead, q.With, decision, o); err != nil {
		return lead.Duplicate{}, err
	}
	page, err := h.cfg.Store.Duplicates(ctx, q)
	if err != nil || len(page.Items) == 0 {
		return lead.Duplicate{}, err
	}
	return page.Items[0], nil
}

func (h *Hub) newDuplicates() *sink.Duplicates {
	return sink.NewDuplicates(sink.DuplicatesConfig{Pool: h.cfg.Store, Now: h.cfg.Now,
		Judge:   func() sink.Judge { return h.configuration.current.Load().judge },
		Matcher: func() sink.Matcher { return h.configuration.current.Load().matcher() }})
}

func (s *snapshot) matcher() *matcher {
	m := &matcher{words: words{zone: s.location}, possible: match.Possible, likely: match.Likely, profiles: map[*sink.Profile]match.Profile{}}
	if p := s.config.Settings.Merge.Possible; p != 0 {
		m.possible = p
	}
	if l := s.config.Settings.Merge.Likely; l != 0 {
		m.likely = l
	}
	return m
}

// matcher compares leads for one batch.
type matcher struct {
	words
	possible, likely float64
	profiles         map[*sink.Profile]match.Profile
}

// Keys are those of package match.
func (m *matcher) Keys(p *sink.Profile) []string { return match.Keys(m.profile(p)) }

// Compare knows no frequencies but those that ship: how common a name is in the pool changes with every lead, and a score
// must not hang on when it was made.
func (m *matcher) Compare(a, b *sink.Profile) []lead.DuplicatePart {
	score := match.Compare(m.profile(a), m.profile(b), nil)
	parts := make([]lead.DuplicatePart, len(score.Parts))
	for i, p := range score.Parts {
		parts[i] = lead.DuplicatePart{Field: p.Field, Level: p.Level, Weight: p.Weight, Text: p.Words("en"), TextZH: p.Words("zh"), A: p.A, B: p.B}
	}
	return parts
}

// Shared says why an identity did not join two leads.
func (m *matcher) Shared(id lead.Identity, held *lead.Held) lead.DuplicatePart {
	en, zh := kindNamed(id.Kind)
	p := lead.DuplicatePart{Field: lead.FieldShared, Level: lead.WhyIndirect, Text: "shares " + en + ", held back", TextZH: "共有" + zh + "，但未自动合并"}
	if held != nil {
		reason, zhReason := m.heldBack(*held)
		p.Level, p.Text, p.TextZH = held.Reason, p.Text+": "+reason, p.TextZH+"："+zhReason
	}
	return p
}

// Thresholds are those of package match, unless the rules of merging name others.
func (m *matcher) Thresholds() (possible, likely float64) { return m.possible, m.likely }

// profile leaves out what too many people carry: it speaks for nobody.
func (m *matcher) profile(p *sink.Profile) match.Profile {
	if known, ok := m.profiles[p]; ok {
		return known
	}
	out := match.Profile{ID: p.ID, Name: p.Name, Phones: p.Phones, Emails: p.Emails, Company: p.Company, Region: p.Region}
	var generic []string
	for _, h := range p.Identities {
		if h.Generic {
			generic = append(generic, h.Value)
		} else {
			out.Identities = append(out.Identities, h.Identity)
		}
	}
	if len(generic) > 0 {
		isGeneric := func(value string) bool {
			return slices.ContainsFunc(generic, func(g string) bool { return strings.EqualFold(g, value) })
		}
		out.Phones = slices.DeleteFunc(slices.Clone(p.Phones), isGeneric)
		out.Emails = slices.DeleteFunc(slices.Clone(p.Emails), isGeneric)
	}
	m.profiles[p] = out
	return out
}
