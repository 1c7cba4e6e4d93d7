package lead

import (
	"strings"
	"unicode/utf8"
)

// Nearest is the one of some names that was probably meant by one that is none of them; "" when none is near: a letter too many, too few,
// another one or two that changed places, and in a longer name two of these.
func Nearest(name string, among []string) string {
	best, least := "", 0
	for _, one := range among {
		length := utf8.RuneCountInString(one)
		most := min(length/2, 1+length/6, 2)
		if d := distance(strings.ToLower(name), strings.ToLower(one)); d <= most && (best == "" || d < least) {
			best, least = one, d
		}
	}
	return best
}

// maxNear bounds the names that are compared.
const maxNear = 64

// distance is how many letters have to be put in, left out, replaced, or changed with their neighbour.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > maxNear || len(y) > maxNear {
		return maxNear
	}
	var before, last []int
	for j := range len(y) + 1 {
		last = append(last, j)
	}
	for i := 1; i <= len(x); i++ {
		row := []int{i}
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, before[j-2]+1)
			}
			row = append(row, d)
		}
		before, last = last, row
	}
	return last[len(y)]
}
