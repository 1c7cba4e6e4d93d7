package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Result is the file again, as a workbook, with what became of every row; with failed only the rows that were rejected, to be corrected and
// uploaded again. Whoever asks closes it.
func (im *Importing) Result(ctx context.Context, id, lang string, failed bool) (io.ReadCloser, string, error) {
	i, err := im.store.Import(ctx, id)
	if err == nil && i.Started == nil {
		err = wrongState(&i, "there is a result when it was started")
	}
	if err == nil {
		err = im.mine(&i)
	}
	if err != nil {
		return nil, "", err
	}
	importer, _, err := im.importer(ctx, i.Source)
	if err != nil {
		return nil, "", err
	}
	name := strings.TrimSuffix(i.File, filepath.Ext(i.File)) + map[bool]string{false: "-result", true: "-failed"}[failed] + ".xlsx"
	f, err := im.made(im.folder(id), func(w io.Writer) error { return im.writeResult(ctx, importer, &i, lang, failed, w) })
	return f, name, err
}

// Template is an empty file to fill in for a source.
func (im *Importing) Template(ctx context.Context, source, lang string) (io.ReadCloser, string, error) {
	importer, _, err := im.importer(ctx, source)
	if err != nil {
		return nil, "", err
	}
	if err := os.MkdirAll(im.dir, 0o700); err != nil {
		return nil, "", lead.Transient("not_stored", "the file cannot be made now", retryAfter, err)
	}
	f, err := im.made(im.dir, func(w io.Writer) error { return importer.Template(w, lang) })
	return f, "leads-" + lang + ".xlsx", err
}

// made writes a file that has no name, so that it is gone when it is closed, or when the hub ends.
func (im *Importing) made(dir string, write func(io.Writer) error) (io.ReadCloser, error) {
	f, err := os.CreateTemp(dir, ".result-*") // for the owner alone
	if err != nil {
		return nil, lead.Transient("not_stored", "the file cannot be made now", retryAfter, err)
	}
	err = errors.Join(os.Remove(f.Name()), im.safely(func() error { return write(f) }))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// ruled is a row with what became of it.
type ruled struct {
	sheet, row int
	number     int64
	status     lead.RowStatus
	known      bool
}

// writeResult reads the file twice at once: for the ids of its rows, and for what is written again. Both come in the same order, so only a
// batch or two of outcomes is in memory.
func (im *Importing) writeResult(ctx context.Context, importer connectors.Importer, i *lead.Import, lang string, failed bool, w io.Writer) error {
	asked := ctx // the other one ends with the reading of ids
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcomes := make(chan []ruled, 2)
	go func() {
		defer close(outcomes)
		stop(im.batches(ctx, i, func(rows []importedRow) error {
			list, err := im.ruled(ctx, rows)
			if err != nil {
				return err
			}
			select {
			case outcomes <- list:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}))
	}()
	words := resultWords{i: i, lang: lang, failed: failed, first: map[string]rowAt{}, made: func(id string) bool { return im.madeLead(asked, i, id) }}
	var list []ruled
	var trouble error
	err := importer.Result(context.WithoutCancel(ctx), im.upload(i), i.Layout, lang, w, func(sheet, row int) (connectors.RowOutcome, bool) {
		for len(list) == 0 {
			next, ok := <-outcomes
			if !ok {
				trouble = errors.Join(trouble, fmt.Errorf("row %d of sheet %d has no outcome: %w", row, sheet, context.Cause(ctx)))
				return connectors.RowOutcome{}, false
			}
			list = next
		}
		r := list[0]
		if r.sheet != sheet || r.row != row {
			trouble = fmt.Errorf("the result has row %d/%d where the import has %d/%d", sheet, row, r.sheet, r.row)
			return connectors.RowOutcome{}, false
		}
		list = list[1:]
		return words.outcome(r)
	})
	if err == nil {
		err = trouble
	}
	return err
}

func (im *Importing) ruled(ctx context.Context, rows []importedRow) ([]ruled, error) {
	ids := make([]string, len(rows))
	for n, r := range rows {
		ids[n] = r.id
	}
	known, err := im.store.Statuses(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]ruled, len(rows))
	for n, r := range rows {
		st, ok := known[r.id]
		out[n] = ruled{r.Sheet, r.Number, r.number, st, ok}
	}
	return out, nil
}

// resultWords puts outcomes into words.
type resultWords struct {
	i      *lead.Import
	lang   string
	failed bool
	first  map[string]rowAt // where the leads that rows of this file made stand
	made   func(id string) bool
}

// madeLead reports whether a row of this import made a lead. Rows are recorded in any order, so the first of a person in the
// file need not be the one that made the lead.
func (im *Importing) madeLead(ctx context.Context, i *lead.Import, id string) bool {
	const sortable = len("ld_") + 9 // characters of an id that tell the time
	if len(id) < sortable || id[:sortable] < lead.NewID("ld_", *i.Started)[:sortable] {
		return false // the lead is older; this is what it mostly is, and costs nothing
	}
	d, err := im.leads.Lead(ctx, id)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.TouchList, func(t lead.Touch) bool {
		made := t.Verdict.Kind == lead.VerdictNew || t.Verdict.Kind == lead.VerdictUnsure
		return made && t.Submission.Source == i.Source && t.Submission.ReceivedAt.Equal(*i.Started)
	})
}

// outcome returns false for a row that is left out.
func (w *resultWords) outcome(r ruled) (connectors.RowOutcome, bool) {
	st := r.status
	is, detail := "", lead.Text{}
	switch {
	case !r.known && r.number > w.i.Progress.Sent:
		is = "not_sent"
	case !r.known:
		is = "pending"
	case st.State == lead.RejectionWithdrawn:
		is = "undone"
	case st.State == lead.StateRejected && st.Code == codeNoLead:
		is, detail = "skipped", wordsRejected(st.Code, st.Message, "")
	case st.State == lead.StateRejected:
		is, detail = "rejected", wordsRejected(st.Code, st.Message, st.Hint)
	case st.State == lead.StateQuarantined:
		is, detail = "spam", wordsRejected(st.Code, st.Message, st.Hint)
	case !st.ReceivedAt.Equal(*w.i.Started):
		is = "same"
	case w.first[st.Lead].row > 0:
		is, detail = "in_file", w.inFile(w.first[st.Lead], r.sheet)
	case (st.Verdict == lead.VerdictSame || st.Verdict == lead.VerdictJoins) && !w.made(st.Lead):
		is, detail = "joined", wordsJoined(st.Number, st.Reasons)
	default:
		is = "new"
		w.first[st.Lead] = rowAt{int32(r.sheet), int32(r.row)}
	}
	if w.failed && is != "rejected" && is != "spam" {
		return connectors.RowOutcome{}, false
	}
	return connectors.RowOutcome{Status: inLang(statusWords[is], w.lang), Lead: st.Number, Detail: inLang(detail, w.lang)}, true
}

func (w *resultWords) inFile(at rowAt, sheet int) lead.Text {
	if int(at.sheet) == sheet {
		return wordsInFile("", int(at.row))
	}
	return wordsInFile(sheetName(w.i, int(at.sheet)), int(at.row))
}
