// Package hub wires the stages together and answers for the whole: intake, roles, replay, audit. It knows no channel and no
// database by name; cmd/leadhub hands them in.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/hub/spool"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// Roles a process can play. Every one scales by adding processes.
const (
	RoleIntake    = "intake"    // the door: POST /in/{source}
	RoleNormalize = "normalize" // lead.raw → lead.submissions
	RoleSink      = "sink"      // lead.submissions → pool
	RoleAssign    = "assign"    // pool → owner
	RoleDeliver   = "deliver"   // outbox → lead.changes
	RoleConsole   = "console"   // the API and the web pages
)

// Roles lists them all, in the order of the flow.
var Roles = []string{RoleIntake, RoleNormalize, RoleSink, RoleAssign, RoleDeliver, RoleConsole}

// Config is what a Hub is made of. Dir, Store, Stream, Connectors and SecretKey are required.
type Config struct {
	Dir            string // for the spool and the last configuration
	Roles          []string
	Store          sink.Store
	Stream         *stream.Client
	Partitions     int    // of topics that do not exist yet
	TopicPrefix    string // of topics and consumer groups, when hubs share a cluster
	Connectors     []connectors.Connector
	SecretKey      []byte // sealed secrets, submission ids and sessions hang on it
	AdminToken     string
	MaxBody        int64         // bytes of one post; 512 KiB unless set
	SpoolBytes     int64         // 1 GiB unless set
	Imports        ImportStore   // nil takes no files
	Deliveries     DeliveryStore // nil tells nobody
	MaxImport      int64         // bytes of one file; 200 MiB unless set
	KeepImports    time.Duration // how long files are kept, unless an import is undone; 90 days unless set
	TrustedProxies []netip.Prefix
	Now            func() time.Time
	Logger         *slog.Logger
	Registry       *prometheus.Registry
	// Words are how messages say in a language why a rep is told, with the names of a configuration; nil says it as it is kept.
	Words func(lead.Config) deliver.Say
}

// Hub is one process of leadhub.
type Hub struct {
	cfg           Config
	keys          *keyring
	names         names
	configuration *Configuration
	metrics       *metrics
	intake        *Intake // nil without the role
	duplicates    *sink.Duplicates
	spool         *spool.Spool
	due, outbox   signal
	timers        signal
	told          signal // there are notifications
	parts         *parts
	recomputing   *recomputing
	importing     *Importing     // nil without a store for imports
	notifications *Notifications // nil without a store for them
	fetching      *fetching      // nil without the role intake

	stop    context.CancelFunc
	running sync.WaitGroup
}

// New checks the configuration and opens the spool: a hub that cannot write its spool must not start. Nothing runs yet.
func New(cfg Config) (*Hub, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	keys, err := newKeyring(cfg.SecretKey)
	if err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, keys: keys, names: newNames(cfg.TopicPrefix), metrics: newMetrics(cfg.Registry), due: newSignal(), outbox: newSignal(),
		timers: newSignal(), told: newSignal()}
	h.configuration = newConfiguration(cfg, keys)
	h.duplicates = h.newDuplicates()
	if h.Plays(RoleIntake) {
		h.spool, err = spool.Open(filepath.Join(cfg.Dir, "spool"), cfg.SpoolBytes)
		if err != nil {
			return nil, fmt.Errorf("intake needs a spool it can write, and %s is not: %w", cfg.Dir, err)
		}
		h.intake = &Intake{configuration: h.configuration, names: h.names, stream: cfg.Stream, spool: h.spool, ids: keys.ids, maxBody: cfg.MaxBody,
			proxies: cfg.TrustedProxies, now: cfg.Now, log: cfg.Logger, metrics: h.metrics}
		h.fetching = newFetching(h)
	}
	h.configuration.tokens.metrics = h.metrics
	h.parts = newParts(h)
	h.recomputing = newRecomputing(h)
	if cfg.Deliveries != nil {
		h.notifications = newNotifications(h)
	}
	if cfg.Imports != nil && h.Plays(RoleConsole) {
		h.importing = newImporting(h)
	}
	return h, nil
}

