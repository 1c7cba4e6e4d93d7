package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leadhub/leadhub/lead"
)

// benchCmd groups the measurements; without a further word it measures a hub.
type benchCmd struct {
	Hub    benchHubCmd    `cmd:"" default:"withargs" help:"A hub that it starts itself: rates, latency, memory."`
	Dedupe benchDedupeCmd `cmd:"" help:"Who is who: precision and recall on generated people or on a table, and the speed of recording."`
	Text   benchTextCmd   `cmd:"" help:"What is read out of free text: precision and recall of phones, names … on generated conversations or on a file."`
}

type benchHubCmd struct {
	Kafka       string `help:"Measure on this Kafka cluster instead of the embedded broker." env:"LEADHUB_KAFKA" placeholder:"HOST:PORT,…"`
	Database    string `help:"Measure on this PostgreSQL server, in databases of the bench's own, instead of SQLite." env:"LEADHUB_DATABASE" placeholder:"URL"`
	Leads       int    `help:"Posts of the throughput runs." default:"200000"`
	Repeats     int    `help:"Percent of posts whose phone came before." default:"30"`
	Connections int    `help:"Connections of the load." default:"64"`
	Rate        int    `help:"Posts a second of the latency run." default:"200"`
	Seconds     int    `help:"Length of the latency run." default:"20"`
	JSON        bool   `help:"Print one JSON object per figure." name:"json"`
	Bare        bool   `hidden:"" help:"Serve a bare handler, the limit of the machine."`
}

// figure is one thing measured.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Setup string  `json:"setup"`
}

// bench runs the measurements one after the other, each on a fresh hub.
type bench struct {
	benchHubCmd
	p     process
	dir   string
	setup string
	runs  int
}

