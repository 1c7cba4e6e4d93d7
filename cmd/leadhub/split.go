package main

type splitCmd struct {
	serverFlags
	Lead        string   `arg:"" help:"Id or number of the lead."`
	Submissions []string `arg:"" help:"Submission ids of the touches that are somebody else; leadhub why LEAD lists them."`
	Why         string   `help:"Reason, for the history." placeholder:"TEXT"`
	Preview     bool     `help:"Tell what would become of it, and change nothing."`
	JSON        bool     `help:"Print one JSON object." name:"json"`
}

// Run takes touches out of a lead, and prints what changed.
func (c *splitCmd) Run(p process) error {
	in := map[string]any{"touches": c.Submissions, "why": c.Why, "preview": c.Preview}
	var out changedLeads
	if err := c.client().call(p.ctx, "POST", leadPath(c.Lead)+"/split", in, &out); err != nil {
		return err
	}
	return out.print(p.stdout, c.JSON, c.Preview)
}
