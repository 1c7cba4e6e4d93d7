package stream

import "sync/atomic"

// Stats counts what a Client has done since it was opened. All only grow.
type Stats struct {
	Produced      int64 // records that are durable
	Batches       int64 // produce requests that carried them
	ProduceErrors int64 // produce requests that failed and were tried again or given up
	Consumed      int64 // records that handlers have finished
	Retries       int64 // handler calls that failed
	Poisoned      int64 // records handed to Poison
	Generations   int64 // times a member was given partitions
	Restarts      int64 // times the lag watchdog restarted a stuck member
	Resets        int64 // times a partition was read again from its log's start, its offset being out of range
}

type counters struct {
	produced, batches, produceErrors, consumed, retries, poisoned, generations, restarts, resets atomic.Int64
}

// Stats returns the counts so far.
func (c *Client) Stats() Stats {
	s := &c.stats
	return Stats{
		Produced: s.produced.Load(), Batches: s.batches.Load(), ProduceErrors: s.produceErrors.Load(),
		Consumed: s.consumed.Load(), Retries: s.retries.Load(), Poisoned: s.poisoned.Load(),
		Generations: s.generations.Load(), Restarts: s.restarts.Load(), Resets: s.resets.Load(),
	}
}
