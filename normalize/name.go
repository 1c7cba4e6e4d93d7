package normalize

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// name fills the name from the field name, or from family and given name. A value that is no name is left out with a
// note: an empty name is worth more than a wrong one.
func (c *cleaning) name() {
	family, given := c.line(lead.FieldFamilyName, maxName), c.line(lead.FieldGivenName, maxName)
	honorific := c.line(lead.FieldHonorific, maxName)
	for _, v := range c.draft.Fields[lead.FieldName] {
		if c.sub.Name = c.parsedName(v); c.sub.Name.Key != "" {
			break
		}
		if h := c.sub.Name.Honorific; h != "" && honorific == "" {
			honorific = h
		}
	}
	if c.sub.Name.Key == "" && family+given != "" {
		whole := given + " " + family
		if hasHan(family + given) {
			whole = family + given
		}
		c.sub.Name = c.parsedName(strings.TrimSpace(whole))
	}
	if honorific != "" {
		c.sub.Name.Honorific = honorific
	}
	if c.sub.Name.Key != "" && family != "" && family != given {
		c.sub.Name.Family, c.sub.Name.Given = family, given
	}
}

// parsedName reads one name; the zero Name, with a note, when it is none.
func (c *cleaning) parsedName(v string) lead.Name {
	s := clean(v)
	if s == "" {
		return lead.Name{}
	}
	if bare, ok := stripAside(s); ok {
		c.note("name: “%s” is left out", mask(strings.TrimSpace(strings.TrimPrefix(s, bare))))
		s = bare
	}
	s = c.cut(lead.FieldName, s, maxName)
	n := parseName(s)
	if why := notName(n.Display); why != "" {
		c.note("name: “%s” %s", mask(s), why)
		return lead.Name{Honorific: n.Honorific}
	}
	n.Key = nameKey(n.Display)
	return n
}

var (
	// what people write behind their name: a phone number, something in brackets
	aside     = regexp.MustCompile(`^([^(\[【{]*[^(\[【{\s])\s*[(\[【{].*$`)
	behind    = regexp.MustCompile(`^(.*?[^\d\s+(-])[\s,:+(-]*\d[\d\s-]{5,}\d$`)
	nameLabel = regexp.MustCompile(`^(?i:姓名|称呼|联系人|客户|name)\s*[:：]\s*`)
)

func stripAside(s string) (string, bool) {
	bare := s
	if isHan(s) {
		return s, false
	}
	if strings.ContainsAny(bare, ":：") {
		bare = nameLabel.ReplaceAllString(bare, "")
	}
	if strings.ContainsAny(bare, "([【{") {
		if m := aside.FindStringSubmatch(bare); m != nil {
			bare = m[1]
		}
	}
	if strings.ContainsAny(bare, "0123456789") {
		if m := behind.FindStringSubmatch(bare); m != nil {
			bare = strings.TrimSpace(m[1])
		}
	}
	return bare, bare != s && bare != ""
}

// parseName splits a cleaned name.
func parseName(s string) lead.Name {
	if isHan(s) {
		return hanName(s)
	}
	s = nameDots.Replace(strings.Trim(s, " .,;:!?\"'`~*-_/\\|=、。"))
	if hasHan(s) {
		return hanName(joinHan(s))
	}
	return latinName(s)
}

var nameDots = strings.NewReplacer("・", "·", "•", "·", "‧", "·", "．", "·", "∙", "·", "●", "·", "⋅", "·")

// joinHan takes out spaces between Han characters: 张 伟 is 张伟.
func joinHan(s string) string {
	if !strings.Contains(s, " ") {
		return s
	}
	var b strings.Builder
	words := strings.Fields(s)
	for i, w := range words {
		if i > 0 {
			last, _ := utf8.DecodeLastRuneInString(words[i-1])
			first, _ := utf8.DecodeRuneInString(w)
			if !isHanRune(last) || !isHanRune(first) {
				b.WriteByte(' ')
			}
		}
		b.WriteString(w)
	}
	return b.String()
}

