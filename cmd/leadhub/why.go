package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type whyCmd struct {
	serverFlags
	Lead string `arg:"" help:"Id or number of a lead."`
	With string `arg:"" optional:"" help:"Id or number of another: why are they one, or not?"`
	JSON bool   `help:"Print one JSON object." name:"json"`
	Lang string `help:"Language of the sentences: en or zh." default:"en" enum:"en,zh"`
}

// Run explains a lead, or two.
func (c *whyCmd) Run(p process) error {
	var w lead.Why
	if err := c.client().call(p.ctx, "GET", leadPath(c.Lead)+"/why"+query("with", c.With), nil, &w); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(w)
	}
	printWhy(p.stdout, w, c.Lang, time.Local)
	return nil
}

// whyHeadings are the headings of `leadhub why`, by language.
var whyHeadings = map[string]struct{ touches, values, apart, pending string }{
	"en": {"touches", "values", "not joined", "the rules changed since: leadhub recompute brings the pool up to date"},
	"zh": {"触点", "取值", "未合并", "规则已变更：执行 leadhub recompute 使线索池更新"},
}

func printWhy(out io.Writer, w lead.Why, lang string, zone *time.Location) {
	heading := whyHeadings[lang]
	fmt.Fprintln(out, w.In(lang))
	if w.Pending {
		fmt.Fprintln(out, heading.pending)
	}
	if len(w.Touches) > 0 {
		fmt.Fprintf(out, "\n%s\n", heading.touches)
	}
	for _, t := range w.Touches {
		fmt.Fprintf(out, "  %s  %s  %s  %s\n      %s\n", t.At.In(zone).Format("2006-01-02 15:04"), t.Source, t.Submission, t.Name, t.In(lang))
	}
	if len(w.Values) > 0 {
		fmt.Fprintf(out, "\n%s\n", heading.values)
	}
	for _, v := range w.Values {
		fmt.Fprintf(out, "  %-10s  %s\n      %s\n", v.Field, v.Value, v.In(lang))
		for _, o := range v.Others {
			fmt.Fprintf(out, "      – %s: %s\n", o.Value, o.In(lang))
		}
	}
	if len(w.Apart) > 0 {
		fmt.Fprintf(out, "\n%s\n", heading.apart)
	}
	for _, a := range w.Apart {
		fmt.Fprintf(out, "  %s\n", a.In(lang))
	}
}
