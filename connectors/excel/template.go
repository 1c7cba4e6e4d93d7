package excel

import (
	"io"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// templateColumn is one column of the template in both languages.
type templateColumn struct {
	field                string
	header, note         connectors.Text
	exampleZH, exampleEN string
	optionsZH, optionsEN string // parted by spaces, by commas
	required             bool
}

// templateColumns are what the template asks for, and how result files name the columns of lists without a header.
var templateColumns = []templateColumn{
	{field: lead.FieldName, header: connectors.Text{EN: "Name", ZH: "姓名"}, exampleZH: "林晓（示例）", exampleEN: "Lin Xiao (example)",
		note: connectors.Text{EN: "Name of the contact person. Delete the example row, or leave it: it is not imported.", ZH: "联系人姓名。示例行可删除，也可保留：不会被导入。"}},
	{field: lead.FieldPhone, header: connectors.Text{EN: "Mobile", ZH: "手机"}, exampleZH: "13912345678", exampleEN: "+8613912345678", required: true,
		note: connectors.Text{EN: "Mobile or landline with its area code; several with a comma between them. Mobile or email must be there.", ZH: "手机号，或带区号的固定电话；多个号码用逗号分隔。手机与邮箱至少填一项。"}},
	{field: lead.FieldEmail, header: connectors.Text{EN: "Email", ZH: "邮箱"}, exampleZH: "linxiao@xinghe.cn", exampleEN: "linxiao@xinghe.cn",
		note: connectors.Text{EN: "Email address.", ZH: "电子邮箱地址。"}},
	{field: lead.FieldWechat, header: connectors.Text{EN: "WeChat", ZH: "微信号"}, exampleZH: "linxiao_wx", exampleEN: "linxiao_wx",
		note: connectors.Text{EN: "WeChat ID, not the nickname.", ZH: "微信号，不是昵称。"}},
	{field: lead.FieldCompany, header: connectors.Text{EN: "Company", ZH: "公司名称"}, exampleZH: "星河科技有限公司", exampleEN: "Xinghe Technology Co., Ltd.",
		note: connectors.Text{EN: "Full name of the company.", ZH: "公司全称。"}},
	{field: lead.FieldTitle, header: connectors.Text{EN: "Job title", ZH: "职位"}, exampleZH: "采购经理", exampleEN: "Buyer",
		note: connectors.Text{EN: "Position in the company.", ZH: "在公司担任的职位。"}},
	{field: lead.FieldProvince, header: connectors.Text{EN: "Province", ZH: "省份"}, exampleZH: "广东省", exampleEN: "Guangdong",
		optionsZH: "北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省 湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 云南省 西藏自治区 陕西省 甘肃省 青海省 宁夏回族自治区 新疆维吾尔自治区 香港 澳门 台湾",
		optionsEN: "Beijing,Tianjin,Hebei,Shanxi,Inner Mongolia,Liaoning,Jilin,Heilongjiang,Shanghai,Jiangsu,Zhejiang,Anhui,Fujian,Jiangxi,Shandong,Henan,Hubei,Hunan,Guangdong,Guangxi,Hainan,Chongqing,Sichuan,Guizhou,Yunnan,Tibet,Shaanxi,Gansu,Qinghai,Ningxia,Xinjiang,Hong Kong,Macau,Taiwan",
		note:      connectors.Text{EN: "Province of China; leave it empty for other countries.", ZH: "省级行政区；境外请留空。"}},
	{field: lead.FieldCity, header: connectors.Text{EN: "City", ZH: "城市"}, exampleZH: "深圳市", exampleEN: "Shenzhen",
		note: connectors.Text{EN: "City.", ZH: "所在城市。"}},
	{field: lead.FieldAddress, header: connectors.Text{EN: "Address", ZH: "详细地址"}, exampleZH: "南山区科苑路 1 号", exampleEN: "1 Keyuan Road, Nanshan",
		note: connectors.Text{EN: "Street and number.", ZH: "街道门牌。"}},
	{field: lead.FieldProduct, header: connectors.Text{EN: "Product of interest", ZH: "意向产品"}, exampleZH: "企业版", exampleEN: "Enterprise edition",
		note: connectors.Text{EN: "Several with a comma between them.", ZH: "多个产品用逗号分隔。"}},
	{field: lead.FieldBudget, header: connectors.Text{EN: "Budget", ZH: "预算"}, exampleZH: "30万", exampleEN: "300,000 CNY",
		note: connectors.Text{EN: "With its unit.", ZH: "请写明单位。"}},
	{field: lead.FieldMessage, header: connectors.Text{EN: "Remarks", ZH: "备注"}, exampleZH: "想看样机，下周回电", exampleEN: "Wants to see a sample, call next week",
		note: connectors.Text{EN: "Whatever helps the sales colleague.", ZH: "任何对销售有帮助的信息。"}},
	{header: connectors.Text{EN: "Lead source", ZH: "渠道来源"}, exampleZH: "展会", exampleEN: "Exhibition",
		optionsZH: "展会 官网 转介绍 门店 电话 微信 抖音 小红书 直播 合作伙伴 其他", optionsEN: "Exhibition,Website,Referral,Store,Phone,WeChat,Douyin,Livestream,Partner,Other",
		note: connectors.Text{EN: "Where the contact comes from; kept as it stands.", ZH: "线索从何处来，原样保存。"}},
	{field: lead.FieldReferrer, header: connectors.Text{EN: "Referred by", ZH: "推荐人"}, exampleZH: "王芳", exampleEN: "Wang Fang",
		note: connectors.Text{EN: "Who recommended this contact.", ZH: "由谁介绍。"}},
	{field: lead.FieldConsent, header: connectors.Text{EN: "Consent", ZH: "是否同意"}, exampleZH: "是", exampleEN: "yes",
		optionsZH: "是 否", optionsEN: "yes,no",
		note: connectors.Text{EN: "Has the person agreed to be contacted? Leave it empty when nobody asked.", ZH: "本人是否同意被联系；未询问请留空。"}},
	{field: connectors.FieldEventTime, header: connectors.Text{EN: "Registration date", ZH: "登记日期"}, exampleZH: "2026-01-02", exampleEN: "2026-01-02",
		note: connectors.Text{EN: "Year first: 2026-01-02, with or without a time.", ZH: "年在前：2026-01-02，可带时间。"}},
}

// Template writes an empty list to fill in.
func (s *source) Template(w io.Writer, lang string) error {
	cols := make([]spreadsheet.TemplateColumn, 0, len(templateColumns))
	for _, c := range templateColumns {
		one := spreadsheet.TemplateColumn{Header: c.header.EN, Note: c.note.EN, Example: c.exampleEN, Required: c.required}
		if c.optionsEN != "" {
			one.Options = strings.Split(c.optionsEN, ",")
		}
		if lang == "zh" {
			one.Header, one.Note, one.Example = c.header.ZH, c.note.ZH, c.exampleZH
			one.Options = strings.Fields(c.optionsZH)
		}
		cols = append(cols, one)
	}
	return spreadsheet.WriteTemplate(w, lang, cols)
}

// fieldLabel is the header that people know a field by; "" when the template has none.
func fieldLabel(field, lang string) string {
	for _, c := range templateColumns {
		if c.field == field && field != "" {
			if lang == "zh" {
				return c.header.ZH
			}
			return c.header.EN
		}
	}
	return ""
}
