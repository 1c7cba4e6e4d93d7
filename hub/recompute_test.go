package hub

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// fakePool is so many leads, newest first, and what a regrouping of some of them does.
type fakePool struct {
	leads   int
	regroup func(ctx context.Context, ids []string) ([]lead.Change, error)
}

func (p fakePool) Leads(_ context.Context, q lead.LeadQuery) (lead.LeadPage, error) {
	from := p.leads
	if q.Cursor != "" {
		from, _ = strconv.Atoi(q.Cursor)
	}
	page := lead.LeadPage{}
	for from > 0 && len(page.Items) < q.Limit {
		from--
		page.Items = append(page.Items, lead.Lead{ID: fmt.Sprintf("ld_%d", from), Number: fmt.Sprintf("XL-%d", from), Name: "before"})
	}
	if from > 0 {
		page.Next = strconv.Itoa(from)
	}
	return page, nil
}

func (p fakePool) Lead(context.Context, string) (lead.LeadDetail, error) {
	return lead.LeadDetail{}, lead.NotFound("lead_not_found", "no", "")
}

func (p fakePool) Figures(context.Context) (lead.PoolFigures, error) {
	return lead.PoolFigures{Leads: int64(p.leads)}, nil
}

func (p fakePool) Regroup(ctx context.Context, ids []string, _ sink.Judge, _ sink.Order) ([]lead.Change, error) {
	return p.regroup(ctx, ids)
}

// recomputes starts the loop that does what is ordered; it ends with the test.
func recomputes(t *testing.T, p fakePool) *Hub {
	r := &recomputing{sink: p, leads: p, now: time.Now, log: slog.New(slog.DiscardHandler), raised: func() {}, rematch: func(context.Context) error { return nil },
		orders: make(chan recomputeOrder, 1), state: lead.Recompute{State: lead.RecomputeIdle}}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return &Hub{recomputing: r}
}

func ends(t *testing.T, h *Hub) lead.Recompute {
	t.Helper()
	var r lead.Recompute
	require.Eventually(t, func() bool {
		var err error
		r, err = h.Recomputed(context.Background())
		require.NoError(t, err)
		return r.Ended != nil
	}, 10*time.Second, time.Millisecond)
	return r
}

func TestARecomputeLooksAtEveryLeadOnceAndCountsEveryChangeOnce(t *testing.T) {
	asked := map[string]int{}
	h := recomputes(t, fakePool{leads: 250, regroup: func(_ context.Context, ids []string) ([]lead.Change, error) {
		var out []lead.Change
		for _, id := range ids {
			asked[id]++
		}
		if slices.Contains(ids, "ld_249") { // its group reaches into a later chunk
			out = append(out,
				lead.Change{Lead: lead.Lead{ID: "ld_249", Number: "XL-249", Version: 2, MergedInto: "ld_7"}, Change: lead.ChangeNote{Type: lead.ChangeMerged}},
				lead.Change{Lead: lead.Lead{ID: "ld_7", Number: "XL-7", Version: 4, Name: "after"}, Change: lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"name"}}})
		}
		if slices.Contains(ids, "ld_7") || slices.Contains(ids, "ld_6") { // the dry run changed nothing, so it is found again
			out = append(out, lead.Change{Lead: lead.Lead{ID: "ld_7", Number: "XL-7", Version: 4}, Change: lead.ChangeNote{Type: lead.ChangeMerged}})
		}
		return out, nil
	}})
	_, err := h.Recompute(context.Background(), lead.CandidateRules{}, true, "person:chen")
	require.NoError(t, err)
	r := ends(t, h)
	require.Equal(t, lead.RecomputeDone, r.State)
	require.Equal(t, lead.RecomputeFigures{Total: 250, Looked: 250, Merged: 1, Changed: 1}, r.RecomputeFigures)
	require.Len(t, asked, 249)
	require.NotContains(t, asked, "ld_7", "it was covered by the group of another")
	for id, n := range asked {
		require.Equal(t, 1, n, id)
	}
	require.Equal(t, "XL-249 goes into XL-7", r.Differences[0].Text)
	require.Equal(t, "person:chen", r.Actor)
}

