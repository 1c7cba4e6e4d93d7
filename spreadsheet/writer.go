package spreadsheet

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

const (
	maxSheetRows  = 1_048_576 // of Excel
	maxSheetChars = 32_767
	textFormat    = 49 // number format @
)

// Column is a column of a workbook to be written.
type Column struct {
	Header string
	Width  float64 // in characters; 0 = 18
}

// Writer writes a workbook row by row: a header that stays in sight, and cells that are texts and stay texts. Excel neither
// turns a phone number into 1.38E+10 nor takes "=1+1" for a formula: not when it opens the file, and, as the cells have the
// format Text, not when somebody edits one. The texts themselves are not altered, so a row can be mended and uploaded
// again. A sheet that is full is continued on another.
type Writer struct {
	out     io.Writer
	file    *excelize.File
	sheet   string
	columns []Column
	header  int // style
	text    int // style
	stream  *excelize.StreamWriter
	sheets  int
	row     int // last row written
}

// NewWriter starts a workbook with one sheet. What does not fit in memory waits in tempDir, "" = os.TempDir, until Close.
func NewWriter(out io.Writer, sheet string, columns []Column, tempDir string) (*Writer, error) {
	w := &Writer{out: out, file: excelize.NewFile(excelize.Options{TmpDir: tempDir}), sheet: sheet, columns: columns}
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(out) }) // else it is made in memory
	err := w.styles()
	if err == nil {
		err = w.file.SetSheetName("Sheet1", sheet)
	}
	if err == nil {
		err = w.open(sheet)
	}
	if err != nil {
		return nil, errors.Join(written(err), w.file.Close())
	}
	return w, nil
}

func (w *Writer) styles() (err error) {
	if w.header, err = headerStyle(w.file, "D9E1F2"); err != nil {
		return err
	}
	w.text, err = w.file.NewStyle(&excelize.Style{NumFmt: textFormat})
	return err
}

func headerStyle(file *excelize.File, colour string) (int, error) {
	return file.NewStyle(&excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}})
}

// open starts a sheet, and writes its header.
func (w *Writer) open(name string) (err error) {
	if w.stream, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	w.sheets++
	for i, c := range w.columns {
		width := c.Width
		if width == 0 {
			width = 18
		}
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	err = w.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return err
	}
	headers := make([]any, len(w.columns))
	for i, c := range w.columns {
		headers[i] = excelize.Cell{StyleID: w.header, Value: c.Header}
	}
	w.row = 1
	return w.stream.SetRow("A1", headers)
}

// Write appends a row; it may be shorter than the header, and empty texts leave cells empty.
func (w *Writer) Write(row []string) error {
	if w.row == maxSheetRows {
		if err := w.continueOnNext(); err != nil {
			return written(err)
		}
	}
	w.row++
	cells := make([]any, len(row))
	for i, text := range row {
		if text == "" {
			continue
		}
		if len(text) > maxSheetChars && utf16Len([]byte(text)) > maxSheetChars { // excelize would cut it
			return textTooLong("cell "+cellName(w.row, i), maxSheetChars)
		}
		cells[i] = excelize.Cell{StyleID: w.text, Value: text}
	}
	return written(w.stream.SetRow("A"+strconv.Itoa(w.row), cells))
}

func (w *Writer) continueOnNext() error {
	if err := w.stream.Flush(); err != nil {
		return err
	}
	name := fmt.Sprintf("%s (%d)", w.sheet, w.sheets+1)
	if _, err := w.file.NewSheet(name); err != nil {
		return err
	}
	return w.open(name)
}

// Close writes the workbook out and removes the temporary files.
func (w *Writer) Close() error {
	err := w.stream.Flush()
	if err == nil {
		err = w.file.Write(w.out)
	}
	return errors.Join(written(err), w.file.Close())
}

func written(err error) error {
	if err == nil {
		return nil
	}
	return internal("the workbook could not be written", err)
}

// CSVWriter writes a CSV that Excel opens as UTF-8, with a byte order mark, commas and CRLF. A CSV has no text type: texts
// that a spreadsheet program would run as a formula get an apostrophe in front, which a person sees. Those are the ones
// that begin, behind white space, with = + - @ or the full-width forms of these, and those that begin with a tab or a line
// end. Plain negative numbers stay as they are.
type CSVWriter struct {
	out     io.Writer
	csv     *csv.Writer
	started bool
	row     []string
}

// NewCSVWriter makes a writer; it writes nothing before the first row.
func NewCSVWriter(out io.Writer) *CSVWriter {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	return &CSVWriter{out: out, csv: w}
}

// Write appends a row. It is buffered until Flush.
func (w *CSVWriter) Write(row []string) error {
	if !w.started {
		w.started = true
		if _, err := io.WriteString(w.out, "\uFEFF"); err != nil {
			return err
		}
	}
	w.row = w.row[:0]
	for _, text := range row {
		w.row = append(w.row, disarm(text))
	}
	return w.csv.Write(w.row)
}

// Flush writes what is buffered; after the last row it must be called.
func (w *CSVWriter) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// disarm puts an apostrophe in front of a text that would be a formula.
func disarm(text string) string {
	if text == "" || (text[0] == '-' && isPlainNumber(text[1:])) {
		return text
	}
	visible := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\uFEFF' || r == '\u200B' })
	first, _ := utf8.DecodeRuneInString(visible)
	if strings.ContainsRune("=+-@＝＋－＠", first) && visible != "" || strings.ContainsRune("\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

func isPlainNumber(s string) bool {
	whole, fraction, point := strings.Cut(s, ".")
	return isDigits(whole) && (!point || isDigits(fraction))
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
