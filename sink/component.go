package sink

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// MaxTouches bounds what is weighed at once. A group that is larger is left as it is, and whoever asked is told.
const MaxTouches = 10_000

// component is everything that bears on who some leads are, closed under what identities and decisions lead to.
type component struct {
	records   map[string]*lead.Record // living and gone into others
	touches   map[string]Recorded     // by submission
	decisions map[string]lead.Decision
	generic   map[string]bool // identity keys
	keys      map[string]lead.Identity
	now       map[string]string // where a key leads before
	renewed   []string          // touches that are read otherwise now
}

// gather closes over leads, identities and decisions, starting from some leads and from submissions that are not touches
// yet. Touches are read anew by renew, unless it is nil. What it returns is held until commit.
func gather(ctx context.Context, tx Evidence, leads []string, items []Item, decisions []lead.Decision, generic bool, renew Renewer) (*component, error) {
	c := &component{records: map[string]*lead.Record{}, touches: map[string]Recorded{}, decisions: map[string]lead.Decision{},
		generic: map[string]bool{}, keys: map[string]lead.Identity{}, now: map[string]string{}}
	for _, d := range decisions {
		c.decisions[d.ID] = d
	}
	var keys, submissions []string
	for _, it := range items {
		keys = append(keys, c.newKeys(it.Submission)...)
		submissions = append(submissions, it.Submission.ID)
	}
	for {
		leads = slices.DeleteFunc(leads, func(id string) bool { return c.records[id] != nil })
		if len(leads) > 0 {
			family, err := tx.Hold(ctx, leads)
			if err != nil {
				return nil, err
			}
			for _, r := range family.Records {
				c.records[r.ID] = r
			}
			for _, t := range family.Touches {
				if renew != nil {
					if s := renew.Renew(t.Submission); s != nil {
						t.Submission = s
						c.renewed = append(c.renewed, s.ID)
					}
				}
				c.touches[t.Submission.ID] = t
				keys = append(keys, c.newKeys(t.Submission)...)
				submissions = append(submissions, t.Submission.ID)
			}
			if len(c.touches)+len(items) > MaxTouches {
				return nil, tooMany()
			}
		}
		if len(keys)+len(submissions) == 0 {
			return c, nil
		}
		slices.Sort(keys)
		reached, err := tx.Reach(ctx, keys, submissions, generic)
		if err != nil {
			return nil, err
		}
		maps.Copy(c.now, reached.Now)
		for _, k := range reached.Generic {
			c.generic[k] = true
		}
		for _, d := range reached.Decisions {
			c.decisions[d.ID] = d
		}
		leads, keys, submissions = reached.Leads, nil, nil
	}
}

func tooMany() error {
	return &lead.Error{Kind: lead.KindConflict, Code: "too_many_touches",
		Message: fmt.Sprintf("these leads have more than %d touches together; they are not weighed again", MaxTouches),
		Hint:    "look at what they share: a phone that many people use can be put on the list of numbers that are never keys"}
}

func (c *component) newKeys(s *lead.Submission) []string {
	var out []string
	for _, id := range s.Identities {
		if k := id.Key(); id.Strong() && c.keys[k] == (lead.Identity{}) {
			c.keys[k] = id
			out = append(out, k)
		}
	}
	return out
}

// sorted are the touches that stay, by submission.
func (c *component) sorted(without map[string]bool) []Recorded {
	out := make([]Recorded, 0, len(c.touches))
	for id, t := range c.touches {
		if !without[id] {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Recorded) int { return strings.Compare(a.Submission.ID, b.Submission.ID) })
	return out
}

func (c *component) decisionList() []lead.Decision {
	out := make([]lead.Decision, 0, len(c.decisions))
	for _, d := range c.decisions {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b lead.Decision) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (c *component) genericIdentities() map[lead.Identity]bool {
	out := make(map[lead.Identity]bool, len(c.generic))
	for k := range c.generic {
		if id, ok := c.keys[k]; ok {
			out[id] = true
		}
	}
	return out
}
