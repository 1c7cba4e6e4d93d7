// Package sinktest is what every database of the lead pool must hold. Both run the same suite: [Run].
package sinktest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Harness makes pools to test.
type Harness struct {
	// Open returns an empty, migrated pool, which ends with the test.
	Open func(t testing.TB) sink.Store
	// Many is how many leads three assigners hand out at once; 3000 unless set.
	Many int
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for _, part := range []map[string]func(*testing.T, Harness){recordTests, joinTests, concurrencyTests, rejectionTests, assignTests, relayTests, readerTests, configTests, groupingTests, apartTests,
		scoreTests, undoTests, duplicateTests, importTests, careTests, claimTests, timerTests, law8Tests, fairnessTests, stickyTests, deliveryTests, digestTests, backlogTests, fetchingTests, reopenTests, atOnceTests} {
		for name, test := range part {
			t.Run(name, func(t *testing.T) { test(t, h) })
		}
	}
}

// day is a moment in the morning of 2 January in China, and still 1 January in UTC.
var day = time.Date(2026, 1, 1, 17, 0, 0, 0, time.UTC)

// hub is a Sink on a fresh pool.
type hub struct {
	t     testing.TB
	store sink.Store
	sink  *sink.Sink
	ctx   context.Context
	rules lead.MergeRules
}

func open(t testing.TB, h Harness) *hub {
	store := h.Open(t)
	return &hub{t: t, store: store, ctx: context.Background(), sink: NewSink(store)}
}

// NewSink makes a Sink with the default rules and a clock that stands still.
func NewSink(pool sink.Pool) *sink.Sink { return newSinkAt(pool, day) }

func newSinkAt(pool sink.Pool, now time.Time) *sink.Sink {
	return sink.New(sink.Config{Pool: pool, Judge: rules(lead.MergeRules{}), Now: func() time.Time { return now }})
}

// rules is a judge with some rules.
func rules(r lead.MergeRules) func() sink.Judge {
	return func() sink.Judge { return dedupe.Policy{Rules: dedupe.Rules{MergeRules: r}} }
}

func (h *hub) record(subs ...*lead.Submission) sink.Result {
	h.t.Helper()
	res, err := h.sink.Record(h.ctx, Items(subs...))
	require.NoError(h.t, err)
	return res
}

func (h *hub) status(submission string) lead.SubmissionStatus {
	h.t.Helper()
	st, found, err := h.store.Submission(h.ctx, submission)
	require.NoError(h.t, err)
	require.True(h.t, found)
	return st
}

// on tells which living lead a submission is on.
func (h *hub) on(submission string) string {
	h.t.Helper()
	st, found, err := h.store.Submission(h.ctx, submission)
	require.NoError(h.t, err)
	require.True(h.t, found, "submission %s is not in the pool", submission)
	require.NotEmpty(h.t, st.Lead)
	return st.Lead
}

func (h *hub) lead(id string) lead.LeadDetail {
	h.t.Helper()
	d, err := h.store.Lead(h.ctx, id)
	require.NoError(h.t, err)
	return d
}

