package normalize

import (
	"regexp"
	"slices"
	"strings"
)

// What the words around a number make of it.
type role uint8

const (
	roleNone   role = iota // nothing is said
	roleOwn                // a number to call this person
	roleThird              // somebody else's
	roleTheirs             // the shop's own, or one that called
	roleNot                // no number to call, or one that is not valid any more
)

// cue is a table of words, longest first.
type cue []string

func cueOf(table string) cue {
	c := strings.Fields(table)
	for i := range c {
		c[i] = strings.ReplaceAll(c[i], "_", " ")
	}
	slices.SortFunc(c, func(a, b string) int { return len(b) - len(a) })
	return c
}

// last is where the last of the words ends in s, and where it begins; -1 when there is none.
func (c cue) last(s string) (from, to int) {
	from, to = -1, -1
	for _, w := range c {
		for end := len(s); end > 0; {
			i := strings.LastIndex(s[:end], w)
			if i < 0 || i+len(w) < to || i+len(w) == to && i >= from {
				break
			}
			if isASCIILetter(w[0]) && (i > 0 && isASCIILetter(s[i-1]) || i+len(w) < len(s) && isASCIILetter(s[i+len(w)])) {
				end = i + len(w) - 1 // inside another word
				continue
			}
			from, to = i, i+len(w)
			break
		}
	}
	return from, to
}

func (c cue) in(s string) bool { from, _ := c.last(s); return from >= 0 }

var (
	// labels of a number to call
	callCue = cueOf(`电话 手机 手机号 号码 联系方式 联系 联络 拨打 拨 打给我 打我 打过来 致电 来电 回电 回拨 呼我 座机 固话 办公室 微信 薇信 威信 vx wx v信 加v 加微 同号
		我的号 我号 号是 电联 tel telephone phone phone_number mobile cell cellphone number call whatsapp wa me_at me_on reach wechat text_me ☎ 📞 📱 ☎️ 直线 短信 总机 热线 dh 电 手鸡 店话 点话 扣1`)
	// labels of numbers that nobody can call
	notCallCue = cueOf(`订单 订单号 订单编号 单号 单 快递单号 快递 运单 运单号 顺丰 中通 圆通 申通 韵达 极兔 德邦 百世 菜鸟 包裹 包裹号 面单 面单号 编码 合同 协议号 保单 保单号 物流 物流单号 编号 流水 流水号 交易号 交易单号 支付单号 商户单号 身份证 身份证号 证件号 证件 护照 护照号
		卡号 银行卡 信用卡 储蓄卡 账号 账户 会员号 会员卡 会员卡号 客户号 工号 学号 验证码 校验码 动态码 取件码 提货码 密码 口令 型号 货号 款号 sku 条码 条形码 序列号 设备号 机器码 imei sn s/n mac 批号 税号
		信用代码 发票 发票号 发票代码 合同号 合同编号 版本 版本号 ip 群号 qq群 群 传真 fax 房号 邮编 车架号 车牌 坐标 经度 纬度 期号 彩票 股票代码 工单 工单号 案件号 受理号 预约号 排队号
		商品id 商品编号 宝贝id 链接 id uid 用户id 价格 报价 售价 金额 总价 合计 尺寸 规格 参数 长宽高 像素 转账 备案号 icp备 许可证 注册号 专利号 专利 条码号 货物编号 提单号 柜号 箱号 航班 车次
		order order_no order_number order_id orderid tracking tracking_number tracking_no waybill invoice invoice_no ref reference serial serial_number code card account account_no part_number pn
		model isbn ticket case_number case_no case_id version build po po_number transaction transaction_id quote_no ssn passport no no. #`)
	qqCue = cueOf(`qq qq号 qq号码 q号 扣扣 扣q 企鹅 企鹅号 球球 加q 秋秋 q`)
	// what makes a number the speaker's own, whoever was named before
	ownCue = cueOf(`我的 我电话 我手机 我号码 我这边 我微信 我本人 本人 自己的 联系我 找我 打我 打给我 给我打 给我来 给我电话 加我 呼我 回我 叫我 我是 我姓 我叫 我换 我现在 我这个 我用 我常用 我另 我们公司 我司 my me i
		我们的 我店里 我们电话 我公司`)
	thirdCue = cueOf(`老公 老婆 爱人 丈夫 妻子 我妈 我爸 妈妈 爸爸 父亲 母亲 爸妈 父母 儿子 女儿 我孩子 小孩 朋友 同事 同学 闺蜜 对方 亲戚 哥哥 弟弟 姐姐 妹妹 我哥 我弟 我姐 我妹 邻居 家人 男友 女友 男朋友
		女朋友 合伙人 媳妇 岳父 岳母 婆婆 公公 他 她 房东 介绍人 推荐人 经办人 室友 舍友 表哥 表姐 舅舅 奶奶 爷爷 另一个人 别人 家里人 先生的
		我老板 我们老板 我领导 我们领导 我秘书 我助理 我司机 我师傅 我老师 我客户 我叔叔 我阿姨 我先生 我太太 我们经理 我经理 我们财务 我们主管 我们老师 公司财务 物业
		husband wife mom mother dad father son daughter friend friend's colleague coworker boss his her assistant brother sister husband's wife's boss's mother's father's colleague's brother's sister's partner partner's manager's landlord`)
	theirsCue = cueOf(`你们 贵司 贵公司 贵店 贵方 你家 你店 你方 您公司 你公司 您们 您那边 你那边 客服 官方 官网 旗舰店 专卖店 店铺 商家 卖家 售后 售前 总部 快递员 快递小哥 骑手 外卖小哥 送货员
		your yours 门店 服务热线 投诉电话 投诉热线 举报电话 某 骗子 诈骗 陌生`)
)

