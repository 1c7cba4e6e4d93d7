package assign

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// weighted is a smooth weighted round robin: with every lead everybody earns his weight, and who gets it pays for all. Of those who have
// earned enough it is who would be the first to fall behind. As long as the same reps with the same weights share, each is within one lead
// of his exact share at every prefix, however many they are. When they are others
// than before, the credits start again: what was earned among others says nothing about these. A tie goes to who got the fewest today for
// his weight, then to the first by key.
//
// A credit is worked out of the leads that each had since the shares began, so that a lead changes the state of the chosen alone. A rep who may
// not have just this lead is passed over, and keeps his credit for the next: somebody else of able may.
func (c *choosing) weighted(name string, able []*candidate) *candidate {
	s := c.share(name, able)
	best, most := -1, int64(math.MinInt64)
	for i, k := range able {
		k.credit = (s.given+1)*int64(k.rep.Weight) - s.leads[i]*s.total
		if c.cools(k) {
			continue
		}
		if best < 0 || s.before(k, able[best]) {
			best = i
		}
		most = max(most, k.credit)
	}
	s.given++
	s.leads[best]++
	chosen := able[best]
	turn := chosen.state.Turns[name]
	turn.Leads++
	chosen.state.TakeTurn(name, turn)
	how := " had the most credit ("
	if chosen.credit < most {
		how = " was due first ("
	}
	c.out.Why = chosen.rep.Key + how + strconv.FormatInt(chosen.credit, 10) + ") with weight " + strconv.Itoa(chosen.rep.Weight) +
		" of " + strconv.FormatInt(s.total, 10) + ", after " + strconv.FormatInt(chosen.state.Assigned, 10) + " leads"
	return chosen
}

// share is how leads were given among reps since their shares began.
type share struct {
	able  []*candidate
	leads []int64 // that each had
	given int64   // sum of leads
	total int64   // sum of weights
}

// before reports whether the next lead is for a rather than for b, as their credits are. It is the rule of Tijdeman (The chairman assignment
// problem, 1980): with n reps a share may be missed by less than a lead, by 1-1/(2n-2) of one. Who would be ahead by more if he got this
// lead waits; of the others it is who would be behind by more the soonest. To give it to whoever has the most credit does not keep that
// bound once there are more than a few.
func (s *share) before(a, b *candidate) bool {
	part := int64(max(2*len(s.able)-2, 1))
	if ripe := a.credit*part >= s.total; ripe != (b.credit*part >= s.total) {
		return ripe
	}
	x, y := ((part-1)*s.total-part*a.credit)*int64(b.rep.Weight), ((part-1)*s.total-part*b.credit)*int64(a.rep.Weight)
	return x < y || x == y && fewer(a.state.Today, a, b.state.Today, b)
}

// share lets reps share what a name stands for, from now on unless they are doing so already.
func (c *choosing) share(name string, able []*candidate) *share {
	if s := c.shares[name]; s != nil && len(s.able) == len(able) && &s.able[0] == &able[0] {
		return s
	}
	s := &share{able: able, leads: make([]int64, len(able))}
	c.shares[name] = s
	set, same, latest := setOf(able), true, int64(0)
	first := able[0].state.Turns[name]
	for i, k := range able {
		turn := k.state.Turns[name]
		same = same && turn.Set == set && turn.Since == first.Since && turn.Since != 0
		latest = max(latest, turn.Since)
		s.leads[i] = turn.Leads
		s.given += turn.Leads
		s.total += int64(k.rep.Weight)
	}
	if same {
		return s
	}
	s.given = 0
	clear(s.leads)
	fresh := lead.Turn{Set: set, Since: max(latest+1, c.now.UnixMicro())}
	for _, k := range able {
		k.state.TakeTurn(name, fresh)
		c.staff.Change(k.rep.Key)
	}
	return s
}

// setOf names a set of reps and their weights. 32 bits are enough: it is compared with the set before alone.
func setOf(able []*candidate) uint32 {
	h := fnv.New32a()
	var b []byte
	for _, k := range able {
		b = append(b[:0], k.rep.Key...)
		b = strconv.AppendInt(append(b, ' '), int64(k.rep.Weight), 10)
		_, _ = h.Write(append(b, '\n'))
	}
	return h.Sum32()
}

// fewer reports whether n leads are fewer for the weight of a than m for that of b.
func fewer(n int, a *candidate, m int, b *candidate) bool {
	return int64(n)*int64(b.rep.Weight) < int64(m)*int64(a.rep.Weight)
}

// leastLoaded is who holds the fewest leads for his weight, the first by key of several.
func leastLoaded(able []*candidate) *candidate {
	best := able[0]
	for _, k := range able[1:] {
		if fewer(k.state.Held, k, best.state.Held, best) {
			best = k
		}
	}
	return best
}

// highest are those of the highest level.
func highest(able []*candidate) []*candidate {
	var out []*candidate
	for _, k := range able {
		if len(out) > 0 && k.rep.Level > out[0].rep.Level {
			out = out[:0]
		}
		if len(out) == 0 || k.rep.Level == out[0].rep.Level {
			out = append(out, k)
		}
	}
	return out
}

// stick gives the lead to the rep that the person asked for, else to one who owns a lead of the same company, when he may have it.
// The target of the rule does not matter; the counters of the round robin are not touched.
func (c *choosing) stick(tried *lead.Tried) bool {
	why := ""
	try := func(key, reason string) bool {
		i, found := slices.BinarySearchFunc(c.all, key, func(k candidate, key string) int { return strings.Compare(k.rep.Key, key) })
		if !found {
			return false
		}
		k := &c.all[i]
		k.credit = 0
		tried.Reps = append(tried.Reps, c.told(k))
		if code := c.reason(k); code != "" {
			why += reason + ", but " + code + "; "
			return false
		}
		tried.Why, c.out.Why = reason, key+" "+reason
		c.give(k)
		return true
	}
	if hint := extra(c.rec, lead.FieldOwnerHint); hint != "" {
		switch asked := askedFor(hint, c.staff.Reps); len(asked) {
		case 0:
			why += "nobody has the name that was asked for; "
		case 1:
			if try(asked[0], "was asked for by name") {
				return true
			}
		default:
			why += "several reps have the name that was asked for; "
		}
	}
	for _, key := range c.staff.Owners[c.rec.CompanyKey()] {
		if c.rec.CompanyKey() != "" && try(key, "owns a lead of the same company") {
			return true
		}
	}
	tried.Why, tried.Reps = why, nil
	return false
}
