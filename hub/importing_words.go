package hub

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// codeNoLead is a row that nobody meant to be a lead.
const codeNoLead = "no_lead"

func inLang(t lead.Text, lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// statusWords are the words of the column Status of a result.
var statusWords = map[string]lead.Text{
	"new":      {EN: "New lead", ZH: "新线索"},
	"joined":   {EN: "Joined", ZH: "已并入"},
	"in_file":  {EN: "Duplicate in the file", ZH: "文件内重复"},
	"same":     {EN: "Imported before", ZH: "此前已导入"},
	"rejected": {EN: "Rejected", ZH: "被拒收"},
	"skipped":  {EN: "Skipped", ZH: "跳过"},
	"spam":     {EN: "Held as spam", ZH: "疑似垃圾，已隔离"},
	"undone":   {EN: "Taken back", ZH: "已撤销"},
	"pending":  {EN: "On its way", ZH: "处理中"},
	"not_sent": {EN: "Not imported", ZH: "未导入"},
}

func wordsKnown(number string) lead.Text {
	if number == "" {
		return lead.Text{EN: "was imported before, and rejected", ZH: "此前已导入，被拒收"}
	}
	return lead.Text{EN: "was imported before: " + number, ZH: "此前已导入：" + number}
}

func wordsJoins(number string, several bool) lead.Text {
	switch {
	case several && number != "":
		return lead.Text{EN: fmt.Sprintf("the same person as %s and other leads", number), ZH: fmt.Sprintf("与 %s 及其他线索是同一人", number)}
	case number == "":
		return lead.Text{EN: "shares an identity with several leads; the evidence decides", ZH: "与多条线索有相同身份，将按全部证据判定"}
	}
	return lead.Text{EN: "the same person as " + number, ZH: fmt.Sprintf("与 %s 是同一人", number)}
}

func wordsInFile(sheet string, row int) lead.Text {
	if sheet == "" {
		return lead.Text{EN: fmt.Sprintf("the same person as row %d", row), ZH: fmt.Sprintf("与第 %d 行是同一人", row)}
	}
	return lead.Text{EN: fmt.Sprintf("the same person as row %d of sheet %s", row, sheet), ZH: fmt.Sprintf("与工作表“%s”第 %d 行是同一人", sheet, row)}
}

// rejectionWords say in Chinese what the codes of rows mean; what is not here is said in English.
var rejectionWords = map[string]string{
	"no_identity":          "没有可用的手机、邮箱或编号，无法识别是谁。请补充后重新上传。",
	codeNoLead:             "不是线索（表头、合计、示例或空行），未导入。",
	"excel_lost_digits":    "唯一的联系方式在 Excel 中丢失了数字，无法还原。请在原表中把该列设为文本格式，重新输入号码后再上传。",
	"formula_not_computed": "唯一的联系方式是公式，文件中没有计算结果。请用 Excel 或 WPS 打开并保存后重新上传。",
	"excel_error_value":    "唯一的联系方式是 #N/A 等错误值。请更正后重新上传。",
	"bad_row":              "无法读取该行。",
	"bad_conversation":     "无法读取该会话。",
	"parser_failed":        "读取该行时出错，请将文件反馈给管理员。",
	"unknown_source":       "该来源已被删除。",
	"source_broken":        "该来源的设置有误，请联系管理员。",
	"not_recorded":         "线索池未能保存该行，请联系管理员后重放。",
	"withdrawn":            "已撤销，可在拒收列表中重放。",
	"spam":                 "疑似垃圾信息，已隔离，可在拒收列表中放行。",
}

func wordsRejected(code, message, hint string) lead.Text {
	t := lead.Text{EN: message, ZH: rejectionWords[code]}
	if hint != "" && code != codeNoLead {
		t.EN += ": " + hint
	}
	switch code {
	case codeNoLead:
		if why := noLeadWords[message]; why != "" {
			t.ZH = why
		} else if m := partOf.FindStringSubmatch(message); m != nil {
			t.ZH = "该行属于第 " + m[1] + " 行的会话，不单独导入。"
			if m[2] != "" {
				t.ZH = "该行属于第 " + m[1] + " 行的会话，不是客户所说，未导入。"
			}
		}
	case "bad_conversation":
		t.ZH = cmp.Or(conversationWords[message], t.ZH)
	case "no_identity":
		t.EN = message + ": correct the phone or the email and upload the row again"
		if why := whyNobody(message); why != "" {
			t.ZH = "无法识别是谁：" + why + "。请更正后重新上传。"
		}
	default:
		if _, column, ok := strings.Cut(message, ", in column "); ok && t.ZH != "" {
			t.ZH = "“" + column + "”列：" + t.ZH
		}
	}
	if t.ZH == "" {
		t.ZH = t.EN
	}
	return t
}

// partOf is the reason of a row that stands in a conversation of another row.
var partOf = regexp.MustCompile(`^the (?:row|message) is part of the conversation in row (\d+)(, and not the customer's)?$`)

var conversationWords = map[string]string{
	"the row does not say which conversation it is of": "该行没有会话编号。请补充后重新上传。",
	"the row does not say who the message is from":     "无法判断该消息由谁发送。请在每一行注明买家或客服后重新上传。",
	"the row does not say who the buyer is":            "该行没有买家。请补充后重新上传。",
	"the conversation lacks platform":                  "缺少平台。请在上传时或在来源的默认值中注明平台。",
	"the conversation lacks shop":                      "缺少店铺。请在上传时或在来源的默认值中注明店铺，或将来源的买家范围设为整个平台。",
	"the conversation lacks platform, shop":            "缺少平台和店铺。请在上传时或在来源的默认值中注明，没有店铺时将买家范围设为整个平台。",
}

// noLeadWords say which kind of a row nobody meant to be a lead it is.
var noLeadWords = map[string]string{
	"the row holds nothing in the columns that are read":               "该行在要读取的列中没有内容，未导入。",
	"the row is the example of the template":                           "这是模板中的示例行，未导入。",
	"the row repeats the header":                                       "该行是重复的表头，未导入。",
	"the row is a total":                                               "该行是合计，未导入。",
	"the row holds no message":                                         "该行没有消息内容，未导入。",
	"the customer says nothing in this conversation":                   "该会话中客户没有发言，未导入。",
	"the row is hidden in the file, and this source skips hidden rows": "该行在文件中被隐藏，按来源设置不导入。",
}

// unusable are the reasons why a contact does not tell who somebody is.
var unusable = []struct {
	en *regexp.Regexp
	zh string // $1 as in a regular expression, with the field by its Chinese name
}{
	{regexp.MustCompile(`^the phone number is a placeholder.*`), "电话是占位号码，或在永不作为身份的名单中"},
	{regexp.MustCompile(`^the phone number is a service number.*`), "电话是许多人共用的服务号码"},
	{regexp.MustCompile(`^the email address is a placeholder.*`), "邮箱是占位地址，或在永不作为身份的名单中"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) lacks the area code\)$`), "$1 $2 缺少区号"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) lacks digits\)$`), "$1 $2 位数不足"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) has too many digits\)$`), "$1 $2 位数过多"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) is a placeholder\)$`), "$1 $2 是占位号码"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) is not a number that exists\)$`), "$1 $2 不是存在的号码"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) is not an? (?:number|address)\)$`), "$1 $2 不是有效的号码或地址"},
	{regexp.MustCompile(`^the field (\w+) could not be read \((“.*”) was rounded by a spreadsheet.*`), "$1 $2 被表格软件改写，位数已丢失，请将该列设为文本后重新填写"},
	{regexp.MustCompile(`^the field (\w+) could not be read.*`), "$1 无法识别"},
}

