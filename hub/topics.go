package hub

import (
	"time"

	"github.com/leadhub/leadhub/stream"
)

// Topics of the flow, in its order.
const (
	TopicRaw         = "lead.raw"
	TopicSubmissions = "lead.submissions"
	TopicRejected    = "lead.rejected"
	TopicChanges     = "lead.changes"
)

// Consumer groups, one per stage.
const (
	groupNormalize  = "leadhub.normalize"
	groupSink       = "leadhub.sink"
	groupRejections = "leadhub.rejections"
)

const week = 7 * 24 * time.Hour

// topics lists every topic with its settings. Raw bytes and submissions are kept long enough to repair a parser's bug by
// replay; changes are kept for good, the last one of every lead. The embedded broker bounds all of them by bytes instead.
func topics(partitions int) []stream.Topic {
	return []stream.Topic{
		{Name: TopicRaw, Partitions: partitions, Retention: week},
		{Name: TopicSubmissions, Partitions: partitions, Retention: week},
		{Name: TopicRejected, Partitions: 1, Retention: week},
		{Name: TopicChanges, Partitions: partitions, Compacted: true},
	}
}
