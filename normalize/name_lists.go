package normalize

import "strings"

type honorific struct {
	text string
	// afterFamily: only behind a bare family name. 王总 is Mr Wang; in 马总理 or 李建总 the character may be part of the name.
	afterFamily bool
}

// hanHonorifics stand behind a Chinese name; longer ones come first.
var hanHonorifics = func() []honorific {
	var list []honorific
	for h := range strings.FieldsSeq(`副总经理 总经理 董事长 老板娘 副经理 项目经理 销售经理 采购经理 工程师 设计师 负责人
		先生 女士 小姐 太太 夫人 老师 同学 师傅 经理 总监 总裁 主任 院长 校长 园长 医生 大夫 教授 博士 律师 老板 部长 科长 处长 局长 书记
		会长 店长 厂长 所长 社长 队长 组长 阿姨 叔叔 大哥 大姐 主管 会计 助理 秘书 女仕 女土 先森`) {
		list = append(list, honorific{text: h})
	}
	for h := range strings.FieldsSeq("总 工 董 哥 姐 叔 姨 總 生 小姐姐") {
		if h != "生" {
			list = append(list, honorific{text: h, afterFamily: true})
		}
	}
	return list
}()

var latinHonorifics = set("mr mrs ms miss mx dr prof professor sir madam mme monsieur herr frau sr sra señor señora")

var latinSuffixes = set("jr sr ii iii iv phd ph.d md esq mba cpa")

// latinParticles belong to the family name behind them.
var latinParticles = set("de da do dos das del della di du la le van von der den ter ten bin binti ibn al el abu st san zu")

var compoundFamilies = set(`欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 南宫 南宮 万俟 闻人 夏侯 诸葛 諸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳
	公冶 太叔 申屠 公孙 公孫 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷
	轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 爱新 纳兰 完颜 叶赫 那拉 哈尔`)

// hanFamilies are family names of one character: those of the Song list of a hundred names, what the census adds to
// them, and the traditional forms of the frequent ones.
var hanFamilies = func() map[string]bool {
	const all = `赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐` +
		`费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵` +
		`席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁` +
		`荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀` +
		`蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容` +
		`向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯` +
		`盖益桓公岳帅缑亢况郈有琴归海晋楚闫法汝鄢涂钦商牟佘佴伯赏墨哈谯笪年爱阳佟言福肖付代佀苑区仝冼覃辜揭麦卿候门展原植但官冶降` +
		`張陳劉楊黃趙吳孫馬許鄧馮蕭鄭謝韓葉蘇呂賈鍾盧譚鄒陸龍嚴賴萬錢湯閻羅顧龔衛蔣齊範畢賀駱關簡劍莊溫歐遊龐婁`
	m := make(map[string]bool, len(all)/3)
	for _, r := range all {
		m[string(r)] = true
	}
	return m
}()

// junkNames are what people and platforms write where no name is given, folded.
var junkNames = set(`test testing tester test1 test123 asdf asdfg asdfgh qwe qwer qwerty abc abcd xxx xx aa name fullname firstname lastname
	noname user admin guest customer visitor hello hi 测试 測試 试试 姓名 名字 名称 用户 微信用户 匿名用户 新用户 游客 访客 客户 顾客 路人 某某 某某某 张某某
	我 你 你好 您好 哈哈 哈哈哈 无名 无名氏 不告诉你 保密 秘密 a b x`)
