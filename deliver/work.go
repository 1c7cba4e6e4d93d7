package deliver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/leadhub/leadhub/lead"
)

// tries is how often a message is tried, over about a day; fewTries when the answer is one that nobody knows.
const (
	tries    = 14
	fewTries = 4
)

// work claims what is due through a target and sends it. It reports whether there was anything to send.
func (d *Deliverer) work(ctx context.Context, key string) (bool, error) {
	setup, now := d.cfg.Setup(), d.cfg.Now().UTC()
	t := setup.byKey[key]
	var take []message
	var dead int
	err := d.cfg.Store.ClaimDeliveries(ctx, key, now, claimRows, func(st *lead.TargetState, due []lead.Delivery) []lead.Delivery {
		take, dead = nil, 0
		if t == nil || !t.Enabled {
			for i := range due {
				end(&due[i], lead.DeliveryDead, "no_target", "the target was removed or switched off, or cannot be opened", now)
			}
			return due
		}
		var changed []lead.Delivery
		take, changed = t.claim(st, due, now)
		for _, c := range changed {
			dead += bit(c.State == lead.DeliveryDead)
		}
		return changed
	})
	if err != nil || t == nil {
		return false, err
	}
	if dead > 0 {
		d.cfg.Observe(t.Kind, OutcomeDead, dead, 0)
	}
	errs := make([]error, len(take))
	var sending sync.WaitGroup
	for i := range take {
		sending.Go(func() { errs[i] = d.deliver(ctx, t, setup, &take[i]) })
	}
	sending.Wait()
	return len(take) > 0, errors.Join(errs...)
}

// deliver sends one message and records what became of it. What began is ended even when ctx is: a message that was sent and not recorded is
// sent again.
func (d *Deliverer) deliver(ctx context.Context, t *Target, setup *Setup, m *message) error {
	ctx = context.WithoutCancel(ctx)
	ids := make([]string, len(m.deliveries))
	for i := range m.deliveries {
		ids[i] = m.deliveries[i].Notification.Lead
	}
	leads, err := d.cfg.Store.LeadsOf(ctx, ids)
	if err != nil {
		return err // it comes again after the lease
	}
	dropped := m.fill(leads, setup, d.cfg.Now())
	var f *Failure
	if len(m.items) > 0 {
		f = d.posts.send(ctx, t, setup, m)
	}
	now := d.cfg.Now().UTC()
	outcome := m.outcome(t, f, now)
	err = d.cfg.Store.SettleDeliveries(ctx, t.Key, m.attempt, slices.Concat(dropped, m.deliveries), func(st *lead.TargetState) {
		if len(m.items) > 0 {
			t.note(st, f, now)
		}
	})
	if err != nil {
		return err
	}
	if len(dropped) > 0 {
		d.cfg.Observe(t.Kind, OutcomeDropped, len(dropped), 0)
	}
	if len(m.deliveries) > 0 {
		d.cfg.Observe(t.Kind, outcome, len(m.deliveries), now.Sub(m.deliveries[0].Notification.At))
	}
	if f != nil {
		d.cfg.Log.Warn("a message to reps was not delivered", "target", t.Key, "message", m.id, "code", f.Code, "reason", f.Reason, "attempt", m.attempt,
			"notifications", len(m.deliveries), "outcome", outcome)
	}
	return nil
}

// fill finds what a message is about. Deliveries that nobody needs any more are taken out of it and returned: of a lead that is gone, or that has
// another owner by now.
func (m *message) fill(leads map[string]lead.Lead, setup *Setup, now time.Time) []lead.Delivery {
	var dropped, left []lead.Delivery
	for _, d := range m.deliveries {
		l, known := leads[d.Notification.Lead]
		switch {
		case !known:
			end(&d, lead.DeliveryDropped, "lead_gone", "the lead is not in the pool any more", now)
			dropped = append(dropped, d)
		case ownersOnly[d.Notification.Kind] && l.Owner != d.Notification.Rep:
			end(&d, lead.DeliveryDropped, "not_owner", "the lead has another owner by now", now)
			dropped = append(dropped, d)
		default:
			left = append(left, d)
			rep, ok := setup.reps[d.Notification.Rep]
			if !ok {
				rep = lead.Rep{Key: d.Notification.Rep, Name: d.Notification.Rep}
			}
			m.items = append(m.items, item{n: d.Notification, lead: l, rep: rep})
		}
	}
	m.deliveries = left
	return dropped
}

// ownersOnly are the kinds that concern nobody but the owner of the lead.
var ownersOnly = map[string]bool{lead.NotifyAssigned: true, lead.NotifyRecycleSoon: true, lead.NotifyFollowUp: true, lead.NotifyReturned: true}

// outcome sets the state of the deliveries of a message that was tried.
func (m *message) outcome(t *Target, f *Failure, now time.Time) string {
	last := tries
	if f != nil && f.unknown {
		last = fewTries
	}
	switch {
	case f == nil:
		for i := range m.deliveries {
			end(&m.deliveries[i], lead.DeliverySent, "", "", now)
		}
		return OutcomeSent
	case f.kind == limited:
		// It surely has not been taken, so it may become part of a larger message; and it is nobody's failure.
		for i := range m.deliveries {
			d := &m.deliveries[i]
			d.Message, d.Attempt, d.Due, d.Code, d.Reason = "", d.Attempt-1, now.Add(t.after(f)), f.Code, f.Reason
		}
		return OutcomeLimited
	case f.kind == transient && m.attempt < last:
		due := now.Add(max(wait(m.attempt), f.After))
		for i := range m.deliveries {
			d := &m.deliveries[i]
			d.Due, d.Code, d.Reason = due, f.Code, f.Reason
		}
		return OutcomeRetry
	}
	for i := range m.deliveries {
		end(&m.deliveries[i], lead.DeliveryDead, f.Code, f.Reason, now)
	}
	return OutcomeDead
}

// note keeps what a try says of the target.
func (t *Target) note(st *lead.TargetState, f *Failure, now time.Time) {
	if f == nil {
		well(st, now)
		return
	}
	st.Failed, st.Code, st.Reason = now, f.Code, f.Reason
	switch f.kind {
	case limited:
		st.Paused = now.Add(t.after(f))
	case gone:
		st.Disabled, st.Fingerprint = true, t.fingerprint
	}
}

// after is how long nothing is sent after "too often".
func (t *Target) after(f *Failure) time.Duration {
	if f.After > 0 {
		return min(f.After, time.Hour)
	}
	return t.penalty
}

// wait is the time before the next try: from 2 s on three times as long, 4 hours at most, each a quarter more or less.
func wait(attempt int) time.Duration {
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(2*time.Second), backoff.WithMultiplier(3), backoff.WithMaxInterval(4*time.Hour),
		backoff.WithRandomizationFactor(0.25), backoff.WithMaxElapsedTime(0))
	w := b.NextBackOff()
	for range attempt - 1 {
		w = b.NextBackOff()
	}
	return w
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
