package sinktest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// deliveries is what a database keeps of notifications on their way. Package deliver and the hub declare the same.
type deliveries interface {
	RouteNotifications(ctx context.Context, now time.Time, n int, fn func([]lead.Notification, map[string]lead.Lead) []lead.Delivery) (int, error)
	DueTargets(ctx context.Context, now time.Time) ([]string, error)
	ClaimDeliveries(ctx context.Context, target string, now time.Time, n int, fn func(*lead.TargetState, []lead.Delivery) []lead.Delivery) error
	SettleDeliveries(ctx context.Context, target string, attempt int, list []lead.Delivery, fn func(*lead.TargetState)) error
	LeadsOf(ctx context.Context, ids []string) (map[string]lead.Lead, error)
	ForgetDeliveries(ctx context.Context, before time.Time) (int64, error)
	Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error)
	ReplayDelivery(ctx context.Context, id string, now time.Time) error
	TargetStates(ctx context.Context) (map[string]lead.TargetState, error)
	AddNotifications(ctx context.Context, list []lead.Notification) error
}

var deliveryTests = map[string]func(*testing.T, Harness){
	"a notification is routed once, with the living lead":                            testRouting,
	"deliveries of an import become due together":                                    testImportsGather,
	"a delivery is claimed by one, and comes again when nobody says what it came to": testClaims,
	"who was too slow changes nothing of a later try":                                testFence,
	"deliveries are listed, replayed and forgotten":                                  testDeliveryList,
	"8 claimers take each delivery once":                                             testClaimers,
}

func openDeliveries(t *testing.T, h Harness) (*hub, deliveries) {
	p := open(t, h)
	return p, p.store.(deliveries)
}

func notification(n int, rep, on string) lead.Notification {
	return lead.Notification{ID: fmt.Sprintf("ntf_%04d", n), Rep: rep, Kind: lead.NotifyAssigned, Lead: on, Number: "XL1", Why: "it was his turn", At: day.UTC()}
}

// routeTo hands every notification to a target, due at once.
func routeTo(target string, now time.Time) func([]lead.Notification, map[string]lead.Lead) []lead.Delivery {
	return func(list []lead.Notification, _ map[string]lead.Lead) []lead.Delivery {
		var out []lead.Delivery
		for _, n := range list {
			out = append(out, lead.Delivery{ID: "dlv_" + target + n.ID, Target: target, State: lead.DeliveryWaiting, Due: now, Notification: n})
		}
		return out
	}
}

func testRouting(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	p.record(Sub("a", Mobile(1)), Sub("b", Email(2)))
	a, b := p.on("a"), p.on("b")
	p.record(Sub("c", Mobile(1), Email(2)))
	living := p.on("c")
	require.NoError(t, s.AddNotifications(p.ctx, []lead.Notification{notification(1, "chen", a), notification(2, "sun", b), notification(3, "sun", "ld_gone")}))

	n, err := s.RouteNotifications(p.ctx, day.Add(-time.Second), 10, nil)
	require.NoError(t, err)
	require.Zero(t, n, "not due yet")
	n, err = s.RouteNotifications(p.ctx, day, 2, func(list []lead.Notification, leads map[string]lead.Lead) []lead.Delivery {
		require.Equal(t, []lead.Notification{notification(1, "chen", a), notification(2, "sun", b)}, list)
		require.Equal(t, living, leads[a].ID)
		require.Equal(t, living, leads[b].ID)
		require.NotEmpty(t, leads[a].Phones)
		return append(routeTo("x", day)(list, leads), routeTo("y", day)(list, leads)...)
	})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	n, err = s.RouteNotifications(p.ctx, day, 10, func(list []lead.Notification, leads map[string]lead.Lead) []lead.Delivery {
		require.Len(t, list, 1)
		require.Empty(t, leads, "this lead is gone")
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = s.RouteNotifications(p.ctx, day.Add(time.Hour), 10, nil)
	require.NoError(t, err)
	require.Zero(t, n, "each once")
	require.NoError(t, s.AddNotifications(p.ctx, []lead.Notification{notification(4, "chen", a), notification(5, "chen", a), notification(6, "chen", a)}))
	for _, want := range []int{2, 1, 0} {
		n, err = s.RouteNotifications(p.ctx, day, 2, nil)
		require.NoError(t, err)
		require.Equal(t, want, n, "where nobody is told, they are done with")
	}
	due, err := s.DueTargets(p.ctx, day)
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, due)
	leads, err := s.LeadsOf(p.ctx, []string{b, a, a, "ld_gone"})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{a, b}, slices.Collect(maps.Keys(leads)))
	require.Equal(t, living, leads[b].ID)
}

