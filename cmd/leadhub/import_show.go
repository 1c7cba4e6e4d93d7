package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// shownPreview is how many rows of a check are printed.
const shownPreview = 5

func (v *importing) text(t lead.Text) string {
	if v.Lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// say prints for people, on stderr when the JSON object has stdout.
func (v *importing) say(format string, args ...any) {
	w := v.stdout
	if v.JSON {
		w = v.stderr
	}
	fmt.Fprintf(w, format+"\n", args...)
}

func (v *importing) showLayout(i lead.Import) {
	v.say("%s  %s, %d bytes, %s", i.ID, i.File, i.Bytes, strings.TrimSpace(i.Layout.Format+" "+i.Layout.Encoding))
	for _, s := range i.Layout.Sheets {
		if s.Skip {
			v.say("  sheet %s: skipped", s.Name)
			continue
		}
		v.say("  sheet %s: header in row %d", cmp.Or(s.Name, "1"), s.HeaderRow)
		for _, c := range s.Columns {
			field := c.Field
			if field == "" {
				field = "kept as it is"
			}
			v.say("    %-2s %-20s → %s", columnLetters(c.Index), c.Header, field)
		}
	}
	for _, n := range append(i.Layout.Notices, i.Notes...) {
		v.say("  ! %s", strings.TrimPrefix(n.Sheet+": ", ": ")+v.text(n.Text))
	}
}

func (v *importing) showCheck(i lead.Import) {
	c := i.Check
	for n, p := range c.Preview {
		if n == shownPreview {
			v.say("  …")
			break
		}
		who := ""
		if p.Lead != nil {
			who = cleanJoin(p.Lead.Name, p.Lead.Company)
		}
		v.say("  row %-5d %s: %s", p.Row, who, v.text(p.Text))
	}
	v.say("%d rows: %d new, %d join leads, %d repeat a row, %d are there already, %d invalid, %d spam, %d skipped",
		c.Rows, c.New, c.Joins, c.InFile, c.Known, c.Invalid, c.Spam, c.Skipped)
	for _, code := range sortedKeys(c.InvalidBy) {
		v.say("  %-22s %d", code, c.InvalidBy[code])
	}
}

// print says how it ended.
func (v *importing) print(i lead.Import) error {
	if v.JSON {
		return json.NewEncoder(v.stdout).Encode(i)
	}
	p := i.Progress
	switch i.State {
	case lead.ImportUndone:
		v.say("undone: %d rows were taken back", p.Withdrawn)
	case lead.ImportChecked:
		v.say("dry run, nothing was imported")
	default:
		v.say("%s: %d rows sent, %d new, %d joined, %d were there, %d rejected, %d skipped, %d held as spam, %d on their way", i.State, p.Sent, p.New,
			p.Joined, p.Same, p.Rejected, p.Skipped, p.Quarantined, p.Pending)
	}
	return nil
}

// wait polls until the import is at rest, and shows how far it is.
func (v *importing) wait(ctx context.Context, id string) (lead.Import, error) {
	bar := progressBar{w: v.stderr, live: terminal(v.stderr)}
	defer bar.end()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	i := lead.Import{ID: id}
	for {
		var now lead.Import
		if err := v.client.call(ctx, "GET", "/v1/imports/"+id, nil, &now); err != nil {
			return i, err
		}
		i = now
		if i.AtRest() {
			return i, nil
		}
		bar.show(i, v.text)
		select {
		case <-ctx.Done():
			return i, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// progressBar is one line that changes on a terminal, and a line from time to time elsewhere.
type progressBar struct {
	w     io.Writer
	live  bool
	shown bool
	said  time.Time
}

const (
	barWidth = 30
	sayEvery = 5 * time.Second
)

func (b *progressBar) show(i lead.Import, text func(lead.Text) string) {
	done, total := i.Progress.Settled(), i.Progress.Total
	if i.State == lead.ImportUndoing {
		done, total = i.Progress.Undone, i.Progress.Read
	}
	line := fmt.Sprintf("%s %d of %d rows", i.State, done, total)
	if total == 0 {
		line = fmt.Sprintf("%s %d rows", i.State, done)
	}
	if i.Waiting != nil {
		line += "  " + text(*i.Waiting)
	}
	if !b.live {
		if time.Since(b.said) > sayEvery {
			b.said = time.Now()
			fmt.Fprintln(b.w, line)
		}
		return
	}
	full := 0
	if total > 0 {
		full = int(min(done, total) * barWidth / total)
	}
	fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %s", strings.Repeat("█", full), strings.Repeat("·", barWidth-full), line)
	b.shown = true
}

func (b *progressBar) end() {
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
