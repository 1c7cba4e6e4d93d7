package spreadsheet

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// charset is how the text of a CSV is encoded.
type charset struct {
	name     string
	encoding encoding.Encoding // nil: UTF-8
	skip     int64             // bytes of a byte order mark
	valid    bool              // every byte was seen to be UTF-8
	notices  []Notice
}

// reader returns a file of size bytes from its first character, in UTF-8.
func (c charset) reader(file io.ReaderAt, size int64) io.Reader {
	r := io.NewSectionReader(file, c.skip, size-c.skip)
	if c.encoding == nil {
		return r
	}
	return transform.NewReader(r, c.encoding.NewDecoder())
}

const charsetSample = 256 << 10

var (
	utf16LE = utf.UTF16(utf.LittleEndian, utf.IgnoreBOM)
	utf16BE = utf.UTF16(utf.BigEndian, utf.IgnoreBOM)
)

// namedCharset is the character set that a person chose, by its name on the web.
func namedCharset(name string, head []byte) (charset, error) {
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Replacement {
		return charset{}, refuse("unknown_encoding", "the encoding asked for is not known", "choose UTF-8, GB18030, Big5, UTF-16LE or UTF-16BE")
	}
	c := charset{name: name, encoding: enc}
	for _, known := range []charset{{name: "UTF-8", encoding: utf.UTF8}, {name: "UTF-16LE", encoding: utf16LE}, {name: "UTF-16BE", encoding: utf16BE},
		{name: "GB18030", encoding: simplifiedchinese.GB18030}, {name: "Big5", encoding: traditionalchinese.Big5}} {
		if strings.EqualFold(name, known.name) {
			c = known
		}
	}
	for mark, of := range map[string]string{"\xef\xbb\xbf": "UTF-8", "\xff\xfe": "UTF-16LE", "\xfe\xff": "UTF-16BE"} {
		if of == c.name && bytes.HasPrefix(head, []byte(mark)) {
			c.skip = int64(len(mark))
		}
	}
	if c.name == "UTF-8" {
		c.encoding = nil
	}
	return c, nil
}

// detectCharset decides by, in this order: a byte order mark; NUL bytes where ASCII characters have them in UTF-16; whether
// all of the file is UTF-8 (or nearly: one damaged name must not turn a file into another language); and, for what remains,
// whether it makes more sense as GB18030, Big5 or windows-1252. GB18030 covers GBK and GB2312.
func detectCharset(file *os.File, size int64) (charset, error) {
	sample := make([]byte, min(size, charsetSample))
	if _, err := file.ReadAt(sample, 0); err != nil && !errors.Is(err, io.EOF) {
		return charset{}, internal("the uploaded file could not be read", err)
	}
	switch {
	case bytes.HasPrefix(sample, []byte("\xef\xbb\xbf")):
		return charset{name: "UTF-8", skip: 3}, nil
	case bytes.HasPrefix(sample, []byte{0xff, 0xfe}):
		return charset{name: "UTF-16LE", encoding: utf16LE, skip: 2}, nil
	case bytes.HasPrefix(sample, []byte{0xfe, 0xff}):
		return charset{name: "UTF-16BE", encoding: utf16BE, skip: 2}, nil
	}
	if c, ok := withoutMark(sample); ok {
		return c, nil
	}
	if isBinary(sample) {
		return charset{}, refuse("wrong_type", "the file is not a table that is known here", "upload a .xlsx or a .csv file")
	}
	check, err := checkUTF8(file, size)
	if err != nil {
		return charset{}, err
	}
	if check.broken*10 <= check.characters {
		return charset{name: "UTF-8", valid: check.broken == 0}, nil
	}
	return guessCharset(check.sample), nil
}

// withoutMark recognises UTF-16 by the characters that every table has: digits, delimiters and line ends carry a NUL on one side.
func withoutMark(sample []byte) (charset, bool) {
	var little, big, pairs int
	for i := 0; i+1 < len(sample); i += 2 {
		pairs++
		switch a, b := sample[i], sample[i+1]; {
		case b == 0 && a >= '\t' && a < 0x7f:
			little++
		case a == 0 && b >= '\t' && b < 0x7f:
			big++
		}
	}
	switch {
	case little*10 > pairs && little > 20*big:
		return charset{name: "UTF-16LE", encoding: utf16LE}, true
	case big*10 > pairs && big > 20*little:
		return charset{name: "UTF-16BE", encoding: utf16BE}, true
	}
	return charset{}, false
}

// isBinary tells files that are no text by their control characters. NUL alone does not count: some exports are padded with it.
func isBinary(sample []byte) bool {
	control, nul := 0, 0
	for _, c := range sample {
		switch {
		case c == 0:
			nul++
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1a, c == 0x7f:
			control++
		}
	}
	return control*50 > len(sample) || nul*2 > len(sample)
}

