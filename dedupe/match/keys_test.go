package match_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
)

func TestLeadsThatMayBeOnePersonShareAKey(t *testing.T) {
	region := lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}
	for _, c := range []struct {
		title string
		a, b  match.Profile
	}{
		{"homophones in one company", match.Profile{Name: "王小明", Company: "海风科技"}, match.Profile{Name: "王晓明", Company: "深圳市海风科技有限公司"}},
		{"Chinese and pinyin in one company", match.Profile{Name: "曾志强", Company: "海风科技"}, match.Profile{Name: "Zhiqiang Zeng", Company: "海风科技有限公司"}},
		{"traditional and simplified in one city", match.Profile{Name: "張偉", Region: region}, match.Profile{Name: "张伟", Region: region}},
		{"one name, the last four digits", match.Profile{Name: "王小明", Phones: []string{"+8613912345678"}}, match.Profile{Name: "王小明", Phones: []string{"+8618812345678"}}},
		{"one name, a wrong digit at the end", match.Profile{Name: "王小明", Phones: []string{"+8613912345678"}}, match.Profile{Name: "王小明", Phones: []string{"+8613912345978"}}},
		{"one name, a wrong digit at the start", match.Profile{Name: "王小明", Phones: []string{"+8613912345678"}}, match.Profile{Name: "王小明", Phones: []string{"+8613712345678"}}},
		{"no name, the last digit wrong", match.Profile{Phones: []string{"+8613912345678"}}, match.Profile{Name: "王小明", Phones: []string{"+8613912345671"}}},
		{"a landline", match.Profile{Phones: []string{"+862088881234"}}, match.Profile{Phones: []string{"+862088881234"}}},
		{"a shared mailbox and a name", match.Profile{Name: "王小明", Emails: []string{"info@corp.cn"}}, match.Profile{Name: "王晓明", Emails: []string{"info@corp.cn"}}},
		{"a long email name at two domains", match.Profile{Emails: []string{"lilei.hz@corp.cn"}}, match.Profile{Emails: []string{"LiLei.hz@qq.com"}}},
		{"one platform value in two scopes", match.Profile{Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "oABC"}}},
			match.Profile{Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "wx2", Value: "oABC"}}}},
	} {
		t.Run(c.title, func(t *testing.T) {
			a, b := match.Keys(c.a), match.Keys(c.b)
			require.True(t, slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) }), "%v\n%v", a, b)
		})
	}
}

func TestWhatSaysTooLittleIsNoKey(t *testing.T) {
	for _, p := range []match.Profile{
		{}, {Name: "王小明"}, {Name: "王先生", Company: "海风科技"}, {Company: "海风科技"}, {Emails: []string{"li@qq.com", "info@corp.cn"}}, {Phones: []string{"+864008001234"}},
		{Region: lead.Region{Province: "广东省"}}, {Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: "+8613912345678"}}},
	} {
		require.Empty(t, match.Keys(p), "%+v", p)
	}
}

func FuzzKeysAreFewAndSorted(f *testing.F) {
	f.Add("王小明", "+8613912345678", "lilei.hz@corp.cn", "深圳市海风科技有限公司", "openid")
	f.Add("欧阳", "+86", "@", "有限公司", "")
	f.Add("Zhang Wei", "+1", "a@b@c", "(", "unionid")
	f.Fuzz(func(t *testing.T, name, phone, email, company, value string) {
		p := match.Profile{Name: name, Company: company}
		for i := range 6 {
			p.Phones = append(p.Phones, phone, fmt.Sprint(phone, i))
			p.Emails = append(p.Emails, email, fmt.Sprint(i, email))
			p.Identities = append(p.Identities, lead.Identity{Kind: lead.IdentityOpenID, Scope: "s", Value: fmt.Sprint(value, i)})
		}
		keys := match.Keys(p)
		require.LessOrEqual(t, len(keys), 16)
		require.True(t, slices.IsSorted(keys))
		require.Equal(t, keys, slices.Compact(slices.Clone(keys)))
		require.Equal(t, keys, match.Keys(p))
		match.Compare(p, match.Profile{Name: company, Company: name, Emails: []string{value}}, nil)
	})
}

func BenchmarkKeys(b *testing.B) {
	p := match.Profile{Name: "王小明", Phones: []string{"+8613912345678"}, Emails: []string{"wangxm@corp.cn"}, Company: "深圳市海风科技有限公司",
		Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}}
	b.ReportAllocs()
	for b.Loop() {
		match.Keys(p)
	}
}
