package hub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const thinBody = `{"thin":true}`

func (v *vendor) answer(n int) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := event(n)
	v.answers[e.ID] = string(e.Body)
	return e.ID
}

func TestAThinEventWaitsForTheRestOfItAndIsThenALead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		let := make(chan struct{})
		w.vendor.fetch = func(ctx context.Context, _ lead.Raw) error {
			select {
			case <-let:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		h := w.start("a")
		h.source("forms", "thin")
		id := h.push("forms", w.vendor.answer(1), thinBody)
		st := h.becomes(id, lead.StatePending)
		require.Contains(t, st.Reason, "the answers of the form must be fetched")
		f := h.figures()
		require.Equal(t, []int64{1, 0, 0}, []int64{f.Pending, f.Rejected, f.Leads})
		require.EqualValues(t, 1, h.balances().Rejected, "law 2: it is accounted for")
		page, err := h.Rejections().Rejections(context.Background(), lead.RejectionQuery{State: lead.RejectionPending})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		require.EqualValues(t, 1, h.report("forms").Pending)
		require.Equal(t, []string{lead.WayPush, lead.WayFetch}, h.report("forms").Ways)

		close(let)
		h.becomes(id, inPool...)
		h.pools(1)
		require.EqualValues(t, 1, w.vendor.fetches.Load())
		h.push("forms", event(1).ID, thinBody) // the vendor repeats it
		h.pools(1)
		require.Zero(t, h.figures().Pending)

		// What was fetched is on the log: a replay of everything asks nobody for it.
		n, err := h.ReplayRaw(context.Background(), "", time.Time{})
		require.NoError(t, err)
		require.Equal(t, 2, n, "the thin one and the completed one")
		h.pools(1)
		require.EqualValues(t, 1, w.vendor.fetches.Load())
	})
}

func TestExplainSaysThatAThinEventWouldBeFetched(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	h.source("forms", "thin")
	h.source("plain", "push")
	x, err := h.Explain(context.Background(), "forms", "application/json", []byte(thinBody))
	require.NoError(t, err)
	require.Len(t, x.Rejections, 1)
	require.Equal(t, []string{lead.StageFetch, lead.RejectionPending, "pending_fetch"}, []string{x.Rejections[0].Stage, x.Rejections[0].State, x.Rejections[0].Code})
	require.Zero(t, w.vendor.fetches.Load())
	x, err = h.Explain(context.Background(), "plain", "application/json", []byte(thinBody))
	require.NoError(t, err)
	require.Equal(t, "cannot_fetch", x.Rejections[0].Code, "a channel that cannot fetch waits for nobody")
}

func TestAFetchThatFailsIsTriedAgainAndAsTheVendorAsks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var tries atomic.Int64
		w.vendor.fetch = func(context.Context, lead.Raw) error {
			switch tries.Add(1) {
			case 1:
				return &lead.Error{Kind: lead.KindLimited, Code: "rate_limited", Message: "too many calls", RetryAfter: time.Hour}
			case 2:
				return context.DeadlineExceeded
			case 3:
				panic("a bug")
			}
			return nil
		}
		h := w.start("a")
		h.source("forms", "thin")
		id := h.push("forms", w.vendor.answer(1), thinBody)
		eventually(t, func() bool { return h.report("forms").PausedUntil != nil }, "the source is paused")
		second := h.push("forms", w.vendor.answer(2), thinBody)
		st := h.becomes(second, lead.StatePending)
		require.NotContains(t, st.Reason, "failed")
		require.Contains(t, h.status(id).Reason, "too many calls")
		require.EqualValues(t, 1, tries.Load(), "nothing is fetched while the vendor asks to wait")

		h.clock.Add(int64(2 * time.Hour)) // the pause is over; what fails now waits by itself
		eventually(t, func() bool { return tries.Load() >= 3 }, "it is fetched again")
		h.clock.Add(int64(2 * time.Hour))
		// One of the two met the bug, which is nothing that passes.
		eventually(t, func() bool { return h.figures().Rejected == 1 && h.figures().Leads == 1 }, "one is in the pool, one rejected")
		h.balances()
		page, err := h.Rejections().Rejections(context.Background(), lead.RejectionQuery{State: lead.RejectionOpen})
		require.NoError(t, err)
		require.Equal(t, []string{"fetch_failed", lead.StageFetch}, []string{page.Items[0].Code, page.Items[0].Stage})
		require.NoError(t, h.Rejections().Replay(context.Background(), page.Items[0].ID, nil, "person:test"))
		h.pools(2)
		require.Zero(t, h.figures().Rejected)
	})
}

