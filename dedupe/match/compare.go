package match

import (
	"cmp"
	"math"

	"github.com/leadhub/leadhub/lead"
)

// Score says how likely two leads are one person.
type Score struct {
	Weight      float64 `json:"weight"`      // log2 of the odds: 0 even, 10 about a thousand to one; see Possible and Likely
	Probability float64 `json:"probability"` // the same from 0 to 1
	Parts       []Part  `json:"parts"`       // their weights add up to Weight
}

// Part is what one field says.
type Part struct {
	Field  string  `json:"field"`
	Level  string  `json:"level"`       // how far the two agree, a code; see Words
	Weight float64 `json:"weight"`      // bits, negative when it speaks against
	A      string  `json:"a,omitempty"` // what the first lead says, for people
	B      string  `json:"b,omitempty"`
}

// Compare weighs two leads. It is symmetric: swapping them swaps A and B of the parts and nothing else. What one of
// them does not say is no evidence. freq may be nil.
func Compare(a, b Profile, freq Frequencies) Score {
	s := Score{Parts: make([]Part, 1, 8)}
	s.Parts[0] = Part{Field: FieldPrior, Level: Prior, Weight: priorBits}
	add := func(p Part) {
		if p.Level != "" {
			s.Parts = append(s.Parts, p)
		}
	}
	add(namePart(a.Name, b.Name, freq))
	add(best(FieldPhone, a.Phones, b.Phones, parsePhone, comparePhones))
	add(best(FieldEmail, a.Emails, b.Emails, parseEmail, compareEmails))
	add(companyPart(a.Company, b.Company, freq))
	add(regionPart(a.Region, b.Region))
	add(idPart(a.Identities, b.Identities))
	oneEmployer(s.Parts)
	for _, p := range s.Parts {
		s.Weight += p.Weight
	}
	s.Probability = 1 / (1 + math.Exp2(-s.Weight))
	return s
}

func namePart(a, b string, freq Frequencies) Part {
	x, y := parseName(a), parseName(b)
	if x.text == "" || y.text == "" {
		return Part{}
	}
	p := Part{Field: FieldName, Level: compareNames(&x, &y), A: a, B: b}
	share := 1.0
	if known[p.Level].scaled {
		share = sharedShare(p.Level, &x, &y, freq)
	}
	p.Weight = weigh(p.Level, share)
	return p
}

// sharedShare is how common the thing is that two names share; of two spellings the commoner counts.
func sharedShare(level string, a, b *personName, freq Frequencies) float64 {
	switch level {
	case NamePart: // a bare family name, at most as telling as a rare one
		return max(min(nameShare(shorter(a, b), freq), 1), 5e-4)
	case NameGiven:
		return max(givenShare(longer(a, b)), 1e-3)
	case NameScript:
		if a.han {
			return nameShare(a, freq)
		}
		return nameShare(b, freq)
	}
	return max(nameShare(a, freq), nameShare(b, freq))
}

// shorter is the one that says less: a bare family name before a whole name, in whatever script.
func shorter(a, b *personName) *personName {
	if a.whole() != b.whole() {
		if b.whole() {
			return a
		}
		return b
	}
	if c := cmp.Or(cmp.Compare(len(a.runes), len(b.runes)), cmp.Compare(a.text, b.text)); c <= 0 {
		return a
	}
	return b
}

func longer(a, b *personName) *personName {
	if shorter(a, b) == a {
		return b
	}
	return a
}

// maxValues of a list are compared with each other.
const maxValues = 8

// best is the strongest agreement between two lists. Of equal ones the lowest values are shown, whichever side they are on.
func best[T any](field string, as, bs []string, parse func(string) T, compare func(a, b T) string) Part {
	var top Part
	var ys [maxValues]T
	bs = bs[:min(len(bs), maxValues)]
	for i, b := range bs {
		ys[i] = parse(b)
	}
	for _, a := range as[:min(len(as), maxValues)] {
		x := parse(a)
		for i, b := range bs {
			if a == "" || b == "" {
				continue
			}
			p := Part{Field: field, Level: compare(x, ys[i]), A: a, B: b}
			p.Weight = weigh(p.Level, 1)
			if top.Level == "" || before(p, top) {
				top = p
			}
		}
	}
	return top
}

func before(p, q Part) bool {
	return cmp.Or(cmp.Compare(q.Weight, p.Weight), cmp.Compare(p.Level, q.Level),
		cmp.Compare(min(p.A, p.B), min(q.A, q.B)), cmp.Compare(max(p.A, p.B), max(q.A, q.B))) < 0
}

func companyPart(a, b string, freq Frequencies) Part {
	x, y := parseCompany(a), parseCompany(b)
	if x.key == "" || y.key == "" {
		return Part{}
	}
	p := Part{Field: FieldCompany, Level: compareCompanies(&x, &y), A: a, B: b}
	p.Weight = weigh(p.Level, max(companyShare(&x, freq), companyShare(&y, freq)))
	return p
}

func regionPart(a, b lead.Region) Part {
	if a.Country != "" && b.Country != "" && a.Country != b.Country {
		return regionOf(RegionDiffers, a.Country, b.Country)
	}
	switch {
	case a.Province == "" || b.Province == "":
		if a.City == "" || b.City == "" {
			return Part{}
		}
		if a.City == b.City {
			return regionOf(RegionCity, a.City, b.City)
		}
		return regionOf(RegionDiffers, a.City, b.City)
	case a.Province != b.Province:
		return regionOf(RegionDiffers, a.Province, b.Province)
	case a.City != "" && b.City != "" && a.City != b.City:
		return regionOf(RegionOther, a.City, b.City)
	case a.City != "" && b.City != "":
		return regionOf(RegionCity, a.City, b.City)
	}
	return regionOf(RegionPart, a.Province, b.Province)
}

func regionOf(level, a, b string) Part {
	return Part{Field: FieldRegion, Level: level, Weight: weigh(level, 1), A: a, B: b}
}

// idPart is the strongest agreement of platform ids; failing that, a contradiction: two ids in one scope where a person
// has one.
func idPart(as, bs []lead.Identity) Part {
	var top, against Part
	for _, a := range as {
		for _, b := range bs {
			if a.Kind != b.Kind || !platform(a.Kind) || a.Value == "" || b.Value == "" {
				continue
			}
			p := Part{Field: FieldID, A: a.Key(), B: b.Key()}
			switch {
			case a.Value == b.Value && a.Scope == b.Scope:
				p.Level = IDSame
			case a.Value == b.Value:
				p.Level = IDFamily
			case a.Scope == b.Scope:
				p.Level = IDConflict
			default:
				continue
			}
			p.Weight = weigh(p.Level, 1)
			if at := &top; p.Level != IDConflict {
				if at.Level == "" || before(p, *at) {
					*at = p
				}
			} else if against.Level == "" || before(p, against) {
				against = p
			}
		}
	}
	if top.Level != "" {
		return top
	}
	return against
}

// oneEmployer: company, landline, shared mailbox and region agree together for any two colleagues, so beside the strongest
// of them the others count a quarter.
func oneEmployer(parts []Part) {
	strongest := -1
	shared := func(p Part) bool {
		switch p.Level {
		case CompanySame, CompanyCore, CompanyClose, LandlineSame, LandlineOther, ServiceSame, MailboxSame, RegionCity, RegionPart:
			return p.Weight > 0
		}
		return false
	}
	for i, p := range parts {
		if shared(p) && (strongest < 0 || p.Weight > parts[strongest].Weight) {
			strongest = i
		}
	}
	for i, p := range parts {
		if i != strongest && shared(p) {
			parts[i].Weight /= 4
		}
	}
}
