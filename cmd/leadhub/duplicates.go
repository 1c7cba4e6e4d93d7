package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/leadhub/leadhub/lead"
)

type duplicatesCmd struct {
	List    duplicatesListCmd    `cmd:"" default:"withargs" help:"List them, the most likely first."`
	Dismiss duplicatesDismissCmd `cmd:"" help:"Say that two leads are two. (That they are one: leadhub merge.)"`
	Reopen  duplicatesReopenCmd  `cmd:"" help:"Put a dismissed pair back into the queue."`
}

type duplicatesListCmd struct {
	serverFlags
	State string  `help:"open or dismissed." enum:"open,dismissed" default:"open"`
	Min   float64 `help:"Lowest score, in bits."`
	Of    string  `help:"Only those of this lead, by id or number." placeholder:"LEAD"`
	Limit int     `help:"How many." default:"50"`
	Lang  string  `help:"Language of the reasons: en or zh." enum:"en,zh" default:"en"`
	JSON  bool    `help:"Print one JSON object per pair." name:"json"`
}

// Run prints the queue, page by page.
func (c *duplicatesListCmd) Run(p process) error {
	minimum := ""
	if c.Min != 0 {
		minimum = strconv.FormatFloat(c.Min, 'g', -1, 64)
	}
	shown := 0
	for cursor := ""; shown < c.Limit; {
		var page lead.DuplicatePage
		path := "/v1/duplicates" + query("state", c.State, "min", minimum, "lead", c.Of, "cursor", cursor, "limit", strconv.Itoa(min(c.Limit-shown, 200)))
		if err := c.client().call(p.ctx, "GET", path, nil, &page); err != nil {
			return err
		}
		for _, d := range page.Items {
			if c.JSON {
				if err := json.NewEncoder(p.stdout).Encode(d); err != nil {
					return err
				}
				continue
			}
			printDuplicate(p.stdout, d, c.Lang)
		}
		shown += len(page.Items)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if shown == 0 && !c.JSON {
		fmt.Fprintln(p.stdout, "none")
	}
	return nil
}

func printDuplicate(w io.Writer, d lead.Duplicate, lang string) {
	likely := ""
	if d.Likely {
		likely = ", likely"
	}
	fmt.Fprintf(w, "%s %s  %s %s  score %.1f%s\n", d.A.Number, d.A.Name, d.B.Number, d.B.Name, d.Score, likely)
	for _, p := range d.Parts {
		fmt.Fprintf(w, "  %+6.1f  %s", p.Weight, p.In(lang))
		if p.A != "" || p.B != "" {
			fmt.Fprintf(w, ": %s | %s", p.A, p.B)
		}
		fmt.Fprintln(w)
	}
	if x := d.Dismissed; x != nil {
		fmt.Fprintf(w, "  dismissed by %s %s\n", x.By, x.Why)
	}
}

type duplicatesDismissCmd struct{ duplicateDecision }

// Run dismisses a pair.
func (c *duplicatesDismissCmd) Run(p process) error { return c.decide(p, lead.DuplicateDismiss) }

type duplicatesReopenCmd struct{ duplicateDecision }

// Run opens a pair again.
func (c *duplicatesReopenCmd) Run(p process) error { return c.decide(p, lead.DuplicateReopen) }

type duplicateDecision struct {
	serverFlags
	A   string `arg:"" help:"Id or number of a lead."`
	B   string `arg:"" help:"Id or number of the other."`
	Why string `help:"Reason, kept with the pair." placeholder:"TEXT"`
}

func (c *duplicateDecision) decide(p process, decision string) error {
	in := map[string]string{"decision": decision, "why": c.Why}
	var out lead.Duplicate
	if err := c.client().call(p.ctx, "POST", "/v1/duplicates/"+url.PathEscape(c.A)+"/"+url.PathEscape(c.B), in, &out); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s %s: %s\n", out.A.Number, out.B.Number, out.State)
	return nil
}
