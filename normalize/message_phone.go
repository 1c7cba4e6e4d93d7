package normalize

import (
	"regexp"
	"sort"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Confidence of a number by what speaks for it.
const (
	sureLabelled = 95 // a label and a usual shape
	sureBare     = 88 // a usual shape alone
	sureOdd      = 84 // an odd spelling, with a label or with nothing else in the message
	sureBroken   = 82 // put together over messages, or with words between
	sureThird    = 50 // somebody else's
	sureWeak     = 40 // an odd shape and nothing that speaks for it
	sureTheirs   = 20 // the shop's own
	sureBlocked  = 10 // a placeholder
)

const (
	lookBehind = 72 // bytes
	lookAhead  = 48
	maxGroups  = 15 // in one number
)

// spoken is a phone that was found in one message.
type spoken struct {
	phone    lead.Phone
	from, to int // in heard.text
	groups   [2]int
	sure     int
	why      string
}

// phonesIn finds the numbers of message i of a conversation.
func (n *Normalizer) phonesIn(talk []*heard, i int, country string) []spoken {
	h := talk[i]
	var out []spoken
	free := 0 // the end of the last number or label that was used up
	var last spoken
	lastRole := roleNone
	for k := 0; k < len(h.groups); {
		if h.groups[k].busy || h.touches(h.groups[k].from, h.groups[k].to) {
			k++
			continue
		}
		found, ok := n.numberAt(h, k, country)
		if !ok {
			if len(h.groups[k].digits) >= 5 {
				free = h.groups[k].to
			}
			k++
			continue
		}
		r := judge(around(talk, i, found.from, found.to, free))
		if r == roleNone && last.to > 0 && len(last.phone.E164) == len(found.phone.E164) && isList(h.text[last.to:found.from]) {
			r = lastRole
		}
		n.weigh(h, &found, r)
		for found.groups[1] < len(h.groups) && h.groups[found.groups[1]].from < found.to { // its extension
			found.groups[1]++
		}
		for g := found.groups[0]; g < found.groups[1]; g++ {
			h.groups[g].busy = true
		}
		if found.sure > 0 {
			out = append(out, found)
		}
		free, last, lastRole = found.to, found, r
		k = found.groups[1]
	}
	return append(out, n.looseNumbers(talk, i)...)
}

// isList holds for what stands between two numbers of one kind.
func isList(s string) bool {
	return strings.Trim(s, " ,，、/;；或和及与&|") == "" || s == " or " || s == " and " || s == "或者"
}

// around returns the words around a number, in lower case. They reach into the message before when the number begins its own,
// and into the one behind when it ends there and that one speaks of it.
func around(talk []*heard, i, from, to, free int) (before, after string) {
	h := talk[i]
	start := from - len(window(h.low, from, -lookBehind))
	before = h.low[max(start, min(free, from)):from]
	if at := strings.LastIndexAny(before, "。!?;\n"); at >= 0 {
		_, before = cutAt(before, at)
	}
	if i > 0 && strings.Trim(h.low[:from], " ,:：+(（.。-") == "" {
		prev := strings.TrimRight(talk[i-1].low, " .。~!…")
		prev = window(prev, len(prev), -lookBehind)
		if at := strings.LastIndexAny(prev, "。!?？;\n"); at >= 0 {
			_, prev = cutAt(prev, at)
		}
		if !leadsOn.MatchString(prev) {
			prev = ""
		}
		before = prev + before
	}
	after = window(h.low, to, lookAhead)
	if at := strings.IndexAny(after, "。!\n"); at >= 0 {
		after = after[:at]
	}
	if strings.Trim(h.low[to:min(len(h.low), to+lookAhead)], " .,。!~)") == "" && i+1 < len(talk) {
		next := window(strings.TrimLeft(talk[i+1].low, " "), 0, lookAhead)
		for _, w := range []string{"这", "上面", "刚", "发错", "打错", "写错", "错了", "不对", "this is", "that is", "that's", "sorry"} {
			if strings.HasPrefix(next, w) {
				after = next
				break
			}
		}
	}
	return before, after
}

// cutAt parts s at the character that begins at byte at.
func cutAt(s string, at int) (string, string) {
	for i := at + 1; i <= len(s); i++ {
		if i == len(s) || s[i]&0xc0 != 0x80 {
			return s[:at], s[i:]
		}
	}
	return s, ""
}

// leadsOn holds for a message that ends as if a number were to follow.
var leadsOn = regexp.MustCompile(`(是|为|[:(]|号|号码|电话|手机|微信|联系方式|联系|打|number|no\.?|is|the|order|tracking|phone|call|at)$`)

// weigh gives a number its confidence; 0 drops it.
func (n *Normalizer) weigh(h *heard, f *spoken, r role) {
	alone := strings.Trim(h.low[:f.from], " ,:+(.。") == "" && len(strings.Trim(h.low[f.to:], " ,.。!~)")) <= len("谢谢")
	usual := f.sure >= sureBare
	switch {
	case r == roleNot:
		f.sure = 0
	case n.placeholder(f.phone.E164):
		f.sure, f.why = sureBlocked, "placeholder"
	case r == roleTheirs:
		f.sure, f.why = sureTheirs, "theirs"
	case r == roleThird:
		f.sure, f.why = sureThird, "third_person"
	case usual && (r == roleOwn || alone):
		f.sure = sureLabelled
	case usual:
		f.sure = sureBare
	case r == roleOwn || alone && f.sure != sureWeak:
		f.sure = sureOdd
	default:
		f.sure, f.why = sureWeak, "odd_shape"
	}
}

// numberAt reads the longest number that begins with group k. sure is sureBare for a usual shape, sureOdd for one that is
// taken when it stands alone or labelled, sureWeak for one that needs a label.
func (n *Normalizer) numberAt(h *heard, k int, country string) (spoken, bool) {
	if h.wordBefore(h.groups[k].from) {
		return spoken{}, false
	}
	end, digits := k, 0
	for end < len(h.groups) && end-k < maxGroups && (end == k || h.groups[end].gap != gapWide || h.hanComma(end)) && !h.groups[end].busy {
		if digits += len(h.groups[end].digits); digits > 20 {
			break
		}
		if end > k && h.groups[end].plus {
			break
		}
		end++
	}
	for e := end; e > k; e-- {
		if h.groups[e-1].amount || h.wordAfter(h.groups[e-1].to) {
			continue
		}
		f, ok := n.readGroups(h, k, e, country)
		if !ok || !h.standsAlone(k, e, &f) {
			continue
		}
		f.groups = [2]int{k, e}
		f.from, f.to = h.groups[k].from, max(f.to, h.groups[e-1].to)
		if h.groups[k].plus {
			f.from = strings.LastIndexByte(h.text[:f.from], '+')
		}
		return f, true
	}
	return spoken{}, false
}

// hanComma allows commas between Chinese numerals.
func (h *heard) hanComma(g int) bool {
	between := h.text[h.groups[g-1].to:h.groups[g].from]
	return h.groups[g].han && h.groups[g-1].han && len(between) <= 4 && strings.Trim(between, " ,、。.-") == ""
}

// wordsBeside may stand directly in front of a number.
var wordsBeside = set(`tel phone mobile mob cell call ph hp wa whatsapp wechat weixin vx wx v at is t m p dh sj lxdh sjh tele number`)

// wordBefore reports whether a letter or an underscore stands directly in front, and not one of the labels of a number:
// tracking numbers and ids begin like that.
func (h *heard) wordBefore(at int) bool {
	s := strings.TrimRight(h.low[:at], "+-#")
	if s == "" {
		return false
	}
	b := s[len(s)-1]
	if b == '_' || b == '/' || b == '@' || b == '=' && len(s) > 1 && isASCIILetter(s[len(s)-2]) {
		return b != '/' || len(s) > 1 && (isASCIILetter(s[len(s)-2]) || s[len(s)-2] == '/')
	}
	if !isASCIILetter(b) {
		return false
	}
	start := len(s)
	for start > 0 && start > len(s)-12 && isASCIILetter(s[start-1]) {
		start--
	}
	return !wordsBeside[s[start:]]
}

var wordsBehind = regexp.MustCompile(`(?i)^(wx|vx|v|weixin|wechat|whatsapp|call|thanks|thx|pls|please|tel|and|or|me|is|my|ext|x|ok)\b`)

// wordAfter reports whether a letter, an underscore, an @ or a star stands directly behind.
func (h *heard) wordAfter(at int) bool {
	if at >= len(h.low) {
		return false
	}
	b := h.low[at]
	switch {
	case b == '_' || b == '@' || b == '*' || b == '=':
		return true
	case (b == '.' || b == '/') && at+1 < len(h.low) && isASCIILetter(h.low[at+1]):
		return true
	}
	return isASCIILetter(b) && !wordsBehind.MatchString(window(h.low, at, 12))
}

// standsAlone refuses a piece of something longer: a card number in fours, an order number with dashes.
func (h *heard) standsAlone(k, e int, f *spoken) bool {
	single := e-k == 1
	for _, side := range []struct {
		g   int // the neighbour
		gap byte
		at  int
	}{{k - 1, h.groups[k].gap, h.groups[k].from}, {e, gapAt(h.groups, e), h.groups[e-1].to}} {
		if side.g < 0 || side.g >= len(h.groups) || side.gap == gapWide {
			continue
		}
		g := &h.groups[side.g]
		switch {
		case side.g == k-1 && h.groups[k].plus:
		case g.amount && side.gap == gapSpace:
		case side.gap == gapNone: // the script changes: 13912345678一起
			if g.han && !single && len(g.digits) > 1 || !g.han {
				return false
			}
		case side.gap != gapSpace:
			return false
		case g.busy:
		case single && len(h.groups[k].digits) >= 10 && len(g.digits) < 6:
		case len(g.digits) >= 3:
			f.sure = min(f.sure, sureWeak)
		}
	}
	return true
}

func gapAt(groups []group, i int) byte {
	if i < len(groups) {
		return groups[i].gap
	}
	return gapWide
}

// touches reports whether text[from:to] is part of an address or an id.
func (h *heard) touches(from, to int) bool {
	i := sort.Search(len(h.taken), func(i int) bool { return h.taken[i].to > from })
	return i < len(h.taken) && h.taken[i].from < to
}
