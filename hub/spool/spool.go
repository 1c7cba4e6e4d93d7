// Package spool keeps what was accepted while the broker is away: an append-only log on the local disk, synced before
// Append returns, and drained in order when the broker is back.
package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ErrFull says that the spool holds as much as it may.
var ErrFull = errors.New("spool is full")

const (
	suffix      = ".spool"
	headerBytes = 8 // length and checksum of the payload, big endian
	maxPayload  = 64 << 20
	// What cannot be sent is set aside under these names, for a person to look at.
	damagedSuffix = ".damaged"
	tailSuffix    = ".tail"
)

// Spool is a directory of segments. It is safe for concurrent use; one process owns the directory.
type Spool struct {
	dir string
	max int64

	mu      sync.Mutex
	active  *os.File
	number  int   // of the active segment
	written int64 // bytes in the active segment
	total   int64 // bytes in all segments
	records int64
	damaged int64
	full    bool // the last append did not fit, and nothing was drained since

	wake    chan struct{}
	pending []*entry // waiting for the next sync
	closed  bool
	done    chan struct{}
}

type entry struct {
	payloads [][]byte
	result   chan error
}

// Open opens or makes the spool in dir, holding at most max bytes, and proves that it can be written: a hub that cannot
// write its spool must not start. A record cut short by a crash at the end of a segment was never acknowledged, and is dropped.
func Open(dir string, max int64) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{dir: dir, max: max, wake: make(chan struct{}, 1), done: make(chan struct{})}
	numbers, err := s.segments()
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	for _, n := range numbers {
		c, err := repair(s.path(n))
		if err != nil {
			return nil, fmt.Errorf("spool: segment %d: %w", n, err)
		}
		s.total += c.size
		s.records += c.count
		s.number = n
	}
	if err := s.rotate(); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	go s.write()
	return s, nil
}

// Append stores the payloads, all or none, and returns when they are on the disk. ErrFull when they do not fit.
func (s *Spool) Append(payloads ...[]byte) error {
	a := &entry{payloads: payloads, result: make(chan error, 1)}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return os.ErrClosed
	}
	s.pending = append(s.pending, a)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return <-a.result
}

// write syncs once for all appends that wait, so that a hundred callers share one sync.
func (s *Spool) write() {
	defer close(s.done)
	for range s.wake {
		s.mu.Lock()
		batch, closed := s.pending, s.closed
		s.pending = nil
		results := make([]error, len(batch))
		start, startTotal, startRecords := s.written, s.total, s.records
		wrote := false
		for i, a := range batch {
			results[i] = s.put(a.payloads)
			wrote = wrote || results[i] == nil
		}
		if wrote {
			if err := s.active.Sync(); err != nil {
				s.undo(start, startTotal, startRecords)
				for i := range results {
					results[i] = err
				}
			}
		}
		s.mu.Unlock()
		for i, a := range batch {
			a.result <- results[i]
		}
		if closed {
			return
		}
	}
}

// put writes one append to the active segment. After a failure in the middle the segment is cut back, so that no half of it stays.
func (s *Spool) put(payloads [][]byte) error {
	size := int64(0)
	for _, p := range payloads {
		size += headerBytes + int64(len(p))
	}
	if s.full = s.total+size > s.max; s.full {
		return ErrFull
	}
	buf := make([]byte, 0, size)
	for _, p := range payloads {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(p)))
		buf = binary.BigEndian.AppendUint32(buf, crc32.ChecksumIEEE(p))
		buf = append(buf, p...)
	}
	if _, err := s.active.WriteAt(buf, s.written); err != nil {
		s.undo(s.written, s.total, s.records)
		return err
	}
	s.written += size
	s.total += size
	s.records += int64(len(payloads))
	return nil
}

func (s *Spool) undo(written, total, records int64) {
	s.written, s.total, s.records = written, total, records
	_ = s.active.Truncate(written) // if even this fails, repair drops the tail at the next start
}

// Size returns the bytes and records that wait.
func (s *Spool) Size() (bytes, records int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, s.records
}

// Full reports whether the last append did not fit, and nothing was drained since.
func (s *Spool) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}

