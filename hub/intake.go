package hub

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/hub/spool"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

const (
	// brokerPatience is how long a post waits for the broker before it goes to the spool.
	brokerPatience = 2 * time.Second
	// retryAfter is what a caller is told when neither broker nor spool can take a post.
	retryAfter = 5 * time.Second
	// sayEvery bounds the log while posts cannot be accepted; the metrics count every one.
	sayEvery   = 10 * time.Second
	drainEvery = 500 * time.Millisecond
	drainBatch = 500
)

// Intake is the door: it verifies, stores the bytes durably, and only then acknowledges.
type Intake struct {
	configuration *Configuration
	names         names
	stream        *stream.Client
	spool         *spool.Spool
	ids           []byte // seals submission ids
	maxBody       int64
	proxies       []netip.Prefix
	now           func() time.Time
	log           *slog.Logger
	metrics       *metrics
	away          atomic.Bool  // the broker did not take the last records
	damaged       int64        // records of the spool that were told about
	said          atomic.Int64 // when a refusal was last logged
}

// Routes mounts the door: every method, and every path below a source, as some vendors append one.
func (in *Intake) Routes(r chi.Router) {
	r.HandleFunc("/in/{source}", in.receive)
	r.HandleFunc("/in/{source}/*", in.receive)
}

func (in *Intake) receive(w http.ResponseWriter, r *http.Request) {
	key := chi.URLParam(r, "source")
	src, err := in.source(r.Context(), key)
	if err != nil {
		in.refuse(w, r, "", err)
		return
	}
	receiver, ok := src.source.(connectors.Receiver)
	if !ok {
		in.refuse(w, r, key, lead.NotFound("not_pushed", "this source is not pushed to", "its leads are fetched by the hub itself"))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, in.maxBody)
	r.RemoteAddr = in.visitor(r)
	d, err := receiver.Receive(r)
	for name, values := range d.Reply.Header {
		w.Header()[name] = values
	}
	if err != nil {
		in.refuse(w, r, key, err)
		return
	}
	id, err := in.accept(r, src, d.Events)
	if err != nil {
		in.refuse(w, r, key, err)
		return
	}
	in.metrics.received.WithLabelValues(key).Add(float64(len(d.Events)))
	in.reply(w, d.Reply, id)
}

func (in *Intake) source(ctx context.Context, key string) (*openSource, error) {
	src := in.configuration.source(ctx, key)
	switch {
	case src == nil || !src.Enabled:
		return nil, lead.NotFound("unknown_source", "no source has this address", "copy the URL of the source from the console")
	case src.err != nil:
		return nil, lead.Transient("source_broken", "this source is not set up correctly", time.Minute, nil)
	}
	return src, nil
}

// accept makes the events durable and returns the id of the first.
func (in *Intake) accept(r *http.Request, src *openSource, events []connectors.Event) (string, error) {
	if len(events) == 0 {
		return "", nil
	}
	records := make([]stream.Record, len(events))
	first := ""
	now := in.now().UTC().Truncate(time.Millisecond)
	from := origin{trace: traceOf(r.Header.Get(headerTrace)), remoteIP: hostOf(r.RemoteAddr)}
	_, from.path, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/in/"), "/")
	for i := range events {
		raw := rawOfEvent(src, &events[i], in.newID(src.Key, events[i].ID, now), from, now)
		record, err := in.record(&raw, from.trace)
		if err != nil {
			return "", err
		}
		records[i] = record
		if i == 0 {
			first = raw.ID
		}
	}
	return first, in.store(r.Context(), records)
}

// newID derives the id from the channel's own event id, so that a delivery that is repeated is the same submission.
func (in *Intake) newID(source, event string, now time.Time) string {
	if event == "" {
		return lead.Seal(lead.NewID("sub_", now), in.ids)
	}
	return lead.Seal(lead.DeriveID("sub_", source, event), in.ids)
}

