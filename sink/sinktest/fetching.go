package sinktest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var fetchingTests = map[string]func(*testing.T, Harness){
	"a lease has one holder at a time, and its fence grows with every other one":        testLeases,
	"of many that want a lease at once one has it":                                      testOneHolds,
	"a cursor is kept under the lease, and not by who lost it":                          testCursors,
	"a thin event waits, visible and counted, and is no open rejection":                 testThinIsPending,
	"a thin event is taken by one at a time, and comes again when nothing is heard":     testThinIsTakenOnce,
	"a thin event that was completed is resolved, and one that never is becomes open":   testThinEnds,
	"a thin event that is pending again waits longer, and remembers since when":         testThinAgain,
	"a source that is paused has nothing due":                                           testPaused,
	"a vendor's token is kept sealed, and refused only while it is the one that counts": testVendorTokens,
	"what is kept of a source that is gone is forgotten, its thin events are not":       testForget,
}

func testLeases(t *testing.T, h Harness) {
	p := open(t, h)
	held, err := p.store.HoldLeases(p.ctx, "a", []string{"poll/y", "poll/x"}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, map[string]sink.Lease{"poll/x": {Name: "poll/x", Holder: "a", Fence: 1}, "poll/y": {Name: "poll/y", Holder: "a", Fence: 1}}, held)
	again, err := p.store.HoldLeases(p.ctx, "a", []string{"poll/x", "poll/y"}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, held, again, "holding on is no new turn")
	none, err := p.store.HoldLeases(p.ctx, "b", []string{"poll/x", "poll/y"}, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none)

	require.NoError(t, p.store.DropLeases(p.ctx, "a", "poll/x"))
	got, err := p.store.HoldLeases(p.ctx, "b", []string{"poll/x", "poll/y"}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, map[string]sink.Lease{"poll/x": {Name: "poll/x", Holder: "b", Fence: 2}}, got)
	require.NoError(t, p.store.DropLeases(p.ctx, "a"))
	got, err = p.store.HoldLeases(p.ctx, "b", []string{"poll/x", "poll/y"}, 50*time.Millisecond)
	require.NoError(t, err)
	require.Len(t, got, 2)

	// b is not heard of again.
	require.Eventually(t, func() bool {
		got, err = p.store.HoldLeases(p.ctx, "c", []string{"poll/x"}, time.Minute)
		return err == nil && len(got) == 1
	}, 10*time.Second, 5*time.Millisecond)
	require.EqualValues(t, 3, got["poll/x"].Fence)
	none, err = p.store.HoldLeases(p.ctx, "a", nil, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none)
}

func testOneHolds(t *testing.T, h Harness) {
	p := open(t, h)
	var mu sync.Mutex
	var all []sink.Lease
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			got, err := p.store.HoldLeases(p.ctx, fmt.Sprint("holder ", i), []string{"a", "b"}, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for _, l := range got {
				all = append(all, l)
			}
		})
	}
	wg.Wait()
	require.Len(t, all, 2)
	require.NotEqual(t, all[0].Name, all[1].Name)
}

