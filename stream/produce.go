package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Produce writes the records and returns when all are durable (acks=all).
// Records of concurrent callers share batches. Records with equal keys keep
// their order within a call, and between calls when one returned before the
// other began.
//
// It tries again while the broker is away, and returns as soon as ctx ends,
// or after WriteTimeout when ctx has no deadline. On an error any
// subset of the records may be on the broker. The records must not be changed
// before Produce returns, nor their bytes ever after an error.
func (c *Client) Produce(ctx context.Context, recs ...Record) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.WriteTimeout)
		defer cancel()
	}
	for i := range recs {
		if n := size(&recs[i]); n > MaxRecordBytes {
			return fmt.Errorf("stream: produce to %s: %w: %d bytes, at most %d", recs[i].Topic, ErrTooLarge, n, MaxRecordBytes)
		}
	}
	batches, err := c.enqueue(ctx, recs)
	for i, b := range batches {
		select {
		case <-b.done:
			if err == nil {
				err = b.err
			}
		case <-ctx.Done():
			for _, rest := range batches[i:] {
				rest.leave()
			}
			return fmt.Errorf("stream: produce to %s: %w", b.lane.topic, errors.Join(ctx.Err(), b.cause()))
		case <-c.ctx.Done():
			return ErrClosed
		}
	}
	return err
}

// enqueue puts the records into the open batches of their partitions, and
// returns those batches.
func (c *Client) enqueue(ctx context.Context, recs []Record) ([]*batch, error) {
	byLane := map[lane][]*Record{}
	var lanes []lane // in the order of their first records
	spread := rand.Int()
	for i := range recs {
		r := &recs[i]
		ids, err := c.awaitPartitions(ctx, r.Topic)
		if err != nil {
			return nil, fmt.Errorf("stream: produce to %s: %w", r.Topic, err)
		}
		id := ids[0]
		switch {
		case len(ids) == 1:
		case r.Key == nil:
			id = ids[spread%len(ids)] // one partition per call keeps its batch whole
		default:
			id = kafka.Murmur2Balancer{}.Balance(kafka.Message{Key: r.Key}, ids...)
		}
		l := lane{r.Topic, id}
		if byLane[l] == nil {
			lanes = append(lanes, l)
		}
		byLane[l] = append(byLane[l], r)
	}
	var batches []*batch
	for _, l := range lanes {
		batches = c.queue(l).add(byLane[l], batches)
	}
	return batches, nil
}

func (c *Client) awaitPartitions(ctx context.Context, topic string) ([]int, error) {
	for {
		ids, err := c.partitions(ctx, topic)
		if err == nil {
			return ids, nil
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// lane is one partition of one topic.
type lane struct {
	topic     string
	partition int
}

func (c *Client) queue(l lane) *queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.lanes[l]
	if q == nil {
		q = &queue{client: c, lane: l, enough: make(chan struct{}, 1)}
		c.lanes[l] = q
	}
	return q
}

// queue holds the batches of one lane that wait to be sent. At most one is on
// its way at a time: that keeps the order when a write is retried, and lets the
// next batch grow meanwhile.
type queue struct {
	client *Client
	lane   lane

	mu      sync.Mutex
	waiting []*batch
	sending bool

	want   int           // callers that the batch before had
	sent   time.Time     // when that one was done
	enough chan struct{} // has a token when the first waiting batch has as many
}

// batch is what goes to the broker in one request. Its mutable fields, records
// included, belong to the queue's mutex until it is taken for sending.
type batch struct {
	lane   lane
	queue  *queue
	recs   []*Record
	bytes  int
	done   chan struct{}
	err    error // set before done is closed
	ctx    context.Context
	cancel context.CancelFunc // called when nobody waits any more

	mu      sync.Mutex
	callers int
	last    error
}

// add appends the records of one call to the lane's open batches, all before any
// is sent, and returns mine, the batches that the caller waits for, with them.
func (q *queue) add(recs []*Record, mine []*batch) []*batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range recs {
		if b := q.addOne(r, mine); len(mine) == 0 || mine[len(mine)-1] != b {
			mine = append(mine, b)
		}
	}
	if !q.sending {
		q.sending = true
		go q.run()
	}
	return mine
}

func (q *queue) addOne(r *Record, mine []*batch) *batch {
	n := size(r)
	var b *batch
	if len(q.waiting) > 0 {
		b = q.waiting[len(q.waiting)-1]
	}
	if b == nil || b.bytes+n > maxBatchBytes || !b.join(mine) {
		b = &batch{lane: q.lane, queue: q, done: make(chan struct{}), callers: 1}
		b.ctx, b.cancel = context.WithCancel(q.client.ctx)
		q.waiting = append(q.waiting, b)
	}
	b.recs = append(b.recs, r)
	b.bytes += n
	if b.count() >= q.want {
		select {
		case q.enough <- struct{}{}:
		default:
		}
	}
	return b
}

// join counts one more caller, unless it is counted already or the batch was
// given up.
func (b *batch) join(mine []*batch) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.callers == 0 {
		return false
	}
	for _, m := range mine {
		if m == b {
			return true
		}
	}
	b.callers++
	return true
}

