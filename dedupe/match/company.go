package match

import (
	"strings"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

const maxCompany = 64 // runes that are looked at

// company is a company's name taken apart: key is without legal form, brackets and width; core also without the place
// in front, which is kept as place.
type company struct{ key, core, place string }

// CompanyKey is the form under which a pool counts how common a company is; "" when nothing is said.
func CompanyKey(name string) string { return parseCompany(name).key }

func parseCompany(display string) company {
	var buf [maxCompany]rune
	rs, han := buf[:0], false
	for _, r := range display {
		if len(rs) == maxCompany {
			break
		}
		r = foldRune(r)
		switch {
		case isHan(r):
			han = true
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0xc0 && r < 0x2000:
		case r == ' ' && !han:
		case r == '.' || r == '\'' || r == 0:
			continue
		default:
			if han {
				continue
			}
			r = ' '
		}
		rs = append(rs, r)
	}
	if !han {
		return latinCompany(string(rs))
	}
	return hanCompany(strings.ReplaceAll(string(rs), " ", ""))
}

// hanForms are legal forms; longer ones come first. A branch may follow them and stays: it is another site.
var hanForms = strings.Fields(`集团股份有限公司 集团有限责任公司 集团有限公司 股份有限公司 有限责任公司 有限公司 股份公司 集团公司 个体工商户
	特殊普通合伙 有限合伙 普通合伙 合伙企业 株式会社`)

func hanCompany(s string) company {
	key := s
	if strings.Contains(s, "公司") || strings.Contains(s, "合伙") || strings.Contains(s, "个体") || strings.Contains(s, "株式") {
		for _, form := range hanForms {
			if head, tail, ok := strings.Cut(key, form); ok && len(head)+len(tail) > 0 {
				key = head + tail
			}
		}
	}
	for _, tail := range [...]string{"公司", "集团"} {
		if head, ok := strings.CutSuffix(key, tail); ok && head != "" && !strings.HasSuffix(head, "分") && !strings.HasSuffix(head, "子") {
			key = head
		}
	}
	c := company{key: key, core: key}
	c.core, c.place = cutPlace(key)
	return c
}

// cutPlace takes a place off the front, and one in brackets, which by now stands at the end: 腾飞(北京)有限公司.
func cutPlace(key string) (core, place string) {
	core = key
	for range 2 { // 广东深圳腾飞
		found := false
		for _, n := range [...]int{2, 3} {
			if head, rest := headRunes(core, n); places[head] && longerThan(rest, 1) {
				place, core, found = place+head, rest, true
				for _, suffix := range [...]string{"省", "市"} {
					if tail := strings.TrimPrefix(core, suffix); longerThan(tail, 1) {
						core = tail
					}
				}
				break
			}
		}
		if !found {
			break
		}
	}
	if place == "" && len(key) > 6 && places[key[len(key)-6:]] { // two characters of three bytes
		place, core = key[len(key)-6:], key[:len(key)-6]
	}
	return core, place
}

// headRunes splits s behind its first n runes; head is "" when there are not so many.
func headRunes(s string, n int) (head, rest string) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:]
		}
		n--
	}
	return "", s
}

// longerThan reports that s has more than n runes.
func longerThan(s string, n int) bool {
	for range s {
		if n--; n < 0 {
			return true
		}
	}
	return false
}

// places are provinces and cities that stand in front of company names.
var places = set(`北京 上海 天津 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 广西 西藏 宁夏 新疆 香港 澳门
	内蒙古 黑龙江 石家庄 哈尔滨 呼和浩特 乌鲁木齐 张家口 秦皇岛 连云港 马鞍山 景德镇 平顶山 三门峡 驻马店 张家界 防城港 攀枝花 六盘水 齐齐哈尔 佳木斯 牡丹江 葫芦岛
	唐山 邯郸 邢台 保定 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 运城 临汾 包头 赤峰 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 盘锦 铁岭 长春 四平 大庆
	南京 无锡 徐州 常州 苏州 南通 淮安 盐城 扬州 镇江 泰州 宿迁 昆山 江阴 张家港 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 合肥 芜湖 蚌埠 淮南 安庆 滁州
	福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 九江 赣州 吉安 宜春 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
	郑州 开封 洛阳 安阳 新乡 焦作 许昌 漯河 南阳 商丘 信阳 周口 武汉 黄石 十堰 宜昌 襄阳 荆门 孝感 荆州 黄冈 咸宁 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 益阳 郴州 永州 怀化 娄底
	广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 玉林 海口 三亚
	成都 自贡 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 贵阳 遵义 昆明 曲靖 玉溪 拉萨 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 兰州 天水 西宁 银川`)

var latinForms = set(`co ltd limited inc incorporated corp corporation llc llp lp plc gmbh mbh ag kg sa sas sarl srl spa bv nv ab oy as aps
	kk pty pte pvt company coltd holdings group the and`)

func latinCompany(s string) company {
	words := strings.Fields(s)
	for len(words) > 1 && latinForms[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	key := strings.Join(words, "")
	return company{key: key, core: key}
}

func compareCompanies(a, b *company) string {
	switch {
	case a.key == b.key:
		return CompanySame
	case a.core == b.core && a.place != "" && b.place != "":
		return CompanyOtherPlace
	case a.core == b.core:
		return CompanyCore
	}
	if a.place != "" && b.place != "" && a.place != b.place {
		return CompanyDiffers
	}
	var x, y [maxCompany]rune
	s, t := runesInto(x[:0], a.core), runesInto(y[:0], b.core)
	if len(s) > len(t) {
		s, t = t, s
	}
	short := 6
	if len(s) > 0 && isHan(s[0]) {
		short = 3
	}
	switch {
	case len(s) < short:
	case strings.HasPrefix(string(t), string(s)), strings.HasSuffix(string(t), string(s)):
		return CompanyClose // 腾飞网络 and 腾飞网络科技
	case len(s) >= 5 && similar.SlipOf(s, t) != similar.Apart, short == 6 && similar.JaroWinkler(s, t) >= 0.95:
		return CompanyClose
	}
	return CompanyDiffers
}
