package match_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
)

func levels(s match.Score) map[string]string {
	m := map[string]string{}
	for _, p := range s.Parts {
		m[p.Field] = p.Level
	}
	return m
}

func TestNamesAreComparedTheWayPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ a, b, level string }{
		{"王小明", "王小明", match.NameSame},
		{"王 小 明", "王小明先生", match.NameSame},
		{"張偉", "张伟", match.NameSame},
		{"ＷＡＮＧ　Wei", "wang wei", match.NameSame},
		{"José García", "Jose Garcia", match.NameSame},
		{"王小明", "王晓明", match.NameSound},
		{"单雄", "善雄", match.NameSound},
		{"张伟", "章玮", match.NameSound},
		{"林丽", "宁丽", match.NameNear},
		{"张金", "张京", match.NameNear},
		{"张森", "张生", match.NameNear},
		{"小明王", "王小明", match.NameSwapped},
		{"Wei Zhang", "Zhang Wei", match.NameSwapped},
		{"张伟", "Zhang Wei", match.NameScript},
		{"张小明", "Xiaoming Zhang", match.NameScript},
		{"曾志强", "Zeng Zhiqiang", match.NameScript},
		{"仇英", "Qiu Ying", match.NameScript},
		{"解晓东", "Xie Xiaodong", match.NameScript},
		{"查良镛", "Zha Liangyong", match.NameScript},
		{"单田芳", "Shan Tianfang", match.NameScript},
		{"朴智星", "Piao Zhixing", match.NameScript},
		{"区志明", "Ou Zhiming", match.NameScript},
		{"盖聂", "Ge Nie", match.NameScript},
		{"尉迟恭", "Yuchi Gong", match.NameScript},
		{"万俟雪", "Moqi Xue", match.NameScript},
		{"吕布", "Lv Bu", match.NameScript},
		{"Jonathan Smith", "Jonathan Smyth", match.NameClose},
		{"J. Smith", "John Smith", match.NameClose},
		{"Dr. Anna Weber", "Anna Weber", match.NameSame},
		{"王先生", "王小明", match.NamePart},
		{"王总", "Wang Xiaoming", match.NamePart},
		{"欧阳女士", "欧阳娜", match.NamePart},
		{"小明", "王小明", match.NameGiven},
		{"王小明", "王小红", match.NameAlike},
		{"张伟", "张强", match.NameFamily},
		{"John Smith", "John Brown", match.NameFamily},
		{"王先生", "李明", match.NameDiffers},
		{"王小明", "李大刚", match.NameDiffers},
		{"Anna Weber", "Peter Brown", match.NameDiffers},
	} {
		t.Run(c.a+"/"+c.b, func(t *testing.T) {
			require.Equal(t, c.level, levels(match.Compare(match.Profile{Name: c.a}, match.Profile{Name: c.b}, nil))[match.FieldName])
			require.Equal(t, c.level, levels(match.Compare(match.Profile{Name: c.b}, match.Profile{Name: c.a}, nil))[match.FieldName])
		})
	}
}

func TestCompaniesAreComparedWithoutLegalFormPlaceAndWidth(t *testing.T) {
	for _, c := range []struct{ a, b, level string }{
		{"深圳市海风科技有限公司", "深圳市海风科技", match.CompanySame},
		{"海风科技（深圳）有限公司", "海风科技(深圳)有限责任公司", match.CompanySame},
		{"ＡＢＣ科技股份有限公司", "abc科技", match.CompanySame},
		{"海風科技有限公司", "海风科技", match.CompanySame},
		{"Seawind Co., Ltd.", "SEAWIND", match.CompanySame},
		{"深圳市海风科技有限公司", "海风科技", match.CompanyCore},
		{"海风科技（深圳）有限公司", "海风科技", match.CompanyCore},
		{"广东深圳海风科技有限公司", "海风科技有限公司", match.CompanyCore},
		{"海风科技", "海风科技网络", match.CompanyClose},
		{"北京腾飞科技有限公司", "上海腾飞科技有限公司", match.CompanyOtherPlace},
		{"海风科技", "山月文化", match.CompanyDiffers},
		{"海风科技有限公司深圳分公司", "海风科技有限公司广州分公司", match.CompanyDiffers},
	} {
		t.Run(c.a+"/"+c.b, func(t *testing.T) {
			require.Equal(t, c.level, levels(match.Compare(match.Profile{Company: c.a}, match.Profile{Company: c.b}, nil))[match.FieldCompany])
		})
	}
}