func testImportsGather(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	add := func(i int, rep string, at time.Duration) {
		n := notification(i, rep, "ld_x")
		n.Import, n.At = "imp_1", day.Add(at)
		require.NoError(t, s.AddNotifications(p.ctx, []lead.Notification{n}))
		now := day.Add(at)
		_, err := s.RouteNotifications(p.ctx, now, 10, routeTo("x", now.Add(10*time.Second)))
		require.NoError(t, err)
	}
	due := func(at time.Duration) int {
		n := 0
		require.NoError(t, s.ClaimDeliveries(p.ctx, "x", day.Add(at), 100, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery { n = len(list); return nil }))
		return n
	}
	add(1, "chen", 0)
	add(2, "chen", 8*time.Second)
	add(3, "sun", 8*time.Second)
	require.Zero(t, due(17*time.Second))
	add(4, "chen", 17*time.Second)
	require.Equal(t, 1, due(18*time.Second), "another rep waits for himself")
	require.Equal(t, 1, due(26*time.Second))
	require.Equal(t, 4, due(27*time.Second))
	for i, at := 5, 20*time.Second; at < 10*time.Minute; i, at = i+1, at+8*time.Second {
		add(i, "chen", at)
	}
	require.Equal(t, 1, due(10*time.Minute-time.Second), "it goes on and on")
	add(200, "chen", 10*time.Minute-time.Second)
	require.Greater(t, due(10*time.Minute), 70, "but nobody waits for ever")
	require.NoError(t, s.ClaimDeliveries(p.ctx, "x", day.Add(10*time.Minute), 100, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
		for i := range list {
			list[i].Message, list[i].State, list[i].Due = "msg_1", lead.DeliverySent, time.Time{}
		}
		return list
	}))
	add(201, "chen", 10*time.Minute+time.Second)
	add(202, "chen", 10*time.Minute+2*time.Second)
	require.Zero(t, due(10*time.Minute+11*time.Second), "what comes later is a digest of its own")
	require.Equal(t, 2, due(10*time.Minute+12*time.Second))

	// One that is too large for a claim is claimed to its end.
	for i := range 5 {
		add(300+i, "wu", time.Hour)
	}
	for _, want := range []int{0, 2, 2, 1, 0} { // chen's come first
		got := 0
		require.NoError(t, s.ClaimDeliveries(p.ctx, "x", day.Add(time.Hour+10*time.Second), 1, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
			for i := range list {
				if list[i].Notification.Rep == "wu" {
					got++
				}
				list[i].Message, list[i].State, list[i].Due = "msg_2", lead.DeliverySent, time.Time{}
			}
			return list
		}))
		require.Equal(t, want, got)
	}
}

func testClaims(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	require.NoError(t, s.AddNotifications(p.ctx, []lead.Notification{notification(1, "chen", "a"), notification(2, "chen", "b"), notification(3, "sun", "c"), notification(4, "wu", "d")}))
	_, err := s.RouteNotifications(p.ctx, day, 10, routeTo("x", day))
	require.NoError(t, err)
	claim := func(now time.Time, n int) (ids []string) {
		require.NoError(t, s.ClaimDeliveries(p.ctx, "x", now, n, func(st *lead.TargetState, list []lead.Delivery) []lead.Delivery {
			require.Equal(t, "x", st.Target)
			st.Tokens++
			for i := range list {
				ids = append(ids, list[i].Notification.ID)
				list[i].Message, list[i].Attempt, list[i].Due = "msg_1", list[i].Attempt+1, now.Add(time.Minute)
			}
			return list
		}))
		return ids
	}
	require.Equal(t, []string{"ntf_0001", "ntf_0002"}, claim(day, 1), "all of one rep")
	require.Equal(t, []string{"ntf_0003", "ntf_0004"}, claim(day, 2))
	require.Empty(t, claim(day, 9))
	states, err := s.TargetStates(p.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, states["x"].Tokens, "kept with a claim alone")
	require.Len(t, claim(day.Add(time.Minute), 9), 4, "nobody said what became of them")
	page, err := s.Deliveries(p.ctx, lead.DeliveryQuery{})
	require.NoError(t, err)
	for _, d := range page.Items {
		require.Equal(t, []any{lead.DeliveryWaiting, 2, "msg_1", day.Add(2 * time.Minute).UTC()}, []any{d.State, d.Attempt, d.Message, d.Due})
	}
}

func testFence(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	require.NoError(t, s.AddNotifications(p.ctx, []lead.Notification{notification(1, "chen", "a")}))
	_, err := s.RouteNotifications(p.ctx, day, 10, routeTo("x", day))
	require.NoError(t, err)
	var held lead.Delivery
	claim := func(now time.Time) {
		require.NoError(t, s.ClaimDeliveries(p.ctx, "x", now, 9, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
			list[0].Message, list[0].Attempt, list[0].Due = "msg_1", list[0].Attempt+1, now.Add(time.Minute)
			held = list[0]
			return list
		}))
	}
	claim(day)
	slow := held
	claim(day.Add(time.Hour))
	slow.State, slow.Due, slow.Ended, slow.Code = lead.DeliveryDead, time.Time{}, day, "timeout"
	require.NoError(t, s.SettleDeliveries(p.ctx, "x", 1, []lead.Delivery{slow}, func(st *lead.TargetState) { st.Code = "timeout" }))
	held.State, held.Due, held.Ended = lead.DeliverySent, time.Time{}, day.Add(time.Hour)
	require.NoError(t, s.SettleDeliveries(p.ctx, "x", 2, []lead.Delivery{held}, func(st *lead.TargetState) {
		require.Equal(t, "timeout", st.Code)
		st.Sent, st.Code = day, ""
	}))
	require.NoError(t, s.SettleDeliveries(p.ctx, "x", 2, []lead.Delivery{slow}, func(*lead.TargetState) {}))
	page, err := s.Deliveries(p.ctx, lead.DeliveryQuery{State: lead.DeliverySent})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, []any{"", true, true}, []any{page.Items[0].Code, page.Items[0].Due.IsZero(), page.Items[0].Ended.Equal(day.Add(time.Hour))})
	states, err := s.TargetStates(p.ctx)
	require.NoError(t, err)
	require.True(t, states["x"].Sent.Equal(day))
	require.Empty(t, states["x"].Code)
}

