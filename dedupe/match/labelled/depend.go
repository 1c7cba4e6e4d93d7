package labelled

import (
	"cmp"
	"math"
	"slices"
)

// dependence is what the levels of two fields say twice: strangers in one suburb share the postcode too, those of one
// name have emails that begin alike.
type dependence struct {
	bits float64
	a, b uint8 // fields
}

// Support that a dependence needs before it is believed: joint agreements of pairs not taken for true, in number and as a
// share of all joint agreements. Below that share what is left may as well be true pairs not yet recognised, and taking
// bits off would keep them so.
const (
	minJoint      = 30
	minJointShare = 0.75
)

// joint is a number of pairs, or bits, by the levels of two fields.
type joint [levels][levels]float64

// overlap counts pairs of rows for two fields: those where both rows fill both, and those that agree exactly on both.
type overlap struct{ filled, exact float64 }

func overlaps(fields []*field, rows int) [][]overlap {
	all := make([][]overlap, len(fields))
	for i := range fields {
		all[i] = make([]overlap, i)
		for j := range i {
			counts := map[[2]int32]int{}
			filled := 0
			for r := range rows {
				if x, y := fields[i].at[r], fields[j].at[r]; x >= 0 && y >= 0 {
					counts[[2]int32{x, y}]++
					filled++
				}
			}
			same := 0
			for _, n := range counts {
				same += n * (n - 1) / 2
			}
			all[i][j] = overlap{max(float64(filled)*float64(filled-1)/2, 1), float64(same)}
		}
	}
	return all
}

// findDependences looks at the pairs not taken for true: where these show two levels together more often than the two
// apart explain, one says what the other said. Exact agreements are counted over all rows, others over the candidates,
// beyond which hardly any pair agrees on two fields.
func (md *model) findDependences(over [][]overlap, tallies []tally) {
	all, believed := make([][]joint, len(md.fields)), make([][]joint, len(md.fields))
	for i := range md.fields {
		all[i], believed[i] = make([]joint, i), make([]joint, i)
	}
	s := md.scorer()
	for _, t := range tallies {
		p := 0.0
		if !t.doubted {
			one, household := s.sides(t.p, t.twice).posterior()
			p = one + household
		}
		for i := range md.fields {
			li := t.p.at(i)
			for j := range i {
				lj := t.p.at(j)
				all[i][j][li][lj] += t.n
				believed[i][j][li][lj] += t.n * p
			}
		}
	}
	md.twice = make([][]joint, len(md.fields))
	for i := range md.fields {
		md.twice[i] = make([]joint, i)
		for j := range i {
			all[i][j][exact][exact] = max(all[i][j][exact][exact], over[i][j].exact)
			for li := exact; li < different; li++ {
				for lj := exact; lj < different; lj++ {
					left := all[i][j][li][lj] - believed[i][j][li][lj]
					if left < minJoint || left < minJointShare*all[i][j][li][lj] {
						continue
					}
					bits := math.Log2(left / over[i][j].filled / (md.u[i][li] * md.u[j][lj]))
					md.twice[i][j][li][lj] = max(bits, 0)
				}
			}
		}
	}
	for k := range tallies {
		tallies[k].twice = md.saidTwice(tallies[k].p)
	}
}

// saidTwice is what is taken off a pattern: of the dependences among the fields that agree the strongest that form no
// circle, so that nothing is taken off twice.
func (md *model) saidTwice(p pattern) float64 {
	if md.twice == nil {
		return 0
	}
	var found [maxFields * (maxFields - 1) / 2]dependence
	n := 0
	for i := range md.fields {
		li := p.at(i)
		if li == missing || li == different {
			continue
		}
		for j := range i {
			if bits := md.twice[i][j][li][p.at(j)]; bits > 0 {
				found[n] = dependence{bits, uint8(j), uint8(i)}
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	slices.SortFunc(found[:n], func(x, y dependence) int {
		return cmp.Or(-cmp.Compare(x.bits, y.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	var tree [maxFields]uint8
	for i := range tree {
		tree[i] = uint8(i)
	}
	off := 0.0
	for _, d := range found[:n] {
		from, to := tree[d.b], tree[d.a]
		if from == to {
			continue
		}
		off += d.bits
		for i := range tree {
			if tree[i] == from {
				tree[i] = to
			}
		}
	}
	return off
}
