package assign

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/leadhub/leadhub/lead"
)

// Bounds of a condition, so that none can hold the line up: its length and size, how deep it looks into lists, and the
// memory that one evaluation takes.
const (
	maxCondition = 4000
	maxNodes     = 500
	maxDepth     = 2
	maxMemory    = 100_000
)

// allowed are the functions of expr that conditions may use: pure ones, whose cost is bounded by their arguments.
var allowed = []string{"len", "lower", "upper", "trim", "any", "all", "none", "one", "count", "int", "float", "string", "indexOf", "abs", "min", "max"}

// condition is an expression over a lead, checked and compiled. The zero value fits every lead.
type condition struct {
	text    string
	program *vm.Program
	never   string   // why it can never be so; "" when it can
	asked   []ask    // what all have to be so; nil when it fits every lead
	cases   [][]part // it fits when all of one are so, and each can be; nil when there are too many
	fields  []string // that it asks for
	guards  []guard  // each of them has to be so
}

// guard is a part of a condition that compares a text with constants. Most conditions have one, and most leads do not pass it: to ask it
// first costs a tenth of running the program.
type guard struct {
	field string
	texts []string
}

func (g *guard) passes(env map[string]any) bool {
	text, _ := env[g.field].(string)
	return slices.Contains(g.texts, text)
}

func guardOf(n ast.Node) (guard, bool) {
	name, op, value, ok := comparison(n)
	ok = ok && !strings.Contains(name, "[")
	switch texts := value.(type) {
	case string:
		return guard{name, []string{texts}}, ok && op == "=="
	case []string:
		return guard{name, texts}, ok && op == "in"
	}
	return guard{}, false
}

// compile checks a condition. The error says what is wrong, and shows where.
func compile(text string, decided bool) (condition, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return condition{}, nil
	}
	if len(text) > maxCondition {
		return condition{}, badCondition(fmt.Sprintf("it has %d bytes, more than %d", len(text), maxCondition))
	}
	program, err := build(text, decided)
	if err != nil {
		return condition{}, notBuilt(err, decided)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return condition{}, badCondition(err.Error())
	}
	if err := bounded(tree.Node, text); err != nil {
		return condition{}, err
	}
	var asked identifiers
	ast.Walk(&tree.Node, &asked)
	c := condition{text: text, program: program, never: never(tree.Node), fields: asked.names}
	c.cases, _ = alternatives(tree.Node, false)
	c.cases = slices.DeleteFunc(c.cases, func(parts []part) bool { return contradiction(parts) != "" })
	for _, n := range conjuncts(tree.Node) {
		if g, ok := guardOf(n); ok {
			c.guards = append(c.guards, g)
		}
		if a, always := askOf(n); !always {
			c.asked = append(c.asked, a)
		}
	}
	return c, nil
}

func build(text string, decided bool) (*vm.Program, error) {
	options := []expr.Option{expr.Env(sample(decided)), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins()}
	for _, name := range allowed {
		options = append(options, expr.EnableBuiltin(name))
	}
	return expr.Compile(text, options...)
}

// notBuilt is what is wrong with a condition that cannot be compiled, with the field that was probably meant.
func notBuilt(err error, decided bool) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return badCondition(err.Error())
	}
	wrong := lead.AsError(badCondition(at.Error()))
	name, ok := strings.CutPrefix(at.Message, "unknown name ")
	if !ok {
		return wrong
	}
	if near := lead.Nearest(name, slices.Collect(maps.Keys(sample(decided)))); near != "" {
		wrong.Hint = "did you mean " + near + "? " + wrong.Hint
	} else if sample(true)[name] != nil {
		wrong.Hint = name + " is set by rules and people, and scoring may ask only what was said; " + wrong.Hint
	}
	return wrong
}

func badCondition(message string) error {
	return lead.Invalid("bad_condition", message, "docs/assignment.md lists the fields, and what can be asked of them")
}

// fits evaluates the condition. An error means that it cannot be told: then it does not fit.
func (c *condition) fits(m *vm.VM, env map[string]any) (bool, error) {
	if c.program == nil {
		return true, nil
	}
	for i := range c.guards {
		if !c.guards[i].passes(env) {
			return false, nil
		}
	}
	m.MemoryBudget = maxMemory
	out, err := m.Run(c.program, env)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return false, errors.New(at.Message)
		}
		return false, err
	}
	yes, _ := out.(bool)
	return yes, nil
}

// whyNot says which part of the condition is not so. It compiles anew, so it is for explanations.
func (c *condition) whyNot(env map[string]any) string {
	for i := range c.asked {
		part := c.asked[i].text
		program, err := build(part, true)
		if err != nil {
			break
		}
		if out, err := vm.Run(program, env); err == nil && out == false {
			return c.asked[i].missed + named(part, env)
		}
	}
	return "the condition is not met"
}

// named shows the first field that a part speaks of.
func named(part string, env map[string]any) string {
	tree, err := parser.Parse(part)
	if err != nil {
		return ""
	}
	var find identifiers
	ast.Walk(&tree.Node, &find)
	for _, name := range find.names {
		if v, ok := env[name]; ok {
			return fmt.Sprintf(": %s is %#v", name, v)
		}
	}
	return ""
}

type identifiers struct{ names []string }

// Visit implements ast.Visitor.
func (i *identifiers) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok {
		i.names = append(i.names, id.Value)
	}
}

// bounded refuses what could run for long: ranges, and lists within lists within lists.
func bounded(n ast.Node, text string) error {
	var walk func(n ast.Node, depth int) error
	refuse := func(n ast.Node, why string) error {
		e := (&file.Error{Location: n.Location(), Message: why}).Bind(file.NewSource(text))
		return badCondition(e.Error())
	}
	walk = func(n ast.Node, depth int) error {
		switch n := n.(type) {
		case *ast.BinaryNode:
			if n.Operator == ".." || n.Operator == "**" || n.Operator == "^" {
				return refuse(n, "the operator "+n.Operator+" cannot be used in a condition")
			}
		case *ast.BuiltinNode: // those that take a predicate cannot be switched off for the compiler
			if !slices.Contains(allowed, n.Name) {
				return refuse(n, "the function "+n.Name+" cannot be used in a condition")
			}
		case *ast.VariableDeclaratorNode, *ast.SequenceNode:
			return refuse(n, "a condition is one expression")
		case *ast.PredicateNode:
			if depth++; depth > maxDepth {
				return refuse(n, "lists are asked within lists too deep")
			}
		}
		for _, child := range children(n) {
			if err := walk(child, depth); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(n, 0)
}

func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		out := []ast.Node{n.Node}
		if n.From != nil {
			out = append(out, n.From)
		}
		if n.To != nil {
			out = append(out, n.To)
		}
		return out
	case *ast.CallNode:
		return append([]ast.Node{n.Callee}, n.Arguments...)
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Key, n.Value}
	}
	return nil
}
