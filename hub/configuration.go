package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
	"github.com/leadhub/leadhub/sink"
)

// refreshEvery bounds how long a change made through another process takes to be seen here.
const refreshEvery = 500 * time.Millisecond

// loadPatience is how long a start waits for the database before it takes the last configuration: visitors wait, too.
const loadPatience = 3 * time.Second

// Configuration is what people set up, validated on the way in, secrets sealed at rest, and opened for use in a snapshot
// that is replaced as a whole. The last one is kept in a file, so that intake can start while the database is away.
type Configuration struct {
	store      sink.ConfigStore
	channels   map[string]connectors.Connector
	keys       *keyring
	tokens     *vendorTokens
	words      func(lead.Config) deliver.Say
	file       string
	now        func() time.Time
	log        *slog.Logger
	current    atomic.Pointer[snapshot]
	refreshing sync.Mutex
	missed     atomic.Int64 // when an unknown source last made us ask the database
}

// snapshot is one consistent configuration, ready for use and never changed.
type snapshot struct {
	config     lead.Config
	sources    map[string]*openSource
	normalizer *normalize.Normalizer
	location   *time.Location
	judge      judge
	terms      *sink.Terms
	rules      *assign.Rules // nil when those that are stored cannot be used
	notify     *deliver.Setup
}

// openSource is a configured source, opened; err says why it could not be.
type openSource struct {
	lead.Source
	source connectors.Source
	err    error
}

func newConfiguration(cfg Config, keys *keyring) *Configuration {
	c := &Configuration{store: cfg.Store, channels: map[string]connectors.Connector{}, keys: keys, tokens: newVendorTokens(cfg, keys), words: cfg.Words,
		file: filepath.Join(cfg.Dir, "configuration.json"), now: cfg.Now, log: cfg.Logger}
	for _, ch := range cfg.Connectors {
		c.channels[ch.Spec().Channel] = ch
	}
	return c
}

// load takes the configuration from the database, or from the last one kept when the database is away.
func (c *Configuration) load(ctx context.Context) error {
	kept, fileErr := os.ReadFile(c.file)
	try, cancel := context.WithTimeout(ctx, loadPatience)
	if fileErr != nil {
		try = ctx // there is nothing else to start from
	}
	err := c.refresh(try)
	cancel()
	if err == nil {
		return nil
	}
	if fileErr != nil {
		return fmt.Errorf("no configuration: the database is away and none was kept here: %w", err)
	}
	var config lead.Config
	if fileErr := json.Unmarshal(kept, &config); fileErr != nil {
		return fmt.Errorf("the configuration kept in %s is damaged: %w", c.file, fileErr)
	}
	c.log.Warn("database is away, using the last configuration", "version", config.Version, "error", err)
	return c.use(config)
}

// refresh replaces the snapshot when the database has a newer configuration.
func (c *Configuration) refresh(ctx context.Context) error {
	c.refreshing.Lock() // what is read last is kept last
	defer c.refreshing.Unlock()
	version, err := c.store.ConfigVersion(ctx)
	if err != nil {
		return err
	}
	if s := c.current.Load(); s != nil && s.config.Version == version {
		return nil
	}
	config, err := c.store.Config(ctx)
	if err != nil {
		return err
	}
	if err := c.use(config); err != nil {
		return err
	}
	return c.keep(config)
}

// missEvery bounds how often an unknown source makes this process ask the database, whoever asks for it.
const missEvery = 100 * time.Millisecond

// source finds an open source. One that is not known here may have been made through another process a moment ago, so the database is
// asked before it is given up.
func (c *Configuration) source(ctx context.Context, key string) *openSource {
	if src := c.current.Load().sources[key]; src != nil {
		return src
	}
	last := c.missed.Load()
	if now := c.now().UnixNano(); now-last > int64(missEvery) && c.missed.CompareAndSwap(last, now) {
		ctx, cancel := context.WithTimeout(ctx, missEvery)
		defer cancel()
		_ = c.refresh(ctx) // with the database away the last configuration is what there is
	}
	return c.current.Load().sources[key]
}

