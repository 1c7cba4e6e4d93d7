package excel

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// headerWithin is how many of the first rows with content may hold the header.
const headerWithin = 20

// line is a row that was kept while a sheet is inspected.
type line struct {
	number int
	cells  []spreadsheet.Cell
}

// text is the cleaned text of a cell; "" beyond the end.
func (l line) text(column int) string {
	if column >= len(l.cells) || l.cells[column].Kind == spreadsheet.Blank {
		return ""
	}
	return tidy(l.cells[column].Text)
}

func (l line) texts() []string {
	list := make([]string, len(l.cells))
	for i := range l.cells {
		list[i] = l.text(i)
	}
	return list
}

func (l line) filled() (n int) {
	for i := range l.cells {
		if l.text(i) != "" {
			n++
		}
	}
	return n
}

// header says where the names of the columns stand.
type header struct {
	from, row int      // numbers of its first and last row; 0 when there is none
	names     []string // by column, "a/b" when the header has two rows
	lower     []string // the lower part of such a name, else ""
	titles    []string // what stands above it
	data      int      // index of the first line that is imported
	// below: the names stand under rows of the same columns. They name the columns, and no row is taken for a title.
	below bool
}

// headerFinder looks for the header among the first lines of a sheet.
type headerFinder struct {
	mapper *connectors.Mapper
	lines  []line
}

// find returns the header; its row is 0 when the sheet has none.
func (f headerFinder) find() header {
	best, most := -1, 0
	for i := range min(len(f.lines), headerWithin) {
		if known := f.known(f.lines[i]); known > most {
			best, most = i, known
		}
	}
	if best < 0 {
		best = f.unknownNames()
	}
	if best < 0 {
		return header{}
	}
	h := f.named(best)
	f.extend(&h)
	if f.dataAbove(h) {
		return header{names: h.names, lower: h.lower, below: true}
	}
	f.title(&h)
	return h
}

// at returns the header whose last row a person chose; 0 says that there is none.
func (f headerFinder) at(row int) (header, error) {
	if row == 0 {
		return header{}, nil
	}
	i := slices.IndexFunc(f.lines, func(l line) bool { return l.number == row })
	if i < 0 {
		e := lead.Invalid("no_such_header", fmt.Sprintf("row %d is empty, or too far down to be a header", row), "give the row in which the names of the columns stand")
		e.Fields = []string{"header_row"}
		return header{}, e
	}
	h := f.named(i)
	if h.row != row { // the names go on below, and the person chose this row
		h = header{from: row, row: row, data: i + 1}
		for c := range f.lines[i].cells {
			h.names = append(h.names, clip(f.lines[i].text(c), longestHeader))
		}
		h.lower = make([]string, len(h.names))
	}
	f.title(&h)
	return h, nil
}

// title collects what stands above a header.
func (f headerFinder) title(h *header) {
	for _, l := range f.lines {
		if l.number >= h.from {
			break
		}
		var parts []string
		for i := range l.cells {
			if t := l.text(i); t != "" {
				parts = append(parts, t)
			}
		}
		h.titles = append(h.titles, strings.Join(parts, " "))
	}
}

// dataAbove reports whether a contact stands above the header, in a column that the header calls one: those lines are no
// titles.
func (f headerFinder) dataAbove(h header) bool {
	for c, name := range h.names {
		if m := headerMatch(f.mapper, name); !isContact(m.field) {
			continue
		}
		for _, l := range f.lines {
			if l.number >= h.from {
				break
			}
			if lookAt(l.text(c), false).reaches() {
				return true
			}
		}
	}
	return false
}

// known scores a line as a header: two for every name that is known, one for every name that is known to be of no
// field; 0 when the line looks like data.
func (f headerFinder) known(l line) int {
	filled, data, score, fields := 0, 0, 0, 0
	if texts := l.texts(); isTranscript(f.mapper, texts) {
		return 2 * len(texts)
	}
	for i, c := range l.cells {
		text := l.text(i)
		if text == "" {
			continue
		}
		filled++
		if isData(c, text) {
			data++
			continue
		}
		switch m := headerMatch(f.mapper, text); {
		case m.how != "":
			score += 2
			fields++
		case m.closed:
			score++
		}
	}
	switch {
	case fields == 0, data*3 > filled:
		return 0
	case fields == 1 && (data > 0 || filled > 3): // one word that happens to be a name, among others
		return 0
	case fields*5 < filled && fields < 3:
		return 0
	}
	return score
}

// isData holds for what stands in rows and never in headers.
func isData(c spreadsheet.Cell, text string) bool {
	switch c.Kind {
	case spreadsheet.Number, spreadsheet.Date, spreadsheet.Bool, spreadsheet.Error, spreadsheet.Uncomputed:
		return true
	}
	switch lookAt(text, false) {
	case looksPhone, looksBoth, looksEmail, looksDate, looksIDCard, looksURL, looksNumber:
		return true
	}
	return utf8.RuneCountInString(text) > longestHeader
}

