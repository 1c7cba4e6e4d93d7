package normalize

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// placeholders are numbers that stand in manuals, samples and test tools, or that people type to be left alone. Only exact
// numbers and the three patterns of placeholder are blocked: a number with many equal digits is dear, and its owner a
// likely customer.
var placeholders = set("+8613800138000 +8613456789012")

// placeholder reports whether an E.164 number can never be a key.
func (n *Normalizer) placeholder(e164 string) bool {
	if n.neverKeys[e164] || placeholders[e164] {
		return true
	}
	if d, ok := strings.CutPrefix(e164, "+86"); ok && len(d) == 11 && d[0] == '1' {
		return allSame(d[3:]) // 13800000000, 13888888888
	}
	if d, ok := strings.CutPrefix(e164, "+1"); ok && len(d) == 10 {
		return d[3:8] == "55501" || allSame(d) // 555-0100 to 555-0199 are kept free for films and samples
	}
	return len(e164) > 8 && allSame(e164[4:])
}

// NeverKey reports whether an identity is on the list of this hub's own never keys. Submissions that were cleaned before
// the list grew still carry it.
func (n *Normalizer) NeverKey(id lead.Identity) bool {
	switch id.Kind {
	case lead.IdentityMobile, lead.IdentityLandline:
		number, _, _ := strings.Cut(id.Value, ";")
		return n.neverKeys[number]
	case lead.IdentityEmail, lead.IdentityRoleMail:
		at := strings.LastIndexByte(id.Value, '@')
		return n.neverKeys[id.Value] || at >= 0 && n.neverKeys[id.Value[at:]]
	}
	return false
}

// Renew returns a submission that was cleaned before as it would be now that a phone or an email of it is nobody's no more:
// with the identity that it gives. It returns nil when there is none. What has become nobody's since keeps its identity, and
// [Normalizer.NeverKey] tells of it.
func (n *Normalizer) Renew(s *lead.Submission) *lead.Submission {
	out := *s
	out.Phones, out.Emails = slices.Clone(s.Phones), slices.Clone(s.Emails)
	ids, renewed := slices.Clone(s.Identities), false
	for i := range out.Phones {
		if p := &out.Phones[i]; p.Blocked != "" && !n.placeholder(p.E164) {
			p.Blocked, renewed = "", true
			ids = append(ids, phoneIdentities(*p)...)
		}
	}
	for i := range out.Emails {
		if e := &out.Emails[i]; e.Blocked != "" && !n.blockedEmail(e.Key) {
			e.Blocked, renewed = "", true
			ids = append(ids, emailIdentities(*e)...)
		}
	}
	if !renewed {
		return nil
	}
	out.Identities = lead.SortIdentities(ids)
	return &out
}

// blockedEmail reports whether the key of an email can never be one.
func (n *Normalizer) blockedEmail(key string) bool {
	local, domain, _ := strings.Cut(key, "@")
	return placeholderEmail(local, domain) || n.neverKeys[key] || n.neverKeys["@"+domain]
}

func allSame(d string) bool { return d != "" && strings.Count(d, d[:1]) == len(d) }
