package dedupe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// sayings are the decisions of people, made ready to be asked about groups of touches. Touches on the same sides of the
// same decisions are one class; there are few classes, however many touches.
type sayings struct {
	decisions []lead.Decision // the latest first
	classOf   []int           // per touch; -1 = nobody decided anything about it
	classes   []class
}

type class struct {
	sides   []side // per decision
	touches []int  // ascending
}

type side uint8 // 0 = the decision is not about it

const sideB side = 2

// later orders decisions, the latest first.
func later(a, b *lead.Decision) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID)) }

func newSayings(touches []*lead.Submission, decisions []lead.Decision) sayings {
	s := sayings{decisions: slices.Clone(decisions), classOf: make([]int, len(touches))}
	for i := range s.classOf {
		s.classOf[i] = -1
	}
	if len(decisions) == 0 {
		return s
	}
	slices.SortFunc(s.decisions, func(a, b lead.Decision) int { return later(&a, &b) })
	number := make(map[string]int, len(touches))
	for i, t := range touches {
		number[t.ID] = i
	}
	sides := map[int][]side{}
	for n, d := range s.decisions {
		for which, ids := range [][]string{d.A, d.B} {
			for _, id := range ids {
				i, here := number[id]
				if !here {
					continue
				}
				if sides[i] == nil {
					sides[i] = make([]side, len(s.decisions))
				}
				sides[i][n] = side(which + 1)
			}
		}
	}
	known := map[string]int{}
	for i := range touches {
		if sides[i] == nil {
			continue
		}
		key := make([]byte, len(sides[i]))
		for n, at := range sides[i] {
			key[n] = byte(at)
		}
		k, ok := known[string(key)]
		if !ok {
			k = len(s.classes)
			known[string(key)] = k
			s.classes = append(s.classes, class{sides: sides[i]})
		}
		s.classOf[i] = k
		s.classes[k].touches = append(s.classes[k].touches, i)
	}
	return s
}

// last is the latest decision about touches of two classes, and whether it says that they are one person; nil when there is
// none. Nothing is said of two touches on the same side: a merge that a split takes back must leave nothing behind.
func (s *sayings) last(a, b int) (d *lead.Decision, one bool) {
	for n := range s.decisions {
		if x, y := s.classes[a].sides[n], s.classes[b].sides[n]; x != 0 && y != 0 && x != y {
			return &s.decisions[n], s.decisions[n].Kind == lead.DecisionMerge
		}
	}
	return nil, false
}

// forbids is the decision that keeps two groups apart, or nil.
func (s *sayings) forbids(a, b []int) *lead.Decision {
	for _, x := range a {
		for _, y := range b {
			if d, one := s.last(x, y); d != nil && !one {
				return d
			}
		}
	}
	return nil
}

// decide joins what people said is one person, the latest decision first. It is done whatever else speaks against it.
func (c *clustering) decide() {
	type pair struct {
		said *lead.Decision
		a, b int
	}
	var pairs []pair
	for a := range c.say.classes {
		for b := a + 1; b < len(c.say.classes); b++ {
			if d, one := c.say.last(a, b); one {
				pairs = append(pairs, pair{d, a, b})
			}
		}
	}
	slices.SortFunc(pairs, func(p, q pair) int { return cmp.Or(later(p.said, q.said), p.a-q.a, p.b-q.b) })
	for _, p := range pairs {
		first := c.say.classes[p.a].touches[0]
		for _, i := range append(slices.Clone(c.say.classes[p.a].touches), c.say.classes[p.b].touches...) {
			x, y := c.root(first), c.root(i)
			if x == y || c.say.forbids(c.groups[x].classes, c.groups[y].classes) != nil {
				continue
			}
			c.out.Links = append(c.out.Links, lead.Link{A: first, B: i, Decision: p.said})
			c.unite(x, y)
		}
	}
}

// keepTogether joins what a person split out together, as far as it is not one by its identities, the latest decision first.
// It comes last: who is one person without it is grouped as if nobody had decided that.
func (c *clustering) keepTogether() {
	for n := range c.say.decisions {
		if c.say.decisions[n].Kind != lead.DecisionSplit {
			continue
		}
		first := -1
		for i, class := range c.say.classOf {
			if class < 0 || c.say.classes[class].sides[n] != sideB {
				continue
			}
			if first < 0 {
				first = i
				continue
			}
			x, y := c.root(first), c.root(i)
			if x == y || c.say.forbids(c.groups[x].classes, c.groups[y].classes) != nil {
				continue
			}
			c.out.Links = append(c.out.Links, lead.Link{A: first, B: i, Decision: &c.say.decisions[n]})
			c.unite(x, y)
		}
	}
}
