package spreadsheet

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// resolveEntities replaces entities and line ends of raw XML text in place, and returns the shorter slice. An entity that
// XML does not define stays as it is written: without a DOCTYPE it can only be a slip of the writer.
func resolveEntities(b []byte) []byte {
	i := 0
	for i < len(b) && b[i] != '&' && b[i] != '\r' {
		i++
	}
	if i == len(b) {
		return b
	}
	out := b[:i]
	for i < len(b) {
		switch c := b[i]; c {
		case '\r': // XML 1.0, section 2.11
			out = append(out, '\n')
			if i++; i < len(b) && b[i] == '\n' {
				i++
			}
		case '&':
			r, n := entity(b[i:])
			if n == 0 {
				out = append(out, c)
				i++
				break
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// entity reads the entity at the start of b, and returns its length, 0 when it is none.
func entity(b []byte) (rune, int) {
	semicolon := bytes.IndexByte(b[:min(len(b), 16)], ';')
	if semicolon < 2 {
		return 0, 0
	}
	name := string(b[1:semicolon])
	switch name {
	case "amp":
		return '&', semicolon + 1
	case "lt":
		return '<', semicolon + 1
	case "gt":
		return '>', semicolon + 1
	case "quot":
		return '"', semicolon + 1
	case "apos":
		return '\'', semicolon + 1
	}
	if name[0] != '#' {
		return 0, 0
	}
	digits, base := name[1:], 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, 0
	}
	return rune(n), semicolon + 1 // a surrogate is appended as U+FFFD
}

// resolveEscapes replaces the _xHHHH_ escapes of ST_Xstring (ECMA-376 part 1, 22.9.2.19) in place: characters that XML
// cannot hold, as UTF-16 units. _x005F_ is the underscore that keeps such a text from being taken for an escape.
func resolveEscapes(b []byte) []byte {
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return b
	}
	out := b[:i]
	for i < len(b) {
		unit, ok := escape(b[i:])
		if !ok {
			out = append(out, b[i])
			i++
			continue
		}
		i += len("_xHHHH_")
		r := rune(unit)
		if utf16.IsSurrogate(r) {
			if low, ok := escape(b[i:]); ok {
				if pair := utf16.DecodeRune(r, rune(low)); pair != utf8.RuneError {
					r = pair
					i += len("_xHHHH_")
				}
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func escape(b []byte) (uint16, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return uint16(n), err == nil
}

// utf16Len counts as Excel counts characters.
func utf16Len(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xC0 != 0x80 {
			n++
		}
		if c >= 0xF0 {
			n++
		}
	}
	return n
}

// validUTF8 replaces bytes that are not UTF-8 by U+FFFD.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}

// withoutNUL drops, in place, what no database takes.
func withoutNUL(b []byte) []byte {
	i := bytes.IndexByte(b, 0)
	if i < 0 {
		return b
	}
	out := b[:i]
	for _, c := range b[i:] {
		if c != 0 {
			out = append(out, c)
		}
	}
	return out
}
