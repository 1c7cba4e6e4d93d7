package hub

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadhub/leadhub/deliver"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

// Stages as metrics name them.
const (
	stageNormalize = "normalize"
	stageSink      = "sink"
	stageReject    = "reject"
	stageMatch     = "match"
	stageFeedback  = "feedback"
)

// metrics are what an engineer on call looks at first. Label values come from closed sets: sources, stages and codes.
type metrics struct {
	received     *prometheus.CounterVec
	refused      *prometheus.CounterVec
	rejected     *prometheus.CounterVec
	recorded     *prometheus.CounterVec
	decided      *prometheus.CounterVec
	compared     prometheus.Counter
	duplicates   prometheus.Counter
	crowded      prometheus.Counter
	assigned     prometheus.Counter
	published    prometheus.Counter
	notified     *prometheus.CounterVec
	notify       *prometheus.HistogramVec
	feedback     *prometheus.CounterVec
	spooled      prometheus.Counter
	brought      *prometheus.CounterVec
	polls        *prometheus.CounterVec
	pollAge      *prometheus.GaugeVec
	missed       *prometheus.CounterVec
	fetches      *prometheus.CounterVec
	pending      *prometheus.GaugeVec
	renewals     *prometheus.CounterVec
	spoolBytes   prometheus.Gauge
	spoolRecords prometheus.Gauge
	lag          *prometheus.GaugeVec
	oldest       *prometheus.GaugeVec
	batchSeconds *prometheus.HistogramVec
	batchRecords *prometheus.HistogramVec

	mu   sync.Mutex
	last map[string]time.Time // of the record handled last, by stage
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		received:   counters("received_total", "Events accepted durably, by source.", "source"),
		refused:    counters("refused_total", "Requests to /in that were not accepted, by error code.", "code"),
		rejected:   counters("rejected_total", "Submissions that could not go on, by stage and error code.", "stage", "code"),
		recorded:   counters("recorded_total", "Submissions recorded in the pool, by verdict.", "verdict"),
		decided:    counters("decided_total", "What people decided about leads, by kind.", "kind"),
		compared:   counter("compared_total", "Pairs of leads that were compared."),
		duplicates: counter("duplicates_total", "Pairs of leads that were put in the queue of possible duplicates."),
		crowded:    counter("crowded_keys_total", "Keys that were passed over in the search for duplicates, as more than 50 leads have them; one is counted whenever a lead under it changes."),
		assigned:   prometheus.NewCounter(prometheus.CounterOpts{Namespace: "leadhub", Name: "assigned_total", Help: "Leads that rules assigned."}),
		published:  prometheus.NewCounter(prometheus.CounterOpts{Namespace: "leadhub", Name: "published_total", Help: "Changes published to lead.changes."}),
		spooled: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "leadhub", Name: "spooled_total",
			Help: "Events accepted into the spool because the broker was away."}),
		brought:      counters("brought_total", "Events that the hub itself went to get, by source and way.", "source", "way"),
		polls:        counters("polls_total", "Polls, by source and result.", "source", "result"),
		pollAge:      gauges("poll_age_seconds", "Time since the last successful poll of a source that this process polls.", "source"),
		missed:       counters("missed_total", "Events that a poll found and no push had brought, by source.", "source"),
		fetches:      counters("fetches_total", "Tries to fetch the rest of a thin event, by source and result.", "source", "result"),
		pending:      gauges("pending_records", "Thin events that wait for the rest of them, by source.", "source"),
		renewals:     counters("renewals_total", "Tries to renew an access token, by source and result.", "source", "result"),
		spoolBytes:   prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "leadhub", Name: "spool_bytes", Help: "Bytes that wait in the spool."}),
		spoolRecords: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "leadhub", Name: "spool_records", Help: "Events that wait in the spool."}),
		lag:          gauges("lag_records", "Records that wait before a stage.", "stage"),
		oldest:       gauges("oldest_unprocessed_seconds", "Age of the oldest record that waits before a stage.", "stage"),
		batchSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "leadhub", Name: "batch_seconds",
			Help: "Time a stage took for one batch.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 13)}, []string{"stage"}),
		batchRecords: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "leadhub", Name: "batch_records",
			Help: "Records of one batch.", Buckets: prometheus.ExponentialBuckets(1, 4, 6)}, []string{"stage"}),
		last: map[string]time.Time{},
	}
	m.notified = counters("notified_total", "Notifications by kind of target and what became of them.", "kind", "outcome")
	m.notify = prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "leadhub", Name: "notify_seconds",
		Help: "Time from what a notification tells about until its target took it.", Buckets: prometheus.ExponentialBuckets(0.01, 3, 12)}, []string{"kind"})
	m.feedback = counters("feedback_total", "Records of lead.feedback, by what became of them.", "outcome")
	for _, kind := range deliver.Kinds {
		for _, outcome := range deliver.Outcomes {
			m.notified.WithLabelValues(kind, outcome)
		}
		m.notify.WithLabelValues(kind)
	}
	for _, outcome := range []string{feedbackApplied, feedbackRejected} {
		m.feedback.WithLabelValues(outcome)
	}
	for _, verdict := range []string{"new", "same", "joins", "seen"} {
		m.recorded.WithLabelValues(verdict)
	}
	for _, kind := range []string{decidedMerge, decidedSplit, decidedPin, decidedUnpin} {
		m.decided.WithLabelValues(kind)
	}
	reg.MustRegister(m.compared, m.duplicates, m.crowded, m.received, m.refused, m.rejected, m.recorded, m.decided, m.assigned, m.published, m.spooled, m.spoolBytes,
		m.spoolRecords, m.lag, m.oldest, m.batchSeconds, m.batchRecords, m.notified, m.notify, m.feedback, m.brought, m.polls, m.pollAge, m.missed, m.fetches, m.pending,
		m.renewals)
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "leadhub", Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "leadhub", Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "leadhub", Name: name, Help: help}, labels)
}

