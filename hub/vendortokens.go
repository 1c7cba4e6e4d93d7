package hub

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

const (
	renewPatience = 40 * time.Second // of one renewal
	renewLease    = time.Minute      // longer than renewPatience and the time to keep what came of it
	renewEarly    = 10 * time.Minute // before the end, or a tenth of the token's life when that is less
	renewRetry    = 5 * time.Second  // after the first failure
	renewMost     = time.Minute
	renewLook     = 100 * time.Millisecond // how often who waits for another process's renewal looks
)

// vendorTokens keeps what vendors lend, sealed in the pool, for all processes. The last good ones are in memory as well, for when the database is away.
type vendorTokens struct {
	store   sink.FetchStore
	keys    *keyring
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	mu     sync.Mutex
	memory map[tokenKey]remembered
	turns  map[tokenKey]chan struct{} // one caller of this process at a time asks for the lease
}

type tokenKey struct{ source, name string }

// remembered is a token as this process knows it.
type remembered struct {
	token   connectors.Token
	health  lead.TokenHealth
	version int64
	unkept  bool // it is newer than what the pool has: the database was away when it came
}

func newVendorTokens(cfg Config, keys *keyring) *vendorTokens {
	return &vendorTokens{store: cfg.Store, keys: keys, now: cfg.Now, log: cfg.Logger, memory: map[tokenKey]remembered{}, turns: map[tokenKey]chan struct{}{}}
}

// of gives a source its tokens.
func (v *vendorTokens) of(source string) connectors.Tokens {
	return &sourceTokens{vendorTokens: v, source: source, failed: map[string]failedRenewal{}}
}

// sourceTokens are those of one source as it is set up now: what failed with other settings is forgotten.
type sourceTokens struct {
	*vendorTokens
	source string

	failing sync.Mutex
	failed  map[string]failedRenewal
}

type failedRenewal struct {
	err   error
	until time.Time
	times int
}

// Token returns a token that is good for a while, renewed when it must be.
func (t *sourceTokens) Token(ctx context.Context, name string, renew func(context.Context, connectors.Token) (connectors.Token, error)) (string, error) {
	for {
		k, err := t.read(ctx, name)
		if err != nil {
			if t.good(k) {
				return k.token.Value, nil // the database is away; what was lent is still good
			}
			return "", err
		}
		if t.settled(k) {
			return k.token.Value, nil
		}
		var value string
		var mine bool
		if t.takeTurn(ctx, name, !t.good(k)) {
			value, mine, err = t.renewAlone(ctx, name, renew)
			t.endTurn(name)
		}
		switch {
		case mine && err == nil:
			return value, nil
		case t.good(k): // it is early: there is time for another try, or for who is at it
			return k.token.Value, nil
		case mine:
			return "", err
		}
		if pause(ctx, renewLook); ctx.Err() != nil { // another process renews it
			return "", lead.Transient("token_awaited", "the access token is being renewed", 0, ctx.Err())
		}
	}
}

// Refuse marks the value as refused, unless another one counts by now.
func (t *sourceTokens) Refuse(ctx context.Context, name, value string) error {
	same := func(k remembered) bool { return subtle.ConstantTimeCompare([]byte(k.token.Value), []byte(value)) == 1 }
	t.mu.Lock()
	if k, ok := t.memory[tokenKey{t.source, name}]; ok && same(k) {
		k.health.Refused = true
		t.memory[tokenKey{t.source, name}] = k
	}
	t.mu.Unlock()
	k, err := t.read(ctx, name)
	if err != nil {
		return err
	}
	if !same(k) {
		return nil
	}
	return t.store.RefuseVendorToken(ctx, t.source, name, k.version)
}

func (t *sourceTokens) turn(name string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tokenKey{t.source, name}
	if t.turns[key] == nil {
		t.turns[key] = make(chan struct{}, 1)
	}
	return t.turns[key]
}

// takeTurn waits for its turn, or, without wait, takes it only when nobody has it.
func (t *sourceTokens) takeTurn(ctx context.Context, name string, wait bool) bool {
	if !wait {
		select {
		case t.turn(name) <- struct{}{}:
			return true
		default:
			return false
		}
	}
	select {
	case t.turn(name) <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *sourceTokens) endTurn(name string) { <-t.turn(name) }

// read takes what the pool has. With an error, what it returns is the last that this process knew.
func (t *sourceTokens) read(ctx context.Context, name string) (remembered, error) {
	t.mu.Lock()
	last := t.memory[tokenKey{t.source, name}]
	t.mu.Unlock()
	try, cancel := context.WithTimeout(ctx, partPatience)
	kept, err := t.store.VendorToken(try, t.source, name)
	cancel()
	if err != nil {
		return last, err
	}
	if last.unkept && kept.Version <= last.version {
		return last, nil
	}
	k := remembered{health: kept.Health, version: kept.Version}
	if kept.Secret != "" {
		if k.token, err = t.unseal(kept.Secret); err != nil {
			// Another key, as after a restore: as if there were none.
			t.log.Warn("a kept access token cannot be opened; another is asked for", "source", t.source, "error", err)
			k.token = connectors.Token{}
		} else if kept.Health.Expires != nil {
			k.token.Expires = *kept.Health.Expires
		}
	}
	t.remember(name, k)
	return k, nil
}

func (t *sourceTokens) remember(name string, k remembered) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.memory[tokenKey{t.source, name}] = k
}

// good holds for a value that may be used.
func (t *sourceTokens) good(k remembered) bool {
	return k.token.Value != "" && !k.health.Refused && (k.token.Expires.IsZero() || t.now().Before(k.token.Expires))
}

