package embedded

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// imposeRules changes requests on their way so that no client can set up a topic
// in a way that kfake does not keep safely. Clients that ask for more get what is
// safe, not an error: the same list of topics serves a real cluster.
func imposeRules(c *kfake.Cluster) {
	pass := func(change func(kmsg.Request)) func(kmsg.Request) (kmsg.Response, error, bool) {
		return func(r kmsg.Request) (kmsg.Response, error, bool) {
			change(r)
			return nil, nil, false
		}
	}
	c.ControlKey(int16(kmsg.CreateTopics), pass(func(r kmsg.Request) {
		topics := r.(*kmsg.CreateTopicsRequest).Topics
		for i := range topics {
			topics[i].NumPartitions, topics[i].ReplicationFactor, topics[i].ReplicaAssignment = 1, 1, nil
			topics[i].Configs = slices.DeleteFunc(topics[i].Configs, func(s kmsg.CreateTopicsRequestTopicConfig) bool { return unsafeSettings[s.Name] })
		}
	}))
	c.ControlKey(int16(kmsg.AlterConfigs), pass(func(r kmsg.Request) {
		for i := range r.(*kmsg.AlterConfigsRequest).Resources {
			res := &r.(*kmsg.AlterConfigsRequest).Resources[i]
			res.Configs = slices.DeleteFunc(res.Configs, func(s kmsg.AlterConfigsRequestResourceConfig) bool { return unsafeSettings[s.Name] })
		}
	}))
	c.ControlKey(int16(kmsg.IncrementalAlterConfigs), pass(func(r kmsg.Request) {
		for i := range r.(*kmsg.IncrementalAlterConfigsRequest).Resources {
			res := &r.(*kmsg.IncrementalAlterConfigsRequest).Resources[i]
			res.Configs = slices.DeleteFunc(res.Configs, func(s kmsg.IncrementalAlterConfigsRequestResourceConfig) bool { return unsafeSettings[s.Name] })
		}
	}))
	refuse(c, kmsg.DeleteRecords, func(r kmsg.Request) kmsg.Response {
		res := r.ResponseKind().(*kmsg.DeleteRecordsResponse)
		for _, t := range r.(*kmsg.DeleteRecordsRequest).Topics {
			rt := kmsg.NewDeleteRecordsResponseTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				rp := kmsg.NewDeleteRecordsResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.PolicyViolation.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		return res
	})
	refuse(c, kmsg.CreatePartitions, func(r kmsg.Request) kmsg.Response {
		res := r.ResponseKind().(*kmsg.CreatePartitionsResponse)
		for _, t := range r.(*kmsg.CreatePartitionsRequest).Topics {
			rt := kmsg.NewCreatePartitionsResponseTopic()
			rt.Topic, rt.ErrorCode = t.Topic, kerr.PolicyViolation.Code
			rt.ErrorMessage = kmsg.StringPtr("a topic of the embedded broker has one partition")
			res.Topics = append(res.Topics, rt)
		}
		return res
	})
}

func refuse(c *kfake.Cluster, key kmsg.Key, answer func(kmsg.Request) kmsg.Response) {
	c.ControlKey(int16(key), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return answer(r), nil, true
	})
}

// unsafeSettings are the settings that would empty or compact a log, or change how much
// of it is read at once.
var unsafeSettings = map[string]bool{
	"cleanup.policy": true, "log.cleanup.policy": true,
	"retention.ms": true, "log.retention.ms": true, "log.retention.minutes": true, "log.retention.hours": true,
	"retention.bytes": true, "log.retention.bytes": true,
	"segment.bytes": true, "log.segment.bytes": true,
	"max.message.bytes": true, "message.max.bytes": true,
	"offsets.retention.minutes": true,
}
