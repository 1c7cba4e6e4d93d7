package excel

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/spreadsheet"
)

// notices gathers what people should know of one sheet.
type notices struct {
	sheet string
	list  []connectors.Notice
}

func (n *notices) tell(code string, text connectors.Text) {
	n.list = append(n.list, connectors.Notice{Code: code, Sheet: n.sheet, Text: text})
}

// survey tells what was seen in the rows of a sheet. skipHidden is the source's setting.
func (n *notices) survey(v *survey, h header, data, skipHidden bool) {
	atLeast := connectors.Text{}
	if v.more {
		atLeast = connectors.Text{EN: "at least ", ZH: "至少 "}
	}
	switch {
	case h.below:
		n.tell("header_below_rows", connectors.Text{
			EN: "The header stands below rows of the same list. All rows are imported.",
			ZH: "表头上方也有名单数据，所有行都会导入。"})
	case data && h.row == 0:
		n.tell("no_header", connectors.Text{EN: "No header was found. The columns were recognised by what stands in them.", ZH: "未找到表头，已按内容识别各列。"})
	}
	if len(h.titles) > 0 {
		title := clip(strings.Join(h.titles, " · "), 2*sampleRunes)
		n.tell("title_rows", connectors.Text{EN: "What stands above the header is not imported: " + title, ZH: "表头上方的内容不导入：" + title})
	}
	if v.hidden > 0 {
		text := connectors.Text{
			EN: fmt.Sprintf("%s%s hidden, and imported like the others, unless the source says hidden_rows: skip.", atLeast.EN, counted(v.hidden, "row is", "rows are")),
			ZH: fmt.Sprintf("有%s %d 行被隐藏，会照常导入；若不需要，请将来源的 hidden_rows 设为 skip。", atLeast.ZH, v.hidden)}
		if skipHidden {
			text = connectors.Text{
				EN: fmt.Sprintf("%s%s hidden, and not imported, as the source says hidden_rows: skip.", atLeast.EN, counted(v.hidden, "row is", "rows are")),
				ZH: fmt.Sprintf("有%s %d 行被隐藏，按来源设置 hidden_rows: skip 不导入。", atLeast.ZH, v.hidden)}
		}
		n.tell("hidden_rows", text)
	}
	if k := v.damage[spreadsheet.Uncomputed]; k > 0 {
		n.tell("formulas_uncomputed", connectors.Text{
			EN: fmt.Sprintf("%s%s no result in the file. Open it in Excel or WPS, save it, and upload it again.", atLeast.EN, counted(k, "formula has", "formulas have")),
			ZH: fmt.Sprintf("文件中有%s %d 个公式没有计算结果。请用 Excel 或 WPS 打开并保存后重新上传。", atLeast.ZH, k)})
	}
	if k := v.damage[spreadsheet.Error]; k > 0 {
		n.tell("error_cells", connectors.Text{
			EN: fmt.Sprintf("%s%s an error like #N/A, which counts as empty.", atLeast.EN, counted(k, "cell holds", "cells hold")),
			ZH: fmt.Sprintf("有%s %d 个单元格是 #N/A 等错误值，按空值处理。", atLeast.ZH, k)})
	}
	for _, code := range slices.Sorted(maps.Keys(v.rowNotice)) {
		one := readerNotice(v.rowNotice[code])
		one.Sheet = n.sheet
		n.list = append(n.list, one)
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// readerTexts are the Chinese words for what the reader of files has to say.
var readerTexts = map[string]string{
	"macros_ignored":         "文件包含宏，只读取单元格内容。",
	"external_links_ignored": "文件引用了其他文件，按文件中保存的值读取。",
	"name_disagrees":         "文件扩展名与实际内容不符，已按实际内容读取。",
	"encoding_guessed":       "文件没有说明编码，已按 $1 读取。如姓名显示为乱码，请另存为“CSV UTF-8”或 .xlsx 后重新上传。",
	"broken_encoding":        "第 $1 行有无法识别的字符。请另存为“CSV UTF-8”或 .xlsx 后重新上传。",
	"broken_quote":           "第 $1 行的引号不成对，请核对其各列内容是否正确。",
	"nul_bytes":              "第 $1 行有空字节（NUL），已去除。如文本有误，请重新导出。",
}

// readerSaid is the number of a row, or the encoding, in a sentence of the reader.
var readerSaid = regexp.MustCompile(`row (\d+)|read as (\S+)$`)

func readerNotice(n spreadsheet.Notice) connectors.Notice {
	text := n.Message
	if n.Hint != "" {
		text += "; " + n.Hint
	}
	said := ""
	if m := readerSaid.FindStringSubmatch(n.Message); m != nil {
		said = cmp.Or(m[1], m[2])
	}
	zh := strings.ReplaceAll(readerTexts[n.Code], "$1", said)
	return connectors.Notice{Code: n.Code, Text: connectors.Text{EN: text, ZH: cmp.Or(zh, text)}}
}
