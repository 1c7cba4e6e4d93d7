package sink

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// batch is the working set of one transaction: what the pool knew, changed by one submission after another, so that a
// batch gives what the same submissions would give one by one.
type batch struct {
	judge  Judge
	now    time.Time
	ids    []string                // for new leads, ascending, so that ids and numbers have one order
	living map[string]*lead.Record // by id
	leads  map[string]string       // id of the living lead per identity key
	isNew  map[string]bool
	unsure []Item // to be judged with all the evidence
	// identities that do not lead to one lead, and what they lead to besides
	spreads map[string][]string
	cleared []string
	moved   map[string]string // identity keys to be written, and where they led before

	created []*lead.Record
	changed []*lead.Record // in the order of their first change
	dirty   map[string]bool
	touches []Touch
	events  []lead.Event
	due     map[string]Due
	states  []lead.RepState
	outbox  []lead.Change
	notices []lead.Notification
	offered []string
	freed   int
	timers  []Timer
	terms   *Terms
	result  Result
}

func newBatch(judge Judge, now time.Time, known Known, size int) *batch {
	b := &batch{
		judge: judge, now: now, leads: known.Leads, living: make(map[string]*lead.Record, len(known.Records)+size),
		isNew: map[string]bool{}, moved: make(map[string]string, size), dirty: make(map[string]bool, size),
		touches: make([]Touch, 0, size), outbox: make([]lead.Change, 0, size), due: make(map[string]Due, size),
	}
	if b.leads == nil {
		b.leads = map[string]string{}
	}
	for _, r := range known.Records {
		b.living[r.ID] = r
	}
	b.ids = make([]string, size)
	for i := range b.ids {
		b.ids[i] = lead.NewID("ld_", now)
	}
	slices.Sort(b.ids)
	return b
}

// addAll adds items in their order. A judge that panics makes its item impossible, like any other fault of one item; it
// must not end the process, which would meet the same item again after every start.
func (b *batch) addAll(items []Item) (err error) {
	var at string
	defer func() {
		if p := recover(); p != nil {
			err = &lead.Error{Kind: lead.KindInternal, Code: "judge_failed", Message: "the submission could not be judged",
				Hint: "report it with the submission's id", Err: fmt.Errorf("%s: panic: %v\n%s", at, p, debug.Stack())}
		}
	}()
	for _, it := range items {
		at = it.Submission.ID
		if err := b.add(it); err != nil {
			return err
		}
	}
	return nil
}

// add judges one submission and keeps what comes of it. One that cannot be judged by the records alone is left for
// later: the order in which submissions are added changes nothing.
func (b *batch) add(it Item) error {
	s, told := it.Submission, len(b.notices)
	if b.leadsToSeveral(s) {
		b.unsure = append(b.unsure, it)
		return nil
	}
	v, sure := b.judge.Judge(s, b.candidates(s), b.generic)
	if !sure {
		b.unsure = append(b.unsure, it)
		return nil
	}
	note := lead.ChangeNote{At: b.now, Actor: "hub", Submission: s.ID, Why: strings.Join(v.Reasons, "; ")}
	var r *lead.Record
	var changed []string
	switch v.Kind {
	case lead.VerdictNew:
		r = b.create()
		note.Type = lead.ChangeCreated
		b.result.New++
	case lead.VerdictSame:
		if r = b.living[v.Lead]; r == nil {
			return unknownLead(v.Lead)
		}
		note.Type = lead.ChangeUpdated
		b.returned(r, s)
		b.result.Same++
	case lead.VerdictJoins:
		survivor, fields, err := b.join(&v)
		if err != nil {
			return err
		}
		r, changed = survivor, fields
		note.Type, note.Absorbed = lead.ChangeMerged, v.Joined
		b.result.Joined++
	default:
		return &lead.Error{Kind: lead.KindInternal, Code: "unknown_verdict", Message: fmt.Sprintf("the verdict %q is not known", v.Kind)}
	}
	changed = append(changed, b.judge.Add(r, s)...)
	b.recognise(r, s.Identities)
	b.touches = append(b.touches, Touch{Submission: s.ID, Source: s.Source, Lead: r.ID, At: b.now, Verdict: v, JSON: it.JSON})
	note.Changed = changed
	b.change(r, note)
	if r.Owner != "" {
		b.timers = append(b.timers, b.terms.next(r))
	}
	switch {
	case v.Kind == lead.VerdictSame && r.Owner == "":
		b.offer(r)
	case note.Type == lead.ChangeMerged:
		b.event(r, note)
	case v.Kind == lead.VerdictSame && r.Owner != "":
		b.events = append(b.events, returned(r, note))
	}
	b.reopen(r, s)
	for i := told; i < len(b.notices); i++ {
		b.notices[i].Import = s.Origin.Import
	}
	return nil
}

