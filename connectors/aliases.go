package connectors

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// wrappers are names around the fields that say nothing about them: {"data":{"phone":…}}, contact[phone].
var wrappers = set("data form fields formdata formfields formresponse payload contact customer lead user person visitor " +
	"client body answers attributes properties submission values record profile info params customfields custom questionsandanswers tracking hidden 数据 表单 客户 线索 联系人")

// politeness is what stands before the name of a field in labels.
var politeness = strings.Fields("您的 你的 请输入 请填写 请留下 客户 联系人 用户 学员 家长 联系 your my the contact customer user lead client visitor primary work")

// aliases by folded name (see fold).
var aliases = aliasTable(map[string]string{
	lead.FieldName: "name fullname yourname realname username contactname contactperson displayname nickname " +
		"姓名 称呼 联系人 联系人姓名 名字 真实姓名 尊称 如何称呼 怎么称呼 用户名 昵称",
	lead.FieldFamilyName: "lastname lname familyname surname namelast namefamily 姓 姓氏",
	lead.FieldGivenName:  "firstname fname givenname namefirst namegiven 名",
	lead.FieldHonorific:  "honorific salutation gendertitle 尊称称谓 称谓",
	lead.FieldPhone: "phone phonenumber phoneno tel telephone telephonenumber telno mobile mobilephone mobilenumber mobileno " +
		"cell cellphone contactnumber contactphone whatsapp whatsappnumber phonefull " +
		"手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 联系手机 移动电话 座机 固定电话 办公电话 公司电话 备用电话 备用手机",
	lead.FieldEmail: "email emailaddress mail mailbox eemail businessemail companyemail " +
		"邮箱 电子邮箱 电子邮件 邮件 邮箱地址 邮件地址 企业邮箱 公司邮箱 工作邮箱",
	lead.FieldCompany: "company companyname organization organisation organizationname organisationname employer business businessname firm org orgname corp corporation " +
		"公司 公司名 公司名称 单位 单位名称 企业 企业名称 所在公司 工作单位 机构 机构名称 店铺名称",
	lead.FieldTitle:    "title jobtitle job jobrole position role occupation 职位 职务 岗位 职称",
	lead.FieldCountry:  "country countryname countryregion nation 国家 国家地区",
	lead.FieldProvince: "province state region provincename stateprovince addressprovince addressstate 省 省份 所在省 所在省份",
	lead.FieldCity:     "city cityname town addresscity 城市 市 所在城市 所在地 所在地区 地区 区域 意向城市",
	lead.FieldDistrict: "district county addressdistrict 区 区县 县 所在区",
	lead.FieldAddress:  "address addr streetaddress street addressline addressstreet addressdetail mailingaddress 地址 详细地址 联系地址 通讯地址 收货地址 公司地址",
	lead.FieldMessage: "message msg comment comments enquiry inquiry question questions remark remarks note notes content details requirement requirements description feedback howcanwehelp " +
		"留言 留言内容 备注 需求 需求描述 咨询内容 咨询问题 内容 问题 问题描述 描述 说明 附言 意见 项目需求",
	lead.FieldProduct: "product products productname productinterest interestedproduct interest interests interestedin productofinterest " +
		"产品 产品名称 意向产品 感兴趣的产品 咨询产品 意向 意向车型 意向课程 课程 车型",
	lead.FieldBudget:   "budget budgetrange estimatedbudget 预算 预算范围 项目预算",
	lead.FieldTag:      "tag tags label labels 标签",
	lead.FieldLanguage: "language lang locale 语言",
	lead.FieldWechat:   "wechat wechatid wechatno weixin wx wxid wxno 微信 微信号 微信号码 微信id 微信账号",
	lead.FieldQQ:       "qq qqnumber qqno qq号 qq号码 扣扣",

	lead.FieldExternalID: "externalid crmid 外部编号 外部id",
	lead.FieldReferrer:   "referredby referralname recommender 推荐人 介绍人 引荐人",
	lead.FieldOwnerHint:  "ownerhint salesperson salesrep 对接人 顾问 销售顾问 指定顾问",

	lead.FieldConsent: "consent agree agreed agreement accept acceptance accepted gdpr gdprconsent privacy privacyconsent privacypolicy optin marketingconsent marketingoptin terms acceptterms agreeterms " +
		"同意 同意隐私政策 我同意 是否同意 隐私协议 隐私政策 用户协议 授权",
	lead.FieldConsentText:    "consenttext consentstatement 同意内容 授权内容",
	lead.FieldConsentVersion: "consentversion policyversion privacyversion 协议版本",
	lead.FieldConsentPurpose: "consentpurpose 授权用途",
	lead.FieldConsentAt:      "consentat consenttime consenttimestamp consentdate 授权时间 同意时间",

	lead.FieldUTMSource:   "utmsource 广告来源",
	lead.FieldUTMMedium:   "utmmedium 广告媒介",
	lead.FieldUTMCampaign: "utmcampaign 广告系列 推广计划",
	lead.FieldUTMTerm:     "utmterm 关键词 搜索词",
	lead.FieldUTMContent:  "utmcontent 广告内容 创意",
	lead.FieldUTMID:       "utmid",
	lead.FieldPage:        "page pageurl sourceurl formurl currenturl pagelocation 页面 页面地址 提交页面 来源页面",
	lead.FieldReferrerURL: "referrer referer referrerurl refererurl httpreferer documentreferrer 来路 来源网址 上一页",
	lead.FieldLanding:     "landing landingpage landingurl landingpageurl firstpage 落地页 着陆页",

	FieldEventTime: "eventtime submittedat submissiontime submittime submitdate createdat createtime timestamp datecreated " +
		"提交时间 创建时间 留资时间 填写时间 时间 登记时间",
})

func aliasTable(byField map[string]string) map[string]string {
	out := map[string]string{}
	add := func(folded, field string) {
		if other, taken := out[folded]; taken && other != field {
			panic("connectors: alias " + folded + " of both " + other + " and " + field)
		}
		out[folded] = field
	}
	for field, names := range byField {
		add(fold(field), field)
		for _, name := range strings.Fields(names) {
			add(fold(name), field)
		}
	}
	for _, id := range lead.ClickIDFields {
		add(fold(id), id)
	}
	return out
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}