func (c *Config) complete() error {
	if len(c.Roles) == 0 {
		c.Roles = Roles
	}
	for _, r := range c.Roles {
		if !slices.Contains(Roles, r) {
			return fmt.Errorf("role %q is not known; the roles are %s", r, strings.Join(Roles, ", "))
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.MaxBody == 0 {
		c.MaxBody = 512 << 10
	}
	if c.SpoolBytes == 0 {
		c.SpoolBytes = 1 << 30
	}
	if c.MaxImport == 0 {
		c.MaxImport = 200 << 20
	}
	if c.KeepImports == 0 {
		c.KeepImports = 90 * 24 * time.Hour
	}
	if c.Partitions == 0 {
		c.Partitions = 1
	}
	return nil
}

// Plays reports whether this process has a role.
func (h *Hub) Plays(role string) bool { return slices.Contains(h.cfg.Roles, role) }

// Start loads the configuration and starts the roles. It returns when intake can accept; stages whose broker or database is away
// wait for it by themselves. When Start fails nothing runs.
func (h *Hub) Start(ctx context.Context) error {
	if err := h.configuration.load(ctx); err != nil {
		return err
	}
	starting := ctx
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	ensured := make(chan error, 1)
	h.goRun(ctx, "topics", func(ctx context.Context) error { return h.ensureTopics(ctx, ensured) })
	if !h.Plays(RoleIntake) {
		select {
		case <-ensured:
		case <-starting.Done(): // whoever started it gives up
			h.stop()
			h.running.Wait()
			return starting.Err()
		}
	} else {
		select { // with the broker away intake works from the spool
		case <-ensured:
		case <-time.After(brokerPatience):
		}
	}
	for _, s := range h.pipeline() {
		h.goRun(ctx, s.name, s.run)
	}
	return nil
}

// goRun runs fn until ctx ends. One that returns early is started again: a stage must outlive whatever it depends on.
func (h *Hub) goRun(ctx context.Context, name string, fn func(context.Context) error) {
	h.running.Go(func() {
		for wait := time.Second; ; wait = min(2*wait, 10*time.Second) {
			err := fn(ctx)
			if err == nil || ctx.Err() != nil {
				return
			}
			h.cfg.Logger.Error("stage stopped, starting it again", "stage", name, "in", wait, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	})
}

func (h *Hub) ensureTopics(ctx context.Context, done chan<- error) error {
	for {
		try, cancel := context.WithTimeout(ctx, 15*time.Second)
		err := h.cfg.Stream.EnsureTopics(try, h.names.topics(h.cfg.Partitions)...)
		cancel()
		if err == nil || ctx.Err() != nil {
			done <- err
			return nil
		}
		h.cfg.Logger.Warn("topics cannot be made yet", "error", err)
		select {
		case <-ctx.Done():
			done <- ctx.Err()
			return nil
		case <-time.After(time.Second):
		}
	}
}

// Stop ends the roles and waits for them until ctx ends. What is under way and not finished is done again at the next start.
func (h *Hub) Stop(ctx context.Context) error {
	if h.stop != nil {
		h.stop()
	}
	ended := make(chan struct{})
	go func() { h.running.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		return errors.Join(ctx.Err(), h.closeSpool())
	}
	return h.closeSpool()
}

func (h *Hub) closeSpool() error {
	if h.spool == nil {
		return nil
	}
	return h.spool.Close()
}

// Intake is the door, nil when this process does not play the role.
func (h *Hub) Intake() *Intake { return h.intake }

// Configuration is what people set up.
func (h *Hub) Configuration() *Configuration { return h.configuration }

// Reader reads the pool.
func (h *Hub) Reader() sink.Reader { return h.cfg.Store }

// newSink wires the recording of submissions with the judge, and with the rules when this process assigns.
func (h *Hub) newSink() *sink.Sink {
	var assigner *sink.Assigner
	if h.Plays(RoleAssign) {
		assigner = h.newAssigner()
	}
	return sink.New(sink.Config{Pool: h.cfg.Store, Now: h.cfg.Now, Assigner: assigner,
		Judge:        func() sink.Judge { return h.configuration.current.Load().judge },
		Location:     h.location,
		Terms:        h.terms,
		NumberPrefix: func() string { return h.configuration.current.Load().config.Settings.NumberPrefix }})
}
