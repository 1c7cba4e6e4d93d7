package normalize

import (
	"strings"

	"golang.org/x/text/width"

	"github.com/leadhub/leadhub/lead"
)

// Most numbers taken from one draft, and longest field that is read for numbers.
const (
	maxPhones     = 20
	maxPhoneField = 500
)

// phones reads the phone fields. country is where the person says they are; a number without a country code is read
// as one of that country first, then as one of the hub's.
func (c *cleaning) phones(country string) {
	if country == "" {
		country = c.country
	}
	values := c.draft.Fields[lead.FieldPhone]
	for _, id := range c.draft.Identities {
		if id.Kind == lead.IdentityMobile || id.Kind == lead.IdentityLandline {
			values = append(values[:len(values):len(values)], id.Value)
		}
	}
	for _, v := range values {
		var found []lead.Phone
		var trouble []string
		if p, ok := c.mobileCN(v, country); ok {
			found = []lead.Phone{p}
		} else if v, was := limit(v, maxPhoneField); isNothing(clean(v)) {
			continue
		} else {
			if was {
				c.note("phone: only the first %d characters are read", maxPhoneField)
			}
			found, trouble = c.readPhones(v, country)
			if len(found) == 0 {
				c.unread = append(c.unread, lead.FieldPhone)
			}
			if len(found) == 0 || len(trouble) > 0 {
				c.keep(lead.FieldPhone, v)
			}
		}
		for _, t := range trouble {
			c.note("phone: %s", t)
		}
		for _, p := range found {
			c.addPhone(p)
		}
	}
}

func (c *cleaning) addPhone(p lead.Phone) {
	for _, q := range c.sub.Phones {
		if q.E164 == p.E164 && q.Ext == p.Ext {
			return
		}
	}
	if len(c.sub.Phones) >= maxPhones {
		c.note("phone: at most %d numbers are kept", maxPhones)
		return
	}
	c.sub.Phones = append(c.sub.Phones, p)
}

// readPhones reads every number in a field. The second result says, masked, what could not be read.
func (n *Normalizer) readPhones(field, country string) (found []lead.Phone, trouble []string) {
	if p, ok := n.mobileCN(field, country); ok {
		return []lead.Phone{p}, nil
	}
	field = strings.ReplaceAll(foldPhone(field), ";ext=", " ext ")
	area := "" // of the number before: 020-88881234/88881235
	for part := range phoneParts(field) {
		part = strings.Trim(part, " '\"`’‘*:.-_=")
		if part == "" || isNothing(part) {
			continue
		}
		ps, why := n.phonePart(part, country, area)
		if why != "" {
			trouble = append(trouble, why)
		}
		for _, p := range ps {
			if p.Type == lead.PhoneLandline {
				area = areaOf(p.E164)
			}
			found = append(found, p)
		}
	}
	return found, trouble
}

// foldPhone brings every width of digit and sign to ASCII; line breaks stay, they part numbers.
func foldPhone(s string) string {
	s = width.Fold.String(strings.ToValidUTF8(s, " "))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0x30fc, r == 0xfe63, r == '~':
			return '-'
		case r == '、' || r == '|' || r == '\\' || r == '或' || r == '及' || r == '和' || r == '&':
			return ','
		}
		return visible(r)
	}, s)
}

// phoneParts splits a field at the signs and words that people put between two numbers.
func phoneParts(s string) func(yield func(string) bool) {
	if strings.ContainsFunc(s, func(r rune) bool { return r > '9' }) {
		s = wordBetween.ReplaceAllString(s, ",")
	}
	return strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' || r == '/' || r == '\n' })
}

