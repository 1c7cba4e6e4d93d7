package main

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/leadhub/leadhub/lead"
)

// located adds to an error where in the file its fields stand: "leadhub.yaml:12:9". What stands there not at all, as a field that is missing, is
// looked for in what should hold it.
func (f *configFile) located(err error) error {
	if err == nil || f.form == nil {
		return err
	}
	e := *lead.AsError(err)
	if len(e.Fields) == 0 {
		return err
	}
	e.Fields = append([]string(nil), e.Fields...)
	for i, path := range e.Fields {
		e.Fields[i] = f.placed(path)
	}
	return &e
}

func (f *configFile) placed(path string) string {
	if n := f.find(path); n != nil {
		at := n.GetToken().Position
		return fmt.Sprintf("%s:%d:%d: %s", f.path, at.Line, at.Column, path)
	}
	return path
}

// sayDoubts warns of what was taken and is probably a mistake.
func (f *configFile) sayDoubts(p process, doubts []lead.Doubt) {
	for _, d := range doubts {
		fmt.Fprintf(p.stderr, "leadhub: warning: %s\nleadhub: where: %s\nleadhub: hint: %s\n", d.Message, f.placed(d.Path), d.Hint)
	}
}

// find is the node of a path like rules[0].when, or of the nearest that holds it.
func (f *configFile) find(path string) ast.Node {
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if n, err := p.FilterFile(f.form); err == nil && n != nil {
				return n
			}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return nil
}
