package normalize

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/lead"
)

// Words and signs that people put between the pieces of one number: to be clear, or to get past a filter.
var (
	filler     = regexp.MustCompile(`(?i)^(?:[^\p{L}\p{N}*×]|中间|后面|然后|再|接着|最后|末尾|尾号|前面|后|前|四位|三位|两位|几位|八位|是|加|杠|横杠|空格|点|嗯|额|呃|啊|哦|哈|的|and|then|dash|space)*$`)
	deliberate = regexp.MustCompile(`(?i)中间|四位|三位|八位|杠|空格|后面|dash|space|然后|接着|嗯|额|呃`)
	carriesOn  = regexp.MustCompile(`^[\s,.。…~-]*(这是|是)?(后半段?|后面|后几位|后四位|后一半|后半截|接着|接上|继续|没打完|刚才没|刚没|the rest|rest of|continued|是后)`)
	cutShort   = regexp.MustCompile(`^[\s,.。…~、-]*((还)?没(打|发|写)完|等下|稍等|发快了|手滑)?[\s,.。…~、!-]*$`)
	comesNext  = regexp.MustCompile(`^[\s,.。…~-]*(后半段?|后面|后几位|后四位|后一半|后半截|接着|接上|接上条|接上面|继续|还有|然后|剩下|剩下的|and|rest|the rest)?(的|是)?[\s:,]*$`)
)

const mobileDigits = 11

// looseNumbers puts mobile numbers together from pieces with words or signs between them.
func (n *Normalizer) looseNumbers(talk []*heard, i int) []spoken {
	h := talk[i]
	var out []spoken
	for k := 0; k < len(h.groups); k++ {
		if !h.pieceAt(k) || h.groups[k].digits[0] != '1' || h.wordBefore(h.groups[k].from) {
			continue
		}
		if len(h.groups[k].digits) > 1 && h.groups[k].digits[1] < '3' || len(h.groups[k].digits) == 1 && k+1 < len(h.groups) && h.groups[k+1].digits[0] < '3' {
			continue
		}
		e, digits, meant := k+1, h.groups[k].digits, false
		sizes := []int{len(digits)}
		for e < len(h.groups) && len(digits) < mobileDigits && h.pieceAt(e) {
			between := h.text[h.groups[e-1].to:h.groups[e].from]
			const longest = 24
			if len(between) > longest || !filler.MatchString(between) {
				break
			}
			meant = meant || deliberate.MatchString(between) || strings.ContainsFunc(between, isPicture)
			digits += h.groups[e].digits
			sizes = append(sizes, len(h.groups[e].digits))
			e++
		}
		if e == k+1 || !isMobile(digits) || h.wordAfter(h.groups[e-1].to) || e < len(h.groups) && h.groups[e].gap == gapNone {
			continue
		}
		shape := shapeOf(sizes)
		f := spoken{phone: n.finish(lead.Phone{E164: "+86" + digits, Type: lead.PhoneMobile}), from: h.groups[k].from, to: h.groups[e-1].to, groups: [2]int{k, e}}
		free := 0
		if k > 0 {
			free = h.groups[k-1].to
		}
		r := judge(around(talk, i, f.from, f.to, free))
		usual := shape == "344" || shape == "38" || shape == "74" || shape == "11111111111" || shape == "335" || shape == "443"
		f.sure = sureWeak
		if usual && meant || r == roleOwn && (meant || usual) {
			f.sure = sureBare
		}
		if n.weigh(h, &f, r); f.sure == 0 || f.why == "odd_shape" {
			continue
		}
		f.sure = min(f.sure, sureBroken)
		for g := k; g < e; g++ {
			h.groups[g].busy = true
		}
		out = append(out, f)
		k = e - 1
	}
	return out
}

func (h *heard) pieceAt(k int) bool {
	g := &h.groups[k]
	return !g.busy && !g.amount && !g.plus && len(g.digits) < mobileDigits && !h.touches(g.from, g.to)
}

func isMobile(d string) bool {
	return len(d) == mobileDigits && d[0] == '1' && d[1] >= '3'
}

