package labelled

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/leadhub/leadhub/dedupe/match"
)

// value is one distinct value of a field, ready to compare.
type value struct {
	text   string // comparison form; "" is never kept
	runes  []rune
	words  [][]rune // sorted; of names and texts
	local  []rune   // of an email: what stands before the @
	sound  string   // of a Chinese name: its pinyin
	date   date
	number float64
	count  int // rows that hold it
}

// date has 0 for a part that is not known or impossible.
type date struct{ year, month, day int }

// read makes a cell ready to compare; ok is false when it says nothing.
func read(k kind, cell string) (v value, ok bool) {
	if nothing(cell) {
		return value{}, false
	}
	v = value{text: fold(cell)}
	switch k {
	case kindGiven, kindFamily, kindFull:
		if strings.ContainsFunc(v.text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			v.text, v.sound = match.Spoken(cell)
		} else {
			v.text = strings.Join(nameWords(v.text), " ")
		}
		v.words = sortedWords(v.text)
	case kindText, kindChoice:
		v.text = strings.Join(wordsOf(v.text), " ")
		v.words = sortedWords(v.text)
	case kindPhone:
		if v.text = phoneDigits(v.text); len(v.text) < 4 {
			return value{}, false
		}
	case kindCode:
		v.text = strings.Map(letterOrDigit, v.text)
	case kindEmail:
		v.text = strings.ReplaceAll(v.text, " ", "")
		local, _, _ := strings.Cut(v.text, "@")
		v.local = []rune(local)
	case kindNumber:
		n, err := strconv.ParseFloat(strings.ReplaceAll(v.text, ",", ""), 64)
		if err != nil {
			return value{}, false
		}
		v.number, v.text = n, strconv.FormatFloat(n, 'g', -1, 64)
	case kindDate:
		v.date, v.text = parseDate(v.text)
	}
	v.runes = []rune(v.text)
	return v, v.text != ""
}

func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	// Accents go: Müller and Muller are one name to a typist.
	s = norm.NFKD.String(s)
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	return strings.ReplaceAll(s, "ß", "ss")
}

func letterOrDigit(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return -1
}

func wordsOf(s string) []string {
	s = strings.NewReplacer("'", "", "’", "").Replace(s)
	return strings.FieldsFunc(s, func(r rune) bool { return letterOrDigit(r) < 0 })
}

var titles = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau"}

// nameWords are the words of a name without titles. Suffixes stay: jr and sr are two people.
func nameWords(s string) []string {
	all := wordsOf(s)
	kept := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return slices.Contains(titles, w) })
	if len(kept) == 0 {
		return all
	}
	return kept
}

func sortedWords(s string) [][]rune {
	var words [][]rune
	for w := range strings.FieldsSeq(s) {
		words = append(words, []rune(w))
	}
	slices.SortFunc(words, slices.Compare)
	return words[:min(len(words), 12)]
}

// phoneDigits is a number without signs, international prefix and leading zeros of the area, so that "+61 7 8121 2208",
// "0061781212208" and "07 81212208" are equal in their last nine digits.
func phoneDigits(s string) string {
	if at := strings.IndexAny(s, "x;#"); at > 6 {
		s = s[:at]
	}
	d := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
	if strings.HasPrefix(s, "+86") || strings.HasPrefix(d, "0086") {
		d = strings.TrimPrefix(strings.TrimPrefix(d, "00"), "86")
	}
	return strings.TrimLeft(d, "0")
}

var (
	dateParts  = regexp.MustCompile(`\d+`)
	monthNames = regexp.MustCompile(`\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*`)
)

const monthList = "janfebmaraprmayjunjulaugsepoctnovdec"

// parseDate reads a date in any usual form; text is yyyymmdd where the parts could be told and the bare digits otherwise, so
// that a mistyped date can still be compared sign by sign. Day and month are taken as day first unless that is impossible:
// comparison knows that they may be swapped.
func parseDate(s string) (date, string) {
	s = monthNames.ReplaceAllStringFunc(s, func(m string) string { return " " + strconv.Itoa(strings.Index(monthList, m[:3])/3+1) + " " })
	parts := dateParts.FindAllString(s, -1)
	if len(parts) == 1 && len(parts[0]) == 8 {
		p := parts[0]
		parts = []string{p[:4], p[4:6], p[6:]}
		if y := atoi(parts[0]); y < 1500 || y > 2200 {
			if y := atoi(p[4:]); y >= 1800 && y <= 2100 {
				parts = []string{p[:2], p[2:4], p[4:]}
			}
		}
	}
	if len(parts) == 1 && len(parts[0]) == 4 {
		return date{year: atoi(parts[0])}, parts[0]
	}
	if len(parts) < 3 {
		return date{}, strings.Join(parts, "")
	}
	var d date
	switch {
	case len(parts[0]) >= 3:
		d = date{atoi(parts[0]), atoi(parts[1]), atoi(parts[2])}
	case len(parts[2]) == 4:
		d = date{atoi(parts[2]), atoi(parts[1]), atoi(parts[0])}
	default: // two-digit year at the end
		d = date{1900 + atoi(parts[2])%100, atoi(parts[1]), atoi(parts[0])}
	}
	if d.month > 12 && d.day >= 1 && d.day <= 12 {
		d.month, d.day = d.day, d.month
	}
	return d, pad(d.year, 4) + pad(d.month, 2) + pad(d.day, 2)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s[:min(len(s), 6)])
	return n
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}

// field is one thing that is compared: usually a column, for a date in three columns all of them.
type field struct {
	name    string
	kind    kind
	sibling int // another field whose values are often put here by mistake; -1: none
	values  []value
	at      []int32 // value of each row, -1: it says nothing
	filled  int
}