func (m *metrics) handled(stage string, batch []stream.Record, took time.Duration) {
	m.batchSeconds.WithLabelValues(stage).Observe(took.Seconds())
	m.batchRecords.WithLabelValues(stage).Observe(float64(len(batch)))
	m.mu.Lock()
	m.last[stage] = batch[len(batch)-1].Time
	m.mu.Unlock()
}

func (m *metrics) recordedBatch(r sink.Result) {
	m.recorded.WithLabelValues("new").Add(float64(r.New))
	m.recorded.WithLabelValues("same").Add(float64(r.Same))
	m.recorded.WithLabelValues("joins").Add(float64(r.Joined))
	m.recorded.WithLabelValues("seen").Add(float64(r.Seen))
}

// waiting sets lag and age of a stage and returns the age. Records are handled in order, so what waits is younger than what was handled last; that
// makes the age an upper bound. A stage that has handled nothing yet counts from when its backlog was first seen.
func (m *metrics) waiting(stage string, lag int64, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lag.WithLabelValues(stage).Set(float64(lag))
	if lag == 0 {
		m.last[stage] = now
		m.oldest.WithLabelValues(stage).Set(0)
		return 0
	}
	if m.last[stage].IsZero() {
		m.last[stage] = now
	}
	age := max(now.Sub(m.last[stage]), 0)
	m.oldest.WithLabelValues(stage).Set(age.Seconds())
	return age
}

// notifiedOf counts what became of n notifications through a kind of target.
func (m *metrics) notifiedOf(kind, outcome string, n int, after time.Duration) {
	m.notified.WithLabelValues(kind, outcome).Add(float64(n))
	if outcome == deliver.OutcomeSent {
		m.notify.WithLabelValues(kind).Observe(max(after, 0).Seconds())
	}
}
