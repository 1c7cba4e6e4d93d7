package stream

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// layout remembers the partitions of topics, so that a Produce does not copy
// the whole cluster's metadata.
type layout struct {
	mu     sync.RWMutex
	topics map[string]topicLayout
}

type topicLayout struct {
	partitions []int
	read       time.Time
}

const layoutTTL = 5 * time.Second

// partitions returns the ids of a topic's partitions in order.
func (c *Client) partitions(ctx context.Context, topic string) ([]int, error) {
	l := &c.layout
	l.mu.RLock()
	t, ok := l.topics[topic]
	l.mu.RUnlock()
	if ok && time.Since(t.read) < layoutTTL {
		return t.partitions, nil
	}
	res, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil || len(res.Topics) == 0 || res.Topics[0].Error != nil {
		if err == nil && len(res.Topics) > 0 {
			err = res.Topics[0].Error
		}
		if ok {
			return t.partitions, nil // the broker is away: the old answer still holds
		}
		return nil, fmt.Errorf("read the partitions of topic %s: %w", topic, err)
	}
	t = topicLayout{read: time.Now()}
	for _, p := range res.Topics[0].Partitions {
		t.partitions = append(t.partitions, p.ID)
	}
	if len(t.partitions) == 0 {
		return nil, fmt.Errorf("read the partitions of topic %s: %w", topic, kafka.UnknownTopicOrPartition)
	}
	slices.Sort(t.partitions)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.topics == nil {
		l.topics = map[string]topicLayout{}
	}
	l.topics[topic] = t
	return t.partitions, nil
}

// span is what a partition's log holds: offsets from first up to, not including, end.
type span struct{ first, end int64 }

// spans asks the leaders for the spans of a topic's partitions.
func (c *Client) spans(ctx context.Context, topic string) (map[int]span, error) {
	ids, err := c.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(map[int]span, len(ids))
	// kafka-go asks for both ends in two requests per leader, so a partition
	// may answer one of them with an error of its own.
	req := make([]kafka.OffsetRequest, 0, 2*len(ids))
	for _, id := range ids {
		req = append(req, kafka.FirstOffsetOf(id), kafka.LastOffsetOf(id))
	}
	res, err := c.kafka.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: req}})
	if err != nil {
		return nil, fmt.Errorf("read the offsets of topic %s: %w", topic, err)
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("read the offsets of topic %s partition %d: %w", topic, p.Partition, p.Error)
		}
		out[p.Partition] = span{p.FirstOffset, p.LastOffset}
	}
	return out, nil
}
