package hub

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/lead"
)

// DeliveryStore keeps notifications on their way to reps.
type DeliveryStore interface {
	deliver.Store
	// Deliveries lists deliveries, latest first.
	Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error)
	// ReplayDelivery lets a dead delivery, and all that its message carries, be tried again. KindNotFound; KindConflict for one that is not dead.
	ReplayDelivery(ctx context.Context, id string, now time.Time) error
	// TargetStates returns what is kept of targets that were used.
	TargetStates(ctx context.Context) (map[string]lead.TargetState, error)
}

// Notifications tells reps what happened to their leads.
type Notifications struct {
	hub       *Hub
	store     DeliveryStore
	deliverer *deliver.Deliverer
}

func newNotifications(h *Hub) *Notifications {
	return &Notifications{hub: h, store: h.cfg.Deliveries, deliverer: deliver.New(deliver.Config{Store: h.cfg.Deliveries, Now: h.cfg.Now, Log: h.cfg.Logger.With("stage", "notify"),
		Setup: func() *deliver.Setup { return h.configuration.current.Load().notify }, Observe: h.metrics.notifiedOf})}
}

// Notifications tells reps what happened to their leads, nil without a store for it.
func (h *Hub) Notifications() *Notifications { return h.notifications }

// run hands notifications to their targets until ctx ends, and then ends what is under way.
func (n *Notifications) run(ctx context.Context) error {
	defer n.deliverer.Wait()
	return loop(ctx, n.hub.told, 0, n.hub.cfg.Logger.With("stage", "notify"), n.deliverer.Step)
}

func (h *Hub) runNotifications(ctx context.Context) error {
	if h.notifications == nil {
		return nil
	}
	return h.notifications.run(ctx)
}

// Deliveries lists deliveries, latest first.
func (n *Notifications) Deliveries(ctx context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error) {
	return n.store.Deliveries(ctx, q)
}

// ReplayDelivery lets a dead delivery, and all that its message carries, be tried again.
func (n *Notifications) ReplayDelivery(ctx context.Context, id, actor string) error {
	if err := n.store.ReplayDelivery(ctx, id, n.hub.cfg.Now()); err != nil {
		return err
	}
	n.hub.cfg.Logger.Info("delivery sent again", "id", id, "by", actor)
	n.hub.told.raise()
	return nil
}

// TargetState tells how a target of the configuration does. KindNotFound.
func (n *Notifications) TargetState(ctx context.Context, key string) (lead.TargetState, error) {
	config, err := n.hub.configuration.store.Config(ctx)
	if err != nil {
		return lead.TargetState{}, err
	}
	if !slices.ContainsFunc(config.Notify, func(t lead.NotifyTarget) bool { return t.Key == key }) {
		return lead.TargetState{}, noTarget()
	}
	states, err := n.store.TargetStates(ctx)
	st := states[key]
	st.Target = key
	return st, err
}

func noTarget() error {
	return lead.NotFound("no_such_target", "there is no notification target with this key", "GET /v1/notifications/targets lists them")
}

// TestTarget sends a sample to a rep, or, with rep "", to nobody in particular: by email to the sender's own address. KindNotFound for target and rep.
func (n *Notifications) TestTarget(ctx context.Context, key, rep, actor string) (lead.TestResult, error) {
	if err := n.hub.configuration.refresh(ctx); err != nil {
		return lead.TestResult{}, err
	}
	snapshot := n.hub.configuration.current.Load()
	i := slices.IndexFunc(snapshot.config.Notify, func(t lead.NotifyTarget) bool { return t.Key == key })
	if i < 0 {
		return lead.TestResult{}, noTarget()
	}
	to := lead.Rep{Key: "test", Name: "test", Notify: lead.RepContact{Email: addressOf(snapshot.config.Notify[i].Mail.From)}}
	if rep != "" {
		j := slices.IndexFunc(snapshot.config.Reps, func(r lead.Rep) bool { return r.Key == rep })
		if j < 0 {
			return lead.TestResult{}, lead.NotFound("no_such_rep", "there is no rep with this key", "GET /v1/reps lists them")
		}
		to = snapshot.config.Reps[j]
	}
	target := snapshot.notify.Target(key)
	if target == nil {
		return lead.TestResult{Code: "target_broken", Reason: "the target cannot be opened", Hint: "the hub's log says why; enter its secrets again"}, nil
	}
	out := n.deliverer.Test(ctx, target, to)
	n.hub.cfg.Logger.Info("notification target tested", "target", key, "by", actor, "ok", out.OK, "code", out.Code)
	return out, nil
}

