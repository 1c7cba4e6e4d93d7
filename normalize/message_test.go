package normalize

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// buyer is a person whom a chat platform recognises.
var buyer = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "shop", Value: "b-1"}}

func chat(messages ...string) lead.Draft {
	return lead.Draft{Chat: true, Identities: buyer, Fields: map[string][]string{lead.FieldMessage: messages}}
}

func phonesOf(s *lead.Submission) []string {
	out := []string{}
	for _, p := range s.Phones {
		out = append(out, p.Display())
	}
	return out
}

func TestAPhoneInAConversationIsAStrongIdentity(t *testing.T) {
	s := submission(t, chat("你好，在吗", "我电话１３９ 2345 6712，叫我小王就行"))
	require.Equal(t, []lead.Phone{{E164: "+8613923456712", Type: lead.PhoneMobile, Raw: "139 2345 6712", Province: s.Phones[0].Province, City: s.Phones[0].City}}, s.Phones)
	require.Equal(t, lead.Identity{Kind: lead.IdentityMobile, Value: "+8613923456712"}, s.Identities[0])
	require.Contains(t, s.Identities, buyer[0])
	require.Equal(t, "小王", s.Name.Display)
	f := s.Found[0]
	require.Equal(t, lead.FieldPhone, f.Field)
	require.Equal(t, []lead.Span{{Message: 1, From: len("我电话"), To: len("我电话１３９ 2345 6712")}}, f.Spans)
	require.True(t, f.Used)
}

func TestANumberBrokenOverTwoMessagesHasBothSpans(t *testing.T) {
	s := submission(t, chat("我电话13822", "446688 这是后半段"))
	require.Equal(t, []string{"+8613822446688"}, phonesOf(s))
	require.Equal(t, []lead.Span{{Message: 0, From: len("我电话"), To: len("我电话13822")}, {Message: 1, From: 0, To: 6}}, s.Found[0].Spans)
	require.Equal(t, "13822 446688", s.Found[0].Text)

	for name, messages := range map[string][]string{
		"not consecutive":       {"我电话13822", "稍等", "446688"},
		"too long together":     {"我电话13822", "4466889"},
		"no mobile together":    {"我电话10822", "446688"},
		"the second is a price": {"我电话13822", "446688元"},
		"an order":              {"订单号13822", "446688"},
		"the first is whole":    {"我电话13822446689", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotContains(t, phonesOf(submission(t, chat(messages...))), "+8613822446688")
		})
	}
}

func TestWhatTheChannelGaveStandsAboveTheText(t *testing.T) {
	d := chat("我是李雷，电话13912345671，邮箱li@tengfei.cn，我在成都")
	d.Fields[lead.FieldName], d.Fields[lead.FieldPhone] = []string{"王小明"}, []string{"13712345678"}
	d.Fields[lead.FieldCity] = []string{"深圳"}
	s := submission(t, d)
	require.Equal(t, "王小明", s.Name.Display)
	require.Equal(t, []string{"+8613712345678", "+8613912345671"}, phonesOf(s), "in a conversation a second number is the person's, too")
	require.Equal(t, "深圳市", s.Region.City)
	require.Equal(t, "fields", s.RegionFrom)
	for _, f := range s.Found {
		require.Equal(t, f.Field == lead.FieldPhone || f.Field == lead.FieldEmail, f.Used, "%+v", f)
	}
}

func TestSomebodyElsesNumberIsShownAndNotUsed(t *testing.T) {
	for message, why := range map[string]string{"我老公的电话是13912345671": "third_person", "请打13912345671联系我老公": "third_person",
		"你们客服13912345671的电话打不通": "theirs", "我的手机13800138000": "placeholder"} {
		s := submission(t, chat(message))
		require.Empty(t, s.Phones, message)
		require.Equal(t, buyer, s.Identities, message)
		require.Len(t, s.Found, 1, message)
		require.Equal(t, why, s.Found[0].Why, message)
		require.Less(t, s.Found[0].Confidence, lead.FoundUsed)
		require.False(t, s.Found[0].Used)
	}
}

// The text of a form may be about anybody: it never brings two people together.
func TestTheTextOfAFormIsReadOnlyWhereNothingElseRecognisesThePerson(t *testing.T) {
	own := lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"13712345678"}, lead.FieldMessage: {"也可以打13912345671"}}}
	s := submission(t, own)
	require.Equal(t, []string{"+8613712345678"}, phonesOf(s))
	require.Empty(t, s.Found)

	mail := lead.Draft{Fields: map[string][]string{lead.FieldEmail: {"li@tengfei.cn"}, lead.FieldMessage: {"my phone is 13912345671"}}}
	require.Empty(t, submission(t, mail).Phones)

	lost := lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"1391234567"}, lead.FieldMessage: {"刚才少写一位，电话13912345671"}}}
	require.Equal(t, []string{"+8613912345671"}, phonesOf(submission(t, lost)))

	raw, _ := typical()
	_, err := newNormalizer(t).Submission(raw, 0, lead.Draft{Fields: map[string][]string{lead.FieldMessage: {"请打13900001111联系我老公"}}}, 50)
	require.Equal(t, "no_identity", lead.AsError(err).Code)
}

