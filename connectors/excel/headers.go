package excel

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Values of Column.How that Inspect gives; "person" and "remembered" are the hub's.
const (
	howMapping = "mapping"
	howAlias   = "alias"
	howSimilar = "similar"
	howContent = "content"
)

// match is what a header alone says of its column.
type match struct {
	field string
	how   string // "" when the header says nothing
	sure  float64
	// closed: the header is understood, so the content of the column decides nothing, even though field is "".
	closed bool
}

// How sure a header makes: what a person configured, a name that is known, one that is known but vague, a name made of
// known words, and a misspelled one.
const (
	sureMapping = 1
	sureAlias   = 0.95
	sureGeneric = 0.85
	sureGrammar = 0.8
	sureTypo    = 0.6
)

// longestHeader is the most characters of a cell that can be a header. Longer ones are sentences.
const longestHeader = 60

// headerMatch looks a header up: the mapping of the source, names that are known, then what the words in it mean.
func headerMatch(m *connectors.Mapper, header string) match {
	if m.Mapped(header) {
		return match{field: m.Field(header), how: howMapping, sure: sureMapping, closed: true}
	}
	if utf8.RuneCountInString(header) > longestHeader {
		return match{}
	}
	if found := exact(m, header); found.how != "" || found.closed {
		return found
	}
	name := connectors.Fold(header)
	if name == "" {
		return match{}
	}
	if ofSomeoneElse(name) {
		return match{closed: true}
	}
	if found := grammar(name); found.how != "" {
		return found
	}
	if found := segments(m, header); found.how != "" || found.closed {
		return found
	}
	return misspelled(m, name)
}

// exact looks up a name that is known as a whole.
func exact(m *connectors.Mapper, header string) match {
	field := ""
	if sheetNames.Mapped(header) {
		field = sheetNames.Field(header)
	} else {
		field = m.Field(header)
	}
	switch {
	case field == "":
		return match{}
	case field == other:
		return match{closed: true}
	case generic[connectors.Fold(header)]:
		return match{field: field, how: howAlias, sure: sureGeneric}
	}
	return match{field: field, how: howAlias, sure: sureAlias}
}

// ofSomeoneElse holds for names of columns that tell of somebody else; those that are fields of the lead (推荐人) were found
// before.
func ofSomeoneElse(name string) bool {
	return slices.ContainsFunc(someoneElse, func(who string) bool { return strings.HasPrefix(name, who) })
}

// grammar reads a header by the word that it ends in: 参会人手机 is a phone, 公司传真 is nothing.
func grammar(name string) match {
	longest, field := 0, ""
	for _, head := range heads {
		for _, word := range head.words {
			before, ok := strings.CutSuffix(name, word)
			if !ok || before == "" || len(word) <= longest {
				continue
			}
			if head.before != nil && !slices.Contains(head.before, before) {
				continue
			}
			longest, field = len(word), head.field
		}
	}
	if field == "" {
		return match{}
	}
	return match{field: field, how: howSimilar, sure: sureGrammar}
}

// border parts headers that say the same twice or two things at once: 姓名 Name, 电话/传真, 手机及微信.
var border = regexp.MustCompile(`[\r\n/|\\、,，;；&+_:：]+|和|及|或|与`)

// segments reads a header of several parts. Parts that mean different fields decide nothing; the content will.
func segments(m *connectors.Mapper, header string) match {
	parts := border.Split(header, -1)
	whole := false // every part must be known: nothing but a change of script stands between them
	if len(parts) < 2 {
		parts, whole = splitScripts(header), true
	}
	if len(parts) < 2 {
		return match{}
	}
	found, closed := match{}, false
	for _, part := range parts {
		name := connectors.Fold(part)
		one := exact(m, part)
		if one.how == "" && name != "" && !one.closed {
			one = grammar(name)
		}
		if one.how == "" && ofSomeoneElse(name) {
			return match{closed: true}
		}
		closed = closed || one.closed
		switch {
		case one.how == "" && !one.closed && whole:
			return match{}
		case one.how == "" || one.field == connectors.FieldIgnore:
		case found.how == "" || found.field == one.field:
			found = one
		case isRegion(found.field) && isRegion(one.field):
			found.field = lead.FieldCity // normalisation reads 广东省深圳市 from it
		default:
			return match{}
		}
	}
	if found.how == "" || closed && found.field != lead.FieldPhone { // 电话/传真 is a phone, 公司/传真 is no company
		return match{closed: closed}
	}
	found.how, found.sure = howSimilar, min(found.sure, sureGrammar)
	return found
}

func isRegion(field string) bool {
	return field == lead.FieldProvince || field == lead.FieldCity || field == lead.FieldDistrict
}

// splitScripts parts Chinese from Latin text: 姓名Name.
func splitScripts(s string) []string {
	var parts []string
	from, was := 0, 0
	for i, r := range s {
		is := 0
		switch {
		case unicode.Is(unicode.Han, r):
			is = 1
		case unicode.IsLetter(r):
			is = 2
		}
		if is != 0 && was != 0 && is != was {
			parts, from = append(parts, s[from:i]), i
		}
		if is != 0 {
			was = is
		}
	}
	if from < len(s) {
		parts = append(parts, s[from:])
	}
	return parts
}

// misspelled finds the known header that is one slip of the keyboard away. A slip in a short word makes another word
// (公司电话, 公司地址, 公司网址), so short ones are left alone.
func misspelled(m *connectors.Mapper, name string) match {
	const shortestHan, shortestLatin = 4, 6
	runes := []rune(name)
	shortest := shortestLatin
	if len(name) > 2*len(runes) {
		shortest = shortestHan
	}
	if len(runes) < shortest {
		return match{}
	}
	field := ""
	for _, word := range spelled {
		if known := []rune(word); len(known) >= shortest && oneSlip(runes, known) {
			found := exact(m, word).field
			if field != "" && found != field {
				return match{}
			}
			field = found
		}
	}
	if field == "" {
		return match{}
	}
	return match{field: field, how: howSimilar, sure: sureTypo}
}

// oneSlip reports whether one letter more, less or other, or two neighbours exchanged, makes b of a. Equal is none.
func oneSlip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) {
		return false
	}
	if slices.Equal(a[i+1:], b[i+1:]) {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}
