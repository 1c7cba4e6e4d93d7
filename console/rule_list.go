package console

import (
	"cmp"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type ruleListPage struct {
	lead.Config
	Try tryForm
	speech
}

func (s *site) ruleList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	return v.render("rule_list", ruleListPage{Config: c, Try: tryForm{Fields: fieldsOf(nil)}, speech: v.speech(c)})
}

// Aim says whom a rule gives leads to, and how it chooses among them.
func (s speech) Aim(r lead.Rule) []string {
	var out []string
	say := func(key string, args ...any) { out = append(out, s.text(key, args...)) }
	pool := s.PoolName(r.Pool)
	if r.Sticky {
		say("aim.sticky")
	}
	if r.To.Empty() && r.Pool != "" {
		say("aim.pool", pool)
		return out
	}
	say("aim.to", s.target(r.To))
	say("aim.strategy", s.or("strategy."+cmp.Or(r.Strategy, lead.StrategyWeighted), r.Strategy))
	switch {
	case r.Pool == "":
		say("aim.waits")
	case r.Patience == 0:
		say("aim.else", pool)
	default:
		say("aim.patience", s.Span(r.Patience), pool)
	}
	return out
}

func (s speech) target(t lead.Target) string {
	if t.Empty() {
		return s.text("target.everybody")
	}
	var parts []string
	add := func(key string, list []string, name func(string) string) {
		if len(list) > 0 {
			parts = append(parts, s.text(key, s.Names(list, name)))
		}
	}
	same := func(k string) string { return k }
	add("target.teams", t.Teams, s.TeamName)
	add("target.reps", t.Reps, s.RepName)
	add("target.roles", t.Roles, same)
	add("target.skills", t.Skills, same)
	if t.MinLevel > 0 {
		parts = append(parts, s.text("target.level", t.MinLevel))
	}
	return s.Names(parts, same)
}

// Worth says what a rule of scoring does.
func (s speech) Worth(r lead.ScoreRule) []string {
	var out []string
	if r.Spam != 0 {
		out = append(out, s.text("worth.spam", r.Spam))
	}
	return append(out, s.Also(lead.Scored{Tags: r.Tags, Grade: r.Grade, Product: r.Product, Stage: r.Stage})...)
}

// Also says what a rule of scoring set beside the points.
func (s speech) Also(r lead.Scored) []string {
	var out []string
	if len(r.Tags) > 0 {
		out = append(out, s.text("worth.tags", s.Names(r.Tags, func(t string) string { return t })))
	}
	for _, w := range []struct{ key, value string }{{"worth.grade", r.Grade}, {"worth.line", r.Product}, {"worth.stage", r.Stage}} {
		if w.value != "" {
			out = append(out, s.text(w.key, w.value))
		}
	}
	return out
}

// threshold is the least score of a grade.
type threshold struct {
	Grade string
	Least int
}

// Thresholds are the grades, the best first; those that ship when the configuration has none of its own.
func (p ruleListPage) Thresholds() []threshold {
	grades := p.Scoring.Grades
	if len(grades) == 0 {
		grades = map[string]int{"A": 80, "B": 50, "C": 20}
	}
	var out []threshold
	for g, least := range grades {
		out = append(out, threshold{g, least})
	}
	slices.SortFunc(out, func(a, b threshold) int { return cmp.Compare(b.Least, a.Least) })
	return out
}
