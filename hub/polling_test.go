package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

func TestWhatAVendorListsIsInThePoolOnceHoweverOftenItIsListed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.vendor.overlap = 7
		w.vendor.add(25, 0)
		h := w.start("a")
		h.source("shop", "poll")
		h.pools(25)
		w.vendor.add(5, 25) // late
		h.pools(30)
		polls := w.vendor.polls.Load()
		eventually(t, func() bool { return w.vendor.polls.Load() > polls+3 }, "it is polled on")
		require.Equal(t, 30, h.raws(), "what overlaps is not stored again and again")
		r := h.report("shop")
		require.Equal(t, []string{lead.WayPoll}, r.Ways)
		require.EqualValues(t, 30, r.Poll.Brought)
		require.NotNil(t, r.Poll.Success)
		require.NotNil(t, r.Poll.Next)
		require.Nil(t, r.Poll.Trouble)
		require.EqualValues(t, 1, w.vendor.together.Load())

		// The cursor outlives the process.
		h.end()
		var first atomic.Value
		w.vendor.poll = func(_ context.Context, _, cursor string) error { first.CompareAndSwap(nil, cursor); return nil }
		h = w.start("b")
		w.vendor.add(1, 30)
		h.pools(31)
		require.Equal(t, "30", first.Load())
	})
}

func TestAnEventWithoutAnIDIsKnownByItsBytes(t *testing.T) {
	t.Parallel()
	in := &Intake{ids: []byte("k")}
	list := []connectors.Event{{Body: []byte("a")}, {Body: []byte("b")}, {Body: []byte("a")}, {ID: "1"}, {ID: "1"}}
	got := in.listed("shop", list)
	require.Len(t, got, 4, "an id is there once")
	require.NotEqual(t, got[0].id, got[2].id, "two of the same bytes in one list are two")
	require.Equal(t, got[:2], in.listed("shop", list[:2]))
	require.NotEqual(t, got[0].id, in.listed("other", list)[0].id)
	require.Equal(t, in.newID("shop", "1", time.Time{}), got[3].id, "as at the door")
}

func TestAProcessThatDiesBetweenStoringAndTheCursorGivesNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.vendor.add(10, 0)
		h := w.start("a")
		died := make(chan struct{})
		once := sync.OnceFunc(func() { close(died) })
		h.store.onSavePoll(func(p sink.Polled) error {
			if p.Cursor != "" {
				once()
			}
			return errors.New("this process is dead")
		})
		h.source("shop", "poll")
		<-died
		require.Equal(t, 10, h.raws(), "it was stored")
		h.die()
		h = w.start("b")
		eventually(t, func() bool { return h.report("shop").Poll != nil && h.report("shop").Poll.Success != nil }, "the next process polls")
		require.Equal(t, 20, h.raws(), "it was stored again")
		h.pools(10)
	})
}

func TestOneProcessPollsASourceAndAnotherGoesOnWhenItDies(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var by sync.Map // hub → polls
		w.vendor.poll = func(_ context.Context, hub, _ string) error {
			n, _ := by.LoadOrStore(hub, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
			return nil
		}
		polls := func(hub string) int64 {
			if n, ok := by.Load(hub); ok {
				return n.(*atomic.Int64).Load()
			}
			return 0
		}
		a := w.start("a")
		a.source("shop", "poll")
		eventually(t, func() bool { return polls("a") > 5 }, "the first polls")
		b := w.start("b", RoleIntake, RoleNormalize, RoleSink, RoleConsole, RoleAssign, RoleDeliver)
		eventually(t, func() bool { return polls("a") > 40 }, "and goes on")
		require.Zero(t, polls("b"))
		began := time.Now()
		go a.die()
		eventually(t, func() bool { return polls("b") > 0 }, "the other takes over")
		require.Less(t, time.Since(began), leaseFor+5*time.Second)
		require.EqualValues(t, 1, w.vendor.together.Load(), "never both")
		w.vendor.add(3, 0)
		b.pools(3)

		// One that ends in order gives the source back at once.
		c := w.start("c")
		began = time.Now()
		b.end()
		eventually(t, func() bool { return polls("c") > 0 }, "the third takes over")
		require.Less(t, time.Since(began), leaseFor+5*time.Second)
		_ = c
	})
}

