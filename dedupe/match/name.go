package match

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

const maxName = 40 // runes of a name that are looked at

// personName is a name taken apart. Characters are folded: width, case, accents, traditional forms.
type personName struct {
	text   string // Chinese: characters without blanks; otherwise words with one blank between them
	runes  []rune
	han    bool
	family int      // Chinese: how many characters are the family name
	words  []string // not Chinese
}

// NameKey is the form under which a pool counts how common a name is; "" for a name that does not identify anybody.
func NameKey(name string) string {
	if n := parseName(name); n.whole() {
		return n.text
	}
	return ""
}

// Spoken takes a Chinese name apart into the form of NameKey, a bare family name too, and its sound: the pinyin of
// family and given name. Names that sound alike have one sound.
func Spoken(name string) (key, sound string) {
	n := parseName(name)
	return n.text, n.soundKey()
}

// Syllables reads a Chinese name: the sound of the family name, and those of the characters of the given name, which a
// bare family name has none of. Family is "" for a name that is not Chinese.
func Syllables(name string) (family string, given []string) {
	n := parseName(name)
	if !n.han || len(n.runes) == 0 {
		return "", nil
	}
	return familySound(n.runes[:n.family]), eachSound(n.runes[n.family:])
}

// SyllablesTurned reads a Chinese name whose family name stands last, as 小明王: only a frequent family name is known
// there. "" when it cannot be read so.
func SyllablesTurned(name string) (family string, given []string) {
	n := parseName(name)
	last := len(n.runes) - 1
	if !n.han || last < 1 || familyShares[string(n.runes[last:])] == 0 || strings.ContainsRune("小老阿大", n.runes[0]) {
		return "", nil
	}
	return familySound(n.runes[last:]), eachSound(n.runes[:last])
}

func eachSound(han []rune) []string {
	out := make([]string, len(han))
	for i, r := range han {
		out[i] = reading(r)
	}
	return out
}

func parseName(display string) personName {
	var buf [maxName]rune
	rs, han, other := buf[:0], 0, 0
	for _, r := range display {
		if r = foldRune(r); r == 0 || len(rs) == maxName {
			continue
		}
		switch {
		case isHan(r):
			han++
		case r == ' ' || r == ',' || r == '.' || r == '·' || r == '-' || r == '_' || r == '・':
			r = ' '
		case r == '\'' || r == '’':
			continue
		default:
			other++
		}
		rs = append(rs, r)
	}
	if han > 0 && han >= other {
		return hanName(rs)
	}
	words := strings.Fields(string(rs))
	words = slices.DeleteFunc(words, func(w string) bool { return latinTitles[w] })
	n := personName{words: words, text: strings.Join(words, " ")}
	n.runes = []rune(n.text)
	return n
}

var latinTitles = set("mr mrs ms miss mx dr prof professor sir madam")

func hanName(rs []rune) personName {
	kept := make([]rune, 0, len(rs))
	for _, r := range rs {
		if isHan(r) {
			kept = append(kept, r)
		}
	}
	n := personName{han: true}
	n.runes = withoutHonorific(kept)
	n.text = string(n.runes)
	n.family = min(1, len(n.runes))
	if len(n.runes) >= 2 && compoundFamilies[string(n.runes[:2])] {
		n.family = 2
	}
	return n
}

// withoutHonorific cuts 先生, 女士, 总 … off; what is left of 王总 is the family name.
func withoutHonorific(rs []rune) []rune {
	if len(rs) < 2 || !honorificEnds[rs[len(rs)-1]] {
		return rs
	}
	s := string(rs)
	for _, h := range honorifics {
		if head, ok := strings.CutSuffix(s, h); ok {
			return []rune(head)
		}
	}
	if last := len(rs) - 1; last >= 1 && strings.ContainsRune(afterFamily, rs[last]) && (last == 1 || last == 2 && compoundFamilies[string(rs[:2])]) {
		return rs[:last]
	}
	return rs
}

var honorifics = strings.Fields(`副总经理 总经理 董事长 副经理 负责人 工程师 设计师 先生 女士 小姐 太太 夫人 老师 同学 师傅 经理 总监 总裁 主任 院长 校长 园长
	医生 大夫 教授 博士 律师 老板 部长 科长 处长 局长 书记 会长 店长 厂长 所长 社长 阿姨 叔叔 大哥 大姐 主管 会计 助理 秘书`)

// afterFamily are honorifics only behind a bare family name: 李建总 is a name.
const afterFamily = "总工董哥姐叔姨"

var honorificEnds = func() map[rune]bool {
	m := map[rune]bool{}
	for _, h := range append(honorifics, strings.Split(afterFamily, "")...) {
		rs := []rune(h)
		m[rs[len(rs)-1]] = true
	}
	return m
}()

