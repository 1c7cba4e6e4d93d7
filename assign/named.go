package assign

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/leadhub/leadhub/lead"
)

// Named checks the values that conditions and expectations name against what there is: a grade, a channel, a team, a rep that does not exist can
// only be a mistake, whether it is asked for or ruled out. What may come later, or be gone and still be said of leads of before (a source, a
// product line), is a doubt. Of a configuration that Compile takes; channels are those that the hub knows. The error is KindInvalid.
func Named(config *lead.Config, channels []string) ([]lead.Doubt, error) {
	n := naming{known: knownIn(config), channels: channels}
	for _, r := range config.Scoring.Rules {
		if r.Product != "" {
			n.lines = append(n.lines, r.Product)
		}
	}
	for i, r := range config.Scoring.Rules {
		n.condition(place{fmt.Sprintf("scoring.rules[%d].when", i), "score rule " + r.Key}, r.When)
	}
	for i, p := range config.Pools {
		for j, r := range p.Recycle {
			n.condition(place{fmt.Sprintf("pools[%d].recycle[%d].when", i, j), "pool " + p.Key}, r.When)
		}
	}
	for i, r := range config.Rules {
		at := place{fmt.Sprintf("rules[%d]", i), "rule " + r.Key}
		n.condition(at.in("when"), r.When)
		n.target(at.in("to"), &r, config.Reps)
	}
	for i, s := range config.Sources {
		at := place{fmt.Sprintf("sources[%d]", i), "source " + s.Key}
		for field := range s.Defaults {
			n.field(at.in("defaults."+field), field)
		}
		for column, field := range s.Mapping {
			n.field(at.in("mapping."+column), field)
		}
	}
	for i, e := range config.Expect {
		at := place{fmt.Sprintf("expect[%d]", i), "expectation " + e.Name}
		n.fail(at.in("grade").known("grade", grades, e.Grade))
		for field := range e.Lead {
			n.field(at.in("lead."+field), field)
		}
	}
	slices.SortStableFunc(n.doubts, func(a, b lead.Doubt) int { return strings.Compare(a.Path, b.Path) })
	return n.doubts, n.err
}

// naming is what conditions may name, and what was found.
type naming struct {
	known
	channels, lines []string
	doubts          []lead.Doubt
	err             error // the first
}

func (n *naming) fail(err error) {
	if n.err == nil {
		n.err = err
	}
}

func (n *naming) doubt(at place, message, near string) {
	hint := "it may be right: then there is nothing to do"
	if near != "" {
		hint = "did you mean " + near + "?"
	}
	n.doubts = append(n.doubts, lead.Doubt{Path: at.path, Message: at.name + ": " + message, Hint: hint})
}

// field doubts one that is nearly a field of a lead.
func (n *naming) field(at place, field string) {
	if near := lead.Nearest(field, lead.ImportFields); near != "" && !slices.Contains(lead.ImportFields, field) {
		n.doubt(at, fmt.Sprintf("%q is none of the fields of a lead, and is kept as one of its own", field), near)
	}
}

// target doubts a rule that is left with reps of whom none gets leads, for now.
func (n *naming) target(at place, r *lead.Rule, reps []lead.Rep) {
	if !r.Enabled || r.Pool != "" && r.To.Empty() {
		return
	}
	if !slices.ContainsFunc(reps, func(one lead.Rep) bool { return one.Active && one.Weight > 0 && r.To.Names(&one) }) {
		n.doubt(at, "nobody whom it names gets leads: there is none, or all are inactive or have weight 0", "")
	}
}

func (n *naming) condition(at place, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return // Compile says so
	}
	n.walk(at, tree.Node, "")
}

// walk finds every comparison of a field with constants. list is the field whose elements # stands for.
func (n *naming) walk(at place, node ast.Node, list string) {
	switch node := node.(type) {
	case *ast.BinaryNode:
		n.compared(at, node, list)
	case *ast.MemberNode:
		of, is := node.Node.(*ast.IdentifierNode)
		key, ok := node.Property.(*ast.StringNode)
		if is && ok && of.Value == "utm" {
			n.fail(at.known("utm", utmKeys, key.Value))
		}
	case *ast.BuiltinNode:
		if len(node.Arguments) == 2 {
			if of, ok := node.Arguments[0].(*ast.IdentifierNode); ok {
				n.walk(at, node.Arguments[1], of.Value)
				return
			}
		}
	}
	for _, child := range children(node) {
		n.walk(at, child, list)
	}
}

func (n *naming) compared(at place, node *ast.BinaryNode, list string) {
	if node.Operator != "==" && node.Operator != "!=" && node.Operator != "in" && node.Operator != "not in" {
		return
	}
	for _, sides := range [][2]ast.Node{{node.Left, node.Right}, {node.Right, node.Left}} {
		value, ok := literal(sides[1])
		if !ok {
			continue
		}
		field := element(sides[0], list)
		switch value := value.(type) {
		case string:
			n.value(at, field, value)
		case []string:
			for _, v := range value {
				n.value(at, field, v)
			}
		}
	}
}

// element is the field that an expression takes a text from: it is that field, or one of its elements.
func element(node ast.Node, list string) string {
	switch node := node.(type) {
	case *ast.IdentifierNode:
		return node.Value
	case *ast.PointerNode:
		return list
	case *ast.MemberNode:
		if _, ok := node.Property.(*ast.IntegerNode); ok {
			return element(node.Node, list)
		}
	}
	return ""
}

var (
	utmKeys      = []string{"source", "medium", "campaign", "term", "content", "id"}
	countryCode  = regexp.MustCompile(`^[A-Z]{2}$`)
	inLowerCase  = []string{"language", "email_domain"}
	namesOfKinds = map[string]string{"owner": "rep", "owner_team": "team", "channel": "channel", "channels": "channel", "first_weekday": "day", "last_weekday": "day"}
)

// value checks one value that a field is compared with. "" is nothing, which every field may be.
func (n *naming) value(at place, field, value string) {
	if value == "" {
		return
	}
	kind := field
	if name, ok := namesOfKinds[field]; ok {
		kind = name
	}
	switch {
	case closed[field] != nil:
		n.fail(at.known(kind, slices.DeleteFunc(slices.Clone(closed[field]), func(s string) bool { return s == "" }), value))
	case kind == "channel":
		n.fail(at.known(kind, n.channels, value))
	case kind == "rep":
		n.fail(at.known(kind, n.reps, value))
	case kind == "team":
		n.fail(at.known(kind, n.teams, value))
	case field == "country" && !countryCode.MatchString(value):
		n.fail(at.wrong("unknown_country", fmt.Sprintf("country %q does not exist", value), "write the two capital letters of ISO 3166-1, like CN"))
	case slices.Contains(inLowerCase, field) && value != strings.ToLower(value):
		n.fail(at.wrong("never_matches", fmt.Sprintf("%s is in lower case, and never %q", field, value), "write "+strings.ToLower(value)))
	case slices.Contains([]string{"source", "first_source", "sources"}, field) && !slices.Contains(n.sources, value):
		n.doubt(at, fmt.Sprintf("source %q does not exist", value), lead.Nearest(value, n.sources))
	case field == "product_line" && !slices.Contains(n.lines, value):
		n.doubt(at, fmt.Sprintf("no rule of scoring sets the product line %q", value), lead.Nearest(value, n.lines))
	}
}
