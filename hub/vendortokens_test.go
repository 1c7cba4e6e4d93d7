package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// lender lends tokens that are good for a time.
type lender struct {
	life     time.Duration
	now      func() time.Time
	renewals atomic.Int64
	together atomic.Int64
	most     atomic.Int64
	fail     atomic.Pointer[lead.Error]
	kept     sync.Map // number of the renewal → what was kept
}

func (l *lender) renew(ctx context.Context, kept connectors.Token) (connectors.Token, error) {
	n := l.renewals.Add(1)
	l.most.Store(max(l.most.Load(), l.together.Add(1)))
	defer l.together.Add(-1)
	pause(ctx, 20*time.Millisecond)
	l.kept.Store(n, kept)
	if e := l.fail.Load(); e != nil {
		return connectors.Token{}, e
	}
	return connectors.Token{Value: fmt.Sprint("value-", n), Refresh: fmt.Sprint("refresh-", n), Expires: l.now().Add(l.life)}, nil
}

// tokensOf is what a process of this world gives a source.
func tokensOf(t testing.TB, w *world, clock *atomic.Int64) (*vendorTokens, *breakable) {
	store := &breakable{Store: w.open()}
	keys, err := newKeyring([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	return newVendorTokens(Config{Store: store, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }}, keys), store
}

func TestATokenIsRenewedByOneCallerOverAllProcesses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var clock atomic.Int64
		a, store := tokensOf(t, w, &clock)
		b, _ := tokensOf(t, w, &clock)
		l := &lender{life: 2 * time.Hour, now: a.now}
		all := []connectors.Tokens{a.of("shop"), a.of("shop"), b.of("shop")}
		ask := func(want string) {
			t.Helper()
			var wg sync.WaitGroup
			for i := range 12 {
				wg.Go(func() {
					v, err := all[i%3].Token(t.Context(), "access", l.renew)
					if err != nil || v != want {
						t.Errorf("%q, %v, not %q", v, err, want)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, l.most.Load())
		}
		ask("value-1")
		require.EqualValues(t, 1, l.renewals.Load())
		k, _ := l.kept.Load(int64(1))
		require.Zero(t, k)

		// It is sealed at rest.
		kept, err := store.Store.VendorToken(t.Context(), "shop", "access")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(kept.Secret, sealedPrefix))
		require.NotContains(t, fmt.Sprint(kept), "value-1")
		list, err := store.Fetchings(t.Context())
		require.NoError(t, err)
		require.NotContains(t, fmt.Sprint(list), "value-1")
		require.Equal(t, "access", list[0].Tokens[0].Name)
		require.NotNil(t, list[0].Tokens[0].Expires)

		// Early, as the vendor's clock is not ours.
		clock.Store(int64(2*time.Hour - 5*time.Minute))
		v, err := all[2].Token(t.Context(), "access", l.renew)
		require.NoError(t, err)
		require.Equal(t, "value-2", v)
		ask("value-2")
		k, _ = l.kept.Load(int64(2))
		require.Equal(t, []string{"value-1", "refresh-1"}, []string{k.(connectors.Token).Value, k.(connectors.Token).Refresh})

		// A value that is refused is renewed once, however many were told so.
		require.NoError(t, all[0].Refuse(t.Context(), "access", "value-1"), "an older one")
		ask("value-2")
		require.NoError(t, all[0].Refuse(t.Context(), "access", "value-2"))
		require.NoError(t, all[2].Refuse(t.Context(), "access", "value-2"))
		ask("value-3")
		require.NoError(t, all[2].Refuse(t.Context(), "access", "value-2"))
		ask("value-3")
		require.EqualValues(t, 3, l.renewals.Load())
	})
}

