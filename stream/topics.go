package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// Topic is what a topic should be like. A zero Retention or RetentionBytes
// leaves the broker's own; negative means without limit. Compacted keeps the last
// record of each key for good. The embedded broker has its own rules: one
// partition, bounded by bytes, never compacted (see stream/embedded).
type Topic struct {
	Name           string
	Partitions     int // 1 unless set; never changed on an existing topic, for keys would move
	Retention      time.Duration
	RetentionBytes int64 // per partition
	Compacted      bool
}

func (t Topic) settings() map[string]string {
	s := map[string]string{"cleanup.policy": "delete"}
	if t.Compacted {
		s["cleanup.policy"] = "compact"
	}
	switch {
	case t.Retention < 0:
		s["retention.ms"] = "-1"
	case t.Retention > 0:
		s["retention.ms"] = strconv.FormatInt(t.Retention.Milliseconds(), 10)
	}
	if t.RetentionBytes != 0 {
		s["retention.bytes"] = strconv.FormatInt(max(t.RetentionBytes, -1), 10)
	}
	return s
}

// EnsureTopics creates the topics that do not exist, with the cluster's default
// replication, and brings the settings of the others into line. It returns when
// all can be written to.
func (c *Client) EnsureTopics(ctx context.Context, topics ...Topic) error {
	req := &kafka.CreateTopicsRequest{}
	for _, t := range topics {
		tc := kafka.TopicConfig{Topic: t.Name, NumPartitions: max(t.Partitions, 1), ReplicationFactor: -1}
		for k, v := range t.settings() {
			tc.ConfigEntries = append(tc.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
		}
		req.Topics = append(req.Topics, tc)
	}
	res, err := c.kafka.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("stream: create topics: %w", err)
	}
	for _, t := range topics {
		switch err := res.Errors[t.Name]; {
		case err == nil:
		case errors.Is(err, kafka.TopicAlreadyExists):
			if err := c.alter(ctx, t); err != nil {
				return err
			}
		default:
			return fmt.Errorf("stream: create topic %s: %w", t.Name, err)
		}
	}
	for _, t := range topics {
		if err := c.awaitLeaders(ctx, t.Name); err != nil {
			return fmt.Errorf("stream: topic %s: %w", t.Name, err)
		}
	}
	return nil
}

func (c *Client) alter(ctx context.Context, t Topic) error {
	r := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name}
	for k, v := range t.settings() {
		r.Configs = append(r.Configs, kafka.IncrementalAlterConfigsRequestConfig{
			Name: k, Value: v, ConfigOperation: kafka.ConfigOperationSet})
	}
	res, err := c.kafka.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{r}})
	if err == nil && len(res.Resources) > 0 {
		err = res.Resources[0].Error
	}
	if err != nil {
		return fmt.Errorf("stream: bring the settings of topic %s into line: %w", t.Name, err)
	}
	return nil
}

// awaitLeaders waits until every partition of the topic answers.
func (c *Client) awaitLeaders(ctx context.Context, topic string) error {
	for {
		_, err := c.spans(ctx, topic)
		if err == nil {
			return nil
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// Lag counts, per topic, the records that the group has not committed yet.
func (c *Client) Lag(ctx context.Context, group string, topics ...string) (map[string]int64, error) {
	lag := make(map[string]int64, len(topics))
	for _, topic := range topics {
		n, err := c.topicLag(ctx, group, topic)
		if err != nil {
			return nil, fmt.Errorf("stream: lag of group %s on topic %s: %w", group, topic, err)
		}
		lag[topic] = n
	}
	return lag, nil
}

func (c *Client) topicLag(ctx context.Context, group, topic string) (int64, error) {
	spans, err := c.spans(ctx, topic)
	if err != nil {
		return 0, err
	}
	ids := make([]int, 0, len(spans))
	for id := range spans {
		ids = append(ids, id)
	}
	res, err := c.kafka.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: ids}})
	if err == nil {
		err = res.Error
	}
	var lag int64
	if errors.Is(err, kafka.GroupIdNotFound) { // nobody of the group was there yet
		for _, s := range spans {
			lag += s.end - s.first
		}
		return lag, nil
	}
	if err != nil {
		return 0, err
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return 0, p.Error
		}
		s := spans[p.Partition]
		from := p.CommittedOffset
		if from < s.first || from > s.end { // where Consume would go, too
			from = s.first
		}
		lag += s.end - from
	}
	return lag, nil
}
