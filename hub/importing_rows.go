package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// importBatch is how many rows are sent, looked up or taken back together.
const importBatch = 500

// importedRow is a row with the id of its submission.
type importedRow struct {
	connectors.ImportRow
	id     string
	number int64 // of the rows that hold anything, from 1
}

// rowIDs makes the ids of rows: those that intake would give to the same events.
type rowIDs struct {
	source string
	sealer lead.Sealer
}

func (r rowIDs) id(event string) string {
	return r.sealer.Seal(lead.DeriveID("sub_", r.source, event))
}

// batches reads the file again and hands over its rows with their ids, some at a time. Each slice is the callee's to keep. An end of ctx is
// returned as its cause.
func (im *Importing) batches(ctx context.Context, i *lead.Import, fn func([]importedRow) error) error {
	importer, _, err := im.importer(ctx, i.Source)
	if err != nil {
		return err
	}
	ids := rowIDs{i.Source, lead.NewSealer(im.ids)}
	var batch []importedRow
	n := int64(0)
	err = im.safely(func() error {
		return importer.Import(ctx, im.upload(i), i.Layout, func(row connectors.ImportRow) error {
			n++
			if batch = append(batch, importedRow{row, ids.id(row.Event.ID), n}); len(batch) < importBatch {
				return nil
			}
			full := batch
			batch = make([]importedRow, 0, importBatch)
			return fn(full)
		})
	})
	if err == nil && len(batch) > 0 {
		err = fn(batch)
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// rawHeads makes the headers of an import's records. All of a Raw but two ids is the same in every row, so it is encoded once.
type rawHeads struct {
	raw             lead.Raw
	head, mid, tail []byte
	trace           []byte
	topic           string
}

func newRawHeads(names names, i *lead.Import, channel, contentType string) (*rawHeads, error) {
	h := &rawHeads{topic: names.raw, trace: []byte(traceOf(""))}
	h.raw = lead.Raw{Source: i.Source, Channel: channel, ReceivedAt: *i.Started, ContentType: contentType, Import: i.ID}
	quoted := func(v any) []byte {
		b, e := json.Marshal(v)
		if e != nil {
			panic(e) // strings and a time of this century
		}
		return b
	}
	h.head = []byte(`{"id":`)
	h.mid = fmt.Appendf(nil, `,"source":%s,"channel":%s,"event_id":`, quoted(i.Source), quoted(channel))
	h.tail = fmt.Appendf(nil, `,"received_at":%s`, quoted(i.Started))
	if contentType != "" {
		h.tail = fmt.Appendf(h.tail, `,"content_type":%s`, quoted(contentType))
	}
	if i.ID != "" {
		h.tail = fmt.Appendf(h.tail, `,"import":%s`, quoted(i.ID))
	}
	h.tail = append(h.tail, '}')
	return h, h.check()
}

// check holds the shortcut to what rawRecord makes.
func (h *rawHeads) check() error {
	row := importedRow{id: "sub_check", ImportRow: connectors.ImportRow{Event: connectors.Event{ID: `a"b`}}}
	raw := h.raw
	raw.ID, raw.EventID = row.id, row.Event.ID
	want, err := json.Marshal(&raw)
	if err == nil && string(want) != string(h.meta(nil, &row)) {
		err = errors.New("the header of a Raw has changed: mend rawHeads")
	}
	return err
}

func (h *rawHeads) meta(b []byte, row *importedRow) []byte {
	b = appendQuoted(append(b, h.head...), row.id)
	b = appendQuoted(append(b, h.mid...), row.Event.ID)
	return append(b, h.tail...)
}

// appendQuoted is for ids: they hold nothing that JSON escapes, mostly.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s) // a string always marshals
			return append(b, q...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// records are the rows on their way to lead.raw. attempts are those of rows that were withdrawn before.
func (h *rawHeads) records(rows []importedRow, attempts map[string]int) ([]stream.Record, error) {
	out := make([]stream.Record, len(rows))
	headers := make([]stream.Header, 2*len(rows))
	var metas []byte
	for i := range rows {
		row := &rows[i]
		if n := attempts[row.id]; n > 0 {
			raw := h.raw
			raw.ID, raw.EventID, raw.Body, raw.Attempt = row.id, row.Event.ID, row.Event.Body, n
			var err error
			if out[i], err = (names{raw: h.topic}).rawRecord(&raw, string(h.trace)); err != nil {
				return nil, err
			}
			continue
		}
		if metas == nil {
			metas = make([]byte, 0, (len(rows)-i)*(len(h.head)+len(h.mid)+len(h.tail)+len(row.id)+len(row.Event.ID)+16))
		}
		from := len(metas)
		metas = h.meta(metas, row)
		pair := headers[2*i : 2*i+2 : 2*i+2]
		pair[0] = stream.Header{Key: headerRaw, Value: metas[from:len(metas):len(metas)]}
		pair[1] = stream.Header{Key: headerTrace, Value: h.trace}
		out[i] = stream.Record{Topic: h.topic, Key: []byte(row.id), Value: row.Event.Body, Headers: pair}
	}
	return out, nil
}

// rowRaw is a row as the stages will see it.
func rowRaw(row *importedRow, src *openSource, at time.Time) lead.Raw {
	return lead.Raw{ID: row.id, Source: src.Key, Channel: src.Channel, EventID: row.Event.ID, ReceivedAt: at, ContentType: row.Event.ContentType, Body: row.Event.Body}
}
