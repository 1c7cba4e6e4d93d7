package spreadsheet

// textReader collects the text of elements. The slices it returns are valid until its next call.
type textReader struct {
	*scanner
	limits Limits
	buf    []byte

	row, column int // where the text stands, for messages; row 0 when that is not known
}

// richText returns the text of the element just started, an si or an is: its own t and those of its runs.
func (x *textReader) richText() ([]byte, error) {
	x.buf = x.buf[:0]
	for depth := x.depth(); ; {
		t, err := x.next()
		switch {
		case err != nil:
			return nil, err
		case t == tokenEnd && x.depth() < depth:
			return x.finish()
		case t != tokenStart || x.is("r"):
		case x.is("t"):
			if err := x.appendText(); err != nil {
				return nil, err
			}
		default: // rPh is a phonetic guide, rPr the formatting of a run
			if err := x.skip(); err != nil {
				return nil, err
			}
		}
	}
}

// value returns the text of the element just started, a v.
func (x *textReader) value() ([]byte, error) {
	x.buf = x.buf[:0]
	if err := x.appendText(); err != nil {
		return nil, err
	}
	return x.buf, nil
}

// appendText appends the text of the element just started, with entities resolved; elements inside are passed over.
func (x *textReader) appendText() error {
	raw := len(x.buf) // from here entities are unresolved
	for depth := x.depth(); ; {
		t, err := x.next()
		if err != nil {
			return err
		}
		switch t {
		case tokenText:
			x.buf = append(x.buf, x.text...)
		case tokenCDATA:
			x.buf = x.buf[:raw+len(resolveEntities(x.buf[raw:]))]
			x.buf = append(x.buf, x.text...)
			raw = len(x.buf)
		case tokenStart:
			if err := x.skip(); err != nil {
				return err
			}
		case tokenEnd:
			if x.depth() < depth {
				x.buf = x.buf[:raw+len(resolveEntities(x.buf[raw:]))]
				return nil
			}
		}
		if len(x.buf) > x.limits.maxRawBytes() {
			return x.tooLong()
		}
	}
}

// finish resolves what stands above the level of XML, and checks the length.
func (x *textReader) finish() ([]byte, error) {
	b := withoutNUL(validUTF8(resolveEscapes(x.buf)))
	if len(b) > x.limits.MaxCellChars && utf16Len(b) > x.limits.MaxCellChars {
		return nil, x.tooLong()
	}
	return b, nil
}

func (x *textReader) tooLong() error {
	if x.row == 0 {
		return textTooLong("a cell", x.limits.MaxCellChars)
	}
	return textTooLong("cell "+cellName(x.row, x.column), x.limits.MaxCellChars)
}
