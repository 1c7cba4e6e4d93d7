package dedupe

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"

	"github.com/leadhub/leadhub/dedupe/match/similar"
	"github.com/leadhub/leadhub/lead"
)

// person is a name as far as it can speak for or against two submissions being one person.
type person struct {
	key           string
	han           bool
	family, given []string // syllables of a Chinese name, letters of another; of 王先生 the family name alone
}

// full reports whether it is the whole name. Half a name can speak against two being one person, never for it.
func (p person) full() bool { return len(p.given) > 0 }

// personOf returns false for a name that says nothing, or is in a script whose names are not compared.
func personOf(n lead.Name) (person, bool) {
	if n.Family == "" || n.Key == "" {
		return person{}, false
	}
	p := person{key: n.Key}
	switch {
	case isHan(n.Family) && n.Given == "":
		p.han, p.family = true, syllables(n.Family)
	case isHan(n.Family) && isHan(n.Given):
		p.han = true
		p.family, p.given = syllables(n.Family), syllables(n.Given)
	case isLatin(n.Family) && isLatin(n.Given):
		p.family, p.given = []string{strings.ToLower(n.Family)}, []string{strings.ToLower(n.Given)}
	default:
		return person{}, false
	}
	return p, true
}

// conflict reports whether two names are clearly those of different people. What may be a slip of the pen is not: a
// homophone, a look-alike of one syllable, family and given name swapped, a nickname beside the same family name. Names in
// different scripts never conflict: most people have one of each.
func (p person) conflict(q person) bool {
	if p.key == q.key || p.han != q.han {
		return false
	}
	if !p.full() || !q.full() {
		return !slices.Equal(p.family, q.family)
	}
	if p.han {
		all, others := append(slices.Clone(p.family), p.given...), append(slices.Clone(q.family), q.given...)
		slices.Sort(all)
		slices.Sort(others)
		if slices.Equal(all, others) {
			return false
		}
		return !slices.Equal(p.family, q.family) || !share(p.given, q.given)
	}
	family, given := p.family[0], p.given[0]
	if near(family, q.given[0]) && near(given, q.family[0]) {
		return false
	}
	return !near(family, q.family[0]) && !near(given, q.given[0])
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// near reports whether two Latin names may be one: one begins with the other (Rob, Robert; J., John), or they differ in
// one or two letters.
func near(a, b string) bool {
	a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
	if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
		return true
	}
	limit := 1
	if min(len(a), len(b)) > 5 {
		limit = 2
	}
	return similar.Edits([]rune(a), []rune(b), limit) <= limit
}

// syllables are the sounds of the characters, without tones. Of a character with several readings always the first is
// taken, which is right often enough: the sounds are only compared with each other.
func syllables(s string) []string {
	out := make([]string, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		reading, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
		if reading == "" {
			reading = string(r)
		}
		out = append(out, withoutTones.Replace(reading))
	}
	return out
}

var withoutTones = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u",
	"ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v", "ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")

func isHan(s string) bool { return onlyOf(s, unicode.Han) }

func isLatin(s string) bool { return onlyOf(s, unicode.Latin) }

func onlyOf(s string, table *unicode.RangeTable) bool {
	for _, r := range s {
		if unicode.IsLetter(r) && !unicode.Is(table, r) {
			return false
		}
	}
	return s != ""
}
