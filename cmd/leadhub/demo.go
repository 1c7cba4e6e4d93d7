package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

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

type step struct {
	Say    string `yaml:"say"`
	ZH     string `yaml:"zh"`
	Source string `yaml:"source"`
	Type   string `yaml:"type"`
	Sign   string `yaml:"sign"` // "good", "bad" or nothing
	Body   string `yaml:"body"`
	File   string `yaml:"file"` // Body is a list, uploaded under this name
}

// player plays a story against a running hub and tells it.
type player struct {
	client *client
	story  story
	zh     bool
	out    io.Writer
	sent   []string // ids, in order
}

// Run starts a hub on a temporary folder, plays the story and stays up.
func (c *demoCmd) Run(p process) error {
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
	pl := &player{client: &client{base: "http://" + a.addr, token: a.adminToken, http: http.DefaultClient}, zh: c.Lang == "zh", out: p.stdout}
	pl.line("The hub is up at http://%s", "线索中台已启动：http://%s", a.addr)
	if err := pl.play(p.ctx, "scenarios/demo.yaml"); err != nil {
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

func (pl *player) line(en, zh string, args ...any) {
	text := en
	if pl.zh {
		text = zh
	}
	fmt.Fprintf(pl.out, text+"\n", args...)
}

func (pl *player) play(ctx context.Context, name string) error {
	file, err := fixtures.Scenarios.ReadFile(name)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(file, &pl.story, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := pl.client.call(ctx, "PUT", "/v1/config", pl.story.Config, nil); err != nil {
		return err
	}
	fmt.Fprintln(pl.out)
	for i, s := range pl.story.Steps {
		do := pl.post
		if s.File != "" {
			do = pl.upload
		}
		if err := do(ctx, i+1, s); err != nil {
			return err
		}
	}
	if err := pl.settle(ctx); err != nil {
		return err
	}
	return pl.tell(ctx)
}

// post sends one step through the door, as a website would.
func (pl *player) post(ctx context.Context, n int, s step) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, pl.client.base+"/in/"+url.PathEscape(s.Source), strings.NewReader(s.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", s.Type)
	req.Header.Set("Accept", "application/json")
	if s.Sign != "" {
		if err := pl.sign(req, s); err != nil {
			return err
		}
	}
	resp, err := pl.client.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	pl.line("%2d  %s\n      → %s answers %d", "%2[1]d  %[2]s\n      → %[3]s 返回 %[4]d", n, pl.pick(s), s.Source, resp.StatusCode)
	var accepted struct {
		ID     string `json:"id"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(answer, &accepted) == nil && accepted.ID != "" {
		pl.sent = append(pl.sent, accepted.ID)
	} else {
		pl.line("      refused: %s (%s)", "      已拒绝：%s（%s）", accepted.Detail, accepted.Code)
	}
	return nil
}

// upload imports the list of one step, as a person in the console would.
func (pl *player) upload(ctx context.Context, n int, s step) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := writeUpload(w, s.Source, nil, s.File, strings.NewReader(s.Body)); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, pl.client.base+"/v1/imports", &form)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	var i lead.Import
	if err := pl.client.do(req, func(r io.Reader) error { return json.NewDecoder(r).Decode(&i) }); err != nil {
		return err
	}
	if err := pl.client.call(ctx, "POST", "/v1/imports/"+i.ID+"/start", nil, nil); err != nil {
		return err
	}
	for !i.AtRest() || i.State == lead.ImportInspected {
		if err := pl.client.call(ctx, "GET", "/v1/imports/"+i.ID, nil, &i); err != nil {
			return err
		}
		pauseFor(ctx, 20*time.Millisecond)
	}
	p := i.Progress
	pl.line("%2d  %s\n      → %s: %d rows, %d new, %d joined, %d rejected, %d skipped", "%2[1]d  %[2]s\n      → %[3]s：%[4]d 行，新线索 %[5]d，并入 %[6]d，拒收 %[7]d，跳过 %[8]d", n, pl.pick(s), s.Source,
		p.Read, p.New, p.Joined, p.Rejected, p.Skipped)
	return nil
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (pl *player) pick(s step) string {
	if pl.zh {
		return s.ZH
	}
	return s.Say
}

// sign signs as the sender of the source would, or with a secret that is not the right one.
func (pl *player) sign(req *http.Request, s step) error {
	secret := "whsec_" + "bm90LXRoZS1yaWdodC1zZWNyZXQtYXQtYWxsLW5v"
	if s.Sign == "good" {
		for _, src := range pl.story.Config.Sources {
			if list, ok := src.Settings["secrets"].([]any); ok && src.Key == s.Source {
				secret = fmt.Sprint(list[0])
			}
		}
	}
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	id, now := "msg_demo_"+s.Sign, time.Now()
	signature, err := wh.Sign(id, now, []byte(s.Body))
	if err != nil {
		return err
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("webhook-signature", signature)
	return nil
}

// settle waits until every submission has ended somewhere: in a lead that has an owner, or in a rejection.
func (pl *player) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, id := range pl.sent {
		for {
			var st lead.SubmissionStatus
			if err := pl.client.call(ctx, "GET", "/v1/submissions/"+id, nil, &st); err != nil {
				return err
			}
			done := st.State == lead.StateRejected || st.State == lead.StateQuarantined || st.Owner != ""
			if done {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("submission %s is still %s", id, st.State)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// tell says what became of it all, as a person would.
func (pl *player) tell(ctx context.Context) error {
	var page lead.LeadPage
	if err := pl.client.call(ctx, "GET", "/v1/leads?limit=200", nil, &page); err != nil {
		return err
	}
	touches := 0
	for _, l := range page.Items {
		touches += l.Touches
	}
	pl.line("\n%d submissions became %d leads:", "\n%d 次留资合并为 %d 条线索：", touches, len(page.Items))
	for i := len(page.Items) - 1; i >= 0; i-- {
		if err := pl.tellLead(ctx, page.Items[i]); err != nil {
			return err
		}
	}
	var rejected lead.RejectionPage
	if err := pl.client.call(ctx, "GET", "/v1/rejections?limit=200", nil, &rejected); err != nil {
		return err
	}
	pl.line("\n%d did not become leads; each can be corrected and replayed:", "\n%d 条未进入线索池，均可修改后重放：", len(rejected.Items))
	for _, j := range rejected.Items {
		fmt.Fprintf(pl.out, "  %-10s %-12s %s\n", j.Stage, j.Code, j.Message)
	}
	return nil
}

func (pl *player) tellLead(ctx context.Context, l lead.Lead) error {
	var d lead.LeadDetail
	if err := pl.client.call(ctx, "GET", "/v1/leads/"+l.ID, nil, &d); err != nil {
		return err
	}
	reach := strings.Join(append(append([]string{}, d.Phones...), d.Emails...), ", ")
	pl.line("  %s  %s  %s  — %d touches", "  %s  %s  %s  — %d 次触点", d.Number, cleanJoin(d.Name, d.Honorific, d.Title, d.Company), reach, d.Touches)
	for _, t := range d.TouchList {
		if t.Verdict.Kind != lead.VerdictNew {
			fmt.Fprintf(pl.out, "      %s: %s\n", t.Submission.Source, strings.Join(t.Verdict.Reasons, "; "))
		}
	}
	for _, e := range d.History {
		if e.Type == lead.ChangeAssigned {
			pl.line("      owner %s: %s", "      负责人 %s：%s", pl.rep(d.Owner), e.Why)
		}
	}
	return nil
}

func (pl *player) rep(key string) string {
	for _, r := range pl.story.Config.Reps {
		if r.Key == key && r.Name != nil {
			return *r.Name
		}
	}
	return key
}

func cleanJoin(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		if p != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(p)
		}
	}
	return b.String()
}
