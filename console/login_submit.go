package console

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/leadhub/leadhub/lead"
)

func (s *site) loginSubmit(v *visit) error {
	address := remoteAddress(v.Request)
	if !s.attempts.allowed(address) {
		return &lead.Error{Kind: lead.KindLimited, Code: "too_many_attempts", Message: "too many wrong tokens from this address",
			Hint: "wait a minute and try again", RetryAfter: time.Minute}
	}
	next := localPath(v.PostForm.Get("next"))
	t, err := s.Authenticator.Authenticate(v.Context(), strings.TrimSpace(v.PostForm.Get("token")))
	if err == nil {
		err = v.enter(t)
	}
	if err != nil {
		if why := notLetIn[lead.AsError(err).Code]; why != "" {
			v.renderStatus(http.StatusForbidden, "login_show", loginPage{Next: next, Error: why})
			return nil
		}
		if lead.AsError(err).Kind != lead.KindUnauthorized {
			return err
		}
		s.attempts.failed(address)
		s.Logger.Warn("a sign-in to the console was refused", "address", address)
		v.renderStatus(http.StatusUnauthorized, "login_show", loginPage{Next: next, Error: "login.wrong"})
		return nil
	}
	in := newSession(s.now()).of(t, s.SessionKey) // a new nonce: what a visitor knew is worth nothing now
	http.SetCookie(v.w, cookie(v.Request, sessionCookie, in.encode(s.SessionKey), sessionLength))
	if next == "" {
		next = "/"
	}
	return v.redirect(next)
}

// notLetIn are the texts for tokens that are known and open nothing here, by code.
var notLetIn = map[string]string{"not_admin": "login.not_admin", "missing_scope": "login.no_read", "rep_inactive": "login.rep_inactive"}

func (s *site) logout(v *visit) error {
	v.signOut()
	return v.redirect("/login")
}

// attempts counts wrong tokens per address: five at once, then one in ten seconds. Right ones cost nothing.
type attempts struct {
	mu  sync.Mutex
	by  map[string]*rate.Limiter
	now func() time.Time
}

const maxAddresses = 10_000 // then all are forgotten, so that memory stays bounded

func newAttempts(now func() time.Time) *attempts {
	return &attempts{by: map[string]*rate.Limiter{}, now: now}
}

func (a *attempts) allowed(address string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.by[address]
	return l == nil || l.TokensAt(a.now()) >= 1
}

func (a *attempts) failed(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by[address] == nil {
		if len(a.by) >= maxAddresses {
			clear(a.by)
		}
		a.by[address] = rate.NewLimiter(rate.Every(10*time.Second), 5)
	}
	a.by[address].AllowN(a.now(), 1)
}

// remoteAddress is the peer's, not what a header claims: a header could be changed with every attempt.
func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
