package spreadsheet

import (
	"bytes"
	"errors"
)

// startTag parses a start tag and returns its length, 0 when the window ends inside it.
func (s *scanner) startTag(b []byte) (int, error) {
	i := 1
	for i < len(b) && !isNameEnd[b[i]] {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	if i == 1 {
		return 0, malformed("a tag without a name")
	}
	qualified := b[1:i]
	s.attrs = s.attrs[:0]
	for {
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i == len(b) {
			return 0, nil
		}
		switch b[i] {
		case '>':
			return i + 1, s.push(qualified)
		case '/':
			if i+1 == len(b) {
				return 0, nil
			}
			if b[i+1] != '>' {
				return 0, malformed("a stray slash in a tag")
			}
			s.closeNext = true
			return i + 2, s.push(qualified)
		}
		n, err := s.attribute(b[i:])
		if n == 0 || err != nil {
			return 0, err
		}
		i += n
	}
}

// attribute parses name="value" and returns its length, 0 when b ends inside it.
func (s *scanner) attribute(b []byte) (int, error) {
	i := 0
	for i < len(b) && !isNameEnd[b[i]] {
		i++
	}
	name := b[:i]
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	if len(name) == 0 || b[i] != '=' {
		return 0, malformed("an attribute without a value")
	}
	i++
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return 0, malformed("an attribute without quotes")
	}
	i++
	n := bytes.IndexByte(b[i:], quote)
	if n < 0 {
		return 0, nil
	}
	value := b[i : i+n]
	if bytes.IndexByte(value, '<') >= 0 {
		return 0, malformed("a tag inside an attribute")
	}
	if len(s.attrs) >= 1000 {
		return 0, malformed("a tag with a thousand attributes")
	}
	s.attrs = append(s.attrs, attribute{name, value})
	return i + n + 1, nil
}

func (s *scanner) push(qualified []byte) error {
	if len(s.marks) == 0 {
		if s.rootSeen {
			return malformed("two root elements")
		}
		s.rootSeen = true
	}
	if len(s.marks) == maxDepth {
		return malformed("elements nested too deeply")
	}
	s.marks = append(s.marks, len(s.open))
	s.open = append(s.open, qualified...)
	s.name = local(qualified)
	return nil
}

// pop closes the innermost element, and makes its name the current one.
func (s *scanner) pop() {
	from := s.marks[len(s.marks)-1]
	s.name = local(s.open[from:])
	s.marks = s.marks[:len(s.marks)-1]
	s.open = s.open[:from]
}

func (s *scanner) endTag(qualified []byte) error {
	for len(qualified) > 0 && isSpace(qualified[len(qualified)-1]) {
		qualified = qualified[:len(qualified)-1]
	}
	if len(s.marks) == 0 || !bytes.Equal(s.open[s.marks[len(s.marks)-1]:], qualified) {
		return malformed("an end tag that closes nothing")
	}
	s.pop()
	return nil
}

// skip passes over the rest of the element whose start tag was returned last, with all inside.
func (s *scanner) skip() error {
	for depth := len(s.marks); len(s.marks) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// attr returns the raw value of an attribute, by its name as written; nil without.
func (s *scanner) attr(name string) []byte {
	for i := range s.attrs {
		if string(s.attrs[i].name) == name {
			return s.attrs[i].value
		}
	}
	return nil
}

// attrText returns the value of an attribute with its entities resolved.
func (s *scanner) attrText(name string) string {
	return string(resolveEntities(bytes.Clone(s.attr(name))))
}

func (s *scanner) is(name string) bool { return string(s.name) == name }

func local(qualified []byte) []byte {
	if i := bytes.IndexByte(qualified, ':'); i > 0 && i+1 < len(qualified) {
		return qualified[i+1:]
	}
	return qualified
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isNameEnd marks the bytes that end a name.
var isNameEnd = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, '/': true, '>': true, '=': true, '<': true, '"': true, '\'': true}

func malformed(what string) error {
	return damaged("its XML is malformed", errors.New(what))
}