// hanName takes a Chinese name apart: honorific, family name of one or two characters, given name.
func hanName(s string) lead.Name {
	n := lead.Name{Display: s}
	for _, h := range hanHonorifics {
		head, ok := strings.CutSuffix(s, h.text)
		if !ok {
			continue
		}
		head = strings.TrimRight(head, " ·-,.")
		if head == "" { // only 先生
			return lead.Name{Honorific: h.text}
		}
		if h.afterFamily && !hanFamilies[head] && !compoundFamilies[head] {
			continue
		}
		n.Display, n.Honorific = head, h.text
		break
	}
	if !isHan(n.Display) {
		return n
	}
	n.Family, n.Given = splitHan(n.Display)
	return n
}

func splitHan(s string) (family, given string) {
	count := utf8.RuneCountInString(s)
	if count > 4 {
		return "", ""
	}
	if count >= 2 && compoundFamilies[s[:6]] { // Han characters of names have three bytes
		return s[:6], s[6:]
	}
	_, size := utf8.DecodeRuneInString(s)
	if hanFamilies[s[:size]] {
		return s[:size], s[size:]
	}
	return "", ""
}

// latinName takes a name in Latin or another alphabet apart: "Last, First", then the last word is the family name,
// with the particles before it.
func latinName(s string) lead.Name {
	n := lead.Name{}
	if first, rest, ok := strings.Cut(s, " "); ok && latinHonorifics[strings.ToLower(strings.TrimRight(first, "."))] {
		n.Honorific, s = strings.TrimRight(first, "."), strings.TrimLeft(rest, " .,")
	} else if latinHonorifics[strings.ToLower(s)] {
		return lead.Name{Honorific: s}
	}
	last, first, ok := strings.Cut(s, ",")
	first = strings.TrimSpace(first)
	if ok && first != "" && !strings.Contains(first, ",") && !latinSuffixes[strings.ToLower(strings.TrimRight(first, "."))] {
		n.Family, n.Given = strings.TrimSpace(last), first
		n.Display = n.Given + " " + n.Family
		return n
	}
	n.Display = s
	words := strings.Fields(s)
	if len(words) < 2 {
		return n
	}
	at := len(words) - 1
	for at > 1 && latinParticles[strings.ToLower(words[at-1])] {
		at--
	}
	n.Given, n.Family = strings.Join(words[:at], " "), strings.Join(words[at:], " ")
	return n
}

// nameKey is the form to compare: width and case folded, one space between words, none between Han characters, no
// punctuation and no emoji.
func nameKey(display string) string {
	if isHan(display) {
		return fold(display)
	}
	s := strings.Map(func(r rune) rune {
		switch {
		case isWord(r):
			return r
		case r == '\'' || r == '’' || r == '.':
			return -1
		}
		return ' '
	}, fold(display))
	return joinHan(strings.Join(strings.Fields(s), " "))
}

// notName says why a cleaned value is no name; "" when it may be one.
func notName(s string) string {
	folded := fold(s)
	switch {
	case isNothing(s) || junkNames[folded]:
		return "is not a name"
	case s[0] >= utf8.RuneSelf && isHan(s) && !strings.HasPrefix(s, "测试"):
		return ""
	case strings.Contains(s, "@") || strings.Contains(folded, "http") || strings.Contains(folded, "www."):
		return "is an address, not a name"
	case strings.HasPrefix(s, "测试") && utf8.RuneCountInString(s) <= 6:
		return "is a test"
	}
	letters, digits, same, first := 0, 0, true, rune(0)
	for _, r := range folded {
		switch {
		case unicode.IsLetter(r):
			if letters++; letters == 1 {
				first = r
			}
			same = same && r == first
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case letters == 0 && digits > 0:
		return "is a number, not a name"
	case letters == 0:
		return "has no letter"
	case digits > 6:
		return "holds a number, it is not a name"
	case same && letters >= 3:
		return "is one letter repeated"
	}
	return ""
}