// ending holds for one that is to be renewed while it still works.
func (t *sourceTokens) ending(k remembered) bool {
	if k.token.Expires.IsZero() {
		return false
	}
	early := renewEarly
	if k.health.Obtained != nil {
		early = min(early, k.token.Expires.Sub(*k.health.Obtained)/10)
	}
	return k.token.Expires.Sub(t.now()) < early
}

// settled holds for one that needs nothing done.
func (t *sourceTokens) settled(k remembered) bool { return t.good(k) && !t.ending(k) && !k.unkept }

// renewAlone renews, unless another caller did so since, or another process does now: then mine is false.
func (t *sourceTokens) renewAlone(ctx context.Context, name string, renew func(context.Context, connectors.Token) (connectors.Token, error)) (value string, mine bool, err error) {
	if k, err := t.read(ctx, name); err == nil && t.settled(k) {
		return k.token.Value, true, nil
	}
	if err := t.failedLately(name); err != nil {
		return "", true, err
	}
	holder, lease := rand.Text(), "token/"+t.source+"/"+name
	held, err := t.store.HoldLeases(ctx, holder, []string{lease}, renewLease)
	if err != nil {
		return "", true, err
	}
	l, ok := held[lease]
	if !ok {
		return "", false, nil
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partPatience)
		defer cancel()
		_ = t.store.DropLeases(ctx, holder, lease) // else it ends by itself
	}()
	k, err := t.read(ctx, name) // it may have been renewed since it was looked at
	if err != nil {
		return "", true, err
	}
	if k.unkept {
		t.keep(ctx, l, name, &k)
	}
	if t.good(k) && !t.ending(k) {
		return k.token.Value, true, nil
	}
	try, cancel := context.WithTimeout(ctx, renewPatience)
	defer cancel()
	var fresh connectors.Token
	err = safely(t.log, t.source, func() (err error) {
		fresh, err = renew(try, k.token)
		return err
	})
	if err == nil && fresh.Value == "" {
		err = &lead.Error{Kind: lead.KindTransient, Code: "empty_token", Message: "the vendor answered without an access token"}
	}
	if err != nil {
		return "", true, t.notRenewed(ctx, l, name, k, err)
	}
	t.renewed("ok")
	t.failing.Lock()
	delete(t.failed, name)
	t.failing.Unlock()
	now := t.now().UTC()
	k = remembered{token: fresh, version: k.version, unkept: true, health: lead.TokenHealth{Name: name, Obtained: &now}}
	if !fresh.Expires.IsZero() {
		at := fresh.Expires.UTC()
		k.health.Expires = &at
	}
	t.keep(ctx, l, name, &k)
	return fresh.Value, true, nil
}

// keep writes a value. A vendor that gives a new Refresh with every token takes the old one no more, so this is tried as long as the lease lasts; after
// that the value is in memory alone, until the next call.
func (t *sourceTokens) keep(ctx context.Context, l sink.Lease, name string, k *remembered) {
	t.remember(name, *k)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewLease-renewPatience-5*time.Second)
	defer cancel()
	sealed, err := t.sealToken(k.token)
	for wait := renewLook; err == nil; wait = min(2*wait, time.Second) {
		if err = t.store.SaveVendorToken(ctx, l, sink.VendorToken{Source: t.source, Secret: sealed, Health: k.health}); err == nil {
			k.version, k.unkept = k.version+1, false
			t.remember(name, *k)
			return
		}
		if !lead.IsTransient(err) || ctx.Err() != nil {
			break
		}
		err = nil
		pause(ctx, wait)
	}
	t.log.Error("an access token cannot be kept; this process alone has it for now", "source", t.source, "error", err)
}

// notRenewed says so on the source, and keeps callers from asking again at once.
func (t *sourceTokens) notRenewed(ctx context.Context, l sink.Lease, name string, k remembered, err error) error {
	t.renewed("error")
	t.failing.Lock()
	f := t.failed[name]
	f.times++
	f.err, f.until = err, t.now().Add(retryIn(err, f.times, renewRetry, renewMost))
	t.failed[name] = f
	t.failing.Unlock()
	e := told(err)
	if f.times == 1 {
		t.log.Warn("an access token cannot be renewed", "source", t.source, "name", name, "code", e.Code, "error", unaddressed(err))
	}
	k.health.Trouble = lead.TroubleOf(k.health.Trouble, e, t.now().UTC())
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), partPatience)
	defer cancel()
	_ = t.store.SaveVendorToken(keep, l, sink.VendorToken{Source: t.source, Health: k.health}) // only words
	return err
}

func (t *sourceTokens) failedLately(name string) error {
	t.failing.Lock()
	defer t.failing.Unlock()
	if f, ok := t.failed[name]; ok && t.now().Before(f.until) {
		return f.err
	}
	return nil
}

func (t *sourceTokens) renewed(result string) {
	if t.metrics != nil {
		t.metrics.renewals.WithLabelValues(t.source, result).Inc()
	}
}

// sealedToken is what is secret of a token.
type sealedToken struct {
	Value   string `json:"value"`
	Refresh string `json:"refresh,omitempty"`
}

func (v *vendorTokens) sealToken(t connectors.Token) (string, error) {
	b, err := json.Marshal(sealedToken{t.Value, t.Refresh})
	return v.keys.seal(string(b)), err
}

func (v *vendorTokens) unseal(sealed string) (connectors.Token, error) {
	text, err := v.keys.open(sealed)
	if err != nil {
		return connectors.Token{}, err
	}
	var s sealedToken
	err = json.Unmarshal([]byte(text), &s)
	return connectors.Token{Value: s.Value, Refresh: s.Refresh}, err
}