// unknownNames finds a header none of whose names is known: a line of short texts above lines that hold contacts, where
// its own cells are of another kind than those below.
func (f headerFinder) unknownNames() int {
	for i := range min(len(f.lines)-1, headerWithin) {
		l := f.lines[i]
		if l.filled() < 2 {
			continue // a title
		}
		seen := map[string]bool{}
		for c := range l.cells {
			text := l.text(c)
			if text != "" && (seen[text] || isData(l.cells[c], text)) {
				return -1
			}
			seen[text] = true
		}
		contacts := false
		for c := range l.cells {
			below := f.look(c, f.lines[i+1:])
			contacts = contacts || below.reaches()
			if below != looksText && l.text(c) != "" && lookAt(l.text(c), false) == below {
				return -1
			}
		}
		if contacts {
			return i
		}
		return -1
	}
	return -1
}

// look is what most values of a column look like.
func (f headerFinder) look(column int, lines []line) look {
	var counts [looks]int
	filled := 0
	for _, l := range lines {
		if t := l.text(column); t != "" {
			filled++
			counts[lookAt(t, l.cells[column].Kind == spreadsheet.Date)]++
		}
	}
	for kind, n := range counts {
		if n*2 > filled {
			return look(kind)
		}
	}
	return looksText
}

// named takes the names from the line at i, joined with lines of groups above it and a line of finer names below it: merged cells.
func (f headerFinder) named(i int) header {
	top, bottom := i, i
	if i+1 < len(f.lines) && f.adjacent(i) && f.isFiner(f.lines[i], f.lines[i+1]) {
		bottom++
	}
	for top > 0 && bottom-top < deepestHeader-1 && f.adjacent(top-1) && isGroups(f.lines[top-1], f.lines[top]) {
		top--
	}
	return f.joined(top, bottom)
}

// deepestHeader is how many rows of names a header may have.
const deepestHeader = 3

func (f headerFinder) adjacent(i int) bool { return f.lines[i+1].number == f.lines[i].number+1 }

// isGroups reports whether above holds names of groups of the columns named in l: merged cells, so that names in l stand
// right of a group under blanks.
func isGroups(above, l line) bool {
	const longest = 12 // characters; longer is a title
	groups, under, open := 0, 0, false
	for c := range max(len(above.cells), len(l.cells)) {
		text := above.text(c)
		if text != "" {
			if isData(above.cells[c], text) || utf8.RuneCountInString(text) > longest || strings.ContainsAny(text, ":：") {
				return false
			}
			groups++
			open = l.text(c) != ""
			continue
		}
		if l.text(c) == "" {
			open = false
		} else if open {
			under++
		}
	}
	return groups > 1 && under > 0
}

// isFiner reports whether below splits groups of l: it has names where l has none, right of a group.
func (f headerFinder) isFiner(l, below line) bool {
	split, known := 0, 0
	for c := range below.cells {
		text := below.text(c)
		if text == "" {
			continue
		}
		if isData(below.cells[c], text) {
			return false
		}
		if m := headerMatch(f.mapper, text); m.how != "" || m.closed {
			known++
		}
		switch {
		case l.text(c) == "":
			split++
		case l.text(c+1) != "" || below.text(c+1) == "":
			return false // a name under a name that spans nothing
		}
	}
	return split > 0 && known > 0
}

// joined makes one header of the lines from top to bottom. The groups that a name stands in come before it: 联系人/手机.
func (f headerFinder) joined(top, bottom int) header {
	lines := f.lines[top : bottom+1]
	h := header{from: lines[0].number, row: lines[bottom-top].number, data: bottom + 1}
	width := 0
	for _, l := range lines {
		width = max(width, len(l.cells))
	}
	groups := make([]string, len(lines))
	for c := range width {
		deepest := 0
		for k, l := range lines {
			if l.text(c) != "" {
				deepest = k
			}
		}
		for k, l := range lines {
			if text := l.text(c); text != "" {
				groups[k] = text
				clear(groups[k+1:])
			} else if deepest <= k {
				groups[k] = ""
			}
		}
		var path []string
		for _, name := range groups {
			if name != "" && !slices.Contains(path, name) {
				path = append(path, name)
			}
		}
		fine := ""
		if len(path) > 1 {
			fine = path[len(path)-1]
		}
		h.names, h.lower = append(h.names, clip(strings.Join(path, "/"), len(lines)*longestHeader)), append(h.lower, fine)
	}
	return h
}

// extend takes lines under the header to it that explain its names: the same in another language, units, whether a
// column must be filled.
func (f headerFinder) extend(h *header) {
	const most = 3
	for range most {
		if h.data >= len(f.lines) || f.lines[h.data].number != h.row+1 || !f.explains(*h, f.lines[h.data]) {
			return
		}
		h.row++
		h.data++
	}
}

func (f headerFinder) explains(h header, l line) bool {
	filled, explained := 0, 0
	for c := range l.cells {
		text := l.text(c)
		if text == "" {
			continue
		}
		filled++
		if isRemark(text) || c < len(h.names) && f.sameName(h.names[c], text) {
			explained++
		}
	}
	return explained > 0 && explained*5 >= filled*3
}

func isRemark(text string) bool {
	name := connectors.Fold(text)
	return remarks[name] || name == "" && strings.ContainsAny(text, "*※★☆")
}

// sameName reports whether two names mean the same column.
func (f headerFinder) sameName(a, b string) bool {
	if connectors.Fold(a) == connectors.Fold(b) {
		return true
	}
	ma, mb := headerMatch(f.mapper, a), headerMatch(f.mapper, b)
	return ma.how != "" && mb.how != "" && ma.field == mb.field
}
