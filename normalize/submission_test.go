package normalize

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

func submission(t testing.TB, d lead.Draft) *lead.Submission {
	t.Helper()
	raw, _ := typical()
	s, err := newNormalizer(t).Submission(raw, 0, d, 50)
	require.NoError(t, err)
	return s
}

func TestATypicalDraftBecomesASubmission(t *testing.T) {
	raw, d := typical()
	d.Fields[lead.FieldPage] = []string{"https://tengfei.example/price?utm_source=baidu&bd_vid=abc"}
	d.Fields["wechat"] = []string{"xiaoming-w"}
	d.Signals, raw.Signals = []lead.Signal{{Code: "links", Points: 20}}, []lead.Signal{{Code: "rate", Points: 30}}
	s, err := newNormalizer(t).Submission(raw, 0, d, 70)
	require.NoError(t, err)
	require.Equal(t, &lead.Submission{
		ID: raw.ID, Source: "official-site", Channel: "webform", Trust: 70, Spam: 50,
		EventTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ReceivedAt: raw.ReceivedAt,
		Name:    lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		Phones:  []lead.Phone{{E164: "+8613912345678", Type: lead.PhoneMobile, Raw: "13912345678", Province: "江苏省", City: "常州市"}},
		Emails:  []lead.Email{{Display: "xiaoming.wang@tengfei-tech.cn", Key: "xiaoming.wang@tengfei-tech.cn"}},
		Company: lead.Company{Display: "深圳市腾飞科技有限公司", Key: "深圳市腾飞科技"},
		Region:  lead.Region{Country: "CN", Province: "广东省", City: "深圳市", Code: "440300"}, RegionFrom: "fields",
		Message: "您好，我想了解一下报价和交付周期",
		Origin: lead.Origin{Source: "official-site", UTM: map[string]string{"source": "baidu"}, ClickIDs: map[string]string{"bd_vid": "abc"},
			Page: "https://tengfei.example/price?utm_source=baidu&bd_vid=abc"},
		Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: "+8613912345678"}, {Kind: lead.IdentityEmail, Value: "xiaoming.wang@tengfei-tech.cn"}},
		Extra:      map[string]string{"wechat": "xiaoming-w"},
	}, s)
}

func TestTheSourceIsPartOfTheOriginEvenWhenNothingElseIs(t *testing.T) {
	_, d := typical()
	require.Equal(t, lead.Origin{Source: "official-site"}, submission(t, d).Origin)
}

func TestTheSecondDraftOfARawHasItsOwnID(t *testing.T) {
	raw, d := typical()
	s, err := newNormalizer(t).Submission(raw, 2, d, 50)
	require.NoError(t, err)
	require.Equal(t, raw.ID+".2", s.ID)
	require.Equal(t, raw.ID, s.Raw)
}

func TestNobodyToRecogniseIsARejectionThatSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		draft lead.Draft
		says  string
	}{
		"nothing at all":    {lead.Draft{Fields: map[string][]string{lead.FieldName: {"王小明"}}}, "there is no phone"},
		"placeholder phone": {lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"13800138000"}}}, "placeholder"},
		"placeholder email": {lead.Draft{Fields: map[string][]string{lead.FieldEmail: {"someone.real@example.com"}}}, "placeholder"},
		"unreadable phone":  {lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"1391234567"}}}, "field phone could not be read"},
		"rounded phone":     {lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"1.39E+10"}}}, "export it again"},
		"unreadable email":  {lead.Draft{Fields: map[string][]string{lead.FieldEmail: {"lilei.tengfei.cn"}}}, "field email could not be read"},
		"a bank's hotline":  {lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"95588"}}}, "service number"},
		"empty platform id": {lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "null"}}}, "there is no phone"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, _ := typical()
			_, err := newNormalizer(t).Submission(raw, 0, c.draft, 50)
			var e *lead.Error
			require.True(t, errors.As(err, &e))
			require.Equal(t, lead.KindInvalid, e.Kind)
			require.Equal(t, "no_identity", e.Code)
			require.NotEmpty(t, e.Hint)
			require.Contains(t, e.Message, c.says)
			for _, values := range c.draft.Fields {
				require.NotContains(t, err.Error()+e.Hint, values[0], "errors are logged")
			}
		})
	}
}