// utf8Check is what a pass over the file found.
type utf8Check struct {
	characters int // beyond ASCII
	broken     int // bytes that are not UTF-8
	sample     []byte
}

// checkUTF8 reads the whole file, at the speed of the disk: the first character that is not ASCII may stand in its last
// row. It stops when the file is clearly something else. sample starts at the line of the first broken byte.
func checkUTF8(file *os.File, size int64) (utf8Check, error) {
	var check utf8Check
	buf := make([]byte, charsetSample)
	for off := int64(0); off < size; {
		n, err := file.ReadAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return check, internal("the uploaded file could not be read", err)
		}
		if n == 0 {
			break
		}
		chunk := buf[:n]
		if off+int64(n) < size {
			chunk = wholeCharacters(chunk)
		}
		off += int64(len(chunk))
		if utf8.Valid(chunk) {
			check.characters += beyondASCII(chunk)
			continue
		}
		check.count(chunk)
		if check.broken > 1000 && check.broken*5 > check.characters {
			break
		}
	}
	return check, nil
}

// wholeCharacters cuts a UTF-8 character that the end of b splits.
func wholeCharacters(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			return b
		}
	}
	return b
}

// beyondASCII counts the characters of valid UTF-8 that are not ASCII, up to one in each block: a lower bound is enough here.
func beyondASCII(b []byte) int {
	n := 0
	for len(b) > 0 {
		block := b[:min(len(b), 64)]
		for _, c := range block {
			if c >= 0x80 {
				n++
				break
			}
		}
		b = b[len(block):]
	}
	return n
}

func (c *utf8Check) count(chunk []byte) {
	line := 0
	for i := 0; i < len(chunk); {
		if chunk[i] == '\n' {
			line = i + 1
		}
		if chunk[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRune(chunk[i:])
		if r == utf8.RuneError && n == 1 {
			if c.broken == 0 {
				c.sample = bytes.Clone(chunk[line:])
			}
			c.broken++
		} else {
			c.characters++
		}
		i += n
	}
}

// guessCharset decides between legacy encodings.
func guessCharset(sample []byte) charset {
	if i := bytes.LastIndexByte(sample, '\n'); i > 0 && len(sample) > charsetSample/2 {
		sample = sample[:i]
	}
	gb := sense(sample, simplifiedchinese.GB18030, 0xB0, 0xD7)
	big5 := sense(sample, traditionalchinese.Big5, 0xA4, 0xC6)
	best := charset{name: "GB18030", encoding: simplifiedchinese.GB18030}
	score, other := gb, big5
	if big5 > gb {
		best = charset{name: "Big5", encoding: traditionalchinese.Big5}
		score, other = big5, gb
	}
	if score < 1 && lonely(sample) {
		best = charset{name: "windows-1252", encoding: charmap.Windows1252}
	} else if score-other > 0.3 && score > 1 {
		return best
	}
	best.notices = []Notice{{Code: "encoding_guessed", Message: "the file does not say how its text is encoded; it was read as " + best.name,
		Hint: "if names look wrong, save it as CSV UTF-8 or as .xlsx, or choose its encoding by hand"}}
	return best
}

// sense tells how much a text makes sense in a double-byte encoding, from 0 to 3: the share of its Chinese characters that
// are among the common ones twice, plus the share of its double bytes whose lead byte lies in the range of everyday
// characters. Bytes that do not decode subtract.
func sense(sample []byte, enc encoding.Encoding, low, high byte) float64 {
	everyday, pairs := 0, 0
	for i := 0; i+1 < len(sample); i++ {
		if sample[i] < 0x80 {
			continue
		}
		lead, trail := sample[i], sample[i+1]
		i++
		if lead >= 0xA1 && lead < low && trail >= 0x40 {
			continue // punctuation, full-width digits
		}
		pairs++
		if lead >= low && lead <= high && (trail >= 0xA1 || (low == 0xA4 && trail >= 0x40 && trail < 0x7f)) {
			everyday++
		}
	}
	decoded, err := enc.NewDecoder().Bytes(sample)
	if err != nil || pairs == 0 {
		return 0
	}
	common, hanzi, broken := 0, 0, 0
	for _, r := range string(decoded) {
		switch {
		case r == utf8.RuneError:
			broken++
		case unicode.Is(unicode.Han, r):
			if hanzi++; isCommon(r) {
				common++
			}
		}
	}
	return 2*float64(common)/float64(max(hanzi, 1)) + float64(everyday)/float64(pairs) - 10*float64(broken)/float64(pairs)
}

// lonely tells a text whose bytes beyond ASCII stand alone among Latin letters: café.
func lonely(sample []byte) bool {
	alone, high := 0, 0
	for i, c := range sample {
		if c < 0x80 {
			continue
		}
		high++
		if (i == 0 || sample[i-1] < 0x80) && (i+1 == len(sample) || sample[i+1] < 0x80) {
			alone++
		}
	}
	return alone*10 >= high*9
}
