package hub

import (
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
	"parser_failed":        "读取该行时出错，请将文件反馈给管理员。",
	"unknown_source":       "该来源已被删除。",
	"source_broken":        "该来源的设置有误，请联系管理员。",
	"not_recorded":         "线索池未能保存该行，请联系管理员后重放。",
	"spam":                 "疑似垃圾信息，已隔离，可在拒收列表中放行。",
}

func wordsRejected(code, message, hint string) lead.Text {
	t := lead.Text{EN: message, ZH: rejectionWords[code]}
	if hint != "" && code != codeNoLead {
		t.EN += ": " + hint
	}
	if t.ZH == "" {
		t.ZH = t.EN
	}
	return t
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