// isPicture holds for emoji and ornaments, not for punctuation.
func isPicture(r rune) bool {
	return r >= 0x2190 && unicode.IsSymbol(r) && (r < 0x3000 || r > 0xffff)
}

// piece is the run of digits at one edge of a message.
type piece struct {
	message  int
	from, to int
	digits   string
	only     bool // nothing else is in the message
}

// brokenNumbers puts mobile numbers together that were sent over consecutive messages. Each piece is too short to be one;
// the first ends its message, the last begins its own, those between are alone.
func (n *Normalizer) brokenNumbers(talk []*heard) []broken {
	const most = 4
	var out []broken
	for i := 0; i+1 < len(talk); i++ {
		head, ok := talk[i].edge(i, false)
		if !ok || head.digits[0] != '1' {
			continue
		}
		pieces, digits := []piece{head}, head.digits
		for j := i + 1; j < len(talk) && len(pieces) < most && len(digits) < mobileDigits; j++ {
			p, ok := talk[j].edge(j, true)
			if !ok {
				break
			}
			pieces, digits = append(pieces, p), digits+p.digits
			if !p.only {
				break
			}
		}
		if len(pieces) < 2 || !isMobile(digits) {
			continue
		}
		f, ok := n.judgeBroken(talk, pieces, digits)
		if !ok {
			continue
		}
		for _, p := range pieces {
			talk[p.message].markBusy(p.from, p.to)
		}
		out = append(out, f)
		i = pieces[len(pieces)-1].message - 1
	}
	return out
}

type broken struct {
	spoken
	pieces []piece
}

func (n *Normalizer) judgeBroken(talk []*heard, pieces []piece, digits string) (broken, bool) {
	first, last := pieces[0], pieces[len(pieces)-1]
	before, _ := around(talk, first.message, first.from, first.to, 0)
	_, after := around(talk, last.message, last.from, last.to, 0)
	said := carriesOn.MatchString(after)
	r := judge(before, strings.TrimSpace(after))
	onlyDigits := true
	for _, p := range pieces {
		onlyDigits = onlyDigits && p.only
	}
	f := broken{spoken{phone: n.finish(lead.Phone{E164: "+86" + digits, Type: lead.PhoneMobile}), sure: sureBroken}, pieces}
	switch {
	case r == roleNot || r == roleNone && !said && !onlyDigits:
		return f, false
	case n.placeholder(f.phone.E164):
		f.sure, f.why = sureBlocked, "placeholder"
	case r == roleThird:
		f.sure, f.why = sureThird, "third_person"
	case r == roleTheirs:
		f.sure, f.why = sureTheirs, "theirs"
	}
	return f, true
}

// edge is the run of digits that begins or ends the message, when nothing was found in it.
func (h *heard) edge(message int, begins bool) (piece, bool) {
	if len(h.groups) == 0 {
		return piece{}, false
	}
	k, e := 0, 1
	if begins {
		if !comesNext.MatchString(h.low[:h.groups[0].from]) {
			return piece{}, false
		}
		for e < len(h.groups) && h.groups[e].gap != gapWide {
			e++
		}
	} else {
		e = len(h.groups)
		if !cutShort.MatchString(h.low[h.groups[e-1].to:]) {
			return piece{}, false
		}
		for k = e - 1; k > 0 && h.groups[k].gap != gapWide; k-- {
		}
	}
	p := piece{message: message, from: h.groups[k].from, to: h.groups[e-1].to}
	for g := k; g < e; g++ {
		if !h.pieceAt(g) {
			return p, false
		}
		if p.digits += h.groups[g].digits; len(p.digits) >= mobileDigits {
			return p, false
		}
	}
	if h.wordBefore(p.from) || h.wordAfter(p.to) {
		return p, false
	}
	p.only = strings.Trim(h.low[:p.from]+h.low[p.to:], " ,.。…~-、") == ""
	return p, true
}

func (h *heard) markBusy(from, to int) {
	for g := range h.groups {
		if h.groups[g].from < to && h.groups[g].to > from {
			h.groups[g].busy = true
		}
	}
}
