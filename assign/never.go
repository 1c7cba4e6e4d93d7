package assign

import (
	"fmt"
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// conjuncts are the parts that all have to be so.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// never says why an expression can be so for no lead; "" when it can, or when that cannot be told from the expression alone.
// It knows constants, comparisons of one field with constants, and the fields that have few values.
func never(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BoolNode:
		if !n.Value {
			return "it is always false"
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "or", "||":
			left := never(n.Left)
			if left == "" || never(n.Right) == "" {
				return ""
			}
			return left
		case "and", "&&":
			parts := conjuncts(n)
			for _, p := range parts {
				if why := never(p); why != "" {
					return why
				}
			}
			return contradiction(parts)
		}
		return contradiction([]ast.Node{n})
	}
	return ""
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
func contradiction(parts []ast.Node) string {
	left := map[string]*narrowed{}
	for _, p := range parts {
		if why := constant(p); why != "" {
			return why
		}
		name, op, value, ok := comparison(p)
		if !ok {
			continue
		}
		of := left[name]
		if of == nil {
			of = &narrowed{from: math.Inf(-1), to: math.Inf(1)}
			if texts, ok := closed[name]; ok {
				of.limit(texts)
			}
			left[name] = of
		}
		of.narrow(op, value)
		if of.empty() {
			return fmt.Sprintf("no %s is left that fits %s", name, p.String())
		}
	}
	return ""
}

// constant finds a comparison of two constants that is false.
func constant(n ast.Node) string {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return ""
	}
	x, okX := literal(b.Left)
	y, okY := literal(b.Right)
	if !okX || !okY {
		return ""
	}
	of := &narrowed{from: math.Inf(-1), to: math.Inf(1)}
	of.narrow("==", x)
	if of.narrow(b.Operator, y); of.empty() {
		return "it is always false: " + b.String()
	}
	return ""
}

// comparison is a part that compares a field with constants: its value is a float64, a string, a []string or a bool.
func comparison(n ast.Node) (name, op string, value any, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, "==", true, true
	case *ast.UnaryNode:
		if id, is := n.Node.(*ast.IdentifierNode); is && (n.Operator == "not" || n.Operator == "!") {
			return id.Value, "==", false, true
		}
		if b, is := n.Node.(*ast.BinaryNode); is && b.Operator == "in" && (n.Operator == "not" || n.Operator == "!") {
			name, _, value, ok = comparison(b)
			return name, "not in", value, ok
		}
	case *ast.BinaryNode:
		if id, is := n.Left.(*ast.IdentifierNode); is {
			value, ok = literal(n.Right)
			return id.Value, n.Operator, value, ok
		}
		if id, is := n.Right.(*ast.IdentifierNode); is {
			value, ok = literal(n.Left)
			turned := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}[n.Operator]
			return id.Value, turned, value, ok && turned != ""
		}
	}
	return "", "", nil, false
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
	}
}

func (l *narrowed) empty() bool {
	gone := func(s string) bool { return slices.Contains(l.not, s) }
	return l.yes && l.no || l.from > l.to || l.from == l.to && (l.open || l.shut) ||
		l.limited && len(slices.DeleteFunc(slices.Clone(l.texts), gone)) == 0
}

// covers reports whether c fits every lead that other fits, as far as that can be told from the expressions alone: because
// everything that c asks other asks, too.
func (c *condition) covers(other *condition) bool {
	for _, p := range c.parts {
		if !slices.Contains(other.parts, p) {
			return false
		}
	}
	return true
}