func TestAnUnreadablePhoneBesideAGoodEmailIsOnlyANote(t *testing.T) {
	s := submission(t, lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"1391234567"}, lead.FieldEmail: {"li@tengfei.cn"}}})
	require.Empty(t, s.Phones)
	require.Len(t, s.Notes, 1)
	require.NotContains(t, s.Notes[0], "1391234567")
	require.Equal(t, "1391234567", s.Extra[lead.FieldPhone], "a person may still make sense of it")
}

func TestABlockedPhoneStaysButIsNoIdentity(t *testing.T) {
	s := submission(t, lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"13800138000"}, lead.FieldEmail: {"li@tengfei.cn"}}})
	require.Equal(t, "placeholder", s.Phones[0].Blocked)
	require.Equal(t, []lead.Identity{{Kind: lead.IdentityEmail, Value: "li@tengfei.cn"}}, s.Identities)
}

func TestIdentitiesOfPlatformsKeepTheirScope(t *testing.T) {
	s := submission(t, lead.Draft{
		Fields: map[string][]string{lead.FieldExternalID: {" C-1001 ", "0"}, lead.FieldPhone: {"0755-88881234转8001"}, lead.FieldEmail: {"sales@tengfei.cn"}},
		Identities: []lead.Identity{
			{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "\u200boA1 "}, {Kind: lead.IdentityUnionID, Value: "uB2"},
			{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "undefined"}, {Kind: "cookie", Value: "c"},
			{Kind: lead.IdentityBuyer, Scope: "taobao", Value: strings.Repeat("x", 300)}, {Kind: lead.IdentityMobile, Value: "13912345678"},
		},
	})
	require.Equal(t, []lead.Identity{
		{Kind: lead.IdentityMobile, Value: "+8613912345678"},
		{Kind: lead.IdentityUnionID, Scope: "official-site", Value: "uB2"},
		{Kind: lead.IdentityOpenID, Scope: "wx1", Value: "oA1"},
		{Kind: lead.IdentityExternal, Scope: "official-site", Value: "C-1001"},
		{Kind: lead.IdentityLandline, Value: "+8675588881234;ext=8001"},
		{Kind: lead.IdentityRoleMail, Value: "sales@tengfei.cn"},
	}, s.Identities)
	require.Len(t, s.Notes, 4)
}

func TestConsentIsReadInBothLanguages(t *testing.T) {
	_, d := typical()
	for answer, want := range map[string]bool{"yes": true, "同意": true, "on": true, "true": true, "１": true, "no": false, "不同意": false, "off": false, "0": false, "拒绝": false} {
		d.Fields[lead.FieldConsent] = []string{answer}
		d.Fields[lead.FieldConsentText], d.Fields[lead.FieldConsentVersion] = []string{"我同意被联系。"}, []string{"v3"}
		s := submission(t, d)
		require.Equal(t, []lead.Consent{{Purpose: "contact", Granted: want, Text: "我同意被联系。", Version: "v3", At: s.EventTime}}, s.Consents, answer)
	}
	d.Fields[lead.FieldConsent] = []string{"maybe"}
	s := submission(t, d)
	require.Empty(t, s.Consents)
	require.Len(t, s.Notes, 1)

	d.Fields[lead.FieldConsent], d.Fields[lead.FieldConsentPurpose] = []string{"yes", "no"}, []string{"contact", "newsletter"}
	s = submission(t, d)
	require.Len(t, s.Consents, 2)
	require.True(t, s.Consents[0].Granted)
	require.False(t, s.Consents[1].Granted)
}

