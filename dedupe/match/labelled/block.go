package labelled

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"unicode"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

// Bounds of blocking. A key that more than maxBlock rows share says too little by itself: it is joined with the row's
// other such keys, and what is still too common after that is dropped and counted. Of the rows that share keys with a row
// the maxPartners most alike are compared.
const (
	maxBlock    = 150
	maxPartners = 80
	maxPairs    = 12_000_000 // of a table of very many rows each has fewer partners
	maxWide     = 24         // common keys of one row that are joined with each other
	neighbours  = 4          // rows are sorted by content: hundreds of equal rows, all of whose keys are too common, still meet
)

// pair is two rows, a < b.
type pair struct{ a, b int32 }

// candidates is what blocking found.
type candidates struct {
	pairs   []pair // sorted
	dropped int    // keys that stayed too common
}

type entry struct {
	key uint64
	row int32
}

// block proposes the pairs worth comparing. Keys are parts of values that survive a slip elsewhere; a pair's rank is the
// sum of how rare its shared keys are, so that no single key decides and none can flood the rest.
func block(fields []*field, rows int) candidates {
	keys := make([][]uint64, rows)
	for _, f := range fields {
		of := make([][]uint64, len(f.values))
		for i := range f.values {
			of[i] = f.keys(&f.values[i])
		}
		for r, v := range f.at {
			if v >= 0 {
				keys[r] = append(keys[r], of[v]...)
			}
		}
	}
	var entries []entry
	for r, ks := range keys {
		slices.Sort(ks)
		keys[r] = slices.Compact(ks)
		for _, k := range keys[r] {
			entries = append(entries, entry{k, int32(r)})
		}
	}
	narrow, wide := split(entries)
	narrowed, dropped := split(conjunctions(wide, rows))
	narrow = append(narrow, narrowed...)
	return candidates{rank(narrow, rows), len(dropped)}
}

// split groups entries by key: blocks of a bearable size, and those too large. Blocks of one row are left out.
func split(entries []entry) (narrow, wide [][]entry) {
	slices.SortFunc(entries, func(x, y entry) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.row, y.row)) })
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].key == entries[start].key {
			end++
		}
		switch n := end - start; {
		case n > maxBlock:
			wide = append(wide, entries[start:end])
		case n > 1:
			narrow = append(narrow, entries[start:end])
		}
		start = end
	}
	return narrow, wide
}

// conjunctions joins the common keys of a row by twos. Of a row with very many the rarest count.
func conjunctions(wide [][]entry, rows int) []entry {
	of := make([][]int32, rows)
	for i, b := range wide {
		for _, e := range b {
			of[e.row] = append(of[e.row], int32(i))
		}
	}
	var entries []entry
	for r, in := range of {
		slices.SortFunc(in, func(x, y int32) int { return cmp.Or(cmp.Compare(len(wide[x]), len(wide[y])), cmp.Compare(x, y)) })
		in = in[:min(len(in), maxWide)]
		for i := range in {
			for j := range i {
				x, y := wide[in[i]][0].key, wide[in[j]][0].key
				if x > y {
					x, y = y, x
				}
				entries = append(entries, entry{x*0x9e3779b97f4a7c15 + y ^ y>>29, int32(r)})
			}
		}
	}
	return entries
}