func TestATokenThatCannotBeRenewedSaysWhyAndServesWhileItIsGood(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	var clock atomic.Int64
	v, store := tokensOf(t, w, &clock)
	l := &lender{life: time.Hour, now: v.now}
	tokens := v.of("shop")
	_, err := tokens.Token(t.Context(), "access", l.renew)
	require.NoError(t, err)
	l.fail.Store(&lead.Error{Kind: lead.KindUnauthorized, Code: "bad_app_secret", Message: "the vendor does not know this app"})
	clock.Store(int64(58 * time.Minute))
	for range 3 {
		got, err := tokens.Token(t.Context(), "access", l.renew)
		require.NoError(t, err)
		require.Equal(t, "value-1", got, "it is early: the value still works")
	}
	require.EqualValues(t, 2, l.renewals.Load(), "not at every call")
	list, err := store.Fetchings(t.Context())
	require.NoError(t, err)
	health := list[0].Tokens[0]
	require.Equal(t, []string{"bad_app_secret", "the vendor does not know this app"}, []string{health.Trouble.Code, health.Trouble.Message})
	require.NotNil(t, health.Obtained)

	clock.Store(int64(time.Hour))
	_, err = tokens.Token(t.Context(), "access", l.renew)
	require.Equal(t, "bad_app_secret", lead.AsError(err).Code)
	renewals := l.renewals.Load()
	for range 20 {
		_, err = tokens.Token(t.Context(), "access", l.renew)
		require.Equal(t, lead.KindUnauthorized, lead.AsError(err).Kind)
	}
	require.LessOrEqual(t, l.renewals.Load(), renewals+1, "callers do not hammer the vendor")

	l.fail.Store(nil)
	got, err := v.of("shop").Token(t.Context(), "access", l.renew) // the settings were mended
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint("value-", l.renewals.Load()), got)
	list, err = store.Fetchings(t.Context())
	require.NoError(t, err)
	require.Nil(t, list[0].Tokens[0].Trouble)
}

func TestARenewalThatPanicsOrAnswersNothingIsAnError(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	var clock atomic.Int64
	v, _ := tokensOf(t, w, &clock)
	_, err := v.of("shop").Token(t.Context(), "a", func(context.Context, connectors.Token) (connectors.Token, error) { panic("a bug") })
	require.Equal(t, "connector_failed", lead.AsError(err).Code)
	_, err = v.of("shop").Token(t.Context(), "a", func(context.Context, connectors.Token) (connectors.Token, error) { return connectors.Token{}, nil })
	require.Equal(t, "empty_token", lead.AsError(err).Code)
	got, err := v.of("shop").Token(t.Context(), "a", func(context.Context, connectors.Token) (connectors.Token, error) {
		return connectors.Token{Value: "for good"}, nil
	})
	require.NoError(t, err)
	require.Equal(t, "for good", got)
	clock.Store(int64(1000 * time.Hour))
	got, err = v.of("shop").Token(t.Context(), "a", func(context.Context, connectors.Token) (connectors.Token, error) {
		return connectors.Token{}, errors.New("it does not end, so nobody asks")
	})
	require.NoError(t, err)
	require.Equal(t, "for good", got)
}

func TestWhileTheDatabaseIsAwayTheLastGoodTokenServes(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	var clock atomic.Int64
	v, store := tokensOf(t, w, &clock)
	l := &lender{life: time.Hour, now: v.now}
	tokens := v.of("shop")
	_, err := tokens.Token(t.Context(), "access", l.renew)
	require.NoError(t, err)
	store.away.Store(true)
	clock.Store(int64(59 * time.Minute))
	got, err := tokens.Token(t.Context(), "access", l.renew)
	require.NoError(t, err)
	require.Equal(t, "value-1", got)
	clock.Store(int64(time.Hour))
	_, err = tokens.Token(t.Context(), "access", l.renew)
	require.True(t, lead.IsTransient(err))
	require.EqualValues(t, 1, l.renewals.Load(), "nobody renews without the others knowing")
}

func TestATokenThatCameWhileTheDatabaseWentAwayIsKeptLater(t *testing.T) {
	t.Parallel()
	w := embeddedWorld(t)
	var clock atomic.Int64
	v, store := tokensOf(t, w, &clock)
	l := &lender{life: time.Hour, now: v.now}
	tokens := v.of("shop").(*sourceTokens)
	_, err := tokens.Token(t.Context(), "access", l.renew)
	require.NoError(t, err)
	clock.Store(int64(time.Hour))
	// The vendor has taken refresh-1 for the last time when the database goes away: only this process knows refresh-2.
	k, err := tokens.read(t.Context(), "access")
	require.NoError(t, err)
	fresh, err := l.renew(t.Context(), k.token)
	require.NoError(t, err)
	k.token, k.unkept = fresh, true
	k.health.Expires = &fresh.Expires
	tokens.remember("access", k)

	got, err := tokens.Token(t.Context(), "access", l.renew)
	require.NoError(t, err)
	require.Equal(t, "value-2", got)
	require.EqualValues(t, 2, l.renewals.Load())
	kept, err := store.Store.VendorToken(t.Context(), "shop", "access")
	require.NoError(t, err)
	require.EqualValues(t, 2, kept.Version)
	again, err := v.unseal(kept.Secret)
	require.NoError(t, err)
	require.Equal(t, "refresh-2", again.Refresh)
}
