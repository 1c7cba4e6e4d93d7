package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// phrase is a sentence that the hub keeps in English (why a value lost, what a verdict rests on, who was chosen and
// why, how a part is) and its Chinese form: $1 is the first part, itself in Chinese when it is a sentence, @1 the field of
// that name, #1 the statuses. A sentence that is not in the list is shown as it is kept.
type phrase struct {
	en *regexp.Regexp
	zh string
}

func say(en, zh string) phrase { return phrase{regexp.MustCompile("^" + en + "$"), zh} }

var phrases = []phrase{
	say(`nobody with these identities is known`, "没有已知线索带有这些身份"),
	say(`same (.+) as (\S+)`, "与 $2 的 $1 相同"),
	say(`went into (\S+): (.+)`, "并入 $1（$2）"),
	say(`may be the same as (\S+), score (-?[\d.]+): (.+)`, "可能与 $1 是同一人，得分 $2"),
	say(`may be the same as (\S+) of (\S+), score (-?[\d.]+): (.+)`, "可能与 $1 是同一人（归属 $2），得分 $3"),
	say(`merged by hand`, "人工合并"),
	say(`merged by hand: (.+)`, "人工合并（$1）"),
	say(`(.+): came apart from (.+)`, "$1，自 $2 拆出"),
	say(`came apart from (.+)`, "自 $1 拆出"),
	say(`(.+): came apart into several leads`, "$1，拆为多条线索"),
	say(`came apart into several leads`, "拆为多条线索"),
	say(`split by hand`, "人工拆分"),
	say(`split by hand: (.+)`, "人工拆分（$1）"),
	say(`the rules changed`, "规则变更"),
	say(`pinned (\w+)`, "固定“@1”"),
	say(`pinned (\w+): (.+)`, "固定“@1”（$2）"),
	say(`unpinned (\w+)`, "取消固定“@1”"),
	say(`unpinned (\w+): (.+)`, "取消固定“@1”（$2）"),
	say(`the call of the vendor failed`, "调用平台接口失败"),
	say(`the hub's log has the cause; it is tried again`, "原因见系统日志；会自动重试"),
	say(`the (\S+) connector failed`, "$1 连接器出错"),
	say(`report it with the hub's log; it is tried again`, "请附系统日志反馈；会自动重试"),
	say(`the vendor ended the connection`, "平台断开了连接"),
	say(`the vendor answered without an access token`, "平台未返回访问令牌"),
	say(`try again; the hub recovers by itself`, "会自动恢复，请稍后重试"),
	say(`(.+) must be fetched from the vendor first; that failed: (.+)`, "需先向平台获取详情（$1），获取失败：$2"),
	say(`(.+) must be fetched from the vendor first; the last try failed: (.+)`, "需先向平台获取详情（$1），最近一次失败：$2"),
	say(`(.+) must be fetched from the vendor first`, "需先向平台获取详情（$1）"),
	say(`the file is empty`, "文件是空的"),
	say(`the file is a PDF, not a table`, "这是 PDF 文件，不是表格"),
	say(`the file is a picture, not a table`, "这是图片，不是表格"),
	say(`the file is a (\S+) archive, not a table`, "这是 $1 压缩包，不是表格"),
	say(`the file is (.+), not a table`, "这个文件不是表格"),
	say(`the file is not a table that is known here`, "无法识别的文件格式"),
	say(`this archive is not a workbook`, "这个压缩包不是表格文件"),
	say(`the workbook is protected by a password and cannot be read`, "表格设有密码，无法读取"),
	say(`the file ends too early: .+`, "文件不完整，后面的内容缺失"),
	say(`the file is damaged or incomplete: .+`, "文件已损坏或不完整"),
	say(`the sheet has more than (\d+) rows`, "工作表超过 $1 行"),
	say(`row (\d+) has a value beyond column (\d+)`, "第 $1 行在第 $2 列之后还有内容"),
	say(`export the table as \.xlsx or \.csv instead`, "请将表格导出为 .xlsx 或 .csv 后上传"),
	say(`upload the table itself, not a picture of it`, "请上传表格文件本身，而不是图片"),
	say(`unpack it and upload the table in it`, "请解压后上传其中的表格"),
	say(`upload the \.xlsx or \.csv file itself, unpacked`, "请解压后上传其中的 .xlsx 或 .csv 文件"),
	say(`upload a \.xlsx or a \.csv file`, "请上传 .xlsx 或 .csv 文件"),
	say(`upload a file with a header row and at least one row below it`, "请上传含表头和至少一行数据的文件"),
	say(`(?:upload it again; if that fails, )?open it in Excel or WPS, save it as “Excel Workbook \(\.xlsx\)” and upload that`, "请用 Excel 或 WPS 打开，另存为“Excel 工作簿 (.xlsx)”后重新上传"),
	say(`remove the password \(File, Info, Protect Workbook\) and upload it again`, "请去掉密码（文件 → 信息 → 保护工作簿）后重新上传"),
	say(`the upload or the export was cut short; export and upload it again`, "上传或导出中途中断，请重新导出并上传"),
	say(`split the file and upload the parts`, "请拆分文件后分别上传"),
	say(`delete the columns on the right that do not belong to the table`, "请删除右侧不属于表格的列"),
	say(`upload a file that Excel or WPS saved; split it when it is really this large`, "请上传由 Excel 或 WPS 保存的文件；确实很大时请拆分"),
	say(`no file was chosen`, "没有选择文件"),
	say(`choose a file, or drop one onto the page`, "请选择文件，或将文件拖到页面上"),
	say(`the row of the header is not a number`, "表头所在行不是数字"),
	say(`give the number of the row, or 0 when there is no header`, "请填写行号；没有表头请填 0"),
	say(`this form is too old, or comes from another site`, "表单已过期，或来自其他网站"),
	say(`go back, reload the page and send it again`, "请返回并刷新页面后重新提交"),
	say(`a person said so`, "人工判定"),
	say(`not joined with (\S+) by (\S+): (.+)`, "未与 $1 按$2合并：$3"),
	say(`split by person:(.+)`, "已由 $1 人工拆分"),
	say(`a person has only one (\S+), and theirs differ`, "一个人只有一个 $1，而两边不同"),
	say(`the names differ, and so do other identities`, "姓名不同，其他身份也不同"),
	say(`the number was silent for long and came back with another name`, "该号码长期沉默后以另一个姓名重新出现"),
	say(`two large groups need two identities in common`, "两个较大的群组需要两个共同身份"),
	say(`together they would have too many identities`, "合并后身份数量过多"),
	say(`the other was pinned by (.+)`, "另一个值由 $1 固定"),
	say(`the other is verified`, "另一个值已核实"),
	say(`trust (\d+) of its source is less than (\d+)`, "来源可信度 $1 低于 $2"),
	say(`less complete`, "不如另一个完整"),
	say(`older: .+ is before .+`, "时间较早"),
	say(`same time; the higher submission id wins`, "时间相同，取提交编号较大者"),
	say(`the lead has this owner already`, "该线索已有归属"),
	say(`answers`, "正常"),
	say(`empty`, "空"),
	say(`is away`, "不可用"),
	say(`full: posts are answered 503 until the broker is back`, "已满：消息队列恢复前，新留资会收到 503"),
	say(`holds posts that wait for the broker`, "暂存着等待消息队列的留资"),
	say(`no rep is active with a weight above zero; the lead waits until one is`, "没有在岗且权重大于零的销售，线索等待中"),
	say(`([^;]+) had the most credit \((-?\d+)\) with weight (\d+) of (\d+), after (\d+) leads`,
		"$1 的轮转积分最高（$2），权重 $3/$4，此前已得 $5 条"),
	say(`([^;]+) was due first \((-?\d+)\) with weight (\d+) of (\d+), after (\d+) leads`,
		"按权重最先轮到 $1（积分 $2），权重 $3/$4，此前已得 $5 条"),
}