// rank adds up for every row how rare the keys are that it shares with each other row, and keeps the best.
func rank(blocks [][]entry, rows int) []pair {
	of := make([][]int32, rows)
	for i, b := range blocks {
		for _, e := range b {
			of[e.row] = append(of[e.row], int32(i))
		}
	}
	partners := min(maxPartners, max(maxPairs/max(rows, 1), 4))
	workers := runtime.GOMAXPROCS(0)
	found := make([][]pair, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			found[w] = rankSome(blocks, of, partners, w, workers)
		})
	}
	wg.Wait()
	pairs := slices.Concat(found...)
	for r := range int32(rows) {
		for next := r + 1; next <= r+neighbours && next < int32(rows); next++ {
			pairs = append(pairs, pair{r, next})
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return slices.Compact(pairs)
}

func rankSome(blocks [][]entry, of [][]int32, partners, first, step int) []pair {
	var pairs []pair
	rows := len(of)
	sum := make([]float32, rows)
	var met []int32
	for r := first; r < rows; r += step {
		for _, i := range of[r] {
			rarity := float32(math.Log2(float64(rows+1) / float64(len(blocks[i]))))
			for _, e := range blocks[i] {
				if int(e.row) == r {
					continue
				}
				if sum[e.row] == 0 {
					met = append(met, e.row)
				}
				sum[e.row] += rarity + 0.001
			}
		}
		slices.SortFunc(met, func(x, y int32) int { return cmp.Or(cmp.Compare(sum[y], sum[x]), cmp.Compare(x, y)) })
		for i, other := range met {
			if i < partners {
				pairs = append(pairs, pair{min(int32(r), other), max(int32(r), other)})
			}
			sum[other] = 0
		}
		met = met[:0]
	}
	return pairs
}

// keyOf hashes (FNV-1a): the same in every run, as the order of keys decides in which order rarities are added up.
func keyOf(space, what, part string) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [...]string{space, what, part} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h *= 1099511628211 // a zero byte between the parts
	}
	return h
}

// keys are the blocking keys of a value. Names share one space, so that swapped names meet; so do siblings.
func (f *field) keys(v *value) []uint64 {
	k := &keyring{space: string(f.kind) + trimDigits(f.name), runes: v.runes}
	switch f.kind {
	case kindGiven, kindFamily, kindFull:
		k.space = "name"
		k.ofName(v)
	case kindDate:
		k.ofDate(v)
	case kindPhone, kindCode:
		k.ofDigits(v)
	case kindEmail:
		n := len(v.runes)
		k.add("=", v.text)
		k.add("@", string(v.local))
		k.part("<", 0, min(n, 5))
		k.part(">", n-min(n, 8), n)
	case kindText:
		k.ofText(v)
	case kindNumber, kindChoice:
		k.add("=", v.text)
	}
	return k.keys
}

// keyring collects keys of one value.
type keyring struct {
	space string // keys of different spaces never meet
	runes []rune
	keys  []uint64
}

func (k *keyring) add(what, part string) { k.keys = append(k.keys, keyOf(k.space, what, part)) }

func (k *keyring) part(what string, from, to int) {
	if from >= 0 && to <= len(k.runes) && from < to {
		k.add(what, string(k.runes[from:to]))
	}
}

func (k *keyring) ofName(v *value) {
	if v.sound != "" {
		k.add("~", v.sound)
		k.add("=", v.text)
		return
	}
	for _, w := range v.words {
		k.add("=", string(w))
		k.add("~", similar.Sound(w))
		if len(w) > 3 {
			k.add("<", string(w[:3]))
			k.add(">", string(w[len(w)-3:]))
		}
		if full := nickname(string(w)); full != string(w) {
			k.add("=", full)
		}
	}
}

func (k *keyring) ofDate(v *value) {
	k.add("=", v.text)
	if d := v.date; d.month > 0 {
		k.add("md", strconv.Itoa(min(d.month, d.day))+"-"+strconv.Itoa(max(d.month, d.day)))
		k.add("ym", strconv.Itoa(d.year)+"-"+strconv.Itoa(d.month))
		k.add("yd", strconv.Itoa(d.year)+"-"+strconv.Itoa(d.day))
	}
	k.part("dec", 2, 8)
}

// ofDigits: halves and the middle, so that one slip leaves two of three.
func (k *keyring) ofDigits(v *value) {
	n := len(v.runes)
	k.add("=", v.text)
	switch {
	case n >= 6:
		k.part("<", 0, n/2)
		k.part(">", n-(n+1)/2, n)
		k.part("|", n/4, n/4+(n+1)/2)
	case n >= 4:
		k.part("<", 0, n-1)
		k.part(">", 1, n)
	}
}

func (k *keyring) ofText(v *value) {
	k.add("=", v.text)
	for _, w := range v.words {
		if len(w) > 2 || unicode.Is(unicode.Han, w[0]) {
			k.add("w", string(w))
		}
		if len(w) > 4 {
			k.add("<", string(w[:4]))
			k.add(">", string(w[len(w)-4:]))
		}
	}
}
