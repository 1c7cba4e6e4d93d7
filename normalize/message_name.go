package normalize

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

var (
	// 我叫李雷, 姓名：李雷, 联系人 王经理. What follows is read up to the next sign.
	saysName   = regexp.MustCompile(`(?:我叫做?|我的?名字(?:叫|是)|我的?姓名是?|本人叫?|鄙人|在下|姓名(?:是|为)?|名字(?:是|叫)?|联系人(?:是|为|叫)?|收件人|收货人|预约人|称呼(?:是|为)?|我的?全名(?:是|叫)?|大名)[\s:]*`)
	isName     = regexp.MustCompile(`(?:我是|我们?这边是|这里是|我系|俺是)[\s:]*`)
	callMe     = regexp.MustCompile(`(?:叫我|喊我|称呼我(?:为)?|可以叫我|你?就?叫我)[\s:"“]*`)
	familyName = regexp.MustCompile(`(?:免贵姓?|我姓|敝姓|本人姓|小姓|鄙姓|贵姓[?？,\s]*(?:免贵)?姓)[\s:]*`)
	hanWord    = regexp.MustCompile(`^[\p{Han}·]+`)
	latinSays  = regexp.MustCompile(`(?i)(?:my\s+(?:full\s+)?name(?:'s|\s+is)|\b(?:name|contact|contact\s+person|attn)\s*:|i\s+am\s+called|call\s+me|you\s+can\s+call\s+me)\s+`)
	latinIs    = regexp.MustCompile(`(?:[Tt]his\s+is|[Ii](?:'m|’m|\s+am)|[Hh]ere\s+is|[Ii]t(?:'s|’s))\s+`)
	latinName1 = regexp.MustCompile(`^\p{Lu}[\p{Latin}'’.-]+(?:[ ]+(?:(?:de|da|van|von|der|bin|al|la|le|di)\s+)*\p{Lu}[\p{Latin}'’-]+){0,3}`)
	latinName2 = regexp.MustCompile(`^\p{Latin}[\p{Latin}'’.-]+(?:[ ]+\p{Latin}[\p{Latin}'’-]+){0,2}`)
	nameTitle  = regexp.MustCompile(`^(?:先生|女士|小姐|太太|老师|经理|总监|总裁|主任|医生|教授|律师|老板|师傅|校长|院长|工|总|董|哥|姐|叔|姨)`)
)

// words that begin like a name, with the character of a family
var notNames = set(`程序员 高中生 包工头 经销商 管理员 安装工 计划 房东 车主 商家 家长 方便 安排 平时 于是 高兴 明天 白天 常用 周末 周一 周二 周三 周四 周五 周六 周日 时间 应该 关于 解决 单位 房子 车子 万一 都是 马上
	元旦 左右 何时 古代 商量 习惯 项目 强烈 家里 家装 国内 国外 任何 全部 全家 全款 全新 时候 成年人 成人 公司 公务员 和你 和您 从事 从网上 查询 查一下 应届生 应聘 幸运 白领 沙发 能不能 能否 那个 那边 那位 权益 安徽人 海外
	华人 双方 单身 温馨 习题 空调 冷库 水管工 水电工 金融 金牌 石材 花店 花艺 米粉 茶 车间 雷达 牛奶 毛坯 毛坯房 连锁 连锁店 有人 有意 有兴趣 贵公司 贵司 谈谈 谈生意 通过 景区 养殖 养殖户 鱼塘 农户 农民 农村 农业
	庄园 柴油 胶水 满意 满减 匡算 文员 文具 广告 广告商 东北 东北人 南方 南方人 北方 家具 家具厂 班主任 包装 包装厂 代理 代理商 采购 采购员 销售 客户 老师 司机 司仪 范围 常客 常州 温州 郑州 苏州 杭州 徐州 福州 柳州
	谷歌 安卓 安全员 安防 安保 项目部 项目经理 商人 施工 施工方 施工队 双胞胎 宝妈 全职 元老 强哥 时尚 石家庄 秦皇岛 海南 云南 江苏 江西 江浙 宁波 宁夏 安徽 安庆 鲁班 上班族 能 会员 权利 党员 终端 终端客户 古玩 易拉宝
	相关 相机 家庭 商场 商店 商铺 空 毕业生 于 养老院 游客 简单 简历 关注 关系 连接 祝 祝好 谢谢 谢谢您 谢了 谢谢你 尽快 房产 向你 向您 那好 和平 后天 后面 后续 单号 车 红色 路过 路人 费用 麻烦 麻烦您 麻烦你 解释 查下 应 支持
	华为 方案 宣传 宫 全 能发 于今天 时 国际 单独 万 水 水果 水果商 毛巾 支付宝 包邮 包月 甘肃 阳台 阳光 暴雨 双十一 双面 丁字 广东 广西 广州 东莞 宁 陆军 师范 何种 何 何况 冷 倪 强 常 高端 高级 高校 高考 高三 高一 高二`)

