package connectors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func TestTheNamesThatFormsUseAreKnown(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{})
	for field, names := range map[string]string{
		lead.FieldName:       "name Full-Name your-name YOUR_NAME 姓名 称呼 联系人 您的姓名 客户姓名 ＮＡＭＥ fullName name* 姓名（必填） 姓名：",
		lead.FieldGivenName:  "fname first_name firstName",
		lead.FieldFamilyName: "lname last-name lastName",
		lead.FieldPhone:      "phone Tel tel-123 mobile 手机 手机号 手机号码 电话 联系电话 您的手机号 联系人电话 whatsapp phone_number phone2 contact[phone] data.contact.mobile phone[]",
		lead.FieldEmail:      "email e-mail your-email 邮箱 电子邮箱 联系邮箱 user[email]",
		lead.FieldCompany:    "company company-name 公司 单位 企业名称 公司名称 company.name",
		lead.FieldTitle:      "title job_title 职位",
		lead.FieldProvince:   "province 省份 省",
		lead.FieldCity:       "city 城市 所在地 所在城市",
		lead.FieldAddress:    "address 地址 详细地址 address1",
		lead.FieldMessage:    "message your-message 留言 备注 需求 咨询内容 comments",
		lead.FieldProduct:    "product 意向产品 感兴趣的产品",
		lead.FieldBudget:     "budget 预算",
		lead.FieldWechat:     "wechat 微信 微信号",
		lead.FieldQQ:         "qq QQ QQ号",
		lead.FieldConsent:    "consent agree 同意隐私政策",
		lead.FieldUTMSource:  "utm_source utmSource utm.source utm[source]",
		"gclid":              "gclid GCLID",
		"li_fat_id":          "li_fat_id",
		lead.FieldPage:       "page page_url pageUrl",
		"":                   "yes order_id 123 1.3 company.phone.model f1 备用 billing.vat homepage user.id your-subject name.suffix.x 你好 - ()",

		connectors.FieldEventTime: "submitted_at 提交时间 event_time",
	} {
		for name := range strings.FieldsSeq(names) {
			require.Equal(t, field, m.Field(name), name)
		}
	}
	require.Equal(t, lead.FieldName, m.Field("  姓 名 "))
}

func TestEveryFieldOfADraftIsItsOwnAlias(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{})
	for _, field := range []string{lead.FieldName, lead.FieldFamilyName, lead.FieldGivenName, lead.FieldHonorific, lead.FieldPhone,
		lead.FieldEmail, lead.FieldCompany, lead.FieldTitle, lead.FieldCountry, lead.FieldProvince, lead.FieldCity, lead.FieldDistrict,
		lead.FieldAddress, lead.FieldMessage, lead.FieldProduct, lead.FieldBudget, lead.FieldTag, lead.FieldLanguage, lead.FieldWechat,
		lead.FieldQQ, lead.FieldExternalID, lead.FieldReferrer, lead.FieldOwnerHint, lead.FieldConsent, lead.FieldConsentText,
		lead.FieldConsentVersion, lead.FieldConsentPurpose, lead.FieldConsentAt, lead.FieldUTMSource, lead.FieldUTMMedium,
		lead.FieldUTMCampaign, lead.FieldUTMTerm, lead.FieldUTMContent, lead.FieldUTMID, lead.FieldPage, lead.FieldReferrerURL, lead.FieldLanding} {
		require.Equal(t, field, m.Field(field))
	}
}

func TestTheMappingOfTheSourceWinsAndDefaultsFillWhatIsEmpty(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{
		Mapping:  map[string]string{"Mobile": "message", "f-1": "name", "内部备注": "-", "when": "event_time", "vip": "vip_level"},
		Defaults: map[string]string{"product": "标准版", "name": "nobody", "city": "杭州"},
	})
	d := m.Draft([]connectors.Pair{{Name: "mobile", Value: "call me"}, {Name: "F1", Value: "林晓"}, {Name: "内部备注", Value: "x"},
		{Name: "when", Value: "2026-01-01"}, {Name: "vip", Value: "3"}, {Name: "city", Value: "  "}, {Name: "电话", Value: "1"}, {Name: "tel", Value: "2"}, {Name: "其他", Value: "y"}})
	require.Equal(t, lead.Draft{EventTime: "2026-01-01", Fields: map[string][]string{"message": {"call me"}, "name": {"林晓"},
		"vip_level": {"3"}, "phone": {"1", "2"}, "其他": {"y"}, "product": {"标准版"}, "city": {"杭州"}}}, d)
	require.True(t, m.Mapped("MOBILE"))
	require.False(t, m.Mapped("phone"))
}

func TestCaseWidthSpacesAndPunctuationOfANameDoNotMatter(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{Mapping: map[string]string{"My Field_1": "budget"}})
	names := map[string]string{"myfield1": "budget", "phone": "phone", "手机号": "phone", "utmsource": "utm_source"}
	rapid.Check(t, func(t *rapid.T) {
		for plain, want := range names {
			var b strings.Builder
			for i, r := range plain {
				if i > 0 {
					b.WriteString(rapid.SampledFrom([]string{"", " ", "-", "_", "　", "*", "："}).Draw(t, "between"))
				}
				switch {
				case r < 0x80 && rapid.Bool().Draw(t, "wide"):
					r += 0xFEE0
				case rapid.Bool().Draw(t, "upper"):
					r = []rune(strings.ToUpper(string(r)))[0]
				}
				b.WriteRune(r)
			}
			require.Equal(t, want, m.Field(b.String()), b.String())
		}
	})
}

func TestNamesThatStrangersMakeUpDoNotFillTheMemory(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{})
	for i := range 3000 {
		require.Empty(t, m.Field("x"+strings.Repeat("y", i%90)+string(rune('a'+i%26))+strings.Repeat("z", i/100)))
	}
	require.LessOrEqual(t, connectors.RememberedNames(m), 1000)
	require.Equal(t, "phone", m.Field("手机"))
}

func TestAVendorsOwnNameIsNotGuessedAt(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{Mapping: map[string]string{"city": "province"}})
	var d lead.Draft
	m.Keep(&d, connectors.Pair{Name: "phone", Value: "1"})
	m.Keep(&d, connectors.Pair{Name: "city", Value: "2"})
	m.Keep(&d, connectors.Pair{Name: " ", Value: "3"})
	require.Equal(t, map[string][]string{"phone": {"1"}, "province": {"2"}}, d.Fields)
}
