package normalize

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// How sure it is that a text asks for a colleague, by what says so.
const (
	sureBefore = 90 // they have met: 上次的王顾问, I spoke to Anna Li before
	sureYours  = 85 // one of the seller's: 转给你们李经理, 找王顾问, 安排王立新跟进
)

var (
	askedBefore = cueOf(`上次 上回 上一次 之前 以前 先前 原来 原先 一直 曾经 早前 去年 上周 上个月 上月 前几天 昨天 刚才 刚刚 当时`)
	askedYours  = cueOf(`你们 您们 贵司 贵公司 贵店 你家 您家 你店`)
	askedVerbs  = cueOf(`找 指定 安排 转给 转接 预约 约 联系 对接 要`)
	// askedNobody are words of a clause that is about a colleague of the customer's, who recommended somebody, or who is not wanted.
	askedNobody = cueOf(`我们 我司 我公司 本公司 我家 我朋友 朋友 同事 老板 老公 老婆 姓名 联系人 收件人 介绍 推荐 不 别 勿 换 没 投诉`)

	askedTitle  = regexp.MustCompile(`顾问|经理|老师|总监|主管|主任|店长|总|工|先生|女士|小姐|姐|哥`)
	askedWork   = `(?:帮我|帮忙|给我|跟我|和我|为我|在)?(?:接待|对接|联系|跟进|服务|沟通|负责|聊|谈|加过|打过)`
	worksBehind = regexp.MustCompile(`^` + askedWork)
	// anybodys are titles that begin other words (总价, 工厂), or that the speaker may have as well.
	anybodys     = set(`总 工 先生 女士 小姐 姐 哥`)
	askedSelf    = cueOf(`我是 我叫 我姓`)
	askedFondly  = regexp.MustCompile(`[小老阿](\p{Han})`)
	endsFondly   = regexp.MustCompile(`^(?:$|的?$|吗|呢|在|` + askedWork + `)`)
	numberBehind = regexp.MustCompile(`^[\s:的]*(?:电话|手机)?[\s:是]*\d`)
	wholeBefore  = regexp.MustCompile(`(?:是|由|跟|和|与|同|找|让|请|给)(\p{Han}{2,4}?)` + askedWork)
	wholeYours   = regexp.MustCompile(`(?:指定|安排|转给)(\p{Han}{2,4}?)` + askedWork)

	latinAsked = `((?:(?:Mr|Ms|Mrs|Miss|Dr)\.?[ ]+)?\p{Lu}[\p{Latin}'’-]+(?:[ ]+\p{Lu}[\p{Latin}'’-]+){0,2})`
	spokeTo    = regexp.MustCompile(`\b(?i:(?:spoke|spoken|talked|chatted|met|dealt|worked|corresponded|been in touch|was in touch|in contact)[ ]+(?:to|with)|met)[ ]+` + latinAsked)
	asksFor    = regexp.MustCompile(`\b(?i:ask(?:ed|ing)?[ ]for|(?:speak|talk)[ ](?:to|with)|assign[ ](?:me[ ]|this[ ])?to|(?:served|helped|assisted|advised)[ ]by|my[ ](?:sales[ ])?(?:rep|advisor|adviser|consultant|agent)[ ](?:is|was))[ ]+` + latinAsked)
	helpedMe   = regexp.MustCompile(latinAsked + `[ ]+(?i:helped|served|assisted|advised|looked[ ]after|took[ ]care[ ]of)[ ]+(?i:me|us)\b`)
	notWanted  = regexp.MustCompile(`(?i)\b(?:not|don['’]t|never|no[ ]longer|other[ ]than|instead[ ]of|rather[ ]than|except)\b`)
	nobodys    = set(`sales service support team customer your our the company manager department reception hr it marketing corp inc ltd llc co group somebody someone anyone`)
)

// colleagues finds whom of the seller's people the speaker asks for or has met: a family name with a title, or a whole name. Whether there is such a
// person nobody knows here. A name says nothing about who speaks, so it may be read in any text.
func colleagues(h *heard) []finding {
	var out []finding
	add := func(from, to, sure int) {
		out = append(out, finding{field: lead.FieldOwnerHint, value: clean(h.said(from, to)), from: from, to: to, sure: sure})
	}
	if hasHan(h.low) && (askedBefore.in(h.low) || askedVerbs.in(h.low)) {
		for from := 0; from < len(h.low); {
			to := len(h.low)
			if i := strings.IndexAny(h.low[from:], ",。!?;、\n"); i >= 0 {
				to = from + i
			}
			askedInClause(h.low[from:to], func(f, t, sure int) { add(from+f, from+t, sure) })
			_, size := utf8.DecodeRuneInString(h.low[to:])
			from = to + max(size, 1)
		}
	}
	if h.has("spoke", "talk", "chatted", "met", "dealt", "work", "corresponded", "touch", "contact", "ask", "speak", "assign", "serve", "help", "assist", "advis", "my ", "looked", "took") {
		askedInLatin(h.text, add)
	}
	return out
}

