// Package deliver tells reps what happened to their leads: through group robots (WeCom, DingTalk, Feishu), by email, and through
// signed webhooks. Notifications are written by the sink in the transaction they tell about; from there each is handed to every target that
// serves it, gathered into as few messages as rates, quiet hours and imports ask for, and tried until the other side has it.
//
// At least once: a crash between the answer and its record sends a message again, under the same id. What is given up is kept and can
// be sent again. No message, log or error carries a secret, and none to a group a full phone or name.
package deliver

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Store is what deliver needs of a database; sinktest holds what its implementations promise.
type Store interface {
	// RouteNotifications takes up to n notifications that wait, with the living leads they speak of by the id they name (one that is gone is left
	// out), and keeps what fn makes of them; nil makes nothing of any. fn may run again from the start. Deliveries of one import to one rep through one target
	// become due together, with the last of them.
	RouteNotifications(ctx context.Context, now time.Time, n int, fn func([]lead.Notification, map[string]lead.Lead) []lead.Delivery) (int, error)
	Claims
	// LeadsOf returns living leads by the id that stands for them.
	LeadsOf(ctx context.Context, ids []string) (map[string]lead.Lead, error)
	// ForgetDeliveries forgets what ended before a time and is not dead.
	ForgetDeliveries(ctx context.Context, before time.Time) (int64, error)
}

// Claims hand deliveries to one process at a time.
type Claims interface {
	// DueTargets names the targets that have deliveries which are due.
	DueTargets(ctx context.Context, now time.Time) ([]string, error)
	// ClaimDeliveries hands what is due through a target, about n deliveries and all of a rep's (up to twice n), to fn, and keeps what
	// fn returns and how it leaves the state of the target. While somebody else claims for the target, fn is not called.
	ClaimDeliveries(ctx context.Context, target string, now time.Time, n int, fn func(*lead.TargetState, []lead.Delivery) []lead.Delivery) error
	// SettleDeliveries keeps what became of a message that was tried for the attempt-th time, unless another try began meanwhile, and
	// lets fn change the state of the target.
	SettleDeliveries(ctx context.Context, target string, attempt int, list []lead.Delivery, fn func(*lead.TargetState)) error
}

// Outcomes of a delivery, as Config.Observe tells.
const (
	OutcomeSent    = "sent"
	OutcomeRetry   = "retry"   // failed, to be tried again
	OutcomeLimited = "limited" // the other side said "too often"
	OutcomeDead    = "dead"
	OutcomeDropped = "dropped"
)

// Outcomes lists them.
var Outcomes = []string{OutcomeSent, OutcomeRetry, OutcomeLimited, OutcomeDead, OutcomeDropped}

// Config is what a Deliverer needs. Store and Setup are required.
type Config struct {
	Store Store
	Setup func() *Setup // what people set up now
	Now   func() time.Time
	Log   *slog.Logger
	// Observe is told what became of n deliveries through a kind of target, and, when they were sent, how long after what they tell about.
	Observe func(kind, outcome string, n int, after time.Duration)
	Roots   *x509.CertPool // who may vouch for servers; the system's unless set
}

// Figures that steer a Deliverer.
const (
	routeBatch = 500
	claimRows  = 5000
	// lease is how long a message that was claimed is not claimed again: longer than any try takes.
	lease = time.Minute
	// gather is how long the deliveries of an import wait for more of it.
	gather = 10 * time.Second
	// parallel is how many messages of one target are under way at once.
	parallel = 4
	// keep is how long what ended is kept.
	keep        = 30 * 24 * time.Hour
	forgetEvery = time.Hour
)

// Deliverer takes notifications to their targets. Several may run, in one process or in many: a message is claimed by one.
type Deliverer struct {
	cfg   Config
	posts *poster

	mu       sync.Mutex
	busy     map[string]bool // targets under way here
	running  sync.WaitGroup
	forgotOn time.Time
}

// New makes a Deliverer.
func New(cfg Config) *Deliverer {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(string, string, int, time.Duration) {}
	}
	return &Deliverer{cfg: cfg, posts: newPoster(cfg.Roots, cfg.Now), busy: map[string]bool{}}
}

// Step hands notifications that wait to their targets and sets the targets to work that have something due; they go on by themselves, a slow
// one keeps no other waiting. It returns how many notifications it took.
func (d *Deliverer) Step(ctx context.Context) (int, error) {
	n, err := d.route(ctx)
	if err != nil {
		return n, err
	}
	now := d.cfg.Now()
	due, err := d.cfg.Store.DueTargets(ctx, now)
	if err != nil {
		return n, err
	}
	for _, key := range due {
		d.set(ctx, key)
	}
	if now.Sub(d.forgotOn) >= forgetEvery {
		d.forgotOn = now
		if _, err := d.cfg.Store.ForgetDeliveries(ctx, now.Add(-keep)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Wait waits for what is under way.
func (d *Deliverer) Wait() { d.running.Wait() }

// set lets a target work unless it does.
func (d *Deliverer) set(ctx context.Context, key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[key] {
		return
	}
	d.busy[key] = true
	d.running.Go(func() {
		defer func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.busy, key)
		}()
		for ctx.Err() == nil {
			some, err := d.work(ctx, key)
			if err != nil && ctx.Err() == nil {
				d.cfg.Log.Error("notifications of a target cannot be taken or recorded, trying again", "target", key, "error", err)
			}
			if err != nil || !some {
				return
			}
		}
	})
}

// Test sends a sample through a target, past quiet hours and rates, and clears the mark of one that was disabled.
func (d *Deliverer) Test(ctx context.Context, t *Target, rep lead.Rep) lead.TestResult {
	setup := d.cfg.Setup()
	began := time.Now()
	f := d.posts.send(ctx, t, setup, sample(t, rep, d.cfg.Now()))
	out := lead.TestResult{OK: f == nil, Took: time.Since(began).Round(time.Millisecond).String()}
	if f != nil {
		out.Code, out.Reason, out.Hint = f.Code, f.Reason, f.Hint
		return out
	}
	if err := d.cfg.Store.SettleDeliveries(ctx, t.Key, 0, nil, func(st *lead.TargetState) { well(st, d.cfg.Now()) }); err != nil {
		d.cfg.Log.Error("the state of a target cannot be recorded", "target", t.Key, "error", err)
	}
	return out
}