func TestOriginIsTakenFromFieldsThenFromTheQueriesOfPageAndLanding(t *testing.T) {
	_, d := typical()
	d.Fields[lead.FieldUTMSource] = []string{"newsletter"}
	d.Fields[lead.FieldPage] = []string{"https://li:secret@x.cn/p?utm_source=baidu&utm_medium=cpc&gclid=G%2D1&token=abc&q=1#access_token=zz"}
	d.Fields[lead.FieldLanding] = []string{"https://x.cn/?utm_medium=other&utm_campaign=%E6%98%A5%E5%AD%A3&bd_vid=B1&utm_bogus=1"}
	d.Fields[lead.FieldReferrerURL] = []string{"javascript:alert(1)"}
	s := submission(t, d)
	require.Equal(t, lead.Origin{
		Source: "official-site", UTM: map[string]string{"source": "newsletter", "medium": "cpc", "campaign": "春季"},
		ClickIDs: map[string]string{"gclid": "G-1", "bd_vid": "B1"},
		Page:     "https://x.cn/p?utm_source=baidu&utm_medium=cpc&gclid=G%2D1&q=1", Landing: d.Fields[lead.FieldLanding][0],
	}, s.Origin)
	require.Len(t, s.Notes, 1)
}

func TestWhatIsTooLongIsCutWithANote(t *testing.T) {
	_, d := typical()
	long := strings.Repeat("很长", 20_000)
	for _, f := range []string{lead.FieldName, lead.FieldCompany, lead.FieldTitle, lead.FieldMessage, lead.FieldAddress, lead.FieldTag, "a_note"} {
		d.Fields[f] = []string{long}
	}
	d.Fields[lead.FieldPage] = []string{"https://x.cn/" + strings.Repeat("p", 5000)}
	for i := range 80 {
		d.Fields["f"+strconv.Itoa(i)] = []string{"v"}
	}
	s := submission(t, d)
	require.Len(t, s.Notes, 9)
	b, err := json.Marshal(s)
	require.NoError(t, err)
	require.Less(t, len(b), 50_000)
	require.Equal(t, 10_000, utf8.RuneCountInString(s.Message))
}

func TestListsAreSplitSortedAndWithoutRepeats(t *testing.T) {
	_, d := typical()
	d.Fields[lead.FieldTag] = []string{"VIP，展会", "展会; a"}
	d.Fields[lead.FieldProduct] = []string{"B", "A"}
	s := submission(t, d)
	require.Equal(t, []string{"VIP", "a", "展会"}, s.Tags)
	require.Equal(t, []string{"A", "B"}, s.Products)
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for _, cfg := range []Config{{Country: "ZZ"}, {Country: "China"}, {NeverKeys: []string{"hello"}}, {NeverKeys: []string{"13912345678", "@"}}} {
		_, err := New(cfg)
		var e *lead.Error
		require.True(t, errors.As(err, &e), "%+v", cfg)
		require.Equal(t, lead.KindInvalid, e.Kind)
	}
}

func TestADraftIsNotChanged(t *testing.T) {
	raw, d := typical()
	d.Fields["x"] = []string{" a ", "b"}
	d.Identities = []lead.Identity{{Kind: lead.IdentityMobile, Value: " 13912345679 "}}
	before, err := json.Marshal(d)
	require.NoError(t, err)
	_, err = newNormalizer(t).Submission(raw, 0, d, 50)
	require.NoError(t, err)
	after, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestNormalisingWhatIsShownGivesTheSameKeys(t *testing.T) {
	n := newNormalizer(t)
	raw, _ := typical()
	word := rapid.SampledFrom([]string{"王", "小明", "先生", "欧阳", "总", "John", "Smith", ",", " ", "（", "）", "有限公司", "集团", "Co.", "Ltd", "科技", "深圳", "·", "1", "Ｋ", "é", "㈱", "\u200b", "🌸"})
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) []string {
			return []string{strings.Join(rapid.SliceOfN(word, 0, 6).Draw(t, label), "")}
		}
		d := lead.Draft{Fields: map[string][]string{lead.FieldPhone: {mobile(t)}, lead.FieldName: text("name"), lead.FieldCompany: text("company")}}
		first, err := n.Submission(raw, 0, d, 50)
		if err != nil {
			t.Skip("a placeholder")
		}
		again, err := n.Submission(raw, 0, lead.Draft{Fields: map[string][]string{lead.FieldPhone: {first.Phones[0].Display()},
			lead.FieldName: {first.Name.Display}, lead.FieldCompany: {first.Company.Display}}}, 50)
		if err != nil {
			t.Fatal(err)
		}
		if first.Phones[0].E164 != again.Phones[0].E164 || first.Company != again.Company {
			t.Fatalf("%+v %+v", first, again)
		}
	})
}

