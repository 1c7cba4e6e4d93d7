// Package match finds leads that may be one person although no strong identity says so, and says how sure that is.
// [Keys] brings leads together that are worth comparing, [Compare] weighs them (Fellegi–Sunter: each field adds log2 of how
// much more often its agreement is seen among one person's leads than among strangers'). Nothing here merges: the
// result is a possible duplicate for a person to decide. Everything is pure and order-free.
package match

import (
	"slices"
	"strings"

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
	keys := make([]string, 0, maxKeys)
	add := func(parts ...string) {
		key := strings.Join(parts, "")
		if len(keys) < maxKeys && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	n := parseName(p.Name)
	full, sound := n.whole(), n.soundKey()
	if full {
		if c := parseCompany(p.Company); c.core != "" {
			add("name+company:", sound, "|", c.core)
		}
		if place := regionKey(p.Region); place != "" {
			add("name+region:", sound, "|", place)
		}
	}
	for i, e := range p.Phones {
		if i == 4 {
			break
		}
		ph := parsePhone(e)
		if ph.kind == phoneLandline {
			add("landline:", ph.national, ph.ext)
		}
		if ph.kind != phonePersonal || len(ph.national) < 7 {
			continue
		}
		if full {
			add("name+tail:", sound, "|", ph.national[len(ph.national)-4:])
		}
		if sound != "" {
			add("name+head:", sound, "|", ph.national[:7])
		}
		add("phone:", ph.national[:len(ph.national)-1])
	}
	for i, e := range p.Emails {
		if i == 4 {
			break
		}
		switch m := parseEmail(e); {
		case m.role && full:
			add("mailbox:", m.text, "|", sound)
		case !m.role && len(m.local) >= minLocal:
			add("local:", m.local)
		}
	}
	for _, id := range p.Identities {
		switch {
		case platform(id.Kind):
			add(id.Kind, ":", id.Value)
		case id.Kind == lead.IdentityLandline:
			ph := parsePhone(id.Value)
			add("landline:", ph.national, ph.ext)
		}
	}
	slices.Sort(keys)
	return keys
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
