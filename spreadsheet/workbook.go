package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
)

// workbook reads SpreadsheetML (ECMA-376 and ISO 29500, transitional and strict).
type workbook struct {
	*container
	tempDir     string
	list        []Sheet
	sheetParts  []string // of each sheet; "" when it is missing
	stringsPart string   // "" without
	date1904    bool
	styles      []style
	notices     []Notice

	loading sync.Mutex // held while the shared strings are loaded, and by close
	texts   *textStore // nil until the first sheet is read
	found   sync.Mutex
	ranges  map[int][]Range // of the sheets that were read to their end
}

// style is what matters of a cell format.
type style struct {
	code string
	date bool
}

// relationship is one entry of a .rels part. Those with an external target are left out.
type relationship struct{ id, kind, target string }

func openWorkbook(ctx context.Context, file *os.File, size int64, o Options) (*workbook, error) {
	c, err := openContainer(file, size, o.Limits)
	if err != nil {
		return nil, err
	}
	w := &workbook{container: c, tempDir: o.TempDir, ranges: map[int][]Range{}}
	main := ""
	rels, err := c.relationships(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, r := range rels {
		if r.kind == "officeDocument" {
			main = c.lookup("", r.target)
		}
	}
	if main == "" && c.has("xl/workbook.xml") {
		main = "xl/workbook.xml"
	}
	if err := c.wrongArchive(main); err != nil {
		return nil, err
	}
	if err := w.readMain(ctx, main); err != nil {
		return nil, err
	}
	if len(w.list) == 0 {
		return nil, refuse("no_sheets", "the workbook has no worksheet", saveAsXLSX)
	}
	return w, nil
}

// wrongArchive tells other archives than workbooks apart, for the sake of the hint.
func (c *container) wrongArchive(main string) error {
	switch {
	case strings.HasSuffix(main, ".bin"):
		return refuse("wrong_type", "binary workbooks (.xlsb) are not read", saveAsXLSX)
	case strings.HasPrefix(main, "word/"), strings.HasPrefix(main, "ppt/"):
		return refuse("wrong_type", "this is a document or a presentation, not a workbook", "copy the table into Excel or WPS and save it as .xlsx")
	case main != "":
		return nil
	case c.has("content.xml") && c.has("mimetype"):
		return refuse("wrong_type", "OpenDocument spreadsheets (.ods) are not read", saveAsXLSX)
	case c.has("index/document.iwa"):
		return refuse("wrong_type", "Numbers documents are not read", "in Numbers choose File, Export To, Excel and upload the result")
	}
	return refuse("wrong_type", "this archive is not a workbook", "upload the .xlsx or .csv file itself, unpacked")
}

// relationships reads the .rels part that belongs to a part; "" is the package itself. No such part is no relationships.
func (c *container) relationships(ctx context.Context, part string) ([]relationship, error) {
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
	}
	if !c.has(name) {
		return nil, nil
	}
	var rels []relationship
	err := c.scan(ctx, name, func(s *scanner) error {
		if s.is("Relationship") && !bytes.EqualFold(s.attr("TargetMode"), []byte("External")) {
			if len(rels) == maxRelations || len(s.attr("Target")) > maxTarget || len(s.attr("Id")) > maxTarget {
				return damaged("it has too many parts", nil)
			}
			kind := s.attr("Type")
			rels = append(rels, relationship{id: s.attrText("Id"), kind: knownKind(kind[bytes.LastIndexByte(kind, '/')+1:]), target: s.attrText("Target")})
		}
		return nil
	})
	return rels, err
}

// knownKind keeps nothing of relationships that are not followed.
func knownKind(kind []byte) string {
	for _, known := range []string{"officeDocument", "worksheet", "sharedStrings", "styles", "vbaProject", "externalLink"} {
		if string(kind) == known {
			return known
		}
	}
	return ""
}

// scan calls start for every start tag of a part, and fails unless the part is complete. start may skip the element.
func (c *container) scan(ctx context.Context, name string, start func(*scanner) error) error {
	r, err := c.open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	r.limit = maxMetadata
	s, err := newScanner(r)
	if err != nil {
		return err
	}
	for {
		switch t, err := s.next(); {
		case err != nil:
			return err
		case t == tokenEOF:
			return nil
		case t == tokenStart:
			if err := start(s); err != nil {
				return err
			}
		}
	}
}

