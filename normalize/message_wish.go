package normalize

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

const (
	amountPart = `(?:[¥$€£]|rmb|usd|us\$)?\s?\d[\d,]*(?:\.\d+)?\s?(?:万|千|百|w|k|亿|m(?:illion)?)?`
	hanAmount  = `[一二三四五六七八九十百千万两几]+(?:万|千|百)?`
	amountUnit = `(?:元|块钱?|人民币|rmb|美元|美金|usd|dollars|刀|euros?|cny|yuan)?`
	amountTail = `(?:左右|以内|以下|以上|上下|起|出头|内|之内|之间|不到)?`
)

var (
	amountRange  = `(?:` + amountPart + `\s?` + amountUnit + `\s?(?:-|~|—|到|至|to)\s?)?` + amountPart + `\s?` + amountUnit + amountTail
	budgetAfter  = regexp.MustCompile(`(?:预算|心理价位?|价位|budget)(?:\s|[:,]|是|在|大概|大约|约|差不多|有|就|最多|不超过|控制在|控制|为|只有|不多|有限|比较紧|也就|不高|范围|金额|of|is|around|about|up\sto|approximately|roughly|:|can be|maximum|max|under|我们?|这边|的话|能|给到|到|目前)*(` + amountRange + `|` + hanAmount + amountUnit + amountTail + `)`)
	budgetBefore = regexp.MustCompile(`(` + amountRange + `|` + hanAmount + amountUnit + amountTail + `)(?:的|\s)*(?:预算|budget)`)
	budgetAlone  = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?\s?(?:万|w|k)?\s?(?:-|~|到|至)\s?\d+(?:\.\d+)?\s?(?:万|w|k)` + amountUnit + amountTail + `|\d+(?:\.\d+)?\s?万(?:左右|以内|上下))\s*[.。!]?$`)
)

// budgets finds what the speaker can spend, in his own words.
func budgets(h *heard) []finding {
	var out []finding
	add := func(from, to, sure int) {
		for from < to && h.low[from] == ' ' {
			from++
		}
		for to > from && strings.ContainsRune(" ,", rune(h.low[to-1])) {
			to--
		}
		value := clean(h.said(from, to))
		if value == "" || h.touches(from, to) || strings.Trim(value, "几百千万") == "" && utf8.RuneCountInString(value) < 2 {
			return
		}
		if isDigits(value) && len(value) > 9 { // a number to call
			return
		}
		out = append(out, finding{field: lead.FieldBudget, value: value, from: from, to: to, sure: sure})
	}
	if h.has("预算", "价位", "心理价", "budget") {
		for _, m := range budgetAfter.FindAllStringSubmatchIndex(h.low, -1) {
			add(m[2], m[3], 90)
		}
		if len(out) == 0 {
			for _, m := range budgetBefore.FindAllStringSubmatchIndex(h.low, -1) {
				add(m[2], m[3], 90)
			}
		}
	} else if len(h.low) < 40 {
		if m := budgetAlone.FindStringSubmatchIndex(h.low); m != nil {
			add(m[2], m[3], 80)
		}
	}
	return out
}

const (
	dayPart   = `(?:今天|今晚|明天|明早|明晚|后天|大后天|这?周[一二三四五六日末天]|下周[一二三四五六日末天]?|星期[一二三四五六日天]|礼拜[一二三四五六日天]|工作日|周末|每天|平时|\d{1,2}月\d{1,2}[日号]|\d{1,2}号)`
	hourPart  = `(?:凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|白天|下班|上班|午休)`
	clockPart = `(?:(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|時|时)(?:半|钟|整|\d{1,2}分?|一刻|三刻)?|\d{1,2}:\d{2})`
	clocks    = clockPart + `(?:\s?(?:-|~|到|至)\s?(?:` + hourPart + `)?` + clockPart + `)?`
	nearPart  = `(?:之后|以后|以前|之前|左右|前后|时间|期间|后|前)?`
)

var (
	whenSaid    = dayPart + `?的?` + hourPart + `?` + `(?:` + clocks + `|\d{1,2}(?:-|~|到)\d{1,2}点)` + nearPart + `|` + dayPart + `的?` + hourPart + nearPart + `|` + dayPart + nearPart + `|` + hourPart + nearPart
	askedTime   = regexp.MustCompile(`(` + whenSaid + `)[^\d,。!?;，\n]{0,6}?(?:联系|打我|打给我|打电话|致电|回电|回我|来电|电话|call|给我|再打|再联系|有空|有时间|方便|可以接|能接|加我|接电话|找我|沟通|聊|通话|空闲|比较空|打(?:$|[,。!\s我这]))`)
	youAsk      = regexp.MustCompile(`(?:你们?|您)$`)
	free        = regexp.MustCompile(`有空|有时间|方便|空闲`)
	timeLabel   = regexp.MustCompile(`(?:联系时间|方便时间|空闲时间|通话时间|回电时间|回访时间|致电时间|时间方便|方便接听?的?时间|什么时候方便[?]?|请?在|请于|等我?)(?:是|为|在|:|\s)*(` + whenSaid + `)`)
	contactWord = regexp.MustCompile(`联系|电话|打给|打我|回电|来电|致电|call|回我|找我|加我|沟通|接听|时间`)
	englishTime = regexp.MustCompile(`(?:call|reach|contact|ring|phone|text|message|available|free)[^.!?\n]{0,40}?\b((?:(?:on|after|before|around|at|between|by|from)\s+)?(?:(?:tomorrow|today|tonight|this|next)\s*)?(?:morning|afternoon|evening|weekend|weekdays?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|tomorrow|tonight|\d{1,2}(?::\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|o'clock))(?:\s*(?:morning|afternoon|evening))?(?:\s*(?:after|before|around|at|between|and|to|-|from)\s*\d{1,2}(?::\d{2})?\s?(?:am|pm)?){0,2})`)
)

// callTimes finds when the speaker wants to be called, in his own words.
func callTimes(h *heard) []finding {
	var out []finding
	add := func(from, to, sure int) {
		value := clean(h.said(from, to))
		if value != "" && !overlap(out, from, to) {
			out = append(out, finding{field: lead.FieldCallTime, value: value, from: from, to: to, sure: sure})
		}
	}
	if !h.has("点", ":", "时", "天", "周", "星期", "礼拜", "工作日", "上午", "下午", "晚", "早", "中午", "傍晚", "号", "日", "上班", "下班", "午休") {
		return englishTimes(h, add, &out)
	}
	if !contactWord.MatchString(h.low) && !h.has("空", "方便", "打", "加我", "通话", "聊", "接") {
		return englishTimes(h, add, &out)
	}
	for _, m := range timeLabel.FindAllStringSubmatchIndex(h.low, -1) {
		if contactWord.MatchString(window(h.low, m[0], 60)) {
			add(m[2], m[3], 88)
		}
	}
	for _, m := range askedTime.FindAllStringSubmatchIndex(h.low, -1) {
		if before := h.low[:m[2]]; strings.HasSuffix(before, "昨天") || strings.HasSuffix(before, "刚才") || youAsk.MatchString(window(before, len(before), -9)) && free.MatchString(h.low[m[3]:m[1]]) {
			continue
		}
		add(m[2], m[3], 85)
	}
	return englishTimes(h, add, &out)
}

func englishTimes(h *heard, add func(from, to, sure int), out *[]finding) []finding {
	if h.has("call", "reach", "contact", "available", "free", "phone") {
		for _, m := range englishTime.FindAllStringSubmatchIndex(h.low, -1) {
			add(m[2], m[3], 82)
		}
	}
	return *out
}

var (
	wanted    = regexp.MustCompile(`(?:想了解(?:一下)?|想咨询(?:一下)?|咨询(?:一下)?|了解一下|想买|想要|想采购|采购|想订购?|想定制|定制|需要|求购|对|想看看|想问问?(?:一下)?|询价|要买|考虑买?|想装|感兴趣的是|interested\s+in|looking\s+for|inquire\s+about|quote\s+for|price\s+of|want\s+to\s+buy|need)\s*(?:你们|贵司|贵公司|你家|您家|贵公司的|your|the|a|an|some)?(?:公司|家)?(?:的|那个|这个|这款|那款)?\s*`)
	wantedHan = regexp.MustCompile(`^[\p{Han}a-zA-Z0-9+-]{2,16}`)
	wantedEN  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 -]{2,40}`)
	wantedEnd = regexp.MustCompile(`(?:的)?(?:价格|报价|多少钱|怎么卖|怎么收费|收费|费用|价钱|感兴趣|很感兴趣|比较感兴趣|有兴趣|资料|详情|情况|方案|参数|优惠|活动|库存|现货|交期|政策|流程|一下|吗|呢|怎么样|有没有|可以|请|能|要多少|起订量|代理|加盟|合作|有货|\b(?:the price|price|pricing|please|for|and|can|could|how|what|is|with|from|in)\b).*$`)
	noProduct = set(`一下 产品 价格 报价 你们 东西 商品 服务 这个 那个 业务 问题 什么 多少 了解 联系 电话 你们产品 咨询 合作 加盟 发票 快递 退款 退货 售后 客服 人工 帮忙 帮助 的 看看 一些 几个 问 产品的 订单 物流 发货 your product products product information more details
		you it them this that price details help know a quote`)
)

// products finds what the speaker asks for. What it is called is the speaker's word, so it is never sure.
func products(h *heard) []finding {
	var out []finding
	for _, m := range h.find(wanted, "想", "询", "了解", "定制", "需要", "求购", "对", "买", "感兴趣", "in", "looking", "quote", "price", "need", "want") {
		if m[0] > 0 && isASCIIWord(h.low[m[0]]) && isASCIIWord(h.low[m[0]-1]) || m[1] >= len(h.text) {
			continue
		}
		pattern := wantedHan
		if isASCIIWord(h.low[m[0]]) {
			pattern = wantedEN
		}
		name := pattern.FindString(h.text[m[1]:])
		full := name
		if at := wantedEnd.FindStringIndex(strings.ToLower(name)); at != nil {
			name = strings.TrimSpace(name[:at[0]])
		}
		name = strings.TrimRight(name, "的了- ")
		low := strings.ToLower(name)
		if c := utf8.RuneCountInString(name); c < 2 || c > 30 || noProduct[low] || isDigits(name) || strings.ContainsAny(name, "我你您他吗") || hanDigits[firstRune(name)] != 0 {
			continue
		}
		if strings.HasPrefix(h.low[m[0]:], "对") && !strings.Contains(full+window(h.text, m[1]+len(full), 18), "兴趣") {
			continue
		}
		sure := 80
		if utf8.RuneCountInString(name) > 10 && hasHan(name) {
			sure = 60
		}
		out = append(out, finding{field: lead.FieldProduct, value: clean(name), from: m[1], to: m[1] + len(name), sure: sure})
	}
	return out
}

func firstRune(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }
