package api

import (
	"context"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type viewKey struct{}

// view is what a rep may see: his own leads, and leads of public pools that he may claim from, as those show them. A nil view belongs to
// a token that is no rep's: it sees everything.
type view struct {
	rep   lead.Rep
	pools []lead.Pool
}

func seenBy(ctx context.Context) *view {
	v, _ := ctx.Value(viewKey{}).(*view)
	return v
}

// viewOf reads who a rep is at this moment. One who left, or was set inactive, sees nothing any more.
func (s *server) viewOf(ctx context.Context, rep string) (*view, error) {
	c, err := s.Configuration.Config(ctx)
	if err != nil {
		return nil, err
	}
	i := reps.find(&c, rep)
	if i < 0 || !c.Reps[i].Active {
		return nil, &lead.Error{Kind: lead.KindForbidden, Code: "rep_inactive", Message: "the rep of this token is not active",
			Hint: "have him set active first"}
	}
	v := &view{rep: c.Reps[i]}
	for _, p := range c.Pools {
		if p.Enabled && (len(p.Teams) == 0 || slices.Contains(p.Teams, v.rep.Team)) {
			v.pools = append(v.pools, p)
		}
	}
	return v, nil
}

// pool finds a public pool that the rep may claim from.
func (v *view) pool(key string) *lead.Pool {
	for i := range v.pools {
		if key != "" && v.pools[i].Key == key {
			return &v.pools[i]
		}
	}
	return nil
}

func (v *view) owns(l *lead.Lead) bool { return v == nil || l.Owner == v.rep.Key }

// show is a lead as it may be seen; false when it may not.
func (v *view) show(l lead.Lead) (lead.Lead, bool) {
	if v.owns(&l) {
		return l, true
	}
	if p := v.pool(l.Pool); p != nil && l.Owner == "" {
		return p.Conceal(l), true
	}
	return lead.Lead{}, false
}

// detail is show for all there is of a lead. Of one that nobody has claimed there is nothing but the lead itself: touches, provenance,
// identities and history hold in plain words what its pool conceals.
func (v *view) detail(d lead.LeadDetail) (lead.LeadDetail, error) {
	if v == nil {
		return d, nil
	}
	l, ok := v.show(d.Lead)
	switch {
	case !ok:
		return lead.LeadDetail{}, noLead()
	case !v.owns(&d.Lead):
		return lead.LeadDetail{Lead: l}, nil
	}
	d.History = slices.Clone(d.History)
	for i := range d.History {
		d.History[i].Trace = nil // how colleagues stand is for those above
	}
	d.Duplicates = slices.DeleteFunc(slices.Clone(d.Duplicates), func(other lead.LeadDuplicate) bool { return other.Owner != v.rep.Key })
	return d, nil
}

// after is a lead as whoever moved it may see it: he may have given it out of his sight.
func (v *view) after(l lead.Lead) lead.Lead {
	if shown, ok := v.show(l); ok {
		return shown
	}
	return lead.Lead{ID: l.ID, Number: l.Number, Status: l.Status, Version: l.Version}
}

// narrow lets a query find no more than the rep may see. Text is looked for among his own leads alone, and a region is no filter where
// a pool hides it: what is found would tell what is not shown.
func (v *view) narrow(q lead.LeadQuery) (lead.LeadQuery, error) {
	if q.Owner == "-" && q.Pool == "" {
		q.Pool = "*"
	}
	if q.Pool == "" {
		if q.Owner != "" && q.Owner != v.rep.Key {
			return q, &lead.Error{Kind: lead.KindForbidden, Code: "not_owner", Message: "the leads of others are not shown", Hint: "leave owner out"}
		}
		q.Owner = v.rep.Key
		return q, nil
	}
	if q.Pool != "*" && v.pool(q.Pool) == nil {
		return q, pools.missing()
	}
	if q.Text != "" {
		return q, wrongField("q", "not_searchable", "leads that nobody has claimed cannot be searched by text", "leave q or pool out")
	}
	for _, p := range v.pools {
		if q.Province != "" && (q.Pool == "*" || q.Pool == p.Key) && slices.Contains(p.Hidden, "region") {
			return q, wrongField("province", "not_searchable", "the pool hides regions", "leave province out")
		}
	}
	q.Owner = "-"
	return q, nil
}

// ownLead lets a rep decide about his own leads alone: of one he has not claimed, a merge or a split would show all.
func (s *server) ownLead(ctx context.Context, ids ...string) error {
	v := seenBy(ctx)
	if v == nil {
		return nil
	}
	for _, id := range ids {
		d, err := s.Leads.Lead(ctx, id)
		if err != nil {
			return err
		}
		if !v.owns(&d.Lead) {
			return noLead()
		}
	}
	return nil
}

// noLead is what the pool says of a lead that does not exist.
func noLead() error {
	return lead.NotFound("lead_not_found", "there is no lead with this id or number", "look for it with GET /v1/leads?q=")
}

func wrongField(field, code, message, hint string) error {
	e := lead.Invalid(code, message, hint)
	e.Fields = []string{field}
	return e
}