// returned tells the owner of a lead that the person is back.
func (b *batch) returned(r *lead.Record, s *lead.Submission) {
	if r.Owner != "" {
		b.notices = append(b.notices, backAgain(r, s, b.now))
	}
}

func backAgain(r *lead.Record, s *lead.Submission, now time.Time) lead.Notification {
	return lead.Notification{ID: lead.NewID("ntf_", now), Rep: r.Owner, Kind: lead.NotifyReturned, Lead: r.ID, Number: r.Number,
		Why: "a new submission of " + s.Source, At: now, Import: s.Origin.Import}
}

// offer lets the rules look at a lead that says more than when they saw it.
func (b *batch) offer(r *lead.Record) {
	switch {
	case b.isNew[r.ID] || !lead.Open(r.Status):
	case r.Pool != "" && byRules(r):
		b.queue(r.ID, b.now)
	default:
		b.offered = append(b.offered, r.ID)
	}
}

func (b *batch) generic(id lead.Identity) bool { return b.leads[id.Key()] == Generic }

func (b *batch) leadsToSeveral(s *lead.Submission) bool {
	return slices.ContainsFunc(s.Identities, func(id lead.Identity) bool { return id.Strong() && b.leads[id.Key()] == Shared })
}

// spread adds a lead to those that carry an identity which does not lead to one lead.
func (b *batch) spread(key, to string) {
	if b.spreads == nil {
		b.spreads = map[string][]string{}
	}
	if !slices.Contains(b.spreads[key], to) {
		b.spreads[key] = append(b.spreads[key], to)
	}
}

func unknownLead(id string) error {
	return &lead.Error{Kind: lead.KindInternal, Code: "unknown_lead", Message: fmt.Sprintf("the verdict names %q, which is not a candidate", id)}
}

