package dedupe

import (
	"maps"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// Add folds a submission into a record and returns the names of the fields that changed, sorted. A zero record
// becomes that of a new lead. Adding the same submission twice is adding it once, except for Touches: the caller
// adds a submission only once (the sink's Seen).
func (Policy) Add(r *lead.Record, s *lead.Submission) []string {
	before := r.Lead
	for _, v := range valuesOf(s) {
		say(r, v.field, v.Value)
	}
	sayOrigin(r, stampOf(s), originOf(s))
	r.Touches++
	if r.FirstSeen.IsZero() || s.EventTime.Before(r.FirstSeen) {
		r.FirstSeen = s.EventTime
	}
	if s.EventTime.After(r.LastSeen) {
		r.LastSeen = s.EventTime
	}
	r.Identities = lead.SortIdentities(append(slices.Clip(r.Identities), s.Identities...))
	r.Tags = union(r.Tags, s.Tags)
	r.Products = union(r.Products, s.Products)
	r.Sources = union(r.Sources, []string{s.Source})
	r.Consents = mergeConsents(r.Consents, s.Consents)
	settle(r)
	return changed(&before, &r.Lead)
}

// Join folds other into survivor, as if every submission of other had been added to it.
func (Policy) Join(survivor, other *lead.Record) []string {
	before := survivor.Lead
	for _, field := range slices.Sorted(maps.Keys(other.Values)) {
		for _, v := range other.Values[field] {
			switch field {
			case fieldFirst:
				sayOrigin(survivor, v, other.FirstFrom)
			case fieldLast:
				sayOrigin(survivor, v, other.LastFrom)
			default:
				say(survivor, field, v)
			}
		}
	}
	survivor.Touches += other.Touches
	if other.FirstSeen.Before(survivor.FirstSeen) {
		survivor.FirstSeen = other.FirstSeen
	}
	if other.LastSeen.After(survivor.LastSeen) {
		survivor.LastSeen = other.LastSeen
	}
	survivor.Identities = lead.SortIdentities(append(slices.Clip(survivor.Identities), other.Identities...))
	survivor.Tags = union(survivor.Tags, other.Tags)
	survivor.Products = union(survivor.Products, other.Products)
	survivor.Sources = union(survivor.Sources, other.Sources)
	survivor.Consents = mergeConsents(survivor.Consents, other.Consents)
	settle(survivor)
	return changed(&before, &survivor.Lead)
}

// stampOf is a value's reason: the submission and what its rank depends on.
func stampOf(s *lead.Submission) lead.Value {
	return lead.Value{Submission: s.ID, Source: s.Source, Trust: s.Trust, Class: classWhole, At: s.EventTime}
}

type fieldValue struct {
	field string
	lead.Value
}

// valuesOf lists what a submission says of every field, with its validity class.
func valuesOf(s *lead.Submission) []fieldValue {
	out := make([]fieldValue, 0, 10)
	add := func(field, value, key string, class int) {
		if value != "" {
			v := stampOf(s)
			v.Value, v.Key, v.Class = value, key, class
			out = append(out, fieldValue{field, v})
		}
	}
	add(fieldName, s.Name.Display, other(s.Name.Key, s.Name.Display), nameClass(s.Name))
	add(fieldHonor, s.Name.Honorific, "", classWhole)
	add(fieldCompany, s.Company.Display, other(s.Company.Key, s.Company.Display), classWhole)
	add(fieldTitle, s.Title, "", classWhole)
	add(fieldAddress, s.Address, "", classWhole)
	add(fieldRegion, place(s.Region), regionKey(s.Region), regionClass(s))
	for _, p := range s.Phones {
		add(fieldOrder, p.Display(), "", phoneClass(p))
	}
	for _, e := range s.Emails {
		add(fieldMail, e.Display, other(e.Key, e.Display), emailClass(e))
	}
	return out
}

// other is the key of a value when it differs from the value itself.
func other(key, value string) string {
	if key == value {
		return ""
	}
	return key
}

func nameClass(n lead.Name) int {
	if n.Given == "" && n.Family != "" {
		return classPart
	}
	return classWhole
}

func regionClass(s *lead.Submission) int {
	switch {
	case s.RegionFrom == "phone":
		return classHint
	case s.Region.City == "":
		return classPart
	}
	return classWhole
}

func phoneClass(p lead.Phone) int {
	switch {
	case p.Blocked != "" || p.Type == lead.PhoneService:
		return classHint
	case p.Type == lead.PhoneMobile:
		return classWhole
	}
	return classPart
}

func emailClass(e lead.Email) int {
	switch {
	case e.Blocked != "" || e.Disposable:
		return classHint
	case e.Role:
		return classPart
	}
	return classWhole
}

// settle writes the winners into the public state. Phones and emails are unions, the best first.
func settle(r *lead.Record) {
	r.Name = winner(r.Values[fieldName])
	r.Honorific = winner(r.Values[fieldHonor])
	r.Company = winner(r.Values[fieldCompany])
	r.Title = winner(r.Values[fieldTitle])
	r.Address = winner(r.Values[fieldAddress])
	r.Phones = all(r.Values[fieldOrder])
	r.Emails = distinct(r.Values[fieldMail])
	r.Region = regionOf(r.Values[fieldRegion])
	r.Tags, r.Products = notNil(r.Tags), notNil(r.Products)
	r.Sources = notNil(r.Sources)
	if r.Consents == nil {
		r.Consents = []lead.Consent{}
	}
}
