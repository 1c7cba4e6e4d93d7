package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// seen is what the player has told already.
type seen struct {
	leads    []string         // ids, in the order in which they came: the first is lead 1 of the story
	versions map[string]int64 // of leads
	known    map[string]bool  // touches and rejections
}

// path is that of a lead, named as the story does.
func (pl *player) path(n int) (string, error) {
	if n < 1 || n > len(pl.seen.leads) {
		return "", fmt.Errorf("there is no lead %d in the story so far", n)
	}
	return leadPath(pl.seen.leads[n-1]), nil
}

// awaited asks until the answer is yes. What is waited for takes milliseconds; whoever waits for half a minute is told.
func awaited(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("the hub does not settle"))
	defer cancel()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// look waits until nothing is under way, adds what is new in the hub to f, and tells it when aloud.
func (pl *player) look(ctx context.Context, f facts, aloud bool) error {
	if err := pl.settle(ctx, f); err != nil {
		return err
	}
	var page lead.LeadPage
	if err := pl.client.call(ctx, "GET", "/v1/leads?limit=200", nil, &page); err != nil {
		return err
	}
	f["leads"] = len(page.Items)
	for _, l := range slices.Backward(page.Items) {
		if pl.seen.versions[l.ID] == 0 {
			pl.seen.leads = append(pl.seen.leads, l.ID)
		}
		if pl.seen.versions[l.ID] == l.Version {
			continue
		}
		var d lead.LeadDetail
		if err := pl.client.call(ctx, "GET", leadPath(l.ID), nil, &d); err != nil {
			return err
		}
		pl.changed(&d, f, aloud)
		pl.seen.versions[d.ID] = d.Version
	}
	rejected, err := pl.rejections(ctx)
	if err != nil {
		return err
	}
	for _, j := range rejected {
		if aloud && !pl.seen.known[j.ID] {
			f["rejected"] = j.Code
			pl.reject(j)
		}
		pl.seen.known[j.ID] = true
	}
	return nil
}

// settle waits until all that was accepted has ended somewhere, and no lead waits for the rules.
func (pl *player) settle(ctx context.Context, f facts) error {
	return awaited(ctx, func() (bool, error) {
		var a lead.Audit
		if err := pl.client.call(ctx, "GET", "/v1/audit", nil, &a); err != nil {
			return false, err
		}
		var o lead.Overview
		err := pl.client.call(ctx, "GET", "/v1/overview", nil, &o)
		f["accepted"] = a.Accepted
		return a.Balances() && a.Pending == 0 && o.Pool.Due == 0, err
	})
}

// changed notes how a lead is now in f, and tells, when aloud, what is new of it: its touches, and who has it.
func (pl *player) changed(d *lead.LeadDetail, f facts, aloud bool) {
	f["lead"], f["touches"], f["owner"], f["rule"], f["pool"] = slices.Index(pl.seen.leads, d.ID)+1, d.Touches, d.Owner, d.Rule, d.Pool
	for _, t := range slices.Backward(d.TouchList) {
		if aloud && !pl.seen.known[t.Submission.ID] {
			pl.touch(d, &t, f)
		}
		pl.seen.known[t.Submission.ID] = true
	}
	for _, e := range slices.Backward(d.History) {
		if aloud && e.Move != "" && e.Version > pl.seen.versions[d.ID] {
			pl.move(e)
		}
	}
}

// touch tells what a touch said, and whose it is.
func (pl *player) touch(d *lead.LeadDetail, t *lead.Touch, f facts) {
	var found, read, because []string
	for _, one := range t.Submission.Found {
		if one.Used {
			found, read = append(found, one.Field), append(read, pl.words.Field(one.Field)+" "+one.Value)
		}
	}
	campaign := t.Submission.Origin.UTM["campaign"]
	f["verdict"], f["campaign"], f["found"] = t.Verdict.Kind, campaign, strings.Join(found, ", ")
	if len(read) > 0 {
		pl.because(pl.pick("read in the text", "从文字中读出"), read)
	}
	if campaign != "" {
		pl.line("      campaign: %s", "      广告计划：%s", campaign)
	}
	for _, r := range t.Verdict.Reasons {
		because = append(because, pl.words.Reason(r))
	}
	pl.because(pl.describe(&d.Lead), because)
}

