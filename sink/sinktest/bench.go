package sinktest

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// BenchmarkRecord records batches of 1000 submissions of about 700 bytes, 30 % of them by a phone that is known.
func BenchmarkRecord(b *testing.B, h Harness) {
	store := h.Open(b)
	s := sink.New(sink.Config{Pool: store, Judge: rules(lead.MergeRules{})})
	ctx := b.Context()
	next := 0
	var busy time.Duration
	for b.Loop() {
		b.StopTimer()
		items := batchOf(next, 1000)
		next += 1000
		before := cpu()
		b.StartTimer()
		_, err := s.Record(ctx, items)
		require.NoError(b, err)
		busy += cpu() - before
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "submissions/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(next), "cpu-µs/submission")
}

// turns gives everybody his turn. What choosing costs is not the question here.
type turns struct{ next int }

func (t *turns) Choose(_ *lead.Record, staff *lead.Staff, now time.Time) lead.Assignment {
	rep := staff.Reps[t.next%len(staff.Reps)].Key
	t.next++
	st := staff.State(rep, now.Format("20060102"))
	st.Assigned++
	st.Today++
	st.Held++
	staff.Change(rep)
	return lead.Assignment{Owner: rep, Rule: "turns", Why: "the turn of " + rep, At: now, Trace: []lead.Tried{{Rule: "turns", Matched: true,
		Reps: []lead.TriedRep{{Rep: rep, Eligible: true, Held: st.Held, Today: st.Today}}, Counts: &lead.TriedCount{Reps: len(staff.Reps)}}}}
}

// BenchmarkAssign gives leads to five hundred reps, 1000 per transaction, with a notification and a timer each.
func BenchmarkAssign(b *testing.B, h Harness) { benchmarkAssign(b, h, 1000) }

// BenchmarkAssignOne gives one lead per transaction, as when few come: each reads how all five hundred reps stand.
func BenchmarkAssignOne(b *testing.B, h Harness) { benchmarkAssign(b, h, 1) }

func benchmarkAssign(b *testing.B, h Harness, batch int) {
	store := h.Open(b)
	p := &hub{t: b, store: store, ctx: b.Context(), sink: NewSink(store)}
	var reps []lead.Rep
	for i := range 500 {
		reps = append(reps, lead.Rep{Key: fmt.Sprintf("rep-%03d", i), Weight: 1 + i%3, Active: true, Daily: 1 << 20, Holding: 1 << 20})
	}
	p.staff(reps...)
	terms := &sink.Terms{Recycling: func(*lead.Record) []sink.Recycling {
		return []sink.Recycling{{Pool: "sea", Recycle: lead.Recycle{Kind: lead.RecycleNotFollowed, After: lead.Duration(72 * time.Hour)}}}
	}}
	s := sink.New(sink.Config{Pool: store, Judge: rules(lead.MergeRules{})})
	all := &turns{}
	a := sink.NewAssigner(sink.AssignerConfig{Desk: store, Chooser: func() sink.Chooser { return all }, Terms: func() *sink.Terms { return terms }, Batch: batch})
	next, assigned := 0, 0
	var busy time.Duration
	for b.Loop() {
		b.StopTimer()
		if assigned == next/10*7 || batch > 1 { // seven of ten are new
			_, err := s.Record(p.ctx, batchOf(next, 1430))
			require.NoError(b, err)
			next += 1430
		}
		before := cpu()
		b.StartTimer()
		n, err := a.Step(p.ctx)
		require.NoError(b, err)
		assigned += n
		busy += cpu() - before
	}
	b.ReportMetric(float64(assigned)/b.Elapsed().Seconds(), "leads/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(assigned), "cpu-µs/lead")
}

// BenchmarkRelay reads and forgets changes, 1000 at a time.
func BenchmarkRelay(b *testing.B, h Harness) {
	store := h.Open(b)
	s := sink.New(sink.Config{Pool: store, Judge: rules(lead.MergeRules{})})
	next := 0
	for b.Loop() {
		b.StopTimer()
		_, err := s.Record(b.Context(), batchOf(next, 1000))
		require.NoError(b, err)
		next += 1000
		b.StartTimer()
		n, err := store.Relay(b.Context(), 1000, func([]sink.Outgoing) error { return nil })
		require.NoError(b, err)
		require.Equal(b, 1000, n)
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "changes/s")
}

// cpu is what this process has used: on a machine that others use too, it tells more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func batchOf(from, n int) []sink.Item {
	subs := make([]*lead.Submission, n)
	for i := range subs {
		subs[i] = visitor(from + i)
	}
	return Items(subs...)
}

// visitor is a submission as a website's form makes it. Three of ten come from a phone that was there before.
func visitor(i int) *lead.Submission {
	who := i
	if i%10 < 3 && i > 10 {
		who = int(uint64(i) * 2654435761 % uint64(i)) // anybody before
	}
	phone := Mobile(int(uint64(who) * 7919 % 100000007))
	now := time.Now().UTC()
	return &lead.Submission{
		ID: lead.NewID("sub_", now) + "ABC123", Source: "official-site", Channel: "webform", Trust: 50, EventTime: now, ReceivedAt: now,
		Name:       lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		Phones:     []lead.Phone{{E164: phone.Value, Type: lead.PhoneMobile, Province: "广东省", City: "深圳市"}},
		Company:    lead.Company{Display: fmt.Sprintf("海风%d科技有限公司", who), Key: fmt.Sprintf("海风%d", who)},
		Region:     lead.Region{Country: "CN", Province: "广东省", City: "深圳市", Code: "440300"},
		RegionFrom: "phone", Message: "想了解一下价格，请在工作日下午联系我",
		Origin: lead.Origin{Source: "official-site", UTM: map[string]string{"source": "baidu", "medium": "cpc", "campaign": "spring"},
			Page: "https://www.example.cn/price"},
		Identities: []lead.Identity{phone},
	}
}