// Run measures and prints.
func (c *benchHubCmd) Run(p process) error {
	if c.Bare {
		return serveBare(p)
	}
	dir, err := os.MkdirTemp("", "leadhub-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{benchHubCmd: *c, p: p, dir: dir, setup: "embedded broker + SQLite"}
	switch {
	case c.Kafka != "" && c.Database != "":
		b.setup = "Kafka + PostgreSQL"
	case c.Kafka != "":
		b.setup = "Kafka + SQLite"
	case c.Database != "":
		b.setup = "embedded broker + PostgreSQL"
	}
	for _, measure := range []func(context.Context) error{b.bare, b.endToEnd, b.backlog, b.latency} {
		if err := measure(p.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) print(name string, value float64, unit string) {
	f := figure{Name: name, Value: value, Unit: unit, Setup: b.setup}
	if b.JSON {
		_ = json.NewEncoder(b.p.stdout).Encode(f)
		return
	}
	fmt.Fprintf(b.p.stdout, "%-44s %12.1f %s\n", name, value, unit)
}

// bare measures a handler that reads the body and answers 202: what the machine and the load generator could do at most.
func (b *bench) bare(ctx context.Context) error {
	pr, err := startProcess(ctx, "bench", "--bare")
	if err != nil {
		return err
	}
	defer pr.end()
	l := newLoad(b.Leads, b.Repeats)
	res, err := l.run(ctx, pr.addr, b.Connections)
	if err != nil {
		return err
	}
	b.print("bare handler: requests/s", res.perSecond(), "1/s")
	b.print("bare handler: p99", res.quantile(0.99), "ms")
	return nil
}

// endToEnd posts everything as fast as the connections allow, and waits until the last is in the pool.
func (b *bench) endToEnd(ctx context.Context) error {
	h, err := b.start(ctx, nil)
	if err != nil {
		return err
	}
	defer h.drop()
	if err := h.warm(ctx); err != nil {
		return err
	}
	l := newLoad(b.Leads, b.Repeats)
	start := time.Now()
	res, err := l.run(ctx, h.addr, b.Connections)
	if err != nil {
		return err
	}
	if err := h.await(ctx, int64(b.Leads)+1); err != nil { // with the one that warmed it
		return err
	}
	took := time.Since(start)
	b.print("accepted, durable: requests/s", res.perSecond(), "1/s")
	b.print("accepted, durable: p50", res.quantile(0.5), "ms")
	b.print("accepted, durable: p99", res.quantile(0.99), "ms")
	b.print("end to end, last in the pool: leads/s", float64(b.Leads)/took.Seconds(), "1/s")
	if err := h.balanced(ctx, int64(b.Leads)+1); err != nil {
		return err
	}
	b.usage("end to end", h.stop())
	return nil
}

// backlog fills the log with no stage running, then measures how fast the stages drain it.
func (b *bench) backlog(ctx context.Context) error {
	fill, err := b.start(ctx, []string{"--roles", "intake,console"})
	if err != nil {
		return err
	}
	defer fill.drop()
	if _, err := newLoad(b.Leads, b.Repeats).run(ctx, fill.addr, b.Connections); err != nil {
		return err
	}
	fill.stop()
	start := time.Now()
	h, err := b.again(ctx, fill)
	if err != nil {
		return err
	}
	if err := h.await(ctx, int64(b.Leads)); err != nil {
		return err
	}
	b.print("draining a backlog: leads/s", float64(b.Leads)/time.Since(start).Seconds(), "1/s")
	b.usage("draining a backlog", h.stop())
	return nil
}

// latency posts at a steady rate and watches the change stream.
func (b *bench) latency(ctx context.Context) error {
	h, err := b.start(ctx, nil)
	if err != nil {
		return err
	}
	defer h.drop()
	res, err := newLoad(b.Rate*b.Seconds, b.Repeats).paced(ctx, h, b.Rate)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("post to assigned at %d/s", b.Rate)
	b.print(name+": p50", res.quantile(0.5), "ms")
	b.print(name+": p99", res.quantile(0.99), "ms")
	b.usage(name, h.stop())
	return nil
}

func (b *bench) usage(run string, u usage) {
	b.print(run+": CPU of the hub", u.cpu.Seconds(), "s")
	b.print(run+": peak memory of the hub", float64(u.peak)/(1<<20), "MiB")
}

// benchHub is one hub under measurement.
type benchHub struct {
	*hubProcess
	flags    []string
	database string // made for it, "" when none was
	server   string // URL of the PostgreSQL server
	broker   string // host:port
	changes  string // topic
}

// start starts a fresh hub with its own folder, topics and database, set up to take the load.
func (b *bench) start(ctx context.Context, more []string) (*benchHub, error) {
	b.runs++
	name := fmt.Sprintf("leadhub_bench_%d_%d", os.Getpid(), b.runs)
	flags := []string{"--data", filepath.Join(b.dir, name), "--log-level", "warn"}
	h := &benchHub{server: b.Database, changes: "lead.changes"}
	if b.Kafka != "" {
		flags = append(flags, "--kafka", b.Kafka, "--topic-prefix", name+".")
		h.broker, _, _ = strings.Cut(b.Kafka, ",")
		h.changes = name + ".lead.changes"
	} else {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		h.broker = port
		flags = append(flags, "--broker-listen", port)
	}
	if b.Database != "" {
		if err := execOn(ctx, b.Database, "CREATE DATABASE "+name); err != nil {
			return nil, err
		}
		h.database = name
		url, err := withDatabase(b.Database, name)
		if err != nil {
			return nil, err
		}
		flags = append(flags, "--database", url)
	}
	h.flags = flags
	var err error
	if h.hubProcess, err = startHub(ctx, append(slices.Clone(flags), more...)); err != nil {
		return nil, err
	}
	return h, h.client().call(ctx, "PUT", "/v1/config", benchConfig(), nil)
}

// again starts the same hub with all roles.
func (b *bench) again(ctx context.Context, h *benchHub) (*benchHub, error) {
	p, err := startHub(ctx, h.flags)
	return &benchHub{hubProcess: p, flags: h.flags}, err
}

// drop ends the hub and removes its database.
func (h *benchHub) drop() {
	h.stop()
	if h.database != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = execOn(ctx, h.server, "DROP DATABASE "+h.database+" WITH (FORCE)")
	}
}

// warm sends one lead through, so that every stage has joined its group before the clock runs.
func (h *benchHub) warm(ctx context.Context) error {
	c, err := dial(h.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.untilAssigned(ctx, []byte(`{"name":"warm","email":"warm@leadhub-bench.cn"}`))
}

// await waits until so many submissions are recorded in the pool. It reads the counters: asking the pool itself would be part of the load.
func (h *benchHub) await(ctx context.Context, submissions int64) error {
	for {
		n, err := h.recorded(ctx)
		if err != nil || n >= submissions {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// recorded adds up leadhub_recorded_total over its verdicts, those that were in the pool before left out.
func (h *benchHub) recorded(ctx context.Context) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.addr+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	sum := int64(0)
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if strings.HasPrefix(name, "leadhub_recorded_total{") && !strings.Contains(name, `"seen"`) {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			sum += int64(n)
		}
	}
	return sum, lines.Err()
}

// balanced proves that the figures are of a hub that lost nothing.
func (h *benchHub) balanced(ctx context.Context, accepted int64) error {
	var a lead.Audit
	if err := h.client().call(ctx, "GET", "/v1/audit", nil, &a); err != nil {
		return err
	}
	if !a.Balances() || a.Accepted != accepted || a.Touched != accepted {
		return fmt.Errorf("the audit does not balance: %+v", a)
	}
	return nil
}

func benchConfig() configFile {
	weight := func(n int) *int { return &n }
	return configFile{
		Sources: []fileSource{{Key: "bench", Channel: "webform", Settings: map[string]any{"rate_per_minute": 0}}},
		Reps:    []fileRep{{Key: "a", Weight: weight(3)}, {Key: "b", Weight: weight(2)}, {Key: "c", Weight: weight(1)}},
	}
}

// freePort is an address on this machine that nobody uses now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func execOn(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// withDatabase names another database of the same server.
func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", lead.Invalid("bad_database_url", "the database URL cannot be read", "write it as postgres://user:password@host:5432/database")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// serveBare is the handler that bare measures.
func serveBare(p process) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 4096)
		n := 0
		for {
			m, err := r.Body.Read(body)
			n += m
			if err != nil {
				break
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"id":"` + strconv.Itoa(n) + `"}`))
	})}
	fmt.Fprintf(p.stdout, "leadhub ready at http://%s\n", l.Addr())
	go func() { <-p.ctx.Done(); _ = srv.Close() }()
	_ = srv.Serve(l)
	return nil
}
