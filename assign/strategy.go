package assign

import (
	"hash/fnv"
	"strconv"

	"github.com/leadhub/leadhub/lead"
)

// setMark stands behind a name of credits where a state keeps among whom they are shared.
const setMark = "#"

// weighted is the smooth weighted round robin: everybody earns his weight, and who has the most credit pays for all. As long as the
// same reps with the same weights share, each is within one lead of his exact share at every prefix. When they are others than
// before, the credits start again: what was earned among others says nothing about these. A tie goes to who got the fewest
// today for his weight, then to the first by key.
func (c *choosing) weighted(name string, able []*candidate) *candidate {
	set, mark := setOf(able), name+setMark
	fresh, marked := false, true
	for _, k := range able {
		had, ok := k.state.Credit[mark]
		fresh, marked = fresh || ok && had != set, marked && ok
	}
	var best *candidate
	total := int64(0)
	for _, k := range able {
		weight := int64(k.rep.Weight)
		total += weight
		if k.state.Credit == nil {
			k.state.Credit = map[string]int64{}
		}
		k.credit = weight
		if !fresh {
			k.credit += k.state.Credit[name]
		}
		k.state.Credit[name] = k.credit
		if fresh || !marked {
			k.state.Credit[mark] = set
		}
		if best == nil || k.credit > best.credit || k.credit == best.credit && fewer(k.state.Today, k, best.state.Today, best) {
			best = k
		}
	}
	best.state.Credit[name] -= total
	c.out.Why = best.rep.Key + " had the most credit (" + strconv.FormatInt(best.credit, 10) + ") with weight " + strconv.Itoa(best.rep.Weight) +
		" of " + strconv.FormatInt(total, 10) + ", after " + strconv.FormatInt(best.state.Assigned, 10) + " leads"
	return best
}

// setOf names a set of reps and their weights. 32 bits are enough: it is compared with the set before alone.
func setOf(able []*candidate) int64 {
	h := fnv.New32a()
	var b []byte
	for _, k := range able {
		b = append(b[:0], k.rep.Key...)
		b = strconv.AppendInt(append(b, ' '), int64(k.rep.Weight), 10)
		_, _ = h.Write(append(b, '\n'))
	}
	return int64(h.Sum32())
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
		for i := range c.staff.Reps {
			if c.staff.Reps[i].Key != key {
				continue
			}
			k := c.look(&c.staff.Reps[i])
			tried.Reps = append(tried.Reps, k.told())
			if k.code != "" {
				why += reason + ", but " + k.code + "; "
				return false
			}
			tried.Why, c.out.Why = reason, key+" "+reason
			c.give(&k)
			return true
		}
		return false
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