func TestOneRecomputeRunsAtATimeAndCanBeCancelled(t *testing.T) {
	under := make(chan struct{})
	h := recomputes(t, fakePool{leads: 500, regroup: func(ctx context.Context, _ []string) ([]lead.Change, error) {
		under <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	ctx := context.Background()
	require.Equal(t, "not_running", lead.AsError(h.CancelRecompute(ctx)).Code)
	first, err := h.Recompute(ctx, lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	require.Equal(t, lead.RecomputeRunning, first.State)
	<-under
	_, err = h.Recompute(ctx, lead.CandidateRules{}, true, "person:sun")
	require.Equal(t, "recompute_running", lead.AsError(err).Code)
	require.Equal(t, lead.KindConflict, lead.AsError(err).Kind)
	require.NoError(t, h.CancelRecompute(ctx))
	r := ends(t, h)
	require.Equal(t, lead.RecomputeCancelled, r.State)
	require.Equal(t, first.ID, r.ID)

	second, err := h.Recompute(ctx, lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	require.NotEqual(t, first.ID, second.ID)
	<-under
	require.NoError(t, h.CancelRecompute(ctx))
	ends(t, h)
}

func TestARunThatWasCancelledBeforeItBeganNeverBegins(t *testing.T) {
	r := &recomputing{now: time.Now, log: slog.New(slog.DiscardHandler), orders: make(chan recomputeOrder, 1),
		sink: fakePool{regroup: func(context.Context, []string) ([]lead.Change, error) { t.Error("it ran"); return nil, nil }}}
	h := &Hub{recomputing: r}
	ctx := context.Background()
	_, err := h.Recompute(ctx, lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	require.NoError(t, h.CancelRecompute(ctx))
	_, err = h.Recompute(ctx, lead.CandidateRules{}, true, "person:sun")
	require.Equal(t, "recompute_running", lead.AsError(err).Code, "the first still waits")
	first := <-r.orders
	second, err := h.Recompute(ctx, lead.CandidateRules{}, true, "person:sun")
	require.NoError(t, err)
	r.do(ctx, first)
	state, _ := h.Recomputed(ctx)
	require.Equal(t, second.ID, state.ID)
	require.Equal(t, lead.RecomputeRunning, state.State, "the second is not taken for the first")
}

func TestAnOutageIsWaitedForAndAFaultEndsTheRun(t *testing.T) {
	calls := 0
	h := recomputes(t, fakePool{leads: 10, regroup: func(context.Context, []string) ([]lead.Change, error) {
		if calls++; calls < 3 {
			return nil, lead.Transient("database_away", "the database is away", 0, nil)
		}
		return nil, nil
	}})
	_, err := h.Recompute(context.Background(), lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	r := ends(t, h)
	require.Equal(t, lead.RecomputeDone, r.State)
	require.Empty(t, r.Error)
	require.Equal(t, 3, calls)

	h = recomputes(t, fakePool{leads: 10, regroup: func(context.Context, []string) ([]lead.Change, error) {
		return nil, fmt.Errorf("disk on fire")
	}})
	_, err = h.Recompute(context.Background(), lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	r = ends(t, h)
	require.Equal(t, lead.RecomputeFailed, r.State)
	require.NotEmpty(t, r.Error)
	require.NotContains(t, r.Error, "fire", "the cause is for the log")
}

func TestALeadThatIsTooLargeIsPassedOverAndNamed(t *testing.T) {
	h := recomputes(t, fakePool{leads: 5, regroup: func(_ context.Context, ids []string) ([]lead.Change, error) {
		if slices.Contains(ids, "ld_3") {
			return nil, &lead.Error{Kind: lead.KindConflict, Code: "too_many_touches", Message: "too many"}
		}
		return []lead.Change{{Lead: lead.Lead{ID: ids[0], Number: ids[0], Version: 2, Name: "after"},
			Change: lead.ChangeNote{Type: lead.ChangeUpdated, Changed: []string{"name"}}}}, nil
	}})
	_, err := h.Recompute(context.Background(), lead.CandidateRules{}, false, "person:chen")
	require.NoError(t, err)
	r := ends(t, h)
	require.Equal(t, lead.RecomputeDone, r.State)
	require.Equal(t, lead.RecomputeFigures{Total: 5, Looked: 5, Changed: 4, Skipped: 1}, r.RecomputeFigures)
	i := slices.IndexFunc(r.Differences, func(d lead.RecomputeDifference) bool { return d.Code == lead.RecomputeSkip })
	require.Equal(t, "ld_3", r.Differences[i].Lead)
	require.Equal(t, []lead.FieldChange{{Field: "name", Before: "before", After: "after"}}, r.Differences[0].Fields)
}

func TestTheListOfDifferencesIsBoundedAndTheCountsGoOn(t *testing.T) {
	h := recomputes(t, fakePool{leads: 300, regroup: func(_ context.Context, ids []string) ([]lead.Change, error) {
		var out []lead.Change
		for _, id := range ids {
			out = append(out, lead.Change{Lead: lead.Lead{ID: id, Version: 2}, Change: lead.ChangeNote{Type: lead.ChangeUpdated, Changed: []string{"name"}}})
		}
		return out, nil
	}})
	_, err := h.Recompute(context.Background(), lead.CandidateRules{}, true, "person:chen")
	require.NoError(t, err)
	r := ends(t, h)
	require.EqualValues(t, 300, r.Changed)
	require.Len(t, r.Differences, maxDifferences)
}

func TestADifferenceShowsFieldsAsPeopleReadThem(t *testing.T) {
	was := lead.Lead{Number: "XL-1", Phones: []string{"+861", "+862"}, Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"},
		FirstFrom: lead.Origin{Source: "site", UTM: map[string]string{"source": "baidu", "medium": "cpc"}}, Score: 3}
	c := lead.Change{Lead: lead.Lead{Number: "XL-1", Version: 2, Name: "林晓"}, Change: lead.ChangeNote{Type: lead.ChangeUpdated,
		Changed: []string{"first_from", "name", "phones", "region", "score"}}}
	d := difference(&c, &was, nil)
	require.Equal(t, lead.RecomputeValues, d.Code)
	var lines []string
	for _, f := range d.Fields {
		lines = append(lines, f.Field+": "+f.Before+" → "+f.After)
	}
	require.Equal(t, []string{"first_from: site / baidu / cpc → ", "name:  → 林晓", "phones: +861, +862 → ",
		"region: CN 广东省 深圳市 → ", "score: 3 → 0"}, lines, strings.Join(lines, "\n"))
}
