package labelled

import (
	"cmp"
	"math"
	"slices"
)

// model holds what agreement is worth: for each field and level the share of true pairs (m) and of chance pairs (u) that
// show it, and how many pairs of all are true.
type model struct {
	fields []*field
	m, u   [][levels]float64
	prior  float64           // share of all pairs that are true
	total  [][levels]float64 // of all pairs of rows, true or not
	chance []float64         // share of all pairs that agree exactly, by the counts of the values
	pairs  float64           // of all rows
}

// tally is how many candidate pairs show a pattern.
type tally struct {
	p pattern
	n float64
}

// usual is m before anything is learnt, by kind: what typists do, from general knowledge. It also steadies small files, as if
// that many true pairs had been seen.
const steady = 20

func usual(k kind) [levels]float64 {
	switch k {
	case kindChoice:
		return [levels]float64{exact: 0.95, different: 0.05}
	case kindGiven, kindFamily, kindText:
		return [levels]float64{exact: 0.70, close1: 0.10, alike: 0.07, faint: 0.03, swapped: 0.03, different: 0.07}
	case kindNumber:
		return [levels]float64{exact: 0.75, close1: 0.08, alike: 0.05, different: 0.12}
	case kindDate, kindFull:
		return [levels]float64{exact: 0.70, close1: 0.12, alike: 0.08, faint: 0.04, different: 0.06}
	}
	return [levels]float64{exact: 0.70, close1: 0.10, alike: 0.05, faint: 0.05, different: 0.10}
}

// learn estimates the model from the data alone. u comes from all pairs of rows less those taken for true; m and the
// prior by expectation maximisation over the candidates, every other pair counting as false.
func learn(fields []*field, tallies []tally, rows int) *model {
	md := &model{fields: fields, pairs: float64(rows) * float64(rows-1) / 2}
	md.m, md.u = make([][levels]float64, len(fields)), make([][levels]float64, len(fields))
	for i, f := range fields {
		md.m[i] = usual(f.kind)
	}
	md.countAll(rows)
	md.prior = min(0.5, 0.5*float64(rows)/max(md.pairs, 1))
	md.setChance(make([][levels]float64, len(fields)))
	for range 60 {
		if md.step(tallies) < 1e-6 {
			break
		}
	}
	return md
}

// countAll counts the levels over all pairs of rows: exact agreement from the counts of the values, the rest from
// a fixed sample of pairs.
func (md *model) countAll(rows int) {
	md.total, md.chance = make([][levels]float64, len(md.fields)), make([]float64, len(md.fields))
	sample := make([][levels]float64, len(md.fields))
	eachSample(rows, func(a, b int32) {
		p := patternOf(md.fields, a, b)
		for i := range md.fields {
			sample[i][p.at(i)]++
		}
	})
	for i, f := range md.fields {
		both := float64(f.filled) * float64(f.filled-1) / 2
		same := 0.0
		for _, v := range f.values {
			same += float64(v.count) * float64(v.count-1) / 2
		}
		md.chance[i] = (same + 0.5) / (both + 1)
		md.total[i][exact] = same
		rest := 0.0
		for l := close1; l < levels; l++ {
			rest += sample[i][l]
		}
		for l := close1; l < levels; l++ {
			md.total[i][l] = (both - same) * sample[i][l] / max(rest, 1)
		}
	}
}

// eachSample visits all pairs of a small file and about half a million of a large one, always the same.
func eachSample(rows int, visit func(a, b int32)) {
	const most = 500_000
	if all := rows * (rows - 1) / 2; all <= most {
		for a := range rows {
			for b := range a {
				visit(int32(b), int32(a))
			}
		}
		return
	}
	x := uint64(88172645463325252)
	next := func() int {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return int(x % uint64(rows))
	}
	for range most {
		if a, b := next(), next(); a != b {
			visit(int32(a), int32(b))
		}
	}
}

// setChance takes the pairs believed true out of the counts of all pairs. A tenth of what was counted stays, as belief
// may be wrong, and a little for what was never seen.
func (md *model) setChance(believed [][levels]float64) {
	for i := range md.fields {
		sum := 0.0
		for l := exact; l < levels; l++ {
			if usual(md.fields[i].kind)[l] == 0 {
				continue
			}
			md.u[i][l] = max(md.total[i][l]-believed[i][l], 0.05*md.total[i][l]) + 1
			sum += md.u[i][l]
		}
		for l := exact; l < levels; l++ {
			md.u[i][l] /= sum
		}
	}
}

// step is one round of expectation and maximisation; it returns how far the prior moved.
func (md *model) step(tallies []tally) float64 {
	believed := make([][levels]float64, len(md.fields))
	sum := 0.0
	weights := md.weights()
	base := math.Log2(md.prior / (1 - md.prior))
	for _, t := range tallies {
		w := base
		for i := range md.fields {
			w += weights[i][t.p.at(i)]
		}
		p := probability(w) * t.n
		sum += p
		for i := range md.fields {
			believed[i][t.p.at(i)] += p
		}
	}
	for i, f := range md.fields {
		before := usual(f.kind)
		all := 0.0
		for l := exact; l < levels; l++ {
			if before[l] > 0 {
				all += believed[i][l] + steady*before[l]
			}
		}
		for l := exact; l < levels; l++ {
			if before[l] > 0 {
				md.m[i][l] = (believed[i][l] + steady*before[l]) / all
			}
		}
	}
	md.setChance(believed)
	prior := min(0.5, (sum+0.5)/(md.pairs+1))
	moved := math.Abs(prior-md.prior) / md.prior
	md.prior = prior
	return moved
}

// weights are log2(m/u) per field and level; 0 where the level does not exist or one side says nothing.
func (md *model) weights() [][levels]float64 {
	w := make([][levels]float64, len(md.fields))
	for i := range md.fields {
		for l := exact; l < levels; l++ {
			if md.m[i][l] > 0 && md.u[i][l] > 0 {
				w[i][l] = math.Log2(md.m[i][l] / md.u[i][l])
			}
		}
	}
	return w
}

func probability(weight float64) float64 { return 1 / (1 + math.Exp2(-weight)) }

// tallied counts patterns in a fixed order, so that sums come out the same to the last bit.
func tallied(patterns []pattern) []tally {
	counts := map[pattern]float64{}
	for _, p := range patterns {
		counts[p]++
	}
	tallies := make([]tally, 0, len(counts))
	for p, n := range counts {
		tallies = append(tallies, tally{p, n})
	}
	slices.SortFunc(tallies, func(a, b tally) int { return cmp.Compare(a.p, b.p) })
	return tallies
}

// scorer weighs single pairs: the model's weights, corrected by how common the shared value is.
type scorer struct {
	*model
	weight [][levels]float64
	base   float64
}

func (md *model) scorer() *scorer {
	return &scorer{md, md.weights(), math.Log2(md.prior / (1 - md.prior))}
}

// weightOf is the log2 odds that two rows are one person.
func (s *scorer) weightOf(a, b int32, p pattern) float64 {
	w := s.base
	for i, f := range s.fields {
		l := p.at(i)
		w += s.weight[i][l]
		if l == exact && f.kind != kindChoice {
			w += s.rarity(i, f.at[a])
		}
	}
	return w
}

// rarity is positive for a value that fewer rows hold than is usual for its field, negative for a common one.
func (s *scorer) rarity(i int, v int32) float64 {
	f := s.fields[i]
	share := float64(f.values[v].count) / float64(f.filled)
	return min(max(math.Log2(s.chance[i]/share), -6), 6)
}
