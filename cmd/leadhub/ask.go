package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

// tokenIn reads the admin's token that a hub on this machine keeps; "" when there is none.
func tokenIn(dir string) string {
	if b, err := os.ReadFile(dir + "/admin-token"); err == nil {
		return strings.TrimSpace(string(b))
	}
	return ""
}

type auditCmd struct {
	serverFlags
	JSON bool          `help:"Print one JSON object." name:"json"`
	Wait time.Duration `help:"Look again until nothing is pending, for at most this long." default:"0s"`
}

// Run prints both sides and exits with 3 when they do not balance. What is still pending is no imbalance.
func (c *auditCmd) Run(p process) error {
	var a lead.Audit
	for deadline := time.Now().Add(c.Wait); ; {
		if err := c.client().call(p.ctx, "GET", "/v1/audit", nil, &a); err != nil {
			return err
		}
		if a.Pending == 0 || time.Now().After(deadline) || p.ctx.Err() != nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if c.JSON {
		if err := json.NewEncoder(p.stdout).Encode(a); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(p.stdout, "accepted %d = touched %d + rejected %d + pending %d\n", a.Accepted, a.Touched, a.Rejected, a.Pending)
		for _, id := range a.Missing {
			fmt.Fprintf(p.stdout, "missing    %s\n", id)
		}
		for _, id := range a.Duplicated {
			fmt.Fprintf(p.stdout, "duplicated %s\n", id)
		}
	}
	if !a.Balances() {
		return exitError(exitBalance)
	}
	return nil
}

type explainCmd struct {
	serverFlags
	Source      string `help:"Key of the source." required:"" placeholder:"KEY"`
	ContentType string `help:"Of the payload." default:"application/json" placeholder:"TYPE"`
	JSON        bool   `help:"Print one JSON object." name:"json"`
	File        string `arg:"" help:"The payload; - for standard input." placeholder:"FILE"`
}

// Run tells what would become of the payload: draft → submission → verdict → owner.
func (c *explainCmd) Run(p process) error {
	var payload []byte
	var err error
	if c.File == "-" {
		payload, err = io.ReadAll(p.stdin)
	} else {
		payload, err = os.ReadFile(c.File)
	}
	if err != nil {
		return err
	}
	in := struct {
		Source      string `json:"source"`
		ContentType string `json:"content_type"`
		Body        string `json:"body"`
	}{c.Source, c.ContentType, string(payload)}
	var out lead.Explanation
	if err := c.client().call(p.ctx, "POST", "/v1/explain", in, &out); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(out)
	}
	explain(p.stdout, out)
	return nil
}

func explain(w io.Writer, e lead.Explanation) {
	for i, d := range e.Drafts {
		fmt.Fprintf(w, "draft %d\n", i+1)
		for _, field := range sortedKeys(d.Fields) {
			fmt.Fprintf(w, "  %-14s %s\n", field, strings.Join(d.Fields[field], " | "))
		}
		for _, s := range d.Signals {
			fmt.Fprintf(w, "  spam signal    %s, %d points %s\n", s.Code, s.Points, s.Detail)
		}
	}
	for _, s := range e.Submissions {
		fmt.Fprintln(w, "submission")
		for _, id := range s.Submission.Identities {
			strength := "weak"
			if id.Strong() {
				strength = "strong"
			}
			fmt.Fprintf(w, "  identity       %s %s (%s)\n", id.Kind, id.Value, strength)
		}
		for _, note := range s.Submission.Notes {
			fmt.Fprintf(w, "  note           %s\n", note)
		}
		fmt.Fprintf(w, "verdict          %s: %s\n", s.Verdict.Kind, strings.Join(s.Verdict.Reasons, "; "))
		if len(s.Changed) > 0 {
			fmt.Fprintf(w, "would change     %s\n", strings.Join(s.Changed, ", "))
		}
		explainScore(w, &s)
		explainAssignment(w, &s.Assignment)
	}
	for _, j := range e.Rejections {
		if j.State == lead.RejectionPending {
			fmt.Fprintf(w, "would wait: %s (%s)\n", j.Message, j.Code)
		} else {
			fmt.Fprintf(w, "rejected at %s: %s (%s)\n", j.Stage, j.Message, j.Code)
		}
		if j.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", j.Hint)
		}
	}
}

