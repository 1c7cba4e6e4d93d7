package excel

import (
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// other is the target of headers that are understood and have no field in a Draft. They are kept under their header,
// and their content is never taken for something else.
const other = "other"

// sheetNames are headers of spreadsheets that the aliases of all channels do not hold.
var sheetNames = namesTable(map[string]string{
	connectors.FieldIgnore: "序号 顺序号 行号 no sn index rownumber 线索编号 leadnumber",
	lead.FieldName: "聯絡人 聯絡人姓名 參會人 参会人 参展人 参会者 参会人员 嘉宾 观众 观众姓名 来访人 访客 客户姓名 学员姓名 家长姓名 业主 车主 会员姓名 收件人 收货人 中文名 中文姓名 英文名 英文姓名 " +
		"attendee attendeename guest guestname visitorname participant contact namefull personname",
	lead.FieldPhone: "手機 手機號碼 手機號 電話 電話號碼 聯絡電話 行動電話 電話1 电话1 电话2 手机1 手机2 手机号1 手机号2 来电号码 主叫号码 联系号码 号码 联系电话手机 直线 直线电话 whatsapp号 " +
		"mobiletel telmobile contactno contactnos mob mobil handphone hp directline",
	lead.FieldEmail:      "電郵 電郵地址 電子郵件 電子郵箱 email地址 mail地址 email邮箱 电邮 电邮地址 电子信箱 信箱",
	lead.FieldCompany:    "公司名稱 單位 單位名稱 企業名稱 公司全称 单位全称 企业全称 公司抬头 参展单位 参会单位 参展商 参展企业 参会企业 工作单位名称 贵司 贵公司 学校 学校名称 医院 医院名称 companyfullname nameofcompany affiliation",
	lead.FieldTitle:      "職稱 職位 職務 职衔 头衔 职位名称 职务名称 designation",
	lead.FieldCity:       "省市 省市区 所在省市 省份城市 所在区域 省市地区 地市",
	lead.FieldProduct:    "感兴趣产品 意向产品型号 意向产品类别 需求产品 咨询项目 意向项目 意向机型 求购产品 采购产品 采购意向 兴趣产品 关注产品 productsofinterest interestedproducts",
	lead.FieldMessage:    "備註 備注 留言內容 客户需求 具体需求 沟通内容 沟通记录 咨询详情 客户留言 其他说明 备注信息 备注说明 需求说明 采购需求",
	lead.FieldReferrer:   "推荐人姓名 介绍人姓名 引荐人姓名 转介绍人 老客户姓名 推荐者 referrername referrer's 推荐客户",
	lead.FieldOwnerHint:  "销售 销售人员 业务员 业务经理 客户经理 跟进人 跟进销售 负责销售 归属销售 所属销售 销售代表",
	lead.FieldExternalID: "crm编号 crm客户编号 外部客户编号",
	connectors.FieldEventTime: "日期 登记日期 提交日期 创建日期 录入日期 录入时间 报名时间 报名日期 签到时间 签到日期 注册时间 注册日期 咨询时间 咨询日期 来访时间 来访日期 " +
		"参展时间 参会时间 扫码时间 采集时间 收集时间 获取时间 获取日期 线索时间 线索日期 接待时间 接待日期 date datetime registrationdate registrationtime registered registeredat " +
		"registeredon signupdate signuptime leaddate visitdate datesubmitted submissiondate createddate createdon createddatetime scandate scantime",
	other: "性别 年龄 生日 出生日期 学历 传真 传真号码 fax faxnumber faxno 邮编 邮政编码 zip zipcode postcode postalcode 网址 公司网址 网站 官网 公司网站 website homepage url " +
		"身份证 身份证号 身份证号码 证件号 证件号码 证件类型 idcard idnumber idno 护照号 passport 银行卡号 账号 税号 纳税人识别号 统一社会信用代码 信用代码 营业执照号 注册号 组织机构代码 " +
		"行业 所属行业 industry 公司规模 企业规模 人数 公司人数 员工人数 注册资本 成立日期 成立时间 法人 法定代表人 经营范围 主营产品 主营业务 公司性质 企业性质 公司简介 公司类型 企业类型 " +
		"创建人 录入人 更新人 审核人 所有人 归属人 班主任 客服 渠道经理 代理商 代理商名称 经销商 经销商名称 owner leadowner createdby modifiedby scannedby " +
		"归属地 手机归属地 电话归属地 号码归属地 籍贯 户口所在地 生源地 毕业院校 毕业学校 毕业高校 " +
		"部门 department 编号 客户编号 会员号 会员编号 订单号 订单编号 orderno orderid id 客户类型 客户级别 客户等级 意向度 意向程度 意向等级 来源 客户来源 线索来源 渠道 渠道来源 source leadsource " +
		"状态 跟进状态 客户状态 status stage leadstatus type category 跟进记录 跟进内容 跟进时间 最后跟进时间 下次跟进时间 预约时间 到店时间 方便联系时间 购买时间 " +
		"ip ip地址 展会 展会名称 展位号 展馆 活动 活动名称 会议名称 exhibition event eventname booth 微信昵称 数量 金额 单价 总价 amount quantity price 部门名称 二维码 照片 photo 签名 签字",
})

// generic are headers of which a more exact one beside them is believed more.
var generic = foldedSet("昵称 用户名 称呼 尊称 名字 英文名 英文姓名 联系人 嘉宾 观众 contact guest nickname username displayname 单位 店铺名称 机构 学校 医院 区域 地区 所在地 日期 时间 date timestamp")

// someoneElse begins headers that tell of another person than the lead: the phone of who recommended must never
// become the phone of who was recommended, or the two are taken for one person.
var someoneElse = folded("推荐人 介绍人 引荐人 转介绍人 老客户 紧急联系人 业务员 业务经理 销售 跟进人 客户经理 对接人 顾问 接待人 录入人 创建人 填表人 登记人 经办人 代理人 担保人 配偶 " +
	"referrer referral referredby recommender emergency sales salesrep salesperson agent owner creator assistant introducer 助理 秘书")

// heads are the words that a header may end in, with what may stand before them: nil is anything.
var heads = []struct {
	field  string
	words  []string
	before []string
}{
	{lead.FieldEmail, folded("邮箱地址 电子邮箱 电子邮件 邮件地址 邮箱 email emailaddress"), nil},
	{lead.FieldWechat, folded("微信号 微信号码 微信id 微信账号 微信 wechatid wechat"), nil},
	{lead.FieldQQ, folded("qq号 qq号码 qq"), nil},
	{lead.FieldPhone, folded("手机号码 手机号 移动电话 联系电话 电话号码 联系方式 固定电话 手机 电话 座机 固话"), nil},
	{lead.FieldPhone, folded("mobilephone phonenumber mobilenumber telephone mobile phone tel mobileno phoneno telno"), latinPersons},
	{lead.FieldCompany, folded("公司名称 单位名称 企业名称 机构名称 公司全称 单位全称"), nil},
	{lead.FieldCompany, folded("company companyname organization organisation"), latinPersons},
	{lead.FieldName, folded("联系人姓名 姓名 联系人"), nil},
	{lead.FieldName, folded("fullname name"), latinPersons},
	{lead.FieldTitle, folded("职位 职务"), nil},
	{lead.FieldTitle, folded("jobtitle"), nil},
	{lead.FieldProvince, folded("省份"), nil},
	{lead.FieldCity, folded("城市"), folded("所在 所属 意向 目标 公司 单位 居住 工作 客户 现居 常住 学员 门店")},
	{lead.FieldBudget, folded("预算 预算金额"), nil},
	{lead.FieldAddress, folded("地址"), folded("公司 单位 家庭 联系 通讯 收货 详细 办公 经营 注册 工厂 店铺 门店 企业 所在 居住 客户 邮寄 现住")},
	{lead.FieldProduct, folded("产品 项目 课程 车型 型号"), folded("意向 需求 咨询 感兴趣 感兴趣的 兴趣 关注 想了解 想了解的 采购 求购 询价 意向产品")},
	{connectors.FieldEventTime, folded("时间 日期"), folded("提交 创建 登记 留资 填写 报名 签到 注册 录入 咨询 来访 参展 参会 扫码 采集 收集 获取 接待 线索 客户登记 数据创建")},
}

var latinPersons = folded("contact contactperson person customer client visitor attendee guest participant lead buyer your full home office work mobile business " +
	"personal primary secondary alternative alternate other second main direct company")

// spelled are headers that misspellings are compared with.
var spelled = folded("姓名 联系人 联系人姓名 手机号 手机号码 联系电话 联系方式 电话号码 电子邮箱 邮箱地址 公司名称 单位名称 企业名称 所在城市 联系地址 详细地址 意向产品 " +
	"telephone telephonenumber phonenumber mobile mobilephone mobilenumber company companyname organization organisation emailaddress fullname jobtitle province address " +
	"customername contactname contactperson remarks message comments position")

// remarks are what stands under a header to explain it: whether it must be filled, its unit, its form.
var remarks = foldedSet("单位 格式 要求 填写要求 units format 必填 选填 必填项 选填项 可选 required optional mandatory 元 万元 人 个 台 套 件 吨 米 岁 年 天 文本 数字 日期 日期格式 文字 text string number int date 下拉选择 请选择 单选 多选 " +
	"yyyymmdd yyyymm yyyymmddhhmm yyyymmddhhmmss 11位 11位手机号 手机格式 邮箱格式 格式 最多50字 最多200字 cny rmb usd 人民币 美元 unit 单位元 单位万元 单位人")

// totals begin rows that sum up.
var totals = foldedSet("合计 总计 小计 共计 累计 汇总 本页合计 本页小计 总数 总人数 合计人数 total totals grandtotal subtotal sum")

func namesTable(byField map[string]string) *connectors.Mapper {
	m := map[string]string{}
	for field, names := range byField {
		for _, name := range strings.Fields(names) {
			if was, twice := m[name]; twice && was != field {
				panic("excel: header " + name + " of both " + was + " and " + field)
			}
			m[name] = field
		}
	}
	return connectors.NewMapper(connectors.Settings{Mapping: m})
}

func folded(words string) []string {
	list := strings.Fields(words)
	for i, w := range list {
		list[i] = connectors.Fold(w)
	}
	return list
}

func foldedSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range folded(words) {
		m[w] = true
	}
	return m
}