// names finds what the speaker is called. The surest comes first.
func names(h *heard, numbers []spoken) []finding {
	var out []finding
	add := func(at int, strict bool, sure int) {
		if f, ok := hanNameAt(h, at, strict); ok {
			f.sure = min(f.sure, sure)
			out = append(out, f)
		}
	}
	if hasHan(h.low) {
		for _, m := range h.find(saysName, "我叫", "名", "人", "称呼", "在下") {
			if !aboutOthers(h.low[:m[0]]) {
				add(m[1], false, 95)
			}
		}
		for _, m := range h.find(familyName, "姓") {
			if f, ok := familyAt(h, m[1]); ok {
				out = append(out, f)
			}
		}
		for _, m := range h.find(callMe, "叫", "喊", "称呼") {
			if f, ok := nickAt(h, m[1]); ok {
				out = append(out, f)
			}
		}
		for _, m := range h.find(isName, "是", "我系") {
			add(m[1], true, 88)
		}
		for _, p := range numbers { // 李雷 13912345678
			if p.sure >= sureOdd {
				for _, read := range []func(*heard, *spoken) (finding, bool){nameBefore, nameBehind, nameFirst} {
					if f, ok := read(h, &p); ok {
						out = append(out, f)
					}
				}
			}
		}
	}
	return append(out, latinNames(h)...)
}

// aboutOthers reports whether the words in front make a name somebody else's.
func aboutOthers(before string) bool {
	w := window(before, len(before), -24)
	if i := strings.LastIndexAny(w, ",。!?;\n "); i >= 0 {
		w = w[i+1:]
	}
	return thirdCue.in(w) || strings.HasSuffix(w, "你的") || strings.HasSuffix(w, "您的") || strings.HasSuffix(w, "不") || theirsCue.in(w)
}

// hanNameAt reads a Chinese name that begins at text[at:]. strict asks for what 我是 needs: a family name, a plausible
// length, no word that begins alike, no place.
func hanNameAt(h *heard, at int, strict bool) (finding, bool) {
	word := hanWord.FindString(window(h.text, at, longestSaid))
	if word == "" || strings.HasPrefix(word, "谢谢") || strict && at > 0 && h.text[at-1] >= '0' && h.text[at-1] <= '9' {
		return finding{}, false
	}
	runes := []rune(word)
	family := 1
	if len(runes) >= 2 && compoundFamilies[string(runes[:2])] {
		family = 2
	}
	if family == 1 && !hanFamilies[string(runes[:1])] {
		return minorityName(h, at, runes, strict)
	}
	for _, given := range []int{2, 1, 0} {
		size := family + given
		if size > len(runes) || size < 2 && given == 0 && len(runes) == size {
			continue
		}
		name, rest := string(runes[:size]), string(runes[size:])
		title := nameTitle.FindString(rest)
		tail := rest[len(title):]
		if given == 0 && title == "" || !endsName(tail) && !(tail == "" || given > 0 && !strict && endsLoosely(tail)) {
			continue
		}
		if notNames[name] || notNames[name+title] || given > 0 && strict && suspect(name) || junkNames[name] {
			continue
		}
		f := finding{field: lead.FieldName, value: name + title, from: at, to: at + len(name) + len(title), sure: 95}
		if given == 0 {
			f.sure = 85
		}
		return f, true
	}
	return finding{}, false
}

