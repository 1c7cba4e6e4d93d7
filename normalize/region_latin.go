package normalize

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// latinPlaces are the provinces and the cities that are most often written in Latin letters, as GB/T 2260 codes.
var latinPlaces = func() map[string]string {
	m := map[string]string{}
	for pair := range strings.FieldsSeq(`beijing:1101 peking:1101 tianjin:1201 shanghai:3101 chongqing:5001 hebei:13 shanxi:14 innermongolia:15 neimenggu:15
		liaoning:21 heilongjiang:23 jiangsu:32 zhejiang:33 anhui:34 fujian:35 jiangxi:36 shandong:37 henan:41 hubei:42 hunan:43
		guangdong:44 canton:44 guangxi:45 hainan:46 sichuan:51 szechuan:51 guizhou:52 yunnan:53 tibet:54 xizang:54 shaanxi:61 gansu:62 qinghai:63
		ningxia:64 xinjiang:65 taiwan:71 hongkong:81 hk:81 macau:82 macao:82 jilin:22
		shijiazhuang:1301 tangshan:1302 qinhuangdao:1303 handan:1304 baoding:1306 langfang:1310 taiyuan:1401 datong:1402 hohhot:1501
		baotou:1502 ordos:1506 shenyang:2101 dalian:2102 anshan:2103 changchun:2201 harbin:2301 daqing:2306 nanjing:3201 wuxi:3202 xuzhou:3203
		changzhou:3204 suzhou:3205 nantong:3206 lianyungang:3207 huaian:3208 yancheng:3209 yangzhou:3210 zhenjiang:3211
		hangzhou:3301 ningbo:3302 wenzhou:3303 jiaxing:3304 huzhou:3305 shaoxing:3306 jinhua:3307 quzhou:3308 zhoushan:3309 lishui:3311 hefei:3401
		wuhu:3402 bengbu:3403 fuzhou:3501 xiamen:3502 amoy:3502 putian:3503 quanzhou:3505 zhangzhou:3506 nanchang:3601 jiujiang:3604 ganzhou:3607
		jinan:3701 qingdao:3702 tsingtao:3702 zibo:3703 yantai:3706 weifang:3707 jining:3708 weihai:3710 rizhao:3711 linyi:3713
		zhengzhou:4101 kaifeng:4102 luoyang:4103 wuhan:4201 yichang:4205 xiangyang:4206 changsha:4301 zhuzhou:4302 xiangtan:4303 yueyang:4306
		guangzhou:4401 shenzhen:4403 zhuhai:4404 shantou:4405 foshan:4406 jiangmen:4407 zhanjiang:4408 zhaoqing:4412 huizhou:4413
		dongguan:4419 zhongshan:4420 nanning:4501 liuzhou:4502 guilin:4503 beihai:4505 haikou:4601 sanya:4602 chengdu:5101 mianyang:5107 leshan:5111
		guiyang:5201 zunyi:5203 kunming:5301 dali:5329 lijiang:5307 lhasa:5401 xian:6101 lanzhou:6201 xining:6301 yinchuan:6401 urumqi:6501
		wulumuqi:6501 kaohsiung:71 taipei:71`) {
		name, code, _ := strings.Cut(pair, ":")
		m[name] = code
	}
	return m
}()

// latinPrefix reads a place in Latin letters up to the next separator: "Shenzhen, Guangdong".
func (g *gazetteer) latinPrefix(text string, at place, want int) (i uint16, size int) {
	size = strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(",;/|\n", r) || unicode.Is(unicode.Han, r) })
	if size < 0 {
		size = len(text)
	}
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text[:size])
	for _, kind := range []string{"province", "municipality", "city", "autonomousregion", "sar"} {
		if head, ok := strings.CutSuffix(word, kind); ok && head != "" {
			word = head
		}
	}
	code := latinPlaces[word]
	if word == "jilin" && want == levelCity {
		code = "2202"
	}
	if code == "" {
		return 0, 0
	}
	for len(code) < 4 {
		code += "0"
	}
	found := g.byCode[uint16(number(code))]
	if found == 0 || !g.fits(&g.all[found], found, at) {
		return 0, 0
	}
	return found, size
}

// countryCode finds the ISO 3166-1 code of a country that somebody named: by code, or by its Chinese or English name.
func countryCode(text string) string {
	word := fold(text)
	if code := countryAliases[word]; code != "" {
		return code
	}
	if len(word) == 2 || len(word) == 3 {
		if r, err := language.ParseRegion(word); err == nil && r.IsCountry() {
			return r.String()
		}
	}
	return countryNames()[word]
}

var countryAliases = map[string]string{
	"cn": "CN", "chn": "CN", "china": "CN", "中国": "CN", "中國": "CN", "prc": "CN", "p.r.china": "CN", "p.r. china": "CN", "pr china": "CN",
	"people's republic of china": "CN", "mainland china": "CN", "china mainland": "CN", "中国大陆": "CN", "中国内地": "CN", "大陆": "CN", "中华人民共和国": "CN", "+86": "CN", "86": "CN",
	"hong kong": "HK", "hongkong": "HK", "香港": "HK", "中国香港": "HK", "macao": "MO", "macau": "MO", "澳门": "MO", "中国澳门": "MO",
	"taiwan": "TW", "台湾": "TW", "台灣": "TW", "臺灣": "TW", "中国台湾": "TW",
	"usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US", "united states of america": "US", "美国": "US", "uk": "GB", "u.k.": "GB",
	"england": "GB", "great britain": "GB", "britain": "GB", "英国": "GB", "korea": "KR", "south korea": "KR", "韩国": "KR", "uae": "AE", "阿联酋": "AE",
	"russia": "RU", "俄罗斯": "RU", "vietnam": "VN", "viet nam": "VN", "holland": "NL", "the netherlands": "NL", "日本": "JP", "德国": "DE", "法国": "FR",
	"czech republic": "CZ", "turkey": "TR", "ivory coast": "CI", "burma": "MM",
}

// countryNames are the names of all countries in the two languages (CLDR), folded. They are made when first needed: most
// hubs never do.
var countryNames = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, names := range []display.Namer{display.Regions(language.English), display.Regions(language.Chinese)} {
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				r, err := language.ParseRegion(string([]rune{a, b}))
				if err != nil || !r.IsCountry() || r.Canonicalize() != r {
					continue
				}
				if name := names.Name(r); name != "" {
					m[fold(name)] = r.String()
				}
			}
		}
	}
	return m
})
