package assign

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// conjuncts are the parts that all have to be so.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// part is one thing that has to be so: what it asks of one field, or a text that is so or not when it asks nothing that is understood here.
type part struct {
	text, name, op string
	value          any
	plain          bool // a comparison of a field with constants, which can be told for every lead
}

// maxAlternatives bounds what is found out about one expression.
const maxAlternatives = 64

// alternatives are the parts of an expression, or of what it is not: it is so when all of one alternative are. false when there are
// too many.
func alternatives(n ast.Node, not bool) ([][]part, bool) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return decided(n.Value != not), true
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return alternatives(n.Node, !not)
		}
	case *ast.BinaryNode:
		and, or := n.Operator == "and" || n.Operator == "&&", n.Operator == "or" || n.Operator == "||"
		if !and && !or {
			break
		}
		left, ok := alternatives(n.Left, not)
		right, ok2 := alternatives(n.Right, not)
		if !ok || !ok2 {
			return nil, false
		}
		if or != not {
			return append(slices.Clip(left), right...), len(left)+len(right) <= maxAlternatives
		}
		return both(left, right)
	}
	if so, ok := constant(n); ok {
		return decided(so != not), true
	}
	return [][]part{{partOf(n, not)}}, true
}

// decided is an expression that does not ask the lead.
func decided(so bool) [][]part {
	if so {
		return [][]part{{}}
	}
	return nil
}

// both are the alternatives of two expressions that both have to be so.
func both(left, right [][]part) ([][]part, bool) {
	if len(left)*len(right) > maxAlternatives {
		return nil, false
	}
	var out [][]part
	for _, l := range left {
		for _, r := range right {
			out = append(out, slices.Concat(l, r))
		}
	}
	return out, true
}

// opposite is the operator that is so when another is not.
var opposite = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in"}

func partOf(n ast.Node, not bool) part {
	p := part{text: n.String()}
	p.name, p.op, p.value, p.plain = comparison(n)
	if p.plain = p.plain && opposite[p.op] != ""; !p.plain {
		p.name, p.op, p.value = p.text, "==", true
	}
	if not {
		p.text, p.op = "not ("+p.text+")", opposite[p.op]
	}
	return p
}

// never says why an expression can be so for no lead; "" when it can, or when that cannot be told from the expression alone.
// It knows constants, comparisons of one field with constants, and the fields that have few values.
func never(n ast.Node) string {
	all, ok := alternatives(n, false)
	if !ok {
		return ""
	}
	first := "it is always false"
	for i, parts := range all {
		why := contradiction(parts)
		if why == "" {
			return ""
		}
		if i == 0 {
			first = why
		}
	}
	return first
}

// narrowed is what is left of a field's values.
type narrowed struct {
	from, to   float64
	open, shut bool // whether from and to themselves are left out
	texts      []string
	limited    bool // only texts are left
	not        []string
	yes, no    bool
}

// contradiction finds a field of which nothing is left when all parts are so.
func contradiction(parts []part) string {
	for i := range parts {
		if p := &parts[i]; p.nothingLeft(parts[:i+1]) {
			if !p.plain { // its name is what it asks
				return "it asks that " + p.name + " is so, and that it is not"
			}
			return fmt.Sprintf("no %s is left that fits %s", p.name, p.text)
		}
	}
	return ""
}

// nothingLeft reports whether nothing is left of the field of a part when all that is asked of it is so.
func (p *part) nothingLeft(asked ...[]part) bool {
	of := all(p.name)
	for _, parts := range asked {
		for i := range parts {
			if parts[i].name == p.name {
				of.narrow(parts[i].op, parts[i].value)
			}
		}
	}
	return of.empty()
}

// all are the values that a field may have.
func all(name string) narrowed {
	of := narrowed{from: math.Inf(-1), to: math.Inf(1)}
	if texts, ok := closed[name]; ok {
		of.limit(texts)
	}
	if within, ok := bounds[name]; ok {
		of.from, of.to = within[0], within[1]
	}
	return of
}

// constant tells whether a comparison of two constants is so.
func constant(n ast.Node) (so, ok bool) {
	b, is := n.(*ast.BinaryNode)
	if !is || opposite[b.Operator] == "" {
		return false, false
	}
	x, okX := literal(b.Left)
	y, okY := literal(b.Right)
	if !okX || !okY {
		return false, false
	}
	if is, not := only(x, b.Operator, y), only(x, opposite[b.Operator], y); is != not {
		return is, true
	}
	return false, false // texts that are compared by their order
}

// only reports whether anything is left of a value that is compared with another.
func only(x any, op string, y any) bool {
	of := all("")
	of.narrow("==", x)
	of.narrow(op, y)
	return !of.empty()
}