var (
	// what makes a number theirs is a label that stands behind them, with nothing in between that somebody is to do
	theirLabel = regexp.MustCompile(`^[^,打联加拨回找我给发]{0,8}?(电话|手机|号码?|热线|座机|联系方式|客服|总机|邮箱|邮件|微信|hotline|number|phone|tel|line|e?-?mail|mailbox)(号码?)?(\s|是|为|:|is|叫)*$|^的?是(不是)?$`)
	theirCalls = regexp.MustCompile(`^[\s,，(（]*(这个?(号码?|电话|手机)?)?(一直|刚刚?|刚才|今天|昨天|早上|上午|又|老是|总|怎么)?(是不是|是)?(你们|你家|你店|贵司|贵公司|您公司|客服|官方|谁|哪里|哪家|哪个|商家|卖家|快递|外卖|骗子|诈骗|骚扰|打不通|没有?人接|无人接|占线|关机|无法接通|打来|打过来(的|了|过|是)|(给我打|打给我|打电话给我|给我打电话)[^,，。]{0,4}(了|的|过|是|干嘛|什么事|几次)|联系过?我(了|的|过)|给我发(了|的)|发来|的来电|的短信|加了?我微信(了|是)|keeps|called me|is it you|is this your|is that your|kept)`)
	heardOf    = regexp.MustCompile(`(打了|拨了|打过|拨打过|拨打了|打的是?|接到|收到|来电显示是?|看到|查到|网上(的|看到的|查的)|搜到|页面上?的?|广告(上|里)的?|上写的?|called|dialed|call from|calls from|got a call from|text from)[^,，。我]{0,9}$`)
	negBefore  = regexp.MustCompile(`(不是|并非|不要打|别打|别再打|勿打|不要再打|不要用|别用|别加|不用打|不再用|not|don't call|do not call|stop calling|instead of)\s*(我的?)?(这个?|那个?|原来|以前|之前)?(的)?(电话|手机|号码|号|手机号)?(是)?[\s:]*$|(旧|老|原来|以前|之前|原先|曾用|曾经|作废|停用|空|错误|过期|old|former|previous)(用|使用|留)?(过)?的?(那个|这个)?(电话|手机|手机号码?|联系电话|号码?|number|phone|phone number|mobile)(号码?)?(是|为|was|is)?[\s:]*$`)
	negAfter   = regexp.MustCompile(`^[\s,，(（]*(是|这|这个|那个)?(号码?|手机|电话|个号|个电话)?(已经?|早就?|都|现在|这个月|上个月|是)?(不用了?|不再用|停用|停机|换了|换掉|注销|不是我|不是这个|打不通了|作废|错了|打错|写错|发错|填错|已换|不对|空号|欠费|丢了|不存在|没在用|不在用|过期|无效|is my old|is not|is wrong|isn't|is no longer|no longer|was my old|is an old)|^[\s,，(（]*(这个?|那个?)?(号码?|电话)?是(我的?)?(旧|以前|之前|原来|老)|^\s*(别打|不要打|勿打)`)
	notAfter   = regexp.MustCompile(`^(\s*[(（]|[\s,，]*(这个?|那个)?(是|为)|[\s,，]*(这个|那个)|\s*的)?(我的?|您的|你们的)?(一个)?(淘宝|京东|天猫|拼多多|抖音)?(的)?(订单|单号|快递单|快递号|运单|物流|身份证|证件号|卡号|银行卡|编号|货号|金额|型号|流水|验证码|会员号|账号|工号|order|tracking|is the order|is my order|is the tracking|is the invoice|is the serial|is my qq|is a serial)|^[\s,，]*(这个?)?是(我的?)?(qq|q号|扣扣)`)
	ownAfter   = regexp.MustCompile(`^[\s,，(（]*(这个?|就)?(就?是)?(我的?|我本人的?|本人的?)(的)?(电话|手机|号|微信|联系方式|vx|常用)|^\s*(is my|this is my|my number|my cell|my phone)`)
	asksNumber = regexp.MustCompile(`(^|[\s,，])(是|是不是)\s*$`)
	rings      = regexp.MustCompile(`(刚才|刚刚|刚|昨天|今天上午|上午|早上|有个|有人用|这个号|一直有|总有|老有|一个)[^,，]{0,4}$`)
	ringsAfter = regexp.MustCompile(`^[\s,，]*(的?(人|号码?))?(给我打|打给我|打来|打电话|打过|联系我|联系了|加我)`)
	example    = regexp.MustCompile(`(比如|比如说|例如|譬如|举例|例|如|像|类似|示例|样例|格式|格式是|格式如|模板|占位|e\.g\.|for example|example|such as|like)[:\s]*$`)
	exAfter    = regexp.MustCompile(`^[\s,，]*(这种|这样|之类|格式|这类|的格式|为例|开头)`)
	thirdAfter = regexp.MustCompile(`^[\s,，(（]*(这个?|那个?|这)?(是|联系|找|问|打给|给|叫|to reach|ask for|for|it's|is)?\s*(我|我们|俺|my|our)?\s*(的)?`)
)

