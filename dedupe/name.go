package dedupe

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/dedupe/match/similar"
	"github.com/leadhub/leadhub/lead"
)

// person is a name as far as it can speak for or against two submissions being one person.
type person struct {
	key    string
	family string   // the sound of a Chinese family name; "" for a name in Latin letters
	given  []string // the sounds of a Chinese given name, nothing of 王先生; or all words of a Latin name
}

// full reports whether it is the whole name. Half a name can speak against two being one person, never for it.
func (p person) full() bool { return len(p.given) > 0 }

// personOf returns false for a name that says nothing: a nickname, a company, or a script whose names are not compared.
func personOf(n lead.Name) (person, bool) {
	read := readingsOf(n.Key, n.Display)
	switch {
	case n.Key == "" || len(read) == 0:
		return person{}, false
	case n.Family != "" && !read[0].turned:
		return read[0].person, true
	case n.Family == "" && read[len(read)-1].turned:
		return read[len(read)-1].person, true
	}
	return person{}, false
}

// reading is one way to read a name. Which one is right, the submission tells: of a Chinese name whose family name is known
// to stand in front it says the family name, of a turned one it says none.
type reading struct {
	person
	turned bool
}

// readingsOf are the ways in which personOf may read a name that is shown as display, whatever the submission says of its
// parts.
func readingsOf(key, display string) []reading {
	var out []reading
	switch {
	case onlyOf(display, unicode.Han):
		if family, given := match.Syllables(display); family != "" && likely(family, given) {
			out = append(out, reading{person{key, family, given}, false})
		}
		if family, given := match.SyllablesTurned(display); family != "" && likely(family, given) {
			out = append(out, reading{person{key, family, given}, true})
		}
	case onlyOf(display, unicode.Latin):
		words := strings.FieldsFunc(strings.ToLower(display), func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == ',' })
		if long := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) == 1 }); len(long) > 1 {
			words = long // an initial in the middle says little
		}
		if len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return firms[w] }) {
			out = append(out, reading{person{key, "", words}, false})
		}
	}
	return out
}

// likely reports whether it may be somebody's name and not what he calls himself. Given names have one or two characters;
// 平安是福 and 温州罗姐 only begin like a name, 强强 and 强妈妈 are nicknames.
func likely(family string, given []string) bool {
	switch len(given) {
	case 0:
		return true
	case 1:
		return given[0] != family
	case 2:
		return !relatives[given[0]+" "+given[1]]
	}
	return false
}

// relatives are the sounds of what stands behind the name of a child.
var relatives = map[string]bool{"ma ma": true, "ba ba": true, "nai nai": true, "ye ye": true, "lao shi": true, "ge ge": true, "jie jie": true,
	"lao gong": true, "lao po": true, "bao bao": true, "bao bei": true}

// firms are words of companies in Latin letters.
var firms = map[string]bool{"ltd": true, "limited": true, "inc": true, "llc": true, "co": true, "corp": true, "corporation": true, "company": true,
	"gmbh": true, "ag": true, "plc": true, "pte": true, "pvt": true, "kk": true, "sa": true, "group": true, "holdings": true, "trading": true}

// sameness is what two names say of each other.
type sameness int

const (
	silent  sameness = iota // nothing: most people have a name in each script
	agree                   // they may be one person's
	differs                 // they are clearly those of different people
)

// compareTo tells whether two names are clearly those of different people. What may be a slip of the pen is not: a
// homophone, a look-alike of one syllable, family and given name swapped, a nickname beside the same family name, the given
// name alone, another family name before the same given name.
func (p person) compareTo(q person) sameness {
	same := true
	switch {
	case p.key == q.key:
	case (p.family == "") != (q.family == ""):
		return silent
	case p.family == "":
		same = slices.ContainsFunc(p.given, func(w string) bool { return slices.ContainsFunc(q.given, func(v string) bool { return near(w, v) }) })
	case !p.full() || !q.full():
		same = p.family == q.family
	default:
		same = p.family == q.family && share(p.given, q.given) || slices.Equal(p.given, q.given) ||
			slices.Equal(p.sounds(), q.sounds()) || isGiven(p, q) || isGiven(q, p)
	}
	if same {
		return agree
	}
	return differs
}

// sounds are all syllables in alphabetical order.
func (p person) sounds() []string {
	all := append([]string{p.family}, p.given...)
	slices.Sort(all)
	return all
}

// isGiven reports whether p, read as a name, is the given name of q: 文博 of 江文博.
func isGiven(p, q person) bool {
	return len(p.given) == 1 && len(q.given) == 2 && p.family == q.given[0] && p.given[0] == q.given[1]
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// near reports whether two Latin words may be one: one begins with the other (Rob, Robert; J, John), or they differ in
// one or two letters.
func near(a, b string) bool {
	if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
		return true
	}
	limit := 1
	if min(len(a), len(b)) > 5 {
		limit = 2
	}
	return similar.Edits([]rune(a), []rune(b), limit) <= limit
}

// conflicting reports whether the names of two groups are clearly those of different people: some differ and none agree. Half
// names count only where there are no full ones.
func conflicting(a, b []person) bool {
	a, b = telling(a), telling(b)
	conflict := false
	for _, p := range a {
		for _, q := range b {
			switch p.compareTo(q) {
			case agree:
				return false
			case differs:
				conflict = true
			}
		}
	}
	return conflict
}

func telling(names []person) []person {
	if !slices.ContainsFunc(names, person.full) {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(p person) bool { return !p.full() })
}

func sameName(a, b []person) bool {
	return slices.ContainsFunc(a, func(p person) bool {
		return slices.ContainsFunc(b, func(q person) bool { return p.key == q.key && p.full() })
	})
}

// mayConflict reports whether some of these names may differ, however their submissions read them.
func mayConflict(names []lead.Value) bool {
	var read []reading
	for _, v := range names {
		read = append(read, readingsOf(cmp.Or(v.Key, v.Value), v.Value)...)
	}
	for i, p := range read {
		if slices.ContainsFunc(read[:i], func(q reading) bool { return p.compareTo(q.person) == differs }) {
			return true
		}
	}
	return false
}

func onlyOf(s string, table *unicode.RangeTable) bool {
	for _, r := range s {
		if unicode.IsLetter(r) && !unicode.Is(table, r) {
			return false
		}
	}
	return s != ""
}
