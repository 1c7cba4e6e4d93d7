package normalize

import (
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// mobileCN is the fast path: one Chinese mobile number in any spelling, and nothing else. Without +86, 0086 or 86 in
// front, the number is taken for Chinese only where country says so.
func (n *Normalizer) mobileCN(s, country string) (lead.Phone, bool) {
	d, ok := scanMobile(s, country == "CN")
	if !ok {
		return lead.Phone{}, false
	}
	var e164 [14]byte
	copy(e164[:], "+86")
	copy(e164[3:], d[:])
	p := lead.Phone{E164: string(e164[:]), Type: lead.PhoneMobile}
	if s != p.E164 {
		p.Raw = s
		if !isClean(s) {
			p.Raw = clean(s)
		}
	}
	return n.finish(p), true
}

// scanMobile returns the eleven digits of a Chinese mobile number. bare allows it without country code. Mobile numbers
// are 1 and a digit from 3 to 9, then nine more (Ministry of Industry and Information Technology, numbering plan of 2017).
func scanMobile(s string, bare bool) (d [11]byte, ok bool) {
	var digits [18]byte
	count, plus := 0, false
	for i := 0; i < len(s); {
		b := s[i]
		size := 1
		if b >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError {
				return d, false
			}
			b = phoneByte(r)
		}
		i += size
		switch {
		case b >= '0' && b <= '9':
			if count == len(digits) {
				return d, false
			}
			digits[count] = b
			count++
		case b == '+':
			if plus || count > 0 {
				return d, false
			}
			plus = true
		case b == ' ' || b == '-' || b == '.' || b == '(' || b == ')' || b == '\t':
		case b == '\'' && count == 0: // Excel's mark for text
		default:
			return d, false
		}
	}
	rest, prefixed := mobilePrefix(digits[:count], plus)
	if len(rest) != 11 || rest[0] != '1' || rest[1] < '3' || (!prefixed && !bare) || (plus && !prefixed) {
		return d, false
	}
	return [11]byte(rest), true
}

// mobilePrefix takes off what may stand before the eleven digits. prefixed tells that it was a code of China.
func mobilePrefix(d []byte, plus bool) (rest []byte, prefixed bool) {
	switch len(d) {
	case 12: // 0 was once dialled before a mobile number of another city
		if d[0] == '0' && !plus {
			return d[1:], false
		}
	case 13: // 86
		if d[0] == '8' && d[1] == '6' {
			return d[2:], true
		}
	case 14: // +86 (0)
		if plus && string(d[:3]) == "860" {
			return d[3:], true
		}
	case 15: // 0086
		if !plus && string(d[:4]) == "0086" {
			return d[4:], true
		}
	case 16: // an IP dialling prefix
		if !plus && dialPrefixes[string(d[:5])] {
			return d[5:], false
		}
	}
	return d, false
}

// dialPrefixes are numbers of cheap long-distance carriers, dialled before the number itself.
var dialPrefixes = set("17951 17950 17909 17901 17911 17910 17931 17968 17969 12593 12583 11808 10193 17908 17990 17991")

// phoneByte is the ASCII meaning of a character in a phone number; 0 when it has none. Kept apart from the general
// folding, which costs allocations.
func phoneByte(r rune) byte {
	switch {
	case r >= '０' && r <= '９':
		return byte(r-'０') + '0'
	case r == '＋':
		return '+'
	case r == '（' || r == '）' || r == '．':
		return ' '
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == '－':
		return '-'
	case r == 0xa0 || r == 0x3000 || r == 0xfeff || (r >= 0x2000 && r <= 0x200f) || (r >= 0x202a && r <= 0x202f) || (r >= 0x2060 && r <= 0x2069):
		return ' '
	case r == '’' || r == '‘':
		return '\''
	}
	return 0
}
