package normalize

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// heard is one message made easy to read: full width and look-alike digits are ASCII, the usual traditional characters are
// simplified, invisible characters are gone. Values are never taken from it: at leads back to what was written.
type heard struct {
	raw     string
	text    string
	low     string  // text in lower case (ASCII letters only), byte for byte beside text
	at      []int32 // per byte of text, and one more: the byte of raw that it comes from
	message int     // number of the value
	groups  []group // of digits, see digitGroups
	taken   []taken // spans of text that hold no numbers to call: addresses of pages and mailboxes; ascending, apart
}

type taken struct{ from, to int }

func hear(raw string, message int) *heard {
	h := &heard{raw: raw, message: message, at: make([]int32, 0, len(raw)+1)}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		if c := raw[i]; c < utf8.RuneSelf {
			if c == '\r' || c == '\t' {
				c = ' '
			}
			b.WriteByte(c)
			h.at = append(h.at, int32(i))
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(raw[i:])
		if r = plainRune(r); r >= 0 {
			before := b.Len()
			b.WriteRune(r)
			for range b.Len() - before {
				h.at = append(h.at, int32(i))
			}
		}
		i += size
	}
	h.at = append(h.at, int32(len(raw)))
	h.text = b.String()
	h.low = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, h.text)
	return h
}

// span is where text[from:to] stands in the message as written.
func (h *heard) span(from, to int) (int, int) { return int(h.at[from]), int(h.at[to]) }

// said is what was written at text[from:to].
func (h *heard) said(from, to int) string {
	f, t := h.span(from, to)
	return h.raw[f:t]
}

// has reports whether one of the words stands in the message.
func (h *heard) has(words ...string) bool {
	for _, w := range words {
		if strings.Contains(h.low, w) {
			return true
		}
	}
	return false
}

// find is where the pattern matches. It is asked only when one of the words is there that every match holds.
func (h *heard) find(pattern *regexp.Regexp, words ...string) [][]int {
	if !h.has(words...) {
		return nil
	}
	return pattern.FindAllStringIndex(h.low, -1)
}

// plainRune is the character that one stands for here; -1 drops it.
func plainRune(r rune) rune {
	switch {
	case r >= 0x4e00 && r <= 0x9fff:
		if s, ok := simplified[r]; ok {
			return s
		}
		return r
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xff01 + '!'
	case r == 0xfe0f || r == 0x20e3 || r == 0x200d: // the parts of a keycap or an emoji
		return -1
	case r == 0x3002 || r == 0x3001 || r == utf8.RuneError:
		return r
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xfe63:
		return '-'
	case r == 0x2028 || r == 0x2029:
		return '\n'
	case r >= 0x2776 && r <= 0x277e: // ❶ to ❾ have no compatibility form
		return r - 0x2776 + '1'
	case r == 0x24ff:
		return '0'
	}
	if unicode.IsNumber(r) {
		if s := norm.NFKC.String(string(r)); len(s) == 1 && s[0] >= '0' && s[0] <= '9' {
			return rune(s[0])
		}
		if unicode.IsDigit(r) { // a digit of another script: ranges of ten begin with its zero
			for zero := r; zero > r-10; zero-- {
				if !unicode.IsDigit(zero - 1) {
					return '0' + (r-zero)%10
				}
			}
		}
		return r
	}
	return visible(r)
}

// simplified are the traditional characters of the words that are looked for.
var simplified = func() map[rune]rune {
	m := map[rune]rune{}
	pairs := []rune("電电話话機机號号碼码聯联繫系係系們们訂订單单編编貴贵預预價价這这個个後后時时間间點点萬万請请問问撥拨打打給给買买賣卖證证驗验銀银帳帐賬账運运" +
		"遞递郵邮網网業业務务舊旧換换錯错慣惯歡欢對对妳你您您從从來来嗎吗麼么幾几塊块錢钱週周陸陆貳贰參叁兩两幫帮幣币軟软實实師师總总經经臉脸傳传監监顧顾")
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}()

// longestSaid is how far behind a label its value is looked for, in bytes.
const longestSaid = 160

// window returns at most n bytes of s behind (or, with n negative, before) a place, whole characters.
func window(s string, at, n int) string {
	if n < 0 {
		from := max(0, at+n)
		for from < at && !utf8.RuneStart(s[from]) {
			from++
		}
		return s[from:at]
	}
	to := min(len(s), at+n)
	for to < len(s) && to > at && !utf8.RuneStart(s[to]) {
		to--
	}
	return s[at:to]
}
