package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// origin is what is known of how an event came, beside what it says itself.
type origin struct {
	trace    string
	path     string
	remoteIP string
}

// rawOfEvent is the Raw of an event, whichever way it came.
func rawOfEvent(src *openSource, e *connectors.Event, id string, from origin, now time.Time) lead.Raw {
	return lead.Raw{ID: id, Source: src.Key, Channel: src.Channel, EventID: e.ID, ReceivedAt: now,
		ContentType: e.ContentType, Path: from.path, Query: e.Query, Header: e.Header, RemoteIP: from.remoteIP,
		Signals: e.Signals, Body: e.Body}
}

// record is a Raw as it is stored. What the broker would not take is KindTooLarge here already: in the spool it would stop
// everything behind it.
func (in *Intake) record(raw *lead.Raw, trace string) (stream.Record, error) {
	record, err := in.names.rawRecord(raw, trace)
	if err != nil {
		return stream.Record{}, err
	}
	if len(record.Value)+len(record.Headers[0].Value) > stream.MaxRecordBytes-1024 { // room for the key and the trace
		return stream.Record{}, tooLarge()
	}
	return record, nil
}

// listedID is the id of an event that a list brought. One that has no id of its own is known by its bytes, and by how many with the same bytes
// stand before it in the list: a list is read again after a crash, and whenever it overlaps.
func (in *Intake) listedID(source string, e *connectors.Event, before int) string {
	if e.ID != "" {
		return in.newID(source, e.ID, time.Time{})
	}
	sum := sha256.Sum256(e.Body)
	return lead.Seal(lead.DeriveID("sub_", source, "bytes", hex.EncodeToString(sum[:]), strconv.Itoa(before)), in.ids)
}

// arrival is an event with the id that it has or will have.
type arrival struct {
	id    string
	event *connectors.Event
}

// listed gives the events of a list their ids, in order, each id once.
func (in *Intake) listed(source string, events []connectors.Event) []arrival {
	out := make([]arrival, 0, len(events))
	same, have := map[[32]byte]int{}, map[string]bool{}
	for i := range events {
		e := &events[i]
		before := 0
		if e.ID == "" {
			sum := sha256.Sum256(e.Body)
			before = same[sum]
			same[sum]++
		}
		if id := in.listedID(source, e, before); !have[id] {
			have[id] = true
			out = append(out, arrival{id, e})
		}
	}
	return out
}

// bring makes events durable that the hub itself went to get. One that is too large does not keep the others from going on: it becomes a rejection
// without its bytes, which the vendor still has.
func (in *Intake) bring(ctx context.Context, src *openSource, list []arrival, way string) error {
	var records, rejected []stream.Record
	now := in.now().UTC().Truncate(time.Millisecond)
	trace := traceOf("")
	for _, a := range list {
		raw := rawOfEvent(src, a.event, a.id, origin{}, now)
		record, err := in.record(&raw, trace)
		if err == nil && int64(len(raw.Body)) > in.maxBody {
			err = tooLarge()
		}
		if err == nil {
			records = append(records, record)
			continue
		}
		raw.Body = nil
		j := rejection(&raw, nil, raw.ID, lead.StageFetch, err)
		j.At = now
		if record, err = in.names.rejectionRecord(j, []byte(trace)); err != nil {
			return err
		}
		in.metrics.rejected.WithLabelValues(j.Stage, j.Code).Inc()
		rejected = append(rejected, record)
	}
	for len(records) > 0 {
		n := min(len(records), drainBatch)
		if err := in.store(ctx, records[:n]); err != nil {
			return err
		}
		in.metrics.received.WithLabelValues(src.Key).Add(float64(n))
		in.metrics.brought.WithLabelValues(src.Key, way).Add(float64(n))
		records = records[n:]
	}
	if len(rejected) > 0 {
		if err := in.stream.Produce(ctx, rejected...); err != nil {
			return lead.Transient("broker_away", "the broker did not take a rejection", retryAfter, err)
		}
	}
	return nil
}
