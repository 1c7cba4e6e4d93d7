package labelled

import (
	"cmp"
	"container/heap"
	"slices"
)

// edge is a compared pair with its weight in log2 odds.
type edge struct {
	pair
	weight float64
}

// bound of one pair's say in a cluster: two strong agreements outvote one strong denial, no pair decides for hundreds.
const maxSay = 12

// Neighbours worth remembering: below far on average, a pair of clusters is forgotten, and looked at again only when
// one of them merges with a cluster that still knows the other.
const far = -6

// linked is two clusters that may be merged.
type linked struct {
	a, b    int32 // numbers of clusters, a < b
	average float64
	version int // sum of the versions of both when this was computed
}

type queue []linked

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(-cmp.Compare(q[i].average, q[j].average), cmp.Compare(q[i].a, q[j].a), cmp.Compare(q[i].b, q[j].b)) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(linked)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// sum is the say of all pairs between two clusters.
type sum struct {
	weight float64
	pairs  int
}

// clusters merges the two clusters with the best average weight over all their pairs, until none is above the threshold.
// A chain of single links never joins two groups that otherwise disagree. Pairs that blocking did not propose are compared
// on demand by ask. The answer depends on nothing but the weights; equal ones are taken in order of rows.
func clusters(rows int, edges []edge, threshold float64, ask func(a, b int32) float64) []int32 {
	c := &clustering{members: make([][]int32, rows), near: make([]map[int32]sum, rows), versions: make([]int, rows), ask: ask, threshold: threshold}
	for r := range rows {
		c.members[r] = []int32{int32(r)}
	}
	for _, e := range edges {
		if e.weight > far {
			c.set(e.a, e.b, sum{say(e.weight), 1})
		}
	}
	heap.Init(&c.queue)
	for len(c.queue) > 0 {
		l := heap.Pop(&c.queue).(linked)
		if c.members[l.a] != nil && c.members[l.b] != nil && l.version == c.versions[l.a]+c.versions[l.b] {
			c.merge(l.a, l.b)
		}
	}
	of := make([]int32, rows)
	for id, ms := range c.members {
		for _, r := range ms {
			of[r] = int32(id)
		}
	}
	return of
}

func say(w float64) float64 { return min(max(w, -maxSay), maxSay) }

type clustering struct {
	members   [][]int32
	near      []map[int32]sum
	versions  []int
	queue     queue
	ask       func(a, b int32) float64
	threshold float64
}

func (c *clustering) set(a, b int32, s sum) {
	for _, side := range [][2]int32{{a, b}, {b, a}} {
		if c.near[side[0]] == nil {
			c.near[side[0]] = map[int32]sum{}
		}
		c.near[side[0]][side[1]] = s
	}
	if average := s.weight / float64(s.pairs); average > c.threshold {
		c.queue = append(c.queue, linked{min(a, b), max(a, b), average, c.versions[a] + c.versions[b]})
	}
}

// merge puts b into a and looks at all neighbours of either again.
func (c *clustering) merge(a, b int32) {
	var others []int32
	for _, n := range []map[int32]sum{c.near[a], c.near[b]} {
		for o := range n {
			if o != a && o != b {
				others = append(others, o)
			}
		}
	}
	slices.Sort(others)
	others = slices.Compact(others)
	joined := map[int32]sum{}
	for _, o := range others {
		x, y := c.between(a, o), c.between(b, o)
		if s := (sum{x.weight + y.weight, x.pairs + y.pairs}); s.weight > far*float64(s.pairs) {
			joined[o] = s
		}
		delete(c.near[o], a)
		delete(c.near[o], b)
	}
	c.members[a] = append(c.members[a], c.members[b]...)
	slices.Sort(c.members[a])
	c.members[b], c.near[b] = nil, nil
	c.versions[a]++
	c.near[a] = map[int32]sum{}
	for _, o := range others {
		s, near := joined[o]
		if !near {
			continue
		}
		before := len(c.queue)
		c.set(a, o, s)
		if len(c.queue) > before {
			last := c.queue[before]
			c.queue = c.queue[:before]
			heap.Push(&c.queue, last)
		}
	}
}

// maxAsked bounds the members of either side that are asked when two large clusters are weighed.
const maxAsked = 24

// between is the say of all pairs of two clusters; those not yet known are asked for, of large clusters evenly spread ones.
func (c *clustering) between(a, o int32) sum {
	if s, ok := c.near[a][o]; ok {
		return s
	}
	var s sum
	xs, ys := spread(c.members[a]), spread(c.members[o])
	for _, x := range xs {
		for _, y := range ys {
			s.weight += say(c.ask(x, y))
		}
	}
	s.pairs = len(c.members[a]) * len(c.members[o])
	s.weight *= float64(s.pairs) / float64(len(xs)*len(ys))
	return s
}

func spread(members []int32) []int32 {
	if len(members) <= maxAsked {
		return members
	}
	some := make([]int32, maxAsked)
	for i := range some {
		some[i] = members[i*len(members)/maxAsked]
	}
	return some
}
