// Package similar compares two short strings: names, numbers, addresses. Everything works on runes, allocates nothing
// for strings up to 64 runes, and is symmetric: the order of the arguments never matters.
package similar

import "slices"

// JaroWinkler is the similarity of two strings from 0 (nothing in common) to 1 (equal), with up to four leading runes
// counting extra. It is meant for Latin names of four letters and more: two Chinese names that share only the surname
// already reach 0.70. Two empty strings are not similar: 0.
func JaroWinkler(a, b []rune) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if slices.Equal(a, b) {
		return 1
	}
	j := jaro(a, b)
	prefix := 0
	for prefix < 4 && prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		prefix++
	}
	return j + float64(prefix)*0.1*(1-j)
}

// jaro pairs runes that are equal and not too far apart. Which of several equal runes is taken depends on the side that
// is walked, so the shorter one (of equal length: the lower one) is always the one walked.
func jaro(a, b []rune) float64 {
	if len(a) > len(b) || len(a) == len(b) && slices.Compare(a, b) > 0 {
		a, b = b, a
	}
	if len(b) > 64 {
		a, b = a[:min(len(a), 64)], b[:64]
	}
	reach := max(len(b)/2-1, 0)
	var inA, inB uint64
	common := 0
	for i, r := range a {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if inB&(1<<j) == 0 && b[j] == r {
				inA |= 1 << i
				inB |= 1 << j
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	crossed, j := 0, 0
	for i, r := range a {
		if inA&(1<<i) == 0 {
			continue
		}
		for inB&(1<<j) == 0 {
			j++
		}
		if b[j] != r {
			crossed++
		}
		j++
	}
	c := float64(common)
	return (c/float64(len(a)) + c/float64(len(b)) + (c-float64(crossed/2))/c) / 3
}

// Slip says how one string comes from another by a single slip of the hand.
type Slip int

// Slips. Equal strings are NoSlip, strings that differ by more are Apart.
const (
	NoSlip  Slip = iota
	Wrong        // one rune is another
	Crossed      // two neighbours are swapped
	Lost         // one has a rune more than the other
	Apart
)

// SlipOf tells by which single slip a and b differ.
func SlipOf(a, b []rune) Slip {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return Apart
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case i == len(b):
		return NoSlip
	case len(a) < len(b):
		if slices.Equal(a[i:], b[i+1:]) {
			return Lost
		}
	case slices.Equal(a[i+1:], b[i+1:]):
		return Wrong
	case i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:]):
		return Crossed
	}
	return Apart
}

// Edits is the number of runes to add, drop, change or swap with a neighbour to get from a to b (optimal string
// alignment), never more than limit+1: counting stops there. Strings longer than 64 runes are compared by their first 64.
func Edits(a, b []rune, limit int) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	var rows [3][66]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range min(len(b), limit) + 1 {
		last[j] = j
	}
	last[min(len(b), limit)+1] = limit + 1
	for i := 1; i <= len(a); i++ {
		// Only cells this near the diagonal can stay within the limit.
		from, to := max(1, i-limit), min(len(b), i+limit)
		row[from-1] = limit + 1
		if from == 1 {
			row[0] = i
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		row[to+1] = limit + 1
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}

// Sound is a rough code of how a name in Latin letters sounds, at most six letters: the first letter, then the classes of
// the consonants that follow; vowels, h, w and doubled sounds are dropped. Names in other scripts are returned as they are.
func Sound(name []rune) string {
	var code [6]byte
	n, last := 0, byte(0)
	for i, r := range name {
		if r >= 0x80 {
			return string(name)
		}
		class := soundOf(r)
		if i == 0 {
			first := byte(r)
			if first == 'c' && len(name) > 1 && name[1] != 'h' || first == 'q' {
				first = 'k'
			}
			if len(name) > 1 && first == 'p' && name[1] == 'h' {
				first = 'f'
			}
			code[0], n, last = first, 1, class
			continue
		}
		if class != 0 && class != last && n < len(code) {
			code[n] = class
			n++
		}
		if r != 'h' && r != 'w' {
			last = class
		}
	}
	return string(code[:n])
}

func soundOf(r rune) byte {
	switch r {
	case 'b', 'f', 'p', 'v':
		return '1'
	case 'c', 'g', 'j', 'k', 'q', 's', 'x', 'z':
		return '2'
	case 'd', 't':
		return '3'
	case 'l':
		return '4'
	case 'm', 'n':
		return '5'
	case 'r':
		return '6'
	}
	return 0
}
