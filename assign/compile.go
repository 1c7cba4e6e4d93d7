package assign

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// place is where in a configuration something stands, for errors.
type place struct{ path, name string }

func (p place) in(field string) place { return place{p.path + "." + field, p.name} }

func (p place) wrong(code, message, hint string) error {
	e := lead.Invalid(code, p.name+": "+message, hint)
	e.Fields = []string{p.path}
	return e
}

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// key checks a key of something, and that no other has it.
func (p place) key(kind, key string, seen map[string]bool) error {
	switch {
	case !keyPattern.MatchString(key):
		return p.in("key").wrong("bad_key", fmt.Sprintf("the key %q is not usable", key), "use 1 to 64 letters, digits, dashes and underscores")
	case seen[key]:
		return p.in("key").wrong("duplicate_key", fmt.Sprintf("%s %q stands there twice", kind, key), "give each its own key")
	}
	seen[key] = true
	return nil
}

// condition compiles a condition and refuses one that can never be so.
func (p place) condition(field, text string, decided bool) (condition, error) {
	at := p.in(field)
	c, err := compile(text, decided)
	if err != nil {
		e := lead.AsError(err)
		return c, at.wrong(e.Code, field+": "+e.Message, e.Hint)
	}
	if c.never != "" {
		return c, at.wrong("never_matches", field+" can never be so: "+c.never, "mend the condition, or take the rule out")
	}
	return c, nil
}

// known is what rules may speak of.
type known struct{ teams, reps, roles, skills, pools, openPools, sources, rules []string }

func knownIn(config *lead.Config) known {
	var k known
	for _, t := range config.Teams {
		k.teams = append(k.teams, t.Key)
	}
	for _, r := range config.Reps {
		k.reps, k.skills = append(k.reps, r.Key), append(k.skills, r.Skills...)
		if r.Role != "" {
			k.roles = append(k.roles, r.Role)
		}
	}
	for _, p := range config.Pools {
		if k.pools = append(k.pools, p.Key); p.Enabled {
			k.openPools = append(k.openPools, p.Key)
		}
	}
	for _, s := range config.Sources {
		k.sources = append(k.sources, s.Key)
	}
	for _, r := range config.Rules {
		k.rules = append(k.rules, r.Key)
	}
	return k
}

// known checks that what is named exists.
func (p place) known(kind string, among []string, names ...string) error {
	for _, n := range names {
		if n != "" && !slices.Contains(among, n) {
			hint := "make it, or name another; they are " + list(among)
			if near := lead.Nearest(n, among); near != "" {
				hint = "did you mean " + near + "? They are " + list(among)
			}
			return p.wrong("unknown_"+kind, fmt.Sprintf("%s %q does not exist", kind, n), hint)
		}
	}
	return nil
}

func list(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	const most = 20
	more := ""
	if len(names) > most {
		names, more = names[:most], " …"
	}
	if len(names) == 0 {
		return "none yet"
	}
	return fmt.Sprint(names) + more
}

// Compile checks what a configuration says about hours, rules, pools, scoring and expectations, and makes it ready. zone is the
// hub's. The error is KindInvalid, and its Fields name the place.
func Compile(config *lead.Config, zone *time.Location) (*Rules, error) {
	r := &Rules{knownZone: zone, facts: facts{zone: zone, channels: map[string]string{}, reps: map[string]lead.Rep{}}, calendars: map[string]*Calendar{},
		fallback: config.Settings.DefaultPool}
	for _, s := range config.Sources {
		r.facts.channels[s.Key] = s.Channel
	}
	for _, rep := range config.Reps {
		r.facts.reps[rep.Key] = rep
	}
	for i, t := range config.Teams {
		c, err := NewCalendar(t.Hours, zone)
		if err != nil {
			e := lead.AsError(err)
			return nil, place{fmt.Sprintf("teams[%d].hours", i), "team " + t.Key}.wrong(e.Code, e.Message, e.Hint)
		}
		if c != nil {
			r.calendars[t.Key] = c
		}
	}
	k := knownIn(config)
	if err := checkReps(config.Reps); err != nil {
		return nil, err
	}
	if err := r.compilePools(config.Pools, k); err != nil {
		return nil, err
	}
	if err := (place{"settings.default_pool", "settings"}).pool(k, config.Settings.DefaultPool); err != nil {
		return nil, err
	}
	if err := r.compileRules(config, k); err != nil {
		return nil, err
	}
	var err error
	if r.scoring, err = compileScoring(config.Scoring); err != nil {
		return nil, err
	}
	r.useFields()
	return r, checkExpectations(config.Expect, k)
}

// useFields notes what all conditions ask for.
func (r *Rules) useFields() {
	for i := range r.rules {
		r.facts.use(&r.rules[i].condition)
	}
	for _, list := range [][]scoreRule{r.scoring.rules, r.scoring.spam} {
		for i := range list {
			r.facts.use(&list[i].condition)
		}
	}
	for i := range r.recycle {
		r.facts.use(&r.recycle[i].condition)
	}
}

