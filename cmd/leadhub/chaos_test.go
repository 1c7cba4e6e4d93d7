//go:build chaos

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/streamtest"
)

// The hub keeps laws 1, 2, 3 and 7 while it is killed. LEADHUB_CHAOS_SECONDS says for how long (50 unless set), LEADHUB_CHAOS_SEED
// repeats a run as far as the machine allows.

func TestChaosEmbedded(t *testing.T) {
	f := embeddedFlags(t)
	c := newChaos(t, f)
	c.member("hub", "--data", f.Data, "--broker-listen", f.BrokerListen)
	c.door, c.desk = c.members[0], c.members[0]
	c.run()
}

func TestChaosKafkaPostgres(t *testing.T) {
	f := embeddedFlags(t)
	f.Database = postgresDatabase(t)
	var restartKafka func()
	f.Kafka, restartKafka = streamtest.KafkaToRestart(t)
	f.TopicPrefix = topicPrefix(t, f.Kafka)
	c := newChaos(t, f)
	for _, m := range [][2]string{{"intake", "intake"}, {"normalize", "normalize"}, {"sink 1", "sink,assign,deliver,console"}, {"sink 2", "sink,assign,deliver"}} {
		c.member(m[0], "--data", filepath.Join(f.Data, m[0]), "--kafka", f.Kafka, "--database", f.Database, "--topic-prefix", f.TopicPrefix,
			"--partitions", "4", "--roles", m[1])
	}
	c.door, c.desk = c.members[0], c.members[2]
	postgres := os.Getenv("LEADHUB_TEST_POSTGRES_RESTART")
	c.service("kafka, in order", restartKafka)
	if postgres != "" {
		c.service("postgres, in order", func() { shell(t, postgres) })
		c.service("postgres, kill -9", func() { shell(t, postgres+" --kill9") })
	}
	c.service("kafka, kill -9", func() { shell(t, os.Getenv("LEADHUB_TEST_KAFKA_RESTART")+" --kill9") })
	c.run()
}

func shell(t testing.TB, command string) {
	out, err := os.CreateTemp(t.TempDir(), "command") // a pipe would be read until the service itself ends
	require.NoError(t, err)
	defer out.Close()
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		t.Errorf("%s: %v\n%s", command, err, said)
	}
}

// chaos is one run: members that are killed at random, services that are restarted one after the other, and a load meanwhile.
type chaos struct {
	t        testing.TB
	flags    hubFlags
	seed     uint64
	length   time.Duration
	members  []*member
	door     *member // posts go there
	desk     *member // answers the API
	services []service
	load     *chaosLoad
	log      *os.File // of all members
}

type service struct {
	name    string
	restart func()
}

// member is one process that is started again whenever it ends.
type member struct {
	name  string
	flags []string

	mu      sync.Mutex
	process *hubProcess
	kills   int
	pauses  int           // by SIGSTOP
	refused int           // starts that failed, the database or the broker being away
	slowest time.Duration // until ready
}

func newChaos(t testing.TB, f hubFlags) *chaos {
	c := &chaos{t: t, flags: f, seed: rand.Uint64(), length: 50 * time.Second}
	if s := os.Getenv("LEADHUB_CHAOS_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		c.length = time.Duration(n) * time.Second
	}
	if s := os.Getenv("LEADHUB_CHAOS_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		c.seed = n
	}
	t.Logf("LEADHUB_CHAOS_SEED=%d", c.seed)
	var err error
	c.log, err = os.Create(filepath.Join(t.TempDir(), "hub.log"))
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = c.log // startProcess hands it to the members
	t.Cleanup(func() {
		os.Stderr = stderr
		for _, m := range c.members {
			if m.process != nil {
				m.process.end()
			}
		}
		said, err := os.ReadFile(c.log.Name())
		require.NoError(t, err)
		require.Empty(t, personal(string(said)), "personal data in the log")
		if t.Failed() {
			t.Logf("the end of the log:\n%s", said[max(0, len(said)-16_000):])
		}
	})
	return c
}

func (c *chaos) member(name string, flags ...string) {
	c.members = append(c.members, &member{name: name, flags: append(flags, "--log-level", "warn")})
}

func (c *chaos) service(name string, restart func()) {
	c.services = append(c.services, service{name, restart})
}

