package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/leadhub/leadhub/lead"
)

// Look-ups of one rep, or of one token that is no rep's: enough for somebody with a phone in his hand, too few to try numbers out.
const (
	knownPerMinute = 20
	knownAtOnce    = 10
)

// lookups count the look-ups of everybody in this process.
type lookups struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

func (l *lookups) allow(t lead.Token) error {
	who := "token " + t.ID
	if t.Rep != "" { // all his tokens are one rep
		who = "rep " + t.Rep
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*rate.Limiter{}
	}
	if l.of[who] == nil {
		l.of[who] = rate.NewLimiter(rate.Every(time.Minute/knownPerMinute), knownAtOnce)
	}
	r := l.of[who].Reserve()
	wait := r.Delay()
	if wait == 0 {
		return nil
	}
	r.Cancel()
	return &lead.Error{Kind: lead.KindLimited, Code: "too_many_lookups", Message: "too many phones were looked up", Hint: "wait a little", RetryAfter: wait}
}

type knownIn struct {
	Phone string `query:"phone" required:"true" minLength:"5" maxLength:"40" doc:"The whole number; a + is sent as %2B."`
}

func (s *server) known(ctx context.Context, in *knownIn) (*body[lead.Known], error) {
	t := caller(ctx)
	if err := s.lookups.allow(t); err != nil {
		return nil, err
	}
	k, err := s.Known.Known(ctx, in.Phone, t.Rep)
	return &body[lead.Known]{k}, err
}
