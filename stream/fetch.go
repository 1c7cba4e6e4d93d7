package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

type sliceBytes struct{ bytes.Reader }

func (*sliceBytes) Close() error { return nil }

// fetched is the answer to one fetch.
type fetched struct {
	recs []Record
	next int64 // where to read on
	end  int64 // the log's end when the broker answered
}

const (
	fetchBytes = 1 << 20
	fetchWait  = 250 * time.Millisecond
	// fetchTimeout bounds a fetch whose answer never comes.
	fetchTimeout = fetchWait + 5*time.Second
)

// fetch reads what the partition has from offset on, at least one record if
// there is any, and waits up to wait for the first.
func (c *Client) fetch(ctx context.Context, l lane, offset int64, wait time.Duration) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+fetchTimeout)
	defer cancel()
	res, err := c.kafka.Fetch(ctx, &kafka.FetchRequest{
		Topic: l.topic, Partition: l.partition, Offset: offset,
		MinBytes: 1, MaxBytes: fetchBytes, MaxWait: wait,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fetched{}, fmt.Errorf("fetch %s/%d at %d: %w", l.topic, l.partition, offset, err)
	}
	d := decoder{lane: l, from: offset, out: fetched{next: offset, end: res.HighWatermark}}
	if err := d.read(res.Records); err != nil && len(d.out.recs) == 0 {
		return fetched{}, fmt.Errorf("read %s/%d at %d: %w", l.topic, l.partition, offset, err)
	}
	if d.batches > 0 && d.out.next == offset {
		// The batch that covers offset came without a record at it: compaction
		// took the record away. kafka-go hides where the batch ends, so step over it.
		d.out.next++
	}
	return d.out, nil
}

// decoder copies the records of an answer out of kafka-go's pages into a few
// large pieces of memory.
type decoder struct {
	lane    lane
	from    int64
	batches int
	arena   []byte
	out     fetched
}

func (d *decoder) read(r kafka.RecordReader) error {
	s, ok := r.(*protocol.RecordStream)
	if !ok {
		return d.readBatch(r, true)
	}
	for _, b := range s.Records {
		_, control := b.(*protocol.ControlBatch)
		d.batches++
		if err := d.readBatch(b, !control); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) readBatch(b kafka.RecordReader, keep bool) error {
	for {
		r, err := b.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// The broker answers with whole batches, so the first may begin before offset.
		if r.Offset < d.from || !keep {
			closeBytes(r.Key)
			closeBytes(r.Value)
			d.out.next = max(d.out.next, r.Offset+1)
			continue
		}
		rec := Record{Topic: d.lane.topic, Partition: d.lane.partition, Offset: r.Offset, Time: r.Time, Headers: r.Headers}
		if rec.Key, err = d.copy(r.Key); err != nil {
			return err
		}
		if rec.Value, err = d.copy(r.Value); err != nil {
			return err
		}
		d.out.recs = append(d.out.recs, rec)
		d.out.next = r.Offset + 1
	}
}

const arenaBytes = 64 << 10

func (d *decoder) copy(b kafka.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer closeBytes(b)
	n := b.Len()
	if n > arenaBytes/4 {
		p := make([]byte, n)
		_, err := io.ReadFull(b, p)
		return p, err
	}
	if n > len(d.arena) {
		d.arena = make([]byte, arenaBytes)
	}
	p := d.arena[:n:n]
	d.arena = d.arena[n:]
	_, err := io.ReadFull(b, p)
	return p, err
}

func closeBytes(b kafka.Bytes) {
	if b != nil {
		_ = b.Close()
	}
}