func (c *chaos) run() {
	for _, m := range c.members {
		require.NoError(c.t, m.start(context.Background()), m.name)
	}
	require.NoError(c.t, c.desk.running().client().call(context.Background(), "PUT", "/v1/config", testConfig(), nil))
	c.load = newChaosLoad(c)
	require.Eventually(c.t, func() bool { _, err := c.load.send(-1); return err == nil }, patience, 50*time.Millisecond, "the door knows its source")

	ctx, cancel := context.WithTimeout(context.Background(), c.length)
	defer cancel()
	var killing, loading sync.WaitGroup
	for i, m := range c.members {
		killing.Go(func() { c.torment(ctx, m, rand.New(rand.NewPCG(c.seed, uint64(i)))) })
	}
	killing.Go(c.restartServices)
	posting, enough := context.WithCancel(context.Background())
	defer enough()
	for range 8 {
		loading.Go(func() { c.load.run(posting) })
	}
	killing.Wait()
	enough()
	loading.Wait()
	c.check()
}

// torment kills the member at random moments and starts it again.
func (c *chaos) torment(ctx context.Context, m *member, r *rand.Rand) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(500+r.IntN(4500)) * time.Millisecond):
		}
		m.mu.Lock()
		p := m.process
		m.mu.Unlock()
		if r.IntN(5) == 0 { // it stands still, for longer than the broker waits for it, and goes on as if nothing had been
			m.pauses++
			_ = p.cmd.Process.Signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(1000+r.IntN(8000)) * time.Millisecond)
			_ = p.cmd.Process.Signal(syscall.SIGCONT)
			continue
		}
		m.kills++
		p.end() // SIGKILL
		if r.IntN(4) == 0 {
			time.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond) // the machine was slow to notice
		}
		if err := m.start(context.WithoutCancel(ctx)); err != nil {
			c.t.Errorf("%s does not come back: %v", m.name, err)
			return
		}
	}
}

