package deliver

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// route hands notifications to the targets that serve them.
func (d *Deliverer) route(ctx context.Context) (int, error) {
	now := d.cfg.Now().UTC()
	setup := d.cfg.Setup()
	if len(setup.targets) == 0 {
		return d.cfg.Store.RouteNotifications(ctx, now, routeBatch, nil)
	}
	var made []lead.Delivery
	n, err := d.cfg.Store.RouteNotifications(ctx, now, routeBatch, func(list []lead.Notification, leads map[string]lead.Lead) []lead.Delivery {
		made = setup.route(list, leads, now)
		return made
	})
	if err != nil {
		return n, err
	}
	for i := range made {
		switch made[i].State {
		case lead.DeliveryDead:
			d.cfg.Observe(setup.byKey[made[i].Target].Kind, OutcomeDead, 1, 0)
		case lead.DeliveryDropped:
			d.cfg.Observe(setup.byKey[made[i].Target].Kind, OutcomeDropped, 1, 0)
		}
	}
	return n, nil
}

// route makes a delivery for every target that serves a notification. A notification of a lead that is gone has nobody to serve it.
func (s *Setup) route(list []lead.Notification, leads map[string]lead.Lead, now time.Time) []lead.Delivery {
	var out []lead.Delivery
	for i := range list {
		n := &list[i]
		l, known := leads[n.Lead]
		rep := s.reps[n.Rep]
		if !known {
			continue
		}
		for _, t := range s.targets {
			if !t.serves(n, rep, &l) {
				continue
			}
			d := lead.Delivery{ID: lead.NewID("dlv_", now), Target: t.Key, State: lead.DeliveryWaiting, Created: now, Due: t.quiet.until(now, n.Kind), Notification: *n}
			if n.Import != "" && d.Due.Before(now.Add(gather)) {
				d.Due = now.Add(gather)
			}
			if t.Kind == lead.TargetEmail && rep.Notify.Email == "" {
				end(&d, lead.DeliveryDead, "no_contact", "the rep has no email address", now)
			}
			out = append(out, d)
		}
	}
	return out
}
