package console

import "github.com/leadhub/leadhub/lead"

// names shows keys as people know them; the key itself when what it named is gone.
type names struct{ reps, sources, teams, pools, rules map[string]string }

func namesOf(c lead.Config) names {
	n := names{reps: map[string]string{}, sources: map[string]string{}, teams: map[string]string{}, pools: map[string]string{}, rules: map[string]string{}}
	for _, r := range c.Reps {
		n.reps[r.Key] = r.Name
	}
	for _, s := range c.Sources {
		n.sources[s.Key] = s.Name
	}
	for _, t := range c.Teams {
		n.teams[t.Key] = t.Name
	}
	for _, p := range c.Pools {
		n.pools[p.Key] = p.Name
	}
	for _, r := range c.Rules {
		n.rules[r.Key] = r.Name
	}
	return n
}

// RepName is the name of a rep.
func (n names) RepName(key string) string { return either(n.reps[key], key) }

// SourceName is the name of a source.
func (n names) SourceName(key string) string { return either(n.sources[key], key) }

// TeamName is the name of a team.
func (n names) TeamName(key string) string { return either(n.teams[key], key) }

// PoolName is the name of a public pool.
func (n names) PoolName(key string) string { return either(n.pools[key], key) }

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