func TestPhonesAndEmailsKnowTheSlipsOfTheHand(t *testing.T) {
	phone := func(p ...string) match.Profile { return match.Profile{Phones: p} }
	mail := func(m ...string) match.Profile { return match.Profile{Emails: m} }
	for _, c := range []struct {
		a, b         match.Profile
		field, level string
	}{
		{phone("+8613912340001"), phone("+8613912340001"), match.FieldPhone, match.PhoneSame},
		{phone("+8613912340001"), phone("+8613912340007"), match.FieldPhone, match.PhoneDigit},
		{phone("+8613912340001"), phone("+8613921340001"), match.FieldPhone, match.PhoneCrossed},
		{phone("+8613912340001"), phone("+8613855550001"), match.FieldPhone, match.PhoneDiffers},
		{phone("+8613855550001", "+8613912340001"), phone("+8613912340002"), match.FieldPhone, match.PhoneDigit},
		{phone("+862088881234"), phone("+862088881234"), match.FieldPhone, match.LandlineSame},
		{phone("+862088881234;ext=1"), phone("+862088881234;ext=2"), match.FieldPhone, match.LandlineOther},
		{phone("+862088881234"), phone("+862088881235"), match.FieldPhone, match.PhoneDiffers},
		{phone("+864008001234"), phone("+864008001234"), match.FieldPhone, match.ServiceSame},
		{phone("+862088881234"), phone("+8613912340001"), match.FieldPhone, match.PhoneDiffers},
		{mail("Li.Lei@corp.cn"), mail("li.lei@corp.cn"), match.FieldEmail, match.EmailSame},
		{mail("lilei.hz@corp.cn"), mail("lilei.hz@qq.com"), match.FieldEmail, match.EmailLocal},
		{mail("li@corp.cn"), mail("li@qq.com"), match.FieldEmail, match.EmailDiffers},
		{mail("lilei.hz@corp.cn"), mail("lilie.hz@corp.cn"), match.FieldEmail, match.EmailClose},
		{mail("1234567@qq.com"), mail("1234568@qq.com"), match.FieldEmail, match.EmailDiffers},
		{mail("info@corp.cn"), mail("info@corp.cn"), match.FieldEmail, match.MailboxSame},
	} {
		require.Equal(t, c.level, levels(match.Compare(c.a, c.b, nil))[c.field], "%v %v", c.a, c.b)
		require.Equal(t, c.level, levels(match.Compare(c.b, c.a, nil))[c.field], "%v %v", c.b, c.a)
	}
}

var (
	shenzhen = lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}
	chengdu  = lead.Region{Country: "CN", Province: "四川省", City: "成都市"}
)

func TestTheThresholdsSortLeadsAsAPersonWould(t *testing.T) {
	unionid := func(scope, v string) []lead.Identity {
		return []lead.Identity{{Kind: lead.IdentityUnionID, Scope: scope, Value: v}}
	}
	for _, c := range []struct {
		title    string
		a, b     match.Profile
		min, max float64
	}{
		{"a rare name in one company, another number", match.Profile{Name: "司徒明远", Company: "海风科技", Phones: []string{"+8613912340001"}},
			match.Profile{Name: "司徒明远", Company: "深圳海风科技有限公司", Phones: []string{"+8613855550002"}}, match.Likely, math.Inf(1)},
		{"the commonest name in one company is worth a look", match.Profile{Name: "张伟", Company: "深圳海风智能装备有限公司", Phones: []string{"+8613912340001"}},
			match.Profile{Name: "张伟", Company: "深圳海风智能装备", Phones: []string{"+8613855550002"}}, match.Possible, match.Likely},
		{"one wrong digit and the same name", match.Profile{Name: "王小明", Phones: []string{"+8613912340001"}},
			match.Profile{Name: "王小明", Phones: []string{"+8613912340007"}}, match.Likely, math.Inf(1)},
		{"one wrong digit and a homophone", match.Profile{Name: "王小明", Phones: []string{"+8613912340001"}},
			match.Profile{Name: "王晓明", Phones: []string{"+8613912340007"}}, match.Possible, math.Inf(1)},
		{"the same WeChat id in another scope and the same name", match.Profile{Name: "刘思远", Identities: unionid("a", "o6_xyz")},
			match.Profile{Name: "刘思远", Identities: unionid("b", "o6_xyz")}, match.Possible, math.Inf(1)},
		{"a common name in one city is nobody", match.Profile{Name: "张伟", Region: shenzhen}, match.Profile{Name: "张伟", Region: shenzhen}, math.Inf(-1), match.Possible},
		{"only one wrong digit is a neighbour", match.Profile{Name: "王小明", Phones: []string{"+8613912340001"}},
			match.Profile{Name: "李刚", Phones: []string{"+8613912340007"}}, math.Inf(-1), match.Possible},
		{"two colleagues", match.Profile{Name: "王小明", Company: "海风科技", Phones: []string{"+862088881234"}, Emails: []string{"info@haifeng.cn"}, Region: shenzhen},
			match.Profile{Name: "李刚", Company: "海风科技", Phones: []string{"+862088881234"}, Emails: []string{"info@haifeng.cn"}, Region: shenzhen}, math.Inf(-1), match.Possible},
		{"two ids on one platform speak against", match.Profile{Name: "张伟", Company: "深圳海风智能装备", Identities: unionid("a", "x")},
			match.Profile{Name: "张伟", Company: "深圳海风智能装备", Identities: unionid("a", "y")}, math.Inf(-1), match.Possible},
		{"nothing in common", match.Profile{Name: "王小明", Region: shenzhen}, match.Profile{Name: "赵丽", Region: chengdu}, math.Inf(-1), -20},
		{"nothing said", match.Profile{}, match.Profile{}, -20, -20},
	} {
		t.Run(c.title, func(t *testing.T) {
			s := match.Compare(c.a, c.b, nil)
			require.GreaterOrEqual(t, s.Weight, c.min, "%+v", s)
			require.LessOrEqual(t, s.Weight, c.max, "%+v", s)
		})
	}
}