// whyNobody says in Chinese what was wrong with the contacts of a row; "" when it had none.
func whyNobody(message string) string {
	list, ok := strings.CutPrefix(message, "nothing to recognise the person by: ")
	if !ok {
		return ""
	}
	var why []string
	for part := range strings.SplitSeq(list, "; ") {
		for _, u := range unusable {
			if m := u.en.FindStringSubmatchIndex(part); m != nil {
				words := string(u.en.ExpandString(nil, u.zh, part, m))
				for field, zh := range map[string]string{lead.FieldPhone: "电话", lead.FieldEmail: "邮箱"} {
					if rest, ok := strings.CutPrefix(words, field); ok {
						words = zh + rest
					}
				}
				why = append(why, words)
				break
			}
		}
	}
	return strings.Join(why, "；")
}

// sameAs is a verdict's reason: "same mobile and email as XL20260102-000123".
var sameAs = regexp.MustCompile(`^same ([a-z_ ]+) as (\S+)$`)

// wordsJoined tells why a row is on a lead.
func wordsJoined(number string, reasons []string) lead.Text {
	t := lead.Text{EN: strings.Join(reasons, "; "), ZH: fmt.Sprintf("与 %s 是同一人", number)}
	if t.EN == "" {
		t.EN = "the same person as " + number
	}
	var why []string
	for _, reason := range reasons {
		m := sameAs.FindStringSubmatch(reason)
		if m == nil {
			return t
		}
		for kind := range strings.SplitSeq(m[1], " and ") {
			_, zh := kindNamed(kind)
			why = append(why, zh+"相同")
		}
	}
	if len(why) > 0 {
		t.ZH += "（" + strings.Join(why, "、") + "）"
	}
	return t
}
