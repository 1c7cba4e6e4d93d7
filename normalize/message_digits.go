package normalize

import (
	"strings"
	"unicode/utf8"
)

// group is a run of digits with nothing between them, all of one script.
type group struct {
	from, to int    // in heard.text
	digits   string // ASCII
	han      bool   // written as Chinese numerals
	letters  bool   // some zeros were written as the letter o
	plus     bool   // a + stands in front
	gap      byte   // what is between the group before and this one: see the constants
	amount   bool   // a unit follows: 5万, 8点, 20元
	busy     bool   // part of something that was found
}

// Gaps between two groups.
const (
	gapNone  = 0   // nothing: the script changes
	gapSpace = ' ' // at most three spaces or brackets
	gapDash  = '-'
	gapDot   = '.'
	gapWide  = 'w' // anything else: another number, unless words say otherwise
)

// hanDigits are the numerals of speech, of cheques and of radio (幺 one, 两 two, 拐 seven, 勾 nine, 洞 zero).
var hanDigits = map[rune]byte{
	'零': '0', '〇': '0', '洞': '0', '一': '1', '幺': '1', '壹': '1', '二': '2', '贰': '2', '两': '2', '三': '3', '叁': '3', '四': '4', '肆': '4',
	'五': '5', '伍': '5', '六': '6', '陆': '6', '七': '7', '柒': '7', '拐': '7', '八': '8', '捌': '8', '九': '9', '玖': '9', '勾': '9', '弌': '1',
}

// digitGroups finds every run of digits, from left to right, in one pass.
func digitGroups(h *heard) {
	s := h.text
	last := 0 // end of the group before
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			g := plainGroup(s, i)
			g.gap, g.plus = gapOf(s[last:i])
			h.groups, i, last = append(h.groups, g), g.to, g.to
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if hanDigits[r] == 0 {
				i += size
				continue
			}
			g := hanGroup(s, i)
			g.gap, g.plus = gapOf(s[last:i])
			h.groups, i, last = append(h.groups, g), g.to, g.to
		}
	}
	if len(h.groups) > 0 {
		h.groups[0].gap = gapWide
	}
	for i := range h.groups {
		h.groups[i].amount = isAmount(s, &h.groups[i])
	}
}

// plainGroup reads a group of ASCII digits. The letter o counts as zero where it stands among digits and nothing but
// them: 138oo138ooo.
func plainGroup(s string, i int) group {
	g := group{from: i}
	j, end := i, i
	for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == 'o' || s[j] == 'O') {
		if s[j] >= '0' && s[j] <= '9' {
			end = j + 1
		} else if j-i > mobileDigits { // no number with zeros of letters is longer
			break
		}
		j++
	}
	if j > end && (j == len(s) || !isASCIILetter(s[j])) && j-i <= 11 && s[i] == '1' {
		end = j
	}
	g.to, g.digits = end, s[i:end]
	if strings.ContainsAny(g.digits, "oO") {
		if end-i > 11 || s[i] != '1' || end < len(s) && isASCIILetter(s[end]) { // 2oo3, 5o: a word, not a number
			end = i
			for end < len(s) && s[end] >= '0' && s[end] <= '9' {
				end++
			}
			g.to, g.digits = end, s[i:end]
			return g
		}
		g.letters = true
		g.digits = strings.NewReplacer("o", "0", "O", "0").Replace(g.digits)
	}
	return g
}

func hanGroup(s string, i int) group {
	g := group{from: i, han: true}
	var b []byte
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		d := hanDigits[r]
		if d == 0 {
			break
		}
		b, i = append(b, d), i+size
	}
	g.to, g.digits = i, string(b)
	return g
}

func isASCIILetter(b byte) bool { b |= 0x20; return b >= 'a' && b <= 'z' }

// gapOf classifies what stands between two groups. A number may have brackets and a plus in front.
func gapOf(s string) (gap byte, plus bool) {
	plus = strings.HasSuffix(strings.TrimRight(s, " ("), "+")
	if s == "" {
		return gapNone, false
	}
	const longest = 4
	if len(s) > longest && strings.Trim(s, " ") != "" || len(s) > 2*longest {
		return gapWide, plus
	}
	dashes, dots := 0, 0
	for _, r := range s {
		switch r {
		case ' ', '(', ')':
		case '-', '_', '~':
			dashes++
		case '.', '·', '•':
			dots++
		default:
			return gapWide, plus
		}
	}
	switch {
	case dashes > 1 || dots > 1 || dashes+dots > 1:
		return gapWide, plus
	case dashes == 1:
		return gapDash, plus
	case dots == 1:
		return gapDot, plus
	}
	return gapSpace, plus
}

// Units that follow an amount, never a piece of a number to call. Behind four digits and more only the large ones are taken
// for units: 5678方便, 5678分机.
var (
	largeUnits = strings.Fields(`元 块 圆 万 亿 % 人民币 rmb 美元 美金 usd 港币 年 平米 平方 公里 毫米 mm kg ml 公斤 毫安 mah`)
	smallUnits = append(strings.Fields(`角 毛 千 百 w k 折 米 m 厘米 cm km 寸 平 斤 克 g 吨 升 l 个 件 台 套 只 箱 瓶 盒 双 张 条 支 位 人 岁 月 日 号 天 点 时
	小时 分 秒 周 星期 楼 层 室 栋 幢 单元 期 次 遍 倍 gb tb mb 瓦 伏 安 度 ℃ 级`), largeUnits...)
)

func isAmount(s string, g *group) bool {
	if before := strings.TrimRight(window(s, g.from, -8), " "); before != "" {
		for _, sign := range []string{"¥", "$", "€", "£", "￥"} {
			if strings.HasSuffix(before, sign) {
				return true
			}
		}
	}
	rest := window(s, g.to, 12)
	list := largeUnits
	switch n := len(g.digits); {
	case n <= 2 && len(rest) > 1 && rest[0] == ':' && rest[1] >= '0' && rest[1] <= '9':
		return true // 12:30
	case n <= 3:
		list = smallUnits
	}
	for _, u := range list {
		tail, ok := strings.CutPrefix(rest, u)
		if ok && (!isASCIILetter(u[0]) || tail == "" || !isASCIILetter(tail[0])) {
			return true
		}
	}
	return false
}