func TestWhatTheVendorRefusesIsForAPersonWhoseReplayFetchesAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var gone atomic.Bool
		gone.Store(true)
		w.vendor.fetch = func(context.Context, lead.Raw) error {
			if gone.Load() {
				return lead.NotFound("no_such_form", "the vendor has no such form", "look for it at the vendor's")
			}
			return nil
		}
		h := w.start("a")
		h.source("forms", "thin")
		id := h.push("forms", w.vendor.answer(1), thinBody)
		st := h.becomes(id, lead.StateRejected)
		require.Equal(t, "fetch_failed", st.Code)
		require.Contains(t, st.Reason, "the vendor has no such form")
		require.Equal(t, "look for it at the vendor's", st.Hint)
		require.NoError(t, h.Rejections().Replay(context.Background(), id, nil, "person:test"))
		eventually(t, func() bool { return w.vendor.fetches.Load() == 2 }, "it is fetched again")
		h.becomes(id, lead.StateRejected)
		gone.Store(false)
		require.NoError(t, h.Rejections().Replay(context.Background(), id, nil, "person:test"))
		h.becomes(id, inPool...)
		h.pools(1)
	})
}

func TestAfterThreeDaysAThinEventIsForAPerson(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	w.vendor.fetch = func(context.Context, lead.Raw) error { return lead.Transient("busy", "the vendor is busy", 0, nil) }
	h := w.start("a")
	h.source("forms", "thin")
	id := h.push("forms", w.vendor.answer(1), thinBody)
	var st lead.SubmissionStatus
	eventually(t, func() bool {
		if st = h.status(id); st.State == lead.StateRejected {
			return true
		}
		h.clock.Add(int64(10 * time.Minute))
		return false
	}, "it is given up at last")
	require.Greater(t, time.Duration(h.clock.Load()), 72*time.Hour-10*time.Minute)
	require.Contains(t, st.Reason, "the vendor is busy")
	require.GreaterOrEqual(t, w.vendor.fetches.Load(), int64(4))
	h.balances()
}

func TestAProcessThatDiesBehindAFetchGivesNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		h := w.start("a", RoleIntake, RoleConsole)
		died := make(chan struct{})
		once := sync.OnceFunc(func() { close(died) })
		dead := func(lead.Rejection) error { once(); return errors.New("this process is dead") }
		h.store.onSaveFetch(dead)
		h.source("forms", "thin")
		stages := w.start("b", RoleIntake, RoleNormalize, RoleSink, RoleAssign)
		stages.store.onSaveFetch(dead)
		id := h.push("forms", w.vendor.answer(1), thinBody)
		<-died
		h.becomes(id, inPool...) // it was sent before the process died
		h.die()
		stages.store.onSaveFetch(nil)
		c := w.start("c")
		c.clock.Store(int64(time.Hour))
		c.pools(1)
	})
}

func TestAProcessThatDiesInAFetchLeavesItToAnother(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	fetching := make(chan struct{})
	once := sync.OnceFunc(func() { close(fetching) })
	hang := make(chan struct{})
	var dead atomic.Bool
	w.vendor.fetch = func(ctx context.Context, _ lead.Raw) error {
		if dead.Load() {
			return nil
		}
		once()
		<-hang // whatever the context says
		return errors.New("too late")
	}
	a := w.start("a")
	a.source("forms", "thin")
	id := a.push("forms", w.vendor.answer(1), thinBody)
	<-fetching
	b := w.start("b")
	a.store.away.Store(true)
	dead.Store(true)
	require.Equal(t, lead.StatePending, b.status(id).State)
	require.EqualValues(t, 1, w.vendor.fetches.Load(), "it is one process's")
	b.clock.Store(int64(thinMine)) // nothing is heard of a
	b.becomes(id, inPool...)
	close(hang)
	b.pools(1)
}

func TestThinEventsOfAPollAreFetched(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for n := range 30 {
			e := event(n)
			w.vendor.answers[e.ID] = string(e.Body)
			e.Body = []byte(thinBody)
			w.vendor.list = append(w.vendor.list, e)
		}
		a := w.start("a")
		b := w.start("b")
		a.source("forms", "thin poll")
		b.pools(30)
		require.EqualValues(t, 30, w.vendor.fetches.Load(), "each by one process")
	})
}

func TestAFetchOfASourceThatIsOffWaits(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	w.vendor.fetch = func(context.Context, lead.Raw) error { return lead.Transient("busy", "busy", 0, nil) }
	h := w.start("a")
	h.source("forms", "thin")
	id := h.push("forms", w.vendor.answer(1), thinBody)
	eventually(t, func() bool { return w.vendor.fetches.Load() == 1 }, "it is tried")
	h.edit(func(c *lead.Config) { c.Sources[0].Enabled = false })
	h.clock.Add(int64(time.Hour))
	tries := w.vendor.fetches.Load()
	time.Sleep(time.Second) // there is nothing to wait for: it is about what does not happen
	require.Equal(t, tries, w.vendor.fetches.Load())
	require.Equal(t, lead.StatePending, h.status(id).State)
	h.edit(func(c *lead.Config) { c.Sources = nil })
	h.clock.Add(int64(2 * time.Hour))
	st := h.becomes(id, lead.StateRejected)
	require.Contains(t, st.Reason, "the source of this event was removed")
}
