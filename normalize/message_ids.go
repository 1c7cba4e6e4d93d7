package normalize

import (
	"regexp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// finding is what one message says of a field.
type finding struct {
	field    string
	value    string
	from, to int // in heard.text
	sure     int
	why      string
}

var (
	pageAddress = regexp.MustCompile(`(?:https?://|www\.)[^\s\p{Han}，。；、]+`)
	mailAddress = regexp.MustCompile(`[\p{L}\p{N}][\p{L}\p{N}._%+'-]*\s?@\s?[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\s?[.。]\s?[a-zA-Z][a-zA-Z0-9-]*)+`)
	// lilei at qq dot com, lilei艾特qq点com: the domain must be one that is known, or both signs must be in words
	saidAddress = regexp.MustCompile(`(?i)([a-z0-9][a-z0-9._+-]*)\s*(?:\(at\)|\[at\]|\{at\}|<at>|\s+at\s+|艾特|爱特|圈a|小老鼠|@)\s*([a-z0-9][a-z0-9-]*)\s*((?:(?:\(dot\)|\[dot\]|\s+dot\s+|点|丶|\.|。)\s*[a-z]{2,10}\s*?){1,3})`)
	saidDot     = regexp.MustCompile(`(?i)\s*(?:\(dot\)|\[dot\]|\s+dot\s+|点|丶|\.|。)\s*`)
)

// knownMail are the mail domains that are believed when their address is written in words.
var knownMail = set(`qq.com 163.com 126.com sina.com sina.cn gmail.com outlook.com hotmail.com foxmail.com yeah.net vip.qq.com 139.com 189.cn aliyun.com icloud.com yahoo.com sohu.com live.com
	me.com 188.com yahoo.com.cn tom.com 21cn.com msn.com protonmail.com`)

// mails finds addresses of mailboxes, and takes them and addresses of pages out of the reach of the other readers.
func (n *Normalizer) mails(h *heard) []finding {
	var out []finding
	if strings.Contains(h.low, "://") || strings.Contains(h.low, "www.") {
		for _, m := range pageAddress.FindAllStringIndex(h.low, -1) {
			if !strings.Contains(h.low[m[0]:m[1]], "wa.me/") {
				h.taken = append(h.taken, taken{m[0], m[1]})
			}
		}
	}
	if strings.Contains(h.low, "@") {
		for _, m := range mailAddress.FindAllStringIndex(h.text, -1) {
			from := m[0]
			local, _, _ := strings.Cut(h.text[from:m[1]], "@")
			if i := strings.LastIndexFunc(local, isHanRune); i >= 0 { // 邮箱lilei@qq.com: Han characters stand before it
				_, local = cutAt(local, i)
				from = m[0] + i + len("中")
			}
			written := strings.ReplaceAll(strings.ReplaceAll(h.text[from:m[1]], " ", ""), "。", ".")
			if f, ok := n.mailbox(h, trimDomain(written), from, m[1]); ok && local != "" {
				out = append(out, f)
			}
			h.taken = append(h.taken, taken{m[0], m[1]})
		}
	}
	if strings.Contains(h.low, "at") || strings.Contains(h.low, "艾特") || strings.Contains(h.low, "爱特") || strings.Contains(h.low, "小老鼠") || strings.Contains(h.low, "点c") {
		for _, m := range saidAddress.FindAllStringSubmatchIndex(h.low, -1) {
			if h.overlaps(m[0], m[1]) {
				continue
			}
			domain := h.low[m[4]:m[5]] + saidDot.ReplaceAllString(h.low[m[6]:m[7]], ".")
			domain = strings.TrimSpace(domain)
			words := strings.Contains(h.low[m[6]:m[7]], "dot") || strings.Contains(h.low[m[6]:m[7]], "点")
			if !knownMail[domain] && !(words && commonEnd(domain)) {
				continue
			}
			if f, ok := n.mailbox(h, h.text[m[2]:m[3]]+"@"+domain, m[0], m[7]); ok {
				f.sure = min(f.sure, sureOdd)
				out = append(out, f)
				h.taken = append(h.taken, taken{m[0], m[1]})
			}
		}
	}
	slices.SortFunc(h.taken, func(a, b taken) int { return a.from - b.from })
	united := h.taken[:0]
	for _, t := range h.taken {
		if k := len(united); k > 0 && t.from < united[k-1].to {
			united[k-1].to = max(united[k-1].to, t.to)
			continue
		}
		united = append(united, t)
	}
	h.taken = united
	return out
}

// overlaps is touches before the spans are in order.
func (h *heard) overlaps(from, to int) bool {
	for i := len(h.taken) - 1; i >= 0 && i >= len(h.taken)-4; i-- {
		if from < h.taken[i].to && to > h.taken[i].from {
			return true
		}
	}
	return false
}

func commonEnd(domain string) bool {
	for _, end := range []string{".com", ".cn", ".net", ".org", ".io", ".hk", ".tw"} {
		if strings.HasSuffix(domain, end) {
			return true
		}
	}
	return false
}

// trimDomain cuts what a sentence glued to the address: li@x.com.Thanks.
func trimDomain(s string) string {
	at := strings.LastIndexByte(s, '@')
	labels := strings.Split(s[at+1:], ".")
	for len(labels) > 2 {
		last := labels[len(labels)-1]
		if len(last) <= 4 && strings.ToLower(last) == last {
			break
		}
		labels = labels[:len(labels)-1]
	}
	return s[:at+1] + strings.Join(labels, ".")
}

func (n *Normalizer) mailbox(h *heard, written string, from, to int) (finding, bool) {
	e, ok := n.readEmail(written)
	if !ok {
		return finding{}, false
	}
	f := finding{field: lead.FieldEmail, value: e.Display, from: from, to: to, sure: sureLabelled}
	before := h.low[max(0, from-len(window(h.low, from, -lookBehind))):from]
	if at := strings.LastIndexAny(before, "。!?;\n"); at >= 0 {
		_, before = cutAt(before, at)
	}
	switch r := whose(lastClause(before), firstClause(window(h.low, to, lookAhead))); {
	case e.Blocked != "":
		f.sure, f.why = sureBlocked, "placeholder"
	case negBefore.MatchString(before):
		return f, false
	case r == roleTheirs:
		f.sure, f.why = sureTheirs, "theirs"
	case r == roleThird:
		f.sure, f.why = sureThird, "third_person"
	}
	return f, true
}

var (
	// 微信号：abc_123, 加V abc123, vx:abc
	wechatLabel = regexp.MustCompile(`(?:微信(?:号码?|账号|id)?|薇信|威信|徽信|微x|薇x|卫星|微[❤♥💗💓💕🧡💚💙]|薇[❤♥💗💓]|v信号?|vx号?|wx号?|v❤|wechat(?:\s?id)?|weixin|(?:加我?个?|\+|➕|我的?)v(?:x|信)?号?|v我|加微信?|wei信)` +
		`(?:\s|[:：=＝,，、"'“(（\[【-]|是|号|为|的|我|账号|id|is|加|搜|搜索|一下|：)*`)
	wechatID   = regexp.MustCompile(`^[a-z][a-z0-9_-]{5,19}`)
	numberID   = regexp.MustCompile(`^\+?(?:86)?[\s-]?1[3-9]\d{9}`)
	gluedLabel = regexp.MustCompile(`^(?:vx|wx|v)$`)
	sameNumber = regexp.MustCompile(`微信同号|微信同步|同微信|微信也?是?同(?:一个)?号|(?:vx|wx|v信|v|微|薇信|威信)同(?:号|步|手机|电话)|同(?:号|步)?(?:微信|vx|wx|v信|v|薇信)|微信也?是(?:这个|手机|电话|同一个)号?|(?:手机|电话|号码)(?:就是|也是|即|和|与|跟)?(?:vx|wx|微信)(?:号)?(?:同号|一样|同步|一个号)?|wechat\s(?:is\s)?(?:the\s)?same|same\s(?:as|on|for)\s(?:my\s)?wechat|手机微信同号|微信和?(?:手机|电话)(?:号码?)?(?:同号|一样|是同一个|一致)|微信号?(?:就是|是)?(?:本机号|手机号|电话号码)`)
	qqNumber   = regexp.MustCompile(`(?:qq(?:号码?)?|q号|扣扣(?:号)?|扣q|企鹅号?|球球|秋秋|加q|q)(?:\s|[:：=,，"'“(（]|是|号|码|为|的|我|is|number|加|联系)*([1-9](?:[ -]?\d){4,10})`)
	plainWords = set(`number please account contact thanks thank friend friends public payment official group wechat weixin please, program called available moments qrcode service support
		shipping company business online message messages channel telephone mobile whatsapp telegram instead either because before should already better chatting`)
)

// wechats finds names on WeChat and QQ numbers.
func wechats(h *heard, numbers []spoken) []finding {
	var out []finding
	for _, m := range h.find(wechatLabel, "微", "薇", "信", "卫星", "v", "w") {
		if f, ok := wechatAt(h, m[0], m[1]); ok {
			out = append(out, f)
		}
	}
	if m := sameNumber.FindStringIndex(h.low); len(numbers) > 0 && m != nil {
		best := numbers[0]
		for _, p := range numbers {
			if p.from < m[0] {
				best = p
			}
		}
		if d, ok := strings.CutPrefix(best.phone.E164, "+86"); ok && best.phone.Type == lead.PhoneMobile {
			out = append(out, finding{field: lead.FieldWechat, value: d, from: best.from, to: best.to, sure: min(best.sure, 90), why: best.why})
		}
	}
	if strings.Contains(h.low, "q") || strings.Contains(h.low, "扣") || strings.Contains(h.low, "企鹅") || strings.Contains(h.low, "球球") || strings.Contains(h.low, "秋秋") {
		for _, m := range qqNumber.FindAllStringSubmatchIndex(h.low, -1) {
			if m[0] > 0 && isASCIILetter(h.low[m[0]]) && isASCIILetter(h.low[m[0]-1]) || h.touches(m[0], m[1]) || m[3] < len(h.low) && (isASCIIWord(h.low[m[3]]) || h.low[m[3]] == '@') ||
				strings.HasSuffix(h.low[:m[0]], "不是") {
				continue
			}
			value := onlyDigits(h.low[m[2]:m[3]])
			f := finding{field: lead.FieldQQ, value: value, from: m[2], to: m[3], sure: 90}
			if r := whose(lastClause(window(h.low, m[0], -lookBehind)), ""); r == roleThird || r == roleTheirs {
				f.sure, f.why = sureThird, "third_person"
			}
			out = append(out, f)
		}
	}
	return out
}

func isASCIIWord(b byte) bool { return isASCIILetter(b) || b >= '0' && b <= '9' || b == '_' }

// wechatAt reads the id behind a label that stands at text[from:at].
func wechatAt(h *heard, from, at int) (finding, bool) {
	label := strings.TrimSpace(h.low[from:at])
	rest := window(h.low, at, longestSaid)
	if from > 0 && isASCIILetter(h.low[from]) && (isASCIIWord(h.low[from-1])) { // inside another word
		return finding{}, false
	}
	id := wechatID.FindString(rest)
	sure := 90
	switch {
	case id == "":
		id = numberID.FindString(rest)
		if id == "" || len(rest) > len(id) && isASCIIWord(rest[len(id)]) {
			return finding{}, false
		}
	case len(rest) > len(id) && (isASCIIWord(rest[len(id)]) || rest[len(id)] == '@'):
		return finding{}, false
	case plainWords[id]:
		return finding{}, false
	case strings.HasPrefix(id, "wxid_"):
	case gluedLabel.MatchString(label) && at == from+len(label): // vxlilei99 may be an id as it stands
		sure = 80
	case !strings.ContainsAny(id, "0123456789_-") && !strings.ContainsAny(label, ":是=号") && strings.IndexFunc(rest[len(id):], func(r rune) bool { return isASCIILetterRune(r) }) >= 0:
		sure = 60 // wechat tomorrow …
	}
	id = strings.TrimRight(id, "-")
	f := finding{field: lead.FieldWechat, value: h.said(at, at+len(id)), from: at, to: at + len(id), sure: sure}
	if id[0] < 'a' {
		d := onlyDigits(strings.TrimLeft(id, "+"))
		f.value = d[len(d)-mobileDigits:]
	}
	f.value = clean(f.value)
	clause := lastClause(window(h.low, from, -lookBehind) + h.low[from:at])
	switch r := whose(clause, firstClause(window(h.low, f.to, lookAhead))); {
	case r == roleThird:
		f.sure, f.why = sureThird, "third_person"
	case r == roleTheirs:
		f.sure, f.why = sureTheirs, "theirs"
	case negBefore.MatchString(clause):
		return f, false
	}
	return f, true
}

func isASCIILetterRune(r rune) bool { return r < 0x80 && isASCIILetter(byte(r)) }