// reason says a sentence of the hub in a language.
func (c catalogue) reason(lang, sentence string) string {
	if lang == "en" {
		return sentence
	}
	for _, p := range slices.Concat(phrases, importPhrases, workPhrases) {
		if m := p.en.FindStringSubmatch(sentence); m != nil {
			var pairs []string
			for i, part := range m[1:] {
				n := strconv.Itoa(i + 1)
				pairs = append(pairs, "$"+n, c.kinds(c.reason(lang, part)), "@"+n, c.or("field."+part, part), "#"+n, c.statuses(part))
			}
			return strings.NewReplacer(pairs...).Replace(p.zh)
		}
	}
	return sentence
}

// statuses names the statuses in "working, converted".
func (c catalogue) statuses(text string) string {
	parts := strings.Split(text, ", ")
	for i, part := range parts {
		parts[i] = c.or("status."+part, part)
	}
	return strings.Join(parts, "、")
}

// kinds names the kinds of identity in "mobile and email"; anything else stays as it is.
func (c catalogue) kinds(text string) string {
	parts := strings.Split(text, " and ")
	for i, part := range parts {
		if _, known := c["identity."+part]; !known {
			return text
		}
		parts[i] = c["identity."+part]
	}
	return strings.Join(parts, "、")
}

// actor names who did something: "rule:<name>", "person:<token name>" or "hub".
func (c catalogue) actor(who string) string {
	kind, name, _ := strings.Cut(who, ":")
	switch kind {
	case "rule":
		return c.text("actor.rule", name)
	case "person":
		return c.text("actor.person", name)
	}
	return c.or("actor."+who, who)
}
