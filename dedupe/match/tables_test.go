package match

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryTraditionalCharacterHasOneSimplifiedForm(t *testing.T) {
	seen := map[rune]bool{}
	var pairs [][]rune
	for two := range strings.FieldsSeq(traditional) {
		rs := []rune(two)
		require.Len(t, rs, 2, two)
		require.NotEqual(t, rs[0], rs[1], two)
		require.True(t, rs[0] >= 0x4e00 && rs[0] <= 0x9fff, two)
		require.False(t, seen[rs[0]], two)
		seen[rs[0]] = true
		pairs = append(pairs, rs)
	}
	for _, rs := range pairs {
		require.False(t, seen[rs[1]], "%s is both", string(rs))
		require.Equal(t, rs[1], foldRune(rs[0]))
	}
}

func TestSurnamesAreReadAsSurnames(t *testing.T) {
	for name, said := range map[string]string{
		"单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "朴": "piao", "区": "ou", "盖": "ge", "任": "ren", "乐": "yue", "翟": "zhai", "缪": "miao",
		"尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "澹台": "tantai", "欧阳": "ouyang", "司马": "sima", "吕": "lv", "沈": "shen", "贾": "jia", "王": "wang",
	} {
		require.Equal(t, said, familySound([]rune(name)), name)
	}
	for given, said := range map[string]string{"晓明": "xiaoming", "女": "nv", "栋": "dong", "茜": "qian", "长城": "changcheng", "思远": "siyuan"} {
		require.Equal(t, said, soundOf([]rune(given)), given)
	}
}

func TestEveryLevelHasWordsAndAWeight(t *testing.T) {
	for level := range known {
		require.Contains(t, words, level)
		require.NotEmpty(t, words[level][0])
		require.NotEmpty(t, words[level][1])
	}
	require.Len(t, words, len(known)+1, "and one for the prior")
	for level, w := range words {
		p := Part{Level: level}
		require.Equal(t, w[0], p.Words("zh"))
		require.Equal(t, w[1], p.Words("en"))
	}
}

func TestBetterAgreementWeighsMore(t *testing.T) {
	for _, order := range [][]string{
		{NameSame, NameSwapped, NameSound, NameNear}, {NameSame, NameScript, NameClose}, {NameAlike, NameFamily, NameDiffers},
		{PhoneSame, PhoneDigit, LandlineSame, ServiceSame, PhoneDiffers}, {EmailSame, EmailClose, EmailLocal, MailboxSame, EmailDiffers},
		{CompanySame, CompanyCore, CompanyClose, CompanyDiffers}, {RegionCity, RegionPart, RegionOther, RegionDiffers}, {IDSame, IDFamily, IDConflict},
	} {
		var bits []float64
		for _, level := range order {
			bits = append(bits, weigh(level, 1e-4))
		}
		require.True(t, slices.IsSortedFunc(bits, func(a, b float64) int {
			if a > b {
				return -1
			}
			return 1
		}), "%v %v", order, bits)
	}
}

func TestTheShippedSharesAreShares(t *testing.T) {
	families := 0.0
	for _, s := range familyShares {
		families += s
	}
	require.InDelta(t, 0.85, families, 0.1)
	for name, s := range givenShares {
		require.True(t, s > 0 && s < 0.01, name)
	}
	zhang := parseName("张伟")
	require.InDelta(t, 2e-4, nameShare(&zhang, nil), 1e-4, "some 290,000 of 1.4 thousand million")
}
