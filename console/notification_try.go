package console

import "github.com/leadhub/leadhub/lead"

// notificationTry sends a sample through a target, and shows what the other side said.
func (s *site) notificationTry(v *visit) error {
	result, refused := s.Notifications.TestTarget(v.Context(), v.param("key"), v.typed("rep"), v.actor())
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	p, err := v.notificationPage() // after the test: it changes how the target does
	if err != nil {
		return err
	}
	p.Next, p.First = "", ""
	if refused != nil {
		return v.refused("notification_list", refused, func(e *lead.Error) any { p.Error = e; return p })
	}
	p.Tried, p.Result = v.param("key"), &result
	return v.render("notification_list", p)
}

// notificationReplay lets what was given up be tried again.
func (s *site) notificationReplay(v *visit) error {
	err := s.Notifications.ReplayDelivery(v.Context(), v.param("id"), v.actor())
	if err == nil {
		return v.done("/notifications", "delivery_replayed")
	}
	p, readErr := v.notificationPage()
	if readErr != nil {
		return err
	}
	p.Next, p.First = "", ""
	return v.refused("notification_list", err, func(e *lead.Error) any { p.Error = e; return p })
}