// mayAsk reports, at the cost of one look at every character, whether a text can hold what [colleagues] finds: a character of every cue of having
// met or of a title, or a name in Latin letters behind another word.
func mayAsk(text string) bool {
	before := rune(0)
	for _, r := range text {
		switch {
		case r >= 'A' && r <= 'Z':
			if before == ' ' {
				return true
			}
		case r >= 0x4e00 && askedRunes[r]:
			return true
		}
		before = r
	}
	return false
}

var askedRunes = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "上前原直曾去昨刚剛当當定排转轉顾顧经經师師总總监監管任店工生士姐哥" {
		m[r] = true
	}
	return m
}()

// askedInClause looks at what stands between two signs.
func askedInClause(clause string, add func(from, to, sure int)) {
	if askedNobody.in(clause) {
		return
	}
	met, self := askedBefore.in(clause), askedSelf.in(clause)
	for _, m := range askedTitle.FindAllStringIndex(clause, -1) {
		before, title, behind := clause[:m[0]], clause[m[0]:m[1]], clause[m[1]:]
		from := familyAtEnd(before)
		if from < 0 || notNames[clause[from:m[1]]] || numberBehind.MatchString(behind) {
			continue
		}
		asked, works := clause[:from], worksBehind.MatchString(behind)
		if self && !works || anybodys[title] && !works && !strings.Contains(asked, "找") {
			continue // 我是昨天打电话的王先生
		}
		_, verb := askedVerbs.last(asked)
		switch {
		case met && askedBefore.in(asked):
			add(from, m[1], sureBefore)
		case askedYours.in(asked) && askedVerbs.in(asked), (title == "顾问" || title == "店长") && verb == len(asked):
			add(from, m[1], sureYours)
		}
	}
	for _, m := range askedFondly.FindAllStringSubmatchIndex(clause, -1) { // 小王: only where his firm, or what he did, is said beside it
		behind := clause[m[1]:]
		if met && hanFamilies[clause[m[2]:m[3]]] && endsFondly.MatchString(behind) && !notNames[clause[m[0]:m[1]]] &&
			(worksBehind.MatchString(behind) || askedYours.in(clause[:m[0]])) {
			add(m[0], m[1], sureBefore)
		}
	}
	whole := func(pattern *regexp.Regexp, sure int) {
		for _, m := range pattern.FindAllStringSubmatchIndex(clause, -1) {
			if name := clause[m[2]:m[3]]; wholeName(name) && !numberBehind.MatchString(clause[m[1]:]) {
				add(m[2], m[3], sure)
			}
		}
	}
	if met {
		whole(wholeBefore, sureBefore)
	}
	whole(wholeYours, sureYours)
}

// familyAtEnd is where the family name begins with which a text ends; -1 when it ends with none.
func familyAtEnd(s string) int {
	_, last := utf8.DecodeLastRuneInString(s)
	if _, first := utf8.DecodeLastRuneInString(s[:len(s)-last]); first > 0 && compoundFamilies[s[len(s)-last-first:]] {
		return len(s) - last - first
	}
	if last > 0 && hanFamilies[s[len(s)-last:]] {
		return len(s) - last
	}
	return -1
}

// wholeName reports whether Han characters are a family name and a given one, and no title.
func wholeName(name string) bool {
	r := []rune(name)
	family := 1
	if compoundFamilies[string(r[:2])] {
		family = 2
	}
	given := len(r) - family
	return given >= 1 && given <= 2 && (family == 2 || hanFamilies[string(r[:1])]) && !notNames[name] && !notNames[string(r[:2])] && !junkNames[name] && !suspect(name) &&
		!askedTitle.MatchString(string(r[family:]))
}

func askedInLatin(text string, add func(from, to, sure int)) {
	for from := 0; from < len(text); {
		to := len(text)
		if i := strings.IndexAny(text[from:], "!?;\n。"); i >= 0 {
			to = from + i
		}
		line := text[from:to]
		for _, p := range []*regexp.Regexp{spokeTo, asksFor, helpedMe} {
			for _, m := range p.FindAllStringSubmatchIndex(line, -1) {
				if name := line[m[2]:m[3]]; colleagueName(name) && !notWanted.MatchString(line) {
					add(from+m[2], from+m[3], sureBefore)
				}
			}
		}
		_, size := utf8.DecodeRuneInString(text[to:])
		from = to + max(size, 1)
	}
}

// colleagueName reports whether a name in Latin letters is whole enough to find somebody by: two words, or a form of address before one.
func colleagueName(name string) bool {
	words := strings.Fields(strings.ToLower(name))
	for _, w := range words {
		if nobodys[w] {
			return false
		}
	}
	return len(words) >= 2
}
