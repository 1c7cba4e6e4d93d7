package match

import (
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r > 0xffff && unicode.Is(unicode.Han, r) || r == '〇'
}

// foldRune makes the forms of one sign equal: full width, case, traditional characters. 0 drops the sign.
func foldRune(r rune) rune {
	switch {
	case r < 0x80:
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	case r >= '！' && r <= '～':
		return foldRune(r - '！' + '!')
	case r == 0x3000 || r == 0xa0:
		return ' '
	case r >= 0x4e00 && r <= 0x9fff:
		if s := simplified()[r-0x4e00]; s != 0 {
			return s
		}
		return r
	case r >= 0x200b && r <= 0x200f || r == 0xfeff:
		return 0
	}
	if plain, ok := accents[r]; ok {
		return plain
	}
	return unicode.ToLower(r)
}

var accents = func() map[rune]rune {
	m := map[rune]rune{}
	for group := range strings.FieldsSeq("aàáâãäåāăǎ cçćč dđ eèéêëēėěę gğ iìíîïīıǐ lł nñńň oòóôõöøōőǒ rř sśšş tţť uùúûüūůűǔǖǘǚǜ yýÿ zźžż") {
		plain := rune(group[0])
		for _, r := range group[1:] {
			m[r], m[unicode.ToUpper(r)] = plain, plain
		}
	}
	return m
}()

const hanTable = 0x9fff - 0x4e00 + 1

// simplified maps a traditional character, less 0x4e00, to its simplified form; 0: it stays.
var simplified = sync.OnceValue(func() *[hanTable]rune {
	var t [hanTable]rune
	for two := range strings.FieldsSeq(traditional) {
		rs := []rune(two)
		t[rs[0]-0x4e00] = rs[1]
	}
	return &t
})

// readings holds for each character, less 0x4e00, its first reading without tone.
var readings = sync.OnceValue(func() *[hanTable]string {
	var t [hanTable]string
	for code, said := range pinyin.PinyinDict {
		if code < 0x4e00 || code > 0x9fff {
			continue
		}
		first, _, _ := strings.Cut(said, ",")
		t[code-0x4e00] = toneless(first)
	}
	// What the dictionary lists first is not always what a name says.
	for word := range strings.FieldsSeq("长chang 重chong 行xing 乐le 朝zhao 仔zai 娜na 莎sha 茜qian 栋dong 晟sheng 翟zhai 贾jia 沈shen 阿a 和he 华hua 少shao 传chuan 藏cang 石shi 红hong 思si 亮liang 兴xing 中zhong 正zheng 宁ning 俊jun 南nan 调tiao 便bian 都du 大da 会hui 曲qu 车che 吕lv 女nv 绿lv 旅lv") {
		for _, r := range word[:3] {
			t[r-0x4e00] = word[3:]
		}
	}
	return &t
})

func toneless(said string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("üǖǘǚǜ", r):
			return 'v'
		case strings.ContainsRune("ḿ", r):
			return 'm'
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		if plain, ok := accents[r]; ok {
			return plain
		}
		return r
	}, said)
}

// surnameReadings are family names that are not read as the character usually is.
var surnameReadings = func() map[string]string {
	m := map[string]string{}
	words := strings.Fields(`单 shan 曾 zeng 仇 qiu 解 xie 查 zha 朴 piao 区 ou 盖 ge 任 ren 华 hua 燕 yan 乐 yue 纪 ji 隗 wei 冼 xian 缪 miao
		宓 mi 折 she 秘 bi 种 chong 召 shao 黑 he 员 yun 哈 ha 那 na 费 fei 句 gou 能 nai 重 chong 覃 qin 翟 zhai 洗 xian 尹 yin
		过 guo 应 ying 葛 ge 牟 mu 谌 chen 逄 pang 郇 xun 訾 zi 佴 nai 乜 nie 繁 po 车 che 令 ling 晁 chao 适 kuo 瞿 qu 於 yu 阚 kan 邸 di 撒 sa 卜 bu
		臧 zang 祭 zhai 莘 shen 宿 su 洪 hong 相 xiang 幸 xing 母 mu 万 wan 長 zhang 石 shi 柏 bai 贾 jia 沈 shen 尉 wei 曲 qu 盛 sheng 钻 zuan 薄 bo 么 yao
		尉迟 yuchi 万俟 moqi 长孙 zhangsun 澹台 tantai 单于 chanyu 令狐 linghu 乐正 yuezheng 鲜于 xianyu 夏侯 xiahou 宗政 zongzheng 亓官 qiguan 宰父 zaifu`)
	for i := 0; i < len(words); i += 2 {
		m[words[i]] = words[i+1]
	}
	return m
}()

// familySound is how a family name of one or two characters is read.
func familySound(family []rune) string {
	if said, ok := surnameReadings[string(family)]; ok {
		return said
	}
	return soundOf(family)
}

// soundOf reads characters one by one; a sign without a reading stands for itself.
func soundOf(han []rune) string {
	if len(han) == 1 {
		return reading(han[0])
	}
	var b strings.Builder
	for _, r := range han {
		b.WriteString(reading(r))
	}
	return b.String()
}

func reading(r rune) string {
	if r >= 0x4e00 && r <= 0x9fff {
		if s := readings()[r-0x4e00]; s != "" {
			return s
		}
	}
	return string(r)
}

// southern makes sounds equal that many speakers do not tell apart: zh and z, sh and s, ch and c, ing and in, l and n.
func southern(said string) string {
	return southernSounds.Replace(said)
}

var southernSounds = strings.NewReplacer("zh", "z", "ch", "c", "sh", "s", "ang", "an", "eng", "en", "ing", "in", "l", "n")
