package spreadsheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// token is what the scanner stands on.
type token uint8

const (
	tokenEOF   token = iota // the root element is closed and nothing follows
	tokenStart              // name, attrs
	tokenEnd                // name
	tokenText               // text: raw, with entities, perhaps one of several pieces
	tokenCDATA              // text: verbatim, perhaps one of several pieces
)

type attribute struct{ name, value []byte } // value is raw

// scanner splits the XML of a workbook part into tokens without allocating. It holds one tag or one buffer of text at a time, and
// checks what keeps a reader honest: tags match, the root is closed, nothing follows. It refuses DOCTYPE and knows no
// other entities than those of XML itself. Names are local names: the paths that are read (worksheet/sheetData/row/c)
// are unambiguous without their namespaces, and writers bind them to any prefix.
//
// encoding/xml, on which excelize stands, takes about ten times as long (BenchmarkWorkbook) and bounds no token.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	atEOF    bool
	utf16    bool

	name  []byte // valid until the next call, like attrs and text
	attrs []attribute
	text  []byte

	open      []byte // qualified names of the open elements, back to back
	marks     []int  // where each starts
	rootSeen  bool
	closeNext bool // the start tag just returned was an empty element
	cdata     bool
}

var errTagTooLong = errors.New("a tag is longer than a megabyte")

func newScanner(r io.Reader) (*scanner, error) {
	br := bufio.NewReaderSize(r, 16)
	head, err := br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := &scanner{r: br, buf: make([]byte, 64<<10)}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err = br.Discard(3)
		return s, err
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{'<', 0}):
		s.r, s.utf16 = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br), true
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0, '<'}):
		s.r, s.utf16 = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(br), true
	}
	return s, nil
}

// depth is the number of open elements; a start tag counts, until its end was returned.
func (s *scanner) depth() int { return len(s.marks) }

// fill reads more behind what is unread, moving it to the front. It returns false at the end of the part.
func (s *scanner) fill() (bool, error) {
	if s.atEOF {
		return false, nil
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxTag {
			return false, damaged("its XML is not what Excel writes", errTagTooLong)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if errors.Is(err, io.EOF) {
			s.atEOF = true
			return n > 0, nil
		}
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, io.ErrNoProgress
}

// next moves to the next token. tokenEOF is returned only behind a complete document.
func (s *scanner) next() (token, error) {
	if s.closeNext {
		s.closeNext = false
		s.pop()
		return tokenEnd, nil
	}
	for {
		if s.pos == s.end {
			more, err := s.fill()
			if err != nil {
				return 0, err
			}
			if !more {
				return tokenEOF, s.complete()
			}
		}
		if s.cdata {
			if t, done, err := s.nextCDATA(); done || err != nil {
				return t, err
			}
			continue
		}
		if s.buf[s.pos] != '<' {
			if t, err := s.nextText(); t != 0 || err != nil {
				return t, err
			}
			continue
		}
		if t, done, err := s.nextMarkup(); done || err != nil {
			return t, err
		}
	}
}

func (s *scanner) complete() error {
	if s.cdata || len(s.marks) > 0 || !s.rootSeen {
		return truncated("its XML is not closed")
	}
	return nil
}

// nextText returns a piece of text inside the root element; outside only white space may stand, and is passed over.
func (s *scanner) nextText() (token, error) {
	window := s.buf[s.pos:s.end]
	if i := bytes.IndexByte(window, '<'); i >= 0 {
		window = window[:i]
	}
	s.pos += len(window)
	if len(s.marks) == 0 {
		if len(bytes.TrimLeft(window, " \t\r\n")) > 0 {
			return 0, malformed("text outside the root element")
		}
		return 0, nil
	}
	s.text = window
	return tokenText, nil
}

func (s *scanner) nextCDATA() (t token, done bool, err error) {
	window := s.buf[s.pos:s.end]
	if i := bytes.Index(window, []byte("]]>")); i >= 0 {
		s.text, s.cdata = window[:i], false
		s.pos += i + 3
		return tokenCDATA, true, nil
	}
	if len(window) <= 2 || s.atEOF {
		more, err := s.fill()
		if err == nil && !more {
			err = s.complete()
		}
		return 0, false, err
	}
	s.text = window[:len(window)-2]
	s.pos += len(s.text)
	return tokenCDATA, true, nil
}

// nextMarkup handles what begins with '<'. done is false when there is nothing to return yet.
func (s *scanner) nextMarkup() (t token, done bool, err error) {
	window := s.buf[s.pos:s.end]
	if len(window) < 2 {
		return 0, false, s.need()
	}
	switch window[1] {
	case '/':
		i := bytes.IndexByte(window, '>')
		if i < 0 {
			return 0, false, s.need()
		}
		s.pos += i + 1
		return tokenEnd, true, s.endTag(window[2:i])
	case '?':
		return 0, false, s.instruction()
	case '!':
		return 0, false, s.declaration()
	}
	n, err := s.startTag(window)
	if err != nil {
		return 0, false, err
	}
	if n == 0 {
		return 0, false, s.need()
	}
	s.pos += n
	return tokenStart, true, nil
}

// need reads more; the end of the part is an error here.
func (s *scanner) need() error {
	more, err := s.fill()
	if err == nil && !more {
		return truncated("its XML stops inside a tag")
	}
	return err
}

// instruction passes over <?…?>, reading the encoding from the XML declaration.
func (s *scanner) instruction() error {
	if !s.rootSeen {
		for bytes.IndexByte(s.buf[s.pos:s.end], '>') < 0 && s.end-s.pos < 1024 {
			if err := s.need(); err != nil {
				return err
			}
		}
		head, _, _ := bytes.Cut(s.buf[s.pos:s.end], []byte("?>"))
		if bytes.HasPrefix(head, []byte("<?xml")) && len(head) > 5 && isSpace(head[5]) {
			if err := s.checkEncoding(string(head)); err != nil {
				return err
			}
		}
	}
	return s.passOver("?>", 2)
}

func (s *scanner) checkEncoding(declaration string) error {
	_, after, found := strings.Cut(declaration, "encoding=")
	if !found || len(after) < 2 || s.utf16 {
		return nil
	}
	name, _, _ := strings.Cut(after[1:], after[:1])
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return nil
	}
	return refuse("unsupported_encoding", "the workbook's XML is not written in Unicode", saveAsXLSX)
}

// declaration handles what begins with "<!": comments, CDATA, and the document types that are refused.
func (s *scanner) declaration() error {
	const cdata = "<![CDATA["
	for s.end-s.pos < len(cdata) && !s.atEOF {
		if more, err := s.fill(); err != nil {
			return err
		} else if !more {
			break
		}
	}
	head := s.buf[s.pos:s.end]
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		return s.passOver("-->", 4)
	case bytes.HasPrefix(head, []byte(cdata)) && len(s.marks) > 0:
		s.pos += len(cdata)
		s.cdata = true
		return nil
	case len(head) < len(cdata):
		return truncated("its XML stops inside a tag")
	}
	return refuse("xml_doctype", "the workbook declares XML entities of its own, which no spreadsheet program does", saveAsXLSX)
}

// passOver drops everything up to and including until, which stands at least from bytes ahead.
func (s *scanner) passOver(until string, from int) error {
	s.pos += from
	for {
		window := s.buf[s.pos:s.end]
		if i := bytes.Index(window, []byte(until)); i >= 0 {
			s.pos += i + len(until)
			return nil
		}
		s.pos += max(0, len(window)-len(until)+1)
		if err := s.need(); err != nil {
			return err
		}
	}
}
