package spreadsheet

// Limits bound what one file may cost. A zero field takes its default; genuine files of a million rows pass all of them.
type Limits struct {
	MaxFileBytes int64 // size of the file on disk: 200 MB
	MaxEntries   int   // entries of the archive: 10,000
	// MaxInflated is how many bytes the parts that are read may inflate to together, counted while inflating: 4 GB. A part that is
	// read again is not counted again.
	MaxInflated int64
	// MaxRatio is how many times larger than its compressed bytes a part may become, once it is larger than 10 MB: 200. Sheets
	// that Excel writes come to 11, and to 17 when all cells are the same.
	MaxRatio        int64
	MaxRows         int   // rows that are not empty, per sheet: 2,000,000
	MaxColumns      int   // columns with a value: 512
	MaxCellChars    int   // UTF-16 units in a cell, as Excel counts: 32,767
	MaxRowBytes     int   // text of all cells of a row: 8 MB
	MaxText         int64 // text handed out by one Rows; shared strings count each time they are used: 4 GB
	MaxStringMemory int64 // shared strings kept in memory; more go to a file in TempDir: 64 MB
}

// Sizes of what has no limit of its own.
const (
	ratioFloor    = 10 << 20  // below this an archive entry may compress as well as it likes
	maxDirectory  = 4 << 20   // bytes read for the archive's directory: its entries take at least 46 each, in memory ten times that
	maxTag        = 1 << 20   // one XML tag with its attributes
	maxDepth      = 200       // elements open at once
	maxMetadata   = 128 << 20 // bytes of a part that is neither a sheet nor the table of texts
	maxSheets     = 10_000
	maxRelations  = 20_000
	maxTarget     = 4096    // bytes of a relationship's target
	maxStyles     = 1 << 18 // cell formats; Excel allows 65,490
	maxFormats    = 10_000  // number formats; Excel allows some 250
	maxFormatCode = 1024    // bytes of a number format; Excel allows 255 characters
	maxTexts      = 1 << 26 // shared strings
	maxMerged     = 1 << 20 // merged ranges of a sheet
	maxRowNumber  = 1 << 24 // Excel stops at 1,048,576, LibreOffice here
)

func (l Limits) withDefaults() Limits {
	set := func(field *int64, value int64) {
		if *field <= 0 {
			*field = value
		}
	}
	setInt := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.MaxFileBytes, 200<<20)
	setInt(&l.MaxEntries, 10_000)
	set(&l.MaxInflated, 4<<30)
	set(&l.MaxRatio, 200)
	setInt(&l.MaxRows, 2_000_000)
	setInt(&l.MaxColumns, 512)
	setInt(&l.MaxCellChars, 32_767)
	setInt(&l.MaxRowBytes, 8<<20)
	set(&l.MaxText, 4<<30)
	set(&l.MaxStringMemory, 64<<20)
	return l
}

// maxCellBytes is the most a cell's text may take in UTF-8: three bytes per UTF-16 unit.
func (l Limits) maxCellBytes() int { return 3 * l.MaxCellChars }

// maxRawBytes bounds a cell's text as it stands in XML, where a character may be written as "&#x4E2D;" or "_x000D_".
func (l Limits) maxRawBytes() int { return 8*l.MaxCellChars + 4096 }
