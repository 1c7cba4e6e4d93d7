package connectors

import (
	"context"
	"io"

	"github.com/leadhub/leadhub/lead"
)

// Importer is a Source that reads files which people upload. Like a Receiver it only cuts the file into events, whose
// bytes say what stood in one row; what they mean is read by Parse, after the broker, so that a wrong column can be
// mended by replay.
type Importer interface {
	// Inspect reads the beginning of every sheet and proposes how to read it. An error is shown to the person who uploaded.
	Inspect(ctx context.Context, f Upload) (Layout, error)
	// Import hands over every row with content as one event, in the order of the file, each once, skipping the sheets that
	// the layout skips. The same file and layout give the same rows, so an import can go on where it was. It ends with
	// an error when the end of the file was not reached.
	Import(ctx context.Context, f Upload, l Layout, emit func(ImportRow) error) error
	// Result writes the sheets that were read again, as an .xlsx whatever the file was (a CSV would be damaged by the next
	// program that opens it), with what became of each row beside it; outcome returns false for a row that is to be
	// left out (all that went well, when only the failed ones are wanted). lang is "zh" or "en".
	Result(ctx context.Context, f Upload, l Layout, lang string, w io.Writer, outcome func(sheet, row int) (RowOutcome, bool)) error
	// Template writes an empty file to fill in, with an example.
	Template(w io.Writer, lang string) error
}

// Upload is a file on the hub's disk.
type Upload struct {
	Path string
	Name string // as the person calls it
	// SHA256 of the content in hex. Ids of rows are made of it, so that the same file twice gives the same ids; it is
	// computed by reading the whole file when it is "".
	SHA256 string
	// HeaderRows are those that a person chose, by index of the sheet: Inspect takes them (0: there is no header) instead of
	// looking for one.
	HeaderRows map[int]int
}

// Layout, SheetLayout, Column and Notice are nouns that the API shows, too.
type (
	Layout      = lead.Layout
	SheetLayout = lead.SheetLayout
	Column      = lead.Column
	Notice      = lead.Notice
)

// ImportRow is one row of a file.
type ImportRow struct {
	Sheet  int // Index of the sheet
	Number int // 1-based, as the program that made the file shows it
	Event  Event
}

// RowOutcome is what became of a row, in the words of the result file.
type RowOutcome struct {
	Status string // new, joined, duplicate, rejected, skipped …
	Lead   string // number
	Detail string // what it was joined with, or the reason, in the language asked for
}

// Fold is the form in which a [Mapper] compares names: width and case folded, letters and digits only, without remarks in
// brackets.
func Fold(name string) string { return fold(name) }