func explainScore(w io.Writer, s *lead.ExplainedSubmission) {
	if len(s.Scored) == 0 && s.Lead.Grade == "" {
		return
	}
	fmt.Fprintf(w, "score            %d, grade %s\n", s.Lead.Score, s.Lead.Grade)
	for _, part := range s.Scored {
		var also []string
		for _, of := range []struct{ what, value string }{{"tags", strings.Join(part.Tags, ", ")}, {"grade", part.Grade}, {"product line", part.Product}, {"stage", part.Stage}} {
			if of.value != "" {
				also = append(also, of.what+" "+of.value)
			}
		}
		fmt.Fprintf(w, "  %+-14d %s (%s) %s\n", part.Points, part.Name, part.Rule, strings.Join(also, "; "))
	}
}

func explainAssignment(w io.Writer, a *lead.Assignment) {
	to := a.Owner
	switch {
	case a.Pool != "":
		to = "pool " + a.Pool
	case a.Owner == "":
		to = "nobody"
	}
	fmt.Fprintf(w, "owner            %s: %s\n", to, a.Why)
	if !a.Retry.IsZero() {
		fmt.Fprintf(w, "  tried again    %s\n", a.Retry.Format(time.RFC3339))
	}
	for _, t := range a.Trace {
		verdict := "does not fit"
		if t.Matched {
			verdict = "fits"
		}
		if t.Why != "" {
			verdict += ": " + t.Why
		}
		fmt.Fprintf(w, "  rule           %s %s\n", t.Rule, verdict)
		for _, r := range t.Reps {
			why := r.Code
			if r.Eligible {
				why = "may have it"
			}
			fmt.Fprintf(w, "    %-14s %s: holds %d, %d today, credit %d\n", r.Rep, why, r.Held, r.Today, r.Credit)
		}
		if t.Counts != nil && t.Counts.Reps > len(t.Reps) {
			fmt.Fprintf(w, "    … and %d more\n", t.Counts.Reps-len(t.Reps))
		}
	}
}

type replayCmd struct {
	serverFlags
	Raw    bool   `help:"Send what was received, not only the rejections. What is in the pool stays as it is."`
	Source string `help:"Only of this source." placeholder:"KEY"`
	Code   string `help:"Only rejections with this code." placeholder:"CODE"`
	Stage  string `help:"Only rejections of this stage." placeholder:"STAGE"`
	Since  string `help:"With --raw: received since; 2026-01-02, 2026-01-02T15:04:05Z, 24h or 7d." placeholder:"TIME"`
}

// Run sends and says how many.
func (c *replayCmd) Run(p process) error {
	if !c.Raw {
		return c.rejections(p)
	}
	since, err := parseTime("--since", c.Since, time.Now())
	if err != nil {
		return err
	}
	in := map[string]any{"source": c.Source}
	if !since.IsZero() {
		in["since"] = since
	}
	var out struct {
		Replayed int `json:"replayed"`
	}
	if err := c.client().call(p.ctx, "POST", "/v1/replay", in, &out); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "replayed %d of what was received\n", out.Replayed)
	return nil
}

// rejections replays page by page: the hub takes about a thousand at a time.
func (c *replayCmd) rejections(p process) error {
	replayed, failed := 0, 0
	for cursor := ""; ; {
		in := map[string]string{}
		for k, v := range map[string]string{"source": c.Source, "code": c.Code, "stage": c.Stage, "cursor": cursor} {
			if v != "" {
				in[k] = v
			}
		}
		var out struct {
			Replayed int                                  `json:"replayed"`
			Failed   []struct{ ID, Code, Message string } `json:"failed"`
			Next     string                               `json:"next"`
		}
		if err := c.client().call(p.ctx, "POST", "/v1/rejections/replay", in, &out); err != nil {
			return err
		}
		replayed += out.Replayed
		failed += len(out.Failed)
		for _, f := range out.Failed {
			fmt.Fprintf(p.stderr, "not replayed %s: %s\n", f.ID, f.Message)
		}
		if cursor = out.Next; cursor == "" {
			break
		}
	}
	fmt.Fprintf(p.stdout, "replayed %d rejections\n", replayed)
	if failed > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// parseTime reads a day (from its beginning, in the time zone of this machine), a moment, or how long ago it was. "" is no time.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return at, nil
	}
	var ago lead.Duration
	if err := ago.UnmarshalText([]byte(text)); err != nil {
		return time.Time{}, lead.Invalid("bad_time", fmt.Sprintf("%s %q is not a time", flag, text),
			"write a day 2026-01-02, a moment 2026-01-02T15:04:05+08:00, or how long ago: 24h, 7d")
	}
	return now.Add(-time.Duration(ago)), nil
}

type versionCmd struct{}

// Run prints the version the module was built at.
func (versionCmd) Run(p process) error {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	fmt.Fprintf(p.stdout, "leadhub %s (change schema %s)\n", version, hub.ChangeSchemaID)
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