// readMain reads the workbook part, and what it points to.
func (w *workbook) readMain(ctx context.Context, main string) error {
	rels, err := w.relationships(ctx, main)
	if err != nil {
		return err
	}
	sheetParts := map[string]string{}
	for _, r := range rels {
		switch part := w.lookup(main, r.target); r.kind {
		case "worksheet":
			sheetParts[r.id] = part
		case "sharedStrings":
			w.stringsPart = part
		case "styles":
			if part != "" {
				if err := w.readStyles(ctx, part); err != nil {
					return err
				}
			}
		case "vbaProject":
			w.notices = append(w.notices, macrosIgnored)
		case "externalLink":
			w.externalLinks()
		}
	}
	return w.scan(ctx, main, func(s *scanner) error {
		switch {
		case s.is("workbookPr") && s.depth() == 2:
			w.date1904 = isTrue(s.attr("date1904"))
		case s.is("sheet") && s.depth() == 3: // workbook/sheets/sheet
			part, ok := sheetParts[relationID(s)]
			if !ok && len(rels) > 0 {
				return nil // a chart, a dialog or a macro sheet
			}
			if len(w.list) == maxSheets {
				return damaged("it has too many sheets", nil)
			}
			state := string(s.attr("state"))
			w.list = append(w.list, Sheet{Index: len(w.list), Name: string(resolveEscapes([]byte(s.attrText("name")))),
				Hidden: state == "hidden" || state == "veryHidden"})
			w.sheetParts = append(w.sheetParts, part)
		}
		return nil
	})
}

func (w *workbook) externalLinks() {
	for _, n := range w.notices {
		if n.Code == "external_links_ignored" {
			return
		}
	}
	w.notices = append(w.notices, Notice{Code: "external_links_ignored", Message: "the workbook refers to other files; the values it holds of them were read as they are"})
}

// relationID returns r:id, whatever prefix the namespace is bound to.
func relationID(s *scanner) string {
	for _, a := range s.attrs {
		if i := bytes.IndexByte(a.name, ':'); i >= 0 && string(a.name[i+1:]) == "id" {
			return string(a.value)
		}
	}
	return ""
}

func isTrue(value []byte) bool {
	return string(value) == "1" || string(value) == "true" || string(value) == "on"
}

// readStyles learns which cell formats show a number as a date.
func (w *workbook) readStyles(ctx context.Context, part string) error {
	custom := map[int]string{}
	var ids []int
	inCellXfs := false
	err := w.scan(ctx, part, func(s *scanner) error {
		if s.depth() == 2 {
			inCellXfs = s.is("cellXfs")
		}
		switch {
		case s.is("numFmt") && s.depth() == 3:
			id, err := strconv.Atoi(string(s.attr("numFmtId")))
			code := []byte(s.attrText("formatCode"))
			if err != nil || len(code) > maxFormatCode || len(custom) == maxFormats {
				return damaged("its number formats cannot be read", err)
			}
			custom[id] = string(resolveEscapes(code))
		case inCellXfs && s.is("xf") && s.depth() == 3:
			if len(ids) == maxStyles {
				return damaged("it has too many cell formats", nil)
			}
			id, _ := strconv.Atoi(string(s.attr("numFmtId"))) // absent is General
			ids = append(ids, id)
		}
		return nil
	})
	w.styles = makeStyles(ids, custom)
	return err
}

// makeStyles resolves the number format of each cell format.
func makeStyles(ids []int, custom map[int]string) []style {
	known := map[int]style{}
	styles := make([]style, len(ids))
	for i, id := range ids {
		s, ok := known[id]
		if !ok {
			code, isCustom := custom[id]
			if !isCustom {
				code = builtinFormats[id]
			}
			if strings.EqualFold(code, "General") {
				code = ""
			}
			s = style{code: code, date: isDateFormat(code)}
			known[id] = s
		}
		styles[i] = s
	}
	return styles
}

func (w *workbook) sheets() []Sheet { return w.list }

func (w *workbook) rows(ctx context.Context, sheet int) (source, error) {
	texts, err := w.sharedStrings(ctx)
	if err != nil {
		return nil, err
	}
	return w.openSheet(ctx, sheet, texts)
}

// merged reads the ranges, unless a pass over the sheet has already come by them.
func (w *workbook) merged(ctx context.Context, sheet int) ([]Range, error) {
	w.found.Lock()
	ranges, ok := w.ranges[sheet]
	w.found.Unlock()
	if ok {
		return ranges, nil
	}
	src, err := w.openSheet(ctx, sheet, nil)
	if err != nil {
		return nil, err
	}
	defer src.close()
	if err := src.skipRows(); !errors.Is(err, errEnd) {
		return nil, err
	}
	return src.ranges, nil
}

func (w *workbook) sharedStrings(ctx context.Context) (*textStore, error) {
	w.loading.Lock()
	defer w.loading.Unlock()
	if w.texts != nil || w.stringsPart == "" {
		return w.texts, nil
	}
	texts, err := w.loadStrings(ctx)
	if err != nil {
		return nil, err
	}
	w.texts = texts
	return texts, nil
}

func (w *workbook) close() error {
	w.loading.Lock()
	defer w.loading.Unlock()
	if w.texts == nil {
		return nil
	}
	return w.texts.close()
}