// start starts the member, again and again as whoever watches over it would.
func (m *member) start(ctx context.Context) error {
	began := time.Now()
	for {
		p, err := startHub(ctx, m.flags)
		if err == nil {
			m.mu.Lock()
			m.process = p
			m.slowest = max(m.slowest, time.Since(began))
			m.mu.Unlock()
			return nil
		}
		m.refused++
		if time.Since(began) > time.Minute {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (m *member) running() *hubProcess {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process
}

// restartServices restarts every service once, evenly over the run.
func (c *chaos) restartServices() {
	for i, s := range c.services {
		at := c.length * time.Duration(2*i+1) / time.Duration(2*len(c.services)+1)
		time.Sleep(time.Until(c.load.began.Add(at)))
		s.restart()
	}
}

// check compares what was acknowledged with what became of it.
func (c *chaos) check() {
	t, ctx := c.t, context.Background()
	acked := int64(len(c.load.acked))
	var a lead.Audit
	drained := time.Now()
	require.Eventually(t, func() bool {
		a = c.audit()
		return a.Accepted >= acked && a.Pending == 0
	}, time.Minute, 500*time.Millisecond, "the hub does not catch up")
	took := time.Since(drained)

	fresh := c.load.fresh()
	require.Eventually(t, func() bool {
		var st lead.SubmissionStatus
		err := c.desk.running().client().call(ctx, "GET", "/v1/submissions/"+fresh, nil, &st)
		return err == nil && st.State == lead.StateAssigned
	}, 15*time.Second, 20*time.Millisecond, "after all that, a new post gets an owner")
	acked = int64(len(c.load.acked))
	c.settle()
	a = c.audit()
	c.report(a, took)

	require.True(t, a.Balances(), "%+v", a)
	require.Zero(t, a.Pending)
	require.Equal(t, acked, a.Accepted, "everything acknowledged was accepted, and nothing else")
	require.Equal(t, acked-int64(len(c.load.nobody)), a.Touched)
	require.Equal(t, int64(len(c.load.nobody)), a.Rejected)
	c.checkStream()
	c.checkPool()
}

func (c *chaos) audit() (a lead.Audit) {
	var out, errs bytes.Buffer
	code := run(process{ctx: context.Background(), stdout: &out, stderr: &errs},
		[]string{"audit", "--json", "--server", "http://" + c.desk.running().addr, "--token", benchToken})
	if code != exitOK && code != exitBalance {
		c.t.Logf("audit: %s", errs.String())
		return a
	}
	require.NoError(c.t, json.Unmarshal(out.Bytes(), &a))
	require.Equal(c.t, a.Balances(), code == exitOK)
	return a
}

// settle waits until every change is on the stream.
func (c *chaos) settle() {
	require.Eventually(c.t, func() bool {
		var o lead.Overview
		err := c.desk.running().client().call(context.Background(), "GET", "/v1/overview", nil, &o)
		return err == nil && o.Pool.Due == 0 && o.Pool.Outbox == 0
	}, patience, 50*time.Millisecond, "the outbox does not run empty")
}

// checkStream holds law 7.
func (c *chaos) checkStream() {
	t := c.t
	broker := c.flags.Kafka
	if broker == "" {
		broker = c.flags.BrokerListen
	}
	s, err := stream.Open(stream.Config{Brokers: []string{broker}})
	require.NoError(t, err)
	defer s.Close()
	var records []stream.Record
	require.NoError(t, s.Scan(context.Background(), c.flags.TopicPrefix+"lead.changes", stream.ScanFrom{}, func(r stream.Record) error {
		records = append(records, r)
		return nil
	}))
	state, again := foldStream(t, records)
	var pool []lead.Lead
	for cursor := ""; ; {
		var page lead.LeadPage
		require.NoError(t, c.desk.running().client().call(context.Background(), "GET", "/v1/leads"+query("limit", "200", "cursor", cursor), nil, &page))
		pool = append(pool, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	requirePool(t, state, pool)
	numbers := map[string]string{}
	for _, l := range pool {
		require.NotEmpty(t, l.Owner, "lead %s has no owner", l.ID)
		require.Empty(t, numbers[l.Number], "two leads have the number %s", l.Number)
		numbers[l.Number] = l.ID
	}
	fmt.Printf("stream: %d changes, %d of them published again after a kill; %d leads, folding gives the pool\n", len(records), again, len(pool))
}

// checkPool ends the hub and looks into the tables: every acknowledged id is there exactly once, in the way it should.
func (c *chaos) checkPool() {
	t, ctx := c.t, context.Background()
	for _, m := range c.members {
		m.process.stop()
		require.True(t, m.process.cmd.ProcessState.Success(), "%s ends in order", m.name)
	}
	db, err := openDatabase(ctx, c.flags.Database, c.flags.Data)
	require.NoError(t, err)
	defer db.Close()
	f, err := db.Figures(ctx)
	require.NoError(t, err)
	require.EqualValues(t, len(c.load.acked)-len(c.load.nobody), f.Touches, "one touch for every acknowledged post with a person in it")
	require.EqualValues(t, len(c.load.nobody), f.Rejected)
	var ids []string
	for id := range c.load.acked {
		ids = append(ids, id)
	}
	for len(ids) > 0 {
		part := ids[:min(len(ids), 1000)]
		ids = ids[len(part):]
		found, err := db.Outcomes(ctx, part)
		require.NoError(t, err)
		for _, id := range part {
			want := sink.Outcome{Touches: 1}
			if c.load.nobody[id] {
				want = sink.Outcome{Rejections: 1}
			}
			require.Equal(t, want, found[id], "acknowledged %s", id)
		}
	}
}

func (c *chaos) report(a lead.Audit, took time.Duration) {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s, %s, seed %d\n", c.t.Name(), c.length, c.seed)
	fmt.Fprintf(w, "what\tkilled -9\tpaused\tstarts refused\tslowest start\n")
	for _, m := range c.members {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\n", m.name, m.kills, m.pauses, m.refused, m.slowest.Round(10*time.Millisecond))
	}
	for _, s := range c.services {
		fmt.Fprintf(w, "%s\t1\t\t\t\n", s.name)
	}
	_ = w.Flush()
	l := c.load
	fmt.Fprintf(&b, "posts: %d acknowledged, %d tries without an answer, %d answered 503, the longest wait for a 202 was %s\n",
		len(l.acked), l.failed, l.busy, l.slowest.Round(10*time.Millisecond))
	fmt.Fprintf(&b, "audit: accepted %d = touched %d + rejected %d + pending %d, missing %d, duplicated %d, %s after the last post\n",
		a.Accepted, a.Touched, a.Rejected, a.Pending, len(a.Missing), len(a.Duplicated), took.Round(100*time.Millisecond))
	fmt.Print(b.String())
}