// phonePart reads a part that should hold one number, or several with only spaces between them.
func (n *Normalizer) phonePart(part, country, area string) ([]lead.Phone, string) {
	digits, why := repairNumber(part)
	if why != "" {
		return nil, why
	}
	if p, ok := n.phone(digits, country, area); ok {
		p.Raw = part
		return []lead.Phone{p}, ""
	}
	groups := phoneGroups(digits)
	if len(groups) > 1 {
		if ps, ok := n.phoneRun(groups, country); ok {
			return ps, ""
		}
	}
	if ps, ok := n.gluedMobiles(digits); ok {
		return ps, ""
	}
	return nil, unreadable(part)
}

func unreadable(part string) string {
	switch d := onlyDigits(part); {
	case d == "":
		return "“" + mask(part) + "” is not a number"
	case allSame(d) || strings.Contains("0123456789012345", d):
		return "“" + mask(part) + "” is a placeholder"
	case len(d) == 7 || len(d) == 8:
		return "“" + mask(part) + "” lacks the area code"
	case strings.HasPrefix(d, "1") && len(d) < 11:
		return "“" + mask(part) + "” lacks digits"
	case strings.HasPrefix(d, "1") && len(d) > 11:
		return "“" + mask(part) + "” has too many digits"
	}
	return "“" + mask(part) + "” is not a number that exists"
}

// phone reads one number, perhaps with an extension.
func (n *Normalizer) phone(s, country, area string) (lead.Phone, bool) {
	number, ext := cutExtension(s)
	p, ok := n.bare(number, country, area)
	if !ok && ext == "" {
		// 020-88881234-8001: the last group is an extension when the rest is a number without it.
		if head, tail, found := cutLastGroup(number); found && len(tail) <= maxExt {
			if p, ok = n.bare(head, country, area); ok {
				ext = tail
			}
		}
	}
	if !ok {
		return p, false
	}
	p.Ext = ext
	return n.finish(p), true
}

// bare reads one number without extension.
func (n *Normalizer) bare(s, country, area string) (lead.Phone, bool) {
	if p, ok := n.mobileCN(s, country); ok {
		return p, true
	}
	if country == "CN" || country == "" || abroadCN(s) {
		if p, ok := numberCN(s, area); ok {
			return p, true
		}
	}
	if p, ok := foreign(s, country); ok {
		return p, true
	}
	if country != n.country { // somebody abroad with a number from home
		if p, ok := n.mobileCN(s, n.country); ok {
			return p, true
		}
		if n.country == "CN" {
			return numberCN(s, "")
		}
		return foreign(s, n.country)
	}
	return lead.Phone{}, false
}

// phoneRun reads numbers that have only spaces between them, the longest run of groups first.
func (n *Normalizer) phoneRun(groups []string, country string) ([]lead.Phone, bool) {
	const most = 6
	var out []lead.Phone
	for len(groups) > 0 {
		taken := 0
		for k := min(most, len(groups)); k > 0 && taken == 0; k-- {
			if p, ok := n.bare(strings.Join(groups[:k], " "), country, ""); ok {
				p.Raw = strings.Join(groups[:k], " ")
				out, taken = append(out, n.finish(p)), k
			}
		}
		if taken == 0 {
			return nil, false
		}
		groups = groups[taken:]
	}
	return out, true
}

// gluedMobiles reads Chinese mobile numbers written without anything between them.
func (n *Normalizer) gluedMobiles(s string) ([]lead.Phone, bool) {
	d := onlyDigits(s)
	if len(d) < 22 || len(d)%11 != 0 || n.country != "CN" {
		return nil, false
	}
	var out []lead.Phone
	for ; d != ""; d = d[11:] {
		p, ok := n.mobileCN(d[:11], "CN")
		if !ok {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}

// finish adds what is known of a number beyond its digits.
func (n *Normalizer) finish(p lead.Phone) lead.Phone {
	if n.placeholder(p.E164) {
		p.Blocked = "placeholder"
	}
	if p.Province == "" && (p.Type == lead.PhoneMobile || p.Type == lead.PhoneLandline) {
		p.Province, p.City = attribution(p.E164)
	}
	return p
}
