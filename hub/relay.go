package hub

import (
	"context"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

const relayBatch = 1000

// relaying takes changes from the outbox to lead.changes. They were written in the transaction that changed the lead, so the stream is the
// pool; a crash between publishing and forgetting publishes again, with the same version.
type relaying struct {
	outbox  sink.Outbox
	names   names
	stream  *stream.Client
	metrics *metrics
	raised  signal
}

func (r *relaying) step(ctx context.Context) (int, error) {
	return r.outbox.Relay(ctx, relayBatch, func(changes []sink.Outgoing) error {
		records := make([]stream.Record, len(changes))
		for i, c := range changes {
			records[i] = r.names.changeRecord(c)
		}
		if err := r.stream.Produce(ctx, records...); err != nil {
			return lead.Transient("broker_away", "the broker did not take the changes", 0, err)
		}
		r.metrics.published.Add(float64(len(changes)))
		return nil
	})
}