func newField(name string, k kind, cells []string) *field {
	f := &field{name: name, kind: k, sibling: -1, at: make([]int32, len(cells))}
	type identity struct {
		text string
		date date // a mistyped date may have the digits of another
	}
	ids := map[identity]int32{}
	for row, c := range cells {
		f.at[row] = -1
		v, ok := read(k, c)
		if !ok {
			continue
		}
		id, known := ids[identity{v.text, v.date}]
		if !known {
			id = int32(len(f.values))
			ids[identity{v.text, v.date}] = id
			f.values = append(f.values, v)
		}
		f.at[row] = id
		f.values[id].count++
		f.filled++
	}
	return f
}

// order compares what two rows say in this field; a row that says nothing comes first.
func (f *field) order(a, b int32) int {
	x, y := f.at[a], f.at[b]
	switch {
	case x == y:
		return 0
	case x < 0:
		return -1
	case y < 0:
		return 1
	}
	v, w := &f.values[x], &f.values[y]
	return cmp.Or(strings.Compare(v.text, w.text), cmp.Compare(v.date.year, w.date.year), cmp.Compare(v.date.month, w.date.month), cmp.Compare(v.date.day, w.date.day))
}

// maxFields is how many fields fit a pattern of levels in 64 bits.
const maxFields = 20

// fieldsOf makes the fields to compare. The cells of columns to skip, the truth among them, are not looked at.
func fieldsOf(t *table, skip []int) []*field {
	kinds, cells := make([]kind, len(t.header)), make([][]string, len(t.header))
	for c, h := range t.header {
		if slices.Contains(skip, c) {
			continue
		}
		cells[c] = t.cells(c)
		kinds[c] = kindOf(h, cells[c])
	}
	var fields []*field
	joinDateParts(t.header, kinds, cells)
	for c, k := range kinds {
		if k == kindIgnore {
			continue
		}
		f := newField(t.header[c], k, cells[c])
		if f.filled*50 < len(t.rows) || len(f.values) < 2 {
			continue // said in less than 2 % of the rows
		}
		fields = append(fields, f)
	}
	fields = withoutRepeats(fields, len(t.rows))
	if len(fields) > maxFields {
		slices.SortStableFunc(fields, func(a, b *field) int { return cmp.Compare(b.information(), a.information()) })
		fields = fields[:maxFields]
	}
	slices.SortFunc(fields, func(a, b *field) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name)) })
	pairUp(fields)
	return fields
}

// joinDateParts makes one date of columns for year, month and day.
func joinDateParts(header []string, kinds []kind, cells [][]string) {
	y, m, d := slices.Index(kinds, kindYear), slices.Index(kinds, kindMonth), slices.Index(kinds, kindDay)
	if y >= 0 && m >= 0 && d >= 0 {
		whole := make([]string, len(cells[y]))
		for r := range whole {
			if !nothing(cells[y][r]) || !nothing(cells[m][r]) || !nothing(cells[d][r]) {
				whole[r] = pad(atoi(cells[y][r]), 4) + "-" + pad(atoi(cells[m][r]), 2) + "-" + pad(atoi(cells[d][r]), 2)
			}
		}
		cells[y], kinds[y], kinds[m], kinds[d] = whole, kindDate, kindIgnore, kindIgnore
		header[y] += "-" + header[m] + "-" + header[d]
	}
	for c, k := range kinds {
		if k == kindYear || k == kindMonth || k == kindDay {
			kinds[c] = kindNumber
		}
	}
}

// withoutRepeats leaves out fields that say again what others say: their agreement would count twice.
func withoutRepeats(fields []*field, rows int) []*field {
	has := func(k kind) bool {
		return slices.ContainsFunc(fields, func(f *field) bool { return f.kind == k && f.filled*2 > rows })
	}
	if has(kindGiven) && has(kindFamily) {
		fields = slices.DeleteFunc(fields, func(f *field) bool { return f.kind == kindFull })
	}
	var kept []*field
	for _, f := range fields {
		same := func(g *field) bool {
			if f.kind == kindChoice || g.kind == kindChoice {
				return false
			}
			both, equal := 0, 0
			for r := range f.at {
				if f.at[r] >= 0 && g.at[r] >= 0 {
					both++
					if f.values[f.at[r]].text == g.values[g.at[r]].text {
						equal++
					}
				}
			}
			return both*10 > f.filled*8 && equal*10 > both*9
		}
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, f)
		}
	}
	return kept
}

// information is how much agreement on this field tells, in filled rows times distinct values.
func (f *field) information() float64 {
	return float64(f.filled) * float64(len(f.values))
}

// pairUp finds fields whose values are put into each other by mistake: given and family name, two lines of an address.
func pairUp(fields []*field) {
	join := func(a, b kind) {
		var found []int
		for i, f := range fields {
			if f.kind == a || f.kind == b {
				found = append(found, i)
			}
		}
		if a == b && len(found) != 2 {
			return
		}
		for _, i := range found {
			for _, j := range found {
				if i < j && fields[i].sibling < 0 && fields[j].sibling < 0 && (a == b || fields[i].kind != fields[j].kind) {
					fields[i].sibling, fields[j].sibling = j, i
				}
			}
		}
	}
	join(kindGiven, kindFamily)
	join(kindGiven, kindGiven)
	join(kindFamily, kindFamily)
	var texts []int
	for i, f := range fields {
		if f.kind == kindText {
			texts = append(texts, i)
		}
	}
	for _, i := range texts {
		for _, j := range texts {
			if i < j && fields[i].sibling < 0 && fields[j].sibling < 0 && trimDigits(fields[i].name) == trimDigits(fields[j].name) {
				fields[i].sibling, fields[j].sibling = j, i
			}
		}
	}
}

func trimDigits(s string) string { return strings.TrimRight(strings.ToLower(s), "0123456789 _-") }
