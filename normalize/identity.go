package normalize

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

const maxID = 256 // characters of a platform's id; a longer one is refused, as half an id recognises somebody else

// identities collects every way to recognise the person.
func (c *cleaning) identities() {
	ids := make([]lead.Identity, 0, len(c.sub.Phones)+len(c.sub.Emails)+len(c.draft.Identities)+1)
	for _, p := range c.sub.Phones {
		ids = append(ids, phoneIdentities(p)...)
	}
	for _, e := range c.sub.Emails {
		ids = append(ids, emailIdentities(e)...)
	}
	for _, id := range c.draft.Identities {
		switch id.Kind {
		case lead.IdentityMobile, lead.IdentityLandline, lead.IdentityEmail, lead.IdentityRoleMail:
			continue // read with the fields
		}
		if id, ok := c.platformID(id); ok {
			ids = append(ids, id)
		}
	}
	for _, v := range c.draft.Fields[lead.FieldExternalID] {
		if id, ok := c.platformID(lead.Identity{Kind: lead.IdentityExternal, Scope: c.sub.Source, Value: v}); ok {
			ids = append(ids, id)
		}
	}
	c.sub.Identities = lead.SortIdentities(ids)
}

func phoneIdentities(p lead.Phone) []lead.Identity {
	if kind := phoneKind(p); kind != "" {
		return []lead.Identity{{Kind: kind, Value: p.Display()}}
	}
	return nil
}

func emailIdentities(e lead.Email) []lead.Identity {
	switch {
	case e.Blocked != "":
		return nil
	case e.Role, e.Disposable: // a mailbox that several people may read
		return []lead.Identity{{Kind: lead.IdentityRoleMail, Value: e.Key}}
	}
	return []lead.Identity{{Kind: lead.IdentityEmail, Value: e.Key}}
}

// phoneKind is the kind of identity that a number gives; "" when none. A mobile with an extension is a switchboard or
// the privacy number of a marketplace, which many buyers share: it is as weak as a landline. Short service codes (95588)
// recognise nobody.
func phoneKind(p lead.Phone) string {
	const longestCode = len("+8610101234")
	switch {
	case p.Blocked != "":
		return ""
	case p.Type == lead.PhoneMobile && p.Ext == "":
		return lead.IdentityMobile
	case p.Type == lead.PhoneService && len(p.E164) <= longestCode:
		return ""
	}
	return lead.IdentityLandline
}

// recognised reports whether something that is no free text recognises the person.
func (c *cleaning) recognised() bool {
	if slices.ContainsFunc(c.sub.Phones, func(p lead.Phone) bool { return phoneKind(p) != "" }) ||
		slices.ContainsFunc(c.sub.Emails, func(e lead.Email) bool { return e.Blocked == "" }) {
		return true
	}
	silent := cleaning{Normalizer: c.Normalizer, draft: c.draft, sub: &lead.Submission{Source: c.sub.Source}}
	silent.identities()
	return len(silent.sub.Identities) > 0
}

// platformID cleans an id that a platform gave. An id without scope is scoped by the source: that can miss that
// two ids are one person, but never takes two people for one.
func (c *cleaning) platformID(id lead.Identity) (lead.Identity, bool) {
	id.Value, id.Scope = clean(id.Value), clean(id.Scope)
	if id.Strength() == 0 {
		c.note("identity: the kind %q is not known", mask(id.Kind))
		return id, false
	}
	if isNothing(id.Value) || strings.Trim(id.Value, "0-") == "" {
		c.note("%s: the value is empty or stands for nothing", id.Kind)
		return id, false
	}
	if utf8.RuneCountInString(id.Value) > maxID || utf8.RuneCountInString(id.Scope) > maxID {
		c.note("%s: longer than %d characters", id.Kind, maxID)
		return id, false
	}
	if id.Scope == "" {
		id.Scope = c.sub.Source
	}
	return id, true
}
