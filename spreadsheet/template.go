package spreadsheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// TemplateColumn is one column of a form for uploads.
type TemplateColumn struct {
	Header   string
	Example  string
	Note     string   // what belongs there; shown when a cell of the column is chosen, and on the sheet of notes
	Options  []string // a drop-down; other values are possible after a warning
	Required bool     // its header stands out
}

// templateRows is how far down the drop-downs and notes reach.
const templateRows = 10_000

// templateWords are the words of a template beside those of its columns.
type templateWords struct {
	sheet, notes, options, column, required, note, example, choices, yes, no, intro, warning, unlisted string
}

var templateLanguages = map[string]templateWords{
	"zh": {sheet: "数据", notes: "填写说明", options: "选项", column: "列", required: "必填", note: "说明", example: "示例", choices: "可选值", yes: "是", no: "否",
		intro:   "从“数据”表的第 3 行开始填写；第 2 行是示例，上传前请删除。请勿改动表头；橙色表头为必填列。所有单元格均为文本格式，手机号、证件号不会变形。",
		warning: "不在选项中", unlisted: "该值不在可选值中，确定要使用吗？"},
	"en": {sheet: "Data", notes: "How to fill in", options: "Options", column: "Column", required: "Required", note: "Note", example: "Example", choices: "Choices", yes: "yes", no: "no",
		intro:   "Fill in the sheet “Data” from row 3; row 2 is an example, delete it before the upload. Leave the headers as they are; orange ones are required. All cells are text, so phone numbers keep their digits.",
		warning: "Not among the choices", unlisted: "This value is not one of the choices. Use it anyway?"},
}

// WriteTemplate writes an empty workbook to be filled in and uploaded: row 1 the headers, row 2 the examples in grey, notes
// and choices at every column, and a second sheet that explains the columns. lang is zh or en; any other is en. Headers
// stand as given, so that the upload finds them again.
func WriteTemplate(out io.Writer, lang string, columns []TemplateColumn) error {
	words, ok := templateLanguages[lang]
	if !ok {
		words = templateLanguages["en"]
	}
	t := &template{file: excelize.NewFile(), words: words, columns: columns}
	err := t.write()
	if err == nil {
		err = t.file.Write(out)
	}
	return errors.Join(written(err), t.file.Close())
}

type template struct {
	file    *excelize.File
	words   templateWords
	columns []TemplateColumn

	plain, must, text, example, wrap int // styles
}

func (t *template) write() error {
	for _, step := range []func() error{t.styles, t.data, t.choices, t.notes} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *template) styles() (err error) {
	if t.plain, err = headerStyle(t.file, "D9E1F2"); err != nil {
		return err
	}
	if t.must, err = headerStyle(t.file, "F8CBAD"); err != nil {
		return err
	}
	for style, s := range map[*int]*excelize.Style{
		&t.text:    {NumFmt: textFormat},
		&t.example: {NumFmt: textFormat, Font: &excelize.Font{Italic: true, Color: "808080"}},
		&t.wrap:    {NumFmt: textFormat, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
	} {
		if *style, err = t.file.NewStyle(s); err != nil {
			return err
		}
	}
	return nil
}

// data makes the sheet to be filled in. The format Text is set for whole columns, so that it holds for what people will type.
func (t *template) data() error {
	if err := t.file.SetSheetName("Sheet1", t.words.sheet); err != nil {
		return err
	}
	for i, c := range t.columns {
		letter := columnName(i)
		style := t.plain
		if c.Required {
			style = t.must
		}
		width := float64(min(40, max(14, 2*len([]rune(c.Header))+4, len([]rune(c.Example))+4)))
		if err := errors.Join(
			t.file.SetColStyle(t.words.sheet, letter, t.text),
			t.file.SetColWidth(t.words.sheet, letter, letter, width),
			t.cell(t.words.sheet, letter+"1", c.Header, style),
			t.cell(t.words.sheet, letter+"2", c.Example, t.example),
		); err != nil {
			return err
		}
	}
	return t.file.SetPanes(t.words.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (t *template) cell(sheet, at, text string, style int) error {
	return errors.Join(t.file.SetCellStr(sheet, at, text), t.file.SetCellStyle(sheet, at, at, style))
}

// choices adds drop-downs and input notes. The choices stand on a hidden sheet: a list inside of the rule itself is limited
// to 255 characters, and cannot hold a comma.
func (t *template) choices() error {
	sheet := false
	for i, c := range t.columns {
		if c.Note == "" && len(c.Options) == 0 {
			continue
		}
		rule := excelize.NewDataValidation(true)
		rule.Sqref = fmt.Sprintf("%s2:%s%d", columnName(i), columnName(i), templateRows)
		if c.Note != "" {
			rule.SetInput(shorten(c.Header, 32), shorten(c.Note, 255))
		}
		if len(c.Options) > 0 {
			if !sheet {
				if _, err := t.file.NewSheet(t.words.options); err != nil {
					return err
				}
				sheet = true
			}
			for row, option := range c.Options {
				if err := t.file.SetCellStr(t.words.options, cellName(row+1, i), option); err != nil {
					return err
				}
			}
			rule.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$1:$%s$%d", t.words.options, columnName(i), columnName(i), len(c.Options)))
			rule.SetError(excelize.DataValidationErrorStyleWarning, t.words.warning, t.words.unlisted)
		}
		if err := t.file.AddDataValidation(t.words.sheet, rule); err != nil {
			return err
		}
	}
	if !sheet {
		return nil
	}
	return t.file.SetSheetVisible(t.words.options, false)
}

// notes makes the sheet that explains the columns.
func (t *template) notes() error {
	w := t.words
	if _, err := t.file.NewSheet(w.notes); err != nil {
		return err
	}
	rows := [][]string{{w.intro}, {w.column, w.required, w.note, w.example, w.choices}}
	for _, c := range t.columns {
		required := w.no
		if c.Required {
			required = w.yes
		}
		rows = append(rows, []string{c.Header, required, c.Note, c.Example, shorten(strings.Join(c.Options, " / "), 1000)})
	}
	for i, row := range rows {
		for j, text := range row {
			style := t.wrap
			if i == 1 {
				style = t.plain
			}
			if err := t.cell(w.notes, cellName(i+1, j), text, style); err != nil {
				return err
			}
		}
	}
	return errors.Join(t.file.MergeCell(w.notes, "A1", "E1"), t.file.SetRowHeight(w.notes, 1, 48),
		t.file.SetColWidth(w.notes, "A", "B", 16), t.file.SetColWidth(w.notes, "C", "E", 40))
}

func columnName(column int) string {
	name := cellName(1, column)
	return name[:len(name)-1]
}

// shorten cuts a text to a number of characters, as Excel counts them.
func shorten(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > limit {
			return s[:i]
		}
	}
	return s
}