func testDeliveryList(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	var list []lead.Notification
	for i := range 5 {
		list = append(list, notification(i, []string{"chen", "sun"}[i%2], "a"))
	}
	require.NoError(t, s.AddNotifications(p.ctx, list))
	_, err := s.RouteNotifications(p.ctx, day, 10, routeTo("x", day))
	require.NoError(t, err)
	require.NoError(t, s.ClaimDeliveries(p.ctx, "x", day, 9, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
		for i := range list {
			d := &list[i]
			d.Message, d.Attempt, d.Due, d.Ended = "msg_"+d.Notification.Rep, 3, time.Time{}, day
			d.State = map[string]string{"chen": lead.DeliveryDead, "sun": lead.DeliverySent}[d.Notification.Rep]
			d.Code, d.Reason = "http_404", "no\x00 such path"
		}
		return list
	}))
	var ids []string
	for q := (lead.DeliveryQuery{Limit: 2}); ; {
		page, err := s.Deliveries(p.ctx, q)
		require.NoError(t, err)
		for _, d := range page.Items {
			ids = append(ids, d.Notification.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"ntf_0004", "ntf_0003", "ntf_0002", "ntf_0001", "ntf_0000"}, ids)
	page, err := s.Deliveries(p.ctx, lead.DeliveryQuery{State: lead.DeliveryDead, Target: "x", Rep: "chen"})
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	require.Equal(t, "no such path", page.Items[0].Reason)
	none, err := s.Deliveries(p.ctx, lead.DeliveryQuery{Target: "y"})
	require.NoError(t, err)
	require.Equal(t, []lead.Delivery{}, none.Items)

	require.Equal(t, lead.KindNotFound, lead.AsError(s.ReplayDelivery(p.ctx, "dlv_x", day)).Kind)
	require.Equal(t, lead.KindConflict, lead.AsError(s.ReplayDelivery(p.ctx, "dlv_xntf_0001", day)).Kind)
	forgotten, err := s.ForgetDeliveries(p.ctx, day.Add(time.Second))
	require.NoError(t, err)
	require.EqualValues(t, 2, forgotten, "what is dead stays")
	require.NoError(t, s.ReplayDelivery(p.ctx, "dlv_xntf_0002", day.Add(time.Hour)))
	require.NoError(t, s.ClaimDeliveries(p.ctx, "x", day.Add(time.Hour), 9, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
		require.Len(t, list, 3, "all of the message")
		require.Equal(t, []any{"msg_chen", 0, ""}, []any{list[0].Message, list[0].Attempt, list[0].Code})
		return nil
	}))
}

func testClaimers(t *testing.T, h Harness) {
	p, s := openDeliveries(t, h)
	const n = 200
	var list []lead.Notification
	for i := range n {
		list = append(list, notification(i, fmt.Sprintf("rep%d", i%40), "a"))
	}
	require.NoError(t, s.AddNotifications(p.ctx, list))
	var mu sync.Mutex
	routed, claimed := map[string]int{}, map[string]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				var got []string
				took, err := s.RouteNotifications(p.ctx, day, 7, func(list []lead.Notification, leads map[string]lead.Lead) []lead.Delivery {
					got = nil
					for _, n := range list {
						got = append(got, n.ID)
					}
					return routeTo("x", day)(list, leads)
				})
				if err != nil {
					t.Error(err)
				}
				if err != nil || took == 0 {
					return
				}
				mu.Lock()
				for _, id := range got {
					routed[id]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for range 8 {
		wg.Go(func() {
			for {
				var got []string
				err := s.ClaimDeliveries(p.ctx, "x", day, 5, func(_ *lead.TargetState, list []lead.Delivery) []lead.Delivery {
					got = nil
					for i := range list {
						got = append(got, list[i].Notification.ID)
						list[i].Attempt, list[i].Due = 1, day.Add(time.Minute)
					}
					return list
				})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, id := range got {
					claimed[id]++
				}
				done := len(claimed) == n
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, routed, n)
	for id, times := range claimed {
		require.Equal(t, []int{1, 1}, []int{routed[id], times}, id)
	}
}
