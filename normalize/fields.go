package normalize

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// class says which part of the cleaning reads a field.
type class uint8

const (
	classPerson class = 1 << iota
	classRegion
	classConsent
	classOrigin
	classUnknown
)

// classes are those of the fields that have a place of their own in a Submission; all others go to Extra.
var classes = func() map[string]class {
	m := map[string]class{lead.FieldPage: classOrigin, lead.FieldReferrerURL: classOrigin, lead.FieldLanding: classOrigin}
	for _, f := range []string{lead.FieldName, lead.FieldFamilyName, lead.FieldGivenName, lead.FieldHonorific,
		lead.FieldPhone, lead.FieldEmail, lead.FieldCompany, lead.FieldTitle, lead.FieldMessage, lead.FieldProduct, lead.FieldTag,
		lead.FieldExternalID} {
		m[f] = classPerson
	}
	for _, f := range []string{lead.FieldCountry, lead.FieldProvince, lead.FieldCity, lead.FieldDistrict, lead.FieldAddress} {
		m[f] = classRegion
	}
	for _, f := range []string{lead.FieldConsent, lead.FieldConsentText, lead.FieldConsentVersion, lead.FieldConsentPurpose, lead.FieldConsentAt} {
		m[f] = classConsent
	}
	for _, f := range utmFields {
		m[f.field] = classOrigin
	}
	for _, f := range lead.ClickIDFields {
		m[f] = classOrigin
	}
	return m
}()

// has reports whether the draft holds a field of the class. Most drafts hold few fields, and asking for each of the many
// that they could hold would cost more than the rest.
func (c *cleaning) has(k class) bool { return c.classes&k != 0 }

func (c *cleaning) classify() {
	for f := range c.draft.Fields {
		k := classes[f]
		if k == 0 {
			k = classUnknown
		}
		c.classes |= k
	}
}

// line is the first value of a field that says something, cleaned and cut.
func (c *cleaning) line(field string, most int) string {
	for _, v := range c.draft.Fields[field] {
		if v = clean(v); !isNothing(v) {
			return c.cut(field, v, most)
		}
	}
	return ""
}

func (c *cleaning) cut(field, v string, most int) string {
	v, was := limit(v, most)
	if was {
		c.note("%s: cut to %d characters", field, most)
	}
	return v
}

// texts fills the fields that need no more than cleaning.
func (c *cleaning) texts() {
	c.sub.Title = c.line(lead.FieldTitle, maxShort)
	c.sub.Address = c.line(lead.FieldAddress, maxAddress)
	c.sub.Products = c.list(lead.FieldProduct)
	c.sub.Tags = c.list(lead.FieldTag)
	switch values := c.draft.Fields[lead.FieldMessage]; len(values) {
	case 0:
	case 1:
		c.sub.Message = c.cut(lead.FieldMessage, cleanLines(values[0]), maxMessage)
	default:
		c.sub.Message = c.cut(lead.FieldMessage, cleanLines(strings.Join(values, "\n")), maxMessage)
	}
}

// list is every value of a field, split at commas and the like, sorted, without repeats.
func (c *cleaning) list(field string) []string {
	const most = 50
	var out []string
	for _, v := range c.draft.Fields[field] {
		for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(",，;；、|\n", r) }) {
			if part = clean(part); !isNothing(part) {
				out = append(out, c.cut(field, part, maxShort))
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > most {
		c.note("%s: only the first %d of %d values are kept", field, most, len(out))
		out = out[:most]
	}
	return out
}

// extra keeps the fields that the hub has no place for.
func (c *cleaning) extra() {
	const most, longest = 50, 64
	if !c.has(classUnknown) {
		return
	}
	var names []string
	for f := range c.draft.Fields {
		if classes[f] == 0 {
			names = append(names, f)
		}
	}
	slices.Sort(names)
	left := 0
	for _, f := range names {
		value := strings.TrimSpace(strings.Join(c.draft.Fields[f], "; "))
		name, _ := limit(clean(f), longest)
		if name == "" || value == "" {
			continue
		}
		if len(c.sub.Extra) >= most {
			left++
			continue
		}
		value = clean(value)
		if _, was := limit(value, maxExtra); was {
			c.note("%s: cut to %d characters", name, maxExtra)
		}
		c.keep(name, value)
	}
	if left > 0 {
		c.note("%d further fields are left out: at most %d unknown fields are kept", left, most)
	}
}
