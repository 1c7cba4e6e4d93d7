package dedupe

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// joinBy joins the groups that carry an identity, as far as nothing speaks against it. First those that agree in something
// else as well, then the rest, each with the group that it shares most with: so a touch that shows nothing but
// the family's phone cannot decide, by coming first, who of the family the others are.
func (c *clustering) joinBy(id lead.Identity) {
	for _, run := range c.holders(id) {
		c.joinAgreeing(id, run)
		var heads []int
		for _, i := range run {
			root := c.root(i)
			if slices.ContainsFunc(heads, func(h int) bool { return c.root(h) == root }) {
				continue
			}
			best, held := c.best(id, heads, i)
			if best < 0 {
				heads = append(heads, i)
				c.out.Held = append(c.out.Held, held...)
				continue
			}
			c.out.Links = append(c.out.Links, lead.Link{A: heads[best], B: i, Identity: id})
			c.unite(c.root(heads[best]), root)
		}
	}
}

// joinAgreeing joins those of run that share another identity or a full name.
func (c *clustering) joinAgreeing(id lead.Identity, run []int) {
	byOther, byName := map[lead.Identity]int{}, map[string]int{}
	agree := func(first, i int) {
		a, b := c.root(first), c.root(i)
		if a != b && c.against(a, b, id).Reason == "" {
			c.out.Links = append(c.out.Links, lead.Link{A: first, B: i, Identity: id})
			c.unite(a, b)
		}
	}
	for _, i := range run {
		for _, other := range c.usable[i] {
			if other == id || c.generic[other] {
				continue
			}
			if first, ok := byOther[other]; ok {
				agree(first, i)
			} else {
				byOther[other] = i
			}
		}
		if p, ok := personOf(c.touches[i].Name); ok && p.full() {
			if first, ok := byName[p.key]; ok {
				agree(first, i)
			} else {
				byName[p.key] = i
			}
		}
	}
}

// best is the one of heads whose group touch i joins by id, or -1 and what spoke against each.
func (c *clustering) best(id lead.Identity, heads []int, i int) (int, []lead.Held) {
	at, most := -1, -1
	var held []lead.Held
	mine := c.groups[c.root(i)]
	for n, head := range heads {
		if h := c.against(c.root(head), c.root(i), id); h.Reason != "" {
			h.A, h.B, h.Identity = head, i, id
			held = append(held, h)
			continue
		}
		theirs := c.groups[c.root(head)]
		score := 0
		for _, other := range theirs.ids {
			if _, ok := slices.BinarySearchFunc(mine.ids, other, lead.CompareIdentities); ok {
				score += 2 * other.Strength()
			}
		}
		if sameName(mine.names, theirs.names) {
			score++
		}
		if score > most {
			at, most = n, score
		}
	}
	return at, held
}

// against says what speaks against joining two groups by an identity; Reason "" when nothing does.
func (c *clustering) against(a, b int, by lead.Identity) lead.Held {
	g, h := c.groups[a], c.groups[b]
	if d := c.say.forbids(g.classes, h.classes); d != nil {
		return lead.Held{Reason: lead.HeldDecision, Decision: d}
	}
	shared := 0
	for _, id := range g.ids {
		if _, ok := slices.BinarySearchFunc(h.ids, id, lead.CompareIdentities); ok {
			shared++
		}
	}
	unique := c.onlyOne(g.ids, h.ids)
	// Either side stands by itself: by an identity of its own, or by a name that was given more than once.
	two := (len(g.ids) > shared || g.insists()) && (len(h.ids) > shared || h.insists())
	switch {
	case unique != nil:
		return lead.Held{Reason: lead.HeldUnique, Other: *unique}
	case shared < 2 && two && conflicting(g.names, h.names) && (by.Kind == lead.IdentityMobile || by.Kind == lead.IdentityEmail):
		return lead.Held{Reason: lead.HeldConflict}
	case shared < 2 && len(g.ids) > c.rules.bridge() && len(h.ids) > c.rules.bridge():
		return lead.Held{Reason: lead.HeldBridge}
	case len(g.ids)+len(h.ids)-shared > c.rules.maxIdentities():
		return lead.Held{Reason: lead.HeldTooMany}
	}
	return lead.Held{}
}

// onlyOne finds a kind and scope of which a person has only one identity, and in which two groups have different ones. Both
// lists are sorted, so those of one kind and scope stand together.
func (c *clustering) onlyOne(a, b []lead.Identity) *lead.Identity {
	for i := 0; i < len(a); {
		of, n := a[i], sameScope(a[i:])
		j := slices.IndexFunc(b, func(id lead.Identity) bool { return id.Kind == of.Kind && id.Scope == of.Scope })
		if j >= 0 && c.rules.unique(of) {
			theirs := b[j : j+sameScope(b[j:])]
			if !slices.ContainsFunc(a[i:i+n], func(id lead.Identity) bool { return slices.Contains(theirs, id) }) {
				return &lead.Identity{Kind: of.Kind, Scope: of.Scope}
			}
		}
		i += n
	}
	return nil
}

// sameScope is how many at the head of a sorted list are of one kind and scope.
func sameScope(ids []lead.Identity) int {
	n := 1
	for n < len(ids) && ids[n].Kind == ids[0].Kind && ids[n].Scope == ids[0].Scope {
		n++
	}
	return n
}

// holders are the touches that carry an identity, in order of time, one list for each holder. A mobile number changes
// hands: it is silent for long, and then comes back with a name that conflicts with all before. Until a name is given,
// nothing says that it is somebody else: what came in between goes with the holder before, unless it shares another
// identity with the one after.
func (c *clustering) holders(id lead.Identity) [][]int {
	at := c.carried[id]
	if id.Kind != lead.IdentityMobile {
		return [][]int{at}
	}
	out := [][]int{nil}
	var between []int
	for from, i := 0, 1; i <= len(at); i++ {
		if i < len(at) && c.touches[at[i]].EventTime.Sub(c.touches[at[i-1]].EventTime) <= c.rules.silence() {
			continue
		}
		run := at[from:i]
		from = i
		last := &out[len(out)-1]
		names := c.names(run)
		switch {
		case len(*last) > 0 && len(names) == 0:
			between = append(between, run...)
		case conflicting(c.names(*last), names):
			before, after := c.beside(id, between, run)
			*last = append(*last, before...)
			run, between = append(after, run...), nil
			c.out.Held = append(c.out.Held, lead.Held{A: (*last)[len(*last)-1], B: run[0], Identity: id, Reason: lead.HeldSilence})
			out = append(out, run)
		default:
			*last = append(append(*last, between...), run...)
			between = nil
		}
	}
	out[len(out)-1] = append(out[len(out)-1], between...)
	return out
}

// beside parts touches into those that share nothing but id with a run of others, and those that do.
func (c *clustering) beside(id lead.Identity, touches, run []int) (without, with []int) {
	held := map[lead.Identity]bool{}
	for _, i := range run {
		for _, other := range c.usable[i] {
			held[other] = other != id && !c.generic[other]
		}
	}
	for _, i := range touches {
		if slices.ContainsFunc(c.usable[i], func(other lead.Identity) bool { return held[other] }) {
			with = append(with, i)
		} else {
			without = append(without, i)
		}
	}
	return without, with
}

func (c *clustering) names(touches []int) []person {
	var out []person
	for _, i := range touches {
		if p, ok := personOf(c.touches[i].Name); ok && !slices.ContainsFunc(out, func(q person) bool { return q.key == p.key }) {
			out = append(out, p)
		}
	}
	return out
}
