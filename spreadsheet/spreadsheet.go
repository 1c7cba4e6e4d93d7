// Package spreadsheet reads the files people upload, .xlsx, .xlsm, .xls, .csv, .tsv and tables of web pages, as rows of cells, and writes the ones they
// download.
//
// Reading streams: memory does not grow with the file, whatever the file says of itself, and a file that is damaged,
// cut short or built to do harm ends in an error that says so. Rows never end silently: the closing tags, the end of the archive
// entry and its checksum were all seen, or Err tells what was missing.
//
// Numbers are handed over exactly as the file holds them. Deciding that 1.3800138E+10 was a phone number is not for a reader.
package spreadsheet

import (
	"context"
	"errors"
	"os"
	"time"
)

// Format is what a file is, by its content.
type Format string

// Formats that are read. A .xlsm is an XLSX whose macros are ignored.
const (
	XLSX Format = "xlsx"
	XLS  Format = "xls"
	CSV  Format = "csv"
	TSV  Format = "tsv"  // CSV with tabs
	HTML Format = "html" // the tables of a web page
)

// Options of Open. The zero value reads any file within the default limits.
type Options struct {
	Name      string // the file's name as uploaded; a hint for messages and for ties, the content decides
	TempDir   string // where a large table of shared strings goes; "" = os.TempDir
	Limits    Limits
	Encoding  string // of a CSV, for a person who sees that the guess was wrong; "" = by content
	Delimiter rune   // of a CSV; 0 = by content
}

// Sheet is one worksheet. Charts, dialogs and macro sheets are not listed.
type Sheet struct {
	Index  int // for Rows and Merged, from 0
	Name   string
	Hidden bool // hidden or very hidden
}

// Kind is the type of a cell.
type Kind uint8

// Kinds of cells.
const (
	Blank      Kind = iota // nothing, or an empty text
	Text                   // Text
	Number                 // Text as in the file, Number
	Date                   // a number whose format shows a date or a time, or an ISO 8601 date: Time; Text and Number as in the file
	Bool                   // Text TRUE or FALSE, Number 1 or 0
	Error                  // Text #N/A, #REF! …
	Uncomputed             // a formula whose result the file does not hold
)

// Cell is one cell. In a CSV and a web page every cell that is not empty is Text; one that says ="0755" is the text 0755, by a formula.
type Cell struct {
	Kind    Kind
	Formula bool // Text is the formula's last result
	Text    string
	Number  float64
	// Time is the date and time that the cell shows on the wall, labelled UTC. A cell that holds only a time of day or a duration
	// counts from the workbook's day zero: 1899-12-31, or 1904-01-01.
	Time   time.Time
	Format string // number format code of the cell, "" for General
}

// Row is a row with at least one cell that is not blank; rows without are passed over, and cost nothing.
type Row struct {
	// Number is the row's number as Excel shows it, from 1. In a CSV empty lines count and a leading "sep=" line does not.
	Number int
	Line   int  // CSV: the line where the record starts, from 1; else 0
	Hidden bool // hidden by hand or by a filter
	Cells  []Cell
	// Notices tell what of this row had to be guessed or mended.
	Notices []Notice
}

// Notice tells what a person should know about a file or row that was read nevertheless.
type Notice struct {
	Code    string // stable, snake_case
	Message string
	Hint    string
}

// Range is a rectangle of cells; all four are inclusive, rows from 1 and columns from 0 (column A).
type Range struct{ FirstRow, FirstColumn, LastRow, LastColumn int }

// book is one format's reader.
type book interface {
	sheets() []Sheet
	rows(ctx context.Context, sheet int) (source, error)
	merged(ctx context.Context, sheet int) ([]Range, error)
	close() error
}

// source yields rows; next fills the row it is given, reusing its slices, and ends in errEnd only when all was read and verified.
type source interface {
	next(row *Row) error
	close() error
}

// errEnd is the end of the rows. It is never wrapped, and is not io.EOF: one that comes up from below is an error.
var errEnd = errors.New("no more rows")

// File is an open workbook. Its methods, and several Rows, may be used by several goroutines.
type File struct {
	book      book
	file      *os.File
	limits    Limits
	format    Format
	encoding  string
	delimiter rune
	notices   []Notice
}

// Format returns what the file is.
func (f *File) Format() Format { return f.format }

// Encoding returns the character set of a CSV or a web page: UTF-8, UTF-16LE, UTF-16BE, GB18030, Big5 or windows-1252. "" for workbooks.
func (f *File) Encoding() string { return f.encoding }

// Delimiter returns what separates the fields of a CSV, 0 for workbooks.
func (f *File) Delimiter() rune { return f.delimiter }

// Notices returns what is known about the file since Open: macros ignored, name and content disagree, encoding guessed.
func (f *File) Notices() []Notice { return f.notices }

// Sheets returns the worksheets in the order of their tabs; a CSV and a web page have one, without a name.
func (f *File) Sheets() []Sheet { return f.book.sheets() }

// Merged returns the merged ranges of a sheet. They stand behind the cells in the file: until one Rows of that sheet has come
// to its end, this is a pass over the whole sheet.
func (f *File) Merged(ctx context.Context, sheet int) ([]Range, error) {
	if err := f.check(sheet); err != nil {
		return nil, err
	}
	return f.book.merged(ctx, sheet)
}

// Rows starts reading a sheet from its first row. Cancelling ctx ends the reading with the context's error.
func (f *File) Rows(ctx context.Context, sheet int) (*Rows, error) {
	if err := f.check(sheet); err != nil {
		return nil, err
	}
	src, err := f.book.rows(ctx, sheet)
	if err != nil {
		return nil, err
	}
	return &Rows{ctx: ctx, src: src, maxRows: f.limits.MaxRows}, nil
}

func (f *File) check(sheet int) error {
	if sheet < 0 || sheet >= len(f.book.sheets()) {
		return refuse("no_such_sheet", "the workbook has no such sheet", "choose one of the sheets listed")
	}
	return nil
}

// Close releases the file and its temporary files. Rows that are still open fail afterwards.
func (f *File) Close() error {
	return errors.Join(f.book.close(), f.file.Close())
}

// Rows walks over the rows of a sheet:
//
//	for rows.Next() { use(rows.Row()) }
//	err := rows.Err()
type Rows struct {
	ctx     context.Context
	src     source
	row     Row
	count   int
	maxRows int
	err     error
	done    bool
}

// Next reads the next row that is not empty. It returns false at the end and after an error; Err tells which.
func (r *Rows) Next() bool {
	if r.done {
		return false
	}
	if r.err = r.step(); r.err != nil {
		r.done = true
		r.row = Row{}
		if errors.Is(r.err, errEnd) {
			r.err = nil
		}
		return false
	}
	return true
}

func (r *Rows) step() error {
	if r.count%64 == 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	r.row.Number, r.row.Line, r.row.Hidden = 0, 0, false
	r.row.Cells, r.row.Notices = r.row.Cells[:0], nil
	if err := r.src.next(&r.row); err != nil {
		return err
	}
	if r.count++; r.count > r.maxRows {
		return tooManyRows(r.maxRows)
	}
	return nil
}

// Row returns the row that Next read. Its Cells are overwritten by the next call of Next; the strings in them stay.
func (r *Rows) Row() Row { return r.row }

// Err returns why Next ended, nil when every row was read.
func (r *Rows) Err() error { return r.err }

// Close ends the reading early; it may be called twice.
func (r *Rows) Close() error {
	r.done = true
	if r.src == nil {
		return nil
	}
	err := r.src.close()
	r.src = nil
	return err
}