func testCursors(t *testing.T, h Harness) {
	p := open(t, h)
	got, err := p.store.Polled(p.ctx, "shop")
	require.NoError(t, err)
	require.Equal(t, sink.Polled{Source: "shop"}, got)
	held, err := p.store.HoldLeases(p.ctx, "a", []string{"shop"}, time.Minute)
	require.NoError(t, err)
	at := day.UTC()
	want := sink.Polled{Source: "shop", Channel: "market", Cursor: "第 1 页", Report: lead.FetchReport{Poll: &lead.PollReport{Last: &at, Brought: 7,
		Trouble: &lead.Trouble{Code: "busy", Message: "the vendor is busy", At: at, Since: at, Times: 2}}}}
	require.NoError(t, p.store.SavePolled(p.ctx, held["shop"], want))
	got, err = p.store.Polled(p.ctx, "shop")
	require.NoError(t, err)
	require.Equal(t, want, got)

	require.NoError(t, p.store.DropLeases(p.ctx, "a"))
	next, err := p.store.HoldLeases(p.ctx, "b", []string{"shop"}, time.Minute)
	require.NoError(t, err)
	late := want
	late.Cursor = "an old page"
	err = p.store.SavePolled(p.ctx, held["shop"], late)
	require.Equal(t, sink.LeaseLost, lead.AsError(err).Code)
	require.Equal(t, lead.KindConflict, lead.AsError(err).Kind)
	// Nor does who had it twice write under the turn before.
	require.NoError(t, p.store.DropLeases(p.ctx, "b"))
	_, err = p.store.HoldLeases(p.ctx, "a", []string{"shop"}, time.Minute)
	require.NoError(t, err)
	require.Error(t, p.store.SavePolled(p.ctx, held["shop"], late))
	require.Error(t, p.store.SavePolled(p.ctx, next["shop"], late))
	got, err = p.store.Polled(p.ctx, "shop")
	require.NoError(t, err)
	require.Equal(t, want, got)
	list, err := p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.Equal(t, []lead.Fetching{{Source: "shop", FetchReport: want.Report, Tokens: []lead.TokenHealth{}}}, list)
}

func thin(id string, attempt int) lead.Rejection {
	r := rejection(id, attempt)
	r.Stage, r.State, r.Code, r.Draft = lead.StageFetch, lead.RejectionPending, "pending_fetch", nil
	return r
}

func testThinIsPending(t *testing.T, h Harness) {
	p := open(t, h)
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 0), rejection("sub_2", 0)}))
	st, found, err := p.store.Submission(p.ctx, "sub_1")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []string{lead.StatePending, "pending_fetch"}, []string{st.State, st.Code})
	f := p.figures()
	require.EqualValues(t, 1, f.Pending)
	require.EqualValues(t, 1, f.Rejected)
	list, codes, err := p.store.Breakdown(p.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, list[0].Rejected)
	require.Equal(t, map[string]int64{"no_identity": 1}, codes)
	page, err := p.store.Rejections(p.ctx, lead.RejectionQuery{State: lead.RejectionPending, Stage: lead.StageFetch})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, lead.RejectionPending, page.Items[0].State)
	got, err := p.store.Outcomes(p.ctx, []string{"sub_1"})
	require.NoError(t, err)
	require.Equal(t, map[string]sink.Outcome{"sub_1": {Rejections: 1}}, got, "law 2: it is accounted for")
	fetchings, err := p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, fetchings[0].Pending)
	require.True(t, fetchings[0].PendingSince.Equal(day))
}

