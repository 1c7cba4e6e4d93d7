// Package match finds leads that may be one person although no strong identity says so, and says how sure that is.
// [Keys] brings leads together that are worth comparing, [Compare] weighs them (Fellegi–Sunter: each field adds log2 of how
// much more often its agreement is seen among one person's leads than among strangers'). Nothing here merges: the
// result is a possible duplicate for a person to decide. Everything is pure and order-free.
package match

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// Profile is what is compared of a lead.
type Profile struct {
	ID         string
	Name       string   // display form, Chinese or Latin; an honorific may stand with it
	Phones     []string // E.164, ";ext=" allowed
	Emails     []string
	Company    string // display form
	Region     lead.Region
	Identities []lead.Identity // weak ones and those of platforms; phones and emails among them add nothing
}

// maxKeys bounds the blocking keys of one lead: the pool indexes each of them.
const maxKeys = 16

// Keys are the blocking keys of a lead: leads that share one are worth comparing. They are sorted and at most 16; of more,
// those that say the least are left out. A lead that says too little has none. Keys hold personal data: they belong into
// the pool, never into a log.
func Keys(p Profile) []string {
	n := parseName(p.Name)
	k := keyring{keys: make([]string, 0, maxKeys), sound: n.soundKey(), full: n.whole()}
	if k.full {
		if c := parseCompany(p.Company); c.core != "" {
			k.add("name+company:", k.sound, "|", c.core)
		}
		if place := regionKey(p.Region); place != "" {
			k.add("name+region:", k.sound, "|", place)
		}
	}
	for _, e := range p.Phones[:min(len(p.Phones), maxContacts)] {
		k.ofPhone(parsePhone(e))
	}
	for _, e := range p.Emails[:min(len(p.Emails), maxContacts)] {
		switch m := parseEmail(e); {
		case m.role && k.full:
			k.add("mailbox:", m.text, "|", k.sound)
		case !m.role && len(m.local) >= minLocal:
			k.add("local:", m.local, "", "")
		}
	}
	for _, id := range p.Identities {
		switch {
		case platform(id.Kind) && id.Value != "":
			k.add(id.Kind, ":", id.Value, "")
		case id.Kind == lead.IdentityLandline:
			k.ofPhone(parsePhone(id.Value))
		}
	}
	slices.Sort(k.keys)
	return k.keys
}

// maxContacts is how many phones, and how many emails, of a lead give keys.
const maxContacts = 4

type keyring struct {
	keys  []string
	sound string // of the name
	full  bool   // the name says more than the family name
}

func (k *keyring) add(a, b, c, d string) {
	key := a + b + c + d
	if len(k.keys) < maxKeys && !slices.Contains(k.keys, key) {
		k.keys = append(k.keys, key)
	}
}

func (k *keyring) ofPhone(p phone) {
	switch n := p.national; {
	case p.kind == phoneLandline:
		k.add("landline:", n, p.ext, "")
	case p.kind == phonePersonal && len(n) >= 7:
		if k.full {
			k.add("name+tail:", k.sound, "|", n[len(n)-4:])
		}
		if k.sound != "" {
			k.add("name+head:", k.sound, "|", n[:7])
		}
		k.add("phone:", n[:len(n)-1], "", "")
	}
}

// platform reports kinds whose values a platform gave out: the same value in another scope is a hint.
func platform(kind string) bool {
	switch kind {
	case lead.IdentityUnionID, lead.IdentityOpenID, lead.IdentityWecom, lead.IdentityBuyer, lead.IdentityExternal:
		return true
	}
	return false
}

func regionKey(r lead.Region) string {
	if r.City != "" {
		return r.City
	}
	return r.Province
}
