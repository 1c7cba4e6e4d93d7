package deliver

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/lead"
)

var (
	// digits finds what may be a phone in a free text, in any script's digits and with the usual marks between; a lead's number, which it
	// finds as well, is none.
	digits  = regexp.MustCompile(`[A-Z]{1,6}\d{8}-\d{6,}|[+＋]?\p{Nd}(?:[ \-–—－.()（）]{0,2}\p{Nd}){6,}`)
	address = regexp.MustCompile(`[\p{L}\p{N}._%+\-]+[@＠][\p{L}\p{N}.\-]+`)
	// compound are the surnames of two characters that are met most.
	compound = map[string]bool{"欧阳": true, "上官": true, "司马": true, "诸葛": true, "司徒": true, "东方": true, "皇甫": true, "尉迟": true, "公孙": true, "慕容": true,
		"令狐": true, "夏侯": true, "轩辕": true, "宇文": true, "长孙": true, "端木": true, "南宫": true, "独孤": true, "呼延": true, "申屠": true, "太史": true, "澹台": true}
)

// maskPhone shows three digits before and four behind of a mobile of China, and of any other number only how it ends: 138****8000, +1****12.
func maskPhone(e164 string) string {
	number, _, _ := strings.Cut(e164, ";")
	if n, ok := strings.CutPrefix(number, "+86"); ok && len(n) == 11 && n[0] == '1' {
		return n[:3] + "****" + n[7:]
	}
	if len(number) < 8 {
		return "****"
	}
	return number[:3] + "****" + number[len(number)-2:]
}

func maskEmail(email string) string {
	name, host, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return "***"
	}
	return string([]rune(name)[:1]) + "***@" + host
}

// masked is a free text as it may be shown: without phones and addresses that somebody wrote into it, on one line.
func masked(text string) string {
	// Of the plain text: what stands between two digits may only become a space there.
	text = digits.ReplaceAllStringFunc(plain(text), func(found string) string {
		if found[0] >= 'A' && found[0] <= 'Z' {
			return found
		}
		return "****"
	})
	return address.ReplaceAllString(text, "***")
}

// plain is a text on one line that no vendor takes for markup.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '<':
			return '＜'
		case r == '>':
			return '＞'
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r): // marks that turn the direction of a text
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// surname is what a group may read of a name: 王先生, 欧阳女士, 王**, Mr Smith.
func surname(lang string, l *lead.Lead) string {
	name := []rune(masked(l.Name))
	honorific := masked(l.Honorific)
	if len(name) == 0 {
		return honorific
	}
	if unicode.Is(unicode.Han, name[0]) {
		family := string(name[:1])
		if len(name) > 2 && compound[string(name[:2])] {
			family = string(name[:2])
		}
		if honorific == "" {
			return family + "**"
		}
		if han(honorific) {
			return family + honorific
		}
		return honorific + " " + family
	}
	words := strings.Fields(string(name))
	family := words[len(words)-1]
	if len([]rune(family)) > 20 || strings.ContainsFunc(family, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '’' }) {
		return honorific // no surname anybody would know
	}
	if len(words) == 1 {
		family = string([]rune(family)[:1]) + "**" // one word may be the given name
	}
	if honorific == "" {
		return family
	}
	if han(honorific) {
		return family + honorific
	}
	return honorific + " " + family
}

func han(s string) bool { return unicode.Is(unicode.Han, []rune(s)[0]) }

// region is province and city, without saying one twice.
func region(l *lead.Lead) string {
	r := l.Region
	switch {
	case r.Province == "" && r.City == "":
		if r.Country == "CN" {
			return ""
		}
		return plain(r.Country)
	case r.City == "" || r.City == r.Province:
		return masked(r.Province)
	}
	return masked(r.Province + " " + r.City)
}
