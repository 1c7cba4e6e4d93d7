package hub

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	fastjson "github.com/goccy/go-json" // decodes in a third of the time of encoding/json

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// Headers of our records. Everything about a Raw but its body is one JSON header, so that the record's value is the body byte
// for byte and any Kafka tool shows what arrived.
const (
	headerRaw   = "leadhub-raw"
	headerTrace = "traceparent"
)

// rawRecord is a Raw on its way to lead.raw.
func (n names) rawRecord(raw *lead.Raw, trace string) (stream.Record, error) {
	meta, err := json.Marshal(raw)
	if err != nil {
		return stream.Record{}, fmt.Errorf("encode raw %s: %w", raw.ID, err)
	}
	body := raw.Body
	if body == nil {
		body = []byte{} // nil would be a tombstone
	}
	return stream.Record{Topic: n.raw, Key: []byte(raw.ID), Value: body,
		Headers: []stream.Header{{Key: headerRaw, Value: meta}, {Key: headerTrace, Value: []byte(trace)}}}, nil
}

// rawOf reads a Raw back. A record without our header was written by somebody else: it gets an id from its place in the log, so that it is
// accounted for like any other.
func rawOf(r stream.Record) (lead.Raw, error) {
	raw := lead.Raw{Body: r.Value}
	err := fastjson.Unmarshal(header(r, headerRaw), &raw)
	if err == nil && storable(raw.ID, raw.Source, raw.Channel) {
		return raw, nil
	}
	return lead.Raw{ID: lead.DeriveID("sub_", r.Topic, strconv.Itoa(r.Partition), strconv.FormatInt(r.Offset, 10)),
			Body: r.Value, ReceivedAt: r.Time},
		lead.Invalid("foreign_record", "a record on "+r.Topic+" was not written by leadhub", "find out who writes to the topic")
}

// storable holds for an id and what goes with it that every database takes: PostgreSQL has no NUL in a text.
func storable(id string, more ...string) bool {
	return id != "" && !strings.ContainsRune(id+strings.Join(more, ""), 0)
}

func header(r stream.Record, key string) []byte {
	for _, h := range r.Headers {
		if h.Key == key {
			return h.Value
		}
	}
	return nil
}

// submissionRecord is keyed by the strongest identity: what the same person sends goes to one partition, in order.
func (n names) submissionRecord(s *lead.Submission, trace []byte) (stream.Record, error) {
	value, err := json.Marshal(s)
	if err != nil {
		return stream.Record{}, fmt.Errorf("encode submission %s: %w", s.ID, err)
	}
	return stream.Record{Topic: n.submissions, Key: []byte(s.Identities[0].Key()), Value: value,
		Headers: []stream.Header{{Key: headerTrace, Value: trace}}}, nil
}

// rejectionRecord carries everything needed to correct and send again, as far as one record holds it: a rejection that is too large goes without
// what was read of the bytes, then without the bytes, which lead.raw still has.
func (n names) rejectionRecord(r *lead.Rejection, trace []byte) (stream.Record, error) {
	const room = stream.MaxRecordBytes - 4096 // for the key and headers
	value, err := json.Marshal(r)
	if err == nil && len(value) > room {
		smaller := *r
		smaller.Draft = nil
		if value, err = json.Marshal(&smaller); err == nil && len(value) > room {
			smaller.Body, smaller.Raw = nil, nil
			value, err = json.Marshal(&smaller)
		}
	}
	if err != nil {
		return stream.Record{}, fmt.Errorf("encode rejection %s: %w", r.ID, err)
	}
	return stream.Record{Topic: n.rejected, Key: []byte(r.ID), Value: value,
		Headers: []stream.Header{{Key: headerTrace, Value: trace}}}, nil
}

// changeRecord is a CloudEvents 1.0 event in Kafka's binary content mode: attributes as ce_ headers, the data as value.
// https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
// The change of an erased lead has no value: it is a tombstone, with which compaction forgets all that was said of the id.
func (n names) changeRecord(o sink.Outgoing) stream.Record {
	value := o.Value
	if len(value) == 0 {
		value = nil // an empty one would stay
	}
	return stream.Record{Topic: n.changes, Key: []byte(o.Lead), Value: value, Headers: []stream.Header{
		{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_type", Value: []byte(o.Type)},
		{Key: "ce_source", Value: []byte("/leadhub")},
		{Key: "ce_id", Value: []byte(o.Lead + "-" + strconv.FormatInt(o.Version, 10))},
		{Key: "ce_subject", Value: []byte(o.Lead)},
		{Key: "ce_dataschema", Value: []byte(ChangeSchemaID)},
		{Key: "content-type", Value: []byte("application/json")},
	}}
}

// spooled and unspooled carry a Raw through the spool: the length of the header, the header, the body.
func spooled(r stream.Record) []byte {
	meta, trace := header(r, headerRaw), header(r, headerTrace)
	out := make([]byte, 0, 8+len(meta)+len(trace)+len(r.Value))
	out = binary.BigEndian.AppendUint32(out, uint32(len(meta)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(trace)))
	out = append(out, meta...)
	out = append(out, trace...)
	return append(out, r.Value...)
}

func (n names) unspooled(p []byte) (stream.Record, error) {
	if len(p) < 8 {
		return stream.Record{}, fmt.Errorf("spooled record of %d bytes", len(p))
	}
	m, t := int(binary.BigEndian.Uint32(p)), int(binary.BigEndian.Uint32(p[4:]))
	p = p[8:]
	if m+t > len(p) {
		return stream.Record{}, fmt.Errorf("spooled record is cut short")
	}
	meta, trace, body := p[:m], p[m:m+t], p[m+t:]
	var raw lead.Raw
	if err := json.Unmarshal(meta, &raw); err != nil {
		return stream.Record{}, err
	}
	return stream.Record{Topic: n.raw, Key: []byte(raw.ID), Value: body,
		Headers: []stream.Header{{Key: headerRaw, Value: meta}, {Key: headerTrace, Value: trace}}}, nil
}
