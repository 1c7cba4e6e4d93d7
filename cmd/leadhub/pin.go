package main

import (
	"net/url"

	"github.com/leadhub/leadhub/lead"
)

type pinCmd struct {
	serverFlags
	Lead   string `arg:"" help:"Id or number of the lead."`
	Field  string `arg:"" help:"name, honorific, company, title, address or region."`
	Value  string `arg:"" optional:"" help:"The value; of a region its words, like '广东省 深圳市'."`
	Remove bool   `help:"Take away what was pinned; without VALUE."`
	Why    string `help:"Reason, for the history." placeholder:"TEXT"`
	JSON   bool   `help:"Print one JSON object." name:"json"`
}

// Run pins a value, or takes the pin away, and prints what changed.
func (c *pinCmd) Run(p process) error {
	path := leadPath(c.Lead) + "/pins/" + url.PathEscape(c.Field)
	var out changedLeads
	var err error
	switch {
	case c.Remove && c.Value != "":
		return lead.Invalid("bad_command", "--remove takes no value", "leadhub pin --remove LEAD FIELD")
	case c.Remove:
		err = c.client().call(p.ctx, "DELETE", path+query("why", c.Why), nil, &out)
	case c.Value == "":
		return lead.Invalid("bad_command", "there is no value to pin", "leadhub pin LEAD FIELD VALUE, or --remove LEAD FIELD")
	default:
		err = c.client().call(p.ctx, "PUT", path, map[string]string{"value": c.Value, "why": c.Why}, &out)
	}
	if err != nil {
		return err
	}
	return out.print(p.stdout, c.JSON, false)
}
