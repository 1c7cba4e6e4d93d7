package main

import (
	"bufio"
	"context"
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
	return h, h.client().call(ctx, "PUT", "/v1/config", b.config(), nil)
}

// again starts the same hub with all roles, unless more says otherwise.
func (b *bench) again(ctx context.Context, h *benchHub, more ...string) (*benchHub, error) {
	p, err := startHub(ctx, append(slices.Clone(h.flags), more...))
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

// Counters of a hub.
const (
	recordedTotal = "leadhub_recorded_total{" // submissions, by what became of them
	newLeads      = `leadhub_recorded_total{verdict="new"}`
	assignedTotal = "leadhub_assigned_total"
)

// await waits until so many submissions are recorded in the pool. It reads the counters: asking the pool itself would be part of the load.
func (h *benchHub) await(ctx context.Context, submissions int64) error {
	return h.awaitCount(ctx, recordedTotal, submissions)
}

func (h *benchHub) awaitCount(ctx context.Context, metric string, want int64) error {
	for {
		n, err := h.counted(ctx, metric)
		if err != nil || n >= want {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// counted adds up the counters whose names begin so. Submissions that were in the pool before are left out.
func (h *benchHub) counted(ctx context.Context, metric string) (int64, error) {
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
		if strings.HasPrefix(name, metric) && !strings.Contains(name, `"seen"`) {
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

// config is one source, and reps and rules as many as were asked for. Of a hundred rules nearly every one is tried for most posts.
func (c *benchHubCmd) config() configFile {
	out := configFile{Sources: []fileSource{{Key: "bench", Channel: "webform", Settings: map[string]any{"rate_per_minute": 0}}}}
	teams, limit := max(c.Reps/25, 1), 1_000_000
	for i := range teams {
		out.Teams = append(out.Teams, fileTeam{Key: fmt.Sprintf("team-%02d", i)})
	}
	for i := range c.Reps {
		out.Reps = append(out.Reps, fileRep{Key: fmt.Sprintf("rep-%03d", i), Team: new(fmt.Sprintf("team-%02d", i%teams)), Weight: new(3 - i%3), Daily: &limit, Holding: &limit})
	}
	for i := range c.Rules {
		rule := fileRule{Key: fmt.Sprintf("rule-%03d", i)}
		if i < c.Rules-1 {
			rule.When = new(fmt.Sprintf(`campaign == "spring-%d" and city == "%s市"`, i%20, benchCities[i/20%len(benchCities)]))
			rule.To = &lead.Target{Teams: []string{fmt.Sprintf("team-%02d", i%teams)}}
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
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
