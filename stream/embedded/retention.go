package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// idleGroup is how long a group may go without a commit, though there are records
// for it, before its unread records no longer hold retention back.
const idleGroup = 7 * 24 * time.Hour

func (b *Broker) trimLoop() {
	defer b.trimming.Done()
	tick := time.NewTicker(b.cfg.RetentionEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.closing:
			return
		case <-tick.C:
		}
		if err := b.trim(); err != nil {
			b.log.Warn("embedded broker: old records were not trimmed", "error", err)
		}
	}
}

// trim removes the oldest records of every log that is longer than it should be,
// as far as every group in use has committed them.
func (b *Broker) trim() error {
	v, err := inspect(b.cluster)
	if err != nil {
		return err
	}
	for topic, p := range v.logs {
		excess := p.NumBytes - b.cfg.RetentionBytes
		if excess <= 0 {
			continue
		}
		// Records differ in size, so this is not exact; the next round corrects it.
		records := p.HighWatermark - p.LogStartOffset
		to := p.LogStartOffset + int64(float64(records)*float64(excess)/float64(p.NumBytes))
		for group, c := range v.commits[topic] {
			if c.Offset < to && time.Since(c.At) > idleGroup {
				b.log.Warn("embedded broker: a group that commits no more loses records", "group", group, "topic", topic, "committed", c.Offset, "kept_from", to)
				continue
			}
			to = min(to, c.Offset)
		}
		if to <= p.LogStartOffset {
			continue
		}
		if err := b.cluster.DeleteRecords(topic, 0, to); err != nil {
			return fmt.Errorf("trim topic %s: %w", topic, err)
		}
	}
	return nil
}

// view is what the broker holds: logs by topic, and commits by topic and group.
type view struct {
	logs    map[string]*kfake.PartitionInfo
	commits map[string]map[string]kfake.GroupCommit
}

func inspect(c *kfake.Cluster) (view, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, done := localClient(c)
	defer done()

	v := view{map[string]*kfake.PartitionInfo{}, map[string]map[string]kfake.GroupCommit{}}
	// kfake has no function that lists topics or groups; a client does.
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return v, err
	}
	for _, t := range meta.Topics {
		if p := c.PartitionInfo(t.Name, 0); p != nil {
			v.logs[t.Name] = p
		}
	}
	groups, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err == nil {
		err = groups.Error
	}
	if err != nil {
		return v, err
	}
	for _, g := range groups.Groups {
		info := c.GroupInfo(g.GroupID)
		if info == nil {
			continue
		}
		for topic, parts := range info.Commits {
			commit, ok := parts[0]
			if !ok {
				continue
			}
			if v.commits[topic] == nil {
				v.commits[topic] = map[string]kfake.GroupCommit{}
			}
			v.commits[topic][g.GroupID] = commit
		}
	}
	return v, nil
}

func localClient(c *kfake.Cluster) (*kafka.Client, func()) {
	t := &kafka.Transport{}
	return &kafka.Client{Addr: kafka.TCP(c.ListenAddrs()...), Transport: t}, t.CloseIdleConnections
}

// resetLostOffsets commits the log's start for every group whose offset lies beyond
// the log's end: the log was lost or began anew, and the group would skip records.
func resetLostOffsets(c *kfake.Cluster, log *slog.Logger) error {
	v, err := inspect(c)
	if err != nil {
		return err
	}
	client, done := localClient(c)
	defer done()
	for topic, groups := range v.commits {
		p := v.logs[topic]
		if p == nil {
			continue
		}
		for group, commit := range groups {
			if commit.Offset <= p.HighWatermark {
				continue
			}
			log.Warn("embedded broker: a group's offset is beyond the end of its log, it reads again from the start",
				"group", group, "topic", topic, "committed", commit.Offset, "end", p.HighWatermark)
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			res, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1,
				Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: p.LogStartOffset}}}})
			cancel()
			if err == nil && len(res.Topics[topic]) > 0 {
				err = res.Topics[topic][0].Error
			}
			if err != nil {
				return fmt.Errorf("reset group %s on topic %s: %w", group, topic, err)
			}
		}
	}
	return nil
}
