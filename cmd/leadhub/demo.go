package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/leadhub/leadhub/console"
	"github.com/leadhub/leadhub/fixtures"
	"github.com/leadhub/leadhub/lead"
)

type demoCmd struct {
	Listen string `help:"Address to serve on; port 0 takes any free one." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Lang   string `help:"Language of the story, en or zh." default:"en" enum:"en,zh"`
	Once   bool   `help:"End after the story instead of staying up."`
}

// story is a scenario: a configuration, and what happens.
type story struct {
	Config configFile `yaml:"config"`
	Steps  []step     `yaml:"steps"`
}

// step is one thing that happens: a post, an upload, a claim, an undo, or a question.
type step struct {
	Say string `yaml:"say"`
	ZH  string `yaml:"zh"`

	// A post to Source, as its sender makes it. Query, Headers and Body are filled in as signing.Fill does.
	Source  string            `yaml:"source"`
	Type    string            `yaml:"type"`
	Query   string            `yaml:"query"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	File    string            `yaml:"file"` // Body is a list, uploaded under this name

	Claim int    `yaml:"claim"` // the lead of this number, counted as they come, is claimed
	By    string `yaml:"by"`    // key of the rep
	Undo  bool   `yaml:"undo"`  // the last upload is taken back
	Why   int    `yaml:"why"`   // that lead is explained

	// Expect is what the step says will come of it, by the names in facts.
	Expect facts `yaml:"expect"`
}

// facts are what a step has brought, as the hub tells it.
type facts map[string]any

// mismatch tells the first thing that is not as the step says; "" when all is.
func (s step) mismatch(f facts) string {
	for _, name := range sortedKeys(s.Expect) {
		got, told := f[name]
		switch {
		case !told:
			return fmt.Sprintf("%s should be %v, and the hub says nothing of it", name, s.Expect[name])
		case fmt.Sprint(got) != fmt.Sprint(s.Expect[name]):
			return fmt.Sprintf("%s should be %v, and the hub says %v", name, s.Expect[name], got)
		}
	}
	return ""
}

// player plays a story against a running hub and tells it.
type player struct {
	client *client
	story  story
	words  console.Words
	lang   string
	out    io.Writer

	seen   seen
	upload string // id of the last import
}

// Run starts a hub on a temporary folder, plays the story and stays up.
func (c *demoCmd) Run(p process) error {
	told, err := readStory("scenarios/demo.yaml")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leadhub-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f := hubFlags{Data: dir, Partitions: 1, BrokerBytes: 256 << 20, StopWithin: 8 * time.Second}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := openApp(p.ctx, f, c.Listen, log)
	if err != nil {
		return err
	}
	defer a.close()
	pl := newPlayer(&client{base: "http://" + a.addr, token: a.adminToken, http: http.DefaultClient}, told, c.Lang, p.stdout)
	pl.line("The hub is up at http://%s\n", "线索中台已启动：http://%s\n", a.addr)
	if err := pl.play(p.ctx); err != nil {
		return err
	}
	pl.line("\nThe console: http://%s/   sign in with the token %s", "\n管理页面：http://%s/   登录令牌 %s", a.addr, a.adminToken)
	if c.Once {
		return nil
	}
	pl.line("Ctrl-C ends it; nothing stays behind.", "按 Ctrl-C 结束，不会留下任何数据。")
	<-p.ctx.Done()
	return nil
}

// readStory reads a story of package fixtures.
func readStory(name string) (story, error) {
	var s story
	file, err := fixtures.Scenarios.ReadFile(name)
	if err != nil {
		return s, err
	}
	if err := yaml.NewDecoder(bytes.NewReader(file), yaml.Strict()).Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func newPlayer(hub *client, told story, lang string, out io.Writer) *player {
	return &player{client: hub, story: told, words: console.NewWords(lang, told.Config.config()), lang: lang, out: out,
		seen: seen{versions: map[string]int64{}, known: map[string]bool{}}}
}

// play sets the hub up, does what the steps say, one after the other, and tells what the hub made of each. It fails at the first step that the
// hub does not confirm.
func (pl *player) play(ctx context.Context) error {
	if err := pl.client.call(ctx, "PUT", "/v1/config", pl.story.Config, nil); err != nil {
		return err
	}
	for i, s := range pl.story.Steps {
		fmt.Fprintf(pl.out, "%2d  %s\n", i+1, pl.pick(s.Say, s.ZH))
		f, err := pl.act(ctx, s)
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if wrong := s.mismatch(f); wrong != "" {
			return lead.Invalid("untrue_story", fmt.Sprintf("step %d of the story is not true: %s", i+1, wrong), "mend the scenario, or the hub")
		}
	}
	return pl.tell(ctx)
}

func (pl *player) act(ctx context.Context, s step) (facts, error) {
	switch {
	case s.File != "":
		return pl.importList(ctx, s)
	case s.Source != "":
		return pl.post(ctx, s)
	case s.Claim != 0:
		return pl.claim(ctx, s)
	case s.Undo:
		return pl.undo(ctx)
	case s.Why != 0:
		return pl.why(ctx, s)
	}
	return nil, fmt.Errorf("the step does nothing")
}

// line says one line in the language of the story.
func (pl *player) line(en, zh string, args ...any) {
	fmt.Fprintf(pl.out, pl.pick(en, zh)+"\n", args...)
}

func (pl *player) pick(en, zh string) string {
	if pl.lang == "zh" {
		return zh
	}
	return en
}
