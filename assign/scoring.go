package assign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"github.com/leadhub/leadhub/lead"
)

// scoreRule is a rule of scoring, compiled.
type scoreRule struct {
	lead.ScoreRule
	condition
}

// Grades, the best first.
var grades = []string{"A", "B", "C", "D"}

// defaultGrades are the least scores unless the configuration has its own.
var defaultGrades = map[string]int{"A": 80, "B": 50, "C": 20}

// scoring is the rules that make scores, and those that hold spam back.
type scoring struct {
	rules, spam []scoreRule
	grades      map[string]int
}

// maxPoints bounds the points of one rule.
const maxPoints = 10_000

func compileScoring(s lead.Scoring) (scoring, error) {
	out := scoring{grades: s.Grades}
	if len(s.Grades) == 0 {
		out.grades = defaultGrades
	}
	if err := checkGrades(s.Grades); err != nil {
		return scoring{}, err
	}
	keys := map[string]bool{}
	for i, r := range s.Rules {
		at := place{path: fmt.Sprintf("scoring.rules[%d]", i), name: "score rule " + r.Key}
		if err := at.key("score rule", r.Key, keys); err != nil {
			return scoring{}, err
		}
		if err := checkScoreRule(at, &r); err != nil {
			return scoring{}, err
		}
		c, err := at.condition("when", r.When, false)
		if err != nil {
			return scoring{}, err
		}
		if !r.Enabled {
			continue
		}
		r.Name = cmp.Or(r.Name, r.Key)
		if r.Spam != 0 {
			out.spam = append(out.spam, scoreRule{r, c})
		} else {
			out.rules = append(out.rules, scoreRule{r, c})
		}
	}
	return out, nil
}

func checkGrades(of map[string]int) error {
	last, had := 0, false
	for g := range of {
		if !slices.Contains(grades[:3], g) {
			return place{path: "scoring.grades." + g, name: "scoring"}.wrong("bad_grades", fmt.Sprintf("%q has no threshold", g), "A, B and C have one; D is the rest")
		}
	}
	for _, g := range grades[:3] {
		at, ok := of[g]
		if !ok {
			continue
		}
		if had && at >= last {
			return place{path: "scoring.grades." + g, name: "scoring"}.wrong("bad_grades", fmt.Sprintf("%s begins at %d, not below the grade before, %d", g, at, last),
				"the better the grade, the higher its threshold")
		}
		last, had = at, true
	}
	return nil
}

func checkScoreRule(at place, r *lead.ScoreRule) error {
	nothing := r.Points == 0 && len(r.Tags) == 0 && r.Grade == "" && r.Product == "" && r.Stage == ""
	switch {
	case r.Points < -maxPoints || r.Points > maxPoints:
		return at.in("points").wrong("bad_points", fmt.Sprintf("%d points are beyond ±%d", r.Points, maxPoints), "")
	case r.Spam < -maxPoints || r.Spam > maxPoints:
		return at.in("spam").wrong("bad_points", fmt.Sprintf("%d points are beyond ±%d", r.Spam, maxPoints), "")
	case r.Spam != 0 && !nothing:
		return at.in("spam").wrong("bad_score_rule", "points for spam are counted before there is a lead", "make two rules of it: one with spam, one with the rest")
	case r.Spam == 0 && nothing:
		return at.wrong("bad_score_rule", "it does nothing", "give it points, tags, grade, product, stage or spam")
	case r.Grade != "" && !slices.Contains(grades, r.Grade):
		return at.in("grade").wrong("bad_grades", fmt.Sprintf("%q is not a grade", r.Grade), "the grades are A, B, C and D")
	case slices.ContainsFunc(r.Tags, func(t string) bool { return strings.TrimSpace(t) == "" }):
		return at.in("tags").wrong("bad_score_rule", "a tag is empty", "leave it out")
	}
	return nil
}

// Score sets score, grade, product line, stage (unless a person set one) and the tags of rules, as a function of what the
// touches said and of the rules alone. Record.Scored is the reason. A rule whose condition cannot be told does not fit.
func (r *Rules) Score(rec *lead.Record) {
	rec.Score, rec.Grade, rec.Line, rec.Scored = 0, "", "", nil
	stage := ""
	if len(r.scoring.rules) > 0 {
		env, m := r.facts.env(rec), &vm.VM{}
		forced := ""
		for i := range r.scoring.rules {
			s := &r.scoring.rules[i]
			if yes, err := s.fits(m, env); err != nil || !yes {
				continue
			}
			rec.Score += s.Points
			forced, rec.Line, stage = cmp.Or(forced, s.Grade), cmp.Or(rec.Line, s.Product), cmp.Or(stage, s.Stage)
			rec.Scored = append(rec.Scored, lead.Scored{Rule: s.Key, Name: s.Name, Points: s.Points, Tags: s.Tags, Grade: s.Grade,
				Product: s.Product, Stage: s.Stage})
		}
		slices.SortFunc(rec.Scored, func(a, b lead.Scored) int { return strings.Compare(a.Rule, b.Rule) })
		rec.Grade = cmp.Or(forced, r.scoring.grade(rec.Score))
	}
	if rec.StageBy != "person" {
		rec.Stage = stage
	}
	if rec.Tags = rec.AllTags(); rec.Tags == nil {
		rec.Tags = []string{}
	}
}

func (s *scoring) grade(score int) string {
	for _, g := range grades[:3] {
		if least, ok := s.grades[g]; ok && score >= least {
			return g
		}
	}
	return "D"
}

// Spam is what the rules hold against a submission, before it is in the pool.
func (r *Rules) Spam(s *lead.Submission) []lead.Signal {
	if len(r.scoring.spam) == 0 {
		return nil
	}
	var out []lead.Signal
	env, m := r.facts.env(recordOf(s)), &vm.VM{}
	for i := range r.scoring.spam {
		rule := &r.scoring.spam[i]
		if yes, err := rule.fits(m, env); err == nil && yes {
			out = append(out, lead.Signal{Code: "rule:" + rule.Key, Points: rule.ScoreRule.Spam, Detail: rule.Name})
		}
	}
	return out
}

// recordOf is a submission as conditions see a lead.
func recordOf(s *lead.Submission) *lead.Record {
	r := &lead.Record{Lead: lead.Lead{Name: s.Name.Display, Honorific: s.Name.Honorific, Company: s.Company.Display, Title: s.Title,
		Region: s.Region, Address: s.Address, Products: s.Products, Consents: s.Consents, Sources: []string{s.Source}, FirstFrom: s.Origin,
		Touches: 1, FirstSeen: s.EventTime, LastSeen: s.EventTime}, Said: s.Tags, Values: map[string][]lead.Value{}}
	r.FirstFrom.Source = s.Source
	r.LastFrom = r.FirstFrom
	for _, p := range s.Phones {
		r.Phones = append(r.Phones, p.Display())
	}
	for _, e := range s.Emails {
		r.Emails = append(r.Emails, e.Display)
	}
	for _, id := range s.Identities {
		r.Identities = append(r.Identities, lead.HeldIdentity{Identity: id})
	}
	keep := func(field, value string) {
		if value != "" {
			r.Values[field] = []lead.Value{{Value: value}}
		}
	}
	keep(lead.FieldMessage, s.Message)
	for name, value := range s.Extra {
		keep(lead.ExtraPrefix+name, value)
	}
	return r
}