func TestAVendorThatFailsIsAskedAgainAndTheSourceSaysWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var stage atomic.Int64
		var limited, after atomic.Int64
		w.vendor.poll = func(_ context.Context, _, _ string) error {
			switch stage.Load() {
			case 0:
				panic("the connector has a bug, and 15912345678 in it")
			case 1:
				return errors.New(`Get "https://api.vendor.example/list?access_token=hush": connection refused`)
			case 2:
				if limited.CompareAndSwap(0, time.Now().UnixNano()) {
					return &lead.Error{Kind: lead.KindLimited, Code: "rate_limited", Message: "the vendor asks to wait", RetryAfter: 1500 * time.Millisecond}
				}
				after.CompareAndSwap(0, time.Now().UnixNano())
			}
			return nil
		}
		w.vendor.add(4, 0)
		h := w.start("a")
		h.source("shop", "poll")
		h.source("other", "push")
		trouble := func(code string) *lead.Trouble {
			var found *lead.Trouble
			eventually(t, func() bool {
				p := h.report("shop").Poll
				if p != nil && p.Trouble != nil && p.Trouble.Code == code {
					found = p.Trouble
				}
				return found != nil
			}, "the source does not say %s", code)
			return found
		}
		require.NotContains(t, trouble("connector_failed").Message, "159")
		id := h.push("other", "1", `{"phone":"`+number(900)+`"}`)
		h.becomes(id, inPool...)
		stage.Store(1)
		require.NotContains(t, trouble("vendor_call_failed").Message, "hush")
		stage.Store(2)
		require.Equal(t, "the vendor asks to wait", trouble("rate_limited").Message)
		h.pools(5)
		require.GreaterOrEqual(t, time.Duration(after.Load()-limited.Load()), 1500*time.Millisecond)
		eventually(t, func() bool { return h.report("shop").Poll.Trouble == nil }, "all is well again")
	})
}

func TestWhileTheBrokerIsAwayPollsGoIntoTheSpool(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	h.source("shop", "poll")
	w.vendor.add(3, 0)
	h.pools(3)
	require.NoError(t, w.embedded.Close())
	w.vendor.add(12, 3)
	eventually(t, func() bool { r := h.report("shop"); return r.Poll.Brought == 15 }, "the cursor moves on")
	_, spooled := h.spool.Size()
	require.EqualValues(t, 12, spooled)
	w.startBroker()
	h.pools(15)
}

func TestWithNeitherBrokerNorSpoolTheCursorStays(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	h.source("shop", "poll")
	w.vendor.add(1, 0)
	h.pools(1)
	require.NoError(t, w.embedded.Close())
	require.NoError(t, h.spool.Close())
	w.vendor.add(3, 1)
	eventually(t, func() bool { p := h.report("shop").Poll; return p.Trouble != nil && p.Trouble.Code == "not_accepted" }, "it is not accepted")
	p, err := h.store.Polled(context.Background(), "shop")
	require.NoError(t, err)
	require.Equal(t, "1", p.Cursor)
	w.startBroker()
	// The broker is pinged while it counts as away; the spool takes nothing, so nothing is lost by trying again.
	h.pools(4)
}

func TestWhileTheDatabaseIsAwayNobodyPollsAndItGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	h.source("shop", "poll")
	w.vendor.add(2, 0)
	h.pools(2)
	h.store.away.Store(true)
	eventually(t, func() bool {
		polls := w.vendor.polls.Load()
		time.Sleep(500 * time.Millisecond) // there is nothing to wait for: it is about what does not happen
		return w.vendor.polls.Load() == polls
	}, "polling pauses")
	w.vendor.add(2, 2)
	h.store.away.Store(false)
	h.pools(4)
}

func TestAChangeOfTheConfigurationCountsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		h := w.start("a")
		h.source("shop", "poll")
		w.vendor.add(2, 0)
		h.pools(2)
		h.edit(func(c *lead.Config) { c.Sources[0].Enabled = false })
		var polls int64
		eventually(t, func() bool {
			before := polls
			polls = w.vendor.polls.Load()
			time.Sleep(300 * time.Millisecond) // there is nothing to wait for: it is about what does not happen
			return before == polls
		}, "a source that is off is not polled")
		w.vendor.add(2, 2)
		h.edit(func(c *lead.Config) { c.Sources[0].Enabled = true })
		h.pools(4)

		// Other settings: the next poll is made with them, and goes on behind the cursor.
		var account atomic.Value
		h.source("shop", "poll", "account", "second")
		w.vendor.mu.Lock()
		account.Store(w.vendor.opened[len(w.vendor.opened)-1].String("account"))
		w.vendor.mu.Unlock()
		require.Equal(t, "second", account.Load())
		w.vendor.add(1, 4)
		h.pools(5)

		h.edit(func(c *lead.Config) { c.Sources = nil })
		eventually(t, func() bool {
			p, err := h.store.Polled(context.Background(), "shop")
			return err == nil && p.Cursor == ""
		}, "what is kept of a source that is gone is forgotten")
		require.Empty(t, h.report("shop").Source)
	})
}

func TestAnEventThatIsTooLargeDoesNotKeepTheOthersFromComing(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	large := event(1)
	large.Body = append(large.Body, make([]byte, h.cfg.MaxBody)...)
	w.vendor.add(1, 0)
	w.vendor.list = append(w.vendor.list, large)
	w.vendor.add(1, 2)
	h.source("shop", "poll")
	h.pools(2)
	id := h.intake.newID("shop", large.ID, time.Time{})
	st := h.becomes(id, lead.StateRejected)
	require.Equal(t, "body_too_large", st.Code)
}