// Damaged counts the records that were drained past because the disk had changed them. Their segments stay, as *.damaged.
func (s *Spool) Damaged() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damaged
}

// Drain hands what waits to send, oldest first, in batches of at most n, and forgets a segment when all of it was sent. It
// returns at the first error of send; what was sent of that segment is sent again by the next Drain, or after a restart.
// Only one Drain may run at a time.
func (s *Spool) Drain(n int, send func([][]byte) error) error {
	s.mu.Lock()
	if s.written > 0 {
		if err := s.rotate(); err != nil {
			s.mu.Unlock()
			return err
		}
	}
	active := s.number
	s.mu.Unlock()
	numbers, err := s.segments()
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if number >= active {
			break
		}
		if err := s.drainSegment(number, n, send); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spool) drainSegment(number, n int, send func([][]byte) error) error {
	var batch [][]byte
	c, err := read(s.path(number), func(p []byte) error {
		batch = append(batch, slices.Clone(p))
		if len(batch) < n {
			return nil
		}
		err := send(batch)
		batch = batch[:0:0]
		return err
	})
	if err == nil && len(batch) > 0 {
		err = send(batch)
	}
	if err != nil {
		return err
	}
	if c.damaged > 0 {
		err = os.Rename(s.path(number), s.path(number)+damagedSuffix)
	} else {
		err = os.Remove(s.path(number))
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.total -= c.size
	s.records -= c.count
	s.damaged += c.damaged
	s.full = false
	s.mu.Unlock()
	return nil
}

// Close waits for the appends under way. What waits stays on the disk for the next start.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	<-s.done
	return s.active.Close()
}

// rotate starts a new active segment and makes its name durable.
func (s *Spool) rotate() error {
	next := s.number + 1
	f, err := os.OpenFile(s.path(next), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	if err := syncDir(s.dir); err != nil {
		_ = f.Close()
		return err
	}
	if s.active != nil {
		_ = s.active.Close()
	}
	s.active, s.number, s.written = f, next, 0
	return nil
}

func (s *Spool) path(number int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d%s", number, suffix))
}

func (s *Spool) segments() ([]int, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if n, err := strconv.Atoi(name); ok && err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// contents is what was found in a segment.
type contents struct {
	size    int64 // bytes up to the end of the last whole record
	count   int64 // records that are as they were written
	damaged int64 // records that are not: the disk has changed them
}

// read calls fn for every record of a segment. One whose checksum does not fit is counted and passed over, for those behind it were
// acknowledged as well. A torn tail ends it without an error.
func read(path string, fn func([]byte) error) (c contents, err error) {
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 256<<10)
	var header [headerBytes]byte
	for {
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return c, unlessTorn(err)
		}
		length := binary.BigEndian.Uint32(header[:4])
		if length > maxPayload {
			return c, nil
		}
		payload := make([]byte, length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return c, unlessTorn(err)
		}
		if crc32.ChecksumIEEE(payload) == binary.BigEndian.Uint32(header[4:]) {
			if err := fn(payload); err != nil {
				return c, err
			}
			c.count++
		} else {
			c.damaged++
		}
		c.size += headerBytes + int64(length)
	}
}

// unlessTorn passes on what is not the end of the file: a disk that cannot be read now must not look like a segment without records, which would
// be removed.
func unlessTorn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// repair cuts off what follows the last whole record, and removes the segment when nothing else is in it. Mostly that is a record that a crash
// cut short, and nobody was told that it is safe; as it may be more, it is kept beside the segment.
func repair(path string) (contents, error) {
	c, err := read(path, func([]byte) error { return nil })
	if err != nil {
		return c, err
	}
	if err := keepTail(path, c.size); err != nil {
		return c, err
	}
	if c.size == 0 {
		return c, os.Remove(path)
	}
	return c, os.Truncate(path, c.size)
}

// keepTail copies what follows the first size bytes of a segment, if anything does.
func keepTail(path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == size {
		return err
	}
	tail, err := os.OpenFile(path+tailSuffix, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(tail, io.NewSectionReader(f, size, info.Size()-size))
	return errors.Join(err, tail.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
