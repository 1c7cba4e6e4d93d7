package api

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type submissionIn struct {
	ID string `path:"id" maxLength:"100"`
}

type body[T any] struct{ Body T }

func (s *server) submission(ctx context.Context, in *submissionIn) (*body[lead.SubmissionStatus], error) {
	st, err := s.Submissions.Submission(ctx, in.ID)
	return &body[lead.SubmissionStatus]{st}, err
}

type leadsIn struct {
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string    `query:"cursor" maxLength:"512" pattern:"^[!-~]*$" doc:"The next of the page before."`
	Text     string    `query:"q" maxLength:"200" doc:"Part of a name, company, phone, email or number."`
	Status   string    `query:"status" enum:"new,assigned,working,nurturing,converted,unqualified,archived"`
	Owner    string    `query:"owner" maxLength:"100" doc:"Key of a rep; - for leads that nobody owns."`
	Pool     string    `query:"pool" maxLength:"64" doc:"Key of a public pool; * for any."`
	Grade    string    `query:"grade" enum:"A,B,C,D,-" doc:"- for leads without."`
	FollowBy time.Time `query:"follow_by" doc:"A follow-up was agreed on for then, or for earlier."`
	Source   string    `query:"source" maxLength:"100" doc:"Key of a source that brought a touch."`
	Province string    `query:"province" maxLength:"100" doc:"Full name, like 广东省."`
	Since    time.Time `query:"since" doc:"First seen at or after."`
	Until    time.Time `query:"until" doc:"First seen before."`
}

func (s *server) leads(ctx context.Context, in *leadsIn) (*body[lead.LeadPage], error) {
	return s.listLeads(ctx, lead.LeadQuery{Text: in.Text, Status: in.Status, Owner: in.Owner, Source: in.Source,
		Province: in.Province, Pool: in.Pool, Grade: in.Grade, FollowBy: in.FollowBy, Since: in.Since, Until: in.Until,
		Cursor: in.Cursor, Limit: in.Limit})
}

// listLeads lists what the caller may see. To a rep who may claim from some of several pools a page may have fewer leads than its limit.
func (s *server) listLeads(ctx context.Context, q lead.LeadQuery) (*body[lead.LeadPage], error) {
	v := seenBy(ctx)
	q, err := v.Narrow(q)
	if err != nil {
		return nil, err
	}
	p, err := s.Leads.Leads(ctx, q)
	if err != nil {
		return nil, err
	}
	p = v.Page(p)
	for i := range p.Items {
		fillLead(&p.Items[i])
	}
	return &body[lead.LeadPage]{p}, nil
}

type leadIn struct {
	ID string `path:"id" maxLength:"100" doc:"Id or number."`
}

func (s *server) lead(ctx context.Context, in *leadIn) (*body[lead.LeadDetail], error) {
	d, err := s.Leads.Lead(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if d, err = seenBy(ctx).Detail(d); err != nil {
		return nil, err
	}
	fillLead(&d.Lead)
	d.TouchList, d.Identities, d.History = list(d.TouchList), list(d.Identities), list(d.History)
	for i := range d.TouchList {
		sub := &d.TouchList[i].Submission
		sub.Identities = list(sub.Identities)
	}
	d.Scored = list(d.Scored)
	d.Duplicates = fillDuplicates(d.Duplicates)
	if d.Provenance == nil {
		d.Provenance = map[string][]lead.Value{}
	}
	return &body[lead.LeadDetail]{d}, nil
}

// list makes a list that is [] in JSON when it is empty.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func fillLead(l *lead.Lead) {
	l.Phones, l.Emails, l.Tags = list(l.Phones), list(l.Emails), list(l.Tags)
	l.Products, l.Consents, l.Sources = list(l.Products), list(l.Consents), list(l.Sources)
}
