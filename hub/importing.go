package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/stream"
)

const (
	// jobsAtOnce is how many imports, checks and undos work at the same time in one process; the others wait.
	jobsAtOnce = 3
	sweepEvery = time.Hour
)

// ImportStore keeps imports and answers for their rows. The databases of package sink have it.
type ImportStore interface {
	ImportShelf
	ImportMemory
	ImportRows
}

// ImportShelf keeps imports.
type ImportShelf interface {
	AddImport(ctx context.Context, i lead.Import) error
	Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error)
	Import(ctx context.Context, id string) (lead.Import, error) // KindNotFound
	// EditImport lets fn change one in one transaction. A second one of its source that would be running or undoing is KindConflict.
	EditImport(ctx context.Context, id string, fn func(*lead.Import) error) (lead.Import, error)
	SaveImportProgress(ctx context.Context, id string, p lead.ImportProgress, waiting *lead.Text) error
	DeleteImport(ctx context.Context, id string) error
}

// ImportMemory keeps what people said of columns.
type ImportMemory interface {
	RememberColumns(ctx context.Context, source string, at time.Time, list []lead.RememberedColumns) error
	RememberedColumns(ctx context.Context, source string, fingerprints []string) ([]lead.RememberedColumns, error)
}

// ImportRows tells what became of rows, and what would.
type ImportRows interface {
	// Statuses leaves out ids that are neither a touch nor a rejection.
	Statuses(ctx context.Context, ids []string) (map[string]lead.RowStatus, error)
	// Known tells the number of the lead that each identity leads to, "" for several; it leaves out those that lead nowhere.
	Known(ctx context.Context, keys []string) (map[string]string, error)
}

// Importing takes files, and brings their rows on the road that every other lead travels. The process that has the file
// does all the work on it; where an import is, and how far, is in the pool.
type Importing struct {
	store         ImportStore
	configuration *Configuration
	names         names
	stream        *stream.Client
	sink          *sink.Sink
	leads         leadReader
	settled       func(context.Context) (bool, error) // no stage has a backlog
	ids           []byte
	dir           string
	maxBytes      int64
	keep          time.Duration
	now           func() time.Time
	log           *slog.Logger
	raised        func() // leads changed
	metrics       *metrics

	slots   chan struct{}
	mu      sync.Mutex
	base    context.Context // of jobs; nil while the hub does not run
	jobs    map[string]*importJob
	working sync.WaitGroup
}

// importJob is the work on one import.
type importJob struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// leadReader finds a lead with its touches.
type leadReader interface {
	Lead(ctx context.Context, id string) (lead.LeadDetail, error)
}

// errCancelled is the cause of a context that a person ended. Any other end is that of the hub: the job goes on at the next start.
var errCancelled = errors.New("cancelled by a person")

func newImporting(h *Hub) *Importing {
	return &Importing{store: h.cfg.Imports, configuration: h.configuration, names: h.names, stream: h.cfg.Stream, sink: h.newSink(), leads: h.cfg.Store,
		settled: h.settled, ids: h.keys.ids, dir: filepath.Join(h.cfg.Dir, "imports"), maxBytes: h.cfg.MaxImport, keep: h.cfg.KeepImports,
		now: h.cfg.Now, log: h.cfg.Logger.With("stage", "import"), raised: func() { h.due.raise(); h.outbox.raise() }, metrics: h.metrics,
		slots: make(chan struct{}, jobsAtOnce), jobs: map[string]*importJob{}}
}

// Importing takes files; nil when this hub has no store for them.
func (h *Hub) Importing() *Importing { return h.importing }

