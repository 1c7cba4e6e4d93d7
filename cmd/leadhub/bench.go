package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// benchCmd groups the measurements; without a further word it measures a hub.
type benchCmd struct {
	Hub    benchHubCmd    `cmd:"" default:"withargs" help:"A hub that it starts itself: rates, latency, memory."`
	Dedupe benchDedupeCmd `cmd:"" help:"Who is who: precision and recall on generated people or on a table, and the speed of recording."`
	Text   benchTextCmd   `cmd:"" help:"What is read out of free text: precision and recall of phones, names … on generated conversations or on a file."`
}

type benchHubCmd struct {
	Kafka       string   `help:"Measure on this Kafka cluster instead of the embedded broker." env:"LEADHUB_KAFKA" placeholder:"HOST:PORT,…"`
	Database    string   `help:"Measure on this PostgreSQL server, in databases of the bench's own, instead of SQLite." env:"LEADHUB_DATABASE" placeholder:"URL"`
	Leads       int      `help:"Posts of the throughput runs." default:"200000"`
	Repeats     int      `help:"Percent of posts whose phone came before." default:"30"`
	Connections int      `help:"Connections of the load." default:"64"`
	Rate        int      `help:"Posts a second of the latency run." default:"200"`
	Seconds     int      `help:"Length of the latency run." default:"20"`
	Reps        int      `help:"Reps that leads are given to, in teams of 25." default:"3"`
	Rules       int      `help:"Assignment rules; all but the last ask for a campaign in a city and aim at a team." default:"0"`
	Only        []string `help:"Measure these alone, of bare, hub, backlog, assign, latency." enum:"bare,hub,backlog,assign,latency" placeholder:"WHAT,…"`
	JSON        bool     `help:"Print one JSON object per figure." name:"json"`
	Bare        bool     `hidden:"" help:"Serve a bare handler, the limit of the machine."`
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
	for _, measure := range []struct {
		name string
		run  func(context.Context) error
	}{{"bare", b.bare}, {"hub", b.endToEnd}, {"backlog", b.backlog}, {"assign", b.assigning}, {"latency", b.latency}} {
		if len(c.Only) > 0 && !slices.Contains(c.Only, measure.name) {
			continue
		}
		if err := measure.run(p.ctx); err != nil {
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

// fill fills the log with no stage running.
func (b *bench) fill(ctx context.Context) (*benchHub, error) {
	h, err := b.start(ctx, []string{"--roles", "intake,console"})
	if err != nil {
		return nil, err
	}
	if _, err := newLoad(b.Leads, b.Repeats).run(ctx, h.addr, b.Connections); err != nil {
		h.drop()
		return nil, err
	}
	h.stop()
	return h, nil
}

// drain starts a filled hub again, and measures until its counters of a name are at want. The start is in the time.
func (b *bench) drain(ctx context.Context, filled *benchHub, metric string, want int64, more ...string) (*benchHub, time.Duration, error) {
	start := time.Now()
	h, err := b.again(ctx, filled, more...)
	if err != nil {
		return nil, 0, err
	}
	if err := h.awaitCount(ctx, metric, want); err != nil {
		h.stop()
		return nil, 0, err
	}
	return h, time.Since(start), nil
}

// backlog measures how fast the stages drain a log that was filled before.
func (b *bench) backlog(ctx context.Context) error {
	filled, err := b.fill(ctx)
	if err != nil {
		return err
	}
	defer filled.drop()
	h, took, err := b.drain(ctx, filled, recordedTotal, int64(b.Leads))
	if err != nil {
		return err
	}
	b.print("draining a backlog: leads/s", float64(b.Leads)/took.Seconds(), "1/s")
	b.usage("draining a backlog", h.stop())
	return nil
}

// assigning measures how fast a backlog gets its owners: in the hub that records it, and in one that finds it recorded. Normalizing is in the
// times of recording.
func (b *bench) assigning(ctx context.Context) error {
	if err := b.assigningAtOnce(ctx); err != nil {
		return err
	}
	filled, err := b.fill(ctx)
	if err != nil {
		return err
	}
	defer filled.drop()
	h, recording, err := b.drain(ctx, filled, recordedTotal, int64(b.Leads), "--roles", "intake,normalize,sink")
	if err != nil {
		return err
	}
	leads, err := h.counted(ctx, newLeads)
	u := h.stop()
	if err != nil {
		return err
	}
	b.print("recording alone: submissions/s", float64(b.Leads)/recording.Seconds(), "1/s")
	b.print("recording alone: new leads/s", float64(leads)/recording.Seconds(), "1/s")
	b.usage("recording alone", u)
	h, assigning, err := b.drain(ctx, filled, assignedTotal, leads, "--roles", "intake,assign")
	if err != nil {
		return err
	}
	b.print("assigning alone: leads/s", float64(leads)/assigning.Seconds(), "1/s")
	b.print("assigning alone as fast as recording alone", recording.Seconds()/assigning.Seconds(), "times")
	b.usage("assigning alone", h.stop())
	return nil
}

// assigningAtOnce lets one hub do both.
func (b *bench) assigningAtOnce(ctx context.Context) error {
	filled, err := b.fill(ctx)
	if err != nil {
		return err
	}
	defer filled.drop()
	start := time.Now()
	h, recording, err := b.drain(ctx, filled, recordedTotal, int64(b.Leads))
	if err != nil {
		return err
	}
	leads, err := h.counted(ctx, newLeads)
	if err == nil {
		err = h.awaitCount(ctx, assignedTotal, leads)
	}
	assigning := time.Since(start)
	u := h.stop()
	if err != nil {
		return err
	}
	b.print("recording and assigning: submissions/s", float64(b.Leads)/recording.Seconds(), "1/s")
	b.print("recording and assigning: new leads/s", float64(leads)/recording.Seconds(), "1/s")
	b.print("recording and assigning: leads/s with owner", float64(leads)/assigning.Seconds(), "1/s")
	b.usage("recording and assigning", u)
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
