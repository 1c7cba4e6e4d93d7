package hub

import (
	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

// judge says who is who, and what a lead is worth.
type judge struct {
	dedupe.Policy
	rules *assign.Rules
}

// Score implements sink.Scorer. With rules that cannot be used the score stays what it was.
func (j judge) Score(r *lead.Record) {
	if j.rules != nil {
		j.rules.Score(r)
	}
}

// policy makes the rules of merging ready for use.
func (c *Configuration) policy(config lead.Config, n *normalize.Normalizer) dedupe.Policy {
	r := dedupe.Rules{MergeRules: config.Settings.Merge, Trust: make(map[string]int, len(config.Sources))}
	unique := map[lead.Identity]bool{}
	for _, s := range config.Sources {
		r.Trust[s.Key] = s.Trust
		ch, ok := c.channels[s.Channel]
		if !ok {
			continue
		}
		for _, k := range ch.Spec().Identities {
			if k.Unique && k.Kind == lead.IdentityExternal {
				unique[lead.Identity{Kind: k.Kind, Scope: s.Key}] = true
			} else if k.Unique {
				unique[lead.Identity{Kind: k.Kind}] = true
			}
		}
	}
	r.Unique = func(kind, scope string) bool {
		return unique[lead.Identity{Kind: kind, Scope: scope}] || unique[lead.Identity{Kind: kind}]
	}
	if len(config.Settings.NeverKeys) > 0 {
		r.Never = n.NeverKey
	}
	r.Renew = n.Renew
	return dedupe.Policy{Rules: r}
}