var compoundFamilies = set(`欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙
	钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 单于 完颜 纳兰 叶赫`)

// whole reports a name that may identify a person: more than a family name.
func (n *personName) whole() bool {
	if n.han {
		return len(n.runes) > n.family
	}
	return len(n.words) > 1
}

// soundKey is the same for 张小明, 張曉鳴, Zhang Xiaoming and Xiaoming Zhang: family and given name as they sound, in
// alphabetical order. Of a bare family name it is its sound; "" when there is no name.
func (n *personName) soundKey() string {
	if n.han {
		f := familySound(n.runes[:n.family])
		if len(n.runes) == n.family {
			return f
		}
		g := soundOf(n.runes[n.family:])
		return min(f, g) + " " + max(f, g)
	}
	if len(n.words) < 2 {
		return n.text
	}
	words := slices.Clone(n.words)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// compareNames tells the level of two names that both say something.
func compareNames(a, b *personName) string {
	switch {
	case a.text == b.text && a.whole():
		return NameSame
	case a.text == b.text:
		return NamePart
	case a.han && b.han:
		return compareHan(a, b)
	case a.han != b.han:
		if a.whole() && b.whole() && a.soundKey() == b.soundKey() {
			return NameScript
		}
		if !a.whole() || !b.whole() {
			return compareBare(a, b)
		}
		return NameDiffers
	}
	return compareLatin(a, b)
}

// compareBare weighs names of which one is a family name alone, written in two scripts.
func compareBare(a, b *personName) string {
	if !a.han {
		a, b = b, a
	}
	if slices.Contains(b.words, familySound(a.runes[:a.family])) {
		return NamePart
	}
	return NameDiffers
}

func compareHan(a, b *personName) string {
	fa, ga := a.runes[:a.family], a.runes[a.family:]
	fb, gb := b.runes[:b.family], b.runes[b.family:]
	sameFamily := slices.Equal(fa, fb) || familySound(fa) == familySound(fb)
	if len(ga) == 0 || len(gb) == 0 {
		if sameFamily {
			return NamePart
		}
		return NameDiffers
	}
	if slices.Equal(a.runes, gb) || slices.Equal(b.runes, ga) {
		return NameGiven // 小明 of 王小明
	}
	sa, sb := soundOf(ga), soundOf(gb)
	switch {
	case sameFamily && sa == sb:
		return NameSound
	case len(a.runes) == len(b.runes) && (slices.Equal(append(slices.Clone(ga), fa...), b.runes) || slices.Equal(append(slices.Clone(gb), fb...), a.runes)):
		return NameSwapped
	case southern(familySound(fa)) == southern(familySound(fb)) && southern(sa) == southern(sb):
		return NameNear
	case sameFamily && len(ga) == 2 && len(gb) == 2 && (ga[0] == gb[0] || ga[1] == gb[1]):
		return NameAlike
	case sameFamily:
		return NameFamily
	}
	return NameDiffers
}

func compareLatin(a, b *personName) string {
	if len(a.words) > 1 && len(b.words) > 1 {
		if a.soundKey() == b.soundKey() || strings.Join(a.words, "") == strings.Join(b.words, "") {
			return NameSwapped
		}
		if min(len(a.runes), len(b.runes)) >= 5 && similar.SlipOf(a.runes, b.runes) != similar.Apart {
			return NameClose
		}
		return compareWords(a.words, b.words)
	}
	if len(a.words) == 1 && slices.Contains(b.words, a.words[0]) || len(b.words) == 1 && slices.Contains(a.words, b.words[0]) {
		return NamePart
	}
	if similar.JaroWinkler(a.runes, b.runes) >= 0.92 && len(a.words) == len(b.words) {
		return NameClose
	}
	return NameDiffers
}

// compareWords looks for a partner for every word of the shorter name.
func compareWords(a, b []string) string {
	if len(a) > len(b) {
		a, b = b, a
	}
	equal, near := 0, 0
	var x, y [maxName]rune
	var taken uint64
	for _, v := range a {
		found, how := -1, 0
		for j, w := range b {
			if taken&(1<<j) != 0 {
				continue
			}
			s := 0
			switch {
			case v == w:
				s = 2
			case len(v) == 1 && strings.HasPrefix(w, v), len(w) == 1 && strings.HasPrefix(v, w),
				min(len(v), len(w)) >= 4 && similar.JaroWinkler(runesInto(x[:0], v), runesInto(y[:0], w)) >= 0.92:
				s = 1
			}
			if s > how {
				found, how = j, s
			}
		}
		if found >= 0 {
			taken |= 1 << found
			near++
			if how == 2 {
				equal++
			}
		}
	}
	switch {
	case near == len(a) && equal > 0:
		return NameClose
	case equal > 0:
		return NameFamily
	}
	return NameDiffers
}