func FuzzSubmission(f *testing.F) {
	f.Add([]byte(`{"fields":{"name":["王小明"],"phone":["13912345678"],"email":["li@x.cn"],"city":["深圳"]},"event_time":"2024-01-02 03:04:05"}`))
	f.Add([]byte(`{"fields":{"phone":["020-88881234转8001/138"],"address":["广东省深圳市"],"country":["US"],"page":["http://u:p@x.cn/?utm_source=a&gclid=%zz"]},"identities":[{"kind":"openid","value":"x"}]}`))
	f.Add([]byte(`{"fields":{"consent":["是"],"consent_at":["昨天"],"company":["（株）"],"zz":["\u0000\ud800"],"phone":["+86"]}}`))
	n := newNormalizer(f)
	raw, _ := typical()
	f.Fuzz(func(t *testing.T, b []byte) {
		var d lead.Draft
		if json.Unmarshal(b, &d) != nil {
			return
		}
		for k, v := range d.Fields { // what JSON cannot carry, other channels can
			for i := range v {
				d.Fields[k][i] = strings.ReplaceAll(v[i], "\uFFFD", "\xff")
			}
		}
		s, err := n.Submission(raw, 0, d, 50)
		again, err2 := n.Submission(raw, 0, d, 50)
		require.Equal(t, err, err2)
		require.Equal(t, s, again, "the same draft gives the same submission")
		if err != nil {
			return
		}
		require.NotEmpty(t, s.Identities)
		require.False(t, s.EventTime.IsZero())
		everyString(t, s)
	})
}

// everyString walks the submission's own JSON, where an invalid byte would show as U+FFFD in a place that had none.
func everyString(t *testing.T, s *lead.Submission) {
	var texts []string
	texts = append(texts, s.Name.Display, s.Name.Key, s.Name.Honorific, s.Company.Display, s.Company.Key, s.Title, s.Address, s.Message,
		s.Region.City, s.Region.Province, s.Origin.Page, s.Origin.Landing, s.Origin.Referrer)
	texts = append(texts, s.Notes...)
	texts = append(texts, s.Tags...)
	for _, p := range s.Phones {
		texts = append(texts, p.Raw, p.E164, p.Ext)
	}
	for _, e := range s.Emails {
		texts = append(texts, e.Display, e.Key)
	}
	for k, v := range s.Extra {
		texts = append(texts, k, v)
	}
	for _, i := range s.Identities {
		texts = append(texts, i.Key())
	}
	for _, text := range texts {
		require.True(t, utf8.ValidString(text), "%q", text)
		require.NotContains(t, text, "\x00")
	}
}

// What was on the list of never keys when a submission came is in it still, and comes back when the list no longer has it.
func TestAStoredSubmissionIsReadByTheListOfNow(t *testing.T) {
	then, err := New(Config{NeverKeys: []string{"13912340001", "@tengfei.cn"}})
	require.NoError(t, err)
	now, err := New(Config{})
	require.NoError(t, err)
	var d lead.Draft
	for _, v := range [][2]string{{lead.FieldPhone, "13912340001"}, {lead.FieldPhone, "13800138000"}, {lead.FieldEmail, "li@tengfei.cn"}, {lead.FieldEmail, "li@corp-mail.cn"}} {
		d.Add(v[0], v[1])
	}
	raw := lead.Raw{ID: "a", Source: "site"}
	old, err := then.Submission(raw, 0, d, 50)
	require.NoError(t, err)
	require.Len(t, old.Identities, 1)
	want, err := now.Submission(raw, 0, d, 50)
	require.NoError(t, err)
	require.Nil(t, then.Renew(old), "by the same list it stays as it is")
	got := now.Renew(old)
	require.Equal(t, want.Identities, got.Identities)
	require.Equal(t, want.Phones, got.Phones)
	require.Equal(t, want.Emails, got.Emails)
	require.Len(t, old.Identities, 1, "the stored one is not touched")
	require.Nil(t, now.Renew(got))
}