func checkReps(reps []lead.Rep) error {
	for i, r := range reps {
		at := place{fmt.Sprintf("reps[%d]", i), "rep " + r.Key}
		if r.Daily < 0 {
			return at.in("daily").wrong("bad_quota", "a quota below zero", "0 is no limit; weight 0 gets no leads")
		}
		if r.Holding < 0 {
			return at.in("holding").wrong("bad_quota", "a limit below zero", "0 is no limit; weight 0 gets no leads")
		}
		for _, l := range r.Leave {
			if !l.From.Before(l.To) {
				return at.in("leave").wrong("bad_leave", "a leave ends before it begins", "from is the first moment of it, to the first moment after it")
			}
		}
	}
	return nil
}

// pool checks that a pool exists and is open.
func (p place) pool(k known, key string) error {
	if err := p.known("pool", k.pools, key); err != nil {
		return err
	}
	if key != "" && !slices.Contains(k.openPools, key) {
		return p.wrong("pool_disabled", fmt.Sprintf("pool %q is switched off", key), "enable it, or name another")
	}
	return nil
}

func (r *Rules) compileRules(config *lead.Config, k known) error {
	keys := map[string]bool{}
	for i := range config.Rules {
		one := &config.Rules[i]
		at := place{fmt.Sprintf("rules[%d]", i), "rule " + one.Key}
		if err := at.key("rule", one.Key, keys); err != nil {
			return err
		}
		c, err := at.condition("when", one.When, true)
		if err != nil {
			return err
		}
		if err := at.target(one, config.Reps, k); err != nil {
			return err
		}
		if !one.Enabled {
			continue
		}
		for j := range r.rules {
			if before := &r.rules[j]; before.covers(&c) {
				return at.in("when").wrong("never_matches", fmt.Sprintf("it can never match: rule %s stands before it and fits every lead that it fits", before.Key),
					"move it before rule "+before.Key+", or take one of them out")
			}
		}
		r.rules = append(r.rules, rule{*one, c})
	}
	return nil
}

// target checks where a rule sends leads.
func (p place) target(r *lead.Rule, reps []lead.Rep, k known) error {
	switch r.Strategy {
	case "", lead.StrategyWeighted, lead.StrategyLeastLoaded, lead.StrategyLevel:
	default:
		return p.in("strategy").wrong("unknown_strategy", fmt.Sprintf("strategy %q does not exist", r.Strategy),
			"the strategies are weighted, least_loaded and level")
	}
	to := p.in("to")
	for _, c := range []struct {
		kind         string
		among, names []string
	}{{"team", k.teams, r.To.Teams}, {"role", k.roles, r.To.Roles}, {"skill", k.skills, r.To.Skills}, {"rep", k.reps, r.To.Reps}} {
		if err := to.in(c.kind+"s").known(c.kind, c.among, c.names...); err != nil {
			return err
		}
	}
	if err := p.in("pool").pool(k, r.Pool); err != nil {
		return err
	}
	if err := p.in("patience").lasts(r.Patience); err != nil {
		return err
	}
	if r.Patience > 0 && (r.Pool == "" || r.To.Empty()) {
		return p.in("patience").wrong("bad_patience", "there is nothing to wait for", "patience goes with to and pool: how long it waits for somebody before it goes to the pool")
	}
	if r.Pool == "" && !slices.ContainsFunc(reps, func(one lead.Rep) bool { return r.To.Names(&one) }) && !r.To.Empty() {
		return to.wrong("aims_at_nobody", "no rep is what it asks for", "name others, or a pool for what nobody may have")
	}
	return nil
}

func checkExpectations(expect []lead.Expectation, k known) error {
	seen := map[string]bool{}
	for i, e := range expect {
		at := place{fmt.Sprintf("expect[%d]", i), "expectation " + e.Name}
		if e.Name == "" {
			return at.in("name").wrong("bad_expectation", "it has no name", "give it one, to be recognised by")
		}
		if seen[e.Name] {
			return at.in("name").wrong("bad_expectation", "another has this name", "give each its own, to be recognised by")
		}
		seen[e.Name] = true
		if e.Rule == "" && e.Team == "" && e.Owner == "" && e.Pool == "" && e.Grade == "" && e.Score == nil {
			return at.wrong("bad_expectation", "it expects nothing", "name rule, team, owner, pool, grade or score")
		}
		rules := append([]string{RuleWeighted, RuleDefault}, k.rules...)
		for _, c := range []struct {
			field, kind string
			among       []string
			name        string
		}{{"rule", "rule", rules, e.Rule}, {"team", "team", k.teams, e.Team}, {"owner", "rep", k.reps, e.Owner}, {"pool", "pool", k.pools, e.Pool},
			{"lead.source", "source", k.sources, e.Lead["source"]}} {
			if err := at.in(c.field).known(c.kind, c.among, c.name); err != nil {
				return err
			}
		}
	}
	return nil
}