func (b *batch) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.callers
}

func (b *batch) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.callers--; b.callers == 0 {
		b.cancel()
	}
}

func (b *batch) cause() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// run sends the lane's batches until none is left.
func (q *queue) run() {
	c := q.client
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.sending = false
			q.mu.Unlock()
			return
		}
		first, full, want, sent := q.waiting[0], len(q.waiting) > 1, q.want, q.sent
		q.mu.Unlock()
		if !full {
			q.linger(first, want, sent)
		}
		q.mu.Lock()
		q.waiting[0] = nil
		q.waiting = q.waiting[1:]
		q.mu.Unlock()

		callers := first.count()
		first.err = c.send(first, first.recs)
		if first.err == nil {
			c.stats.produced.Add(int64(len(first.recs)))
		}
		q.mu.Lock()
		q.want, q.sent = callers, time.Now()
		q.mu.Unlock()
		close(first.done)
		first.cancel()
	}
}

// linger waits for the callers of the batch before, which are likely to come
// back now that it is done; not at all when nobody was there lately, so that a
// lone record goes at once.
func (q *queue) linger(b *batch, want int, sent time.Time) {
	limit := q.client.cfg.Linger
	if limit < 0 || time.Since(sent) > 2*limit {
		return
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	for b.count() < want {
		select {
		case <-q.enough:
		case <-t.C:
			return
		case <-b.ctx.Done():
			return
		}
	}
}

// send writes the records, again and again until they are durable, the broker
// refuses them for good, or nobody waits any more.
func (c *Client) send(b *batch, recs []*Record) error {
	wait := 10 * time.Millisecond
	for {
		err := b.ctx.Err()
		if err == nil {
			err = c.write(b.ctx, b.lane, recs)
		}
		if err == nil {
			c.stats.batches.Add(1)
			return nil
		}
		c.stats.produceErrors.Add(1)
		switch {
		case errors.Is(err, kafka.MessageSizeTooLarge) && len(recs) > 1:
			// The broker takes less than its default: halves may pass.
			half := len(recs) / 2
			return errors.Join(c.send(b, recs[:half]), c.send(b, recs[half:]))
		case errors.Is(err, kafka.MessageSizeTooLarge):
			return fmt.Errorf("stream: produce to %s: %w: %w", b.lane.topic, ErrTooLarge, err)
		case refused(err) || b.ctx.Err() != nil:
			return fmt.Errorf("stream: produce to %s: %w", b.lane.topic, err)
		}
		b.mu.Lock()
		b.last = err
		b.mu.Unlock()
		c.log.Debug("produce will be tried again", "topic", b.lane.topic, "partition", b.lane.partition, "error", err)
		sleep(b.ctx, wait)
		wait = min(2*wait, 200*time.Millisecond)
	}
}

// refused says that the broker will never take the batch.
func refused(err error) bool {
	for _, e := range []kafka.Error{kafka.InvalidTopic, kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.UnsupportedForMessageFormat} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// attemptTimeout bounds one produce request, so that a broker which took the
// connection and went silent is tried on a new one.
const attemptTimeout = 5 * time.Second

func (c *Client) write(ctx context.Context, l lane, recs []*Record) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	res, err := c.kafka.Produce(ctx, &kafka.ProduceRequest{
		Topic: l.topic, Partition: l.partition, RequiredAcks: kafka.RequireAll,
		Records: &encoder{recs: recs, now: time.Now()},
	})
	if err != nil {
		return err
	}
	return res.Error
}

// encoder hands records to kafka-go one by one, without an allocation for each.
type encoder struct {
	recs       []*Record
	now        time.Time
	rec        kafka.Record
	key, value sliceBytes
}

func (e *encoder) ReadRecord() (*kafka.Record, error) {
	if len(e.recs) == 0 {
		return nil, io.EOF
	}
	r := e.recs[0]
	e.recs = e.recs[1:]
	e.rec = kafka.Record{Time: r.Time, Headers: r.Headers}
	if r.Time.IsZero() {
		e.rec.Time = e.now
	}
	if r.Key != nil {
		e.key.Reset(r.Key)
		e.rec.Key = &e.key
	}
	if r.Value != nil {
		e.value.Reset(r.Value)
		e.rec.Value = &e.value
	}
	return &e.rec, nil
}

// maxBatchBytes bounds a batch; a single record of MaxRecordBytes still fits
// with Kafka's own overhead.
const maxBatchBytes = MaxRecordBytes + 1024

// size is an upper bound of a record's encoded length: 61 bytes for the batch's
// header are covered by the slack in maxBatchBytes.
func size(r *Record) int {
	n := 32 + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += 10 + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}