// endsName holds for what may follow a name within one word.
func endsName(tail string) bool {
	if tail == "" {
		return true
	}
	for _, w := range []string{"电话", "手机", "微信", "联系", "我的", "号码", "来自", "我在", "咨询", "想咨询", "想了解", "想问", "请问", "在", "哈", "啊", "呀", "哦", "呢", "这边", "加我", "你好", "您好", "谢谢", "请", "男", "女", "公司", "就行", "就好", "吧", "我想", "要", "您", "从"} {
		if strings.HasPrefix(tail, w) {
			return true
		}
	}
	return false
}

func endsLoosely(tail string) bool {
	for _, w := range []string{"是", "我", "想", "做", "住", "来", "地址", "有", "今年", "老家", "目前"} {
		if strings.HasPrefix(tail, w) {
			return true
		}
	}
	return false
}

// minorityName reads names with a dot: 买买提·艾力.
func minorityName(h *heard, at int, runes []rune, strict bool) (finding, bool) {
	word := string(runes)
	if strict || !strings.Contains(word, "·") || len(runes) > 12 {
		return finding{}, false
	}
	return finding{field: lead.FieldName, value: word, from: at, to: at + len(word), sure: 85}, true
}

// suspect holds for words that only look like a name: places, trades.
func suspect(name string) bool {
	for _, end := range []string{"员", "商", "店", "厂", "司", "部", "队", "校", "院", "户", "的", "了", "吗", "呢", "们", "个", "这", "那", "是", "人", "家", "业", "地", "区", "县", "市", "省", "款", "号", "里", "上", "下", "过", "要", "有", "到", "在", "前", "后", "打", "给", "加", "回", "问", "说", "看", "找", "拨", "询", "聊"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	g := divisions()
	i, size := g.prefix(name, place{}, levelCity)
	return i != 0 && size == len(name)
}

// familyAt reads 我姓王 and 免贵姓欧阳.
func familyAt(h *heard, at int) (finding, bool) {
	word := []rune(hanWord.FindString(window(h.text, at, longestSaid)))
	if len(word) == 0 {
		return finding{}, false
	}
	size := 1
	if len(word) >= 2 && compoundFamilies[string(word[:2])] {
		size = 2
	}
	family := string(word[:size])
	if size == 1 && !hanFamilies[family] {
		return finding{}, false
	}
	to := at + len(family)
	if rest := string(word[size:]); rest != "" && rest != "名" && strings.HasPrefix(rest, "名") { // 我姓王名小明
		if given, _ := limit(strings.TrimPrefix(rest, "名"), 2); endsName(string(word[size+1+utf8.RuneCountInString(given):])) {
			return finding{field: lead.FieldName, value: family + given, from: at, to: to + len("名") + len(given), sure: 90}, true
		}
	}
	return finding{field: lead.FieldName, value: family, from: at, to: to, sure: 90}, true
}

// nickAt reads 叫我小王就行.
func nickAt(h *heard, at int) (finding, bool) {
	word := []rune(hanWord.FindString(window(h.text, at, longestSaid)))
	for size := 2; size <= min(4, len(word)); size++ {
		name, tail := string(word[:size]), string(word[size:])
		ends := tail == "" || strings.HasPrefix(tail, "就") || strings.HasPrefix(tail, "吧") || strings.HasPrefix(tail, "好了") || strings.HasPrefix(tail, "即可") || strings.HasPrefix(tail, "都")
		if !ends || notNames[name] {
			continue
		}
		first := string(word[:1])
		titled := nameTitle.MatchString(string(word[size-1:])) || size > 2 && nameTitle.MatchString(string(word[size-2:]))
		if strings.Contains("小老阿大", first) || titled || hanFamilies[first] && size <= 3 {
			return finding{field: lead.FieldName, value: name, from: at, to: at + len(name), sure: 85}, true
		}
	}
	return finding{}, false
}

// nameBefore reads a name directly before a number, at the beginning of a line or behind a sign.
func nameBefore(h *heard, p *spoken) (finding, bool) {
	head := strings.TrimRight(h.text[:p.from], " ,:+(-")
	for _, label := range []string{"手机号码", "联系电话", "手机号", "电话", "手机", "tel", "Tel", "电话是"} {
		if cut, ok := strings.CutSuffix(head, label); ok {
			head = strings.TrimRight(cut, " ,:-")
			break
		}
	}
	w := window(head, len(head), -15)
	start := strings.LastIndexFunc(w, func(r rune) bool { return !isHanRune(r) })
	if start >= 0 {
		_, w = cutAt(w, start)
	} else if len(w) < len(head) {
		return finding{}, false
	}
	count := utf8.RuneCountInString(w)
	if count < 2 || count > 5 {
		return finding{}, false
	}
	from := len(head) - len(w)
	f, ok := hanNameAt(h, from, true)
	if !ok || f.to != len(head) {
		return f, false
	}
	f.sure = 82
	return f, true
}

// nameBehind reads 13912345678 王工.
func nameBehind(h *heard, p *spoken) (finding, bool) {
	rest := h.text[p.to:]
	at := p.to + len(rest) - len(strings.TrimLeft(rest, " ,(-"))
	if at == p.to {
		return finding{}, false
	}
	f, ok := hanNameAt(h, at, true)
	if !ok || f.to < len(h.text) && hanWord.MatchString(window(h.text, f.to, longestSaid)) {
		return f, false
	}
	f.sure = 80
	return f, true
}

// nameFirst reads 李娜, 广州, 13912345678.
func nameFirst(h *heard, p *spoken) (finding, bool) {
	word := hanWord.FindString(window(h.text, 0, longestSaid))
	if word == "" || len(word) >= p.from || !strings.ContainsRune(" ,、\n", rune(h.text[len(word)])) && !strings.HasPrefix(h.text[len(word):], "、") {
		return finding{}, false
	}
	f, ok := hanNameAt(h, 0, true)
	if !ok || f.to != len(word) {
		return f, false
	}
	f.sure = 80
	return f, true
}

var latinStop = set(`interested looking calling writing from a an the not just here very sorry fine happy sure in at on for with and or going trying asking contacting working based new also still now currently glad ok okay good great
	urgent about to your our my regarding important really so it that this what how when where hi hello thanks thank please sir madam student owner manager director buyer planning wondering available free busy back waiting ready afraid using able
	speaking phone number email whatsapp wechat tomorrow today later tonight directly again anytime asap i we you he she they is are was can will would if after before between by chinese american english german french wechat:`)

// latinNames reads My name is John Smith, and This is John Smith.
func latinNames(h *heard) []finding {
	var out []finding
	take := func(at int, pattern *regexp.Regexp, least, sure int) {
		m := pattern.FindString(window(h.text, at, longestSaid))
		words := strings.Fields(m)
		size := 0
		for i, w := range words {
			if latinStop[strings.ToLower(strings.Trim(w, ".'’"))] {
				break
			}
			size = i + 1
		}
		if size < least {
			return
		}
		name := m
		if size < len(words) {
			end := strings.Index(m, words[size-1]) + len(words[size-1])
			name = m[:end]
		}
		name = strings.TrimRight(name, ".'’- ")
		if utf8.RuneCountInString(name) < 2 || notName(name) != "" {
			return
		}
		out = append(out, finding{field: lead.FieldName, value: name, from: at, to: at + len(name), sure: sure})
	}
	if strings.Contains(h.low, "name") || strings.Contains(h.low, "call") || strings.Contains(h.low, "contact") || strings.Contains(h.low, "attn") {
		for _, m := range latinSays.FindAllStringIndex(h.text, -1) {
			if strings.HasSuffix(strings.TrimRight(h.low[:m[0]], " "), "company") || strings.HasSuffix(strings.TrimRight(h.low[:m[0]], " "), "your") {
				continue
			}
			take(m[1], latinName2, 1, 90)
		}
	}
	if !h.has("is ", "'m", "’m", "am ", "'s", "’s") {
		return out
	}
	for _, m := range latinIs.FindAllStringIndex(h.text, -1) {
		if m[0] > 0 && isASCIIWord(h.text[m[0]-1]) {
			continue
		}
		take(m[1], latinName1, 1, 85)
	}
	return out
}
