package labelled

import (
	"math"
	"slices"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

// level says how far two values agree. Every kind uses a part of the scale; what a level is worth is learnt per field.
type level uint8

const (
	missing   level = iota // one side says nothing: no evidence
	exact                  // equal
	close1                 // one slip of the hand apart
	alike                  // the same with more slips, a short form, a part
	faint                  // something in common
	swapped                // found in the sibling field
	different              //
	levels
)

// levelOf compares two values of a field.
func (f *field) levelOf(a, b int32) level {
	switch {
	case a < 0 || b < 0:
		return missing
	case a == b:
		return exact
	}
	return compare(f.kind, &f.values[a], &f.values[b])
}

func compare(k kind, a, b *value) level {
	switch k {
	case kindGiven, kindFamily:
		return compareNames(a, b)
	case kindFull:
		return compareFull(a, b)
	case kindDate:
		return compareDates(a, b)
	case kindPhone:
		return comparePhones(a, b)
	case kindEmail:
		return compareEmails(a, b)
	case kindCode:
		return compareCodes(a.runes, b.runes)
	case kindNumber:
		return compareNumbers(a.number, b.number)
	case kindChoice:
		return different
	}
	return compareTexts(a, b)
}

func compareNames(a, b *value) level {
	if a.sound != "" || b.sound != "" {
		return compareHan(a, b)
	}
	if similar.SlipOf(a.runes, b.runes) != similar.Apart && min(len(a.runes), len(b.runes)) >= 3 {
		return close1
	}
	if nickname(a.text) == nickname(b.text) || initialOf(a.runes, b.runes) || sameWords(a, b) {
		return alike
	}
	s := similar.JaroWinkler(a.runes, b.runes)
	switch {
	case s >= 0.92 || similar.Edits(a.runes, b.runes, 2) <= 2 && min(len(a.runes), len(b.runes)) >= 6:
		return alike
	case s >= 0.80 && min(len(a.runes), len(b.runes)) >= 3 || sharesWord(a, b):
		return faint
	}
	return different
}

// compareHan: two Chinese names are near when they sound the same; sharing a character says little.
func compareHan(a, b *value) level {
	switch {
	case a.sound == b.sound, a.sound == string(b.runes), b.sound == string(a.runes):
		return close1
	case len(a.runes) >= 3 && len(b.runes) >= 3 && similar.SlipOf(a.runes, b.runes) != similar.Apart:
		return alike
	case len(a.runes) > 0 && len(b.runes) > 0 && a.runes[0] == b.runes[0]:
		return faint
	}
	return different
}

// initialOf reports that one is the first letter, or the first three or more, of the other.
func initialOf(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return (len(a) == 1 || len(a) >= 3) && slices.Equal(a, b[:len(a)])
}

func sameWords(a, b *value) bool {
	return len(a.words) > 1 && slices.EqualFunc(a.words, b.words, func(x, y []rune) bool { return slices.Equal(x, y) })
}

func sharesWord(a, b *value) bool {
	if len(a.words) < 2 && len(b.words) < 2 {
		return false
	}
	for _, x := range a.words {
		for _, y := range b.words {
			if len(x) > 2 && slices.Equal(x, y) {
				return true
			}
		}
	}
	return false
}

// compareFull aligns the words of two full names: the best partner for each word of the shorter one.
func compareFull(a, b *value) level {
	if a.sound != "" || b.sound != "" {
		return compareHan(a, b)
	}
	if sameWords(a, b) || similar.SlipOf(a.runes, b.runes) != similar.Apart && min(len(a.runes), len(b.runes)) >= 4 {
		return close1
	}
	if len(a.words) > len(b.words) {
		a, b = b, a
	}
	var taken uint16
	equal, near := 0, 0
	for _, x := range a.words {
		best, at := 0, -1
		for j, y := range b.words {
			if taken&(1<<j) == 0 {
				if s := wordLikeness(x, y); s > best {
					best, at = s, j
				}
			}
		}
		if at >= 0 {
			taken |= 1 << at
			near++
			if best == 2 {
				equal++
			}
		}
	}
	switch {
	case near == len(a.words) && equal > 0 && len(a.words) > 1:
		return alike
	case similar.JaroWinkler(a.runes, b.runes) >= 0.93:
		return alike
	case equal > 0 || near > 1 || similar.JaroWinkler(a.runes, b.runes) >= 0.85:
		return faint
	}
	return different
}

// wordLikeness: 2 equal, 1 the same with a slip, an initial or a short form, 0 neither.
func wordLikeness(a, b []rune) int {
	switch {
	case slices.Equal(a, b):
		return 2
	case min(len(a), len(b)) >= 3 && similar.SlipOf(a, b) != similar.Apart,
		initialOf(a, b), nickname(string(a)) == nickname(string(b)), similar.JaroWinkler(a, b) >= 0.90:
		return 1
	}
	return 0
}

func compareDates(a, b *value) level {
	x, y := a.date, b.date
	known := x.month > 0 && y.month > 0 && x.year > 0 && y.year > 0
	if similar.SlipOf(a.runes, b.runes) != similar.Apart {
		return close1
	}
	if known && x.year == y.year && x.month == y.day && x.day == y.month {
		return close1
	}
	parts := 0
	if known {
		for _, same := range []bool{x.year == y.year, x.month == y.month, x.day == y.day} {
			if same {
				parts++
			}
		}
	}
	switch {
	case parts == 2 || similar.Edits(a.runes, b.runes, 2) <= 2:
		return alike
	case known && (x.year == y.year || x.day == y.day && x.month == y.month):
		return faint
	case known && x.day <= 1 && y.year == x.year, known && y.day <= 1 && y.year == x.year:
		return faint
	}
	return different
}

func comparePhones(a, b *value) level {
	x, y := a.runes, b.runes
	if n := min(len(x), len(y)); n >= 7 && len(x) != len(y) && slices.Equal(x[len(x)-n:], y[len(y)-n:]) {
		return close1 // with and without the area or the country
	}
	switch similar.Edits(x, y, 2) {
	case 1:
		return close1
	case 2:
		return alike
	}
	return different
}

func compareEmails(a, b *value) level {
	if similar.SlipOf(a.runes, b.runes) != similar.Apart || len(a.local) > 3 && slices.Equal(a.local, b.local) {
		return close1
	}
	s := similar.JaroWinkler(a.runes, b.runes)
	switch {
	case similar.Edits(a.runes, b.runes, 3) <= 3:
		return alike
	case s >= 0.88 || len(a.local) > 5 && similar.JaroWinkler(a.local, b.local) >= 0.93:
		return faint
	}
	return different
}

func compareCodes(a, b []rune) level {
	switch n := similar.Edits(a, b, 2); {
	case n == 1 && max(len(a), len(b)) > 1:
		return close1
	case n == 2 && min(len(a), len(b)) >= 4:
		return alike
	}
	return different
}

func compareNumbers(a, b float64) level {
	switch d, most := math.Abs(a-b), max(math.Abs(a), math.Abs(b)); {
	case d <= 1:
		return close1
	case d <= 0.1*most:
		return alike
	}
	return different
}

func compareTexts(a, b *value) level {
	if sameWords(a, b) || similar.SlipOf(a.runes, b.runes) != similar.Apart && min(len(a.runes), len(b.runes)) >= 4 {
		return close1
	}
	s := similar.JaroWinkler(a.runes, b.runes)
	switch {
	case s >= 0.93 || len(a.runes) >= 8 && len(b.runes) >= 8 && similar.Edits(a.runes, b.runes, 3) <= 3:
		return alike
	case s >= 0.85 || sharedWords(a, b)*2 > max(len(a.words), len(b.words)):
		return faint
	}
	return different
}

func sharedWords(a, b *value) int {
	n := 0
	for i, j := 0, 0; i < len(a.words) && j < len(b.words); {
		switch c := slices.Compare(a.words[i], b.words[j]); {
		case c == 0:
			n, i, j = n+1, i+1, j+1
		case c < 0:
			i++
		default:
			j++
		}
	}
	return n
}

// pattern is the levels of all fields of a pair, three bits each.
type pattern uint64

func (p pattern) at(field int) level { return level(p>>(3*field)) & 7 }

func (p pattern) with(field int, l level) pattern {
	return p&^(7<<(3*field)) | pattern(l)<<(3*field)
}

// patternOf compares two rows.
func patternOf(fields []*field, a, b int32) pattern {
	var p pattern
	for i, f := range fields {
		p |= pattern(f.levelOf(f.at[a], f.at[b])) << (3 * i)
	}
	for i, f := range fields {
		if j := f.sibling; j > i && (p.at(i) == different || p.at(j) == different) && p.at(i) != exact && p.at(j) != exact {
			if crossed(f, fields[j], a, b) {
				p = p.with(i, swapped).with(j, swapped)
			}
		}
	}
	return p
}

// crossed reports that what a says in f stands in g of b and the other way round.
func crossed(f, g *field, a, b int32) bool {
	if f.at[a] < 0 || f.at[b] < 0 || g.at[a] < 0 || g.at[b] < 0 {
		return false
	}
	near := func(x, y *value) bool {
		return x.text == y.text || similar.SlipOf(x.runes, y.runes) != similar.Apart && min(len(x.runes), len(y.runes)) >= 3
	}
	return near(&f.values[f.at[a]], &g.values[g.at[b]]) && near(&g.values[g.at[a]], &f.values[f.at[b]])
}
