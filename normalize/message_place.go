package normalize

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

var (
	hanCompany   = regexp.MustCompile(`[\p{Han}a-zA-Z0-9()（）·]{2,30}?(?:集团有限公司|股份有限公司|有限责任公司|有限公司|股份公司|集团公司|事务所|工作室|研究院|设计院|科技公司|贸易公司|工程公司|装饰公司|集团|酒店|医院|学校|学院|大学|幼儿园|商行|经营部|工厂|公司)`)
	companyLabel = regexp.MustCompile(`(?:公司(?:名称?|名字)?(?:是|叫|为)?[\s:]+|单位(?:名称)?(?:是|叫|为)?[\s:]+|公司(?:名称|名字)?(?:是|叫|为)|就职于|任职于|供职于|抬头[\s:]*)`)
	companyLead  = regexp.MustCompile(`^(?:您好|你好|我们?公司(?:名称|全称)?(?:是|叫)|我(?:们|这边|这里)?(?:是|在)|我司(?:是|叫)?|这(?:里|边)是|公司(?:名称|全称)?(?:是|叫|为)|我们?单位(?:是|叫)|我代表|代表|来自|就职于|任职于|单位(?:是|叫)?|我司|全称|(?:发票|开票)?抬头|(?:公司)?名称|是|在|叫|和|我)+`)
	noCompany    = regexp.MustCompile(`^(?:你们|贵|您|他们|她|我们?|咱们?|这家?|那家?|哪家?|一家|一个|某|别的?|其他|其它|大|小|什么|几家|多家|有|本|该|个|家|同行|自己|外贸|上市|国企|私企|装修|搬家|快递|物流|保险|贸易|科技|工程|做|做外贸的?|开|开了家?|开的)+(?:的)?(?:科技|贸易|工程|装饰)?(?:公司|集团|工厂|酒店|医院|学校|学院|大学|幼儿园|商行|工作室)?$|你们|贵公司|贵司|一家|哪家|吗|怎么|什么|多少|想|需要|可以|不是|去了?|几家|朋友|老公|老婆|同事|开了|开个|注册|找`)
	latinCompany = regexp.MustCompile(`(?:[A-Z][A-Za-z0-9&'’-]*[ ]+){1,5}(?:Co\.?,?\s?Ltd\.?|Ltd\.?|Limited|Inc\.?|LLC|GmbH|Corp\.?|Corporation|Pte\.?(?:\s?Ltd\.?)?|Company|Group|B\.V\.|S\.A\.|Pty\.?(?:\s?Ltd\.?)?)`)
	latinFirm    = regexp.MustCompile(`(?i)\b(?:company(?:\s+name)?(?:\s*:|\s+is)|i\s+work\s+(?:at|for)|we\s+are|i'm\s+with|i\s+am\s+with)\s+`)
	latinFirmIs  = regexp.MustCompile(`^[A-Z][A-Za-z0-9&'’-]*(?:[ ]+[A-Z][A-Za-z0-9&'’-]*){0,4}`)
)

// companies finds the company of the speaker.
func companies(h *heard) []finding {
	var out []finding
	if h.has("公司", "事务所", "工作室", "研究院", "设计院", "集团", "酒店", "医院", "学校", "学院", "大学", "幼儿园", "商行", "经营部", "工厂") {
		for _, m := range hanCompany.FindAllStringIndex(h.text, -1) {
			if f, ok := hanFirmAt(h, m[0], m[1]); ok {
				out = append(out, f)
			}
		}
	}
	for _, m := range h.find(companyLabel, "公司", "单位", "职于", "抬头") {
		name := strings.TrimRight(hanWord.FindString(h.text[m[1]:]), "的")
		if c := utf8.RuneCountInString(name); c >= 3 && c <= 16 && !noCompany.MatchString(name) && !overlap(out, m[1], m[1]+len(name)) {
			out = append(out, finding{field: lead.FieldCompany, value: name, from: m[1], to: m[1] + len(name), sure: 85})
		}
	}
	if !upperIn(h.text) {
		return out
	}
	for _, m := range latinCompany.FindAllStringIndex(h.text, -1) {
		from := m[0]
		for _, w := range []string{"This is ", "We are ", "From ", "I'm ", "My ", "Your ", "The ", "At ", "Hi ", "Hello "} {
			if strings.HasPrefix(h.text[from:m[1]], w) {
				from += len(w)
			}
		}
		if strings.HasPrefix(h.text[m[0]:m[1]], "Your ") || strings.HasSuffix(h.low[:m[0]], "your ") || !strings.Contains(h.text[from:m[1]], " ") {
			continue
		}
		out = append(out, finding{field: lead.FieldCompany, value: strings.TrimRight(h.text[from:m[1]], ", "), from: from, to: m[1], sure: 90})
	}
	for _, m := range latinFirm.FindAllStringIndex(h.text, -1) {
		name := latinFirmIs.FindString(h.text[m[1]:])
		if name != "" && !latinStop[strings.ToLower(name)] && !overlap(out, m[1], m[1]+len(name)) {
			out = append(out, finding{field: lead.FieldCompany, value: name, from: m[1], to: m[1] + len(name), sure: 82})
		}
	}
	return out
}

func upperIn(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' })
}

func overlap(list []finding, from, to int) bool {
	for i := len(list) - 1; i >= 0 && i >= len(list)-8; i-- {
		if from < list[i].to && to > list[i].from {
			return true
		}
	}
	return false
}