func testThinIsTakenOnce(t *testing.T, h Harness) {
	p := open(t, h)
	for i := range 5 {
		r := thin(fmt.Sprint("sub_", i), 0)
		r.At = day.Add(time.Duration(i) * time.Second)
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{r}))
	}
	none, err := p.store.DueFetches(p.ctx, day.Add(-time.Second))
	require.NoError(t, err)
	require.Empty(t, none)
	now := day.Add(time.Minute)
	due, err := p.store.DueFetches(p.ctx, now)
	require.NoError(t, err)
	require.Equal(t, []string{"site"}, due)
	_, ok, err := p.store.TakeFetch(p.ctx, "other", now, now)
	require.NoError(t, err)
	require.False(t, ok)

	taken := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				f, ok, err := p.store.TakeFetch(p.ctx, "site", now, now.Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				if !ok || err != nil {
					return // others may be about to take what is left
				}
				mu.Lock()
				taken[f.Rejection.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, times := range taken {
		require.Equal(t, 1, times, id)
	}
	for {
		f, ok, err := p.store.TakeFetch(p.ctx, "site", now, now.Add(time.Minute))
		require.NoError(t, err)
		if !ok {
			break
		}
		taken[f.Rejection.ID]++
	}
	require.Len(t, taken, 5)
	due, err = p.store.DueFetches(p.ctx, now)
	require.NoError(t, err)
	require.Empty(t, due)

	// Nothing was heard of who took them.
	f, ok, err := p.store.TakeFetch(p.ctx, "site", now.Add(time.Minute), now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 2, f.Tries)
	require.True(t, f.Since.Before(now))
	require.Equal(t, rejection("", 0).Body, f.Rejection.Raw.Body)
	require.Equal(t, lead.RejectionPending, f.Rejection.State)
}

func testThinEnds(t *testing.T, h Harness) {
	p := open(t, h)
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 0), thin("sub_2", 0), thin("sub_3", 0)}))
	p.record(Sub("sub_1", Mobile(1)))
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 3)}))
	require.Equal(t, lead.StatePooled, p.status("sub_1").State, "a thin event that comes again opens nothing")

	// A try that failed: the words change, and when it is due.
	r := thin("sub_2", 0)
	r.Message = "the vendor said no"
	require.NoError(t, p.store.SaveFetch(p.ctx, r, day.Add(time.Hour)))
	got, err := p.store.Rejection(p.ctx, "sub_2")
	require.NoError(t, err)
	require.Equal(t, []string{lead.RejectionPending, r.Message}, []string{got.State, got.Message})
	require.Equal(t, r.Body, got.Body)
	f, ok, err := p.store.TakeFetch(p.ctx, "site", day.Add(time.Minute), day.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "sub_3", f.Rejection.ID)

	// The last one.
	r.State, r.Code = lead.RejectionOpen, "fetch_failed"
	require.NoError(t, p.store.SaveFetch(p.ctx, r, time.Time{}))
	require.Equal(t, []string{lead.StateRejected, "fetch_failed"}, []string{p.status("sub_2").State, p.status("sub_2").Code})
	require.EqualValues(t, 1, p.figures().Rejected)
	_, ok, err = p.store.TakeFetch(p.ctx, "site", day.Add(24*time.Hour), day)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, p.store.SaveFetch(p.ctx, thin("sub_2", 0), day), "a late word changes nothing")
	require.Equal(t, lead.StateRejected, p.status("sub_2").State)
	require.NoError(t, p.store.SaveFetch(p.ctx, thin("sub_1", 0), day))
	require.Equal(t, lead.StatePooled, p.status("sub_1").State)

	p.record(Sub("sub_3", Mobile(3)))
	// A person sends it again: it is thin again, with its tries counted anew.
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_2", 1)}))
	require.NoError(t, p.store.SaveFetch(p.ctx, r, day), "a word about the attempt before")
	require.Equal(t, lead.StatePending, p.status("sub_2").State)
	f, ok, err = p.store.TakeFetch(p.ctx, "site", day.Add(time.Minute), day.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []any{"sub_2", 1, 1}, []any{f.Rejection.ID, f.Rejection.Attempt, f.Tries})
	p.record(Sub("sub_2", Mobile(2)))
	require.Equal(t, lead.StatePooled, p.status("sub_2").State)
}

func testThinAgain(t *testing.T, h Harness) {
	p := open(t, h)
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 0)}))
	now := day.Add(time.Hour)
	for attempt := 1; attempt <= 3; attempt++ {
		f, ok, err := p.store.TakeFetch(p.ctx, "site", now, now.Add(time.Minute))
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, attempt, f.Tries)
		require.True(t, f.Since.Equal(day), "since the first of them")
		r := thin("sub_1", attempt)
		r.At = now
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{r}))
		due, err := p.store.DueFetches(p.ctx, now.Add(time.Duration(10*attempt)*time.Second-time.Millisecond))
		require.NoError(t, err)
		require.Empty(t, due)
		now = now.Add(time.Duration(10*attempt) * time.Second)
	}
}

func testPaused(t *testing.T, h Harness) {
	p := open(t, h)
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 0)}))
	until := day.Add(time.Minute)
	require.NoError(t, p.store.PauseFetches(p.ctx, "site", until))
	require.NoError(t, p.store.PauseFetches(p.ctx, "site", day), "the later one counts")
	due, err := p.store.DueFetches(p.ctx, until.Add(-time.Second))
	require.NoError(t, err)
	require.Empty(t, due)
	_, ok, err := p.store.TakeFetch(p.ctx, "site", until.Add(-time.Second), until)
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = p.store.TakeFetch(p.ctx, "site", until, until.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	list, err := p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.True(t, list[0].PausedUntil.Equal(until))
	// A cursor that is kept meanwhile leaves the pause alone.
	held, err := p.store.HoldLeases(p.ctx, "a", []string{"site"}, time.Minute)
	require.NoError(t, err)
	require.NoError(t, p.store.SavePolled(p.ctx, held["site"], sink.Polled{Source: "site", Cursor: "1"}))
	list, err = p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.True(t, list[0].PausedUntil.Equal(until))
}

