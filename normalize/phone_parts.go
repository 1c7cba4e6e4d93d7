package normalize

import (
	"regexp"
	"strconv"
	"strings"
)

const maxExt = 6 // digits of an extension

var (
	wordBetween = regexp.MustCompile(`(?i)\bor\b|\band\b|或者`)
	// 转8001, 转 8001, 分机8001, ext. 8001, x8001, #8001
	extension = regexp.MustCompile(`(?i)^(.*\d[\s)]*)[\s(]*(?:转接?|轉接?|分机号?|分機號?|内线|內線|extension|extn|ext|x|#)[.:\s]*(\d{1,6})\)?$`)
	// 1.3812345678E+10, as a spreadsheet shows a long number
	scientific = regexp.MustCompile(`^(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})$`)
	decimal    = regexp.MustCompile(`^(\d+)\.0+$`)
	// words that stand beside a number and say nothing about it
	phoneLabel = regexp.MustCompile(`(?i)tel:|telephone|phone|mobile|cell|tel|mob|wechat|whatsapp|手机号码?|手機號?碼?|联系电话|联系方式|电话号码|电话|電話|手机|手機|座机|固话|号码|微信同号|微信|同号|同微信|办公室?|公司|家庭|家里|宅电|宅|本人`)
)

// repairNumber takes off labels and undoes what spreadsheets do to numbers. why says what cannot be undone.
func repairNumber(s string) (number, why string) {
	if strings.ContainsFunc(s, func(r rune) bool { return r > 'A' }) {
		s = strings.Trim(phoneLabel.ReplaceAllString(s, " "), " :.-_=*'()[]")
		s = strings.NewReplacer("[", "(", "]", ")").Replace(s)
	}
	if !strings.Contains(s, ".") && !strings.ContainsAny(s, "eE") {
		return s, ""
	}
	if m := decimal.FindStringSubmatch(s); m != nil {
		return m[1], ""
	}
	m := scientific.FindStringSubmatch(s)
	if m == nil {
		return s, ""
	}
	// A spreadsheet rounds to six decimals at most when it shows a number this way; with more, the zeros that are
	// missing at the end are zeros.
	const rounded = 6
	exponent, _ := strconv.Atoi(m[3])
	if len(m[2]) > exponent || exponent > 15 || (len(m[2]) <= rounded && len(m[2]) < exponent) {
		return "", "“" + mask(s) + "” was rounded by a spreadsheet, its digits are lost: format the column as text and export it again"
	}
	return m[1] + m[2] + strings.Repeat("0", exponent-len(m[2])), ""
}

// cutExtension parts a number from a marked extension.
func cutExtension(s string) (number, ext string) {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '#' || r > '9' }) {
		return s, ""
	}
	if m := extension.FindStringSubmatch(s); m != nil {
		return strings.TrimSpace(m[1]), m[2]
	}
	return s, ""
}

// cutLastGroup parts the last group of digits from the rest.
func cutLastGroup(s string) (head, tail string, ok bool) {
	end := strings.TrimRight(s, " )")
	i := strings.LastIndexFunc(end, func(r rune) bool { return r < '0' || r > '9' })
	if i <= 0 || i == len(end)-1 {
		return s, "", false
	}
	head = strings.TrimRight(end[:i+1], " -(.")
	return head, end[i+1:], strings.ContainsAny(head, "0123456789")
}

// phoneGroups returns the groups of digits, a leading plus included.
func phoneGroups(s string) []string {
	var groups []string
	for g := range strings.FieldsFuncSeq(s, func(r rune) bool { return (r < '0' || r > '9') && r != '+' }) {
		if at := strings.LastIndexByte(g, '+'); at > 0 {
			groups = append(groups, g[:at])
			g = g[at:]
		}
		groups = append(groups, g)
	}
	return groups
}

func onlyDigits(s string) string {
	if isDigits(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
