package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type mergeCmd struct {
	serverFlags
	Lead    string `arg:"" help:"Id or number of a lead."`
	With    string `arg:"" help:"Id or number of the other."`
	Why     string `help:"Reason, for the history." placeholder:"TEXT"`
	Preview bool   `help:"Tell what would become of it, and change nothing."`
	JSON    bool   `help:"Print one JSON object." name:"json"`
}

// Run makes one lead of two, and prints what changed.
func (c *mergeCmd) Run(p process) error {
	in := map[string]any{"with": c.With, "why": c.Why, "preview": c.Preview}
	var out changedLeads
	if err := c.client().call(p.ctx, "POST", leadPath(c.Lead)+"/merge", in, &out); err != nil {
		return err
	}
	return out.print(p.stdout, c.JSON, c.Preview)
}

// changedLeads is what the API answers to an order.
type changedLeads struct {
	Leads []lead.Change `json:"leads"`
}

func leadPath(id string) string { return "/v1/leads/" + url.PathEscape(id) }

// print tells of every lead that changed, or would.
func (c changedLeads) print(w io.Writer, asJSON, preview bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(c)
	}
	if preview {
		fmt.Fprintln(w, "preview: nothing was changed")
	}
	for _, l := range c.Leads {
		fmt.Fprintf(w, "%s  %s: %s\n", l.Number, l.Change.Type, l.Change.Why)
		if l.MergedInto != "" {
			continue
		}
		fmt.Fprintf(w, "  %d touches, %s\n", l.Touches, strings.Join(nonEmpty(l.Name, strings.Join(l.Phones, ", "), strings.Join(l.Emails, ", "), l.Company), "; "))
		if len(l.Change.Changed) > 0 {
			fmt.Fprintf(w, "  changed: %s\n", strings.Join(l.Change.Changed, ", "))
		}
	}
	if len(c.Leads) == 0 {
		fmt.Fprintln(w, "nothing changes in what the lead shows")
	}
	return nil
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