// store returns nil only when every record is durable: on the broker, or synced in the spool while the broker is away. What the
// broker took before it failed is spooled again; a repeated id changes nothing downstream.
func (in *Intake) store(ctx context.Context, records []stream.Record) error {
	if !in.away.Load() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), brokerPatience)
		err := in.stream.Produce(ctx, records...)
		cancel()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, stream.ErrTooLarge):
			return tooLarge()
		}
		if in.away.CompareAndSwap(false, true) {
			in.log.Warn("broker is away, accepting into the spool", "error", err)
		}
	}
	payloads := make([][]byte, len(records))
	for i, r := range records {
		payloads[i] = spooled(r)
	}
	if err := in.spool.Append(payloads...); err != nil {
		return lead.Transient("not_accepted", "the lead cannot be stored durably now", retryAfter, err)
	}
	in.metrics.spooled.Add(float64(len(records)))
	return nil
}

// tooLarge refuses what the broker would not take. It must be noticed at the door: in the spool it would stop everything behind it.
func tooLarge() error {
	return &lead.Error{Kind: lead.KindTooLarge, Code: "body_too_large", Message: "the body is too large",
		Hint: "send fewer or smaller leads in one request"}
}

// drain sends what was spooled when the broker is back, until ctx ends.
func (in *Intake) drain(ctx context.Context) error {
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		bytes, records := in.spool.Size()
		in.metrics.spoolBytes.Set(float64(bytes))
		in.metrics.spoolRecords.Set(float64(records))
		if records > 0 || in.away.Load() {
			in.drainOnce(ctx, records)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (in *Intake) drainOnce(ctx context.Context, waiting int64) {
	ping, cancel := context.WithTimeout(ctx, brokerPatience)
	err := in.stream.Ping(ping)
	cancel()
	if err != nil {
		return
	}
	err = in.spool.Drain(drainBatch, func(payloads [][]byte) error {
		records := make([]stream.Record, 0, len(payloads))
		for _, p := range payloads {
			r, err := in.names.unspooled(p)
			if err != nil {
				return err
			}
			records = append(records, r)
		}
		ctx, cancel := context.WithTimeout(ctx, 5*brokerPatience)
		defer cancel()
		return in.stream.Produce(ctx, records...)
	})
	if n := in.spool.Damaged(); n > in.damaged {
		in.log.Error("the disk had changed accepted posts in the spool; they are set aside in *.damaged", "records", n-in.damaged)
		in.damaged = n
	}
	if err != nil {
		return
	}
	if in.away.CompareAndSwap(true, false) {
		in.log.Info("broker is back, the spool is drained", "records", waiting)
	}
}

// refuse answers an error. Texts come from us or the connector; a stranger never sees an internal one.
func (in *Intake) refuse(w http.ResponseWriter, r *http.Request, source string, err error) {
	e := lead.AsError(err)
	in.metrics.refused.WithLabelValues(e.Code).Inc()
	if e.Kind == lead.KindInternal || e.Kind == lead.KindTransient {
		if last, now := in.said.Load(), in.now().UnixNano(); now-last > int64(sayEvery) && in.said.CompareAndSwap(last, now) {
			in.log.Error("posts are not accepted", "source", source, "code", e.Code, "error", err)
		}
	}
	problem.Write(w, r, err)
}

func (in *Intake) reply(w http.ResponseWriter, reply connectors.Reply, id string) {
	if reply.Status != 0 {
		w.WriteHeader(reply.Status)
		_, _ = w.Write(reply.Body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(struct {
		ID        string `json:"id"`
		StatusURL string `json:"status_url"`
	}{id, "/v1/submissions/" + id})
}

// visitor is the address of whoever sent the request. X-Forwarded-For is believed only from a trusted proxy, and read from the
// right: what stands further left was written by the sender.
func (in *Intake) visitor(r *http.Request) string {
	host := hostOf(r.RemoteAddr)
	if !in.trusted(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
		if !in.trusted(hop) {
			break
		}
	}
	return host
}

func (in *Intake) trusted(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(in.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