// addressOf is the address of "Name <address>".
func addressOf(from string) string {
	if i := strings.LastIndexByte(from, '<'); i >= 0 {
		return strings.TrimRight(from[i+1:], ">")
	}
	return from
}

// mapTarget applies fn to the secrets of a target, which are never empty for fn.
func mapTarget(t lead.NotifyTarget, fn func(string) (string, error)) (lead.NotifyTarget, error) {
	for _, s := range []struct {
		name  string
		value *string
	}{{"url", &t.URL}, {"secret", &t.Secret}, {"mail.password", &t.Mail.Password}} {
		if *s.value == "" {
			continue
		}
		v, err := fn(*s.value)
		if err != nil {
			e := lead.Invalid("bad_target", fmt.Sprintf("notification target %s: %s: %v", t.Key, s.name, err), "enter it as it is, or leave it out to keep it")
			e.Fields = []string{s.name}
			return t, e
		}
		*s.value = v
	}
	return t, nil
}

// maskedTargets are targets as people see them.
func maskedTargets(list []lead.NotifyTarget) []lead.NotifyTarget {
	list = slices.Clone(list)
	for i := range list {
		list[i], _ = mapTarget(list[i], func(string) (string, error) { return Mask, nil })
	}
	return list
}

// openTargets makes the targets of a configuration ready for use. One that cannot be opened keeps no other from working.
func (c *Configuration) openTargets(config lead.Config, location *time.Location) *deliver.Setup {
	broken := func(key string, err error) {
		c.log.Error("notification target cannot be opened", "target", key, "error", err)
	}
	plain := config
	plain.Notify = nil
	for _, t := range config.Notify {
		open, err := mapTarget(t, c.keys.open)
		if err != nil {
			broken(t.Key, err)
			continue
		}
		plain.Notify = append(plain.Notify, open)
	}
	var say deliver.Say
	if c.words != nil {
		say = c.words(config)
	}
	return deliver.NewSetup(&plain, location, say, broken)
}

// takeTargets restores masked secrets, checks every target, and seals its secrets.
func (c *Configuration) takeTargets(list, before []lead.NotifyTarget) error {
	for i, t := range list {
		path := fmt.Sprintf("notify[%d]", i)
		t, err := mapTarget(t, refuseSealed)
		if err != nil {
			return inside(path, err)
		}
		old := lead.NotifyTarget{}
		if j := slices.IndexFunc(before, func(o lead.NotifyTarget) bool { return o.Key == t.Key }); j >= 0 && before[j].Kind == t.Kind {
			old = before[j]
		}
		for _, s := range [][2]*string{{&t.URL, &old.URL}, {&t.Secret, &old.Secret}, {&t.Mail.Password, &old.Mail.Password}} {
			if *s[0] == Mask {
				*s[0] = *s[1]
			}
		}
		open, err := mapTarget(t, c.keys.open)
		if err != nil {
			return inside(path, err)
		}
		if _, err := deliver.Open(open, time.UTC); err != nil {
			return inside(path, err)
		}
		list[i], err = mapTarget(open, func(v string) (string, error) { return c.keys.seal(v), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// validateNotify checks what targets speak of.
func validateNotify(config *lead.Config, known func(kind, key string) bool) error {
	for i, t := range config.Notify {
		for kind, keys := range map[string][]string{"team": t.Serves.Teams, "rep": t.Serves.Reps, "source": t.Serves.Sources, "grade": t.Serves.Grades} {
			for _, k := range keys {
				if !known(kind, k) {
					return wrongAt(fmt.Sprintf("notify[%d].serves.%ss", i, kind), "bad_target",
						fmt.Sprintf("notification target %s: %s %q does not exist", t.Key, kind, k), "add it, or leave it out")
				}
			}
		}
	}
	if base := config.Settings.PublicURL; base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			e := lead.Invalid("bad_public_url", "the public URL is not the address of a console", "write it as https://leads.example.com")
			e.Fields = []string{"settings.public_url"}
			return e
		}
	}
	return nil
}
