package api

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// registerDuplicates registers the queue of leads that may be one person.
func registerDuplicates(s *server) {
	handle(s, get("/v1/duplicates", lead.ScopeLeadsRead, "List leads that may be one person, the highest score first"), s.duplicates)
	handle(s, post("/v1/duplicates/{a}/{b}", lead.ScopeLeadsWrite, "Dismiss a possible duplicate, or open it again"), s.decideDuplicate)
}

type duplicatesIn struct {
	Limit  int     `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string  `query:"cursor" maxLength:"512" pattern:"^[!-~]*$" doc:"The next of the page before."`
	State  string  `query:"state" enum:"open,dismissed" doc:"Both unless given."`
	Min    float64 `query:"min" doc:"Lowest score, in bits; 0 does not restrict."`
	Lead   string  `query:"lead" maxLength:"100" doc:"Id or number of one of the two."`
}

func (s *server) duplicates(ctx context.Context, in *duplicatesIn) (*body[lead.DuplicatePage], error) {
	p, err := s.Duplicates.Duplicates(ctx, lead.DuplicateQuery{State: in.State, Min: in.Min, Lead: in.Lead, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	p.Items = list(p.Items)
	for i := range p.Items {
		fillDuplicate(&p.Items[i])
	}
	return &body[lead.DuplicatePage]{p}, nil
}

type decideDuplicateIn struct {
	A    string `path:"a" maxLength:"100" doc:"Id or number of one lead."`
	B    string `path:"b" maxLength:"100" doc:"Id or number of the other."`
	Body struct {
		_        struct{} `additionalProperties:"false"`
		Decision string   `json:"decision" enum:"dismiss,reopen" doc:"dismiss: these are two, until more speaks for one. That they are one is a merge."`
		Why      string   `json:"why,omitempty" maxLength:"500" doc:"Stands beside the pair."`
	}
}

func (s *server) decideDuplicate(ctx context.Context, in *decideDuplicateIn) (*body[lead.Duplicate], error) {
	d, err := s.Duplicates.DecideDuplicate(ctx, in.A, in.B, in.Body.Decision, order(ctx, in.Body.Why, false))
	if err != nil {
		return nil, err
	}
	fillDuplicate(&d)
	return &body[lead.Duplicate]{d}, nil
}

func fillDuplicate(d *lead.Duplicate) {
	d.Parts = list(d.Parts)
	for _, l := range []*lead.DuplicateLead{&d.A, &d.B} {
		l.Phones, l.Emails = list(l.Phones), list(l.Emails)
	}
}

func fillDuplicates(all []lead.LeadDuplicate) []lead.LeadDuplicate {
	all = list(all)
	for i := range all {
		all[i].Parts = list(all[i].Parts)
	}
	return all
}
