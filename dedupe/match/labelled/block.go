package labelled

import (
	"cmp"
	"hash/maphash"
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
	maxWide     = 24 // common keys of one row that are joined with each other
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
	workers := runtime.GOMAXPROCS(0)
	found := make([][]pair, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			found[w] = rankSome(blocks, of, rows, w, workers)
		})
	}
	wg.Wait()
	pairs := slices.Concat(found...)
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return slices.Compact(pairs)
}

func rankSome(blocks [][]entry, of [][]int32, rows, first, step int) []pair {
	var pairs []pair
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
			if i < maxPartners {
				pairs = append(pairs, pair{min(int32(r), other), max(int32(r), other)})
			}
			sum[other] = 0
		}
		met = met[:0]
	}
	return pairs
}

var seed = maphash.MakeSeed()

// keyOf hashes; the seed differs from run to run, so nothing may depend on the order of keys.
func keyOf(space, part string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(space)
	h.WriteByte(0)
	h.WriteString(part)
	return h.Sum64()
}

// keys are the blocking keys of a value. Names share one space, so that swapped names meet; so do siblings.
func (f *field) keys(v *value) []uint64 {
	var keys []uint64
	space := string(f.kind) + trimDigits(f.name)
	if f.kind == kindGiven || f.kind == kindFamily || f.kind == kindFull {
		space = "name"
	}
	add := func(what, part string) { keys = append(keys, keyOf(space+what, part)) }
	part := func(what string, from, to int) {
		if from >= 0 && to <= len(v.runes) && from < to {
			add(what, string(v.runes[from:to]))
		}
	}
	n := len(v.runes)
	switch f.kind {
	case kindGiven, kindFamily, kindFull:
		for _, w := range v.words {
			add("=", string(w))
			add("~", similar.Sound(w))
			if len(w) > 3 {
				add("<", string(w[:3]))
				add(">", string(w[len(w)-3:]))
			}
			if full := nickname(string(w)); full != string(w) {
				add("=", full)
			}
		}
	case kindDate:
		add("=", v.text)
		if d := v.date; d.month > 0 {
			add("md", strconv.Itoa(min(d.month, d.day))+"-"+strconv.Itoa(max(d.month, d.day)))
			add("ym", strconv.Itoa(d.year)+"-"+strconv.Itoa(d.month))
			add("yd", strconv.Itoa(d.year)+"-"+strconv.Itoa(d.day))
		}
		part("dec", 2, 8)
	case kindPhone, kindCode:
		add("=", v.text)
		if n >= 6 {
			part("<", 0, n/2)
			part(">", n-(n+1)/2, n)
			part("|", n/4, n/4+(n+1)/2)
		} else if n >= 4 {
			part("<", 0, n-1)
			part(">", 1, n)
		}
	case kindEmail:
		add("=", v.text)
		add("@", string(v.local))
		part("<", 0, min(n, 5))
		part(">", n-min(n, 8), n)
	case kindText:
		add("=", v.text)
		for _, w := range v.words {
			if len(w) > 2 || unicode.Is(unicode.Han, w[0]) {
				add("w", string(w))
			}
			if len(w) > 4 {
				add("<", string(w[:4]))
				add(">", string(w[len(w)-4:]))
			}
		}
	case kindNumber, kindChoice:
		add("=", v.text)
	}
	return keys
}
