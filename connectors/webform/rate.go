package webform

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

const (
	rateShards    = 32
	ratePerShard  = 512 // addresses; with the shards about 1 MB for a source under attack from everywhere
	defaultRate   = 60
	refuseAbove   = 10 // times the limit
	spamRatePoint = 100
)

// limiter counts posts per address over a sliding minute. Its memory is bounded; when it is full it forgets.
type limiter struct {
	seed   maphash.Seed
	shards [rateShards]rateShard
}

type rateShard struct {
	mu sync.Mutex
	by map[netip.Addr]window
}

// window holds the posts of one minute of the clock and of the one before.
type window struct {
	minute        int64
	count, before int
}

func newLimiter() *limiter { return &limiter{seed: maphash.MakeSeed()} }

// count adds one post and returns how many there were in the last minute, the older ones in proportion.
func (l *limiter) count(addr netip.Addr, now time.Time) int {
	minute, second := now.Unix()/60, now.Unix()%60
	shard := &l.shards[maphash.Comparable(l.seed, addr)%rateShards]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	w, known := shard.by[addr]
	switch {
	case !known:
		shard.makeRoom(minute)
		w = window{minute: minute}
	case w.minute == minute-1:
		w = window{minute: minute, before: w.count}
	case w.minute != minute:
		w = window{minute: minute}
	}
	w.count++
	shard.by[addr] = w
	return w.count + w.before*int(60-second)/60
}

func (s *rateShard) makeRoom(minute int64) {
	if s.by == nil {
		s.by = map[netip.Addr]window{}
	}
	if len(s.by) < ratePerShard {
		return
	}
	for addr, w := range s.by {
		if w.minute < minute-1 {
			delete(s.by, addr)
		}
	}
	for addr := range s.by { // still full: forget some, in no order
		if len(s.by) < ratePerShard*3/4 {
			return
		}
		delete(s.by, addr)
	}
}

// sharedNet is what cloud load balancers and carriers use between themselves and us (RFC 6598).
var sharedNet = netip.MustParsePrefix("100.64.0.0/10")

// visitor reads the address out of RemoteAddr: a whole IPv4 address, or the /64 of an IPv6 one, which is what one
// household or server gets. private means a proxy or a neighbour, behind which stand many visitors.
func visitor(remoteAddr string) (addr netip.Addr, private, ok bool) {
	if ap, err := netip.ParseAddrPort(remoteAddr); err == nil {
		addr = ap.Addr()
	} else if addr, err = netip.ParseAddr(remoteAddr); err != nil {
		return addr, false, false
	}
	addr = addr.Unmap().WithZone("")
	private = addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || sharedNet.Contains(addr)
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	return addr, private, true
}
