package dedupe

import (
	"maps"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// Add folds a submission into a record and returns the names of the fields that changed, sorted. A zero record
// becomes that of a new lead. Adding the same submission twice is adding it once, except for Touches: the caller
// adds a submission only once (the sink's Seen).
func (p Policy) Add(r *lead.Record, s *lead.Submission) []string {
	before := r.Lead
	for _, v := range p.valuesOf(s) {
		say(r, v.field, v.Value)
	}
	p.sayRest(r, s)
	sayOrigin(r, p.stampOf(s), originOf(s))
	r.Touches++
	if r.FirstSeen.IsZero() || s.EventTime.Before(r.FirstSeen) {
		r.FirstSeen = s.EventTime
	}
	if s.EventTime.After(r.LastSeen) {
		r.LastSeen = s.EventTime
	}
	r.Identities = lead.Hold(r.Identities, s.EventTime, s.Identities...)
	r.Said = union(r.Said, s.Tags)
	r.Products = union(r.Products, s.Products)
	r.Sources = union(r.Sources, []string{s.Source})
	r.Consents = mergeConsents(r.Consents, s.Consents)
	settle(r)
	return lead.Differences(&before, &r.Lead)
}

// Join folds other into survivor, as if every submission of other had been added to it.
func (Policy) Join(survivor, other *lead.Record) []string {
	before := survivor.Lead
	for _, field := range slices.Sorted(maps.Keys(other.Values)) {
		for _, v := range other.Values[field] {
			switch {
			case field == fieldFirst:
				sayOrigin(survivor, v, other.FirstFrom)
			case field == fieldLast:
				sayOrigin(survivor, v, other.LastFrom)
			case best(field):
				sayBest(survivor, field, v)
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
	survivor.Identities = lead.UniteHeld(survivor.Identities, other.Identities)
	survivor.Said = union(survivor.Said, other.Said)
	survivor.Products = union(survivor.Products, other.Products)
	survivor.Sources = union(survivor.Sources, other.Sources)
	survivor.Consents = mergeConsents(survivor.Consents, other.Consents)
	settle(survivor)
	return lead.Differences(&before, &survivor.Lead)
}

// Rebuild makes the record's values anew from all its touches and the pins of its leads, as if the touches had been added
// one by one; ID, Number, Version, standing, score, Own, Pins and Apart stay. It returns the names of the fields that changed, sorted.
func (p Policy) Rebuild(r *lead.Record, touches []*lead.Submission, pins []lead.Pin) []string {
	before := r.Lead
	fresh := lead.Record{Lead: lead.Lead{ID: r.ID, Number: r.Number, Version: r.Version, MergedInto: r.MergedInto, Score: r.Score,
		Grade: r.Grade, Line: r.Line}, Scored: r.Scored, Own: r.Own, Told: r.Told, Pins: r.Pins, Apart: r.Apart}
	fresh.Settle(r.Standing())
	for _, pin := range pins {
		say(&fresh, pin.Field, valueOf(pin))
	}
	for _, s := range touches {
		p.Add(&fresh, s)
	}
	settle(&fresh)
	*r = fresh
	return lead.Differences(&before, &r.Lead)
}

// Renew returns a stored submission as the rules of now read it; nil when that is as it is.
func (p Policy) Renew(s *lead.Submission) *lead.Submission {
	if p.Rules.Renew == nil {
		return nil
	}
	return p.Rules.Renew(s)
}

// pinTrust: what a person set stands above every source; of two pins the later one wins.
const pinTrust = 100

func valueOf(pin lead.Pin) lead.Value {
	return lead.Value{Value: pin.Value, Key: pin.Key, Source: "", Trust: pinTrust, Class: classWhole, At: pin.At, Pinned: pin.By}
}

// PinOf is the value that a submission, made of what a person typed, says of a field; false when it says nothing of it or
// the field cannot be pinned.
func PinOf(field string, s *lead.Submission) (lead.Pin, bool) {
	switch field {
	case fieldName, fieldHonor, fieldCompany, fieldTitle, fieldAddress, fieldRegion:
	default:
		return lead.Pin{}, false
	}
	for _, v := range (Policy{}).valuesOf(s) {
		if v.field == field {
			return lead.Pin{Field: field, Value: v.Value.Value, Key: v.Key}, true
		}
	}
	return lead.Pin{}, false
}

// stampOf is a value's reason: the submission and what its rank depends on.
func (p Policy) stampOf(s *lead.Submission) lead.Value {
	trust, ok := p.Rules.Trust[s.Source]
	if !ok {
		trust = s.Trust
	}
	return lead.Value{Submission: s.ID, Source: s.Source, Trust: trust, Class: classWhole, At: s.EventTime}
}

type fieldValue struct {
	field string
	lead.Value
}

// valuesOf lists what a submission says of every field, with its validity class.
func (p Policy) valuesOf(s *lead.Submission) []fieldValue {
	out := make([]fieldValue, 0, 10)
	add := func(field, value, key string, class int) {
		if value != "" {
			v := p.stampOf(s)
			v.Verified = slices.Contains(s.Verified, saidAs(field))
			v.Value, v.Key, v.Class = value, key, class
			if readFromText(s, field, value) {
				v.Trust, v.Class, v.Verified = 0, classHint, false
			}
			out = append(out, fieldValue{field, v})
		}
	}
	add(fieldName, s.Name.Display, other(s.Name.Key, s.Name.Display), nameClass(s.Name))
	add(fieldHonor, s.Name.Honorific, "", classWhole)
	add(fieldCompany, s.Company.Display, other(s.Company.Key, s.Company.Display), classWhole)
	add(fieldTitle, s.Title, "", classWhole)
	add(fieldAddress, s.Address, "", classWhole)
	add(fieldRegion, place(s.Region), regionKey(s.Region), regionClass(s))
	for _, number := range s.Phones {
		add(fieldOrder, number.Display(), "", phoneClass(number))
	}
	for _, e := range s.Emails {
		add(fieldMail, e.Display, other(e.Key, e.Display), emailClass(e))
	}
	return out
}

// longestKept bounds what a record keeps of a message or of a field without a place of its own.
const longestKept = 1000

// sayRest keeps what only rules ask.
func (p Policy) sayRest(r *lead.Record, s *lead.Submission) {
	v := p.stampOf(s)
	keep := func(field, said, value string) {
		v.Value, v.Verified = value, slices.Contains(s.Verified, said)
		if runes := []rune(value); len(runes) > longestKept {
			v.Value = string(runes[:longestKept])
		}
		sayBest(r, field, v)
	}
	keep(lead.FieldMessage, lead.FieldMessage, s.Message)
	for name, value := range s.Extra {
		keep(lead.ExtraPrefix+name, name, value)
	}
}

// readFromText reports whether a value was read out of free text. Such a value is beneath every one that stood in a field, whatever
// the source: it has no trust of its own.
func readFromText(s *lead.Submission, field, value string) bool {
	if len(s.Found) == 0 {
		return false
	}
	if field == fieldRegion {
		return s.RegionFrom == "message"
	}
	if field == fieldHonor {
		field = fieldName // they are read together
	}
	return slices.ContainsFunc(s.Found, func(f lead.Found) bool {
		return f.Used && f.Field == saidAs(field) && (f.Value == value || field == fieldName || field == fieldCompany)
	})
}

// saidAs is the field of a draft that a field of the lead comes from.
func saidAs(field string) string {
	switch field {
	case fieldOrder:
		return lead.FieldPhone
	case fieldMail:
		return lead.FieldEmail
	}
	return field
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
	r.Tags, r.Products = notNil(r.AllTags()), notNil(r.Products)
	r.Sources = notNil(r.Sources)
	if r.Consents == nil {
		r.Consents = []lead.Consent{}
	}
}