// run goes on with what was under way when the hub ended, and deletes files that have had their time, until ctx ends.
func (im *Importing) run(ctx context.Context) error {
	im.mu.Lock()
	im.base = ctx
	im.mu.Unlock()
	defer im.working.Wait()
	defer func() {
		im.mu.Lock()
		im.base = nil
		im.mu.Unlock()
	}()
	for {
		err := im.resume(ctx)
		if err == nil || ctx.Err() != nil {
			break
		}
		im.log.Warn("imports that were under way cannot be gone on with yet", "error", err)
		pause(ctx, time.Second)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := im.sweep(ctx); err != nil && ctx.Err() == nil {
			im.log.Warn("old files of imports cannot be deleted now", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// resume launches what was under way and whose file is here.
func (im *Importing) resume(ctx context.Context) error {
	q := lead.ImportQuery{States: []string{lead.ImportChecking, lead.ImportRunning, lead.ImportUndoing}, Limit: 200}
	for {
		page, err := im.store.Imports(ctx, q)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			if !im.here(i.ID) {
				continue
			}
			if i.State == lead.ImportChecking { // nothing is lost by beginning anew, when somebody asks
				if _, err := im.store.EditImport(ctx, i.ID, func(i *lead.Import) error { i.State = lead.ImportInspected; return nil }); err != nil {
					return err
				}
				continue
			}
			im.log.Info("going on with an import", "id", i.ID, "state", i.State, "sent", i.Progress.Sent)
			im.launch(i)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// launch begins the work that the state of an import asks for. While the hub does not run, the next start does it.
func (im *Importing) launch(i lead.Import) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.base == nil || im.base.Err() != nil || im.jobs[i.ID] != nil {
		return
	}
	ctx, cancel := context.WithCancelCause(im.base)
	job := &importJob{cancel: cancel, done: make(chan struct{})}
	im.jobs[i.ID] = job
	im.working.Go(func() {
		defer func() {
			im.mu.Lock()
			delete(im.jobs, i.ID)
			im.mu.Unlock()
			cancel(nil)
			close(job.done)
		}()
		im.work(ctx, i)
	})
}

func (im *Importing) work(ctx context.Context, i lead.Import) {
	select {
	case im.slots <- struct{}{}:
	default:
		turn := &lead.Text{EN: "Other imports are running. This one begins when one of them ends.", ZH: "其他导入正在进行，结束后会自动开始。"}
		_ = im.store.SaveImportProgress(ctx, i.ID, i.Progress, turn) // it is for people; the work does not need it
		select {
		case im.slots <- struct{}{}:
		case <-ctx.Done():
			im.slots <- struct{}{} // to end takes a moment only
		}
	}
	defer func() { <-im.slots }()
	began := im.now()
	var ended lead.Import
	id := i.ID
	err := im.patiently(context.WithoutCancel(ctx), ctx, nil, func(ctx context.Context) (err error) {
		i, err = im.store.Import(ctx, id) // it waited for its turn
		return err
	})
	if err != nil || i.AtRest() {
		return
	}
	switch i.State {
	case lead.ImportChecking:
		ended, err = im.check(ctx, i)
	case lead.ImportRunning:
		ended, err = im.transfer(ctx, i)
	case lead.ImportUndoing:
		ended, err = im.undo(ctx, i)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		im.log.Error("the work on an import ended; it goes on at the next start", "id", i.ID, "error", err)
	case err == nil:
		im.log.Info("import is at rest", "id", i.ID, "state", ended.State, "rows", ended.Progress.Read, "new", ended.Progress.New,
			"joined", ended.Progress.Joined, "rejected", ended.Progress.Rejected, "withdrawn", ended.Progress.Withdrawn, "took", im.now().Sub(began))
	}
}

// finish brings an import to rest, trying until the pool takes it.
func (im *Importing) finish(ctx context.Context, id string, fn func(*lead.Import)) (lead.Import, error) {
	var out lead.Import
	err := im.patiently(context.WithoutCancel(ctx), ctx, nil, func(ctx context.Context) (err error) {
		out, err = im.store.EditImport(ctx, id, func(i *lead.Import) error {
			i.Waiting = nil
			fn(i)
			return nil
		})
		return err
	})
	return out, err
}

// patiently tries again until the pool or the broker is back, or the hub ends: a person's cancel alone does not end it. waiting is told
// of every failure.
func (im *Importing) patiently(ctx, hub context.Context, waiting func(error), do func(context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		try, cancel := context.WithTimeout(ctx, recordWithin)
		err := do(try)
		cancel()
		switch ended := hub.Err() != nil && context.Cause(hub) != errCancelled; {
		case err == nil || !lead.IsTransient(err) || ctx.Err() != nil || ended:
			return err
		}
		if waiting != nil {
			waiting(err)
		}
		pause(ctx, wait)
	}
}

// folder is where an import's file is.
func (im *Importing) folder(id string) string { return filepath.Join(im.dir, id) }

func (im *Importing) path(id string) string { return filepath.Join(im.folder(id), "file") }

func (im *Importing) here(id string) bool {
	_, err := os.Stat(im.path(id))
	return err == nil
}

// mine refuses what only the process that has the file can do.
func (im *Importing) mine(i *lead.Import) error {
	switch {
	case im.here(i.ID):
		return nil
	case i.Expired || i.State == lead.ImportUndone:
		return &lead.Error{Kind: lead.KindConflict, Code: "file_deleted", Message: "the file of this import is deleted",
			Hint: "files are kept until an import is undone, or for the time that --keep-imports says; upload it again"}
	}
	return &lead.Error{Kind: lead.KindConflict, Code: "file_elsewhere", Message: "the file of this import is not on this process of the hub",
		Hint: "ask the process that it was uploaded to"}
}

// importer is a source that reads files.
func (im *Importing) importer(ctx context.Context, key string) (connectors.Importer, *openSource, error) {
	src := im.configuration.source(ctx, key)
	if src == nil {
		return nil, nil, lead.NotFound("unknown_source", "no source has this key", "GET /v1/sources lists them")
	}
	if src.err != nil {
		return nil, nil, &lead.Error{Kind: lead.KindConflict, Code: "source_broken", Message: "this source is not set up correctly", Hint: "mend its settings", Err: src.err}
	}
	importer, ok := src.source.(connectors.Importer)
	if !ok {
		return nil, nil, lead.Invalid("not_imported", "files cannot be uploaded to this source", "make a source of a channel that reads files, like excel")
	}
	return importer, src, nil
}

func (im *Importing) upload(i *lead.Import) connectors.Upload {
	return connectors.Upload{Path: im.path(i.ID), Name: i.File, SHA256: i.SHA256}
}

// safely runs a connector's reader on a stranger's file: a panic is an error of this file, and ends nothing else.
func (im *Importing) safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			im.log.Error("the reader of files failed", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = lead.Invalid("reader_failed", "the hub's reader failed on this file", "save it anew as .xlsx or .csv and upload that; report it with the file")
		}
	}()
	return do()
}

// sweep deletes files that no import needs any more.
func (im *Importing) sweep(ctx context.Context) error {
	entries, err := os.ReadDir(im.dir)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "imp_") {
			continue
		}
		info, err := e.Info()
		if err != nil || im.now().Sub(info.ModTime()) < sweepEvery {
			continue // it may be on its way in
		}
		i, err := im.store.Import(ctx, e.Name())
		var known *lead.Error
		switch {
		case errors.As(err, &known) && known.Kind == lead.KindNotFound, err == nil && i.State == lead.ImportUndone:
		case err != nil:
			return err
		case !i.AtRest() || im.now().Sub(i.Created) < im.keep:
			continue
		default:
			if _, err := im.store.EditImport(ctx, i.ID, func(i *lead.Import) error { i.Expired = true; return nil }); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(im.folder(e.Name())); err != nil {
			return err
		}
	}
	return nil
}
