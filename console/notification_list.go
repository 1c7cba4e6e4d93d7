package console

import (
	"cmp"

	"github.com/leadhub/leadhub/lead"
)

type notificationListPage struct {
	Targets []targetRow
	Reps    []lead.Rep
	State   string
	Items   []lead.Delivery
	Next    string
	First   string
	Tried   string // key of the target that was just tested
	Result  *lead.TestResult
	Error   *lead.Error
	speech
}

// targetRow is a target with how it does.
type targetRow struct {
	lead.NotifyTarget
	State lead.TargetState
}

var deliveryStates = []string{lead.DeliveryDead, lead.DeliveryWaiting, lead.DeliverySent, lead.DeliveryDropped}

// States for the form.
func (notificationListPage) States() []string { return deliveryStates }

func (s *site) notificationList(v *visit) error {
	p, err := v.notificationPage()
	if err != nil {
		return err
	}
	return v.render("notification_list", p)
}

// notificationPage shows what was given up, unless asked for something else.
func (v *visit) notificationPage() (notificationListPage, error) {
	c, err := v.config()
	if err != nil {
		return notificationListPage{}, err
	}
	p := notificationListPage{Reps: activeReps(c, nil), State: cmp.Or(v.URL.Query().Get("state"), lead.DeliveryDead), First: firstPage(v.URL), speech: v.speech(c)}
	for _, t := range c.Notify {
		st, err := v.site.Notifications.TargetState(v.Context(), t.Key)
		if err != nil {
			return p, err
		}
		p.Targets = append(p.Targets, targetRow{t, st})
	}
	state := p.State
	if state == "all" {
		state = ""
	}
	found, err := v.site.Notifications.Deliveries(v.Context(), lead.DeliveryQuery{State: state, Target: v.URL.Query().Get("target"), Cursor: v.URL.Query().Get("cursor")})
	if err != nil {
		return p, err
	}
	p.Items, p.Next = found.Items, nextPage(v.URL, found.Next)
	return p, nil
}

// TargetName is the name of a target.
func (p notificationListPage) TargetName(key string) string {
	for _, t := range p.Targets {
		if t.Key == key {
			return either(t.Name, key)
		}
	}
	return key
}

// Served says whom a target tells of what.
func (s speech) Served(t lead.Served) string {
	var parts []string
	same := func(k string) string { return k }
	for _, w := range []struct {
		key  string
		list []string
		name func(string) string
	}{{"served.kinds", t.Kinds, func(k string) string { return s.or("notifykind."+k, k) }}, {"served.teams", t.Teams, s.TeamName},
		{"served.reps", t.Reps, s.RepName}, {"served.sources", t.Sources, s.SourceName}, {"served.grades", t.Grades, same}} {
		if len(w.list) > 0 {
			parts = append(parts, s.text(w.key, s.Names(w.list, w.name)))
		}
	}
	if len(parts) == 0 {
		return s.text("served.all")
	}
	return s.Names(parts, same)
}
