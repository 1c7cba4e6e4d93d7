package sinktest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// matcher compares names and the last digits of phones. One of the two is a possible duplicate, both are a likely one.
type matcher struct{}

// Keys are the name and the last two digits of every phone.
func (matcher) Keys(p *sink.Profile) []string {
	var out []string
	if p.Name != "" {
		out = append(out, "name:"+p.Name)
	}
	for _, ph := range p.Phones {
		out = append(out, "tail:"+ph[len(ph)-2:])
	}
	return out
}

// Compare gives 6 bits for the name and 6 for the phone.
func (m matcher) Compare(a, b *sink.Profile) []lead.DuplicatePart {
	parts := []lead.DuplicatePart{{Field: "prior", Level: "prior", Weight: -4, Text: "rare"}}
	if a.Name != "" && a.Name == b.Name {
		parts = append(parts, lead.DuplicatePart{Field: "name", Level: "same", Weight: 6, Text: "same name", TextZH: "姓名相同", A: a.Name, B: b.Name})
	}
	for _, x := range a.Phones {
		for _, y := range b.Phones {
			if x[len(x)-2:] == y[len(y)-2:] {
				return append(parts, lead.DuplicatePart{Field: "phone", Level: "tail", Weight: 6, Text: "phones end alike", TextZH: "尾号相同", A: x, B: y})
			}
		}
	}
	return parts
}

// Shared says why in a code.
func (matcher) Shared(id lead.Identity, h *lead.Held) lead.DuplicatePart {
	p := lead.DuplicatePart{Field: lead.FieldShared, Level: "held", Text: "shares " + id.Kind}
	if h != nil {
		p.Level = h.Reason
	}
	return p
}

// Thresholds of matcher.
func (matcher) Thresholds() (possible, likely float64) { return 1, 7 }

// looker is a hub with a Duplicates.
type looker struct {
	*hub
	duplicates *sink.Duplicates
}

const block = 3

func withDuplicates(p *hub) *looker {
	now := day
	return &looker{hub: p, duplicates: sink.NewDuplicates(sink.DuplicatesConfig{Pool: p.store, Judge: rules(p.rules),
		Matcher: func() sink.Matcher { return matcher{} }, MaxBlock: block, Now: func() time.Time { now = now.Add(time.Second); return now }})}
}

func openDuplicates(t testing.TB, h Harness) *looker {
	return withDuplicates(openWith(t, h, lead.MergeRules{}))
}

// look looks at what changed since the last time, as the stream tells it.
func (l *looker) look() sink.Looked {
	l.t.Helper()
	got, err := l.duplicates.Look(l.ctx, changesOf(l.drain()))
	require.NoError(l.t, err)
	return got
}

func changesOf(list []sink.Outgoing) []sink.Changed {
	out := make([]sink.Changed, len(list))
	for i, o := range list {
		out[i] = sink.Changed{Lead: o.Lead, Again: o.Type == lead.ChangeMerged || o.Type == lead.ChangeSplit}
	}
	return out
}

func (l *looker) pairs(q lead.DuplicateQuery) []lead.Duplicate {
	l.t.Helper()
	var out []lead.Duplicate
	for {
		page, err := l.store.Duplicates(l.ctx, q)
		require.NoError(l.t, err)
		out = append(out, page.Items...)
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}

func (l *looker) one() lead.Duplicate {
	l.t.Helper()
	all := l.pairs(lead.DuplicateQuery{})
	require.Len(l.t, all, 1)
	return all[0]
}

// called is a submission by somebody of a name.
func called(id, name string, ids ...lead.Identity) *lead.Submission {
	s := Sub(id, ids...)
	s.Name = lead.Name{Display: name, Key: name}
	return s
}

// found is the queue in words.
func (l *looker) found() []string {
	var out []string
	for _, d := range l.pairs(lead.DuplicateQuery{}) {
		out = append(out, fmt.Sprint(d.A.Number, " ", d.B.Number, " ", d.Score, " ", d.State))
	}
	slices.Sort(out)
	return out
}

// expected finds the pairs among all living leads without keeping anything.
func (l *looker) expected(t require.TestingT) []string {
	all := map[string]*sink.Profile{}
	blocks := map[string][]string{}
	ids := l.livingIDs()
	decisions, leadsOf := l.decisions(t)
	require.NoError(t, l.store.Match(l.ctx, func(r sink.MatchReader) (sink.MatchChanges, error) {
		var err error
		all, err = r.Profiles(l.ctx, ids)
		return sink.MatchChanges{}, err
	}))
	for _, id := range ids {
		keys := matcher{}.Keys(all[id])
		for _, h := range all[id].Identities {
			if h.Strong() {
				keys = append(keys, h.Key())
			}
		}
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			blocks[k] = append(blocks[k], id)
		}
	}
	out := map[string]bool{}
	for _, members := range blocks {
		if len(members) > block {
			continue
		}
		for i, a := range members {
			for _, b := range members[i+1:] {
				score, ok := scored(all[a], all[b])
				if !ok {
					continue
				}
				state := lead.DuplicateOpen
				for _, d := range decisions {
					x, y := leadsOf(d.A), leadsOf(d.B)
					if d.Kind == lead.DecisionSplit && (x[a] && y[b] || x[b] && y[a]) {
						state = lead.DuplicateDismissed
					}
				}
				out[fmt.Sprint(all[a].Number, " ", all[b].Number, " ", score, " ", state)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

func scored(a, b *sink.Profile) (float64, bool) {
	score := 0.0
	for _, p := range (matcher{}).Compare(a, b) {
		score += p.Weight
	}
	for _, x := range a.Identities {
		for _, y := range b.Identities {
			if x.Strong() && x.Identity == y.Identity && !x.Generic && !y.Generic {
				return max(score, 7), true
			}
		}
	}
	return score, score >= 1
}

// decisions are all that people decided about touches of the pool, and who has the leads of some of these.
func (l *looker) decisions(t require.TestingT) ([]lead.Decision, func([]string) map[string]bool) {
	f, reached := l.everything(t)
	into := map[string]string{}
	for _, r := range f.Records {
		into[r.ID] = r.MergedInto
	}
	on := map[string]string{}
	for _, touch := range f.Touches {
		id := touch.Lead
		for into[id] != "" {
			id = into[id]
		}
		on[touch.Submission.ID] = id
	}
	return reached.Decisions, func(touches []string) map[string]bool {
		out := map[string]bool{}
		for _, s := range touches {
			out[on[s]] = true
		}
		return out
	}
}

func types(history []lead.Event) string {
	var out []string
	for _, e := range history {
		out = append(out, e.Type)
	}
	return strings.Join(out, " ")
}

func requireCode(t testing.TB, code string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, lead.AsError(err).Code)
}
