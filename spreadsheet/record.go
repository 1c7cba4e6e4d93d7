package spreadsheet

import "bytes"

// maxQuotedLines is how many lines a quoted field may have. Excel allows 253 in a cell.
const maxQuotedLines = 1000

// maxFields bounds what a line of nothing but delimiters costs.
const maxFields = 1 << 17

// recordParser splits one record of a CSV (RFC 4180) into fields. Where encoding/csv accepts a file without LazyQuotes it
// finds the same fields; beyond that it lives with what people have:
//
//   - lines end in LF, CRLF or CR, mixed as well;
//   - a quote inside a field that does not begin with one is an ordinary character: 5" pipe;
//   - a quoted field whose inner quotes were not doubled ends at the first quote before a delimiter or the end of the line;
//   - a quote that opens a field and is closed nowhere near (not within a cell's length or a thousand lines, or only by a
//     quote in the middle of a line further down) is an ordinary character: it must not swallow the rows below.
//
// mended tells of the last two.
type recordParser struct {
	delimiter byte
	maxBytes  int // of a quoted field

	text     []byte // holds the fields; valid until the next call
	fields   []span // in text
	mended   bool
	overflow bool   // there are more than maxFields, and those are left out
	scratch  []byte // text of records with quotes
}

// parse splits the record at the start of data, which is not empty. It returns the record's length with its line end, or 0
// when the record may go on behind data; with atEOF it does not.
func (p *recordParser) parse(data []byte, atEOF bool) int {
	p.fields, p.mended, p.overflow = p.fields[:0], false, false
	end, next := lineEnd(data, atEOF)
	if next == 0 {
		return 0
	}
	line := data[:end]
	if bytes.IndexByte(line, '"') < 0 {
		p.text = line
		p.split(line)
		return next
	}
	return p.parseQuoted(data, end, next, atEOF)
}

func (p *recordParser) add(from, to int) {
	if len(p.fields) == maxFields {
		p.overflow = true
		return
	}
	p.fields = append(p.fields, span{from, to})
}

// lineEnd returns where the first line ends, and where the next begins, 0 when it may go on behind data.
func lineEnd(data []byte, atEOF bool) (end, next int) {
	newline := bytes.IndexByte(data, '\n')
	line := data
	if newline >= 0 {
		line = data[:newline]
	}
	switch cr := bytes.IndexByte(line, '\r'); {
	case cr < 0 && newline >= 0:
		return newline, newline + 1
	case cr < 0 && atEOF:
		return len(data), len(data)
	case cr < 0:
		return 0, 0
	case cr+1 == newline:
		return cr, newline + 1
	case cr+1 == len(data) && !atEOF:
		return 0, 0
	default:
		return cr, cr + 1
	}
}

func (p *recordParser) split(line []byte) {
	for from := 0; ; {
		n := bytes.IndexByte(line[from:], p.delimiter)
		if n < 0 {
			p.add(from, len(line))
			return
		}
		p.add(from, from+n)
		from += n + 1
	}
}

// parseQuoted is parse for a record with quotes; end and next belong to its first line.
func (p *recordParser) parseQuoted(data []byte, end, next int, atEOF bool) int {
	scratch := p.scratch[:0]
	defer func() { p.scratch = scratch }()
	for pos := 0; ; pos++ {
		from := len(scratch)
		if pos < end && data[pos] == '"' {
			var closed int
			scratch, closed = p.quotedField(scratch, data, pos, end, atEOF)
			switch {
			case closed < 0:
				return 0
			case closed == 0: // not a quoted field after all
				p.mended = true
			default:
				pos = closed
				if pos > end { // on another line
					e, n := lineEnd(data[pos:], atEOF)
					if n == 0 && !(atEOF && pos == len(data)) {
						return 0
					}
					end, next = pos+e, pos+n
				}
				p.add(from, len(scratch))
				if pos >= end {
					p.text = scratch
					return next
				}
				continue // at the delimiter
			}
		}
		n := bytes.IndexByte(data[pos:end], p.delimiter)
		stop := end
		if n >= 0 {
			stop = pos + n
		}
		scratch = append(scratch, data[pos:stop]...)
		p.add(from, len(scratch))
		if n < 0 {
			p.text = scratch
			return next
		}
		pos = stop
	}
}

// quotedField appends the text of the field that a quote opens at pos. It returns the position behind the closing quote, 0
// when the quote opens nothing, and -1 when that cannot be told without more data.
func (p *recordParser) quotedField(dst, data []byte, pos, end int, atEOF bool) (text []byte, closed int) {
	from, mended := len(dst), false
	for i := pos + 1; ; {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 || i+n-pos > p.maxBytes {
			if !atEOF && len(data)-pos <= p.maxBytes {
				return dst, -1
			}
			return dst[:from], 0
		}
		dst = appendLines(dst, data[i:i+n])
		i += n + 1
		if i == len(data) && !atEOF {
			return dst, -1
		}
		switch {
		case i < len(data) && data[i] == '"':
			dst = append(dst, '"')
			i++
		case i == len(data), data[i] == p.delimiter, data[i] == '\n', data[i] == '\r':
			if bytes.Count(dst[from:], []byte{'\n'}) >= maxQuotedLines {
				return dst[:from], 0
			}
			p.mended = p.mended || mended
			return dst, i
		case i > end, mended && data[i-2] == p.delimiter: // text of another line, or the next field's opening quote
			return dst[:from], 0
		default: // an inner quote that was not doubled
			dst = append(dst, '"')
			mended = true
		}
		if mended && i > end {
			return dst[:from], 0
		}
	}
}

// appendLines appends b with CRLF as LF, as encoding/csv has it.
func appendLines(dst, b []byte) []byte {
	for {
		n := bytes.Index(b, []byte("\r\n"))
		if n < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:n]...), '\n')
		b = b[n+2:]
	}
}
