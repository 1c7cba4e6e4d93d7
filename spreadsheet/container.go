package spreadsheet

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
)

// container is the archive a workbook is packed in. Nothing is ever unpacked to disk, and sizes that the archive declares are
// not believed: bytes count when they come out of the inflater.
type container struct {
	parts  map[string]*zip.File // by lower-case name without a leading slash: part names do not differ by case
	size   int64
	limits Limits

	mu       sync.Mutex
	inflated map[string]int64 // most bytes read of each part in one go
	total    int64            // their sum
}

func openContainer(file *os.File, size int64, limits Limits) (*container, error) {
	directory := &budgetReaderAt{r: file, left: maxDirectory}
	zr, err := zip.NewReader(directory, size)
	if errors.Is(err, errBudget) || (err == nil && len(zr.File) > limits.MaxEntries) {
		return nil, bomb(fmt.Sprintf("the archive has more than %d entries", limits.MaxEntries))
	}
	if err != nil {
		return nil, truncated("its table of contents is missing or damaged")
	}
	directory.unbounded = true
	c := &container{parts: make(map[string]*zip.File, len(zr.File)), size: size, limits: limits, inflated: map[string]int64{}}
	for _, entry := range zr.File {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		name, err := partName(entry.Name)
		if err != nil {
			return nil, err
		}
		if c.parts[name] != nil {
			return nil, refuse("duplicate_part", "the archive holds two entries of the same name, and programs differ in which they show", saveAsXLSX)
		}
		if entry.Flags&1 != 0 {
			return nil, encrypted()
		}
		c.parts[name] = entry
	}
	return c, nil
}

func (c *container) has(name string) bool { return c.parts[name] != nil }

// partName brings the name of an entry into the form of the keys of parts. Some writers use backslashes or a leading slash.
func partName(name string) (string, error) {
	clean := strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/")
	if clean == "" || strings.ContainsAny(clean, "\x00:") || path.Clean(clean) != clean || strings.HasPrefix(clean, "../") || strings.HasPrefix(clean, "/") {
		return "", refuse("unsafe_path", "the archive holds an entry whose name points outside of it", saveAsXLSX)
	}
	return strings.ToLower(clean), nil
}

func encrypted() error {
	return refuse("encrypted_file", "the workbook is protected by a password and cannot be read", "remove the password (File, Info, Protect Workbook) and upload it again")
}

// lookup finds the part that a relationship of the part at base points to; "" when there is none.
func (c *container) lookup(base, target string) string {
	for _, t := range []string{target, unescapePath(target)} {
		t = strings.ReplaceAll(t, `\`, "/")
		if !strings.HasPrefix(t, "/") {
			t = path.Join(path.Dir(base), t)
		}
		name := strings.ToLower(strings.TrimPrefix(path.Clean(t), "/"))
		if c.parts[name] != nil {
			return name
		}
	}
	return ""
}

func unescapePath(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// open starts reading a part. The reader fails when ctx ends, when the part breaks a limit, and, at its end, when the checksum or
// the length is not the one that the archive holds.
func (c *container) open(ctx context.Context, name string) (*partReader, error) {
	entry := c.parts[name]
	if entry == nil {
		return nil, damaged("a part of the workbook is missing", fmt.Errorf("no part %q", name))
	}
	r, err := entry.Open()
	if err != nil {
		return nil, damaged("a part of the workbook cannot be opened", err)
	}
	return &partReader{ReadCloser: r, ctx: ctx, c: c, name: name, packed: int64(min(entry.CompressedSize64, uint64(c.size)))}, nil
}

type partReader struct {
	io.ReadCloser
	ctx    context.Context
	c      *container
	name   string
	packed int64
	n      int64
	limit  int64 // 0 = those of the container alone
}

func (p *partReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.ReadCloser.Read(b)
	p.n += int64(n)
	if p.limit > 0 && p.n > p.limit {
		return 0, bomb("a part of the workbook that describes it is larger than any spreadsheet program would make it")
	}
	if limit := p.c.count(p.name, p.n, p.packed); limit != nil {
		return 0, limit
	}
	return n, partError(err)
}

func partError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, zip.ErrChecksum):
		return damaged("a checksum is wrong", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated("a part of the archive is cut short")
	case errors.As(err, &corrupt), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm):
		return damaged("a part of the archive cannot be unpacked", err)
	}
	return internal("an uploaded file could not be read", err)
}

// count notes that n bytes of a part have come out of packed bytes, and tells whether that is too much.
func (c *container) count(name string, n, packed int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before := c.inflated[name]; n > before {
		c.inflated[name] = n
		c.total += n - before
	}
	switch {
	case c.total > c.limits.MaxInflated:
		return bomb(fmt.Sprintf("the workbook unpacks to more than %d MB", c.limits.MaxInflated>>20))
	case n > ratioFloor && n/c.limits.MaxRatio > packed:
		return bomb("a part of the workbook unpacks to far more than any spreadsheet program would pack into it")
	case c.total > ratioFloor && c.total/c.limits.MaxRatio > c.size: // entries that overlap share their packed bytes
		return bomb("the workbook unpacks to far more than any spreadsheet program would pack into it")
	}
	return nil
}

// budgetReaderAt bounds how much is read while an archive's directory is parsed: the number of entries that an archive
// states is not the number that archive/zip reads.
type budgetReaderAt struct {
	r         io.ReaderAt
	left      int64
	unbounded bool
}

var errBudget = errors.New("the directory is too large")

func (b *budgetReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if b.unbounded {
		return b.r.ReadAt(p, off)
	}
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errBudget
	}
	return b.r.ReadAt(p, off)
}
