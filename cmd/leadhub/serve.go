package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

// hubFlags say where a hub keeps things and what it plays.
type hubFlags struct {
	Data           string        `help:"Folder of the hub's own data." default:"leadhub-data" env:"LEADHUB_DATA" placeholder:"DIR"`
	Kafka          string        `help:"Brokers of a Kafka cluster, host:port with commas; the embedded broker without it." env:"LEADHUB_KAFKA" placeholder:"HOST:PORT,…"`
	Database       string        `help:"postgres:// URL of the lead pool; SQLite in the data folder without it." env:"LEADHUB_DATABASE" placeholder:"URL"`
	Roles          []string      `help:"What this process does: intake,normalize,sink,assign,deliver,console. Everything without it." env:"LEADHUB_ROLES" placeholder:"ROLE,…"`
	Partitions     int           `help:"Partitions of topics that do not exist yet, on Kafka." default:"6" env:"LEADHUB_PARTITIONS"`
	TopicPrefix    string        `help:"Put before the names of topics and consumer groups, when hubs share a cluster." env:"LEADHUB_TOPIC_PREFIX" placeholder:"PREFIX"`
	BrokerListen   string        `help:"Address of the embedded broker, for Kafka tools and other processes; any free port on 127.0.0.1 without it." env:"LEADHUB_BROKER_LISTEN" placeholder:"HOST:PORT"`
	BrokerBytes    int64         `help:"Bytes the embedded broker keeps of each topic." default:"268435456" env:"LEADHUB_BROKER_BYTES"`
	MaxBody        int64         `help:"Bytes of one post." default:"524288" env:"LEADHUB_MAX_BODY"`
	SpoolBytes     int64         `help:"Bytes the spool may hold while the broker is away." default:"1073741824" env:"LEADHUB_SPOOL_BYTES"`
	MaxImport      int64         `help:"Bytes of one uploaded file." default:"209715200" env:"LEADHUB_MAX_IMPORT"`
	KeepImports    time.Duration `help:"How long uploaded files are kept, unless their import is undone." default:"2160h" env:"LEADHUB_KEEP_IMPORTS"`
	TrustedProxies []string      `help:"Networks whose X-Forwarded-For is believed." env:"LEADHUB_TRUSTED_PROXIES" placeholder:"CIDR,…"`
	LogLevel       string        `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"LEADHUB_LOG_LEVEL"`
	LogFormat      string        `help:"text or json." default:"text" enum:"text,json" env:"LEADHUB_LOG_FORMAT"`
	SecretKey      string        `help:"Key that seals secrets; made and kept in the data folder without it. Processes of one hub share it." env:"LEADHUB_SECRET_KEY" placeholder:"KEY"`
	AdminToken     string        `help:"The admin's token; made and kept in the data folder without it." env:"LEADHUB_ADMIN_TOKEN" placeholder:"TOKEN"`
	CPUProfile     string        `help:"Write a CPU profile to this file." name:"cpu-profile" hidden:"" env:"LEADHUB_CPU_PROFILE"`
	StopWithin     time.Duration `help:"Time the stages get to end." default:"8s" hidden:""`
}

type serveCmd struct {
	hubFlags
	Listen string `help:"Address to serve on; port 0 takes any free one." default:"127.0.0.1:8080" env:"LEADHUB_LISTEN" placeholder:"HOST:PORT"`
}

// Run serves until a signal comes.
func (c *serveCmd) Run(p process) error {
	if c.CPUProfile != "" {
		f, err := os.Create(fmt.Sprintf("%s.%d", c.CPUProfile, os.Getpid())) // one file per process
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	a, err := openApp(p.ctx, c.hubFlags, c.Listen, c.logger(p))
	if err != nil && p.ctx.Err() != nil {
		return nil // ended before it was ready
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "leadhub ready at http://%s\n", a.addr)
	<-p.ctx.Done()
	return a.close()
}

func (f *hubFlags) logger(p process) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(f.LogLevel)) // one of the four
	opts := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, opts))
	}
	return slog.New(slog.NewTextHandler(p.stderr, opts))
}

// secrets are given, or made at the first start and kept readable by the owner alone.
func (f *hubFlags) secrets() (key []byte, token string, err error) {
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return nil, "", fmt.Errorf("the data folder cannot be made: %w", err)
	}
	secret := f.SecretKey
	if secret == "" {
		if secret, err = hub.FileSecret(f.Data, "secret-key"); err != nil {
			return nil, "", err
		}
	}
	token = f.AdminToken
	if token == "" {
		token, err = hub.FileSecret(f.Data, "admin-token")
	}
	return []byte(secret), token, err
}

func (f *hubFlags) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range f.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, lead.Invalid("bad_proxy", fmt.Sprintf("trusted proxy %q is not a network", s), "write it as 10.0.0.0/8 or 192.0.2.7/32")
		}
		out = append(out, p)
	}
	return out, nil
}

// brokers lists the Kafka brokers given, nil for the embedded one.
func (f *hubFlags) brokers() []string {
	if f.Kafka == "" {
		return nil
	}
	return strings.Split(f.Kafka, ",")
}

type migrateCmd struct {
	Data     string `help:"Folder of the hub's own data." default:"leadhub-data" env:"LEADHUB_DATA" placeholder:"DIR"`
	Database string `help:"postgres:// URL of the lead pool; SQLite in the data folder without it." env:"LEADHUB_DATABASE" placeholder:"URL"`
	Status   bool   `help:"Only list the migrations."`
}

// Run migrates. `serve` does the same at its start; this is for those who want it as a step of its own.
func (c *migrateCmd) Run(p process) error {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Minute)
	defer cancel()
	db, err := openDatabase(ctx, c.Database, c.Data)
	if err != nil {
		return err
	}
	defer db.Close()
	if !c.Status {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
	}
	all, err := db.MigrationStatus(ctx)
	for _, m := range all {
		state := "pending"
		if !m.Applied.IsZero() {
			state = "applied"
		}
		fmt.Fprintf(p.stdout, "%03d  %-8s %s\n", m.Number, state, m.Name)
	}
	return err
}