func testVendorTokens(t *testing.T, h Harness) {
	p := open(t, h)
	got, err := p.store.VendorToken(p.ctx, "shop", "access")
	require.NoError(t, err)
	require.Zero(t, got.Version)
	held, err := p.store.HoldLeases(p.ctx, "a", []string{"token"}, time.Minute)
	require.NoError(t, err)
	at, expires := day.UTC(), day.UTC().Add(2*time.Hour)
	want := sink.VendorToken{Source: "shop", Version: 1, Secret: "sealed:v1:xyz", Health: lead.TokenHealth{Name: "access", Obtained: &at, Expires: &expires}}
	for version := range int64(2) {
		require.NoError(t, p.store.SaveVendorToken(p.ctx, held["token"], want))
		want.Version = version + 1
		got, err = p.store.VendorToken(p.ctx, "shop", "access")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.NoError(t, p.store.RefuseVendorToken(p.ctx, "shop", "access", 1), "an older value")
	got, err = p.store.VendorToken(p.ctx, "shop", "access")
	require.NoError(t, err)
	require.False(t, got.Health.Refused)
	require.NoError(t, p.store.RefuseVendorToken(p.ctx, "shop", "access", 2))
	failed := sink.VendorToken{Source: "shop", Health: want.Health}
	failed.Health.Trouble = &lead.Trouble{Code: "no", Message: "not now", At: at, Since: at, Times: 1}
	require.NoError(t, p.store.SaveVendorToken(p.ctx, held["token"], failed))
	got, err = p.store.VendorToken(p.ctx, "shop", "access")
	require.NoError(t, err)
	require.Equal(t, []any{true, int64(2), want.Secret}, []any{got.Health.Refused, got.Version, got.Secret}, "why there is no new one takes nothing away")
	list, err := p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.Equal(t, "not now", list[0].Tokens[0].Trouble.Message)
	require.True(t, list[0].Tokens[0].Refused)
	require.NoError(t, p.store.SaveVendorToken(p.ctx, held["token"], want))
	got, err = p.store.VendorToken(p.ctx, "shop", "access")
	require.NoError(t, err)
	require.Equal(t, []any{false, int64(3)}, []any{got.Health.Refused, got.Version}, "a new value is not refused")

	require.NoError(t, p.store.DropLeases(p.ctx, "a"))
	require.Equal(t, sink.LeaseLost, lead.AsError(p.store.SaveVendorToken(p.ctx, held["token"], want)).Code)
}

func testForget(t *testing.T, h Harness) {
	p := open(t, h)
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{thin("sub_1", 0)}))
	held, err := p.store.HoldLeases(p.ctx, "a", []string{"x"}, time.Minute)
	require.NoError(t, err)
	for _, source := range []string{"site", "shop"} {
		require.NoError(t, p.store.SavePolled(p.ctx, held["x"], sink.Polled{Source: source, Cursor: "1"}))
		require.NoError(t, p.store.SaveVendorToken(p.ctx, held["x"], sink.VendorToken{Source: source, Secret: "s", Health: lead.TokenHealth{Name: "t"}}))
	}
	require.NoError(t, p.store.ForgetFetching(p.ctx, []string{"shop"}))
	list, err := p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Len(t, list[0].Tokens, 1)
	require.Equal(t, []any{"site", int64(1), 0}, []any{list[1].Source, list[1].Pending, len(list[1].Tokens)})
	got, err := p.store.Polled(p.ctx, "site")
	require.NoError(t, err)
	require.Empty(t, got.Cursor)
	require.NoError(t, p.store.ForgetFetching(p.ctx, nil))
	list, err = p.store.Fetchings(p.ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
}
