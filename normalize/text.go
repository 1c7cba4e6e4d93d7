package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Longest values in characters. What is longer is cut, with a note.
const (
	maxName    = 64
	maxCompany = 200
	maxShort   = 200 // title, product, tag
	maxAddress = 500
	maxMessage = 10_000
	maxExtra   = 1_000
	maxURL     = 2_048
)

// clean makes a value fit to show on one line: valid UTF-8, full width folded, nothing invisible, single spaces.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = norm.NFC.String(width.Fold.String(s))
	return strings.Join(strings.Fields(strings.Map(visible, s)), " ")
}

// cleanLines is clean for text of several lines. Punctuation keeps its width: it belongs to the Chinese around it.
func cleanLines(s string) string {
	if usual(s, true) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' {
			return '\n'
		}
		return visible(r)
	}, s)
	lines := strings.Split(s, "\n")
	out, blank := lines[:0], false
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" {
			blank = true
			continue
		}
		if blank && len(out) > 0 {
			out = append(out, "")
		}
		out, blank = append(out, l), false
	}
	return strings.TrimSpace(norm.NFC.String(strings.Join(out, "\n")))
}

// isClean is the way out for the usual case: printable ASCII and Han characters, single spaces inside.
func isClean(s string) bool { return usual(s, false) }

// usual reports whether s holds nothing that cleaning would touch; lines allows Chinese punctuation and single line breaks.
func usual(s string, lines bool) bool {
	gap := true // at the beginning, or behind a space
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			isGap := b == ' ' || (lines && b == '\n')
			if (b < ' ' && !isGap) || b == 0x7f || (isGap && gap) {
				return false
			}
			gap = isGap
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isPlainHan(r) && !(lines && (r > 0x3000 && r < 0x3040 || r > 0xff00 && r < 0xff60)) {
			return false
		}
		gap = false
		i += size
	}
	return !gap || s == ""
}

// isPlainHan holds for the characters that every normal form leaves alone.
func isPlainHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff || r == '、' || r == '。' }

// visible maps every kind of space to a space and drops what cannot be seen: controls, zero-width characters,
// direction marks, the byte order mark.
func visible(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp):
		return ' '
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\u2800': // fillers and the braille blank look like nothing
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return r
}

// fold is the form for comparing: compatibility characters resolved, lower case.
func fold(s string) string {
	for _, r := range s {
		if r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf && !isPlainHan(r) {
			return strings.ToLower(norm.NFKC.String(s))
		}
	}
	return s
}

// limit cuts s to at most n characters and reports whether it had to.
func limit(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i]), true
		}
		n--
	}
	return s, false
}

// mask shows enough of a value to find it again, not enough to call it.
func mask(s string) string {
	const shown = 3
	count := utf8.RuneCountInString(s)
	if count < 2*shown {
		return "***"
	}
	head, _ := limit(s, shown)
	return head + strings.Repeat("*", min(count-shown, 12))
}

// isHan reports whether s is made of Han characters only; false for "".
func isHan(s string) bool {
	for _, r := range s {
		if !isHanRune(r) {
			return false
		}
	}
	return s != ""
}

func hasHan(s string) bool { return strings.ContainsFunc(s, isHanRune) }

func isHanRune(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x2e80 && (unicode.Is(unicode.Han, r) || r == '〇')
}

// isWord holds for what remains of a name when punctuation, spaces and emoji are gone.
func isWord(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// nothing holds, folded, what people and programs write where they have nothing to say.
var nothing = set(`- -- --- . / 0 -1 none null nil nan undefined n/a na unknown anonymous (none) (null) [object object]
	not set not_set 无 没有 暂无 未知 空 匿名 不详 未填 未填写`)

func isNothing(s string) bool {
	const longest = len("[object object]")
	return s == "" || len(s) <= longest && nothing[fold(s)]
}

// set makes a set of the words of a table.
func set(table string) map[string]bool {
	words := strings.Fields(table)
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
