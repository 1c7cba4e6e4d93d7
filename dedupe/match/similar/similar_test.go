package similar_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe/match/similar"
)

func TestJaroWinklerComparesRunes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"martha", "marhta", 0.9611}, {"dixon", "dicksonx", 0.8133}, {"dwayne", "duane", 0.84}, {"smith", "smith", 1}, {"", "", 0}, {"abc", "", 0}, {"abc", "xyz", 0},
		{"张伟", "张炜", 0.70}, {"王小明", "王晓明", 0.80},
	} {
		require.InDelta(t, c.want, similar.JaroWinkler([]rune(c.a), []rune(c.b)), 0.0001, "%s %s", c.a, c.b)
	}
}

func TestSlipsAreTold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want similar.Slip
	}{
		{"", "", similar.NoSlip}, {"a", "a", similar.NoSlip}, {"", "a", similar.Lost}, {"abc", "abxc", similar.Lost}, {"abc", "abcx", similar.Lost},
		{"abc", "xbc", similar.Wrong}, {"abc", "abx", similar.Wrong}, {"abc", "acb", similar.Crossed}, {"ab", "ba", similar.Crossed},
		{"abc", "cba", similar.Apart}, {"abc", "a", similar.Apart}, {"abcd", "badc", similar.Apart}, {"张伟", "张炜", similar.Wrong},
	} {
		require.Equal(t, c.want, similar.SlipOf([]rune(c.a), []rune(c.b)), "%s %s", c.a, c.b)
		require.Equal(t, c.want, similar.SlipOf([]rune(c.b), []rune(c.a)), "%s %s", c.b, c.a)
	}
}

func TestEditsStopAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"kitten", "sitting", 5, 3}, {"kitten", "sitting", 2, 3}, {"ab", "ba", 2, 1}, {"", "abc", 5, 3}, {"", "abc", 1, 2}, {"abc", "abc", 0, 0}, {"ca", "abc", 5, 3},
	} {
		require.Equal(t, c.want, similar.Edits([]rune(c.a), []rune(c.b), c.limit), "%s %s", c.a, c.b)
	}
}

func TestNamesThatSoundAlikeShareACode(t *testing.T) {
	for _, c := range [][2]string{{"smith", "smyth"}, {"catherine", "katherine"}, {"philip", "filip"}, {"meyer", "maier"}, {"schmidt", "schmitt"}} {
		require.Equal(t, similar.Sound([]rune(c[0])), similar.Sound([]rune(c[1])), c)
	}
	require.NotEqual(t, similar.Sound([]rune("smith")), similar.Sound([]rune("jones")))
	require.Equal(t, "张伟", similar.Sound([]rune("张伟")))
}

func TestEverythingIsSymmetricAndAgrees(t *testing.T) {
	word := rapid.SliceOfN(rapid.SampledFrom([]rune("abc张")), 0, 7)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		require.Equal(t, similar.JaroWinkler(a, b), similar.JaroWinkler(b, a))
		d := similar.Edits(a, b, 20)
		require.Equal(t, d, similar.Edits(b, a, 20))
		for limit := range 8 {
			require.Equal(t, min(d, limit+1), similar.Edits(a, b, limit))
		}
		require.Equal(t, d > 1, similar.SlipOf(a, b) == similar.Apart)
		require.Equal(t, d == 0, similar.SlipOf(a, b) == similar.NoSlip)
		s := similar.JaroWinkler(a, b)
		require.True(t, s >= 0 && s <= 1)
	})
}

func BenchmarkJaroWinkler(b *testing.B) {
	x, y := []rune("kowalczyk"), []rune("kovalchick")
	b.ReportAllocs()
	for b.Loop() {
		similar.JaroWinkler(x, y)
	}
}
