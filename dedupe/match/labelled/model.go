package labelled

import (
	"cmp"
	"math"
	"slices"
)

// model holds what agreement is worth: for each field and level the share of pairs that show it among true pairs (m), among
// strangers (u), and among strangers who share a household, a workplace or the like (h): these agree on much and still are
// two people, so for names and birth dates h is u.
type model struct {
	fields  []*field
	m, h, u [][levels]float64
	prior   float64           // share of all pairs that are true
	shared  float64           // share of all pairs that are strangers of one household; 0 when no field tells these apart
	total   [][levels]float64 // of all pairs of rows, true or not
	chance  []float64         // share of all pairs that agree exactly, by the counts of the values
	pairs   float64           // of all rows
	twice   [][]joint         // bits that fields which agree together say twice
}

// tally is how many candidate pairs show a pattern.
type tally struct {
	p       pattern
	n       float64
	twice   float64 // of the pattern, in bits; see saidTwice
	doubted bool    // see doubt
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

// chanceOf is u before anything is learnt: how often strangers agree, from general knowledge. It matters in files of a few rows.
func chanceOf(k kind) [levels]float64 {
	of := func(e float64) [levels]float64 {
		return [levels]float64{exact: e, close1: e, alike: 2 * e, faint: 5 * e, swapped: e, different: 1 - 10*e}
	}
	switch k {
	case kindPhone, kindEmail:
		return of(1e-4)
	case kindFull, kindDate:
		return of(1e-3)
	case kindChoice:
		return [levels]float64{exact: 0.3, different: 0.7}
	}
	return of(0.01)
}

// learn estimates the model from the data alone. u comes from all pairs of rows less those taken for true; m and the
// prior by expectation maximisation over the candidates, every other pair counting as false.
func learn(fields []*field, tallies []tally, rows int) *model {
	md := &model{fields: fields, pairs: float64(rows) * float64(rows-1) / 2}
	md.m, md.h, md.u = make([][levels]float64, len(fields)), make([][levels]float64, len(fields)), make([][levels]float64, len(fields))
	for i, f := range fields {
		md.m[i], md.h[i] = usual(f.kind), usual(f.kind)
	}
	md.countAll(rows)
	md.prior = min(0.5, 0.5*float64(rows)/max(md.pairs, 1))
	if slices.ContainsFunc(fields, (*field).personal) {
		md.shared = md.prior / 2
	}
	md.setChance(make([][levels]float64, len(fields)))
	over := overlaps(fields, rows)
	md.doubt(tallies)
	md.findDependences(over, tallies)
	for k := range tallies {
		tallies[k].doubted = false
	}
	for range 3 {
		for range 40 {
			if md.step(tallies) < 1e-5 {
				break
			}
		}
		md.findDependences(over, tallies)
	}
	return md
}

// doubt marks the tallies of pairs that differ in a name or a birth date. Households and workplaces share all the rest, and a
// model that starts from them learns to find households.
func (md *model) doubt(tallies []tally) {
	for k, t := range tallies {
		for i, f := range md.fields {
			if f.personal() && t.p.at(i) == different {
				tallies[k].doubted = true
			}
		}
	}
}

// personal fields differ from one member of a household to the next.
func (f *field) personal() bool {
	return f.kind == kindGiven || f.kind == kindFull || f.kind == kindDate
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

// eachSample visits all pairs of a small file and as many of a large one, always the same.
func eachSample(rows int, visit func(a, b int32)) {
	const most = 300_000
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
			md.u[i][l] = max(md.total[i][l]-believed[i][l], 0.05*md.total[i][l]) + steady*chanceOf(md.fields[i].kind)[l] + 0.5
			sum += md.u[i][l]
		}
		for l := exact; l < levels; l++ {
			md.u[i][l] /= sum
		}
	}
}

// step is one round of expectation and maximisation; it returns how far the prior moved.
func (md *model) step(tallies []tally) float64 {
	believed, shared := make([][levels]float64, len(md.fields)), make([][levels]float64, len(md.fields))
	sum, sumShared := 0.0, 0.0
	s := md.scorer()
	for _, t := range tallies {
		p, q := s.sides(t.p, t.twice).posterior()
		sum += p * t.n
		sumShared += q * t.n
		for i := range md.fields {
			believed[i][t.p.at(i)] += p * t.n
			shared[i][t.p.at(i)] += q * t.n
		}
	}
	for i, f := range md.fields {
		md.m[i] = blend(usual(f.kind), believed[i])
		md.h[i] = blend(usual(f.kind), shared[i])
		md.keepAlike(i)
		for l := range levels {
			believed[i][l] += shared[i][l]
		}
	}
	md.setChance(believed)
	prior := min(0.5, (sum+0.5)/(md.pairs+1))
	if md.shared > 0 {
		md.shared = min(0.5, (sumShared+0.5)/(md.pairs+1))
	}
	moved := math.Abs(prior-md.prior) / md.prior
	md.prior = prior
	return moved
}

