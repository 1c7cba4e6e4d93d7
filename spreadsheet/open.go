package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Open opens an uploaded file. What it is, is decided by its content: a CSV that calls itself .xls is read as a CSV.
// Errors are *lead.Error with a sentence for the person who uploaded the file.
func Open(path string, o Options) (*File, error) {
	o.Limits = o.Limits.withDefaults()
	file, err := os.Open(path)
	if err != nil {
		return nil, internal("the uploaded file could not be opened", err)
	}
	f := &File{file: file, limits: o.Limits}
	if err := f.open(o); err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	return f, nil
}

func (f *File) open(o Options) error {
	info, err := f.file.Stat()
	if err != nil {
		return internal("the uploaded file could not be opened", err)
	}
	switch size := info.Size(); {
	case size == 0:
		return refuse("empty_file", "the file is empty", "upload a file with a header row and at least one row below it")
	case size > f.limits.MaxFileBytes:
		return tooLarge("file_too_large", fmt.Sprintf("the file is larger than %d MB", f.limits.MaxFileBytes>>20), "split the file and upload the parts")
	}
	head := make([]byte, 4096)
	n, err := f.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return internal("the uploaded file could not be read", err)
	}
	if err := f.openAs(head[:n], info.Size(), o); err != nil {
		return err
	}
	f.compareName(o.Name)
	return nil
}

func (f *File) openAs(head []byte, size int64, o Options) error {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		w, err := openWorkbook(context.Background(), f.file, size, o)
		if err != nil {
			return err
		}
		f.book, f.format, f.notices = w, XLSX, w.notices
		return nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		b, err := openBinary(f.file, size, o)
		if err != nil {
			return err
		}
		f.book, f.format, f.notices = b, XLS, b.notices
		return nil
	}
	if err := wrongType(head); err != nil {
		return err
	}
	if isWebPage(head) {
		w, err := openWebPage(f.file, size, head, o)
		if err != nil {
			return err
		}
		f.book, f.format, f.encoding, f.notices = w, HTML, w.charset.name, w.charset.notices
		return nil
	}
	return f.openText(head, size, o)
}

func (f *File) openText(head []byte, size int64, o Options) error {
	var charset charset
	var err error
	if o.Encoding != "" {
		charset, err = namedCharset(o.Encoding, head)
	} else {
		charset, err = detectCharset(f.file, size)
	}
	if err != nil {
		return err
	}
	t, err := openTable(f.file, size, charset, o)
	if err != nil {
		return err
	}
	f.book, f.format, f.encoding, f.delimiter, f.notices = t, CSV, charset.name, rune(t.delimiter), charset.notices
	if t.delimiter == '\t' {
		f.format = TSV
	}
	return nil
}

// compareName adds a notice when the name promises something else than the content.
func (f *File) compareName(name string) {
	extension := strings.ToLower(filepath.Ext(name))
	is := map[string]Format{".xlsx": XLSX, ".xlsm": XLSX, ".xltx": XLSX, ".xls": XLS, ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".html": HTML, ".htm": HTML}[extension]
	format := f.format
	if format == TSV {
		format = CSV
	}
	if is != "" && is != format {
		f.notices = append(f.notices, Notice{Code: "name_disagrees",
			Message: fmt.Sprintf("the file is named %s but is a %s file; it was read as what it is", extension, strings.ToUpper(string(f.format)))})
	}
}

// wrongType recognises files that people upload by mistake.
func wrongType(head []byte) error {
	for _, known := range []struct{ magic, name, hint string }{
		{"%PDF", "a PDF", "export the table as .xlsx or .csv instead"},
		{"\x89PNG", "a picture", "upload the table itself, not a picture of it"},
		{"\xff\xd8\xff", "a picture", "upload the table itself, not a picture of it"},
		{"GIF8", "a picture", "upload the table itself, not a picture of it"},
		{"Rar!", "a RAR archive", "unpack it and upload the table in it"},
		{"7z\xbc\xaf", "a 7z archive", "unpack it and upload the table in it"},
		{"\x1f\x8b", "a gzip archive", "unpack it and upload the table in it"},
		{"{\\rtf", "a text document", "copy the table into Excel or WPS and save it as .xlsx"},
		{"\x7fELF", "a program", "upload a table"},
		{"MZ\x90", "a program", "upload a table"},
		{"SQLite format 3\x00", "a database", "export the table as .csv instead"},
		{"\x09\x08", "a workbook of Excel 5 or older", saveAsXLSX}, {"\x09\x04", "a workbook of Excel 5 or older", saveAsXLSX},
		{"\x09\x02", "a workbook of Excel 5 or older", saveAsXLSX}, {"\x09\x00\x04\x00", "a workbook of Excel 5 or older", saveAsXLSX},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return refuse("wrong_type", "the file is "+known.name+", not a table", known.hint)
		}
	}
	switch text := beginning(head); {
	case strings.HasPrefix(text, "mime-version:"):
		return refuse("html_table", "the file is a web archive that calls itself a spreadsheet, as some systems export it", saveAsXLSX)
	case isWebPage(head):
		return nil
	case strings.HasPrefix(text, "<") && strings.Contains(text, "schemas-microsoft-com:office:spreadsheet"):
		return refuse("xml_spreadsheet", "the file is an XML spreadsheet of Excel 2003", saveAsXLSX)
	case hasAnyPrefix(text, "<?xml", "<!--", "<!doctype"):
		return refuse("wrong_type", "the file is an XML document, not a table", "export the table as .xlsx or .csv instead")
	case strings.HasPrefix(text, "{\""), strings.HasPrefix(text, "[{"):
		return refuse("wrong_type", "the file is JSON, not a table", "export the table as .xlsx or .csv instead")
	case strings.HasPrefix(text, "begin:vcard"):
		return refuse("wrong_type", "the file is a list of vCards, not a table", "export the contacts as .csv instead")
	}
	return nil
}

// beginning is the first text of a file, in lower case.
func beginning(head []byte) string {
	return strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")))
}

func isWebPage(head []byte) bool {
	text := beginning(head)
	return hasAnyPrefix(text, "<html", "<!doctype html", "<table", "<head", "<meta", "<style", "<script", "<body", "<div") ||
		strings.HasPrefix(text, "<") && strings.Contains(text, "<html")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
