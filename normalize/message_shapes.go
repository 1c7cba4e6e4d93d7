package normalize

import (
	"regexp"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// readGroups reads groups k to before e as one number.
func (n *Normalizer) readGroups(h *heard, k, e int, country string) (spoken, bool) {
	groups := h.groups[k:e]
	total := 0
	for i := range groups {
		total += len(groups[i].digits)
	}
	if total < 8 || total > 20 {
		return spoken{}, false
	}
	first := groups[0].digits[0]
	if !groups[0].plus && first != '0' && first != '1' && first != '4' && first != '8' && first != '9' {
		return spoken{}, false
	}
	var b strings.Builder
	for i := range groups {
		b.WriteString(groups[i].digits)
	}
	digits := b.String()
	if f, ok := n.readMobile(groups, digits, country); ok {
		return n.withExtension(h, e, f), true
	}
	if anyHan(groups) && total != 11 && total != 12 { // landlines are spoken as well
		return spoken{}, false
	}
	f, ok := n.readOther(groups, digits, country)
	if !ok {
		return f, false
	}
	return n.withExtension(h, e, f), true
}

func anyHan(groups []group) bool {
	for i := range groups {
		if groups[i].han {
			return true
		}
	}
	return false
}

// readMobile reads a Chinese mobile number in groups.
func (n *Normalizer) readMobile(groups []group, digits, country string) (spoken, bool) {
	plus := groups[0].plus
	rest, prefixed := mobilePrefix([]byte(digits), plus)
	switch {
	case plus && !prefixed, !prefixed && country != "CN" && n.country != "CN":
		return spoken{}, false
	case len(rest) != 11 || rest[0] != '1' || rest[1] < '3' || len(digits) == 16:
		return spoken{}, false
	}
	p := n.finish(lead.Phone{E164: "+86" + string(rest), Type: lead.PhoneMobile})
	return spoken{phone: p, sure: mobileShape(groups, len(digits)-len(rest), prefixed)}, true
}

// mobileShape says how sure the way it is written makes of it. lead is how many digits stand before the eleven.
func mobileShape(groups []group, before int, prefixed bool) int {
	sizes, odd, dots, mixed := make([]int, 0, len(groups)), false, 0, false
	for i := range groups {
		size := len(groups[i].digits)
		if i > 0 && groups[i].gap == gapDot {
			dots++
		}
		if before > 0 {
			cut := min(before, size)
			before -= cut
			if size -= cut; size == 0 {
				continue
			}
		}
		if len(sizes) > 0 {
			mixed = mixed || groups[i].gap == gapNone
		}
		odd = odd || groups[i].letters || groups[i].han
		sizes = append(sizes, size)
	}
	shape := shapeOf(sizes)
	switch {
	case dots > 0 && (shape != "344" || dots != 2): // coordinates, addresses of machines, versions
		return sureWeak
	case len(sizes) == 1 && len(groups) == 1 && !prefixed && len(groups[0].digits) == 12: // 0139…
		return sureWeak
	case odd || mixed:
		return sureBare
	case shape == "11" || shape == "344" || shape == "74" || shape == "11111111111":
		return sureBare
	case shape == "38" && !isDay(groups[len(groups)-1].digits):
		return sureBare
	case prefixed:
		return sureBare
	case shape == "335" || shape == "443" || shape == "434" || shape == "56" || shape == "65" || shape == "47":
		return sureOdd
	}
	return sureWeak
}

func shapeOf(sizes []int) string {
	var b strings.Builder
	for _, s := range sizes {
		if s > 9 {
			return "11"
		}
		b.WriteByte(byte('0' + s))
	}
	return b.String()
}

// isDay holds for eight digits that are a day: 20260102.
func isDay(d string) bool {
	return len(d) == 8 && (strings.HasPrefix(d, "20") || strings.HasPrefix(d, "19")) && d[4:6] <= "12" && d[6:8] <= "31"
}

// readOther reads landlines, 400 numbers and numbers with the code of another country.
func (n *Normalizer) readOther(groups []group, digits, country string) (spoken, bool) {
	var b strings.Builder
	if groups[0].plus {
		b.WriteByte('+')
	}
	for i := range groups {
		if i > 0 {
			switch groups[i].gap {
			case gapDot:
				if !groups[0].plus {
					return spoken{}, false
				}
				b.WriteByte(' ')
			case gapNone, gapWide:
			default:
				b.WriteByte(groups[i].gap)
			}
		}
		b.WriteString(groups[i].digits)
	}
	s := b.String()
	single := len(groups) == 1
	switch {
	case groups[0].plus || strings.HasPrefix(digits, "00"):
		p, ok := n.phone(s, country, "")
		if !ok || p.Type == lead.PhoneMobile && strings.HasPrefix(p.E164, "+86") {
			return spoken{}, false
		}
		return spoken{phone: p, sure: pick(groups[0].plus, sureBare, sureOdd)}, true
	case digits[0] == '0':
		p, ok := n.phone(s, "CN", "")
		if !ok || p.Type != lead.PhoneLandline || p.Ext != "" && single {
			return spoken{}, false
		}
		return spoken{phone: p, sure: pick(single || anyHan(groups), sureOdd, pick(len(groups[0].digits) <= 4, sureBare, sureWeak))}, true
	case (strings.HasPrefix(digits, "400") || strings.HasPrefix(digits, "800")) && len(digits) == 10:
		if !serviceCN(digits) {
			return spoken{}, false
		}
		p := n.finish(lead.Phone{E164: "+86" + digits, Type: lead.PhoneService})
		return spoken{phone: p, sure: pick(!single && len(groups[0].digits) <= 4, sureBare, sureOdd)}, true
	case strings.HasPrefix(digits, "86") && len(digits) >= 12 && !single:
		p, ok := n.phone("+"+s, "CN", "")
		return spoken{phone: p, sure: sureOdd}, ok && p.Type == lead.PhoneLandline
	case country != "CN" && country != "", hasCode(digits):
		p, ok := n.foreignNumber(s, country)
		return spoken{phone: p, sure: sureWeak}, ok
	}
	return spoken{}, false
}

func pick(yes bool, a, b int) int {
	if yes {
		return a
	}
	return b
}

// hasCode holds for numbers of Hong Kong, Macau and Taiwan that lack their plus.
func hasCode(d string) bool {
	return (strings.HasPrefix(d, "852") || strings.HasPrefix(d, "853")) && len(d) == 11 || strings.HasPrefix(d, "886") && len(d) >= 11 && len(d) <= 13
}

func (n *Normalizer) foreignNumber(s, country string) (lead.Phone, bool) {
	if country != "CN" && country != "" {
		if p, ok := foreign(s, country); ok {
			return n.finish(p), true
		}
	}
	p, ok := foreign("+"+s, "CN")
	return n.finish(p), ok
}

var extensionBehind = regexp.MustCompile(`^[\s(-]*(?:转接?|分机号?码?|内线|ext\.?|extension|x|#)[.:\s]*(\d{1,6})\)?`)

// withExtension adds the extension that stands behind a number.
func (n *Normalizer) withExtension(h *heard, e int, f spoken) spoken {
	end := h.groups[e-1].to
	if f.phone.Ext != "" {
		return f
	}
	if m := extensionBehind.FindStringSubmatchIndex(window(h.low, end, 32)); m != nil {
		f.phone.Ext, f.to = h.low[end+m[2]:end+m[3]], end+m[3]
	}
	return f
}