// blend is what was seen, steadied by what is usual.
func blend(before, seen [levels]float64) [levels]float64 {
	var after [levels]float64
	all := 0.0
	for l := exact; l < levels; l++ {
		if before[l] > 0 {
			after[l] = seen[l] + steady*before[l]
			all += after[l]
		}
	}
	for l := exact; l < levels; l++ {
		after[l] /= all
	}
	return after
}

// The largest share of true pairs that may differ in a field, of a personal one and of any other. Without it the model
// may settle on groups that are no persons: all rows of one suburb, whose names and phones then differ as a rule.
const (
	maxDifferPersonal = 0.2
	maxDiffer         = 0.4
)

func (md *model) keepAlike(i int) {
	m, most := &md.m[i], maxDiffer
	if md.fields[i].personal() {
		most = maxDifferPersonal
	}
	if m[different] <= most {
		return
	}
	scale := (1 - most) / (1 - m[different])
	for l := exact; l < different; l++ {
		m[l] *= scale
	}
	m[different] = most
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

// tallied counts patterns in a fixed order, so that sums come out the same to the last bit.
func tallied(patterns []pattern) []tally {
	counts := map[pattern]float64{}
	for _, p := range patterns {
		counts[p]++
	}
	tallies := make([]tally, 0, len(counts))
	for p, n := range counts {
		tallies = append(tallies, tally{p: p, n: n})
	}
	slices.SortFunc(tallies, func(a, b tally) int { return cmp.Compare(a.p, b.p) })
	return tallies
}

// scorer weighs single pairs. All its tables are log2.
type scorer struct {
	*model
	logM, logH, logU [][levels]float64
	personal         []bool
}

func (md *model) scorer() *scorer {
	s := &scorer{model: md}
	for i, f := range md.fields {
		personal := f.personal()
		s.personal = append(s.personal, personal)
		h := md.h[i]
		if personal {
			h = md.u[i]
		}
		s.logM, s.logH, s.logU = append(s.logM, logs(md.m[i])), append(s.logH, logs(h)), append(s.logU, logs(md.u[i]))
	}
	return s
}

func logs(shares [levels]float64) [levels]float64 {
	for l := range shares {
		if shares[l] > 0 {
			shares[l] = math.Log2(shares[l])
		}
	}
	return shares
}

// sides are the log2 likelihoods of a pair as one person, as two of one household, as strangers.
type sides struct{ one, household, strangers float64 }

// weight is the log2 odds for one person.
func (x sides) weight() float64 {
	most := max(x.household, x.strangers)
	return x.one - most - math.Log2(math.Exp2(x.household-most)+math.Exp2(x.strangers-most))
}

// posterior is the probability of one person and of one household.
func (x sides) posterior() (one, household float64) {
	most := max(x.one, x.household, x.strangers)
	a, b, c := math.Exp2(x.one-most), math.Exp2(x.household-most), math.Exp2(x.strangers-most)
	return a / (a + b + c), b / (a + b + c)
}

// sides weighs a pattern, whatever the values are; twice is what it says twice.
func (s *scorer) sides(p pattern, twice float64) sides {
	x := sides{math.Log2(s.prior), math.Log2(s.shared), math.Log2(1 - s.prior - s.shared)}
	for i := range s.logM {
		l := p.at(i)
		if l == missing {
			continue
		}
		x.one += s.logM[i][l]
		x.household += s.logH[i][l]
		x.strangers += s.logU[i][l]
	}
	x.strangers += twice
	return x
}

// weightOf is the log2 odds that two rows are one person: the pattern's, corrected by how common the shared values are.
func (s *scorer) weightOf(a int32, p pattern) float64 {
	x := s.sides(p, s.saidTwice(p))
	for i, f := range s.fields {
		if p.at(i) != exact || f.kind == kindChoice {
			continue
		}
		r := s.rarity(i, f.at[a])
		x.strangers -= r
		if s.personal[i] {
			x.household -= r
		}
	}
	return x.weight()
}

// rarity is positive for a value that fewer rows hold than is usual for its field, negative for a common one.
func (s *scorer) rarity(i int, v int32) float64 {
	f := s.fields[i]
	share := float64(f.values[v].count) / float64(f.filled)
	return min(max(math.Log2(s.chance[i]/share), -6), 6)
}
