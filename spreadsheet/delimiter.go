package spreadsheet

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
)

const (
	delimiterSample  = 64 << 10 // bytes looked at for the delimiter
	delimiterRecords = 200      // and records
)

// sepLine reads the line sep=; by which programs tell Excel the delimiter.
func sepLine(sample []byte) (delimiter byte, ok bool) {
	end, _ := lineEnd(sample, true)
	line := bytes.Trim(sample[:end], `"`)
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) && line[4] != '"' && line[4] < 0x80 {
		return line[4], true
	}
	return 0, false
}

// detectDelimiter chooses among , ; tab and | the one that splits the records of the sample into the same number of fields
// most often, counting more for more fields. Without any it is a comma: a table of one column. complete tells that the
// sample is the whole file.
func detectDelimiter(sample []byte, complete bool, name string) byte {
	candidates := []byte{',', ';', '\t', '|'}
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".tsv" || ext == ".tab" {
		candidates = []byte{'\t', ',', ';', '|'} // the first wins a tie
	}
	best, bestScore := candidates[0], 0.0
	for _, d := range candidates {
		if score := consistency(sample, complete, d); score > bestScore+1e-9 {
			best, bestScore = d, score
		}
	}
	return best
}

// consistency is the share of records that have the most frequent number of fields, weighed by the logarithm of that
// number; 0 for one field.
func consistency(sample []byte, complete bool, delimiter byte) float64 {
	parser := recordParser{delimiter: delimiter, maxBytes: len(sample)}
	counts := map[int]int{}
	records := 0
	for len(sample) > 0 && records < delimiterRecords {
		n := parser.parse(sample, complete || records == 0)
		if n == 0 {
			break // cut by the end of the sample
		}
		if fields := len(parser.fields); n > 2 || fields > 1 {
			if records++; !parser.mended { // a wrong delimiter breaks the pairs of quotes
				counts[fields]++
			}
		}
		sample = sample[n:]
	}
	score := 0.0
	for fields, n := range counts {
		score = max(score, float64(n)/float64(records)*math.Log(float64(fields)))
	}
	return score
}
