package labelled

import (
	"io"
	"strconv"
)

// Score compares groups with the truth: both give a label per row, and rows with one label are together.
func Score(found, truth []int32) Report { return score(found, truth) }

// Truth reads which entity each row of a table belongs to, as Options.Truth says; a row whose cell is empty stands for
// itself alone.
func Truth(r io.Reader, column string) ([]string, error) {
	t, err := readTable(r)
	if err != nil {
		return nil, err
	}
	tr, err := parseTruth(column, t.header)
	if err != nil {
		return nil, err
	}
	of := entities(t, tr)
	out := make([]string, len(of))
	for i, e := range of {
		out[i] = strconv.Itoa(int(e))
	}
	return out, nil
}
