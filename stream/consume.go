package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
)

// Handler is given records of one partition in order. Returning nil says that
// all of them are done: their offsets are committed and they do not come again
// unless the process dies within CommitEvery. The records stay valid after the
// return. When ctx ends the handler should return soon, nil or not.
type Handler func(ctx context.Context, batch []Record) error

// ConsumerConfig says what to read and what to do with what cannot be handled.
type ConsumerConfig struct {
	Group  string   // members of one group share the partitions
	Topics []string // must exist, or Consume waits for them

	MaxBatch int // records per handler call; 1000 unless set

	// Gather is the least time from one batch to the next while records come fast:
	// several at once, yet no full batch, or one soon behind the other. Larger
	// batches cost less per record. A record that comes alone is never held up. No
	// such time unless set.
	Gather time.Duration

	// CommitEvery is how long finished offsets may wait for others before they
	// are committed together; 5 ms unless set. They are always committed before
	// a member hands its partitions over.
	CommitEvery time.Duration

	// Poison makes a record durable elsewhere that the handler cannot handle;
	// err is what the handler said of it alone. When it returns nil the partition
	// moves on; otherwise it is called again. Without Poison such a record is
	// tried forever.
	Poison func(ctx context.Context, r Record, err error) error
	// PoisonAfter is how often a batch must fail before it is split to find the
	// record that fails, and how often that record alone must fail; 3 unless set.
	// An error that wraps ErrPoison counts as that often.
	PoisonAfter int
	// Transient says of a handler's error that it will pass and has nothing to do
	// with the records, such as a database that is away. Such an error never
	// counts towards PoisonAfter: the batch is tried until it succeeds. Errors of
	// contexts and of the network are transient without asking (see IsTransient);
	// anything else that a driver says must be named here. ErrPoison wins over both.
	Transient func(error) bool

	// Stall is how long a partition may have records and make no progress, its
	// handler not being busy, before the watchdog lets the member join anew;
	// 30 s unless set.
	Stall time.Duration
}

func (cfg ConsumerConfig) withDefaults() (ConsumerConfig, error) {
	if cfg.Group == "" || len(cfg.Topics) == 0 {
		return cfg, errors.New("stream: a consumer needs a group and at least one topic")
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = 1000
	}
	if cfg.CommitEvery <= 0 {
		cfg.CommitEvery = 5 * time.Millisecond
	}
	if cfg.PoisonAfter <= 0 {
		cfg.PoisonAfter = 3
	}
	if cfg.Stall <= 0 {
		cfg.Stall = 30 * time.Second
	}
	return cfg, nil
}

const (
	// heartbeatEvery is also how soon a member learns that another came or went.
	heartbeatEvery = 500 * time.Millisecond
	// sessionTimeout is how long the partitions of a killed member stay unread.
	// 6 s is the least that both brokers allow (group.min.session.timeout.ms).
	sessionTimeout = 6 * time.Second
	// rebalanceTimeout is how long a rebalance waits for members that do not answer.
	rebalanceTimeout = 4 * time.Second
	// grace is what a running handler gets to finish before a hand-over, less
	// than rebalanceTimeout so that its offsets can still be committed.
	grace = 2 * time.Second
	// leaveTimeout bounds how long Consume tries to leave its group.
	leaveTimeout = 3 * time.Second
)

// Consume joins the group and calls h with batches until ctx ends; then it lets
// running handlers finish (for 2 s at most), commits, leaves the group and returns
// nil. The only error is a wrong configuration. h runs for several partitions at
// once, never twice at once for the same one within a Client.
//
// Batches hold what there is: one record when one arrives, MaxBatch in a backlog.
// A handler's error is tried again with backoff without the partition moving on.
// A new group starts at the log's start. An offset outside the log, wherever it
// came from, means reading again from the log's start.
func (c *Client) Consume(ctx context.Context, cfg ConsumerConfig, h Handler) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()

	log := c.log.With("group", cfg.Group)
	for _, topic := range cfg.Topics {
		// A member that asks for a topic which does not exist makes kafka-go
		// join again and again without a pause.
		if _, err := c.awaitPartitions(ctx, topic); err != nil {
			return nil
		}
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: cfg.Group, Brokers: c.cfg.Brokers, Topics: cfg.Topics, Dialer: c.dialer,
		GroupBalancers:    []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		HeartbeatInterval: heartbeatEvery, SessionTimeout: sessionTimeout, RebalanceTimeout: rebalanceTimeout,
		JoinGroupBackoff: 250 * time.Millisecond, StartOffset: kafka.FirstOffset,
		WatchPartitionChanges: true,
	})
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	defer leave(group)
	for last := ""; ctx.Err() == nil; {
		gen, err := c.join(ctx, group, cfg.Group, last, log)
		if err != nil {
			break
		}
		last = gen.MemberID
		c.stats.generations.Add(1)
		m := &member{client: c, cfg: cfg, handler: h, gen: gen, log: log}
		m.start(ctx)
		// A generation that ends at once must not turn into a storm of joins.
		sleep(ctx, 50*time.Millisecond)
	}
	return nil
}

// join waits for the next generation, whatever fails on the way; last is the
// name that this member had before, if any. Its only error is that ctx ended.
func (c *Client) join(ctx context.Context, group *kafka.ConsumerGroup, name, last string, log *slog.Logger) (*kafka.Generation, error) {
	joining, joined := context.WithCancel(ctx)
	defer joined()
	for failing := false; ; {
		gen, err := group.Next(ctx) // which paces itself
		if err == nil || ctx.Err() != nil {
			return gen, err
		}
		if !failing {
			failing = true
			log.Warn("could not join the consumer group, trying again", "error", err)
		}
		if last != "" && !errors.Is(err, kafka.RebalanceInProgress) {
			go c.forget(joining, name, last)
			last = ""
		}
	}
}

// forget takes a member out of its group that kafka-go has given up: it begins
// anew under another name after an error, and a coordinator that was away then
// waits for the old one until its session ends. It goes on until ctx ends, for a
// coordinator that is going down says yes and remembers the member afterwards.
func (c *Client) forget(ctx context.Context, group, member string) {
	for {
		try, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = c.kafka.LeaveGroup(try, &kafka.LeaveGroupRequest{GroupID: group, Members: []kafka.LeaveGroupRequestMember{{ID: member}}})
		cancel()
		if !sleep(ctx, 200*time.Millisecond) {
			return
		}
	}
}

// leave waits for the group to be left, which kafka-go does not bound: a join
// under way can hold it for as long as the other members take.
func leave(group *kafka.ConsumerGroup) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = group.Close()
	}()
	select {
	case <-done:
	case <-time.After(leaveTimeout):
	}
}
