package excel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var noMapping = connectors.NewMapper(connectors.Settings{})

func TestHeadersAreUnderstoodAsPeopleWriteThem(t *testing.T) {
	for header, want := range map[string]string{
		"姓名": lead.FieldName, "姓 名": lead.FieldName, "客户姓名": lead.FieldName, "参会人姓名": lead.FieldName, "姓名 Name": lead.FieldName,
		"姓名/Name": lead.FieldName, "Contact Person Name": lead.FieldName, "Full Name*": lead.FieldName, "公司联系人": lead.FieldName,
		"手机号码(必填)": lead.FieldPhone, "*手机号": lead.FieldPhone, "联系人电话": lead.FieldPhone, "Mobile No.": lead.FieldPhone, "公司电话": lead.FieldPhone,
		"观众手机": lead.FieldPhone, "电话/传真": lead.FieldPhone, "Tel / Mobile": lead.FieldPhone, "Phone 1": lead.FieldPhone, "电话2": lead.FieldPhone,
		"联系电话Tel": lead.FieldPhone, "手机号吗": lead.FieldPhone, "Telphone": lead.FieldPhone, "联系人/手机": lead.FieldPhone,
		"E-mail 地址": lead.FieldEmail, "E-Mail": lead.FieldEmail, "联系邮箱": lead.FieldEmail, "电子邮箱（选填）": lead.FieldEmail,
		"公司": lead.FieldCompany, "贵司名称": lead.FieldCompany, "公司名称（全称）": lead.FieldCompany, "参展单位": lead.FieldCompany, "Compnay Name": lead.FieldCompany,
		"Company / Organisation": lead.FieldCompany, "职务": lead.FieldTitle, "Job Title": lead.FieldTitle,
		"省份": lead.FieldProvince, "省/市": lead.FieldCity, "所在省市": lead.FieldCity, "意向产品": lead.FieldProduct, "意向产品型号": lead.FieldProduct,
		"推荐人": lead.FieldReferrer, "推荐人姓名": lead.FieldReferrer, "微信号": lead.FieldWechat, "WeChat ID": lead.FieldWechat,
		"登记日期": connectors.FieldEventTime, "报名时间": connectors.FieldEventTime, "Registration Date": connectors.FieldEventTime, "序号": connectors.FieldIgnore,
		"预算(万元)": lead.FieldBudget, "公司地址": lead.FieldAddress, "备注信息": lead.FieldMessage, "业务员": lead.FieldOwnerHint,
	} {
		require.Equal(t, want, headerMatch(noMapping, header).field, header)
	}
}

func TestWhatIsNotTheLeadsIsNeverTakenForIt(t *testing.T) {
	for _, header := range []string{
		"紧急联系人", "公司/传真", "手机归属地", "毕业院校", "代理商名称", "Lead Owner", "推荐人电话", "推荐人手机号", "介绍人/手机", "紧急联系人电话", "业务员手机", "跟进人邮箱", "Referrer Phone", "Sales rep mobile", "推荐人公司名称",
		"公司传真", "公司网址", "公司规模", "公司性质", "身份证号码", "ID Card", "银行卡号", "客户编号", "Order No.", "跟进时间", "下次跟进时间", "预约时间", "出生日期",
		"成立日期", "微信昵称", "主营产品", "展会名称", "Event Name", "Booth", "来源", "状态", "分公司", "产品数量", "Brand name", "Hall name", "IP地址",
	} {
		require.Empty(t, headerMatch(noMapping, header).field, header)
	}
}

func TestOneSlipOfTheKeyboardIsForgivenTwoAreNot(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"telphone", "telephone"}: true, {"compnay", "company"}: true, {"companyy", "company"}: true, {"mobila", "mobile"}: true, {"手机号吗", "手机号码"}: true,
		{"company", "company"}: false, {"cmpany", "compeny"}: false, {"公司电话", "公司名称"}: false, {"", "a"}: true, {"ab", "ba"}: true, {"abc", "cba"}: false,
	} {
		require.Equal(t, want, oneSlip([]rune(pair[0]), []rune(pair[1])), pair)
		require.Equal(t, want, oneSlip([]rune(pair[1]), []rune(pair[0])), pair)
	}
}

func TestTheMappingOfTheSourceWinsOverEveryName(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{Mapping: map[string]string{"手机": "-", "客户编号": lead.FieldExternalID, "推荐人电话": lead.FieldPhone}})
	for header, want := range map[string]string{"手机": connectors.FieldIgnore, "客户编号": lead.FieldExternalID, "推荐人电话": lead.FieldPhone, "姓名": lead.FieldName} {
		got := headerMatch(m, header)
		require.Equal(t, want, got.field)
		if header != "姓名" {
			require.Equal(t, howMapping, got.how)
		}
	}
}

func TestValuesLookLikeWhatTheyAre(t *testing.T) {
	for value, want := range map[string]look{
		"13912345678": looksPhone, "139 1234 5678": looksPhone, "+86-139-1234-5678": looksPhone, "１３９１２３４５６７８": looksPhone, "0755-88881234": looksPhone,
		"13912345678/0755-88881234": looksPhone, "1.39E+10": looksPhone, "13912345678.0": looksPhone, "400-800-1234": looksPhone, "\u00a013912345678\u200b": looksPhone,
		"110101199003075123": looksIDCard, "11010119900307512X": looksIDCard, "12345678": looksNumber, "¥": looksText, "3,500": looksNumber, "35%": looksNumber,
		"lin@xinghe.cn": looksEmail, "林晓": looksName, "欧阳娜娜": looksName, "王总": looksName, "Anna Müller-Lee": looksText, "Anna Lee": looksName, "阿依古丽·买买提": looksName,
		"星河科技有限公司": looksCompany, "Xinghe Trading Co., Ltd.": looksCompany, "第一人民医院": looksCompany, "广东省深圳市": looksRegion, "上海": looksRegion, "朝阳区": looksRegion,
		"2026-01-02": looksDate, "2026年1月2日 下午3:04": looksDate, "3/4/2026": looksDate, "https://xinghe.cn": looksURL, "想看样机": looksText, "": looksText,
	} {
		require.Equal(t, want, lookAt(value, false), "%q", value)
	}
}
