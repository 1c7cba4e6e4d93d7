package lead

import (
	"slices"
	"strings"
)

// RepView is what a rep may see at one moment: his own leads, and leads of public pools that he may claim from, as those show them. The API
// and the console ask it before they show or move anything. A nil RepView belongs to somebody above, who sees everything.
type RepView struct {
	Rep   Rep
	Pools []Pool // that he may claim from
}

// RepView tells what a rep may see as the configuration is. KindForbidden for one who left, or was set inactive: he sees nothing any more.
func (c *Config) RepView(rep string) (*RepView, error) {
	i := slices.IndexFunc(c.Reps, func(r Rep) bool { return r.Key == rep && rep != "" })
	if i < 0 || !c.Reps[i].Active {
		return nil, &Error{Kind: KindForbidden, Code: "rep_inactive", Message: "the rep of this token is not active",
			Hint: "have him set active first"}
	}
	v := &RepView{Rep: c.Reps[i]}
	for _, p := range c.Pools {
		if p.Enabled && (len(p.Teams) == 0 || slices.Contains(p.Teams, v.Rep.Team)) {
			v.Pools = append(v.Pools, p)
		}
	}
	return v, nil
}

// Pool finds a public pool that the rep may claim from; nil when he may not.
func (v *RepView) Pool(key string) *Pool {
	for i := range v.Pools {
		if key != "" && v.Pools[i].Key == key {
			return &v.Pools[i]
		}
	}
	return nil
}

// Owns reports whether a lead is his own.
func (v *RepView) Owns(l *Lead) bool { return v == nil || l.Owner == v.Rep.Key }

// Show is a lead as it may be seen; false when it may not.
func (v *RepView) Show(l Lead) (Lead, bool) {
	if v.Owns(&l) {
		return l, true
	}
	if p := v.Pool(l.Pool); p != nil && l.Owner == "" {
		return p.Conceal(l), true
	}
	return Lead{}, false
}

// Page is a page of leads, each as it may be seen, without those that may not: of several pools it may have fewer than its limit.
func (v *RepView) Page(p LeadPage) LeadPage {
	shown := make([]Lead, 0, len(p.Items))
	for _, l := range p.Items {
		if l, ok := v.Show(l); ok {
			shown = append(shown, l)
		}
	}
	p.Items = shown
	return p
}

// Detail is Show for all there is of a lead. Of one that nobody has claimed there is nothing but the lead itself: touches, provenance,
// identities and history hold in plain words what its pool conceals. KindNotFound for one that he may not see.
func (v *RepView) Detail(d LeadDetail) (LeadDetail, error) {
	if v == nil {
		return d, nil
	}
	l, ok := v.Show(d.Lead)
	switch {
	case !ok:
		return LeadDetail{}, UnknownLead()
	case !v.Owns(&d.Lead):
		return LeadDetail{Lead: l}, nil
	}
	d.Duplicates = slices.DeleteFunc(slices.Clone(d.Duplicates), func(other LeadDuplicate) bool { return other.Owner != v.Rep.Key })
	d.History = slices.DeleteFunc(slices.Clone(d.History), func(e Event) bool { // it names the other lead, and who has it
		return e.Type == EventDuplicate &&
			!slices.ContainsFunc(d.Duplicates, func(own LeadDuplicate) bool { return strings.Contains(e.Why, own.Number) })
	})
	for i := range d.History { // how colleagues stand is for those above, in the trace and in the sentence made of it
		e := &d.History[i]
		if len(e.Trace) > 0 && e.To != v.Rep.Key {
			e.Why = ""
		}
		e.Trace = nil
	}
	return d, nil
}

// After is a lead as whoever moved it may see it: he may have given it out of his sight.
func (v *RepView) After(l Lead) Lead {
	if shown, ok := v.Show(l); ok {
		return shown
	}
	return Lead{ID: l.ID, Number: l.Number, Status: l.Status, Version: l.Version}
}

// Narrow lets a query find no more than the rep may see. Text is looked for among his own leads alone, and a region is no filter where
// a pool hides it: what is found would tell what is not shown.
func (v *RepView) Narrow(q LeadQuery) (LeadQuery, error) {
	if v == nil {
		return q, nil
	}
	if q.Owner == "-" && q.Pool == "" {
		q.Pool = "*"
	}
	if q.Pool == "" {
		if q.Owner != "" && q.Owner != v.Rep.Key {
			return q, &Error{Kind: KindForbidden, Code: "not_owner", Message: "the leads of others are not shown", Hint: "leave owner out"}
		}
		q.Owner = v.Rep.Key
		return q, nil
	}
	if q.Pool != "*" && v.Pool(q.Pool) == nil {
		return q, NotFound("no_such_pool", "there is no pool with this key", "GET /v1/pools/states lists yours")
	}
	if q.Text != "" {
		return q, notSearchable("q", "leads that nobody has claimed cannot be searched by text", "leave q or pool out")
	}
	for _, p := range v.Pools {
		if q.Province != "" && (q.Pool == "*" || q.Pool == p.Key) && slices.Contains(p.Hidden, "region") {
			return q, notSearchable("province", "the pool hides regions", "leave province out")
		}
	}
	q.Owner = "-"
	return q, nil
}

// telling are the refusals of a move that would tell a rep of a lead that he cannot see. Only a claim says already_claimed of one.
var telling = []string{"not_owner", "not_your_pool", "not_in_pool", "pool_closed"}

// Refusal is why a move was refused, as the rep may hear it: of a lead that he cannot see, that there is none. find looks the lead up.
func (v *RepView) Refusal(err error, find func() (LeadDetail, error)) error {
	if v == nil || err == nil || !slices.Contains(telling, AsError(err).Code) {
		return err
	}
	d, gone := find()
	if gone != nil {
		return gone
	}
	if _, ok := v.Show(d.Lead); !ok {
		return UnknownLead()
	}
	return err
}

// UnknownLead is what the pool says of a lead that does not exist.
func UnknownLead() *Error {
	return NotFound("lead_not_found", "there is no lead with this id or number", "look for it with GET /v1/leads?q=")
}

func notSearchable(field, message, hint string) *Error {
	e := Invalid("not_searchable", message, hint)
	e.Fields = []string{field}
	return e
}