// move says in a sentence who has a lead and why, with the rules that did not fit.
func (pl *player) move(e lead.Event) {
	said := pl.words.Moved(e)
	if e.Move == lead.MoveAssign {
		said += pl.pick(" by ", "，依据") + pl.words.Who(e.Actor)
	}
	reasons := nonEmpty(pl.words.Because(e))
	for _, tried := range e.Trace {
		if !tried.Matched {
			why := pl.words.Reason(cmp.Or(tried.Why, "the condition is not met"))
			reasons = append(reasons, fmt.Sprintf(pl.pick("“%s”: %s", "“%s”：%s"), pl.words.RuleName(tried.Rule), why))
		}
	}
	pl.because(said, reasons)
}

// because prints what happened, and its reasons.
func (pl *player) because(said string, reasons []string) {
	if len(reasons) > 0 {
		said += pl.pick(": ", "：") + strings.Join(reasons, pl.pick("; ", "；"))
	}
	fmt.Fprintf(pl.out, "      %s\n", said)
}

func (pl *player) reject(j lead.Rejection) {
	pl.because(pl.words.Stage(j.Stage)+" "+j.Code, []string{pl.words.Refusal(j.Code, j.Message)})
}

// rejections are those that no replay has resolved, latest first.
func (pl *player) rejections(ctx context.Context) ([]lead.Rejection, error) {
	var page lead.RejectionPage
	err := pl.client.call(ctx, "GET", "/v1/rejections?limit=200", nil, &page)
	return page.Items, err
}

// tell says what became of it all, and whether it adds up.
func (pl *player) tell(ctx context.Context) error {
	var page lead.LeadPage
	if err := pl.client.call(ctx, "GET", "/v1/leads?limit=200", nil, &page); err != nil {
		return err
	}
	pl.line("\n%d leads are in the pool:", "\n线索池中有 %d 条线索：", len(page.Items))
	for _, l := range slices.Backward(page.Items) {
		pl.line("  %s  %s  owner %s", "  %s  %s  归属人 %s", pl.describe(&l), reach(&l), pl.words.RepName(l.Owner))
	}
	rejected, err := pl.rejections(ctx)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(rejected), func(j lead.Rejection) bool { return j.State != lead.RejectionOpen })
	pl.line("\n%d did not become leads; each can be corrected and replayed:", "\n%d 条未进入线索池，均可修改后重放：", len(open))
	for _, j := range open {
		pl.reject(j)
	}
	var a lead.Audit
	if err := pl.client.call(ctx, "GET", "/v1/audit", nil, &a); err != nil {
		return err
	}
	pl.line("\naudit: accepted %d = touched %d + rejected %d, of which %d were taken back", "\n对账：接收 %d = 入池 %d + 拒收 %d（其中已撤销 %d）", a.Accepted, a.Touched, a.Rejected, len(rejected)-len(open))
	if !a.Balances() {
		return exitError(exitBalance)
	}
	return nil
}

// describe names a lead in one line.
func (pl *player) describe(l *lead.Lead) string {
	who := cleanJoin(l.Number, l.Name, l.Honorific, l.Title, l.Company)
	if l.Touches == 1 {
		return who + pl.pick(" — 1 touch", " — 1 个触点")
	}
	return fmt.Sprintf(pl.pick("%s — %d touches", "%s — %d 个触点"), who, l.Touches)
}

// reach is how a person can be reached.
func reach(l *lead.Lead) string {
	return strings.Join(append(append([]string{}, l.Phones...), l.Emails...), ", ")
}

// cleanJoin joins what is not empty.
func cleanJoin(parts ...string) string { return strings.Join(nonEmpty(parts...), " ") }
