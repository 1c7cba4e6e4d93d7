package sinktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var recordTests = map[string]func(*testing.T, Harness){
	"a new lead has a number, a history and a reason for its name": func(t *testing.T, h Harness) {
		p := open(t, h)
		require.Equal(t, sink.Result{New: 1}, p.record(Sub("sub_1", Mobile(1), landline(7))))
		d := p.lead("XL20260102-000001")
		require.Equal(t, p.on("sub_1"), d.ID)
		require.True(t, strings.HasPrefix(d.ID, "ld_"))
		require.Equal(t, lead.StatusNew, d.Status)
		require.EqualValues(t, 1, d.Version)
		require.Equal(t, 1, d.Touches)
		require.Equal(t, "李雷", d.Name)
		require.Equal(t, "sub_1", d.Provenance["name"][0].Submission)
		require.Equal(t, lead.Hold(nil, day, Mobile(1), landline(7)), d.Identities)
		require.Len(t, d.TouchList, 1)
		require.Equal(t, *Sub("sub_1", Mobile(1), landline(7)), d.TouchList[0].Submission)
		require.Equal(t, lead.VerdictNew, d.TouchList[0].Verdict.Kind)
		require.Equal(t, d.ID, d.TouchList[0].Lead)
		require.Equal(t, day, d.TouchList[0].At)
		require.NotNil(t, d.Tags)
		require.NotNil(t, d.Consents)
	},
	"the numbers of a day are consecutive and follow the ids": func(t *testing.T, h Harness) {
		p := open(t, h)
		for b := range 3 {
			var subs []*lead.Submission
			for i := range 7 {
				subs = append(subs, Sub(fmt.Sprintf("sub_%d_%d", b, i), Mobile(b*10+i)))
			}
			p.record(subs...)
		}
		numbers(t, p, 21)
		before := ""
		for i := 1; i <= 7; i++ {
			d := p.lead(fmt.Sprintf("XL20260102-%06d", i))
			require.Greater(t, d.ID, before)
			before = d.ID
		}
	},
	"a redelivered submission changes nothing": func(t *testing.T, h Harness) {
		p := open(t, h)
		batch := []*lead.Submission{Sub("sub_1", Mobile(1)), Sub("sub_2", Email(1)), Sub("sub_3", Mobile(1), Email(1)), Sub("sub_4", Mobile(4))}
		p.record(batch...)
		before := p.state()
		require.Equal(t, sink.Result{Seen: 4}, p.record(batch...))
		require.Equal(t, sink.Result{Seen: 2}, p.record(batch[2], batch[0]))
		require.Equal(t, before, p.state())

		require.Equal(t, sink.Result{New: 1, Seen: 2}, p.record(batch[3], Sub("sub_5", Mobile(5)), batch[1]))
		require.Equal(t, "XL20260102-000004", p.lead(p.on("sub_5")).Number, "a repeat uses up no number")
	},
	"a submission that stands twice in a batch is recorded once": func(t *testing.T, h Harness) {
		p := open(t, h)
		s := Sub("sub_1", Mobile(1))
		require.Equal(t, sink.Result{New: 1, Seen: 2}, p.record(s, s, s))
		d := p.lead(p.on("sub_1"))
		require.Equal(t, 1, d.Touches)
		require.EqualValues(t, 1, d.Version)
		require.Len(t, p.drain(), 1)
	},
	"a batch gives what its submissions give one by one": func(t *testing.T, h Harness) {
		one, many := open(t, h), open(t, h)
		subs := people(40)
		many.record(subs...)
		for _, s := range subs {
			one.record(s)
		}
		require.Equal(t, clusters(one, subs), clusters(many, subs))
		require.Equal(t, publicState(one), publicState(many))
		require.Equal(t, len(one.drain()), len(many.drain()))
	},
	"nothing of a batch that fails is there": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_0", Mobile(1)))
		before := p.state()
		broken := errors.New("the disk is gone")
		s := NewSink(failing{Pool: p.store, after: func(context.Context) error { return broken }})
		_, err := s.Record(p.ctx, Items(Sub("sub_1", Mobile(1), Email(1)), Sub("sub_2", Mobile(2))))
		require.ErrorIs(t, err, broken)
		require.Equal(t, before, p.state())
		require.Equal(t, sink.Result{New: 1, Same: 1}, p.record(Sub("sub_1", Mobile(1), Email(1)), Sub("sub_2", Mobile(2))))
		numbers(t, p, 2)
	},
	"a context that ends before the commit leaves nothing and can be tried again": func(t *testing.T, h Harness) {
		p := open(t, h)
		ctx, cancel := context.WithCancel(p.ctx)
		s := NewSink(failing{Pool: p.store, after: func(context.Context) error { cancel(); return nil }})
		_, err := s.Record(ctx, Items(Sub("sub_1", Mobile(1))))
		require.True(t, lead.IsTransient(err), "%v", err)
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, p.leads(lead.LeadQuery{}))
		require.Equal(t, sink.Result{New: 1}, p.record(Sub("sub_1", Mobile(1))))
	},
	"one impossible submission fails its batch, for good and alone": func(t *testing.T, h Harness) {
		p := open(t, h)
		_, err := p.sink.Record(p.ctx, Items(Sub("sub_1", Mobile(1)), Sub("sub_2")))
		require.Equal(t, "no_identity", lead.AsError(err).Code)
		require.False(t, lead.IsTransient(err))
		require.Empty(t, p.leads(lead.LeadQuery{}))
		require.Equal(t, sink.Result{New: 1}, p.record(Sub("sub_1", Mobile(1))))
	},
	"a judge that panics fails the batch and nothing else": func(t *testing.T, h Harness) {
		p := open(t, h)
		_, err := sink.New(sink.Config{Pool: p.store, Judge: func() sink.Judge { return panicking{} }}).Record(p.ctx, Items(Sub("sub_1", Mobile(1))))
		require.Equal(t, "judge_failed", lead.AsError(err).Code)
		require.False(t, lead.IsTransient(err))
		require.Equal(t, sink.Result{New: 1}, p.record(Sub("sub_1", Mobile(1))))
	},
	"characters that a database refuses are no poison": func(t *testing.T, h Harness) {
		p := open(t, h)
		s := Sub("sub_1", Mobile(1))
		s.Name.Display = "李\x00雷"
		s.Company.Display = "broken \xff company"
		s.Region.Province = "广\x00东"
		p.record(s)
		require.Equal(t, "李\x00雷", p.lead(p.on("sub_1")).Name)
	},
	"weak identities never join": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1), landline(1)), Sub("sub_2", Mobile(2), landline(1)), Sub("sub_3", landline(1)))
		p.record(Sub("sub_4", landline(1)))
		require.EqualValues(t, 4, p.figures().Leads)
	},
	"equal values of other kinds and scopes are not the same identity": func(t *testing.T, h Harness) {
		p := open(t, h)
		other := OpenID(1)
		other.Scope = "wx9999"
		p.record(Sub("sub_1", OpenID(1)), Sub("sub_2", other))
		p.record(Sub("sub_3", lead.Identity{Kind: lead.IdentityBuyer, Scope: "wx1234", Value: OpenID(1).Value}))
		require.EqualValues(t, 3, p.figures().Leads)
	},
	"touches are counted per source": func(t *testing.T, h Harness) {
		p := open(t, h)
		fair := Sub("sub_2", Mobile(2))
		fair.Source = "fair"
		p.record(Sub("sub_1", Mobile(1)), fair, Sub("sub_3", Mobile(3)))
		p.record(Sub("sub_4", Mobile(1)))
		list, codes, err := p.store.Breakdown(p.ctx)
		require.NoError(t, err)
		at := day
		require.Equal(t, []lead.SourceFigures{{Key: "fair", Touches: 1, Last: &at}, {Key: "site", Touches: 3, Last: &at}}, list)
		require.Empty(t, codes)
	},
}

type panicking struct{ dedupe.Policy }

func (panicking) Add(*lead.Record, *lead.Submission) []string { panic("a value nobody thought of") }

// failing is a pool whose transactions do their work and then meet a fault.
type failing struct {
	sink.Pool
	after func(context.Context) error
}

func (f failing) Update(ctx context.Context, fn func(sink.Tx) error) error {
	return f.Pool.Update(ctx, func(tx sink.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return f.after(ctx)
	})
}

// numbers checks that the pool's leads, merged ones included, have the first n numbers of the day.
func numbers(t testing.TB, p *hub, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		p.lead(fmt.Sprintf("XL20260102-%06d", i))
	}
	_, err := p.store.Lead(p.ctx, fmt.Sprintf("XL20260102-%06d", n+1))
	require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind, "there are more numbers than leads")
	f := p.figures()
	require.EqualValues(t, n, f.Leads+f.Merged)
}