func TestWhatPushesMissedIsFoundByThePollAndCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		h := w.start("a")
		h.source("shop", "both")
		for n := range 12 {
			if n%4 != 3 {
				h.push("shop", event(n).ID, string(event(n).Body))
			}
		}
		h.pools(9)
		w.vendor.add(12, 0)
		h.pools(12)
		r := h.report("shop")
		eventually(t, func() bool { r = h.report("shop"); return r.Gap != nil && r.Gap.Fetched > 0 }, "there is a report")
		require.EqualValues(t, 3, r.Gap.Missing)
		require.EqualValues(t, 3, r.Gap.Fetched)
		require.GreaterOrEqual(t, r.Gap.Seen, int64(12))
		require.Equal(t, 12, h.raws(), "what had come was not stored again")
		require.Equal(t, []string{lead.WayPush, lead.WayPoll}, r.Ways)
	})
}

func TestAPushThatIsUnderWayIsNotMissing(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	h := w.start("a")
	h.fetching.grace = 2 * time.Second
	h.source("shop", "both")
	w.vendor.add(3, 0)
	polls := w.vendor.polls.Load()
	eventually(t, func() bool { return w.vendor.polls.Load() > polls }, "the list was seen")
	for n := range 3 {
		h.push("shop", event(n).ID, string(event(n).Body))
	}
	eventually(t, func() bool { r := h.report("shop"); return r.Gap != nil && r.Gap.Seen >= 3 }, "the comparison was made")
	require.Zero(t, h.report("shop").Gap.Missing)
	h.pools(3)
	require.Equal(t, 3, h.raws())
}

func TestAListenerIsOpenedAgainAndWhatItEmitsIsDurable(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var next, opened atomic.Int64
		w.vendor.listen = func(ctx context.Context, _ string, emit func(connectors.Delivery) error) error {
			turn := opened.Add(1)
			for range 2 {
				n := next.Load()
				if err := emit(connectors.Delivery{Events: []connectors.Event{event(int(n))}}); err != nil {
					return err
				}
				next.Add(1)
			}
			switch turn {
			case 1:
				panic("a bug")
			case 2:
				return errors.New("the connection broke")
			}
			<-ctx.Done()
			return nil
		}
		h := w.start("a")
		h.source("shop", "listen")
		h.pools(6)
		require.EqualValues(t, 3, opened.Load())
		eventually(t, func() bool {
			l := h.report("shop").Listen
			return l != nil && l.Brought == 6 && l.Since != nil && l.Trouble == nil
		}, "the report says so")
		h.end()
		b := w.start("b")
		b.pools(8)
		require.EqualValues(t, 4, opened.Load())
	})
}

func TestEmitFailsWhenNothingCanBeStored(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	refused := make(chan error, 100)
	w.vendor.listen = func(ctx context.Context, _ string, emit func(connectors.Delivery) error) error {
		for n := 0; ctx.Err() == nil; n++ {
			if err := emit(connectors.Delivery{Events: []connectors.Event{event(n)}}); err != nil {
				select {
				case refused <- err:
				default:
				}
				return err
			}
			pause(ctx, 50*time.Millisecond)
		}
		return nil
	}
	h := w.start("a")
	require.NoError(t, w.embedded.Close())
	require.NoError(t, h.spool.Close())
	h.source("shop", "listen")
	select {
	case err := <-refused:
		require.True(t, lead.IsTransient(err))
	case <-time.After(patience):
		t.Fatal("emit did not fail")
	}
}

func TestTheWaitAfterAFailureGrowsAndIsWhatTheVendorAsksFor(t *testing.T) {
	var last time.Duration
	for n := 1; n < 30; n++ {
		d := retryIn(errors.New("no"), n, time.Second, time.Minute)
		require.LessOrEqual(t, d, 72*time.Second)
		require.GreaterOrEqual(t, d, min(time.Second<<(n-1), time.Minute)*4/5, "after %d", n)
		last = d
	}
	require.Greater(t, last, 40*time.Second)
	for _, after := range []time.Duration{time.Second, time.Hour} {
		d := retryIn(lead.Transient("x", "y", after, nil), 9, time.Second, time.Minute)
		require.GreaterOrEqual(t, d, after)
		require.Less(t, d, after*11/10+time.Second)
	}
	require.Less(t, retryIn(lead.Transient("x", "y", 1000*time.Hour, nil), 1, time.Second, time.Minute), 25*time.Hour)
}

func TestTheLogHoldsNoAddressBehindItsHost(t *testing.T) {
	require.Equal(t, `Get "https://api.telegram.example": EOF`, unaddressed(fmt.Errorf(`Get "https://api.telegram.example/bot123:secret/x?access_token=y": EOF`)))
	require.Equal(t, `dial wss://h:1 failed`, unaddressed(fmt.Errorf(`dial wss://h:1/s?t=1 failed`)))
	require.Equal(t, `plain`, unaddressed(errors.New("plain")))
}