func TestASameNumberOnWechatIsDerivedFromThePhone(t *testing.T) {
	s := submission(t, chat("13912345671", "微信同号"))
	require.Equal(t, "13912345671", s.Extra[lead.FieldWechat])
	i := slices.IndexFunc(s.Found, func(f lead.Found) bool { return f.Field == lead.FieldWechat })
	require.Equal(t, []lead.Span{{Message: 0, From: 0, To: 11}}, s.Found[i].Spans)
}

func TestWhatIsSaidOfBudgetAndTimeIsKeptInThePersonsWords(t *testing.T) {
	s := submission(t, chat("预算20万左右，明天下午三点后联系，加V：lilei_88，QQ 283746510"))
	require.Equal(t, map[string]string{lead.FieldBudget: "20万左右", lead.FieldCallTime: "明天下午三点后", lead.FieldWechat: "lilei_88", lead.FieldQQ: "283746510"}, s.Extra)
}

func TestAWholeNameReplacesAFamilyNameOfTheSameConversation(t *testing.T) {
	s := submission(t, chat("我姓王", "我叫王小明"))
	require.Equal(t, "王小明", s.Name.Display)
	used := 0
	for _, f := range s.Found {
		if f.Used {
			used++
		}
	}
	require.Equal(t, 1, used)
}

func TestALongTextIsReadInTimeThatGrowsWithItsLength(t *testing.T) {
	n := newNormalizer(t)
	for name, unit := range map[string]string{"digits": "1391234567", "groups": "139 1234 ", "numbers": "13912345678 ", "numerals": "一三九", "mails": "a1@b.cn ", "labels": "电话", "dashes": "1-",
		"plus": "+", "commas": "139,1234,5678,", "keycaps": "1️⃣", "names": "我叫王小明", "brackets": "(", "at": "a at ", "pieces": "139中间", "company": "有限公司", "place": "在", "budget": "预算1", "wechat": "加v"} {
		t.Run(name, func(t *testing.T) {
			took := func(size int) time.Duration {
				text := strings.Repeat(unit, size/len(unit))
				start := time.Now()
				n.read([]string{text}, "CN")
				return time.Since(start)
			}
			small, large := took(1<<12), took(1<<15)
			t.Logf("%s, 8 times the text %s", small, large)
			require.Less(t, large, 24*small+2*time.Second, "8 times the text: %s, then %s", small, large)
		})
	}
}

func FuzzMessages(f *testing.F) {
	for _, s := range []string{"我电话13822\x00446688 这是后半段", "１３９ 2345 6712", "一三八 零零一三 八零零零", "1️⃣3️⃣9️⃣ 138oo138000", "加V：lilei_88 微信同号", "li at qq dot com，预算5-8w，明天下午三点后联系",
		"我是李雷，深圳市远航机电有限公司，0755-88881234转8001", "This is John Smith, +1 415 555 2671", "\xff139\xfe1234", "免贵姓欧阳", "叫我小王", "𝟏𝟑𝟗①②❶"} {
		f.Add(s)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, s string) {
		messages := strings.Split(s, "\x00")
		found := n.read(messages, "CN")
		require.Equal(t, found, n.read(messages, "CN"))
		for _, x := range found {
			require.NotEmpty(t, x.Spans)
			require.NotEmpty(t, x.Value)
			said := ""
			for _, span := range x.Spans {
				require.GreaterOrEqual(t, span.From, 0)
				require.Less(t, span.From, span.To)
				require.LessOrEqual(t, span.To, len(messages[span.Message]))
				said += messages[span.Message][span.From:span.To]
			}
			derivable(t, x, said)
		}
	})
}

// derivable checks that a value is made of nothing but what stands at its spans.
func derivable(t *testing.T, x lead.Found, said string) {
	h := hear(said, 0)
	switch x.Field {
	case lead.FieldPhone, lead.FieldQQ:
		var digits strings.Builder
		for _, r := range h.text {
			switch d := hanDigits[r]; {
			case r >= '0' && r <= '9':
				digits.WriteRune(r)
			case r == 'o' || r == 'O':
				digits.WriteByte('0')
			case d != 0:
				digits.WriteByte(d)
			}
		}
		value, ext, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(x.Value, "+86"), "+"), ";ext=")
		require.Contains(t, digits.String(), value, "%q", said)
		require.Contains(t, digits.String(), ext)
	case lead.FieldEmail:
		local, _, _ := strings.Cut(x.Value, "@")
		require.Contains(t, h.low, strings.ToLower(fold(local)))
	case lead.FieldCity, lead.FieldProvince:
		require.True(t, divisions().read(h.text, place{}, levelCity).found(), "%q", said)
	default:
		strip := func(s string) string { return strings.Join(strings.Fields(fold(clean(s))), "") }
		if x.Field == lead.FieldName {
			said = strings.ReplaceAll(said, "名", "")
			x.Value = strings.ReplaceAll(x.Value, "名", "")
		}
		if x.Field != lead.FieldWechat || !isDigits(x.Value) {
			require.Contains(t, strip(h.text)+strip(said), strip(x.Value))
		}
	}
}
