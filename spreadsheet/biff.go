package spreadsheet

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// Records of BIFF8 (MS-XLS 2.3.2) that are read.
const (
	recordFormula     = 0x0006
	recordEOF         = 0x000A
	recordDateMode    = 0x0022
	recordFilePass    = 0x002F
	recordContinue    = 0x003C
	recordBoundSheet  = 0x0085
	recordMulRK       = 0x00BD
	recordRString     = 0x00D6
	recordXF          = 0x00E0
	recordMergedCells = 0x00E5
	recordSST         = 0x00FC
	recordLabelSST    = 0x00FD
	recordNumber      = 0x0203
	recordLabel       = 0x0204
	recordBoolErr     = 0x0205
	recordString      = 0x0207
	recordRow         = 0x0208
	recordRK          = 0x027E
	recordFormat      = 0x041E
	recordBOF         = 0x0809
)

// recordReader reads the records of a workbook's stream.
type recordReader struct {
	ctx    context.Context
	stream io.ReadSeeker
	r      *bufio.Reader
	id     uint16
	body   []byte // valid until next
	depth  int    // of substreams inside the one that began: charts
	unread bool
}

func newRecordReader(ctx context.Context, stream io.ReadSeeker) *recordReader {
	r := &recordReader{ctx: ctx, stream: stream}
	r.r = bufio.NewReaderSize(r, 64<<10)
	return r
}

// Read reads from the stream on behalf of the buffer.
func (r *recordReader) Read(p []byte) (n int, err error) {
	defer recovered(&err)
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err = r.stream.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, damaged("its content is not where its directory says", err)
	}
	return n, err
}

func (r *recordReader) seek(offset int64) (err error) {
	defer recovered(&err)
	if _, err := r.stream.Seek(offset, io.SeekStart); err != nil {
		return damaged("a sheet is not where the workbook says", err)
	}
	r.r.Reset(r)
	return nil
}

// begin reads the record that begins a substream.
func (r *recordReader) begin() error {
	if err := r.read(); err != nil {
		return err
	}
	if version := r.data().u16(); r.id != recordBOF || version != 0x0600 {
		return refuse("old_workbook", "the workbook is not of the format of Excel 97 to 2003", saveAsXLSX)
	}
	return nil
}

// next reads the next record of this substream; those of substreams inside are passed over. The last one is recordEOF.
func (r *recordReader) next() error {
	for {
		if r.unread {
			r.unread = false
			return nil
		}
		if err := r.read(); err != nil {
			return err
		}
		switch {
		case r.id == recordBOF:
			r.depth++
		case r.id == recordEOF && r.depth > 0:
			r.depth--
		case r.depth == 0:
			return nil
		}
	}
}

func (r *recordReader) read() error {
	var head [4]byte
	_, err := io.ReadFull(r.r, head[:])
	if err == nil {
		r.id = binary.LittleEndian.Uint16(head[:])
		n := int(binary.LittleEndian.Uint16(head[2:]))
		if cap(r.body) < n {
			r.body = make([]byte, n, 1<<16)
		}
		r.body = r.body[:n]
		_, err = io.ReadFull(r.r, r.body)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return truncated("the sheet is not closed")
	}
	return err
}

func (r *recordReader) data() *recordData { return &recordData{b: r.body} }

// recordData takes values from the front of a record. Behind its end everything is zero, and short is set.
type recordData struct {
	b     []byte
	short bool
}

func (d *recordData) take(n int) []byte {
	if n > len(d.b) {
		d.short, d.b = true, nil
		return make([]byte, min(n, 8))
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *recordData) u8() byte    { return d.take(1)[0] }
func (d *recordData) u16() uint16 { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *recordData) u32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *recordData) f64() float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(d.take(8)))
}

// text takes a string of n characters: a byte that says how wide they are, and the characters.
func (d *recordData) text(n int) []byte {
	wide := int(d.u8() & 1)
	if n<<wide > len(d.b) {
		d.short, d.b = true, nil
		return nil
	}
	return appendUTF16(nil, d.take(n<<wide), wide == 1)
}

// appendUTF16 appends characters as UTF-8; narrow ones are the lower bytes. NUL is dropped.
func appendUTF16(dst, b []byte, wide bool) []byte {
	if !wide {
		for _, c := range b {
			if c != 0 {
				dst = utf8.AppendRune(dst, rune(c))
			}
		}
		return dst
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(binary.LittleEndian.Uint16(b[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if pair := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(b[i+2:]))); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		if r != 0 {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// rkNumber decodes the short form of a number (MS-XLS 2.5.122).
func rkNumber(rk uint32) float64 {
	var n float64
	if rk&2 != 0 {
		n = float64(int32(rk) >> 2)
	} else {
		n = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		n /= 100
	}
	return n
}

// continued takes values from a record and the CONTINUE records behind it.
type continued struct {
	*recordReader
	b     []byte
	err   error
	units []byte
	text  []byte
}

// more moves to the next CONTINUE record when the one at hand is used up. It returns false at the end, and then err is set.
func (c *continued) more() bool {
	for c.err == nil && len(c.b) == 0 {
		if c.err = c.recordReader.next(); c.err != nil {
			break
		}
		if c.id != recordContinue {
			c.unread = true
			c.err = damaged("its table of texts is shorter than it says", nil)
			break
		}
		c.b = c.body
	}
	return c.err == nil
}

// skip drops n bytes; strings go over record ends without a mark, but for their characters.
func (c *continued) skip(n int64) {
	for n > 0 && c.more() {
		part := min(n, int64(len(c.b)))
		c.b = c.b[part:]
		n -= part
	}
}

func (c *continued) uint(size int) (n uint32) {
	for i := range size {
		if !c.more() {
			return 0
		}
		n |= uint32(c.b[0]) << (8 * i)
		c.b = c.b[1:]
	}
	return n
}

func (c *continued) u32() uint32 { return c.uint(4) }

// richText takes a string with its formatting runs and phonetic data (MS-XLS 2.5.293), of which only the text is returned,
// valid until the next call. Where its characters go over a record's end, the next record begins with a byte that says anew
// how wide they are.
func (c *continued) richText(limit int) ([]byte, error) {
	left := int(c.uint(2))
	flags := c.uint(1)
	var runs, extra uint32
	if flags&8 != 0 {
		runs = c.uint(2)
	}
	if flags&4 != 0 {
		extra = c.uint(4)
	}
	if left > limit {
		return nil, textTooLong("a cell", limit)
	}
	c.units = c.units[:0]
	for wide := flags & 1; left > 0; {
		if len(c.b) == 0 {
			if !c.more() {
				return nil, c.err
			}
			wide = c.uint(1) & 1
			continue
		}
		n := min(left, len(c.b)>>wide)
		if n == 0 {
			return nil, damaged("a text is cut in the middle of a character", nil)
		}
		for _, b := range c.b[:n<<wide] { // all as wide characters: a surrogate pair may be cut, too
			if c.units = append(c.units, b); wide == 0 {
				c.units = append(c.units, 0)
			}
		}
		c.b = c.b[n<<wide:]
		left -= n
	}
	c.skip(int64(runs) * 4)
	c.skip(int64(extra))
	c.text = appendUTF16(c.text[:0], c.units, true)
	return c.text, c.err
}
