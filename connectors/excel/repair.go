package excel

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/connectors"
)

// tidy takes off what cannot be seen and what spreadsheets put around a text: every kind of space, zero-width characters,
// the apostrophe that marks a text, the ="…" that keeps a CSV's digits.
func tidy(s string) string {
	s = strings.TrimFunc(s, unseen)
	if inner, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(inner, `"`) {
		s = strings.TrimFunc(strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`), unseen)
	}
	for _, mark := range []string{"'", "’", "‘"} {
		if rest, ok := strings.CutPrefix(s, mark); ok && rest != "" && strings.ContainsAny(rest[:1], "0123456789=+-@'") {
			return strings.TrimFunc(rest, unseen)
		}
	}
	return s
}

func unseen(r rune) bool {
	if r > ' ' && r < 0x7f || r >= 0x4e00 && r < 0xa000 { // nearly all there are, and the tables of unicode are slow
		return false
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) || r == '\u2800' || r == '\u3164'
}

// Digits of a number.
const (
	exactDigits = 15 // that a spreadsheet keeps; it fills up with zeros
	shownDigits = 6  // behind the point that a spreadsheet shows at most when it writes a long number as 1.38E+10
	longestRun  = 20 // of digits in an id that is worth restoring
)

var (
	scientific = regexp.MustCompile(`^(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})$`)
	pointZero  = regexp.MustCompile(`^(\d+)\.0+$`)
)

// wholeNumber writes what a spreadsheet made of a run of digits as that run again: 13800138000.0 and 1.3800138E+10 are
// 13800138000. lost tells that digits are gone: 1.38E+10, or more than 15 of them in a cell that holds a number (number).
// A text that is neither is returned as it is.
func wholeNumber(text string, number bool) (digits string, lost bool) {
	if m := pointZero.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	m := scientific.FindStringSubmatch(text)
	if m == nil {
		return text, number && isDigits(text) && len(text) > exactDigits
	}
	exponent, err := strconv.Atoi(m[3])
	if err != nil || exponent >= longestRun || len(m[2]) > exponent {
		return text, exponent >= longestRun
	}
	// A cell that is a number holds the number itself; a text may be what was shown of it.
	lost = exponent >= exactDigits || !number && len(m[2]) <= shownDigits && len(m[2]) < exponent
	return m[1] + m[2] + strings.Repeat("0", exponent-len(m[2])), lost
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// shownNumber writes a number as a spreadsheet shows it: without the noise of binary fractions (0.30000000000000004).
func shownNumber(text, format string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if strings.HasSuffix(strings.TrimSpace(format), "%") {
		return strconv.FormatFloat(round15(f*100), 'f', -1, 64) + "%"
	}
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	if f >= 1e21 || f <= -1e21 || f != 0 && f < 1e-9 && f > -1e-9 {
		return text
	}
	return strconv.FormatFloat(round15(f), 'f', -1, 64)
}

func round15(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', exactDigits, 64), 64)
	if err != nil {
		return f
	}
	return r
}

// idWeights and idChecks are those of GB 11643: the last character of an ID card number follows from the others.
var idWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const idChecks = "10X98765432"

// zeroedIDCard reports whether an ID card number in a text was a number once: it ends in three zeros, and its check
// digit is wrong.
func zeroedIDCard(text string) bool {
	if len(text) != 18 || !isDigits(text) || text[15:] != "000" {
		return false
	}
	sum := 0
	for i, w := range idWeights {
		sum += int(text[i]-'0') * w
	}
	return idChecks[sum%11] != text[17]
}

// nameAndPhone and phoneAndName are cells in which somebody wrote both.
var (
	nameAndPhone = regexp.MustCompile(`^(` + writtenName + `)[\s:：,，/、(（-]*(` + writtenMobiles + `)[)）]?$`)
	phoneAndName = regexp.MustCompile(`^(` + writtenMobiles + `)[\s:：,，/、(（-]*(` + writtenName + `)[)）]?$`)
)

const (
	writtenName   = `[\p{Han}·]{2,6}|[A-Za-z][A-Za-z .'-]{1,38}[A-Za-z.]`
	writtenMobile = `(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}`

	writtenMobiles = writtenMobile + `(?:[\s/、,，;；]+` + writtenMobile + `)*`
)

// parted are the name and the phone of a cell that holds both. A label before a number, or a remark behind it, is no name.
func parted(text string) (name, phone string, ok bool) {
	if m := nameAndPhone.FindStringSubmatch(text); m != nil {
		name, phone = strings.TrimSpace(m[1]), m[2]
		fold := connectors.Fold(name)
		return name, phone, !phoneLabels[fold] && !ofSomeoneElse(fold)
	}
	if m := phoneAndName.FindStringSubmatch(text); m != nil && isPersonName(strings.TrimSpace(m[2])) {
		return strings.TrimSpace(m[2]), m[1], true
	}
	return "", "", false
}

// phoneLabels may stand before a number and are no names.
var phoneLabels = foldedSet("手机 电话 联系电话 手机号 手机号码 微信 微信同号 座机 本人 家庭 公司 办公 tel phone mobile cell whatsapp mob")
