package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/leadhub/leadhub/lead"
)

const (
	maxEmails     = 20
	maxEmailField = 1_000
)

// emails reads the email fields.
func (c *cleaning) emails() {
	values := c.draft.Fields[lead.FieldEmail]
	for _, id := range c.draft.Identities {
		if id.Kind == lead.IdentityEmail || id.Kind == lead.IdentityRoleMail {
			values = append(values[:len(values):len(values)], id.Value)
		}
	}
	for _, v := range values {
		v, was := limit(v, maxEmailField)
		if was {
			c.note("email: only the first %d characters are read", maxEmailField)
		}
		found := 0
		for part := range emailParts(v) {
			e, ok := c.readEmail(part)
			if !ok {
				if !isNothing(part) {
					c.note("email: “%s” is not an address", mask(part))
					c.keep(lead.FieldEmail, part)
					found = -1
				}
				continue
			}
			c.addEmail(e)
			found = max(found, 0) + 1
		}
		if found < 0 {
			c.unread = append(c.unread, lead.FieldEmail)
		}
	}
}

func (c *cleaning) addEmail(e lead.Email) {
	for _, f := range c.sub.Emails {
		if f.Key == e.Key {
			return
		}
	}
	if len(c.sub.Emails) >= maxEmails {
		c.note("email: at most %d addresses are kept", maxEmails)
		return
	}
	c.sub.Emails = append(c.sub.Emails, e)
}

// emailParts splits a field into what may be addresses: "Li Lei <li@x.cn>, li@y.cn" gives two.
func emailParts(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if isOneEmail(s) {
			yield(s)
			return
		}
		s = cleanLines(s)
		s = clean(strings.ReplaceAll(s, "\n", ";"))
		s = emailSigns.Replace(s)
		var words []string
		for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" ,;<>|/()[]\"'、或", r) }) {
			words = append(words, w)
		}
		addresses := false
		for _, w := range words {
			addresses = addresses || strings.Contains(w, "@")
		}
		if !addresses { // one note for the whole field, not one per word
			if s != "" {
				yield(s)
			}
			return
		}
		for _, w := range words {
			if at := strings.LastIndex(strings.ToLower(w), "mailto:"); at >= 0 {
				w, _, _ = strings.Cut(w[at+len("mailto:"):], "?")
			}
			if i := strings.LastIndexAny(w, ":"); i >= 0 { // 邮箱:li@x.cn
				w = w[i+1:]
			}
			if strings.Contains(w, "@") && !yield(w) {
				return
			}
		}
	}
}

// isOneEmail is the way out for the usual case: nothing but the characters of an ordinary address.
func isOneEmail(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if (b < 'a' || b > 'z') && (b < '0' || b > '9' || s[i] < '0') && s[i] != '@' && s[i] != '.' && s[i] != '-' && s[i] != '_' && s[i] != '+' {
			return false
		}
	}
	return strings.Count(s, "@") == 1
}

// emailSigns are signs typed with a Chinese keyboard that full-width folding leaves alone.
var emailSigns = strings.NewReplacer("。", ".", "｡", ".", " @ ", "@", "@ ", "@", " @", "@", "﹫", "@")

// readEmail reads one address.
func (n *Normalizer) readEmail(s string) (lead.Email, bool) {
	if !isOneEmail(s) {
		s = emailSigns.Replace(clean(s))
	}
	s = strings.Trim(s, " .,;:<>\"'")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return lead.Email{}, false
	}
	local, display := s[:at], strings.ToLower(s[at+1:])
	domain, ok := asciiDomain(display)
	if !ok || !isLocalPart(local) {
		return lead.Email{}, false
	}
	e := lead.Email{Display: s, Key: emailKey(fold(local), domain)}
	if display != s[at+1:] {
		e.Display = local + "@" + display
	}
	if fixed := typoDomains[domain]; fixed != "" {
		e.Suggestion = local + "@" + fixed
	}
	e.Disposable = disposableDomains[domain] || disposableDomains[parentDomain(domain)]
	local, _, _ = strings.Cut(e.Key, "@")
	e.Role = roleLocals[local]
	if n.blockedEmail(e.Key) {
		e.Blocked = "placeholder"
	}
	return e, true
}

// isLocalPart reports whether s can stand before the @: the unquoted form of RFC 5322, with the letters of any script
// (RFC 6531).
func isLocalPart(s string) bool {
	const longest = 64 // bytes, RFC 5321 section 4.5.3.1.1
	if len(s) > longest || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
		case strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r):
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		default:
			return false
		}
	}
	return true
}

// asciiDomain returns the domain in its ASCII form (IDNA) and whether it can be one on the internet.
func asciiDomain(d string) (string, bool) {
	d = strings.ToLower(strings.TrimSuffix(d, "."))
	for i := range len(d) {
		if d[i] >= utf8.RuneSelf {
			var err error
			if d, err = idna.Lookup.ToASCII(d); err != nil {
				return "", false
			}
			break
		}
	}
	const longest, longestLabel = 253, 63 // RFC 1035
	if len(d) > longest {
		return "", false
	}
	labels, start, letters := 0, 0, false
	for i := 0; i <= len(d); i++ {
		if i < len(d) && d[i] != '.' {
			b := d[i]
			if !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-') {
				return "", false
			}
			letters = letters || b >= 'a' && b <= 'z'
			continue
		}
		if i == start || i-start > longestLabel || d[start] == '-' || d[i-1] == '-' {
			return "", false
		}
		if i < len(d) {
			letters = false // only those of the last label count
		}
		labels, start = labels+1, i+1
	}
	last := d[strings.LastIndexByte(d, '.')+1:]
	return d, labels >= 2 && letters && len(last) >= 2
}

func parentDomain(d string) string {
	_, rest, _ := strings.Cut(d, ".")
	return rest
}

// emailKey is the form that two spellings of one mailbox share. What is done depends on the provider: nobody else
// ignores dots, and a plus is an ordinary letter where the provider has no tags.
func emailKey(local, domain string) string {
	if to := domainAliases[domain]; to != "" {
		domain = to
	}
	if plusDomains[domain] {
		if before, _, ok := strings.Cut(local, "+"); ok && before != "" {
			local = before
		}
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain
}