// comparison is a part that compares a field with constants: its value is a float64, a string, a []string or a bool.
func comparison(n ast.Node) (name, op string, value any, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, "==", true, true
	case *ast.BinaryNode:
		if name, is := subject(n.Left); is {
			value, ok = literal(n.Right)
			return name, n.Operator, value, ok
		}
		if name, is := subject(n.Right); is {
			value, ok = literal(n.Left)
			turned := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}[n.Operator]
			return name, turned, value, ok && turned != ""
		}
	}
	return "", "", nil, false
}

// subject is a field, or what a map holds under a constant: extra["industry"].
func subject(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		of, is := n.Node.(*ast.IdentifierNode)
		key, ok := n.Property.(*ast.StringNode)
		if is && ok && (of.Value == "extra" || of.Value == "utm") {
			return of.Value + "[" + strconv.Quote(key.Value) + "]", true
		}
	}
	return "", false
}

func literal(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.UnaryNode:
		if v, ok := literal(n.Node); ok && n.Operator == "-" {
			f, is := v.(float64)
			return -f, is
		}
	case *ast.ArrayNode:
		var texts []string
		for _, item := range n.Nodes {
			s, ok := item.(*ast.StringNode)
			if !ok {
				return nil, false
			}
			texts = append(texts, s.Value)
		}
		return texts, true
	}
	return nil, false
}

func (l *narrowed) limit(texts []string) {
	if !l.limited {
		l.limited, l.texts = true, slices.Clone(texts)
		return
	}
	l.texts = slices.DeleteFunc(l.texts, func(s string) bool { return !slices.Contains(texts, s) })
}

func (l *narrowed) narrow(op string, value any) {
	switch v := value.(type) {
	case bool:
		if op == "==" || op == "!=" {
			l.yes, l.no = l.yes || v == (op == "=="), l.no || v != (op == "==")
		}
	case string:
		switch op {
		case "==":
			l.limit([]string{v})
		case "!=":
			l.not = append(l.not, v)
		}
	case []string:
		switch op {
		case "in":
			l.limit(v)
		case "not in":
			l.not = append(l.not, v...)
		}
	case float64:
		if op == "==" || op == ">=" || op == ">" {
			if v > l.from || v == l.from && op == ">" {
				l.from, l.open = v, op == ">"
			}
		}
		if op == "==" || op == "<=" || op == "<" {
			if v < l.to || v == l.to && op == "<" {
				l.to, l.shut = v, op == "<"
			}
		}
		if op == "!=" {
			l.open, l.shut = l.open || v == l.from, l.shut || v == l.to
		}
	}
}

func (l *narrowed) empty() bool {
	gone := func(s string) bool { return slices.Contains(l.not, s) }
	return l.yes && l.no || l.from > l.to || l.from == l.to && (l.open || l.shut) ||
		l.limited && len(slices.DeleteFunc(slices.Clone(l.texts), gone)) == 0
}

// covers reports whether c fits every lead that other fits, as far as that can be told from the expressions alone: because
// everything that c asks other asks, too, or leaves no other value for.
func (c *condition) covers(other *condition) bool {
	for i := range c.asked {
		a := &c.asked[i]
		same := func(o ask) bool { return o.text == a.text }
		if !slices.ContainsFunc(other.asked, same) && !a.follows(other) {
			return false
		}
	}
	return true
}

// ask is one of the things of a condition that all have to be so.
type ask struct {
	text   string
	missed string   // that it is not so, in words
	fails  [][]part // when it is not so; nil when that cannot be told for every lead
}

// missed says that an expression is not so. What rules something out is told by what it rules out: nobody reads "not so that not".
func missed(n ast.Node) string {
	said := "it is not so that "
	for so := true; ; so = !so {
		u, ok := n.(*ast.UnaryNode)
		if !ok || u.Operator != "not" && u.Operator != "!" {
			return said + n.String()
		}
		if n, said = u.Node, "it is so that "; !so {
			said = "it is not so that "
		}
	}
}

// askOf also reports whether the expression is so for every lead.
func askOf(n ast.Node) (a ask, always bool) {
	a.text, a.missed = n.String(), missed(n)
	fails, ok := alternatives(n, true)
	if !ok {
		return a, false
	}
	for _, parts := range fails {
		if slices.ContainsFunc(parts, func(p part) bool { return !p.plain }) {
			return ask{text: a.text, missed: a.missed}, false
		}
		if contradiction(parts) == "" {
			a.fails = append(a.fails, parts)
		}
	}
	return a, len(a.fails) == 0
}

// follows reports whether it is so for every lead that a condition fits: no lead fits the condition, and not this.
func (a *ask) follows(from *condition) bool {
	if a.fails == nil || from.cases == nil {
		return false
	}
	for _, of := range from.cases {
		for _, f := range a.fails {
			if !slices.ContainsFunc(f, func(p part) bool { return p.nothingLeft(of, f) }) {
				return false
			}
		}
	}
	return true
}
