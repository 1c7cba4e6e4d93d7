// Package labelled measures how well duplicates are found in a table whose true groups are known. It reads any CSV, tells by
// header and content what the columns are, learns the weights of a Fellegi–Sunter comparison from the table itself without
// looking at the truth, decides, and only then compares with the truth column.
package labelled

import (
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Options of a measurement.
type Options struct {
	// Truth names the column that tells which rows are one person: "cluster"; "rec_id/10" for numbers that are divided
	// by ten first; "rec_id~rec-(\d+)" for what a regular expression finds in the cell. An empty cell stands for itself alone.
	Truth string
	// Ignore names columns that are not compared.
	Ignore []string
}

// Measure reads the table, finds its duplicates and compares them with the truth. The order of the rows does not change the
// result. Errors are *lead.Error.
func Measure(r io.Reader, o Options) (Report, error) {
	started := time.Now()
	t, err := readTable(r)
	if err != nil {
		return Report{}, err
	}
	tr, err := parseTruth(o.Truth, t.header)
	if err != nil {
		return Report{}, err
	}
	f := find(t, append(columns(t.header, o.Ignore), tr.column))
	if len(f.fields) == 0 && len(t.rows) > 1 {
		return Report{}, lead.Invalid("csv_no_fields", "no column but the truth tells rows apart", "the table needs at least one column with a name, a number or a place")
	}
	rep := Score(f.cluster, entities(t, tr))
	rep.describe(f)
	rep.Seconds = time.Since(started).Seconds()
	return rep, nil
}

func entities(t *table, tr truth) []int32 {
	ids := map[string]int32{}
	of := make([]int32, len(t.rows))
	next := int32(0)
	for r, row := range t.rows {
		name, known := tr.entity(row[tr.column])
		id, seen := ids[name]
		if !known || !seen {
			id = next
			next++
		}
		if known {
			ids[name] = id
		}
		of[r] = id
	}
	return of
}

// finding is what was decided, before it is measured.
type finding struct {
	fields     []*field
	model      *model
	cluster    []int32
	candidates candidates
}

func find(t *table, skip []int) finding {
	fields := fieldsOf(t, skip)
	if len(fields) == 0 || len(t.rows) < 2 {
		return finding{cluster: clusters(len(t.rows), nil, 0, nil)}
	}
	order := sortRows(fields, len(t.rows))
	leader := thin(fields, len(t.rows))
	rows := len(fields[0].at)
	found := block(fields, rows)
	patterns := make([]pattern, len(found.pairs))
	parallel(len(found.pairs), func(i int) {
		patterns[i] = patternOf(fields, found.pairs[i].a, found.pairs[i].b)
	})
	md := learn(fields, tallied(patterns), rows)
	s := md.scorer()
	edges := make([]edge, len(found.pairs))
	parallel(len(edges), func(i int) {
		p := found.pairs[i]
		edges[i] = edge{p, s.weightOf(p.a, patterns[i])}
	})
	ask := func(a, b int32) float64 { return s.weightOf(a, patternOf(fields, a, b)) }
	of := clusters(rows, edges, 0, ask)
	cluster := make([]int32, len(order))
	for i, r := range order {
		l := leader[i]
		if i > 0 && leader[i-1] == l && ask(l, l) <= 0 {
			cluster[r] = int32(rows + i)
		} else {
			cluster[r] = of[l]
		}
	}
	return finding{fields, md, cluster, found}
}

// maxEqual is how many rows that say exactly the same are compared; more of them would make every value they hold look common.
const maxEqual = 20

// thin takes rows out of the fields of which maxEqual equal ones stand before: they follow the last of these. The rows are
// sorted. leader is, for each row of before, the row whose group it joins.
func thin(fields []*field, rows int) (leader []int32) {
	leader = make([]int32, rows)
	var kept []int
	equal := 0
	for r := range rows {
		if r > 0 && !slices.ContainsFunc(fields, func(f *field) bool { return f.at[r] != f.at[r-1] }) {
			equal++
		} else {
			equal = 0
		}
		if equal < maxEqual {
			kept = append(kept, r)
		}
		leader[r] = int32(len(kept) - 1)
	}
	if len(kept) == rows {
		return leader
	}
	for _, f := range fields {
		at := make([]int32, len(kept))
		f.filled = 0
		for i := range f.values {
			f.values[i].count = 0
		}
		for i, r := range kept {
			if at[i] = f.at[r]; at[i] >= 0 {
				f.filled++
				f.values[at[i]].count++
			}
		}
		f.at = at
	}
	return leader
}

// sortRows puts the rows in an order that depends on nothing but what is compared: neither the order of the file nor
// a row id may break a tie, as both often follow the truth. It returns which row of the table stands where.
func sortRows(fields []*field, rows int) []int32 {
	order := make([]int32, rows)
	for r := range order {
		order[r] = int32(r)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		for _, f := range fields {
			if c := f.order(a, b); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, f := range fields {
		at := make([]int32, rows)
		for i, r := range order {
			at[i] = f.at[r]
		}
		f.at = at
	}
	return order
}

// parallel runs do for 0 to n-1 on all processors; do writes only to its own place.
func parallel(n int, do func(i int)) {
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				do(i)
			}
		})
	}
	wg.Wait()
}

// Table is a labelled table as it was read: cells are trimmed, empty rows are left out.
type Table struct {
	Header []string
	Rows   [][]string
	Entity []int32 // of each row; one whose truth is empty stands for itself alone
	// Kinds are how Measure reads the columns, as Field.Kind names them: "phone", "full name" … "" for those that nobody who
	// decides may look at: the truth, and ids of rows or of groups.
	Kinds []string
}

// Read reads a table for somebody else to decide about. Errors are *lead.Error.
func Read(r io.Reader, truth string) (*Table, error) {
	t, err := readTable(r)
	if err != nil {
		return nil, err
	}
	tr, err := parseTruth(truth, t.header)
	if err != nil {
		return nil, err
	}
	out := &Table{Header: t.header, Rows: t.rows, Entity: entities(t, tr), Kinds: make([]string, len(t.header))}
	for c, h := range t.header {
		if c == tr.column {
			continue
		}
		cells := t.cells(c)
		out.Kinds[c] = string(kindOf(h, cells))
		if len(cells) > 0 && !slices.ContainsFunc(cells, func(v string) bool { return v != cells[0] }) {
			out.Kinds[c] = string(kindText) // it tells nobody apart, but the country in which all live tells how phones are read
		}
	}
	return out, nil
}