// watch keeps the snapshot fresh until ctx ends. A database that is away leaves the last one in place.
func (c *Configuration) watch(ctx context.Context) error {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	away := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := c.refresh(ctx)
		if err != nil && !away && ctx.Err() == nil {
			c.log.Warn("configuration cannot be refreshed; the last one stays in use", "error", err)
		}
		away = err != nil
	}
}

// use opens every source of config and makes it the current snapshot. A source that cannot be opened does not keep the others
// from working: it is answered 503 until it is mended.
func (c *Configuration) use(config lead.Config) error {
	settings := withDefaults(config.Settings)
	location, err := time.LoadLocation(settings.TimeZone)
	if err != nil {
		return err
	}
	n, err := normalize.New(normalize.Config{Country: settings.Country, Location: location, NeverKeys: settings.NeverKeys})
	if err != nil {
		return err
	}
	next := &snapshot{config: config, sources: map[string]*openSource{}, normalizer: n, location: location}
	next.config.Settings = settings
	if next.rules, err = assign.Compile(&next.config, location); err != nil {
		c.log.Error("the stored rules cannot be used; leads wait and keep their scores until they are mended", "error", err)
		next.rules = nil
	}
	next.judge = judge{c.policy(config, n), next.rules}
	next.terms = termsOf(&next.config, next.rules)
	next.notify = c.openTargets(config, location)
	previous := c.current.Load()
	for _, s := range config.Sources {
		if previous != nil {
			if old := previous.sources[s.Key]; old != nil && old.err == nil && sameSource(old.Source, s) {
				next.sources[s.Key] = old // keeps its rate limits
				continue
			}
		}
		opened, err := c.openSource(s)
		if err != nil {
			c.log.Error("source cannot be opened", "source", s.Key, "error", err)
		}
		next.sources[s.Key] = &openSource{Source: s, source: opened, err: err}
	}
	c.current.Store(next)
	return nil
}

func sameSource(a, b lead.Source) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func (c *Configuration) openSource(s lead.Source) (connectors.Source, error) {
	ch, ok := c.channels[s.Channel]
	if !ok {
		return nil, lead.Invalid("unknown_channel", fmt.Sprintf("source %s: channel %q is not known", s.Key, s.Channel),
			"GET /v1/channels lists the channels of this hub")
	}
	spec := ch.Spec()
	plain, err := mapSecrets(s.Settings, spec.Secrets(), c.keys.open)
	if err != nil {
		return nil, lead.Invalid("bad_settings", fmt.Sprintf("source %s: %v", s.Key, err), "enter the secret again, or start with the key it was sealed under")
	}
	s.Settings = plain
	settings, err := spec.Check(s)
	if err != nil {
		return nil, err
	}
	settings.Now = c.now
	settings.Client, settings.Tokens = newClient(settings.String("api_url")), c.tokens.of(s.Key)
	return ch.Open(settings)
}

// keep writes the configuration beside the data; secrets in it are sealed as they are in the database.
func (c *Configuration) keep(config lead.Config) error {
	b, err := json.Marshal(config)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(c.file), ".configuration-*") // processes of one hub may share the folder
	if err != nil {
		return fmt.Errorf("keep configuration: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keep configuration: %w", err)
	}
	return os.Rename(f.Name(), c.file)
}

func withDefaults(s lead.Settings) lead.Settings {
	if s.NumberPrefix == "" {
		s.NumberPrefix = "XL"
	}
	if s.TimeZone == "" {
		s.TimeZone = "Asia/Shanghai"
	}
	if s.Country == "" {
		s.Country = "CN"
	}
	return s
}

// Config returns the configuration with every secret masked.
func (c *Configuration) Config(ctx context.Context) (lead.Config, error) {
	config, err := c.store.Config(ctx)
	if err != nil {
		return lead.Config{}, err
	}
	return c.masked(config), nil
}

func (c *Configuration) masked(config lead.Config) lead.Config {
	config.Settings = withDefaults(config.Settings)
	config.Notify = maskedTargets(config.Notify)
	config.Sources = slices.Clone(config.Sources)
	for i, s := range config.Sources {
		if ch, ok := c.channels[s.Channel]; ok {
			config.Sources[i].Settings, _ = mapSecrets(s.Settings, ch.Spec().Secrets(), func(v string) (string, error) {
				if v == "" {
					return "", nil
				}
				return Mask, nil
			})
		}
	}
	return config
}

