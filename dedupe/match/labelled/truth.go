package labelled

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// truth says which rows are one person. It is asked only after everything has been decided.
type truth struct {
	column int
	entity func(cell string) (string, bool) // false: the row is of nobody known and stands alone
}

// parseTruth reads the ways to name a truth column: "cluster" (equal cells are one person), "rec_id/10" (numbers, divided by
// 10, whole part) and "rec_id~rec-(\d+)" (a regular expression: its first group, or all that it matches). A column whose
// name really holds the sign is found first.
func parseTruth(spec string, header []string) (truth, error) {
	if at := column(header, spec); at >= 0 {
		return truth{at, func(cell string) (string, bool) { return cell, cell != "" }}, nil
	}
	if name, pattern, ok := strings.Cut(spec, "~"); ok && column(header, name) >= 0 {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return truth{}, &lead.Error{Kind: lead.KindInvalid, Code: "truth_pattern", Message: "the pattern of the truth column is no regular expression",
				Hint: `write it like rec_id~rec-(\d+)`, Err: err}
		}
		return truth{column(header, name), byPattern(re)}, nil
	}
	if at := strings.LastIndexByte(spec, '/'); at > 0 && column(header, spec[:at]) >= 0 {
		by, err := strconv.ParseInt(spec[at+1:], 10, 64)
		if err != nil || by <= 0 {
			return truth{}, lead.Invalid("truth_divisor", "the divisor of the truth column is not a whole number above zero", "write it like rec_id/10")
		}
		return truth{column(header, spec[:at]), byQuotient(by)}, nil
	}
	if spec == "" {
		return truth{}, lead.Invalid("truth_missing", "no truth column was named", "name the column that says which rows are one person: "+names(header))
	}
	return truth{}, lead.Invalid("truth_missing", fmt.Sprintf("the file has no column %q", spec), "its columns are "+names(header))
}

func byPattern(re *regexp.Regexp) func(string) (string, bool) {
	return func(cell string) (string, bool) {
		m := re.FindStringSubmatch(cell)
		if m == nil {
			return "", false
		}
		return m[min(1, len(m)-1)], true
	}
}

func byQuotient(by int64) func(string) (string, bool) {
	return func(cell string) (string, bool) {
		n, err := strconv.ParseInt(cell, 10, 64)
		if err != nil {
			return cell, cell != ""
		}
		return strconv.FormatInt(n/by, 10), true
	}
}

// column finds a column by its name, exactly or else without regard to case and blanks around it.
func column(header []string, name string) int {
	if at := slices.Index(header, name); at >= 0 {
		return at
	}
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(h, strings.TrimSpace(name)) })
}

func columns(header, names []string) []int {
	var out []int
	for _, n := range names {
		if at := column(header, n); at >= 0 {
			out = append(out, at)
		}
	}
	return out
}

func names(header []string) string {
	if len(header) > 30 {
		return strings.Join(header[:30], ", ") + ", …"
	}
	return strings.Join(header, ", ")
}
