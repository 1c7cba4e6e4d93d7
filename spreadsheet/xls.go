package spreadsheet

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/richardlehane/mscfb"
)

// binaryBook reads .xls of Excel 97 to 2003: BIFF8 (MS-XLS) in a compound file (MS-CFB). The values are read as they are
// cached; formulas are not looked at.
type binaryBook struct {
	open     func() (io.ReadSeeker, error) // the stream of the workbook, from its beginning; each reader keeps its own place
	limits   Limits
	list     []Sheet
	offsets  []int64 // of each sheet in the stream
	date1904 bool
	styles   []style
	texts    *textStore
	notices  []Notice
}

func openBinary(file *os.File, size int64, o Options) (*binaryBook, error) {
	compound, err := openCompound(file, size)
	if err != nil {
		return nil, err
	}
	notices, err := judge(compound)
	if err != nil {
		return nil, err
	}
	b, err := openRecords(func() (io.ReadSeeker, error) { return workbookStream(file, size) }, o)
	if err != nil {
		return nil, err
	}
	b.notices = notices
	return b, nil
}

func openRecords(open func() (io.ReadSeeker, error), o Options) (*binaryBook, error) {
	b := &binaryBook{open: open, limits: o.Limits, texts: newTextStore(o.Limits.MaxStringMemory, o.TempDir)}
	err := b.readGlobals(context.Background())
	if err == nil {
		err = b.texts.flush()
	}
	if err == nil && len(b.list) == 0 {
		err = refuse("no_sheets", "the workbook has no worksheet", saveAsXLSX)
	}
	if err != nil {
		_ = b.texts.close() // err is the one to tell
		return nil, err
	}
	return b, nil
}

// openCompound reads the directory of a compound file. Its chains may be built to be long: what is read of them is bounded.
func openCompound(file *os.File, size int64) (compound *mscfb.Reader, err error) {
	defer recovered(&err)
	directory := &budgetReaderAt{r: io.NewSectionReader(file, 0, size), left: maxDirectory}
	compound, err = mscfb.New(directory)
	if err != nil {
		return nil, damaged("its directory cannot be read", err)
	}
	directory.unbounded = true
	return compound, nil
}

// recovered turns a panic of the compound file reader into an error: mscfb walks over what an unknown person uploaded.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = damaged("its directory cannot be read", fmt.Errorf("panic: %v", p))
	}
}

// judge refuses what else comes in compound files.
func judge(compound *mscfb.Reader) ([]Notice, error) {
	names := map[string]bool{}
	for _, entry := range compound.File {
		names[entry.Name] = true
	}
	switch {
	case names["EncryptionInfo"], names["EncryptedPackage"]:
		return nil, encrypted()
	case names["Workbook"]:
	case names["Book"]:
		return nil, refuse("old_workbook", "the workbook is of Excel 95 or older", saveAsXLSX)
	default:
		return nil, refuse("wrong_type", "the file is an Office document, not a workbook", "copy the table into Excel or WPS and save it as .xlsx")
	}
	if names["_VBA_PROJECT_CUR"] {
		return []Notice{macrosIgnored}, nil
	}
	return nil, nil
}

func workbookStream(file *os.File, size int64) (io.ReadSeeker, error) {
	compound, err := openCompound(file, size)
	if err != nil {
		return nil, err
	}
	for _, entry := range compound.File {
		if entry.Name == "Workbook" && len(entry.Path) == 0 {
			return entry, nil
		}
	}
	return nil, damaged("the stream of the workbook is missing", nil)
}

// start opens the stream at a substream, and reads the record that begins it.
func (b *binaryBook) start(ctx context.Context, offset int64) (*recordReader, error) {
	stream, err := b.open()
	if err != nil {
		return nil, err
	}
	r := newRecordReader(ctx, stream)
	if err := r.seek(offset); err != nil {
		return nil, err
	}
	return r, r.begin()
}

// readGlobals reads what stands before the sheets: their names, the cell formats, the shared strings.
func (b *binaryBook) readGlobals(ctx context.Context) error {
	r, err := b.start(ctx, 0)
	if err != nil {
		return err
	}
	var formats []int
	custom := map[int]string{}
	for {
		if err := r.next(); err != nil {
			return err
		}
		d := r.data()
		switch r.id {
		case recordEOF:
			b.styles = makeStyles(formats, custom)
			return nil
		case recordFilePass:
			return encrypted()
		case recordSST:
			if err := b.readStrings(r); err != nil {
				return err
			}
			continue
		case recordDateMode:
			b.date1904 = d.u16() == 1
		case recordFormat:
			id, code := int(d.u16()), d.text(int(d.u16()))
			if custom[id] = string(code); len(code) > maxFormatCode {
				return damaged("its number formats cannot be read", nil)
			}
		case recordXF:
			d.u16()
			if formats = append(formats, int(d.u16())); len(formats) > maxStyles {
				return damaged("it has too many cell formats", nil)
			}
		case recordBoundSheet:
			if b.addSheet(d); len(b.list) > maxSheets {
				return damaged("it has too many sheets", nil)
			}
		}
		if d.short {
			return damaged("a record of the workbook is too short", nil)
		}
	}
}

func (b *binaryBook) addSheet(d *recordData) {
	offset, state, kind := d.u32(), d.u8(), d.u8()
	if name := d.text(int(d.u8())); kind == 0 { // else a chart or a module
		b.list = append(b.list, Sheet{Index: len(b.list), Name: string(name), Hidden: state&3 != 0})
		b.offsets = append(b.offsets, int64(offset))
	}
}

// readStrings reads the shared strings: the record and those that continue it.
func (b *binaryBook) readStrings(r *recordReader) error {
	s := continued{recordReader: r, b: r.body}
	s.u32() // uses of strings
	for range s.u32() {
		text, err := s.richText(b.limits.MaxCellChars)
		if err != nil {
			return err
		}
		if s.err != nil {
			return s.err
		}
		if err := b.texts.add(text); err != nil {
			return err
		}
	}
	return s.err
}

func (b *binaryBook) sheets() []Sheet { return b.list }

func (b *binaryBook) close() error { return b.texts.close() }

func (b *binaryBook) rows(ctx context.Context, sheet int) (source, error) {
	r, err := b.start(ctx, b.offsets[sheet])
	if err != nil {
		return nil, err
	}
	return &binaryRows{book: b, recordReader: r, texts: textCursor{store: b.texts}, current: -1}, nil
}

// merged passes over the sheet.
func (b *binaryBook) merged(ctx context.Context, sheet int) ([]Range, error) {
	r, err := b.start(ctx, b.offsets[sheet])
	if err != nil {
		return nil, err
	}
	var ranges []Range
	for {
		if err := r.next(); err != nil {
			return nil, err
		}
		switch r.id {
		case recordEOF:
			return ranges, nil
		case recordMergedCells:
			d := r.data()
			for range d.u16() {
				first, last, left, right := int(d.u16()), int(d.u16()), int(d.u16()), int(d.u16())
				if d.short || len(ranges) == maxMerged {
					return nil, damaged("its merged cells cannot be read", nil)
				}
				ranges = append(ranges, Range{FirstRow: first + 1, FirstColumn: left, LastRow: last + 1, LastColumn: right})
			}
		}
	}
}