// EditConfig lets fn change the configuration as Config shows it. A secret that fn leaves out or leaves masked keeps its value. The
// whole is validated; nothing is changed when anything in it is wrong. It is in use here when EditConfig returns, and in
// other processes within a second.
func (c *Configuration) EditConfig(ctx context.Context, actor string, fn func(*lead.Config) error) (lead.Config, error) {
	edited, err := c.store.EditConfig(ctx, func(config *lead.Config) error {
		before, targets := slices.Clone(config.Sources), slices.Clone(config.Notify)
		shown := c.masked(*config)
		shown.Settings = config.Settings
		*config = shown
		if err := fn(config); err != nil {
			return err
		}
		for i := range config.Sources {
			if err := c.takeSource(&config.Sources[i], before); err != nil {
				return inSource(i, err)
			}
		}
		if err := c.takeTargets(config.Notify, targets); err != nil {
			return err
		}
		return c.valid(config)
	})
	if err != nil {
		return lead.Config{}, err
	}
	c.log.Info("configuration changed", "version", edited.Version, "by", actor)
	if err := c.refresh(ctx); err != nil {
		return lead.Config{}, err
	}
	return c.masked(edited), nil
}

// takeSource restores masked secrets, checks that the source opens, and seals its secrets.
func (c *Configuration) takeSource(s *lead.Source, before []lead.Source) error {
	ch, ok := c.channels[s.Channel]
	if !ok {
		_, err := c.openSource(*s)
		return err
	}
	secrets := ch.Spec().Secrets()
	if _, err := mapSecrets(s.Settings, secrets, refuseSealed); err != nil {
		return lead.Invalid("bad_settings", fmt.Sprintf("source %s: %v", s.Key, err), "enter the secret as it is, or leave it out to keep it")
	}
	restored := restoreSecrets(*s, secrets, before)
	if _, err := c.openSource(restored); err != nil {
		var wrong *lead.Error
		if errors.As(err, &wrong) {
			return err
		}
		return lead.Invalid("bad_settings", fmt.Sprintf("source %s: %v", s.Key, err), "see the channel's settings in GET /v1/channels")
	}
	var err error
	restored.Settings, err = mapSecrets(restored.Settings, secrets, func(v string) (string, error) { return c.keys.seal(v), nil })
	*s = restored
	return err
}

// refuseSealed keeps anybody from planting the sealed text of another source's secret.
func refuseSealed(v string) (string, error) {
	if strings.HasPrefix(v, sealedPrefix) {
		return "", errors.New(sealedPrefix + " is the mark of a sealed secret and cannot begin one")
	}
	return v, nil
}

// restoreSecrets puts back the stored value of each secret that is absent or still masked.
func restoreSecrets(s lead.Source, secrets []string, before []lead.Source) lead.Source {
	i := slices.IndexFunc(before, func(o lead.Source) bool { return o.Key == s.Key })
	if i < 0 || before[i].Channel != s.Channel {
		return s
	}
	old := before[i].Settings
	out := make(map[string]any, len(s.Settings))
	for k, v := range s.Settings {
		out[k] = v
	}
	for _, name := range secrets {
		v, given := out[name]
		if list, ok := v.([]any); ok {
			out[name] = unmasked(list, old[name])
		} else if kept, ok := old[name]; ok && (!given || v == Mask) {
			out[name] = kept
		} else if v == Mask {
			delete(out, name)
		}
	}
	s.Settings = out
	return s
}

// unmasked puts the stored secrets in the place of the masks that stand for them, the first for the first: to rotate a secret, the new one is
// written beside the mask of the old.
func unmasked(list []any, kept any) []any {
	old, _ := kept.([]any)
	out := make([]any, 0, len(list))
	for _, v := range list {
		if v != Mask {
			out = append(out, v)
			continue
		}
		if len(old) > 0 {
			out, old = append(out, old[0]), old[1:]
		}
	}
	return out
}
