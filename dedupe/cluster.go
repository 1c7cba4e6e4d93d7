package dedupe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Group decides which touches are one person. It is a pure function of the set of touches, decisions and known generic
// identities: their order does not matter, so any way in which submissions arrive gives the same clusters.
//
// What people decided is done first. Then identities join, the strongest first and each in a fixed order; what
// speaks against joining two groups is looked at each time. An identity that is known to be generic joins nothing, nor
// does one that turns out to be.
func (p Policy) Group(touches []*lead.Submission, decisions []lead.Decision, generic map[lead.Identity]bool) lead.Grouping {
	c := newClustering(&p.Rules, touches, decisions)
	c.generalise(generic)
	c.gather()
	c.decide()
	for _, id := range c.identities() {
		c.joinBy(id)
	}
	c.keepTogether()
	return c.result()
}

// clustering is the work of one Group. Touches are numbered in order of time, then id.
type clustering struct {
	rules   *Rules
	touches []*lead.Submission
	place   []int                   // in the caller's list
	usable  [][]lead.Identity       // per touch
	carried map[lead.Identity][]int // touches that carry an identity, ascending
	generic map[lead.Identity]bool
	say     sayings

	parent []int    // union-find; the root is the lowest number
	groups []*group // by root
	out    lead.Grouping
}

// group is a set of touches that are one person so far.
type group struct {
	ids   []lead.Identity // sorted; without generic ones
	names []person        // each key once
	// When a full name was given first and last; zero when none was.
	first, last time.Time
	classes     []int // of sayings, sorted
}

func newClustering(r *Rules, touches []*lead.Submission, decisions []lead.Decision) *clustering {
	n := len(touches)
	c := &clustering{rules: r, touches: make([]*lead.Submission, n), place: make([]int, n), usable: make([][]lead.Identity, n),
		carried: map[lead.Identity][]int{}, generic: map[lead.Identity]bool{}, parent: make([]int, n), groups: make([]*group, n)}
	for i := range c.place {
		c.place[i] = i
	}
	slices.SortFunc(c.place, func(a, b int) int {
		return cmp.Or(touches[a].EventTime.Compare(touches[b].EventTime), strings.Compare(touches[a].ID, touches[b].ID))
	})
	for i, p := range c.place {
		c.touches[i] = touches[p]
		c.usable[i] = r.usable(touches[p].Identities)
		for _, id := range c.usable[i] {
			if at := c.carried[id]; len(at) == 0 || at[len(at)-1] != i {
				c.carried[id] = append(at, i)
			}
		}
	}
	c.say = newSayings(c.touches, decisions)
	return c
}

// generalise finds the identities that carry too many different values of another kind. The count only grows with
// the set of touches, so an identity that is generic stays so whatever else arrives.
func (c *clustering) generalise(known map[lead.Identity]bool) {
	for id, at := range c.carried {
		switch {
		case known[id]:
			c.generic[id] = true
		case len(at) > c.rules.limit(id.Kind) && c.crowded(id, at):
			c.generic[id] = true
			c.out.Generic = append(c.out.Generic, id)
		}
	}
	slices.SortFunc(c.out.Generic, lead.CompareIdentities)
}

func (c *clustering) crowded(id lead.Identity, at []int) bool {
	type kind struct{ kind, scope string }
	values := map[kind]map[string]bool{}
	names := map[string]bool{}
	limit := c.rules.limit(id.Kind)
	for _, i := range at {
		if p, ok := personOf(c.touches[i].Name); ok && p.full() {
			names[c.touches[i].Name.Key] = true
		}
		for _, other := range c.usable[i] {
			k := kind{other.Kind, other.Scope}
			if other == id {
				continue
			}
			if values[k] == nil {
				values[k] = map[string]bool{}
			}
			values[k][other.Value] = true
			if len(values[k]) > limit {
				return true
			}
		}
	}
	return len(names) > c.rules.genericNames()
}

// gather makes a group of every touch.
func (c *clustering) gather() {
	for i := range c.touches {
		g := &group{}
		for _, id := range c.usable[i] {
			if !c.generic[id] {
				g.ids = append(g.ids, id)
			}
		}
		g.ids = lead.SortIdentities(g.ids)
		if p, ok := personOf(c.touches[i].Name); ok {
			g.names = []person{p}
			if p.full() {
				g.first, g.last = c.touches[i].EventTime, c.touches[i].EventTime
			}
		}
		if class := c.say.classOf[i]; class >= 0 {
			g.classes = []int{class}
		}
		c.parent[i], c.groups[i] = i, g
	}
}

// identities are those that may join something, in the order in which they do.
func (c *clustering) identities() []lead.Identity {
	out := make([]lead.Identity, 0, len(c.carried))
	for id, at := range c.carried {
		if len(at) > 1 && !c.generic[id] {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, lead.CompareIdentities)
	return out
}

func (c *clustering) root(i int) int {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

// unite makes one group of two roots and returns its root.
func (c *clustering) unite(a, b int) int {
	if a > b {
		a, b = b, a
	}
	g, h := c.groups[a], c.groups[b]
	g.ids = lead.SortIdentities(slices.Concat(g.ids, h.ids))
	for _, p := range h.names {
		if !slices.ContainsFunc(g.names, func(q person) bool { return q.key == p.key }) {
			g.names = append(g.names, p)
		}
	}
	if g.first.IsZero() || !h.first.IsZero() && h.first.Before(g.first) {
		g.first = h.first
	}
	if h.last.After(g.last) {
		g.last = h.last
	}
	g.classes = append(g.classes, h.classes...)
	slices.Sort(g.classes)
	g.classes = slices.Compact(g.classes)
	c.parent[b], c.groups[b] = a, nil
	return a
}

// insists reports whether somebody gave his name more than once, and not only because he sent a form twice.
func (g *group) insists() bool { return g.last.Sub(g.first) >= time.Hour }

func (c *clustering) result() lead.Grouping {
	c.out.Part = make([]int, len(c.touches))
	number := map[int]int{}
	for i := range c.touches {
		root := c.root(i)
		if _, ok := number[root]; !ok {
			number[root] = len(number)
		}
		c.out.Part[c.place[i]] = number[root]
	}
	for i := range c.out.Links {
		j := &c.out.Links[i]
		j.A, j.B = c.place[j.A], c.place[j.B]
	}
	// What was held back for one identity may have been joined by another.
	c.out.Held = slices.DeleteFunc(c.out.Held, func(h lead.Held) bool { return c.root(h.A) == c.root(h.B) })
	for i := range c.out.Held {
		h := &c.out.Held[i]
		h.A, h.B = c.place[h.A], c.place[h.B]
	}
	return c.out
}