// leads reads all living leads, page by page.
func (h *hub) leads(q lead.LeadQuery) []lead.Lead {
	h.t.Helper()
	var out []lead.Lead
	for {
		page, err := h.store.Leads(h.ctx, q)
		require.NoError(h.t, err)
		out = append(out, page.Items...)
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}

func (h *hub) figures() lead.PoolFigures {
	h.t.Helper()
	f, err := h.store.Figures(h.ctx)
	require.NoError(h.t, err)
	return f
}

// drain relays everything and returns it in the order of the stream.
func (h *hub) drain() []sink.Outgoing {
	h.t.Helper()
	var out []sink.Outgoing
	for {
		n, err := h.store.Relay(h.ctx, 5000, func(list []sink.Outgoing) error {
			out = append(out, list...)
			return nil
		})
		require.NoError(h.t, err)
		if n == 0 {
			return out
		}
	}
}

// state is everything that a repeated delivery must leave alone.
func (h *hub) state() string {
	h.t.Helper()
	var all []any
	for _, l := range h.leads(lead.LeadQuery{}) {
		all = append(all, h.lead(l.ID))
	}
	sources, codes, err := h.store.Breakdown(h.ctx)
	require.NoError(h.t, err)
	all = append(all, h.figures(), sources, codes)
	b, err := json.MarshalIndent(all, "", " ")
	require.NoError(h.t, err)
	return string(b)
}

// Mobile, Email and OpenID are identities that are unique for n.
func Mobile(n int) lead.Identity {
	return lead.Identity{Kind: lead.IdentityMobile, Value: fmt.Sprintf("+86139%08d", n)}
}

// Email is a strong identity.
func Email(n int) lead.Identity {
	return lead.Identity{Kind: lead.IdentityEmail, Value: fmt.Sprintf("li%d@corp.cn", n)}
}

// OpenID is a strong identity with a scope.
func OpenID(n int) lead.Identity {
	return lead.Identity{Kind: lead.IdentityOpenID, Scope: "wx1234", Value: fmt.Sprintf("o%010d", n)}
}

func landline(n int) lead.Identity {
	return lead.Identity{Kind: lead.IdentityLandline, Value: fmt.Sprintf("+8620%08d", n)}
}

// Sub makes a submission by somebody with these identities.
func Sub(id string, ids ...lead.Identity) *lead.Submission {
	s := &lead.Submission{ID: id, Source: "site", Channel: "webform", Trust: 50, EventTime: day, ReceivedAt: day,
		Name: lead.Name{Display: "李雷", Key: "李雷"}, Identities: ids}
	for _, i := range ids {
		switch i.Kind {
		case lead.IdentityMobile:
			s.Phones = append(s.Phones, lead.Phone{E164: i.Value, Type: lead.PhoneMobile})
		case lead.IdentityEmail:
			s.Emails = append(s.Emails, lead.Email{Display: i.Value, Key: i.Value})
		}
	}
	return s
}

// Items are submissions with their bytes.
func Items(subs ...*lead.Submission) []sink.Item {
	items := make([]sink.Item, len(subs))
	for i, s := range subs {
		b, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		items[i] = sink.Item{Submission: s, JSON: b}
	}
	return items
}

// chooser is the smooth weighted round robin among those who have room, for the day in China.
type chooser struct{}

func choose() sink.Chooser { return chooser{} }

// Choose gives the lead to the rep with the most credit.
func (chooser) Choose(_ *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	const rule = "round robin"
	var total, given int64
	var able []lead.Rep
	var best *lead.RepState
	today := now.In(time.FixedZone("", 8*60*60)).Format("20060102")
	for _, r := range staff.Reps {
		st := staff.State(r.Key, today)
		if r.Weight == 0 || !r.Active || r.OffDuty || r.Key == staff.Away || r.Daily > 0 && st.Today >= r.Daily || r.Holding > 0 && st.Held >= r.Holding {
			continue
		}
		able = append(able, r)
		total += int64(r.Weight)
		given += st.Turns[rule].Leads
	}
	if len(able) == 0 {
		return lead.Assignment{Rule: rule, Why: "nobody has room"}
	}
	most := int64(math.MinInt64)
	for _, r := range able {
		st := staff.States[r.Key]
		if credit := (given+1)*int64(r.Weight) - st.Turns[rule].Leads*total; credit > most {
			best, most = st, credit
		}
	}
	best.TakeTurn(rule, lead.Turn{Leads: best.Turns[rule].Leads + 1})
	best.Assigned++
	best.Today++
	best.Held++
	staff.Change(best.Rep)
	return lead.Assignment{Owner: best.Rep, Rule: rule, Why: "the turn of " + best.Rep, At: now}
}
