package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// ScanFrom says where a Scan begins: at the log's start when it is zero.
// Offsets, by partition, come first; partitions without one use Time.
type ScanFrom struct {
	Offsets map[int]int64
	Time    time.Time // the first record that is not older
}

// Scan calls fn with every record of the topic from the given place up to the
// end that the topic had when Scan began, one partition after the other, each in
// order. It belongs to no group and commits nothing. An error of fn ends it and is
// returned; a broker that is away is waited for until ctx ends.
func (c *Client) Scan(ctx context.Context, topic string, from ScanFrom, fn func(Record) error) error {
	spans, err := c.spans(ctx, topic)
	if err != nil {
		return fmt.Errorf("stream: scan: %w", err)
	}
	starts, err := c.scanStarts(ctx, topic, from, spans)
	if err != nil {
		return fmt.Errorf("stream: scan: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(spans)) {
		if err := c.scanPartition(ctx, lane{topic, id}, starts[id], spans[id].end, fn); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) scanPartition(ctx context.Context, l lane, offset, end int64, fn func(Record) error) error {
	pause := newPause()
	for offset < end {
		got, err := c.fetch(ctx, l, offset, fetchWait)
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange):
			spans, serr := c.spans(ctx, l.topic)
			if serr != nil {
				return fmt.Errorf("stream: scan: %w", serr)
			}
			if offset >= spans[l.partition].first {
				return fmt.Errorf("stream: scan: %w", err)
			}
			offset = spans[l.partition].first // retention was faster than we
			continue
		case err != nil:
			if !pause.fail(ctx, c.log, "scan: fetch failed, trying again", err) {
				return fmt.Errorf("stream: scan: %w", errors.Join(ctx.Err(), err))
			}
			continue
		}
		for _, r := range got.recs {
			if r.Offset >= end {
				return nil
			}
			if err := fn(r); err != nil {
				return err
			}
		}
		offset = got.next
	}
	return nil
}

func (c *Client) scanStarts(ctx context.Context, topic string, from ScanFrom, spans map[int]span) (map[int]int64, error) {
	starts := make(map[int]int64, len(spans))
	var ask []kafka.OffsetRequest
	for id, s := range spans {
		starts[id] = s.first
		if o, ok := from.Offsets[id]; ok {
			starts[id] = max(o, s.first)
		} else if !from.Time.IsZero() {
			ask = append(ask, kafka.TimeOffsetOf(id, from.Time))
		}
	}
	if len(ask) == 0 {
		return starts, nil
	}
	res, err := c.kafka.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return nil, err
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, p.Error
		}
		starts[p.Partition] = spans[p.Partition].end // nothing is that young
		for o := range p.Offsets {
			if o >= 0 {
				starts[p.Partition] = o
			}
		}
	}
	return starts, nil
}
