package spreadsheet

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

const (
	pageSize   = 64 << 10
	groupSize  = 16  // strings per entry of the index
	cachePages = 128 // pages of the file that one reader keeps
)

// textStore is a list of strings, built once and then read by number. They stand back to back, each behind its length, in
// pages; the first pages are kept in memory and the others in a file. An index holds where every sixteenth begins: a
// million short strings cost their bytes, one more each, and half a megabyte.
type textStore struct {
	pages    [][]byte // in memory
	maxPages int
	file     *os.File
	tempDir  string
	tail     []byte // the page being filled, once pages are full
	size     int64
	index    []int64
	count    int
}

func newTextStore(memory int64, tempDir string) *textStore {
	return &textStore{maxPages: int(max(1, memory/pageSize)), tempDir: tempDir}
}

func (t *textStore) add(text []byte) error {
	if t.count%groupSize == 0 {
		t.index = append(t.index, t.size)
	}
	if t.count++; t.count > maxTexts {
		return bomb("the workbook has more texts than a sheet has cells")
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(text)))
	if err := t.write(length[:n]); err != nil {
		return err
	}
	return t.write(text)
}

func (t *textStore) write(b []byte) error {
	for len(b) > 0 {
		page, err := t.page()
		if err != nil {
			return err
		}
		n := min(len(b), pageSize-len(*page))
		*page = append(*page, b[:n]...)
		b = b[n:]
		t.size += int64(n)
	}
	return nil
}

// page returns the page to append to, which has room.
func (t *textStore) page() (*[]byte, error) {
	if t.file == nil {
		if n := len(t.pages); n > 0 && len(t.pages[n-1]) < pageSize {
			return &t.pages[n-1], nil
		}
		if len(t.pages) < t.maxPages {
			t.pages = append(t.pages, make([]byte, 0, pageSize))
			return &t.pages[len(t.pages)-1], nil
		}
		file, err := os.CreateTemp(t.tempDir, "leadhub-strings-*")
		if err != nil {
			return nil, internal("no temporary file for a large workbook", err)
		}
		t.file, t.tail = file, make([]byte, 0, pageSize)
	}
	if len(t.tail) == pageSize {
		if err := t.flush(); err != nil {
			return nil, err
		}
	}
	return &t.tail, nil
}

func (t *textStore) flush() error {
	if t.file == nil || len(t.tail) == 0 {
		return nil
	}
	if _, err := t.file.Write(t.tail); err != nil {
		return internal("the temporary file of a large workbook could not be written", err)
	}
	t.tail = t.tail[:0]
	return nil
}

func (t *textStore) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if removed := os.Remove(t.file.Name()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// textCursor reads a textStore; each reader has its own. It is fastest in the order of the list, which is the order in
// which Excel meets the strings.
type textCursor struct {
	store *textStore
	next  int   // number of the string at off
	off   int64 //
	cache []cachedPage
}

type cachedPage struct {
	number int64
	data   []byte
}

// appendText appends string number i to dst. ok is false when there is no such string.
func (c *textCursor) appendText(dst []byte, i int) (text []byte, ok bool, err error) {
	if c.store == nil || i < 0 || i >= c.store.count {
		return dst, false, nil
	}
	if i < c.next || i/groupSize != c.next/groupSize {
		c.next, c.off = i-i%groupSize, c.store.index[i/groupSize]
	}
	for {
		n, err := c.length()
		if err != nil {
			return dst, false, err
		}
		if c.next++; c.next > i {
			dst, err = c.read(dst, n)
			return dst, err == nil, err
		}
		c.off += int64(n)
	}
}

// length reads the length at off.
func (c *textCursor) length() (n int, err error) {
	for shift := 0; ; shift += 7 {
		page, err := c.page(c.off / pageSize)
		if err != nil {
			return 0, err
		}
		b := page[c.off%pageSize]
		c.off++
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			return n, nil
		}
	}
}

func (c *textCursor) read(dst []byte, n int) ([]byte, error) {
	for n > 0 {
		page, err := c.page(c.off / pageSize)
		if err != nil {
			return dst, err
		}
		from := int(c.off % pageSize)
		part := page[from:min(len(page), from+n)]
		dst = append(dst, part...)
		n -= len(part)
		c.off += int64(len(part))
	}
	return dst, nil
}

func (c *textCursor) page(number int64) ([]byte, error) {
	if number < int64(len(c.store.pages)) {
		return c.store.pages[number], nil
	}
	if c.cache == nil {
		c.cache = make([]cachedPage, cachePages)
	}
	slot := &c.cache[number%cachePages]
	if slot.data == nil {
		slot.data, slot.number = make([]byte, pageSize), -1
	}
	if slot.number != number {
		n, err := c.store.file.ReadAt(slot.data[:pageSize], (number-int64(len(c.store.pages)))*pageSize)
		if n == 0 {
			slot.number = -1
			return nil, internal("the temporary file of a large workbook could not be read", err)
		}
		slot.number = number
	}
	return slot.data, nil
}

// loadStrings reads the table of shared strings: the text of every si, rich text joined, phonetic guides left out.
func (w *workbook) loadStrings(ctx context.Context) (*textStore, error) {
	store := newTextStore(w.limits.MaxStringMemory, w.tempDir)
	err := w.fillStrings(ctx, store)
	if err == nil {
		err = store.flush()
	}
	if err != nil {
		_ = store.close() // err is the one to tell
		return nil, err
	}
	return store, nil
}

func (w *workbook) fillStrings(ctx context.Context, store *textStore) error {
	r, err := w.open(ctx, w.stringsPart)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r)
	if err != nil {
		return err
	}
	text := textReader{scanner: s, limits: w.limits}
	for {
		switch t, err := s.next(); {
		case err != nil:
			return err
		case t == tokenEOF:
			return nil
		case t == tokenStart && s.depth() == 2 && s.is("si"):
			b, err := text.richText()
			if err != nil {
				return err
			}
			if err := store.add(b); err != nil {
				return err
			}
		case t == tokenStart && s.depth() >= 2:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}
