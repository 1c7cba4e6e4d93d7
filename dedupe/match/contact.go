package match

import (
	"strings"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

type phoneKind int

const (
	phonePersonal phoneKind = iota
	phoneLandline           // of a household or a company
	phoneService            // 400, 800, 95xxx: of a company
)

// phone is an E.164 number taken apart. national is without +86; of other countries the country code stays.
type phone struct {
	national, ext string
	kind          phoneKind
}

func parsePhone(e164 string) phone {
	number, ext, _ := strings.Cut(e164, ";ext=")
	p := phone{national: strings.TrimPrefix(number, "+"), ext: ext}
	if ext != "" {
		p.ext = "x" + ext
	}
	if n, ok := strings.CutPrefix(number, "+86"); ok {
		p.national = n
		switch {
		case len(n) == 11 && n[0] == '1' && n[1] >= '3':
		case strings.HasPrefix(n, "400") || strings.HasPrefix(n, "800") || strings.HasPrefix(n, "95"):
			p.kind = phoneService
		default:
			p.kind = phoneLandline
		}
	}
	return p
}

func comparePhones(a, b phone) string {
	var x, y [24]rune
	switch {
	case a.kind != b.kind:
		return PhoneDiffers
	case a.national == b.national && a.kind == phoneService:
		return ServiceSame
	case a.national == b.national && a.kind == phoneLandline:
		if a.ext != "" && b.ext != "" && a.ext != b.ext {
			return LandlineOther
		}
		return LandlineSame
	case a.national == b.national:
		return PhoneSame
	case a.kind != phonePersonal || len(a.national) < 8:
		return PhoneDiffers
	}
	switch similar.SlipOf(runesInto(x[:0], a.national), runesInto(y[:0], b.national)) {
	case similar.Wrong:
		return PhoneDigit
	case similar.Crossed:
		return PhoneCrossed
	case similar.Lost:
		return PhoneDigit
	}
	return PhoneDiffers
}

// runesInto converts without leaving the caller's array when it is large enough.
func runesInto(into []rune, s string) []rune {
	for _, r := range s {
		into = append(into, r)
	}
	return into
}

// minLocal is how long the part before the @ must be to tell a person: "li" and "zhang" are thousands.
const minLocal = 6

type email struct {
	text, local, domain string
	role                bool
}

func parseEmail(s string) email {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, _ := strings.Cut(s, "@")
	return email{text: s, local: local, domain: domain, role: roles[local]}
}

// roles are mailboxes of a company, not of a person.
var roles = set(`info sales admin service support contact office hr mail marketing market webmaster postmaster kefu shichang xiaoshou
	caiwu zhaopin business hello help enquiry inquiry noreply no-reply export import order orders purchase purchasing bd cs pr it`)

func compareEmails(a, b email) string {
	var x, y [64]rune
	switch {
	case a.text == b.text && a.role:
		return MailboxSame
	case a.text == b.text:
		return EmailSame
	case a.role || b.role:
		return EmailDiffers
	case a.local == b.local && len(a.local) >= minLocal:
		return EmailLocal
	case min(len(a.local), len(b.local)) < minLocal || max(len(a.text), len(b.text)) > 64:
		return EmailDiffers
	}
	if a.domain == b.domain && numeric(a.local) && numeric(b.local) && len(a.local) < 9 {
		return EmailDiffers // neighbouring short numbers are neighbours, not slips
	}
	if similar.SlipOf(runesInto(x[:0], a.text), runesInto(y[:0], b.text)) != similar.Apart {
		return EmailClose
	}
	if a.domain == b.domain && !numeric(a.local) && similar.JaroWinkler(runesInto(x[:0], a.local), runesInto(y[:0], b.local)) >= 0.95 {
		return EmailClose
	}
	return EmailDiffers
}

func numeric(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