// attached holds for what may stand between a label and its number.
var attached = regexp.MustCompile(`^(\s|[:：=＝#(（【\[“"'-]|是|为|的|号|码|号码|尾号|我|叫|no\.?|num|number|id|is|was|为您|如下|在这|发你|给你|这个|数字|：|,|，|->|→){0,8}$`)

// judge says what the words around text[from:to] make of the number. before and after reach into the messages beside where
// the number stands at the edge of its own.
func judge(before, after string) role {
	clause := lastClause(before)
	first := firstClause(after)
	switch {
	case negBefore.MatchString(before), negAfter.MatchString(after), example.MatchString(clause), exAfter.MatchString(after):
		return roleNot
	case notAfter.MatchString(after):
		return roleNot
	case theirCalls.MatchString(after), heardOf.MatchString(clause):
		return roleTheirs
	}
	if asksNumber.MatchString(clause) && strings.HasPrefix(after, "吗") || rings.MatchString(clause) && ringsAfter.MatchString(after) {
		return roleTheirs
	}
	// What is attached leaves room for words that say nothing, so a label of a number to call never stands between.
	if _, not := notCallCue.last(before); not >= 0 && attached.MatchString(before[not:]) && !wechatAccount.MatchString(before[:not]) {
		return roleNot
	}
	if _, qq := qqCue.last(before); qq >= 0 && attached.MatchString(before[qq:]) {
		return roleNot
	}
	if r := whose(clause, first); r != roleNone {
		return r
	}
	if callCue.in(before) || ownAfter.MatchString(after) {
		return roleOwn
	}
	return roleNone
}

var wechatAccount = regexp.MustCompile(`(微信|薇信|vx|wx|v信|wechat)的?(账号|id|账户|card|编号)?$`)

// whose looks for other people in the clauses around a number.
func whose(clause, first string) role {
	_, own := ownCue.last(clause)
	if from, to := theirsCue.last(clause); to > 0 && to > own && theirLabel.MatchString(clause[from:]) {
		return roleTheirs
	}
	if _, to := thirdCue.last(clause); to > 0 && to > own && !thirdActs.MatchString(clause[to:]) {
		return roleThird
	}
	if m := thirdAfter.FindString(first); len(m) < len(first) {
		rest := first[len(m):]
		mine := rest // 我妈, as the table has it
		if strings.HasSuffix(m, "我") {
			mine = "我" + rest
		}
		for _, w := range thirdCue {
			if (strings.HasPrefix(rest, w) || strings.HasPrefix(mine, w)) && !(isASCIILetter(w[0]) && len(rest) > len(w) && isASCIILetter(rest[len(w)])) {
				return roleThird
			}
		}
	}
	return roleNone
}

// a third person who only does something: 老婆让我留电话
var thirdActs = regexp.MustCompile(`^\s*(推荐|介绍|说|告诉|让我|叫我|给我|发我|也|和我|跟我|都|一起|们?在|买|用过|们?要|想|说好|那里|那儿|圈|看)`)

// lastClause is the part of before that belongs to the number: behind the last comma, or with the clause in front when that
// part says nothing.
func lastClause(before string) string {
	cut := strings.TrimRight(before, " ,，:：")
	i := strings.LastIndexAny(cut, ",，;；")
	if i < 0 {
		if cut != before && strings.ContainsAny(before[len(cut):], ",，") && !leadsOn.MatchString(cut) {
			return ""
		}
		return before
	}
	tail := strings.TrimLeft(cut[i:], ",，;； ")
	if callCue.in(tail) || len(tail) > 12 {
		return before[i+1:]
	}
	start := strings.LastIndexAny(cut[:i], ",，;；") + 1
	if !leadsOn.MatchString(cut[:i]) {
		return before[i+1:]
	}
	return before[start:]
}

func firstClause(after string) string {
	after = strings.TrimLeft(after, " ,，(（")
	if i := strings.IndexAny(after, ",，.。;；!！?？\n"); i >= 0 {
		return after[:i]
	}
	return after
}
