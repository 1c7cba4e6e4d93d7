package sinktest

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
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

// BenchmarkAssign gives leads to five hundred reps, 1000 per transaction, with a notification and a timer each. There is one rule.
func BenchmarkAssign(b *testing.B, h Harness) { benchmarkAssign(b, h, 1, 1000) }

// BenchmarkAssignByRules is BenchmarkAssign with a hundred rules, most of which are tried in vain.
func BenchmarkAssignByRules(b *testing.B, h Harness) { benchmarkAssign(b, h, 100, 1000) }

// BenchmarkAssignOne gives one lead per transaction, as when few come: each reads how all five hundred reps stand.
func BenchmarkAssignOne(b *testing.B, h Harness) { benchmarkAssign(b, h, 100, 1) }

// benchRules are rules that ask for a page and a company, and aim at a team of 25, and one for the rest; and 500 reps.
func benchRules(n int) lead.Config {
	var c lead.Config
	for i := range 20 {
		c.Teams = append(c.Teams, lead.Team{Key: fmt.Sprintf("team-%02d", i)})
	}
	for i := range 500 {
		c.Reps = append(c.Reps, lead.Rep{Key: fmt.Sprintf("rep-%03d", i), Team: fmt.Sprintf("team-%02d", i%20), Weight: 1 + i%3, Active: true, Daily: 1 << 20, Holding: 1 << 20})
	}
	for i := range n - 1 {
		c.Rules = append(c.Rules, lead.Rule{Key: fmt.Sprintf("rule-%03d", i), Enabled: true, To: lead.Target{Teams: []string{fmt.Sprintf("team-%02d", i%20)}},
			When: fmt.Sprintf(`campaign == "spring" and company endsWith "%d科技有限公司"`, i)})
	}
	c.Rules = append(c.Rules, lead.Rule{Key: "rest", Enabled: true})
	return c
}

// benchDesk is a pool with the reps of benchRules, and an Assigner that knows their rules.
func benchDesk(b *testing.B, h Harness, rules, batch int) (*hub, *sink.Assigner) {
	store := h.Open(b)
	p := &hub{t: b, store: store, ctx: b.Context(), sink: NewSink(store)}
	config := benchRules(rules)
	p.staff(config.Reps...)
	compiled, err := assign.Compile(&config, time.UTC)
	require.NoError(b, err)
	terms := &sink.Terms{Recycling: func(*lead.Record) []sink.Recycling {
		return []sink.Recycling{{Pool: "sea", Recycle: lead.Recycle{Kind: lead.RecycleNotFollowed, After: lead.Duration(72 * time.Hour)}}}
	}}
	return p, sink.NewAssigner(sink.AssignerConfig{Desk: store, Chooser: func() sink.Chooser { return compiled.Round() }, Terms: func() *sink.Terms { return terms }, Batch: batch})
}

func benchmarkAssign(b *testing.B, h Harness, rules, batch int) {
	p, a := benchDesk(b, h, rules, batch)
	next, waiting, assigned := 0, 0, 0
	var busy time.Duration
	for b.Loop() {
		b.StopTimer()
		if waiting == 0 || batch > 1 {
			res, err := p.sink.Record(p.ctx, batchOf(next, 1430))
			require.NoError(b, err)
			next += 1430
			waiting += res.New
		}
		before := cpu()
		b.StartTimer()
		n, err := a.Step(p.ctx)
		require.NoError(b, err)
		assigned += n
		waiting -= n
		busy += cpu() - before
	}
	b.ReportMetric(float64(assigned)/b.Elapsed().Seconds(), "leads/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(assigned), "cpu-µs/lead")
}

// BenchmarkRecordAndAssign is BenchmarkRecord in a hub with the reps and the hundred rules of BenchmarkAssignByRules: every new lead is given
// away in the transaction that records it.
func BenchmarkRecordAndAssign(b *testing.B, h Harness) { benchmarkAtOnce(b, h, 1000) }

// BenchmarkRecordAndAssignOne does the same with one submission per transaction, as when few come.
func BenchmarkRecordAndAssignOne(b *testing.B, h Harness) { benchmarkAtOnce(b, h, 1) }

func benchmarkAtOnce(b *testing.B, h Harness, batch int) {
	p, a := benchDesk(b, h, 100, batch)
	s := sink.New(sink.Config{Pool: p.store, Judge: rules(lead.MergeRules{}), Assigner: a})
	next, assigned := 0, 0
	var busy time.Duration
	for b.Loop() {
		b.StopTimer()
		items := batchOf(next, batch)
		next += batch
		before := cpu()
		b.StartTimer()
		res, err := s.Record(p.ctx, items)
		require.NoError(b, err)
		require.Equal(b, res.New, res.Assigned)
		assigned += res.Assigned
		busy += cpu() - before
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "submissions/s")
	b.ReportMetric(float64(assigned)/b.Elapsed().Seconds(), "leads/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(next), "cpu-µs/submission")
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