// candidates are the living leads that the strong identities lead to, by id.
func (b *batch) candidates(s *lead.Submission) []*lead.Record {
	var out []*lead.Record
	for _, id := range s.Identities {
		if !id.Strong() {
			continue
		}
		if r := b.living[b.leads[id.Key()]]; r != nil && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *lead.Record) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (b *batch) create() *lead.Record {
	id := b.ids[len(b.created)]
	r := &lead.Record{Lead: lead.Lead{ID: id, Status: lead.StatusNew}}
	// Until numbers are given out, the id stands for the number, also in the words of verdicts: see number.
	r.Number = id
	b.living[id] = r
	b.isNew[id] = true
	b.created = append(b.created, r)
	b.queue(id, b.now)
	return r
}

// queue puts a lead on the queue of the rules; the zero time takes it off.
func (b *batch) queue(id string, at time.Time) { b.due[id] = Due{Lead: id, At: at} }

// recognise lets identities that were unknown lead to r. One that leads to another lead keeps leading there: the
// judge knew it and did not join.
func (b *batch) recognise(r *lead.Record, ids []lead.Identity) {
	for _, id := range ids {
		if !id.Strong() {
			continue
		}
		switch k := id.Key(); b.leads[k] {
		case "":
			b.leads[k] = r.ID
			b.moved[k] = ""
		case Generic:
			b.spread(k, r.ID)
			for i := range r.Identities {
				r.Identities[i].Generic = r.Identities[i].Generic || r.Identities[i].Identity == id
			}
		}
	}
}

// change gives r its next version and puts its state on the outbox.
func (b *batch) change(r *lead.Record, note lead.ChangeNote) {
	note.Changed = append(note.Changed, score(b.judge, r)...)
	r.Version++
	if !b.isNew[r.ID] && !b.dirty[r.ID] {
		b.changed = append(b.changed, r)
	}
	b.dirty[r.ID] = true
	b.outbox = append(b.outbox, snapshot(r, note))
}

func (b *batch) event(r *lead.Record, note lead.ChangeNote) {
	b.events = append(b.events, eventOf(r, note))
}

// number gives the created leads their numbers, and puts these in the place of the ids that stood for them.
func (b *batch) number(prefix string, first int64) {
	pairs := make([]string, 0, 2*len(b.created))
	numbers := make(map[string]string, len(b.created))
	for i, r := range b.created {
		n := fmt.Sprintf("%s-%06d", prefix, first+int64(i))
		pairs = append(pairs, r.ID, n)
		numbers[r.ID] = n
		r.Number = n
	}
	words := strings.NewReplacer(pairs...)
	for i := range b.touches {
		for j, reason := range b.touches[i].Verdict.Reasons {
			if strings.Contains(reason, "ld_") {
				b.touches[i].Verdict.Reasons[j] = words.Replace(reason)
			}
		}
	}
	for i := range b.outbox {
		c := &b.outbox[i]
		if n := numbers[c.ID]; n != "" {
			c.Number = n
		}
		if strings.Contains(c.Change.Why, "ld_") {
			c.Change.Why = words.Replace(c.Change.Why)
		}
	}
	for i := range b.events {
		b.events[i].Why = words.Replace(b.events[i].Why)
	}
}

// changes is everything the batch came to, ready to be saved.
func (b *batch) changes() (Changes, error) {
	c := Changes{Touches: b.touches, Events: b.events, Notifications: b.notices, Timers: lastTimers(b.timers), Offered: b.offered, Freed: b.freed,
		States: b.states}
	for k, from := range b.moved {
		c.Identities = append(c.Identities, IdentityOf{Key: k, Lead: b.leads[k], From: from})
	}
	slices.SortFunc(c.Identities, func(x, y IdentityOf) int { return strings.Compare(x.Key, y.Key) })
	c.Cleared = b.cleared
	for _, k := range slices.Sorted(maps.Keys(b.spreads)) {
		c.Spread = append(c.Spread, Spread{Key: k, Lead: Generic, Leads: b.spreads[k], Same: true})
	}
	c.Due = slices.AppendSeq(make([]Due, 0, len(b.due)), maps.Values(b.due))
	slices.SortFunc(c.Due, func(x, y Due) int { return strings.Compare(x.Lead, y.Lead) })
	outbox, leads, err := encodeChanges(b.outbox)
	if err != nil {
		return Changes{}, err
	}
	c.Outbox = outbox
	if c.Created, err = encodeRecords(b.created, leads); err != nil {
		return Changes{}, err
	}
	c.Changed, err = encodeRecords(b.changed, leads)
	return c, err
}

// lastTimers leaves out all but the last timer of a lead.
func lastTimers(list []Timer) []Timer {
	at := map[string]int{}
	out := list[:0]
	for _, t := range list {
		if i, ok := at[t.Lead]; ok {
			out[i] = t
			continue
		}
		at[t.Lead] = len(out)
		out = append(out, t)
	}
	return out
}

// snapshot is the public state of r now; later changes of r do not reach it.
func snapshot(r *lead.Record, note lead.ChangeNote) lead.Change {
	never(&r.Lead)
	l := r.Lead
	l.Phones, l.Emails = slices.Clone(l.Phones), slices.Clone(l.Emails)
	l.Tags, l.Products = slices.Clone(l.Tags), slices.Clone(l.Products)
	l.Consents, l.Sources = slices.Clone(l.Consents), slices.Clone(l.Sources)
	slices.Sort(note.Changed)
	note.Changed = slices.Compact(note.Changed)
	if note.Changed == nil {
		note.Changed = []string{}
	}
	return lead.Change{Lead: l, Change: note}
}

// never leaves a list null: the API and the stream promise it.
func never(l *lead.Lead) {
	for _, list := range []*[]string{&l.Phones, &l.Emails, &l.Tags, &l.Products, &l.Sources} {
		if *list == nil {
			*list = []string{}
		}
	}
	if l.Consents == nil {
		l.Consents = []lead.Consent{}
	}
}

// returned reminds whoever has a lead that it left something again.
func returned(r *lead.Record, note lead.ChangeNote) lead.Event {
	e := eventOf(r, note)
	e.Type, e.Why = lead.EventReturned, why("came in again, the lead is with "+r.Owner, note.Why)
	return e
}

func eventOf(r *lead.Record, note lead.ChangeNote) lead.Event {
	return lead.Event{Lead: r.ID, Version: r.Version, Type: note.Type, At: note.At, Actor: note.Actor, Why: note.Why, Changed: note.Changed}
}
