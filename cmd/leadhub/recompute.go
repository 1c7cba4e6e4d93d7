package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type recomputeCmd struct {
	serverFlags
	DryRun bool   `help:"Tell what would change, and change nothing."`
	File   string `help:"With --dry-run: try settings.merge, settings.never_keys, scoring and the sources' trust of this file; - for standard input." short:"f" placeholder:"FILE"`
	Cancel bool   `help:"Cancel the recompute that runs."`
	JSON   bool   `help:"Print one JSON object." name:"json"`
	Lang   string `help:"Language of the sentences: en or zh." default:"en" enum:"en,zh"`
}

// tryRules is what the API takes for a recompute.
type tryRules struct {
	DryRun    bool           `json:"dry_run"`
	Merge     *fileMerge     `json:"merge,omitempty"`
	Trust     map[string]int `json:"trust,omitempty"`
	NeverKeys []string       `json:"never_keys,omitzero"`
	Scoring   *fileScoring   `json:"scoring,omitempty"`
}

// Run groups all leads anew, waits for the end, and prints what changed or would change.
func (c *recomputeCmd) Run(p process) error {
	client := c.client()
	if c.Cancel {
		if err := client.call(p.ctx, "DELETE", "/v1/recompute", nil, nil); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, "cancelled")
		return nil
	}
	in, err := c.rules(p, client)
	if err != nil {
		return err
	}
	var run lead.Recompute
	if err := client.call(p.ctx, "POST", "/v1/recompute", in, &run); err != nil {
		return err
	}
	if run, err = c.wait(p, client, run.ID); err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(p.stdout).Encode(run)
	} else {
		printRecompute(p.stdout, run, c.Lang)
	}
	if err == nil && run.State != lead.RecomputeDone {
		return &lead.Error{Kind: lead.KindInternal, Code: "recompute_" + run.State, Message: "the recompute is " + run.State + " " + run.Error,
			Hint: "what it has done stays done; start it again"}
	}
	return err
}

// rules are those of the file that bear on a recompute.
func (c *recomputeCmd) rules(p process, client *client) (tryRules, error) {
	in := tryRules{DryRun: c.DryRun}
	if c.File == "" {
		return in, nil
	}
	if !c.DryRun {
		return in, lead.Invalid("bad_command", "-f is for --dry-run", "to use the rules of the file, run leadhub apply -f first, and leadhub recompute then")
	}
	f, err := readConfigFile(p, c.File)
	if err != nil {
		return in, err
	}
	in.Scoring = f.Scoring
	if f.Settings != nil {
		in.Merge, in.NeverKeys = f.Settings.Merge, f.Settings.NeverKeys
	}
	var have struct {
		Items []lead.Source `json:"items"`
	}
	if err := client.call(p.ctx, "GET", "/v1/sources", nil, &have); err != nil {
		return in, err
	}
	known := map[string]bool{}
	for _, s := range have.Items {
		known[s.Key] = true
	}
	in.Trust = map[string]int{}
	for _, s := range f.Sources {
		if s.Trust != nil && known[s.Key] { // nothing came from a source that is new
			in.Trust[s.Key] = *s.Trust
		}
	}
	return in, nil
}

// wait polls until the run ends.
func (c *recomputeCmd) wait(p process, client *client, id string) (lead.Recompute, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for told := time.Now(); ; {
		var run lead.Recompute
		if err := client.call(p.ctx, "GET", "/v1/recompute", nil, &run); err != nil {
			return run, err
		}
		switch {
		case run.ID != id:
			return run, &lead.Error{Kind: lead.KindInternal, Code: "recompute_gone", Message: "the hub knows nothing of this recompute any more",
				Hint: "it was started again, or another recompute was; GET /v1/recompute tells"}
		case run.State != lead.RecomputeRunning:
			return run, nil
		case time.Since(told) > 5*time.Second:
			told = time.Now()
			fmt.Fprintf(p.stderr, "leadhub: looked at %d of %d leads %s\n", run.Looked, run.Total, run.Error)
		}
		select {
		case <-p.ctx.Done():
			fmt.Fprintln(p.stderr, "leadhub: it goes on in the hub; leadhub recompute --cancel ends it")
			return run, context.Cause(p.ctx)
		case <-tick.C:
		}
	}
}

func printRecompute(w io.Writer, r lead.Recompute, lang string) {
	for _, d := range r.Differences {
		fmt.Fprintln(w, d.In(lang))
		for _, f := range d.Fields {
			fmt.Fprintf(w, "  %s: %q → %q\n", f.Field, f.Before, f.After)
		}
	}
	if n := r.Merged + r.Split + r.Changed + r.Skipped - int64(len(r.Differences)); n > 0 {
		fmt.Fprintf(w, "… and %d more\n", n)
	}
	would := ""
	if r.DryRun {
		would = "dry run, nothing was changed: "
	}
	fmt.Fprintf(w, "%slooked at %d leads: %d merge, %d split, %d change values, %d are too large\n", would, r.Looked, r.Merged, r.Split, r.Changed, r.Skipped)
}