type counted map[string]float64

func (c counted) Share(field, key string) float64 { return c[field+":"+key] }

func TestAgreementOnACommonValueWeighsLess(t *testing.T) {
	name := func(n string) float64 {
		return match.Compare(match.Profile{Name: n}, match.Profile{Name: n}, nil).Weight
	}
	require.Greater(t, name("李明远"), name("张伟")+1)
	require.Greater(t, name("司徒明远"), name("李明远"))

	p := match.Profile{Name: "李明远", Company: "海风科技有限公司"}
	freq := counted{match.FieldName + ":" + match.NameKey("李明远"): 0.01, match.FieldCompany + ":" + match.CompanyKey("海风科技"): 0.05}
	require.Less(t, match.Compare(p, p, freq).Weight, match.Compare(p, p, nil).Weight-10, "what the pool counted beats the shipped tables")
}

func TestContradictionsSpeakAgainst(t *testing.T) {
	a := match.Profile{Name: "王小明", Phones: []string{"+8613912340001"}, Emails: []string{"wang@a.cn"}, Company: "海风科技", Region: shenzhen}
	b := match.Profile{Name: "赵丽", Phones: []string{"+8613855550002"}, Emails: []string{"zhao@b.cn"}, Company: "山月文化", Region: chengdu}
	for _, p := range match.Compare(a, b, nil).Parts {
		require.Negative(t, p.Weight, p.Field)
	}
}

func TestEveryLevelHasWordsInBothLanguages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, p := range match.Compare(drawProfile(t), drawProfile(t), nil).Parts {
			require.NotEqual(t, p.Level, p.Words("zh"))
			require.NotEqual(t, p.Level, p.Words("en"))
			require.NotEqual(t, p.Words("zh"), p.Words("en"))
		}
	})
}

// drawProfile draws from few values, so that profiles meet in every way.
func drawProfile(t *rapid.T) match.Profile {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	some := func(label string, of ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 0, 3).Draw(t, label)
	}
	p := match.Profile{
		Name: pick("name", "", "王小明", "王晓明", "王先生", "小明", "張偉", "张伟", "Zhang Wei", "Wei Zhang", "张生", "Wang", "John Smith", "J Smith", "欧阳娜", "司马", "王小红", "\xff", "  ", "总"),
		Phones: some("phones", "", "+8613912340001", "+8613912340007", "+8613921340001", "+862088881234", "+862088881234;ext=1", "+864008001234",
			"+14155550100", "x", "+86"),
		Emails:     some("emails", "", "lilei.hz@corp.cn", "lilie.hz@corp.cn", "lilei.hz@qq.com", "info@corp.cn", "@", "a"),
		Company:    pick("company", "", "深圳市海风科技有限公司", "海风科技", "北京腾飞科技", "上海腾飞科技", "Seawind Ltd", "有限公司", "(株)"),
		Region:     rapid.SampledFrom([]lead.Region{{}, shenzhen, chengdu, {Country: "CN", Province: "广东省"}, {Country: "US"}, {City: "深圳市"}}).Draw(t, "region"),
		Identities: nil,
	}
	for range rapid.IntRange(0, 2).Draw(t, "ids") {
		p.Identities = append(p.Identities, lead.Identity{Kind: pick("kind", lead.IdentityUnionID, lead.IdentityOpenID, lead.IdentityLandline),
			Scope: pick("scope", "a", "b"), Value: pick("value", "", "x", "y")})
	}
	return p
}

func TestCompareIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawProfile(t), drawProfile(t)
		there, back := match.Compare(a, b, nil), match.Compare(b, a, nil)
		for i := range back.Parts {
			back.Parts[i].A, back.Parts[i].B = back.Parts[i].B, back.Parts[i].A
		}
		require.Equal(t, there, back)
	})
}

func TestTheWeightIsTheSumOfItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := match.Compare(drawProfile(t), drawProfile(t), nil)
		sum := 0.0
		for _, p := range s.Parts {
			require.False(t, math.IsNaN(p.Weight) || math.IsInf(p.Weight, 0), p.Level)
			sum += p.Weight
		}
		require.InDelta(t, sum, s.Weight, 1e-9)
		require.InDelta(t, 1/(1+math.Exp2(-s.Weight)), s.Probability, 1e-12)
	})
}

func BenchmarkCompare(b *testing.B) {
	x := match.Profile{Name: "王小明", Phones: []string{"+8613912340001"}, Emails: []string{"wangxm@corp.cn"}, Company: "深圳市海风科技有限公司", Region: shenzhen,
		Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: "+8613912340001"}}}
	y := x
	y.Name, y.Phones, y.Company, y.Emails = "王晓明", []string{"+8613912340007"}, "海风科技", []string{"wangxiaoming@qq.com"}
	b.ReportAllocs()
	for b.Loop() {
		match.Compare(x, y, nil)
	}
}
