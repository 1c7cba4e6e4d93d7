package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// oneLead is what the verbs that move a lead share.
type oneLead struct {
	serverFlags
	Lead string `arg:"" help:"Id or number of the lead."`
	Why  string `help:"Reason, for the history." placeholder:"TEXT"`
	ID   string `help:"Makes asking again harmless." name:"id" placeholder:"TEXT"`
	JSON bool   `help:"Print one JSON object." name:"json"`
}

// do asks for a move and prints how the lead stands then.
func (c *oneLead) do(p process, verb string, in map[string]string) error {
	if in == nil {
		in = map[string]string{}
	}
	in["why"], in["id"] = c.Why, c.ID
	var l lead.Lead
	if err := c.client().call(p.ctx, "POST", leadPath(c.Lead)+"/"+verb, in, &l); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(l)
	}
	where := "nobody's"
	switch {
	case l.Owner != "":
		where = "of " + l.Owner
	case l.Pool != "":
		where = "in the public pool " + l.Pool
	}
	_, err := fmt.Fprintf(p.stdout, "%s %s, %s\n", l.Number, l.Status, where)
	return err
}

type assignCmd struct {
	oneLead
	To string `help:"Key of the rep." required:"" placeholder:"REP"`
}

// Run gives a lead to a rep.
func (c *assignCmd) Run(p process) error { return c.do(p, "assign", map[string]string{"rep": c.To}) }

type claimCmd struct{ oneLead }

// Run takes a lead out of a public pool, for the rep of the token.
func (c *claimCmd) Run(p process) error { return c.do(p, "claim", nil) }

type releaseCmd struct {
	oneLead
	Pool   string `help:"Key of the public pool; without one the rules look for somebody." placeholder:"POOL"`
	Reason string `help:"One of the pool's reasons, when it has some." placeholder:"TEXT"`
}

// Run gives a lead back.
func (c *releaseCmd) Run(p process) error {
	return c.do(p, "release", map[string]string{"pool": c.Pool, "reason": c.Reason})
}

type handoverCmd struct {
	serverFlags
	Rep   string `arg:"" help:"Key of the rep who leaves."`
	To    string `help:"Another rep: all leads." placeholder:"REP" xor:"to" required:""`
	Pool  string `help:"A public pool: the open ones." placeholder:"POOL" xor:"to" required:""`
	Rules bool   `help:"The rules assign the open ones anew." xor:"to" required:""`
	Why   string `help:"Reason, for the history." placeholder:"TEXT"`
}

// Run moves all leads of a rep.
func (c *handoverCmd) Run(p process) error {
	var out struct{ Moved int }
	in := map[string]any{"to": c.To, "pool": c.Pool, "rules": c.Rules, "why": c.Why}
	if err := c.client().call(p.ctx, "POST", "/v1/reps/"+url.PathEscape(c.Rep)+"/handover", in, &out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%d leads moved\n", out.Moved)
	return err
}

type figuresCmd struct {
	serverFlags
	Since string `help:"Leads that came in at or after: 2026-01-02, 2026-01-02T15:04:05+08:00, or how long ago: 7d." placeholder:"TIME"`
	Until string `help:"And before." placeholder:"TIME"`
	JSON  bool   `help:"Print one JSON object." name:"json"`
}

// Run prints how fast and how well leads were worked on.
func (c *figuresCmd) Run(p process) error {
	bounds := []string{}
	for _, b := range [][2]string{{"since", c.Since}, {"until", c.Until}} {
		at, err := parseTime("--"+b[0], b[1], time.Now())
		if err != nil {
			return err
		}
		if !at.IsZero() {
			bounds = append(bounds, b[0], at.UTC().Format(time.RFC3339))
		}
	}
	var f lead.Performance
	if err := c.client().call(p.ctx, "GET", "/v1/performance"+query(bounds...), nil, &f); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(f)
	}
	return printFigures(p.stdout, f)
}

func printFigures(to io.Writer, f lead.Performance) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, part := range []struct {
		title, none string
		rows        []lead.Speed
	}{{"SOURCE", "-", f.BySource}, {"RULE", "(person or nobody)", f.ByRule}, {"REP", "(nobody)", f.ByRep}} {
		fmt.Fprintf(w, "%s\tLEADS\tASSIGNED\tP50\tP90\tCONTACTED\tP50\tP90\n", part.title)
		for _, s := range part.rows {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%d\t%s\t%s\n", orElse(s.Key, part.none), s.Leads, s.Assignment.Count, seconds(s.Assignment, s.Assignment.P50),
				seconds(s.Assignment, s.Assignment.P90), s.Contact.Count, seconds(s.Contact, s.Contact.P50), seconds(s.Contact, s.Contact.P90))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "SOURCE\tCAMPAIGN\tLEADS\tASSIGNED\tCONTACTED\tCONVERTED\tAMOUNT")
	for _, r := range f.Funnel {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", r.Source, orElse(r.Campaign, "-"), r.Leads, r.Assigned, r.Contacted, r.Converted, amounts(r.Amounts))
	}
	fmt.Fprintln(w, "\nREP\tHOLDS\tOF\tTODAY\tOF\tCLAIMED")
	for _, u := range f.Use {
		claimed := 0
		for _, n := range u.Claimed {
			claimed += n
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t%d\n", u.Rep, u.Held, limit(u.Holding), u.Today, limit(u.Daily), claimed)
	}
	return w.Flush()
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func seconds(s lead.Spread, v float64) string {
	if s.Count == 0 {
		return "-"
	}
	return time.Duration(v * float64(time.Second)).Round(10 * time.Millisecond).String()
}

func amounts(by map[string]string) string {
	var out []string
	for _, c := range sortedKeys(by) {
		out = append(out, by[c]+" "+c)
	}
	return orElse(strings.Join(out, ", "), "-")
}

func limit(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}