// hanFirmAt cleans what stands before the legal form. Without 有限公司 and its like, only what is said to be the speaker's
// own company is one.
func hanFirmAt(h *heard, from, to int) (finding, bool) {
	name := h.text[from:to]
	said := companyLead.FindString(name)
	name = name[len(said):]
	for _, mark := range []string{"我们是", "我是", "我在", "来自", "这里是", "公司是", "公司叫", "就职于", "全称是", "全称", "抬头", "代表", "名称"} {
		if i := strings.LastIndex(name, mark); i >= 0 {
			name, said = name[i+len(mark):], mark
		}
	}
	legal := strings.Contains(name, "有限公司") || strings.Contains(name, "股份公司") || strings.Contains(name, "有限责任公司")
	count := utf8.RuneCountInString(name)
	before := window(h.text, to-len(name), -24)
	if i := strings.LastIndexAny(before, ",。!?;\n"); i >= 0 {
		_, before = cutAt(before, i)
	}
	switch {
	case count < 4 || noCompany.MatchString(name) || theirsCue.in(before) && !legal:
		return finding{}, false
	case legal && !theirsCue.in(before) && !thirdCue.in(before):
		return finding{field: lead.FieldCompany, value: name, from: to - len(name), to: to, sure: 92}, true
	case said == "" || strings.HasSuffix(said, "和"):
		return finding{}, false
	}
	return finding{field: lead.FieldCompany, value: name, from: to - len(name), to: to, sure: 82}, true
}

var (
	placeCue   = regexp.MustCompile(`(?:我们?(?:公司|厂|店|家|人|项目)?(?:这边)?(?:是|在|住|位于)|人在|坐标|地址(?:是|在|为)?|所在地(?:是|区)?|城市(?:是)?|位于|家住|家在|住在|现在在|来自|送到|发到|寄到|发货到|发往|货发|运到|,在|收货地址?(?:是)?|公司在|工厂在|项目在|店在|房子在|老家|常驻|地区|区域|想在|准备在|打算在|我)[\s:]*`)
	placeAsks  = regexp.MustCompile(`(?:吗|么|有没有|能不能|可以|有店|有门店|有分店|怎么走|多久|几天|哪里)`)
	latinPlace = regexp.MustCompile(`(?i)\b(?:i'm\s+in|i\s+am\s+in|i\s+live\s+in|based\s+in|located\s+in|we\s+are\s+in|we're\s+in|i'm\s+from|i\s+am\s+from|we\s+are\s+from|city\s*:|ship(?:ping)?\s+to|deliver\s+to|here\s+in|from)\s+`)
)

// cities finds where the speaker is.
func cities(h *heard, numbers []spoken, firms []finding) []finding {
	var out []finding
	g := divisions()
	read := func(at, sure int) bool {
		if overlap(firms, at, at+1) {
			return false
		}
		rest := window(h.text, at, 90)
		where := g.read(rest, place{}, levelCity)
		if !where.found() {
			return false
		}
		_, size := g.prefix(rest, place{}, levelCity)
		if size == 0 {
			return false
		}
		to := at + size
		for next := where; to < len(h.text); { // as far as the divisions go on
			_, more := g.prefix(window(h.text, to, 60), next, levelCounty)
			if more == 0 {
				break
			}
			to += more
		}
		r := g.region(where)
		f := finding{field: lead.FieldCity, value: r.City, from: at, to: to, sure: sure}
		if r.City == "" {
			f.field, f.value = lead.FieldProvince, r.Province
		}
		out = append(out, f)
		return true
	}
	for _, m := range h.find(placeCue, "我", "在", "坐标", "地址", "所在", "城市", "位于", "来自", "到", "往", "老家", "常驻", "地区", "区域") {
		if m[1] >= len(h.text) || h.text[m[1]] < utf8.RuneSelf || overlap(out, m[1], m[1]+3) {
			continue
		}
		before := window(h.text, m[0], -18)
		if strings.HasSuffix(before, "你们") || strings.HasSuffix(before, "贵") || strings.HasSuffix(before, "不") || strings.HasSuffix(before, "你") {
			continue
		}
		read(m[1], 85)
	}
	if len(out) == 0 && h.text != "" && h.text[0] >= utf8.RuneSelf { // 深圳的, 多少钱
		if i, size := g.prefix(h.text, place{}, levelCity); i != 0 {
			rest := h.text[size:]
			clause := firstClause(rest)
			alone := strings.Trim(rest, " ,.。!~的这边人") == ""
			if alone || strings.HasPrefix(rest, "的") && !placeAsks.MatchString(clause) || strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, "这边") || strings.HasPrefix(rest, "人,") {
				read(0, 80)
			}
		}
	}
	if len(out) == 0 && len(numbers) > 0 { // 李娜, 广州, 13912345678
		at := 0
		for word := range strings.FieldsFuncSeq(h.text, func(r rune) bool { return strings.ContainsRune(" ,、;/\n", r) }) {
			at += strings.Index(h.text[at:], word)
			if hasHan(word) && len(word) <= 60 {
				if i, size := g.prefix(word, place{}, levelCity); i != 0 && (size == len(word) || divisionEnds(g, word)) && read(at, 80) {
					break
				}
			}
			at += len(word)
		}
	}
	for _, m := range h.find(latinPlace, "from", " in", "city", "to ") {
		if m[1] < len(h.text) && h.text[m[1]] < utf8.RuneSelf {
			read(m[1], 82)
		}
	}
	return out
}

// divisionEnds reports whether a word is divisions to its end: 浙江省宁波市.
func divisionEnds(g *gazetteer, word string) bool {
	at := place{}
	for word != "" {
		i, size := g.prefix(word, at, levelCity)
		if i == 0 {
			return false
		}
		at, word = g.step(at, i), word[size:]
	}
	return true
}
