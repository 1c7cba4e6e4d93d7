package dedupe

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

func TestWhichNamesClearlyDiffer(t *testing.T) {
	name := func(display, family, given string) lead.Name {
		return lead.Name{Display: display, Key: display, Family: family, Given: given}
	}
	li := name("李雷", "李", "雷")
	for _, c := range []struct {
		a, b lead.Name
		want sameness
	}{
		{li, name("韩梅梅", "韩", "梅梅"), differs},
		{li, name("李磊", "李", "磊"), agree},
		{li, name("季雷", "季", "雷"), agree},
		{li, name("雷李", "", ""), agree},
		{li, name("李", "李", ""), agree},
		{li, name("王", "王", ""), differs},
		{li, name("李秀英", "李", "秀英"), differs},
		{li, name("Han Meimei", "Meimei", "Han"), silent},
		{name("李曉明", "李", "曉明"), name("李小鸣", "李", "小鸣"), agree},
		{name("曾伟", "曾", "伟"), name("增伟", "", ""), silent}, // 增 is no family name, so that is no name
		{name("欧阳娜", "欧阳", "娜"), name("欧娜", "欧", "娜"), agree},
		{name("John Smith", "Smith", "John"), name("Smith John", "John", "Smith"), agree},
		{name("John Smith", "Smith", "John"), name("Jon Smyth", "Smyth", "Jon"), agree},
		{name("John A Smith", "Smith", "John A"), name("Anna Miller", "Miller", "Anna"), differs},
	} {
		p, okA := personOf(c.a)
		q, okB := personOf(c.b)
		got := silent
		if okA && okB {
			got = p.compareTo(q)
			require.Equal(t, got, q.compareTo(p), "%v %v", c.a, c.b)
		}
		require.Equal(t, c.want, got, "%v %v", c.a, c.b)
	}
}

// The short way knows names only as they are shown. Where the long way may find a conflict, it must not be sure.
func TestTheShortWaySeesEveryConflictOfNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]string{"王", "李", "张", "雷", "文", "博", "强", "小", "妈", "欧", "阳", "Li", "Eric", " ", "Smith", "A", "Ltd", "🌸", "ひ"})
		name := func() lead.Name {
			n := lead.Name{}
			for range rapid.IntRange(0, 4).Draw(t, "length") {
				n.Display += letters.Draw(t, "letter")
			}
			n.Key = n.Display
			if n.Key != "" && rapid.Bool().Draw(t, "parts") {
				n.Family, n.Given = letters.Draw(t, "family"), letters.Draw(t, "given")
			}
			return n
		}
		var a, b []person
		var shown []lead.Value
		for range rapid.IntRange(0, 6).Draw(t, "names") {
			n := name()
			shown = append(shown, lead.Value{Value: n.Display})
			if p, ok := personOf(n); ok && rapid.Bool().Draw(t, "side") {
				a = append(a, p)
			} else if ok {
				b = append(b, p)
			}
		}
		require.Equal(t, conflicting(a, b), conflicting(b, a))
		if conflicting(a, b) {
			require.True(t, mayConflict(shown))
		}
	})
}
