package hub

import (
	"time"

	"github.com/leadhub/leadhub/stream"
)

// names are those of the topics and consumer groups of one hub. Several hubs share a cluster by different prefixes.
type names struct {
	raw, submissions, rejected, changes        string
	feedback, groupFeedback                    string
	groupNormalize, groupSink, groupRejections string
	groupMatch                                 string
}

func newNames(prefix string) names {
	return names{
		raw: prefix + "lead.raw", submissions: prefix + "lead.submissions", rejected: prefix + "lead.rejected", changes: prefix + "lead.changes",
		groupNormalize: prefix + "leadhub.normalize", groupSink: prefix + "leadhub.sink", groupRejections: prefix + "leadhub.rejections",
		groupMatch: prefix + "leadhub.match",
		feedback:   prefix + "lead.feedback", groupFeedback: prefix + "leadhub.feedback",
	}
}

const week = 7 * 24 * time.Hour

// topics lists every topic with its settings. Raw bytes and submissions are kept long enough to repair a parser's bug by
// replay; changes are kept for good, the last one of every lead. The embedded broker bounds all of them by bytes instead.
func (n names) topics(partitions int) []stream.Topic {
	return []stream.Topic{
		{Name: n.raw, Partitions: partitions, Retention: week},
		{Name: n.submissions, Partitions: partitions, Retention: week},
		{Name: n.rejected, Partitions: 1, Retention: week},
		{Name: n.feedback, Partitions: partitions, Retention: week},
		{Name: n.changes, Partitions: partitions, Compacted: true},
	}
}
