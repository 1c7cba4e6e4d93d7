package labelled

import (
	"fmt"
	"slices"
	"strings"
)

// Report is the result of a measurement. Shares are from 0 to 1.
type Report struct {
	Rows        int     `json:"rows"`
	Entities    int     `json:"entities"`     // groups in the truth
	TruePairs   int     `json:"true_pairs"`   // pairs of rows of one group
	FoundPairs  int     `json:"found_pairs"`  // pairs of rows put together
	CommonPairs int     `json:"common_pairs"` // of these, right
	Precision   float64 `json:"precision"`    // of pairs; 1 when nothing was put together
	Recall      float64 `json:"recall"`       // of pairs; 1 when there was nothing to find
	F1          float64 `json:"f1"`
	B3Precision float64 `json:"b3_precision"` // B³: per row, how much of its group belongs to it
	B3Recall    float64 `json:"b3_recall"`
	B3F1        float64 `json:"b3_f1"`
	Clusters    int     `json:"clusters"`
	Largest     int     `json:"largest"`      // rows in the largest group found
	Candidates  int     `json:"candidates"`   // pairs compared
	DroppedKeys int     `json:"dropped_keys"` // blocking keys too common to use, even joined with another
	Seconds     float64 `json:"seconds"`
	Fields      []Field `json:"fields"`
}

// Field says how a column was read and what was learnt of it.
type Field struct {
	Column string  `json:"column"`
	Kind   string  `json:"kind"`
	Agree  float64 `json:"agree"`  // bits that exact agreement adds
	Differ float64 `json:"differ"` // bits that a difference adds
}

func (r *Report) describe(f finding) {
	r.Candidates, r.DroppedKeys = len(f.candidates.pairs), f.candidates.dropped
	if f.model == nil {
		return
	}
	w := f.model.weights()
	for i, fd := range f.fields {
		r.Fields = append(r.Fields, Field{fd.name, string(fd.kind), w[i][exact], w[i][different]})
	}
}

// Score compares groups with the truth: both give a label per row, and rows with one label are together.
func Score(found, truth []int32) Report {
	type cell struct{ found, truth int32 }
	inFound, inTruth, inBoth := map[int32]int{}, map[int32]int{}, map[cell]int{}
	for i := range found {
		inFound[found[i]]++
		inTruth[truth[i]]++
		inBoth[cell{found[i], truth[i]}]++
	}
	r := Report{Rows: len(found), Entities: len(inTruth), Clusters: len(inFound)}
	pairs := func(n int) int { return n * (n - 1) / 2 }
	for _, n := range inFound {
		r.FoundPairs += pairs(n)
		r.Largest = max(r.Largest, n)
	}
	for _, n := range inTruth {
		r.TruePairs += pairs(n)
	}
	for _, n := range inBoth {
		r.CommonPairs += pairs(n)
	}
	precisions, recalls := make([]float64, len(found)), make([]float64, len(found))
	for i := range found {
		both := float64(inBoth[cell{found[i], truth[i]}])
		precisions[i], recalls[i] = both/float64(inFound[found[i]]), both/float64(inTruth[truth[i]])
	}
	r.Precision, r.Recall = share(r.CommonPairs, r.FoundPairs), share(r.CommonPairs, r.TruePairs)
	r.B3Precision, r.B3Recall = mean(precisions), mean(recalls)
	r.F1, r.B3F1 = harmonic(r.Precision, r.Recall), harmonic(r.B3Precision, r.B3Recall)
	return r
}

// mean adds up from the lowest to the highest: in another order the last bit may differ.
func mean(shares []float64) float64 {
	if len(shares) == 0 {
		return 1
	}
	slices.Sort(shares)
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	return sum / float64(len(shares))
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// String is the report for people, one fact a line.
func (r Report) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s"+format+"\n", append([]any{name}, args...)...)
	}
	line("rows", "%d in %d true groups", r.Rows, r.Entities)
	line("pairs", "%d true, %d found, %d of them right", r.TruePairs, r.FoundPairs, r.CommonPairs)
	line("pairwise", "precision %.4f  recall %.4f  F1 %.4f", r.Precision, r.Recall, r.F1)
	line("B³", "precision %.4f  recall %.4f  F1 %.4f", r.B3Precision, r.B3Recall, r.B3F1)
	line("groups", "%d found, the largest of %d rows", r.Clusters, r.Largest)
	line("compared", "%d pairs in %.2f s", r.Candidates, r.Seconds)
	if r.DroppedKeys > 0 {
		line("left out", "%d blocking keys too common to use", r.DroppedKeys)
	}
	for _, f := range r.Fields {
		line("column", "%s, a %s: %+.1f bits when equal, %+.1f when different", f.Column, f.Kind, f.Agree, f.Differ)
	}
	return b.String()
}
